"""Limiting kernels of positively homogeneous activations through the angle of each pair.

Three routes to the same numbers: for concrete arrays on a CPU, one BLAS product and one fused pass per kernel and row
block; the same pass under ``shard_map``; and, where derivatives are traced, the recursion itself from the rows. The few
pairs that nearly coincide or nearly oppose are redone from the rows in compensated arithmetic: their cosine has lost
digits.
"""

from functools import cache, partial, reduce

import jax
import jax.numpy as jnp
import numpy as np
from scipy.fft import dct

from ntklib._validate import is_concrete
from ntklib.activations.covariance import guarded_sqrt
from ntklib.kernels.angles import accurate_half_angles, half_angles, unit_rows
from ntklib.kernels.profile import chebyshev_profile, profile_from_half_angles
from ntklib.kernels.sharding import sharded_rows

COSINE_LIMIT = 0.99  # beyond it the angle is recomputed from the rows
BLOCK = 2**18  # entries handled at a time, so that they stay in the cache
UNROLLED = 128  # longer series, at hundreds of layers, compile as a loop


def homogeneous_kernels(X, X2, symmetric: bool, depth: int, beta: float, block_rows=None, mesh=None):
    """Return ``(G, K)`` of shape ``(N, N2)`` for the norm-preserving weight variance.

    Time: one product ``X X2ᵀ`` plus a series of about 11 √depth terms per pair; memory: both outputs and one block.
    """
    if not is_concrete(X, X2):
        return rowwise_kernels(X, X2, depth, beta)
    if mesh is None and jax.default_backend() == "cpu":
        step = max(1, BLOCK // max(1, X2.shape[0])) if block_rows is None else block_rows
        with jax.ensure_compile_time_eval():  # the data may be concrete inside somebody's jit
            G, K, close = _host_bulk(X, X2, symmetric, depth, beta, step)
    else:
        G, K, close = _device_bulk(X, X2, depth, beta, mesh)
    _redo_close_pairs(G, K, close, np.asarray(X), np.asarray(X2), symmetric, depth, beta)
    return jnp.asarray(G), jnp.asarray(K)


@partial(jax.jit, static_argnames=("depth", "beta"))
def rowwise_kernels(X, X2, depth, beta):
    """Row by row from half angles: differentiable, accurate at every angle, ``O(N N2 (d + depth))``."""
    norm2 = _norms(X2)

    def row(x):
        s, c = half_angles(x[None, :], X2)
        profile = profile_from_half_angles(s, c, depth, beta)
        scale = _norms(x[None, :]) * norm2
        return scale * profile.G, scale * profile.K

    return jax.lax.map(row, X)


@cache
def _arcsine_coefficients(count: int = 19) -> np.ndarray:
    """Chebyshev coefficients of ``asin(s)/s`` in ``y = 4 s² − 1``, for ``s² <= 1/2``; error 5e-16 with 19."""
    x = np.cos(np.pi * (np.arange(64) + 0.5) / 64)
    s = np.sqrt((1 + x) / 4)
    return (dct(np.arcsin(s) / s, type=2) / 64 / np.where(np.arange(64), 1, 2))[:count]


def _clenshaw(coefficients, x):
    """Evaluate a Chebyshev series; unrolled while short, so that it fuses with what surrounds it."""
    start = jnp.full_like(x, coefficients[-1]), jnp.zeros_like(x)

    def step(k, b):
        return (coefficients[k] - b[1]) + 2 * x * b[0], b[0]

    last = coefficients.shape[0] - 2
    if last < UNROLLED:
        b1, b2 = reduce(lambda b, k: step(k, b), range(last, 0, -1), start)
    else:
        b1, b2 = jax.lax.fori_loop(0, last, lambda i, b: step(last - i, b), start)
    return (coefficients[0] - b2) + x * b1


@jax.jit
def _from_cosines(cosine, norm1, norm2, arcsine, series):
    """One kernel from the cosines: the angle by a polynomial arcsine of the half angle, then one Clenshaw sum.

    XLA's own ``arccos`` is ten to twenty times slower on a CPU; and two calls with one output each run twice as fast
    as one call with two outputs, which XLA does not keep in registers.
    """
    size = jnp.abs(cosine)
    half_sine = jnp.sqrt(jnp.maximum((1 - size) / 2, 0))
    folded = (4 / jnp.pi) * half_sine * _clenshaw(arcsine, 1 - 2 * size) - 1
    return norm1[:, None] * norm2[None, :] * _clenshaw(series, jnp.where(cosine >= 0, folded, -folded))


def _passes(depth, beta, dtype):
    """The two functions ``(cosine, norm1, norm2) -> G`` and ``-> K``."""
    arcsine, *series = (jnp.asarray(c, dtype) for c in (_arcsine_coefficients(), *chebyshev_profile(depth, beta)))
    return tuple(partial(_from_cosines, arcsine=arcsine, series=c) for c in series)


def _host_bulk(X, X2, symmetric, depth, beta, step):
    """One BLAS product, then row blocks in one fused pass a kernel; the cosines make way for K in place.

    The product comes first and whole: BLAS threads spin for a while after each call, in the way of XLA's.
    """
    U, norm1 = _normalized(X)
    V, norm2 = (U, norm1) if symmetric else _normalized(X2)
    K = U @ V.T
    if symmetric:
        np.fill_diagonal(K, 0.0)  # exact values come later; the diagonal must not count among the close pairs
    G, passes, close = np.empty_like(K), _passes(depth, beta, K.dtype), [np.empty((0, 2), int)]
    for i in range(0, K.shape[0], step):
        rows = slice(i, i + step)
        cosine = K[rows]
        if max(cosine.max(), -cosine.min()) > COSINE_LIMIT:
            close.append(np.argwhere(np.abs(cosine) > COSINE_LIMIT) + np.array((i, 0)))
        G[rows], K[rows] = (np.asarray(to_kernel(cosine, norm1[rows], norm2)) for to_kernel in passes)
    return G, K, np.concatenate(close)


def _device_bulk(X, X2, depth, beta, mesh):
    """The same pass with JAX products: on an accelerator, or sharded by rows over a mesh."""
    passes, V, norm2 = _passes(depth, beta, X.dtype), unit_rows(X2), _norms(X2)

    def rows_to_kernels(rows):
        cosine = unit_rows(rows) @ V.T
        G, K = (to_kernel(cosine, _norms(rows), norm2) for to_kernel in passes)
        return G, K, jnp.abs(cosine) > COSINE_LIMIT

    run = jax.jit(rows_to_kernels) if mesh is None else partial(sharded_rows, rows_to_kernels, mesh=mesh)
    G, K, close = run(X)
    return np.array(G), np.array(K), np.argwhere(np.asarray(close))


def _redo_close_pairs(G, K, pairs, X, X2, symmetric, depth, beta):
    """Overwrite the entries of nearly coincident or opposite pairs, in place; the diagonal exactly."""
    if symmetric:
        square = np.sum(X.astype(np.float64) ** 2, axis=1)
        np.fill_diagonal(G, square)
        np.fill_diagonal(K, depth * square)
        pairs = pairs[pairs[:, 0] < pairs[:, 1]]
    step = max(1, 2**22 // max(1, X.shape[1]))
    for start in range(0, len(pairs), step):
        i, j = pairs[start : start + step].T
        x, y = X[i].astype(np.float64), X2[j].astype(np.float64)
        profile = profile_from_half_angles(*accurate_half_angles(x, y), depth, beta, np)
        scale = np.linalg.norm(x, axis=1) * np.linalg.norm(y, axis=1)
        G[i, j], K[i, j] = scale * profile.G, scale * profile.K
        if symmetric:
            G[j, i], K[j, i] = G[i, j], K[i, j]


def _norms(X):
    return guarded_sqrt(jnp.sum(X**2, axis=1))


def _normalized(X):
    X = np.asarray(X)
    norm = np.sqrt(np.sum(X * X, axis=1))
    return X / np.where(norm > 0, norm, 1)[:, None], norm
