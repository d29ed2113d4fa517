"""Which minimum gradient descent finds: where it ends, and the nearest interpolant, in NumPy float64."""

from typing import NamedTuple

import numpy as np

from ntklib import plain
from ntklib._validate import positive_float, positive_int
from ntklib.theory.wide_networks.composite.losses import SQUARE, OuterLoss
from ntklib.theory.wide_networks.composite.statements import network_jacobian


class DescentEnd(NamedTuple):
    """Where a run of gradient descent ended."""

    params: list
    loss: float
    distance: float
    path: float
    steps: int


class NearestInterpolant(NamedTuple):
    """A point with zero residual at which the distance to the start is stationary among such points."""

    params: list
    distance: float
    residual: float  # largest entry
    multiplier: float  # norm of the Lagrange multiplier
    stationarity: float  # part of θ − θ_0 outside the row space of the Jacobian, relative
    iterations: int


def weight_distance(params, start) -> float:
    """Return the Euclidean distance of two lists of weights.

    Examples
    --------
    >>> weight_distance([np.ones(4)], [np.zeros(4)])
    2.0
    """
    return float(np.sqrt(sum(np.sum((np.asarray(a) - np.asarray(b)) ** 2) for a, b in zip(params, start))))


def descent_end(
    net, start, X, y, step_size, *, outer: OuterLoss = SQUARE, tolerance=1e-20, steps=5000, rates=None
) -> DescentEnd:
    r"""Run gradient descent until the loss is below a tolerance, and return where it ended.

    Parameters
    ----------
    net : MLP
        One output; tanh, sigmoid, softplus or ReLU.
    start : sequence of L arrays
    X, y : arrays (N, d), (N,)
    step_size : float
        η, for the mean loss.
    outer : OuterLoss
    tolerance : float
        Loss at which the run stops.
    steps : int
        Largest number of steps.
    rates : sequence of L floats, optional
        Factors of the step size, layer by layer; all 1, plain gradient descent, if not given.

    Returns
    -------
    DescentEnd

    Notes
    -----
    One forward and backward pass a step. Source: Book.

    Examples
    --------
    >>> from ntklib import MLP
    >>> end = descent_end(MLP((1, 1), "tanh"), [np.zeros((1, 1))], np.eye(1), np.ones(1), 0.5)
    >>> round(end.distance, 6), round(end.path, 6)
    (1.0, 1.0)
    """
    eta, steps = positive_float("descent_end", "step_size", step_size), positive_int("descent_end", "steps", steps)
    rates, path = (1.0,) * net.depth if rates is None else tuple(rates), 0.0
    settings = {"activation": net.activation, "multiplier": net.parametrization.multiplier}
    for point in plain.iterates(start, X, y, eta, rates=rates, loss=outer.values, **settings):
        if point.step == steps or point.loss <= tolerance or not np.isfinite(point.loss):
            return DescentEnd(point.params, float(point.loss), weight_distance(point.params, start), path, point.step)
        path += eta * float(np.sqrt(sum(np.sum((s * V) ** 2) for s, V in zip(rates, point.gradient))))


def nearest_interpolant(net, start, X, y, *, first=None, tolerance=1e-7, steps=100) -> NearestInterpolant:
    r"""Walk on the interpolants towards the start: an upper bound for the least distance that only falls.

    Each round moves :math:`\delta = \theta - \theta_0` by a share of its part in the null space of the Jacobian,
    :math:`\delta - J^\top(JJ^\top)^{-1}J\delta`, restores the outputs by Gauss–Newton steps of least length, and is
    halved until the distance falls. Where that part is zero, :math:`\delta = J^\top\nu`: Lagrange's condition.

    Parameters
    ----------
    net : MLP or AntisymmetricNetwork
    start : sequence of L arrays, or two of them
    X, y : arrays (N, d), (N,)
    first : like ``start``, optional
        Where to begin, for example where gradient descent ended; ``start`` if not given.
    tolerance : float
        For the relative size of the null part.
    steps : int
        Largest number of rounds.

    Returns
    -------
    NearestInterpolant
        Always an interpolant, up to ``residual``; look at ``stationarity`` before calling it nearest.

    Raises
    ------
    ValueError
        If not even the first restoration reaches a residual of 1e-11: there may be no interpolant near.

    Notes
    -----
    That a stationary point is the nearest one needs `nearest_certified`. O(N² P) a round. Source: Book.

    Examples
    --------
    >>> from ntklib import MLP
    >>> near = nearest_interpolant(MLP((2, 1), "tanh"), [np.zeros((2, 1))], np.array([[3.0, 4.0]]), np.array([10.0]))
    >>> round(near.distance, 6)
    2.0
    """
    origin, unflatten = plain.flattened(start)

    def restored(delta):
        for _ in range(12):
            outputs, J = network_jacobian(net, unflatten(origin + delta), X)
            r = outputs - np.asarray(y, float)
            if np.abs(r).max() <= 1e-11:
                return delta, r, J
            delta = delta - J.T @ np.linalg.lstsq(J @ J.T, r, rcond=None)[0]
        return None

    here = restored((origin if first is None else plain.flattened(first)[0]) - origin)
    if here is None:
        raise ValueError(
            "nearest_interpolant: no interpolant was reached from the first point; expected a start from which "
            "Gauss-Newton steps converge; pass first=, the end of a training run."
        )
    for iteration in range(steps + 1):
        delta, r, J = here
        nu = np.linalg.solve(J @ J.T, J @ delta)
        null = delta - J.T @ nu
        stationarity = _norm(null) / max(_norm(delta), 1e-300)
        if stationarity <= tolerance or iteration == steps or (here := _shorter(restored, delta, null)) is None:
            break
    multiplier = _norm(nu) * len(r) ** 0.5
    params = unflatten(origin + delta)
    return NearestInterpolant(params, _norm(delta), float(np.abs(r).max()), multiplier, stationarity, iteration)


def _shorter(restored, delta, null):
    """The shortest restored end of a few steps against ``null``; None if none shortens."""
    best, shortest = None, _norm(delta) * (1 - 1e-15)
    for share in (1.0, 0.5, 0.25, 0.1, 0.03, 0.01):
        there = restored(delta - share * null)
        if there is not None and _norm(there[0]) < shortest:
            best, shortest = there, _norm(there[0])
        elif best is not None:
            break
    return best


def _norm(v) -> float:
    return float(np.linalg.norm(v))
