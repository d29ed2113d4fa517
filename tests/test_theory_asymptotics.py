"""Laws of the sizes at which the block bound speaks."""

import math

import numpy as np
import pytest
from scipy.optimize import brentq

from ntklib.theory.minimum_width.asymptotics import statements as theory
from ntklib.theory.minimum_width.asymptotics.setting import needed
from ntklib.theory.minimum_width.block_bound import statements as block_bound


@pytest.mark.parametrize("power", [0.5, 4, 8])
@pytest.mark.parametrize("N", [3, 1000, 1e12])
def test_samples_allowed_undoes_parameters_asked(N, power):
    p = theory.parameters_asked(N, power=power, margin=0.1)
    assert theory.samples_allowed(p, power=power, margin=0.1) == pytest.approx(N, rel=1e-10)


def test_samples_allowed_is_the_root_found_numerically():
    root = brentq(lambda L: L + 8 * math.log(L) - math.log(977**2), 1, 20)
    assert theory.samples_allowed(977**2) == pytest.approx(math.exp(root), rel=1e-9)
    assert block_bound.load((977, 977, 977, 1), 35) < 1 < block_bound.load((977, 977, 977, 1), 37)


def test_both_theorems_ask_for_as_much_where_the_crossing_says():
    x = theory.crossing_with_root_width()
    assert x > 12
    assert math.exp(x / 2) == pytest.approx(x**6, rel=1e-9)
    assert theory.other_theorem_parameters(10**6, 7, delta=0.5) == pytest.approx(
        7e6 * math.log(10**6) * math.log(2 * 10**6)
    )


def test_the_fitted_power_of_a_logarithm_is_recovered_and_its_interval_covers():
    N = np.array([16, 32, 64, 128, 256, 512])
    noise = np.exp(0.05 * np.random.default_rng(0).standard_normal(6))
    fit = theory.log_power_fit(N, 7 * np.log(N) ** 3 * noise)
    assert fit.low < 3 < fit.high
    assert fit.high - fit.low < 1
    with pytest.raises(ValueError, match=r"log_power_fit: smallest N is 1\.0; expected more than 1"):
        theory.log_power_fit([1, 2, 3], [1, 2, 3])


def test_the_last_crossing_of_a_noisy_curve_is_taken():
    assert theory.crossing([1, 2, 4, 8], [0.9, 0.4, 0.6, 0.4]) == pytest.approx(2**2.5)
    with pytest.raises(ValueError, match=r"crossing: values from 0\.4 to 0\.3 do not cross 0\.5"):
        theory.crossing([1, 2], [0.4, 0.3])


def test_impossible_sizes_are_refused():
    with pytest.raises(ValueError, match=r"parameters_asked: N=0\.5; expected at least one sample"):
        theory.parameters_asked(0.5)
    with pytest.raises(ValueError, match=r"samples_allowed: p=0\.0; expected a finite number above 0"):
        theory.samples_allowed(0.0)


def test_measured_and_predicted_needs_agree():
    for N in (32, 128):
        measured, predicted = needed(N, seeds=3, seed=20)
        assert 0.6 < measured / predicted < 1.6
