r"""Events behind the theorem on :math:`\lambda_{\min}(K^{(L)})`: the good one, its probability, the closest pair."""

from math import comb

import numpy as np
from scipy.special import betaincc

from ntklib._validate import positive_float, positive_int


def coherence_threshold(N: int, r: int) -> float:
    r"""Largest cosine :math:`N^{-1/(r - 1/2)}` that the theorem's good event allows, in units of the squared norm.

    Parameters
    ----------
    N, r : int
        Number of samples; order kept.

    Returns
    -------
    float

    Notes
    -----
    Then :math:`N t^r = N^{-1/(2r - 1)}` is less than one. Nguyen et al. 2021, proof of Theorem 1, with the exponent on
    the inner product itself.

    Examples
    --------
    >>> round(coherence_threshold(500, 4), 3)
    0.169
    """
    N, r = positive_int("coherence_threshold", "N", N), positive_int("coherence_threshold", "r", r)
    return N ** (-1 / (r - 0.5))


def good_event_probability(
    N: int, d: int, r: int, *, coherence_constant: float = 0.5, norm_constant: float = np.inf
) -> float:
    r"""Lower bound of the theorem on the probability of its good event; 0 where it is vacuous.

    .. math:: 1 - N e^{-c_1 d} - N^2 \exp\!\big(-c_2\, d\, N^{-2/(r - 1/2)}\big)

    Parameters
    ----------
    N, d, r : int
        Number of samples, dimension, order kept.
    coherence_constant, norm_constant : float
        :math:`c_2` and :math:`c_1`. The defaults are proved for uniform points on :math:`\sqrt d\,S^{d-1}`: 1/2, and
        infinity because all norms are exact.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    ValueError
        Counts below 1 or constants that are not positive.

    Notes
    -----
    Nguyen et al. 2021, Theorem 1.

    Examples
    --------
    >>> round(good_event_probability(40, 200, 4), 3)
    0.992
    """
    threshold, d = coherence_threshold(N, r), positive_int("good_event_probability", "d", d)
    if not (coherence_constant > 0 and norm_constant > 0):
        raise ValueError(
            f"good_event_probability: constants {coherence_constant!r} and {norm_constant!r}; expected both above 0."
        )
    failure = N * np.exp(-norm_constant * d) + N**2 * np.exp(-coherence_constant * d * threshold**2)
    return float(max(0.0, 1 - failure))


def sphere_union_bound(N: int, d: int, cosine: float) -> float:
    r"""Lower bound on :math:`P(\max_{i \ne j} \lvert\rho_{ij}\rvert \le t)` for N uniform points on a sphere.

    .. math:: 1 - \binom N2\, P\big(B > t^2\big), \qquad B \sim \mathrm{Beta}\big(\tfrac12, \tfrac{d-1}{2}\big)

    Parameters
    ----------
    N, d : int
        Number of points and dimension (at least 2).
    cosine : float
        The threshold t.

    Returns
    -------
    float
        In [0, 1].

    Notes
    -----
    :math:`\rho_{12}^2` has this Beta law.

    Examples
    --------
    >>> round(sphere_union_bound(40, 100, 0.35), 2)
    0.74
    """
    where = "sphere_union_bound"
    N, d = positive_int(where, "N", N), positive_int(where, "d", d, minimum=2)
    square = min(positive_float(where, "cosine", cosine) ** 2, 1.0)
    return float(max(0.0, 1 - comb(N, 2) * betaincc(0.5, (d - 1) / 2, square)))


def close_pair_bound(K) -> float:
    r"""Upper bound :math:`\min_{i<j} \tfrac12 (K_{ii} + K_{jj}) - K_{ij} \ge \lambda_{\min}(K)` from the closest pair.

    Parameters
    ----------
    K : array_like, shape (N, N)
        Symmetric, N at least 2.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        Not a square matrix of at least two rows.

    Notes
    -----
    The Rayleigh quotient at :math:`(e_i - e_j)/\sqrt 2`. O(N²) time and memory; absolute error a few
    :math:`u \max_i K_{ii}`.

    Examples
    --------
    >>> close_pair_bound([[2.0, 1.0], [1.0, 2.0]])
    1.0
    """
    K = np.asarray(K, dtype=float)
    if K.ndim != 2 or K.shape[0] != K.shape[1] or len(K) < 2:
        raise ValueError(f"close_pair_bound: K has shape {K.shape}; expected (N, N) with N >= 2; give two samples.")
    half = np.diagonal(K) / 2
    gaps = half[:, None] + half[None, :] - K
    return float(gaps[np.triu_indices(len(K), 1)].min())
