"""Claims on implicit regularization: how far, and by which way, gradient descent goes."""

from itertools import product

import numpy as np

from ntklib.claims import at_least, at_most, claim, equal, power_law, within_factor
from ntklib.networks import MLP
from ntklib.theory.wide_networks.composite.losses import LOGISTIC
from ntklib.theory.wide_networks.composite.statements import network_jacobian
from ntklib.theory.wide_networks.implicit_regularization.minima import descent_end
from ntklib.theory.wide_networks.implicit_regularization.setting import interpolation_task, start_spectrum, trained
from ntklib.theory.wide_networks.implicit_regularization.statements import (
    limit_ratio_bound,
    logistic_distance_bound,
)


def _relative(values):
    """Positive numbers over their geometric mean."""
    return np.asarray(values) / np.exp(np.mean(np.log(values)))


@claim(
    id="book-linear-nearest",
    source="Book, proposition on linear models",
    statement="In a linear model gradient descent ends at the interpolant nearest to its start.",
    status="proved here",
    assumptions="Step size below 2/λ_max, full row rank; Gaussian 8 by 30 systems.",
    does_not_say="The same for another metric: unequal step sizes of the coordinates change the end.",
    verdict=equal(tolerance=1e-12),  # after 4000 steps only rounding is left
)
def linear_nearest(*, seeds=3, seed=0, uneven=1.0):
    """Compare the end's distance with the least one; ``uneven`` multiplies half of the step sizes."""
    for s in range(seed, seed + seeds):
        rng = np.random.default_rng([s, 3])
        J, y, start = rng.standard_normal((8, 30)), rng.standard_normal(8), rng.standard_normal(30)
        rates = np.where(np.arange(30) < 15, 1.0, uneven) / np.linalg.norm(J, 2) ** 2
        theta = start
        for _ in range(4000):
            theta = theta - rates * (J.T @ (J @ theta - y))
        nearest = np.linalg.lstsq(J, y - J @ start, rcond=None)[0]
        yield np.linalg.norm(theta - start), np.linalg.norm(nearest), {"seed": s}


linear_nearest.refuted_by("the same if half of the coordinates take steps a tenth as long", uneven=0.1)


def _distances(widths, seeds, seed, parametrization):
    """Distance of the end from the start, relative to the seed's own level."""
    settings = {"activation": "relu", "parametrization": parametrization, "c": 2.0, "near": False}
    for s in range(seed, seed + seeds):
        for m, value in zip(widths, _relative([trained(m, s, **settings)[0].distance for m in widths])):
            yield value, None, {"m": m, "seed": s}


@claim(
    id="book-distance-ntk",
    source="Book (after Terjék, González-Sánchez 2022, abstract)",
    statement="In the NTK parametrization the distance to the limit of gradient descent does not depend on the width.",
    status="proof sketched",
    missing_step="convergence of the path for ReLU, which has no Λ",
    assumptions="ReLU, three layers, widths 32 to 512, labels counted from the first outputs, step 1/λ_max.",
    does_not_say="What it is: the linearized problem says that, see book-distance-bound.",
    verdict=power_law("m", ratio_band=(0.5, 2.0), tolerance=0.02),
)
def distance_ntk(*, widths=(32, 64, 128, 256, 512), seeds=3, seed=0, parametrization="ntk", exponent=0.0):
    """Fit the exponent of the distance in the width."""
    return _distances(widths, seeds, seed, parametrization)


distance_ntk.refuted_by("the same with weights of variance 2/m and the output times √m", parametrization="chen")


@claim(
    id="book-distance-chen",
    source="Book (for the convention of Chen et al. 2021)",
    statement="With weights of variance 2/m and the output times √m the same distance falls like m^(−1/2).",
    status="proof sketched",
    missing_step="convergence of the path for ReLU, which has no Λ",
    assumptions="As for book-distance-ntk: the same functions, in other coordinates.",
    does_not_say="That such a network moves less in any sense but that of its units.",
    verdict=power_law("m", ratio_band=(0.5, 2.0), tolerance=0.02),
)
def distance_chen(*, widths=(32, 64, 128, 256, 512), seeds=3, seed=0, parametrization="chen", exponent=-0.5):
    """Fit the exponent of the distance in the width."""
    return _distances(widths, seeds, seed, parametrization)


distance_chen.refuted_by("like m^(-1/3)", exponent=-1 / 3)


@claim(
    id="book-limit-ratio",
    source="Book, Theorem T1 (after Terjék, González-Sánchez 2022, abstract)",
    statement="The limit of gradient descent is at most (B/κ)/√λ times as far from the start as any interpolant.",
    status="proof sketched",
    missing_step="constants that hold on a ball, not at the start alone",
    assumptions="λ and B at the start, not on a certified ball; κ = 1/2 (step 1/λ_max); the nearest point found.",
    does_not_say="That the factor is near the truth: it is five to ten, the ratio found is 1.02 to 1.1.",
    verdict=at_most(),
    companion="book-limit-ratio-extremal",
)
def limit_ratio(*, widths=(32, 64, 128), seeds=3, seed=0, nearest=False):
    """Compare the ratio with the bound, or with one: the end is ``nearest``."""
    for m, s in product(widths, range(seed, seed + seeds)):
        end, near, least, largest = trained(m, s)
        bound = 1.0 if nearest else limit_ratio_bound(largest, least, 0.5)
        yield end.distance / near.distance, bound, {"m": m, "seed": s}


limit_ratio.refuted_by("gradient descent ends at the nearest interpolant, as in a linear model", nearest=True)


@claim(
    id="book-limit-ratio-extremal",
    source="Book, Theorem T1",
    statement="In a linear model with equal singular values the factor (B/κ)/√λ is 1/κ, and the ratio is one.",
    status="proved here",
    assumptions="Orthonormal data, steps of 1/4 to 1 times 1/λ_max, κ = 1 − ηλ_max/2.",
    does_not_say="That 1/κ is needed.",
    verdict=at_most(),
)
def limit_ratio_extremal(*, N=6, shares=(0.25, 0.5, 1.0), seed=0, seeds=2, power=1):
    """Compare the ratio with the bound; ``power`` is that of 1/κ."""
    for share, s in product(shares, range(seed, seed + seeds)):
        y, start = np.random.default_rng([s, 4]).standard_normal(N), [np.zeros((N, 1))]
        net, X = MLP((N, 1), "tanh", "standard"), N**0.5 * np.eye(N)
        end = descent_end(net, start, X, y, share, steps=400)
        yield end.distance / np.linalg.norm(y / N**0.5), limit_ratio_bound(1.0, 1.0, (1 - share / 2) ** power), {"s": s}


limit_ratio_extremal.refuted_by("the factor is κB/√λ", power=-1)


@claim(
    id="book-path-distance",
    source="Book",
    statement="At half of the largest stable step the path is at most 1.5 times the distance it covers.",
    status="open",
    assumptions="Tanh, widths 32 to 128, ten samples, ηλ_max = 1 at the start.",
    does_not_say="The same near the stability border: at ηλ_max = 1.9 the path is three to six times the distance.",
    verdict=within_factor(),
    loose_because="an observation; nothing computed says by how much the path bends",
)
def path_distance(*, widths=(32, 64, 128), seeds=3, seed=0, share=1.0):
    """Compare the quotient with 1.5; ``share`` is ηλ_max."""
    for m, s in product(widths, range(seed, seed + seeds)):
        end = trained(m, s, share=share, near=False)[0]
        yield end.path, (end.distance, 1.5), {"m": m, "seed": s}


path_distance.refuted_by("the same near the stability border, at ηλ_max = 1.9", share=1.9)


@claim(
    id="book-logistic-distance",
    source="Book",
    statement="Under the logistic loss the distance is at least (log(1/(exp(e) − 1)) − ‖F_0‖)/B: it grows without end.",
    status="proved here",
    assumptions="B the largest singular value on the segment from the start to the end, here at five points of it.",
    does_not_say="How fast: like log t is seen.",
    verdict=at_least(),
)
def logistic_distance(*, width=64, lengths=(30, 300, 1000, 3000), seeds=2, seed=0, smallest=False):
    """Compare the distance with the bound; with ``smallest`` B is the smallest singular value at the start."""
    for s in range(seed, seed + seeds):
        net, start, X, y = interpolation_task(width, s)
        first = network_jacobian(net, start, X)[0]
        labels, (least, largest) = np.sign(y - first), start_spectrum(net, start, X)[1:]
        for steps in lengths:
            end = descent_end(net, start, X, labels, 2 / largest, outer=LOGISTIC, steps=steps)
            between = [[(1 - t) * W + t * V for W, V in zip(start, end.params)] for t in np.linspace(0, 1, 5)]
            top = least if smallest else max(start_spectrum(net, params, X)[2] for params in between)
            bound = logistic_distance_bound(end.loss, np.mean(first**2) ** 0.5, top**0.5)
            yield end.distance, bound, {"seed": s, "steps": steps}


logistic_distance.refuted_by("B is the smallest singular value, that of the slowest direction", smallest=True)
