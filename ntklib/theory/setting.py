"""What the parts share: points, parities, distances, and the limiting kernel without compiling for every shape."""

from itertools import product

import numpy as np

from ntklib.kernels import angular_profile
from ntklib.kernels.angles import cosines
from ntklib.spectrum import smallest_eigenvalue


def sphere_points(seed: int, N: int, d: int, mean: float = 0.0, intrinsic: int | None = None) -> np.ndarray:
    r"""Points of norm :math:`\sqrt d`, shifted along :math:`e_1`, or confined to few dimensions.

    Parameters
    ----------
    seed : int or sequence of int
        Of NumPy's default generator.
    N, d : int
        Number of points, and the square of their norm.
    mean : float
        The shift is ``mean`` :math:`\sqrt d`.
    intrinsic : int, optional
        Dimension of the space that the points lie in; d if not given.

    Returns
    -------
    ndarray, shape (N, d) or (N, intrinsic)

    Examples
    --------
    >>> X = sphere_points(0, 3, 20)
    >>> bool(np.allclose((X**2).sum(axis=1), 20)), sphere_points(0, 3, 20, intrinsic=2).shape
    (True, (3, 2))
    """
    X = np.random.default_rng(seed).standard_normal((N, d if intrinsic is None else intrinsic))
    X *= (d**0.5 / np.linalg.norm(X, axis=1))[:, None]
    X[:, 0] += mean * d**0.5
    return X


def limiting_kernel(X, depth: int) -> np.ndarray:
    r"""Limiting ReLU tangent kernel :math:`K^{(L)}` of the rows of X, as `infinite_kernels`, from their cosines.

    Examples
    --------
    >>> limiting_kernel(np.eye(2), 2).diagonal().tolist()
    [2.0, 2.0]
    """
    A = X @ X.T
    norm = np.sqrt(np.diagonal(A))
    return norm[:, None] * norm * angular_profile(np.arccos(cosines(A)), depth=depth).K


def lowest(X, depth: int) -> float:
    r"""Smallest eigenvalue :math:`\lambda_{\min}(K^{(L)})` of :func:`limiting_kernel`.

    Examples
    --------
    >>> round(lowest(np.eye(2), 2), 3)
    1.682
    """
    return smallest_eigenvalue(limiting_kernel(X, depth))


def inverse_distance(theta) -> np.ndarray:
    r"""Inverse cosine distance :math:`w = \big(\tfrac{1 - \cos\theta}{2}\big)^{-1/2} = 1/\sin(\theta/2)`.

    Parameters
    ----------
    theta : array_like
        Angles in (0, π].

    Returns
    -------
    ndarray

    Notes
    -----
    O(1) per angle. Source: Terjék and González-Sánchez 2025.

    Examples
    --------
    >>> float(inverse_distance(np.pi))
    1.0
    """
    return 1 / np.sin(np.asarray(theta, float) / 2)


def parity_cube(d: int, order: int = 2):
    r"""Return the whole cube :math:`\{\pm1/\sqrt d\}^d` with the parity of its first signs; order 2 is XOR.

    Parameters
    ----------
    d : int
        Dimension, at most 16.
    order : int
        r, at most d.

    Returns
    -------
    X : ndarray (2**d, d)
    y : ndarray (2**d,)
        :math:`\prod_{i\le r}\operatorname{sign}x_i`.

    Raises
    ------
    ValueError
        If d exceeds 16 or r exceeds d.

    Notes
    -----
    d 2^d numbers.

    Examples
    --------
    >>> X, y = parity_cube(2)
    >>> y.astype(int).tolist()
    [1, -1, -1, 1]
    """
    if not 1 <= order <= d <= 16:
        raise ValueError(
            f"parity_cube: d={d}, order={order}; expected 1 <= order <= d <= 16, as there are 2**d points."
        )
    signs = np.array(list(product((1.0, -1.0), repeat=d)))
    return signs / np.sqrt(d), signs[:, :order].prod(axis=1)
