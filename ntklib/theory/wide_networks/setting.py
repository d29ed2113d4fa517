r"""What the chapters of this part share: mean losses, data on the unit sphere, kernels per sample, runs over seeds.

Outputs live in the space of functions on the samples with :math:`\lVert u\rVert^2 = \frac1N\sum_i u_i^2`, so that the
square loss is :math:`\frac1{2N}\sum_i (f_i - y_i)^2` and the tangent kernel is :math:`K/N`.
"""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ntklib._draws import normal
from ntklib.datasets import sphere
from ntklib.kernels import empirical_ntk
from ntklib.training import gradient_descent


def mean_squared_loss(outputs, y):
    r"""Return :math:`\frac1{2N}\sum_i (f_i - y_i)^2`, in squared label units.

    Notes
    -----
    Source: the normalization of Terjék and González-Sánchez 2025, a probability measure on the samples.

    Examples
    --------
    >>> float(mean_squared_loss(jnp.array([1.0, 3.0]), jnp.array([1.0, 1.0])))
    1.0
    """
    return 0.5 * jnp.mean((outputs - y) ** 2)


def sphere_task(N: int, d: int, seed: int = 0):
    r"""Draw N points uniformly from the unit sphere of dimension d and independent Gaussian labels of mean square one.

    Returns
    -------
    X : array (N, d)
    y : array (N,)
        Scaled so that :math:`\frac1N\lVert y\rVert^2 = 1`.

    Notes
    -----
    In the "ntk" parametrization a pre-activation of the first layer then has variance one.

    Examples
    --------
    >>> X, y = sphere_task(5, 3)
    >>> X.shape, round(float(jnp.mean(y**2)), 6)
    ((5, 3), 1.0)
    """
    points, labels = jax.random.split(jax.random.key(seed))
    X = sphere(points, N, d, radius=1.0)
    y = jnp.asarray(normal(labels, (N,), X.dtype))
    return X, y / jnp.sqrt(jnp.mean(y**2))


def sample_kernel(net, params, X) -> jax.Array:
    r"""Return :math:`\frac1N JJ^\top`, shape (N, N): the tangent kernel on the space of functions on the samples.

    Notes
    -----
    Cost as `ntklib.empirical_ntk`.

    Examples
    --------
    >>> from ntklib import MLP
    >>> net, X = MLP((3, 8, 1), "tanh", "ntk", weight_variance=1.0), sphere_task(4, 3)[0]
    >>> sample_kernel(net, net.init(jax.random.key(0)), X).shape
    (4, 4)
    """
    return empirical_ntk(net, params, X) / len(X)


@dataclass(frozen=True)
class LinearizedNetwork:
    r"""The tangent model :math:`f(\theta_0; x) + \partial_\theta f(\theta_0; x)\,(\theta - \theta_0)` of a network.

    Parameters
    ----------
    net : MLP
        Or any callable ``net(params, X)`` that can be hashed.

    Notes
    -----
    Its parameters are the pair :math:`(\theta_0, \theta)`, and only θ is trained: `gradient_descent` runs it with one
    compiled program for all starts. A call costs about two of ``net``.

    Examples
    --------
    >>> from ntklib import MLP
    >>> model, X = LinearizedNetwork(MLP((3, 8, 1), "tanh")), sphere_task(4, 3)[0]
    >>> params = model.init(jax.random.key(0))
    >>> bool(jnp.array_equal(model(params, X), model.net(params[0], X)))
    True
    """

    net: Any

    def init(self, key, dtype=None):
        """Draw the start with ``net.init`` and return it twice."""
        start = self.net.init(key, dtype)
        return start, start

    def __call__(self, params, X):
        """Outputs of the tangent model, shaped as those of ``net``."""
        start, theta = jax.lax.stop_gradient(params[0]), params[1]
        value, change = jax.jvp(lambda p: self.net(p, X), (start,), (jax.tree.map(jnp.subtract, theta, start),))
        return value + change


def starts(net, seeds):
    """Return initial parameters of ``net``, one draw per seed, stacked along a first axis.

    Examples
    --------
    >>> from ntklib import MLP
    >>> [W.shape for W in starts(MLP((3, 8, 1)), range(5))]
    [(5, 3, 8), (5, 8, 1)]
    """
    drawn = [net.init(jax.random.key(seed)) for seed in seeds]
    return jax.tree.map(lambda *layers: jnp.asarray(np.stack(layers)), *drawn)


def train(net, first, X, y, step_sizes, *, steps: int, loss=mean_squared_loss, **options):
    """Run gradient descent from every start at once.

    Parameters
    ----------
    net : callable
        As in `ntklib.gradient_descent`.
    first : pytree
        Starts stacked along a first axis of length S, as `starts` returns them.
    X, y : arrays (N, d), (N,)
        The same for all runs.
    step_sizes : float or array (S,)
        One for all runs, or one each.
    steps : int
    loss, **options
        As in `ntklib.gradient_descent`; reuse one ``loss`` and one ``observe`` object.

    Returns
    -------
    Trajectory
        Every field with a first axis of length S; runs that stop being finite are recorded as such.

    Notes
    -----
    The runs are batched by `jax.vmap`: one compiled program per shape. Memory S times that of a run.

    Examples
    --------
    >>> from ntklib import MLP
    >>> net, (X, y) = MLP((3, 8, 1), "tanh"), sphere_task(4, 3)
    >>> train(net, starts(net, range(2)), X, y, 0.1, steps=3).loss.shape
    (2, 4)
    """
    count = jax.tree.leaves(first)[0].shape[0]
    sizes = jnp.broadcast_to(jnp.asarray(step_sizes, X.dtype), (count,))

    def run(start, size):
        return gradient_descent(
            net, start, X, y, step_size=size, steps=steps, loss=loss, on_divergence="record", **options
        )

    return jax.vmap(run)(first, sizes)
