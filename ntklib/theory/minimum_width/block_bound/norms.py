r"""Norms in the proof of the block bound: limits of the centred factors, and sub-exponential norms of the rows."""

import numpy as np
from scipy.optimize import brentq

from ntklib import plain
from ntklib._validate import positive_int
from ntklib.theory.minimum_width.setting import pair_mean


def limit_variances(activation: str, depth: int, *, nodes: int = 120):
    r"""Return the limiting variance per neuron of the factors :math:`f_{L-2}` and :math:`b_{L-1}` over the data.

    With :math:`q_0 = 1, c_0 = 0` for a sample and an independent second one, and (u, u') Gaussian of variance
    :math:`q_l` and covariance :math:`c_l`,

    .. math:: q_{l+1} = E\,\sigma(u)^2,\quad c_{l+1} = E\,\sigma(u)\sigma(u'); \qquad q_{L-2} - c_{L-2}, \quad
              E\,\sigma'(u)^2 - E\,\sigma'(u)\sigma'(u') \text{ at } l = L-2

    Parameters
    ----------
    activation : str
        As for `ntklib.plain.activation_functions`.
    depth : int
        L, at least 2.
    nodes : int
        Of the Gauss–Hermite rule.

    Returns
    -------
    (float, float)

    Raises
    ------
    ValueError
        Another activation, depth below 2.

    Notes
    -----
    For standard Gaussian data, weights of the paper with β = 1, all widths to infinity. Exact to about 10 digits for
    smooth activations, 2 for ReLU. Time and memory O(nodes²). Source: Book.

    Examples
    --------
    >>> [round(v, 4) for v in limit_variances("tanh", 3)]
    [0.3943, 0.0535]
    """
    if positive_int("limit_variances", "depth", depth) < 2:
        raise ValueError(f"limit_variances: depth={depth}; expected at least 2, a hidden layer.")
    function, slope = plain.activation_functions(activation)[:2]
    q, c = 1.0, 0.0
    for _ in range(depth - 2):
        q, c = (pair_mean(function, q, covariance, nodes=nodes) for covariance in (q, c))
    square, cross = (pair_mean(slope, q, covariance, nodes=nodes) for covariance in (q, c))
    return q - c, square - cross


def psi1_norm(values) -> float:
    r"""Return the empirical sub-exponential norm :math:`\inf\{t > 0 : \tfrac1S\sum_s e^{\lvert z_s\rvert/t} \le 2\}`.

    Parameters
    ----------
    values : array_like, shape (S,)
        Not all zero.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        No values, all zero, or not finite.

    Notes
    -----
    The root of a monotone function, bracketed by max|z|/log(2S) and max|z|/log 2. Estimated from S samples it is
    too small, at most by the weight of what lies beyond them. O(50 S).

    Examples
    --------
    >>> round(psi1_norm([1.0, -1.0]), 6)
    1.442695
    """
    z = np.abs(np.asarray(values, float).ravel())
    if not (z.size and np.isfinite(z).all() and z.max() > 0):
        raise ValueError(f"psi1_norm: {z.size} values; expected finite ones, not all zero.")
    top = z.max()
    ends = top / np.log(2 * z.size) * (1 - 1e-9), top / np.log(2) * (1 + 1e-9)
    return float(brentq(lambda t: np.mean(np.exp(z / t)) - 2, *ends))


def row_projections(F, B, means, direction):
    r"""Return :math:`\langle u, (f_i-\mu)\otimes(b_i-\nu) - M\rangle` for a direction u, given as an m x n matrix.

    Notes
    -----
    O(S m n).

    Examples
    --------
    >>> from ntklib.theory.minimum_width.block_bound.centering import sample_means
    >>> F, B = np.array([[1.0], [3.0]]), np.array([[1.0], [5.0]])
    >>> row_projections(F, B, sample_means(F, B), np.ones((1, 1))).tolist()
    [0.0, 0.0]
    """
    f, b = F - means.features, B - means.backward
    return np.sum((f @ direction) * b, axis=1) - np.sum(direction * means.product)


def top_direction(F, B, means, *, steps: int = 40):
    r"""Return the top right singular vector of the centred Jacobian of a sample, as an m x n matrix of norm 1.

    Parameters
    ----------
    F : array (S, m)
    B : array (S, n)
    means : Means
    steps : int
        Of the power method on the S x S Gram matrix.

    Returns
    -------
    ndarray (m, n)

    Notes
    -----
    O(S² (m + n + steps)) time, O(S²) memory.

    Examples
    --------
    >>> from ntklib.theory.minimum_width.block_bound.centering import sample_means
    >>> rng = np.random.default_rng(0)
    >>> F, B = rng.standard_normal((50, 3)), rng.standard_normal((50, 2))
    >>> round(float(np.linalg.norm(top_direction(F, B, sample_means(F, B)))), 12)
    1.0
    """
    f, b = F - means.features, B - means.backward
    along = np.sum((f @ means.product) * b, axis=1)
    gram = (f @ f.T) * (b @ b.T) - along[:, None] - along[None, :] + np.sum(means.product**2)
    v = np.random.default_rng(0).standard_normal(len(f))
    for _ in range(steps):
        v = gram @ v
        v /= np.linalg.norm(v)
    u = (f * v[:, None]).T @ b - v.sum() * means.product
    return u / np.linalg.norm(u)


def worst_rank_one(F, B, means, *, steps: int = 60, starts: int = 3):
    r"""Return unit vectors a, b with :math:`\sum_i \langle a, \tilde f_i\rangle^2\langle b, \tilde b_i\rangle^2` large.

    Parameters
    ----------
    F : array (S, m)
    B : array (S, n)
    means : Means
    steps, starts : int
        Alternating power steps per start; the best start wins.

    Returns
    -------
    (ndarray (m,), ndarray (n,))

    Notes
    -----
    A local maximum only: no adversary is known to be the worst. O(starts steps S (m + n)).

    Examples
    --------
    >>> from ntklib.theory.minimum_width.block_bound.centering import sample_means
    >>> rng = np.random.default_rng(0)
    >>> F, B = rng.standard_normal((200, 3)) * (5, 1, 1), rng.standard_normal((200, 2))
    >>> bool(abs(worst_rank_one(F, B, sample_means(F, B))[0][0]) > 0.9)
    True
    """
    f, b = F - means.features, B - means.backward
    rng, best = np.random.default_rng(0), (-1.0, None, None)
    for _ in range(starts):
        x, y = rng.standard_normal(f.shape[1]), rng.standard_normal(b.shape[1])
        for _ in range(steps):
            y = _unit(b.T @ ((f @ x) ** 2 * (b @ y)))
            x = _unit(f.T @ ((b @ y) ** 2 * (f @ x)))
        best = max(best, (float(np.mean((f @ x) ** 2 * (b @ y) ** 2)), x, y), key=lambda t: t[0])
    return best[1], best[2]


def _unit(v):
    return v / np.linalg.norm(v)
