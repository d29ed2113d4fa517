"""Claims of the chapter on generalization: one-pass SGD on XOR, its bounds, and the branches for gradient descent."""

import jax
import numpy as np

from ntklib.claims import claim, frequency, inequality, scaling_law
from ntklib.networks import MLP
from ntklib.theory.polylog_width.generalization import statements as risk
from ntklib.theory.polylog_width.separability.statements import parity_cube
from ntklib.theory.polylog_width.tangent_models import scaled_blocks, tangent_fit


def best_tangent_loss(d: int, width: int, radius: float, seed: int = 0) -> float:
    """The least loss of the tangent class of one shallow network on the whole XOR cube, the population."""
    X, y = parity_cube(d)
    net = MLP((d, width, 1), "relu", "chen")
    params = net.init(jax.random.key(seed))
    blocks, start = scaled_blocks(net, params, X), np.asarray(net(params, X), float)
    return tangent_fit(blocks, y, radius, start=start, tolerance=0.05, steps=2000).loss


@claim(
    id="book-online-to-batch",
    source="Book; the step is part of Chen, Cao, Zou, Gu 2021, Theorem on SGD",
    statement="With probability 1 − δ, (1 − 1/e) Σ_t E a_t ≤ Σ_t a_t + log(1/δ), a_t = −ℓ' on the fresh sample.",
    status="proved here",
    assumptions="One pass over independent samples; XOR, m = 64, L = 2; population means computed exactly.",
    does_not_say="Anything about samples that are used twice.",
)
def online_to_batch(*, d=4, samples=96, networks=150, delta=0.1, seed=0, factor=1.0):
    """Count networks that obey it; ``factor`` multiplies the right side."""
    run = risk.xor_pass(d, samples, 64, networks, seed=seed)
    left = (1 - 1 / np.e) * run.expected.sum(axis=1)
    right = factor * (run.slopes.sum(axis=1) + np.log(1 / delta))
    return frequency(int((left <= right).sum()), networks, 1 - delta, relation=">=")


online_to_batch.refuted_by(factor=0.5)


@claim(
    id="book-error-below-slopes",
    source="Book; used by Chen, Cao, Zou, Gu 2021",
    statement="The error of a network is at most twice its mean slope E a.",
    status="proved here",
    assumptions="Logistic loss: a ≥ 1/2 wherever the sign is wrong.",
    does_not_say="That it is near: at initialization both are about 1/2 and 1.",
)
def error_below_slopes(*, d=4, samples=64, networks=10, seed=0, factor=2.0):
    """Compare along a pass; ``factor=0.3`` replaces the 2."""
    run = risk.xor_pass(d, samples, 64, networks, seed=seed)
    return inequality(run.errors.ravel(), factor * run.expected.ravel(), None, "<=")


error_below_slopes.refuted_by(factor=0.3)


@claim(
    id="chen-sgd-bound",
    source="Chen, Cao, Zou, Gu 2021, Theorem on SGD (constants recalled)",
    statement="The mean error of the iterates is at most 8L²R²/n + 8 log(2/δ)/n + 24 ε_NTRF.",
    status="cited",
    assumptions="XOR, d = 4, m = 128, L = 2, η = 1/(2m), n = 64 and 512; least bound over R = 5, 10, 20, 40.",
    does_not_say="Anything at these n, where the bound exceeds 1: the true error is 50 and more times smaller.",
)
def sgd_bound(*, d=4, sizes=(64, 512), width=128, networks=4, seed=0, factor=1.0):
    """Compare the measured mean with the bound; ``factor`` multiplies the bound."""
    losses = {R: best_tangent_loss(d, width, R, seed) for R in (5.0, 10.0, 20.0, 40.0)}
    found, bounds, rows = [], [], []
    for n in sizes:
        found.append(risk.xor_pass(d, n, width, networks, seed=seed).errors.mean())
        bounds.append(factor * min(risk.sgd_bound(n, R, 2, loss, 0.1) for R, loss in losses.items()))
        rows.append({"n": n, "vacuous": bounds[-1] >= 1})
    return inequality(found, bounds, rows, "<=")


sgd_bound.refuted_by(factor=1e-4)


@claim(
    id="book-xor-sgd-law",
    source="Book, an observation in the setting of Li, Guo, Lei, Ying 2025",
    statement="The mean error of one-pass SGD on XOR is d²/n up to a factor between 0.5 and 3.",
    status="open",
    assumptions="d = 4 and 6, n = 64 to 512, m = 64, L = 2, η = 1/(2m), mean over eight networks and all iterates.",
    does_not_say="That the last iterate is not better: it is, by far.",
)
def xor_law(*, dims=(4, 6), sizes=(64, 160, 512), networks=8, seed=0, rate=0.5):
    """Compare n · error/d² and its inverse with the band; ``rate`` is the step size times m."""
    found, bounds, rows = [], [], []
    for d in dims:
        errors = risk.xor_pass(d, max(sizes), 64, networks, rate=rate, seed=seed).errors
        for n in sizes:
            ratio = n * errors[:, :n].mean() / d**2
            found += [ratio, 1 / ratio]
            bounds += [3.0, 2.0]
            rows += [{"d": d, "n": n, "ratio": ratio}] * 2
    return inequality(found, bounds, rows, "<=")


xor_law.refuted_by(rate=0.01)


@claim(
    id="book-crossover-width",
    source="Book",
    statement="The two branches cross at a width of order 8^(−L) L^(5/2) R^(1/2) n^(3/4).",
    status="proved here",
    assumptions="Equal constants, R = 10, L = 2, n from 1e3 to 1e7.",
    does_not_say="That a bound is below 1 anywhere near the crossing.",
)
def crossover(*, sizes=(1e3, 1e4, 1e5, 1e6, 1e7), radius=10.0, depth=2, exponent=0.75, seed=0):
    """Fit the exponent of n and compare with the closed form."""
    sizes = np.array(sizes) * (1 + seed)
    found = [risk.crossover_width(n, radius, depth) for n in sizes]
    form = 8.0**-depth * depth**2.5 * radius**0.5 * sizes**exponent
    return scaling_law(sizes, found, exponent, (1.0, 1.1), predicted=form, tolerance=0.02)


crossover.refuted_by(exponent=0.5)


@claim(
    id="chen-error-flat-in-width",
    source="Book, against the first branch of Chen, Cao, Zou, Gu 2021, Theorem on generalization",
    statement="From m = 64 to 1024 the mean error of SGD changes by less than a factor 1.5 where √m grows fourfold.",
    status="open",
    assumptions="XOR, d = 4, n = 128, L = 2, mean over six networks.",
    does_not_say="That the branch is false: it is an upper bound, loose by 4^L and by √m.",
)
def flat(*, widths=(64, 256, 1024), d=4, samples=128, networks=6, seed=0, rate=0.5, power=0.0):
    """Compare the spread of error · m^(−power) with 1.5."""
    errors = [risk.xor_pass(d, samples, m, networks, seed=seed, rate=rate).errors.mean() for m in widths]
    scaled = np.array(errors) * np.array(widths, float) ** -power
    return inequality(scaled.max() / scaled.min(), 1.5, [{"error at m = 64": errors[0]}], "<=")


flat.refuted_by(power=0.5)
