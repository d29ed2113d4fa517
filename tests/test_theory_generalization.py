"""Laws of the generalization chapter: exponents, the crossing, the pass of SGD by a second route, messages."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ntklib
from ntklib.theory.polylog_width.generalization import statements as risk
from ntklib.theory.setting import parity_cube

needs_x64 = pytest.mark.skipif(jnp.result_type(float) != jnp.float64, reason="needs 64-bit precision")


def test_the_branches_have_the_stated_exponents():
    first = risk.margin_branch(100, 1000, 5, 3)
    np.testing.assert_allclose(risk.margin_branch(400, 1000, 5, 3), 2 * first)
    np.testing.assert_allclose(risk.margin_branch(100, 4000, 10, 3, constant=3.0), 3 * first)
    np.testing.assert_allclose(risk.margin_branch(100, 1000, 5, 6), 4**3 * 4 * first)
    limit = risk.kernel_branch(1e60, 1000, 5, 3)
    np.testing.assert_allclose(limit, 3**1.5 * 5 / 1000**0.5, rtol=1e-6)
    rest = [risk.kernel_branch(m, 1e60, 5, 3) for m in (100, 6400)]
    np.testing.assert_allclose(rest[0] / rest[1], 2, rtol=1e-6)


@pytest.mark.parametrize("n", [10, 1e4, 1e9])
@pytest.mark.parametrize("R", [0.5, 30])
@pytest.mark.parametrize("L", [2, 4, 7])
def test_the_branches_cross_once_and_in_the_right_order(n, R, L):
    m = risk.crossover_width(n, R, L)
    np.testing.assert_allclose(risk.margin_branch(m, n, R, L), risk.kernel_branch(m, n, R, L), rtol=1e-9)
    assert risk.margin_branch(m / 2, n, R, L) < risk.kernel_branch(m / 2, n, R, L)
    assert risk.margin_branch(2 * m, n, R, L) > risk.kernel_branch(2 * m, n, R, L)
    assert m >= 8.0**-L * L**2.5 * R**0.5 * n**0.75


def test_the_sgd_bounds_are_sums_of_their_terms():
    np.testing.assert_allclose(risk.sgd_bound(100, 2.0, 3, 0.01, 0.1), (8 * 36 + 8 * np.log(20)) / 100 + 0.24)
    factor = 2 * np.e / (np.e - 1)
    np.testing.assert_allclose(
        risk.online_bound(100, 0.5, 0.1, 0.01, 0.1), factor * (0.05 + 0.02 + np.log(10) / 100), rtol=1e-12
    )


@pytest.mark.parametrize("a", np.linspace(0, 1, 7))
def test_the_convexity_behind_the_martingale(a):
    assert np.exp(-a) <= 1 - (1 - np.exp(-1)) * a + 1e-15


@needs_x64
def test_a_pass_is_that_of_the_training_loop():
    d, n, m, seed = 3, 40, 16, 4
    run = risk.xor_pass(d, n, m, 1, rate=0.7, seed=seed)
    rng = np.random.default_rng([seed, 37])
    X, y = parity_cube(d)
    W, v = rng.normal(0, np.sqrt(2 / m), (1, d, m))[0], rng.normal(0, np.sqrt(1 / m), (1, m))[0]
    drawn = rng.integers(len(y), size=(n, 1))[:, 0]
    net = ntklib.MLP((d, m, 1), "relu", "chen")

    def slopes(params):
        z = y * net(params, X)
        return jax.nn.sigmoid(-z).mean(), jnp.mean(z <= 0)

    other = ntklib.gradient_descent(
        net,
        (jnp.asarray(W), jnp.asarray(v[:, None])),
        X[drawn],
        y[drawn],
        loss="logistic",
        step_size=0.7 / m,
        steps=n,
        batch_size=1,
        sampling="one_pass",
        observe=slopes,
    )
    np.testing.assert_allclose(run.expected[0], other.observed[0][:-1], rtol=1e-9)
    np.testing.assert_array_equal(run.errors[0], other.observed[1][:-1])


def test_slopes_are_unbiased_for_their_means():
    run = risk.xor_pass(3, 1, 20, 4000)
    gap = run.slopes - run.expected
    assert abs(gap.mean()) < 4.5 * gap.std() / np.sqrt(gap.size)
    assert np.all((run.slopes > 0) & (run.slopes < 1))


def test_messages_say_what_was_expected():
    with pytest.raises(ValueError, match=r"margin_branch: width=-1"):
        risk.margin_branch(-1, 10, 1.0, 2)
    with pytest.raises(ValueError, match=r"crossover_width: radius=0"):
        risk.crossover_width(10, 0, 2)
    with pytest.raises(ValueError, match=r"xor_pass: rate=0"):
        risk.xor_pass(3, 5, 4, 1, rate=0.0)
