"""Laws of the two-sided finite-width bound: each formula by a second route, each claim with its refutation."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ntklib
from ntklib import claims, plain
from ntklib.theory.finite_width import two_sided as theory
from ntklib.theory.finite_width.scales import block_mean
from ntklib.theory.finite_width.setting import betas
from ntklib.theory.finite_width.two_sided.figure import (
    CELLS,
    cached_figure,
    published_readings,
)
from ntklib.theory.finite_width.two_sided.setting import left_cell

needs_x64 = pytest.mark.skipif(jnp.result_type(float) != jnp.float64, reason="needs 64-bit precision")
WIDTHS, BETAS = (12, 9, 15, 7, 1), (0.5, 1.0, 2.0, 0.7)


def network(seed=0, N=6):
    return plain.draw(WIDTHS, BETAS, seed), np.random.default_rng(seed + 9).standard_normal((N, 12))


@needs_x64
def test_factors_and_terms_agree_with_the_package_network_and_its_kernel():
    weights, X = network()
    net = ntklib.MLP(WIDTHS, "relu", ntklib.Parametrization(init_std=BETAS, multiplier=(1.0,) * 4))
    params = tuple(jnp.asarray(W) for W in weights)
    F, B = plain.factors(weights, X, activation="relu")
    for ours, reference in zip(F + B, (*net.features(params, X), *net.backward(params, X)), strict=True):
        np.testing.assert_allclose(ours, np.asarray(reference).reshape(ours.shape), rtol=1e-11, atol=1e-12)
    K = np.asarray(ntklib.empirical_ntk(net, params, X))
    np.testing.assert_allclose(sum(theory.kernel_terms(weights, X)), K, rtol=1e-11)


def test_layer_scale_is_the_product_of_the_theorem():
    for k in range(1, 5):
        product = 12 * 9 * 15 * 7 * math.prod(b**2 for l, b in enumerate(BETAS, 1) if l != k)
        assert theory.layer_scale(WIDTHS, BETAS, k) == pytest.approx(product, rel=1e-12)


def test_upper_bound_is_the_mean_trace_over_samples_up_to_the_halves():
    draws = [
        sum(theory.kernel_terms(plain.draw((3, 5, 4, 1), (1, 1, 1), s), np.eye(3)[:1] * 3**0.5))[0, 0]
        for s in range(6000)
    ]
    mean, error = np.mean(draws), np.std(draws) / 6000**0.5
    assert abs(theory.upper((3, 5, 4, 1), (1, 1, 1), constant=0.25) - mean) < 4 * error


def test_sides_are_equal_up_to_constants_when_the_weights_above_the_wide_layer_are_smallest():
    for name in ("he", "lecun"):
        widths = (50, 40, 900, 30, 1)
        beta = betas(widths, name)
        assert min(beta) == beta[2]
        low = theory.lower(widths, beta, 40, r=2, wide=(False, True, False))
        assert 1 < theory.upper(widths, beta) * ntklib.hermite_coefficient("relu", 2) ** 2 / low < 4


def test_sides_separate_like_the_square_of_the_weights_above_the_wide_layer():
    ratios = []
    for t in (10.0, 100.0):
        beta = (0.1, 0.1, 0.1 * t, 0.1)
        ratios.append(theory.upper(WIDTHS, beta) / theory.lower(WIDTHS, beta, 40, r=2, wide=(False, True, False)))
    assert ratios[1] / ratios[0] == pytest.approx(100.0, rel=0.02)


def test_lower_bound_adds_one_term_per_wide_layer_and_the_data_term():
    parts = [theory.lower(WIDTHS, BETAS, 9, r=4, wide=[j == k for j in range(3)]) for k in range(3)]
    data = theory.lower(WIDTHS, BETAS, 9, r=4, wide=[False] * 3, lambda_min_gram=0.3)
    together = theory.lower(WIDTHS, BETAS, 9, r=4, wide=[True] * 3, lambda_min_gram=0.3, constant=2.0)
    assert together == pytest.approx(2 * (sum(parts) + data), rel=1e-12)
    assert data == pytest.approx(0.3 * block_mean(WIDTHS, BETAS, 1, square_norm=1.0) * 8, rel=1e-12)
    assert theory.lower(WIDTHS, BETAS, 9, r=4) == 0.0  # nothing is wide


def test_a_layer_is_wide_only_above_the_asked_number_and_behind_no_bottleneck():
    asked = math.ceil(theory.neurons_asked(40, 0.1))
    assert theory.wide_layers((50, 30, asked, 1), 40) == (False, True)
    assert theory.wide_layers((50, 30, asked - 1, 1), 40) == (False, False)
    assert theory.wide_layers((50, 30, 2, asked, 1), 40)[2] is False  # log 30 > 2
    assert theory.wide_layers((50, 30, 4, asked, 1), 40)[2] is True
    assert theory.wide_layers((50, 30, 4, asked, 1), 40, bottleneck_constant=0.5)[2] is False


def test_failure_probability_is_delta_plus_terms_that_vanish_with_width():
    value = theory.failure_probability((10**6, 10**6, 10**6, 1), 50, r=8, delta=0.07)
    assert value == pytest.approx(0.07, abs=1e-12)
    assert theory.failure_probability((10**6, 3, 10**6, 1), 50, r=8, delta=0.07) == 1.0
    dead = theory.failure_probability((10**6, 10, 1), 50, r=8, delta=0.07, wide=(False,), constant=math.log(2))
    assert dead == pytest.approx(0.07 + 50 * 2.0**-10, rel=1e-9)


@needs_x64
@pytest.mark.parametrize("layer", [1, 2])
def test_chain_descends_when_its_layer_is_wide(layer):
    widths = (120, 320, 60, 1) if layer == 1 else (120, 60, 320, 1)
    beta = betas(widths, "lecun")
    weights, X = plain.draw(widths, beta, 3), np.random.default_rng(4).standard_normal((40, 120))
    others = np.random.default_rng(5).standard_normal((2000, 120))
    centre = plain.factors(weights, others, activation="relu")[0][layer - 1].mean(axis=0)
    links = theory.proof_chain(weights, beta, X, layer, 4, centre=None if layer == 1 else centre)
    claims.slack_chain(links)  # raises for a rising link
    assert all(value > 0 for _, value in links[:6])


@needs_x64
def test_chain_links_by_their_definitions():
    widths, beta = (30, 200, 40, 1), (1.0, 0.5, 2.0)
    weights, X = plain.draw(widths, beta, 0), np.random.default_rng(1).standard_normal((10, 30))
    links = dict(theory.proof_chain(weights, beta, X, 1, 2))
    K = np.asarray(ntklib.infinite_kernels(X, depth=2)[0])
    v = min(np.sum(plain.factors(weights, X, activation="relu")[1][1] ** 2, axis=1))
    assert links["Chernoff: a quarter"] == pytest.approx(200 / 4 * v * np.linalg.eigvalsh(K)[0] / 2, rel=1e-9)
    one = (
        np.linalg.eigvalsh((X @ X.T) ** 2)[0]
        / np.max(np.sum(X**2, axis=1))
        * ntklib.hermite_coefficient("relu", 2) ** 2
    )
    assert links["one order, r = 2"] == pytest.approx(200 / 4 * v * one, rel=1e-9)
    assert links["centred"] == pytest.approx(links["one order, r = 2"], rel=1e-12)


def test_cached_cell_agrees_with_the_second_route_in_distribution():
    rows = cached_figure().query("panel == 'left' and N == 500 and d == 400 and n1 == 2000")["value"]
    ours = left_cell(500, 400, 2000, 7)
    assert abs(ours - rows.mean()) < 5 * rows.std() + 1


def test_shipped_table_covers_every_cell_and_every_reading_is_a_cell():
    table = cached_figure()
    keys = ["panel", "N", "d", "n1", "n2"]
    assert set(table[keys].itertuples(index=False, name=None)) == {tuple(c[k] for k in keys) for c in CELLS}
    assert len(published_readings().merge(table[keys].drop_duplicates())) == 18


@pytest.mark.in_turns
@needs_x64
def test_claims_hold_on_other_seeds():
    assert claims.check("nguyen-two-sided", seeds=12).holds
    assert claims.check("nguyen-two-sided-dimension", seeds=25).holds
    assert claims.check("nguyen-block-linear", seeds=9, wide=(320, 960, 3200)).holds
    assert claims.check("book-finite-sharp", seed=10, N=24).holds


def test_errors_say_what_was_expected():
    with pytest.raises(ValueError, match="lower: r=3; expected an even order"):
        theory.lower(WIDTHS, BETAS, 9, r=3)
    with pytest.raises(ValueError, match="2 indicators; expected one per hidden layer, 3"):
        theory.lower(WIDTHS, BETAS, 9, r=2, wide=(True, False))
    with pytest.raises(ValueError, match=r"delta=1.5; expected a probability in \(0, 1\)"):
        theory.neurons_asked(40, 1.5)
    with pytest.raises(ValueError, match="layer=4; expected a hidden layer, 1 to 3"):
        theory.proof_chain(*network()[:1], BETAS, network()[1], 4, 2)
    with pytest.raises(ValueError, match="3 standard deviations for 5 widths"):
        theory.upper(WIDTHS, BETAS[:3])


def test_jax_is_the_reference_for_the_relu_derivative_at_zero():
    weights = [np.zeros((12, 9)), *plain.draw(WIDTHS, BETAS, 0)[1:]]
    assert not plain.factors(weights, np.ones((2, 12)), activation="relu")[1][0].any()
    assert jax.grad(jax.nn.relu)(0.0) == 0.0


def test_networks_of_the_chapter_on_both_sides_of_the_condition():
    """N log N log(N/0.1) by hand: 884 at N = 40, 640 at N = 32, 1571 at N = 60."""
    for N, asked in ((40, 884), (32, 640), (60, 1571)):
        assert theory.neurons_asked(N, 0.1) == pytest.approx(N * math.log(N) * (math.log(N) + math.log(10)), rel=1e-12)
        assert round(theory.neurons_asked(N, 0.1)) == asked
    for position in (1, 2, 3):
        shapes = [[80, 60, 60, 60, 1] for _ in range(2)]
        shapes[0][position], shapes[1][position] = 640, 1280
        assert [any(theory.wide_layers(tuple(shape), 40)) for shape in shapes] == [False, True]
    assert any(theory.wide_layers((64, 64, 1024, 64, 1), 32))
    assert not any(theory.wide_layers((400, 400, 1600, 200, 1), 100))
