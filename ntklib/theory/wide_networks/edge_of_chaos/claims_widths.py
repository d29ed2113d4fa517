"""Claims of the chapter ``edge_of_chaos`` on networks of finite width: concentration, width patterns, moments."""

from itertools import product

import numpy as np

from ntklib.claims import at_least, at_most, claim, equal, mean_of_draws, power_law, within_factor
from ntklib.theory.wide_networks.edge_of_chaos.setting import PIECES, kernel_errors, sphere_points
from ntklib.theory.wide_networks.edge_of_chaos.widths import (
    best_widths,
    distance_variance,
    edge_kernel,
    fourth_moment_excess,
    matched_base,
    norm_second_moment,
    pattern_widths,
    sampled_distances,
)

CONCENTRATION = "Terjék, González-Sánchez 2025 (concentration), E5"


@claim(
    id="terjek-concentration-width",
    source=CONCENTRATION,
    statement="With widths k² m the relative error of the kernel falls like m^(-1/2).",
    status="cited",
    assumptions="ReLU and absolute value, 4 weight layers, 12 points on the sphere, m from 12 to 144, 12 draws.",
    does_not_say="The constant, or the power of the logarithms.",
    verdict=power_law("m", ratio_band=(0.6, 1.6), tolerance=0.05),
    loose_because="no exact law of the error is known; book-distance-variance has one of distances, within 1.6",
)
def concentration(*, seed=0, seeds=12, exponent=-0.5):
    """Fit the exponent over both activations, each relative to its own level."""
    base, draws = (12, 24, 48, 96, 144), range(seed, seed + seeds)
    for activation in PIECES:
        found = np.array([kernel_errors(2, m, 4, activation, draws, data=seed)[:, 0].mean() for m in base])
        for m, value in zip(base, found / np.exp(np.mean(np.log(found)))):
            yield value, None, {"m": m, "activation": activation}


concentration.refuted_by("like m^(-3/4)", exponent=-0.75)


@claim(
    id="book-same-kernel-q",
    source="Book; it sharpens E5, same bound for q = 0 and q = 1",
    statement="NTK (q = 0) and µP (q = 1) have the same tangent kernel for the same Gaussians, not just in the limit.",
    status="proved here",
    assumptions="The parametrizations of the sequels; rounding is allowed for.",
    does_not_say="The same after a step of training.",
    verdict=equal(tolerance=1e-13, scale=1.0),  # sums over 33 neurons, relative to the largest entry
)
def same_kernel(*, seed=0, seeds=3, q=1.0, gain=1.0):
    """Compare kernels entry by entry; ``gain`` changes the weight variance of the second."""
    X = sphere_points(8, 6, seed)
    for s in range(seed, seed + seeds):
        one, other = (edge_kernel((9, 20, 33), X, 0.5, 0.5, s, **k) for k in ({}, {"q": q, "gain": gain}))
        yield one / np.abs(one).max(), other / np.abs(one).max(), {"seed": s}


same_kernel.refuted_by("the weight variance need not be the same: 1.1 times the edge's", gain=1.1)


@claim(
    id="book-edge-gain",
    source="Book",
    statement="Off the edge, with weight variance r times the edge's, the kernel is r^(L−1) times that at the edge.",
    status="proved here",
    assumptions="σ(s) = a s + b|s|, any width; the same Gaussians; rounding is allowed for.",
    does_not_say="The same for activations that are not positively homogeneous.",
    verdict=equal(tolerance=1e-13, scale=1.0),  # sums over 33 neurons, relative to the largest entry
)
def edge_gain(*, seed=0, seeds=2, extra=0):
    """Compare entry by entry; ``extra`` is added to the exponent."""
    X = sphere_points(8, 6, seed)
    for r in (0.5, 2.0):
        for s in range(seed, seed + seeds):
            edge, off = (edge_kernel((9, 20, 33), X, 0.5, 0.5, s, gain=gain) for gain in (1.0, r))
            yield off / r ** (3 + extra) / np.abs(edge).max(), edge / np.abs(edge).max(), {"r": r, "seed": s}


edge_gain.refuted_by("r^L: every layer contributes its factor to every block", extra=1)


@claim(
    id="book-edge-moments",
    source="Book, after the 5/n of chapter anatomy",
    statement="E‖f‖⁴/(E‖f‖²)² = Π(1 + ν/m_k) with ν = 2 + 12β(1−β): 5 for ReLU, 2 for the absolute value.",
    status="proved here",
    assumptions="Edge of chaos; 30,000 networks with hidden widths 8, 12, 8: each layer's factor, and their product.",
    does_not_say="The moments of the kernel, in which the terms of the layers partly average.",
    verdict=mean_of_draws(),
)
def edge_moments(*, seed=0, draws=30_000, share=None):
    """Compare mean squares of ‖f‖² over its mean with the law; ``share`` replaces β in the law."""
    for name, (a, b) in PIECES.items():
        rng, f, hidden = np.random.default_rng(seed), np.ones((draws, 1)), (8, 12, 8)
        beta = b * b / (a * a + b * b) if share is None else share
        for n in hidden:
            before = np.mean(f**2, axis=1)
            g = np.einsum("ij,ijk->ik", f, rng.standard_normal((draws, f.shape[1], n))) / f.shape[1] ** 0.5
            f = (a * g + b * np.abs(g)) / (a * a + b * b) ** 0.5
            alive = before > 0  # a layer of ReLU may have died
            growth = np.mean(f[alive] ** 2, axis=1) / before[alive]
            yield growth**2, norm_second_moment((n,), beta), {"activation": name, "layers": n}
        yield np.mean(f**2, axis=1) ** 2, norm_second_moment(hidden, beta), {"activation": name, "layers": "all"}


edge_moments.refuted_by("ν = 5 for every activation, as for ReLU", share=0.5)


CELLS = (
    (0, 64, 2),
    (0, 64, 4),
    (0, 64, 16),
    (0, 256, 4),
    (0, 256, 16),
    (1, 32, 4),
    (1, 32, 16),
    (1, 100, 8),
    (2, 32, 6),
)


@claim(
    id="book-error-sum",
    source="Book; compare E5",
    statement="The relative error of K grows like the square root of ν Σ 1/m_k, whatever the pattern of the widths.",
    status="open",
    assumptions="Absolute value and ReLU, patterns m, k m, k² m, 2 to 16 layers; sums 0.02 to 1.2; medians of 12.",
    does_not_say="The same once the sum is large: the kernel is then heavy-tailed, and medians fall behind.",
    verdict=power_law("sum", ratio_band=(0.4, 2.5), tolerance=0.08),
    loose_because="no exact law of the error is known; book-distance-variance has one of distances, within 1.6",
)
def error_sum(*, seed=0, seeds=12, exponent=0.5):
    """Fit the exponent over both activations, all patterns and depths together."""
    for name, (a, b) in PIECES.items():
        nu = fourth_moment_excess(b * b / (a * a + b * b))
        for power, base, depth in CELLS:
            total = nu * sum(1 / n for n in pattern_widths(power, base, depth))
            if total < 1.5:
                found = kernel_errors(power, base, depth, name, range(seed, seed + seeds), data=seed)
                row = {"sum": total, "activation": name, "pattern": power, "m": base, "L": depth}
                yield np.median(found[:, 0]), None, row


error_sum.refuted_by("in proportion to the sum itself", exponent=1.0)


@claim(
    id="book-matched-weights",
    source="Book",
    statement="With equally many weights, constant width has a smaller error than widths k² m at 8 and 12 layers.",
    status="open",
    assumptions="Absolute value, 20,000 weights, inputs of dimension 8, 12 points on the sphere, means of 10 draws.",
    does_not_say="That constant width is best for every budget, depth and dimension: for d = 784 not at L = 3, 4.",
    verdict=at_most(),
    loose_because="none known: an observation of an order; the two errors have no common formula at these sums",
)
def matched_weights(*, seed=0, seeds=10, matched=True):
    """Compare mean errors; without matching, both patterns start with 24 neurons."""
    for depth in (8, 12):
        errors = []
        for power in (0, 2):
            base = matched_base(power, depth, 8, 20_000) if matched else 24 // (1 + (power and depth > 8))
            draws = range(seed, seed + seeds)
            errors.append(kernel_errors(power, base, depth, "abs", draws, data=seed)[:, 0].mean())
        yield *errors, {"L": depth}


matched_weights.refuted_by("the same at equal first widths, where k² m has far more weights", matched=False)


@claim(
    id="book-best-widths",
    source="Book, proposition on the noise of a layer",
    statement="At a given number of weights Σ 1/m_k is least where m_k²(m_(k−1) + m_(k+1)) is the same in all layers.",
    status="proved here",
    assumptions="m_0 = d, m_L = 1, real widths; 20,000 weights, d = 8, 784, L = 3 to 12; random changes of the widths.",
    does_not_say="That the kernel's error is least there: that follows as far as the sum decides.",
    verdict=at_least(tolerance=1e-9),
)
def widths_at_best(*, sizes=(0.01, 0.1, 1.0), seed=0, draws=20, constant=False):
    """Compare the sum at changed widths of as many weights with the least; or with that of ``constant`` width."""
    rng = np.random.default_rng([seed, 14])
    for d, depth, size in product((8, 784), (3, 4, 5, 12), sizes):
        best = best_widths(depth, d, 20_000)
        flat = np.full(depth - 1, _with_weights(np.ones(depth - 1), d, 20_000))
        for change in np.exp(size * rng.standard_normal((draws, depth - 1))):
            other = best * change
            other = other * _with_weights(other, d, 20_000)
            yield np.sum(1 / other), np.sum(1 / (flat if constant else best)), {"d": d, "L": depth, "size": size}


def _with_weights(hidden, d, weights):
    """The factor by which hidden widths have to be multiplied to have so many weights."""
    inner, ends = hidden[:-1] @ hidden[1:], d * hidden[0] + hidden[-1]
    return 2 * weights / (ends + np.sqrt(ends**2 + 4 * inner * weights))


widths_at_best.refuted_by("at constant width, as for a given sum of squares of the widths", constant=True)


@claim(
    id="book-distance-variance",
    source="Book",
    statement="Random layers add the variance (1 + 4β(1−β)) Σ w_k²/m_k to an inverse distance, within a factor 1.6.",
    status="proof sketched",
    missing_step="a bound on the remainder of the expansion in the inverse widths",
    assumptions="Edge of chaos, 16 layers, widths 800 and 80k, angle 0.25 at the start, 400 networks.",
    does_not_say="Anything once the sum of 1/m_k is not small: the tails are heavy.",
    verdict=within_factor(),
    loose_because="400 draws with heavy tails leave the variance open by a factor, and the law is of first order",
)
def distance_spread(*, seed=0, factor=1.0):
    """Compare the variance over networks with the law, from both sides."""
    for name, (a, b) in PIECES.items():
        for power, base in ((0, 800), (1, 80)):
            hidden = pattern_widths(power, base, 17)
            w = sampled_distances(np.full(400, 0.25), hidden, a, b, [seed, power])
            law = factor * distance_variance(w[0, 0], hidden, b * b / (a * a + b * b))
            yield w[-1].var(), (law, 1.6), {"activation": name, "pattern": power}


distance_spread.refuted_by("half of it: the two inputs of a pair share their noise", factor=0.5)


@claim(
    id="book-eigenvalue-survives-depth",
    source="Book; with T13 it answers the depth question of Part I",
    statement="With widths 96k the smallest eigenvalue of K is over 0.5 of that of the limit, at 4, 8 and 12 layers.",
    status="open",
    assumptions="Absolute value, 12 points on the sphere, medians of 3 draws.",
    does_not_say="How the width must grow with N.",
    verdict=at_least(),
)
def eigenvalue_survives(*, seed=0, seeds=3, power=1, base=96):
    """Compare medians of λ_min(K)/λ_min(K_∞) with one half."""
    for depth in (4, 8, 12):
        found = kernel_errors(power, base, depth, "abs", range(seed, seed + seeds), data=seed)[:, 1]
        yield np.median(found), 0.5, {"L": depth}


eigenvalue_survives.refuted_by("constant width 16 is enough", power=0, base=16)
