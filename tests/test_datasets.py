"""Laws of the data sets: norms, margins, separations, determinism, selection, errors."""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

from ntklib.datasets import (
    breast_cancer,
    clusters_with_margin,
    digits,
    gaussian,
    linear_margin,
    near_duplicates,
    normalize,
    sphere,
)

KEY = jax.random.key(7)
EPS = float(jnp.finfo(jnp.result_type(float)).eps)


@pytest.mark.parametrize(("radius", "expected"), [(None, 30**0.5), (1.0, 1.0), (2.5, 2.5)])
def test_sphere_points_have_the_radius(radius, expected):
    X = sphere(KEY, 50, 30, radius=radius)
    assert X.shape == (50, 30)
    np.testing.assert_allclose(np.linalg.norm(X, axis=1), expected, rtol=8 * EPS)


def test_sphere_is_centred_and_isotropic():
    X = np.asarray(sphere(KEY, 20_000, 4))
    assert np.abs(X.mean(axis=0)).max() < 5 / 20_000**0.5
    assert np.abs(X.T @ X / 20_000 - np.eye(4)).max() < 5 * 2**0.5 / 20_000**0.5


def test_gaussian_has_the_mean_asked_for_and_unit_covariance():
    mean = np.array([1.0, -2.0, 0.5])
    X = np.asarray(gaussian(KEY, 20_000, 3, mean=mean))
    assert np.abs(X.mean(axis=0) - mean).max() < 5 / 20_000**0.5
    assert np.abs(np.cov(X.T) - np.eye(3)).max() < 5 * 2**0.5 / 20_000**0.5
    np.testing.assert_allclose(gaussian(KEY, 9, 3, mean=2.0) - gaussian(KEY, 9, 3), 2.0, rtol=8 * EPS)


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_normalize_gives_the_radius_at_every_scale_and_keeps_directions(scale):
    X = np.random.default_rng(0).standard_normal((20, 6)) * scale
    Y = np.asarray(normalize(X, 3.0))
    np.testing.assert_allclose(np.linalg.norm(Y, axis=1), 3.0, rtol=8 * EPS)
    cosine = (X / scale * Y).sum(axis=1) / np.linalg.norm(X / scale, axis=1) / 3.0
    np.testing.assert_allclose(cosine, 1.0, rtol=8 * EPS)


def test_normalize_names_the_zero_row():
    with pytest.raises(ValueError, match="normalize: row 2 of X is zero"):
        normalize(np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]))


@pytest.mark.parametrize("margin", [0.01, 1.0, 20.0])
@pytest.mark.parametrize(("N", "d"), [(2, 1), (7, 3), (100, 30)])
def test_the_margin_is_reached_exactly_by_each_cluster(N, d, margin):
    X, y = clusters_with_margin(KEY, N, d, margin)
    w = sphere(jax.random.split(KEY)[0], 1, d, radius=1.0)[0]  # the direction drawn inside
    assert X.shape == (N, d)
    assert set(np.asarray(y).tolist()) == {-1.0, 1.0}
    assert int((y > 0).sum()) == (N + 1) // 2
    size = float(jnp.abs(X).max()) + 1
    for label in (-1, 1):
        assert linear_margin(X[y == label], y[y == label], w) == pytest.approx(margin, abs=20 * d * EPS * size)


def test_linear_margin_is_scale_free_in_w_and_negative_on_the_wrong_side():
    X, y = clusters_with_margin(KEY, 20, 4, 0.5)
    w = np.array([1.0, 2.0, 0.0, -1.0])
    assert linear_margin(X, y, 10 * w) == pytest.approx(linear_margin(X, y, w), rel=100 * EPS)
    assert linear_margin([[1.0, 0.0]], [-1], [2.0, 0.0]) == -1.0


@pytest.mark.parametrize("distance", [1e-7, 1e-5, 1e-3, 0.1, 1.0, 2.0])
def test_separations_are_accurate_in_exact_arithmetic(distance):
    if distance < 5e3 * EPS:
        pytest.skip("below what this precision represents")
    X, _ = near_duplicates(KEY, 11, 5, distance, pairs=4)
    X = np.asarray(X).tolist()
    with mpmath.workdps(50):
        for k in range(4):
            gap = mpmath.norm([mpmath.mpf(a) - mpmath.mpf(b) for a, b in zip(X[2 * k], X[2 * k + 1])])
            assert abs(gap / distance - 1) <= 4 * EPS / distance + 8 * EPS
        for row in X:
            assert abs(mpmath.norm([mpmath.mpf(a) for a in row]) - 1) <= 8 * EPS


@pytest.mark.parametrize("opposite", [False, True])
def test_labels_of_pairs_agree_or_differ_as_asked(opposite):
    X, y = near_duplicates(KEY, 30, 6, 0.1, pairs=10, opposite_labels=opposite)
    assert X.shape == (30, 6)
    products = np.asarray(y[0:20:2] * y[1:20:2])
    assert (products == (-1 if opposite else 1)).all()
    assert set(np.asarray(y).tolist()) == {-1.0, 1.0}


def test_points_beyond_the_pairs_are_far_from_all_others():
    X = np.asarray(near_duplicates(KEY, 12, 20, 1e-2, pairs=3)[0])
    gaps = np.linalg.norm(X[:, None] - X[None], axis=2) + 10 * np.eye(12)
    assert (gaps < 0.1).sum() == 6


@pytest.mark.parametrize(
    "make",
    [
        lambda key: sphere(key, 5, 3),
        lambda key: gaussian(key, 5, 3),
        lambda key: clusters_with_margin(key, 6, 3, 0.1)[0],
        lambda key: near_duplicates(key, 6, 3, 0.1)[0],
        lambda key: digits(n=20, key=key, standardize=False)[0],
        lambda key: breast_cancer(n=20, key=key, standardize=False)[0],
    ],
)
def test_the_key_decides_everything(make):
    first, again, other = make(jax.random.key(1)), make(jax.random.key(1)), make(jax.random.key(2))
    assert isinstance(first, jax.Array)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_digits_are_all_there_and_standardized():
    X, y = digits()
    assert X.shape[0] == y.shape[0] == 1797
    assert sorted(set(np.asarray(y).tolist())) == list(range(10))
    np.testing.assert_allclose(X.mean(axis=0), 0, atol=1e4 * EPS)
    np.testing.assert_allclose(X.std(axis=0), 1, rtol=1e4 * EPS)
    raw, _ = digits(standardize=False)
    assert raw.shape == (1797, 64)
    assert (raw.min(), raw.max()) == (0, 16)


def test_two_classes_become_signs_in_the_order_given():
    _, y = digits(classes=(3, 8), standardize=False)
    _, flipped = digits(classes=(8, 3), standardize=False)
    _, named = digits(classes=(1, 3, 8), standardize=False)
    assert np.array_equal(y, -flipped)
    assert int((y < 0).sum()) == int((named == 3).sum())


def test_breast_cancer_is_as_shipped():
    X, y = breast_cancer()
    assert X.shape == (569, 30)
    assert (int((y < 0).sum()), int((y > 0).sum())) == (212, 357)
    assert breast_cancer(n=10)[0].shape[0] == 10


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sphere(KEY, 0, 3), "sphere: N=0; expected an integer >= 1"),
        (lambda: sphere(KEY, 3, 2.5), "sphere: d=2.5; expected an integer >= 1"),
        (lambda: sphere(KEY, 3, 3, radius=-1), "sphere: radius=-1.0; expected a finite number above 0"),
        (
            lambda: gaussian(KEY, 3, 3, mean=np.ones(2)),
            r"gaussian: mean has shape \(2,\); expected .* \(3,\)",
        ),
        (lambda: normalize(np.ones(3)), r"normalize: X has shape \(3,\)"),
        (lambda: normalize(np.ones((2, 2)), 0), "normalize: radius=0.0"),
        (lambda: clusters_with_margin(KEY, 1, 3, 1.0), "clusters_with_margin: N=1; expected an integer >= 2"),
        (lambda: clusters_with_margin(KEY, 4, 3, 0.0), "clusters_with_margin: margin=0.0"),
        (
            lambda: linear_margin(np.ones((2, 2)), [1], [1, 1]),
            r"y has shape \(1,\) and w \(2,\); expected \(2,\)",
        ),
        (lambda: linear_margin(np.ones((1, 2)), [1], [0, 0]), "linear_margin: w is zero"),
        (lambda: near_duplicates(KEY, 4, 1, 0.1), "near_duplicates: d=1; expected an integer >= 2"),
        (
            lambda: near_duplicates(KEY, 4, 3, 0.1, pairs=3),
            "pairs=3 needs 6 points; expected 2 . pairs <= N=4",
        ),
        (lambda: near_duplicates(KEY, 4, 3, 2.5), "distance=2.5; expected at most 2"),
        (lambda: near_duplicates(KEY, 4, 3, 1e-14), "distance=1e-14 is near the spacing .*use float64"),
        (lambda: digits(classes=(3, 12)), r"digits: classes=\(3, 12\); expected different members of \[0, 1"),
        (lambda: digits(classes=(3, 3)), r"digits: classes=\(3, 3\); expected different members"),
        (lambda: digits(n=5000), "digits: n=5000; only 1797 points are there"),
        (lambda: breast_cancer(n=1000), "breast_cancer: n=1000; only 569 points are there"),
    ],
)
def test_bad_arguments_are_refused_with_what_to_do(call, message):
    with pytest.raises(ValueError, match=message):
        call()
