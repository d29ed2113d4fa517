"""Laws of the limiting kernels: accuracy against 50 digits, invariances, equal routes, finite gradients."""

import math
from fractions import Fraction

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest
from numpy.polynomial.chebyshev import chebval

import ntklib.kernels.homogeneous as homogeneous_module
from ntklib import angular_profile, infinite_kernels, kernel_gaps
from ntklib.activations import homogeneous
from ntklib.kernels import accurate_half_angles, half_angles, recursion
from ntklib.kernels.profile import chebyshev_profile

ANGLES = [1e-7, 1e-5, 1e-3, 0.05, 0.7, 1.5, 1.6, 2.6, 3.1, math.pi - 1e-3, math.pi - 1e-5, math.pi - 1e-7]
DEPTHS = [2, 3, 8, 32]
FAMILY = {"relu": (0.5, 0.5), "leaky": (0.7, 0.3), "steep": (0.3, 0.7), "abs": (0.0, 1.0)}
MESH = pytest.param("mesh", marks=pytest.mark.several_devices)
ROUTES = ["auto", "recursion", "traced", "blocks", MESH]


def exact_profile(angle, depth, beta):
    """The recursion in 60-digit arithmetic, from its definition; returns G, K, 1 − G, L − K."""
    mp.mp.dps = 60
    theta = mp.mpf(angle)
    K = mp.cos(theta)
    for _ in range(depth - 1):
        slope = 1 - 2 * beta * theta / mp.pi
        cosine = mp.cos(theta) + 2 * beta / mp.pi * (mp.sin(theta) - theta * mp.cos(theta))
        K = K * slope + cosine
        theta = mp.acos(cosine)
    return mp.cos(theta), K, 1 - mp.cos(theta), depth - K


def rows(key=0, N=40, d=6):
    """Rows with every awkward pair: equal, opposite, scaled, nearly equal and nearly opposite."""
    X = np.array(jax.random.normal(jax.random.key(key), (N, d)))
    X[3], X[5], X[7] = X[2], -X[4], 2.5 * X[6]
    X[9] = X[8] * (1 + 1e-15) + 1e-7 * X[0]
    X[11] = -3 * X[10] + 1e-6 * X[0]
    return X


def by_route(route, X, X2=None, **options):
    if route == "traced":
        return jax.jit(lambda A: infinite_kernels(A, X2, **options))(X)
    extra = {"auto": {}, "recursion": {"method": "recursion"}, "blocks": {"block_rows": 7}}
    if route == "mesh":
        assert len(jax.devices()) > 1, "needs several devices, as in `make test`; or add -m 'not several_devices'"
        extra["mesh"] = {"mesh": jax.make_mesh((len(jax.devices()),), ("rows",))}
    return infinite_kernels(X, X2, **options, **extra[route])


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("name", sorted(FAMILY))
def test_profile_and_gap_are_right_to_twelve_digits_at_every_angle(name, depth):
    act = homogeneous(*FAMILY[name])
    computed = angular_profile(np.array(ANGLES), depth=depth, activation=act)
    for i, angle in enumerate(ANGLES):
        exact = exact_profile(angle, depth, mp.mpf(act.even_part))
        for got, want in zip(computed, exact):
            assert abs(got[i] - want) <= 1e-12 * abs(want) + mp.mpf(10) ** -40


@pytest.mark.parametrize(("depth", "error"), [(64, 1.5e-15), (1024, 3e-14)])
def test_entries_of_deep_networks_keep_the_promised_digits(depth, error):
    X = np.array([[math.cos(t), math.sin(t)] for t in ANGLES[:-2]])
    G, K = infinite_kernels(X, np.eye(2)[:1], depth=depth)
    for i, x in enumerate(X):
        exact = exact_profile(mp.atan2(*map(mp.mpf, x[::-1])), depth, mp.mpf(1) / 2)
        assert abs(float(G[i, 0]) - exact[0]) < error
        assert abs(float(K[i, 0]) - exact[1]) < error * depth


def test_number_of_coefficients_grows_like_the_root_of_the_depth_and_is_not_cut_off():
    for depth in (16, 64, 256, 1024):
        assert len(chebyshev_profile(depth, 0.5)[1]) == pytest.approx(10.8 * depth**0.5, rel=0.04)
    angles = np.linspace(0.15, np.pi, 101)  # smaller ones are redone from the rows
    interpolated = chebval(2 * angles / np.pi - 1, chebyshev_profile(8192, 1.0)[1])
    assert np.allclose(interpolated / 8192, angular_profile(angles, depth=8192, activation="abs").K / 8192, 0, 3e-12)


@pytest.mark.parametrize("depth", [*range(2, 33, 5), 32])
def test_relu_kernels_of_actual_rows_are_right_to_twelve_digits(depth):
    """Rows at prescribed tiny and nearly straight angles; the reference uses the stored rows, exactly."""
    y = np.array([0.6, -1.7, 0.3, 2.1])
    orthogonal = np.array([1.7, 0.6, 2.1, -0.3])  # same norm, exactly orthogonal
    X = np.array([math.cos(t) * y + math.sin(t) * orthogonal for t in ANGLES])
    G, K = infinite_kernels(X, y[None], depth=depth)
    G_gap, K_gap = kernel_gaps(X, y[None], depth=depth)
    for i, x in enumerate(X):
        angle, scale = exact_angle(x, y)
        exact = exact_profile(angle, depth, mp.mpf(1) / 2)
        for got, want in (
            (G, exact[0] * scale),
            (K, exact[1] * scale),
            (G_gap, exact[2]),
            (K_gap, exact[3] / depth),
        ):
            assert abs(float(got[i, 0]) - want) <= 1e-12 * abs(want)


def exact_angle(x, y):
    """Angle and product of norms of two float rows, from exact rational arithmetic and 60 digits."""
    mp.mp.dps = 60
    exact = lambda a, b: sum(Fraction(float(s)) * Fraction(float(t)) for s, t in zip(a, b))
    number = lambda q: mp.mpf(q.numerator) / q.denominator
    xx, xy, yy = exact(x, x), exact(x, y), exact(y, y)
    return mp.atan2(mp.sqrt(number(xx * yy - xy**2)), number(xy)), mp.sqrt(number(xx * yy))


@pytest.mark.parametrize("exponent", [-3, -7, -11, -14])
def test_accurate_half_angles_keep_relative_digits_whatever_the_norms(exponent):
    rng = np.random.default_rng(exponent + 100)
    y = rng.normal(size=(20, 9))
    x = np.where(rng.random((20, 1)) < 0.5, 1, -3.7) * (y + 10.0**exponent * rng.normal(size=y.shape))
    s, c = accurate_half_angles(x, y)
    for i in range(20):
        angle, _ = exact_angle(x[i], y[i])
        assert abs(s[i] - mp.sin(angle / 2)) <= 2e-14 * mp.sin(angle / 2)
        assert abs(c[i] - mp.cos(angle / 2)) <= 2e-14 * mp.cos(angle / 2)


def test_traced_half_angles_are_right_to_rounding():
    X = rows()
    s, c = half_angles(X[:, None], X[None])
    for i, j in [(0, 1), (2, 3), (4, 5), (8, 9), (10, 11)]:
        angle, _ = exact_angle(X[i], X[j])
        assert abs(float(s[i, j]) - mp.sin(angle / 2)) < 1e-15
        assert abs(float(c[i, j]) - mp.cos(angle / 2)) < 1e-15


@pytest.mark.parametrize("activation", ["relu", "abs", "leaky_relu", "identity"])
@pytest.mark.parametrize("route", ROUTES[1:])
def test_every_route_gives_the_same_numbers(route, activation):
    X = rows()
    for X2 in (None, X[:13]):
        for depth in (1, 2, 7):
            expected = infinite_kernels(X, X2, depth=depth, activation=activation, weight_variance=1.0)
            got = by_route(route, X, X2, depth=depth, activation=activation, weight_variance=1.0)
            scale = float(jnp.abs(expected[1]).max())
            for a, b in zip(got, expected):
                assert jnp.allclose(a, b, rtol=0, atol=1e-13 * scale)


@pytest.mark.parametrize("activation", ["erf", "gelu", "sin", "tanh"])
@pytest.mark.parametrize("route", ["traced", "blocks", MESH])
def test_routes_agree_for_the_recursion_in_covariances(route, activation):
    X = rows()
    expected = infinite_kernels(X, X[:9], depth=3, activation=activation)
    for a, b in zip(by_route(route, X, X[:9], depth=3, activation=activation), expected):
        assert jnp.allclose(a, b, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("activation", ["relu", "abs", "erf", "gelu", "cos"])
def test_depth_L_is_L_minus_one_compositions_of_the_dual_maps(activation):
    from ntklib import activation as lookup

    act, X = lookup(activation), np.array(jax.random.normal(jax.random.key(3), (8, 5)))
    G = K = X @ X.T
    for _ in range(3):
        q = np.diagonal(G)
        slope = 1.3 * act.dual_derivative(q[:, None], G, q[None])
        G = 1.3 * np.asarray(act.dual(q[:, None], G, q[None]))
        K = K * slope + G
    got = infinite_kernels(X, depth=4, activation=activation, weight_variance=1.3)
    assert jnp.allclose(got[0], G, rtol=1e-6, atol=1e-7)
    assert jnp.allclose(got[1], K, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("activation", ["relu", "erf", "tanh"])
def test_kernels_are_symmetric_and_positive_semidefinite(activation):
    X = rows()
    for A in infinite_kernels(X, depth=4, activation=activation):
        assert bool((A == A.T).all()) or activation != "relu"
        eigenvalues = np.linalg.eigvalsh((A + A.T) / 2)
        assert eigenvalues[0] >= -10 * len(X) * np.finfo(float).eps * eigenvalues[-1]


def test_relu_kernels_are_homogeneous_and_rotation_invariant():
    X = rows()
    Q, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(6, 6)))
    G, K = infinite_kernels(X, depth=3)
    for A, B in zip(infinite_kernels(3.0 * X @ Q, depth=3), (G, K)):
        assert jnp.allclose(A, 9 * B, rtol=1e-9, atol=1e-11)


def test_a_kernel_of_hundreds_of_layers_is_right_and_compiles_as_a_loop():
    X = rows()
    for A, B in zip(infinite_kernels(X, depth=300), infinite_kernels(X, depth=300, method="recursion")):
        assert jnp.allclose(A, B, rtol=0, atol=1e-12 * float(jnp.abs(B).max()))


def test_known_relu_values_at_right_and_straight_angles():
    G, K = infinite_kernels([[1.0, 0.0]], [[2.0, 0.0], [0.0, 1.0], [-1.0, 0.0]], depth=2)
    assert jnp.allclose(G[0], jnp.array([2.0, 1 / jnp.pi, 0.0]), atol=1e-16)
    assert jnp.allclose(K[0], jnp.array([4.0, 1 / jnp.pi, 0.0]), atol=1e-16)


def test_diagonal_is_exactly_depth_times_the_squared_norm():
    X = rows()
    for depth in (1, 3, 32):
        G, K = infinite_kernels(X, depth=depth)
        assert bool((jnp.diagonal(K) == depth * jnp.diagonal(G)).all())
        assert np.allclose(np.diagonal(G), (X**2).sum(1), rtol=1e-15)


def test_weight_variance_scales_homogeneous_kernels_by_its_power():
    X = rows()
    for A, B in zip(infinite_kernels(X, depth=4, weight_variance=0.6), infinite_kernels(X, depth=4)):
        assert jnp.allclose(A, 0.3**3 * B, rtol=1e-13)


@pytest.mark.parametrize("route", ROUTES)
def test_a_zero_row_gives_zero_rows_and_no_nan(route):
    X = rows()
    X[0] = 0
    for A in by_route(route, X, depth=3):
        assert bool(jnp.isfinite(A).all())
        assert float(jnp.abs(A[0]).max()) == 0


@pytest.mark.both_precisions
@pytest.mark.parametrize("depth", [2, 5])
@pytest.mark.parametrize("which", [0, 1])
def test_gradient_at_coincident_rows_is_the_radial_one(which, depth):
    """At x = x' the kernel is |x||x'| times its largest angular value, a kink for K: the gradient is radial."""
    x = jnp.asarray(rows()[0])
    kernel = lambda a, b: infinite_kernels(a[None], b[None], depth=depth)[which][0, 0]
    expected = (depth if which else 1) * x
    tolerance = 20 * jnp.finfo(x.dtype).eps
    assert jnp.allclose(jax.grad(kernel)(x, x), expected, rtol=tolerance, atol=tolerance)
    both = jax.grad(lambda a: kernel(a, a))(x)
    assert jnp.allclose(both, 2 * expected, rtol=tolerance, atol=tolerance)


@pytest.mark.both_precisions
def test_gradients_are_finite_at_opposite_and_zero_rows():
    x = jnp.asarray(rows()[0])
    both = lambda a, b: jnp.stack([kernel[0, 0] for kernel in infinite_kernels(a[None], b[None], depth=3)])
    gradients = jax.jit(jax.jacrev(both))
    for at, other in ((x, -x), (x, -2 * x), (x, 0 * x), (0 * x, x)):
        assert bool(jnp.isfinite(gradients(at, other)).all())


def test_gradient_agrees_with_differences_away_from_the_kinks():
    X = np.array(jax.random.normal(jax.random.key(9), (2, 5)))
    kernel = lambda a: infinite_kernels(a[None], X[1][None], depth=4)[1][0, 0]
    step = 1e-6 * np.eye(5)
    differences = [(kernel(X[0] + e) - kernel(X[0] - e)) / 2e-6 for e in step]
    assert np.allclose(jax.grad(kernel)(jnp.asarray(X[0])), differences, rtol=1e-7)


@pytest.mark.both_precisions
def test_single_precision_keeps_the_gap_of_close_rows():
    """In float32 the cosine of these rows rounds to 1; the kernel of the stored rows does not."""
    X = np.array([[1.0, 0.0], [1.0, 1e-3]], np.float32)
    _, K = infinite_kernels(X, depth=2)
    _, gap = kernel_gaps(X, depth=2)
    exact = exact_profile(*exact_angle(*X)[:1], 2, mp.mpf(1) / 2)[3] / 2
    assert abs(gap[0, 1] - exact) < 1e-5 * exact
    assert K[0, 1] < K[0, 0]


def test_dropping_the_factor_two_of_the_recursion_is_noticed():
    """Mutation: with weight variance 1 in place of 2 the conventions of the book fail."""
    X = rows()
    mutant = recursion(jnp.asarray(X), jnp.asarray(X), 3, homogeneous(0.5, 0.5), 1.0)[1]
    assert not jnp.allclose(mutant, infinite_kernels(X, depth=3)[1], rtol=0.1)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: infinite_kernels(jnp.ones(3), depth=2),
            ValueError,
            r"X has shape \(3,\); expected a matrix",
        ),
        (
            lambda: infinite_kernels(jnp.ones((2, 3)), jnp.ones((2, 4)), depth=2),
            ValueError,
            "X2 has 4 columns; expected 3",
        ),
        (
            lambda: infinite_kernels(jnp.full((2, 3), jnp.nan), depth=2),
            ValueError,
            "contains NaN or infinity",
        ),
        (
            lambda: infinite_kernels(jnp.ones((2, 3)), depth=0),
            ValueError,
            "depth=0; expected an integer >= 1",
        ),
        (
            lambda: infinite_kernels(jnp.ones((2, 3)), depth=2, weight_variance=0),
            ValueError,
            "weight_variance=0.0",
        ),
        (lambda: infinite_kernels(jnp.ones((2, 3)), depth=2, method="fast"), ValueError, "method='fast'"),
        (
            lambda: infinite_kernels(jnp.ones((2, 3)), depth=2, activation="erf", method="angle"),
            ValueError,
            "only for pos",
        ),
        (lambda: infinite_kernels(jnp.ones((2, 3)), depth=2, block_rows=0), ValueError, "block_rows=0"),
        (
            lambda: infinite_kernels(jnp.ones((9, 3)), depth=2, memory_limit=1e2),
            MemoryError,
            "GiB are available; pass X in row",
        ),
        (lambda: kernel_gaps(jnp.zeros((2, 3)), depth=2), ValueError, "row 0 of X is zero"),
        (
            lambda: kernel_gaps(jnp.ones((2, 3)), depth=2, activation="erf"),
            ValueError,
            "not positively homogeneous",
        ),
        (lambda: angular_profile([4.0], depth=2), ValueError, "outside .0, π."),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_the_memory_guard_acts_before_anything_is_allocated(monkeypatch):
    def forbidden(*_):
        raise AssertionError("allocated")

    monkeypatch.setattr(homogeneous_module, "_host_bulk", forbidden)
    with pytest.raises(MemoryError, match="infinite_kernels: needs about"):
        infinite_kernels(jnp.ones((50, 3)), depth=2, memory_limit=1e3)
