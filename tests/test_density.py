"""Laws of the spectral density: exact moments, weights, symmetry, and the warning its docstring gives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import trapezoid

from ntklib.spectrum import spectral_density

KEY = jax.random.key(0)


def diagonal_operator(values):
    values = jnp.asarray(values)
    return lambda v: values.astype(v.dtype) * v


def test_weights_sum_to_one_and_points_lie_inside_the_spectrum():
    values = np.linspace(1.0, 3.0, 60)
    result = spectral_density(diagonal_operator(values), 60, key=KEY, probes=5, steps=10)
    assert result.points.shape == result.weights.shape == (5, 10)
    assert (result.weights >= 0).all()
    assert result.weights.sum() == pytest.approx(1, abs=1e-5)
    assert result.points.min() >= 1 - 1e-5
    assert result.points.max() <= 3 + 1e-5


@pytest.mark.parametrize("degree", range(1, 8))
def test_moments_of_a_diagonal_operator_are_exact_with_signs(degree):
    """Probes of signs see the diagonal exactly, and m steps integrate degrees below 2 m exactly."""
    values = np.linspace(0.5, 1.5, 40)
    result = spectral_density(diagonal_operator(values), 40, key=KEY, probes=2, steps=4)
    moment = (result.weights * result.points**degree).sum()
    eps = float(jnp.finfo(jnp.result_type(float)).eps)
    assert moment == pytest.approx((values**degree).mean(), rel=1e3 * eps)


def test_all_steps_recover_the_spectrum_of_a_dense_matrix():
    B = np.random.default_rng(0).standard_normal((12, 12))
    A = B + B.T
    result = spectral_density(lambda v: jnp.asarray(A, v.dtype) @ v, 12, key=KEY, probes=1, steps=12)
    eps = float(jnp.finfo(jnp.result_type(float)).eps)
    np.testing.assert_allclose(np.sort(result.points[0]), np.linalg.eigvalsh(A), atol=1e3 * eps * 10)


def test_the_trace_estimate_has_the_variance_of_random_signs():
    """Var = 2 (|M|_F^2 - sum of squares of the diagonal) / N^2 for tr M / N with M = A^2 (Hutchinson)."""
    B = np.random.default_rng(1).standard_normal((80, 80))
    A = (B + B.T) / 80**0.5
    M = A @ A
    result = spectral_density(lambda v: jnp.asarray(A, v.dtype) @ v, 80, key=KEY, probes=400, steps=3)
    estimates = 400 * (result.weights * result.points**2).sum(axis=1)
    deviation = (2 * (np.sum(M**2) - np.sum(M.diagonal() ** 2))) ** 0.5 / 80
    assert estimates.std() == pytest.approx(deviation, rel=0.2)  # 400 probes: 3.5 % standard error
    assert estimates.mean() == pytest.approx(np.trace(M) / 80, abs=5 * deviation / 400**0.5)


def test_the_smoothed_density_integrates_to_one_and_is_deterministic():
    values = np.linspace(1.0, 3.0, 60)
    grid = np.linspace(-1, 5, 600)
    first, again = (
        spectral_density(diagonal_operator(values), 60, key=KEY, steps=20, grid=grid, width=0.1) for _ in "ab"
    )
    assert trapezoid(first.density, grid) == pytest.approx(1, abs=1e-5)
    assert np.array_equal(first.density, again.density)
    middle = first.density[np.abs(grid - 2) < 0.5]
    assert np.abs(middle - 0.5).max() < 0.1  # the uniform density on [1, 3]


def test_the_smallest_point_lies_above_the_smallest_eigenvalue():
    values = np.geomspace(1e-4, 1.0, 300)
    result = spectral_density(diagonal_operator(values), 300, key=KEY, probes=8, steps=30)
    assert result.points.min() > 1.05 * values.min()


@pytest.mark.parametrize("n", [4, 5, 30])
def test_breakdown_on_the_identity_gives_finite_numbers(n):
    result = spectral_density(diagonal_operator(np.full(n, 2.0)), n, key=KEY, probes=2, steps=4)
    assert (result.weights * result.points).sum() == pytest.approx(2.0, rel=1e-5)
    assert np.isfinite(result.density).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"matvec": lambda v: v[:-1]}, r"matvec maps a vector of shape \(5,\) to \(4,\); expected \(5,\)"),
        ({"matvec": lambda v: v * jnp.nan}, "matvec returned NaN or infinity"),
        ({"dimension": 0}, "dimension=0; expected an integer >= 1"),
        ({"probes": 0}, "probes=0; expected an integer >= 1"),
        ({"steps": 1.5}, "steps=1.5; expected an integer >= 1"),
        ({"width": -1.0}, "width=-1.0; expected a finite number above 0"),
    ],
)
def test_bad_input_is_refused(change, message):
    arguments = {"matvec": lambda v: v, "dimension": 5, "key": KEY} | change
    with pytest.raises(ValueError, match=message):
        spectral_density(arguments.pop("matvec"), arguments.pop("dimension"), **arguments)
