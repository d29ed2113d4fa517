r"""How near an interpolant can be: a lower bound for the distance to all, and a proof that one of them is the nearest.

Outputs have the norm of means, :math:`\lVert u\rVert^2 = \frac1N\sum_iu_i^2`.
"""

import numpy as np

from ntklib.theory.wide_networks.implicit_regularization.minima import (
    NearestInterpolant,
)


def interpolation_distance_bound(J, residual, lipschitz: float) -> float:
    r"""Return a lower bound for the distance from the start to *every* interpolant, from the Jacobian at the start.

    .. math:: D \ge \max_v\ \frac{2b}{a + \sqrt{a^2 + 2\Lambda\lVert v\rVert b}}, \qquad
              a = \lVert\partial F^*v\rVert,\quad b = -\langle v, F(\theta_0) - y\rangle

    Parameters
    ----------
    J : array (N, P)
        The Jacobian of the outputs at the start.
    residual : array (N,)
        Outputs minus labels there.
    lipschitz : float
        Λ in the norm of means, on a ball that is known to contain an interpolant; 0 for a linear model.

    Returns
    -------
    float
        With Λ = 0, the norm of the least solution of the linearized problem.

    Raises
    ------
    ValueError
        For a negative Λ.

    Notes
    -----
    The maximum is taken over :math:`v = -(K + cI)^{-1}r`, with K the kernel per sample, and 60 values of c: each
    one gives a bound. O(N² P). Source: Book, the chapter's proposition.

    Examples
    --------
    >>> round(interpolation_distance_bound(np.array([[3.0, 4.0]]), np.array([-10.0]), 0.0), 6)
    2.0
    """
    if not lipschitz >= 0:
        raise ValueError(f"interpolation_distance_bound: lipschitz={lipschitz!r}; expected a number of at least 0.")
    N = len(residual)
    values, vectors = np.linalg.eigh(J @ J.T / N)
    values, parts = np.maximum(values, 0), vectors.T @ np.asarray(residual, float)
    best = 0.0
    for c in [0.0, *(values[-1] * np.geomspace(1e-6, 1e4, 60))]:
        if values[0] + c <= N * np.finfo(float).eps * values[-1]:
            continue
        v = parts / (values + c)
        a, b = np.sqrt(np.mean(values * v**2)), np.mean(v * parts)
        best = max(best, 2 * b / (a + np.sqrt(a**2 + 2 * lipschitz * np.sqrt(np.mean(v**2)) * b)))
    return float(best)


def nearest_certified(near: NearestInterpolant, lipschitz: float) -> bool:
    r"""Return whether a stationary interpolant is proved to be the nearest one: :math:`\Lambda\lVert\nu\rVert \le 1`.

    Parameters
    ----------
    near : NearestInterpolant
    lipschitz : float
        Λ in the norm of means on the ball around the start with ``near.distance`` as its radius.

    Returns
    -------
    bool

    Notes
    -----
    Up to the residual and the stationarity that the search reached. Source: Book, the chapter's proposition.

    Examples
    --------
    >>> near = NearestInterpolant([], 1.0, 0.0, 0.5, 0.0, 3)
    >>> nearest_certified(near, 1.9), nearest_certified(near, 2.1)
    (True, False)
    """
    return bool(lipschitz * near.multiplier <= 1)


def limit_ratio_bound(largest: float, least: float, kappa: float) -> float:
    r"""Return :math:`(B/\kappa)/\sqrt\lambda` from the extreme eigenvalues :math:`B^2` and λ of the kernel.

    Notes
    -----
    Source: Book, Theorem T1 and the distance that every interpolant must cover.

    Examples
    --------
    >>> limit_ratio_bound(4.0, 1.0, 0.5)
    4.0
    """
    return float((largest / least) ** 0.5 / kappa)


def logistic_distance_bound(loss: float, first: float, norm: float) -> float:
    r"""Return :math:`\big(\log\frac1{e^{\ell} - 1} - \lVert F_0\rVert\big)/B`, below which no point has that loss.

    Parameters
    ----------
    loss : float
        :math:`\ell`, the mean logistic loss.
    first : float
        Length of the outputs at the start.
    norm : float
        B, largest singular value of the Jacobian on the way.

    Notes
    -----
    By Jensen's inequality the mean margin is at least the logarithm. Source: Book.

    Examples
    --------
    >>> round(logistic_distance_bound(np.log(2), 0.0, 1.0), 12) == 0
    True
    """
    return float((-np.log(np.expm1(loss)) - first) / norm)
