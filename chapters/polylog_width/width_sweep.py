"""Compute the table behind the chapter "How wide?": twenty to forty minutes on one core.

    python chapters/polylog_width/width_sweep.py --groups 1 --cache FOLDER

A second run resumes from FOLDER; ``--groups 2`` adds three more runs per cell. The table is rewritten as it grows.
Single precision, so do not switch on 64 bits.
"""

import argparse
from pathlib import Path

import jax
import pandas as pd

import ntklib
from ntklib.sweeps import sweep
from ntklib.theory.polylog_width.how_wide.search import cells, width_cell

TABLE = Path(ntklib.__file__).parent / "theory" / "polylog_width" / "data" / "width.csv"
COLUMNS = ["data", "labels", "depth", "n", "steps", "rate", "width", "run", "hit"]
PORTION = 2  # cells between two writings of the table
MONOTONE = (2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 64)  # widths of the cells trained in full


def grid() -> list[dict]:
    """Return the sweep's cells, and two of them again with all widths."""
    full = [c for c in cells() if (c["data"], c["depth"], c["steps"], c["rate"]) == ("3 vs 5", 5, 5000, 0.5)]
    full = [c for c in full if (c["labels"], c["n"]) in (("true", 64), ("random", 64))]
    return [c | {"extra": MONOTONE if c in full else ()} for c in cells()]


def main() -> None:
    """Read the arguments, run the sweep portion by portion, write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--groups", type=int, default=1, help="groups of three runs")
    parser.add_argument("--cache", required=True, help="folder in which finished cells are kept")
    arguments = parser.parse_args()
    settings, done = grid(), []
    for group in range(arguments.groups):
        for first in range(0, len(settings), PORTION):
            rows = sweep(width_cell, settings[first : first + PORTION], [group], cache=arguments.cache)
            done.append(rows[COLUMNS])
            jax.clear_caches()
            order = ["steps", "rate", "depth", "data", "labels", "n", "run", "width"]
            table = pd.concat(done).sort_values(order, kind="stable")
            table.to_csv(TABLE, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
