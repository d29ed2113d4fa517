r"""Upper bounds on the rank of a network's Jacobian, one per way of losing a parameter, and the rank in floating point.

Lower bounds in exact arithmetic are in :mod:`ntklib.theory.minimum_width.counting_parameters.exact`, the claims that
compare both in :mod:`ntklib.theory.minimum_width.counting_parameters.claims`.
"""

from math import comb

import numpy as np

from ntklib import plain
from ntklib._validate import positive_int


def linear_rank(widths, layer=None) -> int:
    r"""Return the rank, for generic weights and many samples, of the Jacobian of a linear network or of one block.

    .. math:: \min(n_0,\dots,n_{l-1}) \text{ for the block of } W_l,\qquad n_0 \text{ for all of them}

    Parameters
    ----------
    widths : sequence of L + 1 ints
        With :math:`n_L = 1`.
    layer : int, optional
        From 1 to L.

    Returns
    -------
    int

    Notes
    -----
    Every gradient function is a linear function of x. Source: Book.

    Examples
    --------
    >>> linear_rank((9, 5, 7, 1)), linear_rank((9, 5, 7, 1), layer=2)
    (9, 5)
    """
    plain.parameter_count(widths)
    return min(widths[: 1 if layer is None else layer])


def quadratic_rank(d: int, n: int) -> int:
    r"""Return the generic rank, for many samples, of the Jacobian of :math:`\sum_{j\le n}v_j(w_j^\top x)^2`.

    .. math:: kd - \tfrac12 k(k-1),\qquad k = \min(n, d)

    Parameters
    ----------
    d, n : int
        Input dimension and width.

    Returns
    -------
    int
        At most the number :math:`d(d+1)/2` of quadratic monomials, reached for n >= d - 1.

    Notes
    -----
    The quadratic forms that vanish on the complement of the span of the weights. Source: Book.

    Examples
    --------
    >>> [quadratic_rank(4, n) for n in (1, 2, 3, 4, 50)]
    [4, 7, 9, 10, 10]
    """
    k = min(positive_int("quadratic_rank", "d", d), positive_int("quadratic_rank", "n", n))
    return k * d - k * (k - 1) // 2


def monomial_count(d: int, degree: int) -> int:
    r"""Return the number :math:`\binom{d+m-1}{m}` of monomials of degree m in d variables.

    Notes
    -----
    The network with activation :math:`z^m` and L weight layers is a form of degree :math:`m^{L-1}`, and so are its
    derivatives: a ceiling on the rank whatever the widths.

    Examples
    --------
    >>> monomial_count(3, 2)
    6
    """
    d, degree = positive_int("monomial_count", "d", d), positive_int("monomial_count", "degree", degree)
    return comb(d + degree - 1, degree)


def visible_parameters(widths, X) -> int:
    r"""Return the number of parameters that samples can see: :math:`P - n_1(d - \operatorname{rank}X)`.

    Parameters
    ----------
    widths : sequence of L + 1 ints
    X : array (N, n_0)

    Returns
    -------
    int
        An upper bound on the rank of the Jacobian on these samples, for every activation.

    Raises
    ------
    ValueError
        If X has not :math:`n_0` columns.

    Notes
    -----
    Moving a column of :math:`W_1` orthogonally to all samples changes nothing. Rank of X by SVD in float64.
    Source: Book.

    Examples
    --------
    >>> visible_parameters((3, 5, 1), np.array([[1.0, 2.0, 0.0], [1.0, 1.0, 0.0], [2.0, 3.0, 0.0]]))
    15
    """
    X = np.asarray(X, float)
    if X.ndim != 2 or X.shape[1] != widths[0]:
        raise ValueError(f"visible_parameters: X has shape {X.shape}; expected (N, {widths[0]}).")
    return plain.parameter_count(widths) - widths[1] * (widths[0] - int(np.linalg.matrix_rank(X)))


def sparse_ceiling(widths, X, *, columns: int = 30) -> int:
    r"""Return an upper bound on the rank of the Jacobian on data some of whose columns are nearly always zero.

    .. math:: \min_R\; |R| + P - n_1(d - \operatorname{rank}X_{R^c})

    Parameters
    ----------
    widths : sequence of L + 1 ints
    X : array (N, n_0)
    columns : int
        R runs over the samples that are nonzero in one of the k rarest columns, k up to this number.

    Returns
    -------
    int
        At most :func:`visible_parameters`, which is R empty.

    Notes
    -----
    The samples in R contribute at most one each, the others what they can see. One SVD of X per k. Source: Book.

    Examples
    --------
    >>> X = np.vstack([np.eye(3)[[0]], np.random.default_rng(0).standard_normal((40, 3)) * [0.0, 1.0, 1.0]])
    >>> visible_parameters((3, 5, 1), X), sparse_ceiling((3, 5, 1), X)
    (20, 16)
    """
    X = np.asarray(X, float)
    bounds = [visible_parameters(widths, X)]
    rarest = np.argsort((X != 0).sum(axis=0), kind="stable")
    for k in range(1, min(columns, X.shape[1] - 1) + 1):
        rare = (X[:, rarest[:k]] != 0).any(axis=1)
        bounds.append(int(rare.sum()) + (visible_parameters(widths, X[~rare]) if not rare.all() else 0))
    return min(bounds)


def jacobian(params, X, activation="tanh") -> np.ndarray:
    r"""Return the Jacobian :math:`J = [F_0 * B_1, \dots, F_{L-1} * B_L]` of one output in all weights, shape (N, P).

    For counting, where the square root of the condition number of K matters; the arguments are those of
    `ntklib.plain.factors`. N P numbers of 8 bytes.

    Examples
    --------
    >>> jacobian([np.array([[1.0]]), np.array([[2.0]])], [[3.0]], "relu").tolist()
    [[6.0, 3.0]]
    """
    return plain.jacobian(*plain.factors(params, X, activation=activation))


def numerical_rank(J, *, factor: float = 16.0) -> tuple[int, float, float]:
    r"""Return the number of singular values above rounding, the least of these and the greatest of the others.

    .. math:: \#\{i : \sigma_i > c\,u\max(N,P)\,\sigma_1\},\qquad u = 2^{-53}

    Parameters
    ----------
    J : array (N, P)
    factor : float
        c; the singular value decomposition moves singular values by a small multiple of :math:`u\sqrt{NP}\sigma_1`,
        and the errors of the entries of J by as much.

    Returns
    -------
    (int, float, float)
        Rank, :math:`\sigma_r/\sigma_1` and :math:`\sigma_{r+1}/\sigma_1` (0 where there is none): the rank is
        believed where the two lie far apart.

    Raises
    ------
    ValueError
        If J is not a matrix, or zero.

    Notes
    -----
    O(N P min(N, P)) time. Not a proof; see :func:`ntklib.theory.minimum_width.counting_parameters.exact.generic_rank`.

    Examples
    --------
    >>> numerical_rank(np.diag([2.0, 1.0, 1e-17]))[:2]
    (2, 0.5)
    """
    J = np.asarray(J, np.float64)
    if J.ndim != 2 or not J.any():
        raise ValueError(f"numerical_rank: J has shape {J.shape}; expected a matrix with nonzero entries.")
    s = np.linalg.svd(J, compute_uv=False)
    s /= s[0]
    rank = int((s > factor * 2.0**-53 * max(J.shape)).sum())
    return rank, float(s[rank - 1]), float(s[rank]) if rank < len(s) else 0.0
