r"""Exact interpolation from a Jacobian of rank N: the doubled network, found by Newton's method instead of a limit.

The map :math:`\theta_1 \mapsto f(\theta_1) - f(\theta)` vanishes at :math:`\theta`, is a submersion there, and can be
scaled by the last layer, so its multiples fill :math:`\mathbb R^N`.
"""

import numpy as np

from ntklib import plain
from ntklib._validate import positive_float, positive_int
from ntklib.theory.minimum_width.counting_parameters.ceilings import jacobian


def forward(params, X, activation="tanh") -> np.ndarray:
    r"""Return the outputs (N,) of a network in the standard parametrization: `ntklib.plain.forward`.

    Examples
    --------
    >>> forward([np.array([[1.0, -1.0]]), np.array([[2.0], [3.0]])], np.array([[4.0]]), "relu").tolist()
    [8.0]
    """
    return plain.forward(params, X, activation=activation)


def displaced(params, direction, epsilon: float) -> list[np.ndarray]:
    r"""Return the weights :math:`\theta + \epsilon\theta'`."""
    return [W + epsilon * V for W, V in zip(params, direction, strict=True)]


def shortest_direction(params, X, Y, activation="tanh") -> list[np.ndarray]:
    r"""Return the shortest :math:`\theta'` with :math:`J\theta' = Y`, by a singular value decomposition of J.

    Parameters
    ----------
    params : sequence of L arrays
    X : array (N, d)
    Y : array (N,)
    activation : str

    Returns
    -------
    list of L arrays

    Raises
    ------
    ValueError
        Labels of another shape than (N,).

    Notes
    -----
    Sees condition numbers of J up to 1e15, where :math:`J^\top K^{-1}Y` stops at 1e7. Least squares where J has not
    rank N. O(N P min(N, P)) time.

    Examples
    --------
    >>> [V.tolist() for V in shortest_direction([np.array([[1.0]]), np.array([[0.0]])], [[3.0]], [6.0], "relu")]
    [[[0.0]], [[2.0]]]
    """
    J, Y = jacobian(params, X, activation), np.asarray(Y, np.float64)
    if Y.shape != J.shape[:1]:
        raise ValueError(f"shortest_direction: Y has shape {Y.shape}; expected ({len(J)},), one label per row of X.")
    return plain.flattened(list(params))[1](np.linalg.lstsq(J, Y, rcond=1e-15)[0])


def length(direction) -> float:
    r"""Return the Euclidean norm :math:`\lVert\theta'\rVert` of a list of weight matrices."""
    return float(np.sqrt(sum(np.sum(np.square(V)) for V in direction)))


def quotient_error(params, direction, X, Y, epsilon: float, activation="tanh") -> float:
    r"""Return :math:`\lVert[f(\theta+\epsilon\theta')-f(\theta)]/\epsilon - Y\rVert`, the memorizer's error."""
    moved = forward(displaced(params, direction, epsilon), X, activation)
    return float(np.linalg.norm((moved - forward(params, X, activation)) / epsilon - np.asarray(Y)))


def curvature_constant(params, direction, X, activation="tanh", *, step: float = 1e-3) -> float:
    r"""Return C in the error :math:`C\epsilon + O(\epsilon^2)` of the difference quotient, for a smooth activation.

    .. math:: C = \tfrac12\lVert D^2f(\theta)[\theta',\theta']\rVert

    Parameters
    ----------
    params, direction : sequences of L arrays
    X : array (N, d)
    activation : str
    step : float
        Length in parameter space of the central second difference.

    Returns
    -------
    float

    Notes
    -----
    Relative error of order step² plus rounding u/step². Three forward passes. For ReLU see
    :func:`ntklib.theory.finite_width.memorization.errors.error_constant`, which is exact.

    Examples
    --------
    >>> theta, way = [np.array([[1.0]]), np.array([[2.0]])], [np.array([[1.0]]), np.array([[1.0]])]
    >>> round(curvature_constant(theta, way, np.array([[1.0]]), "linear"), 6)
    1.0
    """
    h = positive_float("curvature_constant", "step", step) / length(direction)
    ahead, here, behind = (forward(displaced(params, direction, t), X, activation) for t in (h, 0.0, -h))
    return float(np.linalg.norm(ahead - 2 * here + behind) / (2 * h**2))


def newton_memorizer(params, X, Y, scale: float, *, steps: int = 6, activation="tanh"):
    r"""Solve :math:`f(\theta_1) - f(\theta) = sY` by Newton's method from :math:`\theta_1 = \theta`.

    .. math:: \theta_1 \leftarrow \theta_1 + J(\theta_1)^+\,\big(sY + f(\theta) - f(\theta_1)\big)

    Parameters
    ----------
    params : sequence of L arrays
        With a Jacobian of rank N on the samples.
    X : array (N, d)
    Y : array (N,)
    scale : float
        s; with :math:`s\lVert Y\rVert\le\sigma_{\min}(J)^2/(4\Lambda)` a solution exists, where :math:`\Lambda` is
        a Lipschitz constant of J on the ball of radius :math:`\sigma_{\min}(J)/(2\Lambda)` around :math:`\theta`.
    steps : int
        The first one is the memorizer of the finite difference with :math:`\epsilon = s`.

    Returns
    -------
    (list of L arrays, list of floats)
        :math:`(\theta_1 - \theta)/s`, to be given to
        :func:`ntklib.theory.finite_width.memorization.doubling.doubled_params` with ε = s, and the errors
        :math:`\lVert(f(\theta_1)-f(\theta))/s - Y\rVert` after each step.

    Notes
    -----
    Quadratic convergence until rounding, :math:`u\lVert f\rVert/s`. One SVD of J per step. Source: Book.

    Examples
    --------
    >>> X = np.random.default_rng(0).standard_normal((10, 3))
    >>> _, errors = newton_memorizer(plain.draw((3, 5, 1), "bombari", 0), X, np.ones(10), 1e-4)
    >>> bool(errors[-1] < 1e-9 < errors[0])
    True
    """
    scale = positive_float("newton_memorizer", "scale", scale)
    start, here, Y = forward(params, X, activation), [W.copy() for W in params], np.asarray(Y, np.float64)
    errors = []
    rest = Y.copy()
    for _ in range(positive_int("newton_memorizer", "steps", steps)):
        here = displaced(here, shortest_direction(here, X, scale * rest, activation), 1.0)
        rest = Y - (forward(here, X, activation) - start) / scale
        errors.append(float(np.linalg.norm(rest)))
    return [(M - W) / scale for M, W in zip(here, params)], errors


def guaranteed_samples(widths) -> int:
    r"""Return how many generic samples a tanh network of these widths provably interpolates, whatever the labels.

    Parameters
    ----------
    widths : sequence of L + 1 ints
        With hidden widths of at least 2.

    Returns
    -------
    int
        The number of parameters of the network of half the hidden widths, rounded down.

    Raises
    ------
    ValueError
        A hidden layer of fewer than two neurons.

    Notes
    -----
    Needs rank = parameter count for the half: see ``counting_parameters``. Source: Book.

    Examples
    --------
    >>> guaranteed_samples((6, 12, 1))
    42
    """
    if min(widths[1:-1], default=2) < 2:
        raise ValueError(f"guaranteed_samples: widths={tuple(widths)}; expected hidden widths of at least 2.")
    return plain.parameter_count([widths[0], *(n // 2 for n in widths[1:-1]), widths[-1]])
