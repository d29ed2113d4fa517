"""Input checks shared by every module: each message says what was received, what was expected, what to do."""

import jax
import jax.numpy as jnp
import numpy as np


def is_concrete(*arrays) -> bool:
    """Whether every array holds numbers, i.e. none is being traced by ``jit``, ``grad`` or ``vmap``."""
    try:
        for a in arrays:
            np.asarray(a)
    except (jax.errors.TracerArrayConversionError, jax.errors.ConcretizationTypeError):
        return False
    return True


def data_matrix(where: str, name: str, X, *, columns: int | None = None, floating: bool = True):
    """Return ``X`` as a two-dimensional finite JAX array, or say what is wrong with it."""
    X = jnp.asarray(X)
    if floating and not jnp.issubdtype(X.dtype, jnp.floating):
        X = X.astype(jnp.result_type(float))
    if X.ndim != 2:
        hint = f"reshape one sample to (1, {X.shape[0]})" if X.ndim == 1 and X.size else "flatten each sample"
        raise ValueError(f"{where}: {name} has shape {X.shape}; expected a matrix (N, d), one row per sample; {hint}.")
    if columns is not None and X.shape[1] != columns:
        raise ValueError(
            f"{where}: {name} has {X.shape[1]} columns; expected {columns}; "
            "give rows of the same dimension as the first argument or the network's input."
        )
    if is_concrete(X) and not np.isfinite(np.asarray(X)).all():
        bad = int(np.argwhere(~np.isfinite(np.asarray(X)))[0, 0])
        raise ValueError(
            f"{where}: {name} contains NaN or infinity (first in row {bad}); expected finite numbers; "
            "clean or drop that row."
        )
    return X


def symmetric_matrix(where: str, name: str, K) -> np.ndarray:
    """Return ``K`` as a square finite symmetric NumPy array, or say what is wrong with it."""
    K = np.asarray(K)
    if K.ndim != 2 or K.shape[0] != K.shape[1] or K.shape[0] == 0:
        raise ValueError(
            f"{where}: {name} has shape {K.shape}; expected a square matrix (N, N) with N >= 1; "
            "a kernel with several outputs must be reshaped to (N n_L, N n_L) first."
        )
    if not np.issubdtype(K.dtype, np.floating):
        K = K.astype(np.float64)
    scale = max(K.max(), -K.min())  # NaN and infinity pass through to here, without another array
    if not np.isfinite(scale):
        raise ValueError(
            f"{where}: {name} contains NaN or infinity; expected finite numbers; look for a zero row or an overflow."
        )
    asymmetry = _largest_asymmetry(K)
    if asymmetry > 100 * np.finfo(K.dtype).eps * scale * max(1, K.shape[0]) ** 0.5:
        raise ValueError(
            f"{where}: {name} is not symmetric (largest difference {asymmetry:.3g}, largest entry {scale:.3g}); "
            "expected a symmetric matrix; pass (K + K.T) / 2 if the asymmetry is rounding."
        )
    return K


def _largest_asymmetry(K: np.ndarray, block: int = 256) -> float:
    """Largest entry of ``abs(K - K.T)``, block by block so that both triangles are read along the cache."""
    largest = 0.0
    for i in range(0, len(K), block):
        for j in range(0, i + 1, block):
            difference = K[i : i + block, j : j + block] - K[j : j + block, i : i + block].T
            largest = max(largest, difference.max(), -difference.min())
    return largest


def positive_int(where: str, name: str, value, *, minimum: int = 1) -> int:
    """Return ``value`` as an int of at least ``minimum``, or say what is wrong with it."""
    if isinstance(value, bool) or int(value) != value or value < minimum:
        raise ValueError(f"{where}: {name}={value!r}; expected an integer >= {minimum}.")
    return int(value)


def positive_float(where: str, name: str, value) -> float:
    """Return ``value`` as a finite float above zero, or say what is wrong with it."""
    value = float(value)
    if not (np.isfinite(value) and value > 0):
        raise ValueError(f"{where}: {name}={value!r}; expected a finite number above 0.")
    return value
