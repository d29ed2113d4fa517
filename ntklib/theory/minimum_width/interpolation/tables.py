"""The shipped table behind the phase transition: four networks, eleven ratios, two labels, twelve draws; starts."""

from functools import partial

from ntklib.sweeps import Piece, ShippedTable
from ntklib.theory.minimum_width.interpolation.transition import CELLS, START_CELLS, interpolation_cell


def pieces(table):
    """Every fit on its own: strata by network and outcome, with the fits that use up all iterations apart."""
    for (network, ratio, labels, start, seed), rows in table.groupby(["network", "ratio", "labels", "start", "seed"]):
        row = rows.iloc[0]
        outcome = "interpolates" if row["success"] else "stops" if row["iterations"] < 2000 else "does not end"
        call = partial(interpolation_cell, network, ratio, labels, start, seed=seed)
        yield Piece(f"{network}, {outcome}", rows, lambda call=call: [call()])


TABLE = ShippedTable(
    name="interpolation",
    package=__package__,
    cell=interpolation_cell,
    parts=((CELLS, 12), (START_CELLS, 12)),
    values={"success": (0.0, 0.5), "iterations": (0.0, 0.5), "distance": (1e-5, 0.0), "residual": (1e-5, 1e-10)},
    columns=("network", "ratio", "labels", "start", "N", "seed", "success", "iterations", "distance", "residual"),
    pieces=pieces,
    chaotic=True,
    minutes=25,
    float_format="%.6g",
)
