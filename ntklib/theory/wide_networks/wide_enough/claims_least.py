"""Claims on the smallest eigenvalue at initialization: it concentrates, its spread, its gap to the limit."""

from itertools import product

import numpy as np

from ntklib.claims import claim, power_law, probability
from ntklib.theory.wide_networks.samples import limit_least, paired_sample, unit_sample
from ntklib.theory.wide_networks.wide_enough import spectra

TERJEK = "Terjék, González-Sánchez 2022, abstract, the assumption that is not mild"


@claim(
    id="terjek-least-concentrates",
    source=TERJEK,
    statement="The smallest eigenvalue of the kernel at initialization keeps half of its limit with probability 0.9.",
    status="open",
    assumptions="The paper's assumption, tested: ReLU, L = 3, N = 30 points on the sphere of dimension 15, m = 256.",
    does_not_say="Any rate: for that see the standard deviation.",
    verdict=probability(),
    companion="book-least-deviation",
)
def least_concentrates(*, m=256, N=30, d=15, seeds=100, seed=0, probability=0.9):
    """Count the draws above half of the limit."""
    X = unit_sample(N, d, seed)[0]
    values = spectra.least_eigenvalues(X, m, range(seed, seed + seeds))
    yield (int(np.sum(values >= 0.5 * limit_least(X))), seeds), probability, {"m": m}


least_concentrates.refuted_by("as many neurons as samples are enough", m=30)


@claim(
    id="book-least-deviation",
    source="Book, after Terjék, González-Sánchez 2022",
    statement="The standard deviation of a simple λ_min at initialization falls like m^(-1/2), one hidden layer.",
    status="proved here",
    assumptions="ReLU, L = 2, 8 unit vectors of dimension 15 of which two are close, 1000 draws, m from 64 to 1024.",
    does_not_say="The same while λ_min is held near zero, or repelled by a neighbour: there the fall is slower.",
    verdict=power_law("m", ratio_band=(0.7, 1.4), tolerance=0.02),
)
def least_deviation(*, widths=(64, 128, 256, 512, 1024), seeds=1000, seed=0, exponent=-0.5):
    """Fit the exponent of the standard deviation over a fifth of the draws in m."""
    X = paired_sample(8, 15, seed)
    for m, block in product(widths, range(5)):
        draws = range(seed + block * seeds // 5, seed + (block + 1) * seeds // 5)
        yield spectra.least_eigenvalues(X, m, draws, depth=2).std(), None, {"m": m, "block": block}


least_deviation.refuted_by("m^(-2/3), the edge of a large spectrum", exponent=-2 / 3)


@claim(
    id="book-least-gap",
    source="Book, after Terjék, González-Sánchez 2022",
    statement="With one hidden layer and a simple λ_min of the limit, the mean gap to the limit falls like 1/m.",
    status="proved here",
    assumptions="ReLU, L = 2, N = 30 points on the sphere of dimension 15, 400 draws, m from 32 to 512.",
    does_not_say="The same for narrow networks: below m = 64 the exponent is nearer to −3/4.",
    verdict=power_law("m", ratio_band=(0.5, 2.0), tolerance=0.1, widest=0.35),
    loose_because="none known: at widths where the gap is measurable the second order in 1/m still bends the line",
)
def least_gap(*, widths=(32, 64, 128, 256, 512), draws=400, seed=0, exponent=-1.0):
    """Fit the exponent of the mean gap in m."""
    X = unit_sample(30, 15, seed)[0]
    limit, seeds = limit_least(X, depth=2), range(seed, seed + draws)
    for m in widths:
        yield limit - spectra.least_eigenvalues(X, m, seeds, depth=2).mean(), None, {"m": m}


least_gap.refuted_by("m^(-3/4), as for narrow networks", exponent=-0.75)
