"""Shift-and-invert Lanczos for the smallest eigenvalue of a checked float64 matrix."""

import math

import numpy as np
from scipy.linalg import blas, eigh, eigh_tridiagonal, lapack

from .rayleigh import rayleigh_quotient

UNIT_ROUNDOFF = 2.0**-53
_TINY = 64  # up to this size the full eigendecomposition is as fast as anything
_LARGE = 500  # from this size on, a guess in single precision pays
_STEPS = 300  # Lanczos steps before the shift is moved closer to the eigenvalue
_TOLERANCE = 4e-9  # relative width aimed at; the Rayleigh quotient that follows is far closer


def estimate(K: np.ndarray) -> tuple[float, float]:
    """Smallest eigenvalue of a checked float64 matrix, and the last shift s whose K - s I had a Cholesky factor.

    Without the resolution check. The shift is 0.0 where nothing above zero was factored.
    """
    scale = float(max(K.max(), -K.min()))
    if scale == 0.0:
        return 0.0, 0.0
    if not 2.0**-300 < scale < 2.0**300:
        exponent = math.frexp(scale)[1]
        return math.ldexp(estimate(np.ldexp(K, -exponent))[0], exponent), 0.0
    found = _shift_invert(K, scale) if len(K) > _TINY else None
    if found is not None:
        return found
    return rayleigh_quotient(K, eigh(K, subset_by_index=[0, 0])[1][:, 0], scale), 0.0


def _shift_invert(K: np.ndarray, scale: float) -> tuple[float, float] | None:
    """Lanczos on the inverse of K - shift I, the shift raised where that is slow; None if K is indefinite."""
    level = 1e-3 * UNIT_ROUNDOFF * float(np.linalg.norm(K))
    start, guess = _single_precision_guess(K, 2e4 * 2**29 * level)
    shifts = [guess] if guess else []
    factor, shift = _first_factor(K, [*shifts, 0.0, -1e3 * len(K) * level, -16e3 * len(K) * level])
    for _ in range(4):
        if factor is None:
            return None
        factored = max(shift, 0.0)
        start, _, width = inverse_lanczos(factor, start, shift, level, _TOLERANCE)
        value = rayleigh_quotient(K, start, scale)
        if width <= max(_TOLERANCE * abs(value), level):
            break
        factor, shift = _first_factor(K, [value - 2 * width, value - 50 * width, shift])
    return value, factored


def _single_precision_guess(K: np.ndarray, level: float) -> tuple[np.ndarray, float]:
    """Start vector and a guess just below the eigenvalue, from single precision; 0 where that is blind."""
    start = np.random.default_rng(0).standard_normal(len(K))
    factor = lower_factor(K, 0.0, np.float32) if len(K) >= _LARGE else None
    if factor is None:
        return start, 0.0
    start, value, width = inverse_lanczos(factor, start, 0.0, 0.0, 1e-3)
    return start, 0.997 * value - 2 * width if value > level else 0.0


def _first_factor(K: np.ndarray, shifts) -> tuple[np.ndarray | None, float]:
    """Factor of K - shift I for the first of ``shifts`` for which it exists in floating point."""
    for shift in shifts:
        factor = lower_factor(K, shift)
        if factor is not None:
            return factor, shift
    return None, 0.0


def lower_factor(K: np.ndarray, shift: float = 0.0, dtype=np.float64) -> np.ndarray | None:
    """Return upper R with R^T R = K - shift I, from the lower triangle of ``K``; None where none exists."""
    if K.diagonal().min() <= shift:
        return None
    work = np.array(K, dtype=dtype, order="C").T  # Fortran order; its upper triangle is K's lower one
    if shift:
        work[np.diag_indices_from(work)] -= shift
    factor, info = lapack.get_lapack_funcs("potrf", [work])(work, lower=0, overwrite_a=1, clean=0)
    diagonal = factor.diagonal()
    return factor if info == 0 and np.isfinite(diagonal).all() and (diagonal > 0).all() else None


def inverse_lanczos(factor, start, shift, level, tolerance) -> tuple[np.ndarray, float, float]:
    """Lanczos with full reorthogonalization on (R^T R)^-1, whose largest eigenvalue is 1 / (lambda - shift).

    Returns the Ritz vector, its eigenvalue estimate, and the residual in units of the eigenvalue: an
    eigenvalue of the factored matrix lies within that width. Stops at ``max(tolerance |lambda|, level)``.
    """
    trsv, gemv = blas.get_blas_funcs(("trsv", "gemv"), [factor])  # not NumPy's: its threads would spin beside SciPy's
    steps = min(_STEPS, len(start))
    basis = np.empty((len(start), steps + 1), dtype=factor.dtype, order="F")
    basis[:, 0] = start / np.linalg.norm(start)
    alpha, beta = np.empty(steps), np.empty(steps)
    for k in range(steps):
        image = trsv(factor, trsv(factor, basis[:, k], trans=1), overwrite_x=1)
        old = basis[:, : k + 1]
        alpha[k] = image @ basis[:, k]
        for _ in range(2):
            image = gemv(-1.0, old, gemv(1.0, old, image, trans=1), 1.0, image, overwrite_y=1)
        beta[k] = np.linalg.norm(image)
        done = k + 1 == steps or beta[k] <= len(start) * np.finfo(factor.dtype).eps * abs(alpha[0])
        if done or k % 3 == 2:
            theta, y = eigh_tridiagonal(alpha[: k + 1], beta[:k], select="i", select_range=(k, k))
            value, width = shift + 1 / theta[0], beta[k] * abs(y[-1, 0]) / theta[0] ** 2
            if done or width <= max(tolerance * abs(value), level):
                break
        basis[:, k + 1] = image / beta[k]
    vector = old @ y[:, 0].astype(factor.dtype)  # one more solve damps what belongs to large eigenvalues
    vector = trsv(factor, trsv(factor, vector / theta[0], trans=1), overwrite_x=1)
    return vector.astype(np.float64), float(value), float(width)
