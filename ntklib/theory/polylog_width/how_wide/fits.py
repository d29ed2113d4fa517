r"""Smallest widths from the sweep, polylog against power law by model comparison."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from ntklib._validate import positive_float, positive_int
from ntklib.fits import fit_loglog

CELL = ["data", "labels", "depth", "n", "steps", "rate"]


def smallest_widths(table: pd.DataFrame, *, safe: bool = False) -> pd.DataFrame:
    r"""Return, for each cell and run, the smallest width tried that reached zero training error.

    .. math:: m^* = \min\{m : T(m) < \infty\}, \qquad m^{\rm safe} = \min\{m : T(m') < \infty \ \forall m' \ge m\}

    Parameters
    ----------
    table : DataFrame
        As `how_wide.cached_widths` returns it.
    safe : bool
        Whether all wider networks that were tried must have succeeded as well.

    Returns
    -------
    DataFrame
        Columns of the cell, ``run`` and ``smallest``: NaN where no width tried succeeded.

    Notes
    -----
    The two agree where success is monotone in the width.

    Examples
    --------
    >>> rows = [{"data": "a", "labels": "true", "depth": 3, "n": 9, "steps": 1, "rate": 1, "run": 0} for _ in "abc"]
    >>> table = pd.DataFrame(rows).assign(width=[2, 4, 8], hit=[25, -1, 25])
    >>> smallest_widths(table)["smallest"].tolist(), smallest_widths(table, safe=True)["smallest"].tolist()
    ([2.0], [8.0])
    """

    def smallest(group):
        group = group.sort_values("width")
        good = group["hit"].to_numpy() >= 0
        if safe:
            good = np.logical_and.accumulate(good[::-1])[::-1]
        return float(group["width"].to_numpy()[good].min()) if good.any() else np.nan

    keys = [*CELL, "run"]
    rows = [dict(zip(keys, key), smallest=smallest(group)) for key, group in table.groupby(keys)]
    return pd.DataFrame(rows, columns=[*keys, "smallest"])


class Comparison(NamedTuple):
    """Two laws fitted to the same widths; positive evidence speaks for the power law."""

    exponent: float
    exponent_interval: tuple
    polylog: float
    polylog_interval: tuple
    evidence: float
    noise: float
    count: int


def compare_laws(n, m) -> Comparison:
    r"""Fit :math:`\log m = a + b\log n` and :math:`\log m = a + k\log\log n`; compare by AIC.

    .. math:: \Delta = N \log(\mathrm{RSS}_{\rm polylog} / \mathrm{RSS}_{\rm power})

    Parameters
    ----------
    n, m : array_like (N,)
        Sample sizes (at least 3, repeated for each run) and smallest widths.

    Returns
    -------
    Comparison
        Exponents b and k with their 95% Student-t intervals, Δ, and the residual deviation of log m in the better fit.

    Raises
    ------
    ValueError
        For less than two sizes, sizes below 3, widths that are not positive or not finite.

    Notes
    -----
    Both laws have two coefficients, so Δ is the difference of AIC and of BIC alike; ``|Δ| < 2`` decides nothing,
    10 is strong (Burnham and Anderson 2002). The intervals are those of `fit_loglog`: with few runs a size a bootstrap
    over runs covers less than it says (84 % for 95 with three). O(N). Source: Book.

    Examples
    --------
    >>> n = np.repeat([16.0, 64.0, 256.0, 1024.0], 3)
    >>> law = compare_laws(n, 2 * n**0.5 * np.tile([0.98, 1.0, 1.02], 4))
    >>> round(law.exponent, 6), law.evidence > 10
    (0.5, True)
    """
    n, m = np.asarray(n, float), np.asarray(m, float)
    if len(np.unique(n)) < 3 or n.min() < 3 or not (np.isfinite(m).all() and m.min() > 0):
        raise ValueError(
            f"compare_laws: {len(np.unique(n))} sizes from {n.min():g}, widths {m.min():g} to {m.max():g}; expected at "
            "least 3 sizes of 3 or more, and positive finite widths; drop cells without a success."
        )
    power, polylog = fit_loglog(n, m), fit_loglog(np.log(n), m)
    evidence, noise = _evidence(n, np.log(m))
    intervals = [(law.low, law.high) for law in (power, polylog)]
    return Comparison(power.slope, intervals[0], polylog.slope, intervals[1], evidence, noise, len(n))


def _evidence(n, y):
    """Return N log(RSS ratio) of the two laws, and the residual deviation of the better fit."""
    rests = []
    for x in (np.log(n), np.log(np.log(n))):
        centred = x - x.mean()
        rests.append(np.sum((y - y.mean() - (centred @ y / (centred @ centred)) * centred) ** 2))
    floor = 1e-12 * len(y)  # constant widths: both fits are exact, and nothing is decided
    evidence = len(y) * np.log((rests[1] + floor) / (rests[0] + floor))
    return float(evidence), float(np.sqrt(min(rests) / (len(y) - 2)))


def expected_evidence(sizes, runs: int, k: float, noise: float) -> float:
    r"""Return the evidence Δ that one may expect against a power law if the truth is :math:`m = C\log^kn`.

    .. math:: N\log\Bigl(1 + \frac{k^2 r}{\sigma^2}\Bigr), \qquad
              r = \min_{a, b}\operatorname{mean}(\log\log n - a - b\log n)^2

    Parameters
    ----------
    sizes : array_like
        The values of n, 3 or more each.
    runs : int
        Runs per size.
    k : float
        Power of the logarithm.
    noise : float
        Standard deviation σ of log m between runs.

    Returns
    -------
    float

    Notes
    -----
    r is the curvature of log log n against log n: all that tells a polylog from a small power. To leading order in
    large N. Source: Book.

    Examples
    --------
    >>> near, far = (expected_evidence(np.geomspace(16, top, 10), 3, 1.0, 0.2) for top in (1e2, 1e9))
    >>> near < 2 < 10 < far
    True
    """
    n, runs = np.asarray(sizes, float), positive_int("expected_evidence", "runs", runs)
    noise = positive_float("expected_evidence", "noise", noise)
    design = np.stack([np.ones_like(n), np.log(n)], axis=1)
    y = np.log(np.log(n))
    misfit = np.mean((y - design @ np.linalg.lstsq(design, y)[0]) ** 2)
    return float(runs * len(n) * np.log1p(k**2 * misfit / noise**2))
