r"""Norm bounds for kernel interpolants: Rademacher averages, the bound with its union over norms, and measured errors.

The kernel is :math:`K = JJ^\top`, without the factor 1/N, as is the norm :math:`y^\top K^{-1}y`.
"""

from typing import NamedTuple

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from ntklib import plain
from ntklib._validate import positive_float, positive_int
from ntklib.theory.wide_networks.shallow import shallow_network

SHARE = 1e-10  # eigenvalues below this share of the largest count as zero


class RiskBound(NamedTuple):
    """A bound on the ramp risk and its two parts."""

    value: float
    complexity: float  # twice the Rademacher average of the ball that the union picks
    confidence: float  # the logarithmic term
    radius: float  # norm of that ball


def tangent_gram(W, a, X, X2=None) -> np.ndarray:
    r"""Tangent kernel between two sets of inputs, of one hidden ReLU layer in the NTK parametrization.

    .. math:: K(x, x') = \frac2m\sum_k\Big(\sigma(w_k^\top x)\,\sigma(w_k^\top x')
              + a_k^2\,\sigma'(w_k^\top x)\,\sigma'(w_k^\top x')\,x^\top x'\Big)

    Parameters
    ----------
    W : array (d, m)
    a : array (m,)
    X : array (N, d)
    X2 : array (M, d), optional
        X itself if not given.

    Returns
    -------
    ndarray (N, M)

    Notes
    -----
    Float64; O(N M m) time, O((N + M) m + N M) memory. Source: Book.

    Examples
    --------
    >>> tangent_gram(np.eye(2), np.ones(2), np.eye(2)).tolist()
    [[2.0, 0.0], [0.0, 2.0]]
    """
    params, settings = shallow_network(W, a, activation="relu", c=2.0)
    return plain.tangent_kernel(params, X, X2, **settings)


def kernel_dual(K, y) -> np.ndarray:
    r"""Coefficients :math:`\alpha = K^+y` of the interpolant :math:`\sum_i\alpha_ik(x_i, \cdot)`, shape (N,).

    Notes
    -----
    Cholesky; where that fails or the diagonal of the factor shows a rank defect, the eigenvectors with eigenvalues
    above 1e-10 of the largest: least squares, which is where gradient descent ends then. O(N³) time, O(N²) memory.
    Source: Book.

    Examples
    --------
    >>> kernel_dual(np.diag([4.0, 16.0]), np.array([4.0, 8.0])).tolist()
    [1.0, 0.5]
    """
    K, y = np.asarray(K, float), np.asarray(y, float)
    try:
        factor = cho_factor(K, lower=True)
    except np.linalg.LinAlgError:
        return _truncated(K, y)
    least = np.diag(factor[0]).min() ** 2
    return cho_solve(factor, y) if least > SHARE * np.trace(K) else _truncated(K, y)


def _truncated(K, y):
    values, vectors = np.linalg.eigh(K)
    keep = values > SHARE * values[-1]
    return vectors[:, keep] @ ((vectors[:, keep].T @ y) / values[keep])


def ramp_loss(outputs, y) -> np.ndarray:
    r"""Return :math:`\min(1, \max(0, 1 - yf))`, shape (N,): 1-Lipschitz in f, at least the zero-one loss.

    Examples
    --------
    >>> ramp_loss(np.array([2.0, 0.25, -3.0]), np.ones(3)).tolist()
    [0.0, 0.75, 1.0]
    """
    return np.clip(1 - np.asarray(y) * np.asarray(outputs), 0.0, 1.0)


def rademacher_average(K, radius: float, *, draws: int = 1000, seed=0) -> float:
    r"""Estimate :math:`\frac BN\,\mathbb E\sqrt{\xi^\top K\xi}` over random signs, by Monte Carlo.

    Parameters
    ----------
    K : array (N, N)
        Kernel on the sample.
    radius : float
        B, norm of the ball.
    draws, seed : int

    Returns
    -------
    float
        The Rademacher average of the ball, in the unit of the outputs.

    Notes
    -----
    O(N² draws) time. Relative error about 0.5/sqrt(draws) at most. Source: Book.

    Examples
    --------
    >>> round(rademacher_average(np.eye(4), 2.0), 12)
    1.0
    """
    radius = positive_float("rademacher_average", "radius", radius)
    draws = positive_int("rademacher_average", "draws", draws)
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], (len(K), draws))
    return float(radius / len(K) * np.sqrt(np.maximum((signs * (K @ signs)).sum(axis=0), 0)).mean())


def rademacher_ceiling(K, radius: float) -> float:
    r"""Return :math:`B\sqrt{\operatorname{tr}K}/N`, which the Rademacher average of a ball does not exceed.

    Examples
    --------
    >>> rademacher_ceiling(np.eye(4), 2.0)
    1.0
    """
    return float(radius * np.sqrt(np.trace(K)) / len(K))


def norm_complexity(K, y) -> float:
    r"""Return :math:`\frac2N\sqrt{y^\top K^{-1}y\,\operatorname{tr}K}`, the main term of the norm bound.

    Examples
    --------
    >>> norm_complexity(np.eye(4), np.ones(4))
    2.0
    """
    return 2 * rademacher_ceiling(K, float(np.sqrt(np.asarray(y) @ kernel_dual(K, y))))


def norm_complexities(K, labels) -> np.ndarray:
    r"""Return `norm_complexity` for every column of labels, shape (draws,).

    Examples
    --------
    >>> norm_complexities(np.eye(4), np.ones((4, 2))).tolist()
    [2.0, 2.0]
    """
    squares = np.einsum("id,id->d", labels, kernel_dual(K, labels))
    return 2 * np.sqrt(squares) * rademacher_ceiling(K, 1.0)


def norm_risk_bound(K, y, delta: float = 0.05) -> RiskBound:
    r"""Bound the ramp risk of the kernel interpolant, for all norms at once.

    .. math:: \frac{2B_j\sqrt{\operatorname{tr}K}}{N} + 3\sqrt{\frac{\log(2(j+1)(j+2)/\delta)}{2N}},
              \qquad B_j = 2^j \ge \sqrt{y^\top K^{-1}y}

    Parameters
    ----------
    K : array (N, N)
        Invertible kernel on the sample.
    y : array (N,)
    delta : float
        Probability of failure, below 1.

    Returns
    -------
    RiskBound
        Vacuous from value 1 on.

    Raises
    ------
    ValueError
        For a delta that is not in (0, 1).

    Notes
    -----
    j is the least integer of at least 0 that is allowed. O(N³). Source: Book, after Bartlett and Mendelson 2002.

    Examples
    --------
    >>> norm_risk_bound(np.eye(4), np.ones(4)).radius
    2.0
    """
    if not 0 < delta < 1:
        raise ValueError(f"norm_risk_bound: delta={delta!r}; expected a probability strictly between 0 and 1.")
    norm = float(np.sqrt(np.asarray(y) @ kernel_dual(K, y)))
    j = max(0, int(np.ceil(np.log2(norm) - 1e-12)))
    complexity = 2 * rademacher_ceiling(K, 2.0**j)
    confidence = 3 * np.sqrt(np.log(2 * (j + 1) * (j + 2) / delta) / (2 * len(K)))
    return RiskBound(float(complexity + confidence), complexity, float(confidence), 2.0**j)


def fine_grained_complexity(X, y) -> float:
    r"""Return :math:`\sqrt{2\,y^\top H^{-1}y/N}` with :math:`H_{ij} = x_i^\top x_j\,\mathbb E\,\sigma'\sigma'`.

    Notes
    -----
    The points must have norm one; only the first layer of ReLU is trained. O(N³). Source: Arora et al. 2019,
    main term of their generalization theorem.

    Examples
    --------
    >>> round(fine_grained_complexity(np.eye(3), np.ones(3)), 12)  # H = I/2
    2.0
    """
    cosines = np.clip(np.asarray(X) @ np.asarray(X).T, -1.0, 1.0)
    H = cosines * (np.pi - np.arccos(cosines)) / (2 * np.pi)
    return float(np.sqrt(2 * np.asarray(y) @ kernel_dual(H, y) / len(y)))
