"""Networks, data and difference quotients of the checks on memorization."""

import numpy as np

from ntklib.theory.finite_width.memorization.doubling import relu_forward
from ntklib.theory.finite_width.setting import he_params


def problem(widths, N: int, seed: int, duplicates: bool = False):
    """He-initialized weights, Gaussian data and random signs; ``duplicates`` repeats a sample with the other label.

    Examples
    --------
    >>> params, X, Y = problem((3, 4, 1), 5, 0, duplicates=True)
    >>> bool((X[0] == X[1]).all()), Y[:2].tolist()
    (True, [1.0, -1.0])
    """
    rng = np.random.default_rng([seed, 7])
    X, Y = rng.standard_normal((N, widths[0])), rng.choice([-1.0, 1.0], N)
    if duplicates:
        X[1], Y[:2] = X[0], (1.0, -1.0)
    return he_params(widths, seed), X, Y


def moved(params, direction, epsilon):
    """The parameters θ + εθ'.

    Examples
    --------
    >>> moved([np.eye(1)], [np.eye(1)], 0.5)[0].tolist()
    [[1.5]]
    """
    return [W + epsilon * V for W, V in zip(params, direction)]


def quotient(params, direction, X, epsilon, dtype=np.float64):
    """The difference quotient, every number of it in the given precision.

    Examples
    --------
    >>> quotient([np.eye(1), np.eye(1)], [np.eye(1), np.eye(1)], np.eye(1), 0.5).tolist()
    [2.5]
    """
    both = [[W.astype(dtype) for W in p] for p in (moved(params, direction, epsilon), params)]
    X = X.astype(dtype)
    return (relu_forward(both[0], X) - relu_forward(both[1], X)) / dtype(epsilon)


def close_pair(widths, N: int, seed: int, distance: float):
    """Unit vectors, the first two at angle ``distance`` and of opposite labels.

    Examples
    --------
    >>> _, X, Y = close_pair((3, 4, 1), 5, 0, 0.5)
    >>> round(float(np.arccos(X[0] @ X[1])), 6), Y[:2].tolist()
    (0.5, [1.0, -1.0])
    """
    params, X, Y = problem(widths, N, seed)
    X /= np.linalg.norm(X, axis=1)[:, None]
    side = X[2] - (X[2] @ X[0]) * X[0]
    X[1] = np.cos(distance) * X[0] + np.sin(distance) * side / np.linalg.norm(side)
    Y[:2] = 1.0, -1.0
    return params, X, Y
