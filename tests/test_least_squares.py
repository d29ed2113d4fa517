"""Laws of the least-squares solvers: second routes on linear problems, exact interpolation, honest failure."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ntklib
from ntklib.training.least_squares import METHODS

rng = np.random.default_rng(0)
WIDE, TALL = rng.standard_normal((4, 9)), rng.standard_normal((9, 4))


def linear(w, X):
    return X @ w


def test_a_full_step_on_a_wide_linear_system_is_the_shortest_solution():
    y = rng.standard_normal(4)
    fit = ntklib.least_squares(linear, jnp.zeros(9), WIDE, y, method="gauss_newton")
    assert bool(fit.converged)
    np.testing.assert_allclose(fit.params, np.linalg.pinv(WIDE) @ y, rtol=1e-9)


@pytest.mark.parametrize("method", sorted(METHODS))
def test_a_tall_linear_system_ends_at_the_normal_equations_and_says_that_it_is_no_zero(method):
    y = rng.standard_normal(9)
    fit = ntklib.least_squares(linear, jnp.zeros(4), TALL, y, method=method)
    assert not bool(fit.converged)
    np.testing.assert_allclose(fit.params, np.linalg.lstsq(TALL, y)[0], rtol=1e-6)
    np.testing.assert_allclose(fit.residual, TALL @ np.asarray(fit.params) - y, rtol=1e-9)


@pytest.mark.parametrize("method", ["levenberg_marquardt", "dogleg"])
def test_a_network_with_more_parameters_than_samples_interpolates_random_labels(method):
    net = ntklib.MLP((5, 6, 6, 1), "tanh", "bombari")
    X, y = rng.standard_normal((40, 5)), rng.standard_normal(40)
    fit = ntklib.least_squares(net, net.init(jax.random.key(0)), X, y, method=method, tolerance=1e-10)
    assert bool(fit.converged)
    assert np.abs(np.asarray(net(fit.params, X)) - y).max() <= 1e-10
    assert 0 < int(fit.iterations) <= 200


def test_undamped_steps_converge_quadratically_from_nearby():
    net = ntklib.MLP((5, 6, 6, 1), "tanh", "bombari")
    params, X = net.init(jax.random.key(0)), rng.standard_normal((20, 5))
    y = net(params, X) + 1e-2 * rng.standard_normal(20)
    sizes = [
        float(jnp.abs(ntklib.least_squares(net, params, X, y, method="gauss_newton", steps=k).residual).max())
        for k in (2, 3, 4)  # the first iteration of the solver only looks at the start
    ]
    assert sizes[1] < 0.1 * sizes[0]
    assert np.log(sizes[2] / sizes[1]) < 1.5 * np.log(sizes[1] / sizes[0])


def test_too_few_iterations_are_reported_and_not_raised():
    net = ntklib.MLP((5, 6, 1), "tanh", "bombari")
    X, y = rng.standard_normal((20, 5)), rng.standard_normal(20)
    fit = ntklib.least_squares(net, net.init(jax.random.key(0)), X, y, steps=1)
    assert not bool(fit.converged)
    assert int(fit.iterations) == 1


def test_a_rank_deficient_jacobian_does_not_stop_the_solvers():
    X, y = np.ones((3, 2)), np.full(3, 2.0)
    for method in METHODS:
        fit = ntklib.least_squares(linear, jnp.array([1.0, -1.0]), X, y, method=method)
        assert bool(fit.converged), method


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"y": np.ones((4, 1))}, r"y has shape \(4, 1\) and the network's outputs have shape \(4,\)"),
        ({"method": "newton"}, "method='newton'; expected one of 'levenberg_marquardt', 'gauss_newton', 'dogleg'"),
        ({"tolerance": 0.0}, "tolerance=0.0; expected a finite number above 0"),
        ({"steps": 0}, "steps=0; expected an integer >= 1"),
        ({"X": np.ones(3)}, r"X has shape \(3,\); expected a matrix"),
    ],
)
def test_bad_arguments_are_refused_by_name(changes, message):
    arguments = {"X": WIDE, "y": np.ones(4), **changes}
    with pytest.raises(ValueError, match=message):
        ntklib.least_squares(linear, jnp.zeros(9), arguments.pop("X"), arguments.pop("y"), **arguments)
