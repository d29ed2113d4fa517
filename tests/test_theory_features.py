"""Laws of the bounds on feature matrices: every number by a second route, every claim with its refutation."""

import math

import jax.numpy as jnp
import numpy as np
import pytest

from ntklib import claims
from ntklib.kernels import infinite_kernels
from ntklib.theory.finite_width import feature_matrices as theory
from ntklib.theory.finite_width.feature_matrices.chernoff import GOLDEN, RATE
from ntklib.theory.finite_width.feature_matrices.setting import layers, normal_features
from ntklib.theory.finite_width.scales import feature_mean

IDS = [i for i, c in claims.registry.items() if c.check.__module__.endswith("feature_matrices.claims")]
needs_x64 = pytest.mark.skipif(jnp.result_type(float) != jnp.float64, reason="needs 64-bit precision")


def gaussian(seed, N, d):
    return np.random.default_rng(seed).standard_normal((N, d))


def lowest(A):
    return float(np.linalg.eigvalsh(A)[0])


@needs_x64
def test_expected_gram_is_half_the_limiting_covariance_times_the_variance():
    F = gaussian(0, 12, 7)
    G = np.asarray(infinite_kernels(F, depth=2)[0])
    np.testing.assert_allclose(theory.expected_gram(F, 0.3), 0.09 / 2 * G, rtol=1e-11)


def test_expected_gram_is_the_mean_over_neurons():
    F, n = gaussian(1, 5, 4), 400_000
    sample = np.maximum(F @ gaussian(2, 4, n), 0)
    np.testing.assert_allclose(sample @ sample.T / n, theory.expected_gram(F), atol=6 * 3 * 10 / n**0.5)


def test_a_dead_sample_gives_a_zero_row_and_parallel_samples_a_zero_eigenvalue():
    F = gaussian(3, 4, 6)
    F[2] = 0
    assert not theory.expected_gram(F)[2].any()
    assert theory.chernoff_ratio(F) == math.inf
    F[2] = 2 * F[1]
    assert abs(lowest(theory.expected_gram(F))) < 1e-6


def test_ratio_is_at_least_twice_the_samples_and_blind_to_the_scale():
    F = gaussian(4, 9, 40)
    assert theory.chernoff_ratio(F) >= 18
    assert theory.chernoff_ratio(7 * F) == pytest.approx(theory.chernoff_ratio(F), rel=1e-4)
    direct = np.sum(F**2) / lowest(theory.expected_gram(F))
    assert theory.chernoff_ratio(F) == pytest.approx(direct, rel=1e-4)


@pytest.mark.parametrize("Q", [2.0, 50.0, 1e6])
def test_truncation_level_solves_its_equation_between_its_two_estimates(Q):
    u = theory.truncation_level(Q)
    assert math.exp(u) == pytest.approx(10 * GOLDEN * Q * u, rel=1e-12)
    assert math.log(10 * GOLDEN * Q) < u < 2 * math.log(12 * Q)


def test_truncated_columns_carry_at_most_a_quarter_of_the_smallest_eigenvalue():
    F = gaussian(5, 6, 30)
    square = np.sum(normal_features(F, 200_000, np.random.default_rng(0)) ** 2, axis=0)
    u = 3.0  # the estimate holds at every level u >= 1, not only at the one used
    level = 2.5 * u * np.sum(F**2)
    assert np.mean(square * (square > level)) <= level * math.exp(-u) * GOLDEN
    assert np.mean(np.exp(0.4 * square / np.sum(F**2))) <= GOLDEN


def test_rate_is_the_scalar_chernoff_exponent():
    eps = 2 / 3
    assert pytest.approx(0.75 * (eps + (1 - eps) * math.log(1 - eps))) == RATE
    assert (1 - eps) * 0.75 == pytest.approx(0.25)


def test_proved_width_makes_the_union_bound_delta():
    Q, N, delta = 300.0, 40, 0.05
    n = theory.neurons_sufficient(Q, N, delta)
    failure = [N * math.exp(-RATE * m / (2.5 * theory.truncation_level(Q) * Q)) for m in (n, n - 1)]
    assert failure[0] <= delta < failure[1]
    assert n <= 22.2 * Q * math.log(12 * Q) * math.log(N / delta) + 1


@pytest.mark.parametrize("ratio", [1.5, 4.0, 30.0])
def test_edge_of_equal_eigenvalues_is_marchenko_pastur(ratio):
    expected = 0.7 * (1 - ratio**-0.5) ** 2
    assert theory.spectral_edge(np.full(20, 0.7), int(20 * ratio)) == pytest.approx(expected, rel=1e-9)


def test_edge_lies_between_the_isotropic_edge_and_the_smallest_eigenvalue_and_grows_with_the_width():
    tau = np.geomspace(0.1, 30, 50)
    edges = [theory.spectral_edge(tau, n) for n in (50, 60, 100, 400, 10**6)]
    assert edges[0] == 0.0
    assert all(np.diff(edges) > 0)
    assert all(0.1 * (1 - (50 / n) ** 0.5) ** 2 <= e < 0.1 for e, n in zip(edges, (50, 60, 100, 400, 10**6)))
    assert edges[-1] == pytest.approx(0.1, rel=0.02)


def test_edge_predicts_gaussian_sample_covariances():
    tau, n = np.geomspace(0.1, 3, 150), 500
    draw = np.sqrt(tau)[:, None] * gaussian(6, 150, n)
    assert lowest(draw @ draw.T / n) == pytest.approx(theory.spectral_edge(tau, n), rel=0.1)


@pytest.mark.parametrize("seed", range(4))
def test_projection_equals_the_printed_centering_for_any_vector(seed):
    F, mu = gaussian(seed, 9, 6), gaussian(seed + 9, 1, 6)[0]
    FP = theory.project_out(F, mu)
    np.testing.assert_allclose(FP @ mu, 0, atol=1e-5)
    np.testing.assert_allclose(FP @ FP.T, theory.centred_gram(F, mu), atol=1e-5 * np.sum(F**2))
    gap = F @ F.T - theory.centred_gram(F, mu)
    np.testing.assert_allclose(gap, np.outer(F @ mu, F @ mu) / (mu @ mu), atol=1e-5 * np.sum(F**2))


def test_largest_cosine_and_smallest_order_agree_with_gershgorin():
    F = gaussian(7, 30, 60)
    r = theory.smallest_order(F)
    unit = F / np.linalg.norm(F, axis=1, keepdims=True)
    rows = [np.sum(np.abs(unit @ unit.T) ** s, axis=1).max() - 1 for s in (r - 2, r)]
    assert rows[1] < 1 <= rows[0]
    assert theory.largest_cosine(F) == pytest.approx(np.abs(unit @ unit.T - np.eye(30)).max(), rel=1e-5)
    assert theory.smallest_order(np.ones((3, 2))) is None


@needs_x64
@pytest.mark.parametrize("r", [1, 2, 3, 4])
def test_one_order_scales_with_features_and_weights_and_takes_a_smaller_gram(r):
    F = gaussian(8, 10, 40)
    bound = theory.one_order_bound(F, r)
    assert theory.one_order_bound(10 * F, r, beta=0.5) == pytest.approx(25 * bound, rel=1e-9)
    assert theory.one_order_bound(F, r, gram=0.9 * F @ F.T) == pytest.approx(0.9**r * bound, rel=1e-9)
    assert (bound == 0.0) is (r == 3)


def test_scale_is_the_product_and_counts_the_coefficient_once():
    assert theory.feature_scale((10, 20, 30), (0.5, 0.1), 2) == pytest.approx(10 * 20 * 0.25 * 30 * 0.01)
    with_order = theory.feature_scale((10, 20), (0.5,), 1, r=2, constant=3.0)
    assert with_order == pytest.approx(3 * 50 / (4 * math.pi), rel=1e-6)


@pytest.mark.parametrize("k", [1, 2])
def test_drawn_features_have_the_exact_mean_norm_within_five_standard_errors(k):
    X, widths, betas = gaussian(9, 1, 30), (50, 40), (0.2, 0.1)
    squares = [np.sum(theory.features_of(X, widths, betas, s)[k] ** 2) for s in range(300)]
    exact = feature_mean((30, *widths, 1), (*betas, 1.0), k, square_norm=np.sum(X**2))
    assert abs(np.mean(squares) - exact) < 5 * np.std(squares) / 300**0.5
    assert np.std(squares) < 0.6 * exact


@needs_x64
@pytest.mark.parametrize("k", [1, 2])
def test_chain_descends_and_starts_from_the_diagonal(k):
    F, betas, means = layers(3, (200, 600, 500), N=40)
    links = theory.feature_chain(F[k - 1], F[k], betas[k - 1], 4, means[k - 1])
    claims.slack_chain(links)
    assert links[0][1] == pytest.approx(np.diagonal(F[k] @ F[k].T).min())
    assert links[1][1] == pytest.approx(np.linalg.svd(F[k], compute_uv=False)[-1] ** 2, rel=1e-9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: theory.expected_gram([1.0]), "F has shape"),
        (lambda: theory.expected_gram([[1.0]], 0.0), "beta=0.0; expected a finite number above 0"),
        (lambda: theory.truncation_level(0.5), "ratio=0.5; expected at least 1"),
        (lambda: theory.neurons_sufficient(9.0, 5, 1.0), r"delta=1.0; expected a probability in \(0, 1\)"),
        (lambda: theory.paper_width(0, 0.1), "N=0; expected an integer >= 1"),
        (lambda: theory.spectral_edge([[1.0]], 2), r"eigenvalues have shape \(1, 1\)"),
        (lambda: theory.project_out([[1.0, 2.0]], [1.0]), r"mean has shape \(1,\); expected \(2,\)"),
        (lambda: theory.centred_gram([[1.0, 2.0]], [0.0, 0.0]), "mean is zero or not finite"),
        (lambda: theory.largest_cosine([[1.0, 2.0]]), r"1 row\(s\); expected at least 2"),
        (lambda: theory.one_order_bound([[0.0]], 2), "every row of F is zero"),
        (lambda: theory.feature_scale((3, 4), (1.0,), 2), "expected at least 3 and 2"),
        (lambda: theory.features_of([[1.0]], (3, 4), (1.0,), 0), "2 widths and 1 betas"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_every_claim_of_the_chapter_is_registered():
    assert len(IDS) == 10


@needs_x64
@pytest.mark.parametrize(
    ("id", "parameters"),
    [
        ("nguyen-feature-chernoff", {"seed": 1}),
        ("nguyen-feature-chernoff", {"seed": 2, "delta": 0.3}),
        ("nguyen-feature-hermite", {"seeds": 6, "N": 30}),
        ("nguyen-centering", {"seeds": 5, "orders": (3, 6)}),
        ("nguyen-feature-chain", {"seeds": 4, "N": 50}),
        ("nguyen-feature-scaling", {"variable": "dimension"}),
        ("nguyen-feature-scaling", {"seed": 10}),
        ("nguyen-feature-scaling", {"seed": 20}),
        ("book-feature-neurons", {"seed": 10}),
        ("book-feature-neurons", {"seed": 20, "N": 200, "d": 60}),
    ],
)
def test_claim_holds_elsewhere(id, parameters):
    assert claims.check(id, **parameters), id


@needs_x64
@pytest.mark.parametrize(
    ("id", "parameters"),
    [
        ("nguyen-centering", {"sign": 1.0}),
        ("nguyen-feature-chain", {"widths": (600, 30, 500)}),
        ("nguyen-feature-hermite", {"divide": False, "orders": (4,)}),
    ],
)
def test_claim_fails_where_it_should(id, parameters):
    assert not claims.check(id, **parameters), id


def test_the_constants_of_the_norm_lemma_follow_from_the_moment_generating_function():
    """Chernoff at t = 0.14 and t = -0.35, and the generating function itself against quadrature."""
    generating = lambda t: (1 + (1 - 2 * t) ** -0.5) / 2
    x, w = np.polynomial.hermite_e.hermegauss(200)
    for t in (-0.35, 0.14):
        sampled = np.sum(w * np.exp(t * x**2)) / np.sum(w)  # E exp(t g²); half of the mass has max(0, g) = 0
        assert (1 + sampled) / 2 == pytest.approx(generating(t), rel=1e-10)
    upper, lower = math.log(generating(0.14)) - 0.14 * 0.75, math.log(generating(-0.35)) + 0.35 * 0.25
    assert max(upper, lower) < -1 / 52
    assert theory.norm_failure(5200, 3) == pytest.approx(6 * math.exp(-100))
    assert theory.norm_failure(3) == 1.0


def test_pair_energy_is_the_mean_over_neurons():
    a, b = gaussian(3, 2, 4)
    w = gaussian(4, 1_000_000, 4)
    squares = (np.maximum(w @ a, 0) - np.maximum(w @ b, 0)) ** 2
    assert abs(squares.mean() - theory.pair_energy(a, b)) < 5 * squares.std() / 1000
    assert theory.pair_energy(a, 0 * a) == pytest.approx(a @ a / 2)
    assert theory.pair_energy(a, a) == pytest.approx(0, abs=1e-12)


def test_norm_failure_refuses_an_empty_layer():
    with pytest.raises(ValueError, match="norm_failure: neurons=0; expected an integer >= 1"):
        theory.norm_failure(0)


@needs_x64
@pytest.mark.parametrize(("N", "n"), [(10, 15), (40, 160), (200, 800)])
def test_the_edge_of_orthogonal_rows_lies_between_the_two_of_the_proposition(N, n):
    tau = np.linalg.eigvalsh(theory.expected_gram(3 * np.eye(N)))
    edge = theory.spectral_edge(tau, n) / tau[0]
    assert (1 - (N / n) ** 0.5) ** 2 <= edge * (1 + 1e-9)
    assert edge <= (1 - ((N - 1) / n) ** 0.5) ** 2 * (1 + 1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_the_mean_of_the_features_moves_the_least_singular_value_by_one_place_at_most(seed):
    F = np.maximum(gaussian(seed, 30, 90), 0)
    Z = F - 1 / (2 * np.pi) ** 0.5
    assert np.linalg.svd(F, compute_uv=False)[-1] <= np.linalg.svd(Z, compute_uv=False)[-2]


@needs_x64
def test_the_neurons_that_keep_a_quarter_grow_with_the_dimension_from_below_two_to_nearly_four_per_sample():
    N, needed = 80, []
    for d in (3, 80, 8000, 200_000):
        A = gaussian(1, N, d)
        X = A * d**0.5 / np.linalg.norm(A, axis=1)[:, None]
        tau = np.linalg.eigvalsh(theory.expected_gram(X))
        needed.append(max(n for n in range(N, 4 * N + 1) if theory.spectral_edge(tau, n) < tau[0] / 4) / N)
    assert needed == sorted(needed)
    assert needed[0] < 2.3 < 3.7 < needed[-1] < 4
