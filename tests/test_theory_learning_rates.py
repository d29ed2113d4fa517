"""Laws of the chapter on step sizes: the family, two routes to one run, the limit, the catapult, the shipped table."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ntklib
from ntklib.theory.wide_networks.learning_rates import descent
from ntklib.theory.wide_networks.learning_rates import statements as theory
from ntklib.theory.wide_networks.learning_rates import step_sizes as sweeps
from ntklib.theory.wide_networks.setting import (
    mean_squared_loss,
    sample_kernel,
    sphere_task,
    starts,
)

needs_x64 = pytest.mark.skipif(jnp.result_type(float) != jnp.float64, reason="needs 64-bit precision")
EPS = float(np.finfo(float).eps)


@pytest.mark.parametrize("name", theory.FAMILY)
def test_the_family_starts_as_one_function_up_to_the_output(name):
    widths, m = (3, 25, 25, 25, 1), 25
    here, ntk = theory.family_member(name, widths), theory.family_member("ntk", widths)
    ratio = np.array(here.effective_variance) / ntk.effective_variance
    np.testing.assert_allclose(ratio, [1, 1, 1, 1 / m if name == "mup" else 1], rtol=10 * EPS)


def test_standard_is_ntk_rescaled_above_the_first_layer():
    widths = (3, 16, 16, 1)
    ours = theory.rescale_layers(theory.family_member("ntk", widths), (1, 4, 4))
    wanted = theory.family_member("standard", widths)
    np.testing.assert_allclose(ours.init_std, wanted.init_std, rtol=10 * EPS)
    np.testing.assert_allclose(ours.multiplier, wanted.multiplier, rtol=10 * EPS)


def test_an_unknown_member_is_refused():
    with pytest.raises(ValueError, match=r"family_member: name='sp'; expected one of 'ntk', 'standard', 'mup'"):
        theory.family_member("sp", (3, 4, 1))


@needs_x64
@pytest.mark.parametrize(("activation", "variance"), [("tanh", 1.0), ("relu", 2.0)])
def test_the_plain_loop_is_gradient_descent_and_its_blocks_are_the_kernel(activation, variance):
    X, y = sphere_task(6, 4, seed=1)
    net = ntklib.MLP((4, 9, 7, 1), activation, "ntk", weight_variance=variance)
    params = net.init(jax.random.key(0))
    run = ntklib.gradient_descent(net, params, X, y, loss=mean_squared_loss, step_size=0.7, steps=20)
    losses, end = descent.layered_descent(params, net.parametrization.multiplier, X, y, 0.7, 20, activation)
    np.testing.assert_allclose(losses, run.loss, rtol=1e5 * EPS)
    for ours, wanted in zip(end, run.params):
        np.testing.assert_allclose(ours, wanted, rtol=0, atol=1e4 * EPS)
    blocks = descent.tangent_blocks(params, net.parametrization.multiplier, X, activation)
    np.testing.assert_allclose(blocks.sum(0), sample_kernel(net, params, X), rtol=0, atol=100 * EPS)


@needs_x64
@pytest.mark.parametrize("name", theory.FAMILY)
def test_a_sweep_is_gradient_descent_from_labels_counted_from_the_start(name):
    (X, y), widths, sizes = sphere_task(6, 4, seed=1), (4, 8, 8, 1), [0.05, 0.2, 1e4]
    rows = sweeps.step_size_sweep(name, widths, X, y, sizes, seeds=[0, 3], steps=60)
    net = ntklib.MLP(widths, "tanh", theory.family_member(name, widths))
    first = starts(net, [0, 3])
    for i, seed in enumerate([0, 3]):
        start = jax.tree.map(lambda W, i=i: W[i], first)
        for eta in sizes[:2]:
            run = ntklib.gradient_descent(
                net, start, X, y + net(start, X), loss=mean_squared_loss, step_size=eta, steps=60
            )
            row = rows[(rows["seed"] == seed) & (rows["eta"] == eta)].iloc[0]
            np.testing.assert_allclose(row[["start", "loss"]], run.loss[jnp.array([0, -1])], rtol=1e6 * EPS)
    assert np.isinf(rows.loc[rows["eta"] == 1e4, "loss"]).all()


def test_the_limit_is_the_linear_recursion_in_the_mean():
    rng = np.random.default_rng(0)
    A, R = rng.standard_normal((2, 5, 5))
    K, y, eta, T = A @ A.T, rng.standard_normal(5), 0.3, 4
    M = np.linalg.matrix_power(np.eye(5) - eta * K / 5, T)
    wanted = (np.sum((M @ R) ** 2) + np.sum((M @ y) ** 2)) / 10
    np.testing.assert_allclose(theory.infinite_width_loss(K, R @ R.T, y, [eta], T), [wanted], rtol=1e5 * EPS)


def test_a_linear_model_is_stable_up_to_two_over_its_eigenvalue():
    X = np.array([[1.0, 0.0], [0.0, 3.0]])
    start = [np.zeros((2, 1))]
    step = descent.largest_stable_step(start, (1.0,), X, [0.0, 1.0], steps=300, halvings=14, activation="linear")
    assert abs(step * 9 / 2 / 2 - 1) < 2e-3


def test_the_catapult_keeps_its_region_and_its_angle_is_tripled_at_four():
    rng = np.random.default_rng(0)
    x = rng.uniform(0.1, 4, 200)
    orbit = theory.catapult_orbit(x, x**2 / 4 * rng.uniform(0, 1, 200), 50)
    assert (orbit.z <= orbit.x**2 / 4 * (1 + 1e-9)).all()
    assert (np.diff(orbit.x, axis=0) <= 0).all()
    angle = 0.3
    at_four = theory.catapult_orbit(4.0, 4 * np.sin(angle) ** 2, 5)
    np.testing.assert_allclose(at_four.z, 4 * np.sin(angle * 3.0 ** np.arange(6)) ** 2, rtol=1e-10)


def test_stable_stops_at_the_first_rise():
    table = sweeps.pd.DataFrame({"m": 8, "exponent": [0.0, 1.0, 2.0, 3.0], "ratio": [0.5, 0.4, 2.0, 0.1]})
    found = sweeps.best_steps(table, ["m"]).loc[0]
    assert (found["best"], found["stable"]) == (3.0, 1.0)


def test_the_shipped_table_holds_every_cell():
    table = sweeps.cached_step_sizes()
    for m, seeds in sweeps.WIDTHS.items():
        for name in theory.FAMILY:
            cell = table[(table["name"] == name) & (table["m"] == m)]
            assert set(cell["seed"]) == set(range(seeds))
            assert len(cell) == seeds * len(sweeps.sweep_exponents(name, m))
            assert set(cell["exponent"]) == set(sweeps.sweep_exponents(name, m))


def test_the_peak_of_a_catapult_from_three_lies_between_a_tenth_and_nine_quarters():
    peaks = theory.catapult_orbit(np.full(60, 3.0), np.geomspace(1e-9, 0.1, 60), 80).z.max(axis=0)
    assert peaks.min() >= 0.1
    assert peaks.max() <= 9 / 4
    assert theory.catapult_orbit(1.9, 1e-6, 80).z.max() == 1e-6  # below two there is no climb
