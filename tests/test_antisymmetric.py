"""Laws of the difference of two copies of a network."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ntklib
from ntklib.kernels import flat_jacobian

net = ntklib.MLP((4, 7, 6, 1), "tanh", "bombari")
X = np.random.default_rng(0).standard_normal((5, 4))


@pytest.mark.both_precisions
def test_the_output_is_zero_at_initialization():
    twin = ntklib.AntisymmetricNetwork(net, scale=1e3)
    assert not np.any(twin(twin.init(jax.random.key(0)), X))


def test_the_kernel_is_the_square_of_the_scale_times_that_of_one_copy_then_the_mean_of_both():
    twin = ntklib.AntisymmetricNetwork(net, scale=3.0)
    params = twin.init(jax.random.key(1))
    np.testing.assert_allclose(twin.tangent_kernel(params, X), 9 * ntklib.empirical_ntk(net, params[0], X), rtol=1e-12)
    moved = params[0], net.init(jax.random.key(2))
    J = np.asarray(flat_jacobian(twin, moved, X))
    np.testing.assert_allclose(twin.tangent_kernel(moved, X), J @ J.T, rtol=1e-10)


def test_exchanging_the_copies_changes_the_sign_and_the_scale_is_a_factor():
    left, right = net.init(jax.random.key(1)), net.init(jax.random.key(2))
    one, ten = (ntklib.AntisymmetricNetwork(net, scale) for scale in (1.0, 10.0))
    np.testing.assert_allclose(one((left, right), X), -one((right, left), X), rtol=1e-12)
    np.testing.assert_allclose(ten((left, right), X), 10 * one((left, right), X), rtol=1e-12)
    np.testing.assert_allclose(one((left, right), X), (net(left, X) - net(right, X)) / np.sqrt(2), rtol=1e-12)


def test_equal_settings_are_equal_networks_and_share_what_is_compiled():
    assert ntklib.AntisymmetricNetwork(net, 2) == ntklib.AntisymmetricNetwork(net, 2.0)
    assert hash(ntklib.AntisymmetricNetwork(net, 2)) == hash(ntklib.AntisymmetricNetwork(net, 2.0))
    assert ntklib.AntisymmetricNetwork(net, 2) != ntklib.AntisymmetricNetwork(net, 3)


def test_training_scales_as_the_laziness_of_a_large_output_says():
    y = jnp.array([1.0, -1.0, 1.0, 1.0, -1.0])
    distances = []
    for scale in (10.0, 100.0):
        twin = ntklib.AntisymmetricNetwork(net, scale)
        params = twin.init(jax.random.key(0))
        eta = 1.0 / np.linalg.eigvalsh(twin.tangent_kernel(params, X))[-1]
        run = ntklib.gradient_descent(twin, params, X, y, step_size=eta, steps=300, record_every=300)
        distances.append(float(run.distance[-1]))
    np.testing.assert_allclose(distances[0] / distances[1], 10, rtol=0.05)


@pytest.mark.parametrize("scale", [0.0, -1.0, np.nan, np.inf])
def test_a_scale_that_is_not_positive_is_refused(scale):
    with pytest.raises(ValueError, match=r"AntisymmetricNetwork: scale=.*; expected a finite number above 0"):
        ntklib.AntisymmetricNetwork(net, scale)
