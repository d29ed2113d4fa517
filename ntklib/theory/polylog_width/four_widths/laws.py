"""Widths that were needed, read off the sweep; theories calibrated at one size; growth by fits."""

import numpy as np
import pandas as pd

from ntklib.fits import fit_loglog
from ntklib.theory.polylog_width.four_widths.outcomes import (
    MEANING,
    SIZES,
    asked,
    cached_outcomes,
)

THRESHOLD = {"poly(n)": 0.5, "n": 0.5, "√n": 1.0, "polylog(n)": 1.0}


def needed_widths(table: pd.DataFrame | None = None) -> pd.DataFrame:
    r"""Return, for each theory, n and run, the width that its condition needed.

    Parameters
    ----------
    table : DataFrame, optional
        Outcomes as `four_widths.cached_outcomes` returns them, which is the default.

    Returns
    -------
    DataFrame
        Columns theory, n, run, ``needed`` and ``beyond``: whether it lies beyond all widths tried. For "poly(n)" it is
        where a power law through the changes of the kernel reaches one half; for the others the smallest width of the
        grid that succeeded, NaN if none did.

    Examples
    --------
    >>> list(needed_widths())
    ['theory', 'n', 'run', 'needed', 'beyond']
    """
    table, rows = cached_outcomes() if table is None else table, []
    for (theory, n, run), group in table.groupby(["theory", "n", "run"], sort=False):
        find = _by_power_law if theory == "poly(n)" else _smallest
        needed = find(group["width"].to_numpy(float), group["value"].to_numpy(float), THRESHOLD[theory])
        beyond = not needed <= group["width"].max()
        rows.append({"theory": theory, "n": n, "run": run, "needed": needed, "beyond": beyond})
    return pd.DataFrame(rows)


def _by_power_law(widths, values, level):
    fit = fit_loglog(widths, values)
    return float(np.exp((np.log(level) - fit.intercept) / fit.slope))


def _smallest(widths, values, level):
    good = widths[values >= level]
    return float(good.min()) if good.size else np.nan


def typical(needed: pd.DataFrame) -> pd.DataFrame:
    """Return the geometric mean over runs, a row per n and a column per theory; NaN where a run has no value.

    Examples
    --------
    >>> rows = [{"theory": "n", "n": 8, "needed": 2.0}, {"theory": "n", "n": 8, "needed": 8.0}]
    >>> typical(pd.DataFrame(rows)).loc[8, "n"].round(9)
    np.float64(4.0)
    """
    means = needed.groupby(["n", "theory"])["needed"].agg(lambda v: np.exp(np.log(v).mean(skipna=False)))
    return means.unstack("theory")


def theory_widths(sizes=SIZES, *, seed: int = 0) -> pd.DataFrame:
    """Return what the theories ask for with constants 1, a row per n and a column per theory.

    Examples
    --------
    >>> list(theory_widths((16,))) == list(MEANING)
    True
    """
    return pd.DataFrame({n: asked(n, seed=seed) for n in sizes}).T.rename_axis("n")[list(MEANING)]


def calibrated_widths(theory: pd.DataFrame, measured: pd.DataFrame, size: int) -> pd.DataFrame:
    """Return the theories, each times the constant that makes it right at one size.

    Parameters
    ----------
    theory, measured : DataFrame
        A row per n and a column per theory.
    size : int
        The n at which they are made to agree.

    Returns
    -------
    DataFrame
        Shaped as ``theory``.

    Examples
    --------
    >>> theory = pd.DataFrame({"n": [10.0, 20.0]}, index=[10, 20])
    >>> calibrated_widths(theory, pd.DataFrame({"n": [1.0, 9.0]}, index=[10, 20]), 10)["n"].tolist()
    [1.0, 2.0]
    """
    return theory * (measured.loc[size] / theory.loc[size])[theory.columns]
