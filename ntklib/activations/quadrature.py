r"""Dual maps of any scalar function, by a Hermite expansion whose coefficients come from Gauss–Hermite quadrature.

With :math:`c_r(s) = E[\sigma(s g) h_r(g)]` Mehler's formula gives, for variances :math:`s^2, t^2` and correlation ρ,

.. math:: E[\sigma(u)\sigma(v)] = \sum_r c_r(s)\, c_r(t)\, \rho^r .

The sum is smooth up to ρ = ±1, and by Cauchy–Schwarz dropping the terms beyond R costs at most the geometric mean of
the two energies that the first R coefficients miss.
"""

import math
import warnings
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np

from ntklib._validate import is_concrete
from ntklib.activations.base import Activation, NumpyTwin
from ntklib.activations.covariance import floats

NODES, TERMS = 240, 160


class QuadratureWarning(UserWarning):
    """The Hermite expansion of a user's activation is not accurate at unit variance."""


@cache
def _rule(nodes: int):
    """Gauss–Hermite nodes and weights for a standard normal variable."""
    x, w = np.polynomial.hermite_e.hermegauss(nodes)
    return x, w / w.sum()


@cache
def _weighted_hermite(nodes: int, terms: int) -> np.ndarray:
    """Matrix ``w_k h_r(x_k)`` of shape ``(nodes, terms)``; multiplying node values by it gives the coefficients."""
    x, w = _rule(nodes)
    columns = [np.sqrt(w), x * np.sqrt(w)]
    for r in range(2, terms):
        columns.append((x * columns[-1] - math.sqrt(r - 1) * columns[-2]) / math.sqrt(r))
    return np.stack(columns[:terms], axis=1) * np.sqrt(w)[:, None]


def hermite_coefficients(function, scale, *, terms: int = TERMS, nodes: int = NODES):
    """Return ``c_r(s) = E[f(s g) h_r(g)]`` for ``r < terms``; shape ``scale.shape + (terms,)``."""
    scale = jnp.asarray(scale)
    x, _ = _rule(nodes)
    values = function(scale[..., None] * jnp.asarray(x, scale.dtype))
    return values @ jnp.asarray(_weighted_hermite(nodes, terms), scale.dtype)


def expansion_defect(function, scale):
    """Return ``E[f(s g)²]`` and an estimate of the error of ``Σ_r c_r(s)² ρ^r`` at its worst ρ, of ``scale``'s shape.

    The error is the energy left out, ``E[f(s g)²] − Σ c_r²``, plus the disagreement of two rules; the second has 61
    nodes more, an odd number, so that a kink at zero falls on a node of one rule and between two nodes of the other.
    """
    x, w = _rule(NODES + 61)
    energy = function(scale[..., None] * jnp.asarray(x, scale.dtype)) ** 2 @ jnp.asarray(w, scale.dtype)
    c, finer = (hermite_coefficients(function, scale, nodes=n) for n in (NODES, NODES + 61))
    return energy, jnp.abs(energy - jnp.sum(finer**2, -1)) + jnp.sum(jnp.abs(c**2 - finer**2), -1)


def hermite_by_quadrature(function):
    """Return ``r -> E[f(g) h_r(g)]`` for the orders that the rule resolves."""

    def hermite(r):
        if r >= TERMS:
            raise ValueError(f"hermite_coefficient: r={r}; quadrature resolves r < {TERMS} for this activation.")
        return hermite_coefficients(function, jnp.asarray(1.0, jnp.result_type(float)))[r]

    return hermite


def _expanded_dual(function, what: str, tolerance: float):
    """Return ``(q11, q12, q22) -> E[f(u) f(v)]`` for an elementwise ``f``; beyond the tolerance an error, or NaN."""

    def dual(q11, q12, q22):
        q11, q12, q22 = floats(q11, q12, q22)
        norm = jnp.sqrt(q11) * jnp.sqrt(q22)
        rho = jnp.where(norm > 0, q12 / jnp.where(norm > 0, norm, 1.0), 0.0)
        c1 = jnp.moveaxis(hermite_coefficients(function, jnp.sqrt(q11)), -1, 0)[::-1]
        c2 = jnp.moveaxis(hermite_coefficients(function, jnp.sqrt(q22)), -1, 0)[::-1]
        start = jnp.zeros(jnp.broadcast_shapes(q11.shape, q12.shape, q22.shape), rho.dtype)
        total = jax.lax.scan(lambda total, c: (total * rho + c[0] * c[1], None), start, (c1, c2))[0]
        kept = _promise_kept(function, jax.lax.stop_gradient((q11, q22)), what, tolerance)
        return jnp.where(kept, total, jnp.nan)

    return dual


def _promise_kept(function, variances, what: str, tolerance: float):
    """Where the estimated error is at most ``tolerance`` of the size; an error where that is known to fail."""
    tolerance = max(tolerance, 200 * float(jnp.finfo(variances[0].dtype).eps))
    relative = []
    for q in variances:
        energy, defect = expansion_defect(function, jnp.sqrt(q))
        relative.append(jnp.sqrt(defect / jnp.where(energy > 0, energy, 1.0)))
    error = relative[0] * relative[1]
    if is_concrete(error, *variances) and not bool((error <= tolerance).all()):
        largest = max(float(jnp.max(q)) for q in variances)
        raise ValueError(
            f"{what}: at variances up to {largest:.3g} quadrature errs by about {float(jnp.max(error)):.1e} of the "
            f"value, more than the tolerance {tolerance:.1e}: the function has a kink, saturates or grows fast on "
            "that scale; use a named activation, scale the data down, or accept the error with "
            "from_function(f, tolerance=...)."
        )
    return error <= tolerance


def from_function(function, *, name: str | None = None, tolerance: float = 1e-6) -> Activation:
    """Return the :class:`Activation` of any scalar JAX function, with dual maps by quadrature.

    Parameters
    ----------
    function : callable
        Scalar JAX function; applied elementwise.
    name : str, optional
        Default: the function's own name.
    tolerance : float
        Largest estimated error of a dual map, relative to its value at equal variables, that is accepted. Beyond it
        the dual maps refuse, or are NaN where they are traced; ``math.inf`` accepts everything. In single precision
        nothing below 2e-5 can be told.

    Raises
    ------
    ValueError
        From ``dual`` and ``dual_derivative``, at variances where the estimate exceeds ``tolerance``.

    Warns
    -----
    QuadratureWarning
        If that is so at unit variance already.

    Returns
    -------
    Activation
        ``dual_error(q11, q22)`` estimates the absolute error of ``dual`` at these variances.

    Notes
    -----
    Errors fall geometrically in the number of terms (160) for analytic functions: below 1e-12 for swish at variances
    up to 2. A kink costs most of that: the error at ρ = 1 is then about 1e-4, and 1e-2 for the derivative; use
    :func:`ntklib.activations.homogeneous` for piecewise linear functions through the origin. Time and memory: 160
    multiply-adds per entry, no array larger than the output besides ``(N, 301)``.

    Examples
    --------
    >>> swish = from_function(lambda s: s * jax.nn.sigmoid(s), name="swish")
    >>> bool(swish.dual_error(1.0, 1.0) < 1e-6)
    True
    """
    elementwise = jnp.vectorize(function)  # accepts a function written for one number
    name = name or getattr(function, "__name__", "function")
    if not tolerance > 0:
        raise ValueError(f"from_function: tolerance={tolerance!r}; expected a number above 0, such as 1e-6.")

    def derivative(s):
        s = jnp.asarray(s)
        return jax.jvp(elementwise, (s,), (jnp.ones_like(s),))[1]

    def dual_error(q11, q22):
        scales = jnp.sqrt(jnp.asarray([q11, q22], jnp.result_type(float)))
        return math.sqrt(math.prod(expansion_defect(elementwise, scales)[1].tolist()))

    result = Activation(
        name=name,
        function=elementwise,
        derivative=derivative,
        dual=_expanded_dual(elementwise, f"dual map of {name!r}", tolerance),
        dual_derivative=_expanded_dual(derivative, f"dual map of the derivative of {name!r}", tolerance),
        hermite=hermite_by_quadrature(elementwise),
        dual_error=dual_error,
        numpy=NumpyTwin(lambda s: np.asarray(elementwise(s)), lambda s: np.asarray(derivative(s)), None),
    )
    _warn_if_inaccurate(result, tolerance)
    return result


def _warn_if_inaccurate(result: Activation, tolerance: float):
    one = np.ones((), jnp.result_type(float))
    with jax.ensure_compile_time_eval():  # the function may be given inside somebody's jit
        energy, error = (float(z) for z in expansion_defect(result.function, jnp.asarray(one)))
    if not error <= max(tolerance, 200 * float(jnp.finfo(one.dtype).eps)) * energy:
        warnings.warn(
            f"from_function: the dual maps of {result.name!r} carry an error of about {error:.1e} at unit variance "
            f"(E[σ²] = {energy:.3g}, tolerance {tolerance:g}); the function has a kink or grows fast; they will be "
            "refused there: use a closed form, or accept the error with from_function(f, tolerance=...).",
            QuadratureWarning,
            stacklevel=3,
        )
