"""Laws of the plain NumPy networks: a second route to `MLP`, JAX's derivatives and `gradient_descent`."""

from dataclasses import replace
from itertools import islice

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose

import ntklib
from ntklib import MLP, plain

EPS = np.finfo(float).eps
SHAPES = [(3, 1), (3, 7, 1), (4, 6, 5, 1), (4, 6, 5, 3), (2, 5, 2)]
CASES = [
    (widths, activation, parametrization)
    for widths in SHAPES
    for activation, parametrization in (("tanh", "ntk"), ("relu", "chen"), ("softplus", "mup"), ("sigmoid", "bombari"))
]


def example(widths, activation, parametrization, N=6, seed=0):
    """A network of both kinds at one random point."""
    net, X = MLP(widths, activation, parametrization), np.random.default_rng([seed, 1]).standard_normal((N, widths[0]))
    settings = {"activation": activation, "multiplier": net.parametrization.multiplier}
    return net, plain.draw(widths, net.parametrization, seed), X, settings


def close(actual, desired, factor=200):
    """Equal up to rounding in sums of a few hundred products."""
    size = float(np.max(np.abs(np.asarray(desired)), initial=0.0))
    assert_allclose(actual, desired, rtol=factor * EPS, atol=factor * EPS * size)


def flat(tree, lead=0):
    """All weights of a list of layers, one after the other, behind ``lead`` axes."""
    return np.concatenate([np.reshape(W, (*np.shape(W)[:lead], -1)) for W in tree], axis=-1)


@pytest.mark.parametrize(("widths", "activation", "parametrization"), CASES)
def test_passes_are_those_of_the_network(widths, activation, parametrization):
    net, params, X, settings = example(widths, activation, parametrization)
    weights = [jnp.asarray(W) for W in params]
    close(plain.forward(params, X, **settings), net(weights, X))
    for found, expected in zip(plain.preactivations(params, X, **settings), net.preactivations(weights, X)):
        close(found, expected)
    F, B = plain.factors(params, X, **settings)
    for found, expected in zip((*F, *B), (*net.features(weights, X), *net.backward(weights, X)), strict=True):
        assert found.shape == expected.shape
        close(found, expected)
    close(plain.readout(params, F, settings["multiplier"]), net(weights, X))


@pytest.mark.parametrize(("widths", "activation", "parametrization"), CASES)
def test_jacobian_and_its_products_are_those_of_automatic_differentiation(widths, activation, parametrization):
    net, params, X, settings = example(widths, activation, parametrization)
    m = settings["multiplier"]
    J = flat(jax.jacrev(lambda p: net(p, X))([jnp.asarray(W) for W in params]), lead=1 + (widths[-1] > 1))
    F, B = plain.factors(params, X, **settings)
    assert J.shape[-1] == plain.parameter_count(widths)
    close(plain.jacobian(F, B, m), J)
    direction = plain.draw(widths, (1.0,) * len(m), 5)
    close(plain.jvp(F, B, direction, m), J @ flat(direction))
    c = np.random.default_rng(6).standard_normal(J.shape[:-1])
    close(flat(plain.vjp(F, B, c, m)), np.tensordot(c, J, c.ndim))


@pytest.mark.parametrize(("widths", "activation", "parametrization"), CASES)
def test_input_jacobian_is_that_of_automatic_differentiation(widths, activation, parametrization):
    net, params, X, settings = example(widths, activation, parametrization)
    weights = [jnp.asarray(W) for W in params]
    expected = jax.vmap(jax.jacrev(lambda x: net(weights, x[None])[0]))(jnp.asarray(X))
    close(plain.input_jacobian(params, X, **settings), expected.reshape(len(X), widths[-1], widths[0]))


@pytest.mark.parametrize(("widths", "activation", "parametrization"), CASES)
def test_kernel_is_the_gram_matrix_of_the_jacobian_layer_by_layer(widths, activation, parametrization):
    net, params, X, settings = example(widths, activation, parametrization)
    m, (F, B) = settings["multiplier"], plain.factors(params, X, **settings)
    for l, K in enumerate(plain.layer_kernels(F, B, m)):
        J = plain.jacobian(F[l : l + 1], B[l : l + 1], m[l : l + 1])
        close(K, J @ J.T if J.ndim == 2 else np.einsum("ipa,jqa->ijpq", J, J))
    K = plain.tangent_kernel(params, X, X[:4] + 1.0, **settings)
    close(K, ntklib.empirical_ntk(net, [jnp.asarray(W) for W in params], X, X[:4] + 1.0), factor=1000)


@pytest.mark.parametrize("widths", [(3, 5, 4, 1), (3, 5, 4, 2)])
def test_leading_axes_are_many_networks(widths):
    """Axes of networks (2, 1) and of data (3): every function sees each slice as if it were alone."""
    rng = np.random.default_rng(1)
    scaling = ntklib.named_parametrization("ntk", widths)
    params, X = plain.draw(widths, scaling, 0, batch=(2, 1)), rng.standard_normal((3, 6, 3))
    m, c = scaling.multiplier, rng.standard_normal((6, 2)[: 1 + (widths[-1] > 1)])

    def everything(params, X):
        F, B = plain.factors(params, X, activation="tanh", multiplier=m)
        kernel = plain.tangent_kernel(params, X, activation="tanh", multiplier=m)
        return [*F, *B, plain.readout(params, F, m), plain.jacobian(F, B, m), kernel, *plain.vjp(F, B, c, m),
                plain.jvp(F, B, params, m)]  # fmt: skip

    whole = everything(params, X)
    for i, j in np.ndindex(2, 3):
        for all_of_them, alone in zip(whole, everything([W[i, 0] for W in params], X[j]), strict=True):
            close(all_of_them[i, j], alone)


def test_a_vector_of_weights_multiplies_the_jacobian_and_comes_back_as_it_was():
    _, params, X, settings = example((4, 6, 5, 1), "tanh", "ntk")
    F, B = plain.factors(params, X, **settings)
    direction = plain.draw((4, 6, 5, 1), "standard", 7)
    vector, _ = plain.flattened(direction)
    J = plain.jacobian(F, B, settings["multiplier"])
    close(J @ vector, plain.jvp(F, B, direction, settings["multiplier"]))
    nested, back = plain.flattened((params, direction))
    assert all(np.array_equal(a, b) for a, b in zip(jax.tree.leaves(back(nested)), (*params, *direction), strict=True))


def test_draws_are_the_same_gaussians_in_every_parametrization():
    by_name, by_number = plain.draw((4, 9, 1), "bombari", 3), plain.draw((4, 9, 1), (1.0, 1.0), 3)
    assert np.array_equal(by_name[0], 0.5 * by_number[0])
    assert np.array_equal(by_name[1], by_number[1])
    rng = np.random.default_rng(3)
    assert np.array_equal(plain.draw((4, 9, 1), (1.0, 1.0), rng)[0], by_number[0])
    assert not np.array_equal(plain.draw((4, 9, 1), (1.0, 1.0), rng)[0], by_number[0])


def test_draws_have_the_stated_deviation():
    W = plain.draw((30, 40), (0.25,), 0, batch=(50,))[0]
    assert abs(np.mean(W**2) / 0.25**2 - 1) < 4.5 * (2 / W.size) ** 0.5


@pytest.mark.parametrize("widths", [(3, 8, 1), (3, 5, 4, 2)])
@pytest.mark.parametrize("parametrization", ["ntk", "mup"])
def test_descent_is_that_of_the_compiled_network(widths, parametrization):
    net, params, X, settings = example(widths, "tanh", parametrization)
    y = np.random.default_rng(2).standard_normal((6, 2) if widths[-1] > 1 else 6)
    run = plain.descent(params, X, y, 0.05, 20, **settings)
    weights = tuple(jnp.asarray(W) for W in params)
    mean_loss = lambda f, y: jnp.sum((f - y) ** 2) / (2 * len(y))
    twin = ntklib.gradient_descent(net, weights, X, jnp.asarray(y), loss=mean_loss, step_size=0.05, steps=20)
    close(run.loss, twin.loss, factor=5000)
    close(flat(run.params), flat(twin.params), factor=5000)


def test_descent_runs_seeds_step_sizes_and_rates_at_once():
    _, _, X, settings = example((3, 8, 1), "relu", "ntk")
    y, sizes = np.arange(6.0), np.array([[0.01], [0.1], [0.3]])
    starts = plain.draw((3, 8, 1), (1.0, 1.0), 0, batch=(2,))
    run = plain.descent(starts, X, y, sizes, 15, rates=(1.0, 0.5), **settings)
    assert run.loss.shape == (16, 3, 2)
    for i, j in np.ndindex(3, 2):
        alone = plain.descent([W[j] for W in starts], X, y, sizes[i, 0], 15, rates=(1.0, 0.5), **settings)
        close(run.loss[:, i, j], alone.loss, factor=5000)
        close(run.params[0][i, j], alone.params[0], factor=5000)


def test_descent_of_a_linear_map_is_a_power():
    run = plain.descent([np.ones((1, 1))], [[2.0]], [0.0], [0.1, 0.45], 30, activation="linear")
    close(run.loss, 2 * (1 - 4 * np.array([0.1, 0.45])) ** (2 * np.arange(31)[:, None]))


def test_divergence_is_infinite_and_leaves_the_other_runs_alone():
    start, data = [np.ones((1, 1))], ([[1.0]], [0.0])
    run = plain.descent(start, *data, [0.5, 1e4], 60, activation="linear")
    alone = plain.descent(start, *data, 0.5, 60, activation="linear")
    assert np.array_equal(run.loss[:, 0], alone.loss)
    assert np.isinf(run.loss[2:, 1]).all()
    assert np.isfinite(run.params[0]).all()
    assert plain.descent(start, *data, 1e4, 60, activation="linear").loss.shape == (61,)


def test_records_and_a_loss_of_ones_own():
    def exponential(f, y):
        return np.exp(-f * y), -y * np.exp(-f * y)

    _, params, X, settings = example((3, 8, 1), "tanh", "ntk")
    y = np.sign(X[:, 0])
    run = plain.descent(params, X, y, 0.1, 10, every=4, loss=exponential, observe=lambda p: p.loss, **settings)
    assert run.step.tolist() == [0, 4, 8, 10]
    assert np.array_equal(run.observed, run.loss[run.step])
    assert np.all(np.diff(run.loss) < 0)
    point, after = islice(plain.iterates(params, X, y, 0.1, loss=exponential, **settings), 2)
    h = 1e-5
    moved = [np.mean(np.exp(-y * plain.forward([W + s * h * V for W, V in zip(params, point.gradient)], X, **settings)))
             for s in (1, -1)]  # fmt: skip
    assert_allclose((moved[0] - moved[1]) / (2 * h), np.sum(flat(point.gradient) ** 2), rtol=1e-7)
    close(flat(after.params), flat(params) - 0.1 * flat(point.gradient))


def test_a_pair_of_functions_is_an_activation():
    own = (np.sin, np.cos)
    net, params, X, settings = example((3, 6, 1), "tanh", "ntk")
    net = MLP((3, 6, 1), "sin", "ntk")
    K = plain.tangent_kernel(params, X, activation=own, multiplier=settings["multiplier"])
    close(K, ntklib.empirical_ntk(net, [jnp.asarray(W) for W in params], X), factor=1000)


X, W = np.ones((4, 3)), [np.ones((3, 2)), np.ones((2, 1))]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plain.draw((3, 4, 1), (1.0,), 0), "3 widths and 1 standard deviations; expected L"),
        (lambda: plain.draw((3,), (), 0), "1 widths and 0"),
        (lambda: plain.draw((3, 0), (1.0,), 0), r"widths\[1\]=0"),
        (lambda: plain.draw((3, 1), (-1.0,), 0), r"init_std\[0\]"),
        (lambda: plain.draw((3, 1), "hee", 0), "name='hee'"),
        (lambda: plain.parameter_count((3, 0.5)), r"widths\[1\]=0.5"),
        (lambda: plain.forward(W, X[:, :2], activation="relu"), r"X has shape \(4, 2\); expected \(..., N, 3\)"),
        (lambda: plain.forward(W, X[0], activation="relu"), "one row per sample"),
        (lambda: plain.factors(W[::-1], X, activation="relu"), "params have shapes"),
        (lambda: plain.factors(W, X, activation="relu", multiplier=(1.0,)), "1 multipliers for 2 weight layers"),
        (lambda: plain.factors([W[0], np.ones((2, 2, 1))], np.ones((3, 4, 3)), activation="relu"), "do not broadcast"),
        (lambda: plain.factors(W, X, activation="rellu"), "rellu"),
        (lambda: plain.factors(W, X, activation=(np.sin,)), "expected a pair"),
        (lambda: plain.descent(W, X, X[:, 0], 0.1, 0, activation="relu"), "steps=0"),
        (lambda: plain.descent(W, X, X[:, 0], 0.1, 5, every=0, activation="relu"), "every=0"),
        (lambda: plain.descent(W, X, X[:, 0], 0.1, 5, rates=(1.0,), activation="relu"), "1 rates for 2 weight layers"),
    ],
)
def test_refusals_say_what_was_expected(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_an_activation_without_numpy_functions_is_refused():
    with pytest.raises(ValueError, match="no NumPy functions; give a pair"):
        plain.forward(W, X, activation=replace(ntklib.activation("tanh"), numpy=None))
