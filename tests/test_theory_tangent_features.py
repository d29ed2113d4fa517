"""Laws of the tangent class: bounds on both sides of its loss, second routes, copies, and silence."""

import jax
import numpy as np
import pytest

from ntklib.kernels import flat_jacobian
from ntklib.theory.polylog_width.setting import unit_digits, with_copies
from ntklib.theory.polylog_width.tangent_features import statements as tf
from ntklib.theory.polylog_width.tangent_features.scales import initial_scales
from ntklib.theory.polylog_width.tangent_models import tangent_fit, tangent_margin


def small(width=32, depth=3, N=14, seed=0, random_labels=False):
    return tf.problem(*unit_digits(N, seed=seed, random_labels=random_labels), width, depth, seed)


def test_the_problem_holds_the_kernel_of_the_jacobian_and_the_outputs_of_the_network():
    p = small()
    J = np.asarray(flat_jacobian(p.net, p.params, p.X))
    np.testing.assert_allclose(p.kernel, J @ J.T / 32, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(p.start, p.net(p.params, p.X), rtol=1e-12)


@pytest.mark.parametrize("target", [1e-6, 0.1, 0.6])
def test_radius_and_ceiling_are_inverse_to_each_other(target):
    start = [0.2, -0.7]
    R = tf.sufficient_radius(0.3, start, target)
    np.testing.assert_allclose(tf.loss_ceiling(0.3, start, R), target, rtol=1e-9)


def test_a_loss_that_the_start_already_has_needs_no_radius():
    assert tf.sufficient_radius(0.3, [0.0], 2.0) == 0.0


@pytest.mark.parametrize("radius", [0.5, 2.0, 6.0])
@pytest.mark.parametrize("random_labels", [False, True])
def test_floor_dual_primal_and_ceiling_are_in_this_order(radius, random_labels):
    p = small(random_labels=random_labels)
    fit = tangent_fit(p.blocks, p.y, radius, start=p.start)
    values = [
        tf.loss_floor(p.margin, p.start, p.y, radius, 3),
        tf.dual_maximum(p.blocks, p.y, radius, p.start),
        fit.loss,
        tf.loss_ceiling(p.margin.value, p.start, radius),
    ]
    assert all(a <= b * (1 + 1e-6) for a, b in zip(values, values[1:])), values
    np.testing.assert_allclose(values[1], values[2], rtol=1e-5)


def test_the_slope_of_the_dual_is_its_difference_quotient():
    p, rng = small(), np.random.default_rng(0)
    a, v = rng.uniform(0.2, 0.8, 14), rng.standard_normal(14)
    up, down = (tf.dual_value(a + h * v, p.blocks, p.y, 2.0, p.start)[0] for h in (1e-5, -1e-5))
    slope = tf.dual_value(a, p.blocks, p.y, 2.0, p.start)[1]
    np.testing.assert_allclose((up - down) / 2e-5, slope @ v, rtol=1e-7)


def test_at_the_optimum_of_the_primal_its_slopes_attain_the_dual():
    p = small()
    fit = tangent_fit(p.blocks, p.y, 2.0, start=p.start, tolerance=1e-8)
    a = 1 / (1 + np.exp(p.y * fit.values))
    np.testing.assert_allclose(tf.dual_value(a, p.blocks, p.y, 2.0, p.start)[0], fit.loss, rtol=1e-6)


def test_the_bridge_is_an_equality_for_a_kernel_that_is_a_multiple_of_the_identity():
    y = np.where(np.arange(9) % 2, 1.0, -1.0)
    low, middle = tf.bridge(4.0 * np.eye(9), y)
    np.testing.assert_allclose([low, middle, tangent_margin(4.0 * np.eye(9), y).value], 2 / 3, rtol=1e-9)


def test_exact_copies_of_the_same_class_leave_the_margin_where_it_was():
    X, y = unit_digits(16)
    before, after = (tf.problem(*data, 64, 3).margin for data in ((X, y), with_copies(X, y, 8, 0.0)))
    np.testing.assert_allclose(after.upper, before.upper, rtol=1e-7)


def test_exact_copies_with_the_other_label_leave_no_margin():
    margin = tf.problem(*with_copies(*unit_digits(16), 1, 0.0, flip=True), 64, 3).margin
    assert margin.upper < 1e-6


def test_copies_keep_their_distance_and_the_sphere():
    X, y = unit_digits(12)
    Z, labels = with_copies(X, y, 5, 0.3, flip=True)
    np.testing.assert_allclose(np.linalg.norm(Z, axis=1), 1.0, rtol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(Z[12:] - X[:5], axis=1), 0.3, rtol=1e-9)
    assert (labels[12:] == -y[:5]).all()


def test_random_labels_are_balanced_and_leave_the_images_alone():
    (X, y), (Z, labels) = unit_digits(30, seed=4), unit_digits(30, seed=4, random_labels=True)
    assert np.array_equal(X, Z)
    assert labels.sum() == 0
    assert not np.array_equal(y, labels)


def test_the_drawn_scales_are_those_of_the_network():
    """Second route: the same three numbers from the JAX network, as means over as many draws."""
    ours, p = initial_scales(16, 3, 4000), None
    theirs = []
    for seed in range(60):
        p = tf.problem(np.eye(2)[:1], [1.0], 16, 3, seed)
        theirs.append([(p.net.features(p.params, p.X)[-1] ** 2).sum(), p.kernel[0, 0], p.start[0] ** 2])
    spread = ours.std(axis=0) / 60**0.5
    assert (np.abs(np.mean(theirs, axis=0) - ours.mean(axis=0)) < 5 * spread).all()


def test_one_silent_layer_is_enough_and_the_probability_counts_them():
    assert tf.dead_probability(5, 1) == 0.0
    np.testing.assert_allclose(tf.dead_probability(2, 4), 1 - 0.75**3, rtol=1e-14)
    p = tf.problem(np.eye(2), [1, -1], 4, 3)
    silent = (p.params[0], -jax.numpy.abs(p.params[1]), p.params[2])
    J = np.asarray(flat_jacobian(p.net, silent, p.X))
    assert not J.any()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tf.loss_ceiling(0.0, [0.0], 1.0), "loss_ceiling: margin=0.0; expected a finite number above 0"),
        (lambda: tf.sufficient_radius(0.1, [0.0], -1.0), "sufficient_radius: target=-1.0"),
        (lambda: tf.dead_probability(0, 3), "dead_probability: width=0; expected an integer"),
        (lambda: tf.dual_maximum([np.eye(2)], [1, -1], 0.0, [0, 0]), "dual_maximum: radius=0.0"),
        (lambda: with_copies(np.eye(2), [1, 1], 3, 0.1), "copies=3; expected .* 1 <= copies <= 2"),
        (lambda: with_copies(np.eye(2), [1, 1], 1, 2.5), "distance=2.5"),
    ],
)
def test_bad_arguments_are_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()
