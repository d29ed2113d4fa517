"""Closed-form dual maps: erf, GELU, sine, cosine, quadratic.

Notation: ``(u, v)`` is centred Gaussian with covariance ``[[q11, q12], [q12, q22]]``.
"""

import math

import jax
import jax.numpy as jnp

from ntklib.activations.base import Activation


def erf() -> Activation:
    """``E[erf erf] = (2/π) arcsin(2 q12 / sqrt((1+2q11)(1+2q22)))`` (Williams 1997)."""

    def dual(q11, q12, q22):
        return (2 / jnp.pi) * jnp.arcsin(2 * q12 / jnp.sqrt((1 + 2 * q11) * (1 + 2 * q22)))

    def dual_derivative(q11, q12, q22):
        return (4 / jnp.pi) / jnp.sqrt((1 + 2 * q11) * (1 + 2 * q22) - 4 * q12**2)

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
        dual,
        dual_derivative,
        hermite,
    )


def gelu() -> Activation:
    r"""GELU :math:`s\Phi(s)`; with :math:`P = E[\Phi(u)\Phi(v)]`, :math:`\phi` the normal density, by Stein's lemma."""

    def parts(q11, q12, q22):
        d1, d2 = 1 + q11, 1 + q22
        determinant = d1 * d2 - q12**2
        probability = 0.25 + jnp.arcsin(q12 / jnp.sqrt(d1 * d2)) / (2 * jnp.pi)
        density = 1 / (2 * jnp.pi * jnp.sqrt(determinant))  # E[φ(u) φ(v)]
        return d1, d2, determinant, probability, density

    def dual(q11, q12, q22):
        d1, d2, _, probability, density = parts(q11, q12, q22)
        return q12 * probability + density * (q11 * q22 - q12**2 + q12**2 * (1 / d1 + 1 / d2))

    def dual_derivative(q11, q12, q22):
        d1, d2, determinant, probability, density = parts(q11, q12, q22)
        return probability + q12 * density * (1 / d1 + 1 / d2 + 1 / determinant)

    def hermite(r):
        below = math.sqrt(r) * _normal_cdf_hermite(r - 1) if r else 0.0
        return math.sqrt(r + 1) * _normal_cdf_hermite(r + 1) + below

    def function(s):
        return s * jax.scipy.stats.norm.cdf(s)

    def derivative(s):
        return jax.scipy.stats.norm.cdf(s) + s * jax.scipy.stats.norm.pdf(s)

    return Activation("gelu", function, derivative, dual, dual_derivative, hermite)


def _normal_cdf_hermite(r: int) -> float:
    """``μ_r(Φ)``: 1/2 at 0, zero at even r, else ``(−1)^k sqrt(C(2k,k)) / (4^k sqrt(4π (2k+1)))`` with r = 2k + 1."""
    if r == 0:
        return 0.5
    if r % 2 == 0:
        return 0.0
    k = (r - 1) // 2
    log_binomial = math.lgamma(2 * k + 1) - 2 * math.lgamma(k + 1)
    return (-1) ** k * math.exp(log_binomial / 2 - k * math.log(4)) / math.sqrt(4 * math.pi * r)


def _scaled_sinh(q, m):
    """``exp(−m) sinh(q)`` for ``|q| <= m``, without overflow at large ``q`` or cancellation at small ``q``."""
    small = jnp.abs(q) < 1
    near_zero = jnp.exp(-m) * jnp.sinh(jnp.where(small, q, 0.0))
    return jnp.where(small, near_zero, 0.5 * (jnp.exp(q - m) - jnp.exp(-q - m)))


def _scaled_cosh(q, m):
    """``exp(−m) cosh(q)`` for ``|q| <= m`` without overflow."""
    return 0.5 * (jnp.exp(q - m) + jnp.exp(-q - m))


def sine_and_cosine() -> tuple[Activation, Activation]:
    """``E[sin sin] = e^{−m} sinh q12`` and ``E[cos cos] = e^{−m} cosh q12`` with ``m = (q11 + q22) / 2``."""

    def sinh(q11, q12, q22):
        return _scaled_sinh(q12, (q11 + q22) / 2)

    def cosh(q11, q12, q22):
        return _scaled_cosh(q12, (q11 + q22) / 2)

    def hermite(parity):
        def coefficient(r):
            return (-1) ** (r // 2) * math.exp(-0.5 - math.lgamma(r + 1) / 2) if r % 2 == parity else 0.0

        return coefficient

    sine = Activation("sin", jnp.sin, jnp.cos, sinh, cosh, hermite(1))
    cosine = Activation("cos", jnp.cos, lambda s: -jnp.sin(s), cosh, sinh, hermite(0))
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
