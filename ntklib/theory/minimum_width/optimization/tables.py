"""The shipped table behind the scaled-down optimization figure: every cell, three draws each."""

from functools import partial

from ntklib.sweeps import Piece, ShippedTable
from ntklib.theory.minimum_width.optimization.frontier import CELLS, frontier_cell


def pieces(table):
    """Every run of 10,000 steps: strata by dimension and by whether there are fewer samples than the frontier's."""
    for (d, N, seed), rows in table.groupby(["d", "N", "seed"]):
        side = "at most" if 0.8 * d * d >= N else "above"
        yield Piece(f"d={d}, N/d² {side} 0.8", rows, partial(frontier_cell, d, N, seed=seed))


TABLE = ShippedTable(
    name="frontier",
    package=__package__,
    cell=frontier_cell,
    parts=((CELLS, 3),),
    values={"log_loss": (0.0, 0.01)},
    columns=("d", "N", "seed", "step", "log_loss"),
    pieces=pieces,
    chaotic=True,
    minutes=15,
    precision="float32",
    float_format="%.4g",
)
