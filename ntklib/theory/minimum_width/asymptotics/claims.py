"""Claims on sizes: where the theorem begins to speak, what its logarithms cost, what the block needs in experiments."""

import math

import numpy as np

from ntklib.claims import claim, inequality, scaling_law
from ntklib.theory.minimum_width.asymptotics import statements as theory
from ntklib.theory.minimum_width.block_bound import centering
from ntklib.theory.minimum_width.block_bound import spectrum as spectra
from ntklib.theory.minimum_width.block_bound import statements as bound
from ntklib.theory.minimum_width.block_bound.setting import setting, shape

NEEDED = 50  # block parameters per sample at half the limit, tanh, d = n_1 = n_2; measured in the chapter
SAMPLES = (16, 32, 64, 128, 256)


def needed(N: int, *, seeds=3, first_seed=0, row=0, spans=(0.6, 0.8, 1.0, 1.25, 1.6)):
    """Block parameters per sample at which 1 - λ_min with rows scaled alike is 1/2; ``row=1`` takes the prediction."""
    widths = [max(4, round(math.sqrt(NEEDED * N) * span)) for span in spans]
    loss = []
    for n in widths:
        pairs = [_deficits(n, N, seed) for seed in range(first_seed, first_seed + seeds)]
        loss.append(np.median(pairs, axis=0)[row])
    return theory.crossing(widths, loss) ** 2 / N


def _deficits(n: int, N: int, seed: int):
    """Measured and predicted loss."""
    F, B, means = setting(shape(n), N, seed, population=1000)
    measured = spectra.scaled_deficit(centering.subtracted_kernels(F, B, means)[-1])
    return measured, 1 - spectra.spectral_edge(means.spectrum, N) / means.spectrum.sum()


@claim(
    id="book-asymptotic-parameters",
    source="Book, after Bombari, Amani, Mondelli 2022",
    statement="About 50 block parameters per sample bring λ_min to half its limit, with no logarithm of N seen.",
    status="open",
    assumptions="tanh, d = n_1 = n_2, centred rows scaled alike, N from 16 to 256.",
    does_not_say="That no logarithm is there: log N grows by a factor 2 only.",
)
def parameters(*, samples=SAMPLES, seeds=3, first_seed=0, exponent=1.0):
    """Fit the exponent of p* in N."""
    p = [N * needed(N, seeds=seeds, first_seed=first_seed) for N in samples]
    predicted = NEEDED * np.array(samples, float)
    return scaling_law(samples, p, exponent, (0.6, 1.7), predicted=predicted, tolerance=0.05)


parameters.refuted_by(exponent=1.5)


@claim(
    id="book-asymptotic-logarithm",
    source="Book, on Theorem 1 of Bombari, Amani, Mondelli 2022",
    statement="The power of log N in the parameters needed, fitted, is below 8 with its whole interval.",
    status="open",
    assumptions="As for book-asymptotic-parameters.",
    does_not_say="That the theorem is wrong: it bounds what suffices for every admissible data law, as N grows.",
)
def logarithm(*, samples=SAMPLES, seeds=3, first_seed=0, true_power=0.0):
    """Compare the interval's upper end with 8; ``true_power`` multiplies the measured values by that power of log N."""
    ratio = [needed(N, seeds=seeds, first_seed=first_seed) * math.log(N) ** true_power for N in samples]
    fit = theory.log_power_fit(samples, ratio)
    return inequality(fit.high, 8.0, [{"power": fit.slope, "low": fit.low, "high": fit.high}], "<=")


logarithm.refuted_by(true_power=10.0)


@claim(
    id="book-asymptotic-regime",
    source="Book, on Theorem 1 of Bombari, Amani, Mondelli 2022",
    statement="No network of the paper's scaling figure, and none with N = p/8, has N log^8 N below p.",
    status="proved here",
    assumptions="Constant 1; N = 1000 to 3000 with d up to 977; N = p/8 for N from 4 on.",
    does_not_say="That the result fails there: λ_min is of order p in all these experiments.",
)
def regime(*, power=8.0):
    """Compare the theorem's ratio N log^power N/p with 1."""
    nets = [((977, 977, 977, 1), N) for N in (1000, 2000, 3000)]
    nets += [((n, n, n, 1), n * n // 8) for n in (6, 16, 64, 1000, 10**6)]
    rows = [{"n": widths[0], "N": N} for widths, N in nets]
    return inequality([bound.load(widths, N, power=power) for widths, N in nets], 1.0, rows)


regime.refuted_by(power=0.0)


@claim(
    id="book-asymptotic-probability",
    source="Book, on Theorem 1 of Bombari, Amani, Mondelli 2022",
    statement="With n = √N and constants C = 1, c, the failure probability falls below 1 only for log N > 4/c.",
    status="proved here",
    assumptions="The recalled form N exp(-c log² n) + exp(-c log² N).",
    does_not_say="What c is: it is hidden in the theorem.",
)
def probability(*, constants=(2.0, 1.0, 0.5, 0.2), factor=4.0):
    """Check the failure probability at log N = factor/c, where it must still be at least 1."""
    measured, rows = [], []
    for c in constants:
        N = math.floor(math.exp(factor / c))
        measured.append(bound.failure_probability(N, math.isqrt(N), c=c))
        rows.append({"c": c, "N": N})
    return inequality(measured, 1.0, rows)


probability.refuted_by(factor=6.0)


@claim(
    id="book-asymptotic-two-theorems",
    source="Book, on Nguyen, Mondelli, Montúfar 2021 and Bombari, Amani, Mondelli 2022",
    statement="With d = √N and constants 1, this theorem asks for more parameters than Part II's up to N = 10^18.",
    status="proved here",
    assumptions="N log^8 N against d N log N log(10 N); the crossing is where √N = log^6 N.",
    does_not_say="That Part II's theorem is better: in powers of N it asks for N^(3/2).",
)
def two_theorems(*, power=8.0):
    """Compare both counts at N = 10^3 ... 10^18."""
    N = 10.0 ** np.arange(3, 19, 3)
    ours = [theory.parameters_asked(n, power=power) for n in N]
    other = [theory.other_theorem_parameters(n, n**0.5) for n in N]
    return inequality(ours, other, [{"N": n} for n in N])


two_theorems.refuted_by(power=4.0)
