"""The shipped table of losses over step sizes: three parametrizations, eight widths."""

from functools import partial

from ntklib.sweeps import Piece, ShippedTable
from ntklib.theory.wide_networks.learning_rates.statements import FAMILY
from ntklib.theory.wide_networks.learning_rates.step_sizes import WIDTHS, sweep_cell


def step_size_cell(name, m, *, seed):
    """Return the rows of one width and draw, columns exponent and ratio."""
    return sweep_cell(name, m, [seed])[["exponent", "ratio"]].to_dict("records")


def pieces(table):
    """Every width and draw on its own: strata by parametrization, and whether runs go together or one by one."""
    for (name, m, seed), rows in table.groupby(["name", "m", "seed"]):
        method = "one by one, m=2048" if m == 2048 else "one by one" if m > 256 else "together"
        yield Piece(f"{name}, {method}", rows, partial(step_size_cell, name, m, seed=seed))


TABLE = ShippedTable(
    name="step_sizes",
    package=__package__,
    cell=step_size_cell,
    parts=tuple(([{"name": name, "m": m} for name in FAMILY], seeds) for m, seeds in WIDTHS.items()),
    values={"ratio": (1e-5, 1e-12)},
    columns=("name", "m", "seed", "exponent", "ratio"),
    pieces=pieces,
    chaotic=True,
    minutes=5,
    float_format="%.6g",
)
