"""Claims on the recursion: the limit, the rate at which finite networks reach it, and its small gaps."""

import jax
import jax.numpy as jnp
import numpy as np

from ntklib.activations import activation as as_activation
from ntklib.claims import approximates, claim, equal, mean_of_draws, power_law
from ntklib.datasets import gaussian, sphere
from ntklib.kernels import angular_profile, infinite_kernels, recursion
from ntklib.theory.infinite_width.recursion.setting import pair_gaps, relative_errors
from ntklib.theory.infinite_width.recursion.statements import (
    deep_second_moment,
    diagonal_second_moment,
    gap_series,
    mean_bias,
    sampled_kernels,
)


@claim(
    id="recursion-sum-formula",
    source="Book, chapter recursion; convention of Nguyen, Mondelli and Montúfar 2021",
    statement="K^(L) = Σ_l G^(l) ∘ Ġ^(l+1) ∘ … ∘ Ġ^(L).",
    status="proved here",
    assumptions="Any activation whose Gaussian integrals exist; any data.",
    does_not_say="Anything about a finite network.",
    verdict=equal(tolerance=1e-13, scale=1.0),
)
def sum_formula(*, depth=5, N=12, d=6, seed=0, first_slope=1):
    """Both sides for ReLU and erf; ``first_slope`` is how many layers above l the product of slopes begins."""
    X, X2 = jnp.split(gaussian(jax.random.key(seed), 2 * N, d) / d**0.5, 2)
    for name, c in (("relu", 2.0), ("erf", 1.5)):
        act = as_activation(name)
        K = recursion(X, X2, depth, act, c)[1]
        total = sum(_term(X, X2, act, c, l, depth, first_slope) for l in range(1, depth + 1))
        yield total / jnp.abs(K).max(), K / jnp.abs(K).max(), {"activation": name}


def _term(X, X2, act, c, l, depth, first_slope):
    """G^(l) times the slopes of the layers l + first_slope, …, L; each from the covariance below it."""
    term = recursion(X, X2, l, act, c)[0]
    for layer in range(l + first_slope, depth + 1):
        G, q, q2 = (recursion(A, B, layer - 1, act, c)[0] for A, B in ((X, X2), (X, X), (X2, X2)))
        term = term * c * act.dual_derivative(jnp.diagonal(q)[:, None], G, jnp.diagonal(q2)[None, :])
    return term


sum_formula.refuted_by("the product of slopes begins at layer l + 2", first_slope=2)


@claim(
    id="recursion-monte-carlo-rate",
    source="Book, chapter recursion; convergence itself: Jacot et al. 2018, Arora et al. 2019",
    statement="At fixed depth the relative Frobenius error of the empirical kernel at initialization is Θ(1/√width).",
    status="proof sketched",
    missing_step="the variance of entries off the diagonal, from above and from below",
    assumptions="ReLU, ntk parametrization, equal hidden widths, fixed depth and data.",
    does_not_say="Anything about depth growing with width, about training, or about the smallest eigenvalue.",
    verdict=power_law("width", ratio_band=(0.2, 5.0), tolerance=0.02),
)
def monte_carlo_rate(*, depth=3, N=20, d=8, seeds=12, seed=0, exponent=-0.5, weight_variance=2.0):
    """Error of sampled kernels against the limit over five octaves of width."""
    X = sphere(jax.random.key(seed), N, d)
    K = np.asarray(infinite_kernels(X, depth=depth, weight_variance=weight_variance)[1])
    for n in (32, 64, 128, 256, 512, 1024):
        yield relative_errors(sampled_kernels(X, depth, n, seeds, key=seed), K), None, {"width": n}


monte_carlo_rate.refuted_by("the error falls like width^{-2/3}", exponent=-2 / 3)


@claim(
    id="recursion-unbiased",
    source="Book, chapter recursion",
    statement="With one hidden layer the mean of the empirical kernel is K^(2), entry by entry, at every width.",
    status="proved here",
    assumptions="ReLU (the proof holds for any activation), ntk parametrization, any data.",
    does_not_say="That the mean is the limit for deeper networks: off the diagonal it is not.",
    verdict=mean_of_draws(),
)
def unbiased(*, depth=2, width=4, N=4, d=3, seeds=40_000, seed=0):
    """Mean of many kernels of tiny networks against the limit."""
    X = sphere(jax.random.key(seed), N, d)
    samples = sampled_kernels(X, depth, width, seeds, key=seed)
    K = np.asarray(infinite_kernels(X, depth=depth)[1])
    for i, j in zip(*np.triu_indices(N)):
        yield samples[:, i, j], K[i, j], {"i": int(i), "j": int(j)}


unbiased.refuted_by("the same with three hidden layers, off the diagonal", depth=4)


@claim(
    id="book-mean-bias",
    source="Book, chapter recursion",
    statement="With two hidden layers n₁(E K_12 − K^(3)_12) = χ(θ) + O(1/n₁) for unit vectors at angle θ, ReLU.",
    status="proved here",
    assumptions="ReLU, ntk parametrization, an angle in (0, π].",
    does_not_say="Anything about three or more hidden layers.",
    verdict=approximates(),
)
def mean_bias_constant(*, angles=(0.7, 1.0, 2.0, 3.0), width=64, draws=100_000, seed=0, tangle=True):
    """n₁ times the bias given the first layer, less its regression on averages of mean zero, against χ."""
    for theta in angles:
        K = float(angular_profile(theta, depth=3).K)
        values, averages = _given_first_layer(theta, width, draws, np.random.default_rng(seed))
        values, away = values - K, averages - _first_layer_mean(theta)
        rest = width * (values - away @ np.linalg.lstsq(away, values, rcond=None)[0])
        allowed = 0.4 / width + 4 * rest.std() / draws**0.5
        yield rest.mean(), (mean_bias(theta, tangle), allowed), {"θ": theta, "width": width}


def _first_layer_mean(theta):
    """Means of the four averages over the first layer: 2σ(u)², 2σ(v)², 2σ(u)σ(v), 2σ'(u)σ'(v)."""
    cosine = np.cos(theta) + (np.sin(theta) - theta * np.cos(theta)) / np.pi
    return np.array([1, 1, cosine, 1 - theta / np.pi])


def _given_first_layer(theta, n, draws, rng):
    """E K_12 of a network with two hidden layers given its first one, and the four averages, for many first layers."""
    u, v = rng.standard_normal((2, draws, n))
    v = np.cos(theta) * u + np.sin(theta) * v
    both, s, t = (u > 0) & (v > 0), np.maximum(u, 0), np.maximum(v, 0)
    a1, a2, a3, a4 = (2 * term.mean(axis=1) for term in (s * s, t * t, s * t, both))
    a1, a2 = a1 + 1e-100, a2 + 1e-100  # a dead layer has the mean 0
    x, y = 2 * (s * s * ~both).mean(axis=1) / a1, 2 * (t * t * ~both).mean(axis=1) / a2
    scale, root = np.sqrt(a1 * a2), np.sqrt(np.maximum(a1 * a2 - a3**2, 1e-18))
    angle = np.arccos(np.clip(a3 / scale, -1, 1))
    G = scale * (np.sin(angle) + (np.pi - angle) * np.cos(angle)) / np.pi
    through = (1 - angle / np.pi) * (a3 + a4 * np.cos(theta))
    through += 2 * np.cos(theta) * a3 * (x + y) / (np.pi * n * root)
    return G + through, np.stack([a1, a2, a3, a4], axis=1)


mean_bias_constant.refuted_by("the squared last weights are independent of the signs they decide", tangle=False)


@claim(
    id="recursion-diagonal-moments",
    source="Book, chapter recursion; order in depth/width: Hanin and Nica 2020",
    statement="For ReLU, at any depth and widths, E K_ii = L‖x_i‖² and E K_ii² is the explicit sum of the chapter.",
    status="proved here",
    assumptions="ReLU, ntk parametrization, x_i not zero.",
    does_not_say="Anything about entries off the diagonal.",
    verdict=mean_of_draws(confidence=0.999),
)
def diagonal_moments(*, shapes=((2, 8), (3, 16), (5, (8, 32, 8, 32)), (8, 40)), seeds=20_000, seed=0, growth=5.0):
    """First two moments of K_ii over its mean, from many networks; ``growth`` is the 5 of 1 + 5/n per layer."""
    for depth, width in shapes:
        ratio = sampled_kernels([[1.0]], depth, width, seeds, key=seed)[:, 0, 0] / depth
        setting = {"depth": depth, "width": str(width)}
        yield ratio, 1.0, setting | {"moment": "mean"}
        yield ratio**2, diagonal_second_moment(depth, width, growth), setting | {"moment": "second"}


diagonal_moments.refuted_by("each layer multiplies the square by 1 + 4/n, not 1 + 5/n", growth=4.0)


@claim(
    id="recursion-depth-over-width",
    source="Book, chapter recursion; order exp(5β): Hanin and Nica 2020",
    statement="At a fixed ratio β = depth/width, E K_ii²/(E K_ii)² = e^(5β)(1/3 + 2/3 h(6β)) + O(1/width).",
    status="proved here",
    assumptions="ReLU, ntk parametrization, equal hidden widths growing with the depth.",
    does_not_say="Anything about typical networks: at large β the mean square is carried by rare ones.",
    verdict=power_law("width", ratio_band=(0.8, 1.25), tolerance=0.03),
    deterministic="exact moments, no draws",
)
def depth_over_width(*, ratio=0.25, exponent=-1.0):
    """Relative distance of the exact finite moment to its limit while the width grows at a fixed ratio."""
    for n in (64, 128, 256, 512, 1024):
        moment = diagonal_second_moment(int(ratio * n), n)
        yield abs(moment / deep_second_moment(ratio) - 1), None, {"width": n, "moment": moment}


depth_over_width.refuted_by("an error O(width^{-5/6})", exponent=-5 / 6)


@claim(
    id="recursion-small-angle",
    source="Book, chapter recursion",
    statement="kernel_gaps returns L - κ_L(θ) with relative error below 1e-12 for angles from 1e-7 to 0.1.",
    status="proof sketched",
    missing_step="a count of the roundings in the half-angle recursion",
    assumptions="ReLU, float64, depth at most 8; the rows hold the angle to full precision.",
    does_not_say="That an angle already lost in the data comes back.",
    verdict=equal(tolerance=1e-12),
    deterministic="given angles",
)
def small_angle(*, depth=3, points=40, route="ours"):
    """Gap of the pair (1, 0), (1, t) against its Taylor series; the route "cosine" is the textbook recursion."""
    t = np.logspace(-7, -1, points)
    reference = np.polynomial.polynomial.polyval(np.arctan(t), gap_series(depth))
    for angle, gap, exact in zip(t, pair_gaps(t, depth, route), reference):
        yield gap, exact, {"t": angle}


small_angle.refuted_by("the textbook recursion from the cosine does as well", route="cosine")
