"""Networks and gradient descent in NumPy float64, where many shapes must cost nothing to compile."""

import numpy as np

from ntklib._validate import positive_int

SLOPES_FROM_VALUE = {"tanh": lambda f: 1 - f**2, "relu": lambda f: (f > 0) * 1.0, "linear": np.ones_like}
VALUES = {"tanh": np.tanh, "relu": lambda g: np.maximum(g, 0.0), "linear": lambda g: g}


def layer_values(params, multiplier, X, activation="tanh"):
    """Features F_0, …, F_{L-1} and outputs (N,) of a network with one output, in NumPy.

    Examples
    --------
    >>> F, f = layer_values([np.eye(2), np.ones((2, 1))], (1.0, 0.5), np.array([[1.0, 3.0]]), "linear")
    >>> f.tolist()
    [2.0]
    """
    F = [np.asarray(X, np.float64)]
    for W, m in zip(params[:-1], multiplier):
        F.append(VALUES[activation](m * (F[-1] @ W)))
    return F, multiplier[-1] * (F[-1] @ params[-1])[:, 0]


def layer_errors(params, multiplier, F, last, activation="tanh"):
    """Backward matrices B_1, …, B_L for a derivative ``last`` (N,) with respect to the outputs.

    Examples
    --------
    >>> params, X = [np.eye(2), np.ones((2, 1))], np.array([[1.0, 3.0]])
    >>> F, _ = layer_values(params, (1.0, 0.5), X, "linear")
    >>> layer_errors(params, (1.0, 0.5), F, np.ones(1), "linear")[0].tolist()
    [[0.5, 0.5]]
    """
    B = [np.asarray(last, np.float64)[:, None]]
    for W, m, f in zip(params[:0:-1], multiplier[:0:-1], F[:0:-1]):
        B.append(m * (B[-1] @ W.T) * SLOPES_FROM_VALUE[activation](f))
    return B[::-1]


def tangent_blocks(params, multiplier, X, activation="tanh") -> np.ndarray:
    r"""Return the L terms of the tangent kernel per sample.

    .. math:: \tfrac1N m_l^2\, (F_{l-1}F_{l-1}^\top) \circ (B_lB_l^\top)

    Parameters
    ----------
    params : sequence of L arrays (n_{l-1}, n_l)
        With one output.
    multiplier : sequence of L floats
    X : array (N, d)
    activation : {"tanh", "relu", "linear"}

    Returns
    -------
    ndarray, shape (L, N, N)

    Notes
    -----
    NumPy float64, nothing is compiled. Time O(N Σ n_{l-1} n_l + N² Σ n_l). Chapter: ``learning_rates``.

    Examples
    --------
    >>> tangent_blocks([np.eye(2), np.ones((2, 1))], (1.0, 1.0), np.eye(2), "linear").sum(0).tolist()
    [[1.5, 0.0], [0.0, 1.5]]
    """
    F, f = layer_values(params, multiplier, X, activation)
    B = layer_errors(params, multiplier, F, np.ones_like(f), activation)
    return np.array([m**2 * (f @ f.T) * (b @ b.T) for m, f, b in zip(multiplier, F, B)]) / len(X)


def layered_descent(params, multiplier, X, y, step, steps: int, activation="tanh"):
    r"""Gradient descent on the mean square loss with one step size per layer, in NumPy.

    Parameters
    ----------
    params : sequence of L arrays
        Not changed.
    multiplier : sequence of L floats
    X, y : arrays (N, d), (N,)
    step : float or sequence of L floats
    steps : int
    activation : {"tanh", "relu", "linear"}

    Returns
    -------
    losses : ndarray, shape (steps + 1,)
        Infinite from the first step on at which the loss exceeds 1e12 or is not finite.
    params : list of L arrays

    Raises
    ------
    ValueError
        If ``steps`` is not a positive integer.

    Notes
    -----
    A second route to `ntklib.gradient_descent`, without compiling. Time O(steps N Σ n_{l-1} n_l). Chapter:
    ``learning_rates``.

    Examples
    --------
    >>> losses, _ = layered_descent([np.ones((1, 1))], (1.0,), [[1.0]], [0.0], 0.5, 2, "linear")
    >>> losses.tolist()
    [0.5, 0.125, 0.03125]
    """
    params, y = [np.array(W, np.float64) for W in params], np.asarray(y, np.float64)
    step = np.broadcast_to(np.asarray(step, float), (len(params),))
    losses = np.full(positive_int("layered_descent", "steps", steps) + 1, np.inf)
    with np.errstate(over="ignore", invalid="ignore"):
        for t in range(steps + 1):
            F, f = layer_values(params, multiplier, X, activation)
            losses[t] = np.mean((f - y) ** 2) / 2
            if not losses[t] < 1e12:
                losses[t:] = np.inf
                break
            if t < steps:
                B = layer_errors(params, multiplier, F, (f - y) / len(y), activation)
                for W, m, eta, left, right in zip(params, multiplier, step, F, B):
                    W -= eta * m * (left.T @ right)
    return losses, params


def largest_stable_step(params, multiplier, X, y, *, steps: int, halvings: int = 7, activation="tanh") -> float:
    r"""Bisect for the largest step size with which the loss has not risen after the given number of steps.

    Parameters
    ----------
    params, multiplier, X, y, steps, activation
        As in `layered_descent`.
    halvings : int
        Of the interval of :math:`\log\eta` from :math:`2^{-5}/\lambda_{\max}` to :math:`2^5/\lambda_{\max}`.

    Returns
    -------
    float

    Notes
    -----
    Stability need not be monotone in the step size; bisection finds one change. Chapter: ``learning_rates``.

    Examples
    --------
    >>> step = largest_stable_step([np.ones((1, 1))], (1.0,), [[1.0]], [0.0], steps=50, activation="linear")
    >>> round(step, 1)
    1.9
    """
    top = np.linalg.eigvalsh(tangent_blocks(params, multiplier, X, activation).sum(0))[-1]
    low, high = -5.0, 5.0
    for _ in range(halvings):
        middle = (low + high) / 2
        losses = layered_descent(params, multiplier, X, y, 2.0**middle / top, steps, activation)[0]
        low, high = (middle, high) if losses[-1] <= losses[0] else (low, middle)
    return 2.0**low / float(top)
