"""Closed-form dual maps: erf, GELU, sine, cosine, quadratic.

Notation: ``(u, v)`` is centred Gaussian with covariance ``[[q11, q12], [q12, q22]]``.
"""

import math

import jax
import jax.numpy as jnp

from ntklib.activations.base import Activation
from ntklib.activations.covariance import floats
from ntklib.activations.smoothed import dual_maps


def erf() -> Activation:
    """``E[erf erf] = (2/π) arcsin(2 q12 / sqrt((1+2q11)(1+2q22)))`` (Williams 1997): a sign with noise."""

    def hermite(r):
        # the dual at unit variance is (2/π) arcsin(2ρ/3) = Σ μ_r² ρ^r, with alternating signs of μ_r
        if r % 2 == 0:
            return 0.0
        k = (r - 1) // 2
        arcsin_term = math.exp(math.lgamma(2 * k + 1) - 2 * k * math.log(2) - 2 * math.lgamma(k + 1)) / r
        return (-1) ** k * math.sqrt(2 / math.pi * arcsin_term) * (2 / 3) ** (r / 2)

    return Activation(
        "erf",
        jax.scipy.special.erf,
        lambda s: 2 / jnp.sqrt(jnp.pi) * jnp.exp(-(s**2)),
        *dual_maps("sign", [0.5], [1.0]),
        hermite,
    )


def gelu() -> Activation:
    r"""GELU :math:`s\Phi(s)`, with :math:`\Phi` the normal distribution function: a gate with noise."""

    def hermite(r):
        below = math.sqrt(r) * _normal_cdf_hermite(r - 1) if r else 0.0
        return math.sqrt(r + 1) * _normal_cdf_hermite(r + 1) + below

    def function(s):
        return s * jax.scipy.stats.norm.cdf(s)

    def derivative(s):
        return jax.scipy.stats.norm.cdf(s) + s * jax.scipy.stats.norm.pdf(s)

    return Activation("gelu", function, derivative, *dual_maps("gate", [1.0], [1.0]), hermite)


def _normal_cdf_hermite(r: int) -> float:
    """``μ_r(Φ)``: 1/2 at 0, zero at even r, else ``(−1)^k sqrt(C(2k,k)) / (4^k sqrt(4π (2k+1)))`` with r = 2k + 1."""
    if r == 0:
        return 0.5
    if r % 2 == 0:
        return 0.0
    k = (r - 1) // 2
    log_binomial = math.lgamma(2 * k + 1) - 2 * math.lgamma(k + 1)
    return (-1) ** k * math.exp(log_binomial / 2 - k * math.log(4)) / math.sqrt(4 * math.pi * r)


def _damped_exponential(q11, q12, q22):
    """``exp(q12 − (q11 + q22) / 2)``, differences first: next to correlation 1 they are exact."""
    return jnp.exp(-((q11 - q12) + (q22 - q12)) / 2)


def _damped_sinh(q11, q12, q22):
    """``exp(−(q11 + q22) / 2) sinh(q12)`` without overflow at large variances or cancellation at small ones."""
    q11, q12, q22 = floats(q11, q12, q22)
    small = jnp.abs(q12) < 1
    near_zero = jnp.exp(-(q11 + q22) / 2) * jnp.sinh(jnp.where(small, q12, 0.0))
    both = _damped_exponential(q11, q12, q22) - _damped_exponential(q11, -q12, q22)
    return jnp.where(small, near_zero, both / 2)


def _damped_cosh(q11, q12, q22):
    """``exp(−(q11 + q22) / 2) cosh(q12)`` without overflow."""
    q11, q12, q22 = floats(q11, q12, q22)
    return (_damped_exponential(q11, q12, q22) + _damped_exponential(q11, -q12, q22)) / 2


def sine_and_cosine() -> tuple[Activation, Activation]:
    """``E[sin sin] = e^{−m} sinh q12`` and ``E[cos cos] = e^{−m} cosh q12`` with ``m = (q11 + q22) / 2``."""

    def hermite(parity):
        def coefficient(r):
            return (-1) ** (r // 2) * math.exp(-0.5 - math.lgamma(r + 1) / 2) if r % 2 == parity else 0.0

        return coefficient

    sine = Activation("sin", jnp.sin, jnp.cos, _damped_sinh, _damped_cosh, hermite(1))
    cosine = Activation("cos", jnp.cos, lambda s: -jnp.sin(s), _damped_cosh, _damped_sinh, hermite(0))
    return sine, cosine


def quadratic() -> Activation:
    """``σ(s) = s²``: ``E[σσ] = q11 q22 + 2 q12²``, ``E[σ'σ'] = 4 q12``; only μ_0 = 1 and μ_2 = √2 are non-zero."""
    return Activation(
        "quadratic",
        lambda s: s**2,
        lambda s: 2 * s,
        lambda q11, q12, q22: q11 * q22 + 2 * q12**2,
        lambda q11, q12, q22: 4 * q12,
        lambda r: {0: 1.0, 2: math.sqrt(2)}.get(r, 0.0),
    )
