"""How many parameters of the block a sample needs in experiments, and by the spectral edge: what the checks share."""

import math
from functools import lru_cache

import numpy as np

from ntklib.theory.minimum_width.asymptotics.statements import crossing
from ntklib.theory.minimum_width.block_bound import centering
from ntklib.theory.minimum_width.block_bound import spectrum as spectra
from ntklib.theory.minimum_width.block_bound.setting import setting, shape

NEEDED = 50  # block parameters per sample at half the limit, tanh, d = n_1 = n_2; measured in the chapter
SAMPLES = (16, 32, 64, 128, 256)


@lru_cache(maxsize=64)
def needed(N: int, *, seeds=3, seed=0, spans=(0.6, 0.8, 1.0, 1.25, 1.6)):
    """Return the block's parameters per sample at which 1 − λ_min, rows scaled alike, is 1/2: measured and predicted.

    Parameters
    ----------
    N : int
        Samples.
    seeds, seed : int
        Networks, of whose losses medians are taken at every width.
    spans : tuple of float
        Widths tried, over the one that has ``NEEDED`` parameters per sample.

    Returns
    -------
    (float, float)
        From the eigenvalue, and from the spectral edge in its place.

    Notes
    -----
    Half a second for N = 256 and three networks. Source: Book.

    Examples
    --------
    >>> measured, predicted = needed(16, seeds=1)
    >>> 10 < measured < 200 and 10 < predicted < 200
    True
    """
    widths = [max(4, round(math.sqrt(NEEDED * N) * span)) for span in spans]
    losses = [np.median([_losses(n, N, s) for s in range(seed, seed + seeds)], axis=0) for n in widths]
    return tuple(crossing(widths, loss) ** 2 / N for loss in np.transpose(losses))


def _losses(n: int, N: int, seed: int):
    """Measured and predicted loss."""
    F, B, means = setting(shape(n), N, seed, population=1000)
    measured = spectra.scaled_deficit(centering.subtracted_kernels(F, B, means)[-1])
    return measured, 1 - spectra.spectral_edge(means.spectrum, N) / means.spectrum.sum()
