"""Laws of the Hermite chapter: orthonormality, second routes to coefficients and duals, and its claims."""

import math

import mpmath
import numpy as np
import pytest

import ntklib
from ntklib.activations import NAMED_ACTIVATIONS
from ntklib.theory.infinite_width.hermite import statements as hermite

EPS = np.finfo(float).eps


def test_the_basis_is_orthonormal_under_the_gaussian_weight():
    x, w = np.polynomial.hermite_e.hermegauss(80)
    basis = hermite.hermite_basis(x, 40)
    gram = basis.T @ (basis * (w / w.sum())[:, None])
    assert np.abs(gram - np.eye(40)).max() < 1e-12


@pytest.mark.parametrize("r", [0, 1, 2, 5, 12])
def test_the_basis_is_hermite_over_the_root_of_the_factorial(r):
    x = np.linspace(-3, 3, 7)
    classical = np.array([float(mpmath.hermite(r, mpmath.mpf(t) / mpmath.sqrt(2))) for t in x]) / 2 ** (r / 2)
    expected = classical / math.sqrt(math.factorial(r))
    assert np.abs(hermite.hermite_basis(x, 13)[:, r] - expected).max() <= 1e3 * EPS * np.abs(expected).max()


@pytest.mark.parametrize("r", [0, 1, 2, 3, 6, 10])
def test_relu_coefficients_agree_with_an_integral_in_thirty_digits(r):
    with mpmath.workdps(30):

        def integrand(x):
            h = mpmath.hermite(r, x / mpmath.sqrt(2)) / mpmath.sqrt(2**r * mpmath.factorial(r))
            return x * h * mpmath.npdf(x)

        exact = float(mpmath.quad(integrand, [0, 2, 5, 12, 30]))
    assert abs(hermite.relu_coefficient(r) - exact) <= 20 * EPS


@pytest.mark.parametrize("r", [0, 1, 2, 3, 40, 171, 1000])
def test_the_closed_form_agrees_with_the_products_of_the_library(r):
    library = ntklib.hermite_coefficient("relu", r)
    assert abs(hermite.relu_coefficient(r) - library) <= 100 * max(r, 1) * EPS * max(abs(library), 1e-300)


@pytest.mark.parametrize("name", sorted(NAMED_ACTIVATIONS))
def test_coefficients_of_named_activations_agree_with_quadrature_by_pieces(name):
    act = NAMED_ACTIVATIONS[name]
    pieces = hermite.coefficients_by_pieces(act.function, 12)
    library = [float(act.hermite(r)) for r in range(12)]
    assert np.abs(pieces - library).max() < 1e-12


def test_a_kink_elsewhere_is_declared_as_a_breakpoint():
    shifted = hermite.coefficients_by_pieces(lambda x: np.maximum(x - 1, 0), 2, breakpoints=(1.0,))
    density, tail = math.exp(-0.5) / math.sqrt(2 * math.pi), math.erfc(1 / math.sqrt(2)) / 2
    assert np.allclose(shifted, [density - tail, tail], rtol=0, atol=1e-14)  # E(g−1)+ and P(g > 1)


def test_the_power_series_matches_its_definition_and_keeps_the_shape():
    rho = np.array([[0.3, -0.9], [1.0, 0.0]])
    expected = 1 + 4 * rho + 0.25 * rho**2
    assert np.allclose(hermite.power_series([1.0, -2.0, 0.5], rho), expected, rtol=0, atol=4 * EPS * 6)


@pytest.mark.parametrize("theta", [0.0, 1e-3, 1.0, math.pi / 2, 3.0, math.pi])
def test_the_polar_integral_gives_the_dual_of_abs_and_sign(theta):
    rho = math.cos(theta)
    absolute = float(ntklib.activation("abs").dual(1.0, rho, 1.0))
    assert abs(hermite.polar_expectation(np.abs, theta, 1) - absolute) < 1e-10
    assert abs(hermite.polar_expectation(np.sign, theta, 0) - (1 - 2 * theta / math.pi)) < 1e-13


def test_the_energy_tail_becomes_exact():
    partial = np.cumsum([hermite.relu_coefficient(r) ** 2 for r in range(4001)])
    for R in (400, 4000):
        assert abs((0.5 - partial[R - 1]) / hermite.relu_energy_tail(R) - 1) < 3 / R + 1e-6


@pytest.mark.parametrize("name", ["relu", "tanh", "gelu", "sigmoid", "softplus"])
@pytest.mark.parametrize("depth", [2, 3])
def test_kernels_of_non_parallel_inputs_are_positive_definite(name, depth):
    angle = np.pi * np.arange(5) / 5
    X = np.stack([np.cos(angle), np.sin(angle)], axis=1) * [[1.0], [2.0], [0.5], [1.0], [1.5]]
    for matrix in ntklib.infinite_kernels(X, depth=depth, activation=name, weight_variance=1.0):
        eigenvalues = np.linalg.eigvalsh(matrix)
        assert eigenvalues[0] > 1e-9 * eigenvalues[-1]


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_a_power_is_definite_on_one_point_of_the_plane_more_than_its_degree(degree):
    mu = hermite.coefficients_by_pieces(lambda x: x**degree, 10)
    for N in range(2, degree + 4):
        angle = np.pi * (np.arange(N) + 0.3 * np.sin(np.arange(N))) / N
        eigenvalues = np.linalg.eigvalsh(hermite.power_series(mu, np.cos(angle[:, None] - angle)))
        assert (eigenvalues > 1e-12 * eigenvalues[-1]).sum() == min(N, degree + 1)


def test_bad_orders_and_degrees_are_named():
    with pytest.raises(ValueError, match="relu_coefficient: r=-1; expected an integer >= 0"):
        hermite.relu_coefficient(-1)
    with pytest.raises(ValueError, match="coefficients_by_pieces: terms=200; expected at most 100"):
        hermite.coefficients_by_pieces(np.abs, 200)
    with pytest.raises(ValueError, match="polar_expectation: degree=2; expected 0 or 1"):
        hermite.polar_expectation(np.abs, 1.0, 2)
