r"""The linear models that a network's gradients span at initialization: their best logistic loss and their margin.

With m the hidden width, :math:`\bar K_l = \nabla_{W_l}f\,\nabla_{W_l}f^\top / m` and K̄ their sum over the layers, a
model that moves layer l by at most :math:`R/\sqrt m` is on the samples :math:`F = f_0 + \sum_l A_lc_l` with
:math:`A_lA_l^\top = \bar K_l` and :math:`\lVert c_l\rVert \le R`: nothing outside the span of the gradients changes it.
"""

from typing import NamedTuple

import jax
import numpy as np
from scipy.optimize import nnls

from ntklib._validate import positive_float, positive_int, symmetric_matrix
from ntklib.kernels import layer_blocks


class TangentFit(NamedTuple):
    r"""The best tangent model in a ball, with a proof of how good it is.

    Attributes
    ----------
    loss : float
        Mean logistic loss of the model found, in nats: an upper bound on :math:`\epsilon_{\rm NTRF}(R)`.
    lower : float
        Value of the dual problem, a lower bound on it.
    values : array (N,)
        The model on the samples.
    coefficients : array (L, N)
        β with :math:`W_l^* - W_l = \sum_i \beta_{li} \nabla_{W_l}f(x_i)`.
    norms : array (L,)
        :math:`\sqrt m\,\lVert W_l^* - W_l\rVert_F`, at most R.
    iterations : int
    """

    loss: float
    lower: float
    values: np.ndarray
    coefficients: np.ndarray
    norms: np.ndarray
    iterations: int

    @property
    def gap(self) -> float:
        """Difference between the two bounds."""
        return self.loss - self.lower


class Margin(NamedTuple):
    r"""The margin of a labelled kernel, between a value that is reached and one that cannot be exceeded.

    Attributes
    ----------
    value : float
        :math:`\min_i y_i\langle\phi_i, u\rangle` of the unit vector found; negative or 0 where none separates.
    upper : float
        :math:`\lVert\sum_i p_iy_i\phi_i\rVert` for the weights p: no unit vector has a larger margin.
    weights : array (N,)
        p, on the simplex; positive on support vectors only.
    """

    value: float
    upper: float
    weights: np.ndarray


def scaled_blocks(net, params, X) -> list[np.ndarray]:
    r"""Return :math:`\bar K_l = \nabla_{W_l}f\,\nabla_{W_l}f^\top/m` for every layer, in float64.

    Parameters
    ----------
    net : MLP
        With one output; m is the width of its first hidden layer.
    params : tuple of L arrays
    X : array (N, d)

    Returns
    -------
    list of L ndarrays (N, N)

    Notes
    -----
    Time O(N² Σ n_l), memory L N² numbers. For the parametrization "chen" and unit inputs their sum has a diagonal near
    (L + 1)/2.

    Examples
    --------
    >>> import jax, ntklib
    >>> net = ntklib.MLP((3, 64, 1), "relu", "chen")
    >>> [K.shape for K in scaled_blocks(net, net.init(jax.random.key(0)), np.eye(3))]
    [(3, 3), (3, 3)]
    """
    return [np.asarray(K, np.float64) / net.widths[1] for K in _layer_blocks(net, params, X)]


_layer_blocks = jax.jit(layer_blocks, static_argnums=0)


def tangent_margin(K, y) -> Margin:
    r"""Return the largest margin of a linear model in the feature space of a kernel.

    .. math:: \gamma = \max_{\lVert u\rVert\le1}\min_i y_i\langle\phi_i, u\rangle
              = \min_{p\in\Delta}\Big\lVert\sum_i p_iy_i\phi_i\Big\rVert, \qquad \langle\phi_i,\phi_j\rangle = K_{ij}

    Parameters
    ----------
    K : array_like (N, N)
        Symmetric, positive semidefinite: the sum of :func:`scaled_blocks`, or one of them.
    y : array_like (N,)
        Labels ±1.

    Returns
    -------
    Margin

    Notes
    -----
    For :math:`\rho>0`, :math:`\min_{a\ge0} \lVert Ca\rVert^2 + \rho^2(1^\top a-1)^2` with
    :math:`C^\top C = yy^\top\circ K` has the minimizer p up to a factor, whatever ρ: write a as a multiple of a point
    of the simplex. It is solved by the active-set method `scipy.optimize.nnls`, O(N³) and more. Both bounds are
    computed from p alone.
    Source: the duality is classical; the margin is that of Chen, Cao, Zou and Gu 2021, Assumption on separability.

    Examples
    --------
    >>> margin = tangent_margin(np.eye(4), [1, -1, 1, 1])
    >>> round(margin.value, 6), round(margin.upper, 6)
    (0.5, 0.5)
    """
    K, y = _labelled("tangent_margin", K, y)
    Q = K * np.outer(y, y)
    scale = np.trace(Q) / len(Q) or 1.0  # without any feature the margin is 0
    values, vectors = np.linalg.eigh(Q / scale)
    C = (vectors * np.sqrt(np.maximum(values, 0.0))).T
    a, _ = nnls(np.vstack([C, np.ones(len(Q))]), np.append(np.zeros(len(Q)), 1.0), maxiter=30 * len(Q))
    p = a / a.sum()
    upper = np.sqrt(max(p @ Q @ p, 0.0))
    return Margin(float((Q @ p).min() / upper) if upper > 0 else 0.0, float(upper), p)


def tangent_fit(blocks, y, radius: float, *, start=None, tolerance: float = 1e-6, steps: int = 20000) -> TangentFit:
    r"""Return the model of least mean logistic loss among those that move each layer by at most :math:`R/\sqrt m`.

    .. math:: \epsilon_{\rm NTRF}(R) = \min_{\lVert c_l\rVert\le R} \frac1N\sum_i
              \log\big(1 + e^{-y_i(f_0 + \sum_l A_lc_l)_i}\big)

    Parameters
    ----------
    blocks : sequence of L arrays (N, N)
        From :func:`scaled_blocks`.
    y : array_like (N,)
        Labels ±1.
    radius : float
        R > 0.
    start : array_like (N,), optional
        :math:`f_0`, the outputs at initialization; zero if not given.
    tolerance : float
        The duality gap at which to stop, as a share of the loss.
    steps : int
        Largest number of iterations; the bounds hold whatever the gap.

    Returns
    -------
    TangentFit

    Notes
    -----
    Accelerated projected gradient descent with restarts. The lower bound is the dual value at
    :math:`a_i = -\ell'(y_iF_i) \in [0, 1]`,

    .. math:: \frac1N\Big(\sum_i h(a_i) - \sum_i a_iy_if_{0,i} - R\sum_l\lVert A_l^\top(a\circ y)\rVert\Big), \qquad
              h(a) = -a\log a - (1-a)\log(1-a) .

    O(L N³) once and O(L N²) per iteration. Source: Chen, Cao, Zou and Gu 2021, the definition of the class; method and
    certificate: Book.

    Examples
    --------
    >>> fit = tangent_fit([np.eye(2)], [1, -1], 2.0)
    >>> bool(np.isclose(fit.loss, np.log1p(np.exp(-np.sqrt(2.0))), rtol=1e-5)), fit.gap < 1e-5
    (True, True)
    """
    pairs = [_labelled("tangent_fit", K, y) for K in blocks]
    y, R = pairs[0][1], positive_float("tangent_fit", "radius", radius)
    roots = [_root(K) for K, _ in pairs]
    f0 = np.zeros(len(y)) if start is None else np.asarray(start, np.float64)
    rate = 4 * len(y) / np.linalg.eigvalsh(sum(K for K, _ in pairs))[-1]
    tolerance = positive_float("tangent_fit", "tolerance", tolerance)
    c, used = _accelerate(np.stack(roots), y, f0, R, rate, tolerance, positive_int("tangent_fit", "steps", steps))
    F, loss, lower = _bounds(np.stack(roots), y, f0, R, c)
    beta = np.stack([np.linalg.pinv(A.T, rcond=1e-12) @ part for A, part in zip(roots, c)])
    return TangentFit(loss, lower, F, beta, np.linalg.norm(c, axis=1), used)


def comparator(net, params, X, fit: TangentFit):
    r"""Return the weights of a tangent model, :math:`W_l^* = W_l + \tfrac1m\sum_i\beta_{li}\nabla_{W_l}f(x_i)`.

    Parameters
    ----------
    net : MLP
    params : tuple of L arrays
        At which ``fit`` was computed.
    X : array (N, d)
    fit : TangentFit

    Returns
    -------
    tuple of L ndarrays

    Notes
    -----
    O(N Σ n_{l-1} n_l).

    Examples
    --------
    >>> import jax, ntklib
    >>> net = ntklib.MLP((3, 64, 1), "relu", "chen")
    >>> params, y = net.init(jax.random.key(0)), np.array([1.0, -1.0, 1.0])
    >>> star = comparator(net, params, np.eye(3), tangent_fit(scaled_blocks(net, params, np.eye(3)), y, 1.0))
    >>> bool(np.linalg.norm(star[0] - params[0]) <= 1.0001 / 8)
    True
    """
    F, B = net.features_and_backward(params, X)
    scales = net.parametrization.multiplier
    return tuple(
        np.asarray(W) + s / net.widths[1] * np.asarray(f).T @ (beta[:, None] * np.asarray(b))
        for W, s, f, b, beta in zip(params, scales, F, B, fit.coefficients)
    )


def _accelerate(A, y, f0, R, rate, tolerance, steps):
    """Projected gradient descent with momentum; restart when a step goes back; stop at the gap."""
    c = np.zeros(A.shape[:2])
    ahead, momentum = c, 1.0
    for step in range(1, steps + 1):
        F = f0 + np.einsum("lij,lj->i", A, ahead)
        slope = np.einsum("lij,i->lj", A, -y * _sigmoid(-y * F) / len(y))
        new = _project(ahead - rate * slope, R)
        if np.sum((ahead - new) * (new - c)) > 0:
            momentum = 1.0
        faster = 0.5 * (1 + np.sqrt(1 + 4 * momentum**2))
        ahead, c, momentum = new + (momentum - 1) / faster * (new - c), new, faster
        if step % 50 == 0:
            _, loss, lower = _bounds(A, y, f0, R, c)
            if loss - lower <= tolerance * loss:
                break
    return c, step


def _bounds(A, y, f0, R, c):
    """Values of the model, its loss, and the dual bound at its slopes."""
    F = f0 + np.einsum("lij,lj->i", A, c)
    a = _sigmoid(-y * F)
    entropy = np.logaddexp(0, y * F) - (1 - a) * y * F
    pull = np.linalg.norm(np.einsum("lij,i->lj", A, a * y), axis=1).sum()
    return F, float(np.logaddexp(0, -y * F).mean()), float((entropy.sum() - (a * y) @ f0 - R * pull) / len(y))


def _project(c, R):
    """Each row to the ball of radius R."""
    return c * np.minimum(1.0, R / np.maximum(np.linalg.norm(c, axis=1, keepdims=True), np.finfo(float).tiny))


def _root(K):
    """A with A Aᵀ = K, by eigenvalues."""
    values, vectors = np.linalg.eigh(K)
    return vectors * np.sqrt(np.maximum(values, 0.0))


def _sigmoid(z):
    return np.exp(-np.logaddexp(0.0, -z))


def _labelled(where, K, y):
    K, y = symmetric_matrix(where, "K", K).astype(np.float64), np.asarray(y, np.float64)
    if y.shape != (len(K),) or not np.all(np.abs(y) == 1):
        raise ValueError(f"{where}: y has shape {y.shape}; expected ({len(K)},), labels -1 and 1; map by 2 * y - 1.")
    return K, y
