"""Claims on the rows of the centred block: means, norms, sub-exponential norms, isometry, and where 8 comes from."""

import math

import numpy as np

from ntklib import plain
from ntklib.claims import claim, inequality, scaling_law
from ntklib.theory.minimum_width.block_bound import centering, norms
from ntklib.theory.minimum_width.block_bound import spectrum as spectra
from ntklib.theory.minimum_width.block_bound import statements as theory
from ntklib.theory.minimum_width.block_bound.claims import setting, shape
from ntklib.theory.minimum_width.setting import tangent_kernels

WIDTHS = (16, 25, 40, 64, 100, 160)


@claim(
    id="book-block-sample-mean",
    source="Book",
    statement="With means of the training sample itself in the last step, the centred block has λ_min = 0.",
    status="proved here",
    assumptions="Any network, any N; the mean row subtracted or projected out.",
    does_not_say="That the first two steps are spoilt in the same way.",
)
def sample_mean(*, seeds=4, first_seed=0, independent=False):
    """Compare λ_min, relative to the mean row norm, with rounding; ``independent`` takes another sample's mean."""
    measured, rows = [], []
    for seed in range(first_seed, first_seed + seeds):
        F, B, means = setting(shape(32), 128, seed)
        own = means if independent else centering.sample_means(F, B)
        for name, kernels in (("subtract", centering.subtracted_kernels), ("project", centering.projected_kernels)):
            used = own if name == "subtract" or independent else projected_own(F, B, means)
            K = kernels(F, B, used)[-1]
            measured.append(np.linalg.eigvalsh(K)[0] / np.trace(K) * len(K))
            rows.append({"seed": seed, "step": name})
    return inequality(measured, 1e-12, rows, "<=")


sample_mean.refuted_by(independent=True)


def projected_own(F, B, means):
    """The population's means for the first two steps, the training sample's mean row for the last one."""
    f, b = (centering.without(A, v) for A, v in ((F, means.features), (B, means.backward)))
    return means._replace(product=f.T @ b / len(F))


@claim(
    id="bombari-block-rows",
    source="Bombari, Amani, Mondelli 2022, step of the proof, recalled",
    statement="Squared row norms of the centred block draw together: log(η_max²/η_min²) decays like n^(-1/2).",
    status="proof sketched",
    assumptions="tanh, d = n_1 = n_2 = n, N = 400 Gaussian samples, medians over networks.",
    does_not_say="That they are close at small widths: the ratio is 30 at n = 16.",
)
def row_norms(*, seeds=5, first_seed=0, spread=0.0):
    """Fit the exponent in n; ``spread`` gives the data norms that do not concentrate."""
    ratio = []
    for n in WIDTHS:
        draws = [setting(shape(n), 400, s, spread=spread) for s in range(first_seed, first_seed + seeds)]
        squares = [np.diagonal(centering.subtracted_kernels(*draw)[-1]) for draw in draws]
        ratio.append(np.median([np.log(square.max() / square.min()) for square in squares]))
    return scaling_law(WIDTHS, ratio, -0.5, (0.7, 1.4), tolerance=0.1)


row_norms.refuted_by(spread=0.5)


@claim(
    id="book-block-limit-norms",
    source="Book, after Bombari, Amani, Mondelli 2022",
    statement="The mean squared row norm of the centred block is p times a computed constant of activation and depth.",
    status="proof sketched",
    assumptions="Gaussian data, d = n_1 = ... = n_(L-1) large, output weights rescaled to |W_L|² = n_(L-1).",
    does_not_say="That single rows are near the mean.",
)
def limit_norms(*, seeds=3, first_seed=0, activation="tanh", extra=0):
    """Compare traces of both covariances with the limits; ``extra`` layers are added to the predicted network."""
    p, measured, rows = [], [], []
    for hidden in (2, 3):
        for n in (40, 64, 100, 160):
            for seed in range(first_seed, first_seed + seeds):
                widths = (n,) * (hidden + 1) + (1,)
                means = setting(widths, 2, seed, activation)[2]
                weights = np.sum(plain.draw(widths, "bombari", [seed, 1])[-1] ** 2) / n
                constant = np.prod(norms.limit_variances(activation, hidden + 1 + extra))
                p.append(n * n)
                measured.append(means.spectrum.sum() / weights / constant)
                rows.append({"hidden": hidden, "n": n, "seed": seed})
    return scaling_law(p, measured, 1.0, (0.6, 1.6), predicted=p, table=rows, tolerance=0.05)


limit_norms.refuted_by(extra=1)


@claim(
    id="bombari-block-psi",
    source="Bombari, Amani, Mondelli 2022, step of the proof, recalled",
    statement="No direction found gives rows of the centred block a sub-exponential norm growing faster than log n.",
    status="proof sketched",
    assumptions="tanh, d = n_1 = n_2 = n; the top singular vector and the best rank-one direction of another sample.",
    does_not_say="That there is no worse direction.",
)
def psi(*, seeds=3, first_seed=0, centred=True, samples=2000):
    """Fit the exponent of psi/log n in n; ``centred=False`` takes the raw rows along their own mean."""
    size = []
    for n in WIDTHS:
        draws = range(first_seed, first_seed + seeds)
        size.append(np.median([_largest_psi(n, seed, centred, samples) for seed in draws]) / np.log(n))
    return scaling_law(WIDTHS, size, 0.0, (0.5, 2.0), relation="<=", widest=0.4)


psi.refuted_by(centred=False)


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
    assumptions="tanh, d = n_1 = n_2 = 256, N from 16 to 160, far below p_eff, medians over networks.",
    does_not_say="Anything near N = p_eff, where the deficit saturates at 1.",
)
def deficit(*, seeds=6, first_seed=0, exponent=0.5, n=256):
    """Fit the exponent in N."""
    sizes, table = (16, 28, 50, 90, 160), []
    for seed in range(first_seed, first_seed + seeds):
        F, B, means = setting(shape(n), max(sizes), seed)
        K = centering.subtracted_kernels(F, B, means)[-1]
        room = spectra.effective_parameters(means.spectrum)
        table.append([(spectra.scaled_deficit(K[:N, :N]), 2 * math.sqrt(N / room)) for N in sizes])
    measured, predicted = np.median(table, axis=0).T
    return scaling_law(sizes, measured, exponent, (0.6, 1.2), predicted=predicted, tolerance=0.1)


deficit.refuted_by(exponent=0.25)


@claim(
    id="book-exponent-eight",
    source="Book, on Theorem 1 of Bombari, Amani, Mondelli 2022",
    statement="A deficit ξ²(N/p)^(1/4) with ξ = log N is at most ε exactly when N log^8 N ≤ ε^4 p.",
    status="proved here",
    assumptions="Constants 1; N from 10 to 10^40.",
    does_not_say="That the logarithm in ξ, or the power 1/4, is needed.",
)
def exponent_eight(*, power=8.0, levels=(1.0, 0.5, 0.1)):
    """Compare the deficit at p = N log^power N / ε^4 with ε."""
    grid = [(N, level) for N in np.geomspace(10, 1e40, 9) for level in levels]
    measured = []
    for N, level in grid:
        p = N * math.log(N) ** power / level**4
        measured.append(abs(math.log(math.log(N) ** 2 * (N / p) ** 0.25 / level)))
    rows = [{"N": N, "ε": level} for N, level in grid]
    return inequality(measured, 1e-12, rows, "<=")


exponent_eight.refuted_by(power=7.0)


@claim(
    id="bombari-block-upper",
    source="Bombari, Amani, Mondelli 2022, Theorem 1, upper side",
    statement="λ_min(K) ≤ min K_ii, and the diagonal is of order d n_(L-1) on a pyramid.",
    status="proved here",
    assumptions="tanh, Gaussian data; the order by a ratio between 0.1 and 5.",
    does_not_say="That the bound is near: measured, λ_min is a tenth of it.",
)
def block_upper(*, seeds=2, first_seed=0, level=1.0):
    """Check both inequalities; ``level`` multiplies the diagonal."""
    measured, bound, rows = [], [], []
    for widths in ((16, 16, 16, 1), (40, 20, 20, 1), (40, 40, 30, 20, 1), (64, 64, 64, 1)):
        for seed in range(first_seed, first_seed + seeds):
            X = np.random.default_rng([seed, 2]).standard_normal((widths[-2] ** 2 // 8, widths[0]))
            K = tangent_kernels(plain.draw(widths, "bombari", [seed, 1]), X)[0]
            least, order = K.diagonal().min(), theory.upper(widths)
            measured += [spectra.lowest([K])[0], least, order]
            bound += [level * least, 5 * order, 10 * least]
            rows += [{"widths": str(widths), "side": side} for side in ("λ_min", "order, above", "order, below")]
    return inequality(measured, bound, rows, "<=")


block_upper.refuted_by(level=0.01)
