"""Compute the table behind the chapter on step sizes: three parametrizations, eight widths, a few minutes.

python chapters/wide_networks/step_size_sweep.py
"""

from pathlib import Path

import jax
import pandas as pd

import ntklib
from ntklib.theory.wide_networks.learning_rates.statements import FAMILY
from ntklib.theory.wide_networks.learning_rates.step_sizes import WIDTHS, sweep_cell

TABLE = Path(ntklib.__file__).parent / "theory" / "wide_networks" / "data" / "step_sizes.csv"


def main() -> None:
    """Run every width and write the table."""
    jax.config.update("jax_enable_x64", True)
    rows = [sweep_cell(name, m, range(seeds)) for m, seeds in WIDTHS.items() for name in FAMILY]
    table = pd.concat(rows, ignore_index=True)
    table.to_csv(TABLE, index=False, float_format="%.6g", lineterminator="\n")


if __name__ == "__main__":
    main()
