"""Samples on which the chapter counts: Gaussian ones, mirrored ones, and raw digits."""

import numpy as np

from ntklib import plain
from ntklib.theory.minimum_width.counting_parameters import ceilings
from ntklib.theory.minimum_width.setting import block_jacobian


def gaussian(N: int, d: int, seed: int, mirrored: bool = False) -> np.ndarray:
    """Return Gaussian samples (N, d); ``mirrored`` makes the second half the negative of the first.

    Examples
    --------
    >>> float(abs(gaussian(6, 3, 0, mirrored=True).sum())) < 1e-12
    True
    """
    X = np.random.default_rng([seed, 5]).standard_normal((N, d))
    return np.vstack([X[: N - N // 2], -X[: N // 2]]) if mirrored else X


def raw_digits(N: int, seed: int = 0) -> np.ndarray:
    """Return N images (N, 64) in random order, grey values from 0 to 1, with the pixels that are black in all.

    Examples
    --------
    >>> raw_digits(5).shape
    (5, 64)
    """
    from ntklib.datasets import digits

    images = np.asarray(digits(standardize=False)[0], float) / 16
    return images[np.random.default_rng([seed, 3]).permutation(len(images))[:N]]


def rank_of_samples(widths, N: int, seed: int, activation: str = "tanh", block: bool = False, mirrored: bool = False):
    """Return the numerical rank of J, or of the block of the proof, on N Gaussian samples.

    Examples
    --------
    >>> rank_of_samples((3, 3, 3, 1), 40, 0), rank_of_samples((3, 3, 3, 1), 40, 0, block=True)
    (21, 9)
    """
    params, X = plain.draw(widths, "bombari", seed), gaussian(N, widths[0], seed, mirrored)
    J = block_jacobian(params, X, activation) if block else ceilings.jacobian(params, X, activation)
    return ceilings.numerical_rank(J)[0]
