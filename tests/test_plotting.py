import io

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from ntklib.fits import fit_loglog
from ntklib.plotting import label_ends, scaling_plot, seed_band, slack_waterfall, slopes, use_style


@pytest.fixture
def ax():
    with use_style():
        fig, ax = plt.subplots()
        yield ax
        plt.close(fig)


def _runs(seeds=5):
    rng = np.random.default_rng(0)
    rows = [
        {"N": N, "d": d, "gap": N * d**1.5 * np.exp(0.1 * rng.normal())}
        for N in (1, 3)
        for d in (10, 20, 50, 100)
        for _ in range(seeds)
    ]
    return pd.DataFrame(rows)


def _legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_style_as_a_context_restores_every_setting():
    before = dict(mpl.rcParams)
    with use_style():
        assert list(mpl.rcParams["figure.figsize"]) == [6.4, 4.0]
    assert dict(mpl.rcParams) == before


def test_style_wins_over_a_personal_configuration_and_leaves_the_backend():
    with mpl.rc_context({"font.size": 40, "lines.markeredgewidth": 9}):
        backend = mpl.get_backend()
        with use_style():
            assert mpl.rcParams["font.size"] == 12
            assert mpl.rcParams["lines.markeredgewidth"] == mpl.rcParamsDefault["lines.markeredgewidth"]
            assert mpl.get_backend() == backend


def test_curves_differ_in_colour_and_dash_and_marker_at_once():
    with use_style():
        cycle = mpl.rcParams["axes.prop_cycle"].by_key()
    for key in ("color", "linestyle", "marker"):
        assert len(set(map(str, cycle[key]))) == len(cycle[key]) == 7


def test_saved_picture_is_opaque_white_and_the_same_twice(ax):
    ax.plot([1, 2], [1, 2])
    pictures = []
    for _ in range(2):
        buffer = io.BytesIO()
        ax.figure.savefig(buffer, format="png")
        pictures.append(buffer.getvalue())
    pixels = plt.imread(io.BytesIO(pictures[0]))
    assert pictures[0] == pictures[1]
    assert pixels.shape[:2] == (440, 704)
    np.testing.assert_array_equal(pixels[0, 0], [1, 1, 1, 1])
    assert (pixels[..., 3] == 1).all()


def test_scaling_plot_returns_the_fit_of_each_group_and_prints_it(ax):
    runs = _runs()
    fits = scaling_plot(ax, runs, "d", "gap", group="N")
    assert list(fits) == [1, 3]
    for (N, fit), text in zip(fits.items(), _legend(ax)):
        rows = runs[runs["N"] == N]
        assert fit == fit_loglog(rows["d"], rows["gap"])
        assert text == f"N = {N}: slope {fit.slope:.2f} [{fit.low:.2f}, {fit.high:.2f}] (95%), 5 seeds"
    assert (ax.get_xscale(), ax.get_yscale(), ax.get_xlabel(), ax.get_ylabel()) == ("log", "log", "d", "gap")


def test_groups_take_consecutive_styles_and_share_colour_with_their_fit(ax):
    scaling_plot(ax, _runs(), "d", "gap", group="N")
    colours = [line.get_color() for line in ax.lines]
    cycle = mpl.rcParams["axes.prop_cycle"].by_key()["color"]
    assert colours == [cycle[0], cycle[0], cycle[1], cycle[1]]


def test_drawn_fit_is_the_returned_power_law(ax):
    fit = scaling_plot(ax, _runs(), "d", "gap")[None]
    drawn = ax.lines[1]
    np.testing.assert_allclose(drawn.get_ydata(), fit.predict(drawn.get_xdata()), rtol=1e-14)


def test_axis_labels_already_set_are_kept_and_fit_can_be_left_out(ax):
    ax.set_xlabel("dimension $d$")
    assert scaling_plot(ax, _runs(), "d", "gap", fit=False) == {}
    assert ax.get_xlabel() == "dimension $d$"
    assert _legend(ax) == ["gap, 10 seeds"]


@pytest.mark.parametrize(("band", "levels"), [("quantiles", (0.1, 0.9)), ("range", (0, 1))])
def test_band_holds_the_stated_quantiles_of_the_seeds(ax, band, levels):
    runs = _runs()[lambda f: f["N"] == 1]
    summary = seed_band(ax, runs, "d", "gap", band=band).set_index("d")
    for d, values in runs.groupby("d")["gap"]:
        np.testing.assert_allclose(summary.loc[d, ["low", "high"]], np.quantile(values, levels), rtol=1e-14)
        assert summary.loc[d, "median"] == np.median(values)
    assert len(ax.collections) == 1


def test_one_seed_draws_no_band_and_unequal_counts_are_said(ax):
    runs = pd.DataFrame({"d": [1, 2, 2], "gap": [1.0, 2.0, 3.0]})
    seed_band(ax, runs.iloc[:2], "d", "gap", label="one")
    assert not ax.collections
    seed_band(ax, runs, "d", "gap", label="two")
    assert [line.get_label() for line in ax.lines] == ["one, 1 seed", "two, 1–2 seeds"]


def test_waterfall_bars_end_at_the_values_and_annotations_are_the_factors(ax):
    chain = [("truth", 8.0), ("Schur", 4.0), ("Hermite", 0.5), ("Gershgorin", -0.31)]
    table = slack_waterfall(ax, chain)
    assert table["slack"].tolist() == [1.0, 2.0, 8.0, np.inf]
    assert [t.get_text() for t in ax.texts] == ["8.00", "÷ 2.00", "÷ 8.00", "vacuous (-0.310)"]
    ends = [bar.get_x() + bar.get_width() for bar in ax.patches]
    np.testing.assert_allclose(ends, [8, 4, 8, 0.5, 4, 0.25, 0.5], rtol=1e-14)
    assert [t.get_text() for t in ax.get_yticklabels()] == [name for name, _ in chain]
    assert ax.yaxis_inverted()


def test_numbers_that_have_no_place_on_the_axes_are_refused(ax):
    runs = _runs()
    with pytest.raises(ValueError, match=r"column 'gap' has 1 values that are not positive .*-1 in row 0"):
        scaling_plot(ax, runs.assign(gap=np.where(runs.index == 0, -1.0, runs["gap"])), "d", "gap")
    with pytest.raises(KeyError, match=r"no column .'width'"):
        scaling_plot(ax, runs, "width", "gap")
    with pytest.raises(ValueError, match="band='sd'; expected one of 'quantiles', 'range'"):
        seed_band(ax, runs, "d", "gap", band="sd")
    with pytest.raises(ValueError, match="40 rows, not all finite"):
        seed_band(ax, runs.assign(gap=np.nan), "d", "gap")
    with pytest.raises(ValueError, match="the true value is -1; expected a positive number"):
        slack_waterfall(ax, [("truth", -1.0), ("bound", -2.0)])


def test_slopes_writes_the_fitted_exponent_and_interval_of_every_curve_at_its_end(ax):
    runs = _runs()
    assert slopes(runs, x="d", y="gap", hue="N", ax=ax) is ax
    for text, (value, rows) in zip(ax.texts, runs.groupby("N")):
        fit = fit_loglog(rows["d"], rows["gap"])
        assert text.get_text() == f"$N$ = {value}: slope {fit.slope:.2f}\n[{fit.low:.2f}, {fit.high:.2f}]"
        assert tuple(text.xy) == (100, fit.predict(np.array([100.0]))[0])


def test_slopes_refuses_what_has_no_logarithm(ax):
    runs = _runs()
    runs.loc[0, "gap"] = 0
    with pytest.raises(ValueError, match="column 'gap' has 1 values that are not positive"):
        slopes(runs, x="d", y="gap", ax=ax)


def test_labels_at_the_ends_replace_the_legend_and_do_not_touch(ax):
    for k in range(5):
        ax.plot([0, 1], [0, 1 + k / 1000], label=f"curve {k}" + "\nsecond line" * (k == 2))
    ax.plot([0, 1], [0, 3], label="_hidden")
    ax.legend()
    label_ends(ax)
    ax.figure.draw_without_rendering()
    boxes = sorted((text.get_window_extent() for text in ax.texts), key=lambda box: box.y0)
    assert len(boxes) == 5
    assert ax.get_legend() is None
    assert all(low.y1 <= high.y0 for low, high in zip(boxes, boxes[1:]))
    colours = {text.get_text(): text.get_color() for text in ax.texts}
    assert all(colours[line.get_label()] == line.get_color() for line in ax.lines[:5])
