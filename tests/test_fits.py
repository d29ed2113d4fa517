import mpmath
import numpy as np
import pytest
from scipy import stats

from ntklib.fits import fit_loglog

EPS = np.finfo(float).eps


@pytest.mark.parametrize("slope", [-2.5, -0.5, 0.0, 1.0, 3.0])
def test_exact_power_law_is_recovered_to_rounding(slope):
    x = np.geomspace(1e-3, 1e5, 9)
    fit = fit_loglog(x, 7.0 * x**slope)
    rounding = 100 * EPS * (1 + abs(slope)) * np.log(1e5)
    assert abs(fit.slope - slope) <= rounding
    assert abs(fit.intercept - np.log(7.0)) <= rounding * np.log(1e5)
    assert fit.low <= fit.slope <= fit.high <= fit.low + 100 * rounding
    np.testing.assert_allclose(fit.predict(x), 7.0 * x**slope, rtol=rounding * 100)


def test_interval_equals_the_one_of_scipy_linregress():
    rng = np.random.default_rng(0)
    x = np.geomspace(1, 100, 12)
    y = x**0.7 * np.exp(0.3 * rng.normal(size=12))
    fit, reference = fit_loglog(x, y, 0.9), stats.linregress(np.log(x), np.log(y))
    half = stats.t.ppf(0.95, 10) * reference.stderr
    np.testing.assert_allclose(fit[:3], [reference.slope, reference.slope - half, reference.slope + half], rtol=1e-12)


def test_units_change_the_intercept_only():
    rng = np.random.default_rng(1)
    x, y = np.geomspace(1, 50, 8), rng.lognormal(size=8)
    a, b = fit_loglog(x, y), fit_loglog(1000 * x, 0.01 * y)
    np.testing.assert_allclose(a[:3], b[:3], rtol=0, atol=1e-13 * 100)
    np.testing.assert_allclose(b.predict(1000 * x), 0.01 * a.predict(x), rtol=1e-12)


def test_interval_covers_the_true_exponent_at_its_stated_rate():
    rng = np.random.default_rng(2)
    x, trials = np.geomspace(1, 20, 6), 2000
    fits = [fit_loglog(x, x**1.5 * np.exp(0.2 * rng.normal(size=6)), 0.9) for _ in range(trials)]
    covered = np.mean([f.low <= 1.5 <= f.high for f in fits])
    assert abs(covered - 0.9) <= 4 * np.sqrt(0.9 * 0.1 / trials)


def test_small_case_against_exact_arithmetic():
    mpmath.mp.dps = 40
    x, y = [1, 2, 5, 9], [3, 4, 9, 20]
    u, v = [mpmath.log(t) for t in x], [mpmath.log(t) for t in y]
    mu, mv = sum(u) / 4, sum(v) / 4
    slope = sum((a - mu) * (b - mv) for a, b in zip(u, v)) / sum((a - mu) ** 2 for a in u)
    assert abs(fit_loglog(x, y).slope - float(slope)) <= 20 * EPS


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        ([1, 2], [1, 2], "received 2 points; expected at least 3"),
        ([1, 2, 3], [1, 2], "x has 3 and y has 2 points"),
        ([2, 2, 2], [1, 2, 3], "every x is the same"),
        ([1, 2, 3], [1, 0, 3], r"y\[1\]=0 has no finite logarithm"),
        ([1, 2, np.nan], [1, 1, 3], r"x\[2\]=nan has no finite logarithm"),
        ([[1, 2, 3]], [1, 2, 3], r"x has shape \(1, 3\); expected a vector"),
    ],
)
def test_bad_points_are_refused_by_name(x, y, message):
    with pytest.raises(ValueError, match=message):
        fit_loglog(x, y)


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95])
def test_confidence_outside_the_unit_interval_is_refused(confidence):
    with pytest.raises(ValueError, match="expected a number in"):
        fit_loglog([1, 2, 3], [1, 2, 3], confidence)
