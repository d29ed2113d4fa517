"""Laws of the smallest eigenvalue: spectra known exactly, high-precision references, errors that explain."""

import warnings

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from scipy.linalg import block_diag, hadamard
from threadpoolctl import threadpool_limits

from ntklib.spectrum import (
    ResolutionError,
    ResolutionWarning,
    smallest_eigenvalue,
    smallest_singular_value,
)
from ntklib.spectrum.rayleigh import accurate_product

U = 2.0**-53
GRAIN = 2.0**-40  # eigenvalues are multiples of it, so that every matrix entry below is exact


def hadamard_matrix(eigenvalues, seed=0):
    """Symmetric matrix in exact arithmetic with exactly these eigenvalues (multiples of 2^-40 up to 1)."""
    d = np.random.default_rng(seed).permutation(np.asarray(eigenvalues, float))
    assert np.array_equal(d, np.round(d / GRAIN) * GRAIN)
    blocks, n = [], len(d)
    while n:
        size = 1 << (n.bit_length() - 1)
        H = hadamard(size).astype(float)
        part, d = d[:size], d[size:]
        blocks.append((H * part) @ H.T / size)
        n -= size
    A = block_diag(*blocks)
    order = np.random.default_rng(seed + 1).permutation(len(A))
    return A[np.ix_(order, order)]


def spectrum(kind, n, smallest):
    """Eigenvalues in [smallest, 1] of the kind named, on the grid on which they are exact."""
    if kind == "graded":
        values = np.geomspace(smallest, 1, n)
    elif kind == "flat":
        values = np.r_[smallest, np.linspace(0.5, 1, n - 1)]
    elif kind == "tight cluster":  # relative spacing 1e-6, where it can be represented
        values = np.r_[smallest * (1 + 1e-6 * np.arange(n // 2)), np.linspace(0.5, 1, n - n // 2)]
    elif kind == "loose cluster":
        values = np.r_[smallest * (1 + 1e-3 * np.arange(n // 2)), np.linspace(0.5, 1, n - n // 2)]
    else:  # multiple
        values = np.r_[np.full(max(1, n // 3), smallest), np.ones(n - max(1, n // 3))]
    return np.round(values / GRAIN) * GRAIN


KINDS = ("graded", "flat", "tight cluster", "loose cluster", "multiple")


@pytest.mark.parametrize("condition", [1e2, 1e5, 1e8])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [5, 40, 200, 600])
def test_prescribed_spectra_are_met_to_1e_8_up_to_condition_1e8(n, kind, condition):
    values = spectrum(kind, n, np.ceil(1 / condition / GRAIN) * GRAIN)
    K = hadamard_matrix(values)
    assert abs(smallest_eigenvalue(K) - values.min()) <= 1e-8 * values.min()


@pytest.mark.filterwarnings("ignore::ntklib.spectrum.ResolutionWarning")
@pytest.mark.parametrize("condition", [1e10, 1e12])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [5, 40, 200, 600])
def test_beyond_that_the_error_stays_at_the_rounding_level(n, kind, condition):
    values = spectrum(kind, n, np.ceil(1 / condition / GRAIN) * GRAIN)
    K = hadamard_matrix(values)
    assert abs(smallest_eigenvalue(K) - values.min()) <= n * U


@pytest.mark.parametrize("exponent", [-600, -300, 0, 300, 600])
def test_scaling_by_a_power_of_two_scales_the_eigenvalue_exactly(exponent):
    K = hadamard_matrix(spectrum("graded", 100, 2.0**-20))
    scaled = smallest_eigenvalue(np.ldexp(K, exponent))
    assert np.ldexp(scaled, -exponent) == pytest.approx(smallest_eigenvalue(K), rel=1e-13)


def mp_smallest(A):
    with mpmath.workdps(60):
        return float(min(mpmath.eigsy(mpmath.matrix(A.tolist()), eigvals_only=True)))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("n", [2, 5, 12])
def test_arrowhead_and_gram_matrices_agree_with_sixty_digits(n, seed):
    rng = np.random.default_rng(seed)
    arrow = np.diag(np.geomspace(1e-4, 1, n))
    arrow[0, 0] = 3.0
    arrow[0, 1:] = arrow[1:, 0] = np.sqrt(arrow.diagonal()[1:] / n) * rng.uniform(0.1, 0.9, n - 1)
    B = rng.standard_normal((n, n))
    for A in (arrow, (G := B @ B.T, (G + G.T) / 2)[1], B + B.T):
        error = abs(smallest_eigenvalue(A) - mp_smallest(A))
        assert error <= 4 * U * np.abs(A).sum(axis=1).max()


def test_indefinite_matrices_get_their_negative_eigenvalue():
    values = spectrum("flat", 200, 2.0**-10)
    values[3] = -0.25
    assert smallest_eigenvalue(hadamard_matrix(values)) == pytest.approx(-0.25, rel=1e-12)


@pytest.mark.parametrize("n", [30, 150, 550])
def test_an_exactly_singular_gram_matrix_gives_zero_at_rounding_level_with_a_warning(n):
    B = np.random.default_rng(n).integers(-3, 4, (n, n // 2)).astype(float)
    K = B @ B.T
    with pytest.warns(ResolutionWarning, match=r"below N u \|K\| = .*duplicate samples"):
        value = smallest_eigenvalue(K)
    assert abs(value) <= n * U * np.linalg.norm(K, 2)


def test_a_resolved_eigenvalue_gives_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        smallest_eigenvalue(hadamard_matrix(spectrum("graded", 200, 2.0**-30)))


@pytest.mark.parametrize("K", [np.zeros((3, 3)), np.zeros((100, 100))])
def test_the_zero_matrix_has_eigenvalue_zero(K):
    assert smallest_eigenvalue(K) == 0.0


def test_orthogonal_invariance_and_shift():
    K = hadamard_matrix(spectrum("loose cluster", 150, 2.0**-8))
    order = np.random.default_rng(5).permutation(150)
    value = smallest_eigenvalue(K)
    assert smallest_eigenvalue(K[np.ix_(order, order)]) == pytest.approx(value, rel=1e-9)
    assert smallest_eigenvalue(K + 2 * np.eye(150)) == pytest.approx(value + 2, rel=1e-12)
    assert smallest_eigenvalue(np.asfortranarray(K)) == value
    assert isinstance(value, float)


@pytest.mark.parametrize("n", [50, 200, 600])
def test_the_result_is_deterministic_and_agrees_across_threads(n):
    K = hadamard_matrix(spectrum("graded", n, np.ceil(1e-8 / GRAIN) * GRAIN))
    results = []
    for threads in (1, 1, 2):
        with threadpool_limits(threads):
            results.append(smallest_eigenvalue(K))
    assert results[0] == results[1]
    assert abs(results[2] - results[0]) <= 2e-8 * results[0]


def test_the_input_is_not_changed():
    K = hadamard_matrix(spectrum("flat", 100, 0.25))
    before = K.copy()
    smallest_eigenvalue(K)
    assert np.array_equal(K, before)


def test_single_precision_is_used_exactly_where_it_resolves():
    K = np.asarray(hadamard_matrix(np.r_[0.25, np.linspace(0.5, 1, 127).round(2) * 0 + 0.5]), np.float32)
    assert smallest_eigenvalue(jnp.asarray(K)) == pytest.approx(0.25, rel=1e-12)


def test_single_precision_below_its_resolution_is_refused():
    K = hadamard_matrix(spectrum("graded", 128, 2.0**-30)).astype(np.float32)
    with pytest.raises(ResolutionError, match=r"unit roundoff 6e-08.*build K in float64.*jax_enable_x64"):
        smallest_eigenvalue(K)
    assert issubclass(ResolutionError, ValueError)


@pytest.mark.parametrize(
    ("K", "message"),
    [
        (np.ones((2, 3)), r"smallest_eigenvalue: K has shape \(2, 3\); expected a square matrix"),
        (np.ones(3), r"K has shape \(3,\)"),
        (np.zeros((0, 0)), r"K has shape \(0, 0\)"),
        (np.array([[1.0, np.nan], [np.nan, 1.0]]), "K contains NaN or infinity"),
        (np.array([[1.0, 2.0], [0.0, 1.0]]), r"K is not symmetric .*pass \(K \+ K.T\) / 2"),
    ],
)
def test_bad_matrices_are_refused_with_what_to_do(K, message):
    with pytest.raises(ValueError, match=message):
        smallest_eigenvalue(K)


def test_a_traced_matrix_is_refused_by_name():
    with pytest.raises(TypeError, match="smallest_eigenvalue: K is being traced by jit, grad or vmap"):
        jax.jit(smallest_eigenvalue)(jnp.eye(3))


@pytest.mark.parametrize("n", [3, 100, 700])
def test_the_accurate_product_beats_the_plain_one_under_cancellation(n):
    """K v = 0 exactly for v = (w, -w) and K = [B, B]: the heads must cancel without rounding."""
    rng = np.random.default_rng(n)
    B, w = rng.standard_normal((2 * n, n)), rng.standard_normal(n)
    w /= 2 * np.abs(w).max()
    error = np.abs(accurate_product(np.hstack([B, B]), np.r_[w, -w], np.abs(B).max())).max()
    assert error <= 2.0**-12 * n * U * np.abs(B).max()
    K, v = rng.standard_normal((2 * n, 2 * n)), np.r_[w, w]
    exact = [float(mpmath.fdot(map(mpmath.mpf, row), map(mpmath.mpf, v))) for row in K[:3].tolist()]
    assert np.abs(accurate_product(K, v, np.abs(K).max())[:3] - exact).max() <= 4 * U * np.abs(exact).max()


@pytest.mark.parametrize("shape", [(5, 5), (30, 7), (7, 30), (200, 60)])
@pytest.mark.parametrize("condition", [1e2, 1e6, 1e11])
def test_the_smallest_singular_value_of_rectangular_matrices(shape, condition):
    rng = np.random.default_rng(1)
    k = min(shape)
    left, right = (np.linalg.qr(rng.standard_normal((m, k)))[0] for m in shape)
    A = (left * np.geomspace(1 / condition, 1, k)) @ right.T
    error = abs(smallest_singular_value(A) - 1 / condition)
    assert error <= 4 * k * U
    assert smallest_singular_value(A.T) == pytest.approx(smallest_singular_value(A), abs=4 * k * U)


@pytest.mark.parametrize(
    ("A", "message"),
    [
        (np.ones(3), r"smallest_singular_value: A has shape \(3,\); expected a matrix \(N, n\)"),
        (np.ones((3, 0)), r"A has shape \(3, 0\)"),
        (np.array([[1.0, np.inf]]), "A contains NaN or infinity"),
    ],
)
def test_bad_rectangular_matrices_are_refused(A, message):
    with pytest.raises(ValueError, match=message):
        smallest_singular_value(A)
