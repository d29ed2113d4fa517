"""What the checks of the limiting theorem share: the coherence of random points, and one pair at a small angle."""

import jax
import numpy as np

from ntklib import datasets
from ntklib.kernels import infinite_kernels
from ntklib.kernels.angles import cosines
from ntklib.spectrum import smallest_eigenvalue
from ntklib.theory.setting import sphere_points


def coherence(seed: int, N: int, d: int, mean: float = 0.0) -> float:
    """Largest absolute cosine between N points, uniform on a sphere around a mean of norm ``mean`` times the radius.

    Examples
    --------
    >>> 0 < coherence(0, 5, 100) < coherence(0, 5, 100, mean=1.0) < 1
    True
    """
    X = sphere_points(seed, N, d, mean)
    return float(np.abs(cosines(X @ X.T) - np.eye(N)).max())


def pair_smallest(N: int, d: int, angle: float, depth: int, *, seed: int = 0) -> float:
    r"""Return :math:`\lambda_{\min}(K^{(L)})` with one pair at a small angle, by a route accurate at coincident rows.

    Examples
    --------
    >>> pair_smallest(5, 20, 1e-3, 2) < pair_smallest(5, 20, 1e-2, 2)
    True
    """
    X, _ = datasets.near_duplicates(jax.random.key(seed), N, d, 2 * np.sin(angle / 2))
    return smallest_eigenvalue(infinite_kernels(X, depth=depth)[1])
