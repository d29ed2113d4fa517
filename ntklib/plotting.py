"""Figures of the book in one style: scaling plots, bands across seeds, slack waterfalls. No numerics here.

Every function draws into the axes it is given and returns the numbers it drew, for the table beside it.
"""

import os
from contextlib import AbstractContextManager
from importlib.resources import as_file, files

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.font_manager import FontProperties

from ntklib.claims import slack_chain
from ntklib.fits import Fit, fit_loglog
from ntklib.tables import format_value

BANDS = {"quantiles": (0.1, 0.9, "10–90 %"), "range": (0.0, 1.0, "range")}


class _Style(AbstractContextManager):
    """Restores what was set before, if used as a context."""

    def __init__(self, before):
        self._before = before

    def _ipython_display_(self):
        """Show nothing when the call is the last line of a cell."""

    def __exit__(self, *exception):
        dict.update(mpl.rcParams, self._before)


def use_style() -> AbstractContextManager:
    """Set the book's figure style: white, Okabe and Ito's colours with dashes and markers, 6.4 x 4 inches.

    Returns
    -------
    context manager
        Use the call alone in a set-up cell, or ``with use_style():`` to restore the old settings afterwards.

    Notes
    -----
    Starts from Matplotlib's defaults, so that a personal configuration file changes no figure; the drawing
    backend is left alone. Notebooks show pictures at twice the resolution, or in the formats that the environment
    variable BOOK_FIGURE_FORMATS lists. Fonts are those that Matplotlib ships. Source: Book.

    Examples
    --------
    >>> with use_style():
    ...     mpl.rcParams["figure.figsize"]
    [6.4, 4.0]
    """
    before = dict(mpl.rcParams)
    with as_file(files("ntklib") / "ntklib.mplstyle") as sheet:
        plt.style.use(["default", sheet])
    if "inline" in mpl.get_backend():  # in a notebook
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats(*os.environ.get("BOOK_FIGURE_FORMATS", "retina").split(","))
    return _Style(before)


def seed_band(ax, frame, x: str, y: str, *, band: str = "quantiles", label: str | None = None, **line):
    """Draw the median of ``y`` over seeds as a line, with a band between two quantiles.

    Parameters
    ----------
    ax : matplotlib Axes
    frame : pandas.DataFrame
        Tidy: one row per seed and value of ``x``.
    x, y : str
        Column names.
    band : {"quantiles", "range"}
        From the 10 % to the 90 % quantile, or from the smallest to the largest value.
    label : str, optional
        Legend text, to which the number of seeds is appended; the column name ``y`` by default.
    **line
        Passed to ``ax.plot``.

    Returns
    -------
    pandas.DataFrame
        What was drawn: columns x, median, low, high, seeds.

    Raises
    ------
    KeyError
        For a column that the frame does not have.
    ValueError
        For an unknown band, no rows, or values that are not finite.

    Notes
    -----
    Time O(rows log rows), memory O(rows). Source: Book.

    Examples
    --------
    >>> runs = pd.DataFrame({"width": [8, 8, 16, 16], "error": [1.0, 3.0, 0.5, 1.5]})
    >>> seed_band(plt.figure().gca(), runs, "width", "error", band="range")["median"].tolist()
    [2.0, 1.0]
    """
    _columns("seed_band", frame, (x, y))
    summary = _summary(frame, x, y, band)
    (drawn,) = ax.plot(summary[x], summary["median"], label=f"{label or y}, {_seeds(summary)}", **line)
    if summary["seeds"].max() > 1:
        ax.fill_between(summary[x], summary["low"], summary["high"], color=drawn.get_color(), alpha=0.2, lw=0)
    return summary


def scaling_plot(
    ax,
    frame,
    x: str,
    y: str,
    *,
    group: str | None = None,
    fit: bool = True,
    band="quantiles",
    confidence=0.95,
) -> dict[object, Fit]:
    r"""Plot ``y`` against ``x`` on logarithmic axes, with the fitted exponent and its interval in the legend.

    Parameters
    ----------
    ax : matplotlib Axes
    frame : pandas.DataFrame
        Tidy: one row per seed, group and value of ``x``; positive numbers.
    x, y : str
        Column names; also the axis labels where none are set yet.
    group : str, optional
        Column that splits the rows into curves, in order of appearance.
    fit : bool
        Whether to fit and draw a power law per curve, over all seeds (`ntklib.fits.fit_loglog`).
    band : {"quantiles", "range"}
        Uncertainty across seeds, as in `seed_band`.
    confidence : float
        Coverage of the exponent's interval.

    Returns
    -------
    dict of group value to Fit
        Empty for ``fit=False``; the key is None without groups. Print it beside the figure.

    Raises
    ------
    KeyError
        For a column that the frame does not have.
    ValueError
        For values without logarithm, or fewer than three points on a curve to be fitted.

    Notes
    -----
    Time O(rows log rows), memory O(rows). Source: Book.

    Examples
    --------
    >>> runs = pd.DataFrame({"d": [10, 20, 40, 80], "gap": [1.0, 2.0, 4.0, 8.0]})
    >>> round(scaling_plot(plt.figure().gca(), runs, "d", "gap")[None].slope, 6)
    1.0
    """
    _columns("scaling_plot", frame, (x, y) if group is None else (x, y, group))
    _positive("scaling_plot", frame, (x, y))
    ax.set(xscale="log", yscale="log", xlabel=ax.get_xlabel() or x, ylabel=ax.get_ylabel() or y)
    curves = [(None, frame)] if group is None else list(frame.groupby(group, sort=False))
    fits = {}
    for value, rows in curves:
        name = y if group is None else f"{group} = {format_value(value)}"
        if fit:
            fits[value] = fit_loglog(rows[x], rows[y], confidence)
            name = f"{name}: {_slope(fits[value], confidence)}"
        summary = seed_band(ax, rows, x, y, band=band, label=name)
        if fit:
            _draw_fit(ax, summary[x], fits[value])
    ax.legend()
    return fits


def slack_waterfall(ax, links, *, xlabel: str = "value") -> pd.DataFrame:
    """Draw a proof's chain of inequalities from the true value down to the bound, each link's loss annotated.

    Bars are on a logarithmic axis, so that equal lengths lost are equal factors; the pale part of a bar is
    what its link gives away. A value that is not positive gets no bar and the word "vacuous".

    Parameters
    ----------
    ax : matplotlib Axes
    links : sequence of (str, float)
        Name and value of every link, the true value first; each at most the one before.
    xlabel : str
        Axis label, with the unit.

    Returns
    -------
    pandas.DataFrame
        `ntklib.claims.slack_chain` of the links: columns link, value, slack, total.

    Raises
    ------
    ValueError
        For a chain that rises, or whose true value is not positive.

    Notes
    -----
    Source: Book.

    Examples
    --------
    >>> chain = [("truth", 6.0), ("Schur", 3.0), ("Gershgorin", -1.0)]
    >>> slack_waterfall(plt.figure().gca(), chain)["slack"].tolist()
    [1.0, 2.0, inf]
    """
    chain = slack_chain(links)
    if chain["value"][0] <= 0:
        raise ValueError(
            f"slack_waterfall: the true value is {chain['value'][0]:.3g}; expected a positive number; "
            "factors of loss mean nothing otherwise."
        )
    floor = chain["value"][chain["value"] > 0].min() / 2
    colour = mpl.rcParams["axes.prop_cycle"].by_key()["color"][0]
    for i, (value, slack) in enumerate(zip(chain["value"], chain["slack"])):
        start = max(value, floor)
        ax.barh(i, start - floor if value > 0 else 0, left=floor, color=colour, height=0.6)
        if i and chain["value"][i - 1] > 0:
            ax.barh(
                i,
                chain["value"][i - 1] - start,
                left=start,
                color=(colour, 0.2),
                edgecolor=colour,
                height=0.6,
            )
        ax.text(1.02, i, _loss(i, value, slack), transform=ax.get_yaxis_transform(), va="center")
    ax.set(xscale="log", xlabel=xlabel, xlim=(floor, chain["value"][0] * 1.1))
    ax.set_yticks(range(len(chain)), chain["link"])
    ax.invert_yaxis()
    ax.grid(False, axis="y")
    return chain


def label_ends(ax):
    """Write the label of every line at its right end, in the colour of the line, instead of in a legend.

    Parameters
    ----------
    ax : matplotlib Axes
        With its data and limits as they will be shown. Labels that would touch are moved apart.

    Returns
    -------
    matplotlib Axes

    Notes
    -----
    Lines without a label, or whose label begins with an underscore, are left out. Source: Book.

    Examples
    --------
    >>> ax = plt.figure().gca()
    >>> line = ax.plot([1, 2], [0, 1], label="rising")
    >>> label_ends(ax).texts[0].get_text()
    'rising'
    """
    ax.figure.draw_without_rendering()
    lines = [line for line in ax.lines if not line.get_label().startswith("_") and len(line.get_xdata())]
    ends = [(ax.transData.transform(line.get_xydata()[-1])[1], line) for line in lines]
    points = FontProperties(size=mpl.rcParams["legend.fontsize"]).get_size_in_points()
    unit, lowest = 1.3 * points * ax.figure.dpi / 72, -np.inf
    for height, line in sorted(ends, key=lambda end: end[0]):
        half = unit * (1 + line.get_label().count("\n")) / 2
        place = max(height, lowest + half)
        lowest, shift = place + half, (place - height) * 72 / ax.figure.dpi
        style = {"color": line.get_color(), "fontsize": points, "va": "center"}
        ax.annotate(line.get_label(), line.get_xydata()[-1], (8, shift), textcoords="offset points", **style)
    if ax.get_legend():
        ax.get_legend().remove()
    return ax


def slopes(data, *, x: str, y: str, hue: str | None = None, ax=None, confidence: float = 0.95):
    """Draw the power law fitted to every curve of a tidy frame, its exponent and interval written at the end.

    Parameters
    ----------
    data : pandas.DataFrame
        Tidy: one row per seed and point, positive numbers.
    x, y, hue : str
        Column names; ``hue`` splits the rows into curves, in order of appearance.
    ax : matplotlib Axes, optional
        The current one by default; its axes become logarithmic.
    confidence : float
        Coverage of the exponent's interval.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    KeyError
        For a column that the frame does not have.
    ValueError
        For values without logarithm, or fewer than three points on a curve.

    Notes
    -----
    `ntklib.fits.fit_loglog` over all rows of a curve. O(rows) time and memory. Source: Book.

    Examples
    --------
    >>> runs = pd.DataFrame({"d": [10, 20, 40, 80], "gap": [1.0, 2.0, 4.0, 8.0]})
    >>> slopes(runs, x="d", y="gap", ax=plt.figure().gca()).texts[0].get_text().splitlines()
    ['slope 1.00', '[1.00, 1.00]']
    """
    ax = plt.gca() if ax is None else ax
    _columns("slopes", data, (x, y) if hue is None else (x, y, hue))
    _positive("slopes", data, (x, y))
    ax.set(xscale="log", yscale="log")
    for k, (value, rows) in enumerate([(None, data)] if hue is None else data.groupby(hue, sort=False)):
        fit, ends = fit_loglog(rows[x], rows[y], confidence), [rows[x].min(), rows[x].max()]
        name = "" if hue is None else f"${hue}$ = {format_value(value)}: "
        label = f"{name}slope {fit.slope:.2f}\n[{fit.low:.2f}, {fit.high:.2f}]".replace("-", "−")
        ax.plot(ends, fit.predict(np.array(ends)), marker="", color=f"C{k}", label=label)
    return label_ends(ax)


def _loss(i: int, value: float, slack: float) -> str:
    if value <= 0:
        return f"vacuous ({format_value(value)})"
    return format_value(value) if i == 0 else f"÷ {format_value(slack)}"


def _draw_fit(ax, x, fit: Fit) -> None:
    """Let the line just drawn keep its markers and hand its dashes to the fitted power law."""
    points = ax.lines[-1]
    style = {"color": points.get_color(), "linestyle": points.get_linestyle()}
    points.set_linestyle("none")
    ax.plot(x, fit.predict(x), marker="none", **style)


def _slope(fit: Fit, confidence: float) -> str:
    return f"slope {fit.slope:.2f} [{fit.low:.2f}, {fit.high:.2f}] ({confidence:.0%})"


def _summary(frame, x: str, y: str, band: str) -> pd.DataFrame:
    if band not in BANDS:
        raise ValueError(f"seed_band: band={band!r}; expected one of {', '.join(map(repr, BANDS))}.")
    low, high, _ = BANDS[band]
    if not len(frame) or not np.isfinite(frame[[x, y]].to_numpy(dtype=float)).all():
        raise ValueError(
            f"seed_band: columns {x!r} and {y!r} hold {len(frame)} rows, not all finite; expected finite "
            "numbers; drop failed runs on purpose and say so."
        )
    values = frame.groupby(x)[y]
    columns = {"median": values.median(), "low": values.quantile(low), "high": values.quantile(high)}
    return pd.DataFrame(columns | {"seeds": values.size()}).reset_index()


def _seeds(summary) -> str:
    least, most = summary["seeds"].min(), summary["seeds"].max()
    count = f"{least}" if least == most else f"{least}–{most}"
    return f"{count} seed{'' if most == 1 else 's'}"


def _columns(where: str, frame, names) -> None:
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise KeyError(f"{where}: the frame has no column {missing}; expected some of {list(frame.columns)}.")


def _positive(where: str, frame, names) -> None:
    for name in names:
        bad = frame.index[~(frame[name] > 0)]
        if len(bad):
            raise ValueError(
                f"{where}: column {name!r} has {len(bad)} values that are not positive (first: "
                f"{frame[name][bad[0]]:.3g} in row {bad[0]}); expected positive numbers on logarithmic axes; "
                "drop them on purpose and say so, or use seed_band on linear axes."
            )
