"""The chapter `recursion`: sampled kernels, exact moments and small-angle series by second routes; its claims."""

import itertools
import math

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

from ntklib import MLP, angular_profile, claims, empirical_ntk
from ntklib.theory.infinite_width.recursion.claims import _given_first_layer, pair_gaps
from ntklib.theory.infinite_width.recursion.statements import (
    batched_ntk,
    deep_second_moment,
    diagonal_second_moment,
    gap_series,
    mean_bias,
    sampled_kernels,
)


def test_small_angle_claim_holds_at_every_depth_it_names():
    assert all(claims.check("recursion-small-angle", depth=depth).holds for depth in (2, 5, 8))


def test_rate_does_not_hold_against_the_limit_of_another_weight_variance():
    assert not claims.check("recursion-monte-carlo-rate", weight_variance=1.8).holds


def test_mean_is_not_the_limit_with_two_hidden_layers():
    assert not claims.check("recursion-unbiased", depth=3, seeds=150_000, N=3).holds


@pytest.mark.parametrize("widths", [(5, 7, 1), (3, 4, 6, 5, 1), (2, 1)])
def test_batched_kernels_are_the_empirical_kernels_of_each_network(widths):
    net, X = MLP(widths), np.random.default_rng(0).standard_normal((6, widths[0]))
    draws = [net.init(jax.random.key(seed)) for seed in range(3)]
    together = batched_ntk([np.stack(layer) for layer in zip(*draws)], X)
    for params, kernel in zip(draws, together):
        np.testing.assert_allclose(kernel, empirical_ntk(net, params, X), rtol=1e-12, atol=1e-12)


def test_sampled_kernels_depend_on_the_key_only_and_are_independent():
    X = np.eye(3)
    first, again, other = (sampled_kernels(X, 3, 10, 4, key=key) for key in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert len(np.unique(np.concatenate([first, other])[:, 0, 1])) == 8


def masked_second_moment(widths):
    """E T_k T_l of all terms by summing over every mask of a tiny network, the Gaussian part by exact traces."""
    depth = len(widths) + 1

    def one_pair(k, l):
        inner, outer = widths[k - 1 : l - 1], widths[: k - 1] + widths[l - 1 :]
        factor = np.prod([sum(_growth(mask, n) for mask in _masks(n)) / 2**n for n in outer])
        return factor * _between(inner)

    return sum(one_pair(min(k, l), max(k, l)) for k in range(1, depth + 1) for l in range(1, depth + 1)) / depth**2


def _masks(n):
    return itertools.product((0, 1), repeat=n)


def _growth(mask, n):
    """E (2/n Σ D z²)² for one mask with m active neurons: (4/n²)(m² + 2m)."""
    m = sum(mask)
    return 4 / n**2 * (m**2 + 2 * m)


def _between(inner):
    """E (tr S)² through the identity E|Az|²|Aᵀy|² = E (tr AAᵀ)², for at most two layers, mask by mask."""
    if not inner:
        return 1.0
    counts = [[sum(mask) for mask in _masks(n)] for n in inner]
    if len(inner) == 1:
        return np.mean([(2 / inner[0] * m) ** 2 for m in counts[0]])
    scale = (4 / (inner[0] * inner[1])) ** 2  # tr AAᵀ = sum of m m' squared normals
    return scale * np.mean([(m * k) ** 2 + 2 * m * k for m in counts[0] for k in counts[1]])


@pytest.mark.parametrize("widths", [(4,), (1,), (3, 5), (6, 2), (2, 2)])
def test_second_moment_is_the_sum_over_all_masks(widths):
    exact = masked_second_moment(widths)
    assert diagonal_second_moment(len(widths) + 1, widths) == pytest.approx(exact, rel=1e-13)


def test_second_moment_at_first_order_in_one_over_width():
    n = 10**6
    for depth in (1, 2, 3, 7, 20):
        first_order = 5 * (depth - 1) - 4 * (depth**2 - 1) / (3 * depth)
        assert n * (diagonal_second_moment(depth, n) - 1) == pytest.approx(first_order, rel=1e-3, abs=1e-6)


def test_second_moment_reads_the_same_from_both_ends():
    assert diagonal_second_moment(5, (3, 9, 4, 30)) == pytest.approx(
        diagonal_second_moment(5, (30, 4, 9, 3)), rel=1e-13
    )


@pytest.mark.parametrize("ratio", [1e-3, 0.1, 1.0, 3.0])
def test_deep_limit_lies_between_a_third_of_the_exponential_and_all_of_it(ratio):
    exponential = np.exp(5 * ratio)
    assert exponential / 3 < deep_second_moment(ratio) < exponential
    width = 512
    finite = diagonal_second_moment(round(ratio * width) + 1, width)
    assert finite == pytest.approx(deep_second_moment(ratio), rel=25 * (1 + ratio) / width)


def reference_gap(theta, depth):
    """The gap in 60 digits, from the recursion itself."""
    with mpmath.workdps(60):
        theta, gap = mpmath.mpf(float(theta)), 1 - mpmath.cos(mpmath.mpf(float(theta)))
        for layer in range(1, depth):
            cosine = mpmath.cos(theta) + (mpmath.sin(theta) - theta * mpmath.cos(theta)) / mpmath.pi
            gap = gap * (1 - theta / mpmath.pi) + layer * theta / mpmath.pi + 1 - cosine
            theta = mpmath.acos(cosine)
        return gap


@pytest.mark.parametrize("depth", [1, 2, 3, 5, 8])
def test_gap_series_against_sixty_digits(depth):
    series = gap_series(depth)
    for theta in (1e-7, 1e-4, 1e-2, 0.1):
        reference = float(reference_gap(theta, depth))
        assert np.polynomial.polynomial.polyval(theta, series) == pytest.approx(reference, rel=1e-13, abs=0)
        assert float(angular_profile(theta, depth=depth).K_gap) == pytest.approx(reference, rel=1e-13, abs=0)


@pytest.mark.parametrize("depth", [1, 2, 3, 10, 40])
def test_first_two_coefficients_are_those_derived_in_the_chapter(depth):
    first = depth * (depth - 1) / (2 * np.pi)
    second = depth / 2 - 5 * depth * (depth - 1) * (depth - 2) / (18 * np.pi**2)
    np.testing.assert_allclose(gap_series(depth, 2), [0, first, second], rtol=1e-13)


def test_cosine_route_loses_the_gap_and_ours_does_not():
    t = np.logspace(-7, -6, 30)
    reference = np.array([float(reference_gap(np.arctan(s), 3)) for s in t])
    assert np.abs(pair_gaps(t, 3) / reference - 1).max() < 1e-13
    assert np.abs(pair_gaps(t, 3, "cosine") / reference - 1).max() > 1e-3


def quadrant_moment(theta, i, j):
    """E[u^i v^j; u, v > 0] of standard normal u, v at angle theta, in polar coordinates by Gauss's quadrature."""
    nodes, weights = np.polynomial.legendre.leggauss(60)
    phi = theta / 2 + (np.pi - theta) / 2 * nodes
    radial = 2 ** ((i + j) / 2) * math.gamma((i + j) / 2 + 1)  # E R^(i+j)
    return radial * (np.pi - theta) / 2 * weights @ (np.cos(phi) ** i * np.cos(phi - theta) ** j) / (2 * np.pi)


def conditional_mean(a, theta):
    """The mean kernel given averages over the first layer, without the term that is due to the second layer's signs."""
    scale = jnp.sqrt(a[0] * a[1])
    omega = jnp.arccos(a[2] / scale)
    G = scale * (jnp.sin(omega) + (jnp.pi - omega) * jnp.cos(omega)) / jnp.pi
    return G + (1 - omega / jnp.pi) * (a[2] + a[3] * jnp.cos(theta))


@pytest.mark.parametrize("theta", [0.1, 0.8, np.pi / 2, 2.0, 3.1])
def test_mean_bias_against_quadrature_and_automatic_second_derivatives(theta):
    powers = [(2, 0), (0, 2), (1, 1), (0, 0)]
    mean = np.array([1, 1, 2 * quadrant_moment(theta, 1, 1), 2 * quadrant_moment(theta, 0, 0)])
    C = np.array([[4 * quadrant_moment(theta, a + c, b + d) for c, d in powers] for a, b in powers])
    C[0, 0] = C[1, 1] = 6.0  # 4 E[u^4; u > 0], wherever v is
    hessian = np.asarray(jax.hessian(conditional_mean)(mean, theta))
    curvature = np.sum(hessian * (C - np.outer(mean, mean))) / 2
    assert mean_bias(theta, tangle=False) == pytest.approx(float(curvature), rel=1e-9)
    alone = 1 - 2 * quadrant_moment(theta, 2, 0)
    tangle = 4 * np.cos(theta) * mean[2] * alone / (np.pi * np.sqrt(1 - mean[2] ** 2))
    assert mean_bias(theta) - mean_bias(theta, tangle=False) == pytest.approx(tangle, rel=1e-9, abs=1e-14)


def test_mean_bias_vanishes_with_the_angle_and_is_elementary_for_antipodes():
    assert 0 < mean_bias(1e-3) < 1e-3
    assert mean_bias(np.pi) == pytest.approx(-1.5 / np.pi, rel=1e-12)


@pytest.mark.parametrize("n2", [1, 5])
def test_mean_given_the_first_layer_is_that_of_raw_networks_whatever_the_second_width(n2):
    theta, n1 = 1.0, 2
    X = np.array([[1.0, 0.0], [np.cos(theta), np.sin(theta)]])
    raw = sampled_kernels(X, 3, (n1, n2), 400_000, key=3)[:, 0, 1]
    values, _ = _given_first_layer(theta, n1, 200_000, np.random.default_rng(0))
    error = np.hypot(raw.std() / raw.size**0.5, np.nanstd(values) / values.size**0.5)
    assert abs(raw.mean() - values.mean()) < 4 * error


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sampled_kernels(np.eye(2), 3, (4,), 1), r"sampled_kernels: 1 widths with depth=3; expected 2"),
        (lambda: sampled_kernels(np.eye(2), 3, 0, 1), r"width\[0\]=0; expected an integer >= 1"),
        (lambda: batched_ntk([np.ones((1, 3, 1))], np.eye(2)), r"batched_ntk: X has 2 columns; expected 3"),
        (lambda: diagonal_second_moment(0, 4), r"depth=0; expected an integer >= 1"),
        (lambda: deep_second_moment(0.0), r"deep_second_moment: ratio=0.0; expected depth over width above 0"),
        (lambda: gap_series(3, 21), r"gap_series: order=21; expected at most 20"),
        (lambda: pair_gaps(0.1, 3, "best"), r"pair_gaps: route='best'; expected one of"),
        (lambda: mean_bias(0.0), r"mean_bias: theta=0.0; expected an angle in \(0, π\]"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
