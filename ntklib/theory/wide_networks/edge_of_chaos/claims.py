"""Claims of the chapter ``edge_of_chaos`` on the limiting kernel: its entries and its spectrum, with error terms."""

import numpy as np

from ntklib.claims import claim, inequality
from ntklib.theory.infinite_width.depth.limits import inverse_distance
from ntklib.theory.infinite_width.depth.statements import pairwise_angles, trajectory
from ntklib.theory.wide_networks.edge_of_chaos.statements import (
    affine_deficit,
    deep_kernels,
    distance_growth,
    effective_distance,
    predicted_spectrum,
    stated_errors,
)

SPECTRUM = "Terjék, González-Sánchez 2025 (spectrum)"
SHARES = (0.125, 0.5, 1.0)
LAYERS = (1, 2, 3, 5, 8, 16, 32, 64, 128, 256, 512, 1024)


def sphere_points(N: int, d: int, seed) -> np.ndarray:
    """Points on the unit sphere by NumPy's generator, shape (N, d).

    Examples
    --------
    >>> sphere_points(3, 2, 0).shape
    (3, 2)
    """
    X = np.random.default_rng(seed).standard_normal((N, d))
    return X / np.linalg.norm(X, axis=1)[:, None]


def _angles(seed):
    """Angles from nearly parallel to obtuse."""
    rng = np.random.default_rng(seed)
    return np.concatenate([10.0 ** rng.uniform(-4, -0.5, 12), rng.uniform(0.5, 2.2, 8)])


@claim(
    id="terjek-distance-logarithm",
    source=f"{SPECTRUM}, E2; the argument of the logarithm: Book",
    statement="w_l = w_1 + A(l−1) + (2β/π) log(1 + A(l−1)/w_1), A = 4β/3π, up to 2β/w_1, from near-parallel pairs on.",
    status="proof sketched",
    assumptions="σ(s) = a s + b|s| at the edge of chaos; angles up to 2.2; depths up to 1024.",
    does_not_say="The same near π, where the absolute value needs long to leave.",
)
def distance_logarithm(*, seed=0, log_weight=1.0):
    """Compare the error with 2β/w_1."""
    measured, bound, rows = [], [], []
    for beta in SHARES:
        run = trajectory(_angles(seed), LAYERS, beta)
        w = inverse_distance(run.angle)
        found = distance_growth(w[0], run.layers[:, None], beta, log_weight=log_weight)
        measured.append(np.abs(w - found).max(axis=0))
        bound.append(2 * beta / w[0])
        rows += [{"β": beta, "w_1": value} for value in w[0]]
    return inequality(np.concatenate(measured), np.concatenate(bound), rows, "<=")


distance_logarithm.refuted_by(log_weight=0.0)


@claim(
    id="terjek-kernel-upper",
    source=f"{SPECTRUM}, E3",
    statement="κ_l ≤ (3π/16β) w_l − 1/8 for every pair and depth.",
    status="cited",
    assumptions="σ(s) = a s + b|s| at the edge of chaos.",
    does_not_say="How near the two are.",
)
def kernel_upper(*, seed=0, offset=0.0):
    """The difference must not be negative; ``offset`` lowers the right side."""
    measured, rows = [], []
    for beta in SHARES:
        gap = affine_deficit(_angles(seed), LAYERS, beta) - offset
        measured.append(gap.min(axis=1))
        rows += [{"β": beta, "l": layer} for layer in LAYERS]
    return inequality(np.concatenate(measured), 0.0, rows, ">=")


kernel_upper.refuted_by(offset=0.125)


@claim(
    id="book-kernel-deficit",
    source="Book, after E3",
    statement="The bound exceeds κ_l by at most its excess at the inputs times (w_1/w_l)³, plus 7/(β² l).",
    status="open",
    assumptions="σ(s) = a s + b|s| at the edge of chaos; angles from 1e-4 to 2.2, depths up to 1024.",
    does_not_say="That 7 is proved; the form is derived in the chapter to leading order.",
)
def kernel_deficit(*, seed=0, transient=1.0):
    """Compare; without the transient the bound is E3's with one constant for all pairs."""
    measured, bound, rows = [], [], []
    for beta in SHARES:
        theta = _angles(seed)
        gap = affine_deficit(theta, LAYERS, beta)
        w = inverse_distance(trajectory(theta, LAYERS, beta).angle)
        allowed = transient * gap[0] * (w[0] / w) ** 3 + 7 / (beta**2 * np.array(LAYERS)[:, None])
        measured.append(gap.ravel())
        bound.append(allowed.ravel())
        rows += [{"β": beta, "l": layer, "angle": angle} for layer in LAYERS for angle in theta]
    return inequality(np.concatenate(measured), np.concatenate(bound), rows, "<=")


kernel_deficit.refuted_by(transient=0.0)


def spectrum_errors(N: int, beta: float, seed, layers=(4, 16, 64, 256, 1024), bulk: float = 0.75) -> list[dict]:
    """Errors of the theorem on the spectrum in units of the stated orders, one row per depth.

    W is the mean over pairs. Columns N, β, l, W, top, bulk: largest absolute error over the stated order.

    Examples
    --------
    >>> rows = spectrum_errors(6, 0.5, 0, layers=(16,))
    >>> bool(rows[0]["top"] < 1 and rows[0]["bulk"] < 1)
    True
    """
    X = sphere_points(N, 16, seed)
    W = float(np.mean(effective_distance(pairwise_angles(X)[np.triu_indices(N, 1)], beta)))
    rows = []
    for K, depth in zip(*deep_kernels(X, layers, beta)):
        values = np.linalg.eigvalsh(K)
        top, rest = predicted_spectrum(N, depth, W, beta, bulk=bulk)
        allowed = stated_errors(N, depth, beta)
        row = {"N": N, "β": beta, "l": int(depth), "W": W, "top": abs(values[-1] - top) / allowed[0]}
        rows.append(row | {"bulk": np.max(np.abs(values[:-1] - rest)) / allowed[1]})
    return rows


@claim(
    id="terjek-spectrum-shift",
    source=f"{SPECTRUM}, Theorem 18 (E4)",
    statement="All eigenvalues of K/N are (1+3/N)l/4 + (1−1/N)ξ and (¾l−ξ)/N within the stated orders, constants 1.",
    status="cited",
    assumptions="Unit vectors, no two parallel; W the mean over pairs; N = 8, 32; l = 4 to 1024; β = 1/8, 1/2, 1.",
    does_not_say="That constant 1 suffices for other data: twins need a larger one.",
)
def spectrum_shifted(*, seed=0, bulk=0.75):
    """Compare all errors with the stated orders; ``bulk`` replaces the fraction 3/4."""
    rows = [row for N in (8, 32) for beta in SHARES for row in spectrum_errors(N, beta, seed, bulk=bulk)]
    return inequality([max(row["top"], row["bulk"]) for row in rows], 1.0, rows, "<=")


spectrum_shifted.refuted_by(bulk=2 / 3)


@claim(
    id="book-unequal-norms",
    source="Book, from Ostrowski's theorem; it sharpens E4",
    statement="With norms between τ and τ' every eigenvalue lies between τ² and τ'² times that of the unit vectors.",
    status="proved here",
    assumptions="σ(s) = a s + b|s|; the eigenvalues are paired in order.",
    does_not_say="Where between.",
)
def unequal_norms(*, seed=0, largest=2.0):
    """Compare the ratio of eigenvalues with both ends; ``largest`` is the end that is claimed, norms go up to 2."""
    measured, bound, rows = [], [], []
    rng = np.random.default_rng([seed, 1])
    X, norms = sphere_points(24, 12, seed), rng.uniform(0.5, 2.0, 24)
    norms[:2] = 0.5, 2.0
    for beta in SHARES:
        unit, scaled = (deep_kernels(Y, [4, 32, 256], beta)[0] for Y in (X, norms[:, None] * X))
        for one, other, depth in zip(unit, scaled, (4, 32, 256)):
            ratio = np.linalg.eigvalsh(other) / np.linalg.eigvalsh(one)
            measured += [ratio.max() / largest**2, 0.25 / ratio.min()]
            bound += [1.0, 1.0]
            rows += [{"β": beta, "l": depth, "end": end} for end in ("upper", "lower")]
    return inequality(measured, bound, rows, "<=", tolerance=1e-9)


unequal_norms.refuted_by(largest=1.2)
