"""Claims of the block bound: scaling, centering, row norms, sub-exponential norms, isometry, pyramid, activations."""

import math

import numpy as np

from ntklib import plain
from ntklib.claims import claim, inequality, scaling_law
from ntklib.theory.minimum_width.block_bound import centering
from ntklib.theory.minimum_width.block_bound import spectrum as spectra
from ntklib.theory.minimum_width.block_bound.statements import block_parameters
from ntklib.theory.minimum_width.setting import tangent_kernels

SIZES = (16, 20, 25, 32, 40, 52)


def setting(widths, N: int, seed: int, activation="tanh", *, population=2000, spread=0.0):
    """Factors of N Gaussian samples and means of an independent population; ``spread`` makes input norms lognormal."""
    params, rng = plain.draw(widths, "bombari", [seed, 1]), np.random.default_rng([seed, 2])
    both = []
    for size in (N, population):
        X = rng.standard_normal((size, widths[0]))
        X *= np.exp(spread * rng.standard_normal((size, 1)))
        both.append(centering.block_factors(params, X, activation))
    return (*both[0], centering.sample_means(*both[1]))


def raw_lowest(widths, N: int, seed: int, activation="tanh") -> float:
    """Smallest eigenvalue of the block at random weights and Gaussian data."""
    X = np.random.default_rng([seed, 2]).standard_normal((N, widths[0]))
    return spectra.lowest([tangent_kernels(plain.draw(widths, "bombari", [seed, 1]), X, activation)[1]])[0]


def layer_shares(widths, N: int, seed: int):
    """The block's smallest eigenvalue per weight, and every layer's share of that of the whole kernel (tanh)."""
    X = np.random.default_rng([seed, 2]).standard_normal((N, widths[0]))
    terms = plain.layer_kernels(*plain.factors(plain.draw(widths, "bombari", [seed, 1]), X, activation="tanh"))
    values, vectors = np.linalg.eigh(sum(terms))
    v = vectors[:, 0]
    return spectra.lowest([terms[-2]])[0] / block_parameters(widths), [v @ K @ v / values[0] for K in terms]


def edge_pair(n: int, seed: int, activation="tanh", *, flat=False):
    """Smallest eigenvalue of the centred block at N = p/8, and its predicted value."""
    F, B, means = setting(shape(n), n * n // 8, seed, activation)
    tau = np.full_like(means.spectrum, means.spectrum.mean()) if flat else means.spectrum
    value = spectra.lowest(centering.subtracted_kernels(F, B, means)[-1:])[0]
    return value, spectra.spectral_edge(tau, n * n // 8)


def shape(n: int, dimension=None):
    """Widths d -> n -> n -> 1, a pyramid with d = n unless the dimension is given."""
    return (dimension or n, n, n, 1)


def median_law(activation, dimension=None, *, sizes=SIZES, seeds=12, first_seed=0):
    """Parameters p of the block and the median of its smallest eigenvalue over networks, at N = p/8."""
    draws = range(first_seed, first_seed + seeds)
    values = [[raw_lowest(shape(n, dimension), n * n // 8, seed, activation) for seed in draws] for n in sizes]
    return np.array(sizes) ** 2, np.median(values, axis=1)


@claim(
    id="bombari-block-scaling",
    source="Bombari, Amani, Mondelli 2022, Theorem 1",
    statement="Along N = p/8, d = n_1 = n_2, the block of p = n_(L-2) n_(L-1) weights has λ_min proportional to p.",
    status="proof sketched",
    assumptions="tanh, Gaussian data, loose pyramid. N = p/8 lies outside the theorem's N log^8 N = o(p).",
    does_not_say="The constant, nor that this block carries the eigenvalue of the whole kernel.",
)
def block_scaling(*, seeds=24, first_seed=0, dimension=None):
    """Fit the exponent in p; ``dimension`` fixes the number of inputs, so that the pyramid fails."""
    p, value = median_law("tanh", dimension, seeds=seeds, first_seed=first_seed)
    return scaling_law(p, value, 1.0, (0.6, 1.6), tolerance=0.1, widest=0.35)


block_scaling.refuted_by(dimension=8)


@claim(
    id="book-block-activations",
    source="Book, after Bombari, Amani, Mondelli 2022",
    statement="The same power of p is seen for ReLU, outside the theorem's assumptions, and for sigmoid.",
    status="open",
    assumptions="As for bombari-block-scaling; each activation relative to its own geometric mean.",
    does_not_say="That constants are alike: they differ by a factor above ten thousand.",
)
def block_activations(*, activations=("relu", "sigmoid"), seeds=12, first_seed=0, dimension=None):
    """Fit one exponent for all activations; ``dimension`` as in bombari-block-scaling."""
    laws = [median_law(activation, dimension, seeds=seeds, first_seed=first_seed) for activation in activations]
    value = np.concatenate([v / np.exp(np.mean(np.log(v))) for _, v in laws])
    rows = [{"activation": name} for name in activations for _ in SIZES]
    return scaling_law(np.concatenate([p for p, _ in laws]), value, 1.0, (0.5, 2), table=rows, tolerance=0.1)


block_activations.refuted_by(dimension=8)


@claim(
    id="book-block-pyramid",
    source="Book, on the topology of Bombari, Amani, Mondelli 2022",
    statement="Without the pyramid, inputs fixed at 8, λ_min of the block divided by p falls at least like p^(-1/2).",
    status="open",
    assumptions="tanh, Gaussian data, n_1 = n_2 growing, N = p/8.",
    does_not_say="What a narrow layer L-2 does: see book-block-bottleneck.",
)
def no_pyramid(*, seeds=12, first_seed=0, dimension=8):
    """Fit the exponent of λ_min/p; ``dimension=None`` restores the pyramid."""
    p, value = median_law("tanh", dimension, seeds=seeds, first_seed=first_seed)
    return scaling_law(p, value / p, -0.5, (0.2, 5), relation="<=", widest=0.5)


no_pyramid.refuted_by(dimension=None)


@claim(
    id="book-block-bottleneck",
    source="Book, on the topology of Bombari, Amani, Mondelli 2022",
    statement="A layer L-2 of 8 neurons below a growing layer L-1 does the same: λ_min/p falls at least like p^(-1/2).",
    status="open",
    assumptions="tanh, as many Gaussian inputs as neurons in layer L-1, N = p/8.",
    does_not_say="That the whole kernel suffers: its first-layer block has as many weights, and carries it.",
)
def bottleneck(*, seeds=6, first_seed=0, neurons=8):
    """Fit the exponent of λ_min/p; ``neurons=None`` takes the pyramid with the same p."""
    p, value = np.array([256, 512, 1024, 2048, 2704]), []
    for size in p:
        n = math.isqrt(size) if neurons is None else size // neurons
        widths = shape(n) if neurons is None else (n, neurons, n, 1)
        draws = range(first_seed, first_seed + seeds)
        value.append(np.median([raw_lowest(widths, size // 8, seed) / size for seed in draws]))
    return scaling_law(p, value, -0.5, (0.2, 5), relation="<=", widest=0.75)


bottleneck.refuted_by(neurons=None)


@claim(
    id="book-block-edge",
    source="Book",
    statement="λ_min of the centred block is the left edge predicted from the covariance spectra of its two factors.",
    status="open",
    assumptions="tanh, d = n_1 = n_2 from 32 to 64, N = p/8; median of 5 networks within a factor 0.6 to 1.2.",
    does_not_say="That the two factors are independent given the weights: they are not.",
)
def block_edge(*, sizes=(32, 48, 64), seeds=5, first_seed=0, flat=False):
    """Compare medians with the edge; ``flat`` takes all eigenvalues equal, as in Marchenko and Pastur's law."""
    ratios = []
    for n in sizes:
        pairs = [edge_pair(n, seed, flat=flat) for seed in range(first_seed, first_seed + seeds)]
        ratios.append(float(np.median([value / edge for value, edge in pairs])))
    rows = [{"n": n, "side": side} for side in ("below", "above") for n in sizes]
    sides = np.concatenate([ratios, 1 / np.array(ratios)])
    return inequality(sides, [0.6] * len(sizes) + [1 / 1.2] * len(sizes), rows)


block_edge.refuted_by(flat=True)


@claim(
    id="book-block-projection",
    source="Book",
    statement="Projecting means out instead of subtracting them, each of the three steps can only lower λ_min.",
    status="proved here",
    assumptions="Any activation, data and vectors in place of the means.",
    does_not_say="By how much: that is measured.",
)
def projection(*, seeds=4, first_seed=0, subtract=False):
    """Compare consecutive kernels of the ladder; ``subtract`` takes those of the subtractions."""
    kernels = centering.subtracted_kernels if subtract else centering.projected_kernels
    before, after, rows = [], [], []
    for activation in ("tanh", "softplus", "relu"):
        for seed in range(first_seed, first_seed + seeds):
            ladder = spectra.lowest(kernels(*setting(shape(32), 128, seed, activation)))
            before += ladder[:-1]
            after += ladder[1:]
            rows += [{"activation": activation, "step": k, "seed": seed} for k in (1, 2, 3)]
    return inequality(before, after, rows, tolerance=1e-9)


projection.refuted_by(subtract=True)


@claim(
    id="book-block-subtraction",
    source="Book, after Bombari, Amani, Mondelli 2022",
    statement="Subtracting the three means costs λ_min of the block at most three squared norms, each of order N.",
    status="proved here",
    assumptions="Any vectors in place of the means, none of them zero.",
    does_not_say="That so much is lost: measured, it is a hundred times less, and sometimes nothing.",
)
def subtraction(*, seeds=4, first_seed=0, factor=1.0):
    """Compare λ_min before with λ_min after less ``factor`` times the losses."""
    before, bound, rows = [], [], []
    for activation, widths in (("tanh", shape(32)), ("softplus", shape(32)), ("relu", (32,) * 5 + (1,))):
        for seed in range(first_seed, first_seed + seeds):
            data = setting(widths, 256, seed, activation)
            ladder = spectra.lowest(centering.subtracted_kernels(*data))
            before.append(ladder[0])
            bound.append(ladder[-1] - factor * centering.worst_losses(*data).sum())
            rows.append({"activation": activation, "seed": seed, "after": ladder[-1]})
    return inequality(before, bound, rows, tolerance=1e-9)


subtraction.refuted_by(factor=0.0)
