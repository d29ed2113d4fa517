"""The shipped table behind the reproduced figure: every cell of both panels, fifty draws each."""

from ntklib.sweeps import Piece, ShippedTable
from ntklib.theory.finite_width.two_sided.figure import CELLS, figure_cell


def pieces(table):
    """Every draw on its own: one stratum for each curve, the large right-hand cells apart."""
    for (*cell, seed), rows in table.groupby(["panel", "N", "d", "n1", "n2", "seed"]):
        panel, N, d, _, n2 = cell
        curve = f"right, d={d}, n2={n2}, N {'at most' if N <= 1000 else 'above'} 1000"
        stratum = curve if panel == "right" else f"left, N={N}, n2={n2}"
        yield Piece(stratum, rows, lambda cell=cell, seed=seed: [{"value": figure_cell(*cell, seed=seed)}])


TABLE = ShippedTable(
    name="two_sided_figure",
    package=__package__,
    cell=figure_cell,
    parts=((CELLS, 50),),
    values={"value": (1e-4, 0.0)},  # products in single precision, see figure_cell
    columns=("panel", "N", "d", "n1", "n2", "seed", "value"),
    pieces=pieces,
    minutes=60,
    float_format="%.6g",
)
