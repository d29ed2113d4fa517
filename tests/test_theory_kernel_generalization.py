"""Laws of the chapter on generalization: kernels and balls by second routes, transport, Lipschitz constants, tasks."""

from itertools import permutations

import jax.numpy as jnp
import numpy as np
import pytest

from ntklib import MLP, activation, empirical_ntk, infinite_kernels
from ntklib.theory.wide_networks.kernel_generalization import errors, transport
from ntklib.theory.wide_networks.kernel_generalization import statements as norms
from ntklib.theory.wide_networks.kernel_generalization.setting import sphere_labels
from ntklib.theory.wide_networks.shallow import shallow_outputs, shallow_weights

needs_x64 = pytest.mark.skipif(jnp.result_type(float) != jnp.float64, reason="needs 64-bit precision")


@needs_x64
def test_the_gram_matrix_is_that_of_the_general_tangent_kernel():
    W, a = shallow_weights(4, 9, 0)
    X, X2 = np.random.default_rng(1).standard_normal((2, 5, 4))
    net, params = MLP((4, 9, 1), "relu", "ntk"), (jnp.asarray(W), jnp.asarray(a)[:, None])
    np.testing.assert_allclose(norms.tangent_gram(W, a, X, X2), empirical_ntk(net, params, X, X2), atol=1e-12)


def test_the_ball_has_a_maximizer_of_norm_b_and_no_member_does_better():
    rng = np.random.default_rng(2)
    root, signs, radius = rng.standard_normal((6, 9)), rng.choice([-1.0, 1.0], 6), 3.0
    K = root @ root.T
    wanted = radius / 6 * np.sqrt(signs @ K @ signs)
    alpha = radius * signs / np.sqrt(signs @ K @ signs)
    assert abs(np.sqrt(alpha @ K @ alpha) - radius) < 1e-12
    assert abs(signs @ K @ alpha / 6 - wanted) < 1e-12
    features = rng.standard_normal((1000, 9))
    features *= radius / np.linalg.norm(features, axis=1, keepdims=True)
    assert (features @ root.T @ signs / 6).max() <= wanted


def test_the_average_over_all_signs_is_what_monte_carlo_estimates():
    root = np.random.default_rng(3).standard_normal((8, 3))
    K = root @ root.T
    all_signs = np.array(np.meshgrid(*[[-1.0, 1.0]] * 8)).reshape(8, -1)
    exact = np.sqrt((all_signs * (K @ all_signs)).sum(axis=0)).mean() * 2.0 / 8
    assert abs(norms.rademacher_average(K, 2.0, draws=20_000) / exact - 1) < 0.02
    assert 0.5**0.5 * norms.rademacher_ceiling(K, 2.0) <= exact <= norms.rademacher_ceiling(K, 2.0)


def test_coefficients_of_a_singular_kernel_are_the_least_squares_ones():
    J = np.random.default_rng(4).standard_normal((9, 5))
    y = np.random.default_rng(5).standard_normal(9)
    theta = np.linalg.lstsq(J, y, rcond=None)[0]
    np.testing.assert_allclose(J.T @ norms.kernel_dual(J @ J.T, y), theta, atol=1e-10)


def test_the_bound_covers_its_norm_by_at_most_a_factor_of_two_and_scales_with_the_kernel():
    K, y = np.diag([1.0, 2.0, 3.0]), np.ones(3)
    for scale in (1e-4, 1.0, 0.01):
        bound, norm = norms.norm_risk_bound(scale * K, y), np.sqrt(y @ np.linalg.solve(scale * K, y))
        assert norm <= bound.radius <= max(1.0, 2 * norm)
        assert abs(bound.value - bound.complexity - bound.confidence) < 1e-12
        assert abs(norms.norm_complexity(scale * K, y) / norms.norm_complexity(K, y) - 1) < 1e-12
    shares = [1 / ((j + 1) * (j + 2)) for j in range(10_000)]
    assert abs(sum(shares) - 1) < 1e-3


def test_a_target_of_the_space_bounds_the_norm_of_its_interpolant():
    task = sphere_labels("linear", 80, 1)
    K = errors.limit_kernels(task)[0]
    assert np.linalg.eigvalsh(K - task.X @ task.X.T)[0] > -1e-5
    assert task.y @ norms.kernel_dual(K, task.y) <= 10.0 * (1 + 1e-4)


def test_every_labelling_keeps_the_spectral_floor_and_random_ones_the_floor_two():
    task = errors.sign_task("digits", 40, 0, tests=1)
    K = errors.finite_kernels(task, 64)[0]
    floor = 2 * np.sqrt(np.trace(K) / (40 * np.linalg.eigvalsh(K)[-1]))
    squares = [norms.norm_complexity(K, task.shuffled(seed).y) ** 2 for seed in range(200)]
    assert min(squares) >= floor**2
    expected = 4 / 40**2 * np.trace(K) * np.trace(np.linalg.inv(K))
    assert expected >= 4
    assert abs(np.mean(squares) / expected - 1) < 0.1


def test_the_first_layer_kernel_is_a_product_with_the_dual_derivative():
    task = errors.sign_task("sphere", 12, 0, tests=1)
    cosines = np.clip(task.X @ task.X.T, -1, 1)
    H = cosines * np.asarray(activation("relu").dual_derivative(1.0, cosines, 1.0), float)
    wanted = np.sqrt(2 * task.y @ np.linalg.solve(H, task.y) / 12)
    assert abs(norms.fine_grained_complexity(task.X, task.y) / wanted - 1) < 1e-4


def test_transport_is_the_least_over_permutations_and_dual_to_lipschitz_functions():
    rng = np.random.default_rng(6)
    X, X2, y, y2 = rng.standard_normal((5, 3)), rng.standard_normal((5, 3)), np.ones(5), np.array([1, 1, -1, 1, -1.0])
    cost = np.linalg.norm(X[:, None] - X2[None], axis=2) + 0.3 * (y[:, None] != y2)
    least = min(cost[np.arange(5), list(p)].mean() for p in permutations(range(5)))
    assert abs(transport.sample_wasserstein(X, X2, y, y2, label_cost=0.3) - least) < 1e-12
    plain = transport.sample_wasserstein(X, X2)
    for v in rng.standard_normal((50, 3)):
        v /= np.linalg.norm(v)
        assert abs((X @ v).mean() - (X2 @ v).mean()) <= plain + 1e-12
    shift = np.array([1.0, 2.0, 2.0])
    assert abs(transport.sample_wasserstein(X, X + shift) - 3) < 1e-12


def test_lipschitz_constants_contain_each_other():
    W, a = shallow_weights(4, 30, 7)
    rng = np.random.default_rng(8)
    X, X2 = rng.standard_normal((2, 200, 4))
    out, out2 = (shallow_outputs(W, a, Z, activation="relu", c=2.0) for Z in (X, X2))
    quotient = (np.abs(out - out2) / np.linalg.norm(X - X2, axis=1)).max()
    whole = transport.product_lipschitz(W, a)
    assert quotient <= whole
    assert transport.sampled_slope(W, a, X) <= whole
    for seed in range(20):
        V, b = shallow_weights(4, 30, seed)
        size = 2.0 / np.sqrt(np.sum(V**2) + np.sum(b**2))
        assert transport.product_lipschitz(W + size * V, a + size * b) <= transport.product_lipschitz_ball(W, a, 2.0)


def test_samples_are_nested_and_never_meet_the_test_points():
    for name in ("digits", "sphere"):
        small, large = errors.sign_task(name, 20, 3), errors.sign_task(name, 50, 3)
        assert np.array_equal(small.X, large.X[:20])
        assert np.array_equal(small.test_X, large.test_X)
        assert (large.X @ large.test_X.T).max() < 1 - 1e-6


@needs_x64
def test_wide_limits_approach_that_of_infinite_width():
    task = errors.sign_task("sphere", 30, 0, tests=50)
    exact = np.concatenate(infinite_kernels(task.X, depth=2)[1])
    assert abs(np.mean(np.diag(exact.reshape(30, 30))) - 2) < 1e-10
    rows = errors.error_grid("sphere", (100, 3000), (30,), (0,), tests=50)
    assert rows[2]["gap"] < rows[1]["gap"] / 5


@needs_x64
def test_shipped_cells_are_reproduced():
    table = errors.shipped_errors()
    fresh = errors.error_grid("digits", (64,), (1024,), (4,))[1]
    row = table[(table["task"] == "digits") & (table["m"] == 64) & (table["N"] == 1024) & (table["seed"] == 4)]
    np.testing.assert_allclose([fresh["wrong"], fresh["square"]], [*row["wrong"], *row["square"]], rtol=2e-3)
    assert len(table) == 2 * 5 * 5 * 9


def test_messages():
    with pytest.raises(ValueError, match=r"norm_risk_bound: delta=1\.0; expected a probability strictly between"):
        norms.norm_risk_bound(np.eye(2), np.ones(2), 1.0)
    with pytest.raises(ValueError, match=r"sign_task: name='cube'; expected 'digits' or 'sphere'"):
        errors.sign_task("cube", 3)
    with pytest.raises(ValueError, match=r"sign_task: N=1500 and tests=750; expected at most 1797 points"):
        errors.sign_task("digits", 1500)
    with pytest.raises(
        ValueError, match=r"sample_wasserstein: X has shape \(2, 3\) and X2 \(4, 3\); expected the same"
    ):
        transport.sample_wasserstein(np.ones((2, 3)), np.ones((4, 3)))


def test_the_main_terms_of_many_labels_are_those_of_each():
    rng = np.random.default_rng(4)
    J, labels = rng.standard_normal((6, 15)), rng.standard_normal((6, 3))
    K = J @ J.T
    wanted = [norms.norm_complexity(K, y) for y in labels.T]
    assert np.abs(norms.norm_complexities(K, labels) / wanted - 1).max() < 1e-12
    squares = 4 * np.einsum("id,ij,jd->d", labels, np.linalg.inv(K), labels) * np.trace(K) / 36
    assert np.abs(norms.norm_complexities(K, labels) ** 2 / squares - 1).max() < 1e-10


@pytest.mark.parametrize("cosine", [0.3, -0.7])
def test_half_of_the_labels_of_two_samples_have_a_main_term_below_two(cosine):
    K, labels = 3.0 * np.array([[1.0, cosine], [cosine, 1.0]]), np.array([[1.0, 1.0], [1.0, -1.0]])
    terms = norms.norm_complexities(K, labels)
    np.testing.assert_allclose(terms, [2 / np.sqrt(1 + cosine), 2 / np.sqrt(1 - cosine)], rtol=1e-12)
    assert terms.min() < 2 < np.sqrt(np.mean(terms**2))
