"""A floating-point proof of a lower bound on the smallest eigenvalue."""

import math

import numpy as np
from scipy.linalg import blas, lapack

from . import inverse
from .inverse import UNIT_ROUNDOFF
from .smallest import checked_float64

_BLOCK = 128  # products per inner sum of the factorization; the proof's constant grows with it
_SHARP = 0.992  # the estimate's own factorization serves as the proof if it comes this close
_ATTEMPTS = (1 - 1e-3, 0.99, 0.9, 0.5)  # shifts tried, as fractions of the estimate


def certified_smallest_eigenvalue(K, *, estimate=None) -> float:
    r"""Return a proven lower bound on :math:`\lambda_{\min}(K)`, or 0.0 where none above zero can be proven.

    Let A be the symmetric matrix whose lower triangle is that of ``K``, s > 0, and B the computed
    :math:`A - sI`. **If the Cholesky factorization of B used here runs to completion**, then

    .. math:: \lambda_{\min}(A) \;\ge\; s - \sum_{j=1}^{N} \psi_j\, b_{jj} - u \max_j b_{jj} - \omega,
              \qquad \psi_j = \frac{p_j u}{1 - 2 p_j u},

    with unit roundoff :math:`u = 2^{-53}`, :math:`p_j = \min(j, m) + \lfloor (j - 1)/m \rfloor + 3`, and
    :math:`\omega = 32 N^2 2^{-1022} \max(1, \max_{ij} \lvert a_{ij} \rvert)`. The block length m is N (one LAPACK
    call) where that is sharp enough, else 128; then ``K`` is first scaled by a power of two to entries below one.

    Parameters
    ----------
    K : array_like, shape (N, N)
        Symmetric matrix. The proof is for its lower triangle, mirrored. A single-precision matrix is
        converted exactly: the stored numbers are what is certified.
    estimate : float, optional
        An estimate of the smallest eigenvalue (say from `smallest_eigenvalue`), computed if not given.
        A wrong one costs time or sharpness, never correctness.

    Returns
    -------
    float
        A number that is at most :math:`\lambda_{\min}`, within 1 % of it below condition number 1e8
        (for N up to about 4000); 0.0 if ``K`` is indefinite, singular or too ill-conditioned to tell.

    Raises
    ------
    ValueError
        ``K`` is not square, not symmetric or not finite, or ``estimate`` is not a finite number.
    TypeError
        ``K`` is being traced by ``jit``, ``grad`` or ``vmap``.

    Notes
    -----
    *Proof.* Let R be the computed factor, and :math:`\gamma_p = pu/(1 - pu)`. An entry of R comes from
    :math:`b_{ij} - \sum_{k<i} r_{ki} r_{kj}`, followed by a division by :math:`r_{ii}` (perhaps a product
    with its rounded reciprocal) or a square root. Sums run over blocks of at most m products, in any
    order inside a block, with or without fused operations; the blocks are subtracted one after the other.
    Dividing by the rounding factors that :math:`b_{ij}` itself collects leaves at most :math:`p_i` factors
    :math:`(1+\delta)^{\pm 1}`, :math:`\lvert\delta\rvert \le u`, on every other term, so

    .. math:: \lvert B - R^\top R \rvert_{ij}
              \le \gamma_{p_{\min(i,j)}} \sum_k \lvert r_{ki} \rvert \lvert r_{kj} \rvert .

    On the diagonal this gives :math:`\lVert r_j \rVert^2 \le b_{jj} / (1 - \gamma_{p_j})` for the columns
    of R; by Cauchy-Schwarz, and because :math:`p_j` does not decrease, the residual is entrywise at most
    :math:`v v^\top` with :math:`v_j^2 = \psi_j b_{jj}`, and its norm at most
    :math:`\lVert v \rVert^2 = \sum_j \psi_j b_{jj}`. As :math:`R^\top R` is positive semidefinite,
    :math:`\lambda_{\min}(B) \ge -\sum_j \psi_j b_{jj}`, and rounding the shift moved each diagonal entry by
    at most :math:`u\, b_{jj}`. The term :math:`\omega` covers underflow; overflow would leave an infinity or
    NaN in the factor, which is looked for. :math:`p_j` contains two roundings to spare.

    *Assumptions.* IEEE binary64, round to nearest; products of matrices by sums of products (no
    Strassen-like scheme), triangular solves by substitution, as in OpenBLAS and the reference BLAS.

    The bound is lost where :math:`\sum_j \psi_j b_{jj}`, about :math:`N (m + N/m) u` times the mean diagonal
    entry, reaches the eigenvalue. It says nothing about errors made while the entries of ``K`` were
    computed: if each is within e of the exact kernel, subtract N e. Time without ``estimate``: that of
    `smallest_eigenvalue`, whose own factorization at a shift just below the eigenvalue is usually the proof; else,
    and with ``estimate``, one Cholesky factorization (1.4 with m = 128). Memory: one private copy of ``K``.

    Constants re-derived here, with the proof above, after J. W. Demmel, *On floating point errors in Cholesky*
    (LAPACK Working Note 14, 1989), N. J. Higham, *Accuracy and Stability of Numerical Algorithms* (SIAM, 2002),
    chapter 10, and S. M. Rump, *Verification of positive definiteness*, BIT 46 (2006),
    433-452.

    Examples
    --------
    >>> import numpy as np
    >>> from ntklib.spectrum import certified_smallest_eigenvalue
    >>> 0.99 <= certified_smallest_eigenvalue(np.array([[2.0, 1.0], [1.0, 2.0]])) <= 1.0
    True
    """
    matrix, _ = checked_float64("certified_smallest_eigenvalue", K)
    guesses = [_checked_estimate(estimate)] if estimate is not None else []
    scale = float(max(matrix.max(), -matrix.min()))
    if scale == 0.0 or float(matrix.diagonal().min()) <= 0.0:
        return 0.0
    exponent = math.frexp(scale)[1]
    for guess in (*guesses, None):
        value, factored = inverse.estimate(matrix) if guess is None else (guess, 0.0)
        bound = factored - allowance(matrix.diagonal() - factored, len(matrix), scale) if factored else 0.0
        if bound > 0.0 and bound >= _SHARP * value:
            return math.nextafter(bound, -math.inf)
        bound = _best_bound(matrix, exponent, math.ldexp(value, -exponent)) if value > 0 else 0.0
        if bound > 0.0:
            return max(0.0, math.nextafter(math.ldexp(bound, exponent), -math.inf))
    return 0.0


def _checked_estimate(value) -> float:
    value = float(value)
    if not math.isfinite(value):
        raise ValueError(
            f"certified_smallest_eigenvalue: estimate={value!r}; expected a finite number, "
            "the approximate smallest eigenvalue; leave it out to have it computed."
        )
    return value


def _best_bound(matrix: np.ndarray, exponent: int, guess: float) -> float:
    """Largest bound proven by one of the attempted shifts, in units of 2^exponent; 0.0 if none is."""
    for fraction in _ATTEMPTS:
        shift = fraction * guess
        work = _scaled_copy(matrix, exponent)
        diagonal = work.diagonal() - shift
        block = len(work) if allowance(diagonal, len(work)) <= 1e-4 * shift else _BLOCK
        bound = shift - allowance(diagonal, block)
        if bound <= 0.0:
            return 0.0
        work[np.diag_indices_from(work)] = diagonal
        if cholesky_completes(work, block):
            return math.nextafter(bound, -math.inf)
    return 0.0


def _scaled_copy(matrix: np.ndarray, exponent: int) -> np.ndarray:
    """Private C-ordered copy of 2^-exponent times the matrix, in two exact steps where one would overflow."""
    half = exponent // 2
    if abs(exponent) < 1000:
        return np.multiply(matrix, 2.0**-exponent, order="C")
    return np.multiply(matrix, 2.0**-half, order="C") * 2.0 ** (half - exponent)


def allowance(diagonal: np.ndarray, block: int, scale: float = 1.0) -> float:
    """Upper bound on the sum over j of psi_j b_jj, plus u max b_jj, plus omega, itself rounded upwards.

    ``scale`` bounds the entries of the factored matrix; below one it counts as one.
    """
    n = len(diagonal)
    if float(diagonal.min()) <= 0.0:
        return math.inf
    j = np.arange(1, n + 1)
    p = np.minimum(j, block) + (j - 1) // block + 3
    psi = p * UNIT_ROUNDOFF / (1 - 2 * p * UNIT_ROUNDOFF)
    underflow = 32.0 * n * n * 2.0**-1022 * max(1.0, scale)
    total = math.fsum(psi * diagonal) + UNIT_ROUNDOFF * float(diagonal.max()) + underflow
    return total * (1 + 2.0**-40)


def cholesky_completes(work: np.ndarray, block: int) -> bool:
    """Factor the lower triangle, destroying ``work``, each entry's sum taken over one block at a time."""
    n = len(work)
    product = np.empty((n, block)) if block < n else None
    for first in range(0, n, block):
        width = min(block, n - first)
        panel = work if block >= n else np.array(work[first:, first : first + width])
        for k in range(0, first, block):
            left = work[first:, k : k + block]
            panel -= np.matmul(left, left[:width].T, out=product[: n - first, :width])
        factor, info = lapack.dpotrf(panel[:width].T, lower=0, clean=0, overwrite_a=block >= n)
        diagonal = factor.diagonal()
        if info != 0 or not (np.isfinite(diagonal).all() and (diagonal > 0).all()):
            return False
        if first + width < n:
            solved = blas.dtrsm(1.0, factor, panel[width:].T, lower=0, trans_a=1)
            work[first + width :, first : first + width] = solved.T
    return True
