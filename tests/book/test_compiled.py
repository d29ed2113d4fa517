"""Stages of one `make test` share what JAX compiled, without two processes in one folder, and no run sees another's."""

import importlib.util
import os
import subprocess
import sys

import pytest

PROGRAM = """
import conftest, jax
hits = []
jax.monitoring.register_event_listener(lambda event, **_: hits.append(event) if event.endswith("cache_hits") else None)
jax.jit(lambda x: 3 * x + 1)(2.0).block_until_ready()
print(len(hits))
"""


@pytest.fixture
def make(book):
    """make.py as a module."""
    spec = importlib.util.spec_from_file_location("make", book / "make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_run_begins_with_an_empty_folder_and_leaves_none(make, monkeypatch):
    monkeypatch.setenv("BOOK_COMPILED", "of an outer run")
    with make.compiled_programs() as folder, make.compiled_programs() as other:
        assert folder != other
        assert not list(folder.iterdir())
        assert os.environ["BOOK_COMPILED"] == str(other)
        (folder / "gw0").mkdir()
    assert not folder.exists()
    assert os.environ["BOOK_COMPILED"] == "of an outer run"


def test_every_worker_gets_what_the_others_compiled_and_keeps_its_own(make, tmp_path):
    for worker in ("gw0", "gw1"):
        (tmp_path / worker).mkdir()
        (tmp_path / worker / "both").write_text(worker)
        (tmp_path / worker / f"of {worker}").write_text(worker)
    make.share_compiled(tmp_path)
    for worker in ("gw0", "gw1"):
        found = {path.name: path.read_text() for path in (tmp_path / worker).iterdir()}
        assert found == {"both": worker, "of gw0": "gw0", "of gw1": "gw1"}


def test_a_program_compiled_once_is_found_by_the_next_process_of_the_same_worker_only(book, tmp_path):
    hits = []
    for worker in ("gw0", "gw0", "gw1"):
        environment = dict(os.environ, BOOK_COMPILED=str(tmp_path), PYTEST_XDIST_WORKER=worker, JAX_PLATFORMS="cpu")
        run = subprocess.run([sys.executable, "-c", PROGRAM], cwd=book, env=environment, capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        assert run.stderr == ""
        hits.append(int(run.stdout))
    assert hits[0] == hits[2] == 0 < hits[1]
    assert {path.name for path in tmp_path.iterdir()} == {"gw0", "gw1"}
