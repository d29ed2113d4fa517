r"""Exact laws of the feature and backward norms of one sample, over the weights of a ReLU network.

The means are in :mod:`ntklib.theory.finite_width.scales`; here are the probability that the sample survives, the second
moments, and samples of both norms to hold them against.
"""

import math

import numpy as np
from scipy.special import chdtr

from ntklib import plain
from ntklib._validate import positive_int
from ntklib.theory.finite_width.anatomy import row_norms


def alive_probability(widths, layer: int) -> float:
    r"""Return the probability :math:`\prod_{l=1}^{k}(1-2^{-n_l})` that :math:`f_k(x) \neq 0` for one sample.

    Parameters
    ----------
    widths : sequence of L + 1 ints
    layer : int
        k, from 0 to L - 1.

    Returns
    -------
    float

    Notes
    -----
    Given :math:`f_{l-1}\neq0`, each of the :math:`n_l` neurons is inactive with probability 1/2, independently. Exact
    for weights with independent columns of symmetric continuous law. Source: Book.

    Examples
    --------
    >>> alive_probability((5, 1, 2, 1), 2)
    0.375
    """
    _check_layer("alive_probability", widths, layer)
    return math.prod(1 - 0.5 ** widths[l] for l in range(1, layer + 1))


def relative_second_moment(widths, layer: int) -> float:
    r"""Return :math:`E\lVert f_k\rVert^4/(E\lVert f_k\rVert^2)^2 = \prod_{l=1}^{k}(1 + 5/n_l)` for Gaussian weights.

    Parameters
    ----------
    widths : sequence of L + 1 ints
    layer : int
        k, from 0 to L - 1.

    Returns
    -------
    float
        One plus the square of the relative standard deviation.

    Notes
    -----
    Free of the standard deviations of the weights. Source: proved in the chapter ``anatomy``.

    Examples
    --------
    >>> relative_second_moment((3, 5, 10, 1), 2)
    3.0
    """
    _check_layer("relative_second_moment", widths, layer)
    return math.prod(1 + 5 / widths[l] for l in range(1, layer + 1))


def sampled_norms(widths, betas, x, *, draws: int, seed: int):
    r"""Return :math:`\lVert f_k(x)\rVert^2` and :math:`\lVert b_{k+1}(x)\rVert^2` of independent ReLU networks.

    Parameters
    ----------
    widths : sequence of L + 1 ints
    betas : sequence of L floats
        Standard deviations of the Gaussian weights.
    x : array (d,)
    draws : int
        Number of networks.
    seed : int

    Returns
    -------
    (array (L, draws), array (L, draws))
        Row k holds :math:`\lVert f_k\rVert^2`, k = 0..L-1, and :math:`\lVert b_{k+1}\rVert^2`.

    Notes
    -----
    All networks at once, memory draws · Σ n_{l-1} n_l numbers. Source: Book.

    Examples
    --------
    >>> f, b = sampled_norms((2, 3, 1), (1.0, 1.0), np.array([3.0, 4.0]), draws=5, seed=0)
    >>> f[0].tolist(), b[1].tolist()
    ([25.0, 25.0, 25.0, 25.0, 25.0], [1.0, 1.0, 1.0, 1.0, 1.0])
    """
    params = plain.draw(widths, betas, seed, batch=(positive_int("sampled_norms", "draws", draws),))
    F, B = plain.factors(params, np.asarray(x, float)[None], activation="relu")
    return tuple(np.array([row_norms(a[:, 0]) for a in arrays]) for arrays in (F, B))


def backward_levels(widths, betas, x, layer: int, *, draws: int, seed: int, lost: int = 1) -> np.ndarray:
    r"""Sample the level in [0, 1] that the law of the backward norm assigns to what is left of it.

    .. math:: \lVert b_k\rVert^2 = \frac{f_L^2}{\lVert f_k\rVert^2}
              + \beta_{k+1}^2\, \lVert b_{k+1}\rVert^2\, \chi^2_{\nu_k - 1}

    with :math:`\nu_k` active neurons in layer k. The level is the distribution function of the chi-square variable at
    its value, uniform if the law is right.

    Parameters
    ----------
    widths : sequence of L + 1 ints
        With :math:`n_L = 1`.
    betas : sequence of L floats
    x : array (d,)
    layer : int
        k, from 1 to L - 1.
    draws, seed : int
    lost : int
        Degrees of freedom lost; the law says 1.

    Returns
    -------
    NumPy array
        At most ``draws`` levels: networks with one active neuron or none in layer k, or dead above it, say nothing.

    Raises
    ------
    ValueError
        ``layer`` outside 1..L-1.

    Notes
    -----
    Time: two passes of one sample through each network, all at once. Source: proved in the chapter ``anatomy``.

    Examples
    --------
    >>> levels = backward_levels((3, 8, 8, 1), (1.0,) * 3, np.ones(3), 1, draws=50, seed=0)
    >>> bool(0 < levels.mean() < 1)
    True
    """
    if layer not in range(1, len(betas)):
        raise ValueError(f"backward_levels: layer={layer!r}; expected an integer from 1 to {len(betas) - 1}.")
    each = [plain.draw(widths, betas, [seed, draw]) for draw in range(draws)]
    params = [np.stack(layer) for layer in zip(*each)]
    F, B = (
        [a[:, 0] for a in arrays]
        for arrays in plain.factors(params, np.asarray(x, np.float64)[None], activation="relu")
    )
    f, b, above = (row_norms(a) for a in (F[layer], B[layer - 1], B[layer]))
    output = np.einsum("ij,ij->i", F[-1], params[-1][..., 0])
    active = np.count_nonzero(F[layer], axis=1)
    says = (active > 1) & (above > 0)
    rest = np.maximum(b[says] - output[says] ** 2 / f[says], 0.0)
    return chdtr(active[says] - lost, rest / (betas[layer] ** 2 * above[says]))


def _check_layer(where: str, widths, layer) -> None:
    if layer not in range(len(widths) - 1):
        raise ValueError(f"{where}: layer={layer!r}; expected an integer from 0 to {len(widths) - 2}.")
