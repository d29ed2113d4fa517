"""Run cells here or in somebody's pool, and lose nothing that was computed."""

import contextlib
import sys
import time
import uuid
from concurrent.futures import FIRST_COMPLETED, wait
from dataclasses import dataclass, field

import jax

from .cells import result_rows
from .keys import fingerprint, settings
from .store import CellStore

PROCESS = uuid.uuid4().hex  # of this process, and of those forked from it
VERIFIED = set()
PATIENCE, INTERVAL = 60.0, 5.0  # seconds: for a cluster without workers, between two looks


class NoWorkersError(RuntimeError):
    """A cluster has no workers left, and none came."""


@dataclass(frozen=True)
class Task:
    """What a worker needs to know: the function, how it was hashed, in which precision it runs, where to save."""

    function: object
    identity: str
    store: CellStore
    process: str = field(default_factory=lambda: PROCESS)
    settings: dict = field(default_factory=settings)

    def __call__(self, cell, seed, key):
        """Return the cell's rows and whether they are saved: at once where this worker shares our process."""
        with same_settings(self.settings):
            if self.process != PROCESS and self.identity and self.identity not in VERIFIED:
                self.verify()
            rows = result_rows(self.function(seed=seed, **cell), cell, seed)
        if self.process != PROCESS:
            return rows, False, None
        return rows, *self.saved(cell, seed, key, rows)

    def saved(self, cell, seed, key, rows):
        """Save; return (whether it worked, the error)."""
        try:
            self.store.save(key, (cell, seed), rows)
        except OSError as error:
            return False, error
        return True, None

    def verify(self) -> None:
        """Make sure that this worker has loaded the same code."""
        if fingerprint(self.function) != self.identity:
            raise RuntimeError(
                "a worker has loaded other code, library versions or values than the process that asks; was a file "
                "edited after its import? Start Python and the workers again."
            )
        VERIFIED.add(self.identity)


@contextlib.contextmanager
def same_settings(wanted):
    """Give a worker the precision of the process that asks: threads and new processes do not inherit it."""
    switches = {
        "jax_enable_x64": jax.enable_x64,
        "jax_default_matmul_precision": jax.default_matmul_precision,
        "jax_default_prng_impl": jax.default_prng_impl,
    }
    with contextlib.ExitStack() as stack:
        for name, value in wanted.items():
            if settings()[name] != value:
                stack.enter_context(switches[name](value))
        yield


def outcomes(task, jobs, executor):
    """Yield (index, call that returns (rows, saved, error) or raises) as cells finish.

    `jobs` maps an index to (cell, seed, key). Where the pool breaks, the cells that it has not finished raise.
    """
    if executor is None:
        for i, job in jobs.items():
            yield i, lambda job=job: task(*job)
        return
    futures, failed = {}, {}
    for i, job in jobs.items():
        try:
            futures[executor.submit(task, *job)] = i
        except Exception as error:  # the others are worth waiting for
            failed[i] = error
    waiting = set(futures)
    try:
        while waiting:
            done = _finished(waiting, executor)
            waiting -= done
            for future in done:
                yield futures[future], future.result
    except NoWorkersError as error:
        failed |= {futures[future]: error for future in waiting}
    finally:  # an interrupted sweep leaves nothing behind in the pool
        for future in waiting:
            future.cancel()
    for i, error in failed.items():
        yield i, lambda error=error: _raise(error)


def _raise(error):
    raise error


def _finished(waiting, executor) -> set:
    """Return the futures that have finished; one by one for executors whose futures `wait` does not know."""
    lonely = None
    while True:
        try:
            done = wait(waiting, timeout=INTERVAL, return_when=FIRST_COMPLETED).done
        except AttributeError:
            return {next(iter(waiting))}
        if done:
            return done
        lonely = (lonely or time.monotonic()) if _no_workers(executor) else None
        if lonely and time.monotonic() - lonely > PATIENCE:
            raise NoWorkersError(f"the dask cluster has had no workers for {PATIENCE:.0f} s; start some and run again")


def _no_workers(executor) -> bool:
    """Return whether a dask cluster has lost all its workers: its futures would wait for ever."""
    if not type(executor).__module__.startswith("distributed"):
        return False
    try:
        return not sys.modules["distributed"].default_client().nthreads()
    except (ValueError, OSError):  # no client, no scheduler
        return True
