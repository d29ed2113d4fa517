"""Sweeps over a grid and seeds: one tidy row per cell, cached, resumable, on any executor."""

import functools
import itertools
import sys
from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, wait

import numpy as np
import pandas as pd
from tqdm import tqdm

from ._cellstore import CellStore, cell_key, cell_name


class SweepError(RuntimeError):
    """Some cells of a sweep failed; the others are in the cache, if there is one, and in ``.partial``."""

    def __init__(self, message, partial=None):
        super().__init__(message)
        self.partial = partial


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
        one cell after the other in this process.
    progress : bool
        Whether to draw a progress bar on standard error.
    version : str
        Part of the cache's key, to be changed when the function's meaning changes in a way its own source
        does not show (in something it calls, in the data).
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
        A grid value, or a result, that cannot be written to the cache.
    SweepError
        One or more cells failed. It names them; all others have been computed and cached first, and their
        rows are in its attribute ``partial``.

    Notes
    -----
    A cell is cached under a hash of the function's qualified name, its source text (where Python can find
    it), plain values of enclosing variables, ``version``, the cell and the seed. Editing the function
    therefore recomputes; editing something it calls does not: then change ``version``. Files are written
    under a temporary name and renamed, so a killed run loses only the cells in flight; a damaged file is
    recomputed with a warning. Numbers make the round trip exactly, NaN and infinities included. Random
    state must come from ``seed`` alone.
    A process pool or a cluster needs ``function`` to be importable (or picklable) there.
    Time and memory: those of the cells. Used in every chapter with an experiment, first in `recursion`.

    Examples
    --------
    >>> from ntklib.experiments import sweep
    >>> table = sweep(lambda seed, width: {"twice": 2 * width}, {"width": [1, 2]}, seeds=2, progress=False)
    >>> table["twice"].tolist()
    [2, 2, 4, 4]
    """
    cells = [(cell, seed) for cell in _cells(grid) for seed in _seeds(seeds)]
    keys = [cell_key(function, version, cell, seed) for cell, seed in cells]
    if len(set(keys)) != len(keys):
        twice = next(c for i, c in enumerate(cells) if keys[i] in keys[:i])
        raise ValueError(f"sweep: the cell {cell_name(*twice)} appears twice; expected every cell once.")
    store = CellStore(cache)
    results = {} if retry else store.load(keys)
    missing = [i for i, key in enumerate(keys) if key not in results]
    failures = {}
    with tqdm(total=len(cells), initial=len(cells) - len(missing), disable=not progress, file=sys.stderr) as bar:
        for i, outcome in _outcomes(function, cells, missing, executor):
            try:
                results[keys[i]] = rows = _rows(outcome(), *cells[i])
                store.save(keys[i], cells[i], rows)
            except Exception as error:  # reported below, once all other cells are safe
                results.pop(keys[i], None)
                failures[i] = error
            bar.update()
    rows = [{**cell, "seed": seed, **row} for key, (cell, seed) in zip(keys, cells) for row in results.get(key, [])]
    if failures:
        _report(failures, cells, pd.DataFrame(rows), store)
    return pd.DataFrame(rows)


def _report(failures, cells, partial, store) -> None:
    first = min(failures)
    kept = f"the others are cached in {store.folder}" if store.folder else "give cache=path to keep the others"
    others = "".join(f"\n  also failed: {cell_name(*cells[i])}: {failures[i]!r}" for i in sorted(failures)[1:6])
    error = failures[first]
    if isinstance(error, (ValueError, TypeError)) and str(error).startswith("sweep: "):
        raise error
    raise SweepError(
        f"sweep: {len(failures)} of {len(cells)} cells failed, first {cell_name(*cells[first])}: "
        f"{type(error).__name__}: {error}; {kept}; mend the function and run again.{others}",
        partial,
    ) from error


def _cells(grid) -> list[dict]:
    if isinstance(grid, Mapping):
        for name, values in grid.items():
            if isinstance(values, (str, bytes)) or not np.iterable(values):
                raise ValueError(f"sweep: grid[{name!r}]={values!r}; expected a list of values; write [{values!r}].")
        cells = [dict(zip(grid, combination)) for combination in itertools.product(*grid.values())]
    else:
        cells = [dict(cell) for cell in grid]
    if not cells:
        raise ValueError("sweep: the grid has no cells; expected at least one; an empty list of values leaves none.")
    if any("seed" in cell for cell in cells):
        raise ValueError("sweep: the grid has a column 'seed'; expected seeds in the argument seeds.")
    return [{name: _plain(f"grid value {name}", value) for name, value in cell.items()} for cell in cells]


def _seeds(seeds) -> list[int]:
    found = list(range(seeds)) if isinstance(seeds, (int, np.integer)) else [int(s) for s in seeds]
    if not found:
        raise ValueError(f"sweep: seeds={seeds!r} holds no seed; expected a number >= 1 or a list of integers.")
    return found


def _plain(what, value):
    """Turn NumPy and JAX scalars into Python ones, lists into tuples; refuse what JSON cannot give back."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if hasattr(value, "dtype") and np.ndim(value) == 0:
        value = np.asarray(value).item()
    if isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return tuple(_plain(what, v) for v in value)
    raise TypeError(
        f"sweep: {what} is a {type(value).__name__}; expected a number, string, boolean, None or a tuple of "
        "these; pass a name or a number and build the object inside the function."
    )


def _rows(result, cell, seed) -> list[dict]:
    """Turn what the function returned into a list of plain rows."""
    if isinstance(result, (list, tuple)):
        results = list(result)
    else:
        results = [result if isinstance(result, Mapping) else {"value": result}]
    rows = []
    for row in results:
        if not isinstance(row, Mapping):
            raise TypeError(
                f"sweep: the function returned a list of {type(row).__name__} for {cell_name(cell, seed)}; "
                "expected a mapping, a number, or a list of mappings."
            )
        clash = sorted({*cell, "seed"} & set(row))
        if clash:
            raise ValueError(
                f"sweep: the function returned the columns {clash}, which the grid has already; rename them."
            )
        rows.append({str(k): _plain(f"result {k}", v) for k, v in row.items()})
    return rows


def _outcomes(function, cells, missing, executor):
    """Yield (index, call that returns or raises) as cells finish."""
    if executor is None:
        for i in missing:
            cell, seed = cells[i]
            yield i, functools.partial(function, seed=seed, **cell)
        return
    futures = {executor.submit(_call, function, *cells[i]): i for i in missing}
    waiting = set(futures)
    try:
        while waiting:
            done = _finished(waiting)
            waiting -= done
            for future in done:
                yield futures[future], future.result
    finally:  # an interrupted sweep leaves nothing behind in the pool
        for future in waiting:
            future.cancel()


def _call(function, cell, seed):
    return function(seed=seed, **cell)


def _finished(waiting) -> set:
    """Return the futures that have finished; one by one for executors whose futures `wait` does not know."""
    try:
        return wait(waiting, return_when=FIRST_COMPLETED).done
    except AttributeError:
        return {next(iter(waiting))}
