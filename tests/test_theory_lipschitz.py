"""Laws of the Lipschitz constants of feature maps: exact values, bounds, and every claim with its refutation."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import linprog

from ntklib import claims, plain
from ntklib.networks import MLP
from ntklib.theory.finite_width import lipschitz as theory
from ntklib.theory.finite_width.lipschitz.setting import lecun

IDS = [i for i, c in claims.registry.items() if c.check.__module__.endswith("lipschitz.claims")]
needs_x64 = pytest.mark.skipif(jnp.result_type(float) != jnp.float64, reason="needs 64-bit precision")


def weights_of(widths, seed=0):
    return plain.draw(widths, lecun(widths), seed)


def circle(count):
    angles = (np.arange(count) + 0.5) * 2 * np.pi / count
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


@needs_x64
def test_jacobians_are_those_of_automatic_differentiation():
    widths, X = (4, 9, 7, 3), np.random.default_rng(1).standard_normal((5, 4))
    net, weights = MLP(widths, "relu", "lecun"), weights_of(widths)
    automatic = jax.vmap(jax.jacobian(lambda x: net(tuple(map(jnp.asarray, weights)), x[None])[0]))(jnp.asarray(X))
    np.testing.assert_allclose(theory.jacobians(weights, X), automatic, rtol=1e-10, atol=1e-12)


def test_slopes_are_constant_on_rays_and_give_back_the_map():
    weights, X = weights_of((3, 8, 5)), np.random.default_rng(2).standard_normal((6, 3))
    J = theory.jacobians(weights, X)
    np.testing.assert_array_equal(J, theory.jacobians(weights, 7.0 * X))
    output = np.maximum(X @ weights[0], 0) @ weights[1]
    np.testing.assert_allclose(np.einsum("noi,ni->no", J, X), output, rtol=1e-12)


@pytest.mark.parametrize("widths", [(2, 7, 3), (2, 9, 6, 2), (2, 8, 3, 8, 4)])
def test_plane_constant_is_the_maximum_over_a_fine_circle_and_over_difference_quotients(widths):
    weights = weights_of(widths, 3)
    exact = theory.plane_lipschitz(weights)
    assert theory.operator_norms(theory.jacobians(weights, circle(20_001))).max() == pytest.approx(exact, rel=1e-12)
    X, values = circle(200), circle(200)
    for W in weights[:-1]:
        values = np.maximum(values @ W, 0)
    values = values @ weights[-1]
    apart = np.linalg.norm(X[:, None] - X, axis=-1) + np.eye(200)
    assert (np.linalg.norm(values[:, None] - values, axis=-1) / apart).max() <= exact * (1 + 1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_patterns_change_at_the_sectors_and_nowhere_else(seed):
    weights = weights_of((2, 6, 5, 1), seed)
    angles, fine = theory.plane_sectors(weights), circle(60_000)
    g1 = fine @ weights[0]
    g2 = np.maximum(g1, 0) @ weights[1]
    pattern = np.hstack([g1 > 0, g2 > 0])
    changes = np.any(pattern != np.roll(pattern, 1, axis=0), axis=1).sum()
    assert changes <= len(angles) <= changes + 2  # two changes may fall between neighbours of the fine circle


@pytest.mark.parametrize("n", [1, 2, 7])
def test_one_layer_in_the_plane_has_two_sectors_per_neuron(n):
    assert len(theory.plane_sectors(weights_of((2, n, 1)))) == 2 * n == theory.arrangement_regions(n, 2)


@pytest.mark.parametrize(("n", "d"), [(1, 1), (5, 1), (4, 9), (9, 4), (12, 3)])
def test_regions_obey_deletion_and_restriction(n, d):
    assert theory.arrangement_regions(n, 1) == 2
    if d > 1 and n > 1:
        smaller = theory.arrangement_regions(n - 1, d), theory.arrangement_regions(n - 1, d - 1)
        assert theory.arrangement_regions(n, d) == sum(smaller)
    assert theory.arrangement_regions(n, d) <= 2**n
    assert theory.log_patterns(n, d) <= min(n * math.log(2), d * math.log(2 * math.e * max(n, d) / d)) + 1e-12


@pytest.mark.parametrize(("d", "n"), [(2, 6), (3, 6), (4, 6)])
def test_every_enumerated_pattern_has_an_input_and_every_input_an_enumerated_pattern(d, n):
    W = np.random.default_rng(d).standard_normal((d, n))
    patterns = theory.layer_patterns(W)
    known = {tuple(p) for p in patterns}
    assert len(known) == len(patterns) == theory.arrangement_regions(n, d)
    samples = np.random.default_rng(0).standard_normal((2000, d)) @ W > 0
    assert {tuple(p) for p in samples} <= known
    for p in patterns[::5]:
        sign = np.where(p, 1.0, -1.0)
        assert linprog(np.zeros(d), A_ub=-(W * sign).T, b_ub=-np.ones(n), bounds=(None, None)).status == 0


@pytest.mark.parametrize("widths", [(2, 30, 3), (3, 12, 3), (4, 8, 2)])
def test_search_is_below_the_exact_constant_and_close(widths):
    weights = weights_of(widths, 5)
    slopes = [weights[1].T @ (p[:, None] * weights[0].T) for p in theory.layer_patterns(weights[0])]
    exact = theory.operator_norms(slopes).max()
    found = theory.lipschitz_search(weights)
    assert 0.95 * exact < found.lipschitz <= exact * (1 + 1e-12)
    assert found.typical <= found.lipschitz
    at_point = theory.operator_norms(theory.jacobians(weights, found.point[None]))
    assert at_point[0] == pytest.approx(found.lipschitz, rel=1e-12)


def test_search_never_falls_with_more_steps_and_scales_with_the_weights():
    weights = weights_of((6, 30, 6), 1)
    found = [theory.lipschitz_search(weights, starts=8, steps=s).lipschitz for s in (1, 10, 60)]
    assert found == sorted(found)
    scaled = theory.lipschitz_search([2 * W for W in weights], starts=8, steps=60).lipschitz
    assert scaled == pytest.approx(4 * found[-1], rel=1e-12)


def test_scale_divides_by_the_narrowest_layer_and_counts_hidden_logarithms():
    assert theory.lipschitz_scale((6, 5, 8), (1.0, 0.5), logarithms=False) == pytest.approx(6 * 8 / 4)
    with_logs = theory.lipschitz_scale((6, 5, 8), (1.0, 0.5), constant=2.0)
    assert with_logs == pytest.approx(2 * 12 * math.log(5))


def test_bound_of_one_layer_is_davidson_szarek_and_holds():
    limit = theory.lipschitz_bound((40, 90), (0.3,), 0.1)
    assert limit == pytest.approx(0.3 * (40**0.5 + 90**0.5 + (2 * math.log(10)) ** 0.5))
    norms = [np.linalg.norm(plain.draw((40, 90), (0.3,), s)[0], 2) for s in range(30)]
    assert max(norms) < limit


def test_bound_of_a_bottleneck_is_the_product_of_its_pieces():
    widths, betas, delta = (30, 20, 4, 50, 9), (0.3, 0.2, 0.5, 0.1), 0.1
    failure = 2 * math.log(4 / delta)
    pieces = [(0, 1), (1, 2), (2, 3), (2, 4)]  # (start, layer); layer 4 sees the patterns of layer 3
    expected = 1.0
    for (start, layer), beta in zip(pieces, betas):
        patterns = theory.log_patterns(50, 4) if layer == 4 else 0.0
        expected *= beta * (widths[layer] ** 0.5 + widths[start] ** 0.5 + (2 * patterns + failure) ** 0.5)
    assert theory.lipschitz_bound(widths, betas, delta) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("widths", [(6, 12, 5), (5, 8, 3, 9, 4)])
def test_mean_squared_frobenius_norm_of_a_jacobian_is_the_product_over_powers_of_two(widths):
    """What the lower bound rests on: at fixed x, E |J|_F² = n_0 Π n_l β_l² / 2^(k−1)."""
    x, betas = np.ones((1, widths[0])), lecun(widths)
    squares = [np.sum(theory.jacobians(plain.draw(widths, betas, s), x) ** 2) for s in range(2000)]
    exact = theory.lipschitz_scale(widths, betas, logarithms=False, constant=min(widths) * 2.0 ** (2 - len(widths)))
    assert abs(np.mean(squares) - exact) < 5 * np.std(squares) / 2000**0.5
    assert 5 * np.std(squares) / 2000**0.5 < 0.3 * exact


@pytest.mark.parametrize("widths", [(20, 200, 20), (20, 100, 5, 100, 20), (60, 30, 10)])
def test_bound_has_the_order_of_the_theorem_up_to_a_constant_per_layer(widths):
    betas = lecun(widths)
    ratio = theory.lipschitz_bound(widths, betas) ** 2 / theory.lipschitz_scale(widths, betas)
    assert 1 < ratio < 60 ** (len(widths) - 1)


def _orders(widths, cuts):
    """Product over layers of n_l + n_q (1 + Σ log 2e n_j), as the proof of the order has it, for given cuts."""
    total, q, share = 1.0, 0, 1.0
    for l in range(1, len(widths)):
        total *= widths[l] + widths[q] * share
        q, share = (l, 1.0) if l in cuts else (q, share + math.log(2 * math.e * widths[l]))
    return total


def test_greedy_cuts_have_the_order_of_the_theorem_for_all_widths_and_minima_do_not():
    rng = np.random.default_rng(0)
    for _ in range(3000):
        widths = [int(10 ** float(x)) for x in rng.uniform(0, 6, int(rng.integers(2, 9)))]
        logs = math.prod(1 + math.log(2 * math.e * n) for n in widths[1:-1])
        order = 2.0 ** (len(widths) - 1) * math.prod(map(float, widths)) / min(widths) * logs
        assert _orders(widths, theory.greedy_cuts(widths)) <= order * (1 + 1e-12)
    many = (2, 10**9, 2, 2, 2, 2, 2, 2, 2)
    logs = math.prod(1 + math.log(2 * math.e * n) for n in many[1:-1])
    assert _orders(many, ()) > 2.0**8 * math.prod(map(float, many)) / 2 * logs  # no cut: the minimum is layer 0


@pytest.mark.parametrize("widths", [(2, 10**8, 2, 2, 2, 2), (5, 40, 3, 900, 7, 3), (30, 20, 10), (2, 3, 10**6, 4, 3)])
def test_the_bound_with_greedy_cuts_is_within_the_constants_of_the_proof(widths):
    k, betas = len(widths) - 1, lecun(widths)
    square = theory.lipschitz_bound(widths, betas, math.exp(-min(widths)), cuts=theory.greedy_cuts(widths)) ** 2
    logs = math.prod(1 + math.log(2 * math.e * n) for n in widths[1:-1])
    assert square <= (12 * (2 + math.log(k))) ** k * theory.lipschitz_scale(widths, betas, logarithms=False) * logs


def test_any_cuts_bound_the_exact_constant_in_the_plane():
    widths = (2, 40, 5, 30, 3)
    exact = [theory.plane_lipschitz(weights_of(widths, seed)) for seed in range(12)]
    for cuts in ((), (1,), (2,), (1, 2, 3)):
        assert sum(e > theory.lipschitz_bound(widths, lecun(widths), 0.1, cuts=cuts) for e in exact) <= 1
    assert theory.lipschitz_bound(widths, lecun(widths)) == theory.lipschitz_bound(widths, lecun(widths), cuts=())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: theory.lipschitz_scale((3, 4), (1.0, 1.0)), "2 widths and 2 standard deviations"),
        (lambda: theory.lipschitz_bound((3, 4), (1.0,), 0.0), r"delta=0.0; expected a probability in \(0, 1\)"),
        (lambda: theory.lipschitz_bound((3, 4), (1.0,), cuts=[1]), r"cuts=\[1\]; expected layers from 1 to 0"),
        (lambda: plain.draw((3, 0), (1.0,), 0), r"widths\[1\]=0; expected an integer >= 1"),
        (
            lambda: theory.norm_product([np.ones((2, 3)), np.ones((2, 3))]),
            r"weights have shapes \[\(2, 3\), \(2, 3\)\]",
        ),
        (lambda: theory.jacobians([np.ones((2, 3))], np.ones((1, 3))), r"X has shape \(1, 3\); expected \(N, 2\)"),
        (lambda: theory.plane_sectors([np.ones((3, 3))]), "W_1 has 3 inputs; expected 2"),
        (lambda: theory.plane_lipschitz([np.ones((2, 3))]), "received 1 layer; expected a hidden one"),
        (lambda: theory.layer_patterns(np.ones((3, 2))), r"W has shape \(3, 2\); expected d <= n"),
        (lambda: theory.lipschitz_search([np.ones((2, 2))], starts=0), "starts=0; expected an integer >= 1"),
        (lambda: theory.operator_norms(np.full((1, 2, 2), np.nan)), "SVD|NaN|infs"),
        (lambda: theory.norm_product([[[np.nan]]]), "weights contain NaN or infinity"),
        (lambda: theory.arrangement_regions(0, 3), "n=0; expected an integer >= 1"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises((ValueError, np.linalg.LinAlgError), match=message):
        call()


def test_every_claim_of_the_chapter_is_registered():
    assert len(IDS) == 10


@pytest.mark.parametrize(
    ("id", "parameters"),
    [
        ("book-lipschitz-ratio", {"seed": 10, "m": 10}),
        ("nguyen-lipschitz-bound", {"seed": 1}),
        ("nguyen-lipschitz-bound", {"seed": 2, "shapes": ((2, 100, 2, 20, 5),), "trials": 60}),
        ("nguyen-lipschitz-below-product", {"shapes": ((3, 9, 9, 9, 3),), "seeds": 8}),
        ("book-lipschitz-product-gap", {"seed": 10, "m": 10}),
        ("book-lipschitz-exact-plane", {"seed": 100}),
        ("book-lipschitz-exact-plane", {"seed": 200}),
        ("book-pattern-count", {"seeds": 4}),
        ("book-lipschitz-lower", {"seed": 20}),
        ("book-lipschitz-lower", {"seed": 40}),
    ],
)
def test_claim_holds_elsewhere(id, parameters):
    assert claims.check(id, **parameters), id
