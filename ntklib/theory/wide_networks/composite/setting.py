"""What the chapter's claims share: the task, certified runs, and runs without output scale."""

from functools import lru_cache
from itertools import pairwise

import numpy as np

from ntklib.networks import MLP
from ntklib.theory.wide_networks.composite.losses import LOGISTIC
from ntklib.theory.wide_networks.composite.statements import network_certificate, network_jacobian, proof_run
from ntklib.training import AntisymmetricNetwork

SAMPLES, DIMENSION = 12, 12


def composite_task(width: int, seed: int):
    """A tanh network of two hidden layers, its start, points on the sphere and Gaussian labels, drawn by NumPy.

    Examples
    --------
    >>> composite_task(8, 0)[2].shape
    (12, 12)
    """
    net, rng = MLP((DIMENSION, width, width, 1), "tanh", "ntk", weight_variance=1.0), np.random.default_rng([seed, 5])
    start = [rng.standard_normal(shape) for shape in pairwise(net.widths)]
    X, y = rng.standard_normal((SAMPLES, DIMENSION)), rng.standard_normal(SAMPLES)
    return net, start, X / np.linalg.norm(X, axis=1, keepdims=True), y / np.mean(y**2) ** 0.5


@lru_cache(maxsize=64)
def certified_run(width: int, seed: int, steps: int = 40, step_factor: float = 1.0):
    """A certificate at the smallest proved scale, and the run of two copies at a multiple of its step size.

    Examples
    --------
    >>> known, run = certified_run(8, 0, steps=2)
    >>> known.valid, len(run)
    (True, 2)
    """
    net, start, X, y = composite_task(width, seed)
    known = network_certificate(net, start, X, y)
    twin = AntisymmetricNetwork(net, known.scale)
    return known, proof_run(twin, (start, start), X, y, step_factor * known.step, steps)


@lru_cache(maxsize=64)
def plain_run(width: int, seed: int, outer, steps: int = 60, share: float = 0.5):
    """A run without output scale or certificate, at a share of 1/(β λ_max) of the first kernel; and its step size.

    Examples
    --------
    >>> from ntklib.theory.wide_networks.composite.losses import SQUARE
    >>> step, run = plain_run(8, 0, SQUARE, steps=2)
    >>> bool(step > 0 and run["gap"][1] < run["gap"][0])
    True
    """
    net, start, X, y = composite_task(width, seed)
    y = np.sign(y) if outer is LOGISTIC else y
    J = network_jacobian(net, start, X)[1]
    step = share * SAMPLES / np.linalg.norm(J @ J.T, 2) / outer.smoothness
    return step, proof_run(net, start, X, y, step, steps, outer=outer)


def turning_speed(net, params, X, *, rounds: int = 12, h: float = 1e-4, seed: int = 0):
    r"""Return the largest turning speed of :math:`\partial F` found at a point, and its direction.

    Alternates between a direction Δ of the weights and the leading right singular vector of
    :math:`\partial^2F[\Delta]`, by central differences of the Jacobian: from below.

    Examples
    --------
    >>> net = MLP((1, 1, 1), "tanh", "standard")  # a tanh(w x): at zero weights only the mixed derivative 1 is left
    >>> speed, _ = turning_speed(net, [np.zeros((1, 1)), np.zeros((1, 1))], np.ones((1, 1)))
    >>> round(float(speed), 6)
    1.0
    """
    shapes = [W.shape for W in params]
    cuts = np.cumsum([W.size for W in params])[:-1]

    def split(v):
        return [part.reshape(shape) for part, shape in zip(np.split(v, cuts), shapes)]

    v, speed = np.random.default_rng(seed).standard_normal(sum(W.size for W in params)), 0.0
    for _ in range(rounds):
        v = v / np.linalg.norm(v)
        up, down = ([W + sign * h * part for W, part in zip(params, split(v))] for sign in (1, -1))
        turned = (network_jacobian(net, up, X)[1] - network_jacobian(net, down, X)[1]) / (2 * h * len(X) ** 0.5)
        values, vectors = np.linalg.eigh(turned @ turned.T)
        if values[-1] <= speed**2:
            break
        speed, direction, v = values[-1] ** 0.5, split(v), turned.T @ vectors[:, -1]
    return speed, direction
