"""Claims of the chapter on lazy training: proved bounds of the two errors, and laziness by scale."""

import numpy as np

from ntklib.claims import claim, inequality
from ntklib.theory.wide_networks.lazy_training.claims import lazy_law
from ntklib.theory.wide_networks.lazy_training.statements import (
    lazy_row,
    same_parameters_bound,
    sample_length,
    trained_apart_bound,
)
from ntklib.theory.wide_networks.samples import unit_sample
from ntklib.theory.wide_networks.shallow import shallow_descent, shallow_weights
from ntklib.theory.wide_networks.wide_enough.statements import shallow_lipschitz


def _checked_runs(seeds, first_seed):
    X, y = unit_sample(8, 12, 0)
    for m in (16, 64, 256):
        for seed in range(first_seed, first_seed + seeds):
            W, a = shallow_weights(12, m, [seed, m])
            run = shallow_descent(W, a, X, y, steps=300, every=20)
            far = run.distance.max()
            yield m, seed, run, far, shallow_lipschitz(a, X, far)


@claim(
    id="book-lazy-same-bound",
    source="Book, Proposition on the error at the same parameters",
    statement="‖F(θ_t) − F_lin(θ_t)‖ ≤ ½Λ‖θ_t − θ₀‖² at every recorded step.",
    status="proved here",
    assumptions="Tanh, one hidden layer; Λ proved on the ball that the run stays in.",
    does_not_say="That the exponent −1/2 of the right side is that of the left.",
)
def same_bound(*, seeds=3, first_seed=0, factor=1.0):
    """Compare the error with ``factor`` times its bound."""
    measured, bound, table = [], [], []
    for m, seed, run, _, turning in _checked_runs(seeds, first_seed):
        measured += list(sample_length(run.outputs - run.tangent)[1:])
        bound += list(factor * same_parameters_bound(turning, run.distance[1:]))
        table += [{"m": m, "seed": seed}] * (len(run.step) - 1)
    return inequality(measured, bound, table, "<=")


same_bound.refuted_by(factor=1e-2)


@claim(
    id="book-lazy-apart-bound",
    source="Book, Proposition on the tangent model trained apart",
    statement="sup_t ‖F(θ_t) − F_lin,t‖ ≤ 4Δ_K‖r₀‖/λ₀ with Δ_K = (2B₀ + Λρ)Λρ.",
    status="proved here",
    assumptions="Tanh, one hidden layer; half of λ₀ stays in training, as recorded; ρ the distance travelled.",
    does_not_say="That it is useful: the bound is far above the error.",
)
def apart_bound(*, seeds=3, first_seed=0, factor=1.0):
    """Compare the largest error with ``factor`` times its bound."""
    measured, bound, table = [], [], []
    for m, seed, run, far, turning in _checked_runs(seeds, first_seed):
        kappa = (2 * np.linalg.norm(run.kernels[0], 2) ** 0.5 + turning * far) * turning * far
        residual = (2 * run.loss[0]) ** 0.5
        measured.append(sample_length(run.outputs - run.trained).max())
        bound.append(factor * trained_apart_bound(kappa, run.smallest[0], residual))
        table.append({"m": m, "seed": seed})
    return inequality(measured, bound, table, "<=")


apart_bound.refuted_by(factor=1e-6)


def _scaled(seeds, first_seed, twins):
    X, y = unit_sample(10, 20, 0)
    settings = {"twins": twins, "centred": not twins}
    for gamma in (1.0, 4.0, 16.0, 64.0):
        for seed in range(first_seed, first_seed + seeds):
            yield lazy_row(64, seed, X, y, scale=gamma, **settings) | {"γ": gamma}


@claim(
    id="book-lazy-scale",
    source="Book, from Chizat, Oyallon, Bach 2019",
    statement="Training γ(f(θ) − f(θ₀)), the kernel of f drifts like 1/γ.",
    status="proof sketched",
    assumptions="Tanh, m = 64, γ from 1 to 64.",
    does_not_say="The same for two copies with opposite signs, where the first order cancels.",
)
def scale(*, seeds=4, first_seed=0, twins=False, exponent=-1.0):
    """Fit the exponent of the drift in γ."""
    return lazy_law(list(_scaled(seeds, first_seed, twins)), "drift", exponent, "γ")


scale.refuted_by(twins=True)


@claim(
    id="book-lazy-twins",
    source="Book",
    statement="With two copies of opposite signs the kernel drifts like 1/γ², since the first order cancels exactly.",
    status="proof sketched",
    assumptions="Tanh, two copies of 32 neurons, γ from 1 to 64.",
    does_not_say="That the Jacobian is as still: it moves like 1/γ, in opposite directions in the two copies.",
)
def twin_copies(*, seeds=4, first_seed=0, twins=True, exponent=-2.0):
    """Fit the exponent of the drift in γ."""
    return lazy_law(list(_scaled(seeds, first_seed, twins)), "drift", exponent, "γ")


twin_copies.refuted_by(twins=False)
