"""Laws of the separability chapter: limits by a second route, exact directions, bounds, messages."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ntklib
from ntklib.theory.polylog_width.separability import statements as limits
from ntklib.theory.polylog_width.separability import widths as finite
from ntklib.theory.polylog_width.separability.setting import (
    circle,
    sphere,
    tanh_distance,
)
from ntklib.theory.polylog_width.tangent_models import scaled_blocks, tangent_margin

needs_x64 = pytest.mark.skipif(jnp.result_type(float) != jnp.float64, reason="needs 64-bit precision")


@needs_x64
@pytest.mark.parametrize("depth", [2, 3, 5])
def test_the_limit_is_half_the_sum_of_the_two_kernels_of_the_library(depth):
    X = sphere(9, 4)
    G, K = (np.asarray(A) for A in ntklib.infinite_kernels(X, depth=depth))
    rho = np.clip(X @ X.T, -1, 1)
    np.testing.assert_allclose(limits.dot_kernel(rho, depth), (K + G) / 2, atol=1e-6)
    np.testing.assert_allclose(limits.dot_kernel(rho, depth, "hidden"), (K - G) / 2, atol=1e-6)


@needs_x64
def test_a_wide_network_of_the_library_has_the_kernel_of_the_limit():
    X = sphere(5, 4)
    net = ntklib.MLP((4, 2048, 2048, 1), "relu", "chen")
    blocks = scaled_blocks(net, net.init(jax.random.key(0)), X)
    np.testing.assert_allclose(sum(blocks), limits.dot_kernel(X @ X.T, 3), atol=0.15)
    np.testing.assert_allclose(sum(blocks[:-1]), limits.dot_kernel(X @ X.T, 3, "hidden"), atol=0.12)


@needs_x64
def test_shallow_kernels_are_the_blocks_of_the_network_with_those_weights():
    X, m, seed = sphere(6, 3), 40, 5
    K1, K2, v = finite.shallow_kernels(X, m, seed)
    W = np.random.default_rng([seed, 19]).normal(0.0, np.sqrt(2 / m), (3, m))
    net = ntklib.MLP((3, m, 1), "relu", "chen")
    blocks = scaled_blocks(net, (jnp.asarray(W), jnp.asarray(v[:, None])), X)
    np.testing.assert_allclose(K1, blocks[0], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(K2, blocks[1], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(("d", "order"), [(4, 1), (4, 2), (6, 2), (5, 3), (5, 4), (5, 5)])
def test_the_parity_margin_is_the_solution_of_the_quadratic_program(d, order):
    X, y = limits.parity_cube(d, order)
    for depth in (2, 3):
        solved = tangent_margin(limits.dot_kernel(X @ X.T, depth), y)
        np.testing.assert_allclose(limits.parity_margin(d, depth, order=order), solved.value, atol=1e-6)
        pulls = y * (limits.dot_kernel(X @ X.T, depth) @ y) / len(y)  # the uniform weights have no better vertex
        np.testing.assert_allclose(pulls, pulls[0], atol=1e-7)


@pytest.mark.parametrize("layers", limits.LAYERS)
@pytest.mark.parametrize("depth", [2, 3, 6])
def test_the_xor_constant_is_the_limit_of_the_margin_times_the_dimension(depth, layers):
    errors = [d * limits.parity_margin(d, depth, layers) / limits.xor_constant(depth, layers) - 1 for d in (500, 1000)]
    assert abs(errors[0]) < 5e-3
    np.testing.assert_allclose(errors[1] / errors[0], 0.5, rtol=0.1)


@pytest.mark.parametrize("d", [2, 3, 7])
def test_the_direction_that_swaps_signs_has_the_margin_stated_at_every_vertex(d):
    z = np.random.default_rng(d).standard_normal((200_000, d))
    X, y = limits.parity_cube(d)
    u = np.stack([np.sign(z[:, 1]), np.sign(z[:, 0])], axis=1) / np.sqrt(2)
    for x, label in list(zip(X, y))[:4]:
        values = label * (z @ x > 0) * (u @ x[:2])
        assert abs(values.mean() - finite.xor_nt_margin(d)) < 5 * values.std() / np.sqrt(len(z))
        assert np.abs(values).max() <= np.sqrt(2 / d) * (1 + 1e-12)


@pytest.mark.parametrize("d", [2, 3, 10, 100])
def test_the_three_xor_margins_are_in_order(d):
    exact = limits.parity_margin(d, 2, "hidden")
    assert np.sqrt(2) / (np.pi * d) <= finite.xor_nt_margin(d) <= exact <= limits.parity_margin(d)
    assert exact >= 1 / (np.sqrt(np.pi) * d)


def test_the_margin_of_two_points_is_half_their_feature_distance():
    for theta in (0.01, 0.5, 3.0):
        for depth in (2, 4):
            K = limits.dot_kernel(np.cos(theta) ** (1 - np.eye(2)), depth)
            np.testing.assert_allclose(
                tangent_margin(K, [1, -1]).value, np.sqrt(limits.pair_distance(theta, depth)) / 2, rtol=1e-6
            )


@pytest.mark.parametrize("depth", [2, 3, 5])
def test_the_pair_distance_grows_linearly_in_the_angle_with_the_stated_slope(depth):
    slope = depth * (depth - 1) / (2 * np.pi)
    errors = [limits.pair_distance(t, depth) / (slope * t) - 1 for t in (1e-3, 1e-4)]
    assert abs(errors[1]) < 1e-3
    np.testing.assert_allclose(errors[0] / errors[1], 10, rtol=0.1)


def test_the_closed_form_of_the_pair_distance():
    t = np.linspace(0.01, np.pi, 20)
    np.testing.assert_allclose(
        limits.pair_distance(t), 3 - (2 * np.sin(t) + 3 * (np.pi - t) * np.cos(t)) / np.pi, atol=1e-13
    )


@needs_x64
def test_the_distance_of_tanh_features_is_that_of_the_limiting_kernel_of_the_library():
    K = np.asarray(ntklib.infinite_kernels(circle(0.7), depth=2, activation="tanh", weight_variance=1.0)[1])
    np.testing.assert_allclose(tanh_distance(0.7), K[0, 0] + K[1, 1] - 2 * K[0, 1], rtol=1e-5)


def test_where_no_neuron_changes_its_sign_the_first_layer_sees_the_inputs_only():
    theta, m = 1e-7, 20
    K1, _, v = finite.shallow_kernels(circle(theta), m)
    D2 = K1[0, 0] + K1[1, 1] - 2 * K1[0, 1]
    active = K1[0, 0]
    np.testing.assert_allclose(D2, active * theta**2, atol=1e-15)
    assert 0 < active < np.sum(v**2)


@pytest.mark.parametrize("spread", [1, 3])
def test_the_sufficient_width_is_the_one_at_which_the_floor_keeps_the_share(spread):
    m = finite.sufficient_width(0.2, 50, 0.05, share=0.3, reach=0.4, spread=spread)
    effective = round(m / spread)
    kept = finite.margin_floor(0.2, np.full(effective, effective**-0.5), 50, 0.05, reach=0.4)
    np.testing.assert_allclose(kept, 0.3 * 0.2, rtol=0.01)


def test_the_separation_radius_has_the_recalled_exponents():
    base = finite.separation_radius(10, 0.1, 0.1, 0.1)
    np.testing.assert_allclose(finite.separation_radius(10, 0.025, 0.1, 0.1), 2 * base)
    np.testing.assert_allclose(finite.separation_radius(20, 0.1, 0.1, 0.2), 8**0.5 * base)
    np.testing.assert_allclose(finite.separation_radius(10, 0.1, 0.1, 0.1, constant=3.0), 3 * base)


def test_messages_say_what_was_expected():
    with pytest.raises(ValueError, match=r"dot_kernel: depth=1, layers='all'; expected depth >= 2 and one of"):
        limits.dot_kernel(0.5, 1)
    with pytest.raises(ValueError, match=r"xor_constant: depth=2, layers='last'"):
        limits.xor_constant(2, "last")
    with pytest.raises(ValueError, match=r"parity_cube: d=20, order=2; expected 1 <= order <= d <= 16"):
        limits.parity_cube(20)
    with pytest.raises(ValueError, match=r"parity_margin: order=4; expected 1 <= order <= d=3"):
        limits.parity_margin(3, order=4)
    with pytest.raises(ValueError, match=r"sufficient_width: share=1; expected 0 <= share < 1"):
        finite.sufficient_width(0.1, 10, 0.1, share=1)
