"""Laws of the memorization chapter: the doubled network, polynomials along a ray, kinks, rounding, rank."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ntklib
from ntklib import plain
from ntklib.theory.finite_width.memorization import doubling as theory
from ntklib.theory.finite_width.memorization import errors
from ntklib.theory.finite_width.memorization.setting import (
    close_pair,
    moved,
    problem,
    quotient,
)
from ntklib.theory.infinite_width.tangent_kernel.statements import (
    difference_quotient,
    flat_jacobian,
    memorizing_direction,
)

needs_x64 = pytest.mark.skipif(jnp.result_type(float) != jnp.float64, reason="needs 64-bit precision")
EPS = float(np.finfo(float).eps)


@needs_x64
@pytest.mark.parametrize(
    ("widths", "activation", "parametrization"),
    [((3, 5, 1), "relu", "standard"), ((3, 5, 4, 6, 1), "tanh", "ntk"), ((3, 5, 4, 2), "relu", "chen")],
)
def test_the_doubled_network_is_the_difference_quotient_on_any_input(widths, activation, parametrization):
    net = ntklib.MLP(widths, activation, parametrization)
    params, direction = (net.init(jax.random.key(seed)) for seed in (0, 1))
    X = np.random.default_rng(0).standard_normal((9, 3))
    for epsilon in (1e-4, 2.0):
        big, weights = theory.doubled_network(net, params, direction, epsilon)
        wanted = np.asarray(difference_quotient(net, params, direction, epsilon)(X))
        scale = np.abs(np.asarray(net(params, X))).max() / epsilon + np.abs(wanted).max()
        assert np.abs(np.asarray(big(weights, X)) - wanted).max() <= 100 * EPS * scale
        assert big.depth == net.depth
        assert big.widths[1:-1] == tuple(2 * n for n in widths[1:-1])


def test_the_doubled_network_refuses_a_linear_map_and_a_step_of_zero():
    with pytest.raises(ValueError, match=r"doubled_params: 1 weight layers; expected at least 2"):
        theory.doubled_params([np.eye(2)], [np.eye(2)], 0.1)
    with pytest.raises(ValueError, match=r"doubled_params: epsilon=0\.0; expected a finite number above 0"):
        theory.doubled_params([np.eye(2)] * 2, [np.eye(2)] * 2, 0.0)


@needs_x64
def test_numpy_direction_and_outputs_are_those_of_the_network():
    params, X, Y = problem((4, 9, 7, 1), 10, 0)
    net, weights = ntklib.MLP((4, 9, 7, 1), "relu", "he"), [jnp.array(W) for W in params]
    theta, K = theory.relu_direction(params, X, Y)
    condition = np.linalg.cond(K)
    for ours, other in zip(theta, memorizing_direction(net, weights, X, Y), strict=True):
        assert np.abs(ours - np.asarray(other)).max() <= 100 * EPS * condition * np.abs(ours).max()
    np.testing.assert_allclose(theory.relu_forward(params, X), np.asarray(net(weights, X)), rtol=1e-12, atol=1e-12)
    J = np.asarray(flat_jacobian(net, weights, X))
    flat = np.concatenate([np.ravel(V) for V in theta])
    assert np.abs(J @ flat - Y).max() <= 100 * EPS * condition


def test_labels_of_another_shape_are_refused():
    params, X, _ = problem((4, 9, 1), 10, 0)
    with pytest.raises(ValueError, match=r"relu_direction: Y has shape \(3,\); expected \(10,\)"):
        theory.relu_direction(params, X, np.ones(3))


@pytest.mark.parametrize("widths", [(4, 7, 1), (4, 7, 6, 5, 1)])
def test_the_polynomial_is_the_network_up_to_the_first_kink_and_not_beyond(widths):
    params, X, Y = problem(widths, 8, 1)
    theta, _ = theory.relu_direction(params, X, Y)
    kink = errors.first_kink(params, theta, X)
    polynomial = errors.ray_polynomials(params, theta, X)[-1][:, :, 0]
    for t, agrees in ((0.5, True), (0.999, True), (1.5, False)):
        there = theory.relu_forward(moved(params, theta, t * kink), X)
        value = sum(c * (t * kink) ** p for p, c in enumerate(polynomial))
        assert np.allclose(there, value, rtol=1e-10, atol=1e-10 * np.abs(value).max()) == agrees
    before, after = (_signs(moved(params, theta, t * kink), X) for t in (0.999, 1.001))
    assert np.array_equal(before, _signs(params, X))
    assert (before != after).sum() == 1


def _signs(params, X):
    f, signs = X, []
    for W in params[:-1]:
        signs.append((f @ W > 0).ravel())
        f = np.maximum(f @ W, 0)
    return np.concatenate(signs)


def test_a_line_without_kinks_has_none():
    params = [np.array([[1.0]]), np.array([[1.0]])]
    assert errors.first_kink(params, params, np.array([[1.0]])) == np.inf


@needs_x64
def test_the_error_constant_is_half_the_second_derivative_along_the_ray():
    params, X, Y = problem((4, 7, 6, 1), 8, 2)
    theta, _ = theory.relu_direction(params, X, Y)
    net = ntklib.MLP((4, 7, 6, 1), "relu", "standard")

    def along(t):
        return net([jnp.array(W) + t * V for W, V in zip(params, theta, strict=True)], X)

    second = jax.jacfwd(jax.jacfwd(along))(0.0)
    assert errors.error_constant(params, theta, X) == pytest.approx(float(jnp.linalg.norm(second)) / 2, rel=1e-10)
    double = errors.error_constant(params, [2 * V for V in theta], X)
    assert double == pytest.approx(4 * errors.error_constant(params, theta, X), rel=1e-12)


def test_the_best_step_minimizes_the_sum_of_both_errors():
    step, error = errors.best_step(3.0, [3.0, 4.0], unit=1e-10)
    total = [3.0 * e + 5e-10 / e for e in (step / 1.01, step, step * 1.01)]
    assert min(total) == total[1] == pytest.approx(error, rel=1e-12)
    with pytest.raises(ValueError, match=r"best_step: constant=0\.0; expected a finite number above 0"):
        errors.best_step(0.0, [1.0])


def test_the_ceiling_is_attained_and_its_null_directions_are_the_rescalings():
    widths = (4, 3, 2, 1)
    params, X, _ = problem(widths, 300, 0)
    K = theory.relu_direction(params, X, np.zeros(300))[1]
    rank = np.linalg.matrix_rank(K, tol=1e-11 * np.linalg.norm(K))
    assert rank <= errors.rank_ceiling(widths) == 4 * 3 + 3 * 2 + 2 * 1 - 5
    scaled = [params[0].copy(), params[1].copy(), params[2]]
    scaled[0][:, 1] *= 3.0
    scaled[1][1] /= 3.0
    np.testing.assert_allclose(theory.relu_forward(scaled, X), theory.relu_forward(params, X), rtol=1e-12, atol=1e-12)
    with pytest.raises(ValueError, match=r"rank_ceiling: widths=\(3,\); expected at least input and output"):
        errors.rank_ceiling((3,))


def test_opposite_labels_on_a_duplicate_are_missed_by_one_each():
    params, X, Y = problem((6, 20, 20, 1), 15, 0, duplicates=True)
    theta, _ = theory.relu_direction(params, X, Y)
    assert np.linalg.norm(quotient(params, theta, X, 1e-6) - Y) == pytest.approx(2**0.5, rel=1e-3)


def test_at_a_close_pair_the_direction_has_length_two_over_the_smallest_eigenvalue():
    params, X, Y = close_pair((10, 16, 16, 1), 15, 0, 1e-4)
    theta, K = theory.relu_direction(params, X, Y)
    assert sum(np.sum(V**2) for V in theta) == pytest.approx(2 / np.linalg.eigvalsh(K)[0], rel=0.02)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_closing_pair_has_the_limits_of_the_proposition(seed):
    """λ_min/δ² → |w_⊥|²/2 and C λ_min → |D²f[n,n]|, with w_⊥ from a QR decomposition and λ_min from the Jacobian."""

    def rows(distance):
        params, X, Y = close_pair((10, 16, 16, 1), 12, seed, distance)
        return params, X, Y, plain.jacobian(*plain.factors(params, X, activation="relu"))

    J = rows(1e-6)[3]
    w, others = (J[1] - J[0]) / 1e-6, np.linalg.qr(np.delete(J, 1, axis=0).T)[0]
    w = w - others @ (others.T @ w)
    params, X, Y, J = rows(1e-5)
    lowest = np.linalg.svd(J, compute_uv=False)[-1] ** 2
    assert lowest / 1e-10 == pytest.approx(w @ w / 2, rel=1e-3)
    parts = np.split(w / np.linalg.norm(w), np.cumsum([W.size for W in params])[:-1])
    n = [part.reshape(W.shape) for part, W in zip(parts, params)]
    C = errors.error_constant(params, theory.relu_direction(params, X, Y)[0], X)
    assert C * lowest == pytest.approx(2 * errors.error_constant(params, n, X), rel=1e-2)


def test_the_polynomial_holds_to_the_first_kink_behind_a_dead_first_layer():
    """A sample on which the first layer is off has zero pre-activations above: they stay zero and are no kinks."""
    W = [np.array([[1.0, -1.0]]), np.array([[1.0, 2.0], [1.0, -1.0]]), np.array([[1.0], [1.0]])]
    W[0][0, 1] = 1.0  # both neurons are on for x = 1 and off for x = -1
    V = [np.array([[-2.0, -1.0]]), np.array([[0.5, 0.1], [0.2, 0.3]]), np.array([[1.0], [-1.0]])]
    X = np.array([[1.0], [-1.0]])
    kink = errors.first_kink(W, V, X)
    assert kink == pytest.approx((2.6**2 + 2) ** 0.5 - 2.6)  # of 1 − 2.6 ε − ε²/2, neuron 2 of layer 2 at x = 1
    for epsilon in (0.1, 0.35):
        exact = sum(c * epsilon**p for p, c in enumerate(errors.ray_polynomials(W, V, X)[-1][:, :, 0]))
        np.testing.assert_allclose(theory.relu_forward([w + epsilon * v for w, v in zip(W, V)], X), exact, atol=1e-12)


def test_the_error_beyond_the_first_kink_can_be_below_the_line():
    ratios = []
    for seed in range(12):
        params, X, Y = problem((6, 16, 1), 20, seed)
        theta, K = theory.relu_direction(params, X, Y)
        if np.linalg.eigvalsh(K)[0] < 1e-9 * np.trace(K):
            continue
        C, kink = errors.error_constant(params, theta, X), errors.first_kink(params, theta, X)
        ratios += [
            np.linalg.norm(quotient(params, theta, X, e) - Y) / (C * e) for e in kink * np.geomspace(1.1, 100, 9)
        ]
    assert min(ratios) < 0.95 < 1.5 < np.median(ratios)
