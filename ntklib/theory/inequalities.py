r"""Inequalities between smallest eigenvalues that the proofs put together: Schur, Khatri and Rao, Hermite, Gershgorin.

Notation: :math:`\rho` is the matrix of cosines of the rows of X, :math:`\circ r` an entrywise power.
"""

import numpy as np

from ntklib._validate import data_matrix, positive_int, symmetric_matrix
from ntklib.activations import hermite_coefficient
from ntklib.spectrum import psd_smallest


def schur_product_bound(P, Q) -> float:
    r"""Lower bound :math:`\lambda_{\min}(P)\,\min_i Q_{ii} \le \lambda_{\min}(P \circ Q)` of an entrywise product.

    Parameters
    ----------
    P, Q : array_like, shape (N, N)
        Positive semidefinite; the bound keeps the spectrum of P and only the diagonal of Q.

    Returns
    -------
    float
        The bound, at least 0.

    Raises
    ------
    ValueError
        Matrices that are not square, finite and symmetric, or of different sizes.

    Notes
    -----
    Eigenvalues below :math:`N u \lVert P \rVert` count as 0. O(N³) time, O(N²) memory. Schur 1911; proved in
    the chapter `smallest_eigenvalue`, where it is used twice.

    Examples
    --------
    >>> P, Q = [[2.0, 1.0], [1.0, 2.0]], [[3.0, 0.0], [0.0, 4.0]]
    >>> round(schur_product_bound(P, Q), 12)
    3.0
    """
    P, Q = (symmetric_matrix("schur_product_bound", name, A) for name, A in (("P", P), ("Q", Q)))
    if P.shape != Q.shape:
        raise ValueError(
            f"schur_product_bound: P has shape {P.shape} and Q {Q.shape}; expected the same; pass two (N, N) matrices."
        )
    return psd_smallest(P) * float(np.diagonal(Q).min())


def khatri_rao_gram(X, r: int) -> np.ndarray:
    r"""Gram matrix :math:`(X X^\top)^{\circ r}` of the row-wise Khatri–Rao power :math:`X^{\ast r}`.

    Row i of :math:`X^{\ast r}` is the r-fold tensor power of :math:`x_i`, of length :math:`d^r`; it is never formed.

    Parameters
    ----------
    X : array_like, shape (N, d)
        Data matrix.
    r : int
        Order, at least 1.

    Returns
    -------
    ndarray, shape (N, N)

    Notes
    -----
    O(N² d) time, O(N²) memory; overflows where :math:`\lVert x \rVert^{2r}` does. Nguyen et al. 2021, section 2.

    Examples
    --------
    >>> khatri_rao_gram([[1.0, 1.0], [1.0, 0.0]], 2).tolist()
    [[4.0, 1.0], [1.0, 1.0]]
    """
    X = np.asarray(data_matrix("khatri_rao_gram", "X", X))
    return (X @ X.T) ** positive_int("khatri_rao_gram", "r", r)


def hermite_lower_bound(X, r: int) -> float:
    r"""Lower bound on :math:`\lambda_{\min}(G^{(2)})` from one Hermite coefficient of ReLU.

    .. math:: 2 \mu_r^2 \, \frac{\lambda_{\min}((X X^\top)^{\circ r})}{\max_i \lVert x_i \rVert^{2(r-1)}}

    Parameters
    ----------
    X : array_like, shape (N, d)
        Data matrix.
    r : int
        Order; odd orders from 3 on give 0.

    Returns
    -------
    float

    Notes
    -----
    Rows are scaled by the largest norm first, so nothing overflows. O(N² (N + d)) time, O(N²) memory.
    Nguyen et al. 2021, proof of Theorem 1 (with the factor 2 of :math:`G^{(2)}` kept).

    Examples
    --------
    >>> round(hermite_lower_bound([[1.0, 0.0], [0.0, 2.0]], 2), 6)
    0.039789
    """
    X, largest = scaled_rows(data_matrix("hermite_lower_bound", "X", X))
    return 2 * hermite_coefficient("relu", r) ** 2 * largest**2 * psd_smallest(khatri_rao_gram(X, r))


def gershgorin_lower_bound(X, r: int, *, coarse: bool = False) -> float:
    r"""Lower bound on :math:`\lambda_{\min}((X X^\top)^{\circ r})` by Gershgorin's discs; may be negative.

    .. math:: \min_i \Big( \lVert x_i \rVert^{2r} - \sum_{j \ne i} \lvert \langle x_i, x_j \rangle \rvert^r \Big)
              \;\ge\; \min_i \lVert x_i \rVert^{2r} - (N - 1) \max_{i \ne j} \lvert \langle x_i, x_j \rangle \rvert^r

    Parameters
    ----------
    X : array_like, shape (N, d)
        Data matrix.
    r : int
        Order, at least 1.
    coarse : bool
        Whether to return the right side, the one the theorem controls by a union bound.

    Returns
    -------
    float

    Notes
    -----
    O(N² d) time, O(N²) memory. Nguyen et al. 2021, proof of Theorem 1.

    Examples
    --------
    >>> gershgorin_lower_bound([[1.0, 0.0], [0.0, 1.0]], 2)
    1.0
    """
    A = np.abs(khatri_rao_gram(X, r))
    diagonal = np.diagonal(A).copy()
    np.fill_diagonal(A, 0.0)
    if coarse:
        return float(diagonal.min() - (len(A) - 1) * A.max())
    return float((diagonal - A.sum(axis=1)).min())


def scaled_rows(X):
    """Rows divided by the largest norm, and that norm."""
    X = np.asarray(X)
    largest = float(np.sqrt(np.sum(X**2, axis=1).max()))
    if largest == 0.0:
        raise ValueError("smallest eigenvalue: every row of X is zero; expected a nonzero row; look at the data.")
    return X / largest, largest
