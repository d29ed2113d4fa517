r"""Quantitative spectrum of the limiting tangent kernel of :math:`\sigma(s) = a s + b\lvert s\rvert`.

Cosines, inverse distances :math:`w_l = 1/\sin(\theta_l/2)` and kernels come from the chapter ``depth``; here are the
statements with their error terms. Kernels carry the factor 1/N. Throughout :math:`\beta = b^2/(a^2 + b^2)`.
"""

import numpy as np

from ntklib._validate import positive_int
from ntklib.kernels.angles import pairwise_angles
from ntklib.theory.infinite_width.depth.limits import affine_kernel
from ntklib.theory.infinite_width.depth.statements import (
    depth_constant,
    trajectory,
)
from ntklib.theory.setting import inverse_distance


def distance_growth(first, layers, beta: float, *, log_weight: float = 1.0) -> np.ndarray:
    r"""Inverse distance after l layers, with the logarithm that also serves nearly parallel inputs.

    .. math:: w_l \approx w_1 + \tfrac{4\beta}{3\pi}(l-1)
              + \tfrac{2\beta}{\pi} \log\Big(1 + \tfrac{4\beta}{3\pi}\tfrac{l-1}{w_1}\Big)

    Parameters
    ----------
    first : array_like
        Inverse distance :math:`w_1 \ge 1` of the inputs.
    layers : array_like
        l, at least 1; broadcast against ``first``.
    beta : float
        Even share, in (0, 1].
    log_weight : float
        Factor of the logarithm, 1 in the statement.

    Returns
    -------
    ndarray

    Notes
    -----
    The error is bounded uniformly in l and of order :math:`1/w_1`. Source: E2, Terjék and González-Sánchez 2025; the
    argument of the logarithm is derived in the chapter ``edge_of_chaos``.

    Examples
    --------
    >>> float(distance_growth(2.0, 1, 0.5))
    2.0
    """
    first, slope = np.asarray(first, float), 4 * beta / (3 * np.pi) * (np.asarray(layers, float) - 1)
    return first + slope + log_weight * 2 * beta / np.pi * np.log1p(slope / first)


def affine_deficit(theta, layers, beta: float) -> np.ndarray:
    r"""What the affine formula exceeds the tangent kernel by, :math:`\frac{3\pi}{16\beta} w_l - \frac18 - \kappa_l`.

    Parameters
    ----------
    theta : array_like
        Angles of the inputs, in (0, π].
    layers : int or sequence of int
        As in `ntklib.theory.infinite_width.depth.statements.trajectory`.
    beta : float

    Returns
    -------
    ndarray, shape (kept layers, ...)

    Notes
    -----
    Source: E3, Terjék and González-Sánchez 2025.

    Examples
    --------
    >>> bool(affine_deficit(1.0, 5, 0.5).min() > 0)
    True
    """
    run = trajectory(theta, layers, beta)
    return affine_kernel(inverse_distance(run.angle), beta) - run.K


def effective_distance(theta, beta: float) -> np.ndarray:
    r"""The number W of a pair: :math:`w_l = W + \frac{4\beta}{3\pi}(l-1) + \frac{2\beta}{\pi}\log l + o(1)`.

    Parameters
    ----------
    theta : array_like
        Angles in (0, π]; below π for :math:`\beta = 1`.
    beta : float

    Returns
    -------
    ndarray

    Notes
    -----
    :math:`W = C(\theta) + \frac{4\beta}{3\pi}` with the constant of the chapter ``depth``. Book.

    Examples
    --------
    >>> round(float(effective_distance(np.pi / 2, 0.5)), 2)
    0.93
    """
    return depth_constant(theta, beta) + 4 * beta / (3 * np.pi)


def spectrum_shift(W, depth, beta: float) -> np.ndarray:
    r"""The number ξ of the theorem on the spectrum.

    .. math:: \xi = \tfrac38\Big(\tfrac{\pi}{2\beta} W + \log\big(\tfrac{3\pi}{4\beta}W + l - 1\big) - 1\Big)

    Parameters
    ----------
    W : array_like
        Effective distance, above 0.
    depth : array_like
        Number l of weight layers.
    beta : float

    Returns
    -------
    ndarray

    Notes
    -----
    Source: E4, Terjék and González-Sánchez 2025 (spectrum), numbered 18 in the authors' TeX.

    Examples
    --------
    >>> round(float(spectrum_shift(1.0, 64, 0.5)), 1)
    2.4
    """
    W, depth = np.asarray(W, float), np.asarray(depth, float)
    return 3 / 8 * (np.pi / (2 * beta) * W + np.log(3 * np.pi / (4 * beta) * W + depth - 1) - 1)


def predicted_spectrum(N: int, depth, W, beta: float, *, bulk: float = 0.75):
    r"""Largest eigenvalue and the N − 1 others of the limiting kernel of N unit vectors, factor 1/N included.

    .. math:: \big(1 + \tfrac3N\big)\tfrac l4 + \big(1 - \tfrac1N\big)\xi, \qquad \tfrac1N\big(\tfrac34 l - \xi\big)

    Parameters
    ----------
    N : int
    depth, W, beta
        As in `spectrum_shift`.
    bulk : float
        The fraction 3/4.

    Returns
    -------
    tuple of two ndarrays

    Notes
    -----
    Source: E4, Terjék and González-Sánchez 2025 (spectrum), numbered 18 in the authors' TeX.

    Examples
    --------
    >>> top, rest = predicted_spectrum(10, 64, 1.0, 0.5)
    >>> round(float(top + 9 * rest), 6)
    64.0
    """
    N, depth, xi = positive_int("predicted_spectrum", "N", N), np.asarray(depth, float), spectrum_shift(W, depth, beta)
    return (1 - bulk) * (N - 1) / N * depth + depth / N + (1 - 1 / N) * xi, (bulk * depth - xi) / N


def stated_errors(N: int, depth, beta: float):
    r"""Orders of the errors that the theorem allows, for unit norms: of the largest eigenvalue and of the others.

    .. math:: \beta^{-1} + \beta^{-2}l^{-1} + N^{-2}l, \qquad \beta^{-1}N^{-1} + \beta^{-2}l^{-1} + N^{-2}l

    Notes
    -----
    Source: E4, Terjék and González-Sánchez 2025 (spectrum), numbered 18 in the authors' TeX.

    Examples
    --------
    >>> [float(v) for v in stated_errors(10, 100, 1.0)]
    [2.01, 1.11]
    """
    depth = np.asarray(depth, float)
    common = 1 / (beta**2 * depth) + depth / N**2
    return 1 / beta + common, 1 / (beta * N) + common


def deep_kernels(X, layers, beta: float) -> tuple[np.ndarray, np.ndarray]:
    r"""Return :math:`K^{(l)}/N` at several depths, and the depths.

    Parameters
    ----------
    X : array_like, shape (N, d)
        Without zero rows.
    layers : int or sequence of int
    beta : float

    Returns
    -------
    K : ndarray, shape (kept depths, N, N)
    depths : ndarray

    Notes
    -----
    From angles, as `ntklib.theory.infinite_width.depth.statements.depth_spectrum`; O(N² max l) time.

    Examples
    --------
    >>> deep_kernels([[1.0, 0.0], [0.0, 1.0]], [2], 0.5)[0].round(4).tolist()
    [[[1.0, 0.1592], [0.1592, 1.0]]]
    """
    X = np.asarray(X, np.float64)
    theta, norm = pairwise_angles(X), np.linalg.norm(X, axis=1)
    run = trajectory(theta, layers, beta)
    depths = np.asarray(run.layers)
    return (depths[:, None, None] - run.K_gap) * (norm[:, None] * norm) / len(X), depths
