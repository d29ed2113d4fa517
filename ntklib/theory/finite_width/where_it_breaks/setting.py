"""Draws of the checks at the edge of the finite-width theorem: dead samples, data around a mean."""

import numpy as np

from ntklib.theory.setting import sphere_points as points


def deaths(X, n: int, trials: int, seed: int = 0) -> int:
    """Count the draws of a first layer of n neurons that kill at least one sample.

    Examples
    --------
    >>> deaths(np.array([[1.0], [-1.0]]), 1, 20)  # one neuron, opposite samples
    20
    """
    generator = np.random.default_rng(seed)
    return sum(bool((X @ generator.standard_normal((X.shape[1], n)) <= 0).all(1).any()) for _ in range(trials))


def shifted(N: int, *, d: int, seed: int, mean: float, spread: float = 0.5) -> np.ndarray:
    r"""Return sphere points of radius d^spread around a mean of norm ``mean`` times :math:`\sqrt d`.

    Examples
    --------
    >>> shifted(3, d=4, seed=0, mean=1.0).shape
    (3, 4)
    """
    return points(seed, N, d) * d ** (spread - 0.5) + mean * d**0.5 * np.eye(1, d)
