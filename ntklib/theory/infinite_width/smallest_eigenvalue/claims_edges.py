"""Claims at the edge of the limiting theorem: sharp constants, non-centred data, close pairs, low dimension."""

from itertools import product

import numpy as np

from ntklib.claims import approximates, at_least, at_most, claim, equal, power_law
from ntklib.kernels import infinite_kernels
from ntklib.theory.infinite_width import smallest_eigenvalue as theory
from ntklib.theory.infinite_width.smallest_eigenvalue.setting import pair_smallest
from ntklib.theory.setting import lowest
from ntklib.theory.setting import sphere_points as points


@claim(
    id="book-sharp-limit",
    source="Book",
    statement="λ_min(K^(L))/d = (1+m²) c_L(q) + κ_L'(q) (1 − √(N/d))₊², q = m²/(1+m²), up to a relative 2√2·√N/d "
    "and four Tracy–Widom widths of the edge.",
    status="proof sketched",
    missing_step="an operator norm bound for the degrees from 2 on without their mean",
    assumptions="Sphere of radius √d around a mean of norm m √d; √N ≪ d.",
    does_not_say="What happens at d of order √N or below, where order two of the series is cut too.",
    verdict=approximates(),
    companion="book-sharp-limit-wide",
)
def sharp(
    *, depths=(2, 10), sizes=((150, 100), (150, 300), (150, 1500)), means=(0.0, 1.0), seeds=2, seed=0, assumed=None
):
    """Compare with the formula; ``assumed`` replaces the mean that the formula is told."""
    for L, (N, d), m, s in product(depths, sizes, means, range(seed, seed + seeds)):
        formula = theory.sharp_limit(L, N, d, m if assumed is None else assumed)
        truth = lowest(points(s, N, d, m), L) / d
        yield truth, (formula, _error(L, N, d, m)), {"L": L, "N": N, "d": d, "mean": m, "seed": s}


sharp.refuted_by("the mean does not matter", assumed=0.0)


@claim(
    id="book-sharp-limit-wide",
    source="Book",
    statement="At d = 100 N the formula of book-sharp-limit is right up to 5 %: its two error terms are at most that.",
    status="proof sketched",
    missing_step="an operator norm bound for the degrees from 2 on without their mean",
    assumptions="Centred sphere, N = 60, d = 6000.",
    does_not_say="That the error term has the right constant.",
    verdict=approximates(),
)
def sharp_wide(*, N=60, d=6000, depths=(2, 3, 10), seeds=2, seed=0, edge=True):
    """Compare with the formula; ``edge=False`` takes the linear part at its mean, 1 instead of (1 − √(N/d))²."""
    for L, s in product(depths, range(seed, seed + seeds)):
        formula = theory.sharp_limit(L, N if edge else 1, d)
        yield lowest(points(s, N, d), L) / d, (formula, _error(L, N, d)), {"L": L, "seed": s}


sharp_wide.refuted_by("the linear part counts in full, without the edge (1 − √(N/d))²", edge=False)


def _error(depth: int, N: int, d: int, mean: float = 0.0) -> float:
    """Error term: 2√2·√N/d of the value for order two, and the width of the linear part's edge (Johnstone 2001)."""
    linear = theory.sharp_limit(depth, 1, 10**12, mean) - theory.sharp_limit(depth, 1, 1, mean)
    width = (d**0.5 - N**0.5) * (N**-0.5 - d**-0.5) ** (1 / 3) / d if d > N else 0.0
    return theory.sharp_limit(depth, N, d, mean) * (8 * N) ** 0.5 / d + 4 * linear * width


@claim(
    id="book-noncentred",
    source="Book; replaces the centering of Nguyen, Mondelli, Montúfar 2021 (v5) in Theorem 1",
    statement="With Π the projection orthogonal to the mean, λ_min((XX^T)^∘r) ≥ λ_min((XΠX^T)^∘r) ≥ Gershgorin of XΠ, "
    "positive where d is well above N^(2/r).",
    status="proved here",
    assumptions="Sphere of radius √d around a mean of norm m √d, d well above N^(2/r).",
    does_not_say="That Theorem 1 needs zero mean for its conclusion: only this step of its proof does.",
    verdict=at_least(),
)
def noncentred(*, N=150, d=1500, r=4, means=(1.0, 2.0), seeds=2, seed=0, project=True):
    """Compare link by link, at unit norm before the shift; without the projection Gershgorin's bound is negative."""
    for m, s in product(means, range(seed, seed + seeds)):
        X = points(s, N, d, m) / d**0.5
        whole, part = (theory.psd_smallest(theory.khatri_rao_gram(Z, r)) for Z in (X, X[:, 1:]))
        bound = theory.gershgorin_lower_bound(X[:, 1:] if project else X, r)
        yield whole, part, {"mean": m, "seed": s, "link": "projection"}
        yield part, bound, {"mean": m, "seed": s, "link": "Gershgorin"}
        yield bound, 0.5, {"mean": m, "seed": s, "link": "half of the largest possible"}


noncentred.refuted_by("Gershgorin's bound is positive without the projection as well", project=False)


@claim(
    id="book-close-pair",
    source="Book; upper bound as in Karhadkar, Murray, Montúfar 2024",
    statement="Two samples of equal norm at angle θ force λ_min(K^(L)) ≤ |x|² (θ L(L−1)/(2π) + L θ²/2).",
    status="proved here",
    assumptions="Two rows of equal norm; the others are arbitrary.",
    does_not_say="A lower bound.",
    verdict=at_most(),
)
def close_pair(*, N=60, d=200, depths=(3, 10), angles=(1e-4, 1e-3, 1e-2, 1e-1), seed=0, power=1.0):
    """Compare with the bound; ``power`` replaces θ by θ^power, as a kernel without kink would have it."""
    for L, t in product(depths, angles):
        bound = t**power * L * (L - 1) / (2 * np.pi) + L * t**2 / 2
        yield pair_smallest(N, d, t, L, seed=seed), bound, {"L": L, "angle": t}


close_pair.refuted_by("θ^{11/10} in the place of θ", power=1.1)


@claim(
    id="book-near-duplicates",
    source="Book",
    statement="As a pair of samples closes up, λ_min(K^(L)) vanishes like θ¹.",
    status="proved here",
    assumptions="All other samples nearly orthogonal: N = 60, d = 200; θ from 1e-5 to 1e-2.",
    does_not_say="Anything about smooth activations, where the exponent is 2.",
    verdict=power_law("θ", ratio_band=(0.8, 1.25), tolerance=0.02),
)
def near_duplicates(*, N=60, d=200, depth=3, angles=(1e-5, 1e-4, 1e-3, 1e-2), seed=0, exponent=1.0):
    """Fit the exponent in the angle of the closest pair."""
    for t in angles:
        yield pair_smallest(N, d, t, depth, seed=seed), None, {"θ": t}


near_duplicates.refuted_by("it vanishes like θ^{11/10}", exponent=1.1)


@claim(
    id="book-duplicate",
    source="Book",
    statement="A repeated sample makes λ_min(K^(L)) zero: in float64, at most N u |K|.",
    status="proved here",
    assumptions="Two equal rows, any depth.",
    does_not_say="That the rounded value is positive, or negative.",
    verdict=equal(tolerance=60 * float(np.finfo(float).eps), scale=1.0),
)
def duplicate(*, N=60, d=200, depths=(3, 10), seed=0, shift=0.0):
    """Compare λ_min/λ_max with zero, up to N units of rounding; ``shift`` moves the copy away."""
    X = points(seed, N, d)
    X[1] = X[0]
    X[1, 0] += shift
    for L in depths:
        values = np.linalg.eigvalsh(infinite_kernels(X, depth=L)[1])
        yield values[0] / values[-1], 0.0, {"L": L}


duplicate.refuted_by("a copy moved by 1e-6 of a unit is still a copy", shift=1e-6)


@claim(
    id="book-low-dimension",
    source="Book; exponents as in Karhadkar, Murray, Montúfar 2024",
    statement="On N uniform points of S^(d−1), d fixed, λ_min(K^(2)) decays at least as fast as N^(−2/(d−1)).",
    status="proved here",
    assumptions="Uniform on the unit sphere of dimension d = 3 or 5; N from 25 to 400.",
    does_not_say="That the exponent is −2/(d−1): only the closest pair, an upper bound, is shown to have it.",
    verdict=power_law("N", ratio_band=(0.2, 5), relation="<="),
)
def low_dimension(*, d=5, sizes=(25, 50, 100, 200, 400), seeds=16, seed=0, exponent=-0.5):
    """Fit the exponent in N of geometric means over draws; −2/(d − 1) is −1/2 for d = 5."""
    for N in sizes:
        values = [lowest(points(s, N, d) / d**0.5, 2) for s in range(seed, seed + seeds)]
        yield np.exp(np.mean(np.log(values))), None, {"N": N}


low_dimension.refuted_by("N^{−4/(d−1)}, the squared distance of the closest pair", exponent=-1.0)
