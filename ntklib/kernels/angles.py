r"""The angle between two data rows, accurate to the last digits that the rows hold.

An angle θ is carried as the pair ``(s, c) = (sin θ/2, cos θ/2)``: near coincident rows ``s`` is small and accurate,
near opposite rows ``c`` is. From a clipped cosine both lose half their digits.
"""

import jax.numpy as jnp
import numpy as np

from ntklib._validate import data_matrix
from ntklib.activations.covariance import guarded_sqrt

_SPLIT = 134217729.0  # 2^27 + 1, Dekker's constant for 53-bit numbers


def half_angles(x, y):
    r"""Return :math:`(\sin\frac\theta2, \cos\frac\theta2)` for rows ``x``, ``y``, differentiably.

    .. math:: \sin\tfrac\theta2 = \tfrac12\lVert u - v\rVert, \quad \cos\tfrac\theta2 = \tfrac12\lVert u + v\rVert,
       \quad u = x/\lVert x\rVert,\ v = y/\lVert y\rVert .

    Parameters
    ----------
    x, y : arrays of shape (..., d)

    Returns
    -------
    (s, c) : arrays of shape (...)
        A zero row counts as orthogonal to everything.

    Notes
    -----
    Kahan's form: absolute error a few units of rounding, so that ``s`` keeps nine digits at θ = 1e-7. Within 16 units
    of rounding of 0 and π the angle counts as exactly 0 or π, and its derivative as 0, the mean of the one-sided ones.
    :func:`accurate_half_angles` recovers the other digits for concrete arrays.

    Examples
    --------
    >>> s, c = half_angles(jnp.array([1.0, 0.0]), jnp.array([0.0, 2.0]))
    >>> round(float(s), 4), round(float(c), 4)
    (0.7071, 0.7071)
    """
    u, v = unit_rows(x), unit_rows(y)
    floor = (16 * jnp.finfo(u.dtype).eps) ** 2  # below it the difference is rounding, and has no direction
    halves = [0.5 * guarded_sqrt(jnp.sum(w**2, axis=-1), floor) for w in (u - v, u + v)]
    zero_row = (jnp.sum(u**2, axis=-1) == 0) | (jnp.sum(v**2, axis=-1) == 0)
    return tuple(jnp.where(zero_row, 0.5**0.5, h) for h in halves)


def unit_rows(x):
    """Divide each row by its norm; a zero row stays zero, and its derivative is zero."""
    norm = guarded_sqrt(jnp.sum(x**2, axis=-1, keepdims=True))
    return x / jnp.where(norm > 0, norm, 1.0)


def _two_product(a, b):
    """Product and its rounding error, ``a * b = p + e`` exactly (Dekker 1971)."""
    p = a * b
    halves = []
    for z in (a, b):
        t = _SPLIT * z
        high = t - (t - z)
        halves.append((high, z - high))
    (ah, al), (bh, bl) = halves
    return p, ((ah * bh - p) + ah * bl + al * bh) + al * bl


def accurate_half_angles(x, y):
    r"""Return :math:`(\sin\frac\theta2, \cos\frac\theta2)` of float64 rows with a small *relative* error.

    The component of ``x`` orthogonal to ``y`` is formed as ``w = x − t y`` with the product's rounding error taken
    along, so that nothing is lost when the two nearly cancel; then tan of the folded angle is ``|w| / (|t| |y|)``.

    Parameters
    ----------
    x, y : NumPy arrays of shape (M, d)

    Returns
    -------
    (s, c) : NumPy arrays of shape (M,)

    Notes
    -----
    Relative error below 1e-14 for angles from 1e-14 to π − 1e-14 whatever the two norms (tested against exact
    rational arithmetic). Cost ``O(M d)``, about 30 flops per entry.

    Examples
    --------
    >>> x = np.array([[3.0, 0.0]]); y = np.array([[1.0, 1e-7]])
    >>> s, c = accurate_half_angles(x, y)
    >>> print(f"{2 * s[0]:.3e}")
    1.000e-07
    """
    x, y = (_exactly_scaled(np.asarray(a, np.float64)) for a in (x, y))
    square = np.sum(y * y, axis=-1)
    safe = np.where(square > 0, square, 1.0)
    t = np.sum(x * y, axis=-1) / safe
    product, error = _two_product(np.broadcast_to(t[:, None], y.shape), y)
    w = (x - product) - error
    w = w - (np.sum(w * y, axis=-1) / safe)[:, None] * y
    folded = np.arctan2(np.linalg.norm(w, axis=-1), np.abs(t) * np.sqrt(square))
    near, far = np.sin(folded / 2), np.cos(folded / 2)
    zero_row = (square == 0) | (np.max(np.abs(x), axis=-1, initial=0.0) == 0)
    s, c = np.where(t < 0, (far, near), (near, far))
    return np.where(zero_row, 0.5**0.5, s), np.where(zero_row, 0.5**0.5, c)


def _exactly_scaled(x):
    """Scale each row by a power of two so that its largest entry lies in [1/2, 1); angles are unchanged."""
    return np.ldexp(x, -np.frexp(np.max(np.abs(x), axis=-1, keepdims=True, initial=0.0))[1])


def cosines(A) -> np.ndarray:
    """Cosines from a Gram matrix, with an exact diagonal; a small angle loses half its digits: see half_angles."""
    norm = np.sqrt(np.diagonal(A))
    if not norm.all():
        raise ValueError(f"cosines: row {int(np.argmin(norm))} is zero; it has no angle; drop it.")
    rho = np.clip(A / norm[:, None] / norm, -1.0, 1.0)
    np.fill_diagonal(rho, 1.0)
    return rho


def pairwise_angles(X) -> np.ndarray:
    r"""Angles :math:`\theta_{ij}` of all pairs of rows, from the rows themselves, zero on the diagonal.

    Parameters
    ----------
    X : array_like, shape (N, d)
        Data without zero rows.

    Returns
    -------
    ndarray, shape (N, N)
        Symmetric.

    Notes
    -----
    Small angles keep the digits that the rows hold (`accurate_half_angles`). O(N² d) time.

    Examples
    --------
    >>> pairwise_angles([[1.0, 0.0], [0.0, 2.0]]).round(4).tolist()
    [[0.0, 1.5708], [1.5708, 0.0]]
    """
    X = np.asarray(data_matrix("pairwise_angles", "X", X), np.float64)
    if not X.any(axis=1).all():
        row = int(np.argmin(X.any(axis=1)))
        raise ValueError(f"pairwise_angles: row {row} of X is zero; it has no angle to another row; drop it.")
    theta = np.zeros((len(X), len(X)))
    for i in range(1, len(X)):
        s, c = accurate_half_angles(np.broadcast_to(X[i], (i, X.shape[1])), X[:i])
        theta[i, :i] = theta[:i, i] = 2 * np.arctan2(s, c)
    return theta
