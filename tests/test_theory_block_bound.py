"""Laws of the block bound: kernels against explicit Jacobians, means, limits, norms, edges."""

import math

import numpy as np
import pytest

from ntklib import plain
from ntklib.theory.minimum_width.block_bound import centering, norms
from ntklib.theory.minimum_width.block_bound import setting as setup
from ntklib.theory.minimum_width.block_bound import spectrum as spectra
from ntklib.theory.minimum_width.block_bound import statements as theory
from ntklib.theory.minimum_width.setting import block_jacobian, tangent_kernels

EPS = float(np.finfo(float).eps)


@pytest.fixture
def factors():
    params, rng = plain.draw((5, 6, 7, 1), "bombari", 0), np.random.default_rng(1)
    F, B = centering.block_factors(params, rng.standard_normal((20, 5)), "softplus")
    return F, B, centering.sample_means(*centering.block_factors(params, rng.standard_normal((300, 5)), "softplus"))


def projector(v):
    return np.eye(len(v)) - np.outer(v, v) / (v @ v)


def test_subtracted_kernels_are_those_of_the_explicit_jacobian(factors):
    F, B, means = factors
    f, b = F - means.features, B - means.backward
    explicit = [plain.row_products(F, B), plain.row_products(f, B), plain.row_products(f, b)]
    explicit.append(explicit[-1] - means.product.ravel())
    for K, J in zip(centering.subtracted_kernels(F, B, means), explicit, strict=True):
        assert np.abs(K - J @ J.T).max() <= 100 * EPS * np.abs(plain.row_products(F, B)).max() ** 2 * 42


def test_projected_kernels_are_those_of_the_jacobian_times_a_projection(factors):
    F, B, means = factors
    J, P, R = plain.row_products(F, B), projector(means.features), projector(means.backward)
    M = (P @ means.product @ R).ravel()
    steps = [np.eye(42), np.kron(P, np.eye(7)), np.kron(P, R), np.kron(P, R) @ projector(M)]
    for K, Q in zip(centering.projected_kernels(F, B, means), steps, strict=True):
        np.testing.assert_allclose(Q @ Q, Q, atol=1e-12)
        assert np.abs(K - J @ Q @ J.T).max() <= 1e-10 * np.abs(J @ J.T).max()


def test_the_projected_rows_have_mean_zero_over_the_population():
    params, X = plain.draw((5, 6, 7, 1), "bombari", 3), np.random.default_rng(4).standard_normal((400, 5))
    F, B = centering.block_factors(params, X, "softplus")
    K = centering.projected_kernels(F, B, centering.sample_means(F, B))
    assert abs(K[-1].sum()) <= 1e-9 * K[-1].trace() < 1e-3 * K[-2].sum()


def test_the_first_kernel_is_the_block_and_a_vanishing_mean_changes_nothing(factors):
    F, B, means = factors
    params, X = plain.draw((5, 6, 7, 1), "bombari", 0), np.random.default_rng(1).standard_normal((20, 5))
    np.testing.assert_allclose(
        centering.projected_kernels(F, B, means)[0], tangent_kernels(params, X, "softplus")[1], rtol=1e-12
    )
    zero = means._replace(features=np.zeros(6), backward=np.zeros(7), product=np.zeros((6, 7)))
    for kernels in (centering.projected_kernels, centering.subtracted_kernels):
        for K in kernels(F, B, zero):
            np.testing.assert_allclose(K, (F @ F.T) * (B @ B.T), rtol=1e-12)


def test_worst_losses_are_spectral_norms_of_what_is_projected_away(factors):
    F, B, means = factors
    f, b = F - means.features, B - means.backward
    J, M = plain.row_products(f, b), means.product.ravel()
    lost = [
        np.kron(np.eye(6) - projector(means.features), np.eye(7)),
        np.kron(np.eye(6), np.eye(7) - projector(means.backward)),
    ]
    expected = [np.linalg.norm(J @ Q, 2) ** 2 for Q in lost] + [np.sum(((J - M) @ M) ** 2) / (M @ M)]
    np.testing.assert_allclose(centering.worst_losses(F, B, means), expected, rtol=1e-9)


def test_covariance_spectrum_is_that_of_the_kronecker_product():
    rng = np.random.default_rng(0)
    F, B = rng.standard_normal((50, 3)), rng.standard_normal((50, 4))
    kron = np.kron(np.cov(F.T, bias=True), np.cov(B.T, bias=True))
    np.testing.assert_allclose(np.sort(centering.sample_means(F, B).spectrum), np.linalg.eigvalsh(kron), rtol=1e-10)


def test_limits_of_step_and_linear_functions_are_known_exactly():
    assert norms.limit_variances("linear", 4) == pytest.approx((1.0, 0.0), abs=1e-12)
    features, backward = norms.limit_variances("relu", 2)
    assert features == pytest.approx(1.0)
    assert backward == pytest.approx(0.25, abs=1e-12)
    rho = 1 / math.pi  # correlation of two independent samples' features after one ReLU layer, E|u|_+ squared over 1/2
    features, backward = norms.limit_variances("relu", 3, nodes=150)
    assert features == pytest.approx(0.5 - 0.5 * rho, rel=5e-3)
    assert backward == pytest.approx(0.5 - (math.pi - math.acos(rho)) / (2 * math.pi), rel=1e-2)


@pytest.mark.parametrize(("depth", "activation"), [(3, "tanh"), (4, "softplus")])
def test_limits_are_approached_by_wide_networks(depth, activation):
    n, rng = 300, np.random.default_rng(0)
    params = plain.draw((n,) * depth + (1,), "bombari", 1)
    params[-1] *= math.sqrt(n) / np.linalg.norm(params[-1])
    F, B = centering.block_factors(params, rng.standard_normal((2000, n)), activation)
    measured = [A.var(axis=0).mean() for A in (F, B)]
    np.testing.assert_allclose(measured, norms.limit_variances(activation, depth), rtol=0.15)


def test_limits_refuse_what_they_cannot_compute():
    with pytest.raises(ValueError, match=r"activation: value='step'; expected a known name"):
        norms.limit_variances("step", 3)
    with pytest.raises(ValueError, match=r"limit_variances: depth=1; expected at least 2"):
        norms.limit_variances("tanh", 1)


def test_sub_exponential_norm_of_exponential_quantiles_is_two_and_scales():
    z = -np.log((np.arange(200_000) + 0.5) / 200_000)  # exponential law: E exp(z/t) = 1/(1 - 1/t) = 2 at t = 2
    value = norms.psi1_norm(z)
    assert value == pytest.approx(2.0, rel=0.01)
    assert norms.psi1_norm(-3 * z) == pytest.approx(3 * value, rel=1e-9)
    with pytest.raises(ValueError, match=r"psi1_norm: 2 values; expected finite ones, not all zero"):
        norms.psi1_norm([0.0, 0.0])


def test_top_direction_is_the_singular_vector_of_the_centred_jacobian(factors):
    F, B, means = factors
    J = plain.row_products(F - means.features, B - means.backward) - means.product.ravel()
    top = np.linalg.svd(J)[2][0]
    found = norms.top_direction(F, B, means, steps=2000)
    assert abs(found.ravel() @ top) == pytest.approx(1.0, abs=1e-9)
    values = norms.row_projections(F, B, means, found)
    np.testing.assert_allclose(values, J @ found.ravel(), atol=1e-11)


def test_rank_one_search_is_stationary_and_beats_random_directions(factors):
    F, B, means = factors
    f, b = F - means.features, B - means.backward
    a, c = norms.worst_rank_one(F, B, means, steps=500)

    def gain(a, c):
        return np.sum((f @ a) ** 2 * (b @ c) ** 2)

    pull = f.T @ ((b @ c) ** 2 * (f @ a))
    np.testing.assert_allclose(pull / np.linalg.norm(pull), a, atol=1e-6)
    rng = np.random.default_rng(0)
    for _ in range(50):
        x, y = (v / np.linalg.norm(v) for v in (rng.standard_normal(6), rng.standard_normal(7)))
        assert gain(x, y) <= gain(a, c)


def test_edge_is_marchenko_pastur_for_equal_eigenvalues_and_homogeneous():
    assert spectra.spectral_edge(np.ones(900), 100) == pytest.approx(900 * (1 - 1 / 3) ** 2, rel=1e-6)
    tau = np.geomspace(0.1, 10, 300)
    assert spectra.spectral_edge(5 * tau, 60) == pytest.approx(5 * spectra.spectral_edge(tau, 60), rel=1e-6)
    assert spectra.spectral_edge(np.ones(30), 30) == 0.0
    assert spectra.spectral_edge([1.0, 0.0, 0.0], 2) == 0.0


def test_edge_predicts_gaussian_rows_with_a_given_covariance():
    tau, rng = np.geomspace(0.1, 10, 1500), np.random.default_rng(0)
    J = rng.standard_normal((300, 1500)) * np.sqrt(tau)
    assert np.linalg.eigvalsh(J @ J.T)[0] == pytest.approx(spectra.spectral_edge(tau, 300), rel=0.05)


def test_edge_starts_like_the_effective_parameters():
    tau = np.geomspace(0.01, 1, 4000)
    for N in (1, 10):
        deficit = 1 - spectra.spectral_edge(tau, N) / tau.sum()
        assert deficit == pytest.approx(2 * math.sqrt(N / spectra.effective_parameters(tau)), rel=0.1)


def test_deficit_ignores_row_norms_and_bounds_the_eigenvalue(factors):
    J = block_jacobian(plain.draw((5, 6, 7, 1), "bombari", 0), np.random.default_rng(0).standard_normal((9, 5)))
    scale = np.geomspace(1, 50, 9)[:, None]
    K = (scale * J) @ (scale * J).T
    deficit = spectra.scaled_deficit(K)
    assert deficit == pytest.approx(spectra.scaled_deficit(J @ J.T), rel=1e-8)
    assert spectra.lowest([K])[0] >= K.diagonal().min() * (1 - deficit) * (1 - 1e-12)
    with pytest.raises(ValueError, match=r"scaled_deficit: smallest diagonal entry 0; expected a positive one"):
        spectra.scaled_deficit(np.diag([1.0, 0.0]))


def test_right_hand_sides_of_the_theorem():
    widths = (30, 20, 10, 1)
    assert (theory.lower(widths, constant=2), theory.upper(widths), theory.pyramid_ratio(widths)) == (400, 300, 2 / 3)
    assert theory.pyramid_ratio((10, 20, 5, 1)) == 2.0
    assert theory.load(widths, 50, power=0) == 0.25
    assert theory.load(widths, 50) == pytest.approx(0.25 * math.log(50) ** 8)
    assert theory.failure_probability(100, 100) == pytest.approx(101 * math.exp(-(math.log(100) ** 2)))
    with pytest.raises(ValueError, match=r"block_parameters: widths=\(3, 1\); expected input, at least one hidden"):
        theory.block_parameters((3, 1))
    with pytest.raises(ValueError, match=r"spectral_edge: spectrum of shape \(1,\); expected eigenvalues >= 0"):
        spectra.spectral_edge([-1.0], 1)
    with pytest.raises(ValueError, match=r"effective_parameters: every eigenvalue is zero"):
        spectra.effective_parameters([0.0])


@pytest.mark.parametrize(("a", "rate"), [(1, 0.25), (1, 0.5), (2, 0.25)])
def test_the_power_of_the_logarithm_makes_the_deficit_one(a, rate):
    for N in (10, 10**6):
        p = round(N * math.log(N) ** spectra.log_power(a, rate))
        xi = math.log(N) ** a
        assert spectra.isometry_deficit(N, p, xi - 1, rate=rate) == pytest.approx(1.0, rel=1e-2)


def test_shares_of_the_layers_sum_to_one_and_the_block_is_below_the_whole():
    widths, N, seed = (9, 8, 7, 1), 20, 3
    part, shares = setup.layer_shares(widths, N, seed)
    assert sum(shares) == pytest.approx(1.0, rel=1e-9)
    assert len(shares) == 3
    assert part * 56 == pytest.approx(setup.raw_lowest(widths, N, seed), rel=1e-9)


def test_population_and_training_sample_share_weights_and_nothing_else():
    F, _, means = setup.setting((6, 5, 4, 1), 3, 0, population=50)
    again = setup.setting((6, 5, 4, 1), 3, 0, population=4000)
    np.testing.assert_array_equal(F, again[0])
    assert np.abs(means.features - again[2].features).max() < 6 / math.sqrt(50)
    assert not np.allclose(means.features, F.mean(axis=0))


def test_the_tail_along_one_neuron_is_proportional_to_its_output_weight_so_that_gaussian_weights_bound_nothing():
    params = plain.draw((20, 20, 20, 1), "bombari", 3)
    X = np.random.default_rng(0).standard_normal((3000, 20))
    a, j, found = np.random.default_rng(1).standard_normal(20) / 20**0.5, 7, []
    for factor in (1.0, 3.0, 10.0):
        moved = [*params[:-1], params[-1] * np.where(np.arange(20)[:, None] == j, factor, 1.0)]
        F, B = centering.block_factors(moved, X)
        means = centering.sample_means(F[1500:], B[1500:])
        found.append(norms.psi1_norm(norms.row_projections(F[:1500], B[:1500], means, np.outer(a, np.eye(20)[j]))))
    np.testing.assert_allclose(found, found[0] * np.array([1.0, 3.0, 10.0]), rtol=1e-6)
    largest = [
        np.abs(np.random.default_rng(s).standard_normal((50, 10**k))).max(axis=1).mean() for s, k in ((0, 1), (1, 4))
    ]
    assert largest[1] > 1.5 * largest[0]


def test_a_mean_that_vanishes_leaves_its_projection_out():
    rng = np.random.default_rng(0)
    F, B = rng.standard_normal((6, 3)), rng.standard_normal((6, 4))
    means = centering.Means(np.zeros(3), B.mean(axis=0), np.zeros((3, 4)), np.ones(1))
    ladder = centering.projected_kernels(F, B, means)
    np.testing.assert_array_equal(ladder[0], ladder[1])
    np.testing.assert_array_equal(ladder[2], ladder[3])
