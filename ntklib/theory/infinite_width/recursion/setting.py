"""What the checks and the page of the recursion share: distances of sampled kernels, and gaps by two routes."""

import numpy as np

from ntklib.kernels import kernel_gaps

ROUTES = ("ours", "cosine")


def relative_errors(kernels, K) -> list[float]:
    """Frobenius distance of each sampled kernel to K, relative to the norm of K.

    Examples
    --------
    >>> relative_errors(np.array([[[2.0]], [[0.5]]]), np.array([[1.0]]))
    [1.0, 0.5]
    """
    return (np.linalg.norm(kernels - K, axis=(1, 2)) / np.linalg.norm(K)).tolist()


def pair_gaps(t, depth: int, route: str = "ours") -> np.ndarray:
    """Gap L - κ_L of the pairs (1, 0), (1, t) in the precision of t: by `kernel_gaps`, or from the cosine.

    Parameters
    ----------
    t : array_like, shape (points,)
    depth : int
    route : {"ours", "cosine"}

    Returns
    -------
    ndarray, shape (points,)

    Raises
    ------
    ValueError
        For another route.

    Examples
    --------
    >>> [f"{pair_gaps(1e-3, 2, route)[0]:.3f}" for route in ROUTES]
    ['0.000', '0.000']
    """
    t = np.atleast_1d(t)
    if route not in ROUTES:
        raise ValueError(f"pair_gaps: route={route!r}; expected one of {ROUTES}.")
    if route == "ours":
        return depth * kernel_gaps([[1.0, 0.0]], np.stack([np.ones_like(t), t], axis=1), depth=depth)[1][0]
    G = K = 1 / np.sqrt(1 + t * t)
    pi = t.dtype.type(np.pi)
    for _ in range(depth - 1):
        angle = np.arccos(G)
        G = (np.sqrt(1 - G * G) + (pi - angle) * G) / pi
        K = K * (1 - angle / pi) + G
    return depth - K
