r"""Where laziness ends: depth against width, large steps, and losses that are never satisfied. NumPy float64."""

from itertools import islice

import numpy as np
from scipy.special import expit

from ntklib import plain
from ntklib._validate import positive_int
from ntklib.networks import named_parametrization
from ntklib.theory.wide_networks.lazy_training.statements import sample_length
from ntklib.theory.wide_networks.shallow import shallow_descent, shallow_kernel, shallow_network


def deep_lazy_row(m: int, depth: int, seed, X, y, *, activation="tanh", c=1.0, steps=150) -> dict:
    r"""Train L layers in the "ntk" parametrization with :math:`\eta = 1/\lambda_{\max}(K_0)` and measure laziness.

    Parameters
    ----------
    m, depth : int
        Width of the hidden layers; L.
    seed : int
    X, y : arrays (N, d), (N,)
    activation : str
        As for `ntklib.plain.factors`.
    c : float
        Weight variance.
    steps : int

    Returns
    -------
    dict
        m, L, seed; drift, :math:`\lVert K_T - K_0\rVert` at the end; relative, the same over
        :math:`\lambda_{\max}(K_0)`; same, the error at the same parameters at the end; apart, the largest error against
        the tangent model trained by itself; loss, last over first.

    Notes
    -----
    O(steps N m² L) time. Source: Book.

    Examples
    --------
    >>> row = deep_lazy_row(8, 3, 0, np.eye(3), np.ones(3), steps=20)
    >>> row["L"], bool(row["loss"] < 1)
    (3, True)
    """
    m, depth = positive_int("deep_lazy_row", "m", m), positive_int("deep_lazy_row", "depth", depth)
    scaling = named_parametrization("ntk", widths := (X.shape[1], *[m] * (depth - 1), 1), c)
    start = plain.draw(widths, scaling, [seed, m, depth])
    settings = {"activation": activation, "multiplier": scaling.multiplier}
    K = plain.tangent_kernel(start, X, **settings) / len(X)
    values, vectors = np.linalg.eigh(K)
    points = islice(plain.iterates(start, X, y, 1 / values[-1], **settings), steps + 1)
    first = end = next(points)
    parts, apart = vectors.T @ (first.outputs - y), 0.0
    for end in points:
        line = y + vectors @ ((1 - values / values[-1]) ** end.step * parts)
        apart = max(apart, float(sample_length(end.outputs - line)))
    moved = [W - V for W, V in zip(end.params, start)]
    tangent = first.outputs + plain.jvp(first.F, first.B, moved, scaling.multiplier)
    drift = _drift(end, K)
    row = {"m": m, "L": depth, "seed": seed, "drift": drift, "relative": drift / values[-1], "apart": apart}
    loss = sample_length(end.outputs - y) ** 2 / sample_length(first.outputs - y) ** 2
    return row | {"same": float(sample_length(end.outputs - tangent)), "loss": float(loss)}


def _drift(point, K) -> float:
    """Operator norm of the kernel's distance from K."""
    return np.linalg.norm(sum(plain.layer_kernels(point.F, point.B, point.multiplier)) / len(K) - K, 2)


def kernel_after(W, a, X, y, factor: float, *, steps: int = 200, activation="tanh", c: float = 1.0) -> dict:
    r"""Train with :math:`\eta` = ``factor`` over :math:`\lambda_{\max}` and compare the kernel's end with its start.

    Returns
    -------
    dict
        factor; peak, the largest loss over the first; loss, last over first; drift over :math:`\lambda_{\max}(K_0)`;
        largest, :math:`\lambda_{\max}` at the end over the start.

    Notes
    -----
    Source: Book.

    Examples
    --------
    >>> from ntklib.theory.wide_networks.shallow import shallow_weights
    >>> float(kernel_after(*shallow_weights(2, 9, 0), np.eye(2), np.ones(2), 0.5, steps=5)["peak"])
    1.0
    """
    top = np.linalg.norm(shallow_kernel(W, a, X, activation=activation, c=c), 2)
    run = shallow_descent(W, a, X, y, steps=steps, step=factor / top, activation=activation, c=c)
    end = np.linalg.norm(run.kernels[-1], 2) if np.isfinite(run.kernels).all() else np.nan
    return {
        "factor": factor,
        "peak": run.loss.max() / run.loss[0],
        "loss": run.loss[-1] / run.loss[0],
        "drift": run.drift[-1] / top if np.isfinite(end) else np.nan,
        "largest": end / top,
    }


def logistic_records(W, a, X, signs, times, *, activation="tanh", c: float = 1.0) -> list[dict]:
    r"""Train one hidden layer on the mean logistic loss with :math:`\eta = 4/\lambda_{\max}(K_0)`; look at given times.

    Parameters
    ----------
    W, a : arrays (d, m), (m,)
    X, signs : arrays (N, d), (N,)
        Labels -1 and 1.
    times : sequence of int
        Increasing.
    activation : str
    c : float

    Returns
    -------
    list of dict
        t, loss, distance from the start, relative: :math:`\lVert K_t - K_0\rVert` over :math:`\lambda_{\max}(K_0)`.

    Notes
    -----
    The largest stable step of the linearized loss is twice this one, since the logistic loss bends by at most 1/4.
    Source: Book.

    Examples
    --------
    >>> from ntklib.theory.wide_networks.shallow import shallow_weights
    >>> rows = logistic_records(*shallow_weights(2, 9, 0), np.eye(2), np.array([1.0, -1.0]), (1, 10))
    >>> rows[1]["loss"] < rows[0]["loss"]
    True
    """
    start, settings = shallow_network(W, a, activation=activation, c=c)
    K, rows = shallow_kernel(W, a, X, activation=activation, c=c), []
    top = np.linalg.eigvalsh(K)[-1]
    points = plain.iterates(start, X, signs, 4 / top, loss=_logistic, **settings)
    for point in islice(points, 1, max(times) + 1):
        if point.step in times:
            far = np.sqrt(sum(np.sum((V - U) ** 2) for V, U in zip(point.params, start)))
            row = {"t": point.step, "loss": float(point.loss), "distance": float(far)}
            rows.append(row | {"relative": float(_drift(point, K) / top)})
    return rows


def _logistic(outputs, signs):
    return np.logaddexp(0, -signs * outputs), -signs * expit(-signs * outputs)
