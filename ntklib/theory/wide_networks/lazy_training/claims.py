"""Claims of the chapter on lazy training: true exponents, signs and kinks."""

import numpy as np

from ntklib.claims import claim, inequality, scaling_law
from ntklib.theory.wide_networks.lazy_training.kinks import kink_bias, one_step_errors
from ntklib.theory.wide_networks.lazy_training.statements import lazy_table
from ntklib.theory.wide_networks.samples import unit_sample

WIDTHS = (64, 256, 1024)


def rows(seeds: int, first_seed: int, widths=WIDTHS, **settings) -> list[dict]:
    """Runs of one hidden layer on ten points of the unit sphere, c = 2 for ReLU."""
    X, y = unit_sample(10, 20, 0)
    c = 2.0 if settings.get("activation") == "relu" else 1.0
    return lazy_table(widths, range(first_seed, first_seed + seeds), X, y, c=c, **settings)


def lazy_law(table, column: str, exponent: float, x: str = "m", *, relation="==", tolerance=0.1, band=(0.3, 3.0)):
    """Fit the exponent of a column."""
    values = [row[column] for row in table], [row[x] for row in table]
    return scaling_law(values[1], values[0], exponent, band, relation=relation, tolerance=tolerance, widest=0.4)


@claim(
    id="terjek-lazy",
    source="Terjék, González-Sánchez 2022, abstract",
    statement="Lazy training: the network stays near its tangent model (here: trained apart), the better the wider.",
    status="proof sketched",
    assumptions="Tanh, one hidden layer; here the largest distance over time falls at least like m^(-1/2).",
    does_not_say="The exponent: it is near −1.",
)
def lazy(*, seeds=4, first_seed=0, exponent=-0.5):
    """Fit the exponent of the error against the tangent model trained by itself, as an upper bound."""
    return lazy_law(rows(seeds, first_seed), "apart", exponent, relation="<=", band=(0.05, 20.0))


lazy.refuted_by(exponent=-1.6)


@claim(
    id="book-lazy-smooth-rate",
    source="Book, after Huang, Yau 2020",
    statement="For a smooth activation the kernel's change in training falls like 1/m.",
    status="proof sketched",
    assumptions="Tanh, one hidden layer, unit sphere, m from 64 to 1024, gradient descent to small loss.",
    does_not_say="The same for output weights of one sign, or with kinks.",
)
def smooth_rate(*, seeds=6, first_seed=0, exponent=-1.0):
    """Fit the exponent of the largest drift."""
    return lazy_law(rows(seeds, first_seed), "drift", exponent)


smooth_rate.refuted_by(exponent=-0.5)


@claim(
    id="book-lazy-distance",
    source="Book, after Terjék, González-Sánchez 2022",
    statement="In the NTK parametrization the distance that the weights travel does not depend on the width.",
    status="proof sketched",
    assumptions="Softplus, one hidden layer, f(θ) − f(θ₀) is trained, unit sphere, m from 64 to 1024.",
    does_not_say="The same in other units: weights of variance 1/m travel m^(-1/2) times as far.",
)
def distance_travelled(*, seeds=4, first_seed=0, exponent=0.0):
    """Fit the exponent of the distance at the end."""
    table = rows(seeds, first_seed, activation="softplus", centred=True)
    return lazy_law(table, "distance", exponent, tolerance=0.05)


distance_travelled.refuted_by(exponent=-0.5)


@claim(
    id="book-lazy-signs",
    source="Book, Proposition on signs",
    statement="With output weights of one sign the drift has the exponent −1/2 of the bound: the rest is cancellation.",
    status="proof sketched",
    assumptions="Softplus, f(θ) − f(θ₀) is trained; with random signs the kernel at the start is the same.",
    does_not_say="The same for odd activations, where the signs of w cancel too.",
)
def signs_matter(*, seeds=3, first_seed=0, signs="positive", exponent=-0.5):
    """Fit the exponent of the largest drift; with random ``signs`` it is another one."""
    return lazy_law(rows(seeds, first_seed, activation="softplus", signs=signs, centred=True), "drift", exponent)


signs_matter.refuted_by(signs="random")


@claim(
    id="book-lazy-cancellation",
    source="Book, Proposition on signs",
    statement="Each neuron's term of the kernel moves like m^(-1/2); what is left of the mean is smaller by m^(-1/2).",
    status="proof sketched",
    assumptions="Softplus, random signs, f(θ) − f(θ₀) is trained.",
    does_not_say="That single neurons stay put: each moves as much as the bound allows for.",
)
def cancellation(*, seeds=4, first_seed=0, signs="random", exponent=-0.5):
    """Fit the exponent of the sum over the mean size; with positive ``signs`` nothing cancels."""
    table = rows(seeds, first_seed, activation="softplus", signs=signs, centred=True)
    return lazy_law([row | {"share": row["sum"] / row["each"]} for row in table], "share", exponent)


cancellation.refuted_by(signs="positive")


@claim(
    id="book-lazy-flips",
    source="Book",
    statement="For ReLU the share of activation patterns that change in training falls like m^(-1/2).",
    status="proof sketched",
    assumptions="ReLU, one hidden layer, f(θ) − f(θ₀) is trained.",
    does_not_say="That the error must have the same exponent: the scatter of its draws has −3/4.",
)
def flips(*, seeds=4, first_seed=0, exponent=-0.5):
    """Fit the exponent of the share of flipped signs."""
    return lazy_law(rows(seeds, first_seed, activation="relu", centred=True), "flips", exponent, tolerance=0.05)


flips.refuted_by(exponent=-0.75)


@claim(
    id="book-lazy-kink-scatter",
    source="Book",
    statement="For ReLU the linearization error scatters over draws like m^(-3/4): flips have random signs.",
    status="proof sketched",
    assumptions="One hidden layer, one step, at the same parameters, standard deviation over 100 draws.",
    does_not_say="That the error has mean zero: its mean is of order m^(-1/2).",
)
def kink_scatter(*, widths=(64, 128, 256, 512, 1024, 2048), seeds=100, first_seed=0, activation="relu", exponent=-0.75):
    """Fit the exponent of the scatter; for a smooth ``activation`` it is −1."""
    X, y = unit_sample(10, 20, 0)
    draws = range(first_seed, first_seed + seeds)
    scatter = [np.sqrt(np.mean(one_step_errors(X, y, m, draws, activation=activation).var(axis=0))) for m in widths]
    return scaling_law(widths, scatter, exponent, (0.8, 1.25), tolerance=0.05, widest=0.4)


kink_scatter.refuted_by(activation="softplus")


@claim(
    id="book-lazy-kink-bias",
    source="Book",
    statement="For ReLU the mean linearization error is m^(-1/2) times a computed vector: a sample moves its own kink.",
    status="proof sketched",
    assumptions="One hidden layer, one step, 200 draws at m = 1024; the part of the mean along the predicted vector.",
    does_not_say="Its size after many steps, where a neuron may cross more than once.",
)
def kink_mean(*, m=1024, seeds=200, first_seed=0, activation="relu", allowed=0.25):
    """Compare the coefficient of the mean along the prediction with 1."""
    X, y = unit_sample(10, 20, 0)
    expected = kink_bias(X, y, draws=5000)
    mean = m**0.5 * one_step_errors(X, y, m, range(first_seed, first_seed + seeds), activation=activation).mean(axis=0)
    return inequality(abs(mean @ expected / (expected @ expected) - 1), allowed, None, "<=")


kink_mean.refuted_by(activation="softplus")
