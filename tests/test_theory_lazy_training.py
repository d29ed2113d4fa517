"""Laws of the chapter on lazy training: two errors and their bounds, twins, depth, kinks."""

import jax.numpy as jnp
import numpy as np
import pytest

import ntklib
from ntklib.kernels import flat_jacobian
from ntklib.theory.wide_networks import shallow
from ntklib.theory.wide_networks.lazy_training import edges, kinks
from ntklib.theory.wide_networks.lazy_training import statements as lazy
from ntklib.theory.wide_networks.samples import unit_sample
from ntklib.theory.wide_networks.setting import (
    LinearizedNetwork,
    mean_squared_loss,
    sample_kernel,
)
from ntklib.theory.wide_networks.wide_enough.statements import shallow_lipschitz
from ntklib.training import AntisymmetricNetwork, gradient_descent

needs_x64 = pytest.mark.skipif(jnp.result_type(float) != jnp.float64, reason="needs 64-bit precision")
EPS = float(np.finfo(float).eps)


def test_on_a_quadratic_the_bound_at_the_same_parameters_is_an_equality():
    curvature, step = np.diag([3.0, 1.0]), np.array([2.0, 0.0])
    np.testing.assert_allclose(lazy.same_parameters_bound(3.0, 2.0), 0.5 * step @ curvature @ step)


def test_the_telescoped_sum_in_the_second_bound_is_right():
    eta, least, residual, kappa = 0.3, 0.2, 1.7, 0.05
    total = eta * kappa * residual * sum((1 - eta * least / 2) ** (s / 2) for s in range(5000))
    bound = lazy.trained_apart_bound(kappa, least, residual)
    assert 0.9 * bound < total <= bound
    with pytest.raises(ValueError, match=r"trained_apart_bound: least=0"):
        lazy.trained_apart_bound(1.0, 0.0, 1.0)


def test_with_frozen_coefficients_the_first_order_change_is_odd_in_the_output_weights():
    X, _ = unit_sample(5, 4, 0)
    (W, a), alpha, h = shallow.shallow_weights(4, 6, 0), np.linspace(-1, 1, 5), 1e-6

    def change(a):
        slope = 1 / (1 + np.exp(-(X @ W)))
        dW, da = X.T @ (alpha[:, None] * slope) * a, np.logaddexp(0, X @ W).T @ alpha
        up, down = (shallow.neuron_kernels(W + s * dW, a + s * da, X, activation="softplus") for s in (h, -h))
        return (up - down) / (2 * h)

    np.testing.assert_allclose(change(-a), -change(a), atol=1e-7)
    assert np.abs(change(a)).max() > 0.1


@needs_x64
def test_twins_are_the_antisymmetric_network():
    (W, a), (X, y) = shallow.shallow_weights(4, 6, 0), unit_sample(5, 4, 0)
    net = AntisymmetricNetwork(ntklib.MLP((4, 6, 1), "tanh", "ntk", weight_variance=1.0))
    copy = (jnp.asarray(W), jnp.asarray(a)[:, None])
    ours = shallow.shallow_descent(*lazy.opposite_twins(W, a), X, y, steps=25, every=5, step=0.4)
    theirs = gradient_descent(
        net, (copy, copy), X, y, step_size=0.4, steps=25, record_every=5, loss=mean_squared_loss, record_outputs=True
    )
    assert np.abs(ours.outputs[0]).max() < 10 * EPS
    np.testing.assert_allclose(ours.outputs, theirs.outputs, atol=1e4 * EPS)


def test_a_scale_is_the_same_as_smaller_labels():
    X, y = unit_sample(5, 4, 0)
    plain, scaled = (lazy.lazy_row(8, 0, X, y / s, twins=True, scale=g, steps=20) for s, g in ((4.0, 1.0), (1.0, 4.0)))
    np.testing.assert_allclose(scaled["drift"], plain["drift"], rtol=1e4 * EPS)
    np.testing.assert_allclose(scaled["same"], 4 * plain["same"], rtol=1e4 * EPS)


def test_what_neurons_do_together_is_what_the_kernel_does():
    X, y = unit_sample(5, 4, 0)
    run = shallow.shallow_descent(*shallow.shallow_weights(4, 6, 1), X, y, steps=10)
    moves = lazy.neuron_moves(run, X)
    np.testing.assert_allclose(moves["sum"], np.linalg.norm(run.kernels[-1] - run.kernels[0]), rtol=1e4 * EPS)
    assert moves["sum"] <= moves["each"]


def test_a_turned_neuron_is_counted_as_flipped():
    W, a = np.array([[1.0, 1.0]]), np.ones(2)
    run = shallow.shallow_descent(W, a, np.array([[1.0]]), np.array([0.0]), steps=1, step=1e-9)
    turned = run._replace(W=np.array([W, [[1.0, -1.0]]]))
    assert lazy.flipped_fraction(turned, np.array([[1.0]])).tolist() == [0.0, 0.5]


@needs_x64
@pytest.mark.parametrize(("activation", "c"), [("tanh", 1.0), ("relu", 2.0)])
def test_deep_rows_agree_with_the_package(activation, c):
    X, y = unit_sample(5, 4, 0)
    net = ntklib.MLP((4, 6, 6, 1), activation, "ntk", weight_variance=c)
    rng = np.random.default_rng([3, 6, 3])
    params = tuple(jnp.asarray(rng.standard_normal(shape)) for shape in ((4, 6), (6, 6), (6, 1)))
    row = edges.deep_lazy_row(6, 3, 3, X, y, activation=activation, c=c, steps=12)
    K = sample_kernel(net, params, X)
    size = float(1 / np.linalg.eigvalsh(K)[-1])
    run = gradient_descent(net, params, X, y, step_size=size, steps=12, loss=mean_squared_loss, record_outputs=True)
    drift = np.linalg.norm(sample_kernel(net, run.params, X) - K, 2)
    np.testing.assert_allclose(row["drift"], drift, rtol=1e-7)
    np.testing.assert_allclose(row["loss"], run.loss[-1] / run.loss[0], rtol=1e-7)
    model = LinearizedNetwork(net)
    same = lazy.sample_length(run.outputs[-1] - model((params, run.params), X))
    np.testing.assert_allclose(row["same"], same, rtol=1e-7)


@needs_x64
def test_logistic_steps_follow_the_gradient_of_the_mean_loss():
    X, signs = unit_sample(5, 4, 0)[0], np.array([1.0, -1.0, 1.0, 1.0, -1.0])
    W, a = shallow.shallow_weights(4, 6, 0)
    net = ntklib.MLP((4, 6, 1), "tanh", "ntk", weight_variance=1.0)
    params = (jnp.asarray(W), jnp.asarray(a)[:, None])
    size = 4 / np.linalg.norm(shallow.shallow_kernel(W, a, X), 2)
    wanted = gradient_descent(net, params, X, signs, loss="logistic", step_size=size, steps=30)
    [row] = edges.logistic_records(W, a, X, signs, (30,))
    np.testing.assert_allclose([row["loss"], row["distance"]], [wanted.loss[-1], wanted.distance[-1]], rtol=1e-9)


def test_one_step_of_a_linear_network_misses_its_tangent_by_the_product_of_moves():
    X, y = unit_sample(5, 4, 0)
    linear = (lambda z: z, np.ones_like)
    [error] = kinks.one_step_errors(X, y, 7, [2], step=0.8, activation=linear, c=1.0)
    W, a = shallow.shallow_weights(4, 7, [2, 7])
    r = 0.8 * y / (5 * 7**0.5)
    expected = (X @ np.outer(X.T @ r, a)) @ ((X @ W).T @ r) / 7**0.5
    np.testing.assert_allclose(error, expected, atol=1e3 * EPS)


def test_without_a_push_of_its_own_a_sample_has_no_bias():
    X, y = unit_sample(5, 4, 0)
    y = y.copy()
    y[2] = 0.0
    bias = kinks.kink_bias(X, y, draws=500)
    assert bias[2] == 0
    assert (np.abs(np.delete(bias, 2)) > 0).all()


def test_the_bias_of_a_single_sample_is_known_in_closed_form():
    X, y, c, eta = np.array([[2.0, 0.0]]), np.array([-3.0]), 2.0, 0.7
    own = eta * y[0] * 4
    known = -np.sign(own) * own**2 * c**1.5 * 2 * (2 / np.pi) ** 0.5 / 4 / (2 * (2 * np.pi) ** 0.5)
    np.testing.assert_allclose(kinks.kink_bias(X, y, step=eta, c=c, draws=10), known, rtol=100 * EPS)


def test_the_scatter_of_a_step_over_kinks_tends_to_its_constant():
    X, y = unit_sample(10, 20, 0)
    m = 8192
    found = kinks.one_step_errors(X, y, m, range(120)).std(axis=0) * m**0.75
    expected = kinks.kink_scatter(X, y)
    assert np.mean(found**2) == pytest.approx(np.mean(expected**2), rel=0.12)
    assert np.corrcoef(found, expected)[0, 1] > 0.9


def test_the_scatter_of_a_single_sample_is_known_in_closed_form():
    X, y, c, eta = np.array([[2.0, 0.0]]), np.array([-3.0]), 2.0, 0.7
    fifth = np.mean(np.abs(np.random.default_rng(0).standard_normal(2_000_000)) ** 5)
    known = np.sqrt(c**2.5 * fifth / 6 * abs(eta * y[0] * 4) ** 3 / (2 * (2 * np.pi) ** 0.5))
    np.testing.assert_allclose(kinks.kink_scatter(X, y, step=eta, c=c, draws=10), known, rtol=0.01)


@needs_x64
def test_the_tangent_model_at_the_same_parameters_is_the_linear_extension():
    X, y = unit_sample(5, 4, 0)
    W, a = shallow.shallow_weights(4, 6, 0)
    net = ntklib.MLP((4, 6, 1), "tanh", "ntk", weight_variance=1.0)
    run = shallow.shallow_descent(W, a, X, y, steps=5)
    J = flat_jacobian(net, (jnp.asarray(W), jnp.asarray(a)[:, None]), X)
    moved = jnp.concatenate([(run.W[-1] - W).ravel(), run.a[-1] - a])
    np.testing.assert_allclose(run.tangent[-1], run.outputs[0] + J @ moved, atol=1e4 * EPS)
    turning = shallow_lipschitz(a, X, run.distance[-1])
    bound = lazy.same_parameters_bound(turning, run.distance[-1])
    assert lazy.sample_length(run.outputs[-1] - run.tangent[-1]) <= bound


def test_the_mean_kernels_carry_residuals_exactly_and_tend_to_kernels_for_short_steps():
    X, y = unit_sample(3, 5, 0)
    W, a = shallow.shallow_weights(5, 20, 0)
    run = shallow.shallow_descent(W, a, X, y, steps=4, step=0.8)
    r, means = run.outputs - y, lazy.mean_kernels(run, X)
    moved = [r[t] - 0.8 * means[t] @ r[t] for t in range(4)]
    assert np.abs(np.array(moved) - r[1:]).max() < 1e-12
    gaps = [run_gap(X, y, W, a, step) for step in (1e-2, 5e-3)]
    assert abs(gaps[0] / gaps[1] - 2) < 0.05


def run_gap(X, y, W, a, step):
    """Distance of the mean kernel of one step from the kernel at its start."""
    run = shallow.shallow_descent(W, a, X, y, steps=1, step=step)
    return np.linalg.norm(lazy.mean_kernels(run, X)[0] - run.kernels[0])
