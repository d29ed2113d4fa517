r"""Gradient descent against the best tangent model: the run of the theorem, and every quantity of its proof.

Notation: :math:`W^*` the best tangent model in the ball of radius R, as weights; :math:`F_t(W^*)` the value at
:math:`W^*` of the network linearized at :math:`W^{(t)}`; M the largest gradient norm of a layer; N samples.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from ntklib._validate import positive_float
from ntklib.theory.polylog_width.tangent_features.statements import (
    TangentProblem,
    logistic,
)
from ntklib.theory.polylog_width.tangent_models import TangentFit, comparator, tangent_fit
from ntklib.training import Trajectory, gradient_descent


class Competition(NamedTuple):
    r"""One run of gradient descent beside its comparator.

    Attributes
    ----------
    problem : TangentProblem
    fit : TangentFit
        The best tangent model of radius R.
    radius, step_size : float
        R and η.
    run : Trajectory
        With every iteration recorded, and ``observed`` from :func:`observer`.
    """

    problem: TangentProblem
    fit: TangentFit
    radius: float
    step_size: float
    run: Trajectory

    @property
    def average(self) -> float:
        """Mean training loss of all iterates but the last."""
        return float(np.mean(self.run.loss[:-1]))

    @property
    def ratio(self) -> float:
        r"""The average over :math:`\epsilon_{\rm NTRF}(R)`; the theorem says at most 3."""
        return self.average / self.fit.loss


@partial(jax.jit, static_argnums=0)
def largest_gradient(net, params, X):
    r"""Return :math:`\max_{i,l}\lVert\nabla_{W_l}f(x_i)\rVert_F`, traceable by JAX.

    Parameters
    ----------
    net : MLP
        With one output.
    params : tuple of L arrays
    X : array (N, d)

    Returns
    -------
    array, shape ()

    Notes
    -----
    A forward and a backward pass, compiled for each shape: each gradient is a product of two vectors.

    Examples
    --------
    >>> from ntklib import MLP
    >>> net = MLP((2, 1), "relu", "standard")
    >>> float(largest_gradient(net, (jnp.ones((2, 1)),), jnp.array([[3.0, 4.0]])))
    5.0
    """
    F, B = net.features_and_backward(params, X)
    scales = net.parametrization.multiplier
    norms = [s * jnp.linalg.norm(f, axis=1) * jnp.linalg.norm(b, axis=1) for s, f, b in zip(scales, F, B)]
    return jnp.max(jnp.stack(norms))


def observer(net, star, X):
    r"""Return a function for ``gradient_descent(observe=...)`` that sees what the proof talks about.

    It records ``to_star``, :math:`\lVert W^{(t)}-W^*\rVert_F^2`; ``model``, the values :math:`F_t(W^*)` on the
    samples, shape (N,); and ``gradient``, :func:`largest_gradient`.

    Parameters
    ----------
    net : MLP
    star : tuple of L arrays
        :math:`W^*`.
    X : array (N, d)

    Returns
    -------
    callable

    Notes
    -----
    One forward-mode derivative and one backward pass per record.

    Examples
    --------
    >>> from ntklib import MLP
    >>> net = MLP((2, 1), "relu", "standard")
    >>> seen = observer(net, (jnp.zeros((2, 1)),), jnp.eye(2))((jnp.ones((2, 1)),))
    >>> float(seen["to_star"]), seen["model"].tolist()
    (2.0, [0.0, 0.0])
    """
    star, X = tuple(map(jnp.asarray, star)), jnp.asarray(X)

    def observe(params):
        move = tuple(s - p for s, p in zip(star, params))
        value, change = jax.jvp(lambda p: net(p, X), (params,), (move,))
        far = sum(jnp.sum(d**2) for d in move)
        return {"to_star": far, "model": value + change, "gradient": largest_gradient(net, params, X)}

    return observe


def step_size_of_proof(problem: TangentProblem, *, room: float = 1.2) -> float:
    r"""Return :math:`\eta = 1/(2LM^2)` with M the largest gradient at initialization times ``room``.

    Parameters
    ----------
    problem : TangentProblem
    room : float
        How far gradients may grow along the run.

    Returns
    -------
    float

    Notes
    -----
    Source: Chen, Cao, Zou, Gu 2021, convergence of gradient descent, where η is of the order 1/(Lm).

    Examples
    --------
    >>> from ntklib.theory.polylog_width.tangent_features.statements import problem
    >>> 0 < step_size_of_proof(problem(np.eye(3), [1, -1, 1], 64, 2)) < 1 / 64
    True
    """
    room = positive_float("step_size_of_proof", "room", room)
    M2 = problem.net.widths[1] * max(K.diagonal().max() for K in problem.blocks)
    return float(1 / (2 * problem.net.depth * room**2 * M2))


def steps_of_theorem(depth: int, width: int, radius: float, step_size: float, loss: float) -> int:
    r"""Return :math:`T = \lceil LR^2/(m\eta\,\epsilon)\rceil`, which is :math:`L^2R^2/\epsilon` up to a constant.

    Parameters
    ----------
    depth, width : int
        L and m.
    radius, step_size, loss : float
        R, η and ε_NTRF(R).

    Returns
    -------
    int

    Notes
    -----
    Then :math:`LR^2/(m\eta T) + 2\epsilon \le 3\epsilon`. Source: Chen, Cao, Zou, Gu 2021; constant: Book.

    Examples
    --------
    >>> steps_of_theorem(2, 100, 5.0, 0.005, 0.1)
    1000
    """
    return int(np.ceil(depth * radius**2 / (width * step_size * loss) - 1e-9))


def compete(
    problem: TangentProblem,
    radius: float,
    *,
    step_factor: float = 1.0,
    least: int = 1,
    most: int = 20000,
    tolerance=1e-3,
) -> Competition:
    r"""Run gradient descent for as many steps as the theorem allows, beside the best tangent model.

    Parameters
    ----------
    problem : TangentProblem
    radius : float
        R.
    step_factor : float
        Multiplies :func:`step_size_of_proof`.
    least, most : int
        Smallest and largest number of steps: fewer are raised to ``least``, more than ``most`` refused.
    tolerance : float
        Of the comparator, as a share of its loss.

    Returns
    -------
    Competition

    Raises
    ------
    ValueError
        If the theorem asks for more than ``most`` steps.

    Notes
    -----
    Every step recorded: O(T (N + L)) memory. Source: Chen, Cao, Zou, Gu 2021, convergence of gradient descent.

    Examples
    --------
    >>> from ntklib.theory.polylog_width.tangent_features.statements import problem
    >>> bool(compete(problem(np.eye(3), [1, -1, 1], 64, 2), 2.0).ratio < 3)
    True
    """
    net, params, X, y, blocks, start = problem
    fit = tangent_fit(blocks, y, radius, start=start, tolerance=tolerance)
    eta = step_factor * step_size_of_proof(problem)
    steps = max(least, steps_of_theorem(net.depth, net.widths[1], radius, eta, fit.loss))
    if steps > most:
        raise ValueError(
            f"compete: the theorem asks for {steps} steps at radius={radius} and loss {fit.loss:.3g}; expected at most "
            f"most={most}; reduce the radius or raise most."
        )
    watch = observer(net, comparator(net, params, X, fit), X)
    settings = {"loss": "logistic", "step_size": eta, "steps": steps, "record_outputs": True, "observe": watch}
    run = gradient_descent(net, params, X, y, on_divergence="record", **settings)
    return Competition(problem, fit, float(radius), eta, run)


def proof_table(competition: Competition) -> pd.DataFrame:
    r"""Return every step of the proof at every iteration of a run.

    Parameters
    ----------
    competition : Competition

    Returns
    -------
    pandas.DataFrame
        One row per iteration t < T. ``loss``; ``slope``, the mean of :math:`-\ell'`; ``gradient2`` and
        ``gradient_bound``, :math:`\lVert\nabla L_S\rVert^2 \le LM_t^2L_S`; ``error``,
        :math:`\tfrac12\max_i\lvert F_t(W^*)-F_0(W^*)\rvert`, which takes the place of ε_app; ``inner``,
        :math:`\langle\nabla L_S, W-W^*\rangle`, and ``inner_bound``, the lower bound
        :math:`(1-2\,\text{error})L_S-\epsilon`; ``next`` and ``next_bound``, the one-step inequality for
        :math:`\lVert W^{(t+1)}-W^*\rVert^2`.

    Notes
    -----
    Only the recorded numbers are used; O(T N). Source: Book, after Chen, Cao, Zou, Gu 2021.

    Examples
    --------
    >>> from ntklib.theory.polylog_width.tangent_features.statements import problem
    >>> table = proof_table(compete(problem(np.eye(3), [1, -1, 1], 64, 2), 2.0))
    >>> bool((table["next"] <= table["next_bound"]).all())
    True
    """
    p, fit, _, eta, run = competition
    seen, y, L = {k: np.asarray(v) for k, v in run.observed.items()}, p.y, p.net.depth
    f, loss, far = np.asarray(run.outputs)[:-1], np.asarray(run.loss)[:-1], seen["to_star"]
    model, slopes = seen["model"][:-1], np.exp(-np.logaddexp(0.0, y * f))
    error = 0.5 * np.abs(model - fit.values).max(axis=1)
    frame = pd.DataFrame({"loss": loss, "slope": slopes.mean(axis=1), "error": error})
    frame["gradient2"] = np.asarray(run.gradient_norm)[:-1] ** 2
    frame["gradient_bound"] = L * seen["gradient"][:-1] ** 2 * loss
    frame["inner"] = np.mean(slopes * y * (model - f), axis=1)
    frame["inner_bound"] = (1 - 2 * error) * loss - logistic(y * fit.values).mean()
    frame["before"], frame["next"] = far[:-1], far[1:]
    frame["next_bound"] = far[:-1] - eta * (1.5 - 4 * error) * loss + 2 * eta * fit.loss
    return frame
