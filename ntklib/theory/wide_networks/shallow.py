r"""One hidden layer in the "ntk" parametrization, in NumPy float64: gradient descent with its kernels, no compiling.

The network is :math:`f(x) = \sqrt{c/m}\,\sum_k a_k\,\sigma(w_k^\top x)`; norms and kernels are those of functions on
the sample, :math:`\lVert u\rVert^2 = \frac1N\sum_i u_i^2` and :math:`\frac1N JJ^\top`.
"""

from itertools import islice
from typing import NamedTuple

import numpy as np

from ntklib import plain
from ntklib._validate import positive_float, positive_int


class ShallowRun(NamedTuple):
    """Gradient descent on one hidden layer, seen at R recorded iterations."""

    step: np.ndarray  # (R,)
    outputs: np.ndarray  # (R, N)
    tangent: np.ndarray  # (R, N): the tangent model of the start, at the same parameters
    trained: np.ndarray  # (R, N): the tangent model, trained by itself
    kernels: np.ndarray  # (R, N, N)
    W: np.ndarray  # (R, d, m)
    a: np.ndarray  # (R, m)
    loss: np.ndarray  # (R,)

    @property
    def drift(self) -> np.ndarray:
        """Operator norm of the kernel's change since the start, shape (R,)."""
        return np.linalg.norm(self.kernels - self.kernels[0], 2, axis=(1, 2))

    @property
    def smallest(self) -> np.ndarray:
        """Smallest eigenvalue of each kernel, shape (R,)."""
        return np.linalg.eigvalsh(self.kernels)[:, 0]

    @property
    def distance(self) -> np.ndarray:
        """Euclidean distance of the parameters from the start, shape (R,)."""
        return np.sqrt(np.sum((self.W - self.W[0]) ** 2, axis=(1, 2)) + np.sum((self.a - self.a[0]) ** 2, axis=1))


def shallow_weights(d: int, m: int, seed, *, signs: str = "random"):
    """Draw first-layer weights and output weights, standard normal.

    Parameters
    ----------
    d, m : int
        Input dimension and width.
    seed : int or sequence of int
        Of NumPy's default generator.
    signs : {"random", "positive"}
        With "positive" the output weights are the absolute values of the same draw.

    Returns
    -------
    W : ndarray (d, m)
    a : ndarray (m,)

    Raises
    ------
    ValueError
        For sizes that are not positive, or another word.

    Notes
    -----
    O(d m). Source: Book.

    Examples
    --------
    >>> W, a = shallow_weights(3, 5, 0, signs="positive")
    >>> W.shape, bool((a > 0).all())
    ((3, 5), True)
    """
    d, m = positive_int("shallow_weights", "d", d), positive_int("shallow_weights", "m", m)
    if signs not in ("random", "positive"):
        raise ValueError(f"shallow_weights: signs={signs!r}; expected 'random' or 'positive'.")
    W, a = plain.draw((d, m, 1), (1.0, 1.0), seed)
    return W, a[:, 0] if signs == "random" else np.abs(a[:, 0])


def shallow_network(W, a, *, activation="tanh", c: float = 1.0):
    r"""Return the weights as a list of matrices, and the keyword arguments with which `ntklib.plain` takes them.

    Examples
    --------
    >>> params, settings = shallow_network(np.eye(2), np.array([1.0, -1.0]), c=8.0)
    >>> params[1].shape, settings["multiplier"]
    ((2, 1), (1.0, 2.0))
    """
    return [W, np.asarray(a)[:, None]], {"activation": activation, "multiplier": (1.0, (c / len(a)) ** 0.5)}


def shallow_outputs(W, a, X, *, activation="tanh", c: float = 1.0) -> np.ndarray:
    r"""Return :math:`\sqrt{c/m}\,\sigma(XW)\,a`, shape (N,).

    Examples
    --------
    >>> shallow_outputs(np.eye(2), np.array([1.0, -1.0]), np.array([[3.0, 1.0]]), activation="relu", c=2.0).tolist()
    [2.0]
    """
    params, settings = shallow_network(W, a, activation=activation, c=c)
    return plain.forward(params, X, **settings)


def neuron_kernels(W, a, X, *, activation="tanh", c: float = 1.0) -> np.ndarray:
    r"""Return the m terms of which the tangent kernel of one hidden layer is the mean.

    .. math:: \tfrac1N JJ^\top = \frac1m\sum_k Z_k, \qquad
              Z_k = \frac cN\big(a_k^2\, s_ks_k^\top\circ XX^\top + h_kh_k^\top\big)

    with :math:`h_k = \sigma(Xw_k)` and :math:`s_k = \sigma'(Xw_k)`.

    Returns
    -------
    ndarray (m, N, N)

    Notes
    -----
    O(m N²) time and memory. Source: Book.

    Examples
    --------
    >>> neuron_kernels(np.ones((1, 2)), np.array([3.0, 1.0]), np.ones((1, 1)), activation="relu").tolist()
    [[[10.0]], [[2.0]]]
    """
    function, slope = plain.activation_functions(activation)[:2]
    g = (X @ W).T
    h, s = function(g), slope(g) * np.asarray(a)[:, None]
    outer = s[:, :, None] * s[:, None, :] * (X @ X.T) + h[:, :, None] * h[:, None, :]
    return c / len(X) * outer


def shallow_kernel(W, a, X, *, activation="tanh", c: float = 1.0) -> np.ndarray:
    r"""Return :math:`\frac1N JJ^\top`, the mean of :func:`neuron_kernels`, in O(N² m) time and O(N m) memory.

    Examples
    --------
    >>> shallow_kernel(np.ones((1, 4)), np.array([3.0, 1.0, 3.0, 1.0]), np.ones((1, 1)), activation="relu").tolist()
    [[6.0]]
    """
    params, settings = shallow_network(W, a, activation=activation, c=c)
    return plain.tangent_kernel(params, X, **settings) / len(X)


def shallow_jacobian(W, a, X, *, activation="tanh", c: float = 1.0) -> np.ndarray:
    r"""Return :math:`J/\sqrt N`, shape (N, m (d + 1)): first all of W, then a; O(N m d) time and memory.

    Examples
    --------
    >>> shallow_jacobian(np.ones((1, 1)), np.array([3.0]), np.ones((1, 1)), activation="relu").tolist()
    [[3.0, 1.0]]
    """
    params, settings = shallow_network(W, a, activation=activation, c=c)
    return plain.jacobian(*plain.factors(params, X, **settings), settings["multiplier"]) / len(X) ** 0.5


def shallow_descent(
    W, a, X, y, *, steps: int, every: int = 1, step=None, activation="tanh", c: float = 1.0, centred=False
) -> ShallowRun:
    r"""Run gradient descent on :math:`\frac1{2N}\lVert f - y\rVert^2`, beside its two linearizations.

    Parameters
    ----------
    W, a : arrays (d, m), (m,)
        The start.
    X, y : arrays (N, d), (N,)
    steps, every : int
        Iterations, and how many lie between two records.
    step : float, optional
        η; without it :math:`1/\lambda_{\max}` of the kernel at the start.
    activation : str or pair of functions
        As for `ntklib.plain.activation_functions`.
    c : float
        Weight variance: 2 for ReLU.
    centred : bool
        Train :math:`f(\theta) - f(\theta_0)`, whose output is zero at the start.

    Returns
    -------
    ShallowRun
        ``trained`` is exact, from the eigenvectors of the kernel at the start.

    Notes
    -----
    O(steps N d m) time; memory for R copies of the weights. Source: Book.

    Examples
    --------
    >>> X, y = np.eye(3), np.array([1.0, -1.0, 0.5])
    >>> run = shallow_descent(*shallow_weights(3, 50, 0), X, y, steps=200, every=100)
    >>> run.loss[-1] < 1e-6 * run.loss[0], run.kernels.shape
    (np.True_, (3, 3, 3))
    """
    steps, every = positive_int("shallow_descent", "steps", steps), positive_int("shallow_descent", "every", every)
    K = shallow_kernel(W, a, X, activation=activation, c=c)
    step = 1 / np.linalg.eigvalsh(K)[-1] if step is None else positive_float("shallow_descent", "step", step)
    shift = shallow_outputs(W, a, X, activation=activation, c=c) if centred else 0.0
    params, settings = shallow_network(W, a, activation=activation, c=c)
    points = islice(plain.iterates(params, X, y + shift, step, **settings), steps + 1)
    seen = (p for p in points if p.step % every == 0 or p.step == steps)
    path = [(p.step, p.params[0], p.params[1][:, 0]) for p in seen]
    return _measured(path, X, y, shift, K, step, activation, c)


def tangent_outputs(W, a, start, X, *, activation="tanh", c: float = 1.0) -> np.ndarray:
    r"""Return :math:`f(\theta_0) + \partial f(\theta_0)(\theta - \theta_0)` at :math:`\theta = (W, a)`, shape (N,).

    Examples
    --------
    >>> start = shallow_weights(2, 3, 0)
    >>> gap = tangent_outputs(*start, start, np.eye(2)) - shallow_outputs(*start, np.eye(2))
    >>> gap.tolist()
    [0.0, 0.0]
    """
    params, settings = shallow_network(*start, activation=activation, c=c)
    F, B = plain.factors(params, X, **settings)
    moved = [W - start[0], (a - start[1])[:, None]]
    return plain.readout(params, F, settings["multiplier"]) + plain.jvp(F, B, moved, settings["multiplier"])


def _measured(path, X, y, shift, K, step, activation, c) -> ShallowRun:
    """Everything that is recorded, from the recorded parameters."""
    settings = {"activation": activation, "c": c}
    _, W0, a0 = path[0]
    t = np.array([t for t, _, _ in path])
    outputs = np.array([shallow_outputs(W, a, X, **settings) - shift for _, W, a in path])
    tangent = np.array([tangent_outputs(W, a, (W0, a0), X, **settings) - shift for _, W, a in path])
    values, vectors = np.linalg.eigh(K)
    parts = vectors.T @ (outputs[0] - y)
    trained = y + ((1 - step * values) ** t[:, None] * parts) @ vectors.T
    kernels = np.array([shallow_kernel(W, a, X, **settings) for _, W, a in path])
    loss = 0.5 * np.mean((outputs - y) ** 2, axis=1)
    W, a = np.array([W for _, W, _ in path]), np.array([a for _, _, a in path])
    return ShallowRun(t, outputs, tangent, trained, kernels, W, a, loss)
