"""The certificate is a proof: it is checked against exact integer arithmetic, not against rounding."""

from fractions import Fraction

import numpy as np
import pytest
from test_spectrum import GRAIN, KINDS, hadamard_matrix, spectrum

from ntklib.spectrum import certificate, certified_smallest_eigenvalue, smallest_eigenvalue
from ntklib.spectrum.certificate import allowance, cholesky_completes

U = 2.0**-53


def integers(A, shift=0.0):
    """Integer matrix that is a positive multiple of A - shift I, exactly."""
    rows = [[Fraction(x) for x in row] for row in A.tolist()]
    for i in range(len(rows)):
        rows[i][i] -= Fraction(shift)
    common = max(x.denominator for row in rows for x in row)  # all denominators are powers of two
    return [[int(x * common) for x in row] for row in rows]


def is_positive_semidefinite(A, shift=0.0) -> bool:
    """Whether A - shift I >= 0, by fraction-free elimination (Bareiss) on integers: no rounding anywhere."""
    M, previous = integers(A, shift), 1
    while M:
        pivot = M[0][0]
        if pivot < 0 or (pivot == 0 and any(M[0])):
            return False
        if pivot == 0:
            M = [row[1:] for row in M[1:]]
            continue
        M = [[(pivot * x - row[0] * y) // previous for x, y in zip(row[1:], M[0][1:])] for row in M[1:]]
        previous = pivot
    return True


def near_singular(rng, n):
    B = rng.standard_normal((n, n))
    B[-1] = B[0] + 10.0 ** rng.uniform(-9, -3) * B[-1]
    return B @ B.T


def graded(rng, n):
    scale = 10.0 ** np.sort(rng.uniform(-rng.uniform(0, 6), 0, n))
    B = rng.standard_normal((n, 2 * n))
    return scale[:, None] * (B @ B.T) * scale


def clustered(rng, n):
    Q = np.linalg.qr(rng.standard_normal((n, n)))[0]
    low = 10.0 ** rng.uniform(-14, -1)
    return (Q * np.where(np.arange(n) < n // 2, low * (1 + 1e-9 * np.arange(n)), 1.0)) @ Q.T


def barely_indefinite(rng, n):
    Q = np.linalg.qr(rng.standard_normal((n, n)))[0]
    return (Q * np.r_[-(10.0 ** rng.uniform(-17, -1)), np.linspace(0.5, 1, n - 1)]) @ Q.T


def singular(rng, n):
    B = rng.integers(-5, 6, (n, n - 1)).astype(float)
    return B @ B.T


FAMILIES = (near_singular, graded, clustered, barely_indefinite, singular)


@pytest.mark.parametrize("n", [2, 3, 5, 8])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_certificate_never_exceeds_the_truth_on_a_thousand_adversarial_matrices(family, n):
    """5 families x 4 sizes x 60 matrices; a positive bound is checked exactly."""
    positive = 0
    for seed in range(60):
        A = family(np.random.default_rng([seed, n]), n)
        A = (A + A.T) / 2
        bound = certified_smallest_eigenvalue(A)
        if bound > 0.0:
            positive += 1
            assert is_positive_semidefinite(A, bound), (family.__name__, n, seed, bound)
        else:
            assert bound == 0.0
    if family is singular:
        assert positive == 0
    if family in (near_singular, graded, clustered):
        assert positive > 20


@pytest.mark.parametrize("condition", [1e2, 1e3])
@pytest.mark.parametrize("kind", ["graded", "flat", "loose cluster"])
def test_the_estimates_own_factorization_is_the_proof_where_it_is_sharp(kind, condition, monkeypatch):
    values = spectrum(kind, 600, np.ceil(1 / condition / GRAIN) * GRAIN)
    monkeypatch.setattr(certificate, "_best_bound", None)  # a second factorization would fail here
    assert 0.99 * values.min() <= certified_smallest_eigenvalue(hadamard_matrix(values)) <= values.min()


def test_the_exact_oracle_sees_one_unit_in_the_last_place():
    A = np.array([[2.0, 1.0], [1.0, 2.0]])
    assert is_positive_semidefinite(A, 1.0)
    assert not is_positive_semidefinite(A, np.nextafter(1.0, 2.0))


@pytest.mark.parametrize("block", [4, 100])
def test_the_theorem_holds_where_it_is_tight_and_its_allowance_is_needed(block):
    """Some shifts above the truth pass the factorization; less the allowance, none is above it."""
    needed = 0
    for seed in range(150):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(5, 12))
        A = clustered(rng, n) if seed % 2 else near_singular(rng, n)
        A = (A + A.T) / 2
        centre = smallest_eigenvalue(A + np.eye(n)) - 1
        for step in (-4, -2, -1, -0.5, 0, 0.25, 0.5, 1, 2):
            shift = centre + step * U * np.abs(A).max()
            work = A.copy()
            diagonal = work.diagonal() - shift
            work[np.diag_indices(n)] = diagonal
            if cholesky_completes(work, block):
                needed += not is_positive_semidefinite(A, shift)
                assert is_positive_semidefinite(A, shift - allowance(diagonal, block))
    assert needed > 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [5, 40, 200, 600])
@pytest.mark.parametrize("condition", [1e1, 1e5, 1e8])
def test_the_bound_is_within_one_per_cent_up_to_condition_1e8(n, kind, condition):
    truth = spectrum(kind, n, np.ceil(1 / condition / GRAIN) * GRAIN).min()
    K = hadamard_matrix(spectrum(kind, n, truth))
    assert 0.99 * truth <= certified_smallest_eigenvalue(K) <= truth


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [5, 200, 600])
@pytest.mark.parametrize("condition", [1e10, 1e11, 1e12])
def test_beyond_that_it_is_still_never_above_the_truth(n, kind, condition):
    truth = spectrum(kind, n, np.ceil(1 / condition / GRAIN) * GRAIN).min()
    assert 0.0 <= certified_smallest_eigenvalue(hadamard_matrix(spectrum(kind, n, truth))) <= truth


@pytest.mark.parametrize("n", [40, 200, 600])
def test_indefinite_and_singular_matrices_give_exactly_zero(n):
    values = spectrum("flat", n, 0.25)
    for lowest in (-0.5, -(2.0**-35), -GRAIN, 0.0):
        values[0] = lowest
        assert certified_smallest_eigenvalue(hadamard_matrix(values)) == 0.0
    assert certified_smallest_eigenvalue(np.zeros((n, n))) == 0.0
    assert certified_smallest_eigenvalue(-np.eye(n)) == 0.0


@pytest.mark.parametrize("wrong", [1e-30, 1e-3, 0.3, 2.0, 1e6, -1.0, 0.0])
def test_a_wrong_estimate_never_makes_a_wrong_bound(wrong):
    values = spectrum("graded", 100, 2.0**-8)
    bound = certified_smallest_eigenvalue(hadamard_matrix(values), estimate=wrong * values.min())
    assert 0.0 <= bound <= values.min()
    if wrong >= 1 or wrong <= 0:
        assert bound > 0.99 * values.min()


@pytest.mark.parametrize("n", [100, 300])
def test_short_inner_sums_certify_what_one_long_sum_cannot(n):
    diagonal = np.ones(n)
    assert allowance(diagonal, 16) < 0.6 * allowance(diagonal, n)
    values = spectrum("flat", n, 2.0**-12)
    for shift, completes in ((0.99 * values.min(), True), (1.01 * values.min(), False)):
        for block in (16, 100, n):
            work = hadamard_matrix(values)
            work[np.diag_indices(n)] -= shift
            assert cholesky_completes(work, block) is completes


@pytest.mark.parametrize("exponent", [-1040, -1000, -500, 0, 500, 1000, 1020])
def test_extreme_scales_neither_overflow_nor_underflow(exponent):
    K = np.ldexp(hadamard_matrix(spectrum("graded", 20, 2.0**-4)), exponent)
    truth = np.ldexp(2.0**-4, exponent)
    assert 0.99 * truth <= certified_smallest_eigenvalue(K) <= truth


def test_only_the_lower_triangle_is_certified():
    K = hadamard_matrix(spectrum("flat", 80, 0.25))
    upper = K + np.triu(np.full((80, 80), 1e-15), 1)
    assert certified_smallest_eigenvalue(upper, estimate=0.25) == certified_smallest_eigenvalue(K, estimate=0.25)


def test_single_precision_is_certified_as_stored():
    K = np.array([[1.0, 0.1], [0.1, 1.0]], np.float32)
    bound = certified_smallest_eigenvalue(K)
    assert 0.89 < bound < 0.9
    assert is_positive_semidefinite(K.astype(float), bound)
    duplicate = np.ones((70, 70), np.float32)
    assert certified_smallest_eigenvalue(duplicate) == 0.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"K": np.ones((2, 3))}, r"certified_smallest_eigenvalue: K has shape \(2, 3\)"),
        ({"K": np.array([[1.0, 2.0], [0.0, 1.0]])}, "K is not symmetric"),
        ({"K": np.eye(2), "estimate": np.nan}, "estimate=nan; expected a finite number"),
    ],
)
def test_bad_input_is_refused_with_what_to_do(arguments, message):
    with pytest.raises(ValueError, match=message):
        certified_smallest_eigenvalue(**arguments)
