"""Claims on the limiting theorem: its two sides, the chain of its proof, its probability, and what the tail adds."""

from itertools import pairwise, product
from math import comb

import numpy as np
from scipy.special import betaincinv

from ntklib.claims import at_least, at_most, claim, power_law, probability
from ntklib.theory.infinite_width import smallest_eigenvalue as theory
from ntklib.theory.infinite_width.smallest_eigenvalue.setting import coherence
from ntklib.theory.infinite_width.smallest_eigenvalue.statements import limiting_lower, limiting_upper
from ntklib.theory.setting import lowest
from ntklib.theory.setting import sphere_points as points


@claim(
    id="nguyen-limit-chain",
    source="Nguyen, Mondelli, Montúfar 2021 (v5), proof of Theorem 1",
    statement="min K_ii ≥ λ_min(K^(L)) ≥ Weyl ≥ Schur ≥ λ_min(G^(2)) ≥ one Hermite degree ≥ Gershgorin, link by link.",
    status="proved here",
    assumptions="None on the data beyond nonzero rows: every link is deterministic.",
    does_not_say="That the last number is positive; for that the data must be nearly orthogonal.",
    verdict=at_least(tolerance=1e-9),
    companion="book-chain-extremal",
)
def chain(*, N=60, depths=(2, 5), dimensions=(20, 300), orders=(2, 4), seeds=2, seed=0, place=0):
    """Compare each link with the one before; ``place`` is the eigenvalue that Weyl's link adds, 0 the smallest."""
    for L, d, r, s in product(depths, dimensions, orders, range(seed, seed + seeds)):
        X = np.random.default_rng(s).standard_normal((N, d))
        for (_, above), (name, below) in pairwise(theory.limiting_chain(X, L, r, place=place)):
            yield above, below, {"L": L, "d": d, "r": r, "seed": s, "link": name}


chain.refuted_by("Weyl's link adds the second smallest eigenvalue of every term", place=1)


@claim(
    id="book-chain-extremal",
    source="Book; Weyl 1912, Schur 1911, Gershgorin 1931",
    statement="Weyl's, Schur's and Gershgorin's lower bounds are attained: on even cycles, say.",
    status="proved here",
    assumptions="Cycle matrices a I + b (shift + shift^T) of even size; for Schur one factor of rank one with signs.",
    does_not_say="That limiting kernels are near these instances: their links lose what the waterfall shows.",
    verdict=at_least(tolerance=1e-9),
)
def extremal(*, N=12, values=((1.0, 0.2), (2.0, 0.7)), seed=0, odd=0):
    """Compare both sides of each inequality; ``odd=1`` takes cycles of odd size, where Gershgorin is not attained."""
    n, signs = N + odd, np.random.default_rng(seed).choice([-1.0, 1.0], N + odd)
    cycles = [a * np.eye(n) + b * (np.roll(np.eye(n), 1, axis=0) + np.roll(np.eye(n), -1, axis=0)) for a, b in values]
    lowest_ones = [theory.psd_smallest(A) for A in cycles]
    yield sum(lowest_ones), theory.psd_smallest(sum(cycles)) * (1 - 1e-12), {"link": "Weyl, from above"}
    yield theory.psd_smallest(sum(cycles)), sum(lowest_ones), {"link": "Weyl"}
    Q = np.outer(signs, signs)
    for (_, b), A in zip(values, cycles):
        yield theory.psd_smallest(A * Q), theory.schur_product_bound(A, Q), {"link": "Schur", "b": b}
        bound = theory.gershgorin_lower_bound(np.linalg.cholesky(A), 1)
        yield bound, theory.psd_smallest(A) * (1 - 1e-9), {"link": "Gershgorin, from above", "b": b}


extremal.refuted_by("on odd cycles as well: there Gershgorin loses", odd=1)


@claim(
    id="nguyen-limit-printed",
    source="Nguyen, Mondelli, Montúfar 2021 (v5), Theorem 1, as the chapter prints it",
    statement="L A_1² d ≥ λ_min(K^(L)) ≥ 2μ_r² (a/2)^(2r) (1 − N^(−1/(2r−1))) d / A_1^(2(r−1)), A_1 = A + a/2.",
    status="proved here",
    assumptions="Uniform on the sphere, a = A = 1, N = 100, d = 1000.",
    does_not_say="That the probability is positive here: for Gaussian data and r = 4 it is from d = 9200 on.",
    verdict=at_least(),
    loose_because="the union over norms spends (a/2)^(2r)/(3/2)^(2r−2), 1/36 for r = 2; see nguyen-limit-lower",
)
def printed(*, N=100, d=1000, orders=(2, 4), depths=(2, 10), seeds=2, seed=0, A=1.0):
    """Compare both sides as printed; ``A`` bounds the root mean square norm over √d, which is 1 here."""
    for L, s in product(depths, range(seed, seed + seeds)):
        value = lowest(points(s, N, d), L)
        yield limiting_upper(d, L, a=1.0, A=A), value, {"L": L, "seed": s, "side": "upper"}
        for r in orders:
            yield value, limiting_lower(N, d, r, a=1.0, A=A), {"L": L, "seed": s, "side": f"lower, r = {r}"}


printed.refuted_by("the assumption on the norms is not needed: A = 1/5 where it is 1", A=0.2)


@claim(
    id="nguyen-limit-upper",
    source="Nguyen, Mondelli, Montúfar 2021 (v5), Theorem 1, upper bound",
    statement="λ_min(K^(L)) ≤ L min |x_i|².",
    status="proved here",
    assumptions="Any data.",
    does_not_say="That it is attained; the truth is near (3/4) L min |x_i|² for large L.",
    verdict=at_most(),
)
def upper(*, N=100, d=1000, depths=(2, 5, 32), seeds=2, seed=0, layers=0):
    """Compare the smallest eigenvalue with L times the smallest squared norm; ``layers`` is added to L."""
    for L, s in product(depths, range(seed, seed + seeds)):
        X = points(s, N, d)
        yield lowest(X, L), (L + layers) * (X**2).sum(axis=1).min(), {"L": L, "seed": s}


upper.refuted_by("L − 1 layers contribute: the hidden ones", layers=-1)


@claim(
    id="nguyen-limit-lower",
    source="Nguyen, Mondelli, Montúfar 2021 (v5), Theorem 1, lower bound",
    statement="On √d S^(d−1), λ_min(K^(L)) ≥ 2 μ_r² d (1 − N^(−1/(2r−1))) whenever all |cosines| are ≤ N^(−1/(r−1/2)).",
    status="proved here",
    assumptions="Uniform on the sphere, d large enough for the good event: here N = 100, d = 1000, r = 4.",
    does_not_say="That λ_min is this small: it is a hundred times larger, since one order of one layer is kept.",
    verdict=at_least(),
    companion="book-tail-bound",
)
def lower(*, N=100, d=1000, r=4, depths=(2, 3, 10), seeds=3, seed=0, intrinsic=None):
    """Compare with the explicit constant; ``intrinsic`` confines the points to a subspace of that dimension."""
    bound = theory.hermite_lower_bound(np.eye(1), r) * d * (1 - N * theory.coherence_threshold(N, r) ** r)
    for L, s in product(depths, range(seed, seed + seeds)):
        yield lowest(points(s, N, d, intrinsic=intrinsic), L), bound, {"L": L, "seed": s}


lower.refuted_by("no coherence needed: points of the same norm, in three dimensions", intrinsic=3)


@claim(
    id="nguyen-limit-probability",
    source="Nguyen, Mondelli, Montúfar 2021 (v5), Theorem 1, probability",
    statement="All |cosines| are ≤ N^(−1/(r−1/2)) with probability at least 1 − N² exp(−d N^(−2/(r−1/2))/2).",
    status="proved here",
    assumptions="Centred: uniform on the sphere, where the constant 1/2 is proved.",
    does_not_say="How often it happens below the dimensions at which the right side becomes positive.",
    verdict=probability(),
    companion="book-coherence-count",
)
def event(*, N=40, dimensions=(130, 150, 200), r=4, trials=150, seed=0, mean=0.0):
    """Count good events over independent draws; ``mean`` shifts the data."""
    threshold = theory.coherence_threshold(N, r)
    for d in dimensions:
        good = sum(coherence(s, N, d, mean) <= threshold for s in range(seed, seed + trials))
        yield (good, trials), theory.good_event_probability(N, d, r), {"d": d}


event.refuted_by("the event does not need centring: the sphere may be moved by a mean of norm √d/2", mean=0.5)


@claim(
    id="book-coherence-count",
    source="Book; Poisson limit of the number of close pairs",
    statement="On the sphere, φ being P(|ρ_12| > t): the probability that no |cosine| exceeds t lies between "
    "Π_(k<N) (1 − kφ) and that plus C(N,3) φ²; for many points and a fixed C(N,2) φ it tends to exp(−C(N,2) φ).",
    status="proved here",
    assumptions="Uniform points, N = 40, d = 60; t with about one pair above it on average.",
    does_not_say="Anything for t so small that every point has a neighbour.",
    verdict=probability(relation="=="),
)
def count(*, N=40, d=60, pairs=(0.3, 0.7, 1.5), trials=1000, seed=0, ordered=1):
    """Count draws without a pair above t; ``ordered=2`` counts every pair twice, as the theorem's N² does."""
    largest = np.array([coherence(s, N, d) for s in range(seed, seed + trials)])
    for expected in pairs:
        t = betaincinv(0.5, (d - 1) / 2, 1 - expected / comb(N, 2)) ** 0.5
        yield (int((largest <= t).sum()), trials), np.exp(-ordered * expected), {"expected pairs": expected, "t": t}


count.refuted_by("N² ordered pairs instead of N(N − 1)/2", ordered=2)


@claim(
    id="nguyen-limit-dimension",
    source="Nguyen, Mondelli, Montúfar 2021 (v5), Theorem 1",
    statement="At fixed N and L, λ_min(K^(L)) over c_L + κ_L'(0) (1 − √(N/d))² grows like d¹ from d = 2N on.",
    status="proof sketched",
    missing_step="an operator norm bound for the degrees from 2 on without their mean, at finite d",
    assumptions="Uniform on the sphere; d from 2N to 20N; the finite edge (1 − √(N/d))² is divided out.",
    does_not_say="The constant; see book-sharp-limit.",
    verdict=power_law("d", ratio_band=(0.8, 1.25), tolerance=0.02),
)
def dimension(*, N=100, depth=3, dimensions=(200, 350, 630, 1120, 2000), seeds=2, seed=0, exponent=1.0):
    """Fit the exponent in d after division by the share of the limit that the edge leaves at this d."""
    for d, s in product(dimensions, range(seed, seed + seeds)):
        share = theory.sharp_limit(depth, N, d) / theory.sharp_limit(depth, N, 10**9)
        yield lowest(points(s, N, d), depth) / share, None, {"d": d, "seed": s}


dimension.refuted_by("it grows like d^{9/10}", exponent=0.9)


@claim(
    id="book-tail-bound",
    source="Book, from the chain of Nguyen, Mondelli, Montúfar 2021 and the power series of Murray et al. 2023",
    statement="λ_min(K^(L)) ≥ min |x_i|² (Σ_(0<p<r) a_p λ_min(ρ^∘p) + (L − Σ_(p<r) a_p) λ_min(ρ^∘r)).",
    status="proved here",
    assumptions="None on the data beyond nonzero rows.",
    does_not_say="That the tail constant is sharp outside the regime √N ≪ d.",
    verdict=at_least(),
)
def tail(*, N=80, d=400, depths=(2, 5, 20, 64), orders=(2, 4), seeds=2, seed=0, constant=0):
    """Compare truth and bound at every depth; ``constant=1`` also counts the order p = 0, a matrix of rank one."""
    for L, r, s in product(depths, orders, range(seed, seed + seeds)):
        X = points(s, N, d)
        extra = constant * d * theory.power_series(L, 1)[0]
        yield lowest(X, L), theory.tail_lower_bound(X, L, r) + extra, {"L": L, "r": r, "seed": s}


tail.refuted_by("the constant term of the series counts as well", constant=1)


@claim(
    id="book-depth-growth",
    source="Book; the limit of deep kernels: Terjék, González-Sánchez 2025",
    statement="λ_min(K^(L)) grows at least linearly in L, as the upper bound does; the one-order lower bound does not.",
    status="proved here",
    assumptions="Uniform on the sphere, N = 80, d = 400, L from 3 to 48.",
    does_not_say="That the chain of Theorem 1 shows it: the sum of λ_min(G^(l)) stays bounded.",
    verdict=power_law("L", absolute=True, exponent=1.0, ratio_band=(0.9, 1.1), relation=">="),
)
def depth_growth(*, N=80, d=400, depths=(3, 6, 12, 24, 48), seeds=2, seed=0, quantity="kernel"):
    """Fit the exponent in L of λ_min(K), or of the sum over λ_min(G^(l)) (``quantity="covariances"``)."""
    measure = lowest if quantity == "kernel" else _covariances
    for L, s in product(depths, range(seed, seed + seeds)):
        yield measure(points(s, N, d), L), d * theory.sharp_limit(L, N, d), {"L": L, "seed": s}


depth_growth.refuted_by("the sum of λ_min(G^(l)) over the layers grows as well", quantity="covariances")


def _covariances(X, depth: int) -> float:
    """Sum of λ_min(G^(l)) over the layers: what is left after the Schur link."""
    return sum(theory.psd_smallest(G) for G, _ in theory.layer_terms(X, depth))
