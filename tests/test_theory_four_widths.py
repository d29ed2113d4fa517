"""Laws of the four widths: second routes to each condition, and the reading of the sweep."""

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

import ntklib
from ntklib.kernels import flat_jacobian
from ntklib.theory.polylog_width.four_widths import laws
from ntklib.theory.polylog_width.four_widths import outcomes as four
from ntklib.theory.polylog_width.how_wide.search import RUNS, training_set


def test_separation_is_the_chord_of_the_smallest_angle():
    X = np.random.default_rng(0).standard_normal((20, 5))
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    cosines = X @ X.T - 2 * np.eye(20)
    assert four.separation(X) == pytest.approx(2 * np.sin(np.arccos(cosines.max()) / 2), rel=1e-9)


def test_separation_between_labels_ignores_pairs_of_one_label():
    X = np.array([[1.0, 0.0], [0.8, 0.6], [-1.0, 0.0]])
    assert four.separation(X, [1, 1, -1]) == pytest.approx(np.linalg.norm(X[1] - X[2]))
    with pytest.raises(ValueError, match="two rows of different labels"):
        four.separation(X, [1, 1, 1])


def test_polynomial_width_has_the_stated_powers():
    base = four.polynomial_width(10, 3, 0.5)
    assert four.polynomial_width(20, 3, 0.5) == pytest.approx(2**8 * base)
    assert four.polynomial_width(10, 6, 0.5) == pytest.approx(2**12 * base)
    assert four.polynomial_width(10, 3, 0.25) == pytest.approx(2**4 * base)
    with pytest.raises(ValueError, match="separation"):
        four.polynomial_width(10, 3, 0.0)


def test_the_share_of_the_eigenvalue_is_that_of_the_jacobian():
    X = jnp.asarray(training_set("3 vs 5", "random", 12, 4)[0], float)
    net = ntklib.MLP((X.shape[1], 40, 40, 1), "relu", "ntk")
    J = np.asarray(flat_jacobian(net, net.init(jax.random.fold_in(jax.random.key(4), 40)), X))
    limit = np.linalg.eigvalsh(ntklib.infinite_kernels(X, depth=3)[1])[0]
    share = np.linalg.svd(J, compute_uv=False)[-1] ** 2 / limit
    assert four.eigenvalue_share(12, 40, 4) == pytest.approx(share, rel=1e-5)  # digits in single precision at first


def test_a_very_wide_kernel_moves_less_than_a_narrow_one():
    assert four.kernel_change(8, 1024, 0)[0] < 0.5 * four.kernel_change(8, 32, 0)[0]


def test_more_signs_than_weights_can_choose_are_not_found():
    assert not four.memorizes(256, 1, 0, steps=50)  # 56 weights


def outcomes(theory, pairs):
    return pd.DataFrame([{"theory": theory, "n": 8, "run": 0, "width": m, "value": v} for m, v in pairs])


def test_the_width_for_a_kernel_at_rest_is_read_off_the_power_law_through_its_changes():
    needed = laws.needed_widths(outcomes("poly(n)", [(m, 5.0 / m) for m in (1, 2, 4)]))
    assert needed["needed"].iloc[0] == pytest.approx(10.0)
    assert needed["beyond"].iloc[0]


def test_the_smallest_success_counts_and_no_success_is_no_number():
    rows = laws.needed_widths(outcomes("n", [(4, 0.2), (8, 0.5), (16, 0.9)]))
    assert rows["needed"].tolist() == [8.0]
    assert not rows["beyond"].any()
    none = laws.needed_widths(outcomes("√n", [(4, 0.0)]))
    assert none["needed"].isna().all()
    assert none["beyond"].all()
    assert laws.typical(pd.concat([rows, none]))["√n"].isna().all()


def test_calibrated_theories_keep_their_growth_and_meet_the_measurement_once():
    theory = pd.DataFrame({"a": [1.0, 4.0, 9.0], "b": [2.0, 2.0, 2.0]}, index=[1, 2, 3])
    measured = pd.DataFrame({"b": [5.0, 6.0, 7.0], "a": [1.0, 2.0, 3.0]}, index=[1, 2, 3])
    fitted = laws.calibrated_widths(theory, measured, 2)
    assert fitted.loc[2].to_dict() == {"a": 2.0, "b": 6.0}
    assert (fitted / theory).nunique().eq(1).all()


def test_the_shipped_table_has_six_runs_in_every_cell():
    runs = four.cached_outcomes().groupby(["theory", "n"])["run"].nunique()
    assert set(runs) == {2 * RUNS}
    assert {n for t, n in runs.index if t != "poly(n)"} == set(four.SIZES)
