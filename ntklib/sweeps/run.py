"""Sweeps over a grid and seeds: one tidy row per cell, cached, resumable, on any executor."""

import os
import sys

import pandas as pd
from tqdm import tqdm

from .cells import cell_name, grid_cells, seed_list
from .keys import UnseenError, fingerprint, settings
from .pools import Task, outcomes
from .store import CellStore, cell_key, encode


class SweepError(RuntimeError):
    """Some cells of a sweep failed; the others are in the cache, if there is one, and in ``.partial``."""

    def __init__(self, message, partial=None):
        super().__init__(message)
        self.partial = partial


PATIENCE = 5
"""Seconds after which a progress bar appears."""


def sweep(function, grid, seeds, *, cache=None, executor=None, progress=True, version="", retry=False) -> pd.DataFrame:
    r"""Evaluate a function on a grid times seeds and return one tidy row per cell.

    The cells are :math:`\text{grid} \times \text{seeds}`, in that order whatever the order of completion.

    Parameters
    ----------
    function : callable
        Called as ``function(seed=seed, **cell)``. Returns a mapping of column names to numbers, strings,
        booleans or None, a single number (column ``value``), or a list of such mappings (several rows).
    grid : mapping or sequence of mappings
        ``{"width": [64, 128], "depth": [2, 3]}`` means every combination; a list gives the cells themselves.
    seeds : int or iterable of int
        ``5`` means ``range(5)``.
    cache : path, optional
        Folder in which the result of each cell is kept. A second call takes finished cells from there.
    executor : optional
        Anything with ``submit(function, *args)`` that returns futures with ``result()``: a thread or process
        pool, ``dask.distributed.Client(...).get_executor()``, ``mpi4py.futures.MPIPoolExecutor()``. Default:
        one cell after the other in this process. Workers run in this process's JAX precision.
    progress : bool
        Whether to draw a progress bar on standard error once five seconds have passed.
    version : str
        Part of the cache's key, to be changed when a result changes for a reason that Python cannot see: a
        data file, an environment variable.
    retry : bool
        Whether to recompute cells that are cached already.

    Returns
    -------
    pandas.DataFrame
        Columns: those of the grid, ``seed``, those of the results.

    Raises
    ------
    ValueError
        Empty grid or seeds, duplicate cells, or a result column that is also a grid column.
    TypeError
        A grid value, or a result, that cannot be written to the cache; with a cache, a function that depends
        on something no key can see, such as an open file or a random state that changes from cell to cell.
    SweepError
        One or more cells failed or could not be saved. It names them; all others have been computed and cached
        first, and every computed row is in its attribute ``partial``.

    Notes
    -----
    A cell is cached under a hash of the function with everything that it reaches (`ntklib.sweeps.fingerprint`),
    ``version``, JAX's precision, the cell and the seed: editing the function or something it calls, or another
    value in its closure, recomputes. Files carry a checksum and are written under a temporary name, then renamed: a
    killed run loses only the cells in flight; a damaged file is recomputed with a warning. Numbers make the round
    trip exactly, NaN and infinities included. Random state must come from ``seed`` alone.
    A process pool or a cluster needs ``function`` to be importable (or picklable) there; a worker that has loaded
    other code than this process refuses.
    Time and memory: those of the cells.

    Examples
    --------
    >>> from ntklib.sweeps import sweep
    >>> table = sweep(lambda seed, width: {"twice": 2 * width}, {"width": [1, 2]}, seeds=2, progress=False)
    >>> table["twice"].tolist()
    [2, 2, 4, 4]
    """
    cells = [(cell, seed) for cell in grid_cells(grid) for seed in seed_list(seeds)]
    identity = "" if cache is None else _identity(function)
    store = CellStore(cache)
    keys = [cell_key(identity + encode(settings()), version, *cell) for cell in cells]
    _refuse_duplicates(cells, keys)
    results, failures, unsaved = {} if retry else store.load(keys), {}, {}
    jobs = {i: (*cells[i], key) for i, key in enumerate(keys) if key not in results}
    task = Task(function, identity, store)
    look = {"delay": PATIENCE, "disable": not progress or "TQDM_DISABLE" in os.environ, "file": sys.stderr}
    with tqdm(total=len(cells), initial=len(cells) - len(jobs), **look) as bar:
        for i, outcome in outcomes(task, jobs, executor):
            try:
                results[keys[i]], saved, unsaved[i] = outcome()
                if not (saved or unsaved[i]):
                    _, unsaved[i] = task.saved(*jobs[i], results[keys[i]])
            except Exception as error:  # reported below, once all other cells are safe
                failures[i] = error
            bar.update()
    rows = [{**cell, "seed": seed, **row} for key, (cell, seed) in zip(keys, cells) for row in results.get(key, [])]
    unsaved = {i: error for i, error in unsaved.items() if error}
    if failures or unsaved:
        _report(failures, unsaved, cells, pd.DataFrame(rows), store)
    return pd.DataFrame(rows)


def _identity(function) -> str:
    try:
        return fingerprint(function)
    except UnseenError as error:
        raise TypeError(
            f"sweep: results cannot be cached, since {error}; build it inside the function from plain arguments and "
            "the seed, or leave out cache=."
        ) from None


def _refuse_duplicates(cells, keys) -> None:
    if len(set(keys)) != len(keys):
        twice = next(c for i, c in enumerate(cells) if keys[i] in keys[:i])
        raise ValueError(f"sweep: the cell {cell_name(*twice)} appears twice; expected every cell once.")


def _report(failures, unsaved, cells, partial, store) -> None:
    """Raise what went wrong, with all rows that were computed."""
    problems = failures | unsaved
    first = min(problems)
    error = problems[first]
    if isinstance(error, (ValueError, TypeError)) and str(error).startswith("sweep: "):
        raise error
    lost = f"{len(failures)} of {len(cells)} cells failed" if failures else ""
    full = f"{len(unsaved)} of {len(cells)} cells could not be saved" if unsaved else ""
    kept = f"the others are cached in {store.folder}" if store.folder else "give cache=path to keep the others"
    others = "".join(f"\n  also: {cell_name(*cells[i])}: {problems[i]!r}" for i in sorted(problems)[1:6])
    raise SweepError(
        f"sweep: {' and '.join(filter(None, (lost, full)))}, first {cell_name(*cells[first])}: "
        f"{type(error).__name__}: {error}; {kept}, all computed rows are in .partial; mend it and run again.{others}",
        partial,
    ) from error
