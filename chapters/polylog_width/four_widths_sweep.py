"""Compute the table behind the chapter "Four widths side by side": about half an hour on one core.

    python chapters/polylog_width/four_widths_sweep.py --cache FOLDER

A second run resumes from FOLDER. The table is rewritten as it grows. Single precision where training is long, so do not
switch on 64 bits.
"""

import argparse
from pathlib import Path

import jax
import pandas as pd

import ntklib
from ntklib.sweeps import sweep
from ntklib.theory.polylog_width.four_widths.outcomes import MEANING, SIZES, needed_cell

TABLE = Path(ntklib.__file__).parent / "theory" / "polylog_width" / "data" / "four_widths.csv"
COLUMNS = ["theory", "n", "width", "run", "value"]
LARGEST = {"poly(n)": 128}


def main() -> None:
    """Read the arguments, run the cells from small to large, write the table after each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--groups", type=int, default=2, help="groups of three runs")
    parser.add_argument("--cache", required=True, help="folder in which finished cells are kept")
    arguments, done = parser.parse_args(), []
    cells = [{"theory": t, "n": n} for n in SIZES for t in MEANING if n <= LARGEST.get(t, max(SIZES))]
    for group in range(arguments.groups):
        for cell in cells:
            done.append(sweep(needed_cell, [cell], [group], cache=arguments.cache)[COLUMNS])
            jax.clear_caches()
            table = pd.concat(done).sort_values(["theory", "n", "width", "run"], kind="stable")
            table.to_csv(TABLE, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
