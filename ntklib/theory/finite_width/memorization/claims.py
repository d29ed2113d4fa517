"""Claims of the memorization chapter: the doubled network, its exact rate, the price of 1/λ_min, rounding, counting."""

import numpy as np

from ntklib.claims import claim, inequality, scaling_law
from ntklib.spectrum import certified_smallest_eigenvalue
from ntklib.theory.finite_width.memorization import errors
from ntklib.theory.finite_width.memorization.doubling import (
    doubled_params,
    relu_direction,
    relu_forward,
)
from ntklib.theory.finite_width.setting import he_params

NETS = (((6, 16, 1), 20), ((8, 14, 14, 1), 24), ((8, 14, 12, 12, 1), 24))


def problem(widths, N: int, seed: int, duplicates: bool = False):
    """He-initialized weights, Gaussian data and random signs; ``duplicates`` repeats a sample with the other label."""
    rng = np.random.default_rng([seed, 7])
    X, Y = rng.standard_normal((N, widths[0])), rng.choice([-1.0, 1.0], N)
    if duplicates:
        X[1], Y[:2] = X[0], (1.0, -1.0)
    return he_params(widths, seed), X, Y


def moved(params, direction, epsilon):
    """The parameters θ + εθ'."""
    return [W + epsilon * V for W, V in zip(params, direction)]


def quotient(params, direction, X, epsilon, dtype=np.float64):
    """The difference quotient, every number of it in the given precision."""
    both = [[W.astype(dtype) for W in p] for p in (moved(params, direction, epsilon), params)]
    X = X.astype(dtype)
    return (relu_forward(both[0], X) - relu_forward(both[1], X)) / dtype(epsilon)


def close_pair(widths, N: int, seed: int, distance: float):
    """Unit vectors, the first two at angle ``distance`` and of opposite labels."""
    params, X, Y = problem(widths, N, seed)
    X /= np.linalg.norm(X, axis=1)[:, None]
    side = X[2] - (X[2] @ X[0]) * X[0]
    X[1] = np.cos(distance) * X[0] + np.sin(distance) * side / np.linalg.norm(side)
    Y[:2] = 1.0, -1.0
    return params, X, Y


@claim(
    id="nguyen-memorizer-doubled",
    source="Nguyen, Mondelli, Montúfar 2021, proof of Corollary 2",
    statement="[f(θ+εθ') − f(θ)]/ε is computed by an explicit network of the same depth and twice the hidden widths.",
    status="proved here",
    assumptions="Any activation, any weights, any direction; equality up to rounding, 4 n_max u Σ|F_(L−1)||W_L| / ε.",
    does_not_say="That such weights are found by training, or are of moderate size.",
)
def doubled(*, steps=(1e-6, 1e-3, 1.0), seeds=3, first_seed=0, sign=1.0):
    """Compare the two on new inputs, relative to the rounding level; ``sign`` multiplies the original half."""
    measured, bound, rows = [], [], []
    for (widths, N), seed in _grid(seeds, first_seed):
        params, X, Y = problem(widths, N, seed)
        theta, _ = relu_direction(params, X, Y)
        fresh = np.random.default_rng([seed, 8]).standard_normal((50, widths[0]))
        for epsilon in steps:
            explicit = doubled_params(params, theta, epsilon)
            explicit[-1][widths[-2] :] *= sign
            gap = relu_forward(explicit, fresh) - quotient(params, theta, fresh, epsilon)
            size = relu_forward([np.abs(W) for W in explicit], np.abs(fresh))
            measured.append(np.abs(gap).max())
            bound.append(4 * max(widths) * 2.0**-53 * size.max())
            rows.append({"widths": str(widths), "ε": epsilon, "seed": seed})
    return inequality(measured, bound, rows, "<=")


doubled.refuted_by(sign=-1.0)


@claim(
    id="nguyen-memorizer-rate",
    source="Nguyen, Mondelli, Montúfar 2021, Corollary 2, with its constant",
    statement="Up to the first kink, the memorizer's error on ReLU networks is C ε (1 + O(ε)), C = |D²f(θ)[θ',θ']|/2.",
    status="proved here",
    assumptions="Jacobian of rank N, no pre-activation exactly 0; ε from a thousandth of the first kink up to it.",
    does_not_say="How small the first kink is: it shrinks with the number of neurons times samples.",
)
def rate(*, seeds=3, first_seed=0, exponent=1.0, duplicates=False):
    """Fit the exponent of the error in ε; ``duplicates`` gives one input two labels."""
    x, y, predicted, rows = [], [], [], []
    for (widths, N), seed in _grid(seeds, first_seed):
        params, X, Y = problem(widths, N, seed, duplicates)
        theta, _ = relu_direction(params, X, Y)
        kink, C = errors.first_kink(params, theta, X), errors.error_constant(params, theta, X)
        for t in np.geomspace(1e-3, 0.99, 5):
            x.append(t), rows.append({"widths": str(widths), "seed": seed})
            y.append(np.linalg.norm(quotient(params, theta, X, t * kink) - Y) / (C * kink))
            predicted.append(t)
    return scaling_law(x, y, exponent, (0.8, 1.25), predicted=predicted, table=rows, tolerance=0.02)


rate.refuted_by(duplicates=True)


@claim(
    id="book-memorizer-norm",
    source="Book, from Nguyen, Mondelli, Montúfar 2021, Corollary 2",
    statement="The shortest direction has |θ'|² = Y^T K^(−1) Y ≤ |Y|²/λ_min(K); equality at its eigenvector.",
    status="proved here",
    assumptions="K positive definite.",
    does_not_say="That random labels come near: they feel the mean of 1/λ, not the largest.",
)
def norm(*, seeds=3, first_seed=0, level="smallest"):
    """Compare both sides for random labels and the lowest eigenvector; ``level="mean"`` uses the mean eigenvalue."""
    measured, bound, rows = [], [], []
    for (widths, N), seed in _grid(seeds, first_seed):
        params, X, Y = problem(widths, N, seed)
        eigenvalues, vectors = np.linalg.eigh(relu_direction(params, X, Y)[1])
        for name, labels in (("random", Y), ("lowest", vectors[:, 0])):
            theta, _ = relu_direction(params, X, labels)
            measured.append(sum(np.sum(V**2) for V in theta))
            bound.append(labels @ labels / (eigenvalues[0] if level == "smallest" else eigenvalues.mean()))
            rows.append({"widths": str(widths), "labels": name, "seed": seed})
    return inequality(measured, bound, rows, "<=", tolerance=1e-9)


norm.refuted_by(level="mean")


def _closing(distances, seeds, first_seed):
    """λ_min, |θ'|² and C as a pair closes up, each relative to its value at the first distance."""
    rows = []
    for seed in range(first_seed, first_seed + seeds):
        start = None
        for distance in distances:
            params, X, Y = close_pair((10, 16, 16, 1), 15, seed, distance)
            theta, K = relu_direction(params, X, Y)
            square = sum(np.sum(V**2) for V in theta)
            values = np.array([np.linalg.eigvalsh(K)[0], square, errors.error_constant(params, theta, X)])
            start = values if start is None else start
            rows.append({"δ": distance, "seed": seed} | dict(zip(("λ_min", "square", "C"), values / start)))
    return rows, *(np.array([row[name] for row in rows]) for name in ("δ", "λ_min", "C"))


@claim(
    id="book-finite-close-pair",
    source="Book",
    statement="At fixed width, λ_min(K) vanishes like δ² as two samples approach to distance δ.",
    status="proof sketched",
    assumptions="ReLU, fixed weights, δ well below 1/(number of neurons), so that no kink separates the pair.",
    does_not_say="What wide networks do at larger δ: as the limit, they show δ¹.",
)
def finite_close_pair(*, distances=(1e-5, 3e-5, 1e-4), seeds=4, first_seed=0, exponent=2.0):
    """Fit the exponent of λ_min in δ."""
    rows, distance, lowest, _ = _closing(distances, seeds, first_seed)
    return scaling_law(distance, lowest, exponent, (0.8, 1.25), table=rows, tolerance=0.02)


finite_close_pair.refuted_by(exponent=1.0)


@claim(
    id="book-memorizer-close-pair",
    source="Book",
    statement="As two samples of opposite labels approach, the memorizer's constant C grows like 1/λ_min(K).",
    status="proof sketched",
    assumptions="As for book-finite-close-pair.",
    does_not_say="That C is 1/λ_min for general labels: it is bounded by a multiple of it.",
)
def close_pairs(*, distances=(1e-5, 3e-5, 1e-4), seeds=4, first_seed=0, exponent=1.0):
    """Fit the exponent of C in 1/λ_min."""
    rows, _, lowest, C = _closing(distances, seeds, first_seed)
    return scaling_law(1 / lowest, C, exponent, (0.8, 1.25), table=rows, tolerance=0.02)


close_pairs.refuted_by(exponent=0.5)


@claim(
    id="book-memorizer-floor",
    source="Book",
    statement="Rounding stops the memorizer at the error √(u |f| C), up to a constant, in single and double precision.",
    status="proof sketched",
    assumptions="u the unit roundoff; the optimal ε below the first kink, or not far above.",
    does_not_say="That another evaluation of the same function is not better.",
)
def floor(*, seeds=3, first_seed=0, exponent=1.0):
    """Fit the exponent of the least error over ε in 2√(u|f|C), over two precisions."""
    x, y, rows = [], [], []
    for (widths, N), seed in _grid(seeds, first_seed):
        params, X, Y = problem(widths, N, seed)
        theta, _ = relu_direction(params, X, Y)
        C = errors.error_constant(params, theta, X)
        for dtype in (np.float32, np.float64):
            unit = np.finfo(dtype).eps / 2
            step, predicted = errors.best_step(C, relu_forward(params, X), unit=unit)
            trial = [quotient(params, theta, X, step * t, dtype) for t in np.geomspace(0.1, 30, 12)]
            x.append(predicted)
            y.append(min(np.linalg.norm(q - Y) for q in trial))
            rows.append({"widths": str(widths), "precision": dtype.__name__, "seed": seed})
    return scaling_law(x, y, exponent, (0.3, 30), predicted=x, table=rows, tolerance=0.02)


floor.refuted_by(exponent=0.5)


@claim(
    id="book-memorizer-rank",
    source="Book",
    statement="The Jacobian of a ReLU network has rank at most P − Σ n_l, parameters less hidden neurons.",
    status="proved here",
    assumptions="No biases, no neuron whose incoming weights all vanish; any number of samples.",
    does_not_say="That N below this number suffices, though in the experiments little more is needed.",
)
def rank(*, widths=((3, 4, 1), (3, 4, 3, 1), (4, 3, 3, 2, 1)), seeds=4, first_seed=0, neurons=1):
    """Compare numerical ranks at many samples with the count; ``neurons`` is subtracted per hidden neuron."""
    measured, bound, rows = [], [], []
    for w in widths:
        for seed in range(first_seed, first_seed + seeds):
            params, X, Y = problem(w, 400, seed)
            K = relu_direction(params, X, Y)[1]
            measured.append(int(np.linalg.matrix_rank(K, tol=1e-11 * np.linalg.norm(K))))
            bound.append(errors.rank_ceiling(w) - (neurons - 1) * sum(w[1:-1]))
            rows.append({"widths": str(w), "seed": seed})
    return inequality(measured, bound, rows, "<=")


rank.refuted_by(neurons=2)


@claim(
    id="book-memorizer-alive",
    source="Book",
    statement="For N ≤ (P − Σ n_l)/1.3 and one or two hidden layers, rank N was found exactly where no sample is dead.",
    status="open",
    assumptions="Gaussian data in dimension 10, He initialization, hidden widths 4 to 8; rank by certificate.",
    does_not_say="That it is a theorem: with three hidden layers of width 4 there are exceptions.",
)
def alive(*, nets=(((10, 4, 1), 30), ((10, 8, 1), 60), ((10, 6, 6, 1), 60)), seeds=30, first_seed=0, duplicates=False):
    """Count networks where certificate and survival disagree; ``duplicates`` repeats a sample."""
    rows, differ = [], []
    for widths, N in nets:
        kernels = [relu_direction(*problem(widths, N, first_seed + s, duplicates))[1] for s in range(seeds)]
        full = [certified_smallest_eigenvalue(K) > 0 for K in kernels]
        living = [K.diagonal().min() > 0 for K in kernels]
        differ.append(np.not_equal(full, living).sum())
        rows.append({"widths": str(widths), "N": N, "full rank": sum(full), "none dead": sum(living)})
    return inequality(differ, 0.0, rows, "<=")


alive.refuted_by(duplicates=True)


def _grid(seeds, first_seed):
    return [(net, seed) for net in NETS for seed in range(first_seed, first_seed + seeds)]
