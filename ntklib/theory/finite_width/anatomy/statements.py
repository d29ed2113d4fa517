r"""Layer by layer: the smallest eigenvalue of a finite network's tangent kernel, its bound, and the scales behind both.

With feature matrices :math:`F_{l-1}` and backward matrices :math:`B_l`, the kernel is the sum of its blocks,
:math:`K = \sum_{l\le L} K_l`, :math:`K_l = (F_{l-1}F_{l-1}^\top)\circ(B_lB_l^\top)`.
"""

import numpy as np
import pandas as pd

from ntklib import plain
from ntklib.spectrum import psd_smallest


def schur_sum_bound(F, B, *, statistic=np.min) -> float:
    r"""Return the lower bound :math:`\sum_l \lambda_{\min}(F_{l-1}F_{l-1}^\top)\,\min_i\lVert (B_l)_{i:}\rVert^2`.

    Parameters
    ----------
    F, B : sequences of L arrays
    statistic : callable
        Applied to the N squared row norms of each backward matrix; anything but the minimum is no bound.

    Returns
    -------
    float
        At most :math:`\lambda_{\min}(K)`, and never negative.

    Notes
    -----
    Eigenvalues of :math:`F_{l-1}F_{l-1}^\top` at their rounding level count as zero, as they do where
    :math:`n_{l-1} < N`.
    L eigenvalue problems, O(L N³). Source: Nguyen, Mondelli and Montúfar 2021, proof of Theorem 2.

    Examples
    --------
    >>> schur_sum_bound([2 * np.eye(2)], [np.array([[1.0], [3.0]])])
    4.0
    """
    return float(sum(_feature_smallest(f) * statistic(row_norms(b)) for f, b in zip(F, B, strict=True)))


def anatomy(F, B) -> pd.DataFrame:
    r"""Return, layer by layer, what the smallest eigenvalue of :math:`K` is made of and what is left in its bound.

    Parameters
    ----------
    F, B : sequences of L arrays

    Returns
    -------
    pandas.DataFrame
        One row per layer of weights, the index ``block``. ``share``: :math:`v^\top K_lv` at the unit eigenvector v of
        :math:`\lambda_{\min}(K)`; ``alone``: :math:`\lambda_{\min}(K_l)`, attained at :math:`v_l`; ``average``:
        :math:`\lambda_{\min}(F_{l-1}F_{l-1}^\top)\sum_i (v_l)_i^2\lVert(B_l)_{i:}\rVert^2`; ``bound``: the same with
        the least row norm. Each column is at most the one before in its sum, and row by row.

    Notes
    -----
    The shares add up to :math:`\lambda_{\min}(K)`. Values at the rounding level count as zero. 2 L + 1 eigenvalue
    problems, O(L N³). Source: Book.

    Examples
    --------
    >>> frame = anatomy([np.eye(2), np.eye(2)], [np.array([[1.0], [3.0]]), np.ones((2, 1))])
    >>> frame["share"].tolist(), frame["bound"].tolist()
    ([1.0, 1.0], [1.0, 1.0])
    """
    K = plain.layer_kernels(F, B)
    v = np.linalg.eigh(sum(K))[1][:, 0]
    rows = []
    for f, b, block in zip(F, B, K):
        own, least, norms = np.linalg.eigh(block)[1][:, 0], _feature_smallest(f), row_norms(b)
        row = {"share": v @ block @ v, "alone": psd_smallest(block)}
        rows.append(row | {"average": least * (own**2 @ norms), "bound": least * norms.min()})
    return pd.DataFrame(rows, index=pd.RangeIndex(1, len(K) + 1, name="block"))


def row_norms(A) -> np.ndarray:
    """Squared norms of the rows."""
    return np.einsum("ij,ij->i", A, A)


def _feature_smallest(f) -> float:
    """λ_min(F F^T), zero where the rank cannot be N."""
    return 0.0 if f.shape[1] < f.shape[0] else psd_smallest(f @ f.T)
