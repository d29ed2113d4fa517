"""What the chapter's claims share: points, labels, members of the family from the same Gaussians."""

from itertools import pairwise

import numpy as np

from ntklib import plain
from ntklib.theory.wide_networks.learning_rates.descent import layered_descent, tangent_blocks
from ntklib.theory.wide_networks.learning_rates.statements import family_member

N, D = 20, 10


def points_and_labels(seed: int):
    """Points on the unit sphere, labels of mean square one.

    Examples
    --------
    >>> [part.shape for part in points_and_labels(0)]
    [(20, 10), (20,)]
    """
    rng = np.random.default_rng([seed, 0])
    X, y = rng.standard_normal((N, D)), rng.standard_normal(N)
    return X / np.linalg.norm(X, axis=1)[:, None], y / np.sqrt(np.mean(y**2))


def first_weights(name: str, m: int, seed: int, hidden: int = 2):
    """Weights of one member of the family, from the same Gaussians for all members; and its multipliers.

    Examples
    --------
    >>> [W.shape for W in first_weights("ntk", 8, 0)[0]]
    [(10, 8), (8, 8), (8, 1)]
    """
    widths, rng = (D,) + (m,) * hidden + (1,), np.random.default_rng([seed, 1, m])
    scaling = family_member(name, widths)
    shapes = pairwise(widths)
    return [s * rng.standard_normal(shape) for s, shape in zip(scaling.init_std, shapes)], scaling.multiplier


def largest_eigenvalue(params, multiplier, X, activation="tanh") -> float:
    r"""Return :math:`\lambda_{\max}` of the tangent kernel per sample.

    Examples
    --------
    >>> float(largest_eigenvalue([np.eye(2), np.ones((2, 1))], (1.0, 1.0), np.eye(2), "linear"))
    1.5
    """
    return np.linalg.eigvalsh(tangent_blocks(params, multiplier, X, activation).sum(0))[-1]


def labels_from_start(params, multiplier, X, y) -> np.ndarray:
    """Labels counted from the outputs at the start, so that all widths begin with the same residuals.

    Examples
    --------
    >>> labels_from_start([np.zeros((1, 1))], (1.0,), np.eye(1), np.ones(1)).tolist()
    [1.0]
    """
    return y + plain.forward(params, X, activation="tanh", multiplier=multiplier)


def moved_features(name: str, m: int, seed: int, steps: int = 20) -> float:
    """Relative change of the last hidden features in training with step size 1.

    Examples
    --------
    >>> 0.01 < moved_features("ntk", 64, 0) < 1
    True
    """
    X, y = points_and_labels(seed)
    params, multiplier = first_weights(name, m, seed)
    end = layered_descent(params, multiplier, X, y, 1.0, steps)[1]
    settings = {"activation": "tanh", "multiplier": multiplier}
    before, after = (plain.factors(weights, X, **settings)[0][-1] for weights in (params, end))
    return float(np.linalg.norm(after - before) / np.linalg.norm(before))
