"""Laws of what the chapters on wide networks share: kernels per sample, tangent models, runs side by side."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ntklib import MLP, gradient_descent
from ntklib.kernels import flat_jacobian
from ntklib.theory.wide_networks import setting as shared

NET = MLP((3, 7, 5, 1), "tanh", "ntk", weight_variance=1.0)


@pytest.fixture
def task():
    return shared.sphere_task(6, 3, seed=2)


def test_points_lie_on_the_unit_sphere_and_labels_have_mean_square_one(task):
    X, y = task
    np.testing.assert_allclose(jnp.linalg.norm(X, axis=1), 1.0, rtol=1e-14)
    assert float(jnp.mean(y**2)) == pytest.approx(1.0, rel=1e-14)


def test_the_kernel_per_sample_is_that_of_the_jacobian(task):
    params = NET.init(jax.random.key(0))
    J = flat_jacobian(NET, params, task[0])
    np.testing.assert_allclose(shared.sample_kernel(NET, params, task[0]), J @ J.T / 6, rtol=1e-12, atol=1e-14)


def test_gradient_flow_of_the_mean_loss_moves_outputs_by_the_kernel_per_sample(task):
    X, y = task
    params = NET.init(jax.random.key(0))
    gradient = jax.grad(lambda p: shared.mean_squared_loss(NET(p, X), y))(params)
    _, moved = jax.jvp(lambda p: NET(p, X), (params,), (gradient,))
    expected = shared.sample_kernel(NET, params, X) @ (NET(params, X) - y)
    np.testing.assert_allclose(moved, expected, rtol=1e-11, atol=1e-13)


def test_the_linearized_network_is_the_first_order_expansion(task):
    X, _ = task
    start = NET.init(jax.random.key(1))
    step = jax.tree.map(lambda W: 0.3 * jnp.ones_like(W), start)
    moved = jax.tree.map(jnp.add, start, step)
    flat = jnp.concatenate([s.ravel() for s in step])
    expected = NET(start, X) + flat_jacobian(NET, start, X) @ flat
    np.testing.assert_allclose(shared.LinearizedNetwork(NET)((start, moved), X), expected, rtol=1e-12)


def test_training_the_linearized_network_leaves_its_start_alone(task):
    model = shared.LinearizedNetwork(NET)
    run = gradient_descent(model, model.init(jax.random.key(0)), *task, step_size=0.1, steps=5)
    assert all(bool((a == b).all()) for a, b in zip(run.params[0], NET.init(jax.random.key(0))))
    assert float(run.distance[-1]) > 0


def test_runs_side_by_side_are_the_runs_alone(task):
    X, y = task
    sizes = jnp.array([0.1, 0.3])
    together = shared.train(NET, shared.starts(NET, (4, 9)), X, y, sizes, steps=20, record_every=5)
    for k, seed in enumerate((4, 9)):
        start = NET.init(jax.random.key(seed))
        alone = gradient_descent(
            NET, start, X, y, loss=shared.mean_squared_loss, step_size=float(sizes[k]), steps=20, record_every=5
        )
        np.testing.assert_allclose(together.loss[k], alone.loss, rtol=1e-10)


def test_a_run_that_blows_up_is_recorded_beside_one_that_does_not(task):
    run = shared.train(NET, shared.starts(NET, (0, 0)), *task, jnp.array([0.1, 1e6]), steps=50)
    assert run.diverged.tolist() == [False, True]
