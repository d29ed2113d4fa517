"""Claims of the composite chapter: PL inequality, every step of the proof, the proved Lipschitz constant."""

from dataclasses import replace
from itertools import product

import numpy as np

from ntklib.claims import at_least, at_most, claim, power_law
from ntklib.networks import MLP
from ntklib.theory.wide_networks.composite.lipschitz import network_lipschitz
from ntklib.theory.wide_networks.composite.losses import SQUARE
from ntklib.theory.wide_networks.composite.proof import (
    ProofConstants,
    certified_constants,
    measured_constants,
    proof_inequalities,
)
from ntklib.theory.wide_networks.composite.setting import certified_run, composite_task, plain_run, turning_speed
from ntklib.theory.wide_networks.composite.statements import network_jacobian, proof_run


def _sides(run, known, settings):
    """Rows of the proof's table: smaller side, larger side, settings."""
    for name, rows in proof_inequalities(run, known).groupby("inequality", sort=False):
        yield rows["small"], rows["large"], settings | {"inequality": name}


@claim(
    id="book-composite-pl",
    source="Book, Theorem T1 (after Liu, Zhu, Belkin 2022)",
    statement="‖∇g(θ_t)‖² ≥ 2 λ_min(K(θ_t)) μ_ℓ (g(θ_t) − ℓ*) at every step of gradient descent.",
    status="proved here",
    assumptions="Square loss; networks of width 16 and 64 without output scale; K with the factor 1/N.",
    does_not_say="That λ_min(K(θ_t)) stays away from zero.",
    verdict=at_least(),
)
def pl_inequality(*, widths=(16, 64), seeds=2, seed=0, factor=1.0):
    """Compare both sides at every step; ``factor`` multiplies the smaller one."""
    for width, s in product(widths, range(seed, seed + seeds)):
        run = plain_run(width, s, SQUARE)[1]
        yield run["gradient"] ** 2, 2 * factor * run["sigma"] ** 2 * run["gap"], {"width": width, "seed": s}


pl_inequality.refuted_by("the gap is the mean square of the residuals, without the loss's factor 1/2", factor=2.0)


@claim(
    id="book-composite-proof",
    source="Book, Theorem T1",
    statement="With constants proved before training, each of the proof's nine inequalities holds at every step.",
    status="proved here",
    assumptions="Tanh, two copies at the smallest scale that the proved Λ allows, τ = 1/2.",
    does_not_say="That the inequalities are near equality: most of the room is in B for every direction at once.",
    verdict=at_most(tolerance=1e-12),  # the self-bound is an equality: a few roundings of a sum of N squares
    companion="book-composite-extremal",
)
def proof_holds(*, widths=(16, 48), seeds=2, seed=0, step_factor=1.0):
    """Check the table of the proof; ``step_factor`` multiplies the step size, not what is predicted."""
    for width, s in product(widths, range(seed, seed + seeds)):
        known, run = certified_run(width, s, step_factor=step_factor)
        yield from _sides(run, certified_constants(known), {"width": width, "seed": s})


proof_holds.refuted_by(
    "the step size 5/(2M) is as good as 1/(2M): stability of a quadratic asks for 2/λ_max", step_factor=5.0
)


@claim(
    id="book-composite-extremal",
    source="Book, Theorem T1",
    statement="For a linear F with equal singular values the proof's nine inequalities are equalities up to κ and τ.",
    status="proved here",
    assumptions="Orthonormal data, Λ = 0, steps τ/B² with τ = 1/2 and 1, Gaussian labels.",
    does_not_say="That a network comes near this: its B and λ are a condition number apart.",
    verdict=at_most(tolerance=1e-12),
)
def extremal(*, N=8, taus=(0.5, 1.0), seed=0, seeds=2, steps=12, smoothness=1.0):
    """Check the table of the proof on one layer; ``smoothness`` is β_ℓ as the proof is told."""
    for tau, s in product(taus, range(seed, seed + seeds)):
        X = N**0.5 * np.eye(N)  # singular values 1 in the norm of means
        y = np.random.default_rng([s, 6]).standard_normal(N)
        run = proof_run(MLP((N, 1), "tanh", "standard"), [np.zeros((N, 1))], X, y, tau, steps if tau < 1 else 1)
        known = ProofConstants(1.0, 1.0, 0.0, tau, smoothness=smoothness)
        kappa = 1 - tau / 2
        spare = {"path of a step": kappa, "budget": kappa * tau, "ball": kappa * tau}  # what κ and τ leave
        for small, large, settings in _sides(run, known, {"τ": tau, "seed": s}):
            yield small, large, settings
            yield spare.get(settings["inequality"], 1.0) * large, small, settings | {"reversed": True}


extremal.refuted_by("β_ℓ = 1/2, as if the loss were a quarter of the mean square", smoothness=0.5)


@claim(
    id="book-composite-hindsight",
    source="Book, Theorem T1",
    statement="Without output scale, and with constants read off the finished run, the same nine inequalities hold.",
    status="open",
    assumptions="Widths 16 and 64, step size half of 1/λ_max of the first kernel; Λ is the largest quotient of a step.",
    does_not_say="Anything before the run is over: no ball is known on which these constants hold.",
    verdict=at_most(tolerance=1e-12),
    companion="book-composite-extremal",
)
def hindsight(*, widths=(16, 64), seeds=2, seed=0, smallest=False):
    """Check the table with measured constants; with ``smallest`` B is the largest σ_min met."""
    for width, s in product(widths, range(seed, seed + seeds)):
        step, run = plain_run(width, s, SQUARE)
        known = measured_constants(run, step)
        known = known._replace(B=float(run["sigma"].max())) if smallest else known
        yield from _sides(run, known, {"width": width, "seed": s})


hindsight.refuted_by("B may be the smallest singular value, since only λ_min enters the rate", smallest=True)


@claim(
    id="book-composite-lipschitz",
    source="Book",
    statement="At any depth the proved Λ bounds every difference quotient of the Jacobian in the ball.",
    status="proved here",
    assumptions="Tanh, parametrization ntk, the ball of radius 1 around a random start; random and fastest directions.",
    does_not_say="That it is near the largest quotient.",
    verdict=at_most(),
    companion="book-composite-lipschitz-extremal",
)
def lipschitz_with_multipliers(*, widths=(16, 64), seeds=2, seed=0, power=1.0):
    """Compare quotients with the bound; ``power`` is that of the multipliers that the bound is told."""
    for width, s in product(widths, range(seed, seed + seeds)):
        net, start, X, _ = composite_task(width, s)
        told = replace(net.parametrization, multiplier=tuple(m**power for m in net.parametrization.multiplier))
        known = network_lipschitz(MLP(net.widths, "tanh", told), start, X)(1.0)
        _, fastest = turning_speed(net, start, X, seed=s)
        drawn = composite_task(width, s + 1000)[1]
        for (name, shift), radius in product({"random": drawn, "fastest": fastest}.items(), (0.01, 1.0)):
            size = radius / np.sqrt(sum(np.sum(V**2) for V in shift))
            other = [W + size * V for W, V in zip(start, shift)]
            turned = network_jacobian(net, other, X)[1] - network_jacobian(net, start, X)[1]
            quotient = np.linalg.norm(turned, 2) / radius / len(X) ** 0.5
            yield quotient, known, {"width": width, "seed": s, "direction": name, "radius": radius}


lipschitz_with_multipliers.refuted_by("every multiplier enters squared, as it does in the kernel", power=2.0)


@claim(
    id="book-composite-lipschitz-extremal",
    source="Book",
    statement="For one neuron, an input of length x, w where |σ''| is largest, Λ is the turning speed up to 2x^(-2).",
    status="proved here",
    assumptions="Tanh, f = a tanh(w x) with x = 4 to 64 and wx where 2 tanh = 2/√3; the ball's radius 10^(-6).",
    does_not_say="That several layers or neurons can be extremal at once.",
    verdict=at_most(tolerance=1e-6),
)
def lipschitz_extremal(*, lengths=(4.0, 16.0, 64.0), seed=0, seeds=2, told="tanh"):
    """Compare the turning speed found with the bound, which is told the activation ``told``."""
    for x, s in product(lengths, range(seed, seed + seeds)):
        a = np.random.default_rng([s, 8]).uniform(1.0, 2.0)
        start, X = [np.full((1, 1), np.arctanh(3**-0.5) / x), np.full((1, 1), a)], np.full((1, 1), x)
        known = network_lipschitz(MLP((1, 1, 1), told, "standard"), start, X)(1e-6)
        speed = turning_speed(MLP((1, 1, 1), "tanh", "standard"), start, X, seed=s)[0]
        yield speed, known, {"x": x, "seed": s}
        yield (1 - 2 * x**-2) * known, speed, {"x": x, "seed": s, "reversed": True}


lipschitz_extremal.refuted_by("|σ''| ≤ 1/4, which is softplus's", told="softplus")


@claim(
    id="book-composite-lambda-width",
    source="Book (after Liu, Zhu, Belkin 2022)",
    statement="On the ball of radius 1 the proved Λ of a deep network falls like √(log m/m).",
    status="proof sketched",
    missing_step="a bound on the largest entry of the backward vectors at the start, with high probability",
    assumptions="Two hidden layers of tanh, NTK parametrization, widths 64 to 1024; the fit is of Λ/√log m.",
    does_not_say="The same of a bound that puts Frobenius norms throughout: that one stays where it is.",
    verdict=power_law("m", ratio_band=(0.5, 2.0), tolerance=0.02),
)
def lambda_width(*, widths=(64, 128, 256, 512, 1024), seeds=3, seed=0, exponent=-0.5, logarithm=0.5):
    """Fit the exponent in m of the bound over a power of log m, ``logarithm``."""
    for width, s in product(widths, range(seed, seed + seeds)):
        net, start, X, _ = composite_task(width, s)
        yield network_lipschitz(net, start, X)(1.0) / np.log(width) ** logarithm, None, {"m": width, "seed": s}


lambda_width.refuted_by("m^(-1/2) without the logarithm", logarithm=0.0)
