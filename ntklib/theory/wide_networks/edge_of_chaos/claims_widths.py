"""Claims of the chapter ``edge_of_chaos`` on networks of finite width: concentration, width patterns, moments."""

import numpy as np

from ntklib.claims import claim, inequality, scaling_law
from ntklib.theory.wide_networks.edge_of_chaos.claims import sphere_points
from ntklib.theory.wide_networks.edge_of_chaos.statements import deep_kernels
from ntklib.theory.wide_networks.edge_of_chaos.widths import (
    distance_variance,
    edge_kernel,
    fourth_moment_excess,
    matched_base,
    norm_second_moment,
    pattern_widths,
    sampled_distances,
)

CONCENTRATION = "Terjék, González-Sánchez 2025 (concentration), E5"
PIECES = {"relu": (0.5, 0.5), "abs": (0.0, 1.0)}


def kernel_errors(power: int, base: int, depth: int, activation: str, seeds, *, N=12, d=8) -> np.ndarray:
    r"""Relative errors of random kernels, and their smallest eigenvalues over that of the limit, shape (seeds, 2).

    The errors are operator norms over :math:`\lVert K_\infty\rVert`; one data set on the sphere for all seeds.

    Examples
    --------
    >>> kernel_errors(2, 4, 3, "abs", range(2)).shape
    (2, 2)
    """
    a, b = PIECES[activation]
    X = sphere_points(N, d, 0)
    limit = deep_kernels(X, [depth], b * b / (a * a + b * b))[0][0]
    size, lowest = np.linalg.norm(limit, 2), np.linalg.eigvalsh(limit)[0]
    rows = []
    for seed in seeds:
        K = edge_kernel(pattern_widths(power, base, depth), X, a, b, [seed, base, depth])
        rows.append((np.linalg.norm(K - limit, 2) / size, np.linalg.eigvalsh(K)[0] / lowest))
    return np.array(rows)


@claim(
    id="terjek-concentration-width",
    source=CONCENTRATION,
    statement="With widths k² m the relative error of the kernel falls like m^(-1/2).",
    status="cited",
    assumptions="ReLU and absolute value, 4 weight layers, 12 points on the sphere, m from 12 to 144, 12 draws.",
    does_not_say="The constant, or the power of the logarithms.",
)
def concentration(*, first_seed=0, seeds=12, exponent=-0.5):
    """Fit the exponent over both activations, each relative to its own level."""
    x, y = [], []
    for activation in PIECES:
        base = (12, 24, 48, 96, 144)
        found = [kernel_errors(2, m, 4, activation, range(first_seed, first_seed + seeds))[:, 0].mean() for m in base]
        x += base
        y += list(np.array(found) / np.exp(np.mean(np.log(found))))
    return scaling_law(x, y, exponent, (0.6, 1.6), tolerance=0.05)


concentration.refuted_by(exponent=-1.0)


@claim(
    id="book-same-kernel-q",
    source="Book; it sharpens E5, same bound for q = 0 and q = 1",
    statement="NTK (q = 0) and µP (q = 1) have the same tangent kernel for the same Gaussians, not just in the limit.",
    status="proved here",
    assumptions="The parametrizations of the sequels; rounding is allowed for.",
    does_not_say="The same after a step of training.",
)
def same_kernel(*, first_seed=0, seeds=3, q=1.0, gain=1.0):
    """Compare kernels entry by entry; ``gain`` changes the weight variance of the second."""
    X, measured = sphere_points(8, 6, 0), []
    for seed in range(first_seed, first_seed + seeds):
        one, other = (edge_kernel((9, 20, 33), X, 0.5, 0.5, seed, **k) for k in ({}, {"q": q, "gain": gain}))
        measured.append(np.max(np.abs(one - other)) / np.max(np.abs(one)))
    return inequality(measured, 1e-12, None, "<=")


same_kernel.refuted_by(gain=1.1)


@claim(
    id="book-edge-gain",
    source="Book",
    statement="Off the edge, with weight variance r times the edge's, the kernel is r^(L−1) times that at the edge.",
    status="proved here",
    assumptions="σ(s) = a s + b|s|, any width; the same Gaussians; rounding is allowed for.",
    does_not_say="The same for activations that are not positively homogeneous.",
)
def edge_gain(*, first_seed=0, seeds=2, extra=0):
    """Compare entry by entry; ``extra`` is added to the exponent."""
    X, measured, rows = sphere_points(8, 6, 0), [], []
    for r in (0.5, 2.0):
        for seed in range(first_seed, first_seed + seeds):
            edge, off = (edge_kernel((9, 20, 33), X, 0.5, 0.5, seed, gain=gain) for gain in (1.0, r))
            measured.append(np.max(np.abs(off / r ** (3 + extra) - edge)) / np.max(np.abs(edge)))
            rows.append({"r": r, "seed": seed})
    return inequality(measured, 1e-12, rows, "<=")


edge_gain.refuted_by(extra=1)


@claim(
    id="book-edge-moments",
    source="Book, after the 5/n of chapter anatomy",
    statement="E‖f‖⁴/(E‖f‖²)² = Π(1 + ν/m_k) with ν = 2 + 12β(1−β): 5 for ReLU, 2 for the absolute value.",
    status="proved here",
    assumptions="Edge of chaos; 20,000 networks with hidden widths 8, 12, 8; sampling error of a tenth allowed.",
    does_not_say="The moments of the kernel, in which the terms of the layers partly average.",
)
def edge_moments(*, seed=0, draws=20_000, share=None):
    """Estimate log of the ratio and compare with the law's; ``share`` replaces β in the law."""
    measured, rows, hidden = [], [], (8, 12, 8)
    for name, (a, b) in PIECES.items():
        rng, f = np.random.default_rng(seed), np.ones((draws, 1))
        for n in hidden:
            g = np.einsum("ij,ijk->ik", f, rng.standard_normal((draws, f.shape[1], n))) / n**0.5
            f = (a * g + b * np.abs(g)) / (a * a + b * b) ** 0.5
        square = np.sum(f**2, axis=1)
        law = norm_second_moment(hidden, b * b / (a * a + b * b) if share is None else share)
        measured.append(abs(np.mean(square**2) / np.mean(square) ** 2 / law - 1))
        rows.append({"activation": name, "law": law})
    return inequality(measured, 0.1, rows, "<=")


edge_moments.refuted_by(share=0.1)


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
    does_not_say="The same once the sum is large: the kernel is then heavy-tailed.",
)
def error_sum(*, first_seed=0, seeds=12, exponent=0.5):
    """Fit the exponent over both activations, all patterns and depths together."""
    x, y, rows = [], [], []
    for name, (a, b) in PIECES.items():
        kappa = fourth_moment_excess(b * b / (a * a + b * b))
        for power, base, depth in CELLS:
            total = kappa * sum(1 / n for n in pattern_widths(power, base, depth))
            if total < 1.5:
                x.append(total)
                found = kernel_errors(power, base, depth, name, range(first_seed, first_seed + seeds))
                y.append(np.median(found[:, 0]))
                rows.append({"activation": name, "pattern": power, "m": base, "L": depth})
    return scaling_law(x, y, exponent, (0.4, 2.5), table=rows, tolerance=0.08)


error_sum.refuted_by(exponent=1.0)


@claim(
    id="book-matched-weights",
    source="Book",
    statement="With equally many weights, constant width has a smaller error than widths k² m at 8 and 12 layers.",
    status="open",
    assumptions="Absolute value, 20,000 weights, 12 points on the sphere, means of 10 draws.",
    does_not_say="That constant width is best for every budget and depth.",
)
def matched_weights(*, first_seed=0, seeds=10, matched=True):
    """Ratio of mean errors; without matching, both patterns start with 24 neurons."""
    measured, rows = [], []
    for depth in (8, 12):
        errors = []
        for power in (0, 2):
            base = matched_base(power, depth, 8, 20_000) if matched else 24 // (1 + (power and depth > 8))
            errors.append(kernel_errors(power, base, depth, "abs", range(first_seed, first_seed + seeds))[:, 0].mean())
        measured.append(errors[0] / errors[1])
        rows.append({"L": depth})
    return inequality(measured, 1.0, rows, "<=")


matched_weights.refuted_by(matched=False)


@claim(
    id="book-distance-variance",
    source="Book",
    statement="Random layers add the variance (1 + 4β(1−β)) Σ w_k²/m_k to an inverse distance, within a factor 1.6.",
    status="proof sketched",
    assumptions="Edge of chaos, 16 layers, widths 800 and 80k, angle 0.25 at the start, 400 networks.",
    does_not_say="Anything once the sum of 1/m_k is not small: the tails are heavy.",
)
def distance_spread(*, seed=0, factor=1.0):
    """Compare the variance over networks with the law, from both sides."""
    measured, rows = [], []
    for name, (a, b) in PIECES.items():
        for power, base in ((0, 800), (1, 80)):
            hidden = pattern_widths(power, base, 17)
            w = sampled_distances(np.full(400, 0.25), hidden, a, b, [seed, power])
            law = factor * distance_variance(w[0, 0], hidden, b * b / (a * a + b * b))
            ratio = w[-1].var() / law
            measured.append(max(ratio, 1 / ratio))
            rows.append({"activation": name, "pattern": power})
    return inequality(measured, 1.6, rows, "<=")


distance_spread.refuted_by(factor=0.5)


@claim(
    id="book-eigenvalue-survives-depth",
    source="Book; with T13 it answers the depth question of Part I",
    statement="With widths 96k the smallest eigenvalue of K is over 0.4 of that of the limit, at 4, 8 and 12 layers.",
    status="open",
    assumptions="Absolute value, 12 points on the sphere, medians of 3 draws.",
    does_not_say="How the width must grow with N.",
)
def eigenvalue_survives(*, first_seed=0, seeds=3, power=1, base=96):
    """Compare medians of λ_min(K)/λ_min(K_∞) with 0.4."""
    found = [
        np.median(kernel_errors(power, base, depth, "abs", range(first_seed, first_seed + seeds))[:, 1])
        for depth in (4, 8, 12)
    ]
    return inequality(found, 0.4, [{"L": depth} for depth in (4, 8, 12)], ">=")


eigenvalue_survives.refuted_by(power=0, base=16)
