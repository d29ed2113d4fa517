"""Write the table of test errors over widths and sample sizes that the chapter kernel_generalization reads.

    python chapters/wide_networks/width_error_sweep.py

Exact linear algebra with the finite-width kernels, two tasks, five seeds; a few minutes on two cores.
"""

from pathlib import Path

import jax
import pandas as pd

import ntklib.theory.wide_networks
from ntklib.theory.wide_networks.kernel_generalization.errors import error_grid

WIDTHS = (16, 32, 64, 128, 256, 512, 1024, 2048)
SAMPLES = (64, 128, 256, 512, 1024)
SEEDS = range(5)


def main():
    """Compute both grids and write them, four significant digits each."""
    jax.config.update("jax_enable_x64", True)
    frames = [pd.DataFrame(error_grid(name, WIDTHS, SAMPLES, SEEDS)).assign(task=name) for name in ("digits", "sphere")]
    path = Path(ntklib.theory.wide_networks.__file__).parent / "data" / "width_errors.csv"
    pd.concat(frames).to_csv(path, index=False, float_format="%.4g", lineterminator="\n")


if __name__ == "__main__":
    main()
