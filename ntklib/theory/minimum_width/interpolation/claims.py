"""Claims of the chapter on interpolation: exact memorizers, the price of 1/λ_min, the solver, and the obstruction."""

from itertools import product

import jax.numpy as jnp
import numpy as np

from ntklib.claims import at_least, at_most, claim, equal, power_law, probability
from ntklib.networks import MLP
from ntklib.theory.finite_width.memorization.doubling import doubled_params
from ntklib.theory.minimum_width.counting_parameters.ceilings import jacobian
from ntklib.theory.minimum_width.interpolation import exact
from ntklib.theory.minimum_width.interpolation.setting import closing_pair
from ntklib.theory.minimum_width.interpolation.transition import cached_starts, cached_transition, random_problem
from ntklib.training import least_squares

CASES = (((8, 8, 8, 1), 120), ((7, 14, 1), 98), ((8, 6, 5, 4, 1), 80))


def _problems(cases, seeds: int, seed: int, duplicates: bool = False):
    """Settings and random problems; ``duplicates`` repeats a sample with the other label."""
    for (widths, N), s in product(cases, range(seed, seed + seeds)):
        params, X, Y = random_problem(widths, N, s)
        if duplicates:
            X[1], Y[:2] = X[0], (1.0, -1.0)
        yield {"widths": str(widths), "N": N, "seed": s}, params, X, Y


@claim(
    id="book-memorizer-tanh",
    source="Book, after Bombari, Amani, Mondelli 2022, memorization",
    statement="For N just below the number of parameters, the difference-quotient memorizer errs by C ε (1+O(ε)).",
    status="proved here",
    assumptions="tanh, Jacobian of rank N; C = |D²f(θ)[θ',θ']|/2, ε from 1e-6 to 1e-4 of the radius |θ'|^(−1).",
    does_not_say="How small ε must be: C grows without bound as N approaches the number of parameters.",
    verdict=power_law("ε", absolute=True, exponent=1.0, ratio_band=(0.97, 1.03), tolerance=0.01),
)
def tanh_rate(*, cases=CASES, seeds=2, seed=0, exponent=1.0, constant=1.0):
    """Fit the exponent of the error in ε, beside ``constant`` C ε."""
    for row, params, X, Y in _problems(cases, seeds, seed):
        way = exact.shortest_direction(params, X, Y)
        C, unit = exact.curvature_constant(params, way, X), 1 / exact.length(way)
        for t in np.geomspace(1e-6, 1e-4, 4):
            error = exact.quotient_error(params, way, X, Y, t * unit) / (C * unit)
            yield error, constant * t, row | {"ε": t}


tanh_rate.refuted_by("C is |D²f(θ)[θ',θ']|, without the half", constant=2.0)


@claim(
    id="book-memorizer-exact",
    source="Book",
    statement="Where J has rank N, the network of twice the widths interpolates all labels exactly, not up to ε.",
    status="proved here",
    assumptions="Any C¹ activation, weights with rank J = N; found by Newton's method, to 1e-7 of the labels.",
    does_not_say="That the weights are moderate: the last layer is of order 1/λ_min.",
    verdict=equal(tolerance=1e-7, scale=1.0),
)
def memorizer_exact(*, cases=CASES, seeds=2, seed=0, scale=0.1, duplicates=False):
    """Error of the doubled network; ``scale`` in units of the squared least singular value over the norm of Y."""
    for row, params, X, Y in _problems(cases, seeds, seed, duplicates):
        s = scale * max(np.linalg.svd(jacobian(params, X), compute_uv=False)[-1] ** 2, 1e-6) / np.linalg.norm(Y)
        way, _ = exact.newton_memorizer(params, X, Y, s)
        gap = exact.forward(doubled_params(params, way, s), X) - Y
        yield np.linalg.norm(gap) / np.linalg.norm(Y), 0.0, row


memorizer_exact.refuted_by("no rank is needed: one input may carry two labels", duplicates=True)


@claim(
    id="book-memorizer-length",
    source="Book",
    statement="As N approaches P, the memorizer's constant C grows at least like |θ'| to the power 1.7.",
    status="open",
    assumptions="tanh, widths (10, 10, 10, 1), random signs, N from 100 to 208 of P = 210.",
    does_not_say="That the power is 2, the proved upper bound: the soft directions are less curved.",
    verdict=power_law("length", ratio_band=(0.02, 50), relation=">=", widest=0.5),
    loose_because="none known: the power depends on how curved the soft directions are, of which nothing is proved",
)
def length(*, sizes=(100, 150, 190, 200, 205, 208), seeds=5, seed=0, exponent=1.7):
    """Fit the exponent of C in the length of the direction."""
    for row, params, X, Y in _problems([((10, 10, 10, 1), N) for N in sizes], seeds, seed):
        way = exact.shortest_direction(params, X, Y)
        yield exact.curvature_constant(params, way, X), None, row | {"length": exact.length(way)}


length.refuted_by("the proved power 2 is attained", exponent=2.0)


def _constants(distances, seeds: int, seed: int, labels: str):
    """λ_min and C, relative to their values at the first distance."""
    for s in range(seed, seed + seeds):
        start = None
        for distance in distances:
            params, X, Y = closing_pair((8, 8, 8, 1), 60, s, distance, labels)
            way = exact.shortest_direction(params, X, Y)
            values = np.linalg.svd(jacobian(params, X), compute_uv=False)[-1] ** 2
            values = np.array([values, exact.curvature_constant(params, way, X)])
            start = values if start is None else start
            yield *(values / start), {"distance": distance, "seed": s, "labels": labels}


@claim(
    id="book-constant-opposite",
    source="Book",
    statement="For labels with a fixed share in the lowest eigenvector, C grows like 1/λ_min, not its square root.",
    status="proved here",
    assumptions="tanh; λ_min driven to 0 by two samples that approach each other, with opposite labels.",
    does_not_say="That all labels are so: equal labels leave C bounded.",
    verdict=power_law("1/λ_min", ratio_band=(0.8, 1.25), tolerance=0.02),
)
def opposite(*, distances=(1e-4, 1e-3, 3e-3), seeds=3, seed=0, exponent=1.0, labels="opposite"):
    """Fit the exponent of C in 1/λ_min."""
    for lowest, constant, row in _constants(distances, seeds, seed, labels):
        yield constant, None, row | {"1/λ_min": 1 / lowest}


opposite.refuted_by("C grows like 1/√λ_min, as the length does", exponent=0.5)


@claim(
    id="book-constant-equal",
    source="Book",
    statement="For labels Y = J w with |w| bounded, C stays bounded however small λ_min.",
    status="proved here",
    assumptions="tanh; two samples that approach each other, with equal labels; C at most 1.1 times its first value.",
    does_not_say="That random labels are of this kind.",
    verdict=at_most(),
)
def bounded(*, distances=(1e-1, 1e-2, 1e-4), seeds=3, seed=0, labels="equal"):
    """Compare C with 1.1 times its first value."""
    for lowest, constant, row in _constants(distances, seeds, seed, labels):
        yield constant, 1.1, row | {"λ_min": lowest}


bounded.refuted_by("for opposite labels too", labels="opposite")


@claim(
    id="book-interpolation-solver",
    source="Book",
    statement="With one hidden layer and P = 1.25 N, Levenberg-Marquardt brings random signs to residuals of 1e-10.",
    status="open",
    assumptions="tanh, one hidden layer, widths (6, 12, 1), N = 0.8 P; the paper's initialization; every seed tried.",
    does_not_say="That it does for deep networks or ReLU, or that it does nearer to P.",
    verdict=equal(tolerance=1e-10, scale=1.0),
)
def solver(*, share=0.8, seeds=4, seed=0, widths=(6, 12, 1), steps=200):
    """Compare the largest absolute residual with 0."""
    N = round(share * 84)
    for s in range(seed, seed + seeds):
        params, X, Y = random_problem(widths, N, s)
        fit = least_squares(MLP(widths, "tanh", "bombari"), tuple(map(jnp.asarray, params)), X, Y, steps=steps)
        yield float(jnp.abs(fit.residual).max()), 0.0, {"N": N, "seed": s}


solver.refuted_by("with N = 1.1 P too", share=1.1)


@claim(
    id="book-interpolation-obstruction",
    source="Book, by Sard's theorem",
    statement="With more samples than countable parameters, almost no labels can be interpolated.",
    status="proved here",
    assumptions="C¹ activation or ReLU; checked on the shipped sweep: no residual below 1e-10 beyond the count.",
    does_not_say="How small the residual can be: see book-interpolation-signs.",
    verdict=equal(tolerance=0.0),
    deterministic="a shipped table",
)
def obstruction(*, level=1e-10):
    """Count networks of the sweep beyond the capacity whose root mean square residual is below ``level``."""
    table = cached_transition()
    beyond = table[table["ratio"] > 1].groupby(["network", "labels", "ratio"])["residual"]
    for (network, labels, ratio), residuals in beyond:
        yield (residuals < level).sum(), 0, {"network": network, "labels": labels, "ratio": ratio}


obstruction.refuted_by("nor comes any to a residual of 1e-4", level=1e-4)


@claim(
    id="book-interpolation-signs",
    source="Book",
    statement="Gaussian labels keep away by more than 0.02 at N = 1.1 P; signs are approached to 3e-7 by saturation.",
    status="open",
    assumptions="The shipped sweep, tanh, three hidden layers, 12 seeds; smallest root mean square residual.",
    does_not_say="That signs are interpolated there: for almost all samples no vector of signs is in the image.",
    verdict=at_least(),
    deterministic="a shipped table",
)
def signs(*, network="tanh, 3 hidden", labels="gaussian", ratio=1.1):
    """Compare the smallest residual of a cell with 0.02, and 3e-7 with that of signs."""
    yield _cell(network, ratio, labels)["residual"].min(), 0.02, {"labels": labels}
    yield 3e-7, _cell(network, ratio, "signs")["residual"].min(), {"labels": "signs"}


signs.refuted_by("signs keep away as far", labels="signs")


@claim(
    id="book-interpolation-transition",
    source="Book",
    statement="Levenberg-Marquardt interpolates Gaussian labels at N = 0.9 P from nine starts of ten, at three depths.",
    status="open",
    assumptions="The shipped sweep: tanh, one to three hidden layers, 12 seeds each, at most 2000 iterations.",
    does_not_say="That it does for signs, where deep networks run towards infinity, or for ReLU.",
    verdict=probability(),
    loose_because="all of the twelve starts succeed: no share between 0.9 and 1 is rejected",
    deterministic="a shipped table",
)
def transition(*, ratio=0.9, labels="gaussian"):
    """Frequency of success at one ratio, over all depths and per depth."""
    cells = {f"tanh, {depth} hidden": _cell(f"tanh, {depth} hidden", ratio, labels)["success"] for depth in (1, 2, 3)}
    counts = {name: (int(cell.sum()), len(cell)) for name, cell in cells.items()}
    for name, count in {"all": np.sum(list(counts.values()), axis=0).tolist(), **counts}.items():
        yield count, 0.9, {"network": name, "labels": labels, "N/P": ratio}


transition.refuted_by("at N = P too", ratio=1.0)


@claim(
    id="book-interpolation-starts",
    source="Book",
    statement="At N = P one of fourteen starts of Levenberg-Marquardt interpolates each of twelve Gaussian labels with "
    "one or two hidden layers, and eight of twelve with three.",
    status="open",
    assumptions="The shipped sweep: tanh, as many samples as parameters, 14 draws of the initial weights for each.",
    does_not_say="That all labels can be interpolated there, nor that the other four cannot.",
    verdict=equal(tolerance=0.0),
    deterministic="a shipped table",
)
def starts(*, most=14):
    """Count label vectors interpolated from one of the first ``most`` starts."""
    table = cached_starts()
    for network, rows in table[table["start"] < most].groupby("network"):
        found = int(rows.groupby("seed")["success"].any().sum())
        yield found, 8 if network == "tanh, 3 hidden" else 12, {"network": network, "starts": most}


starts.refuted_by("the first start alone decides", most=1)


def _cell(network, ratio, labels):
    table = cached_transition()
    return table[(table["network"] == network) & (table["ratio"] == ratio) & (table["labels"] == labels)]
