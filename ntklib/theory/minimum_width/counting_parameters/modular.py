r"""Exact arithmetic modulo the prime :math:`2^{31}-1`: ranks of integer matrices and truncated power series.

A series is the last axis of an array of residues: the coefficients of 1, t, t², … up to a common order. Products of
two residues stay below 2⁶², so that int64 never overflows.
"""

import numpy as np

PRIME = 2**31 - 1


def rank_modulo(A) -> int:
    r"""Return the rank of an integer matrix over the field of :math:`p = 2^{31}-1` elements.

    Parameters
    ----------
    A : array of integers (m, n)

    Returns
    -------
    int
        At most the rank over the rationals: a nonzero minor modulo p is a nonzero minor.

    Raises
    ------
    ValueError
        For an array that is not a matrix of integers.

    Notes
    -----
    Gaussian elimination, no rounding; O(m n min(m, n)) time, one copy. For random entries the rank falls short with
    a probability of about n/p. Source: Book.

    Examples
    --------
    >>> rank_modulo([[1, 2, 3], [2, 4, 6], [0, 0, 5]])
    2
    """
    A = np.asarray(A)
    if A.ndim != 2 or not np.issubdtype(A.dtype, np.integer):
        raise ValueError(f"rank_modulo: received {A.dtype} of shape {A.shape}; expected a matrix of integers.")
    A = np.array((A if A.shape[0] <= A.shape[1] else A.T) % PRIME, np.int64)
    rank = 0
    for column in range(A.shape[1]):
        below = np.flatnonzero(A[rank:, column])
        if len(below):
            A[[rank, rank + below[0]]] = A[[rank + below[0], rank]]
            _eliminate(A, rank, column)
            rank += 1
        if rank == len(A):
            break
    return rank


def linear_combination(W, f) -> np.ndarray:
    """Return the series (M, b, T) of the combinations of those in ``f`` (M, a, T) by the columns of ``W`` (a, b).

    Notes
    -----
    Exact modulo the prime; O(M a b T) time.

    Examples
    --------
    >>> linear_combination(np.array([[2], [3]]), np.array([[[1, 0], [0, 1]]])).tolist()
    [[[2, 3]]]
    """
    return sum(w[:, None] * f[:, a, None] % PRIME for a, w in enumerate(W)) % PRIME


def product(a, b) -> np.ndarray:
    """Return the product of two series, truncated at their common order, with broadcasting of the other axes.

    Notes
    -----
    Exact modulo the prime; O(T²) time per pair.

    Examples
    --------
    >>> product(np.array([1, 1, 0]), np.array([1, -1, 0])).tolist() == [1, 0, PRIME - 1]
    True
    """
    result = np.zeros(np.broadcast_shapes(a.shape, b.shape), np.int64)
    for i in range(a.shape[-1]):
        if a[..., i].any():
            result[..., i:] = (result[..., i:] + a[..., i, None] * b[..., : b.shape[-1] - i]) % PRIME
    return result


def power_series(g, degree: int):
    """Return the series of :math:`g^m` and of :math:`m g^{m-1}`, m the degree.

    Notes
    -----
    Exact modulo the prime.

    Examples
    --------
    >>> [series.tolist() for series in power_series(np.array([0, 1, 5]), 2)]
    [[0, 0, 1], [0, 2, 10]]
    """
    slope = np.zeros_like(g)
    slope[..., 0] = 1
    for _ in range(degree - 1):
        slope = product(slope, g)
    return product(slope, g), degree * slope % PRIME


def tanh_series(g):
    r"""Return the series of :math:`h=\tanh g` and of :math:`1-h^2`, where g vanishes at t = 0.

    .. math:: h' = (1-h^2)\,g', \qquad k\,h_k = \sum_{i=1}^{k} i\,g_i\,(1-h^2)_{k-i}

    Notes
    -----
    Exact modulo the prime, which must exceed the order; O(T²) time.

    Examples
    --------
    >>> [3 * c % PRIME for c in tanh_series(np.array([0, 1, 0, 0]))[0].tolist()] == [0, 3, 0, PRIME - 1]
    True
    """
    h, slope = np.zeros_like(g), np.zeros_like(g)
    slope[..., 0] = 1
    for k in range(1, g.shape[-1]):
        total = sum(g[..., i] * i % PRIME * slope[..., k - i] % PRIME for i in range(1, k + 1))
        h[..., k] = total % PRIME * pow(k, -1, PRIME) % PRIME
        slope[..., k] = -sum((h[..., i] * h[..., k - i] % PRIME for i in range(1, k)), np.zeros_like(total)) % PRIME
    return h, slope


def _eliminate(A, rank: int, column: int) -> None:
    """Clear a column below its pivot, in place."""
    A[rank, column:] = A[rank, column:] * pow(int(A[rank, column]), -1, PRIME) % PRIME
    rows = rank + 1 + np.flatnonzero(A[rank + 1 :, column])
    A[rows, column:] = (A[rows, column:] - A[rows, column, None] * A[rank, column:]) % PRIME
