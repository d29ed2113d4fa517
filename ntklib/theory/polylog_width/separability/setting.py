"""Data and random networks of the checks on separability."""

import numpy as np

from ntklib.theory.polylog_width.separability import statements as limits
from ntklib.theory.polylog_width.separability import widths as finite
from ntklib.theory.polylog_width.tangent_models import tangent_margin


def margins(X, y, width: int, networks: int, seed: int = 0):
    """Margins of independent shallow networks: first layer, all layers, and the norm of the output weights.

    Examples
    --------
    >>> margins(*limits.parity_cube(2), 16, 3).shape
    (3, 3)
    """
    rows = []
    for k in range(networks):
        K1, K2, v = finite.shallow_kernels(X, width, 1000 * seed + k)
        pair = [max(tangent_margin(K, y).value, 0.0) for K in (K1, K1 + K2)]
        rows.append((*pair, np.linalg.norm(v)))
    return np.array(rows)


def circle(theta: float) -> np.ndarray:
    """Two unit vectors of the plane at angle θ.

    Examples
    --------
    >>> circle(0.0).tolist()
    [[1.0, 0.0], [1.0, 0.0]]
    """
    return np.array([[1.0, 0.0], [np.cos(theta), np.sin(theta)]])


def tanh_distance(theta: float) -> float:
    """Limiting squared feature distance of two unit inputs at angle θ, for tanh with unit weights and L = 2.

    Examples
    --------
    >>> round(tanh_distance(0.0), 12)
    0.0
    """
    z, w = np.polynomial.hermite_e.hermegauss(80)
    w = np.outer(w, w) / w.sum() ** 2
    u, v = z[:, None] + 0 * z, np.cos(theta) * z[:, None] + np.sin(theta) * z
    a, b = 1 / np.cosh(u) ** 2, 1 / np.cosh(v) ** 2
    hidden = (a - b) ** 2 + 4 * a * b * np.sin(theta / 2) ** 2
    return float(np.sum(w * (hidden + (np.tanh(u) - np.tanh(v)) ** 2)))


def sphere(N: int, d: int, seed: int = 0) -> np.ndarray:
    """N uniform unit vectors.

    Examples
    --------
    >>> bool(np.allclose((sphere(4, 3) ** 2).sum(axis=1), 1))
    True
    """
    X = np.random.default_rng([seed, 23]).standard_normal((N, d))
    return X / np.linalg.norm(X, axis=1, keepdims=True)


def random_labels(N: int, seed: int = 0) -> np.ndarray:
    """N fair signs.

    Examples
    --------
    >>> set(random_labels(50).tolist()) == {-1.0, 1.0}
    True
    """
    return np.random.default_rng([seed, 29]).choice([-1.0, 1.0], N)


def xor_points(N: int, d: int, seed: int = 0):
    """N different vertices of the cube with their XOR labels.

    Examples
    --------
    >>> xor_points(3, 4)[0].shape
    (3, 4)
    """
    X, y = limits.parity_cube(d)
    keep = np.random.default_rng([seed, 31]).permutation(len(y))[:N]
    return X[keep], y[keep]
