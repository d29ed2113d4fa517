"""Claims of the chapter on the anatomy of the Jacobian Gram matrix: one bound, exact means, exact spread."""

from itertools import product

import numpy as np

from ntklib import plain
from ntklib.claims import at_least, claim, mean_of_draws, probability
from ntklib.spectrum import psd_smallest
from ntklib.theory.finite_width.anatomy import schur_sum_bound
from ntklib.theory.finite_width.anatomy.norms import (
    alive_probability,
    backward_levels,
    sampled_norms,
)
from ntklib.theory.finite_width.anatomy.setting import orthogonal_factors, sphere_factors
from ntklib.theory.finite_width.scales import backward_mean, block_mean, feature_mean

WIDTHS = ((5, 8, 4, 6, 1), (3, 30, 12, 1), (10, 6, 6, 6, 6, 1))
WIDER = ((5, 16, 10, 1), (3, 30, 20, 1), (10, 20, 30, 20, 1))  # for fourth moments, whose tails are heavy

BATCH = 10_000  # networks drawn at once


def _two_sides(F, B, statistic: str):
    """Smallest eigenvalue of the kernel, and its bound."""
    return psd_smallest(sum(plain.layer_kernels(F, B))), schur_sum_bound(F, B, statistic=getattr(np, statistic))


@claim(
    id="nguyen-schur-sum",
    source="Nguyen, Mondelli, Montúfar 2021 (v5), proof of Theorem 2",
    statement="λ_min(JJ^T) ≥ Σ_l λ_min(F_(l−1) F_(l−1)^T) min_i |(B_l)_i|², wherever the wide layer sits.",
    status="proved here",
    assumptions="None: the bound is deterministic, and zero for a dead sample.",
    does_not_say="That it is close: layers with fewer than N neurons count as nothing.",
    verdict=at_least(tolerance=1e-9),
    companion="book-schur-sum-orthogonal",
)
def schur_sum(*, N=60, d=30, wide=480, narrow=(20, 3), seeds=6, seed=0, statistic="min"):
    """Compare both sides; ``statistic`` replaces the minimum over the backward norms."""
    for position, last, s in product((1, 2, 3), narrow, range(seed, seed + seeds)):
        widths = [d, 20, 20, last, 1]
        widths[position] = wide
        settings = {"wide layer": position, "n_3": widths[3], "seed": s}
        yield *_two_sides(*sphere_factors(widths, N, s), statistic), settings


schur_sum.refuted_by("the mean of the backward norms counts, not the least one", statistic="mean")


@claim(
    id="book-schur-sum-orthogonal",
    source="Book",
    statement="On orthogonal samples of equal norm Schur's sum is attained in the limit of large output weights.",
    status="proved here",
    assumptions="L = 2, N = d orthogonal samples, unit weights in the first layer, of deviation 3 in the last.",
    does_not_say="Anything where F_(l−1) F_(l−1)^T is far from a multiple of the identity.",
    verdict=at_least(tolerance=1e-9),
)
def schur_sum_orthogonal(*, N=40, neurons=(80, 320, 1280), seeds=4, seed=0, statistic="min"):
    """Compare both sides; ``statistic`` replaces the minimum over the backward norms."""
    for n, s in product(neurons, range(seed, seed + seeds)):
        yield *_two_sides(*orthogonal_factors(N, n, s), statistic), {"n": n, "seed": s}


schur_sum_orthogonal.refuted_by("the median of the backward norms counts, not the least one", statistic="median")


def _norms(draws, seed, settings=WIDTHS):
    for n, widths in enumerate(settings):
        betas = tuple(np.linspace(0.5, 1.5, len(widths) - 1))
        x = np.random.default_rng([seed, n, 1]).standard_normal(widths[0])
        parts = [sampled_norms(widths, betas, x, draws=BATCH, seed=[seed, n, i]) for i in range(draws // BATCH)]
        f, b = (np.concatenate(arrays, axis=1) for arrays in zip(*parts))
        yield widths, betas, float(x @ x), f, b


@claim(
    id="book-feature-norm-mean",
    source="Book, sharpening Nguyen, Mondelli, Montúfar 2021 (v5), section 3",
    statement="E|f_k(x)|² = |x|² Π_(l≤k) n_l β_l²/2, at every width.",
    status="proved here",
    assumptions="ReLU, independent N(0, β_l²) weights, one fixed sample; widths from 4 to 30.",
    does_not_say="That one network is near its mean: see book-feature-norm-variance.",
    verdict=mean_of_draws(),
)
def feature_norm_mean(*, draws=100_000, seed=0, alive=False):
    """Compare sample means with the formula; ``alive`` divides it by the probability of survival."""
    for widths, betas, square, f, _ in _norms(draws, seed):
        for k in range(1, len(betas)):
            survival = alive_probability(widths, k) if alive else 1.0
            yield f[k], feature_mean(widths, betas, k, square_norm=square) / survival, {"widths": str(widths), "k": k}


feature_norm_mean.refuted_by("it is the mean over the samples that stay alive", alive=True)


@claim(
    id="book-backward-norm-mean",
    source="Book, sharpening Nguyen, Mondelli, Montúfar 2021 (v5), section 3",
    statement="E|b_k(x)|² = β_L² Π_(k≤l<L) n_l/2 Π_(k<l<L) β_l² · P(f_(k−1)(x) ≠ 0), P = Π_(l<k) (1 − 2^(−n_l)).",
    status="proved here",
    assumptions="ReLU with σ'(0) = 0, independent N(0, β_l²) weights, one fixed sample; widths from 4 to 30.",
    does_not_say="Anything about the least of N such norms, which the eigenvalue bound needs.",
    verdict=mean_of_draws(),
)
def backward_norm_mean(*, draws=100_000, seed=0, alive=True):
    """Compare sample means with the formula; without ``alive`` it forgets the probability of survival."""
    for widths, betas, _, _, b in _norms(draws, seed):
        for k in range(1, len(betas)):
            survival = alive_probability(widths, k - 1) if alive else 1.0
            yield b[k - 1], survival * backward_mean(widths, betas, k), {"widths": str(widths), "k": k}


backward_norm_mean.refuted_by("samples that arrive dead count as well: no factor P", alive=False)


@claim(
    id="book-block-scale",
    source="Book; the constant in the upper bound of Nguyen, Mondelli, Montúfar 2021 (v5), Theorem 2",
    statement="E|f_(k−1)|²|b_k|² = (|x|²/β_k²) Π_(l<L) (n_l/2) Π_l β_l²: block k has 1/β_k² of its own.",
    status="proved here",
    assumptions="ReLU, independent N(0, β_l²) weights, one fixed sample; widths from 4 to 30.",
    does_not_say="That λ_min(K) rescales by one factor: its blocks do so by different ones.",
    verdict=mean_of_draws(),
)
def block_scale(*, draws=100_000, seed=0, alive=False):
    """Compare sample means of diagonal entries; ``alive`` gives them the backward mean's probability of survival."""
    for widths, betas, square, f, b in _norms(draws, seed):
        for k in range(1, len(betas) + 1):
            survival = alive_probability(widths, k - 1) if alive else 1.0
            mean = survival * block_mean(widths, betas, k, square_norm=square)
            yield f[k - 1] * b[k - 1], mean, {"widths": str(widths), "k": k}


block_scale.refuted_by("both means are multiplied, the backward one with its probability of survival", alive=True)


@claim(
    id="book-feature-norm-variance",
    source="Book",
    statement="E|f_k|⁴ / (E|f_k|²)² = Π_(l≤k) (1 + 5/n_l), whatever the β_l.",
    status="proved here",
    assumptions="ReLU, independent Gaussian weights, one fixed sample; widths from 10 to 30.",
    does_not_say="That different samples fluctuate independently: they share the weights.",
    verdict=mean_of_draws(),
)
def feature_norm_variance(*, draws=40_000, seed=0, excess=5):
    """Compare sample fourth moments of norms with the formula; ``excess`` replaces the number 5."""
    for widths, betas, square, f, _ in _norms(draws, seed, WIDER):
        for k in range(1, len(betas)):
            moment = np.prod([1 + excess / n for n in widths[1 : k + 1]])
            relative = (f[k] / feature_mean(widths, betas, k, square_norm=square)) ** 2
            yield relative, moment, {"widths": str(widths), "k": k}


feature_norm_variance.refuted_by("every neuron is active: 1 + 2/n_l per layer", excess=2)


@claim(
    id="book-backward-norm-law",
    source="Book, sharpening Nguyen, Mondelli, Montúfar 2021, lemma on backward norms",
    statement="|b_l|² = f_L²/|f_l|² + β_(l+1)² |b_(l+1)|² χ²(ν_l − 1) in law, with ν_l active neurons in layer l.",
    status="proved here",
    assumptions="ReLU, independent Gaussian weights, one fixed sample, alive with at least two active neurons.",
    does_not_say="How the norms of different samples depend on each other.",
    verdict=probability(relation="=="),
)
def backward_norm_law(*, draws=1500, seed=0, lost=1):
    """Count levels below quantiles of the uniform law; ``lost`` replaces the degree of freedom lost."""
    for k in (1, 2, 3):
        levels = backward_levels(
            (5, 8, 6, 8, 1), (0.5, 0.8, 1.1, 1.4), np.ones(5), k, draws=draws, seed=seed, lost=lost
        )
        for q in (0.05, 0.25, 0.5, 0.75, 0.95):
            yield (np.count_nonzero(levels <= q), levels.size), q, {"k": k, "level": q}


backward_norm_law.refuted_by("no degree of freedom is lost to the output: χ²(ν_l)", lost=0)


@claim(
    id="book-dead-sample",
    source="Book; deaths enter the term N Σ e^(−Ω(n_l)) of Nguyen, Mondelli, Montúfar 2021 with the constant log 2",
    statement="One sample is dead, f_(L−1)(x) = 0, with probability 1 − Π_(l<L) (1 − 2^(−n_l)) exactly.",
    status="proved here",
    assumptions="ReLU, independent symmetric continuous weights, one fixed sample.",
    does_not_say="How often some of N samples is dead: their events depend on each other.",
    verdict=probability(relation="=="),
)
def dead_sample(*, draws=4000, seed=0, union=False):
    """Count dead samples; ``union`` adds the probabilities of the layers."""
    for n, widths in enumerate(((4, 2, 1), (4, 5, 3, 1), (4, 3, 8, 2, 1))):
        f, _ = sampled_norms(widths, (1.0,) * (len(widths) - 1), np.ones(4), draws=draws, seed=[seed, n])
        summed = sum(0.5**m for m in widths[1:-1])
        told = summed if union else 1 - alive_probability(widths, len(widths) - 2)
        yield (np.count_nonzero(f[-1] == 0), draws), told, {"widths": str(widths)}


dead_sample.refuted_by("the layers' probabilities add up: Σ 2^(−n_l)", union=True)
