"""Claims of the chapter on the anatomy of the Jacobian Gram matrix: one bound, exact means, exact spread."""

import numpy as np

from ntklib import plain
from ntklib.claims import claim, frequency, inequality
from ntklib.spectrum import psd_smallest
from ntklib.theory.finite_width.anatomy import schur_sum_bound
from ntklib.theory.finite_width.anatomy.norms import (
    alive_probability,
    backward_levels,
    relative_second_moment,
    sampled_norms,
)
from ntklib.theory.finite_width.scales import backward_mean, block_mean, feature_mean

WIDTHS = ((5, 8, 4, 6, 1), (3, 30, 12, 1), (10, 6, 6, 6, 6, 1))
WIDER = ((5, 16, 10, 1), (3, 30, 20, 1), (10, 20, 30, 20, 1))  # for fourth moments, whose tails are heavy
STANDARD_ERRORS = 4.5  # allowed, each of some ten means


def he_params(widths, seed: int) -> list[np.ndarray]:
    """Weights of variance 2/n_{l-1}, from NumPy."""
    return plain.draw(widths, [(2 / n) ** 0.5 for n in widths[:-1]], seed)


def sphere_factors(widths, N: int, seed: int):
    """Feature and backward matrices of a He-initialized network on points of norm √d."""
    X = np.random.default_rng([seed, 1]).standard_normal((N, widths[0]))
    X *= (widths[0] ** 0.5 / np.linalg.norm(X, axis=1))[:, None]
    return plain.factors(he_params(widths, seed), X, activation="relu")


@claim(
    id="nguyen-schur-sum",
    source="Nguyen, Mondelli, Montúfar 2021, proof of Theorem 2",
    statement="λ_min(JJ^T) ≥ Σ_k λ_min(F_k F_k^T) min_i |(B_(k+1))_i|², wherever the wide layer sits.",
    status="proved here",
    assumptions="None: the bound is deterministic, and zero for a dead sample.",
    does_not_say="That it is close: layers with fewer than N neurons count as nothing.",
)
def schur_sum(*, N=60, d=30, wide=480, narrow=(20, 3), seeds=6, first_seed=0, statistic="min"):
    """Compare both sides; ``statistic`` replaces the minimum over the backward norms."""
    rows, measured, bound = [], [], []
    for position in (1, 2, 3):
        for last in narrow:
            widths = [d, 20, 20, last, 1]
            widths[position] = wide
            for seed in range(first_seed, first_seed + seeds):
                F, B = sphere_factors(widths, N, seed)
                rows.append({"wide layer": position, "n_3": widths[3], "seed": seed})
                measured.append(psd_smallest(sum(plain.layer_kernels(F, B))))
                bound.append(schur_sum_bound(F, B, statistic=getattr(np, statistic)))
    return inequality(measured, bound, rows, tolerance=1e-9)


schur_sum.refuted_by(statistic="mean")


def _within_errors(samples, means, rows):
    """Distance of sample means from exact means in standard errors, against the allowed number of them."""
    samples, means = np.array(samples), np.array(means)
    error = samples.std(axis=1, ddof=1) / samples.shape[1] ** 0.5
    distance = np.abs(samples.mean(axis=1) - means) / np.maximum(error, 1e-12 * np.abs(means))
    rows = [row | {"mean": m, "exact": e} for row, m, e in zip(rows, samples.mean(axis=1), means)]
    return inequality(distance, STANDARD_ERRORS, rows, "<=")


def _norms(draws, seed, settings=WIDTHS):
    for n, widths in enumerate(settings):
        betas = tuple(np.linspace(0.5, 1.5, len(widths) - 1))
        x = np.random.default_rng(n).standard_normal(widths[0])
        f, b = sampled_norms(widths, betas, x, draws=draws, seed=[seed, n])
        yield widths, betas, float(x @ x), f, b


@claim(
    id="book-feature-norm-mean",
    source="Book, sharpening Nguyen, Mondelli, Montúfar 2021, section 3",
    statement="E|f_k(x)|² = |x|² Π_(l≤k) n_l β_l²/2, at every width.",
    status="proved here",
    assumptions="ReLU, independent N(0, β_l²) weights, one fixed sample; widths from 4 to 30.",
    does_not_say="That one network is near its mean: see book-feature-norm-variance.",
)
def feature_norm_mean(*, draws=20000, seed=0, share=0.5):
    """Compare sample means with the formula in standard errors; ``share`` replaces the 1/2 per layer."""
    samples, means, rows = [], [], []
    for widths, betas, square, f, _ in _norms(draws, seed):
        for k in range(1, len(betas)):
            samples.append(f[k])
            means.append((2 * share) ** k * feature_mean(widths, betas, k, square_norm=square))
            rows.append({"widths": str(widths), "k": k})
    return _within_errors(samples, means, rows)


feature_norm_mean.refuted_by(share=1.0)


@claim(
    id="book-backward-norm-mean",
    source="Book, sharpening Nguyen, Mondelli, Montúfar 2021, section 3",
    statement="E|b_k(x)|² = β_L² Π_(k≤l<L) n_l/2 Π_(k<l<L) β_l² · P(f_(k−1)(x) ≠ 0), P = Π_(l<k) (1 − 2^(−n_l)).",
    status="proved here",
    assumptions="ReLU with σ'(0) = 0, independent N(0, β_l²) weights, one fixed sample; widths from 4 to 30.",
    does_not_say="Anything about the least of N such norms, which the eigenvalue bound needs.",
)
def backward_norm_mean(*, draws=20000, seed=0, share=0.5, alive=True):
    """Compare sample means with the formula in standard errors; ``share`` replaces the 1/2 per layer."""
    samples, means, rows = [], [], []
    for widths, betas, _, _, b in _norms(draws, seed):
        L = len(betas)
        for k in range(1, L):
            factor = (2 * share) ** (L - k) * (alive_probability(widths, k - 1) if alive else 1.0)
            samples.append(b[k - 1])
            means.append(factor * backward_mean(widths, betas, k))
            rows.append({"widths": str(widths), "k": k})
    return _within_errors(samples, means, rows)


backward_norm_mean.refuted_by(share=1.0)


@claim(
    id="nguyen-block-scale",
    source="Nguyen, Mondelli, Montúfar 2021, Theorem 2, upper bound, with its constant",
    statement="E|f_(k−1)|²|b_k|² = (|x|²/β_k²) Π_(l<L) (n_l/2) Π_l β_l²: block k has 1/β_k² of its own.",
    status="proved here",
    assumptions="ReLU, independent N(0, β_l²) weights, one fixed sample; widths from 4 to 30.",
    does_not_say="That λ_min(K) rescales by one factor: its blocks do so by different ones.",
)
def block_scale(*, draws=20000, seed=0, common=False):
    """Compare sample means of diagonal entries; ``common`` gives every block the scale of the first."""
    samples, means, rows = [], [], []
    for widths, betas, square, f, b in _norms(draws, seed):
        for k in range(1, len(betas) + 1):
            samples.append(f[k - 1] * b[k - 1])
            means.append(block_mean(widths, betas, 1 if common else k, square_norm=square))
            rows.append({"widths": str(widths), "k": k})
    return _within_errors(samples, means, rows)


block_scale.refuted_by(common=True)


@claim(
    id="book-feature-norm-variance",
    source="Book",
    statement="E|f_k|⁴ / (E|f_k|²)² = Π_(l≤k) (1 + 5/n_l), whatever the β_l.",
    status="proved here",
    assumptions="ReLU, independent Gaussian weights, one fixed sample; widths from 10 to 30.",
    does_not_say="That different samples fluctuate independently: they share the weights.",
)
def feature_norm_variance(*, draws=10000, seed=0, excess=None):
    """Compare sample fourth moments of norms in standard errors; ``excess`` replaces the number 5."""
    samples, moments, rows = [], [], []
    for widths, betas, square, f, _ in _norms(draws, seed, WIDER):
        for k in range(1, len(betas)):
            samples.append((f[k] / feature_mean(widths, betas, k, square_norm=square)) ** 2)
            exact = relative_second_moment(widths, k)
            moments.append(exact if excess is None else np.prod([1 + excess / n for n in widths[1 : k + 1]]))
            rows.append({"widths": str(widths), "k": k})
    return _within_errors(samples, moments, rows)


feature_norm_variance.refuted_by(excess=2)


@claim(
    id="book-backward-norm-law",
    source="Book, sharpening Nguyen, Mondelli, Montúfar 2021, lemma on backward norms",
    statement="|b_k|² = f_L²/|f_k|² + β_(k+1)² |b_(k+1)|² χ²(m_k − 1) in law, with m_k active neurons in layer k.",
    status="proved here",
    assumptions="ReLU, independent Gaussian weights, one fixed sample, alive with at least two active neurons.",
    does_not_say="How the norms of different samples depend on each other.",
)
def backward_norm_law(*, draws=1500, seed=0, lost=1):
    """Largest distance of the sampled levels from uniform ones; ``lost`` replaces the degree of freedom lost."""
    from scipy.stats import kstest  # a second to import, for this claim alone

    cells = [((5, 8, 6, 8, 1), (0.5, 0.8, 1.1, 1.4), k) for k in (1, 2, 3)]
    levels = [backward_levels(n, b, np.ones(5), k, draws=draws, seed=seed, lost=lost) for n, b, k in cells]
    allowed = [1.95 / len(sample) ** 0.5 for sample in levels]  # exceeded once in a thousand samples
    distance = [kstest(sample, "uniform").statistic for sample in levels]
    return inequality(distance, allowed, [{"k": k} for *_, k in cells], "<=")


backward_norm_law.refuted_by(lost=0)


@claim(
    id="book-dead-sample",
    source="Book; the term N Σ e^(−Ω(n_l)) of Nguyen, Mondelli, Montúfar 2021 with its constant, log 2",
    statement="One sample is dead, f_(L−1)(x) = 0, with probability 1 − Π_(l<L) (1 − 2^(−n_l)) exactly.",
    status="proved here",
    assumptions="ReLU, independent symmetric continuous weights, one fixed sample.",
    does_not_say="How often some of N samples is dead: their events depend on each other.",
)
def dead_sample(*, draws=4000, seed=0, base=0.5):
    """Count dead samples; ``base`` replaces the 1/2 of one neuron."""
    settings = ((4, 2, 1), (4, 5, 3, 1), (4, 3, 8, 2, 1))
    dead, predicted = [], []
    for n, widths in enumerate(settings):
        f, _ = sampled_norms(widths, (1.0,) * (len(widths) - 1), np.ones(4), draws=draws, seed=[seed, n])
        dead.append(int((f[-1] == 0).sum()))
        predicted.append(1 - np.prod([1 - base**m for m in widths[1:-1]]))
    return frequency(dead, draws, predicted, relation="==", table=[{"widths": str(w)} for w in settings])


dead_sample.refuted_by(base=0.4)
