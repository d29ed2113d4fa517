"""What the chapter's claims and pages share: the task, the spectrum at the start, trained networks."""

from functools import lru_cache
from itertools import pairwise

import numpy as np

from ntklib.networks import MLP
from ntklib.theory.wide_networks.composite.statements import network_jacobian
from ntklib.theory.wide_networks.implicit_regularization.minima import descent_end, nearest_interpolant

SAMPLES, DIMENSION = 10, 20


def interpolation_task(m, seed, *, activation="tanh", parametrization="ntk", c=1.0, depth=3, N=SAMPLES):
    """A network of equal widths, its start, points on the sphere, labels counted from its first outputs.

    Examples
    --------
    >>> net, start, X, y = interpolation_task(8, 0)
    >>> net.widths, X.shape
    ((20, 8, 8, 1), (10, 20))
    """
    net = MLP((DIMENSION, *[m] * (depth - 1), 1), activation, parametrization, weight_variance=c)
    rng, data = np.random.default_rng([seed, m, 1]), np.random.default_rng([seed, 2])
    stds = net.parametrization.init_std
    start = [std * rng.standard_normal(shape) for std, shape in zip(stds, pairwise(net.widths))]
    X, y = data.standard_normal((N, DIMENSION)), data.standard_normal(N)
    X, y = X / np.linalg.norm(X, axis=1, keepdims=True), y / np.mean(y**2) ** 0.5
    return net, start, X, y + network_jacobian(net, start, X)[0]


def start_spectrum(net, start, X):
    """Residual-free facts of the start: its Jacobian, and the extreme eigenvalues of the kernel per sample.

    Examples
    --------
    >>> net, start, X, _ = interpolation_task(8, 0)
    >>> J, least, largest = start_spectrum(net, start, X)
    >>> J.shape, 0 < least < largest
    ((10, 232), True)
    """
    J = network_jacobian(net, start, X)[1]
    values = np.linalg.eigvalsh(J @ J.T) / len(X)
    return J, float(values[0]), float(values[-1])


@lru_cache(maxsize=256)
def trained(m, seed, *, share=1.0, near=True, rates=None, **settings):
    """The end of gradient descent with step share/λ_max, and the nearest interpolant found from there.

    Examples
    --------
    >>> end, near, least, largest = trained(16, 0, depth=2, N=3)
    >>> near.distance <= end.distance
    True
    """
    net, start, X, y = interpolation_task(m, seed, **settings)
    _, least, largest = start_spectrum(net, start, X)
    end = descent_end(net, start, X, y, share / largest, rates=rates)
    found = nearest_interpolant(net, start, X, y, first=end.params, tolerance=1e-6) if near else None
    return end, found, least, largest
