r"""Which kernel, and which data, the values read off the published figure belong to: a likelihood.

A hypothesis gives the law of the three values at d = 977, from ten draws of ours over
:math:`\lVert W_3\rVert^2/d`, whose own law is known. The claim on the readings and the chapter's table use it.
"""

import numpy as np

from ntklib.theory.minimum_width.scaling_figure.figure import DIMENSIONS, READING_ERROR, READINGS, cached_figure
from ntklib.theory.minimum_width.scaling_figure.setting import output_size


def draws(column: str = "full", data: str = "gaussian") -> np.ndarray:
    r"""Return the shipped smallest eigenvalues at d = 977 over :math:`\lVert W_3\rVert^2/d`, a row per draw.

    Parameters
    ----------
    column : {"full", "first", "block"}
        The kernel.
    data : {"gaussian", "sphere"}

    Returns
    -------
    ndarray (10, 3)
        A column per N.

    Notes
    -----
    For the blocks this is the value at :math:`\lVert W_3\rVert^2 = d`; for the full kernel as well up to some 1e-5, as
    :math:`K_{W_3}`, the one part that does not scale, has a rank below N.

    Examples
    --------
    >>> draws("block").shape
    (10, 3)
    """
    table = cached_figure(data=data)
    wide = table[table["d"] == DIMENSIONS[-1]].pivot(index="seed", columns="N", values=column)
    return wide.to_numpy() / [[output_size(DIMENSIONS[-1], seed)] for seed in wide.index]


def log_likelihood(values, *, drawn: bool = True, shared: bool = False, number: int = 10) -> float:
    r"""Return the log-likelihood of the three readings, up to a constant, by Student's predictive density.

    .. math:: -\tfrac12\log\det S - \tfrac m2\log\Big(1+\frac{g^\top S^{-1}g}{m-1}\Big),\qquad
              S = \Big(\frac1k+\frac1m\Big)\operatorname{Cov} + \frac{2}{dk}\,\mu\mu^\top + \tfrac43 I,\quad g = r-\mu

    Parameters
    ----------
    values : array (m, 3)
        From `draws`; mean μ, covariance Cov.
    drawn : bool
        Whether published networks have Gaussian output weights (the middle term), or :math:`\lVert W_3\rVert^2 = d`.
    shared : bool
        Whether the three N share their draws; else S is replaced by its diagonal.
    number : int
        k, how many draws a published value is the mean of.

    Returns
    -------
    float

    Notes
    -----
    The readings are good to ±2, uniformly: variance 4/3. Source: Book.

    Examples
    --------
    >>> log_likelihood(draws("full")) > log_likelihood(draws("block")) + 30
    True
    """
    values = np.asarray(values, float)
    m, mean = len(values), values.mean(axis=0)
    S = np.cov(values.T) * (1 / number + 1 / m) + drawn * 2 / DIMENSIONS[-1] / number * np.outer(mean, mean)
    S = (S if shared else np.diag(np.diag(S))) + READING_ERROR**2 / 3 * np.eye(3)
    gap = np.array(list(READINGS.values())) - mean
    return float(-np.linalg.slogdet(S)[1] / 2 - m / 2 * np.log1p(gap @ np.linalg.solve(S, gap) / (m - 1)))
