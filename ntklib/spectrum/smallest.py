"""The smallest eigenvalue of a symmetric matrix at about the cost of one Cholesky factorization."""

import warnings

import jax.numpy as jnp
import numpy as np
from scipy.linalg import svdvals

from .._validate import is_concrete, real_numbers, symmetric_matrix
from .inverse import UNIT_ROUNDOFF, estimate


class ResolutionError(ValueError):
    """The numbers given cannot resolve the eigenvalue: their own rounding is larger than it."""


class ResolutionWarning(UserWarning):
    """The eigenvalue lies below the rounding level of the arithmetic: its digits may be noise."""


def smallest_eigenvalue(K) -> float:
    r"""Smallest eigenvalue :math:`\lambda_{\min}(K)` of a symmetric matrix, usually a kernel matrix.

    .. math:: \lambda_{\min}(K) = \min_{\lVert v\rVert = 1} v^\top K v

    Parameters
    ----------
    K : array_like, shape (N, N)
        Symmetric matrix. Where it is asymmetric by rounding, its lower triangle (with the diagonal) is what counts.

    Returns
    -------
    float
        The smallest eigenvalue; negative where the matrix is indefinite.

    Raises
    ------
    ValueError
        ``K`` is not square, not symmetric, or contains NaN or infinity.
    ResolutionError
        ``K`` is stored in single (or lower) precision and the eigenvalue is smaller than
        :math:`N u \lVert K\rVert_2`, with u the unit roundoff of that precision.
    TypeError
        ``K`` is being traced by ``jit``, ``grad`` or ``vmap``.

    Warns
    -----
    ResolutionWarning
        ``K`` is stored in double precision and the eigenvalue is below :math:`N u \lVert K\rVert_2`.

    Notes
    -----
    One Cholesky factorization, then Lanczos on the inverse (triangular solves, fixed start vector, hence
    deterministic) until its residual bounds the relative error by 4e-9, clusters included, then the
    Rayleigh quotient of the Ritz vector with the *stored* matrix, its product computed from an exact
    splitting into short numbers. The quotient's error is of second order in the vector's, so the result
    keeps a relative accuracy of 1e-8 up to condition number 1e8, and an absolute accuracy of a small
    multiple of :math:`N u \lVert K\rVert_2` beyond. A semidefinite matrix is factored with a shift of
    that size; a clearly indefinite one goes to a full tridiagonal reduction. From N = 500 on a cheap
    guess from single precision first moves the shift close to the eigenvalue.
    Time: N³/3 operations (half as many again in single precision), plus 30 to 100 passes over the factor;
    memory: one private copy of ``K`` and up to 300 vectors.

    The method is shift-and-invert Lanczos; see B. N. Parlett, *The Symmetric Eigenvalue Problem* (SIAM,
    1998), chapters 4 and 13. Used throughout, first in the chapter `tangent_kernel`.

    Examples
    --------
    >>> import numpy as np
    >>> from ntklib.spectrum import smallest_eigenvalue
    >>> round(smallest_eigenvalue(np.array([[2.0, 1.0], [1.0, 2.0]])), 12)
    1.0
    """
    matrix, unit = checked_float64("smallest_eigenvalue", K)
    value, _ = estimate(matrix)
    _check_resolution(matrix, value, unit)
    return value


def smallest_singular_value(A) -> float:
    r"""Smallest singular value :math:`\sigma_{\min}(A)` of a rectangular matrix, the min(N, n)-th largest.

    .. math:: \sigma_{\min}(A) = \min_{\lVert v \rVert = 1} \lVert A v \rVert \quad (N \ge n),
              \text{ else that of } A^\top

    Parameters
    ----------
    A : array_like, shape (N, n)
        Any real matrix, such as a feature matrix :math:`F_l`.

    Returns
    -------
    float
        The smallest of the min(N, n) singular values, computed in float64.

    Raises
    ------
    ValueError
        ``A`` is not two-dimensional, is empty, or contains NaN or infinity.

    Notes
    -----
    From the singular value decomposition of ``A`` (after a QR step where one side is much longer), error a
    small multiple of :math:`u \lVert A \rVert_2`. Not from :math:`A A^\top`: its smallest eigenvalue is
    :math:`\sigma_{\min}^2`, lost in rounding from condition number 1e8 of ``A`` on; where that is
    moderate, ``certified_smallest_eigenvalue(A @ A.T) ** 0.5`` adds a proof, up to the product's rounding.
    Time: about 4 N n min(N, n) operations; memory: one copy of ``A``.

    G. H. Golub, C. F. Van Loan, *Matrix Computations* (2013), section 8.6.

    Examples
    --------
    >>> import numpy as np
    >>> from ntklib.spectrum import smallest_singular_value
    >>> round(smallest_singular_value(np.array([[3.0, 0.0, 0.0], [0.0, 2.0, 0.0]])), 12)
    2.0
    """
    if not is_concrete(A):
        raise TypeError(
            "smallest_singular_value: A is being traced by jit, grad or vmap; expected an array of numbers; call it "
            "outside the transformed function, or use jnp.linalg.svd."
        )
    A = np.asarray(real_numbers("smallest_singular_value", "A", A))
    if A.ndim != 2 or 0 in A.shape:
        raise ValueError(
            f"smallest_singular_value: A has shape {A.shape}; expected a matrix (N, n) with N, n >= 1; "
            "reshape a vector to (N, 1)."
        )
    A = A.astype(np.float64)
    if not np.isfinite(A).all():
        raise ValueError(
            "smallest_singular_value: A contains NaN or infinity; expected finite numbers; look for an overflow."
        )
    return float(svdvals(A, overwrite_a=True)[-1])


def checked_float64(where: str, K) -> tuple[np.ndarray, float]:
    """Return the checked matrix in float64, and the unit roundoff of the precision it came in."""
    if not is_concrete(K):
        raise TypeError(
            f"{where}: K is being traced by jit, grad or vmap; expected an array of numbers; "
            "call it outside the transformed function, or differentiate jnp.linalg.eigvalsh instead."
        )
    dtype = getattr(K, "dtype", np.dtype(float))
    unit = float(jnp.finfo(dtype).eps) / 2 if jnp.issubdtype(dtype, jnp.floating) else UNIT_ROUNDOFF
    matrix = symmetric_matrix(where, "K", K)
    return np.asarray(matrix, dtype=np.float64), unit


def _check_resolution(K: np.ndarray, value: float, unit: float) -> None:
    """Raise or warn where the eigenvalue is below N u |K|_2."""
    scale = float(np.abs(K.diagonal()).max())
    if scale > 0 and not 2.0**-300 < scale < 2.0**300:
        return _check_resolution(K / scale, value / scale, unit)
    level = len(K) * unit
    if abs(value) >= level * float(np.linalg.norm(K)):
        return None
    norm = _spectral_norm(K)
    if abs(value) >= level * norm:
        return None
    found = f"the smallest eigenvalue, {value:.3g}, is below N u |K| = {level * norm:.3g}"
    if unit > UNIT_ROUNDOFF:
        raise ResolutionError(
            f"smallest_eigenvalue: K came with unit roundoff {unit:.2g} (single precision or less) and "
            f"{found}: rounding of the entries decides it; build K in float64, after "
            'jax.config.update("jax_enable_x64", True).'
        )
    warnings.warn(
        f"smallest_eigenvalue: {found}, the rounding level of float64: its digits, even its sign, may be "
        "noise; look for duplicate samples, use fewer, or read the result as zero.",
        ResolutionWarning,
        stacklevel=3,
    )


def _spectral_norm(K: np.ndarray) -> float:
    """Largest absolute eigenvalue to a few per cent, by power iteration on K^2 from a fixed start."""
    v = np.random.default_rng(1).standard_normal(len(K))
    for _ in range(30):
        v = K @ (v / np.linalg.norm(v))
        if not v.any():
            return 0.0
    return float(np.linalg.norm(v))
