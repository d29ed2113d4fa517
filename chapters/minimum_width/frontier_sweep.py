"""Compute the table behind the scaled-down optimization figure: every cell, three draws each; a quarter of an hour.

    OMP_NUM_THREADS=1 python chapters/minimum_width/frontier_sweep.py --trials 3 --cache FOLDER

A second run resumes from FOLDER. The table is rewritten after each round of draws: it always holds whole rounds.
"""

import argparse
from pathlib import Path

import ntklib
from ntklib.sweeps import sweep
from ntklib.theory.minimum_width.optimization.frontier import CELLS, frontier_cell

TABLE = Path(ntklib.__file__).parent / "theory" / "minimum_width" / "data" / "frontier.csv"
COLUMNS = ["d", "N", "seed", "step", "log_loss"]


def main() -> None:
    """Read the arguments, run the sweep round by round, write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=3)
    parser.add_argument("--cache", required=True, help="folder in which finished cells are kept")
    arguments = parser.parse_args()
    for seed in range(arguments.trials):
        sweep(frontier_cell, CELLS, [seed], cache=arguments.cache, version="1")
        rows = sweep(frontier_cell, CELLS, seed + 1, cache=arguments.cache, version="1", progress=False)
        rows[COLUMNS].to_csv(TABLE, index=False, float_format="%.4g", lineterminator="\n")


if __name__ == "__main__":
    main()
