r"""The linearization error of a network over a ball of weights: sampled, searched, and a worst case in closed form."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from ntklib._draws import normal
from ntklib._validate import positive_float
from ntklib.theory.polylog_width.tangent_features.statements import TangentProblem

WORST_CONSTANT = 0.75 * (np.sqrt(2) * np.pi) ** (-1 / 3)
r"""The constant of the worst case, :math:`\tfrac34(\sqrt2\pi)^{-1/3} = 0.456`."""


@partial(jax.jit, static_argnums=0)
def linearization_error(net, W, other, X):
    r"""Return :math:`\max_i\lvert f_{W'}(x_i)-f_W(x_i)-\langle\nabla f_W(x_i),W'-W\rangle\rvert`.

    Parameters
    ----------
    net : MLP
    W, other : tuple of L arrays
        W and W'.
    X : array (N, d)

    Returns
    -------
    array, shape ()

    Notes
    -----
    Compiled for each shape.

    Examples
    --------
    >>> from ntklib import MLP
    >>> net = MLP((2, 1), "relu", "standard")
    >>> float(linearization_error(net, (jnp.ones((2, 1)),), (jnp.zeros((2, 1)),), jnp.eye(2)))
    0.0
    """
    move = tuple(b - a for a, b in zip(W, other))
    value, change = jax.jvp(lambda p: net(p, X), (W,), (move,))
    return jnp.max(jnp.abs(net(other, X) - value - change))


def sampled_error(problem: TangentProblem, tau: float, *, pairs: int = 10, seed: int = 0) -> float:
    r"""Return the largest linearization error over random pairs on the boundary of :math:`B(W^{(0)},\tau)`.

    Parameters
    ----------
    problem : TangentProblem
    tau : float
        Radius per layer, in Frobenius norm.
    pairs : int
    seed : int

    Returns
    -------
    float
        A lower estimate of the supremum :math:`\epsilon_{\rm app}(\tau)`.

    Examples
    --------
    >>> from ntklib.theory.polylog_width.tangent_features.statements import problem
    >>> sampled_error(problem(np.eye(3), [1, -1, 1], 64, 2), 0.1) < 0.1
    True
    """
    worst, params = 0.0, tuple(map(jnp.asarray, problem.params))
    for key in jax.random.split(jax.random.key(seed), pairs):
        W, other = (random_point(params, tau, k) for k in jax.random.split(key))
        worst = max(worst, float(linearization_error(problem.net, W, other, problem.X)))
    return worst


def searched_error(problem: TangentProblem, tau: float, *, steps: int = 60, starts: int = 2, seed: int = 0) -> float:
    r"""Return the largest linearization error that projected ascent over W and W' in :math:`B(W^{(0)},\tau)` finds.

    Parameters
    ----------
    problem : TangentProblem
    tau : float
    steps, starts : int
        Ascent steps of length τ/4 falling to 0 per layer, from random pairs.
    seed : int

    Returns
    -------
    float
        A lower estimate of :math:`\epsilon_{\rm app}(\tau)`, larger than that of :func:`sampled_error`.

    Notes
    -----
    Each step costs about four gradients.

    Examples
    --------
    >>> from ntklib.theory.polylog_width.tangent_features.statements import problem
    >>> p = problem(np.eye(3), [1, -1, 1], 64, 2)
    >>> searched_error(p, 0.1) > sampled_error(p, 0.1)
    True
    """
    params, worst = tuple(map(jnp.asarray, problem.params)), 0.0
    for key in jax.random.split(jax.random.key(seed), starts):
        pair = tuple(random_point(params, tau, k) for k in jax.random.split(key))
        worst = max(worst, float(_ascend(problem.net, steps, params, pair, problem.X, tau)))
    return worst


@partial(jax.jit, static_argnums=(0, 1))
def _ascend(net, steps, params, pair, X, tau):
    """Largest error met by projected, per-layer normalized ascent."""
    target = jax.value_and_grad(lambda pair: linearization_error(net, *pair, X))

    def step(t, state):
        pair, best = state
        value, slope = target(pair)
        rate = tau / 4 * (1 - t / steps)
        moved = jax.tree.map(lambda w, g: w + rate * g / (jnp.linalg.norm(g) + 1e-30), pair, slope)
        return tuple(_to_ball(params, w, tau) for w in moved), jnp.maximum(best, value)

    pair, best = jax.lax.fori_loop(0, steps, step, (pair, jnp.zeros(())))
    return jnp.maximum(best, linearization_error(net, *pair, X))


def _to_ball(params, W, tau):
    """Every layer to the Frobenius ball of radius τ around the start."""
    return tuple(p + (w - p) * jnp.minimum(1.0, tau / (jnp.linalg.norm(w - p) + 1e-30)) for p, w in zip(params, W))


def random_point(params, tau, key):
    """Return weights at distance τ from ``params`` in every layer, in a random direction."""
    moves = [np.asarray(normal(k, w.shape, w.dtype)) for k, w in zip(jax.random.split(key, len(params)), params)]
    return tuple(np.asarray(w) + (tau / np.linalg.norm(d)).astype(d.dtype) * d for w, d in zip(params, moves))


def switching_error(g, v, width: int, tau: float, *, norm: float = 1.0) -> float:
    r"""Return the largest linearization error at one sample when only :math:`W_{L-1}` moves, exactly.

    .. math:: \sup_{\lVert\Delta\rVert_F\le\tau}
              \lvert f_{W+\Delta}(x) - f_W(x) - \langle\nabla f_W(x),\Delta\rangle\rvert
              = \max_\pm\max_{\lVert\delta\rVert\le\tau\lVert h\rVert}
              \sqrt m\sum_j(\pm v_j)_+(\delta_j-\lvert g_j\rvert)_+

    Parameters
    ----------
    g, v : array_like (m,)
        Pre-activations of the last hidden layer, and the last weights.
    width : int
        m.
    tau : float
        Radius in Frobenius norm.
    norm : float
        Of the features h that enter :math:`W_{L-1}`.

    Returns
    -------
    float
        A lower bound on :math:`\epsilon_{\rm app}(\tau)`.

    Notes
    -----
    A neuron pushed past zero by b errs by :math:`\sqrt mv_jb`, whatever side it came from. The best pushes are
    :math:`\delta_j = \kappa v_j` on the neurons with :math:`\lvert g_j\rvert < \kappa v_j/2`; κ fills the
    ball. Sorting: O(m log m). Large m: 0.456 :math:`\sqrt m\,\tau^{4/3}`. Source: Book.

    Examples
    --------
    >>> switching_error([0.0], [2.0], 1, 3.0)
    6.0
    """
    tau = positive_float("switching_error", "tau", tau) * norm
    g, v = np.abs(np.asarray(g, np.float64)), np.asarray(v, np.float64)
    return max(_fill(g[sign * v > 0], np.abs(v[sign * v > 0]), width, tau) for sign in (1, -1))


def _fill(g, v, width, tau):
    """Water-filling: take neurons in the order of |g|/v; the best of all prefixes."""
    if not len(g):
        return 0.0
    order = np.argsort(g / v)
    g, v = g[order], v[order]
    reach = tau * np.sqrt(np.cumsum(v**2)) - np.cumsum(g * v)
    return float(np.sqrt(width) * max(reach.max(), 0.0))
