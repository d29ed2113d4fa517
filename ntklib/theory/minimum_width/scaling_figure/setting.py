"""Networks of any widths on Gaussian data, and the draws of the figure's largest networks."""

from functools import lru_cache

import numpy as np

from ntklib import plain
from ntklib.theory.minimum_width.scaling_figure.figure import layer_minima


def spectra(widths, N: int, activation: str, seed: int) -> dict[str, float]:
    """Return the smallest eigenvalues of full, block and first kernel on Gaussian data, for widths (d, n1, n2, 1).

    Examples
    --------
    >>> sorted(spectra((5, 6, 7, 1), 4, "tanh", 0))
    ['block', 'first', 'full']
    """
    X = np.random.default_rng([seed, 0]).standard_normal((N, widths[0]))
    return layer_minima(
        plain.layer_kernels(*plain.factors(plain.draw(widths, "bombari", [seed, 1]), X, activation=activation))
    )


@lru_cache(maxsize=64)
def output_size(d: int, seed: int) -> float:
    r"""Return :math:`\lVert W_3\rVert^2/d` of a draw of the figure; its mean is 1, its variance 2/d.

    Examples
    --------
    >>> 0.8 < output_size(200, 0) < 1.2
    True
    """
    return float(np.mean(plain.draw((d, d, d, 1), "bombari", [seed, d, 1])[-1] ** 2))
