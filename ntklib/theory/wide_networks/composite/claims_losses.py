"""Claims of the composite chapter on other outer losses: Huber's and the logistic one."""

from functools import lru_cache
from itertools import product

import numpy as np

from ntklib.claims import at_least, at_most, claim, equal, power_law
from ntklib.networks import MLP
from ntklib.theory.wide_networks.composite.losses import LOGISTIC, huber_loss
from ntklib.theory.wide_networks.composite.proof import measured_constants
from ntklib.theory.wide_networks.composite.setting import SAMPLES, plain_run
from ntklib.theory.wide_networks.composite.statements import logistic_bounds, proof_run

_loss = lru_cache(maxsize=8)(huber_loss)  # one object per threshold, so that runs are cached once


@claim(
    id="book-composite-huber",
    source="Book, Theorem T1",
    statement="For Huber's loss ½‖∇ℓ‖² ≥ min(1, δ²/(2Ne)) e at every step of a run whose residuals begin beyond δ.",
    status="proved here",
    assumptions="δ = 0.3, Gaussian labels of mean square one.",
    does_not_say="That the constant is near what a run sees: it is that of a single sample carrying the whole loss.",
    verdict=at_least(tolerance=1e-12),  # inside the threshold both sides are equal: roundings of a sum of N squares
    companion="book-huber-extremal",
)
def huber(*, widths=(16, 64), seeds=2, seed=0, threshold=0.3, told=None):
    """Compare both sides at every step; ``told`` is the threshold that the bound believes."""
    believed = _loss(threshold if told is None else told)
    for width, s in product(widths, range(seed, seed + seeds)):
        run = plain_run(width, s, _loss(threshold))[1]
        bound = [believed.pl(e, SAMPLES) * e for e in run["gap"]]
        yield run["outer"] ** 2 / 2, bound, {"width": width, "seed": s}


huber.refuted_by("the PL constant is the square loss's, 1 at every residual", told=1e9)


@claim(
    id="book-huber-extremal",
    source="Book, Theorem T1",
    statement="The constant min(1, δ²/(2Ne)) of Huber's loss is attained: one sample carries the whole loss.",
    status="proved here",
    assumptions="Residuals from δ to 100 δ in one of N samples, zero in the others.",
    does_not_say="That runs come near such residuals.",
    verdict=equal(tolerance=1e-12),
)
def huber_extremal(*, samples=(2, 12), threshold=0.3, seed=0, draws=5, count=None):
    """Compare both sides; ``count`` replaces N in the bound."""
    rng, loss = np.random.default_rng([seed, 9]), _loss(threshold)
    for N, size in product(samples, threshold * 100 ** rng.uniform(0, 1, draws)):
        residuals = np.where(np.arange(N) == 0, size, 0.0)
        values, slopes = loss.values(residuals, np.zeros(N))
        e = float(np.mean(values))
        yield np.mean(slopes**2) / 2, loss.pl(e, count or N) * e, {"N": N, "residual": size}


huber_extremal.refuted_by("δ²/(2e): the number of samples does not matter", count=1)


@claim(
    id="book-composite-logistic",
    source="Book, proposition on the logistic loss",
    statement="Under the logistic loss 1/e_t ≥ 1/e_0 + κηλζ²t, and the path is at most log(e_0/e_t)/(κζ√λ).",
    status="proved here",
    assumptions="λ, κ and Φ read off the run; ζ = (1 − e^{−Φ})/Φ with Φ the largest loss of a sample met.",
    does_not_say="That the weights converge: the bound of the path grows without end, and so does the distance.",
    verdict=at_most(),
    companion="book-logistic-extremal",
)
def logistic(*, widths=(16, 64), seeds=2, seed=0, steps=100, largest=False):
    """Compare both sides at every step; with ``largest`` λ is the largest eigenvalue met."""
    for width, s in product(widths, range(seed, seed + seeds)):
        step, run = plain_run(width, s, LOGISTIC, steps=steps)
        yield from _logistic_rows(run, step, {"width": width, "seed": s}, largest=largest)


def _logistic_rows(run, step, settings, zeta=None, largest=False):
    """Rate and path of a run beside the proposition's right sides; ``zeta`` replaces ζ."""
    known, e = measured_constants(run, step, smoothness=0.25), run["next_gap"].to_numpy()
    kappa = float(((run["gap"] - e) / (step * run["gradient"] ** 2)).min())
    worst, lam = float(run["worst"].max()), known.B**2 if largest else known.lam
    zeta = (1 - np.exp(-worst)) / worst if zeta is None else zeta
    first, t = run["gap"].iloc[0], run["t"].to_numpy() + 1
    rate, path = logistic_bounds(first, e, t, step=step, least=lam, kappa=kappa, zeta=zeta)
    yield rate, 1 / e, settings | {"what": "rate"}
    yield run["path"] + run["length"], path, settings | {"what": "path"}


logistic.refuted_by("λ is the largest eigenvalue of the kernel", largest=True)


@claim(
    id="book-logistic-extremal",
    source="Book, proposition on the logistic loss",
    statement="On one sample of a linear model both bounds of the logistic loss are met up to 1/ζ² and 1/ζ.",
    status="proved here",
    assumptions="One input with ‖x‖² = λ, started at margins 0 and 1, small steps; κ read off the run.",
    does_not_say="The same where samples compete.",
    verdict=at_most(),
)
def logistic_extremal(*, margins=(0.0, 1.0), steps=400, seed=0, seeds=2, zeta=None):
    """Compare both sides on one sample; ``zeta`` replaces ζ."""
    for margin, s in product(margins, range(seed, seed + seeds)):
        x = np.random.default_rng([s, 10]).uniform(0.5, 2.0)
        X, y, start = np.array([[x]]), np.ones(1), [np.array([[margin / x]])]
        run = proof_run(MLP((1, 1), "tanh", "standard"), start, X, y, 0.5 / x**2, steps, outer=LOGISTIC)
        yield from _logistic_rows(run, 0.5 / x**2, {"margin": margin, "seed": s}, zeta)


logistic_extremal.refuted_by("ζ = 1: the slope of the logistic loss is its value", zeta=1.0)


@claim(
    id="book-logistic-pl-dies",
    source="Book, proposition on the logistic loss",
    statement="The logistic loss's PL quotient ½‖∇ℓ‖²/e lies between ½ζ²e and ½Ne: it falls in proportion to e.",
    status="proved here",
    assumptions="Separable labels, late steps, where every sample has a positive margin; e over more than a decade.",
    does_not_say="That training stalls: no constant rate survives, but e falls like 1/t.",
    verdict=power_law("e", ratio_band=(0.2, 5.0), tolerance=0.05),
)
def pl_dies(*, widths=(32,), seeds=2, seed=0, steps=1000, exponent=1.0):
    """Fit the exponent of the quotient in e over the late steps."""
    for width, s in product(widths, range(seed, seed + seeds)):
        run = plain_run(width, s, LOGISTIC, steps=steps, share=1.0)[1]
        late = run[run["gap"] < run["gap"].iloc[0] / 10]
        for e, outer in zip(late["gap"], late["outer"]):
            yield outer**2 / (2 * e), None, {"e": e, "seed": s}


pl_dies.refuted_by("the quotient falls like e^(4/5): slower than the loss", exponent=0.8)
