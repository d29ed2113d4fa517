"""The samples of the chapter on tangent features: digits on the sphere, and copies of some of their points."""

import jax
import numpy as np

from ntklib.datasets import digits, normalize


def unit_digits(N: int, *, seed: int = 0, classes=(3, 5), random_labels: bool = False):
    """Return N standardized images of two digits, scaled to unit norm, with labels ±1.

    Parameters
    ----------
    N : int
        Number of images, drawn without replacement.
    seed : int
        Of the draw, and of the random labels.
    classes : pair of int
        The digits.
    random_labels : bool
        Whether to replace the labels by as many +1 as -1 (up to one) in random order.

    Returns
    -------
    X : ndarray (N, d)
    y : ndarray (N,)

    Notes
    -----
    O(N d).

    Examples
    --------
    >>> X, y = unit_digits(20)
    >>> X.shape[0], bool(np.allclose(np.linalg.norm(X, axis=1), 1.0)), sorted(set(y.tolist()))
    (20, True, [-1.0, 1.0])
    """
    X, y = digits(classes=classes, n=N, key=jax.random.key(seed))
    if random_labels:
        y = np.where(np.random.default_rng([seed, 7]).permutation(N) < N // 2, 1.0, -1.0)
    return np.asarray(normalize(X), np.float64), np.asarray(y, np.float64)


def with_copies(X, y, copies: int, distance: float, *, flip: bool = False, seed: int = 0):
    r"""Append copies of the first points at a given distance on the sphere, with their labels or the opposite ones.

    .. math:: x' = x\cos\theta + v\sin\theta, \qquad v\perp x,\ 2\sin(\theta/2) = \delta

    Parameters
    ----------
    X : array_like (N, d)
        Unit rows.
    y : array_like (N,)
    copies : int
        How many points to copy, at most N.
    distance : float
        δ in [0, 2]; 0 repeats the points exactly.
    flip : bool
        Whether copies carry the opposite label.
    seed : int
        Of the directions v.

    Returns
    -------
    X : ndarray (N + copies, d)
    y : ndarray (N + copies,)

    Raises
    ------
    ValueError
        For a distance outside [0, 2] or more copies than points.

    Notes
    -----
    O(N d).

    Examples
    --------
    >>> X, y = with_copies(np.eye(3), np.ones(3), 1, 0.5)
    >>> round(float(np.linalg.norm(X[3] - X[0])), 12), round(float(np.linalg.norm(X[3])), 12)
    (0.5, 1.0)
    """
    X, y = np.asarray(X, np.float64), np.asarray(y, np.float64)
    if not (0 <= distance <= 2 and 1 <= copies <= len(X)):
        raise ValueError(
            f"with_copies: distance={distance}, copies={copies}; expected 0 <= distance <= 2 on the unit sphere and "
            f"1 <= copies <= {len(X)}, the number of points."
        )
    x = X[:copies]
    v = np.random.default_rng([seed, 11]).standard_normal(x.shape)
    v -= np.sum(v * x, axis=1, keepdims=True) * x
    v /= np.linalg.norm(v, axis=1, keepdims=True)
    angle = 2 * np.arcsin(distance / 2)
    return np.vstack([X, np.cos(angle) * x + np.sin(angle) * v]), np.append(y, (-1.0 if flip else 1.0) * y[:copies])
