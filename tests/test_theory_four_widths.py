"""Laws of the four widths: second routes to each condition, and the reading of the sweep."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

import ntklib
from ntklib import plain
from ntklib.fits import fit_loglog
from ntklib.kernels import flat_jacobian
from ntklib.theory.polylog_width.four_widths import floors, laws
from ntklib.theory.polylog_width.four_widths import outcomes as four
from ntklib.theory.polylog_width.how_wide.reasons import separating_direction
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


def test_the_rank_floor_is_attained_by_random_weights_and_excludes_what_lies_below():
    d, n, rng = 4, 30, np.random.default_rng(0)
    X, m = rng.standard_normal((n, d)), floors.rank_floor(n, d)
    ranks = {}
    for width in (m - 1, m):
        draws = plain.draw((d, width, width, 1), "ntk", 0, batch=(20,))
        F, B = plain.factors(draws, X, activation="relu")
        ranks[width] = np.linalg.matrix_rank(plain.jacobian(F, B)).max()
    assert ranks[m - 1] <= d * (m - 1) + (m - 1) ** 2 - (m - 1) < n
    assert ranks[m] == n


def test_cover_counts_the_labellings_that_a_linear_program_separates():
    n, d = 7, 3
    X = np.random.default_rng(1).standard_normal((n, d))
    found = [separating_direction(X, y) is not None for y in itertools.product((-1, 1), repeat=n)]
    assert np.mean(found) == floors.separable_share(n, d)
    assert floors.separable_share(2 * d, d) == 0.5


def test_one_tanh_neuron_a_layer_has_the_signs_of_a_hyperplane_and_so_fits_only_separated_labels():
    X = np.random.default_rng(2).standard_normal((9, 4))
    net = ntklib.MLP((4, 1, 1, 1), "tanh", "lecun")
    for seed in range(10):
        params = net.init(jax.random.key(seed))
        y = np.sign(np.asarray(net(params, X)))
        assert separating_direction(X, y) is not None
        assert set(y * np.sign(X @ np.asarray(params[0])[:, 0])) in ({1.0}, {-1.0})


def test_nothing_that_was_measured_lies_below_a_floor_and_the_floors_do_grow():
    floor, needed = floors.least_widths(), laws.typical(laws.needed_widths())[list(four.MEANING)]
    assert (needed >= floor)[needed.notna()].all().all()
    assert floor.loc[[16, 128, 256], "n"].tolist() == [1, 3, 5]
    assert floor["√n"].tolist() == [1, 1, 1, 2, 2]


@pytest.mark.parametrize(("theory", "first"), [("poly(n)", 16), ("n", 16), ("n", 64), ("polylog(n)", 16)])
def test_the_interval_of_a_power_covers_95_of_100_when_sweeps_are_drawn_from_the_fitted_law(theory, first):
    needed = laws.needed_widths().query("theory == @theory and n >= @first").dropna()
    fit, rng = fit_loglog(needed["n"], needed["needed"]), np.random.default_rng(0)
    law = fit.predict(needed["n"])
    scatter = np.sqrt(np.sum(np.log(needed["needed"] / law) ** 2) / (len(law) - 2))
    grid, covered = np.array(four.GRID, float), 0
    for _ in range(600):
        widths = law * np.exp(scatter * rng.standard_normal(len(law)))
        if theory != "poly(n)":  # the smallest width of the grid that is enough
            widths = grid[np.searchsorted(grid, widths)]
        again = fit_loglog(needed["n"], widths)
        covered += again.low <= fit.slope <= again.high
    assert abs(covered / 600 - 0.95) < 0.03  # 3.4 standard errors
