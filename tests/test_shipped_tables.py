"""Laws of shipped tables: each is what its record says, computed by the code of today, as far as a minute allows."""

import functools
import importlib
import json
import os
import subprocess
import sys
from dataclasses import replace

import jax
import numpy as np
import pandas as pd
import pytest

from ntklib.sweeps import Piece, ShippedTable, shipped_tables, verify
from ntklib.sweeps import __main__ as command
from ntklib.sweeps.verify import (
    ALLOWANCE,
    DisagreementError,
    plan,
    problems,
    strata,
    verify_pieces,
    verify_sample,
    verify_whole,
)

TABLES = shipped_tables()


@functools.cache
def chosen():
    return plan(list(TABLES.values()))


@pytest.mark.parametrize("name", TABLES)
def test_the_record_is_true_and_the_code_is_that_which_was_verified(name):
    assert problems(TABLES[name]) == []


@pytest.mark.parametrize("name", TABLES)
def test_a_random_sample_is_computed_again(name):
    pieces, left_out = chosen()[name]
    assert pieces
    assert sorted(left_out) == TABLES[name].record()["strata too long for make test"]
    if not TABLES[name].comparable_here():
        pytest.skip("its long runs amplify rounding, and vector instructions or jaxlib are not those of the record")
    verify_pieces(TABLES[name], pieces)
    jax.clear_caches()


@pytest.mark.parametrize("name", TABLES)
def test_the_pieces_cover_every_row_once_and_the_file_has_the_declared_columns(name):
    table = TABLES[name]
    frame = table.read()
    assert tuple(frame) == table.columns
    places = [i for pieces in strata(table).values() for piece in pieces for i in piece.rows.index]
    assert sorted(places) == list(range(len(frame)))


def test_the_sample_keeps_its_allowance_and_changes_with_the_table(monkeypatch):
    tables = list(TABLES.values())
    assert chosen_rows(plan(tables)) == chosen_rows(plan(tables))
    seconds = {t.name: t.record()["seconds"] for t in tables}
    spent = sum(seconds[name][piece.stratum] for name, (pieces, _) in chosen().items() for piece in pieces)
    assert spent <= ALLOWANCE
    before = chosen_rows(plan(tables))
    monkeypatch.setattr(ShippedTable, "checksum", lambda self: "another")
    assert chosen_rows(plan(tables)) != before


def chosen_rows(plan):
    return {name: [piece.rows.index.tolist() for piece in pieces] for name, (pieces, _) in plan.items()}


TOY = """
from ntklib.sweeps import Piece, ShippedTable

SCALE = 3

def cell(width, *, seed):
    return [{"step": t, "loss": SCALE * width / (1 + t) + seed} for t in range(2)]

def pieces(table):
    for (width, seed), rows in table.groupby(["width", "seed"]):
        yield Piece(f"width {width}", rows, lambda width=width, seed=seed: cell(width, seed=seed))

TABLE = ShippedTable(
    name="toy", package=__package__, cell=cell, parts=(([{"width": 1}, {"width": 2}], 3),),
    values={"loss": (1e-6, 0.0)}, columns=("width", "seed", "step", "loss"), pieces=pieces, minutes=0,
)
"""


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A table in a package of its own, freshly made."""
    folder = tmp_path / "toy_book" / "chapter"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    (folder / "__init__.py").touch()
    (folder / "tables.py").write_text(TOY)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    importlib.invalidate_caches()
    tables = shipped_tables("toy_book")
    monkeypatch.setattr(command, "shipped_tables", lambda: tables)
    monkeypatch.setattr(verify, "process_start", lambda: (folder / "tables.py").stat().st_mtime)
    command.main(["toy"])
    yield tables["toy"]
    shipped_tables.cache_clear()
    for name in [name for name in sys.modules if name.startswith("toy_book")]:
        del sys.modules[name]


def test_making_writes_the_table_and_its_record(toy):
    assert toy.read()["loss"].tolist() == [3, 1.5, 4, 2.5, 5, 3.5, 6, 3, 7, 4, 8, 5]
    record = toy.record()
    assert record["made with"]["jax"] == jax.__version__
    assert (record["rows"], record["cells and seeds"]) == (12, [[2, 3]])
    assert record["verified"]["what"] == "a random piece of 2 of 2 strata"
    assert problems(toy) == []


def test_verifying_every_row_is_noted_and_a_later_sample_does_not_forget_it(toy, capsys):
    command.main(["toy", "--verify"])
    assert toy.record()["verified"]["what"] == "every row"
    command.main(["--sample"])
    assert toy.record()["verified"]["what"] == "every row"
    command.main([])
    assert "every row" in capsys.readouterr().out.splitlines()[-1]


@pytest.mark.parametrize("old", ["6.0\n", "1,2,1,"])
def test_a_file_that_was_touched_is_noticed_and_a_wrong_value_is_refused(toy, old):
    text = toy.file.read_text()
    toy.file.write_text(text.replace(old, old.replace("6", "7").replace("1,2,1", "1,9,1")))
    assert toy.file.read_text() != text
    assert "is not the file that its record describes" in problems(toy)[0]
    with pytest.raises(DisagreementError, match=r"differ from the shipped ones in the whole table.*remake the table"):
        verify_whole(toy, "cells")


def test_code_that_changed_since_is_noticed_and_the_message_says_what_to_run(toy):
    changed = replace(toy, cell=lambda width, *, seed: {"step": 0, "loss": 0.0})
    (problem,) = problems(changed)
    assert "code that it depends on has changed" in problem
    assert "make tables NAME=toy ARGS=--sample" in problem
    assert problems(replace(toy, parts=(([{"width": 1}, {"width": 2}], 4),)))


def test_nothing_is_noted_where_the_code_was_edited_meanwhile(toy, monkeypatch):
    monkeypatch.setattr(verify, "process_start", lambda: 0.0)
    with pytest.raises(RuntimeError, match=r"tables\.py changed while this process ran"):
        list(verify_sample([toy]))


def test_a_sample_finds_a_wrong_value(toy):
    frame = toy.read().assign(loss=lambda f: f["loss"] * (1 + 1e-5))
    frame.to_csv(toy.file, index=False)
    with pytest.raises(DisagreementError, match=r"toy: .* in the stratum 'width \d'.*\(relative, absolute\)"):
        list(verify_sample([toy]))


@pytest.mark.parametrize("name", ["instructions", "jaxlib"])
def test_only_a_chaotic_table_asks_for_the_processor_and_the_compiler_of_its_record(toy, name):
    record = toy.record()
    assert replace(toy, chaotic=True).comparable_here()
    record["verified"]["with"][name] = "another"
    toy.write_record(record)
    assert toy.comparable_here()
    assert not replace(toy, chaotic=True).comparable_here()


def test_no_record_and_no_verification_are_problems(toy):
    toy.write_record(toy.record() | {"verified": None})
    assert "no row was ever verified" in problems(toy)[0]
    toy.record_file.unlink()
    assert "no record" in problems(toy)[0]


@pytest.mark.parametrize(
    ("change", "column", "excess"),
    [
        (lambda f: f, "loss", 0.0),
        (lambda f: f.iloc[::-1], "rows", 0.0),
        (lambda f: f.iloc[:-1], "rows", np.inf),
        (lambda f: pd.concat([f, f.iloc[:1]]), "rows", np.inf),
        (lambda f: f.assign(loss=f["loss"] * (1 + 2e-6)), "loss", 2.0),
        (lambda f: f.assign(loss=np.nan), "loss", np.inf),
        (lambda f: f.assign(loss=np.inf), "loss", np.inf),
        (lambda f: f.assign(step=f["step"] + 5), "rows", np.inf),
    ],
)
def test_differences_are_measured_in_tolerances(toy, change, column, excess):
    stored = toy.read()
    assert toy.differences(stored, change(stored))[column] == pytest.approx(excess, rel=1e-5)


def test_equal_infinities_and_equal_nan_do_not_differ(toy):
    stored = toy.read().assign(loss=[np.inf, np.nan] * 6)
    assert toy.differences(stored, stored.copy()) == {"rows": 0.0, "loss": 0.0}


def test_an_unknown_table_is_refused(capsys):
    with pytest.raises(SystemExit):
        command.main(["frontiers"])
    assert "unknown table frontiers; expected some of" in capsys.readouterr().err


def test_records_are_stored_with_the_same_bytes_and_name_no_date_or_machine():
    for table in TABLES.values():
        text = table.record_file.read_text(encoding="utf-8")
        assert text == json.dumps(json.loads(text), indent=1, ensure_ascii=False) + "\n"
        assert not {"date", "commit", "host", "path"} & set(table.record())


def test_a_piece_fills_in_what_is_constant():
    rows = pd.DataFrame({"a": [1, 1], "b": [1, 2], "c": [3.0, 4.0]})
    fresh = Piece("", rows, lambda: [{"b": 1, "c": 3.0}, {"b": 2, "c": 4.0}]).again()
    assert fresh["a"].tolist() == [1, 1]


def test_fingerprints_do_not_depend_on_the_order_of_hashed_names():
    """Sets of names come in another order in every process unless PYTHONHASHSEED is fixed."""
    program = "from ntklib.sweeps import shipped_tables as t; print({n: x.fingerprint() for n, x in t().items()})"
    seeds = ("1", "2", "3")
    found = {
        subprocess.run(
            [sys.executable, "-c", program], env=dict(os.environ, PYTHONHASHSEED=s), capture_output=True, check=True
        ).stdout
        for s in seeds
    }
    assert len(found) == 1
