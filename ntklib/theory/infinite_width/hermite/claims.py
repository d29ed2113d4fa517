"""Claims on Hermite expansions: the coefficients of ReLU, series for dual maps and kernels, parity."""

import math
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np

from ntklib.activations import activation as as_activation
from ntklib.claims import approximates, claim, equal, power_law
from ntklib.kernels import empirical_ntk, infinite_kernels
from ntklib.networks import MLP
from ntklib.theory.infinite_width.hermite.statements import (
    coefficients_by_pieces,
    polar_expectation,
    power_series,
    relu_coefficient,
    relu_energy_tail,
)

ROUNDING = 1e-12
CLOSED = "two formulas without data"


@claim(
    id="relu-hermite-coefficients",
    source="Nguyen, Mondelli, Montúfar 2021, appendix",
    statement="μ_r(ReLU) is 1/√(2π), 1/2, 0 at odd r ≥ 3, and ±(r−3)!!/√(2π r!) at even r ≥ 2.",
    status="proved here",
    assumptions="Orthonormal Hermite polynomials, standard normal weight.",
    does_not_say="Anything for other variances: μ_r of σ(s·) equals s μ_r(σ) only because ReLU is homogeneous.",
    verdict=equal(tolerance=ROUNDING, scale=1.0),
    deterministic=CLOSED,
)
def relu_hermite_coefficients(*, orders=21, wrong_factorial=False):
    """Compare the closed form with quadrature on half-lines; ``wrong_factorial`` takes (r−1)!! for (r−3)!!."""
    measured = coefficients_by_pieces(lambda x: np.maximum(x, 0), orders)
    for r in range(orders):
        yield measured[r], relu_coefficient(r) * (r - 1 if wrong_factorial and r >= 2 else 1), {"r": r}


relu_hermite_coefficients.refuted_by("(r−1)!! in the place of (r−3)!!", wrong_factorial=True)


@claim(
    id="relu-hermite-decay",
    source="Book",
    statement="μ_r(ReLU)² = (1 + O(1/r)) r^{-5/2} / (√2 π^{3/2}) at even r.",
    status="proved here",
    assumptions="Even r ≥ 2.",
    does_not_say="Anything for smooth activations, whose coefficients fall faster than every power.",
    verdict=power_law("r", absolute=True, ratio_band=(0.95, 1.2), tolerance=0.02),
    deterministic=CLOSED,
)
def relu_hermite_decay(*, exponent=-2.5, first=20, last=2000):
    """Fit the exponent and compare the constant."""
    for r in 2 * np.unique(np.geomspace(first / 2, last / 2, 15).astype(int)):
        yield relu_coefficient(int(r)) ** 2, r**-2.5 / (math.sqrt(2) * math.pi**1.5), {"r": int(r)}


relu_hermite_decay.refuted_by("r^{-13/5}, a tenth beside", exponent=-2.6)


@claim(
    id="relu-energy-tail",
    source="Book",
    statement="Σ_r μ_r(ReLU)² = 1/2, and R terms miss (1 + O(1/R)) R^{-3/2} / (3√2 π^{3/2}) of it.",
    status="proved here",
    assumptions="R even, R ≥ 2.",
    does_not_say="The error at |ρ| < 1, which is smaller by at least |ρ|^R.",
    verdict=power_law("R", absolute=True, exponent=-1.5, ratio_band=(0.9, 1.3), tolerance=0.05),
    deterministic=CLOSED,
)
def relu_energy_tail_law(*, energy=0.5, first=20, last=1000):
    """Compare what a series of R terms leaves of the energy with the predicted tail."""
    R = 2 * np.unique(np.geomspace(first / 2, last / 2, 12).astype(int))
    partial = np.cumsum([relu_coefficient(r) ** 2 for r in range(R.max())])
    for terms, predicted in zip(R, relu_energy_tail(R)):
        yield max(energy - partial[terms - 1], 1e-300), predicted, {"R": int(terms)}


relu_energy_tail_law.refuted_by("the energy is 0.501, not 1/2", energy=0.501)


def _mean(function, rho, nodes=80):
    """E[f(u)f(v)] of a smooth function by Gauss–Hermite quadrature in two independent variables."""
    x, w = np.polynomial.hermite_e.hermegauss(nodes)
    w = w / w.sum()
    v = rho * x[:, None] + math.sqrt(1 - rho**2) * x[None, :]
    return float(np.asarray(function(x)) * w @ np.asarray(function(v)) @ w)


@claim(
    id="mehler-dual",
    source="Book, after Daniely et al. 2016",
    statement="E[σ(u)σ(v)] = Σ_r μ_r² ρ^r for standard normal u, v of correlation ρ.",
    status="proved here",
    assumptions="E[σ(g)²] < ∞; orthonormal Hermite polynomials.",
    does_not_say="How many terms are needed: at ρ = ±1 a kink makes the series converge like R^{-3/2}.",
    verdict=approximates(),
    deterministic=CLOSED,
)
def mehler_dual(*, terms=60, names=("relu", "abs", "erf", "gelu", "sin"), orthonormal=True):
    """Compare the series with quadrature in two dimensions; else with polynomials He_r, E[He_r²] = r!."""
    for name in names:
        act = as_activation(name)
        mu = np.array([act.hermite(r) for r in range(terms)])
        missed = max(act.second_moment - float(mu @ mu), 0.0)
        mu = mu if orthonormal else mu * np.sqrt([float(math.factorial(r)) for r in range(terms)])
        for rho in (-0.9, -0.3, 0.5, 0.8):
            homogeneous = act.is_homogeneous
            exact = polar_expectation(act.function, math.acos(rho), 1) if homogeneous else _mean(act.function, rho)
            allowed = missed * abs(rho) ** terms + ROUNDING
            yield float(power_series(mu, rho)), (exact, allowed), {"activation": name, "ρ": rho}


mehler_dual.refuted_by("polynomials He_r with E[He_r²] = r!, not normalized", orthonormal=False)


@claim(
    id="arc-cosine-kernels",
    source="Book, after Cho and Saul 2009",
    statement="For ReLU, E[σ'σ'] = (π − θ)/2π and E[σσ] = (sin θ + (π − θ) cos θ)/2π at angle θ.",
    status="proved here",
    assumptions="Unit variances, cos θ the correlation.",
    does_not_say="How to evaluate them near θ = 0 from a rounded correlation.",
    verdict=equal(tolerance=ROUNDING, scale=0.5),
    deterministic=CLOSED,
)
def arc_cosine_kernels(*, angles=25, supplement=False):
    """Compare with integrals over the circle; ``supplement`` mistakes the angle for π − θ."""
    relu = as_activation("relu")
    for theta in np.linspace(0, math.pi, angles):
        t = math.pi - theta if supplement else theta
        closed = (math.pi - t) / (2 * math.pi), (math.sin(t) + (math.pi - t) * math.cos(t)) / (2 * math.pi)
        for degree, function in enumerate((relu.derivative, relu.function)):
            yield polar_expectation(function, theta, degree), closed[degree], {"θ": theta, "order": degree}


arc_cosine_kernels.refuted_by("π − θ in the place of θ", supplement=True)


@claim(
    id="price-derivative",
    source="Book, after Price 1958",
    statement="∂E[σ(u)σ(v)]/∂q12 = E[σ'(u)σ'(v)] where q12² < q11 q22: the dual of the derivative.",
    status="proved here",
    assumptions="σ absolutely continuous, σ and σ' square integrable under the Gaussian; |q12| < sqrt(q11 q22).",
    does_not_say="The derivatives in q11 and q22, which involve σ''.",
    verdict=equal(tolerance=ROUNDING, scale=1.0),
)
def price_derivative(*, names=("relu", "erf", "gelu", "sin"), per_correlation=False, seed=0):
    """Compare automatic differentiation of the dual; ``per_correlation`` differentiates in ρ instead."""
    draws = np.random.default_rng(seed).uniform(0.5, 2.0, (8, 2))
    rho = np.linspace(-0.9, 0.9, 8)
    norm = np.sqrt(draws.prod(axis=1))
    q11, q12, q22 = (jnp.asarray(q) for q in (draws[:, 0], rho * norm, draws[:, 1]))
    for name in names:
        act = as_activation(name)
        slope = np.asarray(jax.jit(jax.vmap(jax.grad(act.dual, 1)))(q11, q12, q22))
        slope = slope * norm if per_correlation else slope
        expected = np.asarray(act.dual_derivative(q11, q12, q22))
        for i, c in enumerate(rho):
            yield slope[i] / np.abs(expected).max(), expected[i] / np.abs(expected).max(), {"activation": name, "ρ": c}


price_derivative.refuted_by("the derivative in ρ, which has a factor √(q11 q22)", per_correlation=True)


@claim(
    id="two-layer-ntk-series",
    source="Book",
    statement="On the unit sphere the limiting NTK of depth 2 is K = c Σ_r (1 + r) μ_r² ρ^r.",
    status="proved here",
    assumptions="E[σ'²] < ∞; rows of norm 1.",
    does_not_say="Anything for deeper networks, where the series is composed with itself.",
    verdict=equal(tolerance=ROUNDING, scale=1.0),
    deterministic=CLOSED,
)
def two_layer_ntk_series(*, terms=150, names=("relu", "erf", "gelu", "cos"), shifted=True):
    """Compare with the recursion at ``|ρ| ≤ 0.8``; without the shift, μ_r(σ') is taken to be μ_{r+1}(σ)."""
    rho = np.linspace(-0.8, 0.8, 9)
    X2 = np.stack([rho, np.sqrt(1 - rho**2)], axis=1)
    orders = np.arange(terms)
    for name in names:
        act = as_activation(name)
        _, K = infinite_kernels([[1.0, 0.0]], X2, depth=2, activation=act, weight_variance=1.0)
        mu = np.array([act.hermite(r) for r in range(terms)])
        weight = 1 + orders if shifted else np.where(orders > 0, 2, 1)
        series = power_series(mu * np.sqrt(weight), rho)
        for i, c in enumerate(rho):
            yield float(K[0, i]), series[i], {"activation": name, "ρ": c}


two_layer_ntk_series.refuted_by("μ_r(σ') = μ_{r+1}(σ), without the factor √(r+1)", shifted=False)


@claim(
    id="parity-antipodes",
    source="Book",
    statement="If σ is even or odd, the tangent kernel is singular on data that hold x ≠ 0 and −x, at every width.",
    status="proved here",
    assumptions="No biases; both x and −x among the rows.",
    does_not_say="That other activations separate them well, or that biases would not help.",
    verdict=equal(tolerance=ROUNDING, scale=1.0),
)
def parity_antipodes(*, names=("abs", "cos", "erf", "sin"), N=8, d=5, width=40, seed=0):
    """Compare λ_min / λ_max of empirical and limiting kernels with rounding."""
    generator = np.random.default_rng(seed)
    X = generator.standard_normal((N, d))
    X[1] = -X[0]
    X = X / np.linalg.norm(X, axis=1, keepdims=True)
    draws = tuple(jnp.asarray(generator.standard_normal(n)) for n in ((d, width), (width, 1)))
    for name in names:
        empirical = empirical_ntk(MLP((d, width, 1), name, weight_variance=1.0), draws, X)
        limiting = infinite_kernels(X, depth=2, activation=name, weight_variance=1.0)[1]
        for kind, K in (("finite", empirical), ("limit", limiting)):
            eigenvalues = np.linalg.eigvalsh(np.asarray(K))
            yield eigenvalues[0] / eigenvalues[-1], 0.0, {"activation": name, "kernel": kind}


parity_antipodes.refuted_by("ReLU, which is neither even nor odd, on the same data", names=("relu",))


@claim(
    id="antipodal-pairs",
    source="Book",
    statement="If σ is a line plus an even function, the depth-2 kernel is singular on more than d antipodal pairs.",
    status="proved here",
    assumptions="No biases; inputs in R^d; one hidden layer, of any width.",
    does_not_say="Anything about depth 3 and more, where the composed series has all odd orders for ReLU.",
    verdict=equal(tolerance=ROUNDING, scale=1.0),
)
def antipodal_pairs(*, names=("relu", "gelu"), d=3, pairs=5, depth=2, width=60, seed=0):
    """Compare λ_min / λ_max of empirical and limiting kernels with rounding."""
    generator = np.random.default_rng(seed)
    half = generator.standard_normal((pairs, d))
    half = half / np.linalg.norm(half, axis=1, keepdims=True)
    X, widths = np.concatenate([half, -half]), (d, *(width,) * (depth - 1), 1)
    draws = tuple(jnp.asarray(generator.standard_normal(n)) for n in pairwise(widths))
    for name in names:
        empirical = empirical_ntk(MLP(widths, name), draws, X)
        limiting = infinite_kernels(X, depth=depth, activation=name)[1]
        for kind, K in (("finite", empirical), ("limit", limiting)):
            eigenvalues = np.linalg.eigvalsh(np.asarray(K))
            yield eigenvalues[0] / eigenvalues[-1], 0.0, {"activation": name, "kernel": kind}


antipodal_pairs.refuted_by("three layers, on the same data", depth=3)


@claim(
    id="book-strict-positivity",
    source="Book, after Carvalho et al. 2025",
    statement="N points of the plane, no two parallel: G^(2) has rank min(N, p + 1) for σ = x^p, N for no polynomial.",
    status="proved here",
    assumptions="N ≥ 2, no biases, c > 0.",
    does_not_say="How small λ_min is, or anything about parallel inputs.",
    verdict=equal(tolerance=ROUNDING, scale=1.0),
)
def strict_positivity(*, N=6, powers=(1, 2, 3, 4, 5), names=("relu", "tanh", "gelu"), spare=1, seed=0):
    """Count eigenvalues above rounding; ``spare`` = 0 makes a polynomial of degree N − 1 fail, too."""
    angle = math.pi * (np.arange(N) + np.random.default_rng(seed).uniform(0, 0.5, N)) / N
    cosines = np.cos(angle[:, None] - angle)
    functions = {f"x^{p}": (lambda x, p=p: x**p, min(N, p + spare)) for p in powers}
    functions |= {name: (as_activation(name).function, N) for name in names}
    for name, (function, rank) in functions.items():
        eigenvalues = np.linalg.eigvalsh(power_series(coefficients_by_pieces(function, 60), cosines))
        yield int((eigenvalues > 1e-11 * eigenvalues[-1]).sum()), rank, {"σ": name}


strict_positivity.refuted_by("polynomials of degree N − 1 fail as well", spare=0)
