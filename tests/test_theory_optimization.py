"""Laws of the optimization chapter: Lipschitz bound, constants of the certificate, scale and labels, the frontier."""

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

import ntklib
from ntklib import plain
from ntklib.theory import lipschitz
from ntklib.theory.minimum_width.optimization import frontier as figure
from ntklib.theory.minimum_width.optimization import statements as theory
from ntklib.training import AntisymmetricNetwork, gradient_descent

needs_x64 = pytest.mark.skipif(jnp.result_type(float) != jnp.float64, reason="needs 64-bit precision")
EPS = float(np.finfo(float).eps)


@needs_x64
@pytest.mark.parametrize(("activation", "function"), [("tanh", "tanh"), ("sigmoid", jax.nn.sigmoid)])
@pytest.mark.parametrize("widths", [(5, 6, 1), (5, 6, 4, 1), (4, 3, 5, 3, 1)])
def test_the_proved_bound_is_above_second_derivatives_on_the_ball(widths, activation, function):
    net = ntklib.MLP(widths, function, "bombari")
    params = [jnp.asarray(W) for W in plain.draw(widths, "bombari", [1, 1])]
    X = np.random.default_rng(0).standard_normal((7, widths[0]))
    for radius in (0.01, 1.0):
        bound = lipschitz.jacobian_lipschitz_bound(params, X, radius, activation)
        found = lipschitz.jacobian_lipschitz_estimate(net, params, X, radius, points=3, steps=6)
        assert 0.005 * bound < found <= bound


@needs_x64
def test_the_bound_is_sharp_where_it_can_be():
    # one hidden neuron, one sample, a vanishing output weight: only the mixed derivative is left, 1 * slope * |x|
    params, X = [np.zeros((3, 1)), np.zeros((1, 1))], np.array([[0.0, 2.0, 0.0]])
    assert abs(lipschitz.jacobian_lipschitz_bound(params, X, 1e-9) - 2.0) < 1e-6
    net = ntklib.MLP((3, 1, 1), "tanh", "bombari")
    found = lipschitz.jacobian_lipschitz_estimate(net, [jnp.array(W) for W in params], X, 1e-9, points=1)
    assert abs(found - 2.0) < 1e-6


@needs_x64
def test_the_suprema_of_the_derivatives_are_right():
    z = jnp.linspace(-6, 6, 200_001)
    for name, function in (("tanh", jnp.tanh), ("sigmoid", jax.nn.sigmoid), ("softplus", jax.nn.softplus)):
        first = jax.vmap(jax.grad(function))
        second = jax.vmap(jax.grad(jax.grad(function)))
        assert float(jnp.abs(first(z)).max()) <= lipschitz.derivative_suprema("", name)[0] * (1 + 1e-12)
        assert abs(float(jnp.abs(second(z)).max()) - lipschitz.derivative_suprema("", name)[1]) < 1e-7


@needs_x64
def test_two_copies_turn_slower_by_root_two():
    task = theory.problem((4, 5, 1), 6, 0)
    one = lipschitz.jacobian_lipschitz_estimate(task.net.net, task.start[0], task.X, 1e-6, points=1, steps=20)
    two = lipschitz.jacobian_lipschitz_estimate(task.net, task.start, task.X, 1e-6, points=1, steps=20)
    assert abs(two * 2**0.5 / one - 1) < 0.01


@needs_x64
def test_a_scale_is_the_same_as_smaller_labels():
    task = theory.problem((4, 5, 1), 6, 0)
    scaled = AntisymmetricNetwork(task.net.net, 7.0)
    wanted = gradient_descent(scaled, task.start, task.X, task.Y, step_size=1e-4, steps=30)
    ours = theory.scaled_run(task, 7.0, 1e-4, 30)
    np.testing.assert_allclose(ours.loss, wanted.loss, rtol=1e4 * EPS)
    np.testing.assert_allclose(ours.path_length, wanted.path_length, rtol=1e4 * EPS)


def test_the_constants_of_the_theorem_follow_from_its_proof():
    for ratio in (1.0, 3.0, 100.0):  # largest over smallest singular value
        norm = ratio + 0.25
        tau, delta = 0.25, 1 / (8 * 4 * norm**2)  # eta gamma^2 beta^2; Lambda eta gamma |Y| at the threshold, sigma = 1
        assert delta <= 1 / 50 + 1e-12
        q = 2 - tau - delta
        assert q * 0.75**2 >= 0.97
        telescoped = 2 / (q * 0.75)
        assert max(telescoped, 1 / (4 * norm)) <= 1.55 < 2


@needs_x64
def test_the_certificate_is_consistent_and_tight_at_its_threshold():
    task = theory.problem((6, 6, 6, 1), 10, 1)
    known = theory.proved_certificate(task.start[0], task.X, task.Y)
    J = theory.one_copy_jacobian(task.start[0], task.X)
    values = np.linalg.svd(J, compute_uv=False)
    np.testing.assert_allclose([known.norm, known.sigma], values[[0, -1]], rtol=1e-8)
    assert known.valid
    assert abs(known.scale / known.threshold - 1) < 1e-4
    assert known.lipschitz * known.radius <= known.sigma / 4 * (1 + 1e-4)
    assert not theory.proved_certificate(task.start[0], task.X, task.Y, slack=0.99).valid


def test_without_full_rank_there_is_nothing_to_certify():
    params = plain.draw((3, 2, 1), "bombari", 0)
    X = np.random.default_rng(0).standard_normal((9, 3))
    with pytest.raises(ValueError, match=r"proved_certificate: sigma=0\.0; expected a finite number above 0"):
        theory.proved_certificate(params, X, np.ones(9))
    with pytest.raises(ValueError, match=r"jacobian_lipschitz_bound: activation='relu'; expected one with a bounded"):
        lipschitz.jacobian_lipschitz_bound(params, X, 1.0, "relu")


def test_the_frontier_is_interpolated_at_the_last_crossing_of_the_best_loss():
    runs = pd.DataFrame(
        [(10, N, 0, t, v - (t == 1)) for N, v in ((50, -8.0), (100, -4.0), (150, -7.0), (200, -1.0)) for t in (1, 2)],
        columns=["d", "N", "seed", "step", "log_loss"],
    )
    assert abs(figure.frontier(runs, 2, -5.0)["N_star"][0] - (150 + 50 * 3 / 6)) < 1e-12
    assert np.isnan(figure.frontier(runs, 2, 0.0)["N_star"][0])
    with pytest.raises(ValueError, match=r"best_so_far: step=7 was not recorded; expected one of \[1, 2\]"):
        figure.frontier(runs, 7, -5.0)


def test_the_shipped_frontier_holds_every_cell_and_is_what_the_code_computes():
    table = figure.cached_frontier()
    cells = {(c["d"], c["N"]) for c in figure.CELLS}
    assert {(d, N) for d, N in zip(table["d"], table["N"])} == cells
    assert len(table) == len(cells) * table["seed"].nunique() * figure.STEPS // figure.EVERY
    fresh = figure.frontier_cell(12, 432, seed=0, steps=500, every=500)[0]["log_loss"]
    [stored] = table.query("d == 12 and N == 432 and seed == 0 and step == 500")["log_loss"]
    assert abs(fresh - stored) < 0.1  # single precision, ten times the change from another order of summation
