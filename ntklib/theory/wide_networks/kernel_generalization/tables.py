"""The shipped table of test errors over widths and sample sizes: two tasks, five draws."""

from functools import partial

import numpy as np

from ntklib.sweeps import Piece, ShippedTable
from ntklib.theory.wide_networks.kernel_generalization.errors import error_grid

WIDTHS = (16, 32, 64, 128, 256, 512, 1024, 2048)
SAMPLES = (64, 128, 256, 512, 1024)
VALUES = ("wrong", "ramp", "square", "gap")


def task_cell(task, *, seed):
    """Return the rows of one task and draw, columns N, m and the errors."""
    return [_plain(row) for row in error_grid(task, WIDTHS, SAMPLES, (seed,))]


def one_row(task, N, m, seed):
    """Return one row, from the sample of the largest size as in the whole table."""
    rows = error_grid(task, () if np.isinf(m) else (int(m),), (N, max(SAMPLES)), (seed,))
    return [_plain(row) for row in rows if (row["N"], row["m"]) == (N, m)][:1]


def _plain(row):
    return {name: value for name, value in row.items() if name != "seed"}


def pieces(table):
    """Every row on its own: strata by task, width class and number of samples."""
    for key, rows in table.groupby(["task", "N", "m", "seed"]):
        task, N, m, _ = key
        width = "infinite" if np.isinf(m) else "m at most 256" if m <= 256 else "m above 256"
        yield Piece(f"{task}, {width}, N {'at most' if N <= 256 else 'above'} 256", rows, partial(one_row, *key))


TABLE = ShippedTable(
    name="width_errors",
    package=__package__,
    cell=task_cell,
    parts=(([{"task": "digits"}, {"task": "sphere"}], 5),),
    values=dict.fromkeys(VALUES, (0.001, 1e-12)),
    columns=("N", "m", "seed", *VALUES, "task"),
    pieces=pieces,
    minutes=5,
    float_format="%.4g",
)
