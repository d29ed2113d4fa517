"""Claims of the chapter on gradient descent and the best tangent model: each step of the proof, and its conclusion."""

from functools import lru_cache
from itertools import product

import jax
import numpy as np

from ntklib.claims import at_most, claim, power_law
from ntklib.theory.polylog_width.competing import errors
from ntklib.theory.polylog_width.competing import proof as game
from ntklib.theory.polylog_width.setting import unit_digits
from ntklib.theory.polylog_width.tangent_features.statements import problem

RUNS = ((64, 2, 5.0, True), (128, 3, 2.0, False))


@lru_cache(maxsize=64)
def _played(width, depth, radius, random_labels, seed=0, N=30):
    """One competition on digits."""
    X, y = unit_digits(N, seed=seed, random_labels=random_labels)
    return game.compete(problem(X, y, width, depth, seed), radius)


def _tables(runs, seed):
    """The proof's table of each run as arrays, the competition, and its settings."""
    for width, depth, radius, random_labels in runs:
        found = _played(width, depth, radius, random_labels, seed)
        columns = game.proof_table(found).to_dict("series")
        table = {name: column.to_numpy() for name, column in columns.items()}
        yield table, found, {"m": width, "L": depth, "R": radius}


@claim(
    id="chen-self-bounding-gradient",
    source="Chen, Cao, Zou, Gu 2021, proof of convergence, step 1",
    statement="At every iteration the squared gradient norm is at most L M² times the loss.",
    status="proved here",
    assumptions="Logistic loss; M the largest layer gradient at that iteration.",
    does_not_say="That the gradient vanishes only with the loss.",
    verdict=at_most(tolerance=1e-9),
    loose_because="none exists within 2: ℓ'² ≤ ℓ alone loses 2.4 at every argument; the rest is lost in the triangle "
    "inequality, since the gradients of the samples do not point in one direction.",
)
def self_bounding(*, runs=RUNS, seed=0, gradient=True):
    """Compare at every iteration; without ``gradient`` the bound has no factor M²."""
    for table, _, settings in _tables(runs, seed):
        M2 = table["gradient_bound"] / (settings["L"] * table["loss"])
        yield table["gradient2"], table["gradient_bound"] / (1.0 if gradient else M2), settings


self_bounding.refuted_by("L times the loss, whatever the size of the gradients", gradient=False)


@claim(
    id="chen-inner-product",
    source="Chen, Cao, Zou, Gu 2021, proof of convergence, step 2",
    statement="At every iteration (1 − 2ε_t) L_S ≤ ⟨∇L_S, W − W*⟩ + ε_NTRF, ε_t the measured linearization error.",
    status="proved here",
    assumptions="ε_t = ½ max |F_t(W*) − F_0(W*)| on the samples, which is at most ε_app.",
    does_not_say="That ε_t is small.",
    verdict=at_most(tolerance=1e-9),
)
def inner_product(*, runs=RUNS, seed=0, comparator_share=1.0):
    """Compare at every iteration; ``comparator_share`` multiplies ε_NTRF."""
    for table, found, settings in _tables(runs, seed):
        bound = table["inner"] + comparator_share * found.fit.loss
        yield (1 - 2 * table["error"]) * table["loss"], bound, settings


inner_product.refuted_by("the comparator's loss need not be added", comparator_share=0.0)


@claim(
    id="chen-one-step",
    source="Chen, Cao, Zou, Gu 2021, proof of convergence, step 3",
    statement="(3/2 − 4ε_t) L_S ≤ (‖W − W*‖² − ‖W' − W*‖²)/η + 2 ε_NTRF at every iteration.",
    status="proved here",
    assumptions="η ≤ 1/(2 L M²), ε_t the measured linearization error.",
    does_not_say="That the distance to W* falls once the loss is below 2 ε_NTRF.",
    verdict=at_most(tolerance=1e-9),
)
def one_step(*, runs=RUNS, seed=0, comparator_share=1.0):
    """Compare progress per step with the bound; ``comparator_share`` multiplies ε_NTRF."""
    for table, found, settings in _tables(runs, seed):
        progress = (table["before"] - table["next"]) / found.step_size
        bound = progress + 2 * comparator_share * found.fit.loss
        yield (1.5 - 4 * table["error"]) * table["loss"], bound, settings


one_step.refuted_by("the comparator's loss need not be added", comparator_share=0.0)


@claim(
    id="chen-competes",
    source="Chen, Cao, Zou, Gu 2021, convergence (Theorem 3.3 as cited by Li, Lei, Guo, Ying 2025)",
    statement="The mean loss of LR²/(mηε_NTRF) iterates of gradient descent is at most 3 ε_NTRF(R).",
    status="proved here",
    assumptions="η = 1/(2LM²); proved where ε_t ≤ 1/8, observed at every width from 16 on.",
    does_not_say="That the last iterate is the best, or that the tangent model explains the network.",
    verdict=at_most(),
    companion="chen-one-step",
)
def competes(*, runs=((16, 2, 3.0, True), (64, 2, 5.0, False), *RUNS), seed=0, times=3.0):
    """Compare the mean loss with ``times`` that of the best tangent model."""
    for m, L, R, random in runs:
        one = _played(m, L, R, random, seed)
        yield one.average, times * one.fit.loss, {"m": m, "L": L, "R": R, "random": random}


competes.refuted_by("on average the network is as good as the best tangent model", times=1.0)


@claim(
    id="chen-stays-near",
    source="Chen, Cao, Zou, Gu 2021, proof of convergence, step 4; constants Book",
    statement="√m ‖W − W_0‖ stays below (1 + √3) √L R during the whole run.",
    status="proved here",
    assumptions="ε_t ≤ 1/8; observed beyond.",
    does_not_say="That the iterates approach W*: they need not.",
    verdict=at_most(),
    loose_because="none known: the triangle inequality over W* is attained only by a run that passes W* on a straight "
    "line, and the √3 only by one that gains nothing from its steps.",
)
def stays_near(*, runs=RUNS, seed=0, ball=False):
    """Compare the largest distance with the bound, or with the radius R of one layer (``ball``)."""
    for width, depth, radius, random_labels in runs:
        far = width**0.5 * float(np.max(_played(width, depth, radius, random_labels, seed).run.distance))
        bound = radius if ball else (1 + 3**0.5) * depth**0.5 * radius
        yield far, bound, {"m": width, "L": depth, "R": radius}


stays_near.refuted_by("it stays within R, the radius of the class", ball=True)


@claim(
    id="chen-distance-scale",
    source="Chen, Cao, Zou, Gu 2021, the neighbourhood of its convergence theorem",
    statement="The distance from initialization falls like m^(-1/2) in the width, at equal radius and loss.",
    status="open",
    assumptions="Random labels, L = 2, R = 2, widths 16 to 256; three initializations, each relative to its own mean.",
    does_not_say="That any layer stands still.",
    verdict=power_law("m", ratio_band=(0.5, 2.0)),
)
def distance_scale(*, widths=(16, 64, 256), seeds=3, seed=0, exponent=-0.5):
    """Fit the exponent of the largest distance."""
    for s in range(seed, seed + seeds):
        far = np.array([np.max(_played(m, 2, 2.0, True, s).run.distance) for m in widths])
        for m, value in zip(widths, far / np.exp(np.log(far).mean())):
            yield value, None, {"m": m, "seed": s}


distance_scale.refuted_by("like m^(−2/3), faster than the ball shrinks", exponent=-2 / 3)


def _ball_problems(widths, depth, seed, N=10):
    """Problems of growing width on the same digits."""
    X, y = unit_digits(N, seed=seed, random_labels=True)
    return [problem(X, y, width, depth, seed) for width in widths]


@claim(
    id="chen-gradient-scale",
    source="Chen, Cao, Zou, Gu 2021, the bound M",
    statement="The largest layer gradient over the ball is of order √m: M/√m is flat in the width.",
    status="open",
    assumptions="Ten random points of the ball of radius 3/√m, widths from 32 to 512, L = 2, three initializations.",
    does_not_say="What the largest gradient of the whole ball is; the sample is a lower estimate.",
    verdict=power_law("m", ratio_band=(0.5, 2.0), tolerance=0.07),
    companion="book-gradient-scale-wide",
)
def gradient_scale(*, widths=(32, 128, 512), depth=2, radius=3.0, seeds=3, seed=0, exponent=0.0):
    """Fit the exponent of M/√m; at small widths the largest of twenty norms lies above their common limit."""
    yield from _gradients(widths, depth, radius, range(seed, seed + seeds), points=10)


def _gradients(widths, depth, radius, draws, points):
    """Rows of the largest layer gradient over √m at random points of the ball."""
    for s in draws:
        for p in _ball_problems(widths, depth, s):
            m = p.net.widths[1]
            keys = jax.random.split(jax.random.key(s), points)
            ball = [errors.random_point(p.params, radius / m**0.5, key) for key in keys]
            worst = max(float(game.largest_gradient(p.net, point, p.X)) for point in ball)
            yield worst / m**0.5, None, {"m": m, "seed": s}


gradient_scale.refuted_by("M is of order m^(1/4): M/√m falls like m^(−1/4)", exponent=-0.25)


@claim(
    id="book-gradient-scale-wide",
    source="Book",
    statement="From width 512 on M/√m is flat: the exponent of M is 1/2.",
    status="open",
    assumptions="Three random points of the ball of radius 3/√m, widths 512 to 8192, L = 2, three initializations.",
    does_not_say="What the largest gradient of the whole ball is.",
    verdict=power_law("m", ratio_band=(0.8, 1.25), tolerance=0.03),
)
def gradient_scale_wide(*, widths=(512, 2048, 8192), depth=2, radius=3.0, seeds=3, seed=0, exponent=0.0):
    """Fit the exponent of M/√m."""
    yield from _gradients(widths, depth, radius, range(seed, seed + seeds), points=3)


gradient_scale_wide.refuted_by("M is of order m^(2/5): M/√m falls like m^(−1/10)", exponent=-0.1)


@claim(
    id="chen-linearization-sampled",
    source="Chen, Cao, Zou, Gu 2021, proof of convergence, step 5",
    statement="Between random points of the ball the linearization error falls at least as fast as m^(-1/6).",
    status="cited",
    assumptions="Pairs on the boundary of the ball of radius 3/√m, widths from 32 to 512, L = 2, five initializations.",
    does_not_say="Anything about the worst pair: see the claim on the worst case.",
    verdict=power_law("m", ratio_band=(0.05, 20.0), relation="<="),
    companion="book-linearization-worst",
)
def linearization_sampled(*, widths=(32, 128, 512), depth=2, radius=3.0, seeds=5, seed=0, exponent=-1 / 6):
    """Fit the exponent of the sampled error."""
    for s in range(seed, seed + seeds):
        for p in _ball_problems(widths, depth, s):
            m = p.net.widths[1]
            yield errors.sampled_error(p, radius / m**0.5, pairs=3, seed=s), None, {"m": m, "seed": s}


linearization_sampled.refuted_by("faster than any linear model: m^(−3/2)", exponent=-1.5)


@claim(
    id="book-linearization-worst",
    source="Book",
    statement="The supremum over the ball of radius ρ/√m is at least 0.456 ρ^(4/3) m^(-1/6) for large m.",
    status="proved here",
    assumptions="The last hidden layer moves, one sample, features of norm 1; 10⁴ ≤ m ≤ 10⁶, ρ = 3, not 2√L R.",
    does_not_say="That gradient descent goes there.",
    verdict=power_law("m", absolute=True, ratio_band=(0.85, 1.15), tolerance=0.02),
)
def worst_case(*, widths=(10_000, 100_000, 1_000_000), radius=3.0, seeds=2, seed=0, exponent=-1 / 6):
    """Compare the exact supremum of that layer with its limit, and fit the exponent."""
    for m, s in product(widths, range(seed, seed + seeds)):
        rng = np.random.default_rng([s, m])
        g, v = np.sqrt(2 / m) * rng.standard_normal(m), rng.standard_normal(m) / np.sqrt(m)
        limit = errors.WORST_CONSTANT * radius ** (4 / 3) * float(m) ** exponent
        yield errors.switching_error(g, v, m, radius / m**0.5), limit, {"m": m, "seed": s}


worst_case.refuted_by("like m^(−1/4), faster than the proof allows", exponent=-0.25)
