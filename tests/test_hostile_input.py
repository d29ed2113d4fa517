"""What is no array of finite real numbers is refused by name; what cannot be refused stays NaN."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ntklib
from ntklib import MLP, empirical_ntk, infinite_kernels, kernel_gaps, ntk_vector_product
from ntklib.activations import NAMED_ACTIVATIONS, from_function
from ntklib.datasets import gaussian, linear_margin, normalize
from ntklib.fits import fit_loglog
from ntklib.kernels import flat_jacobian
from ntklib.training import gradient_descent, least_squares

pytestmark = pytest.mark.both_precisions

NET = MLP((2, 3, 1))
X = np.array([[1.0, 0.5], [0.2, -0.7]])


def linear(w, X):
    return X @ w


TAKERS = {
    "infinite_kernels": lambda A: infinite_kernels(A, depth=2),
    "infinite_kernels: X2": lambda A: infinite_kernels(X, A, depth=2),
    "kernel_gaps": lambda A: kernel_gaps(A, depth=2),
    "empirical_ntk": lambda A: empirical_ntk(NET, NET.init(jax.random.key(0)), A),
    "ntk_vector_product": lambda A: ntk_vector_product(NET, NET.init(jax.random.key(0)), A),
    "flat_jacobian": lambda A: flat_jacobian(linear, jnp.ones(2), A),
    "gradient_descent": lambda A: gradient_descent(linear, jnp.ones(2), A, [1.0, 2.0], step_size=0.1, steps=1),
    "gradient_descent: y": lambda A: gradient_descent(linear, jnp.ones((2, 2)), X, A, step_size=0.1, steps=1),
    "least_squares": lambda A: least_squares(linear, jnp.ones(2), A, [1.0, 2.0]),
    "least_squares: y": lambda A: least_squares(linear, jnp.ones((2, 2)), X, A),
    "smallest_eigenvalue": ntklib.smallest_eigenvalue,
    "certified_smallest_eigenvalue": ntklib.certified_smallest_eigenvalue,
    "smallest_singular_value": ntklib.smallest_singular_value,
    "normalize": normalize,
    "linear_margin": lambda A: linear_margin(A, [1, -1], [1.0, 0.0]),
    "gaussian": lambda A: gaussian(jax.random.key(0), 2, 2, mean=A),
    "fit_loglog": lambda A: fit_loglog([1.0, 2.0], A),
}
NO_NUMBERS = {
    "complex": (np.array([[2, 1j], [-1j, 2]]), "holds complex128 entries; expected real numbers; take .real"),
    "strings": ([["a", "b"], ["c", "d"]], "expected real numbers"),
    "objects": (np.array([[1, None], [2, 3]], dtype=object), "holds object entries; expected real numbers"),
    "none": (None, "holds object entries|received None"),
    "masked": (np.ma.masked_array(np.eye(2), mask=[[0, 0], [0, 1]]), "is a masked array; its mask would be lost"),
    "extended": (np.eye(2, dtype=np.longdouble), "expected at most float64"),
    "ragged": ([[1.0, 2.0], [3.0]], "give rows of equal length"),
}


@pytest.mark.parametrize("kind", sorted(NO_NUMBERS))
@pytest.mark.parametrize("name", sorted(TAKERS))
def test_what_is_no_array_of_real_numbers_is_refused_by_name(name, kind):
    if kind == "none" and name in ("infinite_kernels: X2", "gaussian"):
        pytest.skip("None is the default there")
    value, message = NO_NUMBERS[kind]
    with pytest.raises(TypeError, match=f"^{name.split(':')[0]}: .*({message})"):
        TAKERS[name](value)


def test_complex_jax_arrays_and_parameters_are_refused():
    with pytest.raises(TypeError, match="smallest_eigenvalue: K holds complex"):
        ntklib.smallest_eigenvalue(jnp.eye(2) * (1 + 0j))
    w = jnp.ones(2) * (1 + 0j)
    for call in (
        lambda: empirical_ntk(linear, w, X),
        lambda: ntk_vector_product(linear, w, X),
        lambda: flat_jacobian(linear, w, X),
        lambda: gradient_descent(linear, w, X, [1.0, 2.0], step_size=0.1, steps=1),
        lambda: least_squares(linear, w, X, [1.0, 2.0]),
    ):
        with pytest.raises(TypeError, match="params holds complex entries; expected real ones"):
            call()


@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu", "sin", jax.nn.mish])
def test_nan_stays_nan_where_it_is_traced(activation):
    bad = jnp.asarray(X).at[1, 0].set(jnp.nan)
    kernels = lambda A: infinite_kernels(A, depth=3, activation=activation)
    for G, K in (jax.jit(kernels)(bad), [k[0] for k in jax.vmap(kernels)(bad[None])]):
        for kernel in (G, K):
            assert np.isfinite(kernel[0, 0])
            assert np.isnan(kernel[1]).all()
            assert np.isnan(kernel[:, 1]).all()
    K = jax.jit(lambda A: empirical_ntk(NET, NET.init(jax.random.key(0)), A))(bad)
    assert np.isnan(K[1]).all()


def test_large_integers_do_not_wrap():
    K = infinite_kernels([[3_000_000_000], [1_000_000_000]], depth=1)[1]
    assert np.allclose(K, np.outer([3e9, 1e9], [3e9, 1e9]), rtol=1e-6)


def test_gaps_of_float64_rows_are_right_in_either_precision():
    rows = np.array([[1.0, 0.0], [1.0, 1e-9]])
    gap = kernel_gaps(rows, depth=2)[1]
    assert gap.dtype == np.float64
    assert gap[0, 1] == pytest.approx(0.5e-9 / math.pi, rel=1e-6)  # (θ/π)(L−1)/2 for small θ


@pytest.mark.parametrize("limit", [math.nan, -1.0])
def test_a_memory_limit_that_is_no_number_of_bytes_is_refused(limit):
    for call in (
        lambda: infinite_kernels(X, depth=2, memory_limit=limit),
        lambda: empirical_ntk(NET, NET.init(jax.random.key(0)), X, memory_limit=limit),
        lambda: kernel_gaps(X, depth=2, memory_limit=limit),
    ):
        with pytest.raises(ValueError, match=r"memory_limit=.*; expected a number of bytes"):
            call()


@pytest.mark.parametrize("rows", [0, -1, 1.5, "3"])
def test_impossible_blocks_are_refused(rows):
    for call in (
        lambda: infinite_kernels(X, depth=2, block_rows=rows),
        lambda: infinite_kernels(X, depth=2, activation="tanh", block_rows=rows),
        lambda: jax.jit(lambda A: infinite_kernels(A, depth=2, block_rows=rows))(X),
        lambda: empirical_ntk(NET, NET.init(jax.random.key(0)), X, block_rows=rows),
        lambda: empirical_ntk(linear, jnp.ones(2), X, block_rows=rows),
    ):
        with pytest.raises(ValueError, match=r"block_rows=.*; expected an integer >= 1"):
            call()


def test_nan_labels_are_refused():
    with pytest.raises(ValueError, match="least_squares: y contains NaN"):
        least_squares(linear, jnp.ones(2), X, [1.0, math.nan])
    with pytest.raises(ValueError, match="linear_margin: y contains NaN"):
        linear_margin(X, [1.0, math.nan], [1.0, 0.0])


def test_empty_data_are_refused():
    with pytest.raises(ValueError, match=r"X has shape \(0, 3\); expected at least one row"):
        infinite_kernels(np.ones((0, 3)), depth=2)


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float16, jnp.float32])
def test_parameters_have_the_precision_asked_for(dtype):
    params = MLP((3, 4, 1), parametrization="he").init(jax.random.key(0), dtype)
    assert {W.dtype for W in params} == {jnp.dtype(dtype)}


def test_an_asymmetry_of_rounding_leaves_the_lower_triangle_mirrored():
    rng = np.random.default_rng(0)
    basis = np.linalg.qr(rng.standard_normal((40, 40)))[0]
    K = ((basis * np.geomspace(1e-2, 1, 40)) @ basis.T).astype(np.float32)
    K = np.tril(K) + np.tril(K, -1).T
    above = K + np.triu(rng.standard_normal(K.shape), 1).astype(np.float32) * 1e-7
    assert np.abs(above - above.T).max() > 0
    assert ntklib.smallest_eigenvalue(above) == ntklib.smallest_eigenvalue(K)
    assert ntklib.certified_smallest_eigenvalue(above) == ntklib.certified_smallest_eigenvalue(K)


@pytest.mark.parametrize("dtype", [np.float16, jnp.bfloat16])
def test_half_precision_does_not_excuse_asymmetry(dtype):
    with pytest.raises(ValueError, match="is not symmetric"):
        ntklib.smallest_eigenvalue(np.array([[1.0, 0.5], [0.4, 1.0]]).astype(dtype))


MIXING = {
    "mean": lambda w, X: (X - X.mean(0)) @ w,
    "deviation": lambda w, X: (X / (1e-3 + X.std(0))) @ w,
    "attention": lambda w, X: jax.nn.softmax(X @ X.T, axis=1) @ X @ w,
    "gradient only": lambda w, X: jnp.tanh(X @ w) + (X.sum(0) * (w - jax.lax.stop_gradient(w))).sum(),
}


@pytest.mark.parametrize("start", [0.0, 1.0])
@pytest.mark.parametrize("kind", sorted(MIXING))
def test_functions_that_mix_samples_are_refused(kind, start):
    w, f = jnp.full(2, start), MIXING[kind]
    for X2 in (None, X[:1], X + 1):
        with pytest.raises(ValueError, match="depends on the other rows of the batch"):
            empirical_ntk(f, w, X, X2)
    assert np.isnan(jax.jit(lambda w: empirical_ntk(f, w, X))(w)).all()
    J = flat_jacobian(f, w, X)
    product = ntk_vector_product(f, w, X)(jnp.ones(2))
    assert jnp.allclose(product, J @ (J.T @ jnp.ones(2)), rtol=1e-4)


@pytest.mark.parametrize("name", ["relu", "tanh"])
def test_functions_that_do_not_mix_samples_pass(name):
    """Also where outputs cancel: twice the same network with opposite signs has outputs of rounding size."""
    net = MLP((2, 64, 64, 1), name, "ntk")
    params = net.init(jax.random.key(1))
    difference = lambda p, A: net(p[0], A) - net(p[1], A)
    K = empirical_ntk(difference, (params, params), X)
    assert jnp.allclose(K, 2 * empirical_ntk(net, params, X), rtol=1e-4)


@pytest.mark.parametrize("scale", [1.0, 8.0, 28.0])
def test_a_users_function_beyond_its_quadrature_is_refused_or_nan(scale):
    """A kink at any scale; a step of width 1 on inputs of norm 28."""
    functions = [lambda s: jnp.maximum(s, 0.0) + 0.0, lambda s: jnp.clip(s, -1.0, 1.0)]
    functions += [lambda s: jnp.tanh(1.0 * s)] if scale > 1 else []
    for function in functions:
        with pytest.warns() if functions.index(function) < 2 else _nothing():
            act = from_function(function)
        with pytest.raises(ValueError, match=r"quadrature errs by about .* more than the tolerance"):
            infinite_kernels([[scale]], depth=2, activation=act)
        assert np.isnan(jax.jit(lambda A, act=act: infinite_kernels(A, depth=2, activation=act)[1])([[scale]])).all()
        forced = infinite_kernels([[scale]], depth=2, activation=from_function(function, tolerance=math.inf))
        assert np.isfinite(forced[1]).all()


class _nothing:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False


def test_jax_functions_of_the_table_are_its_entries():
    assert infinite_kernels([[1.0]], depth=2, activation=jax.nn.relu)[1][0, 0] == 2.0
    for function, name in ((jax.nn.relu, "relu"), (jnp.tanh, "tanh"), (jax.nn.silu, "silu"), (jnp.sin, "sin")):
        assert ntklib.activation(function) is NAMED_ACTIVATIONS[name]
    assert ntklib.activation("linear") is NAMED_ACTIVATIONS["identity"]


@pytest.mark.parametrize("tolerance", [0.0, -1.0, math.nan])
def test_a_tolerance_must_be_positive(tolerance):
    with pytest.raises(ValueError, match="expected a number above 0"):
        from_function(jnp.tanh, tolerance=tolerance)


def test_kernels_that_leave_the_range_are_refused():
    with pytest.raises(ValueError, match="leaves the range of float32"):
        infinite_kernels(np.full((1, 1), 1e15, np.float32), depth=3, activation="quadratic")
