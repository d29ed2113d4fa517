"""Claims of the chapter on gradient descent and the best tangent model: each step of the proof, and its conclusion."""

from functools import lru_cache

import jax
import numpy as np

from ntklib.claims import claim, inequality, scaling_law
from ntklib.theory.polylog_width.competing import errors
from ntklib.theory.polylog_width.competing import proof as game
from ntklib.theory.polylog_width.setting import unit_digits
from ntklib.theory.polylog_width.tangent_features.statements import problem

RUNS = ((64, 2, 5.0, True), (128, 3, 2.0, False))


@lru_cache(maxsize=64)
def played(width, depth, radius, random_labels, seed=0, N=30, step_factor=1.0):
    """One competition on digits."""
    X, y = unit_digits(N, seed=seed, random_labels=random_labels)
    return game.compete(problem(X, y, width, depth, seed), radius, step_factor=step_factor)


def _tables(runs, seed):
    """The proof's table of each run, with its settings in front, and the competition."""
    for width, depth, radius, random_labels in runs:
        found = played(width, depth, radius, random_labels, seed)
        yield game.proof_table(found).assign(m=width, L=depth, R=radius), found


def _worst(measured, bound, table, direction):
    """The row of least room, as a share of the loss, of one run."""
    room = (measured - bound) if direction == ">=" else (bound - measured)
    worst = int(np.argmin(room / table["loss"]))
    return measured[worst], bound[worst], table[["m", "L", "R"]].iloc[worst].to_dict() | {"t": worst}


def _along(runs, seed, sides, direction):
    """Check an inequality at every iteration; the verdict shows the tightest one of each run."""
    rows = [_worst(*sides(table, found), table, direction) for table, found in _tables(runs, seed)]
    measured, bound, settings = zip(*rows)
    return inequality(measured, bound, list(settings), direction, tolerance=1e-9)


@claim(
    id="chen-self-bounding-gradient",
    source="Chen, Cao, Zou, Gu 2021, proof of Theorem 1, step 1",
    statement="At every iteration the squared gradient norm is at most L M² times the loss.",
    status="proved here",
    assumptions="Logistic loss; M the largest layer gradient at that iteration.",
    does_not_say="That the gradient vanishes only with the loss.",
)
def self_bounding(*, runs=RUNS, seed=0, factor=1.0):
    """Compare at every iteration; ``factor`` multiplies the bound."""
    return _along(runs, seed, lambda t, _: (t["gradient2"].to_numpy(), factor * t["gradient_bound"].to_numpy()), "<=")


self_bounding.refuted_by(factor=0.001)


@claim(
    id="chen-inner-product",
    source="Chen, Cao, Zou, Gu 2021, proof of Theorem 1, step 2",
    statement="At every iteration ⟨∇L_S, W − W*⟩ ≥ (1 − 2ε_t) L_S − ε_NTRF, ε_t the measured linearization error.",
    status="proved here",
    assumptions="ε_t = ½ max |F_t(W*) − F_0(W*)| on the samples, which is at most ε_app.",
    does_not_say="That ε_t is small.",
)
def inner_product(*, runs=RUNS, seed=0, comparator_share=1.0):
    """Compare at every iteration; ``comparator_share`` multiplies ε_NTRF."""

    def sides(table, found):
        return table["inner"].to_numpy(), table["inner_bound"].to_numpy() + (1 - comparator_share) * found.fit.loss

    return _along(runs, seed, sides, ">=")


inner_product.refuted_by(comparator_share=0.0)


@claim(
    id="chen-one-step",
    source="Chen, Cao, Zou, Gu 2021, proof of Theorem 1, step 3",
    statement="‖W' − W*‖² ≤ ‖W − W*‖² − η(3/2 − 4ε_t) L_S + 2η ε_NTRF at every iteration.",
    status="proved here",
    assumptions="η ≤ 1/(2 L M²), ε_t the measured linearization error.",
    does_not_say="That the distance to W* falls once the loss is below 2 ε_NTRF.",
)
def one_step(*, runs=RUNS, seed=0, comparator_share=1.0):
    """Compare progress per step with the bound; ``comparator_share`` multiplies ε_NTRF."""

    def sides(table, found):
        gain = (table["before"] - table["next"]).to_numpy() / found.step_size
        bound = (table["before"] - table["next_bound"]).to_numpy() / found.step_size
        return gain, bound + 2 * (1 - comparator_share) * found.fit.loss

    return _along(runs, seed, sides, ">=")


one_step.refuted_by(comparator_share=0.0)


@claim(
    id="chen-competes",
    source="Chen, Cao, Zou, Gu 2021, Theorem 1",
    statement="The mean loss of LR²/(mηε_NTRF) iterates of gradient descent is at most 3 ε_NTRF(R).",
    status="proved here",
    assumptions="η = 1/(2LM²); proved where ε_t ≤ 1/8, observed at every width from 16 on.",
    does_not_say="That the last iterate is the best, or that the tangent model explains the network.",
)
def competes(*, runs=((16, 2, 3.0, True), (64, 2, 5.0, False), *RUNS), seed=0, share=1.0):
    """Compare the ratio with 3; ``share`` keeps only the first part of the iterates."""
    found = [played(*run, seed) for run in runs]
    means = [np.mean(one.run.loss[: max(1, round(share * (len(one.run.loss) - 1)))]) for one in found]
    rows = [{"m": m, "L": L, "R": R, "random": random} for m, L, R, random in runs]
    return inequality([mean / one.fit.loss for mean, one in zip(means, found)], 3.0, rows, "<=")


competes.refuted_by(share=0.01)


@claim(
    id="chen-stays-near",
    source="Chen, Cao, Zou, Gu 2021, proof of Theorem 1, step 4; constants Book",
    statement="√m ‖W − W_0‖ stays below (1 + √3) √L R during the whole run.",
    status="proved here",
    assumptions="ε_t ≤ 1/8; observed beyond.",
    does_not_say="That the iterates approach W*: they need not.",
)
def stays_near(*, runs=RUNS, seed=0, factor=1.0):
    """Compare the largest distance with ``factor`` times the bound."""
    far, bounds, rows = [], [], []
    for width, depth, radius, random_labels in runs:
        found = played(width, depth, radius, random_labels, seed)
        far.append(width**0.5 * float(np.max(found.run.distance)))
        bounds.append(factor * (1 + 3**0.5) * depth**0.5 * radius), rows.append({"m": width, "L": depth, "R": radius})
    return inequality(far, bounds, rows, "<=")


stays_near.refuted_by(factor=0.2)


@claim(
    id="chen-distance-scale",
    source="Chen, Cao, Zou, Gu 2021, the neighbourhood of Theorem 1",
    statement="The distance from initialization falls like m^(-1/2) in the width, at equal radius and loss.",
    status="open",
    assumptions="Random labels, L = 2, R = 2, widths from 16 to 256, two initializations.",
    does_not_say="That any layer stands still.",
)
def distance_scale(*, widths=(16, 64, 256), seeds=2, seed=0, exponent=-0.5):
    """Fit the exponent of the largest distance."""
    pairs = [(m, k) for m in widths for k in range(seeds)]
    far = [float(np.max(played(m, 2, 2.0, True, seed + k).run.distance)) for m, k in pairs]
    return scaling_law([m for m, _ in pairs], far, exponent, (0.5, 2.0), tolerance=0.1)


distance_scale.refuted_by(exponent=-1.0)


def ball_problems(widths, depth, seed, N=10):
    """Problems of growing width on the same digits."""
    X, y = unit_digits(N, seed=seed, random_labels=True)
    return [problem(X, y, width, depth, seed) for width in widths]


@claim(
    id="chen-gradient-scale",
    source="Chen, Cao, Zou, Gu 2021, the bound M",
    statement="The largest layer gradient over the ball is of order √m: M/√m is flat in the width.",
    status="open",
    assumptions="Ten random points of the ball of radius 3/√m, widths from 32 to 512, L = 2, two initializations.",
    does_not_say="What the largest gradient of the whole ball is; the sample is a lower estimate.",
)
def gradient_scale(*, widths=(32, 128, 512), depth=2, radius=3.0, seeds=2, seed=0, exponent=0.0):
    """Fit the exponent of M/√m."""
    x, y = [], []
    for k in range(seeds):
        for p in ball_problems(widths, depth, seed + k):
            m, worst = p.net.widths[1], 0.0
            for key in jax.random.split(jax.random.key(seed), 10):
                point = errors.random_point(p.params, radius / m**0.5, key)
                worst = max(worst, float(game.largest_gradient(p.net, point, p.X)))
            x.append(m), y.append(worst / m**0.5)
    return scaling_law(x, y, exponent, (0.5, 2.0), tolerance=0.1)


gradient_scale.refuted_by(exponent=-0.5)


@claim(
    id="chen-linearization-sampled",
    source="Chen, Cao, Zou, Gu 2021, proof of Theorem 1, step 5",
    statement="Between random points of the ball the linearization error falls at least as fast as m^(-1/6).",
    status="cited",
    assumptions="Pairs on the boundary of the ball of radius 3/√m, widths from 32 to 512, L = 2, five initializations.",
    does_not_say="Anything about the worst pair: see the claim on the worst case.",
)
def linearization_sampled(*, widths=(32, 128, 512), depth=2, radius=3.0, seeds=5, seed=0, exponent=-1 / 6):
    """Fit the exponent of the sampled error."""
    x, y = [], []
    for k in range(seeds):
        for p in ball_problems(widths, depth, seed + k):
            m = p.net.widths[1]
            x.append(m), y.append(errors.sampled_error(p, radius / m**0.5, pairs=3, seed=seed + k))
    return scaling_law(x, y, exponent, (0.05, 20.0), relation="<=")


linearization_sampled.refuted_by(exponent=-2.0)


@claim(
    id="book-linearization-worst",
    source="Book",
    statement="The supremum over the ball is at least 0.456 R^(4/3) m^(-1/6) for large m: the exponent is attained.",
    status="proved here",
    assumptions="The last hidden layer moves, one sample, features of norm 1; widths from 10⁴ to 10⁶, R = 3.",
    does_not_say="That gradient descent goes there.",
)
def worst_case(*, widths=(10_000, 100_000, 1_000_000), radius=3.0, seeds=2, seed=0, exponent=-1 / 6):
    """Compare the exact supremum of that layer with its limit, and fit the exponent."""
    x, y = [], []
    for m in widths:
        for k in range(seeds):
            rng = np.random.default_rng([seed + k, m])
            g, v = np.sqrt(2 / m) * rng.standard_normal(m), rng.standard_normal(m) / np.sqrt(m)
            x.append(m), y.append(errors.switching_error(g, v, m, radius / m**0.5))
    limit = errors.WORST_CONSTANT * radius ** (4 / 3) * np.array(x, float) ** exponent
    return scaling_law(x, y, exponent, (0.85, 1.15), predicted=limit, tolerance=0.02)


worst_case.refuted_by(exponent=-0.5)
