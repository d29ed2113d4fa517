"""Claims on the limiting theorem: its two sides, the chain of its proof, its probability, and what the tail adds."""

from itertools import pairwise
from itertools import product as grid

import numpy as np

from ntklib.claims import claim, frequency, inequality, scaling_law
from ntklib.theory.infinite_width import smallest_eigenvalue as theory
from ntklib.theory.setting import limiting_kernel as kernel
from ntklib.theory.setting import lowest
from ntklib.theory.setting import sphere_points as points


@claim(
    id="nguyen-limit-chain",
    source="Nguyen, Mondelli, Montúfar 2021, proof of Theorem 1",
    statement="min K_ii ≥ λ_min(K^(L)) ≥ Weyl ≥ Schur ≥ λ_min(G^(2)) ≥ one Hermite order ≥ Gershgorin, link by link.",
    status="proved here",
    assumptions="None on the data beyond nonzero rows: every link is deterministic.",
    does_not_say="That the last number is positive; for that the data must be nearly orthogonal.",
)
def chain(*, N=60, depths=(2, 5), dimensions=(20, 300), orders=(2, 4), seeds=2, factor=1.0):
    """Compare each link with the one before; ``factor`` inflates every bound."""
    rows = []
    for L, d, r, seed in grid(depths, dimensions, orders, range(seeds)):
        links = theory.limiting_chain(np.random.default_rng(seed).standard_normal((N, d)), L, r)
        for (_, above), (name, below) in pairwise(links):
            rows.append({"L": L, "d": d, "r": r, "seed": seed, "link": name, "above": above, "below": below})
    above, below = ([row.pop(side) for row in rows] for side in ("above", "below"))
    return inequality(above, factor * np.array(below), rows, ">=", tolerance=1e-9)


chain.refuted_by(factor=1.05)


@claim(
    id="nguyen-limit-upper",
    source="Nguyen, Mondelli, Montúfar 2021, Theorem 1, upper bound",
    statement="λ_min(K^(L)) ≤ L min |x_i|².",
    status="proved here",
    assumptions="Any data.",
    does_not_say="That it is attained; the truth is near (3/4) L min |x_i|² for large L.",
)
def upper(*, N=100, d=1000, depths=(2, 5, 32), seeds=2, factor=1.0):
    """Compare the smallest eigenvalue with ``factor`` times the smallest diagonal entry."""
    cells = [{"L": L, "seed": s, "X": points(s, N, d)} for L, s in grid(depths, range(seeds))]
    measured = [lowest(cell["X"], cell["L"]) for cell in cells]
    bound = [factor * kernel(cell.pop("X"), cell["L"]).diagonal().min() for cell in cells]
    return inequality(measured, bound, cells, "<=")


upper.refuted_by(factor=0.5)


@claim(
    id="nguyen-limit-lower",
    source="Nguyen, Mondelli, Montúfar 2021, Theorem 1, lower bound",
    statement="On √d S^(d−1), λ_min(K^(L)) ≥ 2 μ_r² d (1 − N^(−1/(2r−1))) whenever all |cosines| are ≤ N^(−1/(r−1/2)).",
    status="proved here",
    assumptions="Uniform on the sphere, d large enough for the good event: here N = 100, d = 1000, r = 4.",
    does_not_say="That λ_min is this small: it is a hundred times larger.",
)
def lower(*, N=100, d=1000, r=4, depths=(2, 3, 10), seeds=3, intrinsic=None):
    """Compare with the explicit constant; ``intrinsic`` confines the points to a subspace of that dimension."""
    cells = [{"L": L, "seed": s} for L, s in grid(depths, range(seeds))]
    measured = [lowest(points(c["seed"], N, d, intrinsic=intrinsic), c["L"]) for c in cells]
    bound = theory.hermite_lower_bound(np.eye(1), r) * d * (1 - N * theory.coherence_threshold(N, r) ** r)
    return inequality(measured, bound, cells)


lower.refuted_by(intrinsic=2)


@claim(
    id="nguyen-limit-probability",
    source="Nguyen, Mondelli, Montúfar 2021, Theorem 1, probability",
    statement="All |cosines| are ≤ N^(−1/(r−1/2)) with probability at least 1 − N² exp(−d N^(−2/(r−1/2))/2).",
    status="proved here",
    assumptions="Centred: uniform on the sphere, where the constant 1/2 is proved.",
    does_not_say="How often it happens below the dimensions at which the right side becomes positive.",
)
def probability(*, N=40, dimensions=(130, 150, 200), r=4, trials=150, mean=0.0):
    """Count good events over independent draws; ``mean`` shifts the data."""
    threshold = theory.coherence_threshold(N, r)
    good = [sum(coherence(seed, N, d, mean) <= threshold for seed in range(trials)) for d in dimensions]
    predicted = [theory.good_event_probability(N, d, r) for d in dimensions]
    return frequency(good, trials, predicted, table=[{"d": d} for d in dimensions])


probability.refuted_by(mean=1.0)


def coherence(seed: int, N: int, d: int, mean: float = 0.0) -> float:
    """Largest absolute cosine between N points, uniform on a sphere around a mean of norm ``mean`` times the radius."""
    X = points(seed, N, d, mean)
    rho = theory.cosines(X @ X.T)
    return float(np.abs(rho - np.eye(N)).max())


@claim(
    id="nguyen-limit-dimension",
    source="Nguyen, Mondelli, Montúfar 2021, Theorem 1",
    statement="At fixed N and L, λ_min(K^(L)) grows like d¹ once d is well above √N.",
    status="proved here",
    assumptions="Uniform on the sphere; d from 2N to 20N.",
    does_not_say="The constant; see book-sharp-limit.",
)
def dimension(*, N=100, depth=3, dimensions=(200, 350, 630, 1120, 2000), seeds=2, exponent=1.0, intrinsic=None):
    """Fit the exponent in d; the ratio to the sharp prediction must stay within 10 %."""
    cells = [{"d": d, "seed": s} for d, s in grid(dimensions, range(seeds))]
    values = [lowest(points(c["seed"], N, c["d"], intrinsic=intrinsic), depth) for c in cells]
    sharp = [c["d"] * theory.sharp_limit(depth, N, c["d"]) for c in cells]
    d = [c["d"] for c in cells]
    return scaling_law(d, values, exponent, (0.9, 1.1), predicted=sharp, table=cells, tolerance=0.15)


dimension.refuted_by(intrinsic=5)


@claim(
    id="book-tail-bound",
    source="Book, from the chain of Nguyen, Mondelli, Montúfar 2021 and the power series of Murray et al. 2023",
    statement="λ_min(K^(L)) ≥ min |x_i|² (Σ_(0<p<r) a_p λ_min(ρ^∘p) + (L − Σ_(p<r) a_p) λ_min(ρ^∘r)).",
    status="proved here",
    assumptions="None on the data beyond nonzero rows.",
    does_not_say="That the tail constant is sharp outside the regime √N ≪ d.",
)
def tail(*, N=80, d=400, depths=(2, 5, 20, 64), orders=(2, 4), seeds=2, factor=1.0):
    """Compare truth and bound at every depth; ``factor`` inflates the bound."""
    cells = [{"L": L, "r": r, "seed": s} for L, r, s in grid(depths, orders, range(seeds))]
    data = {s: points(s, N, d) for s in range(seeds)}
    truth = {(L, s): lowest(data[s], L) for L, s in grid(depths, range(seeds))}
    bound = [factor * theory.tail_lower_bound(data[c["seed"]], c["L"], c["r"]) for c in cells]
    return inequality([truth[c["L"], c["seed"]] for c in cells], bound, cells)


tail.refuted_by(factor=1.2, seeds=1)


@claim(
    id="book-depth-growth",
    source="Book; cf. Terjék, González-Sánchez 2025",
    statement="λ_min(K^(L)) grows at least linearly in L, as the upper bound does; the one-order lower bound does not.",
    status="proof sketched",
    assumptions="Uniform on the sphere, N = 80, d = 400, L from 3 to 48.",
    does_not_say="That the chain of Theorem 1 shows it: the sum of λ_min(G^(l)) stays bounded.",
)
def depth_growth(*, N=80, d=400, depths=(3, 6, 12, 24, 48), seeds=2, quantity="kernel"):
    """Fit the exponent in L of λ_min(K), or of the sum over λ_min(G^(l)) (``quantity="covariances"``)."""
    cells = [{"L": L, "seed": s} for L, s in grid(depths, range(seeds))]
    measure = lowest if quantity == "kernel" else _covariances
    values = [measure(points(c["seed"], N, d), c["L"]) for c in cells]
    sharp = [d * theory.sharp_limit(c["L"], N, d) for c in cells]
    L = [c["L"] for c in cells]
    return scaling_law(L, values, 1.0, (0.9, 1.1), predicted=sharp, table=cells, relation=">=")


depth_growth.refuted_by(quantity="covariances", seeds=1)


def _covariances(X, depth: int) -> float:
    """Sum of λ_min(G^(l)) over the layers: what is left after the Schur link."""
    return sum(theory.psd_smallest(G) for G, _ in theory.layer_terms(X, depth))
