"""What checks and pages read off the sweep of smallest widths."""

import numpy as np

from ntklib.theory.polylog_width.how_wide import fits, search


def widths_of(data, labels="true", depth=5, steps=search.STEPS, rate=0.5, *, safe=False):
    """Return the smallest widths of one series of the sweep: n, run, smallest.

    Examples
    --------
    >>> list(widths_of("XOR"))
    ['n', 'run', 'smallest']
    """
    table = search.cached_widths()
    keep = (table["data"] == data) & (table["labels"] == labels) & (table["depth"] == depth)
    keep &= (table["steps"] == steps) & (table["rate"] == rate)
    found = fits.smallest_widths(table[keep], safe=safe)
    return found[["n", "run", "smallest"]].dropna()


def geometric_mean(frame, n: int) -> float:
    """Return the geometric mean over runs of the smallest width at n samples.

    Examples
    --------
    >>> 5 < geometric_mean(widths_of("XOR"), 64) < 12
    True
    """
    return float(np.exp(np.log(frame.loc[frame["n"] == n, "smallest"]).mean()))
