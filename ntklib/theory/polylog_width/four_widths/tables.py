"""The shipped table behind the four widths side by side: four conditions, five sizes, six runs."""

from functools import partial

import numpy as np

from ntklib.sweeps import Piece, ShippedTable
from ntklib.theory.polylog_width.four_widths.outcomes import (
    DATA,
    DEPTH,
    MEANING,
    SIZES,
    eigenvalue_share,
    kernel_change,
    memorizes,
    needed_cell,
)
from ntklib.theory.polylog_width.how_wide.search import RUNS, first_hits

LARGEST = {"poly(n)": 128}
CELLS = [{"theory": t, "n": n} for n in SIZES for t in MEANING if n <= LARGEST.get(t, max(SIZES))]
ONE_RUN = {"poly(n)": lambda *key: kernel_change(*key)[0], "n": eigenvalue_share, "√n": memorizes}


def trained(n, width, group):
    """Return the outcomes of three training runs, as `needed_cell` does for one width."""
    hits = first_hits(DATA, "true", DEPTH, n, width, seed=group)
    return [{"run": RUNS * group + run, "value": float(hit >= 0)} for run, hit in enumerate(hits)]


def one_run(theory, n, width, run):
    """Return the outcome of one run."""
    return [{"value": float(ONE_RUN[theory](n, width, run))}]


def pieces(table):
    """Every run, or three that are trained together, on its own: strata by theory, size and outcome."""
    groups = table["run"] // RUNS
    runs = np.where(table["theory"] == "polylog(n)", -1, table["run"])
    for (theory, n, width, group, run), rows in table.groupby(["theory", "n", "width", groups, runs]):
        outcome = {0.0: ", fails", 1.0: ", succeeds"}.get(rows["value"].mean(), ", succeeds at times")
        stratum = f"{theory}, n {'at most' if n <= 32 else 'above'} 32" + (
            outcome if theory in ("√n", "polylog(n)") else ""
        )
        call = partial(trained, n, width, group) if run < 0 else partial(one_run, theory, n, width, run)
        yield Piece(stratum, rows, call)


TABLE = ShippedTable(
    name="four_widths",
    package=__package__,
    cell=needed_cell,
    parts=((CELLS, 2),),
    values={"value": (1e-5, 1e-12)},
    columns=("theory", "n", "width", "run", "value"),
    pieces=pieces,
    chaotic=True,
    minutes=30,
    precision="float32",
    sort=("theory", "n", "width", "run"),
)
