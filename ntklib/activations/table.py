"""The table of named activations: every fact about each of them, once.

An entry joins the function with its dual maps (from one of the families) to its NumPy twin ``(σ, σ', σ'')`` and the
suprema of ``|σ'|`` and ``|σ''|``.
"""

import math
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from scipy.special import erf, expit, ndtr

from ntklib.activations import closed_forms
from ntklib.activations.base import Activation, NumpyTwin
from ntklib.activations.piecewise_linear import homogeneous
from ntklib.activations.quadrature import hermite_by_quadrature
from ntklib.activations.smoothed import dual_maps, kolmogorov_rule

_SINE, _COSINE = closed_forms.sine_and_cosine()


def _entry(maps: Activation, value, derivative, second, slope_bound, bend_bound) -> Activation:
    twin = NumpyTwin(value, derivative, second)
    return replace(maps, numpy=twin, slope_bound=slope_bound, bend_bound=bend_bound)


def _two_slopes(name: str, below: float, above: float) -> Activation:
    """Piecewise linear with a kink at 0, or none."""
    kink = below != above
    return _entry(
        homogeneous((above + below) / 2, (above - below) / 2, name),
        (lambda s: above * np.maximum(s, 0.0)) if below == 0 else lambda s: np.where(s > 0, above * s, below * s),
        lambda s: np.where(s > 0, above, below),
        None if kink else np.zeros_like,
        max(abs(below), abs(above)),
        None if kink else 0.0,
    )


def _logistic(name: str, function, derivative, base: str, scale: float = 2.0) -> Activation:
    """A base with noise of size ``scale * k``, for k with Kolmogorov's law: a relative of the logistic function."""
    k, weights = kolmogorov_rule()
    maps = dual_maps(base, (scale * k) ** 2, weights)
    return Activation(name, function, derivative, *maps, hermite_by_quadrature(function))


def _density(s):
    return np.exp(-(s**2) / 2) / math.sqrt(2 * math.pi)


def _logistic_slope(s):
    return expit(s) * expit(-s)


def _squared_secant(s):
    """``1 − tanh² s`` without cancellation."""
    return 4 * _logistic_slope(2 * s)


_MEMBERS = (
    _two_slopes("relu", 0.0, 1.0),
    _two_slopes("leaky_relu", 0.01, 1.0),
    _two_slopes("abs", -1.0, 1.0),
    _two_slopes("identity", 1.0, 1.0),
    _entry(
        closed_forms.erf(),
        erf,
        lambda s: 2 / math.sqrt(math.pi) * np.exp(-(s**2)),
        lambda s: -4 / math.sqrt(math.pi) * s * np.exp(-(s**2)),
        2 / math.sqrt(math.pi),
        2 * math.sqrt(2 / (math.pi * math.e)),  # at s² = 1/2
    ),
    _entry(
        closed_forms.gelu(),
        lambda s: s * ndtr(s),
        lambda s: ndtr(s) + s * _density(s),
        lambda s: (2 - s**2) * _density(s),
        float(ndtr(math.sqrt(2)) + math.exp(-1) / math.sqrt(math.pi)),  # at s² = 2
        math.sqrt(2 / math.pi),  # at 0
    ),
    _entry(_SINE, np.sin, np.cos, lambda s: -np.sin(s), 1.0, 1.0),
    _entry(_COSINE, np.cos, lambda s: -np.sin(s), lambda s: -np.cos(s), 1.0, 1.0),
    _entry(closed_forms.quadratic(), np.square, lambda s: 2 * s, lambda s: np.full_like(s, 2.0), math.inf, 2.0),
    _entry(
        _logistic("sigmoid", jax.nn.sigmoid, lambda s: jax.nn.sigmoid(s) * jax.nn.sigmoid(-s), "step"),
        expit,
        _logistic_slope,
        lambda s: -_logistic_slope(s) * np.tanh(s / 2),
        0.25,
        math.sqrt(3) / 18,
    ),
    _entry(
        _logistic("tanh", jnp.tanh, lambda s: 4 * jax.nn.sigmoid(2 * s) * jax.nn.sigmoid(-2 * s), "sign", scale=1.0),
        np.tanh,
        _squared_secant,
        lambda s: -2 * np.tanh(s) * _squared_secant(s),
        1.0,
        4 / (3 * math.sqrt(3)),
    ),
    _entry(
        _logistic("softplus", jax.nn.softplus, jax.nn.sigmoid, "ramp"),
        lambda s: np.logaddexp(0.0, s),
        expit,
        _logistic_slope,
        1.0,
        0.25,
    ),
    _entry(
        _logistic("silu", jax.nn.silu, lambda s: jax.nn.sigmoid(s) * (1 + s * jax.nn.sigmoid(-s)), "gate"),
        lambda s: s * expit(s),
        lambda s: expit(s) * (1 + s * expit(-s)),
        lambda s: _logistic_slope(s) * (2 - s * np.tanh(s / 2)),
        1.0998393201288669,  # at s tanh(s/2) = 2
        0.5,  # at 0
    ),
)

NAMED_ACTIVATIONS: dict[str, Activation] = {member.name: member for member in _MEMBERS}
"""Activations by name; ``leaky_relu`` has slope 0.01 below zero, other slopes through ``homogeneous``."""

ALIASES = {"linear": "identity"}
"""Other names under which :func:`ntklib.activation` finds an entry."""

FUNCTIONS = {
    jax.nn.relu: "relu",
    jax.nn.leaky_relu: "leaky_relu",
    jax.nn.identity: "identity",
    jnp.abs: "abs",
    jnp.square: "quadratic",
    jnp.sin: "sin",
    jnp.cos: "cos",
    jnp.tanh: "tanh",
    jax.nn.tanh: "tanh",
    jax.nn.sigmoid: "sigmoid",
    jax.nn.softplus: "softplus",
    jax.nn.silu: "silu",
    jax.scipy.special.erf: "erf",
    jax.scipy.special.expit: "sigmoid",
    jax.lax.tanh: "tanh",
    jax.lax.erf: "erf",
}
"""JAX's own functions that are entries of the table (``jax.nn.gelu`` is not: by default it is an approximation)."""
