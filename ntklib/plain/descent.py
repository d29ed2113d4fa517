"""Gradient descent on plain networks: many starts and step sizes at once, one loss, anything recorded on the way."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import count, islice
from typing import NamedTuple

import numpy as np

from ntklib._validate import positive_int
from ntklib.plain.kernels import vjp
from ntklib.plain.passes import activation_functions, checked, passes

CEILING = 1e12  # a loss above it counts as divergence


def squared_loss(outputs, y):
    r"""Return :math:`\frac12(f - y)^2` and its derivative :math:`f - y`, output by output.

    Examples
    --------
    >>> squared_loss(np.array([3.0]), np.array([1.0]))
    (array([2.]), array([2.]))
    """
    gap = outputs - y
    return gap**2 / 2, gap


@dataclass(frozen=True)
class Iterate:
    """One point of gradient descent, with the factors of the network there."""

    step: int
    params: list  # L arrays (..., n_{l-1}, n_l)
    F: list  # features, as from `factors`
    B: list  # backward matrices
    outputs: np.ndarray  # (..., N), or (..., N, k)
    loss: np.ndarray  # (...), the mean over samples
    slopes: np.ndarray  # derivative of the loss in the outputs, shaped as these
    multiplier: tuple

    @cached_property
    def gradient(self) -> list:
        """Gradient of the loss, shaped as the parameters."""
        return vjp(self.F, self.B, self.slopes, self.multiplier)


class Descent(NamedTuple):
    """What gradient descent has left behind."""

    loss: np.ndarray  # (steps + 1, ...), infinite from divergence on
    params: list  # L arrays (..., n_{l-1}, n_l), the last ones, or those at divergence
    step: np.ndarray  # (R,), the recorded iterations
    observed: list  # R results of ``observe``


def iterates(
    params, X, y, step, *, activation, multiplier=None, rates=None, loss: Callable = squared_loss
) -> Iterator[Iterate]:
    r"""Yield the points of gradient descent on :math:`\frac1N\sum_i \ell(f(x_i), y_i)`, start first, without an end.

    Parameters
    ----------
    params : sequence of L arrays (..., n_{l-1}, n_l)
        The start, which is not changed.
    X : array (..., N, d)
    y : array (..., N), or (..., N, k) for k outputs
    step : float or array
        η, of a shape that broadcasts with the leading axes.
    activation, multiplier
        As for `factors`.
    rates : sequence of L floats, optional
        Factors of the step size, layer by layer, all 1 if not given.
    loss : callable
        ``(outputs, y) -> (values, derivatives)``, both shaped as the outputs.

    Yields
    ------
    Iterate
        Computed when asked for: stop by a rule of your own, or look at every point.

    Raises
    ------
    ValueError
        Shapes that do not fit together, or an unknown activation.

    Notes
    -----
    One forward and one backward pass a step, O(N Σ n_{l-1} n_l) for each leading index. A run that diverges goes on
    with infinities and NaN.

    Examples
    --------
    >>> points = iterates([np.ones((1, 1))], [[1.0]], [0.0], 0.5, activation="linear")
    >>> [float(point.loss) for point in islice(points, 3)]
    [0.5, 0.125, 0.03125]
    """
    params, X, m = checked("iterates", params, X, multiplier)
    functions, y = activation_functions(activation), np.asarray(y, np.float64)
    step = np.asarray(step, np.float64)
    lead = np.broadcast_shapes(X.shape[:-2], step.shape)
    X, *params = (np.broadcast_to(A, (*lead, *A.shape[-2:])) for A in (X, *params))
    sizes = [step[..., None, None] * rate for rate in _rates(rates, len(params))]
    return _run(params, X, y, m, functions, sizes, loss)


def descent(params, X, y, step, steps: int, *, every: int = 1, observe: Callable | None = None, **settings) -> Descent:
    r"""Run gradient descent from every start and with every step size at once.

    Parameters
    ----------
    params, X, y, step
        As for `iterates`.
    steps : int
    every : int
        Iterations between two calls of ``observe``; the last iteration is recorded too.
    observe : callable, optional
        ``Iterate -> anything``, called at the recorded points.
    **settings
        ``activation``, ``multiplier``, ``rates``, ``loss``, as for `iterates`.

    Returns
    -------
    Descent
        A run has diverged from the first step on at which its loss exceeds 1e12 or is not finite; its losses are
        infinite from there, its parameters stay there. When all have diverged, the rest is not run.

    Raises
    ------
    ValueError
        ``steps`` or ``every`` not a positive integer; and as `iterates`.

    Notes
    -----
    A second route to `ntklib.gradient_descent`, without compiling. Time as `iterates`, memory a few copies of the
    weights.

    Examples
    --------
    >>> run = descent([np.ones((1, 1))], [[1.0]], [0.0], [0.5, 3.0], 2, activation="linear")
    >>> run.loss.tolist()
    [[0.5, 0.5], [0.125, 2.0], [0.03125, 8.0]]
    """
    steps, every = positive_int("descent", "steps", steps), positive_int("descent", "every", every)
    losses, seen, observed, last, alive = [], [], [], None, np.True_
    with np.errstate(over="ignore", invalid="ignore"):
        for point in islice(iterates(params, X, y, step, **settings), steps + 1):
            last, alive = _kept(last, point.params, alive), alive & (point.loss < CEILING)
            losses.append(np.where(alive, point.loss, np.inf))
            if observe is not None and (point.step % every == 0 or point.step == steps):
                seen.append(point.step), observed.append(observe(point))
            if not np.any(alive):
                break
    losses += [losses[-1]] * (steps + 1 - len(losses))
    return Descent(np.array(losses), last, np.array(seen, int), observed)


def _run(params, X, y, m, functions, sizes, loss):
    samples = -1 if params[-1].shape[-1] == 1 else (-2, -1)
    for t in count():
        F, B, outputs = passes(params, X, m, functions)
        values, slopes = loss(outputs, y)
        mean = np.sum(values, axis=samples) / X.shape[-2]
        point = Iterate(t, params, F, B, outputs, mean, slopes / X.shape[-2], m)
        yield point
        params = [W - size * move for W, size, move in zip(params, sizes, point.gradient)]


def _kept(last, new, alive):
    """New parameters of the runs that had not diverged before, old ones of the others."""
    if last is None or np.all(alive):
        return new
    return [np.where(alive[..., None, None], W, V) for V, W in zip(last, new)]


def _rates(rates, L: int):
    rates = (1.0,) * L if rates is None else tuple(rates)
    if len(rates) != L:
        raise ValueError(f"iterates: {len(rates)} rates for {L} weight layers; expected one per layer.")
    return rates
