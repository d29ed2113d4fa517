"""Claims on the rows of the centred block: means, norms, sub-exponential norms, isometry, and where 8 comes from."""

import math
from itertools import product

import numpy as np

from ntklib import plain
from ntklib.claims import at_most, claim, equal, power_law
from ntklib.theory.minimum_width.asymptotics.statements import parameters_asked
from ntklib.theory.minimum_width.block_bound import centering, norms
from ntklib.theory.minimum_width.block_bound import spectrum as spectra
from ntklib.theory.minimum_width.block_bound.setting import setting, shape

WIDTHS = (16, 25, 40, 64, 100, 160)


@claim(
    id="book-block-sample-mean",
    source="Book",
    statement="With means of the training sample itself in the last step, the centred block has λ_min = 0.",
    status="proved here",
    assumptions="Any network, any N; the mean row subtracted or projected out; λ_min over the mean squared row norm.",
    does_not_say="That the first two steps are spoilt in the same way.",
    verdict=equal(tolerance=1e-13, scale=1.0),
)
def sample_mean(*, seeds=4, seed=0, independent=False):
    """Compare λ_min, relative to the mean row norm, with 0; ``independent`` takes another sample's mean."""
    ladders = {"subtract": centering.subtracted_kernels, "project": centering.projected_kernels}
    for s, (name, kernels) in product(range(seed, seed + seeds), ladders.items()):
        F, B, means = setting(shape(32), 128, s)
        own = _projected_own(F, B, means) if name == "project" else centering.sample_means(F, B)
        K = kernels(F, B, means if independent else own)[-1]
        yield np.linalg.eigvalsh(K)[0] / np.trace(K) * len(K), 0.0, {"seed": s, "step": name}


sample_mean.refuted_by("the mean of another sample does the same", independent=True)


def _projected_own(F, B, means):
    """The population's means for the first two steps, the training sample's mean row for the last one."""
    f, b = (centering.without(A, v) for A, v in ((F, means.features), (B, means.backward)))
    return means._replace(product=f.T @ b / len(F))


def _squared_rows(widths, seeds: int, seed: int, spread: float):
    """Squared row norms of the centred block, 400 samples, for every width and network."""
    for n, s in product(widths, range(seed, seed + seeds)):
        data = setting(shape(n), 400, s, spread=spread, population=2000 if n < 200 else 500)
        yield n, np.diagonal(centering.subtracted_kernels(*data)[-1])


@claim(
    id="bombari-block-rows",
    source="Bombari, Amani, Mondelli 2022, step of the proof, recalled",
    statement="Squared row norms of the centred block draw together: log(η_max²/η_min²) decays like n^(-1/2).",
    status="proof sketched",
    missing_step="the law of the largest and the least of N norms, of which only single ones are computed",
    assumptions="tanh, d = n_1 = n_2 = n from 16 to 160, N = 400 Gaussian samples.",
    does_not_say="That they are close at small widths: the ratio is 30 at n = 16.",
    verdict=power_law("n", exponent=-0.5, ratio_band=(0.6, 1.6), tolerance=0.08),
    companion="book-block-rows-wide",
)
def row_norms(*, seeds=5, seed=0, spread=0.0, exponent=-0.5):
    """Fit the exponent in n over all networks; ``spread`` gives the data norms that do not concentrate."""
    for n, square in _squared_rows(WIDTHS, seeds, seed, spread):
        yield np.log(square.max() / square.min()), None, {"n": n}


row_norms.refuted_by("data whose own norms do not concentrate are as good", spread=0.5)


@claim(
    id="book-block-rows-wide",
    source="Book, on a step of Bombari, Amani, Mondelli 2022",
    statement="On wider networks, n from 64 to 640, the standard deviation of log η² over samples decays as n^(-1/2).",
    status="open",
    assumptions="As for bombari-block-rows; means of 500 samples.",
    does_not_say="The constant.",
    verdict=power_law("n", exponent=-0.5, ratio_band=(0.6, 1.6), tolerance=0.02),
)
def wide_rows(*, widths=(64, 128, 256, 640), seeds=3, seed=0, exponent=-0.5):
    """Fit the exponent in n over all networks."""
    for n, square in _squared_rows(widths, seeds, seed, 0.0):
        yield np.log(square).std(), None, {"n": n}


wide_rows.refuted_by("it decays like n^{-2/3}", exponent=-2 / 3)


@claim(
    id="book-block-limit-norms",
    source="Book, after Bombari, Amani, Mondelli 2022",
    statement="The mean squared row norm of the centred block is p times a computed constant of activation and depth.",
    status="proof sketched",
    missing_step="the rate at which the norms of finite layers approach their limit",
    assumptions="Gaussian data, d = n_1 = ... = n_(L-1) large, output weights rescaled to |W_L|² = n_(L-1).",
    does_not_say="That single rows are near the mean.",
    verdict=power_law("p", absolute=True, exponent=1.0, ratio_band=(0.7, 1.4), tolerance=0.03),
)
def limit_norms(*, seeds=3, seed=0, activation="tanh", extra=0):
    """Compare traces of both covariances with the limits; ``extra`` layers are added to the predicted network."""
    for hidden, n, s in product((2, 3), (40, 64, 100, 160), range(seed, seed + seeds)):
        widths = (n,) * (hidden + 1) + (1,)
        means = setting(widths, 2, s, activation)[2]
        weights = np.sum(plain.draw(widths, "bombari", [s, 1])[-1] ** 2) / n
        constant = np.prod(norms.limit_variances(activation, hidden + 1 + extra))
        yield means.spectrum.sum() / weights / constant, n * n, {"hidden": hidden, "n": n, "seed": s, "p": n * n}


limit_norms.refuted_by("the constant of the network with one layer more", extra=1)


@claim(
    id="bombari-block-psi",
    source="Bombari, Amani, Mondelli 2022, step of the proof, recalled",
    statement="No direction found gives rows of the centred block a sub-exponential norm growing faster than log n.",
    status="proof sketched",
    missing_step="a bound on the supremum over all directions",
    assumptions="tanh, d = n_1 = n_2 = n; the top singular vector and the best rank-one direction of another sample.",
    does_not_say="That there is no worse direction.",
    verdict=power_law("n", exponent=0.0, ratio_band=(0.5, 2.5), relation="<="),
    loose_because="none known: the norm is a supremum over directions, bounded here from below by those a search finds",
)
def psi(*, seeds=3, seed=0, centred=True, samples=2000):
    """Fit the exponent of psi/log n in n; ``centred=False`` takes the raw rows along their own mean."""
    for n, s in product(WIDTHS, range(seed, seed + seeds)):
        yield _largest_psi(n, s, centred, samples) / np.log(n), None, {"n": n}


psi.refuted_by("nor do rows that are not centred", centred=False)


def _largest_psi(n: int, seed: int, centred: bool, samples: int) -> float:
    F, B, means = setting(shape(n), samples, seed)
    fresh, rest = (slice(samples // 2), slice(samples // 2, None))
    if not centred:
        mean = F[rest].T @ B[rest]
        return norms.psi1_norm(np.sum((F[fresh] @ mean) * B[fresh], axis=1) / np.linalg.norm(mean))
    directions = [
        norms.top_direction(F[rest], B[rest], means),
        np.outer(*norms.worst_rank_one(F[rest], B[rest], means)),
    ]
    return max(norms.psi1_norm(norms.row_projections(F[fresh], B[fresh], means, u)) for u in directions)


@claim(
    id="book-block-deficit",
    source="Book, on a step of Bombari, Amani, Mondelli 2022",
    statement="With rows scaled alike, 1 - λ_min of the centred block is 2 √(N/p_eff), power 1/2 of N and not 1/4.",
    status="open",
    assumptions="tanh, d = n_1 = n_2 = 256, N from 16 to 160, far below p_eff.",
    does_not_say="Anything near N = p_eff, where the deficit saturates at 1.",
    verdict=power_law("N", absolute=True, exponent=0.5, ratio_band=(0.5, 1.3), tolerance=0.02),
)
def deficit(*, seeds=16, seed=0, exponent=0.5, n=256):
    """Fit the exponent in N over all networks."""
    sizes = (16, 28, 50, 90, 160)
    for s in range(seed, seed + seeds):
        F, B, means = setting(shape(n), max(sizes), s)
        K = centering.subtracted_kernels(F, B, means)[-1]
        room = spectra.effective_parameters(means.spectrum)
        for N in sizes:
            yield spectra.scaled_deficit(K[:N, :N]), 2 * math.sqrt(N / room), {"N": N, "seed": s}


deficit.refuted_by("the power 1/4 of the proof", exponent=0.25)


@claim(
    id="book-exponent-eight",
    source="Book, on the bound of Bombari, Amani, Mondelli 2022",
    statement="A deficit ξ²(N/p)^(1/4) with ξ = log N comes down to ε at p = N log^8 N/ε^4.",
    status="proved here",
    assumptions="Constants 1; N from 10 to 10^40; the deficit at the p above and below, 1e-9 of it apart.",
    does_not_say="That the logarithm in ξ, or the power 1/4, is needed.",
    verdict=at_most(tolerance=1e-9),
    deterministic="numbers N and levels ε only",
)
def exponent_eight(*, power=8.0, levels=(1.0, 0.5, 0.1)):
    """Compare the deficit with ε on both sides of the theorem's count at c = ε^4, log^power N in it."""
    for N, level in product(np.geomspace(10, 1e40, 9), levels):
        N, asked = round(N), parameters_asked(round(N), power=power, margin=level**4)
        for side, p in (("above", math.ceil(asked * (1 + 1e-9))), ("below", math.floor(asked * (1 - 1e-9)))):
            pair = spectra.isometry_deficit(N, p, math.log(N) - 1), level
            yield *(pair if side == "above" else pair[::-1]), {"N": N, "ε": level, "side": side}


exponent_eight.refuted_by("seven logarithms are enough", power=7.0)
