"""The ledger: every claim and its refutation run, one row each."""

import multiprocessing
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor

import jax
import pandas as pd

from ntklib.claims.registry import registry, run

WORDS = ["id", "source", "statement", "status"]
VERDICT = ["measured", "predicted", "slack", "resolution", "grade"]
COLUMNS = [*WORDS, *VERDICT, "rival", "holds", "refuted", "seconds"]


def ledger(ids: Iterable[str] | None = None, *, workers: int = 1) -> pd.DataFrame:
    """Run every claim and its refutation, and list the verdicts.

    Parameters
    ----------
    ids : iterable of str, optional
        Which claims, in this order; all of them by default, in the order of registration.
    workers : int
        Processes that share the claims. With 1 everything runs in this process.

    Returns
    -------
    pandas.DataFrame
        Columns id, source, statement, status, measured, predicted, slack, resolution, grade, rival, holds, refuted,
        seconds. ``status`` names what a sketched proof lacks; ``refuted`` says that the check of the rival came out as
        not holding, as it should; ``seconds`` is the wall time of both runs.

    Raises
    ------
    UnknownClaimError
        For an unknown id, before anything runs.

    Notes
    -----
    Time and memory are the checks'; each worker is a new process that imports the package (about 0.3 GiB).
    The column ``seconds`` changes from run to run: a notebook drops it. Source: Book.

    Examples
    --------
    >>> from ntklib.claims import isolated_registry
    >>> with isolated_registry():
    ...     list(ledger().columns)[-4:]
    ['rival', 'holds', 'refuted', 'seconds']
    """
    if isinstance(ids, str):
        raise TypeError(f"ledger: ids={ids!r} is a single string; expected a list of ids; write [{ids!r}].")
    chosen = [registry[id].id for id in (registry if ids is None else ids)]
    if workers > 1 and len(chosen) > 1:
        spawn, precision = multiprocessing.get_context("spawn"), (jax.config.jax_enable_x64,)
        with ProcessPoolExecutor(workers, spawn, initializer=_switch, initargs=precision) as pool:
            rows = list(pool.map(_row, chosen))
    else:
        rows = [_row(id) for id in chosen]
    return pd.DataFrame(rows, columns=COLUMNS)


def _switch(x64: bool) -> None:
    """Give a new process the precision of the one that asks."""
    jax.config.update("jax_enable_x64", x64)


def _row(id: str) -> tuple:
    found = registry[id]
    start = time.perf_counter()
    verdict, broken = run(found, "check", found.check, {}), run(found, "refutation", found.refutation, {})
    seconds = time.perf_counter() - start
    words = [found.id, found.source, found.statement, found.standing]
    numbers = [getattr(verdict, name) for name in VERDICT]
    return (*words, *numbers, found.rival, verdict.holds, not broken.holds, seconds)
