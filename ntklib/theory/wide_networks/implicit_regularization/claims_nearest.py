"""Claims on implicit regularization: the nearest interpolant, its certificate, and the distance to all of them."""

from itertools import product

import numpy as np
from scipy.optimize import brentq

from ntklib.claims import at_least, at_most, claim, equal, power_law
from ntklib.theory.wide_networks.composite.lipschitz import network_lipschitz
from ntklib.theory.wide_networks.composite.statements import network_jacobian
from ntklib.theory.wide_networks.implicit_regularization.setting import interpolation_task, trained
from ntklib.theory.wide_networks.implicit_regularization.statements import (
    interpolation_distance_bound,
    nearest_certified,
)


@claim(
    id="book-ratio-to-one",
    source="Book",
    statement="The excess of the limit's distance over the least one found falls like 1/m.",
    status="proof sketched",
    missing_step="the deviation of the nearest interpolant to second order",
    assumptions="One hidden layer of tanh, four samples, widths 64 to 16384, step 1/λ_max.",
    does_not_say="The same at small widths or three layers: there the fitted exponent is nearer to −1/2.",
    verdict=power_law("m", ratio_band=(0.1, 10.0), tolerance=0.03, widest=0.4),
)
def ratio_to_one(*, widths=(64, 256, 1024, 4096, 16384), seeds=3, seed=0, exponent=-1.0):
    """Fit the exponent of ratio − 1 in the width, relative to the seed's own level."""
    for s in range(seed, seed + seeds):
        runs = [trained(m, s, depth=2, N=4)[:2] for m in widths]
        excess = np.array([end.distance / near.distance - 1 for end, near in runs])
        for m, value in zip(widths, excess / np.exp(np.mean(np.log(excess)))):
            yield value, None, {"m": m, "seed": s}


ratio_to_one.refuted_by("like m^(-3/4)", exponent=-0.75)


@claim(
    id="book-nearest-certified",
    source="Book, proposition on the nearest interpolant",
    statement="At width 16384 the point found is proved nearest: Λ‖ν‖ ≤ 1 with a proved Λ.",
    status="proved here",
    assumptions="Three samples, one hidden layer of tanh; Λ on the ball whose radius is its distance.",
    does_not_say="That points found at runnable depth and without output scale are nearest: there Λ‖ν‖ is above 10.",
    verdict=at_most(),
    companion="book-nearest-extremal",
)
def certified(*, m=2**14, seeds=2, seed=0, N=3):
    """Compare Λ‖ν‖ with one."""
    for s in range(seed, seed + seeds):
        net, start, X, _ = interpolation_task(m, s, depth=2, N=N)
        near = trained(m, s, depth=2, N=N)[1]
        Lambda = network_lipschitz(net, start, X)(near.distance)
        yield Lambda * near.multiplier, 1.0, {"seed": s, "proved": nearest_certified(near, Lambda)}


certified.refuted_by("the same at width 128", m=128)


@claim(
    id="book-nearest-extremal",
    source="Book, proposition on the nearest interpolant",
    statement="The certificate Λ‖ν‖ ≤ 1 is attained: on a parabola the foot stops being nearest exactly at Λ‖ν‖ = 1.",
    status="proved here",
    assumptions="F(θ) = θ₁ + ½Λθ₂² = c from the start 0, foot (c, 0) with ν = c; least distance by search.",
    does_not_say="That networks are near this case.",
    verdict=equal(tolerance=1e-6),  # the search starts at θ₂² = 1e-8, where the squares' rounding is 1e-8 too
)
def nearest_extremal(*, seed=0, seeds=4, threshold=1.0):
    """Search the c at which the least distance falls below c; compare Λc with ``threshold``."""
    for s in range(seed, seed + seeds):
        Lambda = np.random.default_rng([s, 5]).uniform(0.2, 5.0)
        squares = np.geomspace(1e-8, 100.0, 2000)  # of θ₂

        def fall(c, Lambda=Lambda, squares=squares):
            return (((c - Lambda * squares / 2) ** 2 + squares - c**2) / squares).min()

        yield Lambda * brentq(fall, 0.5 / Lambda, 2.0 / Lambda, xtol=1e-12), threshold, {"seed": s}


nearest_extremal.refuted_by("Λ‖ν‖ ≤ 2 is enough", threshold=2.0)


@claim(
    id="book-distance-bound",
    source="Book, proposition on the nearest interpolant",
    statement="No interpolant found is nearer than the bound from the start's Jacobian and a proved Λ.",
    status="proved here",
    assumptions="Widths 32, 128 with two hidden layers and 16384 with one; Λ on the ball of the distance found.",
    does_not_say="That the bound is near: at small widths it is a seventh of the distance, at 16384 nine tenths.",
    verdict=at_least(),
    companion="book-distance-bound-extremal",
)
def distance_bound(*, widths=(32, 128, 2**14), seeds=2, seed=0, factor=1.0):
    """Compare the least distance found with the bound; ``factor`` multiplies the bound."""
    for m, s in product(widths, range(seed, seed + seeds)):
        shape = {"depth": 2, "N": 3} if m > 1000 else {}
        net, start, X, y = interpolation_task(m, s, **shape)
        near, (outputs, J) = trained(m, s, **shape)[1], network_jacobian(net, start, X)
        Lambda = network_lipschitz(net, start, X)(near.distance)
        yield near.distance, factor * interpolation_distance_bound(J, outputs - y, Lambda), {"m": m, "seed": s}


distance_bound.refuted_by("the bound with √2 times its numerator: b is the rms residual times √2", factor=2**0.5)


@claim(
    id="book-distance-bound-extremal",
    source="Book, proposition on the nearest interpolant",
    statement="On f(θ) = aθ + ½Λθ², and on linear systems, the bound is the distance to the nearest interpolant.",
    status="proved here",
    assumptions="One weight with a, Λ > 0; Gaussian 4 by 9 systems with Λ = 0.",
    does_not_say="That several samples can bend in the worst way at once.",
    verdict=equal(tolerance=1e-9),
)
def distance_extremal(*, seed=0, seeds=4, bend=1.0):
    """Compare the distance with the bound; ``bend`` multiplies Λ as the bound is told."""
    for s in range(seed, seed + seeds):
        rng = np.random.default_rng([s, 6])
        a, Lambda, b = rng.uniform(0.5, 2.0, 3)
        exact = (np.sqrt(a**2 + 2 * Lambda * b) - a) / Lambda
        yield exact, interpolation_distance_bound(np.array([[a]]), np.array([-b]), bend * Lambda), {"seed": s}
        J, r = rng.standard_normal((4, 9)), rng.standard_normal(4)
        yield np.linalg.norm(np.linalg.lstsq(J, r, rcond=None)[0]), interpolation_distance_bound(J, r, 0.0), {"seed": s}


distance_extremal.refuted_by("half of Λ: the second-order term is counted once too often", bend=0.5)
