r"""Where laziness ends: depth against width, large steps, and losses that are never satisfied. NumPy float64."""

from itertools import pairwise

import numpy as np
from scipy.special import expit

from ntklib._validate import positive_int
from ntklib.theory.minimum_width.networks import factors
from ntklib.theory.wide_networks.lazy_training.statements import sample_length
from ntklib.theory.wide_networks.shallow import shallow_descent, shallow_jacobian, shallow_kernel, shallow_outputs


def deep_lazy_row(m: int, depth: int, seed, X, y, *, activation="tanh", c=1.0, steps=150) -> dict:
    r"""Train L layers in the "ntk" parametrization with :math:`\eta = 1/\lambda_{\max}(K_0)` and measure laziness.

    Parameters
    ----------
    m, depth : int
        Width of the hidden layers; L.
    seed : int
    X, y : arrays (N, d), (N,)
    activation : str
        As for `ntklib.theory.minimum_width.networks.factors`.
    c : float
        Weight variance.
    steps : int

    Returns
    -------
    dict
        m, L, seed; drift, :math:`\lVert K_T - K_0\rVert` at the end; relative, the same over
        :math:`\lambda_{\max}(K_0)`; same, the error at the same parameters at the end; apart, the largest error against
        the tangent model trained by itself; loss, last over first.

    Raises
    ------
    ValueError
        For a width or a depth that is no positive integer, or another activation.

    Notes
    -----
    O(steps N m² L) time. Source: Book. Chapter: ``lazy_training``.

    Examples
    --------
    >>> row = deep_lazy_row(8, 3, 0, np.eye(3), np.ones(3), steps=20)
    >>> row["L"], bool(row["loss"] < 1)
    (3, True)
    """
    m, depth = positive_int("deep_lazy_row", "m", m), positive_int("deep_lazy_row", "depth", depth)
    rng, widths = np.random.default_rng([seed, m, depth]), [X.shape[1], *[m] * (depth - 1), 1]
    mu = [1.0, *[(c / m) ** 0.5] * (depth - 1)]
    start = [rng.standard_normal(shape) for shape in pairwise(widths)]
    F0, B0, outputs = _passes(start, mu, X, activation)
    K = _kernel(F0, B0, mu)
    values, vectors = np.linalg.eigh(K)
    params, now, (F, B) = start, outputs, (F0, B0)
    parts, line, apart = vectors.T @ (outputs - y), outputs, 0.0
    for t in range(1, steps + 1):
        r = (now - y)[:, None] / (len(X) * values[-1])
        params = [W - s * f.T @ (r * b) for W, s, f, b in zip(params, mu, F, B)]
        F, B, now = _passes(params, mu, X, activation)
        line = y + vectors @ ((1 - values / values[-1]) ** t * parts)
        apart = max(apart, float(sample_length(now - line)))
    pieces = zip(mu, F0, params, start, B0)
    tangent = outputs + sum(s * np.einsum("ni,ij,nj->n", f, W - V, b) for s, f, W, V, b in pieces)
    drift = np.linalg.norm(_kernel(F, B, mu) - K, 2)
    row = {"m": m, "L": depth, "seed": seed, "drift": drift, "relative": drift / values[-1], "apart": apart}
    loss = sample_length(now - y) ** 2 / sample_length(outputs - y) ** 2
    return row | {"same": float(sample_length(now - tangent)), "loss": float(loss)}


def _passes(params, mu, X, activation):
    weights = [s * W for s, W in zip(mu, params)]
    F, B = factors(weights, X, activation)
    return F, B, (F[-1] @ weights[-1])[:, 0]


def _kernel(F, B, mu):
    return sum(s**2 * (f @ f.T) * (b @ b.T) for s, f, b in zip(mu, F, B)) / len(F[0])


def kernel_after(W, a, X, y, factor: float, *, steps: int = 200, activation="tanh", c: float = 1.0) -> dict:
    r"""Train with :math:`\eta` = ``factor`` over :math:`\lambda_{\max}` and compare the kernel's end with its start.

    Returns
    -------
    dict
        factor; peak, the largest loss over the first; loss, last over first; drift over :math:`\lambda_{\max}(K_0)`;
        largest, :math:`\lambda_{\max}` at the end over the start.

    Notes
    -----
    Source: Book. Chapter: ``lazy_training``.

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

    Raises
    ------
    ValueError
        For another activation.

    Notes
    -----
    The largest stable step of the linearized loss is twice this one, since the logistic loss bends by at most 1/4.
    Source: Book. Chapter: ``lazy_training``.

    Examples
    --------
    >>> from ntklib.theory.wide_networks.shallow import shallow_weights
    >>> rows = logistic_records(*shallow_weights(2, 9, 0), np.eye(2), np.array([1.0, -1.0]), (1, 10))
    >>> rows[1]["loss"] < rows[0]["loss"]
    True
    """
    settings, rows, start = {"activation": activation, "c": c}, [], (W, a)
    K = shallow_kernel(W, a, X, **settings)
    top = np.linalg.eigvalsh(K)[-1]
    for t in range(1, max(times) + 1):
        margin = signs * shallow_outputs(W, a, X, **settings)
        gradient = shallow_jacobian(W, a, X, **settings).T @ (-signs * expit(-margin)) / len(X) ** 0.5
        W, a = W - 4 / top * gradient[: W.size].reshape(W.shape), a - 4 / top * gradient[W.size :]
        if t in times:
            loss = np.mean(np.logaddexp(0, -signs * shallow_outputs(W, a, X, **settings)))
            far = np.sqrt(np.sum((W - start[0]) ** 2) + np.sum((a - start[1]) ** 2))
            moved = np.linalg.norm(shallow_kernel(W, a, X, **settings) - K, 2) / top
            rows.append({"t": t, "loss": float(loss), "distance": float(far), "relative": float(moved)})
    return rows
