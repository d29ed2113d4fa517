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

from ntklib.activations.base import Activation

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


def expansion_error(function, scale: float) -> float:
    """Estimate the error of ``Σ_r c_r(s)² ρ^r`` at its worst ρ: energy left out plus disagreement of two rules.

    The energy left out is ``E[f(s g)²] − Σ c_r²``; the second rule has 61 nodes more, an odd number, so that a kink
    at zero falls on a node of one rule and between two nodes of the other.
    """
    finer, scale = NODES + 61, jnp.asarray(scale, jnp.result_type(float))
    x, w = _rule(finer)
    energy = np.sum(w * np.asarray(function(scale * jnp.asarray(x)), np.float64) ** 2)
    c, c_finer = (np.asarray(hermite_coefficients(function, scale, nodes=n), np.float64) for n in (NODES, finer))
    return float(abs(energy - np.sum(c_finer**2)) + np.sum(np.abs(c**2 - c_finer**2)))


def _expanded_dual(function):
    """Return ``(q11, q12, q22) -> E[f(u) f(v)]`` for an elementwise ``f``."""

    def dual(q11, q12, q22):
        q11, q12, q22 = (jnp.asarray(q, jnp.result_type(float)) for q in (q11, q12, q22))
        norm = jnp.sqrt(q11) * jnp.sqrt(q22)
        rho = jnp.where(norm > 0, q12 / jnp.where(norm > 0, norm, 1.0), 0.0)
        c1 = jnp.moveaxis(hermite_coefficients(function, jnp.sqrt(q11)), -1, 0)[::-1]
        c2 = jnp.moveaxis(hermite_coefficients(function, jnp.sqrt(q22)), -1, 0)[::-1]
        start = jnp.zeros(jnp.broadcast_shapes(q11.shape, q12.shape, q22.shape), rho.dtype)
        return jax.lax.scan(lambda total, c: (total * rho + c[0] * c[1], None), start, (c1, c2))[0]

    return dual


def from_function(function, *, name: str | None = None, tolerance: float | None = None) -> Activation:
    """Return the :class:`Activation` of any scalar JAX function, with dual maps by quadrature.

    Parameters
    ----------
    function : callable
        Scalar JAX function; applied elementwise.
    name : str, optional
        Default: the function's own name.
    tolerance : float, optional
        If given and ``dual_error(1, 1)`` exceeds ``tolerance * E[σ(g)²]``, a :class:`QuadratureWarning` is issued.

    Returns
    -------
    Activation
        ``dual_error(q11, q22)`` estimates the absolute error of ``dual`` at these variances.

    Notes
    -----
    Errors fall geometrically in the number of terms (160) for analytic functions: below 1e-12 for tanh, sigmoid and
    softplus at variances up to 2. A kink costs most of that: the error at ρ = 1 is then about 1e-4; use
    :func:`ntklib.activations.homogeneous` for piecewise linear functions through the origin. Time and memory: 160
    multiply-adds per entry, no array larger than the output besides ``(N, 240)``. Chapter: ``hermite``.

    Examples
    --------
    >>> swish = from_function(lambda s: s * jax.nn.sigmoid(s), name="swish")
    >>> bool(swish.dual_error(1.0, 1.0) < 1e-6)
    True
    """
    elementwise = jnp.vectorize(function)  # accepts a function written for one number

    def derivative(s):
        s = jnp.asarray(s)
        return jax.jvp(elementwise, (s,), (jnp.ones_like(s),))[1]

    def dual_error(q11, q22):
        return math.sqrt(math.prod(expansion_error(elementwise, math.sqrt(q)) for q in (q11, q22)))

    def hermite(r):
        if r >= TERMS:
            raise ValueError(f"hermite_coefficient: r={r}; quadrature resolves r < {TERMS} for this activation.")
        return hermite_coefficients(elementwise, jnp.asarray(1.0, jnp.result_type(float)))[r]

    result = Activation(
        name=name or getattr(function, "__name__", "function"),
        function=elementwise,
        derivative=derivative,
        dual=_expanded_dual(elementwise),
        dual_derivative=_expanded_dual(derivative),
        hermite=hermite,
        dual_error=dual_error,
    )
    if tolerance is not None:
        _warn_if_inaccurate(result, tolerance)
    return result


def _warn_if_inaccurate(result: Activation, tolerance: float):
    error, moment = result.dual_error(1.0, 1.0), result.second_moment
    if not error <= tolerance * moment:
        warnings.warn(
            f"from_function: the dual maps of {result.name!r} carry an error of about {error:.1e} at unit variance "
            f"(E[σ²] = {moment:.3g}, tolerance {tolerance:g}); the function has a kink or grows fast; "
            "use a closed form, or accept the error.",
            QuadratureWarning,
            stacklevel=3,
        )
