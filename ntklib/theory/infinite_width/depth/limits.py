r"""Limits and predictions for deep kernels of :math:`\sigma(s) = a s + b \lvert s \rvert`.

With :math:`\beta = b^2/(a^2 + b^2)` and the weight variance that keeps norms, the angle :math:`\theta_l` of two
samples, the inverse distance :math:`w_l = 1/\sin(\theta_l/2)` and the tangent kernel :math:`\kappa_l` of two unit
vectors obey

.. math:: w_l = \tfrac{4\beta}{3\pi} l + \tfrac{2\beta}{\pi} \log l + C(\theta_1) + o(1), \qquad
          \kappa_l = \tfrac{3\pi}{16\beta} w_l - \tfrac18 + O(1/l) .

All of it is derived in the chapter ``depth``; the leading orders are those of Terjék and González-Sánchez (2025).
"""

import numpy as np

from ntklib._validate import positive_int, symmetric_matrix
from ntklib.theory.setting import inverse_distance as inverse_distance


def asymptotic_angle(layers, beta: float) -> np.ndarray:
    r"""Angle :math:`\theta_l \simeq 3\pi/(2\beta l)` that every pair of inputs ends at, whatever it began with.

    Parameters
    ----------
    layers : array_like
        Layer l, at least 1.
    beta : float
        Share of the even part, in (0, 1].

    Returns
    -------
    ndarray

    Notes
    -----
    The relative error is about :math:`\tfrac32 \log(l)/l`. Derived in the chapter ``depth`` (Book).

    Examples
    --------
    >>> round(float(asymptotic_angle(100, 0.5)), 4)
    0.0942
    """
    return 3 * np.pi / (2 * beta * np.asarray(layers, float))


def affine_kernel(w, beta: float) -> np.ndarray:
    r"""Approximation :math:`\frac{3\pi}{16\beta} w_l - \frac18` of the tangent kernel :math:`\kappa_l`, error O(1/l).

    Parameters
    ----------
    w : array_like
        Inverse distances of layer l.
    beta : float
        Share of the even part.

    Returns
    -------
    ndarray

    Notes
    -----
    An upper bound as well. Source: Terjék and González-Sánchez 2025; derived in the chapter ``depth``.

    Examples
    --------
    >>> round(float(affine_kernel(16 / (3 * np.pi), 1.0)), 3)
    0.875
    """
    return 3 * np.pi / (16 * beta) * np.asarray(w, float) - 1 / 8


def limiting_condition_number(N: int) -> float:
    r"""Condition number :math:`N/3 + 1` of the infinitely deep tangent kernel on N points of equal norm.

    Parameters
    ----------
    N : int
        Number of points, at least 2.

    Returns
    -------
    float

    Notes
    -----
    Source: Terjék and González-Sánchez 2025; proved in the chapter ``depth``.

    Examples
    --------
    >>> limiting_condition_number(30)
    11.0
    """
    return positive_int("limiting_condition_number", "N", N, minimum=2) / 3 + 1


def bulk_eigenvalue(depth, constants, beta: float, *, log_weight: float = 1.0) -> np.ndarray:
    r"""Second-order prediction of :math:`\lambda_{\min}(K^{(L)})` for unit vectors.

    .. math:: \tfrac34 L - \tfrac38 \log L + \tfrac18 + \tfrac{3\pi}{16\beta}\,
              \lambda_{\min}\big(P\, C\, P \text{ on } \mathbf 1^\perp\big)

    Parameters
    ----------
    depth : array_like
        Number L of weight layers.
    constants : array_like, shape (N, N)
        `depth_constant` of every pair, zero on the diagonal.
    beta : float
        Share of the even part.
    log_weight : float
        Factor of the logarithm; anything but 1 is wrong, for refutations.

    Returns
    -------
    ndarray, in the shape of ``depth``

    Notes
    -----
    P projects orthogonally to the vector of ones; the error is of order :math:`\log(L)/L`. O(N³). Book; it sharpens
    Terjék and González-Sánchez 2025, the bulk of deep kernels.

    Examples
    --------
    >>> round(float(bulk_eigenvalue(64, np.zeros((2, 2)), 0.5)), 3)
    46.565
    """
    C, L = symmetric_matrix("bulk_eigenvalue", "constants", constants), np.asarray(depth, float)
    basis = np.linalg.qr(np.column_stack([np.ones(len(C)), np.eye(len(C))[:, 1:]]))[0][:, 1:]
    lowest = np.linalg.eigvalsh(basis.T @ C @ basis)[0]
    return 0.75 * L - 0.375 * log_weight * np.log(L) + 0.125 + 3 * np.pi / (16 * beta) * lowest


def nngp_bulk(depth, beta: float) -> np.ndarray:
    r"""Leading order of all but the largest eigenvalue of :math:`G^{(L)}` for unit vectors.

    .. math:: \tfrac{9\pi^2}{8\beta^2}\, L^{-2}

    Parameters
    ----------
    depth : array_like
        Number L of weight layers.
    beta : float
        Share of the even part.

    Returns
    -------
    ndarray

    Notes
    -----
    The relative error is about :math:`3 \log(L)/L`. Book.

    Examples
    --------
    >>> round(float(nngp_bulk(100, 0.5)), 5)
    0.00444
    """
    return 9 * np.pi**2 / (8 * beta**2) / np.asarray(depth, float) ** 2


def near_duplicate_eigenvalue(distance, depth, beta: float) -> np.ndarray:
    r"""Smallest eigenvalue that two unit vectors at a distance :math:`\delta \ll 1/L` leave.

    .. math:: \lambda_{\min}(K^{(L)}) \simeq \tfrac{\beta}{\pi}\, L (L - 1)\, \delta

    Parameters
    ----------
    distance : array_like
        Distance of the two unit vectors, much smaller than 1/L.
    depth : array_like
        Number L of weight layers.
    beta : float
        Share of the even part.

    Returns
    -------
    ndarray

    Notes
    -----
    An upper bound up to :math:`O(\delta^2)`, and the right order. Book.

    Examples
    --------
    >>> round(float(near_duplicate_eigenvalue(1e-3, 3, 0.5)), 6)
    0.000955
    """
    L = np.asarray(depth, float)
    return beta / np.pi * L * (L - 1) * np.asarray(distance, float)
