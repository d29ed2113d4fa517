r"""Layer by layer: the smallest eigenvalue of a finite network's tangent kernel, its bound, and the scales behind both.

With feature matrices :math:`F_k` and backward matrices :math:`B_{k+1}`, the kernel is
:math:`K = \sum_{k<L} K_k`, :math:`K_k = (F_kF_k^\top)\circ(B_{k+1}B_{k+1}^\top)`.
"""

import numpy as np
import pandas as pd

from ntklib import plain
from ntklib._validate import positive_int
from ntklib.spectrum import psd_smallest


def network_factors(net, params, X):
    r"""Return the matrices :math:`m_{k+1}F_k` and :math:`B_{k+1}`, k = 0..L-1, of a network, in float64.

    Parameters
    ----------
    net : MLP
        With one output; its multipliers are moved into the feature matrices.
    params : tuple of L arrays
    X : array (N, d)

    Returns
    -------
    (list of L arrays (N, n_k), list of L arrays (N, n_{k+1}))
        NumPy arrays; the last of the second list is a column of ones.

    Raises
    ------
    ValueError
        For several outputs, or for numbers in single precision: the eigenvalues to come lie below its rounding.

    Notes
    -----
    One forward and one backward pass; memory :math:`2N\sum_l n_l` numbers. Source: Nguyen, Mondelli and Montúfar 2021,
    section 2, where :math:`B_L` carries a factor :math:`N^{-1/2}` that must be read as 1.

    Examples
    --------
    >>> import jax, ntklib
    >>> net = ntklib.MLP((2, 5, 1))
    >>> F, B = network_factors(net, net.init(jax.random.key(0)), np.eye(2))
    >>> [f.shape for f in F], [b.shape for b in B]
    ([(2, 2), (2, 5)], [(2, 5), (2, 1)])
    """
    if net.widths[-1] != 1:
        raise ValueError(f"network_factors: the network has {net.widths[-1]} outputs; expected one.")
    F, B = net.features_and_backward(params, X)
    if any(a.dtype != np.float64 for a in (*F, *B)):
        raise ValueError(
            f"network_factors: the network computes in {F[-1].dtype}; expected float64, or small eigenvalues are "
            'rounding; call jax.config.update("jax_enable_x64", True) before drawing the weights.'
        )
    return [m * np.asarray(f) for m, f in zip(net.parametrization.multiplier, F)], [np.asarray(b) for b in B]


def schur_sum_bound(F, B, *, statistic=np.min) -> float:
    r"""Return the lower bound :math:`\sum_k \lambda_{\min}(F_kF_k^\top)\,\min_i\lVert (B_{k+1})_{i:}\rVert^2`.

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
    Eigenvalues of :math:`F_kF_k^\top` at their rounding level count as zero, as they do for every :math:`n_k < N`.
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
        One row per k. ``share``: :math:`v^\top K_kv` at the unit eigenvector v of :math:`\lambda_{\min}(K)`;
        ``alone``: :math:`\lambda_{\min}(K_k)`, attained at :math:`v_k`; ``average``:
        :math:`\lambda_{\min}(F_kF_k^\top)\sum_i (v_k)_i^2\lVert(B_{k+1})_{i:}\rVert^2`; ``bound``: the same with the
        least row norm. Each column is at most the one before in its sum, and row by row.

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
    for k, (f, b, term) in enumerate(zip(F, B, K)):
        own, least, norms = np.linalg.eigh(term)[1][:, 0], _feature_smallest(f), row_norms(b)
        row = {"k": k, "width": f.shape[1], "share": v @ term @ v, "alone": psd_smallest(term)}
        rows.append(row | {"average": least * (own**2 @ norms), "bound": least * norms.min()})
    return pd.DataFrame(rows)


def bound_links(frame, N: int) -> list[tuple[str, float]]:
    r"""Return the chain from :math:`\lambda_{\min}(K)` down to :func:`schur_sum_bound`, one link per loss.

    Parameters
    ----------
    frame : pandas.DataFrame
        From :func:`anatomy`.
    N : int
        Number of samples: layers with fewer than N neurons have :math:`\lambda_{\min}(F_kF_k^\top) = 0`.

    Returns
    -------
    list of (str, float)
        For :func:`ntklib.plotting.slack_waterfall`.

    Notes
    -----
    Source: Book.

    Examples
    --------
    >>> F, B = [np.eye(2), np.ones((2, 1))], [np.array([[1.0], [3.0]]), np.ones((2, 1))]
    >>> [round(value, 9) for _, value in bound_links(anatomy(F, B), 2)][1:]
    [1.0, 1.0, 1.0, 1.0]
    """
    wide = frame["width"] >= positive_int("bound_links", "N", N)
    links = {
        "$\\lambda_{\\min}(K)$": frame["share"],
        "Weyl: layer by layer": frame["alone"],
        "clip: layers with $n_k\\geq N$": frame["alone"][wide],
        "Schur: $F_kF_k^\\top\\to\\lambda_{\\min}I$": frame["average"],
        "least backward norm": frame["bound"],
    }
    return [(name, float(column.sum())) for name, column in links.items()]


def row_norms(A) -> np.ndarray:
    """Squared norms of the rows."""
    return np.einsum("ij,ij->i", A, A)


def _feature_smallest(f) -> float:
    """λ_min(F F^T), zero where the rank cannot be N."""
    return 0.0 if f.shape[1] < f.shape[0] else psd_smallest(f @ f.T)
