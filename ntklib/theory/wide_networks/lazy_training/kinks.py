r"""What kinks do: the error of the tangent model after one step, its scatter over draws and its mean."""

import numpy as np

from ntklib._validate import positive_float, positive_int
from ntklib.theory.wide_networks.shallow import shallow_descent, shallow_weights


def one_step_errors(X, y, m: int, seeds, *, step: float = 5.0, activation="relu", c: float = 2.0) -> np.ndarray:
    r"""Return :math:`F(\theta_1) - F_{\rm lin}(\theta_1)` after one step on :math:`f(\theta) - f(\theta_0)`.

    Parameters
    ----------
    X, y : arrays (N, d), (N,)
    m : int
        Width of the one hidden layer.
    seeds : iterable of int
    step : float
        η, not small, so that the error is seen.
    activation : str or pair of functions
    c : float

    Returns
    -------
    ndarray (S, N)
        One row per seed.

    Notes
    -----
    O(S N d m). Source: Book.

    Examples
    --------
    >>> one_step_errors(np.eye(3), np.ones(3), 8, range(2)).shape
    (2, 3)
    """
    found = []
    for seed in seeds:
        W, a = shallow_weights(X.shape[1], m, [seed, m])
        run = shallow_descent(W, a, X, y, steps=1, step=step, activation=activation, c=c, centred=True)
        found.append(run.outputs[1] - run.tangent[1])
    return np.array(found)


def kink_bias(X, y, *, step: float = 5.0, c: float = 2.0, draws: int = 20_000, seed: int = 0) -> np.ndarray:
    r"""Return the limit of :math:`\sqrt m` times the mean of `one_step_errors` for ReLU: a sample moves its own kink.

    .. math:: \frac{c^{3/2}\,\mathbb E\lvert a\rvert^3\,p_i}4\;
              \mathbb E\big[\,\mathrm{sgn}(\beta)\beta^2 - \mathrm{sgn}(\beta')\beta'^2\,\big\vert\,
              w^\top x_i = 0\big], \qquad \beta' = \beta + \alpha_i\lVert x_i\rVert^2

    with :math:`\alpha = \eta y/N`, :math:`\beta = \sum_{j\ne i}\alpha_j 1[w^\top x_j > 0]\,x_j^\top x_i`, and
    :math:`p_i = 1/(\sqrt{2\pi}\lVert x_i\rVert)` the density of a pre-activation at 0.

    Parameters
    ----------
    X, y : arrays (N, d), (N,)
    step : float
        η.
    c : float
    draws : int
        Of w on each hyperplane, for the mean.
    seed : int

    Returns
    -------
    ndarray (N,)

    Notes
    -----
    Monte Carlo, relative error ``draws``\ :sup:`-1/2`. O(draws N (N + d)). Source: Book, the count of the chapter.

    Examples
    --------
    >>> bool(kink_bias(np.eye(2), np.array([1.0, -1.0]))[0] < 0)
    True
    """
    pushed = _pushes(X, y, step, draws, seed)
    result = [np.mean(beta * np.abs(beta) - own * np.abs(own)) / size for beta, own, size in pushed]
    return c**1.5 * 2 * (2 / np.pi) ** 0.5 / (4 * (2 * np.pi) ** 0.5) * np.array(result)


def kink_scatter(X, y, *, step: float = 5.0, c: float = 2.0, draws: int = 20_000, seed: int = 0) -> np.ndarray:
    r"""Return the limit of :math:`m^{3/4}` times the standard deviation of `one_step_errors` for ReLU.

    .. math:: \Big(\frac{c^{5/2}\,\mathbb E\lvert a\rvert^5\,p_i}6\;
              \mathbb E\big[\lvert\beta\rvert^3 + \lvert\beta'\rvert^3\,\big\vert\,w^\top x_i = 0\big]\Big)^{1/2}

    Parameters
    ----------
    X, y, step, c, draws, seed
        As in `kink_bias`, with its β, β' and :math:`p_i`.

    Returns
    -------
    ndarray (N,)

    Notes
    -----
    Monte Carlo, O(draws N (N + d)). Source: Book, the proposition of the chapter.

    Examples
    --------
    >>> bool(kink_scatter(np.eye(2), np.array([1.0, -1.0])).min() > 0)
    True
    """
    fifth, density = 8 * (2 / np.pi) ** 0.5, (2 * np.pi) ** -0.5
    pushed = _pushes(X, y, step, draws, seed)
    result = [np.mean(np.abs(beta) ** 3 + np.abs(own) ** 3) / size for beta, own, size in pushed]
    return np.sqrt(c**2.5 * fifth * density / 6 * np.array(result))


def _pushes(X, y, step, draws, seed):
    """β, β' for draws of w on each sample's hyperplane, and the sample's norm."""
    eta, rng = positive_float("kink_bias", "step", step), np.random.default_rng(seed)
    positive_int("kink_bias", "draws", draws)
    alpha, sizes = eta * np.asarray(y) / len(X), np.linalg.norm(X, axis=1)
    for i, x in enumerate(X):
        w = rng.standard_normal((draws, X.shape[1]))
        w -= np.outer(w @ x, x) / sizes[i] ** 2
        pushes = alpha * (X @ x)
        others = np.arange(len(X)) != i
        beta = (w @ X[others].T > 0) @ pushes[others]
        yield beta, beta + pushes[i], sizes[i]
