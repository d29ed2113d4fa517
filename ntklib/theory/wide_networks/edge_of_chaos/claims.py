"""Claims of the chapter ``edge_of_chaos`` on the limiting kernel: its entries and its spectrum, with error terms."""

import numpy as np

from ntklib.claims import approximates, at_most, claim
from ntklib.theory.infinite_width.depth.limits import affine_kernel
from ntklib.theory.infinite_width.depth.statements import trajectory
from ntklib.theory.setting import inverse_distance
from ntklib.theory.wide_networks.edge_of_chaos.setting import SHARES, spectrum_errors, sphere_points
from ntklib.theory.wide_networks.edge_of_chaos.statements import affine_deficit, deep_kernels, distance_growth

SPECTRUM = "Terjék, González-Sánchez 2025 (spectrum)"
LAYERS = (1, 2, 3, 5, 8, 16, 32, 64, 128, 256, 512, 1024)


def _angles(seed):
    """Angles from nearly parallel to obtuse."""
    rng = np.random.default_rng(seed)
    return np.concatenate([10.0 ** rng.uniform(-4, -0.5, 12), rng.uniform(0.5, 2.2, 8)])


@claim(
    id="book-distance-logarithm",
    source=f"Book, after E2 of {SPECTRUM}",
    statement="w_l = w_1 + A(l−1) + (2β/π) log(1 + A(l−1)/w_1), A = 4β/3π, up to 2β/w_1, from near-parallel pairs on.",
    status="proof sketched",
    missing_step="a bound on the terms of order w^(−2) that is uniform in depth",
    assumptions="σ(s) = a s + b|s| at the edge of chaos; angles up to 2.2; depths up to 1024.",
    does_not_say="The same near π, where the absolute value needs long to leave.",
    verdict=approximates(),
)
def distance_logarithm(*, seed=0, log_weight=1.0):
    """Compare with the formula and its error term; ``log_weight`` multiplies the logarithm."""
    for beta in SHARES:
        run = trajectory(_angles(seed), LAYERS, beta)
        w = inverse_distance(run.angle)
        formula = distance_growth(w[0], run.layers[:, None], beta, log_weight=log_weight)
        for layer, exact, found in zip(run.layers, w, formula):
            for value, near, first in zip(exact, found, w[0]):
                yield value, (near, 2 * beta / first), {"β": beta, "l": int(layer), "w_1": first}


distance_logarithm.refuted_by("half of the logarithm: β/π in place of 2β/π", log_weight=0.5)


@claim(
    id="terjek-kernel-upper",
    source=f"{SPECTRUM}, E3",
    statement="κ_l ≤ (3π/16β) w_l − 1/8 for every pair and depth.",
    status="cited",
    assumptions="σ(s) = a s + b|s| at the edge of chaos.",
    does_not_say="How near the two are.",
    verdict=at_most(),
    companion="book-kernel-deficit",
)
def kernel_upper(*, seed=0, constant=1 / 8):
    """Compare both sides; ``constant`` is what is subtracted."""
    for beta in SHARES:
        run = trajectory(_angles(seed), LAYERS, beta)
        bounds = affine_kernel(inverse_distance(run.angle), beta) + 1 / 8 - constant
        for layer, entries, bound in zip(run.layers, run.K, bounds):
            yield entries, bound, {"β": beta, "l": int(layer)}


kernel_upper.refuted_by("1/4 in place of 1/8", constant=0.25)


@claim(
    id="book-kernel-deficit",
    source="Book, after E3",
    statement="The bound exceeds κ_l by at most its excess at the inputs times (w_1/w_l)³, plus 7/(β² l).",
    status="open",
    assumptions="σ(s) = a s + b|s| at the edge of chaos; angles from 1e-4 to 2.2, depths up to 1024.",
    does_not_say="That 7 is proved; the form is derived in the chapter to leading order.",
    verdict=at_most(),
)
def kernel_deficit(*, seed=0, power=3):
    """Compare both sides; ``power`` is that of w_1/w_l."""
    theta = _angles(seed)
    for beta in SHARES:
        gap = affine_deficit(theta, LAYERS, beta)
        w = inverse_distance(trajectory(theta, LAYERS, beta).angle)
        for layer, found, here in zip(LAYERS, gap, w):
            yield found, gap[0] * (w[0] / here) ** power + 7 / (beta**2 * layer), {"β": beta, "l": layer}


kernel_deficit.refuted_by("the excess falls like (w_1/w_l)⁴", power=4)


@claim(
    id="terjek-spectrum-shift",
    source=f"{SPECTRUM}, E4",
    statement="K/N has the eigenvalues (1+3/N)l/4 + (1−1/N)ξ, (¾l−ξ)/N up to the stated orders; constant 1 if N ≤ 32.",
    status="cited",
    assumptions="Unit vectors, no two parallel; W the mean over pairs; N = 8, 32; l = 4 to 1024; β = 1/8, 1/2, 1.",
    does_not_say="That constant 1 suffices for other data: twins need more, and N = 128 and 256 need 1.5 and 2.1.",
    verdict=at_most(),
    loose_because="none known: the theorem states orders, and its constants are open",
)
def spectrum_shifted(*, seed=0, bulk=0.75):
    """Compare all errors with the stated orders; ``bulk`` replaces the fraction 3/4."""
    for N in (8, 32):
        for beta in SHARES:
            for row in spectrum_errors(N, beta, seed, bulk=bulk):
                yield max(row["top"], row["bulk"]), 1.0, row


spectrum_shifted.refuted_by("the bulk is at 2/3 of the diagonal", bulk=2 / 3)


@claim(
    id="book-unequal-norms",
    source="Book, from Ostrowski's theorem; it sharpens E4",
    statement="With norms between τ and τ' every eigenvalue lies between τ² and τ'² times that of the unit vectors.",
    status="proved here",
    assumptions="σ(s) = a s + b|s|; the eigenvalues are paired in order; norms from 1/2 to 2.",
    does_not_say="Where between.",
    verdict=at_most(tolerance=1e-9),
)
def unequal_norms(*, seed=0, power=2):
    """Compare the ratios of eigenvalues with both ends, ``power`` being that of the norms."""
    rng = np.random.default_rng([seed, 1])
    X, norms = sphere_points(24, 12, seed), rng.uniform(0.5, 2.0, 24)
    norms[:2] = 0.5, 2.0
    for beta in SHARES:
        unit, scaled = (deep_kernels(Y, [4, 32, 256], beta)[0] for Y in (X, norms[:, None] * X))
        for one, other, depth in zip(unit, scaled, (4, 32, 256)):
            ratio = np.linalg.eigvalsh(other) / np.linalg.eigvalsh(one)
            yield ratio.max() / 2.0**power, 1.0, {"β": beta, "l": depth, "end": "upper"}
            yield 0.5**power / ratio.min(), 1.0, {"β": beta, "l": depth, "end": "lower"}


unequal_norms.refuted_by("the eigenvalues scale like the norms, not their squares", power=1)
