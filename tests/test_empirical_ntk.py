"""Laws of the empirical tangent kernel: the layerwise form, the generic route and products are J Jᵀ."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ntklib import MLP, empirical_ntk, ntk_vector_product
from ntklib.activations import NAMED_ACTIVATIONS
from ntklib.networks import NAMED_PARAMETRIZATIONS


def setting(activation="relu", parametrization="ntk", n_out=1, N=9):
    net = MLP((4, 7, 6, n_out), activation, parametrization)
    return net, net.init(jax.random.key(1)), jax.random.normal(jax.random.key(2), (N, 4))


def jacobian(net, params, X):
    """The explicit Jacobian of automatic differentiation, for each layer of shape (N, k, number of weights)."""
    J = jax.jacrev(lambda p: net(p, X))(params)
    return [np.asarray(j).reshape(len(X), net.widths[-1], -1) for j in J]


def by_jacobian(J, layers=(1, 2, 3), columns=None):
    """K from the Jacobian, of shape (N, N2, k, k); ``columns`` is the number N2 of samples on the right."""
    K = sum(np.einsum("ipn,jqn->ijpq", J[l - 1], J[l - 1][:columns]) for l in layers)
    return K[:, :, 0, 0] if K.shape[-1] == 1 else K


def close(A, B):
    A, B = np.asarray(A), np.asarray(B)
    return A.shape == B.shape and np.abs(A - B).max() <= 1e-13 * np.abs(B).max()


@pytest.mark.parametrize("n_out", [1, 3])
@pytest.mark.parametrize("activation", sorted(NAMED_ACTIVATIONS))
def test_layerwise_form_equals_the_jacobian_for_every_activation(activation, n_out):
    net, params, X = setting(activation, n_out=n_out)
    assert close(empirical_ntk(net, params, X), by_jacobian(jacobian(net, params, X)))


@pytest.mark.parametrize("n_out", [1, 3])
@pytest.mark.parametrize("parametrization", sorted(NAMED_PARAMETRIZATIONS))
def test_layerwise_form_equals_the_jacobian_for_every_parametrization_and_subset(parametrization, n_out):
    net, params, X = setting("gelu", parametrization, n_out)
    J = jacobian(net, params, X)
    for layers in [(1,), (2,), (3,), (1, 3), (3, 2), (1, 2, 3)]:
        got = empirical_ntk(net, params, X, X[:5], layers=layers)
        assert close(got, by_jacobian(J, layers, columns=5))


@pytest.mark.parametrize("n_out", [1, 3])
def test_structured_generic_batched_and_traced_routes_agree(n_out):
    net, params, X = setting("tanh", n_out=n_out, N=11)
    for X2 in (None, X[:6]):
        expected = empirical_ntk(net, params, X, X2)
        for block in (1, 4, 11, 50):
            assert close(empirical_ntk(net, params, X, X2, block_rows=block), expected)
            assert close(empirical_ntk(lambda p, A: net(p, A), params, X, X2, block_rows=block), expected)
        assert close(jax.jit(lambda p: empirical_ntk(net, p, X, X2))(params), expected)


def test_a_user_function_with_nested_parameters_has_its_jacobian_kernel():
    params = {"w": jnp.arange(6.0).reshape(3, 2) / 5, "rest": [jnp.array(0.3), jnp.array([1.0, -2.0])]}

    def function(p, X):
        return jnp.sin(X @ p["w"]) @ p["rest"][1] + p["rest"][0] ** 2

    X = jax.random.normal(jax.random.key(0), (5, 3))
    leaves = jax.tree.leaves(jax.jacrev(lambda p: function(p, X))(params))
    J = jnp.concatenate([leaf.reshape(5, -1) for leaf in leaves], axis=1)
    assert close(empirical_ntk(function, params, X), J @ J.T)
    v = jnp.arange(5.0)
    assert jnp.allclose(ntk_vector_product(function, params, X)(v), J @ J.T @ v, rtol=1e-12)


@pytest.mark.parametrize("n_out", [1, 3])
@pytest.mark.parametrize("layers", [None, (2,), (1, 3)])
def test_products_with_vectors_equal_the_formed_kernel(layers, n_out):
    net, params, X = setting("relu", "chen", n_out)
    v = jax.random.normal(jax.random.key(7), (5,) if n_out == 1 else (5, n_out))
    K = empirical_ntk(net, params, X, X[:5], layers=layers)
    expected = K @ v if n_out == 1 else jnp.einsum("ijpq,jq->ip", K, v)
    product = ntk_vector_product(net, params, X, X[:5], layers=layers)
    assert jnp.allclose(product(v), expected, rtol=1e-12, atol=1e-12)
    if layers is None:
        generic = ntk_vector_product(lambda p, A: net(p, A), params, X, X[:5])
        assert jnp.allclose(generic(v), expected, rtol=1e-12, atol=1e-12)


def test_kernel_is_exactly_symmetric_and_positive_semidefinite():
    net, params, X = setting(N=30)
    K = np.asarray(empirical_ntk(net, params, X))
    assert (K == K.T).all()
    eigenvalues = np.linalg.eigvalsh(K)
    assert eigenvalues[0] >= -30 * np.finfo(float).eps * eigenvalues[-1]


def test_relu_kernel_is_invariant_under_rescaling_between_layers():
    """ReLU networks do not change under W_1 → t W_1, W_2 → W_2 / t; each block scales by a known factor."""
    net, params, X = setting("relu")
    t = 1.7
    moved = (t * params[0], params[1] / t, params[2])
    blocks = [[empirical_ntk(net, p, X, layers=(l,)) for l in (1, 2, 3)] for p in (params, moved)]
    for old, new, factor in zip(*blocks, (t**-2, t**2, 1.0)):
        assert jnp.allclose(new, factor * old, rtol=1e-12)


@pytest.mark.both_precisions
def test_precision_of_the_kernel_follows_the_switch():
    net, params, X = setting()
    K = empirical_ntk(net, params, X)
    assert K.dtype == (jnp.float64 if jax.config.jax_enable_x64 else jnp.float32)
    expected = by_jacobian(jacobian(net, params, X))
    assert float(jnp.abs(K - expected).max()) <= 50 * float(jnp.finfo(K.dtype).eps) * float(jnp.abs(expected).max())


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda n, p, X: empirical_ntk(n, p, X[0]), ValueError, r"X has shape \(4,\)"),
        (lambda n, p, X: empirical_ntk(n, p, X, X[:, :3]), ValueError, "X2 has 3 columns; expected 4"),
        (
            lambda n, p, X: empirical_ntk(n, p, X, layers=(0,)),
            ValueError,
            r"layers=\(0,\); expected different numbers from 1 to 3",
        ),
        (lambda n, p, X: empirical_ntk(n, p, X, layers=(1, 1)), ValueError, "expected different numbers"),
        (lambda n, p, X: empirical_ntk(n, p, X, layers=()), ValueError, "at least one"),
        (lambda n, p, X: empirical_ntk(n, p, X, block_rows=0), ValueError, "block_rows=0"),
        (lambda n, p, X: empirical_ntk(n, p, X, memory_limit=10), MemoryError, "pass X in row blocks"),
        (
            lambda n, p, X: empirical_ntk(lambda q, A: n(q, A), p, X, memory_limit=10),
            MemoryError,
            "block_rows=1",
        ),
        (
            lambda n, p, X: empirical_ntk(lambda q, A: n(q, A), p, X, layers=(1,)),
            ValueError,
            "general function",
        ),
        (
            lambda n, p, X: empirical_ntk(lambda q, A: n(q, A).sum(), p, X),
            ValueError,
            r"expected \(N,\) or \(N, k\)",
        ),
        (
            lambda n, p, X: ntk_vector_product(n, p, X)(jnp.ones(3)),
            ValueError,
            r"v has shape \(3,\); expected \(9,\)",
        ),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call(*setting())


def test_a_block_far_larger_than_the_data_costs_no_memory():
    net, X = MLP((3, 5, 1)), jnp.eye(3)
    params = net.init(jax.random.key(0))
    whole = empirical_ntk(net, params, X, block_rows=10**9)
    assert jnp.array_equal(whole, empirical_ntk(net, params, X))
