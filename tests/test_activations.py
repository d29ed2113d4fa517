"""Laws of the activations: derivatives, dual maps, Hermite coefficients, each by a second route."""

import math

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest

from ntklib import activation, hermite_coefficient
from ntklib.activations import NAMED_ACTIVATIONS, QuadratureWarning, from_function, homogeneous

COVARIANCES = [(1.0, 0.3, 1.0), (1.3, -0.7, 0.9), (0.2, 0.1, 2.5), (2.0, 0.0, 0.5), (0.7, 0.7 - 1e-9, 0.7)]
SMOOTH = [name for name, act in NAMED_ACTIVATIONS.items() if not act.is_homogeneous]
CLOSED_FORM = [n for n in NAMED_ACTIVATIONS if n not in ("sigmoid", "tanh", "softplus")]


def gaussian_mean(f, q11, q12, q22, nodes=250):
    """E[f(u) f(v)] on the half plane representation: polar for kinks at the origin is exact in the radius."""
    x, w = np.polynomial.hermite_e.hermegauss(nodes)
    w = w / w.sum()
    a, b = math.sqrt(q11), q12 / math.sqrt(q11)
    c = math.sqrt(max(q22 - b**2, 0.0))
    return float(w @ (np.asarray(f(a * x))[:, None] * np.asarray(f(b * x[:, None] + c * x[None, :]))) @ w)


def homogeneous_mean(f, q11, q12, q22, degree):
    """E[f(u) f(v)] for f homogeneous of the given degree: polar coordinates, angular integral by mpmath."""
    mp.mp.dps = 30
    rho = q12 / math.sqrt(q11 * q22)
    delta = mp.acos(rho)

    def integrand(t):
        return f(math.cos(t)) * f(math.cos(t - float(delta)))

    kinks = [s * math.pi / 2 + shift for s in (-1, 1) for shift in (0.0, float(delta))]
    nodes = sorted({-math.pi, math.pi, *(math.remainder(k, 2 * math.pi) for k in kinks)})
    x, w = np.polynomial.legendre.leggauss(60)
    total = 0.0
    for lo, hi in zip(nodes[:-1], nodes[1:]):
        t = (hi - lo) / 2 * x + (hi + lo) / 2
        total += (hi - lo) / 2 * float(w @ [integrand(s) for s in t])
    radial = math.gamma(degree + 1) * 2**degree  # ∫ r^(2k+1) e^(-r²/2) dr for degree k
    return total * radial / (2 * math.pi) * (q11 * q22) ** (degree / 2)


@pytest.mark.parametrize("name", sorted(NAMED_ACTIVATIONS))
def test_derivative_agrees_with_automatic_differentiation(name):
    act = activation(name)
    s = jnp.array([-2.3, -0.4, 0.7, 3.1])
    assert jnp.allclose(act.derivative(s), jax.vmap(jax.grad(act.function))(s), rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("q", COVARIANCES)
@pytest.mark.parametrize("name", SMOOTH)
def test_dual_maps_of_smooth_activations_equal_product_quadrature(name, q):
    act = activation(name)
    assert float(act.dual(*q)) == pytest.approx(gaussian_mean(act.function, *q), rel=1e-10, abs=1e-11)
    expected = gaussian_mean(act.derivative, *q)
    assert float(act.dual_derivative(*q)) == pytest.approx(expected, rel=1e-8, abs=1e-9)


@pytest.mark.parametrize("q", COVARIANCES[:4])
@pytest.mark.parametrize("name", ["relu", "leaky_relu", "abs", "identity"])
def test_dual_maps_of_homogeneous_activations_equal_the_polar_integral(name, q):
    act = activation(name)
    a, b = act.odd_weight, act.even_weight
    value = homogeneous_mean(lambda s: a * s + b * abs(s), *q, degree=1)
    slope = homogeneous_mean(lambda s: a + b * math.copysign(1, s), *q, degree=0)
    assert float(act.dual(*q)) == pytest.approx(value, rel=1e-13, abs=1e-14)
    assert float(act.dual_derivative(*q)) == pytest.approx(slope, rel=1e-13, abs=1e-14)


@pytest.mark.parametrize("name", sorted(NAMED_ACTIVATIONS))
def test_dual_map_is_the_hermite_series(name):
    """Mehler: E[σσ] at unit variance is Σ μ_r² ρ^r."""
    act, rho = activation(name), 0.6
    series = sum(act.hermite(r) ** 2 * rho**r for r in range(80))
    assert float(act.dual(1.0, rho, 1.0)) == pytest.approx(float(series), rel=1e-12)


@pytest.mark.parametrize("name", sorted(NAMED_ACTIVATIONS))
def test_slope_dual_is_the_derivative_of_the_dual_in_the_covariance(name):
    """Price's theorem: d E[σ(u)σ(v)] / d q12 = E[σ'(u)σ'(v)]."""
    act = activation(name)
    for q in COVARIANCES:
        derivative = jax.grad(lambda c, q=q: act.dual(q[0], c, q[2]))(q[1])
        assert float(derivative) == pytest.approx(float(act.dual_derivative(*q)), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("name", sorted(NAMED_ACTIVATIONS))
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_gradients_are_finite_at_coincident_opposite_and_zero_variables(name, sign):
    act = activation(name)
    for dual in (act.dual, act.dual_derivative):
        for q in [(1.3, sign * 1.3, 1.3), (0.0, 0.0, 1.0), (0.0, 0.0, 0.0)]:
            value, gradient = jax.value_and_grad(lambda c, q=q, dual=dual: dual(q[0], c, q[2]))(q[1])
            assert math.isfinite(value)
            assert math.isfinite(gradient)


@pytest.mark.parametrize("r", range(0, 41))
def test_relu_hermite_coefficients_follow_the_double_factorials(r):
    mp.mp.dps = 40
    if r == 0:
        exact = 1 / mp.sqrt(2 * mp.pi)
    elif r == 1:
        exact = mp.mpf(1) / 2
    elif r % 2:
        exact = mp.mpf(0)
    else:
        exact = (-1) ** ((r - 2) // 2) * mp.fac2(r - 3) / mp.sqrt(2 * mp.pi * mp.factorial(r))
    assert hermite_coefficient("relu", r) == pytest.approx(float(exact), rel=1e-14)


def test_relu_hermite_coefficients_equal_their_gaussian_integral():
    mp.mp.dps = 30
    for r in (0, 1, 2, 3, 4, 7, 10):
        polynomial = lambda x, r=r: 2 ** (-mp.mpf(r) / 2) * mp.hermite(r, x / mp.sqrt(2)) / mp.sqrt(mp.factorial(r))
        integral = mp.quad(lambda x: x * polynomial(x) * mp.npdf(x), [0, 3, 8, 30])
        assert hermite_coefficient("relu", r) == pytest.approx(float(integral), abs=1e-15)


def test_squared_relu_coefficients_sum_to_one_half():
    partial = sum(hermite_coefficient("relu", r) ** 2 for r in range(2001))
    assert 0.5 - 1e-5 < partial < 0.5


@pytest.mark.parametrize("name", CLOSED_FORM)
def test_closed_forms_claim_no_error_and_quadrature_states_its_own(name):
    act = activation(name)
    assert act.dual_error(1.0, 1.0) == 0.0
    numeric = from_function(act.function, tolerance=math.inf)
    for q in COVARIANCES:
        true_error = abs(float(numeric.dual(*q)) - float(act.dual(*q)))
        assert true_error <= numeric.dual_error(q[0], q[2]) + 1e-13


def test_a_kinked_user_function_warns_and_a_smooth_one_does_not(recwarn):
    with pytest.warns(QuadratureWarning, match="has a kink or grows fast"):
        activation(lambda s: jnp.clip(s, -1.0, 1.0))
    recwarn.clear()
    assert activation(lambda s: s * jax.nn.sigmoid(s)).second_moment > 0
    assert not recwarn.list


def test_a_function_written_for_one_number_is_applied_elementwise():
    def scalar(s):
        return jax.lax.cond(s > 0, lambda x: jnp.sin(x), lambda x: jnp.sin(x), s)

    act = from_function(scalar)
    assert float(act.dual(1.0, 0.4, 1.0)) == pytest.approx(float(activation("sin").dual(1.0, 0.4, 1.0)), rel=1e-12)


def test_homogeneous_activation_commutes_with_positive_scaling():
    act, s = homogeneous(0.7, -0.2), jnp.linspace(-3, 3, 13)
    assert jnp.allclose(act.function(2.5 * s), 2.5 * act.function(s), rtol=1e-15)
    q = (1.2, 0.3, 0.8)
    assert float(act.dual(*(4 * x for x in q))) == pytest.approx(4 * float(act.dual(*q)), rel=1e-14)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: activation("rellu"), r"activation: value='rellu'; expected a known name such as \['relu'"),
        (lambda: activation(3), "received int; expected a name"),
        (lambda: hermite_coefficient("relu", -1), "r=-1; expected an integer >= 0"),
        (lambda: hermite_coefficient("relu", 1.5), "r=1.5; expected an integer"),
        (lambda: hermite_coefficient("tanh", 1000), "quadrature resolves r < 160"),
        (lambda: homogeneous(0, 0), "not both zero"),
        (lambda: homogeneous(float("nan"), 1), "expected two finite numbers"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()
