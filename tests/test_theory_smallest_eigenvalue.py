"""Laws of the limiting theorem's bounds: every number by a second route, every claim with its refutation."""

import math
from functools import reduce

import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

from ntklib import claims
from ntklib.activations import hermite_coefficient
from ntklib.kernels import angular_profile, infinite_kernels
from ntklib.theory.infinite_width import smallest_eigenvalue as theory
from ntklib.theory.infinite_width.smallest_eigenvalue import statements

MODULES = ("smallest_eigenvalue.claims", "smallest_eigenvalue.claims_edges")
IDS = [i for i, c in claims.registry.items() if c.check.__module__.endswith(MODULES)]
needs_x64 = pytest.mark.skipif(jnp.result_type(float) != jnp.float64, reason="needs 64-bit precision")


def gaussian(seed, N, d):
    return np.random.default_rng(seed).standard_normal((N, d))


def lowest(A):
    return float(np.linalg.eigvalsh(A)[0])


@needs_x64
@pytest.mark.parametrize("depth", [1, 2, 5])
def test_layer_terms_sum_to_the_kernel_and_start_from_its_covariances(depth):
    X = gaussian(0, 15, 6)
    G, K = infinite_kernels(X, depth=depth)
    terms = theory.layer_terms(X, depth)
    np.testing.assert_allclose(sum(G * T for G, T in terms), K, rtol=1e-12)
    np.testing.assert_allclose(terms[-1][0], G, rtol=1e-12)
    assert all(np.diagonal(T) == pytest.approx(1.0, rel=1e-14) for _, T in terms)


@pytest.mark.parametrize("seed", range(5))
def test_schur_bound_is_below_the_product_on_both_sides(seed):
    A, B = gaussian(seed, 12, 14), gaussian(seed + 50, 12, 5)
    P, Q = A @ A.T, B @ B.T
    assert 0 < theory.schur_product_bound(P, Q) <= lowest(P * Q)
    assert theory.schur_product_bound(Q, P) == 0.0  # rank 5 only


def test_schur_bound_is_attained_by_a_multiple_of_the_identity():
    Q = np.diag([3.0, 2.0, 5.0])
    assert theory.schur_product_bound(4 * np.eye(3), Q) == pytest.approx(lowest(4 * np.eye(3) * Q), rel=1e-14)


@pytest.mark.parametrize("r", [1, 2, 3, 4])
def test_khatri_rao_gram_is_the_gram_matrix_of_tensor_powers(r):
    X = gaussian(1, 6, 3)
    powers = np.array([reduce(np.kron, [x] * r) for x in X])
    np.testing.assert_allclose(theory.khatri_rao_gram(X, r), powers @ powers.T, rtol=1e-5)


@needs_x64
@pytest.mark.parametrize("r", [1, 2, 4, 6])
def test_one_order_is_below_the_covariance_and_the_sum_of_all_orders_is_it(r):
    X = gaussian(2, 20, 40)
    G = np.asarray(infinite_kernels(X, depth=2)[0])
    assert theory.hermite_lower_bound(X, r) <= lowest(G)
    rho, norm = theory.cosines(X @ X.T), np.linalg.norm(X, axis=1)
    off = ~np.eye(20, dtype=bool)
    series = sum(2 * hermite_coefficient("relu", p) ** 2 * rho**p for p in range(60)) * np.outer(norm, norm)
    np.testing.assert_allclose(series[off], G[off], rtol=1e-10)


def test_hermite_bound_scales_with_the_square_of_the_data_and_vanishes_at_odd_orders():
    X = gaussian(3, 8, 30)
    assert theory.hermite_lower_bound(1e3 * X, 4) == pytest.approx(1e6 * theory.hermite_lower_bound(X, 4), rel=1e-4)
    assert theory.hermite_lower_bound(X, 3) == 0.0 == theory.hermite_lower_bound(X, 5)


@pytest.mark.parametrize("r", [2, 3, 4])
def test_gershgorin_by_largest_is_below_by_rows_is_below_the_eigenvalue(r):
    X = gaussian(4, 10, 200) / 200**0.5
    coarse, rows = theory.gershgorin_lower_bound(X, r, coarse=True), theory.gershgorin_lower_bound(X, r)
    assert coarse < rows <= lowest(theory.khatri_rao_gram(X, r))


@needs_x64
@pytest.mark.parametrize("depth", [1, 2, 7, 40])
def test_power_series_sums_to_the_scalar_kernel(depth):
    a, rho = theory.power_series(depth, 64), np.array([-0.5, 0.1, 0.6])
    series = a @ rho ** np.arange(64)[:, None]
    np.testing.assert_allclose(series, angular_profile(np.arccos(rho), depth=depth).K, rtol=1e-10)
    assert a.min() > -1e-11
    assert a.sum() <= depth * (1 + 1e-13)


def test_power_series_of_two_layers_is_the_hermite_series():
    a = theory.power_series(2, 5)  # κ_2 = κ_1-part + ρ times the derivative's series, whose orders are (r+1) 2μ_(r+1)²
    mu = [2 * hermite_coefficient("relu", r) ** 2 for r in range(6)]
    expected = [mu[r] + r * mu[r] for r in range(5)]
    np.testing.assert_allclose(a, expected, atol=1e-13)


@pytest.mark.parametrize("depth", [2, 5])
@pytest.mark.parametrize("rho", [-0.3, 0.0, 0.7])
def test_scalar_slope_is_the_difference_quotient_and_the_value_the_profile(depth, rho):
    value, slope = theory.scalar_kernel(depth, rho)
    step = 1e-6
    ends = [angular_profile(np.arccos(rho + s * step), depth=depth).K for s in (-1, 1)]
    assert slope == pytest.approx((ends[1] - ends[0]) / (2 * step), rel=1e-8)
    assert value == pytest.approx(float(angular_profile(np.arccos(rho), depth=depth).K), rel=1e-13)


def test_sharp_constant_is_the_sum_of_all_orders_from_two_on():
    for depth in (2, 3, 10):
        a = theory.power_series(depth, 2)
        assert theory.sharp_constant(depth) == pytest.approx(depth - a.sum(), rel=1e-12)
    assert theory.sharp_constant(1) == 0.0


def test_sharp_limit_and_edge_sum_agree_in_high_dimension():
    assert theory.edge_sum(3, 10, 10**6) == pytest.approx(theory.sharp_limit(3, 10, 10**6), rel=1e-4)
    assert theory.sharp_limit(3, 100, 100) == theory.sharp_constant(3)
    assert theory.edge_sum(3, 400, 20) < theory.sharp_limit(3, 400, 20)


@needs_x64
@pytest.mark.parametrize("r", [1, 2, 4, 6])
def test_tail_bound_is_below_the_eigenvalue_and_exact_on_orthogonal_rows(r):
    X = gaussian(5, 40, 60)
    assert 0 < theory.tail_lower_bound(X, 6, r) <= lowest(infinite_kernels(X, depth=6)[1])
    exact = 6 - theory.power_series(6, 1)[0]
    assert theory.tail_lower_bound(np.eye(3), 6, r) == pytest.approx(exact, rel=1e-12)


def test_chain_descends_for_any_data():
    links = theory.limiting_chain(gaussian(6, 30, 10) + 1.0, 4, 2)
    claims.slack_chain(links)  # raises for a rising link
    assert [name for name, _ in links][:2] == ["diagonal", "λ_min(K)"]


def test_threshold_makes_gershgorin_lose_a_power_of_N():
    for N, r in ((50, 2), (500, 4)):
        assert N * theory.coherence_threshold(N, r) ** r == pytest.approx(N ** (-1 / (2 * r - 1)), rel=1e-12)


def test_union_bound_per_pair_is_elementary_in_two_and_three_dimensions():
    t = 0.6
    assert theory.sphere_union_bound(2, 2, t) == pytest.approx(1 - 2 * np.arccos(t) / np.pi, rel=1e-12)
    assert theory.sphere_union_bound(2, 3, t) == pytest.approx(t, rel=1e-12)


@pytest.mark.parametrize(("N", "d", "r"), [(40, 150, 4), (40, 60, 6), (10, 500, 2)])
def test_theorem_probability_is_below_the_exact_union_bound(N, d, r):
    exact = theory.sphere_union_bound(N, d, theory.coherence_threshold(N, r))
    assert 0 < theory.good_event_probability(N, d, r) <= exact
    assert theory.good_event_probability(N, d, r, norm_constant=1e-9) == 0.0


def test_close_pair_is_above_the_eigenvalue_and_attained_for_two_samples():
    A = gaussian(7, 9, 9)
    assert theory.close_pair_bound(A @ A.T) >= lowest(A @ A.T)
    assert theory.close_pair_bound([[2.0, 0.5], [0.5, 2.0]]) == pytest.approx(1.5)


def test_projection_along_the_mean_is_the_centering_of_the_paper():
    """F P F^T = F̃F̃^T − Λ11^TΛ/|μ|² for any vector μ (nguyen v5, the centering inequality)."""
    F, mu = gaussian(8, 12, 7), gaussian(9, 1, 7)[0]
    centred, spread = F - mu, F @ mu - mu @ mu
    P = np.eye(7) - np.outer(mu, mu) / (mu @ mu)
    bracket = centred @ centred.T - np.outer(spread, spread) / (mu @ mu)
    np.testing.assert_allclose(F @ P @ F.T, bracket, atol=1e-5 * np.abs(bracket).max())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: theory.schur_product_bound(np.eye(2), np.eye(3)), r"P has shape \(2, 2\) and Q \(3, 3\)"),
        (lambda: theory.khatri_rao_gram([[1.0]], 0), "r=0; expected an integer >= 1"),
        (lambda: theory.hermite_lower_bound([[0.0]], 2), "every row of X is zero"),
        (lambda: theory.layer_terms([[1.0], [0.0]], 2), "row 1 is zero; it has no angle"),
        (lambda: theory.limiting_chain([[1.0]], 1, 2), "depth=1; expected an integer >= 2"),
        (lambda: theory.power_series(2, 65), "orders=65; expected at most 64"),
        (lambda: theory.scalar_kernel(2, 1.0), "modulus 1 or more"),
        (lambda: theory.edge_sum(2, 10, 1), "d=1; expected an integer >= 2"),
        (lambda: theory.good_event_probability(9, 9, 2, coherence_constant=0), "expected both above 0"),
        (lambda: theory.close_pair_bound([[1.0]]), r"expected \(N, N\) with N >= 2"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_every_claim_of_the_chapter_is_registered():
    assert len(IDS) == 17


@needs_x64
@pytest.mark.parametrize(
    ("id", "parameters"),
    [
        ("nguyen-limit-chain", {"N": 25, "seeds": 3}),
        ("book-tail-bound", {"N": 50, "orders": (6,)}),
        ("book-low-dimension", {"d": 3, "seeds": 12}),
        ("nguyen-limit-probability", {"N": 30, "dimensions": (100, 120)}),
        ("book-noncentred", {"means": (5.0,)}),
    ],
)
def test_claim_holds_elsewhere(id, parameters):
    assert claims.check(id, **parameters), id


@pytest.mark.parametrize(
    ("N", "d", "r", "a", "A"), [(200, 1000, 4, 1.0, 1.0), (5000, 300, 2, 0.9, 1.1), (60, 50, 6, 0.5, 2.0)]
)
def test_the_printed_right_hand_sides_are_what_the_proof_puts_together(N, d, r, a, A):
    """By the proof's own steps, in high precision: threshold, Gershgorin at it, one order, division by norms."""
    with mpmath.workdps(30):
        small, large = mpmath.mpf(a) ** 2 / 4 * d, (mpmath.mpf(A) + mpmath.mpf(a) / 2) ** 2 * d
        t = small * mpmath.mpf(N) ** (-1 / (mpmath.mpf(r) - mpmath.mpf(1) / 2))
        gershgorin = small**r - N * t**r
        mu_square = mpmath.quad(lambda x: x * mpmath.hermite(r, x / mpmath.sqrt(2)) * mpmath.npdf(x), [0, 5, 20]) ** 2
        mu_square /= mpmath.mpf(2) ** r * mpmath.factorial(r)
        lower, upper = 2 * mu_square * gershgorin / large ** (r - 1), 7 * large
        failure = 2 * N * mpmath.exp(-mpmath.mpf(3) * small) + N**2 * mpmath.exp(-3 * t**2 / large)
    assert statements.limiting_lower(N, d, r, a=a, A=A) == pytest.approx(float(lower), rel=1e-10)
    assert statements.limiting_upper(d, 7, a=a, A=A) == pytest.approx(float(upper), rel=1e-14)
    assert statements.limiting_probability(N, d, r, a=a, A=A, c=3.0) == pytest.approx(float(1 - failure), rel=1e-10)


def test_the_printed_sides_scale_with_the_data_and_the_probability_does_not_change():
    N, d, r, t = 50, 20_000, 4, 3.0
    before, after = ({"a": s * 0.9, "A": s * 1.1} for s in (1.0, t))
    assert statements.limiting_lower(N, d, r, **after) == pytest.approx(
        t**2 * statements.limiting_lower(N, d, r, **before)
    )
    assert statements.limiting_upper(d, r, **after) == pytest.approx(t**2 * statements.limiting_upper(d, r, **before))
    same = [statements.limiting_probability(N, d, r, c=c, **s) for c, s in ((0.5, before), (0.5 / t**2, after))]
    assert same[0] == pytest.approx(same[1], rel=1e-9)
    assert 0 < same[0] < 1


@pytest.mark.parametrize("N", [2, 40, 200, 4096])
def test_the_printed_lower_bound_is_positive_from_two_samples_on_and_nothing_for_one(N):
    assert statements.limiting_lower(1, 10, 4, a=1.0, A=1.0) == 0 < statements.limiting_lower(N, 10, 4, a=1.0, A=1.0)


def test_points_on_a_circle_without_a_close_pair_are_as_frequent_as_the_lemma_says():
    """Exact: N points on a circle are pairwise more than an arc s apart with probability (1 − N s/2π)^(N−1)."""
    for N, p in ((8, 0.01), (30, 2e-3), (100, 1e-4)):
        exact = (1 - N * p / 2) ** (N - 1)  # p = 2 s / 2π
        low = np.prod(1 - p * np.arange(N))
        assert low <= exact <= low + math.comb(N, 3) * p**2
        assert exact == pytest.approx(np.exp(-math.comb(N, 2) * p), abs=math.comb(N, 3) * p**2 + N * p)


@needs_x64
@pytest.mark.parametrize("depth", [2, 5])
def test_a_closing_pair_leaves_its_own_gap_to_first_order(depth):
    X = gaussian(11, 9, 30)
    side = X[2] - (X[2] @ X[0]) * X[0] / (X[0] @ X[0])
    side *= np.linalg.norm(X[0]) / np.linalg.norm(side)
    for angle in (1e-4, 1e-5):
        X[1] = np.cos(angle) * X[0] + np.sin(angle) * side
        limit = X[0] @ X[0] * depth * (depth - 1) / (2 * np.pi)
        assert lowest(infinite_kernels(X, depth=depth)[1]) / angle == pytest.approx(limit, rel=40 * angle)


@needs_x64
@pytest.mark.parametrize(("N", "d"), [(200, 3200), (50, 20_000)])
def test_on_the_sphere_the_linear_part_of_the_kernel_counts_beside_the_sharp_constant(N, d):
    X = gaussian(12, N, d)
    X *= d**0.5 / np.linalg.norm(X, axis=1)[:, None]
    value = lowest(infinite_kernels(X, depth=3)[1]) / d
    assert value == pytest.approx(theory.sharp_limit(3, N, d), rel=0.02)
    assert value > 1.3 * theory.sharp_constant(3)
