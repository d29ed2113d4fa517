"""Claims of the chapter on generalization: one-pass SGD on XOR, its bounds, and the branches for gradient descent."""

from itertools import product

import numpy as np

from ntklib.claims import approximates, at_most, claim, power_law, within_factor
from ntklib.theory.polylog_width.generalization import statements as risk
from ntklib.theory.polylog_width.generalization.setting import best_tangent_loss


@claim(
    id="book-online-to-batch",
    source="Book; the step is part of Chen, Cao, Zou, Gu 2021, Theorem on SGD",
    statement="In a share 1 − δ of the runs (1 − 1/e) Σ_t E a_t ≤ Σ_t a_t + log(1/δ), a_t = −ℓ' on the fresh sample.",
    status="proved here",
    assumptions="One pass over independent samples; XOR, m = 64, L = 2; population means computed exactly; δ = 0.1.",
    does_not_say="Anything about samples that are used twice.",
    verdict=at_most(),
)
def online_to_batch(*, d=4, samples=96, networks=150, delta=0.1, seed=0, exact=False):
    """Compare the 1 − δ quantile of left over right with 1; ``exact`` says that the two sums agree."""
    run = risk.xor_pass(d, samples, 64, networks, seed=seed)
    population, seen = run.expected.sum(axis=1), run.slopes.sum(axis=1)
    ratio = population / seen if exact else (1 - 1 / np.e) * population / (seen + np.log(1 / delta))
    yield np.quantile(ratio, 1 - delta, method="higher"), 1.0, {"n": samples}


online_to_batch.refuted_by("Σ E a_t ≤ Σ a_t, without 1 − 1/e and without the logarithm", exact=True)


@claim(
    id="book-error-below-slopes",
    source="Book; used by Chen, Cao, Zou, Gu 2021",
    statement="The error of a network is at most twice its mean slope E a.",
    status="proved here",
    assumptions="Logistic loss: a ≥ 1/2 wherever the sign is wrong.",
    does_not_say="That it is near: at initialization both are about 1/2 and 1.",
    verdict=at_most(),
    companion="book-error-at-the-boundary",
)
def error_below_slopes(*, d=4, samples=64, networks=10, seed=0, twice=True):
    """Compare along a pass; without ``twice`` with the mean slope itself."""
    run = risk.xor_pass(d, samples, 64, networks, seed=seed)
    yield run.errors, (2.0 if twice else 1.0) * run.expected, {"d": d}


error_below_slopes.refuted_by("at most the mean slope itself", twice=False)


@claim(
    id="book-error-at-the-boundary",
    source="Book",
    statement="Where every output has the wrong sign and is small, the error is 1, and twice the mean slope.",
    status="proved here",
    assumptions="Outputs y f = −s|g|, g Gaussian, s = 0.01, 0.03, 0.1; up to s/2.",
    does_not_say="That a trained network looks like this.",
    verdict=approximates(),
)
def error_at_the_boundary(*, scales=(0.01, 0.03, 0.1), samples=1000, seed=0, loss=False):
    """Compare twice the mean slope, or (``loss``) the mean loss, with the error, up to s/2 for the curvature."""
    g = np.abs(np.random.default_rng(seed).standard_normal(samples))
    for s in scales:
        outputs = -s * g  # times the label
        losses = np.logaddexp(0.0, -outputs)
        slopes = np.exp(-outputs - losses)
        yield losses.mean() if loss else 2 * slopes.mean(), (np.mean(outputs <= 0), s / 2), {"s": s}


error_at_the_boundary.refuted_by("at most the mean loss in nats: ℓ(0) is not below 1", loss=True)


@claim(
    id="chen-sgd-bound",
    source="Chen, Cao, Zou, Gu 2021, Theorem on SGD (constants recalled)",
    statement="The mean error of the iterates is at most 8L²R²/n + 8 log(2/δ)/n + 24 ε_NTRF.",
    status="cited",
    assumptions="XOR, d = 4, m = 128, L = 2, η = 1/(2m), n = 64 and 512; least bound over R = 5, 10, 20, 40.",
    does_not_say="Anything at these n, where the bound exceeds 1: the true error is 50 and more times smaller.",
    verdict=at_most(trivial=1.0),
    loose_because="none known: the constants 8 and 24 and the price R² = 400 exceed 1 until n is in the ten thousands; "
    "here every error is below 1 and the bound is not.",
)
def sgd_bound(*, d=4, sizes=(64, 512), width=128, networks=4, seed=0, price=True):
    """Compare the measured mean with the bound; without ``price`` only the comparator's loss is left of it."""
    losses = {R: best_tangent_loss(d, width, R, seed) for R in (5.0, 10.0, 20.0, 40.0)}
    for n in sizes:
        error = risk.xor_pass(d, n, width, networks, seed=seed).errors.mean()
        bounds = [risk.sgd_bound(n, R, 2, loss, 0.1) if price else 24 * loss for R, loss in losses.items()]
        yield error, min(bounds), {"n": n}


sgd_bound.refuted_by("24 ε_NTRF(R) alone, at the best R: no price for the radius", price=False)


@claim(
    id="book-xor-sgd-law",
    source="Book, an observation in the setting of Li, Guo, Lei, Ying 2025",
    statement="The mean error of one-pass SGD on XOR is 1.05 d²/n up to a factor 1.6.",
    status="open",
    assumptions="d = 4 and 6, n = 64 to 512, m = 64, L = 2, η = 1/(2m), mean over 64 networks and all iterates.",
    does_not_say="That the last iterate is not better: it is, by far.",
    verdict=within_factor(),
    loose_because="an observation over 64 networks: the law has no proof, and its constant is fitted",
)
def xor_law(*, dims=(4, 6), sizes=(64, 160, 512), networks=64, seed=0, rate=0.5, power=2):
    """Compare the factor between the error and the law; ``rate`` is the step size times m, ``power`` that of d."""
    for d in dims:
        errors = risk.xor_pass(d, max(sizes), 64, networks, rate=rate, seed=seed).errors
        for n in sizes:
            yield errors[:, :n].mean(), (1.05 * d**power / n, 1.6), {"d": d, "n": n}


xor_law.refuted_by("d/n: the dimension counts once", power=1)


@claim(
    id="book-crossover-width",
    source="Book",
    statement="The two branches cross at a width of order 8^(−L) L^(5/2) R^(1/2) n^(3/4).",
    status="proved here",
    assumptions="Equal constants, R = 10, L = 2, n from 1e3 to 1e7.",
    does_not_say="That a bound is below 1 anywhere near the crossing.",
    verdict=power_law("n", absolute=True, ratio_band=(1.0, 1.1), tolerance=0.02),
    deterministic="the root of a quartic",
)
def crossover(*, sizes=(1e3, 1e4, 1e5, 1e6, 1e7), radius=10.0, depth=2, exponent=0.75):
    """Fit the exponent of n and compare with the closed form."""
    for n in sizes:
        form = 8.0**-depth * depth**2.5 * radius**0.5 * n**0.75
        yield risk.crossover_width(n, radius, depth), form, {"n": n}


crossover.refuted_by("like n^(2/3) in place of n^(3/4)", exponent=2 / 3)


@claim(
    id="book-error-flat-in-width",
    source="Book, against the first branch of Chen, Cao, Zou, Gu 2021, Theorem on generalization",
    statement="From m = 64 to 1024 the mean error of SGD changes by less than a factor 1.5 where √m grows fourfold.",
    status="open",
    assumptions="XOR, d = 4, n = 128, L = 2, mean over six networks.",
    does_not_say="That the branch is false: it is an upper bound, loose by 4^L and by √m.",
    verdict=within_factor(),
    loose_because="an observation over six networks a width; a factor 1.5 is what their scatter allows to say",
)
def flat(*, widths=(64, 256, 1024), d=4, samples=128, networks=6, seed=0, rate=0.5, power=0.0):
    """Compare the spread of error · m^(−power) with 1.5."""
    errors = [risk.xor_pass(d, samples, m, networks, seed=seed, rate=rate).errors.mean() for m in widths]
    scaled = np.array(errors) * np.array(widths, float) ** -power
    for (i, a), (j, b) in product(enumerate(scaled), repeat=2):
        if i < j:
            yield a, (b, 1.5), {"m": f"{widths[i]}, {widths[j]}"}


flat.refuted_by("the error grows like √m", power=0.5)
