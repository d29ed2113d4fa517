"""Distance of the normalized limiting kernels from their diagonal value, without cancellation."""

import numpy as np

from ntklib._validate import data_matrix, positive_int
from ntklib.kernels.angles import accurate_half_angles
from ntklib.kernels.memory import require_memory
from ntklib.kernels.profile import homogeneous_share, profile_from_half_angles


def kernel_gaps(X, X2=None, *, depth: int, activation="relu", memory_limit: float | None = None):
    r"""Return :math:`1 - \hat G^{(L)}` and :math:`1 - \hat K^{(L)}` for every pair, as accurate as the rows allow.

    .. math:: \hat K_{ij} = \frac{K_{ij}}{L\,\lVert x_i\rVert\,\lVert x_j\rVert}, \qquad
       \hat G_{ij} = \frac{G_{ij}}{\lVert x_i\rVert\,\lVert x_j\rVert} .

    The gap, not the kernel, decides the smallest eigenvalue of nearly coincident samples; subtracting a stored kernel
    from 1 leaves 9 digits of it at an angle of 1e-7, this function 13.

    Parameters
    ----------
    X, X2 : arrays (N, d), (N2, d)
        Concrete arrays; ``X2`` defaults to ``X``.
    depth : int
    activation : str, callable or Activation
        Positively homogeneous.
    memory_limit : float, optional
        Bytes; default what is free.

    Returns
    -------
    (G_gap, K_gap) : float64 NumPy arrays (N, N2)

    Raises
    ------
    ValueError
        Bad data, a zero row, or an activation that is not positively homogeneous.

    Notes
    -----
    ``O(N N2 (d + depth))`` time, a few ``(N2, d)`` arrays of memory.

    Examples
    --------
    >>> _, gap = kernel_gaps([[1.0, 0.0], [1.0, 1e-7]], depth=3)
    >>> print(f"{gap[0, 1]:.3e}")
    3.183e-08
    """
    where, beta = "kernel_gaps", homogeneous_share("kernel_gaps", activation)
    depth, X = positive_int(where, "depth", depth), data_matrix(where, "X", X, xp=np)
    X2 = X if X2 is None else data_matrix(where, "X2", X2, columns=X.shape[1], xp=np)
    for name, A in (("X", X), ("X2", X2)):
        zero = np.flatnonzero(~A.any(axis=1))
        if zero.size:
            raise ValueError(f"{where}: row {zero[0]} of {name} is zero; it has no angle to another row; drop it.")
    require_memory(where, 16.0 * len(X) * len(X2) + 100.0 * X2.size, "pass fewer rows", memory_limit)
    G_gap, K_gap = np.empty((len(X), len(X2))), np.empty((len(X), len(X2)))
    for i, x in enumerate(X):
        s, c = accurate_half_angles(np.broadcast_to(x, X2.shape), X2)
        profile = profile_from_half_angles(s, c, depth, beta, np)
        G_gap[i], K_gap[i] = profile.G_gap, profile.K_gap / depth
    return G_gap, K_gap
