r"""Random networks as Bombari, Amani and Mondelli draw them, in NumPy float64: weights, factors, block of the proof.

Hidden weights are :math:`N(0, 1/n_{l-1})`, output weights :math:`N(0, 1)`: the parametrization "bombari" of
`ntklib.MLP`. Nothing is compiled, so that many shapes cost nothing extra.
"""

from itertools import pairwise

import numpy as np
from scipy.special import expit

from ntklib._validate import positive_int
from ntklib.theory.finite_width.relu_networks import gaussian_weights, layer_kernels

ACTIVATIONS = {
    "tanh": (np.tanh, lambda z: 1.0 - np.tanh(z) ** 2),
    "sigmoid": (expit, lambda z: expit(z) * expit(-z)),
    "softplus": (lambda z: np.logaddexp(0.0, z), expit),
    "relu": (lambda z: np.maximum(z, 0.0), lambda z: (z > 0).astype(float)),
    "linear": (lambda z: z, np.ones_like),
}


def draw_weights(widths, seed, *, betas=None) -> list[np.ndarray]:
    r"""Draw weights as the paper does, :math:`N(0, \beta_l^2/n_{l-1})` for l < L and :math:`N(0, \beta_L^2)` for l = L.

    Parameters
    ----------
    widths : sequence of L + 1 ints
    seed : int or sequence of int
        Of NumPy's default generator.
    betas : sequence of L floats, optional
        The paper's :math:`\beta_l`, all 1 if not given.

    Returns
    -------
    list of L ndarrays (n_{l-1}, n_l)

    Raises
    ------
    ValueError
        Unequal lengths, or numbers that are not positive.

    Notes
    -----
    O(Σ n_{l-1} n_l) time and memory. Source: Bombari, Amani and Mondelli 2022, section 2, and the authors' code.
    Chapters: all of this part.

    Examples
    --------
    >>> [W.shape for W in draw_weights((2, 5, 1), seed=0)]
    [(2, 5), (5, 1)]
    """
    n = [positive_int("draw_weights", f"widths[{i}]", width) for i, width in enumerate(widths)]
    betas = [1.0] * (len(n) - 1) if betas is None else list(betas)
    fan_in = [*(width**-0.5 for width in n[:-2]), 1.0]
    if len(betas) != len(fan_in):
        raise ValueError(f"draw_weights: {len(n)} widths and {len(betas)} betas; expected one beta per weight layer.")
    return gaussian_weights(n, [beta * scale for beta, scale in zip(betas, fan_in)], seed)


def factors(params, X, activation="tanh"):
    r"""Return :math:`F_0,\dots,F_{L-1}` and :math:`B_1,\dots,B_L` of a network in the standard parametrization.

    .. math:: f_l = \sigma(W_l^\top f_{l-1}), \qquad b_L = 1, \qquad b_l = \sigma'(g_l) \circ (W_{l+1} b_{l+1})

    Parameters
    ----------
    params : sequence of L arrays (n_{l-1}, n_l)
        With :math:`n_L = 1`.
    X : array (N, d)
    activation : {"tanh", "sigmoid", "softplus", "relu", "linear"} or a pair of functions
        As for :func:`activation_pair`.

    Returns
    -------
    (list of L arrays (N, n_l), list of L arrays (N, n_{l+1}))
        The output is ``F[-1] @ params[-1]``.

    Raises
    ------
    ValueError
        For another activation.

    Notes
    -----
    As ``MLP.features_and_backward``, in float64 whatever the input. Time O(N Σ n_{l-1} n_l).
    Chapters: all of this part.

    Examples
    --------
    >>> F, B = factors([np.array([[1.0, -1.0]]), np.array([[2.0], [3.0]])], np.array([[4.0]]), "relu")
    >>> F[1].tolist(), B[0].tolist()
    ([[4.0, 0.0]], [[2.0, 0.0]])
    """
    function, slope = activation_pair(activation)
    F, slopes = [np.asarray(X, np.float64)], []
    for W in params[:-1]:
        g = F[-1] @ W
        F.append(function(g))
        slopes.append(slope(g))
    B = [np.ones((len(F[0]), 1))]
    for W, derivative in zip(reversed(params[1:]), reversed(slopes)):
        B.append((B[-1] @ W.T) * derivative)
    return F, B[::-1]


def tangent_kernels(params, X, activation="tanh"):
    r"""Return the whole kernel :math:`K = JJ^\top` and the block of :math:`W_{L-1}`, on which the proof rests.

    .. math:: K = \sum_{l=0}^{L-1} F_lF_l^\top \circ B_{l+1}B_{l+1}^\top, \qquad
              K_{\rm block} = F_{L-2}F_{L-2}^\top \circ B_{L-1}B_{L-1}^\top

    Parameters
    ----------
    params : sequence of L arrays (n_{l-1}, n_l)
        At least one hidden layer, :math:`n_L = 1`.
    X : array (N, d)
    activation : str
        As for :func:`factors`.

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
    authors' code calls partial. Chapters: all of this part.

    Examples
    --------
    >>> X = np.random.default_rng(0).standard_normal((5, 3))
    >>> K, block = tangent_kernels(draw_weights((3, 4, 1), 0), X)
    >>> bool(np.linalg.eigvalsh(K - block)[0] > -1e-12)
    True
    """
    if len(params) < 2:
        raise ValueError(
            f"tangent_kernels: {len(params)} weight layers; expected at least two, the last one the output."
        )
    layers = layer_kernels(*factors(params, X, activation))
    return sum(layers), layers[-2]


def block_jacobian(params, X, activation="tanh") -> np.ndarray:
    r"""Return the Jacobian in :math:`W_{L-1}`, row i equal to :math:`f_{L-2}(x_i) \otimes b_{L-1}(x_i)`.

    Parameters
    ----------
    params : sequence of L arrays (n_{l-1}, n_l)
        At least one hidden layer, :math:`n_L = 1`.
    X : array (N, d)
    activation : str
        As for :func:`factors`.

    Returns
    -------
    ndarray (N, p)
        With :math:`p = n_{L-2}n_{L-1}`.

    Raises
    ------
    ValueError
        For another activation.

    Notes
    -----
    N p numbers of 8 bytes. Its Gram matrix is the second result of :func:`tangent_kernels`. Chapters:
    ``counting_parameters``, ``block_bound``.

    Examples
    --------
    >>> block_jacobian(draw_weights((3, 4, 1), 0), np.eye(3)).shape
    (3, 12)
    """
    F, B = factors(params, X, activation)
    return row_products(F[-2], B[-2])


def row_products(F, B) -> np.ndarray:
    r"""Return the row-wise Kronecker (face-splitting) product :math:`F * B`, row i equal to :math:`f_i \otimes b_i`.

    Parameters
    ----------
    F : array (N, m)
    B : array (N, n)

    Returns
    -------
    ndarray (N, m n)

    Raises
    ------
    ValueError
        From NumPy, for unequal numbers of rows.

    Notes
    -----
    :math:`(F*B)(F*B)^\top = FF^\top \circ BB^\top`. Chapters: ``counting_parameters``, ``block_bound``.

    Examples
    --------
    >>> row_products([[1.0, 2.0]], [[3.0, 4.0]]).tolist()
    [[3.0, 4.0, 6.0, 8.0]]
    """
    F, B = np.asarray(F, float), np.asarray(B, float)
    return np.einsum("ia,ib->iab", F, B).reshape(len(F), -1)


def parameter_count(widths) -> int:
    r"""Return the number of weights :math:`P = \sum_l n_{l-1}n_l`.

    Raises
    ------
    ValueError
        For widths that are not positive integers.

    Notes
    -----
    Chapters: all of this part.

    Examples
    --------
    >>> parameter_count((40, 40, 40, 1))
    3240
    """
    n = [positive_int("parameter_count", f"widths[{i}]", width) for i, width in enumerate(widths)]
    return sum(a * b for a, b in pairwise(n))


def activation_pair(activation):
    r"""Return σ and σ' as functions of NumPy arrays.

    Parameters
    ----------
    activation : {"tanh", "sigmoid", "softplus", "relu", "linear"} or a pair of functions
        A pair is returned as it is.

    Returns
    -------
    (callable, callable)

    Raises
    ------
    ValueError
        For another name, or something that is not two functions.

    Notes
    -----
    Chapters: all of this part.

    Examples
    --------
    >>> activation_pair("relu")[1](np.array([-1.0, 2.0])).tolist()
    [0.0, 1.0]
    """
    if isinstance(activation, tuple) and len(activation) == 2 and all(map(callable, activation)):
        return activation
    if not isinstance(activation, str) or activation not in ACTIVATIONS:
        raise ValueError(
            f"activation_pair: activation={activation!r}; expected a pair (σ, σ') or one of "
            f"{', '.join(map(repr, ACTIVATIONS))}."
        )
    return ACTIVATIONS[activation]


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
    Chapters: ``block_bound``, ``scaling_figure``.

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
