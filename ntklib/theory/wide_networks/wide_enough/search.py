r"""Norms of Hessians that are found, not known: power iteration, and searches for bad points of a ball of weights."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from ntklib import plain
from ntklib._validate import positive_float, positive_int


def difference_hessian_norm(net, params, x, *, steps: int = 40, h: float = 1e-4, seed: int = 0) -> float:
    r"""Return :math:`\lVert\partial^2f(x)\rVert` by power iteration on central differences of the gradient, in NumPy.

    Parameters
    ----------
    net : MLP
        One output; an activation that `ntklib.plain` knows.
    params : sequence of L arrays
    x : array (d,)
    steps : int
    h : float
        Length of the differences, in units of the weights.
    seed : int

    Returns
    -------
    float
        From below, with an error of order :math:`h^2` relative to the third derivatives.

    Notes
    -----
    As `hessian_norm`, with nothing to compile: two gradients a step. Source: Book.

    Examples
    --------
    >>> from ntklib import MLP
    >>> net = MLP((2, 1, 1), "tanh")  # at zero weights only the mixed derivative is left
    >>> value = difference_hessian_norm(net, [np.zeros((2, 1)), np.zeros((1, 1))], np.array([0.3, 0.4]))
    >>> round(value, 5) == round(0.5 * 2**0.5, 5)
    True
    """
    positive_int("difference_hessian_norm", "steps", steps)
    mu, x = net.parametrization.multiplier, np.asarray(x, float)[None]

    def gradient(weights):
        F, B = plain.factors(weights, x, activation=net.activation, multiplier=mu)
        return plain.vjp(F, B, np.ones(1), mu)

    params, rng = [np.asarray(W, float) for W in params], np.random.default_rng(seed)
    v, size = [rng.standard_normal(W.shape) for W in params], 1.0
    for _ in range(steps):
        size = max(_host_length(v), 1e-300)
        v = [part / size for part in v]
        up, down = ([W + sign * h * part for W, part in zip(params, v)] for sign in (1, -1))
        v = [(a - b) / (2 * h) for a, b in zip(gradient(up), gradient(down))]
    return float(_host_length(v))


def _host_length(arrays) -> float:
    return np.sqrt(sum(np.sum(part**2) for part in arrays))


def concentrated_steps(params, radius: float, *, neurons: int = 3):
    r"""Yield points of the ball's border at which the whole step goes to the outgoing weights of one neuron.

    Per hidden layer these are the neurons with the longest outgoing weights, which are lengthened by the radius.

    Parameters
    ----------
    params : sequence of L arrays
        The centre.
    radius : float
    neurons : int
        How many per layer.

    Notes
    -----
    A search for bad points, motivated by one hidden layer, where the worst point is of this kind up to a shift of the
    neuron's pre-activation. Memory: one copy of the weights at a time. Source: Book.

    Examples
    --------
    >>> [W.tolist() for W in next(concentrated_steps([np.zeros((1, 2)), np.array([[1.0], [-3.0]])], 2.0))]
    [[[0.0, 0.0]], [[1.0], [-5.0]]]
    """
    rho = positive_float("concentrated_steps", "radius", radius)
    params = [np.asarray(W, float) for W in params]
    for l in range(1, len(params)):
        lengths = np.linalg.norm(params[l], axis=1)
        for k in np.argsort(-lengths)[:neurons]:
            moved = params[l].copy()
            moved[k] *= 1 + rho / lengths[k]
            yield [*params[:l], moved, *params[l + 1 :]]


def hessian_norm(net, params, x, *, steps: int = 60, seed: int = 0) -> float:
    r"""Return :math:`\lVert\partial^2f(x)\rVert` by power iteration on Hessian-vector products.

    Parameters
    ----------
    net : callable
        ``net(params, X) -> (N,)``, twice differentiable.
    params : pytree
    x : array (d,)
        One input.
    steps : int
        Products; the estimate is from below.
    seed : int

    Returns
    -------
    float

    Notes
    -----
    The Hessian has eigenvalues of both signs, so the length of Hv is followed, not its sign. Each product costs a few
    gradients; memory a few copies of the weights. Source: Book.

    Examples
    --------
    >>> round(hessian_norm(lambda w, X: (X @ w) ** 2, jnp.ones(2), jnp.array([1.0, 1.0])), 6)
    4.0
    """
    steps = positive_int("hessian_norm", "steps", steps)
    return float(_leading(net, steps, params, _direction(params, seed), jnp.asarray(x))[0])


def steepest_hessian(net, params, x, radius: float, *, rounds: int = 8, steps: int = 20, seed: int = 0) -> float:
    r"""Return the largest :math:`\lVert\partial^2f(x)\rVert` that an ascent *finds* on the ball: a value from below.

    Parameters
    ----------
    net : callable
        ``net(params, X) -> (N,)``, three times differentiable.
    params : pytree
        The centre.
    x : array (d,)
    radius : float
        ρ.
    rounds : int
        Moves: each goes to the border of the ball along the gradient of :math:`\lVert\partial^2f\,v\rVert`, v the
        leading vector at the present point.
    steps : int
        Power iterations per round.
    seed : int

    Returns
    -------
    float

    Notes
    -----
    Not a bound. Each round costs about ``2 steps`` gradients. Source: Book.

    Examples
    --------
    >>> cubic = lambda w, X: (X @ w) ** 3
    >>> round(steepest_hessian(cubic, jnp.ones(1), jnp.ones(1), 0.5), 6)
    9.0
    """
    rho, x = positive_float("steepest_hessian", "radius", radius), jnp.asarray(x)
    theta, v, best = params, _direction(params, seed), 0.0
    for _ in range(rounds):
        value, v = _leading(net, steps, theta, v, x)
        best = max(best, float(value))
        slope = _climb(net, theta, v, x)
        theta = jax.tree.map(partial(_moved, rho / max(float(_length(slope)), 1e-300)), params, slope)
    return max(best, float(_leading(net, steps, theta, v, x)[0]))


def _moved(size, start, change):
    return start + size * change


def _direction(params, seed):
    """A random direction in parameter space, of length one."""
    rng = np.random.default_rng(seed)
    draw = jax.tree.map(lambda W: jnp.asarray(rng.standard_normal(np.shape(W)), jnp.asarray(W).dtype), params)
    return jax.tree.map(lambda v: v / _length(draw), draw)


def _length(tree):
    return jnp.sqrt(sum(jnp.vdot(leaf, leaf) for leaf in jax.tree.leaves(tree)))


def _turned(net, params, v, x):
    """Hessian of the output at x times v."""
    return jax.jvp(jax.grad(lambda p: net(p, x[None])[0]), (params,), (v,))[1]


@partial(jax.jit, static_argnums=0)
def _leading(net, steps, params, v, x):
    """Length of Hv and its direction after so many products."""

    def body(_, state):
        moved = _turned(net, params, state[0], x)
        size = _length(moved)
        return jax.tree.map(lambda leaf: leaf / jnp.maximum(size, 1e-300), moved), size

    v, size = jax.lax.fori_loop(0, steps, body, (v, jnp.zeros((), jnp.result_type(*jax.tree.leaves(v)))))
    return size, v


@partial(jax.jit, static_argnums=0)
def _climb(net, params, v, x):
    """Gradient of the length of Hv in the parameters."""
    return jax.grad(lambda p: _length(_turned(net, p, v, x)))(params)
