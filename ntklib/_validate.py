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
    except ValueError:  # rows of unequal length: no array at all
        return True
    return True


def real_numbers(where: str, name: str, values, *, floating: bool = True):
    """Return ``values`` as an array of JAX's real number types, or say why they are none.

    Concrete values come back as NumPy arrays in the precision that they had; traced ones as they are. Refused:
    complex numbers, strings, objects and None, masked arrays (their mask would be lost), extended precision.
    """
    if isinstance(values, np.ma.MaskedArray):
        raise TypeError(
            f"{where}: {name} is a masked array; its mask would be lost; fill or drop the masked entries first."
        )
    if not is_concrete(values):
        values = jnp.asarray(values)
    elif not isinstance(values, jax.Array):
        values = _as_numpy(where, name, values)
    dtype = values.dtype
    if not any(jnp.issubdtype(dtype, kind) for kind in (jnp.floating, jnp.integer, jnp.bool_)):
        raise TypeError(
            f"{where}: {name} holds {dtype} entries; expected real numbers; "
            + ("take .real, or the modulus." if jnp.issubdtype(dtype, jnp.complexfloating) else "convert them first.")
        )
    if dtype.itemsize > 8:
        raise TypeError(f"{where}: {name} holds {dtype} entries; expected at most float64; use .astype(float).")
    if floating and not jnp.issubdtype(dtype, jnp.floating):
        values = values.astype(np.float64 if isinstance(values, np.ndarray) else jnp.result_type(float))
    return values


def _as_numpy(where: str, name: str, values) -> np.ndarray:
    try:
        return np.asarray(values)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{where}: {name} is no array of numbers ({error}); give rows of equal length.") from error


def data_matrix(where: str, name: str, X, *, columns: int | None = None, xp=jnp):
    """Return ``X`` as a two-dimensional finite JAX array, or say what is wrong with it.

    With ``xp=np`` the result is a float64 NumPy array: JAX would round it where 64-bit precision is off.
    """
    X = real_numbers(where, name, X)
    X = jnp.asarray(X) if xp is jnp else np.asarray(X, np.float64)
    if X.ndim != 2:
        hint = f"reshape one sample to (1, {X.shape[0]})" if X.ndim == 1 and X.size else "flatten each sample"
        raise ValueError(f"{where}: {name} has shape {X.shape}; expected a matrix (N, d), one row per sample; {hint}.")
    if 0 in X.shape:
        raise ValueError(f"{where}: {name} has shape {X.shape}; expected at least one row and one column.")
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


def real_leaves(where: str, params) -> None:
    """Refuse parameters with complex leaves: the kernels and losses here are those of real numbers."""
    for leaf in jax.tree.leaves(params):
        if jnp.issubdtype(getattr(leaf, "dtype", type(leaf)), jnp.complexfloating):
            raise TypeError(
                f"{where}: params holds complex entries; expected real ones; split real and imaginary parts."
            )


def finite_labels(where: str, name: str, y):
    """Return ``y`` as an array of finite real numbers of any shape, or say what is wrong with it."""
    y = real_numbers(where, name, y)
    if is_concrete(y) and not np.isfinite(np.asarray(y)).all():
        raise ValueError(f"{where}: {name} contains NaN or infinity; expected finite numbers; drop those entries.")
    return y


def symmetric_matrix(where: str, name: str, K) -> np.ndarray:
    """Return ``K`` as a square finite NumPy array that equals its transpose exactly, or say what is wrong with it.

    Asymmetry of the size of rounding is mended by mirroring the lower triangle.
    """
    K = np.asarray(real_numbers(where, name, K))
    if K.ndim != 2 or K.shape[0] != K.shape[1] or K.shape[0] == 0:
        raise ValueError(
            f"{where}: {name} has shape {K.shape}; expected a square matrix (N, N) with N >= 1; "
            "a kernel with several outputs must be reshaped to (N n_L, N n_L) first."
        )
    unit, K = float(jnp.finfo(K.dtype).eps), K if K.dtype == np.float64 else K.astype(np.float64)
    scale = max(K.max(), -K.min())  # NaN and infinity pass through to here, without another array
    if not np.isfinite(scale):
        raise ValueError(
            f"{where}: {name} contains NaN or infinity; expected finite numbers; look for a zero row or an overflow."
        )
    asymmetry = _largest_asymmetry(K)
    if asymmetry > min(100 * unit * K.shape[0] ** 0.5, max(1e-3, 4 * unit)) * scale:
        raise ValueError(
            f"{where}: {name} is not symmetric (largest difference {asymmetry:.3g}, largest entry {scale:.3g}); "
            "expected a symmetric matrix; pass (K + K.T) / 2 if the asymmetry is rounding."
        )
    return np.tril(K) + np.tril(K, -1).T if asymmetry else K


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
    try:
        good = not isinstance(value, bool) and int(value) == value and value >= minimum
    except (TypeError, ValueError, OverflowError):
        good = False
    if not good:
        raise ValueError(f"{where}: {name}={value!r}; expected an integer >= {minimum}.")
    return int(value)


def positive_float(where: str, name: str, value) -> float:
    """Return ``value`` as a finite float above zero, or say what is wrong with it."""
    try:
        value = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{where}: {name}={value!r}; expected a finite number above 0.") from None
    if not (np.isfinite(value) and value > 0):
        raise ValueError(f"{where}: {name}={value!r}; expected a finite number above 0.")
    return value
