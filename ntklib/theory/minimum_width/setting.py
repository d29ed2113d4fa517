r"""What the chapters of this part share: the kernel of the block on which the proof rests, means over Gaussian pairs.

The networks are those of `ntklib.plain` in the parametrization "bombari": hidden weights :math:`N(0, 1/n_{l-1})`,
output weights :math:`N(0, 1)`, multipliers 1.
"""

import numpy as np

from ntklib import plain


def tangent_kernels(params, X, activation="tanh"):
    r"""Return the whole kernel :math:`K = JJ^\top` and the block of :math:`W_{L-1}`, on which the proof rests.

    .. math:: K = \sum_{l=0}^{L-1} F_lF_l^\top \circ B_{l+1}B_{l+1}^\top, \qquad
              K_{\rm block} = F_{L-2}F_{L-2}^\top \circ B_{L-1}B_{L-1}^\top

    Parameters
    ----------
    params : sequence of L arrays (n_{l-1}, n_l)
        At least one hidden layer, :math:`n_L = 1`.
    X : array (N, d)
    activation
        As for `ntklib.plain.factors`.

    Returns
    -------
    (ndarray (N, N), ndarray (N, N))

    Raises
    ------
    ValueError
        For fewer than two weight layers, or another activation.

    Notes
    -----
    Time O(N² Σ n_l), memory L N² numbers. Source: Bombari, Amani and Mondelli 2022; the block is the one that the
    authors' code calls partial.

    Examples
    --------
    >>> X = np.random.default_rng(0).standard_normal((5, 3))
    >>> K, block = tangent_kernels(plain.draw((3, 4, 1), "bombari", 0), X)
    >>> bool(np.linalg.eigvalsh(K - block)[0] > -1e-12)
    True
    """
    if len(params) < 2:
        raise ValueError(
            f"tangent_kernels: {len(params)} weight layers; expected at least two, the last one the output."
        )
    layers = plain.layer_kernels(*plain.factors(params, X, activation=activation))
    return sum(layers), layers[-2]


def block_jacobian(params, X, activation="tanh") -> np.ndarray:
    r"""Return the Jacobian in :math:`W_{L-1}`, row i equal to :math:`f_{L-2}(x_i) \otimes b_{L-1}(x_i)`, shape (N, p).

    Its Gram matrix is the second result of `tangent_kernels`; :math:`p = n_{L-2}n_{L-1}`.

    Examples
    --------
    >>> block_jacobian(plain.draw((3, 4, 1), "bombari", 0), np.eye(3)).shape
    (3, 12)
    """
    F, B = plain.factors(params, X, activation=activation)
    return plain.row_products(F[-2], B[-2])


def pair_mean(function, variance: float, covariance: float, *, nodes: int = 120) -> float:
    r"""Return :math:`E f(u) f(v)` for centred Gaussians u, v of one variance and a given covariance.

    Parameters
    ----------
    function : callable
        Of NumPy arrays.
    variance, covariance : float
        With ``abs(covariance) <= variance``.
    nodes : int
        Of the Gauss–Hermite rule for each of two independent variables.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        For a covariance above the variance.

    Notes
    -----
    The part that u and v have in common has the variance :math:`\lvert c\rvert`; given it they are independent, with
    one conditional mean. About 10 digits for smooth functions, 2 for those with a jump. Time and memory O(nodes²).

    Examples
    --------
    >>> round(pair_mean(lambda z: z**2, 1.0, 0.5), 10)
    1.5
    """
    if not abs(covariance) <= variance * (1 + 1e-12):
        raise ValueError(f"pair_mean: covariance={covariance!r} exceeds variance={variance!r}; expected at most that.")
    z, w = np.polynomial.hermite_e.hermegauss(nodes)
    w = w / w.sum()
    common, rest = np.sqrt(abs(covariance)) * z, np.sqrt(max(variance - abs(covariance), 0.0)) * z
    mean = function(common[:, None] + rest[None, :]) @ w
    return float(w @ (mean * (mean if covariance >= 0 else mean[::-1])))
