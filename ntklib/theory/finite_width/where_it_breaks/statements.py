r"""Where the finite-width theorem ends: samples that a narrow layer kills, and samples that come too close.

A sample is *dead* at a layer when every neuron of it is inactive there: its features vanish from then on, so does its
row of the Jacobian, and :math:`\lambda_{\min}(K) = 0` exactly.
"""

import math

import numpy as np
from scipy.special import betaincinv

from ntklib._validate import data_matrix, positive_int
from ntklib.kernels.angles import cosines


def independent_dead_probability(N: int, n: int) -> float:
    r"""Return :math:`1 - (1 - 2^{-n})^N`, the probability of a dead sample if the N samples died independently.

    Parameters
    ----------
    N, n : int
        Samples; neurons of the layer.

    Returns
    -------
    float
        Exact for orthogonal samples in the first layer, an approximation otherwise.

    Notes
    -----
    Source: the term :math:`N e^{-\Omega(n_l)}` of Nguyen, Mondelli and Montúfar 2021, with its constant log 2 (Book).


    Examples
    --------
    >>> round(independent_dead_probability(200, 10), 3)
    0.178
    """
    N, n = (positive_int("independent_dead_probability", name, v) for name, v in (("N", N), ("n", n)))
    return -math.expm1(N * math.log1p(-(2.0**-n)))


def dead_pair_probability(angle, n: int):
    r"""Return the probability :math:`\big(\frac{\pi - \theta}{2\pi}\big)^n` that two samples at angle θ both die.

    Parameters
    ----------
    angle : float or array
        θ, from 0 to π.
    n : int
        Neurons of the first layer.

    Returns
    -------
    float or array

    Raises
    ------
    ValueError
        An angle outside [0, π].

    Notes
    -----
    A Gaussian weight vector, projected to the plane of the two samples, has a uniform direction; the two half-planes
    on which it is inactive share an angle π - θ. Exact (Book).

    Examples
    --------
    >>> dead_pair_probability(np.pi / 2, 1), dead_pair_probability(0.0, 3)
    (0.25, 0.125)
    """
    n = positive_int("dead_pair_probability", "n", n)
    if not np.all((np.asarray(angle) >= 0) & (np.asarray(angle) <= np.pi)):
        raise ValueError("dead_pair_probability: angle outside [0, π]; expected radians between two vectors.")
    return ((np.pi - angle) / (2 * np.pi)) ** n


def planar_dead_probability(X, n: int) -> float:
    r"""Return the exact probability that a first layer of n neurons kills at least one of N samples in the plane.

    .. math:: P = N\,2^{-n} - \sum_{g_i < \pi} \Big(\frac{\pi - g_i}{2\pi}\Big)^n

    with the N gaps :math:`g_i` between neighbouring directions of the samples.

    Parameters
    ----------
    X : array_like, shape (N, 2)
        Samples without zero rows; equal directions are allowed.
    n : int
        Neurons.

    Returns
    -------
    float

    Notes
    -----
    If two samples are dead, so is every sample between them: the dead ones form a run, and a run has one element more
    than it has neighbouring pairs. O(N log N). Proved in the chapter ``where_it_breaks`` (Book).

    Examples
    --------
    >>> planar_dead_probability([[1.0, 0.0], [-1.0, 0.0]], 1)
    1.0
    """
    X = np.asarray(data_matrix("planar_dead_probability", "X", X, columns=2))
    n = positive_int("planar_dead_probability", "n", n)
    directions = np.sort(np.arctan2(X[:, 1], X[:, 0]))
    gaps = np.diff(directions, append=directions[0] + 2 * np.pi)
    return float(len(X) * 2.0**-n - np.sum(dead_pair_probability(gaps[gaps < np.pi], n)))


def wendel_probability(n: int, d: int) -> float:
    r"""Return the probability :math:`2^{1-n} \sum_{k<d} \binom{n-1}{k}` that n random vectors lie in a half-space.

    Parameters
    ----------
    n, d : int
        Number and dimension of the vectors; their law is symmetric and has a density.

    Returns
    -------
    float
        An upper bound for the probability that any sample whatever is dead in the first layer; 1 for n at most d.

    Notes
    -----
    Wendel 1962.

    Examples
    --------
    >>> wendel_probability(3, 2), wendel_probability(5, 5)
    (0.75, 1.0)
    """
    n, d = positive_int("wendel_probability", "n", n), positive_int("wendel_probability", "d", d)
    return sum(math.comb(n - 1, k) for k in range(min(d, n))) / 2 ** (n - 1)


def dead_sample_bounds(X, n: int) -> tuple[float, float]:
    r"""Return bounds on the probability that a first layer of n neurons kills a sample, from pairs of samples.

    With :math:`p = 2^{-n}` and the pair probabilities :math:`p_{ij}` of :func:`dead_pair_probability`,

    .. math:: \sum_i \frac{p^2}{p + \sum_{j \ne i} p_{ij}} \;\le\; P \;\le\;
              \min\Big(1,\ N p - \max_i \sum_{j \ne i} p_{ij},\ \text{Wendel}\Big)

    Parameters
    ----------
    X : array_like, shape (N, d)
        Data matrix without zero rows.
    n : int
        Neurons of the first layer.

    Returns
    -------
    (float, float)

    Notes
    -----
    Both sides sharpen Bonferroni's inequalities: the lower one is de Caen's, the upper one Kounias's. O(N² d).


    Examples
    --------
    >>> [round(p, 4) for p in dead_sample_bounds(np.eye(3), 4)]
    [0.1667, 0.1797]
    """
    X, n = np.asarray(data_matrix("dead_sample_bounds", "X", X)), positive_int("dead_sample_bounds", "n", n)
    p = 2.0**-n
    pairs = dead_pair_probability(np.arccos(cosines(X @ X.T)), n)
    np.fill_diagonal(pairs, 0.0)
    others = pairs.sum(axis=1)
    ceiling = min(1.0, len(X) * p - others.max(), wendel_probability(n, X.shape[1]))
    return float(np.sum(p**2 / (p + others))), float(ceiling)


def closest_angle(N: int, d: int, probability: float = 0.5) -> float:
    r"""Return the angle below which the closest of N uniform directions come with the given probability, nearly.

    .. math:: \binom N2\, \tfrac12 I_{\sin^2\theta}\big(\tfrac{d-1}2, \tfrac12\big) = -\log(1 - q)

    Parameters
    ----------
    N, d : int
        Number of points and dimension, both at least 2.
    probability : float
        q, in (0, 1).

    Returns
    -------
    float
        θ; for large N it falls like :math:`N^{-2/(d-1)}`.

    Raises
    ------
    ValueError
        Counts below 2, or a probability outside (0, 1).

    Notes
    -----
    Pairs of independent uniform points are pairwise independent, so the number of close ones is nearly Poisson; I is
    the share of the sphere in a double cap. O(1).

    Examples
    --------
    >>> round(closest_angle(400, 3), 5)
    0.00589
    """
    N, d = (positive_int("closest_angle", name, v, minimum=2) for name, v in (("N", N), ("d", d)))
    if not 0 < probability < 1:
        raise ValueError(f"closest_angle: probability={probability!r}; expected a number in (0, 1), such as 0.5.")
    share = -2 * math.log1p(-probability) / math.comb(N, 2)
    return math.asin(math.sqrt(betaincinv((d - 1) / 2, 0.5, min(share, 1.0))))


def smallest_angle(X) -> float:
    """Return the smallest angle between two rows, accurate for close pairs.

    Examples
    --------
    >>> round(smallest_angle([[1.0, 0.0], [1.0, 1.0], [-1.0, 0.0]]) / np.pi, 6)
    0.25
    """
    X = np.asarray(data_matrix("smallest_angle", "X", X))
    U = X / np.linalg.norm(X, axis=1, keepdims=True)
    rho = U @ U.T
    np.fill_diagonal(rho, -2.0)
    i, j = np.unravel_index(np.argmax(rho), rho.shape)
    return float(2 * np.arcsin(min(1.0, np.linalg.norm(U[i] - U[j]) / 2)))
