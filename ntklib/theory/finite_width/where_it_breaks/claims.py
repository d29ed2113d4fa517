"""Claims at the edge of the finite-width theorem: dead samples, close samples, a mean, and no wide layer at all."""

from itertools import pairwise, product

import numpy as np

from ntklib import plain
from ntklib.claims import at_least, claim, power_law, probability
from ntklib.spectrum import psd_smallest
from ntklib.theory.finite_width.scales import block_mean
from ntklib.theory.finite_width.setting import betas
from ntklib.theory.finite_width.two_sided import kernel_terms, neurons_asked
from ntklib.theory.finite_width.where_it_breaks import statements as theory
from ntklib.theory.finite_width.where_it_breaks.setting import deaths, shifted
from ntklib.theory.infinite_width.smallest_eigenvalue import sharp_limit
from ntklib.theory.setting import sphere_points as points


@claim(
    id="book-dead-bounds",
    source="Book; the deaths in the term N Σ exp(−Ω(n_l)) of Nguyen, Mondelli, Montúfar 2021 (v5), Theorem 2",
    statement="P(a sample is dead in layer 1) ≤ P(λ_min = 0) lies between pairwise bounds: N·2^(−n) for large n.",
    status="proved here",
    assumptions="Gaussian weights; here Gaussian data, N = 60, d = 30; bounds by de Caen, Kounias and Wendel.",
    does_not_say="That samples die independently: 1 − (1 − 2^(−n))^N is exact for orthogonal samples only.",
    verdict=probability(),
)
def dead_sample(*, N=60, d=30, neurons=(6, 8, 10), trials=1500, seed=0, exclusive=False):
    """Compare frequencies with both bounds (for the upper one: of survival); ``exclusive`` adds the probabilities."""
    X = np.random.default_rng(seed).standard_normal((N, d))
    for n in neurons:
        dead = deaths(X, n, trials, seed + 1)
        low, high = (N * 2.0**-n,) * 2 if exclusive else theory.dead_sample_bounds(X, n)
        yield (dead, trials), low, {"n": n, "event": "dead"}
        yield (trials - dead, trials), 1 - high, {"n": n, "event": "all alive"}


dead_sample.refuted_by("deaths exclude each other: N·2^(−n) for every n", exclusive=True)


@claim(
    id="book-dead-pair",
    source="Book",
    statement="Two samples at angle θ are both dead in a first layer of n neurons with probability ((π − θ)/2π)^n.",
    status="proved here",
    assumptions="Gaussian weights, any dimension.",
    does_not_say="Anything on three samples, whose orthants have no elementary volume in general.",
    verdict=probability(relation="=="),
)
def dead_pair(*, angles=(0.3, 1.0, np.pi / 2, 2.5), neurons=(1, 3), trials=4000, seed=0, assumed=None):
    """Compare frequencies with the formula; ``assumed`` is the angle that the formula is told instead."""
    generator = np.random.default_rng(seed)
    for angle, n in product(angles, neurons):
        w = generator.standard_normal((trials, n, 2))
        both = (w[..., 0] <= 0) & (w @ [np.cos(angle), np.sin(angle)] <= 0)
        told = theory.dead_pair_probability(angle if assumed is None else assumed, n)
        yield (both.all(axis=1).sum(), trials), told, {"angle": angle, "n": n}


dead_pair.refuted_by("they die independently, as orthogonal samples do: 4^(−n)", assumed=np.pi / 2)


@claim(
    id="book-dead-plane",
    source="Book",
    statement="For N samples in the plane, P(a sample is dead) = N 2^(−n) − Σ over gaps g < π of ((π − g)/2π)^n.",
    status="proved here",
    assumptions="Gaussian weights, first layer, d = 2.",
    does_not_say="The probability in higher dimension, where the dead samples form no run.",
    verdict=probability(relation="=="),
)
def dead_plane(*, N=12, neurons=(2, 4, 6), trials=4000, seed=0, independent=False):
    """Compare frequencies with the formula, or with independent deaths."""
    X = np.random.default_rng(seed).standard_normal((N, 2))
    for n in neurons:
        exact, apart = theory.planar_dead_probability(X, n), theory.independent_dead_probability(N, n)
        yield (deaths(X, n, trials, seed + 1), trials), apart if independent else exact, {"n": n}


dead_plane.refuted_by("samples die independently: 1 − (1 − 2^(−n))^N", independent=True)


@claim(
    id="nguyen-mean-survives",
    source="Nguyen, Mondelli, Montúfar 2021 (v5), Theorem 2, which assumes no zero mean",
    statement="With a mean of norm √d, λ_min(K) of a network with one wide layer still grows like d Π n_l.",
    status="cited",
    assumptions="Sphere of radius √d around the mean, N = 40, widths (d, 320, 60, 1), unit weights, d from N to 16N; "
    "geometric means of 40 draws of data and weights, over the share that the edge of centred data would leave.",
    does_not_say="That data concentrated at their mean would do: their deviation must be of order √d.",
    verdict=power_law("d", absolute=True, exponent=1.0, ratio_band=(1.2, 2.4), tolerance=0.03),
    companion="book-mean-survives-beyond",
)
def mean_survives(
    *, N=40, widths=(320, 60), dimensions=(40, 80, 160, 320, 640), seeds=40, seed=0, mean=1.0, spread=0.5
):
    """Fit the exponent in d; ``spread`` is the power of d by which the deviations from the mean grow."""
    yield from _around_a_mean(N, widths, dimensions, range(seed, seed + seeds), mean, spread)


mean_survives.refuted_by("the deviations may stay bounded while the mean grows", spread=0.0)


def _around_a_mean(N, widths, dimensions, draws, mean, spread):
    """Rows of the geometric mean of λ_min over the share of the edge, and of one block's diagonal entry."""
    for d in dimensions:
        shape, logs = (d, *widths, 1), []
        for s in draws:
            X = shifted(N, d=d, seed=s, mean=mean, spread=spread)
            weights = [plain.draw(pair, (1.0,), [9 + s, l])[0] for l, pair in enumerate(pairwise(shape))]
            logs.append(np.log(psd_smallest(sum(kernel_terms(weights, X)))))
        share = sharp_limit(3, N, d) / sharp_limit(3, N, 10**9)
        yield np.exp(np.mean(logs)) / share, block_mean(shape, (1.0,) * 3, 1, square_norm=d), {"d": d}


@claim(
    id="book-mean-survives-beyond",
    source="Book",
    statement="From d = 2N on, λ_min(K) around a mean of norm √d grows like d¹, without a finite-size bend.",
    status="open",
    assumptions="As for nguyen-mean-survives, with d from 2N to 32N.",
    does_not_say="What happens at d = N, where the edge of the data closes.",
    verdict=power_law("d", absolute=True, exponent=1.0, ratio_band=(1.2, 2.4), tolerance=0.03),
)
def mean_beyond(
    *, N=40, widths=(320, 60), dimensions=(80, 160, 320, 640, 1280), seeds=40, seed=0, mean=1.0, spread=0.5
):
    """Fit the exponent in d; ``spread`` is the power of d by which the deviations from the mean grow."""
    yield from _around_a_mean(N, widths, dimensions, range(seed, seed + seeds), mean, spread)


mean_beyond.refuted_by("the deviations may grow more slowly than the mean: like d^(2/5)", spread=0.4)


@claim(
    id="book-neighbour-distance",
    source="Book; exponents as in Karhadkar, Murray, Montúfar 2024",
    statement="The closest two of N uniform points on S^(d−1) are closer than closest_angle(N, d) in half the draws.",
    status="proved here",
    assumptions="d = 3, 5 or 10, N from 25 to 400; so the median angle goes like N^(−2/(d−1)).",
    does_not_say="That λ_min is linear in this angle: in d = 10 no angle is small at these N.",
    verdict=probability(relation="=="),
)
def neighbour_distance(*, dimensions=(3, 5, 10), sizes=(25, 100, 400), seeds=400, seed=0, ordered=False):
    """Count draws with a closer pair; ``ordered`` counts every pair twice."""
    for d, N in product(dimensions, sizes):
        angle = theory.closest_angle(N, d, 1 - 0.5**0.5 if ordered else 0.5)
        closer = sum(theory.smallest_angle(points(s, N, d)) < angle for s in range(seed, seed + seeds))
        yield (closer, seeds), 0.5, {"d": d, "N": N}


neighbour_distance.refuted_by("N² pairs, not N(N − 1)/2: every pair counts twice", ordered=True)


@claim(
    id="book-not-necessary",
    source="Book; on the converse of Theorem 2 of Nguyen, Mondelli, Montúfar 2021 (v5); cf. Bombari et al. 2022",
    statement="With no layer of N neurons, λ_min(K) is still above 5 % of the mean of a diagonal entry.",
    status="open",
    assumptions="Gaussian data, N = 200, widths (50, 60, 60, 60, 1), LeCun scaling, five draws.",
    does_not_say="How few neurons are enough; with fewer weights than samples λ_min is zero.",
    verdict=at_least(),
    loose_because="none known: an observation on draws that differ among each other by a factor 2; no formula for the "
    "share is known at these widths.",
)
def not_necessary(*, N=200, widths=(50, 60, 60, 60, 1), seeds=5, seed=0, share=0.05):
    """Compare λ_min with a share of the sum of block means, at widths for which condition (i) fails by far."""
    if max(widths[1:]) >= min(N, neurons_asked(N, 0.1)):
        raise ValueError(f"not_necessary: widths={widths!r} has a layer of N={N} neurons; expected narrower ones.")
    beta = betas(widths, "lecun")
    mean = sum(block_mean(widths, beta, k, square_norm=widths[0]) for k in range(1, len(widths)))
    for s in range(seed, seed + seeds):
        X = np.random.default_rng(s).standard_normal((N, widths[0]))
        yield psd_smallest(sum(kernel_terms(plain.draw(widths, beta, 9 + s), X))), share * mean, {"seed": s}


not_necessary.refuted_by("fewer weights than samples do as well: 182 for 200", widths=(50, 3, 4, 4, 1))
