"""The cells of a sweep and what comes back from one: plain values, so that a file can give them back exactly."""

import itertools
import operator
from collections.abc import Mapping

import numpy as np


def cell_name(cell, seed) -> str:
    """Return the cell as it would be written in a call."""
    return "(" + ", ".join(f"{k}={v!r}" for k, v in {**cell, "seed": seed}.items()) + ")"


def grid_cells(grid) -> list[dict]:
    """Return the cells of a grid: all combinations of a mapping's lists, or the mappings of a list themselves."""
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
    return [{name: plain(f"grid value {name}", value) for name, value in cell.items()} for cell in cells]


def seed_list(seeds) -> list[int]:
    """Return the seeds: those of a list of integers, or 0, …, n-1 for a number n."""
    wrong = f"sweep: seeds={seeds!r}; expected a number of seeds or a list of integers, such as 12 or [1, 2]."
    if isinstance(seeds, (str, bytes, bool, Mapping)):
        raise ValueError(wrong)
    try:
        found = [operator.index(s) for s in seeds] if np.iterable(seeds) else list(range(operator.index(seeds)))
    except TypeError:
        raise ValueError(wrong) from None
    if not found:
        raise ValueError(f"sweep: seeds={seeds!r} holds no seed; expected a number >= 1 or a list of integers.")
    return found


def plain(what, value):
    """Turn NumPy and JAX scalars into Python ones, lists into tuples; refuse what a file cannot give back."""
    if hasattr(value, "dtype") and np.ndim(value) == 0:
        value = np.asarray(value).item()
    if value is None or isinstance(value, bool):
        return value
    for kind in (str, int, float):  # also of classes derived from these
        if isinstance(value, kind):
            return (
                value
                if type(value) is kind
                else getattr(kind, "__str__" if kind is str else f"__{kind.__name__}__")(value)
            )
    if isinstance(value, (list, tuple)):
        return tuple(plain(what, v) for v in value)
    raise TypeError(
        f"sweep: {what} is a {type(value).__name__}; expected a number, string, boolean, None or a tuple of "
        "these; pass a name or a number and build the object inside the function."
    )


def result_rows(result, cell, seed) -> list[dict]:
    """Turn what the function returned into a list of plain rows."""
    if isinstance(result, (list, tuple)):
        results = list(result)
    else:
        results = [result if isinstance(result, Mapping) else {"value": result}]
    return [_row(row, cell, seed) for row in results]


def _row(row, cell, seed) -> dict:
    if not isinstance(row, Mapping):
        raise TypeError(
            f"sweep: the function returned a list of {type(row).__name__} for {cell_name(cell, seed)}; "
            "expected a mapping, a number, or a list of mappings."
        )
    clash = sorted({*cell, "seed"} & set(row))
    if clash:
        raise ValueError(f"sweep: the function returned the columns {clash}, which the grid has already; rename them.")
    return {str(k): plain(f"result {k}", v) for k, v in row.items()}
