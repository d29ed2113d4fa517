r"""Random networks at the edge of chaos, at finite width: width patterns, tangent kernels, distances, moments.

Everything is NumPy float64, so that many shapes cost nothing to compile.
"""

import numpy as np
from scipy.optimize import brentq

from ntklib import plain
from ntklib._validate import positive_int
from ntklib.networks import Parametrization
from ntklib.theory.wide_networks.edge_of_chaos.statements import distance_growth

PATTERNS = {"m": 0, "k m": 1, "k² m": 2}


def pattern_widths(power: int, base: int, depth: int) -> tuple[int, ...]:
    r"""Hidden widths :math:`m_k = k^p m` for :math:`k = 1, \dots, L - 1`.

    Parameters
    ----------
    power : int
        p: 0 for constant width, 2 for the pattern of the theorem on concentration.
    base : int
        m.
    depth : int
        Number L of weight layers, at least 2.

    Returns
    -------
    tuple of L − 1 ints

    Notes
    -----
    Source: Terjék and González-Sánchez 2025 (concentration).

    Examples
    --------
    >>> pattern_widths(2, 4, 4)
    (4, 16, 36)
    """
    layers = range(1, positive_int("pattern_widths", "depth", depth, minimum=2))
    return tuple(positive_int("pattern_widths", "base", base) * k**power for k in layers)


def weight_count(hidden, d: int) -> int:
    """Return the number of weights of a network with these hidden widths, inputs of dimension d and one output.

    Examples
    --------
    >>> weight_count((4, 16), 3)
    92
    """
    return plain.parameter_count((d, *hidden, 1))


def matched_base(power: int, depth: int, d: int, weights: int) -> int:
    """Return the largest base width whose pattern has at most so many weights; 1 if even that is too many.

    Examples
    --------
    >>> matched_base(0, 3, 4, weights=100)
    7
    """
    base = 1
    while weight_count(pattern_widths(power, base + 1, depth), d) <= weights:
        base += 1
    return base


def best_widths(depth: int, d: int, weights: float) -> np.ndarray:
    r"""Return the hidden widths, as real numbers, with the least :math:`\sum_k1/m_k` at a given number of weights.

    .. math:: m_k^2\,(m_{k-1} + m_{k+1}) = s \quad (k = 1, \dots, L - 1), \qquad m_0 = d, \quad m_L = 1

    Parameters
    ----------
    depth : int
        Number L of weight layers, at least 2.
    d : int
        Dimension of the inputs.
    weights : float
        :math:`\sum_l m_{l-1}m_l`.

    Returns
    -------
    ndarray, shape (L - 1,)

    Notes
    -----
    For given s the logarithms are the fixed point of a map that contracts by 1/2; s is a root in one variable. O(L).
    Source: Book, proved in the chapter ``edge_of_chaos``.

    Examples
    --------
    >>> best_widths(4, 8, 20_000).round().tolist()
    [130.0, 71.0, 136.0]
    """
    depth = positive_int("best_widths", "depth", depth, minimum=2)

    def layers(log_s):
        m = np.concatenate([[d], np.ones(depth - 1), [1.0]])
        for _ in range(60):
            m[1:-1] = np.exp(log_s / 2) / np.sqrt(m[:-2] + m[2:])
        return m

    def excess(log_s):
        m = layers(log_s)
        return np.log(m[:-1] @ m[1:] / weights)

    return layers(brentq(excess, -50.0, 3 * np.log(weights) + 50.0, xtol=1e-13))[1:-1]


def sequel_parametrization(widths, weight_variance: float, q: float) -> Parametrization:
    r"""Return the family of the sequels: standard deviations :math:`\sqrt c\,m^{-q/2}`, m the first hidden width.

    The multipliers are :math:`m^{q/2}`, then :math:`(m^q/n_{l-1})^{1/2}`, and :math:`n_{L-1}^{-1/2}` at the output.

    Parameters
    ----------
    widths : tuple of L + 1 ints
    weight_variance : float
        c.
    q : float
        0: NTK parametrization; 1: µP.

    Returns
    -------
    Parametrization

    Notes
    -----
    Source: Terjék and González-Sánchez 2025 (concentration).

    Examples
    --------
    >>> sequel_parametrization((3, 4, 16, 1), 1.0, 1.0).multiplier
    (2.0, 1.0, 0.25)
    """
    root, c = widths[1] ** (q / 2), weight_variance**0.5
    inner = [root / n**0.5 for n in widths[1:-2]]
    multiplier = (root, *inner, widths[-2] ** -0.5)
    return Parametrization((c / root,) * len(multiplier), multiplier, f"q={q:g}")


def edge_kernel(hidden, X, a: float, b: float, seed, *, q: float = 0.0, gain: float = 1.0) -> np.ndarray:
    r"""Draw a network at the edge of chaos and return its tangent kernel with the factor 1/N.

    Parameters
    ----------
    hidden : sequence of ints
    X : array (N, d)
    a, b : float
        :math:`\sigma(s) = a s + b \lvert s\rvert`.
    seed : int or sequence of int
        Of NumPy's default generator: the same Gaussians for every q.
    q : float
        As in `sequel_parametrization`.
    gain : float
        Factor on the weight variance :math:`1/(a^2 + b^2)`; 1 is the edge.

    Returns
    -------
    ndarray, shape (N, N)

    Notes
    -----
    Time O(N Σ n_{l-1} n_l + N² Σ n_l), memory for the weights.

    Examples
    --------
    >>> edge_kernel((8, 8), np.eye(3), 0.5, 0.5, seed=0).shape
    (3, 3)
    """
    widths = (np.shape(X)[1], *hidden, 1)
    scaling = sequel_parametrization(widths, gain / (a * a + b * b), q)
    params, sigma = plain.draw(widths, scaling, seed), (lambda g: a * g + b * np.abs(g), lambda g: a + b * np.sign(g))
    return plain.tangent_kernel(params, X, activation=sigma, multiplier=scaling.multiplier) / len(X)


def fourth_moment_excess(beta: float) -> float:
    r"""Relative variance of :math:`\sigma(g)^2` for a Gaussian g, :math:`\nu = 2 + 12\beta(1-\beta)`.

    Parameters
    ----------
    beta : float
        Even share.

    Returns
    -------
    float
        5 for ReLU, 2 for the absolute value and the identity.

    Notes
    -----
    Proved in the chapter ``edge_of_chaos``; for ReLU it is the 5 of the chapter ``anatomy``.

    Examples
    --------
    >>> fourth_moment_excess(0.5), fourth_moment_excess(1.0)
    (5.0, 2.0)
    """
    return 2 + 12 * beta * (1 - beta)


def norm_second_moment(hidden, beta: float) -> float:
    r"""Return :math:`E\lVert f\rVert^4/(E\lVert f\rVert^2)^2 = \prod_k(1 + \nu/m_k)` after these hidden layers.

    Notes
    -----
    With :math:`\nu` from `fourth_moment_excess`. Proved in the chapter ``edge_of_chaos``.

    Examples
    --------
    >>> norm_second_moment((5, 10), 0.5)
    3.0
    """
    return float(np.prod([1 + fourth_moment_excess(beta) / n for n in hidden]))


def sampled_distances(theta, hidden, a: float, b: float, seed) -> np.ndarray:
    r"""Inverse distances of pairs through random layers of finite width, without drawing a weight matrix.

    Given the features of two inputs, the pre-activations of the next layer are independent pairs of Gaussians, and only
    their cosine matters. The law is that of a network; the pairs see independent networks.

    Parameters
    ----------
    theta : array (P,)
        Angles of the inputs, in (0, π).
    hidden : sequence of ints
    a, b : float
    seed : int or sequence of int

    Returns
    -------
    ndarray, shape (len(hidden) + 1, P)
        :math:`w_1, w_2, \dots`

    Notes
    -----
    O(P Σ m_k) time, O(P max m_k) memory.

    Examples
    --------
    >>> sampled_distances([1.0, 2.0], (8, 8), 0.0, 1.0, seed=0).shape
    (3, 2)
    """
    rng, theta = np.random.default_rng(seed), np.asarray(theta, float)
    rows = [1 / np.sin(theta / 2)]
    for n in hidden:
        u = rng.standard_normal((n, len(theta)))
        v = np.cos(theta) * u + np.sin(theta) * rng.standard_normal((n, len(theta)))
        u, v = (a * g + b * np.abs(g) for g in (u, v))
        u, v = (f / np.maximum(np.linalg.norm(f, axis=0), 1e-300) for f in (u, v))
        half = np.clip(np.linalg.norm(u - v, axis=0) / 2, 1e-12, 1)
        rows.append(1 / half)
        theta = 2 * np.arcsin(half)
    return np.array(rows)


def distance_variance(first, hidden, beta: float) -> float:
    r"""Variance that random layers add to an inverse distance, to first order in the inverse widths.

    .. math:: \big(1 + 4\beta(1-\beta)\big) \sum_k \frac{w_k^2}{m_k}

    Parameters
    ----------
    first : float
        Inverse distance of the inputs.
    hidden : sequence of ints
    beta : float

    Returns
    -------
    float

    Notes
    -----
    With :math:`w_k` from `ntklib.theory.wide_networks.edge_of_chaos.statements.distance_growth`; for pairs at small
    angles.
    Derived to first order in the chapter ``edge_of_chaos``.

    Examples
    --------
    >>> round(distance_variance(2.0, (100,), 1.0), 6)
    0.04
    """
    w = distance_growth(first, np.arange(1, len(hidden) + 1), beta)
    return float((1 + 4 * beta * (1 - beta)) * np.sum(w**2 / np.asarray(hidden, float)))
