"""Claims of the composite chapter: PL inequality, every step of the proof, certificates, other losses."""

from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

import numpy as np

from ntklib.claims import claim, inequality, scaling_law
from ntklib.networks import MLP
from ntklib.theory.wide_networks.composite.lipschitz import network_lipschitz
from ntklib.theory.wide_networks.composite.losses import LOGISTIC, SQUARE, huber_loss
from ntklib.theory.wide_networks.composite.proof import (
    certified_constants,
    measured_constants,
    proof_inequalities,
)
from ntklib.theory.wide_networks.composite.statements import (
    network_certificate,
    network_jacobian,
    proof_run,
)
from ntklib.training import AntisymmetricNetwork

SAMPLES, DIMENSION = 12, 12


def composite_task(width: int, seed: int):
    """A tanh network of two hidden layers, its start, points on the sphere and Gaussian labels, drawn by NumPy."""
    net, rng = MLP((DIMENSION, width, width, 1), "tanh", "ntk", weight_variance=1.0), np.random.default_rng([seed, 5])
    start = [rng.standard_normal(shape) for shape in pairwise(net.widths)]
    X, y = rng.standard_normal((SAMPLES, DIMENSION)), rng.standard_normal(SAMPLES)
    return net, start, X / np.linalg.norm(X, axis=1, keepdims=True), y / np.mean(y**2) ** 0.5


@lru_cache(maxsize=64)
def certified_run(width: int, seed: int, steps: int = 40, step_factor: float = 1.0):
    """A certificate at the smallest proved scale, and the run of two copies at its step size."""
    net, start, X, y = composite_task(width, seed)
    known = network_certificate(net, start, X, y)
    twin = AntisymmetricNetwork(net, known.scale)
    return known, proof_run(twin, (start, start), X, y, step_factor * known.step, steps)


@lru_cache(maxsize=64)
def plain_run(width: int, seed: int, outer, steps: int = 60, share: float = 0.5):
    """A run without output scale or certificate, at a share of 1/(β λ_max) of the first kernel."""
    net, start, X, y = composite_task(width, seed)
    y = np.sign(y) if outer is LOGISTIC else y
    J = network_jacobian(net, start, X)[1]
    step = share * SAMPLES / np.linalg.norm(J @ J.T, 2) / outer.smoothness
    return step, proof_run(net, start, X, y, step, steps, outer=outer)


def _cases(widths, seeds, first_seed):
    return [(width, seed) for width in widths for seed in range(first_seed, first_seed + seeds)]


@claim(
    id="book-composite-pl",
    source="Book, Theorem T1 (after Liu, Zhu, Belkin 2022)",
    statement="‖∇g(θ_t)‖² ≥ 2 λ_min(K(θ_t)) μ_ℓ (g(θ_t) − ℓ*) at every step of gradient descent.",
    status="proved here",
    assumptions="Square loss; networks of width 16 and 64 without output scale; K with the factor 1/N.",
    does_not_say="That λ_min(K(θ_t)) stays away from zero.",
)
def pl_inequality(*, widths=(16, 64), seeds=2, first_seed=0, factor=1.0):
    """Compare both sides at every step; ``factor`` multiplies the smaller one."""
    small, large, rows = [], [], []
    for width, seed in _cases(widths, seeds, first_seed):
        run = plain_run(width, seed, SQUARE)[1]
        small.append(factor * 2 * run["sigma"] ** 2 * run["gap"])
        large.append(run["gradient"] ** 2)
        rows += [{"width": width, "seed": seed, "t": t} for t in run["t"]]
    return inequality(np.concatenate(large), np.concatenate(small), rows, ">=")


pl_inequality.refuted_by(factor=1000.0)


@claim(
    id="book-composite-proof",
    source="Book, Theorem T1",
    statement="With constants proved before training, each of the proof's nine inequalities holds at every step.",
    status="proved here",
    assumptions="Tanh, two copies at the smallest scale that the proved Λ allows, τ = 1/2.",
    does_not_say="That the inequalities are near equality: most of the room is in B for every direction at once.",
)
def proof_holds(*, widths=(16, 48), seeds=2, first_seed=0, step_factor=1.0):
    """Check the table of the proof; ``step_factor`` multiplies the step size, not what is predicted."""
    small, large, rows = [], [], []
    for width, seed in _cases(widths, seeds, first_seed):
        known, run = certified_run(width, seed, step_factor=step_factor)
        table = proof_inequalities(run, certified_constants(known))
        small.append(table["small"])
        large.append(table["large"])
        rows += [{"width": width, "seed": seed, "inequality": name} for name in table["inequality"]]
    # the self-bound is an equality for the square loss: a few roundings of a sum of N squares
    return inequality(np.concatenate(small), np.concatenate(large), rows, "<=", tolerance=1e-12)


proof_holds.refuted_by(step_factor=6.0)


@claim(
    id="book-composite-hindsight",
    source="Book, Theorem T1",
    statement="Without output scale, and with constants read off the finished run, the same nine inequalities hold.",
    status="open",
    assumptions="Widths 16 and 64, step size half of 1/λ_max of the first kernel; Λ is the largest quotient of a step.",
    does_not_say="Anything before the run is over: no ball is known on which these constants hold.",
)
def hindsight(*, widths=(16, 64), seeds=2, first_seed=0, norm_factor=1.0):
    """Check the table with measured constants; ``norm_factor`` multiplies B."""
    small, large, rows = [], [], []
    for width, seed in _cases(widths, seeds, first_seed):
        step, run = plain_run(width, seed, SQUARE)
        known = measured_constants(run, step)
        table = proof_inequalities(run, known._replace(B=norm_factor * known.B))
        small.append(table["small"])
        large.append(table["large"])
        rows += [{"width": width, "seed": seed, "inequality": name} for name in table["inequality"]]
    return inequality(np.concatenate(small), np.concatenate(large), rows, "<=", tolerance=1e-12)


hindsight.refuted_by(norm_factor=0.3)


@claim(
    id="book-composite-lipschitz",
    source="Book",
    statement="At any depth the proved Λ bounds every difference quotient of the Jacobian in the ball.",
    status="proved here",
    assumptions="Tanh, parametrization ntk, pairs of points in the ball of radius 1 around a random start.",
    does_not_say="That it is near the largest quotient.",
)
def lipschitz_with_multipliers(*, widths=(16, 64), seeds=2, first_seed=0, multiplier_factor=1.0):
    """Compare quotients with the bound; ``multiplier_factor`` falsifies the multipliers that the bound is told."""
    measured, bound, rows = [], [], []
    for width, seed in _cases(widths, seeds, first_seed):
        net, start, X, _ = composite_task(width, seed)
        scaling = net.parametrization
        told = replace(scaling, multiplier=tuple(multiplier_factor * m for m in scaling.multiplier))
        known = network_lipschitz(MLP(net.widths, "tanh", told), start, X)(1.0)
        for radius in (0.01, 1.0):
            shift = composite_task(width, seed + 1000)[1]
            size = radius / np.sqrt(sum(np.sum(V**2) for V in shift))
            other = [W + size * V for W, V in zip(start, shift)]
            turned = network_jacobian(net, other, X)[1] - network_jacobian(net, start, X)[1]
            measured.append(np.linalg.norm(turned, 2) / radius / SAMPLES**0.5)
            bound.append(known)
            rows.append({"width": width, "seed": seed, "radius": radius})
    return inequality(measured, bound, rows, "<=")


lipschitz_with_multipliers.refuted_by(multiplier_factor=0.05)


@claim(
    id="book-composite-lambda-width",
    source="Book (after Liu, Zhu, Belkin 2022)",
    statement="On the ball of radius 1 the proved Λ of a deep network falls like √(log m/m).",
    status="proved here",
    assumptions="Two hidden layers of tanh, NTK parametrization, widths 32 to 512.",
    does_not_say="The same of a bound that puts Frobenius norms throughout: that one stays where it is.",
)
def lambda_width(*, widths=(32, 64, 128, 256, 512), seeds=3, first_seed=0, exponent=-0.5):
    """Fit the exponent in m of the bound over √log m."""
    cases = _cases(widths, seeds, first_seed)
    bounds = []
    for width, seed in cases:
        net, start, X, _ = composite_task(width, seed)
        bounds.append(network_lipschitz(net, start, X)(1.0) / np.log(width) ** 0.5)
    return scaling_law([width for width, _ in cases], bounds, exponent, (0.5, 2), tolerance=0.1)


lambda_width.refuted_by(exponent=0.0)


@claim(
    id="book-composite-huber",
    source="Book, Theorem T1",
    statement="For Huber's loss ½‖∇ℓ‖² ≥ min(1, δ²/(2Ne)) e at every step of a run whose residuals begin beyond δ.",
    status="proved here",
    assumptions="δ = 0.3, Gaussian labels of mean square one.",
    does_not_say="That the constant is near what a run sees: it is that of a single sample carrying the whole loss.",
)
def huber(*, widths=(16, 64), seeds=2, first_seed=0, threshold=0.3, told=None):
    """Compare both sides at every step; ``told`` is the threshold that the bound believes."""
    small, large, rows = [], [], []
    outer = huber_loss(threshold)
    believed = outer if told is None else huber_loss(told)
    for width, seed in _cases(widths, seeds, first_seed):
        run = plain_run(width, seed, _same(threshold))[1]
        small += [believed.pl(e, SAMPLES) * e for e in run["gap"]]
        large.append(run["outer"] ** 2 / 2)
        rows += [{"width": width, "seed": seed, "t": t} for t in run["t"]]
    # inside the threshold both sides are equal: a few roundings of a sum of N squares
    return inequality(np.concatenate(large), small, rows, ">=", tolerance=1e-12)


huber.refuted_by(told=30.0)


@lru_cache(maxsize=8)
def _same(threshold: float):
    """One loss object per threshold, so that runs are compiled and cached once."""
    return huber_loss(threshold)


@claim(
    id="book-composite-logistic",
    source="Book, proposition on the logistic loss",
    statement="Under the logistic loss 1/e_t ≥ 1/e_0 + κηλζ²t, and the path is at most log(e_0/e_t)/(κζ√λ).",
    status="proved here",
    assumptions="λ and κ read off the run; ζ = (1 − e^{−Φ})/Φ with Φ the largest loss of a sample, at most N e_0.",
    does_not_say="That the weights converge: the bound of the path grows without end, and so does the distance.",
)
def logistic(*, widths=(16, 64), seeds=2, first_seed=0, factor=1.0):
    """Compare both sides at every step; ``factor`` multiplies ζ."""
    small, large, rows = [], [], []
    for width, seed in _cases(widths, seeds, first_seed):
        step, run = plain_run(width, seed, LOGISTIC, steps=100)
        known, e = measured_constants(run, step, smoothness=0.25), run["next_gap"].to_numpy()
        first, kappa = run["gap"].iloc[0], float(((run["gap"] - e) / (step * run["gradient"] ** 2)).min())
        zeta = factor * (1 - np.exp(-SAMPLES * first)) / (SAMPLES * first)
        t = run["t"].to_numpy() + 1
        small += [1 / first + kappa * step * known.lam * zeta**2 * t, run["path"] + run["length"]]
        large += [1 / e, np.log(first / e) / (kappa * zeta * known.lam**0.5)]
        rows += [{"width": width, "seed": seed, "what": what} for what in ("rate", "path") for _ in t]
    return inequality(np.concatenate(small), np.concatenate(large), rows, "<=")


logistic.refuted_by(factor=1000.0)


@claim(
    id="book-logistic-pl-dies",
    source="Book, proposition on the logistic loss",
    statement="Along a run the logistic loss's PL quotient ½‖∇ℓ‖²/e falls in proportion to e.",
    status="proof sketched",
    assumptions="Separable labels, late steps, where every sample has a positive margin; e over more than a decade.",
    does_not_say="That training stalls: no constant rate survives, but e falls like 1/t.",
)
def pl_dies(*, widths=(32,), seeds=2, first_seed=0, steps=1000, exponent=1.0):
    """Fit the exponent of the quotient in e over the late steps."""
    x, y = [], []
    for width, seed in _cases(widths, seeds, first_seed):
        run = plain_run(width, seed, LOGISTIC, steps=steps, share=1.0)[1]
        late = run[run["gap"] < run["gap"].iloc[0] / 10]
        x.append(late["gap"])
        y.append(late["outer"] ** 2 / (2 * late["gap"]))
    return scaling_law(np.concatenate(x), np.concatenate(y), exponent, (0.2, 5), tolerance=0.1)


pl_dies.refuted_by(exponent=0.0)
