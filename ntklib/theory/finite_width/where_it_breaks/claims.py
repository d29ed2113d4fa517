"""Claims at the edge of the finite-width theorem: dead samples, close samples, a mean, and no wide layer at all."""

from itertools import product as grid

import numpy as np

from ntklib import plain
from ntklib.claims import claim, frequency, inequality, scaling_law
from ntklib.spectrum import psd_smallest
from ntklib.theory.finite_width.scales import block_mean
from ntklib.theory.finite_width.two_sided import (
    kernel_terms,
    neurons_asked,
)
from ntklib.theory.finite_width.two_sided.claims import betas, measured
from ntklib.theory.finite_width.where_it_breaks import statements as theory
from ntklib.theory.setting import sphere_points as points


def deaths(X, n: int, trials: int, seed: int = 0) -> int:
    """Count the draws of a first layer of n neurons that kill at least one sample."""
    generator = np.random.default_rng(seed)
    return sum(bool((X @ generator.standard_normal((X.shape[1], n)) <= 0).all(1).any()) for _ in range(trials))


@claim(
    id="nguyen-dead-sample",
    source="Nguyen, Mondelli, Montúfar 2021, Theorem 2, the term N Σ exp(−Ω(n_l)); bounds: Book",
    statement="P(a sample is dead in layer 1), hence P(λ_min = 0), lies between pairwise bounds: N·2^(−n) for large n.",
    status="proved here",
    assumptions="Gaussian weights; here Gaussian data, N = 60, d = 30; bounds by de Caen, Kounias and Wendel.",
    does_not_say="That samples die independently: 1 − (1 − 2^(−n))^N is exact for orthogonal samples only.",
)
def dead_sample(*, N=60, d=30, neurons=(6, 8, 10), trials=1500, seed=0, base=2.0):
    """Compare frequencies with both bounds (for the upper one: of survival); ``base`` replaces 2 in 2^(-n)."""
    X = np.random.default_rng(seed).standard_normal((N, d))
    dead = [deaths(X, n, trials, seed + 1) for n in neurons]
    low, high = zip(*(theory.dead_sample_bounds(X, n, base=base) for n in neurons))
    table = [{"n": n, "event": event} for event in ("dead", "all alive") for n in neurons]
    return frequency([*dead, *(trials - k for k in dead)], trials, [*low, *(1 - p for p in high)], table=table)


dead_sample.refuted_by(base=3.0)


@claim(
    id="book-dead-pair",
    source="Book",
    statement="Two samples at angle θ are both dead in a first layer of n neurons with probability ((π − θ)/2π)^n.",
    status="proved here",
    assumptions="Gaussian weights, any dimension.",
    does_not_say="Anything on three samples, whose orthants have no elementary volume in general.",
)
def dead_pair(*, angles=(0.3, 1.0, np.pi / 2, 2.5), neurons=(1, 3), trials=4000, seed=0, assumed=None):
    """Compare frequencies with the formula; ``assumed`` is the angle that the formula is told instead."""
    generator, cells = np.random.default_rng(seed), [{"angle": t, "n": n} for t, n in grid(angles, neurons)]
    both = []
    for c in cells:
        w = generator.standard_normal((trials, c["n"], 2))
        second = w @ [np.cos(c["angle"]), np.sin(c["angle"])]
        both.append(int(((w[..., 0] <= 0) & (second <= 0)).all(axis=1).sum()))
    told = [theory.dead_pair_probability(c["angle"] if assumed is None else assumed, c["n"]) for c in cells]
    return frequency(both, trials, told, table=cells, relation="==")


dead_pair.refuted_by(assumed=np.pi / 2)


@claim(
    id="book-dead-plane",
    source="Book",
    statement="For N samples in the plane, P(a sample is dead) = N 2^(−n) − Σ over gaps g < π of ((π − g)/2π)^n.",
    status="proved here",
    assumptions="Gaussian weights, first layer, d = 2.",
    does_not_say="The probability in higher dimension, where the dead samples form no run.",
)
def dead_plane(*, N=12, neurons=(2, 4, 6), trials=4000, seed=0, independent=False):
    """Compare frequencies with the formula, or with independent deaths."""
    X = np.random.default_rng(seed).standard_normal((N, 2))
    dead = [deaths(X, n, trials, seed + 1) for n in neurons]
    exact = [theory.planar_dead_probability(X, n) for n in neurons]
    told = [theory.independent_dead_probability(N, n) for n in neurons] if independent else exact
    return frequency(dead, trials, told, table=[{"n": n} for n in neurons], relation="==")


dead_plane.refuted_by(independent=True)


@claim(
    id="nguyen-mean-survives",
    source="Nguyen, Mondelli, Montúfar 2021, Theorem 2, which assumes no zero mean",
    statement="With a mean of norm √d, λ_min(K) of a network with one wide layer still grows like d Π n_l.",
    status="proof sketched",
    assumptions="Sphere of radius √d around the mean, N = 40, widths (d, 320, 60, 1), unit weights, d from N to 16N.",
    does_not_say="That data concentrated at their mean would do: their deviation must be of order √d.",
)
def mean_survives(*, N=40, widths=(320, 60), dimensions=(40, 80, 160, 320, 640), seeds=4, mean=1.0, spread=0.5):
    """Fit the exponent in d; ``spread`` is the power of d by which the deviations from the mean grow."""
    cells = [{"d": d, "seed": s} for d, s in grid(dimensions, range(seeds))]
    values = [measured((c["d"], *widths, 1), "standard", shifted(N, mean=mean, spread=spread, **c), 9) for c in cells]
    scale = [block_mean((c["d"], *widths, 1), (1.0,) * 3, 1, square_norm=c["d"]) for c in cells]
    d = [c["d"] for c in cells]
    return scaling_law(d, values, 1.0, (0.2, 4), predicted=scale, table=cells, tolerance=0.15)


mean_survives.refuted_by(spread=0.0)


def shifted(N: int, *, d: int, seed: int, mean: float, spread: float = 0.5) -> np.ndarray:
    """Return sphere points of radius d^spread around a mean of norm ``mean`` times sqrt(d)."""
    return points(seed, N, d) * d ** (spread - 0.5) + mean * d**0.5 * np.eye(1, d)


@claim(
    id="book-neighbour-distance",
    source="Book; exponents as in Karhadkar, Murray, Montúfar 2024",
    statement="The closest pair of N uniform points on S^(d−1) has median angle closest_angle(N, d) ~ N^(−2/(d−1)).",
    status="proof sketched",
    assumptions="d = 3, 5 or 10, N from 25 to 400, median of 31 draws.",
    does_not_say="That λ_min is linear in this angle: in d = 10 no angle is small at these N.",
)
def neighbour_distance(*, dimensions=(3, 5, 10), sizes=(25, 100, 400), seeds=31, first=0, dimension=None):
    """Compare the logarithm of median over predicted with log 1.6; ``dimension`` is told instead of d."""
    cells = [{"d": d, "N": N} for d, N in grid(dimensions, sizes)]
    medians = [
        np.median([theory.smallest_angle(points(s, c["N"], c["d"])) for s in range(first, first + seeds)])
        for c in cells
    ]
    told = [theory.closest_angle(c["N"], c["d"] if dimension is None else dimension) for c in cells]
    return inequality(np.abs(np.log(np.array(medians) / told)), np.log(1.6), cells, "<=")


neighbour_distance.refuted_by(dimension=4)


@claim(
    id="nguyen-not-necessary",
    source="Nguyen, Mondelli, Montúfar 2021, Theorem 2; cf. Bombari et al. 2022",
    statement="With no layer of N neurons, λ_min(K) is still above 3 % of the mean of a diagonal entry.",
    status="open",
    assumptions="Gaussian data, N = 200, widths (50, 60, 60, 60, 1), LeCun scaling, five draws.",
    does_not_say="How few neurons are enough; with fewer weights than samples λ_min is zero.",
)
def not_necessary(*, N=200, widths=(50, 60, 60, 60, 1), seeds=5, share=0.03):
    """Compare λ_min with a share of the sum of block means, at widths for which condition (i) fails by far."""
    if max(widths[1:]) >= min(N, neurons_asked(N, 0.1)):
        raise ValueError(f"not_necessary: widths={widths!r} has a layer of N={N} neurons; expected narrower ones.")
    beta, cells = betas(widths, "lecun"), [{"seed": s} for s in range(seeds)]
    data = [np.random.default_rng(s).standard_normal((N, widths[0])) for s in range(seeds)]
    values = [psd_smallest(sum(kernel_terms(plain.draw(widths, beta, 9 + s), X))) for s, X in enumerate(data)]
    mean = sum(block_mean(widths, beta, k, square_norm=widths[0]) for k in range(1, len(widths)))
    return inequality(values, share * mean, cells)


not_necessary.refuted_by(widths=(50, 3, 4, 4, 1))
