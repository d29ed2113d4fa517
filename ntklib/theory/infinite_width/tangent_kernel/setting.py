"""What the checks of the tangent kernel share: a small problem, draws that compile nothing, one run."""

from functools import cache
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np

from ntklib import datasets
from ntklib.networks import MLP, NAMED_PARAMETRIZATIONS
from ntklib.theory.infinite_width.tangent_kernel.statements import flat_jacobian, layer_blocks

layer_terms = jax.jit(layer_blocks, static_argnums=0)


def draw(net, seed):
    """Gaussian weights of a network from NumPy, which compiles nothing for a new shape.

    Examples
    --------
    >>> [W.shape for W in draw(MLP((2, 3, 1)), 0)]
    [(2, 3), (3, 1)]
    """
    generator = np.random.default_rng(seed)
    shapes = pairwise(net.widths)
    return tuple(jnp.asarray(s * generator.standard_normal(n)) for s, n in zip(net.parametrization.init_std, shapes))


def relative_distance(A, B) -> float:
    """Frobenius distance of A to B over the norm of B.

    Examples
    --------
    >>> relative_distance(2 * jnp.eye(2), jnp.eye(2))
    1.0
    """
    return float(jnp.linalg.norm(jnp.ravel(A - B)) / jnp.linalg.norm(jnp.ravel(B)))


@cache
def _network(d, width):
    """One object per shape, so that its programs are compiled once."""
    return MLP((d, width, width, 1))


def small_problem(seed, N=20, d=6, width=40):
    """A ReLU network, points on the unit sphere, random signs.

    Examples
    --------
    >>> net, X, y = small_problem(0, N=4)
    >>> X.shape, sorted(set(np.abs(y).tolist()))
    ((4, 6), [1.0])
    """
    X = datasets.sphere(jax.random.key(seed), N, d, radius=1.0)
    y = jnp.where(jax.random.normal(jax.random.key(seed + 1), (N,)) > 0, 1.0, -1.0)
    return _network(d, width), X, y


def linearized_run(seed, step, steps=60):
    """Gradient descent on f(θ_0) + J(θ − θ_0), in the parameters; ``step`` is η λ_max.

    Returns
    -------
    (tuple of layer terms, float, ndarray of shape (steps + 1, N))
        The terms of the kernel, the step size η, the residuals.

    Examples
    --------
    >>> linearized_run(0, 1.0, steps=2)[2].shape
    (3, 20)
    """
    net, X, y = small_problem(seed)
    params = draw(net, seed + 2)
    blocks = layer_terms(net, params, X)
    eta = step / float(np.linalg.eigvalsh(np.asarray(sum(blocks)))[-1])
    J, f0, labels = (np.asarray(a) for a in (flat_jacobian(net, params, X), net(params, X), y))
    shift, residuals = np.zeros(J.shape[1]), []
    for _ in range(steps + 1):
        residuals.append(f0 + J @ shift - labels)
        shift = shift - eta * J.T @ residuals[-1]
    return blocks, eta, np.array(residuals)


def same_draws(widths, activation, seed):
    """Yield layer terms of every named parametrization on one set of standard Gaussian draws.

    Examples
    --------
    >>> len(dict(same_draws((2, 3, 1), "relu", 0))) == len(NAMED_PARAMETRIZATIONS)
    True
    """
    X = datasets.gaussian(jax.random.key(seed), 12, widths[0])
    draws = draw(MLP(widths, activation, "standard"), seed + 1)
    for name in NAMED_PARAMETRIZATIONS:
        net = MLP(widths, activation, name)
        params = tuple(s * Z for s, Z in zip(net.parametrization.init_std, draws))
        yield name, layer_blocks(net, params, X)
