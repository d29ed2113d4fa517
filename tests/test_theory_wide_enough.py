"""Laws of the chapter on wide networks: Hessian blocks and bounds, widths, kernels at the start, heavy tails."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ntklib
from ntklib import plain
from ntklib.theory.wide_networks import samples, shallow
from ntklib.theory.wide_networks.setting import mean_squared_loss, sample_kernel
from ntklib.theory.wide_networks.wide_enough import search, spectra
from ntklib.theory.wide_networks.wide_enough import statements as wide
from ntklib.training import gradient_descent

needs_x64 = pytest.mark.skipif(jnp.result_type(float) != jnp.float64, reason="needs 64-bit precision")
EPS = float(np.finfo(float).eps)


def test_a_neurons_turning_is_the_norm_of_its_two_by_two_block():
    rng = np.random.default_rng(0)
    for name in ("tanh", "sigmoid", "softplus"):
        _, slope, bend = plain.activation_functions(name)
        for a, g, s in rng.standard_normal((20, 3)) * [2, 2, 1]:
            block = [[a * bend(g) * s**2, slope(g) * abs(s)], [slope(g) * abs(s), 0.0]]
            found = wide.neuron_turnings(a, g, abs(s), activation=name)
            np.testing.assert_allclose(found, np.linalg.norm(block, 2), rtol=100 * EPS)


def test_second_derivatives_are_those_of_the_slopes():
    z, h = np.linspace(-4, 4, 33), 1e-5
    for name in ("tanh", "sigmoid", "softplus"):
        _, slope, bend = plain.activation_functions(name)
        np.testing.assert_allclose(bend(z), (slope(z + h) - slope(z - h)) / (2 * h), atol=1e-9)


@needs_x64
@pytest.mark.parametrize("c", [1.0, 2.0])
def test_the_norm_of_the_dense_hessian_is_that_of_the_largest_neuron(c):
    net = ntklib.MLP((3, 5, 1), "tanh", "ntk", weight_variance=c)
    W, a = shallow.shallow_weights(3, 5, 1)
    x = np.array([0.7, -1.1, 0.4])
    output = lambda flat: net((flat[:15].reshape(3, 5), flat[15:, None]), x[None])[0]
    dense = jax.hessian(output)(jnp.concatenate([jnp.ravel(W), jnp.asarray(a)]))
    exact = wide.shallow_hessian_norms(W, a, x[None], c=c)[0]
    np.testing.assert_allclose(np.linalg.norm(dense, 2), exact, rtol=1e3 * EPS)
    params = (jnp.asarray(W), jnp.asarray(a)[:, None])
    assert abs(search.hessian_norm(net, params, x, steps=500) / exact - 1) < 1e-6
    assert abs(search.difference_hessian_norm(net, params, x, steps=500) / exact - 1) < 1e-6


def test_no_point_of_the_ball_exceeds_the_supremum_nor_the_supremum_its_bound():
    rng, (W, a) = np.random.default_rng(0), shallow.shallow_weights(4, 6, 0)
    X = rng.standard_normal((3, 4))
    for rho in (0.3, 3.0):
        top = wide.shallow_hessian_suprema(W, a, X, rho)
        for _ in range(200):
            step = np.zeros((5, 6))
            step[:, rng.integers(6)] = rng.standard_normal(5)
            step *= rho / np.linalg.norm(step)
            found = wide.shallow_hessian_norms(W + step[:4], a + step[4], X)
            assert (found <= top * (1 + 1e-4)).all()
        bounds = [wide.shallow_lipschitz(a, x[None], rho) for x in X]
        assert (top <= bounds).all()


def test_for_one_hidden_layer_the_deep_bound_is_that_of_the_lemma():
    net = ntklib.MLP((4, 6, 1), "tanh", "ntk", weight_variance=1.0)
    W, a = shallow.shallow_weights(4, 6, 0)
    X = np.random.default_rng(0).standard_normal((3, 4))
    deep = wide.deep_hessian_bound(net, (W, a[:, None]), X)
    lemma = [wide.shallow_lipschitz(a, x[None], 0.0) for x in X]
    np.testing.assert_allclose(deep, lemma, rtol=100 * EPS)


@pytest.mark.parametrize("depth", [3, 4])
def test_the_deep_bound_holds_where_power_iteration_looks(depth):
    net = ntklib.MLP((4, *[7] * (depth - 1), 1), "tanh", "ntk", weight_variance=1.0)
    rng = np.random.default_rng(depth)
    params = [rng.standard_normal(shape) for shape in zip(net.widths, net.widths[1:])]
    x = rng.standard_normal(4)
    for point in (params, *search.concentrated_steps(params, 2.0)):
        found = search.difference_hessian_norm(net, point, x)
        assert 0 < found <= wide.deep_hessian_bound(net, point, x[None])[0]


def test_concentrated_steps_lie_on_the_border_of_the_ball():
    params = [np.random.default_rng(l).standard_normal(shape) for l, shape in enumerate(((2, 3), (3, 3), (3, 1)))]
    points = list(search.concentrated_steps(params, 1.5, neurons=2))
    assert len(points) == 4
    for point in points:
        moved = np.sqrt(sum(np.sum((W - V) ** 2) for W, V in zip(point, params)))
        np.testing.assert_allclose(moved, 1.5, rtol=100 * EPS)


@needs_x64
@pytest.mark.parametrize(("activation", "c"), [("tanh", 1.0), ("relu", 2.0)])
def test_one_hidden_layer_in_numpy_is_the_network_of_the_package(activation, c):
    net = ntklib.MLP((4, 6, 1), activation, "ntk", weight_variance=c)
    W, a = shallow.shallow_weights(4, 6, 3)
    X, y = samples.unit_sample(5, 4, 0)
    params, settings = (jnp.asarray(W), jnp.asarray(a)[:, None]), {"activation": activation, "c": c}
    np.testing.assert_allclose(shallow.shallow_outputs(W, a, X, **settings), net(params, X), atol=100 * EPS)
    K = shallow.shallow_kernel(W, a, X, **settings)
    np.testing.assert_allclose(K, sample_kernel(net, params, X), atol=100 * EPS)
    np.testing.assert_allclose(K, shallow.neuron_kernels(W, a, X, **settings).mean(axis=0), atol=100 * EPS)
    J = shallow.shallow_jacobian(W, a, X, **settings)
    np.testing.assert_allclose(K, J @ J.T, atol=100 * EPS)
    ours = shallow.shallow_descent(W, a, X, y, steps=30, every=10, step=0.3, **settings)
    theirs = gradient_descent(net, params, X, y, step_size=0.3, steps=30, record_every=10, loss=mean_squared_loss)
    np.testing.assert_allclose(ours.loss, theirs.loss, rtol=1e5 * EPS)
    np.testing.assert_allclose(ours.distance, theirs.distance, atol=1e5 * EPS)


def test_the_tangent_model_follows_its_own_gradient_descent():
    X, y = samples.unit_sample(5, 4, 0)
    W, a = shallow.shallow_weights(4, 6, 3)
    run = shallow.shallow_descent(W, a, X, y, steps=20, every=5, step=0.4)
    v = run.outputs[0]
    for _ in range(20):
        v = v - 0.4 * run.kernels[0] @ (v - y)
    np.testing.assert_allclose(run.trained[-1], v, atol=1e3 * EPS)
    J = shallow.shallow_jacobian(W, a, X) * 5**0.5
    shift = np.concatenate([(run.W[-1] - W).ravel(), run.a[-1] - a])
    np.testing.assert_allclose(run.tangent[-1], run.outputs[0] + J @ shift, atol=1e3 * EPS)


def test_the_proved_width_meets_its_condition_with_equality():
    X, (_, a) = samples.unit_sample(6, 4, 0)[0], shallow.shallow_weights(4, 50, 0)
    least, excess, largest = 0.02, 0.7, 0.4
    rho = spectra.travel_radius(least, excess)
    turned = wide.shallow_lipschitz(a, X, rho) * rho
    m = spectra.proved_width(a, X, least, excess)
    np.testing.assert_allclose(turned * (50 / m) ** 0.5, spectra.STAY * least**0.5, rtol=1e3 * EPS)
    m = spectra.proved_width(a, X, least, excess, largest=largest)
    turned *= (50 / m) ** 0.5
    np.testing.assert_allclose((2 * largest**0.5 + turned) * turned, least / 2, rtol=1e-9)


def test_the_chernoff_width_leaves_the_probability_that_was_asked_for():
    X = samples.unit_sample(6, 4, 0)[0]
    m = spectra.chernoff_width(X, 0.05, 0.01)
    R = np.linalg.norm(X, 2) ** 2 / 6 + 1
    base = np.exp(-0.5) / 0.5**0.5
    np.testing.assert_allclose(6 * base ** (m * 0.05 / R), 0.01, rtol=1e-9)


@needs_x64
def test_kernels_at_the_start_tend_to_the_limit():
    X = samples.unit_sample(5, 6, 0)[0]
    mean = np.mean(list(spectra.initial_kernels(X, 256, range(60))), axis=0) * 5
    limit = np.asarray(ntklib.infinite_kernels(X, depth=3)[1])
    assert np.abs(mean - limit).max() < 5 * 5 / (256 * 60) ** 0.5


def test_lengths_have_mean_square_one_and_the_tail_of_student():
    assert abs(np.mean(np.linalg.norm(samples.tailed_points(200_000, 2, 9.0, 0), axis=1) ** 2) - 1) < 0.02
    lengths = np.linalg.norm(samples.tailed_points(200_000, 2, 3.0, 1), axis=1)
    far = [np.mean(lengths > s) for s in (4.0, 8.0)]
    assert abs(np.log2(far[0] / far[1]) - 3) < 0.6
    with pytest.raises(ValueError, match=r"tailed_points: nu=2; expected a number above 2"):
        samples.tailed_points(3, 2, 2, 0)


def test_what_has_no_second_derivative_is_refused():
    W, a = shallow.shallow_weights(2, 3, 0)
    with pytest.raises(ValueError, match=r"shallow_lipschitz: activation='relu'; expected one with a bounded"):
        wide.shallow_lipschitz(a, np.eye(2), 1.0, activation="relu")
    with pytest.raises(ValueError, match=r"shallow_hessian_suprema: radius=-1"):
        wide.shallow_hessian_suprema(W, a, np.eye(2), -1)
    with pytest.raises(ValueError, match=r"shallow_weights: signs='both'; expected 'random' or 'positive'"):
        shallow.shallow_weights(2, 3, 0, signs="both")


def test_no_turn_of_a_jacobian_moves_its_kernel_by_more_than_the_bound():
    rng = np.random.default_rng(5)
    for size in (0.1, 1.0, 10.0):
        J, turn = rng.standard_normal((3, 7)), size * rng.standard_normal((3, 7))
        moved = np.linalg.norm((J + turn) @ (J + turn).T - J @ J.T, 2)
        assert moved <= wide.drift_bound(np.linalg.norm(J, 2), np.linalg.norm(turn, 2), 1.0)
    assert abs(wide.drift_bound(3.0, 2.0, 0.5) - (4.0**2 - 3.0**2)) < 1e-14  # one sample, the turn along the gradient


@needs_x64
def test_spread_and_gap_of_a_simple_eigenvalue_tend_to_the_law():
    """Second route: moments of one neuron's term against drawn kernels, the mean of the first order being zero."""
    X, kind = samples.unit_sample(5, 15, 1)[0], {"activation": "relu", "c": 2.0}
    terms = shallow.neuron_kernels(*shallow.shallow_weights(15, 100_000, 5), X, **kind)
    limit = np.asarray(ntklib.infinite_kernels(X, depth=2)[1]) / 5
    values, V = np.linalg.eigh(limit)
    parts = np.einsum("ij,kil,l->kj", V, terms, V[:, 0])
    gap = np.sum(np.mean(parts[:, 1:] ** 2, axis=0) / (values[1:] - values[0]))
    m = 2048
    first, found = [], []
    for seed in range(300):
        K = shallow.shallow_kernel(*shallow.shallow_weights(15, m, [seed, 9]), X, **kind)
        first.append(V[:, 0] @ K @ V[:, 0] - values[0])
        found.append(values[0] - np.linalg.eigvalsh(K)[0])
    assert m * np.mean(np.add(found, first)) == pytest.approx(gap, rel=0.1)
    assert m * np.var(found) == pytest.approx(np.var(parts[:, 0]), rel=0.25)
    assert gap > 0.2 * np.std(parts[:, 0])  # the test would see a gap that is not there


def test_the_terms_of_the_theorem_are_its_formulas_and_need_small_residuals():
    X, y = samples.unit_sample(10, 20, 0)
    W, a = shallow.shallow_weights(20, 512, [0, 512])
    far = spectra.convergence_terms(W, a, X, shallow.shallow_outputs(W, a, X) - y)
    near = spectra.convergence_terms(W, a, X, 0.01 * y)
    assert far.share > 700
    assert near.share < 1
    low, high = spectra.kernel_extremes(W, a, X)
    excess = 0.5 * np.mean((0.01 * y) ** 2)
    assert near.radius == pytest.approx(spectra.travel_radius(low, excess))
    moved = near.turning * near.radius
    assert near.share == pytest.approx(moved / (spectra.STAY * low**0.5))
    assert near.step == pytest.approx(1 / ((high**0.5 + moved) ** 2 + near.turning * (2 * excess) ** 0.5))
    assert near.step < 1 / high  # the usual step is longer than the theorem allows
    assert near.drift == pytest.approx(wide.drift_bound(high**0.5, near.turning, near.radius))


@pytest.mark.parametrize(("depth", "biased"), [(2, False), (3, True)])
def test_the_first_order_of_the_least_eigenvalue_has_mean_zero_for_one_hidden_layer_alone(depth, biased):
    X = samples.unit_sample(30, 15, 0)[0]
    values, V = np.linalg.eigh(np.asarray(ntklib.infinite_kernels(X, depth=depth)[1], float) / 30)
    kernels = spectra.initial_kernels(X, 32, range(2000), depth=depth)
    first = 1 - np.array([V[:, 0] @ K @ V[:, 0] for K in kernels]) / values[0]
    sure = 3 * first.std() / 2000**0.5
    assert (first.mean() > sure) if biased else (abs(first.mean()) < sure)
