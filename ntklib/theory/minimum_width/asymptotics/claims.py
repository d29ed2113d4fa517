"""Claims on sizes: where the theorem begins to speak, what its logarithms cost, what the block needs in experiments."""

import math

import numpy as np

from ntklib.claims import at_least, at_most, claim, equal, power_law, within_factor
from ntklib.theory.minimum_width.asymptotics import statements as theory
from ntklib.theory.minimum_width.asymptotics.setting import NEEDED, SAMPLES, needed
from ntklib.theory.minimum_width.block_bound import statements as bound


@claim(
    id="book-asymptotic-parameters",
    source="Book, after Bombari, Amani, Mondelli 2022",
    statement="About 50 block parameters per sample bring λ_min to half its limit, with no logarithm of N seen.",
    status="open",
    assumptions="tanh, d = n_1 = n_2, centred rows scaled alike, N from 16 to 256, medians of nine networks.",
    does_not_say="That no logarithm is there: log N grows by a factor 2 only.",
    verdict=power_law("N", absolute=True, exponent=1.0, ratio_band=(0.7, 1.5), tolerance=0.02),
    loose_because="an interval over few sizes; book-asymptotic-edge compares with the spectral edge, within 1.3",
)
def parameters(*, samples=SAMPLES, seeds=9, seed=0, exponent=1.0):
    """Fit the exponent of p* in N."""
    for N in samples:
        yield N * needed(N, seeds=seeds, seed=seed)[0], NEEDED * N, {"N": N}


parameters.refuted_by("p* grows like N^{6/5}", exponent=1.2)


@claim(
    id="book-asymptotic-edge",
    source="Book",
    statement="The parameters at which λ_min is half its limit are those at which the spectral edge is, within 1.3.",
    status="open",
    assumptions="As for book-asymptotic-parameters.",
    does_not_say="That the edge is proved to be near: that needs independence of the two factors.",
    verdict=within_factor(),
    loose_because="the edge is that of independent factors, which these are not",
)
def edge(*, samples=SAMPLES, seeds=9, seed=0, of_all=False):
    """Compare measured over predicted, and its inverse, with 1.3; ``of_all`` predicts for one parameter per sample."""
    for N in samples:
        measured, predicted = needed(N, seeds=seeds, seed=seed)
        predicted = 16.0 if of_all else predicted
        yield measured, (predicted, 1.3), {"N": N}


edge.refuted_by("16 parameters per sample, as for rows of one variance: 1 − 2√(N/p) = 1/2", of_all=True)


@claim(
    id="book-asymptotic-logarithm",
    source="Book, on the bound of Bombari, Amani, Mondelli 2022",
    statement="The power of log N in the parameters needed, fitted, is below 1 with its whole interval: not 8, not 1.",
    status="open",
    assumptions="As for book-asymptotic-parameters.",
    does_not_say="That the theorem is wrong: it bounds what suffices for every admissible data law, as N grows.",
    verdict=at_most(),
)
def logarithm(*, samples=SAMPLES, seeds=9, seed=0, true_power=0.0):
    """Compare the interval's upper end with 1; ``true_power`` multiplies the measured values by that power of log N."""
    ratio = [needed(N, seeds=seeds, seed=seed)[0] * math.log(N) ** true_power for N in samples]
    fit = theory.log_power_fit(samples, ratio)
    yield fit.high, 1.0, {"power": fit.slope, "low": fit.low, "high": fit.high}


logarithm.refuted_by("one logarithm is needed", true_power=1.0)


@claim(
    id="book-asymptotic-regime",
    source="Book, on the bound of Bombari, Amani, Mondelli 2022",
    statement="No network of the paper's scaling figure, and none with N = p/8, has N log^8 N below p.",
    status="proved here",
    assumptions="Constant 1; N = 1000 to 3000 with d up to 977; N = p/8 for N from 4 on.",
    does_not_say="That the result fails there: λ_min is of order p in all these experiments.",
    verdict=at_least(),
    deterministic="widths and numbers of samples only",
    companion="book-asymptotic-regime-least",
)
def regime(*, power=8.0):
    """Compare the theorem's ratio N log^power N/p with 1."""
    nets = [((977, 977, 977, 1), N) for N in (1000, 2000, 3000)]
    nets += [((n, n, n, 1), n * n // 8) for n in (6, 16, 64, 1000, 10**6)]
    for widths, N in nets:
        yield bound.load(widths, N, power=power), 1.0, {"n": widths[0], "N": N}


regime.refuted_by("nor has N log³ N", power=3.0)


@claim(
    id="book-asymptotic-regime-least",
    source="Book",
    statement="Along N = p/8 the theorem's ratio exceeds 1 from N = 4 on, where log N passes 8^(1/8).",
    status="proved here",
    assumptions="Constant 1.",
    does_not_say="Anything about other N.",
    verdict=at_least(),
    deterministic="widths and numbers of samples only",
)
def least(*, N=4):
    """Compare the theorem's ratio with 1."""
    yield bound.load((2 * N, 2 * N, 4, 1), N), 1.0, {"N": N}


least.refuted_by("from N = 3 on", N=3)


@claim(
    id="book-asymptotic-probability",
    source="Book, on the bound of Bombari, Amani, Mondelli 2022",
    statement="With n = √N and constants C = 1, c, the failure probability falls below 1 only for log N > 4/c.",
    status="proved here",
    assumptions="The recalled form N exp(-c log² n) + exp(-c log² N).",
    does_not_say="What c is: it is hidden in the theorem.",
    verdict=at_least(),
    deterministic="the theorem's formula only",
)
def probability(*, constants=(2.0, 1.0, 0.5, 0.2), multiple=4.0):
    """Compare the failure probability at log N = ``multiple``/c with 1, below which it must not be."""
    for c in constants:
        N = math.floor(math.exp(multiple / c))
        yield bound.failure_probability(N, math.isqrt(N), c=c), 1.0, {"c": c, "N": N}


probability.refuted_by("only for log N > 9/(2c)", multiple=4.5)


@claim(
    id="book-asymptotic-two-theorems",
    source="Book, on Nguyen, Mondelli, Montúfar 2021 and Bombari, Amani, Mondelli 2022",
    statement="With d = √N and constants 1, this theorem asks for more parameters than Part II's up to N = 10^18.",
    status="proved here",
    assumptions="N log^8 N against d N log N log(10 N); the crossing is where √N = log^6 N.",
    does_not_say="That Part II's theorem is better: in powers of N it asks for N^(3/2).",
    verdict=at_least(),
    deterministic="both theorems' formulas only",
    companion="book-asymptotic-crossing",
)
def two_theorems(*, power=8.0):
    """Compare both counts at N = 10^3 ... 10^18."""
    for N in 10.0 ** np.arange(3, 19, 3):
        yield theory.parameters_asked(N, power=power), theory.other_theorem_parameters(N, N**0.5), {"N": N}


two_theorems.refuted_by("with log⁷ N as well", power=7.0)


@claim(
    id="book-asymptotic-crossing",
    source="Book",
    statement="Both theorems ask for the same number of parameters where √N = log^6 N, at N = 9·10^19.",
    status="proved here",
    assumptions="As for book-asymptotic-two-theorems, with δ = 1: log N in the place of log(10 N).",
    does_not_say="What happens at other constants.",
    verdict=equal(tolerance=1e-9),
    deterministic="both theorems' formulas only",
)
def crossing(*, power=8.0):
    """Compare both counts at the root of log N = 12 log log N."""
    N = math.exp(theory.crossing_with_root_width())
    asked = theory.parameters_asked(N, power=power)
    yield asked, theory.other_theorem_parameters(N, N**0.5, delta=1 - 1e-15), {"N": N}


crossing.refuted_by("with log⁷ N they cross there", power=7.0)
