"""Claims of the chapter ``learning_rates`` on what happens beyond 2/λ_max."""

import numpy as np

from ntklib.claims import claim, inequality, scaling_law
from ntklib.theory.wide_networks.learning_rates.claims import _data, _largest, _start
from ntklib.theory.wide_networks.learning_rates.descent import (
    layered_descent,
    tangent_blocks,
)
from ntklib.theory.wide_networks.learning_rates.statements import catapult_orbit


def _pair(m, seed):
    """Two Gaussian vectors."""
    rng = np.random.default_rng([seed, m])
    return rng.standard_normal(m), rng.standard_normal(m)


@claim(
    id="book-linearized-threshold",
    source="Book, chapter learning_rates",
    statement="The linearized network's loss tends to zero for ηλ_max(K) < 2 and grows without bound above 2.",
    status="proved here",
    assumptions="Mean square loss, K = JJ^T/N positive definite, a residual with a part along the top eigenvector.",
    does_not_say="Anything about the network that was linearized.",
)
def linearized_threshold(*, first_seed=0, seeds=4, threshold=2.0):
    """Run the linear recursion 1% below and 1% above the threshold: log of the loss's change, in the claimed sign."""
    measured, rows = [], []
    for seed in range(first_seed, first_seed + seeds):
        X, y = _data(seed)
        K = tangent_blocks(*_start("ntk", 64, seed), X).sum(0)
        for factor in (0.99, 1.01):
            M = np.eye(len(K)) - factor * threshold / np.linalg.eigvalsh(K)[-1] * K
            early, late = (np.linalg.norm(np.linalg.matrix_power(M, t) @ y) for t in (400, 800))
            measured.append(np.log(late / early) * (1 if factor > 1 else -1))
            rows.append({"seed": seed, "ηλ_max": factor * threshold})
    return inequality(measured, 1e-3, rows, ">=")


linearized_threshold.refuted_by(threshold=2.2)


@claim(
    id="book-catapult-recursion",
    source="Book, after Lewkowycz et al. 2020",
    statement="For f = u·v/√m trained to 0: x' = x − (4 − x)z, z' = (1 − x + z)²z with x = ηλ, z = η²f²/m, exactly.",
    status="proved here",
    assumptions="One sample with input 1 and label 0; rounding is allowed for.",
    does_not_say="The same for several samples or a label that is not zero.",
)
def recursion_is_exact(*, first_seed=0, seeds=3, four=4.0):
    """Compare ten steps of gradient descent on (u, v) with the map, at x_0 of about 3."""
    measured, rows = [], []
    for m in (10, 1000):
        for seed in range(first_seed, first_seed + seeds):
            u, v = _pair(m, seed)
            eta = 3 * m / (u @ u + v @ v)
            x, z = 3.0, eta**2 * (u @ v / m) ** 2
            for _ in range(10):
                f = u @ v / m**0.5
                u, v = u - eta * f * v / m**0.5, v - eta * f * u / m**0.5
                x, z = x - (four - x) * z, (1 - x + z) ** 2 * z
            measured.append(abs(eta * (u @ u + v @ v) / m - x) / x)
            rows.append({"m": m, "seed": seed})
    return inequality(measured, 1e-8, rows, "<=")


recursion_is_exact.refuted_by(four=3.0)


@claim(
    id="book-catapult-convergence",
    source="Book, chapter learning_rates",
    statement="From every start with x = ηλ < 4 the sum of η²f²/m over all steps is at most x/(4 − x): f tends to 0.",
    status="proved here",
    assumptions="f = u·v/√m on one sample, label 0; 400 random starts, 3000 steps.",
    does_not_say="How high the loss climbs on the way.",
)
def catapult_converges(*, seed=0, low=0.0, high=4.0):
    """Sum along random orbits and compare with the bound."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(low, high, 400)
    z = x**2 / 4 * rng.uniform(0, 1, 400)
    orbit = catapult_orbit(x, z, 3000)
    bound = x / np.abs(4 - x)
    return inequality(np.nan_to_num(orbit.z.sum(axis=0), nan=np.inf), bound, None, "<=", tolerance=1e-9)


catapult_converges.refuted_by(low=4.05, high=8.0)


@claim(
    id="book-catapult-flat",
    source="Book, chapter learning_rates",
    statement="After a catapult from 2 < ηλ < 4 the curvature has fallen below 2/η.",
    status="proved here",
    assumptions="f = u·v/√m on one sample, label 0; starts at which f does not hit 0 exactly.",
    does_not_say="Where below 2/η.",
)
def catapult_flat(*, seed=0, z_start=1e-4):
    """Compare ηλ after 3000 steps with 2; a start exactly at f = 0 stays where it is."""
    x = np.random.default_rng(seed).uniform(2.05, 3.95, 200)
    orbit = catapult_orbit(x, z_start, 3000)
    return inequality(orbit.x[-1], 2.0, [{"start": value} for value in x], "<=")


catapult_flat.refuted_by(z_start=0.0)


@claim(
    id="book-catapult-peak",
    source="Book, after Lewkowycz et al. 2020",
    statement="The highest loss of a catapult grows like the width.",
    status="proof sketched",
    assumptions="f = u·v/√m on one sample, label 0, ηλ = 3 at the start, f = 1 there; m from 100 to 100,000.",
    does_not_say="The same below ηλ = 2, where the loss only falls.",
)
def catapult_peak(*, multiple=3.0, exponent=1.0):
    """Fit the exponent of the peak of f² with f = 1 at the start (η² f²/m = z, η = x/λ with λ = 2)."""
    m = np.repeat(np.logspace(2, 5, 13), 4) * np.tile([1.0, 1.1, 1.2, 1.3], 13)
    z = (multiple / 2) ** 2 / m
    peak = catapult_orbit(multiple, z, 200).z.max(axis=0) / z
    return scaling_law(m, peak, exponent, (0.2, 5), tolerance=0.05)


catapult_peak.refuted_by(multiple=1.5)


@claim(
    id="book-catapult-network",
    source="Book, after Lewkowycz et al. 2020",
    statement="At ηλ_max = 3.5 a wide tanh network's loss rises by half, ends below its start, and λ_max below 2.2/η.",
    status="open",
    assumptions="Three layers, m = 400, 20 points on the sphere, NTK parametrization, 60 steps.",
    does_not_say="That 4 is the threshold for every smooth network: that is proved for the product u·v only.",
)
def catapult_network(*, first_seed=0, seeds=3, multiple=3.5):
    """Three comparisons per seed, each as a ratio that must not exceed one."""
    measured, rows = [], []
    for seed in range(first_seed, first_seed + seeds):
        (X, y), (params, multiplier) = _data(seed), _start("ntk", 400, seed)
        eta = multiple / _largest(params, multiplier, X)
        losses, end = layered_descent(params, multiplier, X, y, eta, 60)
        with np.errstate(all="ignore"):
            top = eta * _largest(end, multiplier, X) if np.isfinite(losses[-1]) else np.inf
        measured += [1.5 * losses[0] / losses.max(), losses[-1] / losses[0], top / 2.2]
        rows += [{"seed": seed, "what": what} for what in ("1.5 start/peak", "end/start", "ηλ_max/2.2")]
    return inequality(measured, 1.0, rows, "<=")


catapult_network.refuted_by(multiple=8.0)


@claim(
    id="book-catapult-relu",
    source="Book, after Lewkowycz et al. 2020",
    statement="A ReLU network survives ηλ_max = 6, where the product u·v diverges: its loss ends below the start.",
    status="open",
    assumptions="Three layers, m = 256, 20 points on the sphere, NTK parametrization, 100 steps.",
    does_not_say="That what survives is a good fit: many neurons have died.",
)
def catapult_relu(*, first_seed=0, seeds=3, multiple=6.0, activation="relu"):
    """Compare the last loss with the first."""
    measured, rows = [], []
    for seed in range(first_seed, first_seed + seeds):
        (X, y), (params, multiplier) = _data(seed), _start("ntk", 256, seed)
        scaled = tuple(k * 2**0.5 if i else k for i, k in enumerate(multiplier)) if activation == "relu" else multiplier
        eta = multiple / _largest(params, scaled, X, activation)
        losses = layered_descent(params, scaled, X, y, eta, 100, activation)[0]
        measured.append(losses[-1] / losses[0])
        rows.append({"seed": seed})
    return inequality(measured, 1.0, rows, "<=")


catapult_relu.refuted_by(activation="linear")
