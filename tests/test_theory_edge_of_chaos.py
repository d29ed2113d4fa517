"""Laws of the chapter on depth at the edge of chaos: second routes to kernels, widths, moments and the spectrum."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ntklib
from ntklib.theory.wide_networks.edge_of_chaos import statements as theory
from ntklib.theory.wide_networks.edge_of_chaos import widths
from ntklib.theory.wide_networks.edge_of_chaos.setting import (
    spectrum_errors,
    sphere_points,
)

needs_x64 = pytest.mark.skipif(jnp.result_type(float) != jnp.float64, reason="needs 64-bit precision")
EPS = float(np.finfo(float).eps)


@needs_x64
@pytest.mark.parametrize(("activation", "beta"), [("relu", 0.5), ("abs", 1.0)])
def test_deep_kernels_are_the_limiting_kernels_over_their_number(activation, beta):
    X = np.random.default_rng(0).standard_normal((6, 4))
    K, depths = theory.deep_kernels(X, [2, 7], beta)
    for ours, depth in zip(K, depths):
        wanted = ntklib.infinite_kernels(X, depth=int(depth), activation=activation, weight_variance=1 / beta)[1]
        np.testing.assert_allclose(ours, np.asarray(wanted) / 6, rtol=0, atol=1e3 * EPS * depth)


@needs_x64
@pytest.mark.parametrize("q", [0.0, 1.0])
def test_a_drawn_kernel_is_the_empirical_kernel_of_the_same_law(q):
    X, hidden = sphere_points(5, 4, 0), (300, 500)
    scaling = widths.sequel_parametrization((4, *hidden, 1), 2.0, q)
    net = ntklib.MLP((4, *hidden, 1), "relu", scaling)
    means = []
    for draw in (
        lambda s: np.asarray(ntklib.empirical_ntk(net, net.init(jax.random.key(s)), X)) / 5,
        lambda s: widths.edge_kernel(hidden, X, 0.5, 0.5, s, q=q),
    ):
        means.append(np.mean([draw(s) for s in range(12)], axis=0))
    limit = theory.deep_kernels(X, [3], 0.5)[0][0]
    for mean in means:
        assert np.linalg.norm(mean - limit, 2) < 0.1 * np.linalg.norm(limit, 2)


def test_q_zero_is_the_named_parametrization_and_q_one_keeps_the_hidden_forward_pass():
    n = (4, 9, 36, 81, 1)
    ours, named = widths.sequel_parametrization(n, 2.0, 0.0), ntklib.networks.named_parametrization("terjek", n, 2.0)
    np.testing.assert_allclose(ours.init_std, named.init_std, rtol=10 * EPS)
    np.testing.assert_allclose(ours.multiplier, named.multiplier, rtol=10 * EPS)
    rich = widths.sequel_parametrization(n, 2.0, 1.0)
    ratio = np.array(rich.effective_variance) / ours.effective_variance
    np.testing.assert_allclose(ratio, [1, 1, 1, 1 / 9], rtol=10 * EPS)


def test_patterns_and_budgets():
    assert widths.pattern_widths(1, 3, 5) == (3, 6, 9, 12)
    for power in (0, 1, 2):
        base = widths.matched_base(power, 5, 7, 9000)
        counts = [widths.weight_count(widths.pattern_widths(power, b, 5), 7) for b in (base, base + 1)]
        assert counts[0] <= 9000 < counts[1]
    net = ntklib.MLP((7, 3, 12, 27, 1))
    assert widths.weight_count((3, 12, 27), 7) == sum(a * b for a, b in zip(net.widths, net.widths[1:]))
    with pytest.raises(ValueError, match=r"pattern_widths: depth=1"):
        widths.pattern_widths(0, 3, 1)


@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (0.0, 1.0), (1.0, 0.0), (0.65, 0.35)])
def test_the_excess_is_that_of_the_activation(a, b):
    nodes, weights = np.polynomial.hermite_e.hermegauss(8)  # exact: even and odd part squared are polynomials
    beta = b * b / (a * a + b * b)
    fourth = np.mean([weights @ ((a + s * b) * nodes) ** 4 for s in (1, -1)]) / np.sqrt(2 * np.pi)
    np.testing.assert_allclose(fourth / (a * a + b * b) ** 2 - 1, widths.fourth_moment_excess(beta), rtol=1e3 * EPS)


def test_wide_layers_follow_the_limiting_angles():
    theta = np.array([0.3, 1.0, 2.0])
    found = widths.sampled_distances(theta, (200_000,) * 3, 0.5, 0.5, 0)
    angle = theory.trajectory(theta, 4, 0.5).angle
    np.testing.assert_allclose(found, 1 / np.sin(angle / 2), rtol=0.02)


def test_one_small_layer_has_the_variance_of_the_law():
    for a, b in ((0.5, 0.5), (0.0, 1.0)):
        w = widths.sampled_distances(np.full(4000, 0.01), (500,), a, b, 1)
        law = widths.distance_variance(w[0, 0], (500,), b * b / (a * a + b * b))
        assert abs(w[1].var() / law - 1) < 0.15


def test_the_shift_is_what_the_affine_kernel_says():
    W, depth, beta = 1.3, 40, 0.5
    slope = 4 * beta / (3 * np.pi)
    w = W + slope * (depth - 1) + 2 * beta / np.pi * np.log(3 * np.pi * W / (4 * beta) + depth - 1)
    wanted = theory.affine_kernel(w, beta) - depth / 4
    np.testing.assert_allclose(theory.spectrum_shift(W, depth, beta), wanted, rtol=1e3 * EPS)


def test_the_predicted_eigenvalues_add_up_to_the_trace():
    for N, depth in ((2, 5), (40, 300)):
        top, rest = theory.predicted_spectrum(N, depth, 0.7, 0.25)
        np.testing.assert_allclose(top + (N - 1) * rest, depth, rtol=1e2 * EPS)


def test_the_effective_distance_is_reached():
    beta, depth = 0.5, 4000
    w = 1 / np.sin(theory.trajectory(1.1, [depth], beta).angle / 2)
    rest = w - 4 * beta / (3 * np.pi) * (depth - 1) - 2 * beta / np.pi * np.log(depth)
    assert abs(rest - theory.effective_distance(1.1, beta)).max() < 5 * np.log(depth) / depth


def test_errors_of_the_spectrum_see_a_wrong_fraction():
    right, wrong = (spectrum_errors(8, 0.5, 3, layers=(256,), bulk=bulk)[0] for bulk in (0.75, 0.7))
    assert right["top"] < 0.1 < 1 < wrong["top"]


def test_the_best_widths_are_those_of_an_exhaustive_search():
    d, weights, best = 8, 20_000, (np.inf,)
    for first in range(100, 161):
        for second in range(50, 101):
            third = (weights - d * first - first * second) // (second + 1)
            best = min(best, (1 / first + 1 / second + 1 / third, first, second, third))
    found = widths.best_widths(4, d, weights)
    assert d * found[0] + found[:-1] @ found[1:] + found[-1] == pytest.approx(weights, rel=1e-9)
    np.testing.assert_allclose(found, best[1:], rtol=0.02)
    assert np.sum(1 / found) <= best[0] < 1.001 * np.sum(1 / found)


@pytest.mark.parametrize("depth", [3, 4, 5, 8])
def test_with_many_inputs_constant_width_is_not_the_best_use_of_weights(depth):
    sums = []
    for power in (0, 1):
        base = widths.matched_base(power, depth, 784, 20_000)
        sums.append(sum(1 / n for n in widths.pattern_widths(power, base, depth)))
    assert np.sum(1 / widths.best_widths(depth, 784, 20_000)) < sums[1] < sums[0]
    few = widths.best_widths(depth, 8, 20_000)
    assert few[0] > 8  # few inputs: the first layer is cheap


def test_a_given_number_of_weights_is_not_a_given_sum_of_squares():
    flat, growing = (24, 24), (21, 150)
    assert [widths.weight_count(h, 784) for h in (flat, growing)] == [19_416, 19_764]
    assert [round(sum(1 / n for n in h), 3) for h in (flat, growing)] == [0.083, 0.054]
