r"""Every dual map at every scale: variances from 1e-8 to 1e8, all correlations, both precisions.

References: for the smooth activations a nested quadrature in the two variables, Gauss–Legendre panels that halve
towards 0 and so meet every scale; for the others the formulas in 50 digits. Both start from the covariances as they
are stored, the determinant in exact rational arithmetic. Accepted: 60 units of rounding of the size
``sqrt(E[σ(u)²] E[σ(v)²])`` (measured: at most 15).
"""

import math
from fractions import Fraction
from functools import cache

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest

from ntklib import activation, infinite_kernels
from ntklib.activations import NAMED_ACTIVATIONS

pytestmark = pytest.mark.both_precisions

WEIGHTS = {"relu": ("0.5", "0.5"), "leaky_relu": ("0.505", "0.495"), "abs": ("0", "1"), "identity": ("1", "0")}
BY_FORMULA = {*WEIGHTS, "sin", "cos", "quadratic"}
CORRELATIONS = [1.0, -1.0, 0.0, 0.5, -0.5, 0.99, -0.99, *(s * (1 - e) for s in (1, -1) for e in (1e-6, 1e-12))]
NODES, MASS = np.polynomial.legendre.leggauss(16)
FLOAT = jnp.result_type(float)
EPS = float(jnp.finfo(FLOAT).eps)


@cache
def covariances(count=44, seed=7):
    """Stratified: a third of equal variances, a quarter near 1, the rest anywhere; every correlation in turn."""
    rng, found = np.random.default_rng(seed), []
    for n in range(count):
        q1, q2 = 10 ** rng.uniform(*((-1, 1) if n % 4 == 1 else (-8, 8)), 2)
        q2 = q1 if n % 3 == 0 else q2
        rho = CORRELATIONS[n % len(CORRELATIONS)]
        q1, q2 = float(FLOAT.type(q1)), float(FLOAT.type(q2))
        found.append((q1, float(FLOAT.type(rho * (q1 if q1 == q2 else math.sqrt(q1 * q2)))), q2))
    return found


def sine_squared(q1, q12, q2):
    determinant = max(Fraction(q1) * Fraction(q2) - Fraction(q12) ** 2, Fraction(0))
    return float(determinant / (Fraction(q1) * Fraction(q2)))


def panels(centre, width):
    """Nodes and Gaussian masses on [-9.5, 9.5] for each centre, panels growing by powers of two away from it."""
    powers = 2.0 ** np.arange(-2, 61)
    cuts = np.clip(centre[:, None] + width[:, None] * np.concatenate([-powers, [0.0], powers]), -9.5, 9.5)
    uniform = np.broadcast_to(np.linspace(-9.5, 9.5, 39), (len(centre), 39))
    cuts = np.sort(np.concatenate([uniform, cuts], axis=1), axis=1)
    half, middle = np.diff(cuts) / 2, (cuts[:, 1:] + cuts[:, :-1]) / 2
    kept = (half > 0).any(axis=0)
    half, middle = half[:, kept, None], middle[:, kept, None]
    nodes = (middle + half * NODES).reshape(len(centre), -1)
    return nodes, (half * MASS).reshape(len(centre), -1) * np.exp(-(nodes**2) / 2) / math.sqrt(2 * math.pi)


def mean_of_products(f, q1, q12, q2):
    """E[f(u) f(v)] with u outside and v given u inside."""
    s, t, sine = math.sqrt(q1), math.sqrt(q2), math.sqrt(sine_squared(q1, q12, q2))
    rho = math.copysign(math.sqrt(1 - sine**2), q12) if q12 else 0.0
    g, mass = (z[0] for z in panels(np.zeros(1), np.array([min(1 / s, sine or 9.0)])))
    g, mass = g[mass > 1e-30], mass[mass > 1e-30]
    if sine == 0:
        return np.sum(mass * f(s * g) * f(rho * t * g))
    total = 0.0
    for part in np.array_split(np.arange(len(g)), 1 + len(g) // 200):
        mean, spread = rho * t * g[part], sine * t
        h, inner = panels(-mean / spread, np.full(len(part), 1 / spread))
        total += np.sum(mass[part] * f(s * g[part]) * np.sum(inner * f(mean[:, None] + spread * h), axis=1))
    return total


def by_formula(name, order, q1, q12, q2):
    mp.mp.dps = 50
    q1, q12, q2 = map(mp.mpf, (q1, q12, q2))
    if name == "quadratic":
        return 4 * q12 if order else q1 * q2 + 2 * q12**2
    if name in ("sin", "cos"):
        return mp.exp(-(q1 + q2) / 2) * (mp.sinh if (name == "sin") == (order == 0) else mp.cosh)(q12)
    a, b = map(mp.mpf, WEIGHTS[name])
    size = mp.sqrt(q1 * q2)
    angle = mp.atan2(mp.sqrt(max(q1 * q2 - q12**2, 0)), q12)
    if order:
        return a**2 + b**2 * (1 - 2 * angle / mp.pi)
    return a**2 * q12 + b**2 * size * (mp.cos(angle) + 2 / mp.pi * (mp.sin(angle) - angle * mp.cos(angle)))


def maps(act):
    return act.dual, act.dual_derivative


@cache
def stacked():
    return tuple(jnp.asarray(z, FLOAT) for z in zip(*covariances()))


@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("name", sorted(NAMED_ACTIVATIONS))
def test_dual_maps_are_right_at_every_variance_and_correlation(name, order):
    act = activation(name)
    dual, function = maps(act)[order], act.numpy[order]
    q1, q12, q2 = stacked()
    got = np.asarray(jax.jit(dual)(q1, q12, q2))
    size = np.sqrt(np.asarray(dual(q1, q1, q1), np.float64) * np.asarray(dual(q2, q2, q2), np.float64))
    assert got.dtype == FLOAT
    for i, q in enumerate(covariances()):
        if sine_squared(*q) == 0 and q[0] != q[2]:
            continue  # stored correlation beyond 1
        want = float(by_formula(name, order, *q)) if name in BY_FORMULA else mean_of_products(function, *q)
        assert abs(got[i] - want) <= 60 * EPS * size[i] + 1e-37, (q, got[i], want)


@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("name", sorted(NAMED_ACTIVATIONS))
def test_gradients_in_the_variances_are_finite_everywhere(name, order):
    dual = maps(activation(name))[order]
    gradients = jax.jit(jax.vmap(jax.grad(dual, argnums=(0, 1, 2))))(*stacked())
    assert all(np.isfinite(g).all() for g in gradients)


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "softplus", "silu"])
def test_the_four_relatives_of_the_logistic_function_in_thirty_digits(name):
    """A second reference for the first: the one integral that is left at correlation 1, by mpmath."""
    if jnp.float64 != FLOAT:
        pytest.skip("a check of digits that single precision lacks")
    mp.mp.dps = 30
    logistic = lambda x: 1 / (1 + mp.exp(-x))
    functions = {"tanh": mp.tanh, "sigmoid": logistic, "softplus": lambda x: mp.log1p(mp.exp(x))}
    function = functions.get(name, lambda x: x * logistic(x))
    for s in (1e-2, 1.0, 50.0):
        cuts = sorted(
            {0, *(sign * c for sign in (-1, 1) for c in (0.5 / s, 2 / s, 8 / s, 32 / s, 1, 4, 14) if c <= 14)}
        )
        want = mp.quad(lambda g, s=s: function(s * g) ** 2 * mp.npdf(g), cuts)
        q = s * s
        assert abs(float(activation(name).dual(q, q, q)) / want - 1) < 30 * EPS


@pytest.mark.parametrize(("norm", "true"), [(8.0, 5.1456089), (28.0, 15.8623023)])
def test_kernels_of_saturating_units_at_large_norms(norm, true):
    kernels = lambda A: infinite_kernels(A, depth=2, activation="tanh", weight_variance=1.0)[1]
    X = jnp.full((1, 1), norm)
    for K in (kernels(X), jax.jit(kernels)(X), jax.vmap(kernels)(X[None])[0], kernels(X.repeat(2, 0))[:1, 1:]):
        assert float(K[0, 0]) == pytest.approx(true, rel=max(1e-8, 20 * EPS))


@pytest.mark.parametrize("name", sorted(NAMED_ACTIVATIONS))
def test_numpy_twins_are_the_jax_functions(name):
    act, s = activation(name), np.linspace(-6, 6, 101).astype(FLOAT)
    value, derivative, second = act.numpy
    assert np.allclose(value(s), act.function(s), rtol=20 * EPS, atol=20 * EPS)
    assert np.allclose(derivative(s), act.derivative(s), rtol=20 * EPS, atol=20 * EPS)
    if second is None:
        assert act.is_homogeneous
        return
    by_jax = jax.vmap(jax.grad(lambda z: jnp.sum(act.derivative(z))))(jnp.asarray(s))
    assert np.allclose(second(s), by_jax, rtol=100 * EPS, atol=100 * EPS)


@pytest.mark.parametrize("name", sorted(NAMED_ACTIVATIONS))
def test_suprema_are_reached_and_not_exceeded(name):
    """Dense maximization: the maxima are quadratic, so that a grid of step 5e-5 misses less than 1e-9 of them."""
    act, s = activation(name), np.concatenate([np.linspace(-12, 12, 480_001), [-1e6, 1e6]])
    if name == "quadratic":
        assert act.slope_bound == math.inf
    else:
        assert 0 <= act.slope_bound - np.abs(act.numpy.derivative(s)).max() < 1e-9
    if act.numpy.second is None:
        assert act.bend_bound is None
    else:
        assert 0 <= act.bend_bound - np.abs(act.numpy.second(s)).max() + 1e-15 < 1e-9
