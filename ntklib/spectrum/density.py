"""The spectral density of a symmetric matrix that is known only through its products with vectors."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from matfree import decomp, stochtrace

from .._validate import positive_float, positive_int


class SpectralDensity(NamedTuple):
    """Quadrature points and weights of an estimated spectral density, and its smoothed values on a grid."""

    points: np.ndarray
    weights: np.ndarray
    grid: np.ndarray
    density: np.ndarray


def spectral_density(
    matvec, dimension, *, key, probes=8, steps=64, grid=200, width=None, dtype=None
) -> SpectralDensity:
    r"""Spectral density of a symmetric matrix by stochastic Lanczos quadrature, from products only.

    .. math:: \rho = \frac1N \sum_i \delta_{\lambda_i(K)}, \qquad \frac1N \operatorname{tr} f(K)
              = \int f \, d\rho \approx \frac1p \sum_{i=1}^{p} \sum_{k=1}^{m} w_{ik}\, f(\theta_{ik})

    Parameters
    ----------
    matvec : callable
        JAX function ``v -> K v`` for vectors of shape (dimension,); K symmetric.
    dimension : int
        Size N of the matrix.
    key : jax.Array
        Random key for the probe vectors of signs.
    probes : int
        Number p of random vectors.
    steps : int
        Lanczos steps m for each; cut at ``dimension``.
    grid : int or array_like
        Number of equally spaced points from the smallest to the largest node, or the points themselves.
    width : float, optional
        Standard deviation of the Gaussian smoothing, in units of eigenvalues; default: 1/50 of the range.
    dtype : optional
        Precision of the vectors; default: JAX's floating type.

    Returns
    -------
    SpectralDensity
        ``points`` and ``weights`` of shape (p, m), the weights summing to 1 in all; ``grid`` and the
        smoothed ``density`` of shape (G,), which integrates to 1 over the real line.

    Raises
    ------
    ValueError
        ``matvec`` returns another shape or numbers that are not finite, or a count is not positive.

    Warnings
    --------
    Never read the smallest eigenvalue off the points. Ritz values lie inside the spectrum: the smallest is
    *above* :math:`\lambda_{\min}`, often by several per cent, and no number of probes cures that.
    Use `smallest_eigenvalue` and `certified_smallest_eigenvalue`.

    Notes
    -----
    Each probe is exact for polynomials f of degree below 2m; the random error of the trace falls as
    :math:`(pN)^{-1/2}`. Time: p (m + 1) products; memory: m vectors at a time, never the matrix. Full
    reorthogonalization.
    Built on the library matfree. Source: S. Ubaru, J. Chen, Y. Saad, SIAM J. Matrix Anal. Appl. 38 (2017),
    Algorithm 1.

    Examples
    --------
    >>> import jax, jax.numpy as jnp
    >>> from ntklib.spectrum import spectral_density
    >>> d = spectral_density(lambda v: 2 * v, 10, key=jax.random.key(0), probes=2, steps=1)
    >>> round(float((d.weights * d.points).sum()), 5)
    2.0
    """
    n = positive_int("spectral_density", "dimension", dimension)
    probes = positive_int("spectral_density", "probes", probes)
    steps = min(positive_int("spectral_density", "steps", steps), n)
    like = jnp.zeros(n, dtype)
    _check_product(matvec, like)
    signs = stochtrace.sampler_signs(like, num=probes)(key)
    points, weights = jax.lax.map(_quadrature(matvec, steps), signs)
    points, weights = np.asarray(points), np.asarray(weights) / probes
    grid, width = _smoothing(grid, width, points)
    return SpectralDensity(points, weights, grid, _smoothed(points, weights, grid, width))


def _check_product(matvec, like) -> None:
    out = jax.eval_shape(matvec, like)
    if getattr(out, "shape", None) != like.shape:
        raise ValueError(
            f"spectral_density: matvec maps a vector of shape {like.shape} to "
            f"{getattr(out, 'shape', type(out).__name__)}; expected {like.shape}; "
            "check dimension, and that the product is with a square matrix."
        )
    if not bool(jnp.isfinite(matvec(like + 1)).all()):
        raise ValueError(
            "spectral_density: matvec returned NaN or infinity for the vector of ones; expected finite "
            "numbers; look for an overflow, or for NaN in the parameters."
        )


def _quadrature(matvec, steps: int):
    """Nodes and weights of one probe: eigenvalues of its tridiagonal matrix, squared first components."""

    def of_probe(probe):
        result = decomp.tridiag_sym(steps, reortho="full", custom_vjp=False)(matvec, probe)
        theta, vectors = jnp.linalg.eigh(_decoupled(result.J_small))
        return theta, vectors[0] ** 2

    return of_probe


def _decoupled(tridiagonal):
    """Cut off what follows an exact breakdown (an invariant subspace, then 0/0); it gets weight zero."""
    filler = tridiagonal[0, 0] * jnp.eye(len(tridiagonal), dtype=tridiagonal.dtype)
    return jnp.where(jnp.isnan(tridiagonal), filler, tridiagonal)


def _smoothing(grid, width, points: np.ndarray) -> tuple[np.ndarray, float]:
    low, high = float(points.min()), float(points.max())
    if np.ndim(grid) == 0:
        grid = np.linspace(low, high, positive_int("spectral_density", "grid", grid))
    default = (high - low) / 50 or max(abs(high), 1.0) * 1e-2
    width = default if width is None else positive_float("spectral_density", "width", width)
    return np.asarray(grid, dtype=float), width


def _smoothed(points, weights, grid, width) -> np.ndarray:
    distance = (grid[:, None] - points.ravel()[None, :]) / width
    return (np.exp(-(distance**2) / 2) @ weights.ravel()) / (width * np.sqrt(2 * np.pi))
