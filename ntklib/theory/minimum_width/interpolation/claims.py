"""Claims of the chapter on interpolation: exact memorizers, the price of 1/λ_min, the solver, and the obstruction."""

import jax.numpy as jnp
import numpy as np

from ntklib.claims import claim, frequency, inequality, scaling_law
from ntklib.networks import MLP
from ntklib.theory.finite_width.memorization.doubling import doubled_params
from ntklib.theory.minimum_width.counting_parameters.ceilings import jacobian
from ntklib.theory.minimum_width.interpolation import exact
from ntklib.theory.minimum_width.interpolation.transition import (
    cached_transition,
    random_problem,
)
from ntklib.training import least_squares

CASES = (((8, 8, 8, 1), 120), ((7, 14, 1), 98), ((8, 6, 5, 4, 1), 80))


def problem(widths, N: int, seed: int, duplicates: bool = False):
    """A random problem; ``duplicates`` repeats a sample with the other label."""
    params, X, Y = random_problem(widths, N, seed)
    if duplicates:
        X[1], Y[:2] = X[0], (1.0, -1.0)
    return params, X, Y


def closing_pair(widths, N: int, seed: int, distance: float, labels: str = "opposite"):
    """A random problem whose first two samples have the given distance and "opposite" or "equal" labels."""
    params, X, Y = random_problem(widths, N, seed)
    step = X[1] / np.linalg.norm(X[1])
    X[1], Y[0], Y[1] = X[0] + distance * step, 1.0, -1.0 if labels == "opposite" else 1.0
    return params, X, Y


@claim(
    id="book-memorizer-tanh",
    source="Book, after Bombari, Amani, Mondelli 2022, Theorem 2",
    statement="For N just below the number of parameters, the difference-quotient memorizer errs by C ε (1+O(ε)).",
    status="proved here",
    assumptions="tanh, Jacobian of rank N; C = |D²f(θ)[θ',θ']|/2, ε from 1e-6 to 1e-4 of the radius |θ'|^(−1).",
    does_not_say="How small ε must be: C grows without bound as N approaches the number of parameters.",
)
def tanh_rate(*, cases=CASES, seeds=2, first_seed=0, exponent=1.0, duplicates=False):
    """Fit the exponent of the error in ε; ``duplicates`` gives one input two labels."""
    x, y, rows = [], [], []
    for (widths, N), seed in _grid(cases, seeds, first_seed):
        params, X, Y = problem(widths, N, seed, duplicates)
        way = exact.shortest_direction(params, X, Y)
        C, unit = exact.curvature_constant(params, way, X), 1 / exact.length(way)
        for t in np.geomspace(1e-6, 1e-4, 4):
            y.append(exact.quotient_error(params, way, X, Y, t * unit) / (C * unit))
            x.append(t), rows.append({"widths": str(widths), "N": N, "seed": seed})
    return scaling_law(x, y, exponent, (0.8, 1.25), predicted=x, table=rows, tolerance=0.02)


tanh_rate.refuted_by(duplicates=True)


@claim(
    id="book-memorizer-exact",
    source="Book",
    statement="Where J has rank N, the network of twice the widths interpolates all labels exactly, not up to ε.",
    status="proved here",
    assumptions="Any C¹ activation, weights with rank J = N; found by Newton's method, to 1e-7 of the labels.",
    does_not_say="That the weights are moderate: the last layer is of order 1/λ_min.",
)
def memorizer_exact(*, cases=CASES, seeds=2, first_seed=0, scale=0.1, duplicates=False):
    """Error of the doubled network; ``scale`` in units of the squared least singular value over the norm of Y."""
    measured, rows = [], []
    for (widths, N), seed in _grid(cases, seeds, first_seed):
        params, X, Y = problem(widths, N, seed, duplicates)
        s = scale * max(np.linalg.svd(jacobian(params, X), compute_uv=False)[-1] ** 2, 1e-6) / np.linalg.norm(Y)
        way, _ = exact.newton_memorizer(params, X, Y, s)
        gap = exact.forward(doubled_params(params, way, s), X) - Y
        measured.append(np.linalg.norm(gap) / np.linalg.norm(Y))
        rows.append({"widths": str(widths), "N": N, "seed": seed})
    return inequality(measured, 1e-7, rows, "<=")


memorizer_exact.refuted_by(duplicates=True)


@claim(
    id="book-memorizer-length",
    source="Book",
    statement="As N approaches P, the memorizer's constant C grows at least like |θ'| to the power 1.3.",
    status="open",
    assumptions="tanh, widths (10, 10, 10, 1), random signs, N from 100 to 208 of P = 210.",
    does_not_say="That the power is 2, the proved upper bound: the soft directions are less curved.",
)
def length(*, sizes=(100, 150, 190, 200, 205, 208), seeds=5, first_seed=0, exponent=1.3):
    """Fit the exponent of C in the length of the direction."""
    x, y, rows = [], [], []
    for N in sizes:
        for seed in range(first_seed, first_seed + seeds):
            params, X, Y = random_problem((10, 10, 10, 1), N, seed)
            way = exact.shortest_direction(params, X, Y)
            x.append(exact.length(way)), y.append(exact.curvature_constant(params, way, X))
            rows.append({"N": N, "seed": seed})
    return scaling_law(x, y, exponent, (0.02, 50), table=rows, relation=">=", widest=0.5)


length.refuted_by(exponent=2.5)


def _constants(distances, seeds, first_seed, labels):
    """λ_min and C, relative to their values at the first distance."""
    lowest, constant, rows = [], [], []
    for seed in range(first_seed, first_seed + seeds):
        start = None
        for distance in distances:
            params, X, Y = closing_pair((8, 8, 8, 1), 60, seed, distance, labels)
            way = exact.shortest_direction(params, X, Y)
            values = np.linalg.svd(jacobian(params, X), compute_uv=False)[-1] ** 2
            values = np.array([values, exact.curvature_constant(params, way, X)])
            start = values if start is None else start
            lowest.append((values / start)[0]), constant.append((values / start)[1])
            rows.append({"distance": distance, "seed": seed, "labels": labels})
    return np.array(lowest), np.array(constant), rows


@claim(
    id="book-constant-opposite",
    source="Book",
    statement="For labels with a fixed share in the lowest eigenvector, C grows like 1/λ_min, not its square root.",
    status="proved here",
    assumptions="tanh; λ_min driven to 0 by two samples that approach each other, with opposite labels.",
    does_not_say="That all labels are so: equal labels leave C bounded.",
)
def opposite(*, distances=(1e-4, 1e-3, 3e-3), seeds=3, first_seed=0, exponent=1.0, labels="opposite"):
    """Fit the exponent of C in 1/λ_min."""
    lowest, constant, rows = _constants(distances, seeds, first_seed, labels)
    return scaling_law(1 / lowest, constant, exponent, (0.8, 1.25), table=rows, tolerance=0.02)


opposite.refuted_by(exponent=0.5)


@claim(
    id="book-constant-equal",
    source="Book",
    statement="For labels Y = J w with |w| bounded, C stays bounded however small λ_min.",
    status="proved here",
    assumptions="tanh; two samples that approach each other, with equal labels; C at most twice its first value.",
    does_not_say="That random labels are of this kind.",
)
def equal(*, distances=(1e-1, 1e-2, 1e-4), seeds=3, first_seed=0, labels="equal"):
    """Compare C with twice its first value."""
    lowest, constant, rows = _constants(distances, seeds, first_seed, labels)
    return inequality(constant, 2.0, [row | {"λ_min": value} for row, value in zip(rows, lowest)], "<=")


equal.refuted_by(labels="opposite")


@claim(
    id="book-interpolation-solver",
    source="Book",
    statement="With one hidden layer and P = 1.25 N, Levenberg-Marquardt brings random signs to residuals of 1e-10.",
    status="open",
    assumptions="tanh, one hidden layer, widths (6, 12, 1), N = 0.8 P; the paper's initialization; every seed tried.",
    does_not_say="That it does for deep networks or ReLU, or that it does nearer to P.",
)
def solver(*, share=0.8, seeds=4, first_seed=0, widths=(6, 12, 1), steps=200):
    """Largest absolute residual against 1e-10."""
    N, residuals, rows = round(share * 84), [], []
    for seed in range(first_seed, first_seed + seeds):
        params, X, Y = random_problem(widths, N, seed)
        fit = least_squares(MLP(widths, "tanh", "bombari"), tuple(map(jnp.asarray, params)), X, Y, steps=steps)
        residuals.append(float(jnp.abs(fit.residual).max())), rows.append({"N": N, "seed": seed})
    return inequality(residuals, 1e-10, rows, "<=")


solver.refuted_by(share=1.1)


@claim(
    id="book-interpolation-obstruction",
    source="Book, by Sard's theorem",
    statement="With more samples than countable parameters, no network interpolates almost any labels.",
    status="proved here",
    assumptions="C¹ activation or ReLU; checked on the shipped sweep: no residual below 1e-10 beyond the count.",
    does_not_say="How small the residual can be: see book-interpolation-signs.",
)
def obstruction(*, tolerance=1e-10):
    """Count networks of the sweep beyond the capacity whose root mean square residual is below the tolerance."""
    table = cached_transition()
    beyond = table[table["ratio"] > 1].groupby(["network", "labels", "ratio"])["residual"]
    counts = beyond.agg(lambda values: int((values < tolerance).sum()))
    return inequality(counts.to_numpy(), 0.0, counts.index.to_frame(index=False), "<=")


obstruction.refuted_by(tolerance=1e-4)


@claim(
    id="book-interpolation-signs",
    source="Book",
    statement="Gaussian labels keep away by more than 1e-3 at N = 1.1 P; signs are approached to 1e-5 by saturation.",
    status="open",
    assumptions="The shipped sweep, tanh, three hidden layers, 12 seeds; smallest root mean square residual.",
    does_not_say="That signs are interpolated there: they lie in the closure of the image, not in the image.",
)
def signs(*, network="tanh, 3 hidden", labels="gaussian", ratio=1.1):
    """Compare the smallest residuals of a cell with 1e-3."""
    cell = _cell(network, ratio, labels)
    return inequality(cell["residual"], 1e-3, cell[["seed"]], ">=")


signs.refuted_by(labels="signs")


@claim(
    id="book-interpolation-transition",
    source="Book",
    statement="Levenberg-Marquardt interpolates Gaussian labels at N = 0.9 P more often than not, whatever the depth.",
    status="open",
    assumptions="The shipped sweep: tanh, one to three hidden layers, 12 seeds each, at most 2000 iterations.",
    does_not_say="That it does for signs, where deep networks run towards infinity, or for ReLU.",
)
def transition(*, ratio=0.9, labels="gaussian"):
    """Frequency of success at one ratio, per depth."""
    names = ["tanh, 1 hidden", "tanh, 2 hidden", "tanh, 3 hidden"]
    cells = [_cell(name, ratio, labels)["success"] for name in names]
    rows = [{"network": name, "labels": labels, "N/P": ratio} for name in names]
    return frequency([int(c.sum()) for c in cells], [len(c) for c in cells], 0.55, table=rows)


transition.refuted_by(labels="signs")


def _cell(network, ratio, labels):
    table = cached_transition()
    return table[(table["network"] == network) & (table["ratio"] == ratio) & (table["labels"] == labels)]


def _grid(cases, seeds, first_seed):
    return [(case, seed) for case in cases for seed in range(first_seed, first_seed + seeds)]
