"""Claims of the memorization chapter: the doubled network, its exact rate, the price of 1/λ_min, rounding, counting."""

from itertools import product

import numpy as np

from ntklib.claims import at_most, claim, equal, power_law
from ntklib.spectrum import certified_smallest_eigenvalue
from ntklib.theory.finite_width.memorization import errors
from ntklib.theory.finite_width.memorization.doubling import doubled_params, relu_direction, relu_forward
from ntklib.theory.finite_width.memorization.setting import close_pair, problem, quotient

NETS = (((6, 16, 1), 20), ((8, 14, 14, 1), 24), ((8, 14, 12, 12, 1), 24))
ROUNDING = 64 * 2.0**-53  # four roundings a neuron at most, of no more than 16 neurons a layer


def _grid(seeds, seed):
    return [(net, s) for net in NETS for s in range(seed, seed + seeds)]


@claim(
    id="nguyen-memorizer-doubled",
    source="Nguyen, Mondelli, Montúfar 2021 (v5), proof of Corollary 2",
    statement="[f(θ+εθ') − f(θ)]/ε is computed by an explicit network of the same depth and twice the hidden widths.",
    status="proved here",
    assumptions="Any activation, any weights, any direction; both sides over the rounding level Σ|F_(L−1)||W_L| / ε.",
    does_not_say="That such weights are found by training, or are of moderate size.",
    verdict=equal(tolerance=ROUNDING, scale=1.0),
)
def doubled(*, steps=(1e-6, 1e-3, 1.0), seeds=3, seed=0, sign=1.0):
    """Compare the two on new inputs; ``sign`` multiplies the original half."""
    for (widths, N), s in _grid(seeds, seed):
        params, X, Y = problem(widths, N, s)
        theta, _ = relu_direction(params, X, Y)
        fresh = np.random.default_rng([s, 8]).standard_normal((50, widths[0]))
        for epsilon in steps:
            explicit = doubled_params(params, theta, epsilon)
            explicit[-1][widths[-2] :] *= sign
            size = relu_forward([np.abs(W) for W in explicit], np.abs(fresh)).max()
            settings = {"widths": str(widths), "ε": epsilon, "seed": s}
            yield relu_forward(explicit, fresh) / size, quotient(params, theta, fresh, epsilon) / size, settings


doubled.refuted_by("the two halves are added", sign=-1.0)


@claim(
    id="book-memorizer-rate",
    source="Book; the rate and its constant in Nguyen, Mondelli, Montúfar 2021 (v5), Corollary 2",
    statement="Up to the first kink, the memorizer's error on ReLU networks is C ε (1 + O(ε)), C = |D²f(θ)[θ',θ']|/2.",
    status="proved here",
    assumptions="Jacobian of rank N, no pre-activation exactly 0; ε from a thousandth of the first kink up to it.",
    does_not_say="How small the first kink is: it shrinks with the number of neurons times samples.",
    verdict=power_law("share of the kink", absolute=True, ratio_band=(0.8, 1.25), tolerance=0.02),
)
def rate(*, seeds=3, seed=0, exponent=1.0, duplicates=False):
    """Fit the exponent of the error in ε; ``duplicates`` gives one input two labels."""
    for (widths, N), s in _grid(seeds, seed):
        params, X, Y = problem(widths, N, s, duplicates)
        theta, _ = relu_direction(params, X, Y)
        kink, C = errors.first_kink(params, theta, X), errors.error_constant(params, theta, X)
        for t in np.geomspace(1e-3, 0.99, 5):
            error = np.linalg.norm(quotient(params, theta, X, t * kink) - Y)
            yield error / (C * kink), t, {"widths": str(widths), "seed": s, "share of the kink": t}


rate.refuted_by("one input may have two labels", duplicates=True)


def _squares(seeds, seed, kinds):
    """Squared length of the shortest direction for random labels and the lowest eigenvector, labels, spectrum."""
    for (widths, N), s in _grid(seeds, seed):
        params, X, Y = problem(widths, N, s)
        eigenvalues, vectors = np.linalg.eigh(relu_direction(params, X, Y)[1])
        for name, labels in (("random", Y), ("lowest", vectors[:, 0])):
            if name in kinds:
                square = sum(np.sum(V**2) for V in relu_direction(params, X, labels)[0])
                yield square, labels @ labels, eigenvalues, {"widths": str(widths), "labels": name, "seed": s}


@claim(
    id="book-memorizer-norm",
    source="Book, from Nguyen, Mondelli, Montúfar 2021 (v5), Corollary 2",
    statement="The shortest direction has |θ'|² = Y^T K^(−1) Y ≤ |Y|²/λ_min(K); equality at its eigenvector.",
    status="proved here",
    assumptions="K positive definite.",
    does_not_say="That random labels come near: they feel the mean of 1/λ, not the largest.",
    verdict=at_most(tolerance=1e-9),
    companion="book-memorizer-norm-attained",
)
def norm(*, seeds=3, seed=0, level="smallest"):
    """Compare both sides for random labels and the lowest eigenvector; ``level="mean"`` uses the mean eigenvalue."""
    for square, labels, eigenvalues, settings in _squares(seeds, seed, ("random", "lowest")):
        yield square, labels / (eigenvalues[0] if level == "smallest" else eigenvalues.mean()), settings


norm.refuted_by("the mean eigenvalue bounds it, not the smallest", level="mean")


@claim(
    id="book-memorizer-norm-attained",
    source="Book",
    statement="For the eigenvector of λ_min(K) as labels, |θ'|² = |Y|²/λ_min(K).",
    status="proved here",
    assumptions="K positive definite; rounding of the order of N u times its condition.",
    does_not_say="Anything on other labels.",
    verdict=equal(tolerance=1e-9),
)
def norm_attained(*, seeds=3, seed=0, place=0):
    """Compare both sides; ``place`` is the eigenvalue that the formula takes, 0 the smallest."""
    for square, labels, eigenvalues, settings in _squares(seeds, seed, ("lowest",)):
        yield square, labels / eigenvalues[place], settings


norm_attained.refuted_by("the second smallest eigenvalue decides", place=1)


def _closing(distances, seeds, seed):
    """λ_min and C as a pair closes up, each relative to its value at the first distance, with the settings."""
    for s in range(seed, seed + seeds):
        start = None
        for distance in distances:
            params, X, Y = close_pair((10, 16, 16, 1), 15, s, distance)
            theta, K = relu_direction(params, X, Y)
            values = np.array([np.linalg.eigvalsh(K)[0], errors.error_constant(params, theta, X)])
            start = values if start is None else start
            lowest, constant = values / start
            yield lowest, constant, {"δ": distance, "seed": s, "1/λ_min": 1 / lowest}


@claim(
    id="book-finite-close-pair",
    source="Book",
    statement="At fixed width, λ_min(K) vanishes like δ² as two samples approach to distance δ.",
    status="proved here",
    assumptions="ReLU, fixed weights, no kink between the pair, the other rows of J and its derivative independent.",
    does_not_say="What wide networks do at larger δ: as the limit, they show δ¹.",
    verdict=power_law("δ", ratio_band=(0.8, 1.25), tolerance=0.02),
)
def finite_close_pair(*, distances=(1e-5, 3e-5, 1e-4), seeds=4, seed=0, exponent=2.0):
    """Fit the exponent of λ_min in δ."""
    for lowest, _, settings in _closing(distances, seeds, seed):
        yield lowest, None, settings


finite_close_pair.refuted_by("like δ¹, as in the limit of wide networks", exponent=1.0)


@claim(
    id="book-memorizer-close-pair",
    source="Book",
    statement="At fixed weights, with no kink between two closing samples of opposite labels, C grows like 1/λ_min(K).",
    status="proved here",
    assumptions="As for book-finite-close-pair, and D²f(θ)[ν,ν] ≠ 0 (ν: the chapter); C as in book-memorizer-rate.",
    does_not_say="That C is 1/λ_min for general labels: it is bounded by a multiple of it.",
    verdict=power_law("1/λ_min", ratio_band=(0.8, 1.25), tolerance=0.02),
)
def close_pairs(*, distances=(1e-5, 3e-5, 1e-4), seeds=4, seed=0, exponent=1.0):
    """Fit the exponent of C in 1/λ_min."""
    for _, constant, settings in _closing(distances, seeds, seed):
        yield constant, None, settings


close_pairs.refuted_by("like the length of the direction, λ_min^(−1/2)", exponent=0.5)


@claim(
    id="book-memorizer-floor",
    source="Book",
    statement="Rounding stops the memorizer at the error √(u |f| C), up to a constant, in single and double precision.",
    status="proof sketched",
    missing_step="a lower bound on the rounding error of a forward pass",
    assumptions="u the unit roundoff; the optimal ε below the first kink, or not far above.",
    does_not_say="That another evaluation of the same function is not better.",
    verdict=power_law("2√(u|f|C)", absolute=True, ratio_band=(0.45, 2), tolerance=0.02),
)
def floor(*, seeds=3, seed=0, exponent=1.0):
    """Fit the exponent of the least error over ε in 2√(u|f|C), over two precisions."""
    for (widths, N), s in _grid(seeds, seed):
        params, X, Y = problem(widths, N, s)
        theta, _ = relu_direction(params, X, Y)
        C = errors.error_constant(params, theta, X)
        for dtype in (np.float32, np.float64):
            step, predicted = errors.best_step(C, relu_forward(params, X), unit=np.finfo(dtype).eps / 2)
            trial = [quotient(params, theta, X, step * t, dtype) for t in np.geomspace(0.1, 30, 12)]
            settings = {"widths": str(widths), "precision": dtype.__name__, "seed": s, "2√(u|f|C)": predicted}
            yield min(np.linalg.norm(q - Y) for q in trial), predicted, settings


floor.refuted_by("like u^(2/3), as for central differences", exponent=4 / 3)


@claim(
    id="book-memorizer-rank",
    source="Book",
    statement="The Jacobian of a ReLU network has rank at most P − Σ n_l, parameters less hidden neurons.",
    status="proved here",
    assumptions="No biases, no neuron whose incoming weights all vanish; any number of samples.",
    does_not_say="That N below this number suffices, though in the experiments little more is needed.",
    verdict=at_most(),
)
def rank(*, widths=((3, 4, 1), (3, 4, 3, 1), (4, 3, 3, 2, 1)), seeds=4, seed=0, neurons=1):
    """Compare numerical ranks at many samples with the count; ``neurons`` is subtracted per hidden neuron."""
    for w, s in product(widths, range(seed, seed + seeds)):
        params, X, Y = problem(w, 400, s)
        K = relu_direction(params, X, Y)[1]
        measured = int(np.linalg.matrix_rank(K, tol=1e-11 * np.linalg.norm(K)))
        yield measured, errors.rank_ceiling(w) - (neurons - 1) * sum(w[1:-1]), {"widths": str(w), "seed": s}


rank.refuted_by("every hidden neuron costs two directions", neurons=2)


@claim(
    id="book-memorizer-alive",
    source="Book",
    statement="For N ≤ (P − Σ n_l)/1.3 and one or two hidden layers, rank N was found exactly where no sample is dead.",
    status="open",
    assumptions="Gaussian data in dimension 10, He initialization, hidden widths 4 to 8; rank by certificate.",
    does_not_say="That it is a theorem: with three hidden layers of width 4 there are exceptions.",
    verdict=equal(tolerance=0.0),
)
def alive(*, nets=(((10, 4, 1), 30), ((10, 8, 1), 60), ((10, 6, 6, 1), 60)), seeds=30, seed=0, duplicates=False):
    """Compare certificate and survival, 1 for yes; ``duplicates`` repeats a sample."""
    for (widths, N), s in product(nets, range(seed, seed + seeds)):
        K = relu_direction(*problem(widths, N, s, duplicates))[1]
        full, living = certified_smallest_eigenvalue(K) > 0, K.diagonal().min() > 0
        yield full, living, {"widths": str(widths), "N": N, "seed": s}


alive.refuted_by("a sample may be repeated", duplicates=True)
