"""Compute the table behind the reproduced scaling figure: ten draws with sigmoids, three with tanh; half an hour.

    OMP_NUM_THREADS=1 python chapters/minimum_width/scaling_sweep.py --trials 10 --cache FOLDER

A second run resumes from FOLDER. The table is rewritten after each round of draws: it always holds whole rounds.
"""

import argparse
from pathlib import Path

import pandas as pd

import ntklib
from ntklib.sweeps import sweep
from ntklib.theory.minimum_width.scaling_figure.figure import (
    CELLS,
    TANH_CELLS,
    figure_cell,
)

TABLE = Path(ntklib.__file__).parent / "theory" / "minimum_width" / "data" / "scaling_figure.csv"
COLUMNS = ["activation", "N", "d", "seed", "full", "block", "first"]


def main() -> None:
    """Read the arguments, run the sweep round by round, write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=10, help="draws with sigmoids")
    parser.add_argument("--tanh-trials", type=int, default=3)
    parser.add_argument("--cache", required=True, help="folder in which finished cells are kept")
    arguments = parser.parse_args()
    rounds = [(CELLS, seed) for seed in range(arguments.trials)]
    rounds += [(TANH_CELLS, seed) for seed in range(arguments.tanh_trials)]
    tables = []
    for cells, seed in rounds:
        tables.append(sweep(figure_cell, cells, [seed], cache=arguments.cache, version="1"))
        pd.concat(tables)[COLUMNS].to_csv(TABLE, index=False, float_format="%.6g", lineterminator="\n")


if __name__ == "__main__":
    main()
