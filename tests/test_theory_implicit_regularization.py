"""Laws of the chapter on implicit regularization: the end of a run, nearest points by other routes, bounds for all."""

import jax.numpy as jnp
import numpy as np
import pytest

from ntklib import MLP, AntisymmetricNetwork, gradient_descent
from ntklib.theory.wide_networks.composite.lipschitz import network_lipschitz
from ntklib.theory.wide_networks.composite.statements import (
    network_certificate,
    network_jacobian,
)
from ntklib.theory.wide_networks.implicit_regularization import minima as theory
from ntklib.theory.wide_networks.implicit_regularization import setting as laws
from ntklib.theory.wide_networks.implicit_regularization import statements as bounds
from ntklib.theory.wide_networks.setting import mean_squared_loss

needs_x64 = pytest.mark.skipif(jnp.result_type(float) != jnp.float64, reason="needs 64-bit precision")


@needs_x64
def test_the_end_of_a_run_is_that_of_the_general_trainer():
    net, start, X, y = laws.interpolation_task(8, 0, depth=3, N=4)
    ours = theory.descent_end(net, start, X, y, 0.5, tolerance=0.0, steps=40)
    begin = tuple(map(jnp.asarray, start))
    wanted = gradient_descent(net, begin, X, y, loss=mean_squared_loss, step_size=0.5, steps=40)
    for a, b in zip(ours.params, wanted.params):
        np.testing.assert_allclose(a, b, atol=1e-11)
    np.testing.assert_allclose([ours.path, ours.distance], [wanted.path_length[-1], wanted.distance[-1]], rtol=1e-10)
    np.testing.assert_allclose(ours.loss, wanted.loss[-1], rtol=1e-9)


def test_a_layer_without_steps_stays_where_it_is():
    net, start, X, y = laws.interpolation_task(8, 1, N=4)
    end = theory.descent_end(net, start, X, y, 0.5, rates=(0.0, 1.0, 1.0), steps=20)
    assert np.array_equal(end.params[0], start[0])
    assert not np.array_equal(end.params[1], start[1])


def test_for_a_linear_network_everything_is_the_least_solution():
    net, rng = MLP((7, 1), "tanh", "ntk"), np.random.default_rng(0)
    X, y, start = rng.standard_normal((3, 7)), rng.standard_normal(3), [rng.standard_normal((7, 1))]
    least = np.linalg.lstsq(X, y - X @ start[0][:, 0], rcond=None)[0]
    wanted = np.linalg.norm(least)
    outputs, J = network_jacobian(net, start, X)
    eta = 3 / np.linalg.norm(X, 2) ** 2
    assert abs(theory.descent_end(net, start, X, y, eta, tolerance=1e-28).distance / wanted - 1) < 1e-10
    near = theory.nearest_interpolant(net, start, X, y)
    assert abs(near.distance / wanted - 1) < 1e-12
    assert abs(bounds.interpolation_distance_bound(J, outputs - y, 0.0) / wanted - 1) < 1e-10
    assert bounds.nearest_certified(near, 0.0)


def test_one_neuron_on_one_sample_has_a_nearest_interpolant_that_a_grid_finds():
    # f = tanh(w) a on the sample x = 1; interpolants a = 1/tanh(w), the start (0.5, 0.5)
    net = MLP((1, 1, 1), "tanh", "standard")
    start = [np.full((1, 1), 0.5), np.full((1, 1), 0.5)]
    w = np.linspace(0.2, 4, 400_001)
    wanted = np.sqrt((w - 0.5) ** 2 + (1 / np.tanh(w) - 0.5) ** 2).min()
    near = theory.nearest_interpolant(net, start, np.ones((1, 1)), np.ones(1), tolerance=1e-8)
    assert abs(near.distance - wanted) < 1e-9
    assert near.residual < 1e-10


def test_the_walk_shortens_and_its_end_satisfies_lagrange():
    net, start, X, y = laws.interpolation_task(12, 2, N=5)
    first = theory.nearest_interpolant(net, start, X, y, steps=1)
    near = theory.nearest_interpolant(net, start, X, y, tolerance=1e-6, steps=300)
    assert near.distance < first.distance
    outputs, J = network_jacobian(net, near.params, X)
    assert np.abs(outputs - y).max() <= 1e-11
    delta = np.concatenate([np.ravel(a - b) for a, b in zip(near.params, start)])
    nu = np.linalg.lstsq(J.T, delta, rcond=None)[0]
    assert np.linalg.norm(delta - J.T @ nu) <= 1.01e-6 * np.linalg.norm(delta)
    assert abs(near.multiplier / (np.linalg.norm(nu) * 5**0.5) - 1) < 1e-6


def test_no_interpolant_from_anywhere_is_nearer_than_a_certified_one():
    net, start, X, y = laws.interpolation_task(4096, 0, depth=2, N=3)
    near = theory.nearest_interpolant(net, start, X, y, tolerance=1e-9)
    proved = network_lipschitz(net, start, X)(near.distance)
    assert bounds.nearest_certified(near, proved)
    low = bounds.interpolation_distance_bound(
        network_jacobian(net, start, X)[1], network_jacobian(net, start, X)[0] - y, proved
    )
    assert low <= near.distance
    rng = np.random.default_rng(0)
    for size in (0.001, 0.01, 0.1):
        first = [W + size * rng.standard_normal(W.shape) for W in start]
        other = theory.nearest_interpolant(net, start, X, y, first=first, steps=1)
        assert other.residual <= 1e-11
        assert other.distance >= near.distance * (1 - 1e-9)


def test_two_copies_at_the_certified_scale_have_a_certified_nearest_interpolant():
    net, start, X, y = laws.interpolation_task(16, 0, N=4)
    known = network_certificate(net, start, X, y)
    both = (start, start)
    near = theory.nearest_interpolant(AntisymmetricNetwork(net, known.scale), both, X, y, tolerance=1e-8)
    assert near.distance <= known.path
    assert bounds.nearest_certified(near, known.lipschitz)


def test_the_distance_bound_falls_with_the_curvature_and_contains_the_residual_bound():
    rng = np.random.default_rng(1)
    J, r = rng.standard_normal((4, 9)), rng.standard_normal(4)
    lows = [bounds.interpolation_distance_bound(J, r, Lambda) for Lambda in (0.0, 0.1, 1.0, 10.0)]
    assert all(np.diff(lows) < 0)
    assert lows[0] >= np.linalg.norm(r) / np.linalg.norm(J, 2)


def test_messages():
    net, start, X, y = laws.interpolation_task(4, 0, N=3)
    with pytest.raises(
        ValueError, match=r"interpolation_distance_bound: lipschitz=-1; expected a number of at least 0"
    ):
        bounds.interpolation_distance_bound(np.eye(2), np.ones(2), -1)
    with pytest.raises(ValueError, match=r"descent_end: step_size=0\.0; expected a finite number above 0"):
        theory.descent_end(net, start, X, y, 0.0)
    one = MLP((1, 1, 1), "tanh", "standard")
    with pytest.raises(ValueError, match=r"nearest_interpolant: no interpolant was reached.*pass first="):
        theory.nearest_interpolant(
            one, [np.zeros((1, 1)), np.zeros((1, 1))], np.array([[1.0], [1.0]]), np.array([1.0, -1.0])
        )


def test_the_factor_of_the_limit_is_a_condition_number_over_kappa():
    J = np.random.default_rng(3).standard_normal((4, 9))
    values = np.linalg.eigvalsh(J @ J.T)
    wanted = np.linalg.cond(J) / 0.75
    assert abs(bounds.limit_ratio_bound(values[-1], values[0], 0.75) / wanted - 1) < 1e-12


@pytest.mark.parametrize("margin", [0.5, 3.0])
def test_on_one_sample_of_a_linear_model_the_logistic_distance_is_attained(margin):
    loss, slope = np.log1p(np.exp(-margin)), 2.0  # f = 2θ from θ = 0
    assert abs(bounds.logistic_distance_bound(loss, 0.0, slope) - margin / slope) < 1e-14
