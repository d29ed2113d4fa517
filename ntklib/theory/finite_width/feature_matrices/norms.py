r"""Norms of random features, with constants: what one ReLU layer does to the length of a vector and to a difference."""

import math

import numpy as np

from ntklib._validate import positive_int


def norm_failure(neurons: int, samples: int = 1) -> float:
    r"""Return a bound on the probability that a ReLU layer changes some squared norm by a factor outside [1/4, 3/4].

    .. math:: P\Big(\exists i:\ \frac{\lVert f_k(x_i)\rVert^2}{n_k\beta_k^2\lVert f_{k-1}(x_i)\rVert^2}
              \notin \Big[\frac14, \frac34\Big]\Big) \le \min\big(1,\ 2 N e^{-n_k/52}\big)

    Parameters
    ----------
    neurons : int
        :math:`n_k`.
    samples : int
        N.

    Returns
    -------
    float

    Notes
    -----
    Chernoff's bound for :math:`\max(0, g)^2`, whose moment generating function is :math:`(1 + (1 - 2t)^{-1/2})/2`, at
    t = 0.14 above and t = -0.35 below. Source: proved in the chapter ``feature_matrices``.

    Examples
    --------
    >>> round(norm_failure(1000, 100), 8)
    8.9e-07
    """
    n, N = positive_int("norm_failure", "neurons", neurons), positive_int("norm_failure", "samples", samples)
    return min(1.0, 2 * N * math.exp(-n / 52))


def pair_energy(a, b) -> float:
    r"""Return :math:`E(\sigma(\langle w, a\rangle) - \sigma(\langle w, b\rangle))^2`, ReLU, w standard Gaussian.

    .. math:: \tfrac14\lVert a - b\rVert^2 + \tfrac14 E(\lvert u\rvert - \lvert v\rvert)^2
              \ \ge\ \tfrac14\lVert a - b\rVert^2, \qquad u = \langle w, a\rangle,\ v = \langle w, b\rangle

    Parameters
    ----------
    a, b : array_like, shape (d,)
        Not both zero.

    Returns
    -------
    float

    Notes
    -----
    In closed form, :math:`E\lvert u\rvert\lvert v\rvert = \frac2\pi(\sin\theta + (\frac\pi2 - \theta)\cos\theta)
    \lVert a\rVert\lVert b\rVert` with the angle :math:`\theta`. Source: proved in the chapter ``feature_matrices``.

    Examples
    --------
    >>> round(pair_energy([1.0, 0.0], [-1.0, 0.0]), 9)
    1.0
    """
    a, b = np.asarray(a, float), np.asarray(b, float)
    size = np.linalg.norm(a) * np.linalg.norm(b)
    theta = math.acos(min(1.0, max(-1.0, float(a @ b) / size))) if size else math.pi / 2
    mixed = 2 / math.pi * (math.sin(theta) + (math.pi / 2 - theta) * math.cos(theta)) * size
    return float((np.sum((a - b) ** 2) + a @ a + b @ b - 2 * mixed) / 4)
