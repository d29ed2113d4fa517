"""The shipped table behind the scaling figure: ten draws with sigmoids, three with tanh, ten on the sphere."""

from functools import partial

from ntklib.sweeps import Piece, ShippedTable
from ntklib.theory.minimum_width.scaling_figure.figure import CELLS, SPHERE_CELLS, TANH_CELLS, figure_cell


def pieces(table):
    """Every draw and number of samples on its own: strata by activation, samples and dimension."""
    for (activation, data, d, N, seed), rows in table.groupby(["activation", "data", "d", "N", "seed"]):
        size = "at most" if d <= 400 else "above"
        call = partial(figure_cell, d, activation, data, seed=seed, samples=(N,))
        yield Piece(f"{activation}, N={N}, d {size} 400", rows, call)


TABLE = ShippedTable(
    name="scaling_figure",
    package=__package__,
    cell=figure_cell,
    parts=((CELLS, 10), (TANH_CELLS, 3), (SPHERE_CELLS, 10)),
    values=dict.fromkeys(("full", "block", "first"), (1e-05, 0.0)),
    columns=("activation", "data", "N", "d", "seed", "full", "block", "first"),
    pieces=pieces,
    minutes=30,
    sort=("activation", "data", "seed"),
    float_format="%.6g",
)
