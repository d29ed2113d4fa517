"""Laws of the other side: targets, the dimension count, the limits of the output scale."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ntklib
from ntklib.theory.wide_networks.other_side import statements as theory
from ntklib.theory.wide_networks.other_side.setting import all_parities


@pytest.mark.parametrize("target", theory.TARGETS)
def test_targets_have_mean_square_one_and_no_part_of_lower_degree(target):
    task = theory.cube_task(8, 40_000, 3, target=target, tests=1)
    X, y = np.asarray(task.X), np.asarray(task.y)
    error = 5 * np.sqrt(3.0 / len(y))  # standard errors of means of products
    assert np.mean(y**2) == pytest.approx(1.0, abs=3 * error)
    assert abs(y.mean()) < error
    assert np.abs(X.T @ y / len(y)).max() < error


def test_a_sparse_target_is_the_parity_of_two_inputs():
    task = theory.cube_task(5, 100, 1)
    np.testing.assert_array_equal(task.y_test, np.sign(task.X_test[:, 0] * task.X_test[:, 1]))


def test_an_unknown_target_is_refused():
    with pytest.raises(ValueError, match=r"target='thin'; expected one of \('sparse', 'dense'\)"):
        theory.cube_task(4, 3, target="thin")


def test_random_features_capture_their_share_of_all_functions_exactly():
    """All 2^d parities together are a basis: V captures dim V of 2^d."""
    d, N = 5, 7
    parities = np.concatenate([np.ones((2**d, 1)), *(all_parities(d, k)[1] for k in range(1, d + 1))], axis=1)
    features = np.random.default_rng(0).standard_normal((2**d, N))
    assert theory.captured_share(features, parities) == pytest.approx(N / 2**d, rel=1e-12)


def test_the_share_of_one_feature_is_its_squared_correlation():
    _, parities = all_parities(4, 2)
    feature = parities @ np.arange(1.0, 7.0) + 3.0
    expected = np.sum(np.arange(1.0, 7.0) ** 2) / np.mean(feature**2) / 6
    assert theory.captured_share(feature[:, None], parities) == pytest.approx(expected, rel=1e-12)


def test_targets_that_are_not_orthonormal_are_refused():
    with pytest.raises(ValueError, match="deviate from orthonormal by 3"):
        theory.captured_share(np.eye(4)[:, :1], np.eye(4) * 4)


def test_the_ceiling_counts_subsets():
    assert theory.subspace_error(10, 6, 3) == 0.5
    assert theory.subspace_error(100, 6, 3) == 0.0
    with pytest.raises(ValueError, match="order=7, d=6"):
        theory.subspace_error(10, 6, 7)


def test_interpolation_reproduces_a_target_of_the_kernels_own_space():
    task = theory.cube_task(4, 12, 0, tests=9)
    rng = np.random.default_rng(0)
    A = rng.standard_normal((21, 30))
    K, c = A @ A.T, np.concatenate([rng.standard_normal(12), np.zeros(9)])
    f = K @ c  # lies in the span of the training sections
    task = task._replace(y=jnp.asarray(f[:12]), y_test=jnp.asarray(f[12:]))
    assert theory.interpolation_error(K, task) < 1e-16 * np.linalg.cond(K[:12, :12]) ** 2 * np.mean(f**2)


def test_a_large_scale_trains_the_tangent_model():
    task = theory.cube_task(6, 10, 2, tests=50)
    run = theory.rich_run([task], 256, 1e4, steps=4000, seed=5)
    twin = ntklib.AntisymmetricNetwork(ntklib.MLP((6, 256, 1), "relu", "ntk"))
    K = twin.tangent_kernel(twin.init(jax.random.key(5)), jnp.concatenate([task.X, task.X_test]))
    assert run.loss[0] < 1e-10
    assert run.error[0] == pytest.approx(theory.interpolation_error(K, task), rel=1e-3)


def test_tasks_trained_together_end_as_alone():
    tasks = [theory.cube_task(4, 6, s, tests=20) for s in range(2)]
    together = theory.rich_run(tasks, 8, 0.5, steps=50)
    alone = [theory.rich_run([task], 8, 0.5, steps=50, seed=s).error[0] for s, task in enumerate(tasks)]
    np.testing.assert_allclose(together.error, alone, rtol=1e-8)


def test_one_target_may_be_captured_and_the_mean_still_obeys_the_count():
    """The ceiling is on average over targets, and says nothing from N = p on."""
    _, parities = all_parities(6, 2)
    rng = np.random.default_rng(1)
    features = np.column_stack([parities[:, 0], rng.standard_normal((64, 3))])
    assert theory.captured_share(features, parities[:, :1]) == pytest.approx(1.0)
    assert theory.captured_share(features, parities) <= 4 / 15
    assert theory.subspace_error(14, 6) > 0 == theory.subspace_error(15, 6) == theory.subspace_error(20, 6)
