"""Claims of the scaling-figure chapter: the paper's values, which layer carries them, why, and what width changes."""

from itertools import pairwise, product

import numpy as np

from ntklib import plain
from ntklib.claims import approximates, at_least, at_most, claim, within_factor
from ntklib.spectrum import smallest_eigenvalue
from ntklib.theory.minimum_width.scaling_figure.constants import (
    centred_bound,
    layer_constants,
    predicted_first_kernel,
)
from ntklib.theory.minimum_width.scaling_figure.figure import cached_figure, cell_kernels, layer_minima
from ntklib.theory.minimum_width.scaling_figure.readings import draws, log_likelihood
from ntklib.theory.minimum_width.scaling_figure.setting import output_size, spectra


@claim(
    id="bombari-figure-scaling",
    source="Bombari, Amani, Mondelli 2022, scaling figure",
    statement="As means of ten draws, 128, 104, 91 at d = 977 are 20 times likelier for the full NTK than for either "
    "block; a normalized W_3 stays open.",
    status="open",
    assumptions="Sigmoid, Gaussian data, ten draws of ours; blocks with data on the sphere, too; common or independent "
    "draws of the three N; readings within 2; Student's t.",
    does_not_say="That data on the sphere are excluded, if draws are common; nor that W_1 alone is, if a published "
    "value is a single draw.",
    verdict=at_least(),
    deterministic="a shipped table",
    loose_because="a count of twenty to one was asked for: the odds against W_2 alone are astronomical",
)
def figure(*, column="full", number=10):
    """Compare odds with 20; ``column`` names the favoured kernel, ``number`` the draws behind a published value."""
    for shared in (False, True):
        given = {"shared": shared, "number": number}
        best = log_likelihood(draws(column), **given)
        for other, data in product(("first", "block"), ("gaussian", "sphere")):
            odds = np.exp(best - log_likelihood(draws(other, data), **given))
            yield odds, 20.0, given | {"against": other, "data": data}
        odds = np.exp(best - log_likelihood(draws(column), drawn=False, **given))
        yield 20.0, odds, given | {"against": "|W_3|² = d", "data": "gaussian"}


figure.refuted_by("as single draws, too", number=1)


@claim(
    id="book-figure-shares",
    source="Book",
    statement="With sigmoids the first block carries over 3/4 of the figure's λ_min(K), the W_2 block below 1/20.",
    status="proof sketched",
    missing_step="a lower bound on λ_min of the first block for N of order d",
    assumptions="Cells of the figure with d at least 234, recomputed here at N = 1000, d = 234 and 393.",
    does_not_say="That the lower bound of the theorem is wrong: it asks for an order, and the block has it.",
    verdict=at_most(),
)
def shares(*, dimensions=(234, 393), N=1000, activation="sigmoid", seeds=2, seed=0):
    """Compare 3/4 with the first share, and the block's share with 1/20; ``activation`` may change."""
    for d, s in product(dimensions, range(seed, seed + seeds)):
        values, row = layer_minima(cell_kernels(d, N, activation, seed=s)), {"d": d, "seed": s}
        yield 3 / 4, values["first"] / values["full"], row | {"block": "W_1"}
        yield values["block"] / values["full"], 1 / 20, row | {"block": "W_2"}


shares.refuted_by("so it is with tanh", activation="tanh")


@claim(
    id="book-figure-first-layer",
    source="Book",
    statement="λ_min of the first layer's kernel is (1 − 1.6 √N/d) times that of a model of data and three constants.",
    status="proof sketched",
    missing_step="the fluctuations of the weights, of relative size √N/d",
    assumptions="Nearly orthogonal data, d ≤ N ≪ d²; means of eight draws; up to √N/d of the model; 1.6 is measured.",
    does_not_say="The fluctuation of the output weights' norm, which moves the measured side by √(2/d): divided out.",
    verdict=approximates(),
    loose_because="none known: fluctuations of the weights of relative size √N/d are measured, not computed",
)
def first_layer(*, cells=((100, 200), (200, 300), (400, 600)), constant="sigmoid", seeds=8, seed=0, equal_norms=False):
    """Compare measured and model; ``equal_norms`` gives the model's data the norm √d."""
    for d, N in cells:
        rows, unit = [], N**0.5 / d
        for s in range(seed, seed + seeds):
            X = np.random.default_rng([s, d, 0]).standard_normal((N, d))
            measured = smallest_eigenvalue(cell_kernels(d, N, seed=s)[0]) / output_size(d, s)
            X = X * (d**0.5 / np.linalg.norm(X, axis=1, keepdims=True)) if equal_norms else X
            rows.append((measured, smallest_eigenvalue(predicted_first_kernel(X, constant))))
        measured, model = np.mean(rows, axis=0)
        yield measured, (model * (1 - 1.6 * unit), unit * model), {"d": d, "N": N, "model": model}


first_layer.refuted_by("the norms of the data do not matter: all are √d in the model", equal_norms=True)


@claim(
    id="book-figure-block",
    source="Book",
    statement="For n < N/2 the block's λ_min stays below the product of centred variances, (A0 − C0)(A2 − C2) n².",
    status="proof sketched",
    missing_step="the limit of wide layers in the proposition's trace bound",
    assumptions="Both hidden widths n, Gaussian data with n ≤ d < N/2 ≪ n²; sigmoid and tanh.",
    does_not_say="The same for n above N, where the means of one factor are no longer of low rank.",
    verdict=at_most(),
    loose_because="λ_min lies below its ceiling, from a third to a half of it: rank one is not all that is lost",
)
def block(*, cells=((50, 150), (100, 250)), widening=1, seeds=3, seed=0):
    """Compare the block's eigenvalue over n² with the constant; ``widening`` multiplies the hidden widths."""
    for activation, (d, N), s in product(("sigmoid", "tanh"), cells, range(seed, seed + seeds)):
        n = widening * d
        value = spectra((d, n, n, 1), N, activation, s)["block"] / n**2
        yield value, layer_constants(activation)["block"], {"activation": activation, "n": n, "N": N, "seed": s}


block.refuted_by("at any width, n far above N too", widening=16)


@claim(
    id="book-figure-ceiling",
    source="Book",
    statement="The proposition's ceiling, a trace over V, is (A0 − C0)(A2 − C2) n² within a factor 1.5, above λ_min.",
    status="proof sketched",
    missing_step="the limit of wide layers of a trace over V",
    assumptions="d = n = 200, N = 600, |W_3|² = n by rescaling; means of 4000 other samples; sigmoid and tanh.",
    does_not_say="Where λ_min lies below its ceiling: from a third to a half of it here.",
    verdict=within_factor(),
    loose_because="the trace runs over n² finite directions, the constant is the limit of large n",
)
def ceiling(*, d=200, N=600, seeds=2, seed=0, centred=("A0", "A2")):
    """Compare ceiling over constant, and its inverse, with 1.5; means are subtracted of the variances ``centred``."""
    for activation, s in product(("sigmoid", "tanh"), range(seed, seed + seeds)):
        params, rng = plain.draw((d, d, d, 1), "bombari", [s, 1]), np.random.default_rng([s, 0])
        (F, B), (others, backward) = (
            plain.factors(params, rng.standard_normal((size, d)), activation=activation) for size in (N, 4000)
        )
        constants = layer_constants(activation)
        predicted = np.prod([constants[A] - (constants["C" + A[1]] if A in centred else 0) for A in ("A0", "A2")])
        bound = centred_bound(F[1], B[1], others[1].mean(axis=0), backward[1].mean(axis=0))
        ratio = bound / np.sum(params[-1] ** 2) / d / predicted
        yield ratio, (1.0, 1.5), {"activation": activation, "seed": s}


ceiling.refuted_by("the mean of the derivative is not lost: A2 in place of A2 − C2", centred=("A0",))


@claim(
    id="book-figure-interlacing",
    source="Book",
    statement="In each draw every curve of the figure falls as N grows: a smaller N is a leading submatrix.",
    status="proved here",
    assumptions="Cauchy interlacing; shipped table, all dimensions and draws.",
    does_not_say="How fast.",
    verdict=at_most(),
    deterministic="a shipped table",
)
def interlacing(*, order=(1000, 2000, 3000), columns=("full", "block", "first"), shift=0):
    """Compare each value with that at the next smaller N, of a draw ``shift`` places further."""
    table = cached_figure().pivot(index=["d", "seed"], columns="N", values=list(columns))
    for column, (fewer, more) in product(columns, pairwise(order)):
        other = table[column][fewer].groupby("d").transform(lambda part: np.roll(part, shift))
        yield table[column][more].to_numpy(), other.to_numpy(), {"block": column, "N": more}


interlacing.refuted_by("between independent draws as well", shift=1)
