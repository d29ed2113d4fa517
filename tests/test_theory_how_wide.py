"""Laws of the chapter "How wide?": samples, the search, the comparison of laws, networks written down."""

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

import ntklib
from ntklib.theory.polylog_width.how_wide import (
    fits as how_wide_fits,
)
from ntklib.theory.polylog_width.how_wide import (
    reasons as how_wide_reasons,
)
from ntklib.theory.polylog_width.how_wide import (
    search as how_wide,
)


@pytest.mark.parametrize("data", list(how_wide.SOURCES))
def test_samples_are_unit_distinct_and_share_their_inputs_between_labellings(data):
    X, y = how_wide.training_set(data, "true", 60, 3)
    other, z = how_wide.training_set(data, "random", 60, 3)
    assert jnp.array_equal(X, other)
    assert float(jnp.abs(jnp.linalg.norm(X, axis=1) - 1).max()) < 1e-5
    assert len(np.unique(np.asarray(X), axis=0)) == 60
    assert set(y.tolist()) == set(z.tolist()) == {-1.0, 1.0}
    assert float(z.sum()) == 0.0


def test_samples_that_do_not_exist_are_refused():
    with pytest.raises(ValueError, match="training_set: n=366; expected at most 365"):
        how_wide.training_set("3 vs 5", "true", 366, 0)
    with pytest.raises(ValueError, match="labels='shuffled'; expected data in"):
        how_wide.training_set("XOR", "shuffled", 8, 0)


def test_hits_agree_with_one_run_of_gradient_descent():
    m, n, rate = 12, 20, 0.5
    with jax.enable_x64(False):
        hits = how_wide.first_hits("XOR", "true", 3, n, m, steps=500, rate=rate, runs=2)
        for run, hit in enumerate(hits):
            X, y = how_wide.training_set("XOR", "true", n, run)
            net = ntklib.MLP((12, m, m, 1), "relu", "chen")
            start = net.init(jax.random.fold_in(jax.random.key(run), m))
            settings = {"loss": "logistic", "step_size": rate / m, "steps": 500, "record_every": 25}
            path = ntklib.gradient_descent(net, start, X, y, **settings, record_outputs=True)
            right = (np.asarray(y * path.outputs) > 0).all(axis=1)
            assert hit == (25 * right.argmax() if right.any() else -1)


def test_a_budget_in_chunks_is_the_budget_in_one():
    with jax.enable_x64(False):
        whole, parts = (
            how_wide.first_hits("XOR", "random", 3, 24, 10, steps=1000, runs=2, chunk=chunk) for chunk in (1000, 250)
        )
    assert whole.tolist() == parts.tolist()


def test_impossible_budgets_are_refused():
    with pytest.raises(ValueError, match=r"first_hits: steps=700, chunk=500; expected multiples"):
        how_wide.first_hits("XOR", "true", 3, 8, 4, steps=700)


@pytest.mark.parametrize("threshold", [1, 2, 3, 7, 8, 9, 33, 250, 256])
def test_bisection_finds_every_threshold_of_the_grid(threshold):
    tried = how_wide.bisect_widths(lambda m: np.array([0 if m >= threshold else -1]), runs=1)
    expected = min(m for m in how_wide.WIDTHS if m >= threshold)
    assert min(m for m, hit in tried.items() if hit[0] >= 0) == expected
    below = [m for m in how_wide.WIDTHS if m < expected]
    assert not below or below[-1] in tried
    assert len(tried) <= 11


def test_bisection_ends_when_nothing_succeeds():
    tried = how_wide.bisect_widths(lambda m: np.array([-1]), runs=1)
    assert max(tried) == max(how_wide.WIDTHS)


def test_the_shipped_table_holds_both_ends_of_every_change():
    table = how_wide.cached_widths()
    assert not table.duplicated([*how_wide_fits.CELL, "run", "width"]).any()
    assert set(table["width"]) <= set(how_wide.WIDTHS)
    assert ((table["hit"] == -1) | ((table["hit"] % how_wide.STRIDE == 0) & (table["hit"] <= table["steps"]))).all()
    plain, safe = how_wide_fits.smallest_widths(table), how_wide_fits.smallest_widths(table, safe=True)
    assert not (safe["smallest"] < plain["smallest"]).any()
    for key, group in table.groupby([*how_wide_fits.CELL, "run"]):
        good = set(group.loc[group["hit"] >= 0, "width"])
        tried = set(group["width"])
        neighbours = zip(how_wide.WIDTHS, how_wide.WIDTHS[1:])
        ends = [b for a, b in neighbours if b in good and a in tried - good]
        assert ends or min(how_wide.WIDTHS) in good or max(how_wide.WIDTHS) in tried - good, key


@pytest.mark.parametrize("law", ["power", "polylog"])
def test_the_true_law_wins_where_the_range_decides(law):
    n = np.repeat(np.geomspace(16, 1e9, 10), 3)
    x = np.log(n) if law == "power" else np.log(np.log(n))
    noise = np.random.default_rng(0).normal(0, 0.02, len(n))
    found = how_wide_fits.compare_laws(n, np.exp(1 + 0.4 * x + noise))
    low, high = found.exponent_interval if law == "power" else found.polylog_interval
    assert low - 0.02 < 0.4 < high + 0.02
    assert found.evidence > 10 if law == "power" else found.evidence < -10


@pytest.mark.parametrize("runs", [3, 6])
def test_intervals_with_few_runs_a_size_cover_what_they_say(runs):
    """Normal scatter of log m between runs, as many runs and sizes as the sweep has; 1,200 repetitions."""
    n, rng = np.repeat(np.geomspace(16, 362, 6), runs), np.random.default_rng(5)
    laws = [how_wide_fits.compare_laws(n, 6 * n**0.2 * np.exp(rng.normal(0, 0.15, len(n)))) for _ in range(1200)]
    covered = np.mean([law.exponent_interval[0] <= 0.2 <= law.exponent_interval[1] for law in laws])
    assert abs(covered - 0.95) < 4 * (0.95 * 0.05 / 1200) ** 0.5


def test_rescaled_widths_change_no_exponent():
    n = np.repeat([16.0, 64.0, 256.0], 3)
    m = np.random.default_rng(1).uniform(5, 20, 9)
    one, two = how_wide_fits.compare_laws(n, m), how_wide_fits.compare_laws(n, 7 * m)
    np.testing.assert_allclose(np.hstack(one[:5]), np.hstack(two[:5]), rtol=1e-8, atol=1e-8)


def test_constant_widths_decide_nothing():
    found = how_wide_fits.compare_laws(np.repeat([16.0, 64.0, 256.0], 2), np.full(6, 8.0))
    assert abs(found.exponent) < 1e-12
    assert abs(found.evidence) < 1e-6


def test_laws_refuse_missing_widths():
    with pytest.raises(ValueError, match="compare_laws: 2 sizes from 16"):
        how_wide_fits.compare_laws([16, 64], [5, 6])
    with pytest.raises(ValueError, match="drop cells without a success"):
        how_wide_fits.compare_laws([16, 64, 256], [5, 6, np.nan])


def test_expected_evidence_is_what_a_simulation_finds():
    sizes, runs, k, noise = np.geomspace(16, 1e6, 6), 40, 3.0, 0.1
    n = np.repeat(sizes, runs)
    draws = np.random.default_rng(2).normal(0, noise, (30, len(n)))
    found = [-how_wide_fits.compare_laws(n, np.log(n) ** k * np.exp(e)).evidence for e in draws]
    assert np.mean(found) == pytest.approx(how_wide_fits.expected_evidence(sizes, runs, k, noise), rel=0.1)


def test_smallest_widths_ignore_other_cells():
    row = {"data": "a", "labels": "true", "depth": 3, "n": 9, "steps": 1, "rate": 1.0, "run": 0}
    table = pd.DataFrame(
        [row | {"width": 2, "hit": -1}, row | {"width": 4, "hit": 0}, row | {"n": 8, "width": 2, "hit": 0}]
    )
    found = how_wide_fits.smallest_widths(table).set_index("n")["smallest"]
    assert found.to_dict() == {8: 2.0, 9: 4.0}


@pytest.mark.parametrize("depth", [2, 3, 5])
def test_two_neurons_per_layer_are_a_linear_map(depth):
    rng = np.random.default_rng(4)
    w, X = rng.standard_normal(6), rng.standard_normal((30, 6))
    net = ntklib.MLP((6, *(depth - 1) * (2,), 1), "relu", "standard")
    np.testing.assert_allclose(net(how_wide_reasons.linear_weights(w, depth), X), X @ w, atol=1e-5)


def test_four_neurons_compute_the_parity_and_three_do_not():
    X, y = how_wide.training_set("XOR", "true", 4096, 0)
    net = ntklib.MLP((12, 4, 4, 1), "relu", "standard")
    assert bool((y * net(how_wide_reasons.xor_weights(3), X) > 0).all())
    assert not bool((y * net(how_wide_reasons.xor_weights(3, neurons=3), X) > 0).all())


def test_a_silent_sample_has_output_zero_and_no_gradient():
    with jax.enable_x64(False):
        X, _ = how_wide.training_set("XOR", "true", 40, 0)
        net = ntklib.MLP((12, 3, 3, 3, 3, 1), "relu", "chen")
        params = net.init(jax.random.fold_in(jax.random.key(0), 3))
        gradients = jax.vmap(lambda x: jax.grad(lambda p: net(p, x[None])[0])(params))(X)
        size = sum(np.abs(np.asarray(g)).reshape(40, -1).sum(axis=1) for g in gradients)
        outputs = np.asarray(net(params, X))
    count = how_wide_reasons.silent_samples("XOR", 5, 40, 3)[0]
    assert (size == 0).sum() == count
    assert (outputs[size == 0] == 0).all()


def test_the_widths_asked_for_scale_as_stated():
    base = how_wide_reasons.chen_width(3.0, 4, 100)
    assert how_wide_reasons.chen_width(6.0, 4, 100) == pytest.approx(2**8 * base)
    assert how_wide_reasons.chen_width(3.0, 8, 100) == pytest.approx(2**22 * base)
    assert how_wide_reasons.counting_width(10**8, 5, 5) == pytest.approx((10**8 / 3) ** 0.5, rel=1e-3)
    with pytest.raises(ValueError, match=r"counting_width: L=2; expected at least 3"):
        how_wide_reasons.counting_width(10, 5, 2)
