"""Compute the table behind the reproduced figure: every cell of both panels, fifty draws each, about an hour.

    python chapters/finite_width/figure_sweep.py --trials 50 --cache FOLDER

A second run resumes from FOLDER. The table is rewritten after each round of draws: it always holds whole rounds.
"""

import argparse
from pathlib import Path

import ntklib
from ntklib.sweeps import sweep
from ntklib.theory.finite_width.two_sided.figure import CELLS, figure_cell

TABLE = Path(ntklib.__file__).parent / "theory" / "finite_width" / "data" / "figure.csv"
COLUMNS = ["panel", "N", "d", "n1", "n2", "seed", "value"]


def main() -> None:
    """Read the arguments, run the sweep round by round, write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--cache", required=True, help="folder in which finished cells are kept")
    arguments = parser.parse_args()
    for seed in range(arguments.trials):
        sweep(figure_cell, CELLS, [seed], cache=arguments.cache)
        rows = sweep(figure_cell, CELLS, seed + 1, cache=arguments.cache, progress=False)
        rows[COLUMNS].to_csv(TABLE, index=False, float_format="%.6g", lineterminator="\n")


if __name__ == "__main__":
    main()
