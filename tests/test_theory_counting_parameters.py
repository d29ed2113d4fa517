"""Laws of the counting chapter: modular ranks, Taylor series, ceilings and the symmetries behind them."""

from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ntklib
from ntklib import plain
from ntklib.theory.infinite_width.tangent_kernel.statements import flat_jacobian
from ntklib.theory.minimum_width.counting_parameters import ceilings, exact, modular
from ntklib.theory.minimum_width.setting import block_jacobian

P = modular.PRIME
needs_x64 = pytest.mark.skipif(jnp.result_type(float) != jnp.float64, reason="needs 64-bit precision")


def residue(value) -> int:
    value = Fraction(value)
    return value.numerator * pow(value.denominator, -1, P) % P


@pytest.mark.parametrize("rank", [0, 1, 5, 8])
def test_the_modular_rank_of_a_product_is_that_of_its_factors_in_any_orientation(rank):
    rng = np.random.default_rng(rank)
    A = rng.integers(-50, 50, (12, rank)) @ rng.integers(-50, 50, (rank, 9))
    A[:, 0] = 0
    expected = np.linalg.matrix_rank(A)
    assert exact.rank_modulo(A) == exact.rank_modulo(A.T) == exact.rank_modulo(A[::-1] - 7 * P) == expected


def test_the_modular_rank_may_only_fall_short():
    assert exact.rank_modulo([[P, 0], [0, 1]]) == 1
    assert exact.rank_modulo(np.diag([P - 1, P + 1, 2])) == 3


def test_series_of_the_activations_are_those_of_calculus():
    g = np.zeros((1, 8), np.int64)
    g[0, 1] = 1
    h, slope = modular.tanh_series(g)
    assert h[0].tolist() == [residue(c) for c in (0, 1, 0, Fraction(-1, 3), 0, Fraction(2, 15), 0, Fraction(-17, 315))]
    assert slope[0].tolist()[:7] == [residue(c) for c in (1, 0, -1, 0, Fraction(2, 3), 0, Fraction(-17, 45))]
    g[0, 2] = 5
    cube, slope = modular.power_series(g, 3)
    assert cube[0, :5].tolist() == [0, 0, 0, 1, 15]
    assert slope[0, :4].tolist() == [0, 0, 3, 30]


@needs_x64
@pytest.mark.parametrize("activation", ["tanh", "square"])
def test_gradient_series_are_derivatives_of_the_network_along_a_line(activation):
    widths, order = (2, 2, 2, 1), 3
    weights, directions = exact._draw(widths, 2, 0)
    small, way = [W % 7 - 3.0 for W in weights], directions % 5 - 2.0
    phi = {"tanh": jnp.tanh, "square": jnp.square}[activation]

    def f(theta, x):
        for W in theta[:-1]:
            x = phi(x @ W)
        return (x @ theta[-1])[0]

    def derivatives(direction):
        function = lambda t: jnp.concatenate([g.ravel() for g in jax.grad(f)(small, t * direction)])
        rows = []
        for k in range(order + 1):
            rows.append(function(0.0) / max(1, np.prod(np.arange(1, k + 1))))
            function = jax.jacfwd(function)
        return np.array(rows)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exact, "_draw", lambda *_: ([W.astype(int) % P for W in small], way.astype(int) % P))
        series = exact.gradient_series(widths, activation, lines=2, order=order)
    expected = np.vstack([derivatives(jnp.array(a)) for a in way]) * 3.0
    assert np.abs(expected - np.round(expected)).max() < 1e-3
    centred = (3 * series + P // 2) % P - P // 2
    np.testing.assert_array_equal(centred, np.round(expected))


@needs_x64
def test_the_jacobian_is_that_of_automatic_derivatives_in_the_order_of_the_weights():
    widths = (4, 6, 5, 1)
    params, X = plain.draw(widths, "bombari", 3), np.random.default_rng(0).standard_normal((7, 4))
    J = ceilings.jacobian(params, X)
    net = ntklib.MLP(widths, "tanh", "standard")
    other = np.asarray(flat_jacobian(net, [jnp.array(W) for W in params], X))
    np.testing.assert_allclose(J, other, rtol=1e-12, atol=1e-13)
    np.testing.assert_array_equal(J[:, 24:54], block_jacobian(params, X))


def test_a_generic_rank_bounds_the_rank_on_samples_and_is_attained_by_enough_of_them():
    for widths in ((5, 4, 1), (4, 3, 3, 1)):
        J = ceilings.jacobian(
            plain.draw(widths, "bombari", 1), np.random.default_rng(1).standard_normal((90, widths[0]))
        )
        rank, last, rest = ceilings.numerical_rank(J)
        assert rank == exact.generic_rank(widths) == plain.parameter_count(widths)
        assert last > 1e-9
        assert rest == 0.0


@pytest.mark.parametrize("widths", [(6, 3, 2, 2, 1), (20, 2, 2, 1), (20, 3, 1, 6, 1), (1, 3, 2, 1), (2, 2, 2, 2, 1)])
def test_narrow_networks_of_large_dimension_lose_nothing_either(widths):
    assert exact.generic_rank(widths) == plain.parameter_count(widths)


def test_layers_have_no_more_rank_together_than_apart():
    widths = (3, 4, 3, 1)
    for activation in ("tanh", "square", "cube", "linear"):
        whole = exact.generic_rank(widths, activation)
        blocks = [exact.generic_rank(widths, activation, layer=layer) for layer in (1, 2, 3)]
        assert max(blocks) <= whole <= sum(blocks)


@pytest.mark.parametrize(("d", "n"), [(3, 2), (4, 4), (3, 7)])
def test_the_quadratic_rank_is_the_dimension_of_the_span_of_products(d, n):
    W = np.random.default_rng(0).standard_normal((d, n))
    forms = [np.outer(e, w) + np.outer(w, e) for e in np.eye(d) for w in W.T]
    assert ceilings.quadratic_rank(d, n) == np.linalg.matrix_rank(np.reshape(forms, (d * n, -1)))
    assert ceilings.quadratic_rank(d, n) <= ceilings.monomial_count(d, 2) == d * (d + 1) // 2


@pytest.mark.parametrize(
    ("widths", "rank"),
    [
        ((2, 4, 1), 3),
        ((2, 5, 1), 3),
        ((3, 6, 1), 6),
        ((3, 3, 6, 1), 12),
        ((2, 3, 3, 1), 5),
        ((3, 4, 3, 1), 15),
        ((3, 5, 2, 1), 11),
        ((4, 6, 3, 1), 27),
    ],
)
def test_the_cuts_bound_square_networks_by_a_second_route_and_counting_all_rotations_does_not(widths, rank):
    X = np.random.default_rng(0).standard_normal((80, widths[0]))
    params = plain.draw(widths, "bombari", 1)
    J = ceilings.jacobian(params, X / np.linalg.norm(X, axis=1, keepdims=True), "quadratic")
    assert ceilings.numerical_rank(J)[0] == exact.generic_rank(widths, "square") == rank
    assert ceilings.quadratic_ceiling(widths) == rank


def test_the_cuts_are_the_quadratic_rank_for_one_layer_and_never_below_an_exact_rank():
    for d, n in ((1, 4), (3, 2), (4, 4), (3, 7)):
        assert ceilings.quadratic_ceiling((d, n, 1)) == ceilings.quadratic_rank(d, n)
    rng = np.random.default_rng(5)
    for _ in range(40):
        widths = (*rng.integers(1, 5, size=rng.integers(2, 6)).tolist(), 1)
        assert exact.generic_rank(widths, "square") <= ceilings.quadratic_ceiling(widths)
    assert (exact.generic_rank((4, 5, 3, 1), "square"), ceilings.quadratic_ceiling((4, 5, 3, 1))) == (26, 27)
    old = plain.parameter_count((2, 4, 1)) - 4 - 6
    assert old < exact.generic_rank((2, 4, 1), "square")


@pytest.mark.parametrize("W", [[[0.0], [0.0]], [[1.0, -1.0], [0.5, -0.5]]])
def test_a_zero_or_an_opposite_column_costs_the_tanh_theorem_a_parameter(W):
    X = np.random.default_rng(0).standard_normal((40, 2))
    full = [np.array([[1.0, -2.0], [0.5, 1.0]]), np.array([[1.5], [-0.7]])]
    lost = [np.array(W), full[1][: len(W[0])]]
    for params, loses in ((full, False), (lost, True)):
        P = sum(A.size for A in params)
        assert (ceilings.numerical_rank(ceilings.jacobian(params, X))[0] < P) is loses


def test_the_cubic_count_fails_only_at_the_exception_of_alexander_and_hirschowitz():
    for n in (6, 7, 8):
        expected = min(5 * n, ceilings.monomial_count(5, 3))
        assert exact.generic_rank((5, n, 1), "cube") == expected - (n == 7)


def test_integer_networks_are_networks():
    widths, seed = (4, 5, 3, 1), 2
    residues = exact.integer_relu_jacobian(widths, 40, seed, scale=10)
    rng = np.random.default_rng([seed, 17])
    params = [rng.integers(-10, 11, size=s).astype(float) for s in ((4, 5), (5, 3), (3, 1))]
    J = ceilings.jacobian(params, rng.integers(-10, 11, size=(40, 4)), "relu")
    np.testing.assert_array_equal(residues, J.astype(np.int64) % P)
    np.testing.assert_array_equal(exact.integer_relu_jacobian(widths, 40, seed, layer=2, scale=10), residues[:, 20:35])
    assert exact.rank_modulo(residues) == np.linalg.matrix_rank(J)


def test_invisible_parameters_are_null_directions():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60, 3)) @ rng.standard_normal((3, 5))
    widths = (5, 4, 1)
    assert ceilings.visible_parameters(widths, X) == 4 * 3 + 4
    assert ceilings.numerical_rank(ceilings.jacobian(plain.draw(widths, "bombari", 0), X))[0] == 16


def test_a_column_that_is_seen_once_counts_once():
    X = np.random.default_rng(0).standard_normal((60, 4)) * [1.0, 1.0, 1.0, 0.0]
    widths = (4, 3, 1)
    for seen in range(5):
        X[:seen, 3] = 1.0
        found = ceilings.numerical_rank(ceilings.jacobian(plain.draw(widths, "bombari", 0), X))[0]
        assert found == ceilings.sparse_ceiling(widths, X) == 12 + min(seen, 3)


def test_messages_say_what_was_expected():
    with pytest.raises(ValueError, match=r"rank_modulo: received float64 of shape \(2, 2\); expected a matrix of int"):
        exact.rank_modulo(np.eye(2))
    with pytest.raises(ValueError, match=r"widths=\(3, 2\); expected \(n_0, …, 1\), one output"):
        exact.generic_rank((3, 2))
    with pytest.raises(ValueError, match=r"activation='relu'; expected 'tanh', 'linear', 'square' or 'cube'"):
        exact.generic_rank((3, 1), "relu")
    with pytest.raises(ValueError, match=r"layer=3; expected a number from 1 to 2"):
        exact.generic_rank((3, 2, 1), layer=3)
    with pytest.raises(ValueError, match=r"scale=1000 may exceed 63 bits; lower scale"):
        exact.integer_relu_jacobian((10, 10, 10, 10, 10, 1), 5, scale=1000)
    with pytest.raises(ValueError, match=r"visible_parameters: X has shape \(2, 2\); expected \(N, 3\)"):
        ceilings.visible_parameters((3, 2, 1), np.eye(2))
    with pytest.raises(ValueError, match=r"numerical_rank: J has shape \(2, 2\); expected a matrix with nonzero"):
        ceilings.numerical_rank(np.zeros((2, 2)))
