"""Claims on Lipschitz constants of feature maps: order, explicit bound, product of norms, exact values, patterns."""

from itertools import pairwise, product

import numpy as np

from ntklib import plain
from ntklib.claims import at_least, at_most, claim, equal, power_law, probability
from ntklib.theory.finite_width import lipschitz as theory
from ntklib.theory.finite_width.lipschitz.setting import lecun, norm_square, product_edge, searched

PAPER = "Nguyen, Mondelli, Montúfar 2021 (v5), Theorem 4"
QUICK = {"starts": 8, "steps": 25}  # of the search, where five widths are compared with each other


@claim(
    id="book-lipschitz-ratio",
    source=f"Book; on the logarithm of {PAPER}",
    statement="For widths (m, n, m), n from 4 m to 64 m, Lip(g_2)² follows the theorem's scale without its logarithm.",
    status="proof sketched",
    missing_step="tightness of the random field of slopes as the width grows",
    assumptions="Gaussian weights, m = 20, LeCun; the constant is a search estimate from below, over the finite-size "
    "edge of a product of Gaussian matrices with n/2 inner dimensions.",
    does_not_say="That the search finds the maximum; it does in the plane.",
    verdict=power_law("n", absolute=True, ratio_band=(1.5, 4.0), tolerance=0.03),
)
def ratio(*, m=20, factors=(4, 8, 16, 32, 64), seeds=6, seed=0, exponent=0.0, logarithms=False):
    """Fit the exponent of Lip² in n, the scale being 1 without logarithms; ``logarithms`` divides by log n."""
    for factor, s in product(factors, range(seed, seed + seeds)):
        widths = (m, m * factor, m)
        value = searched(widths, s, **QUICK)[0] / (product_edge(2 / factor) / 4)
        logs = np.log(m * factor) if logarithms else 1.0
        scale = theory.lipschitz_scale(widths, lecun(widths), logarithms=False)
        yield value / logs, scale / logs, {"n": m * factor, "seed": s}


ratio.refuted_by("the theorem's logarithm is there: Lip² follows log n", logarithms=True)


@claim(
    id="nguyen-lipschitz-bound",
    source=f"{PAPER}; constants proved here",
    statement="In a share 1 − δ of the draws Lip(g_k) is at most the product over pieces cut at the minimal widths.",
    status="proved here",
    assumptions="Gaussian weights; two inputs, where the Lipschitz constant is known exactly. δ = 0.1.",
    does_not_say="That it is tight: its constant grows exponentially with depth.",
    verdict=at_most(),
    companion="book-lipschitz-one-layer",
)
def bound(*, shapes=((2, 60, 5), (2, 40, 40, 5), (2, 30, 3, 30, 2)), trials=40, delta=0.1, seed=0, constants=True):
    """Compare the 1 − δ quantile of the exact constant with the bound, or with the theorem's scale as it stands."""
    for widths in shapes:
        nets = [plain.draw(widths, lecun(widths), [seed, trial]) for trial in range(trials)]
        limit = theory.lipschitz_bound(widths, lecun(widths), delta)
        if not constants:
            limit = theory.lipschitz_scale(widths, lecun(widths), logarithms=False) ** 0.5
        exact = [theory.plane_lipschitz(weights) for weights in nets]
        yield np.quantile(exact, 1 - delta, method="higher"), limit, {"widths": str(widths)}


bound.refuted_by("the scale without logarithms bounds it, with the constant 1", constants=False)


def _norms(widths, trials: int, seed: int) -> np.ndarray:
    """Operator norms of one LeCun layer, over independent draws."""
    return np.array([np.linalg.norm(plain.draw(widths, lecun(widths), [seed, t])[0], 2) for t in range(trials)])


@claim(
    id="book-lipschitz-one-layer",
    source="Book; Davidson and Szarek 2001",
    statement="One layer: |W| ≤ β (√n_1 + √n_0 + √(2 log(1/δ))) in a share 1 − δ of the draws, and hardly less.",
    status="proved here",
    assumptions="Gaussian weights; δ = 0.1.",
    does_not_say="Anything on several layers, where patterns must be counted.",
    verdict=at_most(),
)
def one_layer(*, shapes=((2, 60), (20, 80), (50, 50)), trials=200, delta=0.1, seed=0, both=True):
    """Compare the 1 − δ quantile with the bound; without ``both`` the smaller dimension does not count."""
    for widths in shapes:
        limit = theory.lipschitz_bound(widths, lecun(widths), delta)
        limit -= 0.0 if both else min(widths) ** 0.5 * lecun(widths)[0]
        yield np.quantile(_norms(widths, trials, seed), 1 - delta, method="higher"), limit, {"widths": str(widths)}


one_layer.refuted_by("the smaller of the two dimensions does not count", both=False)


@claim(
    id="book-lipschitz-lower",
    source="Book",
    statement="E Lip(g_k)² ≥ 2^(1−k) Π n_l β_l² · n_0 / min n_l: the theorem's order without logarithms is right.",
    status="proved here",
    assumptions="Gaussian weights; the mean over networks of a search estimate.",
    does_not_say="Anything about the factor 2^(1−k).",
    verdict=at_least(),
    companion="book-lipschitz-lower-one-layer",
)
def lower(*, shapes=((20, 100, 20), (10, 50, 2, 50, 10), (15, 60, 60, 60, 15)), seeds=12, seed=0, halves=True):
    """Compare the mean of the squared search estimate with the bound; without ``halves`` no layer loses energy."""
    for w in shapes:
        mean = np.mean([searched(w, s, starts=4, steps=10)[0] for s in range(seed, seed + seeds)])
        constant = 2.0 ** (2 - len(w)) if halves else 1.0
        yield mean, theory.lipschitz_scale(w, lecun(w), logarithms=False, constant=constant), {"widths": str(w)}


lower.refuted_by("no layer loses half of the energy: without the factor 2^(1−k)", halves=False)


@claim(
    id="book-lipschitz-lower-one-layer",
    source="Book",
    statement="One layer: E |W|² ≥ n_0 n_1 β² / min(n_0, n_1), attained for very unequal dimensions.",
    status="proved here",
    assumptions="Gaussian weights; mean over 60 draws.",
    does_not_say="Anything for square matrices, where the mean is four times as large.",
    verdict=at_least(),
)
def lower_one_layer(*, shapes=((2, 200), (500, 3), (4, 800)), trials=60, seed=0, trace=False):
    """Compare the mean squared norm with the bound; ``trace`` does not divide by the smaller dimension."""
    for w in shapes:
        mean = np.mean(_norms(w, trials, seed) ** 2)
        scale = theory.lipschitz_scale(w, lecun(w), logarithms=False, constant=min(w) if trace else 1.0)
        yield mean, scale, {"widths": str(w)}


lower_one_layer.refuted_by("all directions add up: E |W|² is n_0 n_1 β²", trace=True)


@claim(
    id="nguyen-lipschitz-below-product",
    source="Nguyen, Mondelli, Montúfar 2021 (v5), section on Lipschitz constants",
    statement="Lip(g_k)² ≤ Π |W_l|², always.",
    status="proved here",
    assumptions="None: slopes of ReLU are 0 or 1.",
    does_not_say="That the product has the right order: it is too large by a power of the width.",
    verdict=at_most(),
    companion="book-lipschitz-product-attained",
)
def below_product(*, shapes=((5, 40, 5), (20, 80, 80, 20), (10, 50, 3, 50, 10)), seeds=3, seed=0, average=False):
    """Compare the search with the product of squared norms, or of mean squared slopes of the layers (``average``)."""
    for w, s in product(shapes, range(seed, seed + seeds)):
        found, limit = searched(w, s)
        means = [np.linalg.norm(W) ** 2 / len(W) for W in plain.draw(w, lecun(w), s)]
        yield found, np.prod(means) if average else limit, {"widths": str(w), "seed": s}


below_product.refuted_by("every layer at its average slope, |W|_F²/n_(l−1)", average=True)


@claim(
    id="book-lipschitz-product-attained",
    source="Book",
    statement="Lip(g_k)² = Π |W_l|² for matrices of rank one that hand a positive vector to each other.",
    status="proved here",
    assumptions="W_l = s_l u_(l−1) u_lᵀ with positive unit vectors for the hidden layers; slope at x = u_0.",
    does_not_say="That random weights are anything like it.",
    verdict=at_most(tolerance=1e-12),
)
def product_attained(*, shapes=((5, 40, 5), (10, 50, 3, 50, 10)), seeds=3, seed=0, halves=False):
    """Compare the squared slope at one input with the product; ``halves`` divides it by 2 per activation."""
    for w, s in product(shapes, range(seed, seed + seeds)):
        rng = np.random.default_rng(s)
        u = [np.abs(v) / np.linalg.norm(v) for v in (rng.standard_normal(n) for n in w)]
        weights = [rng.uniform(0.5, 2) * np.outer(a, b) for a, b in pairwise(u)]
        slope = theory.operator_norms(theory.jacobians(weights, u[0][None]))[0]
        yield slope**2, theory.norm_product(weights) / (2.0 ** (len(w) - 2) if halves else 1.0), {"widths": str(w)}


product_attained.refuted_by("every activation halves the squared slope", halves=True)


@claim(
    id="book-lipschitz-product-gap",
    source="Book",
    statement="Product of norms over Lip², for (m, n, m), grows like n/m over finite-size factors that tend to 1.",
    status="proof sketched",
    missing_step="tightness of the random field of slopes as the width grows",
    assumptions="Gaussian weights, m = 20, n from 4 m to 64 m; Lip is a search estimate, over its own "
    "finite-size edge; the norms over theirs, (1 + √(m/n))² with the fluctuation of Tracy and Widom.",
    does_not_say="That the raw quotient shows the exponent 1 at these widths: it grows like n^(3/4).",
    verdict=power_law("n", absolute=True, ratio_band=(0.25, 0.7), tolerance=0.03),
)
def product_gap(*, m=20, factors=(4, 8, 16, 32, 64), seeds=6, seed=0, exponent=1.0, corrected=True):
    """Fit the exponent in n of the gap; its ratio to the formula must stay in a band."""
    for factor, s in product(factors, range(seed, seed + seeds)):
        n = m * factor
        square, norms = searched((m, n, m), s, **QUICK)
        share = (norm_square(m, n) / n) ** 2 / (product_edge(2 / factor) / 4) if corrected else 1.0
        yield norms / square / share, factor, {"n": n, "seed": s}


product_gap.refuted_by("n/m without the finite-size factors", corrected=False)


@claim(
    id="book-lipschitz-exact-plane",
    source="Book",
    statement="For two inputs, the search finds the exact Lipschitz constant, to all digits, in 90 % of networks.",
    status="open",
    assumptions="Widths up to 60 in up to three layers; exact: all angular sectors enumerated.",
    does_not_say="That it always does: a steep sector can be too thin to be hit; the shortfall is then a few per cent.",
    verdict=probability(),
    loose_because="nearly all draws succeed: no share between 0.9 and 1 is rejected",
)
def exact_plane(*, shapes=((2, 40, 3), (2, 30, 30, 4), (2, 60, 5, 2)), trials=40, seed=0, starts=32, steps=80):
    """Count relative shortfalls below 1e-9."""
    for widths in shapes:
        nets = [plain.draw(widths, lecun(widths), s) for s in range(seed, seed + trials)]
        found = [theory.lipschitz_search(W, starts=starts, steps=steps).lipschitz for W in nets]
        hits = sum(f >= (1 - 1e-9) * theory.plane_lipschitz(W) for f, W in zip(found, nets))
        yield (hits, trials), 0.9, {"widths": str(widths)}


exact_plane.refuted_by("two starts are enough", starts=2)


@claim(
    id="book-pattern-count",
    source="Book; the formula is Cover 1965",
    statement="A layer of n neurons on d inputs has exactly 2 Σ_(i<d) C(n−1, i) activation patterns.",
    status="proved here",
    assumptions="Weights in general position, no biases.",
    does_not_say="How many patterns deeper layers have: at most the product.",
    verdict=equal(tolerance=0.0),
)
def pattern_count(*, sizes=((2, 12), (3, 9), (4, 8), (5, 7)), seeds=2, seed=0, parallel=False):
    """Compare the enumerated number with the formula; ``parallel`` makes two neurons equal."""
    for (d, n), s in product(sizes, range(seed, seed + seeds)):
        W = np.random.default_rng(s).standard_normal((d, n))
        W[:, 1] = W[:, 0] if parallel else W[:, 1]
        yield len(theory.layer_patterns(W)), theory.arrangement_regions(n, d), {"d": d, "n": n, "seed": s}


pattern_count.refuted_by("general position is not needed: two neurons are equal", parallel=True)
