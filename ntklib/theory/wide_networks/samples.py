r"""Samples for the chapter on wide networks: unit vectors, a close pair, heavy tails and their limit."""

import numpy as np

from ntklib.kernels import infinite_kernels


def unit_sample(N: int, d: int, seed):
    """Draw points on the unit sphere and labels of mean square one, by NumPy.

    Examples
    --------
    >>> [part.shape for part in unit_sample(4, 3, 0)]
    [(4, 3), (4,)]
    """
    X, rng = tailed_points(N, d, np.inf, [seed, 0]), np.random.default_rng([seed, 1])
    y = rng.standard_normal(N)
    return X, y / np.sqrt(np.mean(y**2))


def tailed_points(N: int, d: int, nu: float, seed) -> np.ndarray:
    r"""Draw points :math:`s_iz_i` with z uniform on the sphere and lengths with the tail of Student's law.

    .. math:: s^2 = \frac{1 + \tau^2}{1 + \nu/(\nu - 2)}, \qquad \tau \sim t_\nu

    Parameters
    ----------
    N, d : int
    nu : float
        ν > 2; infinite for lengths 1.
    seed : int or sequence of int

    Returns
    -------
    ndarray (N, d)
        With :math:`\mathbb E\lVert x\rVert^2 = 1`, and :math:`\mathbb E\lVert x\rVert^4` finite for ν > 4 only.

    Raises
    ------
    ValueError
        For ν at most 2.

    Notes
    -----
    The 1 under the root keeps short inputs away, which make :math:`\lambda_{\min}` small for another reason. Directions
    do not depend on ν, so that laws can be compared draw by draw. Source: Book.

    Examples
    --------
    >>> np.linalg.norm(tailed_points(2, 3, np.inf, 0), axis=1).round(6).tolist()
    [1.0, 1.0]
    """
    if not nu > 2:
        raise ValueError(f"tailed_points: nu={nu!r}; expected a number above 2, or the second moment is infinite.")
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((N, d))
    z /= np.linalg.norm(z, axis=1)[:, None]
    if np.isinf(nu):
        return z
    s = np.sqrt((1 + rng.standard_t(nu, N) ** 2) / (1 + nu / (nu - 2)))
    return s[:, None] * z


def paired_sample(N: int, d: int, seed: int):
    """Draw unit vectors, two of them 20 degrees apart: the smallest eigenvalue is far from the others.

    Examples
    --------
    >>> X = paired_sample(4, 3, 0)
    >>> round(float(np.degrees(np.arccos(X[0] @ X[1]))))
    20
    """
    X, angle = unit_sample(N, d, seed)[0], np.pi / 9
    across = X[1] - (X[0] @ X[1]) * X[0]
    X[1] = np.cos(angle) * X[0] + np.sin(angle) * across / np.linalg.norm(across)
    return X


def limit_least(X, *, depth=3, activation="relu", c=2.0) -> float:
    """Smallest eigenvalue of the limiting kernel over N, by `ntklib.infinite_kernels`.

    Examples
    --------
    >>> round(limit_least(np.eye(2), depth=2, activation="relu"), 3)
    0.841
    """
    K = infinite_kernels(X, depth=depth, activation=activation, weight_variance=c)[1]
    return float(np.linalg.eigvalsh(np.asarray(K))[0]) / len(X)
