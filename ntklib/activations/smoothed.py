r"""Activations that are averages of steps and ramps with Gaussian noise in their argument; their exact dual maps.

With Φ the normal distribution function and ``g`` standard normal, erf and GELU smooth a step with noise of one size:

.. math:: \operatorname{erf}(x) = E\operatorname{sign}(x + g/\sqrt2), \qquad x\,\Phi(x) = x\,P(x + g > 0) .

So does the logistic function, with noise of random size ``2k g``: its density is a mixture of normal ones, ``k`` having
the law of Kolmogorov's statistic (Andrews and Mallows 1974; Stefanski 1991). Hence tanh, sigmoid, softplus and SiLU:

.. math:: \tanh x = E\operatorname{sign}(x + kg), \quad S(x) = P(x + 2kg > 0), \quad
   \operatorname{softplus}(x) = E\max(x + 2kg, 0), \quad x\,S(x) = x\,P(x + 2kg > 0) .

Noise adds to the variances and leaves the covariance alone, so that every dual map is an average of closed forms. The
average over ``k`` is a Gauss rule of 14 nodes in log k, whose error is below 3e-15 of the value at all variances.
"""

import math
from functools import cache
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from scipy.linalg import eigh_tridiagonal

from ntklib.activations.covariance import determinant, floats
from ntklib.activations.piecewise_linear import small_sine_minus_tcos

NODES = 14


class Pair(NamedTuple):
    """The two noisy variables: cosine and sine of their angle, the noise's shares of their variances, their size."""

    cosine: object
    sine: object
    share1: object
    share2: object
    size: object  # product of the two standard deviations
    own: object  # sine² without the noise's part

    @property
    def lacking(self):
        """π minus the angle."""
        steep, small = _small_angle(self.sine, self.cosine)
        return jnp.where(steep, jnp.where(self.cosine < 0, small, jnp.pi - small), jnp.pi / 2 + small)

    @property
    def complement(self):
        """π/2 minus the angle."""
        steep, small = _small_angle(self.sine, self.cosine)
        return jnp.where(steep, jnp.sign(self.cosine) * (jnp.pi / 2 - small), small)

    @property
    def shares(self):
        """Sum of the two shares."""
        return self.share1 + self.share2


def _small_angle(sine, cosine):
    """Whether the unit vector is nearer to the cosine's axis, and its angle to the nearer axis (else signed).

    XLA's ``arctan2`` takes five to ten times as long.
    """
    steep, size = jnp.abs(cosine) > sine, jnp.abs(cosine)
    t, series = jnp.where(steep, sine / (1 + size), cosine / (1 + sine)), 0.0  # tangent of half the angle
    for k in range(20, -1, -1):
        series = (-1) ** k / (2 * k + 1) + t * t * series
    return steep, 2 * t * series


def _ramp(p: Pair):
    """``2π E[max(u,0) max(v,0)]`` in units of the size (Cho and Saul 2009), without cancellation at any angle."""
    phi = p.lacking
    return jnp.where(phi < 1, small_sine_minus_tcos(phi), p.sine + phi * p.cosine)


def _gate(p: Pair):
    """``2π E[u 1(u + noise > 0) v 1(v + noise > 0)]`` in units of the size, by Stein's lemma, in two arrangements."""
    phi, product = p.lacking, p.share1 * p.share2
    near = small_sine_minus_tcos(phi) - p.sine * p.shares + product / p.sine
    return jnp.where(phi < 1, near, phi * p.cosine + (p.own + p.cosine**2 * p.shares) / p.sine)


def _gate_slope(p: Pair):
    return p.lacking + p.cosine / p.sine * (p.shares + p.share1 * p.share2 / p.sine**2)


BASES = {
    "sign": (lambda p: 4 * p.complement, lambda p: 4 / (p.sine * p.size)),
    "step": (lambda p: p.lacking, lambda p: 1 / (p.sine * p.size)),
    "ramp": (lambda p: p.size * _ramp(p), lambda p: p.lacking),
    "gate": (lambda p: p.size * _gate(p), _gate_slope),
}
"""For each base 2π times the dual map, and 2π times that of the derivative."""


def dual_maps(base: str, variances, weights):
    """Return ``dual`` and ``dual_derivative`` of the base, averaged over noise of these variances and weights.

    Notes
    -----
    ``M²`` evaluations a pair for ``M`` variances, compiled as one loop without any array larger than the result.

    Examples
    --------
    >>> dual, _ = dual_maps("sign", [0.5], [1.0])  # erf
    >>> round(float(dual(1.0, 1.0, 1.0)), 6), round(2 / math.pi * math.asin(2 / 3), 6)
    (0.464559, 0.464559)
    """
    return tuple(_averaged(function, np.asarray(variances), np.asarray(weights)) for function in BASES[base])


def _averaged(function, variances, weights):
    a, b = (grid.ravel() for grid in np.meshgrid(variances, variances))
    products = np.outer(weights, weights).ravel() / (2 * math.pi)

    @jax.jit
    def dual(q11, q12, q22):
        q11, q12, q22 = floats(q11, q12, q22)
        own = determinant(q11, q12, q22)
        start = jnp.zeros_like(q11 + q12 + q22)

        @jax.checkpoint
        def add(total, term):
            a, b, weight = term
            return total + weight * function(_noisy(q11, q12, q22, own, a, b)), None

        total = jax.lax.scan(add, start, tuple(jnp.asarray(z, start.dtype) for z in (a, b, products)))[0]
        return jnp.where(jnp.isfinite(own), total, jnp.nan)

    return dual


def _noisy(q11, q12, q22, own, a, b) -> Pair:
    """The pair with noise of variances ``a`` and ``b``, from the variances and the determinant without it."""
    total1, total2 = q11 + a, q22 + b
    share1, share2, own = a / total1, b / total2, own / total1 / total2
    size = jnp.sqrt(total1) * jnp.sqrt(total2)
    sine = jnp.sqrt(own + share1 + share2 * (q11 / total1))
    return Pair(q12 / size, sine, share1, share2, size, own)


@cache
def kolmogorov_rule(nodes: int = NODES) -> tuple[np.ndarray, np.ndarray]:
    r"""Return nodes ``k`` and weights of the Gauss rule in log k for Kolmogorov's law.

    .. math:: P(k \le x) = \frac{\sqrt{2\pi}}{x} \sum_{j \ge 1} e^{-(2j-1)^2 \pi^2 / (8 x^2)}

    Notes
    -----
    The law is put on 400 equidistant points in log k, where the trapezoidal rule is exact to rounding, and the rule
    follows by Lanczos with full orthogonalization. Source: Golub and Welsch 1969.

    Examples
    --------
    >>> k, w = kolmogorov_rule()
    >>> round(float(w @ k), 12) == round(math.sqrt(math.pi / 2) * math.log(2), 12)
    True
    """
    x = np.linspace(math.log(0.15), math.log(5.2), 400)
    mass = np.exp(x) * _kolmogorov_density(np.exp(x))
    basis, diagonal, side = [np.sqrt(mass / mass.sum())], [], []
    for _ in range(nodes):
        image = x * basis[-1]
        diagonal.append(image @ basis[-1])
        for _ in range(2):
            image = image - np.array(basis).T @ (np.array(basis) @ image)
        side.append(np.linalg.norm(image))
        basis.append(image / side[-1])
    log_k, vectors = eigh_tridiagonal(diagonal, side[:-1])
    return np.exp(log_k), vectors[0] ** 2


def _kolmogorov_density(k: np.ndarray) -> np.ndarray:
    """By the series that converges fast: the theta function's below 1, its transform's above."""
    j = np.arange(1, 12)[:, None]
    i = ((2 * j - 1) * math.pi) ** 2 / 8
    below = math.sqrt(2 * math.pi) * np.sum(np.exp(-i / k**2) * (2 * i / k**4 - 1 / k**2), axis=0)
    above = 8 * k * np.sum((-1.0) ** (j - 1) * j**2 * np.exp(-2 * (j * k) ** 2), axis=0)
    return np.where(k < 1, below, above)
