"""Laws of dead and close samples: probabilities by enumeration, symmetry or simulation, claims with refutations."""

import jax.numpy as jnp
import numpy as np
import pytest

from ntklib import claims, plain
from ntklib.theory.finite_width.two_sided import kernel_terms
from ntklib.theory.finite_width.where_it_breaks import statements as theory
from ntklib.theory.finite_width.where_it_breaks.setting import deaths

needs_x64 = pytest.mark.skipif(jnp.result_type(float) != jnp.float64, reason="needs 64-bit precision")


def gaussian(seed, N, d):
    return np.random.default_rng(seed).standard_normal((N, d))


def test_a_dead_sample_makes_the_smallest_eigenvalue_exactly_zero():
    X = gaussian(0, 5, 4)
    weights = plain.draw((4, 3, 6, 1), (1.0,) * 3, 1)
    weights[0] -= 10 * np.outer(X[0], np.ones(3)) / (X[0] @ X[0])  # every first-layer neuron negative on sample 0
    K = sum(kernel_terms(weights, X))
    assert not K[0].any()
    assert not K[:, 0].any()


def test_orthogonal_samples_die_independently():
    low, high = theory.dead_sample_bounds(np.eye(6), 7)
    assert low < theory.independent_dead_probability(6, 7) < high
    assert theory.dead_pair_probability(np.pi / 2, 7) == pytest.approx(4.0**-7, rel=1e-12)


def test_equal_and_opposite_pairs_are_the_extremes():
    assert theory.dead_pair_probability(0.0, 5) == 2.0**-5
    assert theory.dead_pair_probability(np.pi, 5) == 0.0
    assert theory.planar_dead_probability([[1.0, 2.0], [-1.0, -2.0]], 5) == pytest.approx(2 * 2.0**-5, rel=1e-12)


def test_planar_formula_reduces_to_inclusion_and_exclusion_for_two_samples():
    X = np.array([[1.0, 0.0], [np.cos(1.1), np.sin(1.1)]])
    expected = 2 * 2.0**-4 - theory.dead_pair_probability(1.1, 4)
    assert theory.planar_dead_probability(X, 4) == pytest.approx(expected, rel=1e-6)


def test_for_two_samples_the_upper_bound_by_pairs_is_exact():
    X = np.array([[1.0, 0.0], [np.cos(2.0), np.sin(2.0)]])
    for n in (1, 3, 9):
        assert theory.dead_sample_bounds(X, n)[1] == pytest.approx(theory.planar_dead_probability(X, n), rel=1e-5)


def test_samples_without_obtuse_angles_die_no_more_often_than_independent_ones_and_opposite_ones_do():
    angles = np.random.default_rng(5).uniform(0, np.pi / 2, 9)
    acute, opposite = np.stack([np.cos(angles), np.sin(angles)], axis=1), np.array([[1.0, 0.0], [-1.0, 0.0]])
    for n in (2, 5):
        assert theory.planar_dead_probability(acute, n) < theory.independent_dead_probability(9, n)
        assert theory.planar_dead_probability(opposite, n) > theory.independent_dead_probability(2, n)


def test_planar_formula_tends_to_wendels_and_ignores_duplicates():
    angles = np.linspace(0, 2 * np.pi, 20001)[:-1]
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    assert theory.planar_dead_probability(circle, 6) == pytest.approx(theory.wendel_probability(6, 2), rel=2e-3)
    X = gaussian(3, 7, 2)
    assert theory.planar_dead_probability(np.repeat(X, 2, axis=0), 5) == pytest.approx(
        theory.planar_dead_probability(X, 5), rel=1e-5
    )


@pytest.mark.parametrize("n", [2, 5])
def test_planar_formula_agrees_with_simulation_and_lies_between_the_bounds(n):
    X = gaussian(4, 9, 2)
    exact, trials = theory.planar_dead_probability(X, n), 6000
    assert abs(deaths(X, n, trials) / trials - exact) < 4 * (exact * (1 - exact) / trials) ** 0.5
    low, high = theory.dead_sample_bounds(X, n)
    assert low <= exact <= high


def test_wendel_is_one_up_to_the_dimension_and_one_half_after_it():
    assert theory.wendel_probability(6, 6) == 1.0
    assert theory.wendel_probability(12, 6) == 0.5
    assert theory.wendel_probability(13, 6) < 0.5


def test_closest_angle_has_the_exponent_of_caps_and_a_second_route_in_three_dimensions():
    slope = np.log(theory.closest_angle(10**6, 5) / theory.closest_angle(10**5, 5)) / np.log(10)
    assert slope == pytest.approx(-2 / 4, rel=1e-3)
    t, N = theory.closest_angle(50, 3), 50  # on the sphere in three dimensions a cap has area (1 - cos t)/2
    assert 1 - np.exp(-N * (N - 1) / 2 * (1 - np.cos(t)) / 2) == pytest.approx(0.5, rel=1e-9)
    assert theory.closest_angle(50, 3, 0.1) < t < theory.closest_angle(50, 3, 0.9)


@needs_x64
def test_smallest_angle_keeps_digits_where_the_cosine_loses_them():
    X = np.array([[1.0, 0.0], [np.cos(1e-9), np.sin(1e-9)], [0.0, 3.0]])
    assert theory.smallest_angle(X) == pytest.approx(1e-9, rel=1e-6)
    assert theory.smallest_angle([[1.0, 0.0], [-2.0, 0.0]]) == pytest.approx(np.pi)


@needs_x64
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_probability_claims_hold_on_other_seeds(seed):
    assert claims.check("book-dead-bounds", seed=seed).holds
    assert claims.check("book-dead-pair", seed=seed).holds
    assert claims.check("book-dead-plane", seed=seed).holds


@pytest.mark.in_turns
@needs_x64
def test_other_claims_hold_on_other_seeds():
    assert claims.check("book-not-necessary", seeds=9).holds
    assert claims.check("nguyen-mean-survives", seeds=25, mean=2.0).holds
    assert claims.check("book-neighbour-distance", seed=40).holds


def test_errors_say_what_was_expected():
    with pytest.raises(ValueError, match=r"angle outside \[0, π\]; expected radians"):
        theory.dead_pair_probability(4.0, 2)
    with pytest.raises(ValueError, match=r"closest_angle: probability=1.0; expected a number in \(0, 1\)"):
        theory.closest_angle(10, 3, 1.0)
    with pytest.raises(ValueError, match="planar_dead_probability"):
        theory.planar_dead_probability(np.ones((3, 3)), 2)
    with pytest.raises(ValueError, match="has a layer of N=200 neurons; expected narrower"):
        claims.check("book-not-necessary", widths=(50, 200, 1))
