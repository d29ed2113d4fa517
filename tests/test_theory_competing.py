"""Laws of the competition: what is recorded is what the proof means, the worst case is one, the bounds are in order."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import minimize

import ntklib
from ntklib.theory.polylog_width.competing import errors
from ntklib.theory.polylog_width.competing import proof as game
from ntklib.theory.polylog_width.setting import unit_digits
from ntklib.theory.polylog_width.tangent_features.statements import problem
from ntklib.theory.polylog_width.tangent_models import comparator


@pytest.fixture(scope="module")
def found():
    return game.compete(problem(*unit_digits(12, random_labels=True), 32, 3), 2.0)


def test_the_largest_gradient_is_that_of_automatic_differentiation():
    p = problem(*unit_digits(6), 16, 3)
    by_layer = jax.jacobian(lambda params: p.net(params, p.X))(p.params)
    norms = [np.linalg.norm(np.asarray(J).reshape(6, -1), axis=1).max() for J in by_layer]
    np.testing.assert_allclose(game.largest_gradient(p.net, p.params, p.X), max(norms), rtol=1e-10)
    np.testing.assert_allclose(max(norms), 4 * max(K.diagonal().max() for K in p.blocks) ** 0.5, rtol=1e-10)


def test_at_the_start_the_linearized_model_is_the_comparator_and_its_error_is_nothing(found):
    table = game.proof_table(found)
    assert table["error"][0] < 1e-9
    np.testing.assert_allclose(table["before"][0], np.sum(found.fit.norms**2) / 32, rtol=1e-6)
    np.testing.assert_allclose(found.run.observed["model"][0], found.fit.values, atol=1e-9)


def test_the_recorded_inner_product_is_that_of_the_gradient(found):
    """Second route: the gradient of the loss at a later point, by automatic differentiation."""
    p, eta = found.problem, found.step_size
    star = comparator(p.net, p.params, p.X, found.fit)
    params = p.params
    loss = jax.value_and_grad(lambda w: jnp.mean(jax.nn.softplus(-p.y * p.net(w, p.X))))
    for _ in range(3):
        params = jax.tree.map(lambda w, g: w - eta * g, params, loss(params)[1])
    value, slope = loss(params)
    table = game.proof_table(found)
    np.testing.assert_allclose(table["loss"][3], value, rtol=1e-9)
    inner = sum(jnp.sum(g * (w - s)) for g, w, s in zip(slope, params, star))
    np.testing.assert_allclose(table["inner"][3], inner, rtol=1e-8)
    far = sum(float(jnp.sum((w - s) ** 2)) for w, s in zip(params, star))
    np.testing.assert_allclose(table["before"][3], far, rtol=1e-9)


def test_one_step_follows_from_inner_product_and_gradient_exactly(found):
    table, eta = game.proof_table(found), found.step_size
    exact = table["before"] - 2 * eta * table["inner"] + eta**2 * table["gradient2"]
    np.testing.assert_allclose(table["next"], exact, rtol=1e-8)


def test_the_number_of_steps_makes_the_first_term_of_the_telescope_epsilon():
    T = game.steps_of_theorem(3, 128, 4.0, 0.002, 0.2)
    first = 3 * 4.0**2 / (128 * 0.002 * T)
    assert 0.2 * (1 - 1e-2) < first <= 0.2


def test_a_linear_network_has_no_linearization_error_and_a_relu_network_has_one():
    p = problem(*unit_digits(5), 32, 2)
    W, other = (errors.random_point(p.params, 0.2, jax.random.key(k)) for k in (1, 2))
    flat = ntklib.MLP((p.X.shape[1], 1), "relu", "standard")
    first, second = ((w[0][:, :1],) for w in (W, other))
    assert float(errors.linearization_error(flat, first, second, p.X)) < 1e-12
    assert float(errors.linearization_error(p.net, W, other, p.X)) > 1e-6


def test_the_search_never_finds_less_than_the_pairs_it_starts_from_and_stays_in_the_ball():
    p = problem(*unit_digits(5), 32, 3)
    assert errors.searched_error(p, 0.2, seed=1) > errors.sampled_error(p, 0.2, pairs=2, seed=1)
    far = errors._to_ball(p.params, errors.random_point(p.params, 5.0, jax.random.key(0)), 0.2)
    np.testing.assert_allclose([np.linalg.norm(a - b) for a, b in zip(far, p.params)], 0.2, rtol=1e-9)


def test_the_closed_form_of_the_worst_case_is_what_a_general_solver_finds():
    rng = np.random.default_rng(0)
    g, v, tau = rng.standard_normal(6) * 0.3, rng.standard_normal(6), 0.8
    best = 0.0
    for sign in (1, -1):
        weight = np.maximum(sign * v, 0)
        for start in range(20):
            x = np.abs(np.random.default_rng(start).standard_normal(6))
            ball = {"type": "ineq", "fun": lambda d: tau**2 - d @ d}
            answer = minimize(
                lambda d, w=weight: -w @ np.maximum(d - abs(g), 0),
                tau * x / np.linalg.norm(x),
                constraints=[ball],
                bounds=6 * [(0, None)],
                method="SLSQP",
            )
            best = max(best, -float(answer.fun))
    np.testing.assert_allclose(errors.switching_error(g, v, 1, tau), best, rtol=1e-5)


def test_the_worst_case_is_reached_by_weights_of_the_ball():
    """Build the displacement of the last hidden layer and compare its error with the closed form."""
    X, y = unit_digits(5)
    p, tau = problem(X[:1], y[:1], 64, 2), 0.3
    g, v = np.asarray(p.net.preactivations(p.params, p.X)[0][0]), np.asarray(p.params[1][:, 0])
    value = errors.switching_error(g, v, 64, tau)
    errors_found = []
    for sign in (1, -1):
        order = [j for j in np.argsort(np.abs(g / v)) if sign * v[j] > 0]
        for count in range(1, len(order) + 1):
            chosen = order[:count]
            push = np.zeros(64)
            push[chosen] = -np.sign(g[chosen]) * tau * np.abs(v[chosen]) / np.linalg.norm(v[chosen])
            other = (p.params[0] + np.outer(p.X[0], push), p.params[1])
            errors_found.append(float(errors.linearization_error(p.net, p.params, other, p.X)))
    np.testing.assert_allclose(max(errors_found), value, rtol=1e-9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p: game.compete(p, 8.0, most=10), r"the theorem asks for \d+ steps at radius=8.0 .* most=10"),
        (lambda p: game.compete(p, -1.0), "radius=-1.0"),
        (lambda p: game.step_size_of_proof(p, room=0.0), "step_size_of_proof: room=0.0"),
        (lambda p: errors.switching_error([1.0], [1.0], 1, 0.0), "switching_error: tau=0.0"),
    ],
)
def test_bad_arguments_are_refused_by_name(call, message):
    p = problem(*unit_digits(6), 16, 2)
    with pytest.raises(ValueError, match=message):
        call(p)
