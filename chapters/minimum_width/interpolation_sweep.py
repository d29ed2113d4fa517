"""Compute the table behind the phase transition of the chapter on interpolation: about twenty minutes on one core.

    python chapters/minimum_width/interpolation_sweep.py --trials 12 --cache FOLDER

A second run resumes from FOLDER. The table is rewritten after each round of seeds: it always holds whole rounds.
"""

import argparse
from pathlib import Path

import jax

import ntklib
from ntklib.sweeps import sweep
from ntklib.theory.minimum_width.interpolation.transition import (
    CELLS,
    interpolation_cell,
)

TABLE = Path(ntklib.__file__).parent / "theory" / "minimum_width" / "data" / "interpolation.csv"
COLUMNS = ["network", "ratio", "labels", "N", "seed", "success", "iterations", "distance", "residual"]


def main() -> None:
    """Read the arguments, run the sweep round by round, write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=12)
    parser.add_argument("--cache", required=True, help="folder in which finished cells are kept")
    arguments = parser.parse_args()
    jax.config.update("jax_enable_x64", True)
    for seed in range(arguments.trials):
        sweep(interpolation_cell, CELLS, [seed], cache=arguments.cache)
        rows = sweep(interpolation_cell, CELLS, seed + 1, cache=arguments.cache, progress=False)
        rows[COLUMNS].to_csv(TABLE, index=False, float_format="%.6g", lineterminator="\n")


if __name__ == "__main__":
    main()
