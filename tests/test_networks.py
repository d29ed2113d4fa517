"""Laws of the network: shapes, derivatives, homogeneity, parametrizations."""

import jax
import jax.numpy as jnp
import pytest

from ntklib import MLP, Parametrization, named_parametrization
from ntklib.networks import NAMED_PARAMETRIZATIONS

WIDTHS = (4, 6, 5, 3)


def network(activation="gelu", parametrization="ntk", widths=WIDTHS):
    net = MLP(widths, activation, parametrization)
    return net, net.init(jax.random.key(0)), jax.random.normal(jax.random.key(1), (7, widths[0]))


@pytest.mark.parametrize("n_out", [1, 3])
@pytest.mark.parametrize("parametrization", sorted(NAMED_PARAMETRIZATIONS))
def test_backward_matrices_are_the_derivatives_in_the_preactivations(parametrization, n_out):
    """Shift one pre-activation by an additive variable and differentiate: the definition of B_l."""
    net, params, X = network("tanh", parametrization, (4, 6, 5, n_out))
    m = net.parametrization.multiplier

    def output(shifts, x):
        f = x
        for l, (W, shift) in enumerate(zip(params, shifts)):
            g = m[l] * f @ W + shift
            f = net.activation.function(g) if l < net.depth - 1 else g
        return f

    shifts = tuple(jnp.zeros(n) for n in net.widths[1:])
    for l, B in enumerate(net.backward(params, X)):
        expected = jax.vmap(lambda x: jax.jacrev(output)(shifts, x)[l])(X)
        assert jnp.allclose(B, expected[:, 0] if n_out == 1 else expected, rtol=1e-12, atol=1e-13)


def test_features_reproduce_the_forward_pass():
    net, params, X = network()
    F = net.features(params, X)
    assert [f.shape for f in F] == [(7, 4), (7, 6), (7, 5)]
    assert jnp.allclose(net.parametrization.multiplier[-1] * F[-1] @ params[-1], net(params, X))
    assert net(params, X).shape == (7, 3)


def test_one_output_gives_a_vector():
    net, params, X = network(widths=(4, 5, 1))
    assert net(params, X).shape == (7,)
    assert [b.shape for b in net.backward(params, X)] == [(7, 5), (7, 1)]


def test_relu_network_is_homogeneous_in_the_input_and_in_every_layer():
    net, params, X = network("relu")
    assert jnp.allclose(net(params, 3.0 * X), 3.0 * net(params, X), rtol=1e-13)
    for l in range(net.depth):
        scaled = tuple(2.0 * W if i == l else W for i, W in enumerate(params))
        assert jnp.allclose(net(scaled, X), 2.0 * net(params, X), rtol=1e-13)


@pytest.mark.parametrize("name", sorted(NAMED_PARAMETRIZATIONS))
def test_initial_weights_have_the_stated_standard_deviation(name):
    net = MLP((40, 300, 200, 30), "relu", name)
    for W, s in zip(net.init(jax.random.key(5)), net.parametrization.init_std):
        standard_error = s / (2 * W.size) ** 0.5
        assert abs(float(W.std()) - s) < 4 * standard_error
        assert abs(float(W.mean())) < 4 * s / W.size**0.5


def test_parametrizations_of_the_papers_have_their_variances():
    widths = (10, 20, 40, 1)
    variance = {n: named_parametrization(n, widths).effective_variance for n in NAMED_PARAMETRIZATIONS}
    assert variance["ntk"] == pytest.approx((1, 2 / 20, 2 / 40))
    assert variance["terjek"] == pytest.approx((2, 2 / 20, 2 / 40))
    assert variance["he"] == pytest.approx((2 / 10, 2 / 20, 2 / 40))
    assert variance["lecun"] == pytest.approx((1 / 10, 1 / 20, 1 / 40))
    assert variance["bombari"] == pytest.approx((1 / 10, 1 / 20, 1))
    assert variance["nguyen"] == variance["standard"] == (1, 1, 1)
    assert variance["mup"] == pytest.approx((1, 2 / 20, 2 / 40**2))
    assert named_parametrization("chen", (10, 20, 20, 1)).effective_variance == pytest.approx((2 / 20, 2 / 20, 1))


def test_equal_keys_give_equal_networks_and_other_keys_do_not():
    net, params, _ = network()
    assert all(bool((a == b).all()) for a, b in zip(params, net.init(jax.random.key(0))))
    assert not any(bool((a == b).any()) for a, b in zip(params, net.init(jax.random.key(1))))


def test_networks_of_equal_settings_are_equal_and_others_are_not():
    assert MLP(WIDTHS, "gelu", "he") == MLP(list(WIDTHS), "gelu", "he")
    assert hash(MLP(WIDTHS, "gelu", "he")) == hash(MLP(WIDTHS, "gelu", "he"))
    others = [MLP((4, 6, 5, 2), "gelu", "he"), MLP(WIDTHS, "relu", "he"), MLP(WIDTHS, "gelu", "lecun")]
    assert all(MLP(WIDTHS, "gelu", "he") != other for other in others)


@pytest.mark.both_precisions
def test_the_dtype_of_the_parameters_follows_the_precision_switch():
    net, params, X = network()
    expected = jnp.float64 if jax.config.jax_enable_x64 else jnp.float32
    assert {W.dtype for W in params} == {jnp.dtype(expected)}
    assert net(params, X).dtype == expected


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: MLP((5,)), r"widths=\(5,\); expected at least input and output"),
        (lambda: MLP((5, 0, 1)), r"widths\[1\]=0; expected an integer >= 1"),
        (lambda: MLP((5, 2.5, 1)), r"widths\[1\]=2.5"),
        (lambda: MLP((5, 3, 1), parametrization="hee"), "name='hee'; expected one of"),
        (
            lambda: MLP((5, 3, 1), parametrization=Parametrization((1.0,), (1.0,))),
            "holds 1 layers; the widths",
        ),
        (lambda: Parametrization((1.0, 1.0), (1.0,)), "init_std has 2 numbers and multiplier 1"),
        (
            lambda: Parametrization((1.0, -1.0), (1.0, 1.0)),
            r"init_std\[1\]=-1.0; expected a finite number above 0",
        ),
        (
            lambda: network()[0](network()[1], jnp.ones(4)),
            r"X has shape \(4,\); expected a matrix .* reshape one sample to",
        ),
        (lambda: network()[0](network()[1], jnp.ones((2, 5))), "X has 5 columns; expected 4"),
        (
            lambda: network()[0](network()[1][:2], jnp.ones((2, 4))),
            r"params has shapes .* use params = net.init\(key\)",
        ),
        (
            lambda: network()[0](network()[1], jnp.full((2, 4), jnp.nan)),
            "contains NaN or infinity .first in row 0.",
        ),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
