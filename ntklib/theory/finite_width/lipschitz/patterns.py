r"""Activation patterns of ReLU layers without biases: their number, all of them, and exact slopes in the plane."""

import itertools
import math

import numpy as np

from ntklib.theory.arrangements import arrangement_regions
from ntklib.theory.finite_width.lipschitz.search import (
    checked_weights,
    jacobians,
    operator_norms,
)

LARGEST = 200_000


def log_patterns(n: int, d: int) -> float:
    r"""Return the natural logarithm of `arrangement_regions`, at most :math:`\min(n \log 2,\, d \log(2 e n/d))`.

    Parameters
    ----------
    n, d : int

    Returns
    -------
    float

    Notes
    -----
    As `arrangement_regions`.

    Examples
    --------
    >>> round(log_patterns(1000, 2), 4)
    7.6009
    """
    return math.log(arrangement_regions(n, d))


def layer_patterns(W) -> np.ndarray:
    r"""Return every activation pattern :math:`1_{W^\top x > 0}` that inputs of one layer can reach.

    Every region is a cone with an extreme ray on d - 1 of the n hyperplanes; around each such ray lie the
    :math:`2^{d-1}` patterns in which these d - 1 neurons are free and the others keep their sign.

    Parameters
    ----------
    W : array_like, shape (d, n)
        Weights in general position, d at most n.

    Returns
    -------
    ndarray of bool, shape (R, n)
        R is `arrangement_regions`.

    Raises
    ------
    ValueError
        Fewer neurons than dimensions, or more than 200 000 candidates.

    Notes
    -----
    :math:`2^d \binom{n}{d-1}` candidates: for small d and n. Book.

    Examples
    --------
    >>> len(layer_patterns([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]))
    6
    """
    (W,) = checked_weights("layer_patterns", [W])
    d, n = W.shape
    if n < d or 2**d * math.comb(n, d - 1) > LARGEST:
        raise ValueError(f"layer_patterns: W has shape {W.shape}; expected d <= n and 2^d C(n, d-1) <= {LARGEST}.")
    free, found = np.array(list(itertools.product((False, True), repeat=d - 1)), bool), []
    for chosen in itertools.combinations(range(n), d - 1):
        ray = np.linalg.svd(W[:, chosen].T)[2][-1]
        for sign in (1, -1):
            block = np.tile(sign * (ray @ W) > 0, (len(free), 1))
            block[:, chosen] = free
            found.append(block)
    return np.unique(np.concatenate(found), axis=0)


def plane_sectors(weights) -> np.ndarray:
    r"""Return the angles at which the activation pattern of a network with two inputs changes.

    Parameters
    ----------
    weights : sequence of arrays, shapes (2, n_1), (n_1, n_2), …
        The last layer is linear and changes nothing.

    Returns
    -------
    ndarray, shape (S,)
        Increasing in :math:`[0, 2\pi)`; between neighbours all hidden layers have constant patterns.

    Raises
    ------
    ValueError
        An input dimension other than 2, or weights that do not fit together.

    Notes
    -----
    Within a sector the next layer is linear in x, so each neuron changes sign at the two angles orthogonal to its row,
    if they lie inside. O(S Σ n_{l-1} n_l) time and memory. Book.

    Examples
    --------
    >>> (plane_sectors([[[1.0, 1.0], [1.0, -1.0]], [[1.0], [1.0]]]) / np.pi).round(2).tolist()
    [0.25, 0.75, 1.25, 1.75]
    """
    weights = checked_weights("plane_sectors", weights)
    if weights[0].shape[0] != 2:
        raise ValueError(f"plane_sectors: W_1 has {weights[0].shape[0]} inputs; expected 2, directions on a circle.")
    angles = np.array([0.0])
    for depth in range(1, len(weights)):
        low, high = angles, np.append(angles[1:], angles[0] + 2 * np.pi)
        rows = jacobians(weights[:depth], _circle((low + high) / 2))
        zero = np.arctan2(-rows[..., 0], rows[..., 1])
        turns = np.stack([zero, zero + np.pi], axis=-1).reshape(len(low), -1)
        turns = low[:, None] + np.mod(turns - low[:, None], 2 * np.pi)
        alive = np.repeat(np.any(rows != 0, axis=-1), 2, axis=-1).reshape(turns.shape)
        new = turns[alive & (turns < high[:, None])]
        angles = np.unique(np.mod(new if depth == 1 else np.concatenate([angles, new]), 2 * np.pi))
    return angles


def plane_lipschitz(weights) -> float:
    r"""Return the exact Lipschitz constant of a network with two inputs: the largest slope over all sectors.

    Parameters
    ----------
    weights : sequence of arrays, shapes (2, n_1), (n_1, n_2), …
        At least one hidden layer.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        As `plane_sectors`, or no hidden layer.

    Notes
    -----
    Exact up to rounding, as slopes are constant on sectors. O(S Σ n_{l-1} n_l). Book.

    Examples
    --------
    >>> round(plane_lipschitz([[[1.0, 1.0], [1.0, -1.0]], [[1.0], [1.0]]]), 6)
    2.0
    """
    angles = plane_sectors(weights)
    if len(weights) < 2:
        raise ValueError("plane_lipschitz: received 1 layer; expected a hidden one; a linear map has the norm of W_1.")
    middle = (angles + np.append(angles[1:], angles[0] + 2 * np.pi)) / 2
    return float(operator_norms(jacobians(weights, _circle(middle))).max())


def _circle(angles) -> np.ndarray:
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)
