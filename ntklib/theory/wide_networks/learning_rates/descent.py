"""The chapter's kernels and runs, layer by layer: `ntklib.plain` with the chapter's normalization."""

import numpy as np

from ntklib import plain


def tangent_blocks(params, multiplier, X, activation="tanh") -> np.ndarray:
    r"""Return the L terms :math:`\frac1N m_l^2\,(F_{l-1}F_{l-1}^\top) \circ (B_lB_l^\top)`.

    They sum to the tangent kernel per sample. The arguments are those of `ntklib.plain.factors`; shape (L, N, N).

    Examples
    --------
    >>> tangent_blocks([np.eye(2), np.ones((2, 1))], (1.0, 1.0), np.eye(2), "linear").sum(0).tolist()
    [[1.5, 0.0], [0.0, 1.5]]
    """
    F, B = plain.factors(params, X, activation=activation, multiplier=multiplier)
    return np.array(plain.layer_kernels(F, B, multiplier)) / len(X)


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
    activation : str
        As for `ntklib.plain.factors`.

    Returns
    -------
    losses : ndarray, shape (steps + 1,)
        Infinite from the first step on at which the loss exceeds 1e12 or is not finite.
    params : list of L arrays

    Notes
    -----
    Time O(steps N Σ n_{l-1} n_l).

    Examples
    --------
    >>> losses, _ = layered_descent([np.ones((1, 1))], (1.0,), [[1.0]], [0.0], 0.5, 2, "linear")
    >>> losses.tolist()
    [0.5, 0.125, 0.03125]
    """
    step = np.broadcast_to(np.asarray(step, float), (len(params),))
    run = plain.descent(params, X, y, 1.0, steps, rates=step, activation=activation, multiplier=multiplier)
    return run.loss, run.params


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
    Stability need not be monotone in the step size; bisection finds one change.

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
