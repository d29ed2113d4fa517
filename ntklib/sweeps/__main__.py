"""List, remake or verify the shipped tables: `make tables`, or `python -m ntklib.sweeps`."""

import argparse
import contextlib
import multiprocessing
import shutil
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from . import shipped_tables
from .verify import ALLOWANCE, EVERY_ROW, plan, problems, verify_sample, verify_whole

FOLDER = Path("_build", "tables")


def listing(tables) -> str:
    """Return a line per table: rows, cost, what it was made with, what was verified."""
    lines = [f"{'name':<18} {'rows':>5} {'minutes':>8}  {'made with':<38} verified"]
    for table in tables:
        record = table.record() if table.record_file.exists() else {}
        made, seen = record.get("made with", "no record"), record.get("verified")
        made = made if isinstance(made, str) else f"jax {made['jax']}, numpy {made['numpy']}"
        state = f"{seen['what']}, jax {seen['with']['jax']}" if seen else "never"
        state += "; out of date" if problems(table) and seen else ""
        lines.append(f"{table.name:<18} {record.get('rows', '?'):>5} {table.minutes:>8g}  {made:<38} {state}")
    return "\n".join(lines)


def remake(table, executor) -> None:
    """Make a table anew, resuming from finished cells, and sample it, so that its record is complete."""
    table.write(table.make(FOLDER / table.name, executor=executor))
    sample([table])


def sample(tables, allowance=ALLOWANCE) -> None:
    """Compute a random sample again and note it in the records, unless they say more already."""
    for table, entry, seconds in verify_sample(tables, allowance):
        record = table.record()
        before = record["verified"] or {}
        current = all(before.get(key) == entry[key] for key in ("code", "sha256", "with"))
        more = current and strength(before) >= strength(entry)
        seconds = dict(sorted((record["seconds"] | seconds).items()))
        table.write_record(record | {"verified": before if more else entry, "seconds": seconds})
        print(f"{table.name}: {(before if more else entry)['what']} verified.", flush=True)
    known = shipped_tables()
    for name, (_, left_out) in plan(list(known.values())).items():
        table = known[name]
        table.write_record(table.record() | {"strata too long for make test": sorted(left_out)})


def strength(entry) -> float:
    """Return how much an entry verifies: every row most, else the number of strata."""
    return float("inf") if entry["what"] == EVERY_ROW else entry["strata"]


def whole(table, executor) -> None:
    """Compute a whole table again, compare, note it, and forget the cells, so that the next time is honest too."""
    folder = FOLDER / f"{table.name}-verify"
    entry = verify_whole(table, folder, executor=executor)
    table.write_record(table.record() | {"verified": entry})
    shutil.rmtree(folder)
    print(f"{table.name}: every row agrees.", flush=True)


def main(arguments=None) -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="make tables", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="tables to remake, or to look at with an option below")
    parser.add_argument("--verify", action="store_true", help="compute everything again and compare; write no table")
    parser.add_argument("--sample", action="store_true", help="compute a random sample again, about a minute in all")
    parser.add_argument("--seconds", type=float, default=ALLOWANCE, help="allowance of --sample")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    options = parser.parse_args(arguments)
    known = shipped_tables()
    unknown = sorted(set(options.names) - set(known))
    if unknown:
        parser.error(f"unknown table {', '.join(unknown)}; expected some of {', '.join(known)}.")
    chosen = [known[name] for name in options.names or known]
    if options.sample:
        sample(chosen, options.seconds)
        return
    if not options.names and not options.verify:
        print(listing(chosen))
        return
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(options.jobs, spawn) if options.jobs > 1 else contextlib.nullcontext() as executor:
        for table in chosen:
            (whole if options.verify else remake)(table, executor)


if __name__ == "__main__":
    main()
