"""Gradient descent and stochastic gradient descent, recording what the theorems talk about."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pandas as pd

from ntklib._validate import data_matrix, is_concrete, positive_float, positive_int, real_leaves, real_numbers
from ntklib.training.loop import LOSSES, Program, descend, hashable, logistic_loss, squared_loss

__all__ = ["Trajectory", "gradient_descent", "logistic_loss", "squared_loss"]

OPTIMIZERS = {"sgd": optax.identity(), "adam": optax.scale_by_adam()}
SAMPLINGS = ("replacement", "shuffle", "one_pass")


class Trajectory(NamedTuple):
    r"""A run of gradient descent, seen at R recorded iterations; a pytree, so that `jax.vmap` stacks seeds.

    Attributes
    ----------
    step : int array, shape (R,)
        Recorded iterations t, from 0 to the last.
    loss : array, shape (R,)
        Loss of :math:`\theta_t` on all samples (also in stochastic gradient descent).
    gradient_norm : array, shape (R,)
        Euclidean norm of that loss's gradient in all parameters.
    distance : array, shape (R,)
        :math:`\lVert\theta_t - \theta_0\rVert` over all layers (Frobenius).
    layer_distance : array, shape (R, number of parameter arrays)
        The same for each array of ``params``, in the order of `jax.tree.leaves`.
    path_length : array, shape (R,)
        :math:`\sum_{s<t} \lVert\theta_{s+1} - \theta_s\rVert \ge` ``distance``, summed over every iteration.
    params : pytree
        Parameters after the last iteration, or where the run stopped being finite.
    diverged_at : int array, shape ()
        First iteration whose loss or gradient was not finite; -1 if all were. Records from there on are NaN.
    outputs : array, shape (R, N) or (R, N, n_L), or None
        Network outputs on the training samples, if asked for.
    observed : pytree or None
        What ``observe`` returned, stacked along a first axis of length R.
    """

    step: jax.Array
    loss: jax.Array
    gradient_norm: jax.Array
    distance: jax.Array
    layer_distance: jax.Array
    path_length: jax.Array
    params: Any
    diverged_at: jax.Array
    outputs: jax.Array | None = None
    observed: Any = None

    @property
    def diverged(self):
        """Whether the run stopped being finite (a boolean array of the shape of ``diverged_at``)."""
        return self.diverged_at >= 0

    def frame(self) -> pd.DataFrame:
        """Return the recorded scalars of a single run as a tidy table, one row per finite record.

        Examples
        --------
        >>> run = gradient_descent(lambda w, X: X @ w, jnp.zeros(1), [[1.0]], [1.0], step_size=0.5, steps=2)
        >>> run.frame()["loss"].tolist()
        [0.5, 0.125, 0.03125]
        """
        names = ("step", "loss", "gradient_norm", "distance", "path_length")
        if np.ndim(self.step) != 1:
            raise ValueError(
                f"Trajectory.frame: step has shape {np.shape(self.step)}; expected a single run (R,); "
                "take one seed first, e.g. jax.tree.map(lambda a: a[0], trajectory)."
            )
        rows = pd.DataFrame({name: np.asarray(getattr(self, name)) for name in names})
        return rows[np.isfinite(rows["loss"])]


def gradient_descent(
    net,
    params,
    X,
    y,
    *,
    loss="squared",
    step_size,
    steps,
    optimizer="sgd",
    record_every: int = 1,
    batch_size: int | None = None,
    sampling: str = "replacement",
    key=None,
    record_outputs: bool = False,
    observe=None,
    on_divergence: str = "raise",
) -> Trajectory:
    r"""Run (stochastic) gradient descent :math:`\theta_{t+1} = \theta_t - \eta \nabla \ell_t(\theta_t)`.

    Full batch: :math:`\ell_t` is the loss on all N samples. With ``batch_size`` b it is the loss on b
    samples, times N/b for the "squared" loss, which is a sum, so that its mean over batches is the full
    gradient; "logistic" is a mean already and a loss of your own is used as it stands.

    Parameters
    ----------
    net : callable
        ``net(params, X) -> (N,)`` or ``(N, n_L)``; an `ntklib.MLP` or any JAX function.
    params : pytree of floating arrays
        Starting point. To freeze a layer, close over it: ``lambda W, X: net((W, W_2), X)``.
    X : array_like, shape (N, d)
        Samples.
    y : array_like, shape of the outputs
        Labels; -1 and 1 for "logistic".
    loss : {"squared", "logistic"} or callable
        :math:`\tfrac12\lVert f-y\rVert^2` (a sum), the mean of :math:`\log(1+e^{-yf})`, or
        ``loss(outputs, y) -> scalar``.
    step_size : float or None
        :math:`\eta > 0`, for the loss in its own unit; None with an optimizer object, which holds its own.
    steps : int
        Number of iterations T.
    optimizer : {"sgd", "adam"} or optax.GradientTransformation
        What is done to the gradient: nothing, Adam with its usual constants, or a transformation of the library
        optax whose updates are added as they stand. Reuse one object: each new one is compiled anew.
    record_every : int
        Record at iterations 0, r, 2r, … and at T.
    batch_size : int, optional
        Samples per iteration; None for full batch.
    sampling : {"replacement", "shuffle", "one_pass"}
        Independent uniform draws; a new permutation every epoch, whose incomplete last batch is dropped; or
        each sample once, in the order given.
    key : JAX random key
        Needed for "replacement" and "shuffle".
    record_outputs : bool
        Keep the outputs on all samples at every record.
    observe : callable, optional
        ``observe(params) -> pytree of arrays``, recorded too: an eigenvalue, the activation patterns, …
    on_divergence : {"raise", "record"}
        What to do when loss or gradient stop being finite: an error that names the iteration, or a
        trajectory whose ``diverged_at`` says it. Under `jax.vmap` or `jax.jit` only "record" is possible,
        and is used.

    Returns
    -------
    Trajectory
        R = ceil(T / r) + 1 records.

    Raises
    ------
    ValueError
        For labels of another shape than the outputs, unknown names, a missing key, impossible batches.
    FloatingPointError
        If the run diverged and ``on_divergence="raise"``.

    Notes
    -----
    The precision is that of ``params`` and ``X``. T + R gradient evaluations on a batch and on all samples
    respectively (T + 1 in all for full batch); "shuffle" adds O(N log N) per iteration. Memory: one gradient
    and the recorded numbers, O(R (layers + N if ``record_outputs``)); no iterate but the current one is
    kept. Compiled once per network object, loss and number of records: reuse these objects in a loop. With
    equal arguments the numbers are equal on one machine.

    Source: Book; the quantities are those of Chen et al. 2021 (distance from initialization) and of the
    lazy-training arguments in Bombari et al. 2022.

    Examples
    --------
    >>> net = lambda w, X: X @ w
    >>> run = gradient_descent(net, jnp.zeros(2), np.eye(2), [1.0, 2.0], step_size=0.5, steps=20)
    >>> np.round(np.asarray(run.params), 3).tolist()
    [1.0, 2.0]
    """
    X = data_matrix("gradient_descent", "X", X)
    real_leaves("gradient_descent", params)
    outputs = jax.eval_shape(net, params, X)
    y, loss = _labels(y, outputs, loss), _loss(loss)
    optimizer, scale = _optimizer(optimizer, step_size, outputs.dtype)
    spans = _spans(steps, record_every)
    batch_size, key = _batches(batch_size, sampling, key, X.shape[0], int(spans[-1, 1]))
    if on_divergence not in ("raise", "record"):
        raise ValueError(f"gradient_descent: on_divergence={on_divergence!r}; expected 'raise' or 'record'.")
    kept, all_kept = bool(record_outputs), batch_size is None and bool((np.diff(spans) <= 1).all())
    program = Program(hashable(net), loss, batch_size, sampling, kept, hashable(observe), optimizer, all_kept)
    run = Trajectory(**descend(program, params, X, y, key, scale, spans))
    if on_divergence == "raise" and is_concrete(run.diverged_at) and bool(run.diverged):
        size = "the optimizer's own" if step_size is None else f"{float(step_size):.3g}"
        raise FloatingPointError(
            f"gradient_descent: loss or gradient stopped being finite at iteration {int(run.diverged_at)} of "
            f"{int(spans[-1, 1])} with step_size={size}; expected a finite run; reduce step_size "
            "(near a linear model the squared loss needs less than 2/λ_max of the tangent kernel), or pass "
            "on_divergence='record' to keep what happened before."
        )
    return run


def _spans(steps, record_every):
    """Return the half-open intervals of iterations that follow each record, shape (R, 2); the last is empty."""
    steps = positive_int("gradient_descent", "steps", steps)
    every = positive_int("gradient_descent", "record_every", record_every)
    starts = np.minimum(np.arange(-(-steps // every) + 1) * every, steps)
    return np.stack([starts, np.minimum(starts + every, steps)], axis=1)  # no JAX array: known under jax.jit, too


def _optimizer(optimizer, step_size, dtype):
    """Return the transformation of the gradient, and the factor with which its result is added."""
    if isinstance(optimizer, optax.GradientTransformation):
        if step_size is not None:
            raise ValueError(
                f"gradient_descent: step_size={step_size!r} beside an optimizer object, which holds its own; pass "
                "step_size=None."
            )
        return optimizer, jnp.ones((), dtype)
    if optimizer not in OPTIMIZERS:
        raise ValueError(
            f"gradient_descent: optimizer={optimizer!r}; expected one of {', '.join(map(repr, OPTIMIZERS))} or an "
            "optax.GradientTransformation."
        )
    if step_size is None:
        raise ValueError(f"gradient_descent: step_size=None; expected a number with optimizer={optimizer!r}.")
    if is_concrete(step_size):
        positive_float("gradient_descent", "step_size", step_size)
    return OPTIMIZERS[optimizer], -jnp.asarray(step_size, dtype)


def _loss(loss):
    if callable(loss):
        return hashable(loss)
    if loss not in LOSSES:
        raise ValueError(
            f"gradient_descent: loss={loss!r}; expected one of {', '.join(map(repr, LOSSES))} "
            "or a function loss(outputs, y) -> scalar."
        )
    return LOSSES[loss]


def _labels(y, outputs, loss):
    """Return the labels as an array beside which no output is broadcast by accident."""
    y = jnp.asarray(real_numbers("gradient_descent", "y", y, floating=not callable(loss)))
    expected = outputs.shape if not callable(loss) else outputs.shape[:1]
    received = y.shape if not callable(loss) else y.shape[:1]
    if received != expected:
        raise ValueError(
            f"gradient_descent: y has shape {y.shape} and the network's outputs have shape {outputs.shape}; "
            "expected one label per output; reshape y, or the difference would be broadcast to all pairs."
        )
    if is_concrete(y) and not np.isfinite(np.asarray(y)).all():
        raise ValueError("gradient_descent: y contains NaN or infinity; expected finite labels; drop those rows.")
    if loss == "logistic" and is_concrete(y) and not (np.abs(np.asarray(y)) == 1).all():
        raise ValueError(
            f"gradient_descent: y holds the labels {np.unique(np.asarray(y))[:4].tolist()}; the logistic "
            "loss expects -1 and 1; map {0, 1} by 2 * y - 1."
        )
    return y if callable(loss) else y.astype(outputs.dtype)


def _batches(size, sampling, key, N: int, steps: int):
    if sampling not in SAMPLINGS:
        raise ValueError(f"gradient_descent: sampling={sampling!r}; expected one of {', '.join(map(repr, SAMPLINGS))}.")
    if size is None:
        return None, None
    size = positive_int("gradient_descent", "batch_size", size)
    if size > N and sampling != "replacement":
        raise ValueError(f"gradient_descent: batch_size={size}; expected at most N={N} with sampling={sampling!r}.")
    if sampling == "one_pass" and steps * size > N:
        raise ValueError(
            f"gradient_descent: one pass over N={N} samples allows {N // size} steps of batch_size={size}; "
            f"received steps={steps}; take fewer steps or sampling='shuffle'."
        )
    if sampling != "one_pass" and key is None:
        raise ValueError(
            f"gradient_descent: sampling={sampling!r} draws at random and received key=None; "
            "expected a JAX random key, e.g. key=jax.random.key(0)."
        )
    return size, key
