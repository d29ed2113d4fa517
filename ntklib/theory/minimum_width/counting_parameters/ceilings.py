r"""Upper bounds on the rank of a network's Jacobian, one per way of losing a parameter, and the rank in floating point.

Lower bounds in exact arithmetic are in :mod:`ntklib.theory.minimum_width.counting_parameters.exact`, the claims that
compare both in :mod:`ntklib.theory.minimum_width.counting_parameters.claims`.
"""

from itertools import pairwise
from math import comb

import numpy as np

from ntklib import plain
from ntklib._validate import positive_int
from ntklib.theory.minimum_width.counting_parameters.modular import PRIME, linear_combination, rank_modulo


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


def quadratic_ceiling(widths) -> int:
    r"""Return an upper bound on the generic rank of the Jacobian of a network with :math:`\sigma(z)=z^2`, any depth.

    .. math:: D \le t_L,\qquad t_1 = n_0n_1,\qquad t_l = \min\Big\{\,r(n_0-r) + n_lM(r, 2^{l-1}),\;
              \min_{1\le m<l}\big(t_m - n_m + n_lM(n_m, 2^{l-1-m})\big),\; *\Big\}

    with :math:`M(a,e)=\binom{a+e-1}{e}` and :math:`r=\min(n_0,n_1)`. The last entry counts where :math:`n_l=1` only: it
    is :math:`t_{l-1}-\binom{n_{l-1}}2+\binom{n_{l-1}-s}2`, s the number of independent forms among the
    :math:`n_{l-1}` pre-activations below.

    Parameters
    ----------
    widths : sequence of L + 1 ints
        At least one hidden layer, one output.

    Returns
    -------
    int
        For one hidden layer :func:`quadratic_rank`.

    Notes
    -----
    :math:`t_l` bounds the dimension of the tuples of forms that layer l can hold. Attained for nearly all small widths,
    not for all: (4, 5, 3, 1) has rank 26, one less. s by a rank modulo a prime, which can only be too low, and then the
    bound too high. Source: Book.

    Examples
    --------
    >>> [quadratic_ceiling(w) for w in ((2, 4, 1), (3, 3, 6, 1), (3, 5, 2, 1), (4, 5, 3, 1))]
    [3, 12, 11, 27]
    """
    plain.parameter_count(widths)
    r = min(widths[:2])
    t = [0, widths[0] * widths[1]]
    for layer, n in enumerate(widths[2:], start=2):
        below = widths[layer - 1]
        cuts = [r * (widths[0] - r) + n * monomial_count(r, 2 ** (layer - 1))]
        cuts += [t[m] - widths[m] + n * monomial_count(widths[m], 2 ** (layer - 1 - m)) for m in range(1, layer)]
        if n == 1:
            cuts.append(t[-1] - comb(below, 2) + comb(below - _independent_forms(widths[:layer]), 2))
        t.append(min(cuts))
    return t[-1]


def _independent_forms(widths) -> int:
    """How many of the last layer's pre-activations are independent, for :math:`z^2` and random weights, modulo p."""
    rng = np.random.default_rng(23)
    y = rng.integers(1, PRIME, size=(widths[-1] + 2, widths[0], 1))
    for a, b in pairwise(widths):
        g = linear_combination(rng.integers(1, PRIME, size=(a, b)), y)
        y = g * g % PRIME
    return rank_modulo(g[..., 0])


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
