"""Compute shipped rows again: a random stratified sample within an allowance of seconds, or everything."""

import itertools
import random
import time
from pathlib import Path

import jax
import pandas as pd
import psutil

from .keys import source_files
from .shipped import versions

ALLOWANCE = 60.0  # seconds that a sample of all tables may take
UNKNOWN_SECONDS = 4.0  # of a stratum that was never timed
EVERY_ROW = "every row"


class DisagreementError(AssertionError):
    """Rows that were computed again are not those that are shipped."""


def strata(table) -> dict[str, list]:
    """Return the pieces of a table by stratum."""
    with table.in_precision():
        pieces = sorted(table.pieces(table.read()), key=lambda piece: piece.stratum)
    return {name: list(group) for name, group in itertools.groupby(pieces, key=lambda piece: piece.stratum)}


def plan(tables, allowance=ALLOWANCE) -> dict:
    """Choose one piece of as many strata as an allowance of seconds reaches; {table name: (pieces, strata left out)}.

    The tables take turns. Each begins with its longest stratum that takes at most a tenth of the allowance, and goes
    on with the cheapest. The choice depends on nothing but the shipped files: another table means other pieces.
    """
    chosen, spent, offers = {table.name: ([], []) for table in tables}, 0.0, []
    for table in tables:
        generator = random.Random(table.checksum())
        known = table.record().get("seconds", {})
        costs = [(known.get(s, UNKNOWN_SECONDS), s, generator.choice(p)) for s, p in strata(table).items()]
        costs.sort(key=lambda cost: cost[:2])
        long = max((i for i, cost in enumerate(costs) if cost[0] <= allowance / 10), default=0)
        costs.insert(0, costs.pop(long))
        offers += [(turn, table.name, *cost) for turn, cost in enumerate(costs)]
    for _, name, seconds, stratum, piece in sorted(offers, key=lambda offer: offer[:2]):
        within = spent + seconds <= allowance
        spent += seconds * within
        chosen[name][0 if within else 1].append(piece if within else stratum)
    return chosen


def verify_pieces(table, pieces) -> dict:
    """Compute pieces again and compare; return {stratum: (seconds, {column: difference in tolerances})}.

    Raises
    ------
    DisagreementError
        If a value lies further from the shipped one than its tolerance.
    """
    found = {}
    for piece in pieces:
        started = time.process_time()  # of this process alone, whatever else the machine does
        with table.in_precision():
            fresh = piece.again()
        differences = table.differences(piece.rows, fresh)
        found[piece.stratum] = (time.process_time() - started, differences)
        _refuse(table, differences, f"in the stratum {piece.stratum!r}, first row {piece.rows.iloc[0].to_dict()}")
    return found


def verify_sample(tables, allowance=ALLOWANCE):
    """Verify a random sample of several tables; yield (table, entry for its record, {stratum: seconds}) one by one."""
    by_name = {table.name: table for table in tables}
    for name, (pieces, left_out) in plan(tables, allowance).items():
        outcomes = verify_pieces(by_name[name], pieces)
        worst = pd.DataFrame([differences for _, differences in outcomes.values()]).max().to_dict()
        what = f"a random piece of {len(pieces)} of {len(pieces) + len(left_out)} strata"
        seconds = {stratum: round(seconds, 1) for stratum, (seconds, _) in outcomes.items()}
        yield by_name[name], _entry(by_name[name], what, worst) | {"strata": len(pieces)}, seconds
        jax.clear_caches()


def verify_whole(table, folder, *, executor=None) -> dict:
    """Compute the whole table again, resumable from a folder; return the entry for its record."""
    fresh = table.make(folder, executor=executor)
    differences = table.differences(table.read(), fresh)
    _refuse(table, differences, "in the whole table")
    return _entry(table, EVERY_ROW, differences)


def _entry(table, what, worst) -> dict:
    edited = sorted(file for file in source_files(table.cell) if Path(file).stat().st_mtime > process_start())
    if edited:
        raise RuntimeError(
            f"{table.name}: {', '.join(edited)} changed while this process ran, so nobody knows which code was "
            "verified; run the command again."
        )
    return {
        "what": what,
        "with": versions(),
        "code": table.fingerprint(),
        "sha256": table.checksum(),
        "largest difference, in tolerances": {c: float(f"{v:.3g}") for c, v in worst.items() if c != "rows"},
    }


def process_start() -> float:
    """Return when this process began, in seconds of the epoch: all code was loaded later."""
    return psutil.Process().create_time()


def _refuse(table, differences, where) -> None:
    wrong = {column: f"{value:.3g}" for column, value in differences.items() if not value <= 1}
    elsewhere = "" if table.comparable_here() else ", and vector instructions or jaxlib are not those of the record"
    if wrong:
        raise DisagreementError(
            f"{table.name}: rows computed again differ from the shipped ones {where}: {wrong} times the tolerance "
            f"{table.values} (relative, absolute){elsewhere}; mend the code, or remake the table with `make tables "
            f"NAME={table.name}` and see what changes in the text."
        )


def problems(table) -> list[str]:
    """Return what makes the record of a table untrue: an empty list if it is in order.

    Checked: the file is the one that the record describes; something of it was verified; the code that it depends on
    is the same as then.
    """
    if not table.record_file.exists():
        return [f"{table.name}: no record {table.record_file.name}; run `make tables NAME={table.name}`."]
    record, found = table.record(), []
    verified = record["verified"]
    if record["sha256"] != table.checksum():
        found.append(
            f"{table.name}: {table.file.name} is not the file that its record describes; a shipped table is "
            f"written by `make tables NAME={table.name}` alone."
        )
    if not verified or verified["sha256"] != table.checksum():
        found.append(f"{table.name}: no row was ever verified; run `make tables NAME={table.name} ARGS=--sample`.")
    elif verified["code"] != table.fingerprint():
        found.append(
            f"{table.name}: code that it depends on has changed since {verified['what']} was verified; run `make "
            f"tables NAME={table.name} ARGS=--sample` (a minute), or ARGS=--verify for every row ({table.minutes:g} "
            "minutes)."
        )
    return found
