r"""Centering of features by a rank-one projection, and Gershgorin's bound on what is left.

With :math:`P = I - \mu\mu^\top/\lVert\mu\rVert^2`, the centred matrix of the paper is :math:`F P F^\top`.
"""

import numpy as np

from ntklib._validate import data_matrix
from ntklib.kernels.angles import cosines


def project_out(F, mean) -> np.ndarray:
    r"""Return :math:`F P`, the rows of F without their component along a vector.

    .. math:: f_i - \frac{\langle f_i, \mu\rangle}{\lVert\mu\rVert^2}\, \mu

    Parameters
    ----------
    F : array_like, shape (N, m)
    mean : array_like, shape (m,)
        The vector μ, not zero; the theorem takes the mean of the features over the data law.

    Returns
    -------
    ndarray, shape (N, m)

    Notes
    -----
    O(N m) time and memory, float64.

    Examples
    --------
    >>> project_out([[3.0, 1.0], [2.0, 5.0]], [2.0, 0.0]).tolist()
    [[0.0, 1.0], [0.0, 5.0]]
    """
    F, mean = _checked("project_out", F, mean)
    return F - np.outer(F @ mean / (mean @ mean), mean)


def centred_gram(F, mean, *, sign: float = -1.0) -> np.ndarray:
    r"""Return the centred matrix of the paper's fifth version, computed as printed there.

    .. math:: \tilde F \tilde F^\top - \frac{\Lambda 1 1^\top \Lambda}{\lVert\mu\rVert^2}, \qquad
              \tilde F = F - 1\mu^\top, \quad \Lambda = \mathrm{diag}(F\mu - \lVert\mu\rVert^2 1)

    Parameters
    ----------
    F : array_like, shape (N, m)
    mean : array_like, shape (m,)
        The vector μ, not zero.
    sign : float
        Factor of the rank-one term: -1 in the theorem; 0 leaves it out.

    Returns
    -------
    ndarray, shape (N, N)
        Positive semidefinite for ``sign=-1``, and equal to the Gram matrix of `project_out`.

    Notes
    -----
    O(N² m) time, O(N²) memory, float64. Nguyen et al. 2021 (v5), lemma on centering features.

    Examples
    --------
    >>> centred_gram([[3.0, 1.0], [2.0, 5.0]], [2.0, 0.0]).tolist()
    [[1.0, 5.0], [5.0, 25.0]]
    """
    F, mean = _checked("centred_gram", F, mean)
    centred, shift = F - mean, F @ mean - mean @ mean
    return centred @ centred.T + sign * np.outer(shift, shift) / (mean @ mean)


def largest_cosine(F) -> float:
    r"""Return the largest normalized off-diagonal entry, :math:`\max_{i\ne j} \lvert\cos(f_i, f_j)\rvert`.

    Parameters
    ----------
    F : array_like, shape (N, m)
        At least two rows, none zero.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        Wrong rank, NaN, a single row or a zero row.

    Notes
    -----
    O(N² m) time, O(N²) memory, float64.

    Examples
    --------
    >>> largest_cosine([[1.0, 0.0], [3.0, 4.0]])
    0.6
    """
    F = np.asarray(data_matrix("largest_cosine", "F", F), np.float64)
    if len(F) < 2:
        raise ValueError(f"largest_cosine: F has {len(F)} row(s); expected at least 2, a pair has an angle.")
    rho = np.abs(cosines(F @ F.T))
    np.fill_diagonal(rho, 0.0)
    return float(rho.max())


def smallest_order(F, *, largest: int = 40) -> int | None:
    r"""Return the smallest even r for which Gershgorin proves :math:`(F F^\top)^{\circ r}` positive definite.

    .. math:: \min_i \lVert f_i\rVert^{2r} > \max_i \sum_{j \ne i} \lvert\langle f_i, f_j\rangle\rvert^r
              \quad\text{after scaling the rows to length one}

    Parameters
    ----------
    F : array_like, shape (N, m)
        No zero row.
    largest : int
        Where to stop looking.

    Returns
    -------
    int or None
        None where no even order up to ``largest`` suffices.

    Notes
    -----
    Scaling the rows is a congruence, which changes no sign. O(N² (m + largest)) time, O(N²) memory, float64.

    Examples
    --------
    >>> smallest_order([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    4
    """
    F = np.asarray(data_matrix("smallest_order", "F", F), np.float64)
    rho = np.abs(cosines(F @ F.T))
    np.fill_diagonal(rho, 0.0)
    return next((r for r in range(2, largest + 1, 2) if np.sum(rho**r, axis=1).max() < 1 - 1e-12), None)


def _checked(where: str, F, mean):
    F, mean = np.asarray(data_matrix(where, "F", F), np.float64), np.asarray(mean, np.float64)
    if mean.shape != (F.shape[1],):
        raise ValueError(f"{where}: mean has shape {mean.shape}; expected ({F.shape[1]},), one number per column of F.")
    if not (np.isfinite(mean).all() and mean.any()):
        raise ValueError(f"{where}: mean is zero or not finite; expected a nonzero vector; without a mean use F.")
    return F, mean
