"""Claims on Lipschitz constants of feature maps: order, explicit bound, product of norms, exact values, patterns."""

from itertools import product as grid

import numpy as np

from ntklib import plain
from ntklib.claims import claim, frequency, inequality, scaling_law
from ntklib.theory.finite_width import lipschitz as theory

PAPER = "Nguyen, Mondelli, Montúfar 2021 (v5), Theorem 4"


def lecun(widths) -> list[float]:
    """Standard deviations n_(l-1)^(-1/2)."""
    return [n**-0.5 for n in widths[:-1]]


def searched(widths, seed: int, *, starts: int = 16, steps: int = 50) -> tuple[float, float]:
    """Squared search estimate and product of squared norms of one LeCun network."""
    weights = plain.draw(widths, lecun(widths), seed)
    found = theory.lipschitz_search(weights, starts=starts, steps=steps, seed=seed)
    return found.lipschitz**2, theory.norm_product(weights)


@claim(
    id="nguyen-lipschitz-ratio",
    source=PAPER,
    statement="For widths (m, n, m), n from 4 m to 64 m, Lip(g_2)² follows the theorem's scale without its logarithm.",
    status="proof sketched",
    assumptions="Gaussian weights, m = 20, LeCun; the constant is a search estimate from below.",
    does_not_say="That the search finds the maximum; it does in the plane.",
)
def ratio(*, m=20, factors=(4, 8, 16, 32, 64), seeds=3, first=0, exponent=0.0):
    """Fit the exponent of Lip² in n; the scale without logarithms is 1, so the exponent is 0."""
    cells = [{"n": m * f, "seed": s} for f, s in grid(factors, range(first, first + seeds))]
    values = [searched((m, c["n"], m), c["seed"])[0] for c in cells]
    scales = [theory.lipschitz_scale((m, c["n"], m), lecun((m, c["n"], m)), logarithms=False) for c in cells]
    n = [c["n"] for c in cells]
    return scaling_law(n, values, exponent, (1.0, 6.0), predicted=scales, table=cells, tolerance=0.15)


ratio.refuted_by(exponent=1.0)


@claim(
    id="nguyen-lipschitz-bound",
    source=f"{PAPER}; constants proved here",
    statement="With probability 1 − δ, Lip(g_k) is at most the product over pieces cut at successive minimal widths.",
    status="proved here",
    assumptions="Gaussian weights; two inputs, where the Lipschitz constant is known exactly.",
    does_not_say="That it is tight: its constant grows exponentially with depth.",
)
def bound(*, shapes=((2, 60, 5), (2, 40, 40, 5), (2, 30, 3, 30, 2)), trials=40, delta=0.1, spike=0.0, seed=0):
    """Count how often the exact constant obeys the bound; ``spike`` adds a rank-one matrix to every layer."""
    good = []
    for widths in shapes:
        limit, hits = theory.lipschitz_bound(widths, lecun(widths), delta), 0
        for trial in range(trials):
            weights = plain.draw(widths, lecun(widths), [seed, trial])
            weights = [W + spike / W.size**0.5 for W in weights]
            hits += theory.plane_lipschitz(weights) <= limit
        good.append(hits)
    return frequency(good, trials, 1 - delta, table=[{"widths": str(w)} for w in shapes])


bound.refuted_by(spike=20.0)


@claim(
    id="book-lipschitz-lower",
    source="Book",
    statement="E Lip(g_k)² ≥ 2^(1−k) Π n_l β_l² · n_0 / min n_l: the theorem's order without logarithms is right.",
    status="proved here",
    assumptions="Gaussian weights; the mean over networks of a search estimate.",
    does_not_say="Anything about the factor 2^(1−k).",
)
def lower(*, shapes=((20, 100, 20), (10, 50, 2, 50, 10), (15, 60, 60, 60, 15)), seeds=12, first=0, factor=1.0):
    """Compare the mean of the squared search estimate with ``factor`` times the lower bound."""
    means = [np.mean([searched(w, s, starts=4, steps=10)[0] for s in range(first, first + seeds)]) for w in shapes]
    scales = [theory.lipschitz_scale(w, lecun(w), logarithms=False, constant=2.0 ** (2 - len(w))) for w in shapes]
    return inequality(means, [factor * s for s in scales], [{"widths": str(w)} for w in shapes])


lower.refuted_by(factor=50.0)


@claim(
    id="nguyen-lipschitz-below-product",
    source="Nguyen, Mondelli, Montúfar 2021 (v5), section on Lipschitz constants",
    statement="Lip(g_k)² ≤ Π |W_l|², always.",
    status="proved here",
    assumptions="None: slopes of ReLU are 0 or 1.",
    does_not_say="That the product has the right order: it is too large by a power of the width.",
)
def below_product(*, shapes=((5, 40, 5), (20, 80, 80, 20), (10, 50, 3, 50, 10)), seeds=3, factor=1.0):
    """Compare the search with ``factor`` times the product of squared norms."""
    cells = [{"widths": str(w), "seed": s} for w, s in grid(shapes, range(seeds))]
    pairs = [searched(w, s) for w, s in grid(shapes, range(seeds))]
    return inequality([p[0] for p in pairs], [factor * p[1] for p in pairs], cells, "<=")


below_product.refuted_by(factor=0.05)


@claim(
    id="book-lipschitz-product-gap",
    source="Book",
    statement="Product of norms over Lip², for widths (m, n, m), grows at least like n^(1/2): as (√m+√n)⁴/(m n).",
    status="proof sketched",
    assumptions="Gaussian weights, m = 20, n from 4 m to 64 m; Lip is a search estimate.",
    does_not_say="The asymptotic exponent 1, reached for n far above m only.",
)
def product_gap(*, m=20, factors=(4, 8, 16, 32, 64), seeds=3, first=0, exponent=0.5):
    """Fit the exponent in n of the gap; its ratio to the formula must stay in a band."""
    cells = [{"n": m * f, "seed": s} for f, s in grid(factors, range(first, first + seeds))]
    pairs = [searched((m, c["n"], m), c["seed"]) for c in cells]
    formula = [(m**0.5 + c["n"] ** 0.5) ** 4 / (m * c["n"]) for c in cells]
    gap, n = [product / square for square, product in pairs], [c["n"] for c in cells]
    return scaling_law(n, gap, exponent, (0.1, 1.0), predicted=formula, table=cells, relation=">=")


product_gap.refuted_by(exponent=1.5)


@claim(
    id="book-lipschitz-exact-plane",
    source="Book",
    statement="For two inputs, the search finds the exact Lipschitz constant, to all digits, in 90 % of networks.",
    status="open",
    assumptions="Widths up to 60 in up to three layers; exact: all angular sectors enumerated.",
    does_not_say="That it always does: a steep sector can be too thin to be hit; the shortfall is then a few per cent.",
)
def exact_plane(*, shapes=((2, 40, 3), (2, 30, 30, 4), (2, 60, 5, 2)), trials=40, first=0, starts=32, steps=80):
    """Count relative shortfalls below 1e-9."""
    hits = []
    for widths in shapes:
        nets = [plain.draw(widths, lecun(widths), seed) for seed in range(first, first + trials)]
        found = [theory.lipschitz_search(W, starts=starts, steps=steps).lipschitz for W in nets]
        hits.append(sum(f >= (1 - 1e-9) * theory.plane_lipschitz(W) for f, W in zip(found, nets)))
    return frequency(hits, trials, 0.9, table=[{"widths": str(w)} for w in shapes])


exact_plane.refuted_by(starts=1, steps=1)


@claim(
    id="book-pattern-count",
    source="Book; the formula is Cover 1965",
    statement="A layer of n neurons on d inputs has exactly 2 Σ_(i<d) C(n−1, i) activation patterns.",
    status="proved here",
    assumptions="Weights in general position, no biases.",
    does_not_say="How many patterns deeper layers have: at most the product.",
)
def pattern_count(*, sizes=((2, 12), (3, 9), (4, 8), (5, 7)), seeds=2, parallel=False):
    """Compare the enumerated number with the formula; ``parallel`` makes two neurons equal."""
    cells = [{"d": d, "n": n, "seed": s} for (d, n), s in grid(sizes, range(seeds))]
    error = []
    for c in cells:
        W = np.random.default_rng(c["seed"]).standard_normal((c["d"], c["n"]))
        W[:, 1] = W[:, 0] if parallel else W[:, 1]
        error.append(abs(len(theory.layer_patterns(W)) - theory.arrangement_regions(c["n"], c["d"])))
    return inequality(error, 0.0, cells, "<=")


pattern_count.refuted_by(parallel=True)
