"""Claims at the edge of the limiting theorem: sharp constants, non-centred data, close pairs, low dimension."""

from itertools import product as grid

import jax
import numpy as np

from ntklib import datasets
from ntklib.claims import claim, inequality, scaling_law
from ntklib.kernels import infinite_kernels
from ntklib.spectrum import smallest_eigenvalue
from ntklib.theory.infinite_width import smallest_eigenvalue as theory
from ntklib.theory.setting import lowest
from ntklib.theory.setting import sphere_points as points


@claim(
    id="book-sharp-limit",
    source="Book",
    statement="λ_min(K^(L))/d = (1+m²) c_L(q) + κ_L'(q) (1 − √(N/d))₊², q = m²/(1+m²), up to a relative 2√2·√N/d.",
    status="proof sketched",
    assumptions="Sphere of radius √d around a mean of norm m √d; √N ≪ d.",
    does_not_say="What happens at d of order √N or below, where order two of the series is cut too.",
)
def sharp(*, depths=(2, 10), sizes=((150, 100), (150, 300), (150, 1500)), means=(0.0, 1.0), seeds=2, assumed=None):
    """Compare the relative error with 2√2·√N/d; ``assumed`` replaces the mean that the formula is told."""
    cells = [
        {"L": L, "N": n[0], "d": n[1], "mean": m, "seed": s} for L, n, m, s in grid(depths, sizes, means, range(seeds))
    ]
    truth = [lowest(points(c["seed"], c["N"], c["d"], c["mean"]), c["L"]) / c["d"] for c in cells]
    told = [c["mean"] if assumed is None else assumed for c in cells]
    formula = [theory.sharp_limit(c["L"], c["N"], c["d"], m) for c, m in zip(cells, told)]
    error = np.abs(np.array(truth) / formula - 1)
    return inequality(error, [(8 * c["N"]) ** 0.5 / c["d"] for c in cells], cells, "<=")


sharp.refuted_by(assumed=0.0)


@claim(
    id="book-noncentred",
    source="Book; replaces the centering of Nguyen, Mondelli, Montúfar 2021 in Theorem 1",
    statement="With P the projection orthogonal to the mean, λ_min((XX^T)^∘r) ≥ λ_min((XPX^T)^∘r) ≥ Gershgorin > 0.",
    status="proved here",
    assumptions="Sphere of radius √d around a mean of norm m √d, d well above N^(2/r).",
    does_not_say="That Theorem 1 needs zero mean for its conclusion: only this step of its proof does.",
)
def noncentred(*, N=150, d=1500, r=4, means=(1.0, 2.0), seeds=2, project=True):
    """Compare a quarter of d^r with Gershgorin's bound of the projected data, or of the data as they are."""
    cells = [{"mean": m, "seed": s} for m, s in grid(means, range(seeds))]
    data = [points(c["seed"], N, d, c["mean"])[:, 1:] if project else points(c["seed"], N, d, c["mean"]) for c in cells]
    return inequality([theory.gershgorin_lower_bound(X / d**0.5, r) for X in data], 0.25, cells)


noncentred.refuted_by(project=False)


@claim(
    id="book-close-pair",
    source="Book; upper bound as in Karhadkar, Murray, Montúfar 2024",
    statement="Two samples of equal norm at angle θ force λ_min(K^(L)) ≤ |x|² (θ L(L−1)/(2π) + L θ²/2).",
    status="proved here",
    assumptions="Two rows of equal norm; the others are arbitrary.",
    does_not_say="A lower bound.",
)
def close_pair(*, N=60, d=200, depths=(3, 10), angles=(1e-4, 1e-3, 1e-2, 1e-1), power=1.0):
    """Compare with the bound; ``power`` replaces θ by θ^power, as a kernel without kink would have it."""
    cells = [{"L": L, "angle": t} for L, t in grid(depths, angles)]
    values, bounds = [], []
    for cell in cells:
        L, t = cell["L"], cell["angle"]
        values.append(_pair(N, d, t, L))
        bounds.append(t**power * L * (L - 1) / (2 * np.pi) + L * t**2 / 2)
    return inequality(values, bounds, cells, "<=")


close_pair.refuted_by(power=2.0)


@claim(
    id="book-near-duplicates",
    source="Book",
    statement="As a pair of samples closes up, λ_min(K^(L)) vanishes like θ¹.",
    status="proof sketched",
    assumptions="All other samples nearly orthogonal: N = 60, d = 200; θ from 1e-5 to 1e-2.",
    does_not_say="Anything about smooth activations, where the exponent is 2.",
)
def near_duplicates(*, N=60, d=200, depth=3, angles=(1e-5, 1e-4, 1e-3, 1e-2), exponent=1.0):
    """Fit the exponent in the angle of the closest pair."""
    values = [_pair(N, d, t, depth) for t in angles]
    return scaling_law(angles, values, exponent, (0.8, 1.25), tolerance=0.02)


near_duplicates.refuted_by(exponent=2.0)


def _pair(N: int, d: int, angle: float, depth: int) -> float:
    """λ_min with one pair at a small angle, through the route that is accurate at coincident samples."""
    X, _ = datasets.near_duplicates(jax.random.key(0), N, d, 2 * np.sin(angle / 2))
    return smallest_eigenvalue(infinite_kernels(X, depth=depth)[1])


@claim(
    id="book-duplicate",
    source="Book",
    statement="A repeated sample makes λ_min(K^(L)) zero: in float64, at most N u |K|.",
    status="proved here",
    assumptions="Two equal rows, any depth.",
    does_not_say="That the rounded value is positive, or negative.",
)
def duplicate(*, N=60, d=200, depths=(3, 10), shift=0.0):
    """Compare the absolute λ_min with the rounding level; ``shift`` moves the copy away."""
    X = points(0, N, d)
    X[1] = X[0]
    X[1, 0] += shift
    spectra = [np.linalg.eigvalsh(infinite_kernels(X, depth=L)[1]) for L in depths]
    level = [N * np.finfo(float).eps * s[-1] for s in spectra]
    return inequality([abs(s[0]) for s in spectra], level, [{"L": L} for L in depths], "<=")


duplicate.refuted_by(shift=1e-6)


@claim(
    id="book-low-dimension",
    source="Book; exponents as in Karhadkar, Murray, Montúfar 2024",
    statement="At fixed d the two-layer λ_min(K^(2)) decays at least as fast as N^(−2/(d−1)).",
    status="proof sketched",
    assumptions="Uniform on the unit sphere of dimension d = 3 or 5; N from 25 to 400.",
    does_not_say="That the exponent is −2/(d−1): only the closest pair, an upper bound, is shown to have it.",
)
def low_dimension(*, d=5, sizes=(25, 50, 100, 200, 400), seeds=8, exponent=None):
    """Fit the exponent in N; by default compare with −2/(d − 1)."""
    cells = [{"N": N, "seed": s} for N, s in grid(sizes, range(seeds))]
    values = [lowest(points(c["seed"], c["N"], d) / d**0.5, 2) for c in cells]
    expected = -2 / (d - 1) if exponent is None else exponent
    N = [c["N"] for c in cells]
    return scaling_law(N, values, expected, (0.05, 20), table=cells, relation="<=", tolerance=0.1)


low_dimension.refuted_by(exponent=-2.0)
