"""Whether a function of a batch treats its rows one by one, as an entry of the tangent kernel requires."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from ntklib._validate import is_concrete


def mixes_samples(where: str, function, params, X, X2):
    r"""Refuse a function whose output at one row changes when another row joins the batch.

    Two different rows are given to ``function`` together and alone; outputs and their derivative in one fixed random
    direction of the parameters must agree to the third root of the unit of rounding.

    Returns
    -------
    bool or traced bool array
        False; traced where the answer is not known yet.

    Notes
    -----
    Two evaluations on two rows. A function that mixes rows only in a way that one random direction does not see, or
    only in larger batches, passes.

    Examples
    --------
    >>> X = jnp.eye(2)
    >>> mixes_samples("demo", lambda p, x: x @ p, jnp.ones(2), X, X)
    False
    >>> mixes_samples("demo", lambda p, x: (x - x.mean(0)) @ p, jnp.ones(2), X, X)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ValueError: demo: the function's output at one row depends on the other rows of the batch ...
    """
    rows = _two_rows(X, X2)
    if rows is None:
        return False
    mixed = jax.jit(partial(_disagrees, function))(params, rows)
    if not is_concrete(mixed):
        return mixed
    if bool(mixed):
        raise ValueError(
            f"{where}: the function's output at one row depends on the other rows of the batch (batch normalization in "
            "training mode, an average over the batch?), so that no kernel of pairs describes it; freeze the batch "
            "statistics (evaluation mode), or use ntk_vector_product, which differentiates the whole batch."
        )
    return False


def _two_rows(X, X2):
    """Two rows of the data, different ones where that can be seen; None where there is one row only."""
    others = X if len(X) > 1 else X2
    if others is X and len(X) == 1:
        return None
    second = len(others) - 1
    if is_concrete(X, others):
        different = np.flatnonzero((np.asarray(others) != np.asarray(X[0])).any(axis=1))
        second = int(different[0]) if different.size else second
    return jnp.stack([X[0], others[second]])


def _disagrees(function, params, rows):
    direction = _direction(params)

    def at(x):
        return jax.jvp(lambda p: function(p, x), (params,), (direction,))

    together, alone = at(rows), jax.vmap(lambda row: at(row[None]))(rows)
    apart = jnp.stack([jnp.abs(t - a[:, 0]).max() for t, a in zip(together, alone)])
    size = jnp.stack([jnp.abs(z).max() for z in (*together, *alone)]).max()
    return apart.max() > jnp.finfo(apart.dtype).eps ** (1 / 3) * size


def _direction(params):
    """A fixed random direction in which every leaf moves by about its own size, or 1 where it is zero."""
    leaves, tree = jax.tree.flatten(params)
    rng, moves = np.random.default_rng(0), []
    for leaf in map(jnp.asarray, leaves):
        size = jnp.sqrt(jnp.mean(leaf**2))
        move = jnp.asarray(rng.standard_normal(leaf.shape), leaf.dtype)
        moves.append((jnp.where(size > 0, size, 1) * move).astype(leaf.dtype))
    return jax.tree.unflatten(tree, moves)
