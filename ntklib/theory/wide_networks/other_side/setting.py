"""What the chapter's claims and pages share: all parities of one order, and networks trained on four tasks."""

from functools import lru_cache
from itertools import combinations

import numpy as np

from ntklib.theory.setting import parity_cube
from ntklib.theory.wide_networks.other_side import statements as theory


def all_parities(d: int, order: int):
    """Return the whole cube of dimension d, unit rows, and all parities of one order on it.

    Examples
    --------
    >>> [part.shape for part in all_parities(4, 2)]
    [(16, 4), (16, 6)]
    """
    X, _ = parity_cube(d)
    signs = np.sign(X)
    return X, np.stack([signs[:, S].prod(axis=1) for S in map(list, combinations(range(d), order))], axis=1)


@lru_cache(maxsize=8)
def trained(scale: float, width: int = 64, d: int = 20, N: int = 100, seed: int = 0, target: str = "sparse", runs=4):
    """Train on four tasks; one call for several claims. The second entry is the mean error of the limiting kernel.

    Examples
    --------
    >>> run, kernel = trained(1.0, 4, 4, 6, runs=1)
    >>> run.error.shape
    (1,)
    """
    tasks = [theory.cube_task(d, N, runs * seed + i, target=target) for i in range(runs)]
    kernel = float(np.mean([theory.kernel_error(task) for task in tasks]))
    return theory.rich_run(tasks, width, scale, steps=1500, seed=seed), kernel
