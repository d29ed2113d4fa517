"""The compiled loop behind `ntklib.gradient_descent`: losses, minibatches, one iteration, one record."""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp


def squared_loss(outputs, y):
    r"""Return :math:`\tfrac12\sum_i (f_i - y_i)^2`, a sum over samples and outputs, in squared label units.

    Its gradient flow is :math:`\dot f = -K (f - y)` with the tangent kernel K, and gradient descent on a
    linear model is stable exactly for step sizes below :math:`2/\lambda_{\max}(K)`.

    Examples
    --------
    >>> float(squared_loss(jnp.array([1.0, 3.0]), jnp.array([1.0, 1.0])))
    2.0
    """
    return 0.5 * jnp.sum((outputs - y) ** 2)


def logistic_loss(outputs, y):
    r"""Return :math:`\frac1N \sum_i \log(1 + e^{-y_i f_i})`, the mean in nats, for labels ±1.

    Examples
    --------
    >>> round(float(logistic_loss(jnp.zeros(3), jnp.array([1.0, -1.0, 1.0]))), 4)
    0.6931
    """
    return jnp.mean(jax.nn.softplus(-y * outputs))


LOSSES = {"squared": squared_loss, "logistic": logistic_loss}


class Program(NamedTuple):
    """What the compiled loop depends on besides arrays."""

    net: Any
    loss: Any
    batch_size: int | None
    sampling: str
    record_outputs: bool
    observe: Any
    optimizer: Any
    records_all: bool  # full batch and a record at every iteration: half of the program is not needed


class _State(NamedTuple):
    """What the loop carries from one iteration to the next."""

    params: Any
    path_length: jax.Array
    diverged_at: jax.Array
    memory: Any  # of the optimizer


@partial(jax.jit, static_argnums=0)
def descend(program: Program, start, X, y, key, scale, spans) -> dict:
    """Scan over the records; from each one, loop over the iterations ``spans[r, 0] <= t < spans[r, 1]``.

    An iteration adds ``scale`` times what the optimizer makes of the gradient.
    """
    start = jax.tree.map(jnp.asarray, start)
    full = jax.value_and_grad(lambda p: _loss_and_outputs(program, p, X, y), has_aux=True)
    batch = jax.value_and_grad(lambda p, t: _batch_loss(program, p, X, y, key, t))

    def iterate(t, state):
        value, gradient = batch(state.params, t)
        return _move(program, _watch(state, t, value, gradient), gradient, scale)

    def block(state, span):
        (value, outputs), gradient = full(state.params)
        state = _watch(state, span[0], value, gradient)
        row = _measure(program, start, state, value, gradient) | {"step": span[0], "outputs": outputs}
        if program.batch_size is None:  # follow the gradient just recorded: do not compute it twice
            state = _move(program, state, gradient, jnp.where(span[0] < span[1], scale, 0.0))
            span = span.at[0].add(1)
        if program.records_all:
            return state, row
        return jax.lax.fori_loop(span[0], span[1], iterate, state), row

    state = _State(start, jnp.zeros((), scale.dtype), jnp.full((), -1, spans.dtype), program.optimizer.init(start))
    state, rows = jax.lax.scan(block, state, spans)
    return {**rows, "params": state.params, "diverged_at": state.diverged_at}


def _loss_and_outputs(program, params, X, y):
    outputs = program.net(params, X)
    return program.loss(outputs, y), outputs if program.record_outputs else None


def _batch_loss(program, params, X, y, key, t):
    if program.batch_size is None:
        return program.loss(program.net(params, X), y)
    rows = _draw(program.sampling, key, t, program.batch_size, X.shape[0])
    scale = X.shape[0] / program.batch_size if program.loss is squared_loss else 1.0
    return scale * program.loss(program.net(params, X[rows]), y[rows])


def _draw(sampling: str, key, t, size: int, N: int):
    """Return the sample indices of iteration t."""
    if sampling == "replacement":
        return jax.random.randint(jax.random.fold_in(key, t), (size,), 0, N)
    if sampling == "one_pass":
        return t * size + jnp.arange(size)
    epoch, place = jnp.divmod(t, N // size)
    order = jax.random.permutation(jax.random.fold_in(key, epoch), N)
    return jax.lax.dynamic_slice_in_dim(order, place * size, size)


def _watch(state: _State, t, value, gradient) -> _State:
    """Note the first iteration whose loss or gradient is not finite."""
    finite = jnp.isfinite(value) & jnp.isfinite(_norm(gradient))
    return state._replace(diverged_at=jnp.where((state.diverged_at < 0) & ~finite, t, state.diverged_at))


def _move(program: Program, state: _State, gradient, scale) -> _State:
    """Take one step; a state that is no longer finite stays where it is."""
    alive = state.diverged_at < 0
    direction, memory = program.optimizer.update(gradient, state.memory, state.params)

    def new(leaf, slope):
        return jnp.where(alive, leaf + (scale * slope).astype(leaf.dtype), leaf)

    length = state.path_length + jnp.where(alive, jnp.abs(scale) * _norm(direction), 0.0)
    moved = jax.tree.map(new, state.params, direction)
    return _State(moved, length.astype(state.path_length.dtype), state.diverged_at, memory)


def _measure(program, start, state, value, gradient) -> dict:
    moved = jax.tree.map(jnp.subtract, state.params, start)
    layers = jnp.stack([jnp.linalg.norm(leaf.ravel()) for leaf in jax.tree.leaves(moved)])
    numbers = {
        "loss": value,
        "gradient_norm": _norm(gradient),
        "distance": jnp.linalg.norm(layers),
        "layer_distance": layers,
        "path_length": state.path_length,
    }
    alive = state.diverged_at < 0
    seen = None if program.observe is None else jax.tree.map(jnp.asarray, program.observe(state.params))
    return {name: jnp.where(alive, number, jnp.nan) for name, number in numbers.items()} | {"observed": seen}


def _norm(tree):
    return jnp.sqrt(sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(tree)))


class _Fresh:
    """Stand-in for a callable that cannot be hashed: compiled anew at every call, never confused with another."""

    def __init__(self, function):
        self.function = function

    def __call__(self, *arguments):
        return self.function(*arguments)


def hashable(function):
    """Return a callable that can key a compilation cache."""
    try:
        hash(function)
    except TypeError:
        return _Fresh(function)
    return function
