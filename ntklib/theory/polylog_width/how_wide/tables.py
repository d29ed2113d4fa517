"""The shipped table behind the width at which training succeeds: three runs a cell."""

from functools import partial

from ntklib.sweeps import Piece, ShippedTable
from ntklib.theory.polylog_width.how_wide.search import CHUNK, RUNS, cells, first_hits, width_cell

MONOTONE = (2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 64)  # widths of the cells trained in full
SETTING = ["data", "labels", "depth", "n", "steps", "rate"]


def grid() -> list[dict]:
    """Return the sweep's cells, two of them with all widths."""
    full = {"data": "3 vs 5", "depth": 5, "n": 64, "steps": 5000, "rate": 0.5}
    return [c | {"extra": MONOTONE if full.items() <= c.items() else ()} for c in cells()]


def trained(data, labels, depth, n, steps, rate, width, group):
    """Return the hits of three runs at one width, as `width_cell` does."""
    options = {"steps": steps, "rate": rate, "seed": group, "chunk": min(CHUNK, steps)}
    hits = first_hits(data, labels, depth, n, width, **options)
    return [{"run": RUNS * group + run, "hit": int(hit)} for run, hit in enumerate(hits)]


def pieces(table):
    """Three runs of one width, trained together: strata by data, labels and outcome, other settings apart."""
    for key, rows in table.groupby([*SETTING, "width", table["run"] // RUNS]):
        data, labels, depth, _, steps, rate, _, _ = key
        outcome = "all arrive" if (rows["hit"] >= 0).all() else "not all arrive"
        usual = (depth, steps, rate) == (5, 5000, 0.5)
        stratum = f"{data}, {labels}, {outcome}" if usual else f"L={depth}, T={steps}, rate {rate:g}"
        yield Piece(stratum, rows, partial(trained, *key))


TABLE = ShippedTable(
    name="how_wide",
    package=__package__,
    cell=width_cell,
    parts=((grid(), 1),),
    values={"hit": (0.0, 0.5)},
    columns=(*SETTING, "width", "run", "hit"),
    pieces=pieces,
    chaotic=True,
    minutes=40,
    precision="float32",
    sort=("steps", "rate", "depth", "data", "labels", "n", "run", "width"),
)
