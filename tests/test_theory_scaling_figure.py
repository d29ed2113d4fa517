"""Laws of the scaling-figure chapter: cells by a second route, nested samples, constants, the shipped table."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import multivariate_t

import ntklib
from ntklib import claims, plain
from ntklib.theory.minimum_width.scaling_figure import figure, readings
from ntklib.theory.minimum_width.scaling_figure.constants import (
    centred_bound,
    layer_constants,
    predicted_first_kernel,
)
from ntklib.theory.minimum_width.scaling_figure.setting import output_size

needs_x64 = pytest.mark.skipif(jnp.result_type(float) != jnp.float64, reason="needs 64-bit precision")
EPS = float(np.finfo(float).eps)


@needs_x64
@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_the_cell_is_that_of_per_sample_gradients(activation):
    d, N, seed = 9, 30, 4
    function = {"sigmoid": jax.nn.sigmoid, "tanh": jnp.tanh}[activation]
    X = np.random.default_rng([seed, d, 0]).standard_normal((N, d))
    params = [jnp.array(W) for W in plain.draw((d, d, d, 1), "bombari", [seed, d, 1])]

    def output(params, x):
        for W in params[:-1]:
            x = function(x @ W)
        return (x @ params[-1])[0]

    gradients = jax.vmap(jax.grad(output), (None, 0))(params, X)
    for ours, G in zip(figure.cell_kernels(d, N, activation, seed=seed), gradients, strict=True):
        rows = np.asarray(G).reshape(N, -1)
        np.testing.assert_allclose(ours, rows @ rows.T, rtol=0, atol=1000 * EPS * np.abs(ours).max())


def test_fewer_samples_are_the_first_ones_and_have_larger_eigenvalues():
    small, large = figure.figure_cell(12, seed=1, samples=(20, 60))
    alone = figure.figure_cell(12, seed=1, samples=(20,))[0]
    assert all(np.isclose(small[name], alone[name], rtol=1e-9) for name in small)
    assert all(small[name] >= large[name] > 0 for name in ("full", "block", "first"))
    assert small["full"] >= small["first"] + small["block"]


def test_single_precision_loses_the_block_where_double_keeps_it():
    K = figure.cell_kernels(40, 800, seed=0)[1]
    scale = np.linalg.norm(K, 2)
    value = ntklib.smallest_eigenvalue(K)
    assert 800 * EPS * scale < value / 100
    assert value < 2.0**-24 * scale


@pytest.mark.parametrize("row", [0, 3])
def test_the_shipped_table_is_what_the_code_computes(row):
    table = figure.cached_figure()
    d = figure.DIMENSIONS[row]
    [fresh] = figure.figure_cell(d, seed=row, samples=(1000,))
    [(_, stored)] = table[(table["d"] == d) & (table["seed"] == row) & (table["N"] == 1000)].iterrows()
    for name in ("full", "block", "first"):
        assert abs(fresh[name] / stored[name] - 1) < 1e-5


def test_the_shipped_table_holds_whole_rounds_of_the_papers_cells():
    table = figure.cached_figure()
    assert figure.DIMENSIONS[0] ** 2 <= 5000
    assert figure.DIMENSIONS[-1] == 977
    assert len(figure.DIMENSIONS) == 20
    assert sorted(set(figure.cached_figure(data="sphere")["d"])) == [977]
    for _, draw in table.groupby("seed"):
        assert sorted(zip(draw["N"], draw["d"])) == sorted((N, d) for N in figure.SAMPLES for d in figure.DIMENSIONS)
    with pytest.raises(ValueError, match=r"cached_figure: activation='relu'; expected one of .*sigmoid"):
        figure.cached_figure("relu")


@needs_x64
@pytest.mark.parametrize(("name", "function"), [("sigmoid", jax.nn.sigmoid), ("tanh", jnp.tanh)])
@pytest.mark.parametrize("q", [0.6, 1.0])
def test_constants_agree_with_the_dual_maps_of_the_package(name, function, q):
    ours, act = layer_constants(name, q), ntklib.activation(function)
    A0, C0 = float(act.dual(q, q, q)), float(act.dual(q, 0.0, q))
    route = {"A0": A0, "C0": C0, "A1": act.dual_derivative(q, q, q), "C1": act.dual_derivative(q, 0.0, q)}
    route |= {"A2": act.dual_derivative(A0, A0, A0), "C2": act.dual_derivative(A0, C0, A0)}
    for key, value in route.items():
        assert abs(ours[key] - float(value)) < 1e-8
    assert abs(ours["first"] - q * (route["A1"] * route["A2"] - route["C1"] * route["C2"])) < 1e-8
    assert 0 < ours["block"] < ours["block_wide"]


def test_a_linear_network_has_nothing_to_carry():
    constants = layer_constants("linear")
    assert max(abs(constants[name]) for name in ("first", "block", "block_wide")) < 1e-9
    X = np.random.default_rng(0).standard_normal((5, 60))
    np.testing.assert_allclose(predicted_first_kernel(X, "linear"), 60 * X @ X.T, rtol=1e-9, atol=1e-6)


def test_both_kernels_have_the_same_form_on_the_common_kernel():
    rng = np.random.default_rng(0)
    F, B = rng.standard_normal((30, 6)) + 3, rng.standard_normal((30, 5)) - 2
    f, b = rng.standard_normal(6), rng.standard_normal(5)
    V = np.linalg.svd(np.hstack([B, F - f]))[0][:, 11:]
    raw, centred = (F @ F.T) * (B @ B.T), ((F - f) @ (F - f).T) * ((B - b) @ (B - b).T)
    np.testing.assert_allclose(V.T @ raw @ V, V.T @ centred @ V, rtol=0, atol=1e4 * EPS * np.abs(raw).max())
    mean = np.trace(V.T @ raw @ V) / 19
    assert abs(centred_bound(F, B, f, b) / mean - 1) < 1e-9
    assert np.linalg.eigvalsh(raw)[0] <= mean
    with pytest.raises(ValueError, match=r"centred_bound: 11 conditions on 11 samples"):
        centred_bound(F[:11], B[:11], f, b)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match=r"activation: value='step'; expected a known name"):
        layer_constants("step")
    with pytest.raises(ValueError, match=r"layer_constants: q=0\.0; expected a finite number above 0"):
        layer_constants("tanh", 0)
    with pytest.raises(ValueError, match=r"predicted_first_kernel: squared norms over d between 9 and 9"):
        predicted_first_kernel(3 * np.ones((2, 4)))
    with pytest.raises(ValueError, match=r"figure_cell: samples=0; expected an integer >= 1"):
        figure.figure_cell(3, seed=0, samples=(0,))


@needs_x64
def test_the_figure_tells_the_full_kernel_from_each_block_and_the_output_norm_is_that_of_the_draw():
    held = {
        column: claims.check("bombari-figure-scaling", column=column).holds for column in ("full", "first", "block")
    }
    assert held == {"full": True, "first": False, "block": False}
    assert output_size(50, 3) == np.sum(plain.draw((50, 50, 50, 1), "bombari", [3, 50, 1])[2] ** 2) / 50


@needs_x64
def test_the_shares_hold_in_every_cell_of_the_shipped_table():
    table = figure.cached_figure()
    wide = table[table["d"] >= 234]
    assert (wide["first"] > 0.75 * wide["full"]).all()
    assert (wide["block"] < wide["full"] / 20).all()


@needs_x64
def test_the_likelihood_is_the_predictive_density_of_a_student_law_and_knows_what_fluctuates():
    rng = np.random.default_rng(0)
    V = np.array([130.0, 100.0, 90.0]) + rng.standard_normal((10, 3)) @ np.array([[5.0, 4, 3], [0, 1, 1], [0, 0, 1]])
    for drawn, shared, k in ((False, True, 10), (True, False, 1), (True, True, 3)):
        mean = V.mean(axis=0)
        S = np.cov(V.T) * (1 / k + 1 / 10) + (2 / 977 / k * np.outer(mean, mean) if drawn else 0)
        S = S if shared else np.diag(np.diag(S))
        scale = (S + 4 / 3 * np.eye(3)) * 9 / 7
        law = multivariate_t(loc=mean, shape=scale, df=7)
        ours = readings.log_likelihood(V, drawn=drawn, shared=shared, number=k)
        assert ours == pytest.approx(law.logpdf([128.0, 104.0, 91.0]) - _student_constant(), rel=1e-10)


def _student_constant():
    """Log of the constant of the predictive density with m = 10, p = 3 in units of S."""
    return math.lgamma(5) - math.lgamma(3.5) - 1.5 * math.log(math.pi * 9)


@needs_x64
def test_on_the_sphere_norms_are_equal_and_normalized_output_or_single_precision_hardly_move_the_full_kernel():
    d, N, seed = 120, 150, 3
    X = np.random.default_rng([seed, d, 0]).standard_normal((N, d))
    W = plain.draw((d, d, d, 1), "bombari", [seed, d, 1])
    ball = figure.cell_kernels(d, N, data="sphere", seed=seed)
    other = X / np.linalg.norm(X, axis=1, keepdims=True) * d**0.5
    for ours, K in zip(ball, plain.layer_kernels(*plain.factors(W, other, activation="sigmoid")), strict=True):
        np.testing.assert_allclose(ours, K, rtol=0, atol=1000 * EPS * np.abs(K).max())
    K = figure.cell_kernels(d, N, seed=seed)
    full, size = ntklib.smallest_eigenvalue(sum(K)), output_size(d, seed)
    unit = plain.layer_kernels(*plain.factors([*W[:-1], W[-1] / size**0.5], X, activation="sigmoid"))
    assert abs(size - 1) > 0.02
    assert abs(ntklib.smallest_eigenvalue(sum(unit)) * size / full - 1) < 2e-3
    single = sum(A.astype("float32") for A in K).astype(float)
    moved = abs(ntklib.smallest_eigenvalue(single) - full)
    assert moved <= np.linalg.norm(single - sum(K), 2) * (1 + 1e-9)
    assert moved < 1e-3 * full
    with pytest.raises(ValueError, match=r"cell_kernels: data='cube'; expected 'gaussian' or 'sphere'"):
        figure.cell_kernels(3, 4, data="cube", seed=0)


@needs_x64
def test_the_readings_tell_blocks_from_the_full_kernel_as_means_and_not_as_single_draws():
    best = {k: readings.log_likelihood(readings.draws("full"), shared=True, number=k) for k in (1, 10)}
    first = {k: readings.log_likelihood(readings.draws("first"), shared=True, number=k) for k in (1, 10)}
    assert best[10] - first[10] > np.log(20)
    assert best[1] - first[1] < 0
    block = readings.log_likelihood(readings.draws("block", "sphere"), number=1)
    assert readings.log_likelihood(readings.draws("full"), number=1) - block > 14 * np.log(10)


def test_the_constants_bound_the_block_of_the_figure_where_the_proposition_applies_and_only_there():
    table, kappa = figure.cached_figure(), layer_constants("sigmoid")
    over = table["block"] / table["d"] ** 2 / kappa["block"]
    applies = table["N"] > 2 * table["d"]
    assert over[applies].max() < 1 < over[~applies].max()
    assert (table["first"] < 1.1 * kappa["first"] * table["d"] ** 2)[table["N"] > 2 * table["d"]].all()
