"""Claims of the chapter ``learning_rates`` on what happens beyond 2/λ_max."""

from itertools import product

import numpy as np
from scipy.optimize import brentq

from ntklib.claims import approximates, at_most, claim, equal, power_law
from ntklib.theory.wide_networks.learning_rates.descent import layered_descent, tangent_blocks
from ntklib.theory.wide_networks.learning_rates.setting import first_weights, largest_eigenvalue, points_and_labels
from ntklib.theory.wide_networks.learning_rates.statements import catapult_orbit


@claim(
    id="book-linearized-threshold",
    source="Book, chapter learning_rates",
    statement="The linearized network's loss tends to zero for ηλ_max(K) < 2 and grows without bound above 2.",
    status="proved here",
    assumptions="Mean square loss, K = JJ^T/N positive definite, a residual with a part along the top eigenvector.",
    does_not_say="Anything about the network that was linearized.",
    verdict=equal(tolerance=1e-6),  # what slower modes still contribute after 4000 steps
)
def linearized_threshold(*, seed=0, seeds=4, threshold=2.0):
    """Search ηλ_max at which the residual of the linear recursion is as long after 8000 steps as after 4000."""
    for s in range(seed, seed + seeds):
        X, y = points_and_labels(s)
        K = tangent_blocks(*first_weights("ntk", 64, s), X).sum(0)
        K = K / np.linalg.eigvalsh(K)[-1]

        def growth(share, K=K, y=y):
            early, late = (np.linalg.matrix_power(np.eye(len(K)) - share * K, t) @ y for t in (4000, 8000))
            return np.log(np.linalg.norm(late) / np.linalg.norm(early))

        yield brentq(growth, 1.99, 2.01, xtol=1e-12), threshold, {"seed": s}


linearized_threshold.refuted_by("1/λ_max, beyond which the fastest part of the residual oscillates", threshold=1.0)


@claim(
    id="book-catapult-recursion",
    source="Book, after Lewkowycz et al. 2020",
    statement="For f = u·v/√m trained to 0: x' = x − (4 − x)z, z' = (1 − x + z)²z with x = ηλ, z = η²f²/m, exactly.",
    status="proved here",
    assumptions="One sample with input 1 and label 0; rounding is allowed for.",
    does_not_say="The same for several samples or a label that is not zero.",
    verdict=equal(tolerance=1e-10),  # ten steps of a map that stretches by at most ten
)
def recursion_is_exact(*, seed=0, seeds=3, four=4.0):
    """Compare ten steps of gradient descent on (u, v) with the map, at x_0 of about 3."""
    for m, s in product((10, 1000), range(seed, seed + seeds)):
        rng = np.random.default_rng([s, m])
        u, v = rng.standard_normal(m), rng.standard_normal(m)
        eta = 3 * m / (u @ u + v @ v)
        x, z = 3.0, eta**2 * (u @ v / m) ** 2
        for _ in range(10):
            f = u @ v / m**0.5
            u, v = u - eta * f * v / m**0.5, v - eta * f * u / m**0.5
            with np.errstate(over="ignore", invalid="ignore"):  # the rival's map may blow up
                x, z = x - (four - x) * z, (1 - x + z) ** 2 * z
        yield eta * (u @ u + v @ v) / m, x, {"m": m, "seed": s}


recursion_is_exact.refuted_by("x' = x − (2 − x)z: the curvature stops falling at the threshold", four=2.0)


@claim(
    id="book-catapult-convergence",
    source="Book, chapter learning_rates",
    statement="From every start with x = ηλ < 4 the sum of η²f²/m over all steps is at most x/(4 − x): f tends to 0.",
    status="proved here",
    assumptions="f = u·v/√m on one sample, label 0; 400 random starts, 3000 steps.",
    does_not_say="How high the loss climbs on the way.",
    verdict=at_most(tolerance=1e-9),
    companion="book-catapult-sum",
)
def catapult_converges(*, seed=0, low=0.0, high=4.0):
    """Sum along random orbits and compare with the bound."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(low, high, 400)
    orbit = catapult_orbit(x, x**2 / 4 * rng.uniform(0, 1, 400), 3000)
    yield np.nan_to_num(orbit.z.sum(axis=0), nan=np.inf), x / np.abs(4 - x)


catapult_converges.refuted_by("the same from starts between 4.05 and 8", low=4.05, high=8.0)


@claim(
    id="book-catapult-sum",
    source="Book, chapter learning_rates",
    statement="The fall of ηλ over all steps is the sum of (4 − ηλ_t) η²f_t²/m, exactly.",
    status="proved here",
    assumptions="f = u·v/√m on one sample, label 0, by gradient descent on (u, v); 60 steps from ηλ up to 3.9.",
    does_not_say="Where the fall ends.",
    verdict=equal(tolerance=1e-10),  # 60 steps, of which a few stretch
)
def catapult_sum(*, widths=(10, 1000), seed=0, seeds=4, four=4.0):
    """Compare both sides, summed along the descent."""
    for m, s in product(widths, range(seed, seed + seeds)):
        rng = np.random.default_rng([s, m, 1])
        u, v, share, total = rng.standard_normal(m), rng.standard_normal(m), rng.uniform(1.0, 3.9), 0.0
        eta = share * m / (u @ u + v @ v)
        for _ in range(60):
            f = u @ v / m**0.5
            total += (four - eta * (u @ u + v @ v) / m) * eta**2 * f**2 / m
            u, v = u - eta * f * v / m**0.5, v - eta * f * u / m**0.5
        yield share - eta * (u @ u + v @ v) / m, total, {"m": m, "seed": s}


catapult_sum.refuted_by("(2 − ηλ_t) in place of (4 − ηλ_t)", four=2.0)


@claim(
    id="book-catapult-flat",
    source="Book, chapter learning_rates",
    statement="After a catapult from 2 < ηλ < 4 the curvature has fallen below 2/η.",
    status="proved here",
    assumptions="f = u·v/√m on one sample, label 0; starts at which f does not hit 0 exactly.",
    does_not_say="Where below 2/η.",
    verdict=at_most(),
    companion="book-catapult-mirror",
)
def catapult_flat(*, seed=0, z_start=1e-4):
    """Compare ηλ after 3000 steps with 2; a start exactly at f = 0 stays where it is."""
    x = np.random.default_rng(seed).uniform(2.05, 3.95, 200)
    orbit = catapult_orbit(x, z_start, 3000)
    for start, end in zip(x, orbit.x[-1]):
        yield end, 2.0, {"start": start}


catapult_flat.refuted_by("the same from f = 0, where the gradient vanishes", z_start=0.0)


@claim(
    id="book-catapult-mirror",
    source="Book, chapter learning_rates",
    statement="Slightly above the threshold a catapult mirrors ηλ at 2: from 2 + ε it ends at 2 − ε + O(ε²).",
    status="proof sketched",
    missing_step="a bound on the drift of the conserved quantity over the climb",
    assumptions="f = u·v/√m, ε from 0.02 to 0.1, η²f²/m = 1e-10 at the start: z + (x − 2)²/2 is nearly conserved.",
    does_not_say="Where a large catapult ends.",
    verdict=approximates(),
)
def catapult_mirror(*, seed=0, starts=12, fall=2.0):
    """Compare the end with 2 + ε less ``fall`` times ε, up to 2ε²."""
    epsilon = np.random.default_rng(seed).uniform(0.02, 0.1, starts)
    end = catapult_orbit(2 + epsilon, 1e-10, 6000).x[-1]
    for e, x in zip(epsilon, end):
        yield x, (2 + e - fall * e, 2 * e**2), {"ε": e}


catapult_mirror.refuted_by("it stops at the threshold itself", fall=1.0)


@claim(
    id="book-catapult-peak",
    source="Book, after Lewkowycz et al. 2020",
    statement="The highest loss of a catapult grows like the width: from ηλ = 3 the peak of η²f²/m is in [1/10, 9/4].",
    status="proved here",
    assumptions="f = u·v/√m on one sample, label 0, ηλ = 3 at the start, f = 1 there; m from 100 to 100,000.",
    does_not_say="Where in that interval; or the same below ηλ = 2, where a wide network's loss falls from the start.",
    verdict=power_law("m", ratio_band=(0.2, 5.0), tolerance=0.05),
    deterministic="the map is iterated from fixed starts",
)
def catapult_peak(*, multiple=3.0, exponent=1.0):
    """Fit the exponent of the peak of f² with f = 1 at the start (η² f²/m = z, η = x/λ with λ = 2)."""
    m = np.repeat(np.logspace(2, 5, 13), 4) * np.tile([1.0, 1.1, 1.2, 1.3], 13)
    z = (multiple / 2) ** 2 / m
    peak = catapult_orbit(multiple, z, 200).z.max(axis=0) / z
    for width, value in zip(m, peak):
        yield value, None, {"m": width}


catapult_peak.refuted_by("like m^(4/5)", exponent=0.8)


@claim(
    id="book-catapult-network",
    source="Book, after Lewkowycz et al. 2020",
    statement="At ηλ_max = 3.5 a wide tanh network's loss rises by half, ends below its start, and λ_max below 2.2/η.",
    status="open",
    assumptions="Three layers, m = 400, 20 points on the sphere, NTK parametrization, 60 steps.",
    does_not_say="That 4 is the threshold for every smooth network: that is proved for the product u·v only.",
    verdict=at_most(),
    loose_because="none known: an observation with thresholds of its own, no theorem says where a network ends",
)
def catapult_network(*, seed=0, seeds=3, multiple=3.5):
    """Three comparisons per seed, each as a ratio that must not exceed one."""
    for s in range(seed, seed + seeds):
        (X, y), (params, multiplier) = points_and_labels(s), first_weights("ntk", 400, s)
        eta = multiple / largest_eigenvalue(params, multiplier, X)
        losses, end = layered_descent(params, multiplier, X, y, eta, 60)
        with np.errstate(all="ignore"):
            top = eta * largest_eigenvalue(end, multiplier, X) if np.isfinite(losses[-1]) else np.inf
        yield 1.5 * losses[0] / losses.max(), 1.0, {"seed": s, "what": "1.5 start/peak"}
        yield losses[-1] / losses[0], 1.0, {"seed": s, "what": "end/start"}
        yield top, 2.2, {"seed": s, "what": "ηλ_max"}


catapult_network.refuted_by("the loss rises as much at ηλ_max = 1.5, below the threshold", multiple=1.5)


@claim(
    id="book-catapult-relu",
    source="Book, after Lewkowycz et al. 2020",
    statement="A ReLU network survives ηλ_max = 6, where the product u·v diverges: its loss ends below the start.",
    status="open",
    assumptions="Three layers, m = 256, 20 points on the sphere, NTK parametrization, 100 steps.",
    does_not_say="That what survives is a good fit: many neurons have died.",
    verdict=at_most(),
    loose_because="none known: survival is a yes or no; how low the loss ends is not predicted",
)
def catapult_relu(*, seed=0, seeds=3, multiple=6.0, activation="relu"):
    """Compare the last loss with the first."""
    for s in range(seed, seed + seeds):
        (X, y), (params, multiplier) = points_and_labels(s), first_weights("ntk", 256, s)
        scaled = tuple(k * 2**0.5 if i else k for i, k in enumerate(multiplier)) if activation == "relu" else multiplier
        eta = multiple / largest_eigenvalue(params, scaled, X, activation)
        losses = layered_descent(params, scaled, X, y, eta, 100, activation)[0]
        yield losses[-1], losses[0], {"seed": s}


catapult_relu.refuted_by("a deep linear network survives it too", activation="linear")
