"""Claims on implicit regularization: how far, by which way, and to which minimum gradient descent goes."""

from functools import lru_cache
from itertools import pairwise

import numpy as np

from ntklib.claims import claim, inequality, scaling_law
from ntklib.networks import MLP
from ntklib.theory.wide_networks.composite.lipschitz import network_lipschitz
from ntklib.theory.wide_networks.composite.losses import LOGISTIC
from ntklib.theory.wide_networks.composite.statements import network_jacobian
from ntklib.theory.wide_networks.implicit_regularization.minima import (
    descent_end,
    nearest_interpolant,
)
from ntklib.theory.wide_networks.implicit_regularization.statements import (
    interpolation_distance_bound,
    nearest_certified,
)

SAMPLES, DIMENSION = 10, 20


def interpolation_task(m, seed, *, activation="tanh", parametrization="ntk", c=1.0, depth=3, N=SAMPLES):
    """A network of equal widths, its start, points on the sphere, labels counted from its first outputs."""
    net = MLP((DIMENSION, *[m] * (depth - 1), 1), activation, parametrization, weight_variance=c)
    rng, data = np.random.default_rng([seed, m, 1]), np.random.default_rng([seed, 2])
    stds = net.parametrization.init_std
    start = [std * rng.standard_normal(shape) for std, shape in zip(stds, pairwise(net.widths))]
    X, y = data.standard_normal((N, DIMENSION)), data.standard_normal(N)
    X, y = X / np.linalg.norm(X, axis=1, keepdims=True), y / np.mean(y**2) ** 0.5
    return net, start, X, y + network_jacobian(net, start, X)[0]


def start_spectrum(net, start, X):
    """Residual-free facts of the start: its Jacobian, and the extreme eigenvalues of the kernel per sample."""
    J = network_jacobian(net, start, X)[1]
    values = np.linalg.eigvalsh(J @ J.T) / len(X)
    return J, float(values[0]), float(values[-1])


@lru_cache(maxsize=256)
def trained(m, seed, *, share=1.0, near=True, rates=None, **settings):
    """The end of gradient descent with step share/λ_max, and the nearest interpolant found from there."""
    net, start, X, y = interpolation_task(m, seed, **settings)
    _, least, largest = start_spectrum(net, start, X)
    end = descent_end(net, start, X, y, share / largest, rates=rates)
    found = nearest_interpolant(net, start, X, y, first=end.params, tolerance=1e-6) if near else None
    return end, found, least, largest


def _cases(widths, seeds, first_seed):
    return [(m, seed) for m in widths for seed in range(first_seed, first_seed + seeds)]


@claim(
    id="book-linear-nearest",
    source="Book, proposition on linear models",
    statement="In a linear model gradient descent ends at the interpolant nearest to its start.",
    status="proved here",
    assumptions="Step size below 2/λ_max, full row rank; Gaussian 8 by 30 systems.",
    does_not_say="The same for another metric: unequal step sizes of the coordinates change the end.",
)
def linear_nearest(*, seeds=3, first_seed=0, uneven=1.0):
    """Compare the excess of the end's distance with rounding; ``uneven`` multiplies half of the step sizes."""
    excess, rows = [], []
    for seed in range(first_seed, first_seed + seeds):
        rng = np.random.default_rng([seed, 3])
        J, y, start = rng.standard_normal((8, 30)), rng.standard_normal(8), rng.standard_normal(30)
        rates = np.where(np.arange(30) < 15, 1.0, uneven) / np.linalg.norm(J, 2) ** 2
        theta = start
        for _ in range(4000):
            theta = theta - rates * (J.T @ (J @ theta - y))
        nearest = np.linalg.lstsq(J, y - J @ start, rcond=None)[0]
        excess.append(np.linalg.norm(theta - start) / np.linalg.norm(nearest) - 1)
        rows.append({"seed": seed})
    return inequality(np.abs(excess), 1e-10, rows, "<=")


linear_nearest.refuted_by(uneven=0.1)


@claim(
    id="book-distance-ntk",
    source="Book (after Terjék, González-Sánchez 2022, abstract)",
    statement="In the NTK parametrization the distance to the limit of gradient descent does not depend on the width.",
    status="proof sketched",
    assumptions="ReLU, three layers, widths 32 to 512, labels counted from the first outputs, step 1/λ_max.",
    does_not_say="What it is: the linearized problem says that, see book-distance-bound.",
)
def distance_ntk(*, widths=(32, 64, 128, 256, 512), seeds=3, first_seed=0, parametrization="ntk", exponent=0.0):
    """Fit the exponent of the distance in the width."""
    cases = _cases(widths, seeds, first_seed)
    settings = {"activation": "relu", "parametrization": parametrization, "c": 2.0, "near": False}
    ends = [trained(m, seed, **settings)[0].distance for m, seed in cases]
    return scaling_law([m for m, _ in cases], ends, exponent, (0.3, 3), tolerance=0.1)


distance_ntk.refuted_by(parametrization="chen")


@claim(
    id="book-distance-chen",
    source="Book (for the convention of Chen et al. 2021)",
    statement="With weights of variance 2/m and the output times √m the same distance falls like m^(−1/2).",
    status="proof sketched",
    assumptions="As for book-distance-ntk: the same functions, in other coordinates.",
    does_not_say="That such a network moves less in any sense but that of its units.",
)
def distance_chen(*, widths=(32, 64, 128, 256, 512), seeds=3, first_seed=0, parametrization="chen"):
    """Fit the exponent of the distance in the width."""
    return distance_ntk(
        widths=widths, seeds=seeds, first_seed=first_seed, parametrization=parametrization, exponent=-0.5
    )


distance_chen.refuted_by(parametrization="ntk")


@claim(
    id="book-limit-ratio",
    source="Book, Theorem T1 (after Terjék, González-Sánchez 2022, abstract)",
    statement="The limit of gradient descent is at most (B/κ)/√λ times as far from the start as any interpolant.",
    status="proof sketched",
    assumptions="λ and B at the start, not on a certified ball; κ = 1/2 (step 1/λ_max); the nearest point found.",
    does_not_say="That the factor is near the truth: it is five to ten, the ratio found is 1.02 to 1.1.",
)
def limit_ratio(*, widths=(32, 64, 128), seeds=3, first_seed=0, factor=1.0):
    """Compare the ratio with the bound; ``factor`` multiplies the bound."""
    ratio, bound, rows = [], [], []
    for m, seed in _cases(widths, seeds, first_seed):
        end, near, least, largest = trained(m, seed)
        ratio.append(end.distance / near.distance)
        bound.append(factor * 2 * (largest / least) ** 0.5)
        rows.append({"m": m, "seed": seed})
    return inequality(ratio, bound, rows, "<=")


limit_ratio.refuted_by(factor=0.1)


@claim(
    id="book-ratio-to-one",
    source="Book",
    statement="The excess of the limit's distance over the least one found falls like 1/m.",
    status="proof sketched",
    assumptions="One hidden layer of tanh, four samples, widths 64 to 4096, step 1/λ_max.",
    does_not_say="The same at small widths: there the fitted exponent is nearer to −1/2.",
)
def ratio_to_one(*, widths=(64, 256, 1024, 4096), seeds=3, first_seed=0, exponent=-1.0):
    """Fit the exponent of ratio − 1 in the width."""
    cases = _cases(widths, seeds, first_seed)
    runs = [trained(m, seed, depth=2, N=4) for m, seed in cases]
    excess = [end.distance / near.distance - 1 for end, near, *_ in runs]
    return scaling_law([m for m, _ in cases], excess, exponent, (0.1, 10), tolerance=0.15, widest=0.4)


ratio_to_one.refuted_by(exponent=0.0)


@claim(
    id="book-nearest-certified",
    source="Book, proposition on the nearest interpolant",
    statement="At width 16384 the point found is proved nearest: Λ‖ν‖ ≤ 1 with a proved Λ.",
    status="proved here",
    assumptions="Three samples, one hidden layer of tanh; Λ on the ball whose radius is its distance.",
    does_not_say="That points found at runnable depth and without output scale are nearest: there Λ‖ν‖ is above 10.",
)
def certified(*, m=2**14, seeds=2, first_seed=0, N=3):
    """Compare Λ‖ν‖ with one."""
    values, rows = [], []
    for seed in range(first_seed, first_seed + seeds):
        net, start, X, _ = interpolation_task(m, seed, depth=2, N=N)
        near = trained(m, seed, depth=2, N=N)[1]
        Lambda = network_lipschitz(net, start, X)(near.distance)
        values.append(Lambda * near.multiplier)
        rows.append({"seed": seed, "proved": nearest_certified(near, Lambda)})
    return inequality(values, 1.0, rows, "<=")


certified.refuted_by(m=64)


@claim(
    id="book-distance-bound",
    source="Book, proposition on the nearest interpolant",
    statement="No interpolant found is nearer than the bound from the start's Jacobian and a proved Λ.",
    status="proved here",
    assumptions="Widths 32, 128 with two hidden layers and 16384 with one; Λ on the ball of the distance found.",
    does_not_say="That the bound is near: at small widths it is a seventh of the distance, at 16384 nine tenths.",
)
def distance_bound(*, widths=(32, 128, 2**14), seeds=2, first_seed=0, factor=1.0):
    """Compare the least distance found with the bound; ``factor`` multiplies the bound."""
    found, bound, rows = [], [], []
    for m, seed in _cases(widths, seeds, first_seed):
        shape = {"depth": 2, "N": 3} if m > 1000 else {}
        net, start, X, y = interpolation_task(m, seed, **shape)
        near, (outputs, J) = trained(m, seed, **shape)[1], network_jacobian(net, start, X)
        Lambda = network_lipschitz(net, start, X)(near.distance)
        found.append(near.distance)
        bound.append(factor * interpolation_distance_bound(J, outputs - y, Lambda))
        rows.append({"m": m, "seed": seed})
    return inequality(found, bound, rows, ">=")


distance_bound.refuted_by(factor=1.5)


@claim(
    id="book-path-distance",
    source="Book",
    statement="At half of the largest stable step the path is at most 1.5 times the distance it covers.",
    status="open",
    assumptions="Tanh, widths 32 to 128, ten samples, ηλ_max = 1 at the start.",
    does_not_say="The same near the stability border: at ηλ_max = 1.9 the path is three to six times the distance.",
)
def path_distance(*, widths=(32, 64, 128), seeds=3, first_seed=0, share=1.0):
    """Compare the quotient with 1.5; ``share`` is ηλ_max."""
    runs = [(m, seed, trained(m, seed, share=share, near=False)[0]) for m, seed in _cases(widths, seeds, first_seed)]
    rows = [{"m": m, "seed": seed} for m, seed, _ in runs]
    return inequality([end.path / end.distance for *_, end in runs], 1.5, rows, "<=")


path_distance.refuted_by(share=3.0)


@claim(
    id="book-logistic-distance",
    source="Book",
    statement="Under the logistic loss the distance is at least (log(1/(exp(e) − 1)) − ‖F_0‖)/B: it grows without end.",
    status="proof sketched",
    assumptions="B the largest singular value at the start and after each of four run lengths, times 1.5.",
    does_not_say="How fast: like log t is seen.",
)
def logistic_distance(*, width=64, lengths=(30, 300, 1000, 3000), seeds=2, first_seed=0, factor=1.0):
    """Compare the distance with the bound; ``factor`` multiplies the bound."""
    distances, bounds, rows = [], [], []
    for seed in range(first_seed, first_seed + seeds):
        net, start, X, y = interpolation_task(width, seed)
        first = network_jacobian(net, start, X)[0]
        labels, largest = np.sign(y - first), start_spectrum(net, start, X)[2]
        for steps in lengths:
            end = descent_end(net, start, X, labels, 2 / largest, outer=LOGISTIC, steps=steps)
            B = 1.5 * max(largest, start_spectrum(net, end.params, X)[2]) ** 0.5
            needed = -np.log(np.expm1(end.loss)) - np.mean(first**2) ** 0.5
            distances.append(end.distance)
            bounds.append(factor * needed / B)
            rows.append({"seed": seed, "steps": steps})
    return inequality(distances, bounds, rows, ">=")


logistic_distance.refuted_by(factor=10.0)
