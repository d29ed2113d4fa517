"""Problems whose first two samples approach each other, which drives λ_min to 0."""

import numpy as np

from ntklib.theory.minimum_width.interpolation.transition import random_problem


def closing_pair(widths, N: int, seed: int, distance: float, labels: str = "opposite"):
    """Return weights, data and labels of a random problem whose first two samples have the given distance.

    Their labels are "opposite" or "equal".

    Examples
    --------
    >>> _, X, Y = closing_pair((4, 3, 1), 5, 0, 0.1)
    >>> float(np.linalg.norm(X[1] - X[0]).round(9)), float(Y[0] * Y[1])
    (0.1, -1.0)
    """
    params, X, Y = random_problem(widths, N, seed)
    step = X[1] / np.linalg.norm(X[1])
    X[1], Y[0], Y[1] = X[0] + distance * step, 1.0, -1.0 if labels == "opposite" else 1.0
    return params, X, Y
