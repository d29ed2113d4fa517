"""Laws of the deep limit: second routes for every formula, claims that hold and refutations that do not."""

import jax
import mpmath
import numpy as np
import pytest

from ntklib import activation, angular_profile, claims, datasets, infinite_kernels, kernel_gaps, smallest_eigenvalue
from ntklib.activations.piecewise_linear import homogeneous
from ntklib.theory.infinite_width.depth import (
    limits as depth_limits,
)
from ntklib.theory.infinite_width.depth import (
    statements as depth,
)

LEAKY = homogeneous(0.65, 0.35, "leaky")
SHARES = (0.2, 0.5, 1.0)
ANGLES = np.array([1e-7, 1e-3, 0.3, 1.0, np.pi / 2, 2.5, np.pi - 1e-3])
CLAIMS = [id for id in claims.registry if claims.registry[id].check.__module__.endswith(".depth.claims")]


def sphere(N=12, d=6, seed=0):
    return np.array(datasets.sphere(jax.random.key(seed), N, d, radius=1.0), np.float64)


def exact_trajectory(theta, layers, beta):
    """Angle and kernel gap by the textbook recursion in 50 digits."""
    with mpmath.workdps(50):
        angle = mpmath.mpf(float(theta))
        cosine = K = mpmath.cos(angle)
        for _ in range(layers - 1):
            slope = 1 - 2 * mpmath.mpf(beta) * angle / mpmath.pi
            cosine += 2 * mpmath.mpf(beta) / mpmath.pi * (mpmath.sin(angle) - angle * cosine)
            angle, K = mpmath.acos(cosine), K * slope + cosine
        return float(angle), float(layers - K)


@pytest.mark.parametrize("beta", SHARES)
@pytest.mark.parametrize("layers", [2, 9, 40])
def test_a_trajectory_agrees_with_fifty_digits(beta, layers):
    run = depth.trajectory(ANGLES, [layers], beta)
    expected = np.array([exact_trajectory(theta, layers, beta) for theta in ANGLES]).T
    np.testing.assert_allclose(run.angle[0], expected[0], rtol=1e-12)
    np.testing.assert_allclose(run.K_gap[0], expected[1], rtol=1e-12)


@pytest.mark.parametrize("name", ["relu", "abs", LEAKY])
def test_a_trajectory_is_a_second_route_to_the_angular_profile(name):
    run = depth.trajectory(ANGLES, [1, 5, 33], depth.even_share(name))
    for i, layers in enumerate(run.layers):
        profile = angular_profile(ANGLES, depth=int(layers), activation=name)
        for ours, theirs in ((run.K, profile.K), (run.G_gap, profile.G_gap), (run.K_gap, profile.K_gap)):
            np.testing.assert_allclose(ours[i], theirs, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("beta", SHARES)
def test_every_angle_above_zero_shrinks_and_zero_stays(beta):
    theta = np.linspace(1e-6, 3.1, 400)
    new = depth.trajectory(theta, [2], beta).angle[0]
    assert (new < theta).all()
    assert (new > 0).all()
    assert depth.trajectory(0.0, [2], beta).angle[0] == 0


def test_a_linear_network_keeps_every_angle():
    np.testing.assert_allclose(depth.trajectory(ANGLES, [2], 0.0).angle[0], ANGLES, rtol=1e-12)


@pytest.mark.parametrize("beta", SHARES)
def test_one_layer_more_adds_one_increment_to_the_depth_constant(beta):
    theta = np.array([0.4, 1.0, 2.0])
    shifted = depth.depth_constant(depth.trajectory(theta, [2], beta).angle[0], beta)
    np.testing.assert_allclose(shifted - depth.depth_constant(theta, beta), 4 * beta / (3 * np.pi), atol=1e-4)


@pytest.mark.parametrize("beta", SHARES)
def test_the_affine_kernel_is_an_upper_bound_with_error_of_order_one_over_l(beta):
    theta = np.linspace(0.5, 2.6, 20)
    run = depth.trajectory(theta, [1, 2, 3, 10, 100, 1000], beta)
    room = depth_limits.affine_kernel(depth_limits.inverse_distance(run.angle), beta) - run.K
    assert room.min() > 0
    assert (room * run.layers[:, None]).max() < 10 / beta**2


@pytest.mark.parametrize("beta", SHARES)
def test_the_asymptotic_angle_is_reached_up_to_the_logarithm(beta):
    run = depth.trajectory(np.array([0.5, 2.0]), [3000], beta)
    ratio = run.angle[0] / depth_limits.asymptotic_angle(3000, beta)
    assert (np.abs(1 / ratio - 1) < 3 * np.log(3000) / 3000 / min(1, beta)).all()


@pytest.mark.parametrize("N", [2, 7, 30])
def test_the_limit_for_equal_norms_has_the_stated_condition_number(N):
    values = np.linalg.eigvalsh(3 * np.eye(N) + np.ones((N, N)))  # 4 (3/4 I + 1/4 1 1^T)
    np.testing.assert_allclose(values[:-1], 3.0, rtol=1e-13)
    assert values[-1] == pytest.approx(N + 3)
    assert values[-1] / values[0] == pytest.approx(depth_limits.limiting_condition_number(N))


def test_the_bulk_prediction_is_exact_for_equal_constants():
    N, c, beta = 5, 0.7, 0.5
    C = c * (np.ones((N, N)) - np.eye(N))
    flat = depth_limits.bulk_eigenvalue([10, 20], np.zeros((N, N)), beta)
    moved = depth_limits.bulk_eigenvalue([10, 20], C, beta)
    np.testing.assert_allclose(flat - moved, 3 * np.pi / (16 * beta) * c, rtol=1e-12)


def test_the_bulk_prediction_does_not_depend_on_the_order_of_the_points():
    theta, order = depth.pairwise_angles(sphere(6)), np.random.default_rng(0).permutation(6)
    C = np.zeros((6, 6))
    C[theta > 0] = depth.depth_constant(theta[theta > 0], 0.5, 64)
    first, second = (float(depth_limits.bulk_eigenvalue(64, A, 0.5)) for A in (C, C[np.ix_(order, order)]))
    assert first == pytest.approx(second, rel=1e-12)


@pytest.mark.parametrize("name", ["relu", "abs", LEAKY])
def test_the_spectrum_agrees_with_the_kernel_matrices(name):
    X, c = 1.7 * sphere(), 1 / activation(name).second_moment
    for row in depth.depth_spectrum(X, [2, 7], name):
        G, K = infinite_kernels(X, depth=row["L"], activation=name, weight_variance=c)
        assert row["smallest"] == pytest.approx(smallest_eigenvalue(K), rel=1e-9)
        assert row["nngp"] == pytest.approx(smallest_eigenvalue(G), rel=1e-8)
        assert row["largest"] == pytest.approx(float(np.linalg.eigvalsh(np.asarray(K))[-1]), rel=1e-12)


def test_the_spectrum_scales_with_the_square_of_the_data_and_ignores_rotations():
    X = sphere(seed=3)
    Q = np.linalg.qr(np.random.default_rng(0).standard_normal((6, 6)))[0]
    for plain, moved in zip(depth.depth_spectrum(X, [3, 12]), depth.depth_spectrum(3 * X @ Q, [3, 12])):
        assert moved["smallest"] == pytest.approx(9 * plain["smallest"], rel=1e-11)
        assert moved["condition"] == pytest.approx(plain["condition"], rel=1e-11)


def test_a_duplicate_row_gives_an_infinite_condition_number():
    X = sphere()
    X[1] = X[0]
    row = depth.depth_spectrum(X, [8])[0]
    assert row["smallest"] == 0
    assert row["condition"] == np.inf


def test_opposite_rows_are_parallel_for_abs_and_harmless_for_relu():
    X = sphere()
    X[1] = -X[0]
    assert depth.depth_spectrum(X, [8], "abs")[0]["smallest"] == 0
    assert depth.depth_spectrum(X, [8], "relu")[0]["smallest"] > 1


def test_pairwise_angles_keep_a_prescribed_small_distance():
    X, _ = datasets.near_duplicates(jax.random.key(0), 6, 5, 1e-7)
    theta = depth.pairwise_angles(X)
    assert theta[0, 1] == pytest.approx(1e-7, rel=1e-8)
    np.testing.assert_array_equal(theta, theta.T)
    np.testing.assert_allclose(np.cos(theta), np.asarray(X @ X.T), atol=1e-14)


def test_a_near_duplicate_pair_leaves_the_predicted_eigenvalue():
    X, _ = datasets.near_duplicates(jax.random.key(1), 2, 5, 1e-6)
    for layers in (3, 10, 30):
        gap = layers * kernel_gaps(X, depth=layers)[1][0, 1]
        assert gap == pytest.approx(float(depth_limits.near_duplicate_eigenvalue(1e-6, layers, 0.5)), rel=1e-4)


def test_the_nngp_bulk_is_the_leading_order():
    rows = depth.depth_spectrum(sphere(4), [500, 1000, 2000], "abs")
    ratio = np.array([row["nngp"] / depth_limits.nngp_bulk(row["L"], 1.0) for row in rows])
    assert (np.diff(ratio) > 0).all()
    assert abs(ratio[-1] - 1) < 6 * np.log(2000) / 2000


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: depth.even_share("identity"), "even_share: activation 'identity' has no even part"),
        (lambda: depth.even_share("erf"), "even_share: activation 'erf' has no even part"),
        (lambda: depth.trajectory(4.0, [2], 0.5), r"trajectory: theta has entries outside \[0, π\]"),
        (lambda: depth.trajectory(1.0, [2], 1.5), "trajectory: beta=1.5; expected the share of the even part"),
        (lambda: depth.trajectory(1.0, [0], 0.5), "trajectory: layers=0; expected an integer >= 1"),
        (lambda: depth.depth_constant([0.0, 1.0], 0.5), "depth_constant: an angle is 0"),
        (lambda: depth.pairwise_angles([[0.0, 0.0], [1.0, 0.0]]), "pairwise_angles: row 0 of X is zero"),
        (lambda: depth_limits.limiting_condition_number(1), "limiting_condition_number: N=1; expected an integer >= 2"),
        (lambda: depth_limits.bulk_eigenvalue(3, [[0.0, 1.0]], 0.5), "bulk_eigenvalue: constants has shape"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_chapter_registers_its_claims():
    assert len(CLAIMS) == 9
    assert all(id.startswith("depth-") for id in CLAIMS)


def test_a_single_input_has_the_kernel_L_and_no_limiting_condition_number():
    for layers in (3, 400):
        assert np.asarray(infinite_kernels([[0.6, 0.8]], depth=layers)[1]).item() == pytest.approx(layers, rel=1e-12)
    with pytest.raises(ValueError, match="N=1; expected an integer >= 2"):
        depth_limits.limiting_condition_number(1)
