"""Laws of the tangent-kernel chapter: layer terms, conversions, training, memorization, and its claims."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ntklib
from ntklib import datasets
from ntklib.theory.infinite_width.tangent_kernel import statements as tk

WIDTHS = (4, 9, 7, 1)


def problem(widths=WIDTHS, activation="relu", parametrization="ntk", N=11, seed=0):
    net = ntklib.MLP(widths, activation, parametrization)
    return net, net.init(jax.random.key(seed)), datasets.gaussian(jax.random.key(seed + 1), N, widths[0])


def eps(*arrays):
    return float(jnp.finfo(jnp.result_type(*arrays)).eps)


@pytest.mark.both_precisions
@pytest.mark.parametrize("outputs", [1, 3])
def test_layer_terms_are_the_grams_of_the_columns_of_the_jacobian_that_belong_to_their_layer(outputs):
    net, params, X = problem((4, 9, 7, outputs))
    J = np.asarray(tk.flat_jacobian(net, params, X))
    ends = np.cumsum([W.size for W in params])
    columns = np.split(J, ends[:-1], axis=1)
    for K_l, J_l in zip(tk.layer_blocks(net, params, X), columns, strict=True):
        expected = J_l @ J_l.T
        assert np.abs(tk.output_blocks(K_l) - expected).max() <= 50 * eps(X) * np.abs(expected).max()


def test_output_blocks_orders_rows_by_sample_then_output():
    K = np.arange(2 * 3 * 2 * 2).reshape(2, 3, 2, 2)
    flat = tk.output_blocks(K)
    assert flat.shape == (4, 6)
    assert flat[2 * 1 + 0, 2 * 2 + 1] == K[1, 2, 0, 1]
    with pytest.raises(ValueError, match=r"output_blocks: K has shape \(3,\); expected \(N, N2\)"):
        tk.output_blocks(np.zeros(3))


def test_linearized_residuals_equal_repeated_multiplication():
    A = np.random.default_rng(0).standard_normal((6, 6))
    K, r0 = A @ A.T, np.arange(6.0)
    eta = 1.3 / np.linalg.eigvalsh(K)[-1]
    r, rows = r0, tk.linearized_residuals(K, r0, eta, 25)
    for t in range(26):
        assert np.abs(rows[t] - r).max() <= 200 * np.finfo(float).eps * np.linalg.norm(r0)
        r = r - eta * K @ r
    assert np.array_equal(tk.linearized_residuals(K, r0, eta, [3, 25]), rows[[3, 25]])


def test_linearized_residuals_name_what_does_not_fit():
    with pytest.raises(ValueError, match=r"linearized_residuals: residual has shape \(3,\); expected \(2,\)"):
        tk.linearized_residuals(np.eye(2), np.ones(3), 0.1, 2)
    with pytest.raises(ValueError, match=r"step_size=0\.0; expected a finite number above 0"):
        tk.linearized_residuals(np.eye(2), np.ones(2), 0.0, 2)


def test_the_memorizing_direction_is_the_shortest_solution():
    net, params, X = problem(activation="tanh")
    Y = np.linspace(-1, 1, len(X))
    direction = tk.memorizing_direction(net, params, X, Y)
    flat = np.concatenate([np.ravel(v) for v in direction])
    J = np.asarray(tk.flat_jacobian(net, params, X))
    shortest = np.linalg.pinv(J) @ Y
    condition = np.linalg.cond(J) ** 2
    assert np.linalg.norm(flat - shortest) <= 10 * np.finfo(float).eps * condition * np.linalg.norm(shortest)
    K = np.asarray(ntklib.empirical_ntk(net, params, X))
    assert np.isclose(flat @ flat, Y @ np.linalg.solve(K, Y), rtol=100 * np.finfo(float).eps * condition)
    assert flat @ flat <= Y @ Y / np.linalg.eigvalsh(K)[0]


def test_the_difference_quotient_misses_labels_of_duplicated_inputs_by_half_their_difference():
    net, params, X = problem(activation="tanh")
    X, Y = X.at[1].set(X[0]), np.zeros(len(X))
    Y[:2] = 1.0, -1.0
    fit = tk.difference_quotient(net, params, tk.memorizing_direction(net, params, X, Y), 1e-5)
    assert np.allclose(fit(X), 0.0, atol=1e-3)


def test_memorizer_refuses_labels_and_steps_that_do_not_fit():
    net, params, X = problem()
    with pytest.raises(ValueError, match=r"memorizing_direction: Y has shape \(3,\); expected \(11,\)"):
        tk.memorizing_direction(net, params, X, np.ones(3))
    with pytest.raises(ValueError, match=r"difference_quotient: epsilon=-1\.0; expected a finite number above 0"):
        tk.difference_quotient(net, params, params, -1.0)


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "abs", "identity"])
def test_block_scalars_turn_terms_of_standard_draws_into_those_of_any_parametrization(activation):
    generator = np.random.default_rng(5)
    s, m = generator.uniform(0.3, 3.0, (2, 3))
    plain, params, X = problem(activation=activation, parametrization="standard")
    scaled = ntklib.MLP(WIDTHS, activation, ntklib.Parametrization(tuple(s), tuple(m)))
    blocks = tk.layer_blocks(scaled, tuple(a * Z for a, Z in zip(s, params, strict=True)), X)
    reference = tk.layer_blocks(plain, params, X)
    for alpha, K, expected in zip(tk.block_scalars(WIDTHS, scaled.parametrization), blocks, reference, strict=True):
        assert np.abs(K - alpha * expected).max() <= 100 * eps(X) * np.abs(K).max()


@pytest.mark.parametrize("activation", ["tanh", "gelu", "sin"])
def test_equal_effective_variances_give_the_block_factors_for_every_activation(activation):
    ntk, params, X = problem(activation=activation)
    s = (0.7, 2.0, 1.3)
    m = tuple(v**0.5 / a for v, a in zip(ntk.parametrization.effective_variance, s, strict=True))
    other = ntklib.MLP(WIDTHS, activation, ntklib.Parametrization(s, m))
    theirs = tuple(a * W for a, W in zip(s, params, strict=True))
    assert np.allclose(other(theirs, X), ntk(params, X), rtol=0, atol=1e-13)
    for a, K, reference in zip(s, tk.layer_blocks(other, theirs, X), tk.layer_blocks(ntk, params, X), strict=True):
        assert np.abs(a**2 * K - reference).max() <= 100 * eps(X) * np.abs(reference).max()


def test_limit_weights_agree_with_the_formulas_of_the_dictionary():
    d, m, q = widths = (5, 30, 80)
    widths = (*widths, 1)
    fans = np.array([d, m, q])
    assert np.allclose(tk.limit_weights(widths, "ntk"), 1)
    assert np.allclose(tk.limit_weights(widths, "terjek"), 1)
    assert np.allclose(tk.limit_weights(widths, "nguyen"), m * q / 4)
    assert np.allclose(tk.limit_weights(widths, "he"), fans / d)
    assert np.allclose(tk.limit_weights(widths, "lecun"), fans / (4 * d))
    assert np.allclose(tk.limit_weights(widths, "bombari"), q / (4 * d) * np.array([d, m, 1]))
    assert np.allclose(tk.limit_weights((d, m, m, 1), "chen"), np.array([m / 2, m / 2, m]))
    with pytest.raises(ValueError, match="limit_weights: activation 'tanh' is not positively homogeneous"):
        tk.limit_weights(widths, "ntk", activation="tanh")


@pytest.mark.parametrize("activation", ["relu", "abs", "erf"])
def test_limiting_terms_add_up_to_the_limiting_kernel(activation):
    X = datasets.gaussian(jax.random.key(3), 7, 5)
    c = 1 / ntklib.activation(activation).second_moment
    _, K = ntklib.infinite_kernels(X, depth=4, activation=activation, weight_variance=c)
    total = sum(tk.limiting_blocks(X, 4, activation))
    # the recursion in covariances knows an angle to about the square root of rounding: coincident rows included
    assert np.abs(total - K).max() <= 4 * np.sqrt(eps(X)) * np.abs(K).max()
    off = ~np.eye(7, dtype=bool)
    assert np.abs(total - K)[off].max() <= 1e3 * eps(X) * np.abs(K).max()


def test_above_a_dead_first_layer_pre_activations_are_zero_and_stay_so_and_nowhere_else():
    rng, X = np.random.default_rng(0), np.random.default_rng(1).standard_normal((1, 5))
    zero = 0
    for _ in range(2000):
        W1, W2 = rng.standard_normal((5, 2)), rng.standard_normal((2, 3))
        above = np.maximum(X @ W1, 0) @ W2
        dead = bool((X @ W1 <= 0).all())
        assert (above == 0).all() == dead == (above == 0).any()
        if dead:
            step = 0.5 * np.abs(X @ W1).min() / np.linalg.norm(X) / 5**0.5
            assert (np.maximum(X @ (W1 + step * rng.uniform(-1, 1, W1.shape)), 0) == 0).all()
        zero += dead
    assert abs(zero / 2000 - 0.25) < 4 * (0.25 * 0.75 / 2000) ** 0.5


def test_the_schur_bound_of_one_output_is_false_for_two():
    """One sample, widths (3, 1, 2): K = f² I + |x|² b bᵀ, whose least eigenvalue is f², below the bound's form."""
    X, W, v = np.array([[0.5, 1.0, -0.3]]), np.array([[0.7], [0.4], [0.2]]), np.array([[0.6, -1.1]])
    net = ntklib.MLP((3, 1, 2), "relu", "standard")
    K = np.asarray(ntklib.empirical_ntk(net, [jnp.asarray(W), jnp.asarray(v)], X))[0, 0]
    f2, x2 = float((X @ W)[0, 0]) ** 2, float((X**2).sum())
    np.testing.assert_allclose(K, f2 * np.eye(2) + x2 * np.outer(v, v), rtol=1e-5)
    assert np.linalg.eigvalsh(K)[0] == pytest.approx(f2, rel=1e-4)
    assert f2 < 0.7 * (f2 + x2 * (v**2).min())
