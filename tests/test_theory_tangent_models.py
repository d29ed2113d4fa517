"""Laws of the best tangent model and of the margin: second routes, certificates, invariances."""

import jax
import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.svm import SVC

import ntklib
from ntklib.kernels import flat_jacobian
from ntklib.theory.polylog_width import tangent_models as tm

rng = np.random.default_rng(0)


def random_kernel(N, rank):
    A = rng.standard_normal((N, rank))
    return A @ A.T / rank


def network(N=12, d=5, m=32, depth=3, seed=0):
    X = np.random.default_rng(seed).standard_normal((N, d))
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    y = np.sign(np.random.default_rng(seed + 1).standard_normal(N))
    net = ntklib.MLP((d, *(depth - 1) * (m,), 1), "relu", "chen")
    return net, net.init(jax.random.key(seed)), X, y


def test_the_blocks_are_those_of_the_jacobian_over_the_width():
    net, params, X, _ = network()
    J = np.asarray(flat_jacobian(net, params, X))
    np.testing.assert_allclose(sum(tm.scaled_blocks(net, params, X)), J @ J.T / 32, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("N", [2, 7, 25])
def test_the_margin_is_that_of_a_support_vector_machine_with_hard_margin_through_the_origin(N):
    K, y = random_kernel(N, 40), np.where(np.arange(N) % 2, 1.0, -1.0)
    margin = tm.tangent_margin(K, y)
    Q = K * np.outer(y, y)
    dual = minimize(lambda b: 0.5 * b @ Q @ b - b.sum(), np.ones(N), jac=lambda b: Q @ b - 1, bounds=N * [(0, None)])
    np.testing.assert_allclose(margin.value, dual.x.sum() ** -0.5, rtol=1e-4)
    assert margin.value <= margin.upper * (1 + 1e-12)
    np.testing.assert_allclose(margin.value, margin.upper, rtol=1e-9)


def test_with_mirrored_points_the_margin_is_that_of_the_reference_machine_with_intercept():
    Z = rng.standard_normal((10, 4)) + np.array([3.0, 0, 0, 0])
    points, y = np.vstack([Z, -Z]), np.repeat([1.0, -1.0], 10)
    machine = SVC(kernel="linear", C=1e8, tol=1e-10).fit(points, y)
    np.testing.assert_allclose(
        tm.tangent_margin(points @ points.T, y).value, 1 / np.linalg.norm(machine.coef_), rtol=1e-5
    )


def test_labels_that_nothing_separates_have_no_positive_margin():
    K = np.ones((2, 2))  # one point with both labels
    margin = tm.tangent_margin(K, [1, -1])
    assert margin.upper < 1e-7
    assert margin.value <= margin.upper


def test_the_margin_is_at_least_what_interpolation_certifies():
    for seed in range(3):
        net, params, X, y = network(seed=seed)
        K = sum(tm.scaled_blocks(net, params, X))
        low = np.sqrt(np.linalg.eigvalsh(K)[0] / len(y))
        middle = (y @ np.linalg.solve(K, y)) ** -0.5
        assert low <= middle * (1 + 1e-9) <= tm.tangent_margin(K, y).upper * (1 + 1e-8)


@pytest.mark.parametrize("R", [0.3, 2.0])
def test_the_best_model_is_the_one_a_general_solver_finds(R):
    blocks, y = [random_kernel(6, 4), random_kernel(6, 9)], np.array([1.0, 1, -1, -1, 1, -1])
    f0 = rng.standard_normal(6)
    roots = [np.linalg.cholesky(K + 1e-14 * np.eye(6)) if i else tm._root(K) for i, K in enumerate(blocks)]

    def loss(c):
        F = f0 + sum(A @ part for A, part in zip(roots, c.reshape(2, 6)))
        return np.logaddexp(0, -y * F).mean()

    balls = [{"type": "ineq", "fun": lambda c, k=k: R**2 - np.sum(c.reshape(2, 6)[k] ** 2)} for k in range(2)]
    other = minimize(loss, np.zeros(12), constraints=balls, method="SLSQP", options={"ftol": 1e-13, "maxiter": 500})
    fit = tm.tangent_fit(blocks, y, R, start=f0)
    np.testing.assert_allclose(fit.loss, other.fun, rtol=1e-5)
    assert fit.lower <= other.fun * (1 + 1e-9)
    assert -1e-14 <= fit.gap <= 1.01e-6 * fit.loss
    assert (fit.norms <= R * (1 + 1e-12)).all()


def test_the_dual_value_bounds_the_optimum_after_any_number_of_steps():
    blocks, y = [random_kernel(20, 30)], np.sign(rng.standard_normal(20))
    best = tm.tangent_fit(blocks, y, 3.0, tolerance=1e-9).loss
    for steps in (1, 3, 10, 30):
        early = tm.tangent_fit(blocks, y, 3.0, steps=steps)
        assert early.lower <= best * (1 + 1e-9) <= early.loss * (1 + 2e-9)


def test_a_larger_ball_is_no_worse_and_the_smallest_balls_do_not_move():
    net, params, X, y = network()
    blocks, f0 = tm.scaled_blocks(net, params, X), np.asarray(net(params, X))
    losses = [tm.tangent_fit(blocks, y, R, start=f0).loss for R in (1e-6, 0.5, 1.0, 2.0, 4.0)]
    np.testing.assert_allclose(losses[0], np.logaddexp(0, -y * f0).mean(), rtol=1e-5)
    assert np.all(np.diff(losses) < 0)


def test_the_comparator_is_the_model_as_weights_and_stays_in_the_ball():
    net, params, X, y = network()
    f0 = np.asarray(net(params, X))
    fit = tm.tangent_fit(tm.scaled_blocks(net, params, X), y, 2.0, start=f0)
    star = tm.comparator(net, params, X, fit)
    moves = [np.asarray(new) - np.asarray(old) for new, old in zip(star, params)]
    J = np.asarray(flat_jacobian(net, params, X))
    np.testing.assert_allclose(f0 + J @ np.concatenate([move.ravel() for move in moves]), fit.values, rtol=1e-8)
    np.testing.assert_allclose([32**0.5 * np.linalg.norm(move) for move in moves], fit.norms, rtol=1e-7)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tm.tangent_margin(np.eye(3), [1, -1]), r"y has shape \(2,\); expected \(3,\), labels -1 and 1"),
        (lambda: tm.tangent_margin(np.eye(2), [0, 1]), "labels -1 and 1; map by"),
        (lambda: tm.tangent_fit([np.eye(2)], [1, -1], 0.0), "radius=0.0; expected a finite number above 0"),
        (lambda: tm.tangent_fit([np.ones((2, 3))], [1, -1], 1.0), r"K has shape \(2, 3\); expected a square"),
        (lambda: tm.tangent_fit([np.eye(2)], [1, -1], 1.0, steps=0), "steps=0; expected an integer"),
    ],
)
def test_bad_arguments_are_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_margin_of_a_pair_is_at_most_half_its_distance_with_equality_for_equal_norms():
    rng = np.random.default_rng(5)
    for _ in range(20):
        a, b = rng.standard_normal((2, 3))
        for first, second, equal in ((a, b, False), (a, b * np.linalg.norm(a) / np.linalg.norm(b), True)):
            points = np.stack([first, second])
            half = np.linalg.norm(first - second) / 2
            found = tm.tangent_margin(points @ points.T, [1, -1]).value
            assert found <= half * (1 + 1e-9)
            assert found == pytest.approx(half, rel=1e-9) or not equal
    assert tm.tangent_margin(np.zeros((2, 2)), [1, -1]).value == 0.0
