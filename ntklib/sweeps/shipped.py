"""A table that is shipped with the package: what it holds, how it is made, where it lies, how it is read."""

import hashlib
import importlib
import json
import platform
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib import metadata, resources
from pathlib import Path

import jax
import numpy as np
import pandas as pd
import psutil

from .keys import fingerprint
from .run import sweep

MEMORY = 3 * 2**30  # bytes of a process, beyond which compiled programs are forgotten


@dataclass(frozen=True)
class Piece:
    """Some stored rows that can be computed again on their own, and the call that does it.

    ``stratum`` says what kind of rows they are: method, width class, success or failure, length of the run.
    """

    stratum: str
    rows: pd.DataFrame
    call: Callable

    def again(self) -> pd.DataFrame:
        """Compute the rows; columns that are constant here and that the call does not return are filled in."""
        fresh = pd.DataFrame(self.call())
        constant = {c: self.rows[c].iloc[0] for c in self.rows if c not in fresh and self.rows[c].nunique() == 1}
        return fresh.assign(**constant)


@dataclass(frozen=True)
class ShippedTable:
    r"""One shipped table, declared in the module ``tables`` of the chapter that it belongs to.

    Parameters
    ----------
    name : str
        Of the table, unique in the book: ``make tables NAME=name``.
    package : str
        The chapter's package. Beside its modules lie ``name.csv`` and ``name.json``, the record of how it was made.
    cell : callable
        As `sweep` calls it.
    parts : tuple of (cells, seeds)
        What is swept, in this order.
    values : mapping of str to (relative, absolute)
        The measured columns; a value computed again may differ by relative times itself plus absolute.
    columns : tuple of str
        All columns, in order.
    pieces : callable
        ``pieces(frame)`` yields a `Piece` for each group of rows that can be computed again on its own.
    minutes : float
        What remaking takes on one core, about.
    precision : {"float64", "float32"}
        JAX's default float while it is made.
    sort : tuple of str
        Columns to sort by, stably; none keeps the order of the sweep.
    float_format : str, optional
        Of the numbers in the file; without it they are written in full.
    chaotic : bool
        Whether long runs amplify rounding, so that other vector instructions, or another version of jaxlib, give other
        numbers, and rows can be compared only where both are those of the record.

    Notes
    -----
    A table is a value: reading takes milliseconds; `make` the time of the cells, resumable.

    Examples
    --------
    >>> from ntklib.sweeps import shipped_tables
    >>> shipped_tables()["frontier"].columns
    ('d', 'N', 'seed', 'step', 'log_loss')
    """

    name: str
    package: str
    cell: Callable
    parts: tuple
    values: dict
    columns: tuple
    pieces: Callable[[pd.DataFrame], Iterable[Piece]]
    minutes: float
    precision: str = "float64"
    sort: tuple = ()
    float_format: str | None = None
    chaotic: bool = False

    @property
    def file(self) -> Path:
        """Where the table lies."""
        return Path(str(resources.files(self.package))) / f"{self.name}.csv"

    @property
    def record_file(self) -> Path:
        """Where its record lies."""
        return self.file.with_suffix(".json")

    def read(self) -> pd.DataFrame:
        """Return the shipped table."""
        return pd.read_csv(self.file)

    def checksum(self) -> str:
        """Return the SHA-256 of the file, whatever git does to line ends."""
        return hashlib.sha256(self.file.read_bytes().replace(b"\r\n", b"\n")).hexdigest()

    def fingerprint(self) -> str:
        """Return the hash of the code that the table depends on, cells and seeds included."""
        return hashlib.sha256((fingerprint(self.cell, loaded=False) + repr(self.parts)).encode()).hexdigest()

    def comparable_here(self) -> bool:
        """Return whether rows computed on this processor, with this jaxlib, can be compared with the shipped ones."""
        verified, here = self.record()["verified"], versions()
        if not (self.chaotic and verified):
            return True
        return all(verified["with"][name] == here[name] for name in ("instructions", "jaxlib"))

    def in_precision(self):
        """Return a context in which JAX has the table's precision."""
        return jax.enable_x64(self.precision == "float64")

    def make(self, folder, *, executor=None, progress=True) -> pd.DataFrame:
        """Compute the whole table; finished cells are kept in a folder and taken from there."""
        with self.in_precision():
            frames = []
            for cells, seeds in self.parts:
                options = {"cache": folder, "executor": executor, "progress": progress}
                frames.append(sweep(_Cleaning(self.cell), cells, seeds, **options))
        frame = pd.concat(frames, ignore_index=True)[list(self.columns)]
        return frame.sort_values(list(self.sort), kind="stable", ignore_index=True) if self.sort else frame

    def write(self, frame) -> None:
        """Write the table and begin a new record."""
        frame.to_csv(self.file, index=False, float_format=self.float_format, lineterminator="\n")
        self.write_record(self.new_record(versions()))

    def record(self) -> dict:
        """Return how the table was made and what of it was computed again since."""
        return json.loads(self.record_file.read_text(encoding="utf-8"))

    def write_record(self, record) -> None:
        """Store a record, the same bytes for the same content."""
        self.record_file.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    def new_record(self, made_with) -> dict:
        """Return a record in which nothing has been verified."""
        return {
            "table": self.name,
            "made by": f"make tables NAME={self.name}",
            "cell": f"{self.cell.__module__}.{self.cell.__qualname__}",
            "made with": made_with,
            "precision": self.precision,
            "cells and seeds": [[len(list(cells)), seeds] for cells, seeds in self.parts],
            "number format": self.float_format or "in full",
            "rows": len(self.read()),
            "sha256": self.checksum(),
            "tolerance (relative, absolute)": {name: list(pair) for name, pair in self.values.items()},
            "verified": None,
            "seconds": {},
            "strata too long for make test": [],
        }

    def differences(self, stored, fresh) -> dict:
        """Compare rows; return, for each measured column, the largest difference in units of its tolerance.

        A pair of equal infinities or of two NaN differs by zero. Rows that only one side has give infinity in the
        entry "rows".
        """
        keys = [c for c in self.columns if c not in self.values]
        both = stored[list(self.columns)].merge(
            fresh[list(self.columns)], on=keys, how="outer", suffixes=("", " again")
        )
        matched = both.dropna(subset=list(self.values), how="all")
        lost = len(both) != len(stored) or len(both) != len(fresh)
        found = {"rows": float("inf") if lost else 0.0}
        return found | {c: _excess(matched[c], matched[c + " again"], *pair) for c, pair in self.values.items()}


def _excess(stored, fresh, relative, absolute) -> float:
    """Return the largest of |a - b| / (relative |a| + absolute); 0 / 0 is 0, an infinity on one side infinite."""
    stored, fresh = stored.astype(float), fresh.astype(float)
    same = (stored == fresh) | (stored.isna() & fresh.isna())
    allowed = relative * stored.abs() + absolute
    ratio = ((stored - fresh).abs() / allowed).where(~same, 0.0)
    return float(ratio.fillna(float("inf")).max())


@dataclass(frozen=True)
class _Cleaning:
    """A cell that forgets compiled programs before hundreds of shapes fill the memory."""

    cell: Callable

    def __call__(self, *, seed, **cell):
        rows = self.cell(seed=seed, **cell)
        if psutil.Process().memory_info().rss > MEMORY:
            jax.clear_caches()
        return rows


def versions() -> dict:
    """Return the versions that numbers depend on."""
    packages = ("jax", "jaxlib", "numpy", "scipy", "pandas", "scikit-learn")
    found = {"python": platform.python_version()} | {name: metadata.version(name) for name in packages}
    return found | {"instructions": instructions()}


def instructions() -> str:
    """Return the processor's vector instructions, as NumPy names them."""
    known = np.show_config(mode="dicts")["SIMD Extensions"]
    return " ".join([platform.machine(), *known.get("baseline", []), *known.get("found", [])])


@cache
def shipped_tables(package="ntklib.theory") -> dict[str, ShippedTable]:
    """Return all shipped tables by name: each `TABLE` in a module ``tables`` of a chapter.

    Examples
    --------
    >>> len(shipped_tables())
    8
    """
    root = Path(str(resources.files(package)))
    modules = [(package, *path.relative_to(root).with_suffix("").parts) for path in sorted(root.rglob("tables.py"))]
    found = [importlib.import_module(".".join(parts)).TABLE for parts in modules]
    return {table.name: table for table in found}
