r"""The empirical tangent kernel of a finite network, from its layers or through any function of pytree parameters.

With :math:`F_{l-1}` the features and :math:`B_l` the backward matrices, the Jacobian in :math:`W_l` is
:math:`m_l\, f_{l-1}(x) \otimes b_l(x)`, hence

.. math:: K = J J^\top = \sum_l m_l^2\, (F_{l-1} F_{l-1}^\top) \circ (B_l B_l^\top),

two small products a layer where the Jacobian itself would hold N times P numbers.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from ntklib._validate import data_matrix, is_concrete, positive_int, real_leaves
from ntklib.kernels.memory import require_memory
from ntklib.kernels.mixing import mixes_samples
from ntklib.networks import MLP

TILE = 1024


def empirical_ntk(net, params, X, X2=None, *, layers=None, block_rows: int | None = None, memory_limit=None):
    r"""Return the empirical neural tangent kernel :math:`K = J(X)\, J(X_2)^\top`.

    .. math:: K = \sum_{l} m_l^2\, (F_{l-1} F_{l-1}^\top) \circ (B_l B_l^\top)

    Parameters
    ----------
    net : MLP or callable
        An :class:`ntklib.MLP`, or any ``f(params, X)`` with pytree parameters that returns ``(N,)`` or ``(N, k)``, row
        ``i`` depending on row ``i`` of ``X`` only: checked on two rows.
    params : pytree
    X : array (N, d)
    X2 : array (N2, d), optional
        Default ``X``.
    layers : tuple of ints, optional
        Keep only the terms of these weight layers, counted from 1; MLP only.
    block_rows : int, optional
        Rows handled at a time; any remainder is fine.
    memory_limit : float, optional
        Bytes that may be allocated; default: what is free.

    Returns
    -------
    array
        ``(N, N2)``; ``(N, N2, k, k)`` for ``k > 1`` outputs, never traced silently; symmetric when ``X2`` is omitted.

    Raises
    ------
    ValueError
        Bad data, layers outside 1..L, ``layers`` with a general function, or one whose outputs depend on the other
        rows of the batch, such as batch normalization in training mode (under tracing the kernel is NaN then).
    MemoryError
        Before anything is allocated.

    Notes
    -----
    MLP: ``N N2 Σ (n_{l-1} + n_l)`` multiply-adds, half of them when ``X2`` is omitted; memory: K, the factors and a few
    tiles. General function: the Jacobian of one block of rows at a time, ``O(N N2 P)`` time.
    Source: layerwise identity of Nguyen, Mondelli and Montúfar 2021, section 2.

    Examples
    --------
    >>> net = MLP((3, 20, 1))
    >>> params, X = net.init(jax.random.key(0)), jnp.eye(3)
    >>> parts = [empirical_ntk(net, params, X, layers=(l,)) for l in (1, 2)]
    >>> bool(jnp.allclose(sum(parts), empirical_ntk(net, params, X), rtol=1e-5))
    True
    """
    where = "empirical_ntk"
    X = data_matrix(where, "X", X)
    symmetric = X2 is None
    X2 = X if symmetric else data_matrix(where, "X2", X2, columns=X.shape[1])
    real_leaves(where, params)
    block_rows = None if block_rows is None else positive_int(where, "block_rows", block_rows)
    if not isinstance(net, MLP):
        if layers is not None:
            raise ValueError(f"{where}: layers={layers!r} with a general function; expected an MLP, or layers=None.")
        return _generic(net, params, X, X2, symmetric, block_rows, memory_limit)
    layers = checked_layers(where, layers, net.depth)
    k, rows = net.widths[-1], X.shape[0] + X2.shape[0]
    needed = X.dtype.itemsize * (2.0 * X.shape[0] * X2.shape[0] * k**2 + 2 * rows * k * sum(net.widths))
    require_memory(where, needed, "pass X in row blocks as empirical_ntk(net, params, X[i:j], X)", memory_limit)
    left = layer_factors(net, params, X, layers)
    right = left if symmetric else layer_factors(net, params, X2, layers)
    tile = block_rows or TILE
    on_host = jax.default_backend() == "cpu" and is_concrete(*jax.tree.leaves((left, right)))
    contract = partial(_tiled, tile=tile, symmetric=symmetric) if on_host and k == 1 else _whole
    return contract(left, right)


def checked_layers(where: str, layers, depth: int) -> tuple[int, ...]:
    """Return the weight layers to keep, 1..L, or say which one does not exist."""
    chosen = tuple(range(1, depth + 1)) if layers is None else tuple(layers)
    if not chosen or any(l not in range(1, depth + 1) for l in chosen) or len(set(chosen)) != len(chosen):
        raise ValueError(f"{where}: layers={layers!r}; expected different numbers from 1 to {depth}, at least one.")
    return chosen


def layer_factors(net: MLP, params, X, layers):
    """The pairs ``(m_l F_{l-1}, B_l)`` of the chosen layers; ``B_l`` always of shape ``(N, n_L, n_l)``."""
    F, B = net.features_and_backward(params, X)
    m = net.parametrization.multiplier
    with_outputs = [b if b.ndim == 3 else b[:, None, :] for b in B]
    return tuple((m[l - 1] * F[l - 1], with_outputs[l - 1]) for l in layers)


def _whole(left, right):
    """Sum of the layers' terms with JAX products; works under tracing and for several outputs."""
    total = 0.0
    for (F1, B1), (F2, B2) in zip(left, right):
        total = total + (F1 @ F2.T)[:, :, None, None] * jnp.einsum("ipn,jqn->ijpq", B1, B2)
    return total[:, :, 0, 0] if total.shape[-1] == 1 else total


def _tiled(left, right, tile: int, symmetric: bool):
    """The same sum for one output tile by tile through NumPy's BLAS, the upper triangle only where it is symmetric."""
    left, right = ([(np.asarray(F), np.asarray(B[:, 0])) for F, B in side] for side in (left, right))
    N, N2 = left[0][0].shape[0], right[0][0].shape[0]
    tile = min(tile, max(N, N2))
    K, work = np.zeros((N, N2), left[0][0].dtype), np.empty((2, tile * tile), left[0][0].dtype)
    for i in range(0, N, tile):
        for j in range(i if symmetric else 0, N2, tile):
            rows, columns = slice(i, i + tile), slice(j, j + tile)
            target = K[rows, columns]
            products = [half[: target.size].reshape(target.shape) for half in work]
            for factors, factors2 in zip(left, right):
                for A, A2, out in zip(factors, factors2, products):
                    np.matmul(A[rows], A2[columns].T, out=out)
                products[0] *= products[1]
                target += products[0]
            if symmetric and j > i:
                K[columns, rows] = target.T
    return jnp.asarray(K)


def _generic(function, params, X, X2, symmetric, block_rows, memory_limit):
    """Contract the Jacobians of blocks of rows, leaf by leaf of the parameters."""
    count = sum(leaf.size for leaf in jax.tree.leaves(params))
    shape = jax.eval_shape(function, params, X)
    if not hasattr(shape, "shape") or shape.shape[:1] != X.shape[:1] or shape.ndim not in (1, 2):
        raise ValueError(f"empirical_ntk: function returns {shape}; expected (N,) or (N, k) with N = {X.shape[0]}.")
    k = 1 if shape.ndim == 1 else shape.shape[1]
    step = block_rows or max(1, int(2**25 // max(1, count * k)))
    needed = X.dtype.itemsize * (2.0 * X.shape[0] * X2.shape[0] * k**2 + 3 * min(step, len(X)) * k * count)
    require_memory("empirical_ntk", needed, "pass block_rows=1, or use ntk_vector_product", memory_limit)

    mixed = mixes_samples("empirical_ntk", function, params, X, X2)

    def jacobian(x):
        rows = jax.jacrev(lambda p: function(p, x[None])[0].reshape(k))(params)
        return [leaf.reshape(k, -1) for leaf in jax.tree.leaves(rows)]

    @jax.jit
    def block(A, B):
        pairs = zip(jax.vmap(jacobian)(A), jax.vmap(jacobian)(B))
        return sum(jnp.einsum("ipn,jqn->ijpq", a, b) for a, b in pairs)

    rows = [
        jnp.concatenate([block(X[i : i + step], X2[j : j + step]) for j in range(0, len(X2), step)], axis=1)
        for i in range(0, len(X), step)
    ]
    K = jnp.concatenate(rows)
    K = jnp.where(mixed, jnp.nan, (K + K.transpose(1, 0, 3, 2)) / 2 if symmetric else K)
    return K[:, :, 0, 0] if k == 1 else K
