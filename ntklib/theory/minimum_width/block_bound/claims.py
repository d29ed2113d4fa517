"""Claims of the block bound: scaling, activations, the pyramid, the spectral edge, centering."""

import math
from itertools import product

import numpy as np

from ntklib import plain
from ntklib.claims import approximates, at_least, at_most, claim, equal, power_law
from ntklib.fits import fit_loglog
from ntklib.theory.minimum_width.block_bound import centering
from ntklib.theory.minimum_width.block_bound import spectrum as spectra
from ntklib.theory.minimum_width.block_bound.setting import SIZES, edge_pair, raw_lowest, setting, shape
from ntklib.theory.minimum_width.block_bound.statements import upper
from ntklib.theory.minimum_width.setting import tangent_kernels


def _lowest_along(dimension, seeds: int, seed: int, activation="tanh"):
    """Pairs of p and λ_min at N = p/8, one per width and network, output weights rescaled to |W_L|² = n."""
    for n, s in product(SIZES, range(seed, seed + seeds)):
        yield n * n, raw_lowest(shape(n, dimension), n * n // 8, s, activation, unit_output=True)


@claim(
    id="bombari-block-scaling",
    source="Bombari, Amani, Mondelli 2022, bound on λ_min",
    statement="Along N = p/8, d = n_1 = n_2, the block of p = n_(L-2) n_(L-1) weights has λ_min proportional to p.",
    status="proof sketched",
    missing_step="a bound for N of the order of p, where the isometry says nothing",
    assumptions="tanh, Gaussian data, loose pyramid; |W_L|² = n_(L-1) by rescaling. N = p/8 lies outside the theorem's "
    "N log^8 N = o(p).",
    does_not_say="The constant, nor that this block carries the eigenvalue of the whole kernel.",
    verdict=power_law("p", exponent=1.0, ratio_band=(0.3, 3.0), tolerance=0.02),
)
def block_scaling(*, seeds=24, seed=0, dimension=None, exponent=1.0):
    """Fit the exponent in p over all networks; ``dimension`` fixes the number of inputs: then the pyramid fails."""
    for p, value in _lowest_along(dimension, seeds, seed):
        yield value, None, {"p": p}


block_scaling.refuted_by("p^{6/5}, a fifth of a power more", exponent=1.2)


@claim(
    id="book-block-activations",
    source="Book, after Bombari, Amani, Mondelli 2022",
    statement="For ReLU and sigmoid the fitted power of p is within 1/2 of 1: above it for ReLU, below for sigmoid.",
    status="open",
    assumptions="As for bombari-block-scaling, n from 16 to 52. ReLU is outside the theorem's assumptions.",
    does_not_say="That the power is 1 for either: at these sizes both intervals exclude it.",
    verdict=at_most(),
    loose_because="none known: at n from 16 to 52 both powers carry finite-width corrections that nobody has computed",
)
def block_activations(*, activations=("relu", "sigmoid"), seeds=12, seed=0, dimension=None):
    """Compare each exponent's distance from 1, in its direction, with 1/2; ``dimension`` as in block_scaling."""
    for activation in activations:
        p, value = zip(*_lowest_along(dimension, seeds, seed, activation))
        fit = fit_loglog(p, value)
        row = {"activation": activation, "power": fit.slope, "low": fit.low, "high": fit.high}
        yield fit.slope - 1 if activation == "relu" else 1 - fit.slope, 0.5, row


block_activations.refuted_by("without the pyramid too: eight inputs", dimension=8)


@claim(
    id="book-block-pyramid",
    source="Book, on the topology of Bombari, Amani, Mondelli 2022",
    statement="Without the pyramid, inputs fixed at 8, λ_min of the block divided by p falls at least like p^(-5/4).",
    status="open",
    assumptions="tanh, Gaussian data, n_1 = n_2 growing, N = p/8.",
    does_not_say="What a narrow layer L-2 does: see book-block-bottleneck.",
    verdict=power_law("p", exponent=-1.25, ratio_band=(0.05, 10.0), relation="<="),
    loose_because="none known: no theory of the fall, which is faster than this power and steepens with p",
)
def no_pyramid(*, seeds=12, seed=0, dimension=8):
    """Fit the exponent of λ_min/p; ``dimension=None`` restores the pyramid."""
    for p, value in _lowest_along(dimension, seeds, seed):
        yield value / p, None, {"p": p}


no_pyramid.refuted_by("it falls like this with as many inputs as neurons too", dimension=None)


@claim(
    id="book-block-bottleneck",
    source="Book, on the topology of Bombari, Amani, Mondelli 2022",
    statement="A layer L-2 of 8 neurons below a growing layer L-1 does the same: λ_min/p falls at least like 1/p.",
    status="open",
    assumptions="tanh, as many Gaussian inputs as neurons in layer L-1, N = p/8.",
    does_not_say="That the whole kernel suffers: its first-layer block has as many weights, and carries it.",
    verdict=power_law("p", exponent=-1.0, ratio_band=(0.1, 10.0), relation="<="),
    loose_because="none known: no theory of the fall, which is faster than this power and steepens with p",
)
def bottleneck(*, seeds=6, seed=0, neurons=8):
    """Fit the exponent of λ_min/p; ``neurons=None`` takes the pyramid with the same p."""
    for p, s in product((256, 512, 1024, 2048, 2704), range(seed, seed + seeds)):
        n = math.isqrt(p) if neurons is None else p // neurons
        widths = shape(n) if neurons is None else (n, neurons, n, 1)
        yield raw_lowest(widths, p // 8, s, unit_output=True) / p, None, {"p": p, "seed": s}


bottleneck.refuted_by("it falls like this on a pyramid with the same p", neurons=None)


@claim(
    id="book-block-edge",
    source="Book",
    statement="λ_min of the centred block is the left edge predicted from the covariance spectra of its two factors.",
    status="open",
    assumptions="tanh, d = n_1 = n_2 from 32 to 64, N = p/8; median of 5 networks within a factor 0.6 to 1.2.",
    does_not_say="That the two factors are independent given the weights: they are not.",
    verdict=approximates(),
    loose_because="the edge is that of independent factors, which these are not",
)
def block_edge(*, sizes=(32, 48, 64), seeds=5, seed=0, flat=False):
    """Compare medians with the edge; ``flat`` takes all eigenvalues equal."""
    for n in sizes:
        pairs = [edge_pair(n, s, flat=flat) for s in range(seed, seed + seeds)]
        ratio = float(np.median([value / edge for value, edge in pairs]))
        yield ratio, (0.9, 0.3), {"n": n}


block_edge.refuted_by("Marchenko and Pastur's edge, all variances equal", flat=True)


@claim(
    id="book-block-projection",
    source="Book",
    statement="Projecting means out instead of subtracting them, each of the three steps can only lower λ_min.",
    status="proved here",
    assumptions="Any activation, data and vectors in place of the means.",
    does_not_say="By how much: that is measured.",
    verdict=at_least(tolerance=1e-9),
)
def projection(*, seeds=4, seed=0, subtract=False):
    """Compare consecutive kernels of the ladder; ``subtract`` takes those of the subtractions."""
    kernels = centering.subtracted_kernels if subtract else centering.projected_kernels
    for activation, s in product(("tanh", "softplus", "relu"), range(seed, seed + seeds)):
        ladder = spectra.lowest(kernels(*setting(shape(32), 128, s, activation)))
        for step in (1, 2, 3):
            yield ladder[step - 1], ladder[step], {"activation": activation, "step": step, "seed": s}


projection.refuted_by("so does subtracting the means", subtract=True)


@claim(
    id="book-block-subtraction",
    source="Book, after Bombari, Amani, Mondelli 2022",
    statement="Subtracting the three means costs λ_min of the block at most three squared norms, each of order N.",
    status="proved here",
    assumptions="Any vectors in place of the means, none of them zero.",
    does_not_say="That so much is lost: measured, it is a hundred times less, and sometimes nothing.",
    verdict=at_least(tolerance=1e-9),
    companion="book-block-subtraction-extremal",
    loose_because="at these widths the three norms, of order N, exceed λ_min, of order p: below 0 nothing is said; "
    "they are estimates of the worst direction, and book-block-subtraction-extremal attains one",
)
def subtraction(*, seeds=4, seed=0, norms=3):
    """Compare λ_min before with λ_min after less the first ``norms`` losses."""
    for (activation, widths), s in product(
        (("tanh", shape(32)), ("softplus", shape(32)), ("relu", (32,) * 5 + (1,))), range(seed, seed + seeds)
    ):
        data = setting(widths, 256, s, activation)
        ladder = spectra.lowest(centering.subtracted_kernels(*data))
        bound = ladder[-1] - centering.worst_losses(*data)[:norms].sum()
        yield ladder[0], bound, {"activation": activation, "seed": s, "after": ladder[-1]}


subtraction.refuted_by("subtracting means costs nothing", norms=0)


@claim(
    id="book-block-subtraction-extremal",
    source="Book",
    statement="Features orthogonal to the vector subtracted from them lose the whole first norm: λ_min after less "
    "before is |D B|²/|μ|².",
    status="proved here",
    assumptions="Rows f_i ⟂ μ of one norm, orthonormal b_i, the other two vectors of norm 1e-6.",
    does_not_say="That means of features are so: they are not orthogonal to what they are means of.",
    verdict=equal(tolerance=1e-8),
)
def subtraction_extremal(*, N=20, sizes=(0.5, 2.0), seeds=2, seed=0, norms=3):
    """Compare λ_min before with λ_min after less the first ``norms`` losses."""
    for size, s in product(sizes, range(seed, seed + seeds)):
        rng = np.random.default_rng([s, 4])
        f = rng.standard_normal((N, 6)) * (np.arange(6) > 1)
        f /= np.linalg.norm(f, axis=1, keepdims=True)
        b = np.linalg.qr(rng.standard_normal((N + 1, N + 1)))[0]
        b, small = b[:N], 1e-6 * b[N]
        means = centering.Means(size * np.eye(6)[0], small, np.outer(np.eye(6)[1], small), np.ones(1))
        ladder = spectra.lowest(centering.subtracted_kernels(f, b, means))
        bound = ladder[-1] - centering.worst_losses(f, b, means)[:norms].sum()
        yield ladder[0], bound, {"|μ|": size, "seed": s}


subtraction_extremal.refuted_by("subtracting means costs nothing", norms=0)


@claim(
    id="bombari-block-upper",
    source="Bombari, Amani, Mondelli 2022, bound on λ_min, upper side",
    statement="λ_min(K) ≤ min K_ii, and the least diagonal entry is of order d n_(L-1) on a pyramid.",
    status="proved here",
    assumptions="tanh, Gaussian data; the order by a ratio between 1/10 and 1.",
    does_not_say="That the bound is near: measured, λ_min is a tenth of it.",
    verdict=at_most(),
    companion="book-block-upper-extremal",
)
def block_upper(*, seeds=2, seed=0, square=False):
    """Check both; ``square`` takes d² for the order."""
    for widths, s in product(
        ((16, 16, 16, 1), (40, 20, 20, 1), (40, 40, 30, 20, 1), (64, 64, 64, 1)), range(seed, seed + seeds)
    ):
        X = np.random.default_rng([s, 2]).standard_normal((widths[-2] ** 2 // 8, widths[0]))
        K = tangent_kernels(plain.draw(widths, "bombari", [s, 1]), X)[0]
        least, row = K.diagonal().min(), {"widths": str(widths), "seed": s}
        order = widths[0] ** 2 if square else upper(widths)
        yield spectra.lowest([K])[0], least, row | {"side": "λ_min"}
        yield least, order, row | {"side": "order, above"}
        yield order / 10, least, row | {"side": "order, below"}


block_upper.refuted_by("the order is d², however narrow the last layer", square=True)


@claim(
    id="book-block-upper-extremal",
    source="Book",
    statement="λ_min(K) ≤ min K_ii is attained within a tenth for few samples, one of them shorter than the others.",
    status="open",
    assumptions="tanh, 4 Gaussian samples in 256 dimensions, the first times 0.3; widths (256, 256, 256, 1).",
    does_not_say="That it is so for N of order p.",
    verdict=at_least(),
)
def upper_extremal(*, d=256, N=4, seeds=3, seed=0, short=0.3):
    """Compare λ_min with nine tenths of the least diagonal entry; ``short`` multiplies the first sample."""
    for s in range(seed, seed + seeds):
        X = np.random.default_rng([s, 2]).standard_normal((N, d))
        X[0] *= short
        K = tangent_kernels(plain.draw((d, d, d, 1), "bombari", [s, 1]), X)[0]
        yield spectra.lowest([K])[0], 0.9 * K.diagonal().min(), {"seed": s}


upper_extremal.refuted_by("for samples of the same length as well", short=1.0)
