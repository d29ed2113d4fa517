r"""The Wasserstein route: transport cost between samples, Lipschitz constants of one hidden ReLU layer."""

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from ntklib import plain
from ntklib.theory.wide_networks.shallow import shallow_network, shallow_weights


def sample_wasserstein(X, X2, y=None, y2=None, *, label_cost: float = 1.0) -> float:
    r"""Exact transport cost between two samples of equal size, with cost :math:`\lVert x-x'\rVert + c\,1[y\ne y']`.

    .. math:: W_1 = \min_\pi \frac1N\sum_i \lVert x_i - x'_{\pi(i)}\rVert + c\,1[y_i \ne y'_{\pi(i)}]

    Parameters
    ----------
    X, X2 : arrays (N, d)
    y, y2 : arrays (N,), optional
        Labels; without them only inputs are moved.
    label_cost : float
        c, the price of a change of label.

    Returns
    -------
    float
        In units of the inputs.

    Raises
    ------
    ValueError
        For samples of different sizes.

    Notes
    -----
    A minimum over permutations, by Birkhoff's theorem. O(N³) time at worst, O(N²) memory.
    Source: Kantorovich duality.

    Examples
    --------
    >>> sample_wasserstein(np.array([[0.0], [1.0]]), np.array([[1.0], [3.0]]))
    1.5
    """
    if np.shape(X) != np.shape(X2):
        raise ValueError(
            f"sample_wasserstein: X has shape {np.shape(X)} and X2 {np.shape(X2)}; expected the same; drop points."
        )
    cost = cdist(X, X2)
    if y is not None:
        cost = cost + label_cost * (np.asarray(y)[:, None] != np.asarray(y2)[None, :])
    return float(cost[linear_sum_assignment(cost)].mean())


def product_lipschitz(W, a) -> float:
    r"""Return :math:`\sqrt{2/m}\,\lVert W\rVert\,\lVert a\rVert`: a Lipschitz constant in the inputs, ReLU.

    Examples
    --------
    >>> product_lipschitz(np.eye(2), np.ones(2))
    1.4142135623730951
    """
    return float((2 / len(a)) ** 0.5 * np.linalg.norm(W, 2) * np.linalg.norm(a))


def product_lipschitz_ball(W, a, rho: float) -> float:
    r"""Bound the product of norms for all weights within distance ρ of (W, a).

    .. math:: \sqrt{2/m}\,\Big(\lVert W\rVert\lVert a\rVert
              + \rho\sqrt{\lVert W\rVert^2 + \lVert a\rVert^2} + \tfrac12\rho^2\Big)

    Notes
    -----
    Cauchy–Schwarz and :math:`uv \le \frac12(u^2+v^2)` for the two moves.

    Examples
    --------
    >>> product_lipschitz_ball(np.eye(2), np.ones(2), 0.0) == product_lipschitz(np.eye(2), np.ones(2))
    True
    """
    w, v = np.linalg.norm(W, 2), np.linalg.norm(a)
    return float((2 / len(a)) ** 0.5 * (w * v + rho * np.hypot(w, v) + rho**2 / 2))


def sampled_slope(W, a, X) -> float:
    r"""Return the largest gradient in the inputs over the rows of X: no Lipschitz constant is smaller.

    Examples
    --------
    >>> sampled_slope(np.eye(2), np.ones(2), np.ones((1, 2)))
    1.4142135623730951
    """
    params, settings = shallow_network(W, a, activation="relu", c=2.0)
    return float(np.linalg.norm(plain.input_jacobian(params, X, **settings), axis=(1, 2)).max())


def sphere_transport(N: int, d: int, seed: int = 0) -> tuple[float, float]:
    r"""Transport between two independent samples of N points of the unit sphere, and the mean distance to the nearest.

    Returns
    -------
    tuple of float
        :math:`W_1`, and the mean over one sample of the distance to the nearest point of the other.

    Notes
    -----
    The second number is at most the first. O(N³) time.

    Examples
    --------
    >>> whole, nearest = sphere_transport(32, 3)
    >>> 0 < nearest < whole
    True
    """
    X, X2 = (shallow_weights(d, N, [seed, N, d, side])[0].T for side in range(2))
    X, X2 = (Z / np.linalg.norm(Z, axis=1, keepdims=True) for Z in (X, X2))
    return sample_wasserstein(X, X2), float(cdist(X, X2).min(axis=1).mean())
