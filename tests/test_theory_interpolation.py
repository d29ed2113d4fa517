"""Laws of the interpolation chapter: shortest directions, Newton's memorizer, curvature, the shipped sweep."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ntklib
from ntklib import plain
from ntklib.theory.finite_width.memorization.doubling import (
    doubled_network,
    doubled_params,
)
from ntklib.theory.infinite_width.tangent_kernel.statements import memorizing_direction
from ntklib.theory.minimum_width.counting_parameters.ceilings import jacobian
from ntklib.theory.minimum_width.interpolation import exact
from ntklib.theory.minimum_width.interpolation import transition as theory
from ntklib.theory.minimum_width.interpolation.setting import closing_pair

EPS = float(np.finfo(float).eps)
needs_x64 = pytest.mark.skipif(jnp.result_type(float) != jnp.float64, reason="needs 64-bit precision")


def flat(direction):
    return np.concatenate([np.ravel(V) for V in direction])


@needs_x64
def test_the_shortest_direction_is_that_of_the_kernel():
    widths = (4, 6, 5, 1)
    params, X, Y = theory.random_problem(widths, 20, 0)
    ours = exact.shortest_direction(params, X, Y)
    net = ntklib.MLP(widths, "tanh", "standard")
    other = memorizing_direction(net, [jnp.array(W) for W in params], X, Y)
    J = jacobian(params, X)
    condition = np.linalg.cond(J) ** 2
    for a, b in zip(ours, other, strict=True):
        assert np.abs(a - np.asarray(b)).max() <= 100 * EPS * condition * np.abs(a).max()
    assert np.abs(J @ flat(ours) - Y).max() <= 1e-10
    assert exact.length(ours) == pytest.approx(np.linalg.norm(flat(ours)), rel=1e-14)
    assert exact.length(ours) ** 2 == pytest.approx(Y @ np.linalg.solve(J @ J.T, Y), rel=1e-8)


@needs_x64
def test_the_curvature_constant_is_half_the_second_derivative():
    widths = (4, 6, 5, 1)
    params, X, Y = theory.random_problem(widths, 20, 1)
    way = exact.shortest_direction(params, X, Y)
    net = ntklib.MLP(widths, "tanh", "standard")

    def along(t):
        return net([jnp.array(W) + t * V for W, V in zip(params, way, strict=True)], X)

    second = np.linalg.norm(jax.jacfwd(jax.jacfwd(along))(0.0))
    assert exact.curvature_constant(params, way, X) == pytest.approx(second / 2, rel=1e-4)
    half = [V / 2 for V in way]
    assert exact.curvature_constant(params, half, X) == pytest.approx(second / 8, rel=1e-4)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "softplus"])
def test_newton_converges_quadratically_until_rounding(activation):
    params, X, Y = theory.random_problem((5, 8, 1), 30, 2)
    _, errors = exact.newton_memorizer(params, X, Y, 1e-4, activation=activation)
    first = exact.quotient_error(params, exact.shortest_direction(params, X, Y, activation), X, Y, 1e-4, activation)
    assert errors[0] == pytest.approx(first, rel=1e-6)
    floor = 1e4 * EPS * np.abs(exact.forward(params, X, activation)).max() / 1e-4
    assert errors[-1] <= floor
    scaled = [e / errors[0] for e in errors]
    assert scaled[1] <= 100 * errors[0] or errors[1] <= floor


@needs_x64
def test_the_newton_memorizer_is_one_network_of_twice_the_widths():
    widths = (5, 6, 4, 1)
    params, X, Y = theory.random_problem(widths, 40, 3)
    assert exact.guaranteed_samples((5, 12, 8, 1)) == plain.parameter_count(widths) >= 40
    way, errors = exact.newton_memorizer(params, X, Y, 1e-4)
    net = ntklib.MLP(widths, "tanh", "standard")
    big, weights = doubled_network(net, params, way, 1e-4)
    assert big.widths == (5, 12, 8, 1)
    gap = np.linalg.norm(np.asarray(big(weights, X)) - Y)
    assert max(gap, errors[-1]) <= 1e-8
    np.testing.assert_allclose(
        exact.forward(doubled_params(params, way, 1e-4), X), np.asarray(big(weights, X)), atol=1e-9
    )


def test_the_solution_stays_in_the_ball_of_the_contraction():
    params, X, Y = theory.random_problem((5, 8, 1), 30, 4)
    smallest = np.linalg.svd(jacobian(params, X), compute_uv=False)[-1]
    scale = 0.01 * smallest**2 / np.linalg.norm(Y)
    way, errors = exact.newton_memorizer(params, X, Y, scale)
    assert errors[-1] <= 1e-6
    assert scale * exact.length(way) <= 2 * scale * np.linalg.norm(Y) / smallest


def test_a_lipschitz_constant_near_the_point_is_not_enough_and_on_the_ball_it_is():
    edge, rest = 0.1, 0.01
    slope = lambda t: np.where(np.abs(t) <= edge, 1.0, 1 / np.cosh((np.abs(t) - edge) / rest) ** 2)
    reached = edge + rest
    near = np.linspace(-edge, edge, 101)
    assert np.ptp(slope(near)) == 0
    for constant in np.geomspace(0.5, 50, 60):
        t = np.linspace(0, 1 / (2 * constant), 4001)
        lipschitz = np.abs(np.diff(slope(t)) / np.diff(t)).max()
        if lipschitz <= constant:
            assert 1 / (4 * constant) <= reached
    assert reached < 1 / (4 * 1.0)  # the radius that the constant 1, valid near 0, would give


def test_more_starts_are_further_draws_of_the_weights_for_the_same_labels():
    table = theory.cached_starts()
    assert sorted(set(table["start"])) == [0, *theory.STARTS]
    assert not table.duplicated(["network", "start", "seed"]).any()
    first = theory.cached_transition().query("ratio == 1.0 and labels == 'gaussian'")
    for row in table[table["start"] == 0].itertuples():
        same = first[(first["network"] == row.network) & (first["seed"] == row.seed)].iloc[0]
        assert (same["residual"], same["success"]) == (row.residual, row.success)
    assert (table["residual"][table["success"]] < 1e-13).all()


@needs_x64
def test_a_further_start_comes_out_again():
    table = theory.cached_starts().query("network == 'tanh, 1 hidden' and success and start > 0 and iterations < 300")
    for row in table.head(2).itertuples():
        cell = theory.interpolation_cell(row.network, 1.0, "gaussian", row.start, seed=row.seed)
        assert cell["success"]
        assert cell["residual"] < 1e-12


def test_a_pair_has_its_distance_and_labels():
    for labels, second in (("opposite", -1.0), ("equal", 1.0)):
        _, X, Y = closing_pair((5, 8, 1), 20, 0, 1e-3, labels)
        assert np.linalg.norm(X[1] - X[0]) == pytest.approx(1e-3, rel=1e-9)
        assert (Y[0], Y[1]) == (1.0, second)


def test_capacity_counts_the_parameters_that_count():
    assert theory.capacity((6, 12, 1), "tanh") == 84
    assert theory.capacity((6, 14, 1), "relu") == 84 == 98 - 14


def test_the_shipped_table_is_complete_and_consistent():
    table = theory.cached_transition()
    assert len(table) == 12 * len(theory.CELLS)
    assert not table.duplicated(["network", "ratio", "labels", "seed"]).any()
    for row in table.drop_duplicates(["network", "ratio"]).itertuples():
        assert round(row.ratio * theory.capacity(*theory.NETWORKS[row.network])) == row.N
    assert (table.residual[table.success] <= 1e-10).all()
    assert (table.residual[~table.success] > 1e-11).all()
    assert (table.iterations <= 2000).all()


@needs_x64
def test_a_cell_of_the_table_comes_out_again():
    table = theory.cached_transition().set_index(["network", "ratio", "labels", "seed"])
    for name, seed in (("tanh, 1 hidden", 0), ("tanh, 2 hidden", 1)):
        cell, stored = theory.interpolation_cell(name, 0.5, seed=seed), table.loc[(name, 0.5, "signs", seed)]
        assert cell["success"] == stored.success
        assert cell["N"] == stored.N
        assert cell["distance"] == pytest.approx(stored.distance, rel=1e-3)


def test_messages_say_what_was_expected():
    params, X, _ = theory.random_problem((3, 4, 1), 5, 0)
    with pytest.raises(ValueError, match=r"shortest_direction: Y has shape \(3,\); expected \(5,\), one label per row"):
        exact.shortest_direction(params, X, np.ones(3))
    with pytest.raises(ValueError, match=r"newton_memorizer: scale=0\.0; expected a finite number above 0"):
        exact.newton_memorizer(params, X, np.ones(5), 0.0)
    with pytest.raises(ValueError, match=r"widths=\(3, 1, 1\); expected hidden widths of at least 2"):
        exact.guaranteed_samples((3, 1, 1))
    with pytest.raises(ValueError, match=r"interpolation_cell: ratio=-1\.0; expected a finite number above 0"):
        theory.interpolation_cell("tanh, 1 hidden", -1.0, seed=0)
