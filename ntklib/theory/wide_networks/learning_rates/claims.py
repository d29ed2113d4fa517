"""Claims of the chapter ``learning_rates``: what a step size means at another width."""

from itertools import pairwise

import numpy as np

from ntklib import plain
from ntklib.claims import claim, inequality, scaling_law
from ntklib.fits import fit_loglog
from ntklib.theory.wide_networks.learning_rates.descent import (
    largest_stable_step,
    layered_descent,
    tangent_blocks,
)
from ntklib.theory.wide_networks.learning_rates.statements import (
    FAMILY,
    family_member,
    rescale_layers,
)

N, D = 20, 10
TRANSFER = "Terjék, González-Sánchez 2022, abstract; the form stated here: Book, Theorem T2"


def _data(seed):
    """Points on the unit sphere, labels of mean square one."""
    rng = np.random.default_rng([seed, 0])
    X, y = rng.standard_normal((N, D)), rng.standard_normal(N)
    return X / np.linalg.norm(X, axis=1)[:, None], y / np.sqrt(np.mean(y**2))


def _start(name, m, seed, hidden=2):
    """Weights of one member of the family, from the same Gaussians for all members; and its multipliers."""
    widths, rng = (D,) + (m,) * hidden + (1,), np.random.default_rng([seed, 1, m])
    scaling = family_member(name, widths)
    shapes = pairwise(widths)
    return [s * rng.standard_normal(shape) for s, shape in zip(scaling.init_std, shapes)], scaling.multiplier


def _largest(params, multiplier, X, activation="tanh"):
    return np.linalg.eigvalsh(tangent_blocks(params, multiplier, X, activation).sum(0))[-1]


def _from_start(params, multiplier, X, y):
    """Labels counted from the outputs at the start, so that all widths begin with the same residuals."""
    return y + plain.forward(params, X, activation="tanh", multiplier=multiplier)


@claim(
    id="terjek-learning-rate-transfer",
    source=TRANSFER,
    statement="Below 2/λ_max one step size gives the same loss at all widths: NTK parametrization, fixed time.",
    status="proved here",
    assumptions="Tanh, three layers, 20 points on the sphere, widths 64 to 512, 8 steps, ηλ_max up to 1.5; labels "
    "counted from the outputs at the start.",
    does_not_say="That the features move, or that the same holds beyond 2.",
)
def transfer(*, first_seed=0, seeds=3, name="ntk", factor=2.0):
    """Compare losses after 8 steps at widths 64 and 512 with those at width 256, same step sizes."""
    measured, rows = [], []
    for seed in range(first_seed, first_seed + seeds):
        X, y = _data(seed)
        params, multiplier = _start(name, 256, seed)
        steps = np.array([0.25, 0.75, 1.5]) / _largest(params, multiplier, X)
        found = {}
        for m in (256, 64, 512):
            params, multiplier = _start(name, m, seed)
            labels = _from_start(params, multiplier, X, y)
            found[m] = [layered_descent(params, multiplier, X, labels, eta, 8)[0][-1] for eta in steps]
            ratio = np.array(found[m]) / found[256]
            measured.append(np.max(np.maximum(ratio, 1 / ratio)))
            rows.append({"seed": seed, "m": m})
    return inequality(measured, factor, rows, "<=")


transfer.refuted_by(name="standard")


@claim(
    id="book-abc-equivalence",
    source="Book, after Yang, Hu 2021",
    statement="Dividing s_l by α_l, multiplying m_l by α_l and dividing η_l by α_l² changes no function on the way.",
    status="proved here",
    assumptions="Gradient descent; rounding is allowed for.",
    does_not_say="The same for Adam, whose steps scale otherwise.",
)
def equivalence(*, first_seed=0, seeds=3, power=2.0):
    """Compare losses along 15 steps; ``power`` is that of α in the step size."""
    measured, rows = [], []
    for seed in range(first_seed, first_seed + seeds):
        X, y = _data(seed)
        params, multiplier = _start("ntk", 40, seed)
        alpha = np.exp(np.random.default_rng([seed, 2]).uniform(-1, 1, 3))
        other = rescale_layers(family_member("ntk", (D, 40, 40, 1)), alpha)
        shrunk = [W / a for W, a in zip(params, alpha)]
        here = layered_descent(params, multiplier, X, y, 1.0, 15)[0]
        there = layered_descent(shrunk, other.multiplier, X, y, alpha**-power, 15)[0]
        measured.append(np.max(np.abs(there / here - 1)))
        rows.append({"seed": seed})
    return inequality(measured, 1e-10, rows, "<=")


equivalence.refuted_by(power=1.0)

SPEEDS = {"ntk": (0, 0, 0), "standard": (0, 1, 1), "mup": (0, 0, 0)}


@claim(
    id="book-block-speeds",
    source="Book",
    statement="Layer blocks of K: constant in m for NTK and µP, growing like m above the first layer for standard.",
    status="proved here",
    assumptions="Tanh, three layers, unit sphere; norms of the blocks for m from 32 to 512.",
    does_not_say="What happens to the blocks later in training.",
)
def block_speeds(*, first_seed=0, seeds=4, standard=(0, 1, 1)):
    """Fit nine exponents and compare them with the table."""
    measured, rows = [], []
    for name in FAMILY:
        x, y = [], []
        for m in (32, 64, 128, 256, 512):
            for seed in range(first_seed, first_seed + seeds):
                params, multiplier = _start(name, m, seed)
                x.append(m)
                y.append([np.linalg.norm(b, 2) for b in tangent_blocks(params, multiplier, _data(seed)[0])])
        for layer, wanted in enumerate(standard if name == "standard" else SPEEDS[name]):
            slope = fit_loglog(x, np.array(y)[:, layer]).slope
            measured.append(abs(slope - wanted))
            rows.append({"parametrization": name, "layer": layer + 1, "exponent": slope})
    return inequality(measured, 0.15, rows, "<=")


block_speeds.refuted_by(standard=(0, 0, 0))


@claim(
    id="book-mup-output-scale",
    source="Book",
    statement="µP at width m is the NTK parametrization trained on √m y with the same step size, its outputs over √m.",
    status="proved here",
    assumptions="Weight variance one, equal widths, the same Gaussians; rounding is allowed for.",
    does_not_say="Anything about Adam.",
)
def output_scale(*, first_seed=0, seeds=2, power=0.5):
    """Compare losses along 15 steps, those of the NTK run divided by m."""
    measured, rows = [], []
    for m in (16, 128):
        for seed in range(first_seed, first_seed + seeds):
            X, y = _data(seed)
            mup = layered_descent(*_start("mup", m, seed), X, y, 0.5, 15)[0]
            ntk = layered_descent(*_start("ntk", m, seed), X, m**power * y, 0.5, 15)[0] / m ** (2 * power)
            measured.append(np.max(np.abs(ntk / mup - 1)))
            rows.append({"m": m, "seed": seed})
    return inequality(measured, 1e-9, rows, "<=")


output_scale.refuted_by(power=0.25)


@claim(
    id="book-feature-motion",
    source="Book, after Yang, Hu 2021",
    statement="In training, features move by a fraction of order m^(-1/2) in NTK and of order 1 in µP parametrization.",
    status="proof sketched",
    assumptions="Tanh, three layers, η = 1, 20 steps, m from 16 to 256.",
    does_not_say="That moved features are better features.",
)
def feature_motion(*, first_seed=0, seeds=4, exponents=(-0.5, 0.0)):
    """Fit the exponent of the relative change of the last hidden layer's features for both."""
    measured, rows = [], []
    for name, wanted in zip(("ntk", "mup"), exponents):
        x, y = [], []
        for m in (16, 32, 64, 128, 256):
            for seed in range(first_seed, first_seed + seeds):
                x.append(m)
                y.append(moved_features(name, m, seed))
        slope = fit_loglog(x, y).slope
        measured.append(abs(slope - wanted))
        rows.append({"parametrization": name, "exponent": slope})
    return inequality(measured, 0.15, rows, "<=")


feature_motion.refuted_by(exponents=(0.0, -0.5))


def moved_features(name: str, m: int, seed: int, steps: int = 20) -> float:
    """Relative change of the last hidden features in training with step size 1.

    Examples
    --------
    >>> 0.01 < moved_features("ntk", 64, 0) < 1
    True
    """
    X, y = _data(seed)
    params, multiplier = _start(name, m, seed)
    end = layered_descent(params, multiplier, X, y, 1.0, steps)[1]
    settings = {"activation": "tanh", "multiplier": multiplier}
    before, after = (plain.factors(weights, X, **settings)[0][-1] for weights in (params, end))
    return float(np.linalg.norm(after - before) / np.linalg.norm(before))


@claim(
    id="book-standard-shift",
    source="Book, Theorem T2 with the block speeds",
    statement="In standard parametrization the largest stable step size falls like 1/m.",
    status="proof sketched",
    assumptions="Tanh, three layers, 20 steps, m from 48 to 480; stable: the loss has not risen.",
    does_not_say="That it is 2/λ_max: it lies between that and about twice that.",
)
def standard_shift(*, first_seed=0, seeds=2, name="standard", exponent=-1.0):
    """Bisect for the largest stable step size at each width and fit its exponent."""
    x, y, rows = [], [], []
    for m in (48, 96, 192, 480):
        for seed in range(first_seed, first_seed + seeds):
            (X, labels), (params, multiplier) = _data(seed), _start(name, m, seed)
            x.append(m)
            y.append(largest_stable_step(params, multiplier, X, labels, steps=20, halvings=6))
            rows.append({"seed": seed})
    return scaling_law(x, y, exponent, (0.4, 2.5), table=rows, tolerance=0.1)


standard_shift.refuted_by(name="ntk")
