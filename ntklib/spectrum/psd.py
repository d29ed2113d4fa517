"""Smallest eigenvalue of a matrix that is known to be positive semidefinite."""

import numpy as np


def psd_smallest(A) -> float:
    r"""Smallest eigenvalue of a positive semidefinite matrix; what lies below its rounding level counts as zero.

    Parameters
    ----------
    A : ndarray, shape (N, N)
        Symmetric; the lower triangle is read.

    Returns
    -------
    float
        0.0 where :math:`\lambda_{\min} \le N u \lambda_{\max}`, u the precision of the entries.

    Notes
    -----
    O(N³) time (LAPACK). For one large matrix :func:`ntklib.smallest_eigenvalue` is faster and keeps its sign.
    Source: Book.

    Examples
    --------
    >>> psd_smallest(np.array([[1.0, 1.0], [1.0, 1.0]])), psd_smallest(np.eye(2))
    (0.0, 1.0)
    """
    values = np.linalg.eigvalsh(A)
    return float(values[0]) if values[0] > len(A) * np.finfo(A.dtype).eps * values[-1] else 0.0
