"""The gate is shut: a broken notebook, or a stored number that is no longer true, turns `make test` red."""

import shutil
import subprocess
import sys

import nbformat
import pytest
from check_notebooks import repository_url
from execute_notebooks import execute
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

CELLS = ("import ntklib", "import math\n\nprint(math.isqrt(1764))")


@pytest.fixture(scope="module")
def skeleton(tmp_path_factory, book):
    """A book with one short notebook, executed and in standard form."""
    root = tmp_path_factory.mktemp("book")
    shutil.copy(book / "_config.yml", root)
    path = root / "chapters" / "part" / "sample.ipynb"
    path.parent.mkdir(parents=True)
    made = new_notebook(cells=[new_markdown_cell("# Sample\n\n## Numbers"), *map(new_code_cell, CELLS)])
    made.cells[1].source = 'import jax\n\njax.config.update("jax_enable_x64", True)'
    nbformat.write(made, path)
    path.write_bytes(execute(path, repository_url(root)))
    return root


@pytest.fixture
def sample(skeleton):
    """The path of the notebook; it is put back after the test."""
    path = skeleton / "chapters" / "part" / "sample.ipynb"
    before = path.read_bytes()
    yield path
    path.write_bytes(before)


def gate(book, path, stages="notebooks,nbval"):
    """Exit status and output of the notebook stages of `make test` on the tree that holds `path`."""
    command = [
        sys.executable,
        book / "make.py",
        "--no-setup",
        "test",
        "--only",
        stages,
        "--root",
        path.parents[2],
    ]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def change(path, action):
    """Change a notebook on disk."""
    notebook = nbformat.read(path, as_version=4)
    action(notebook)
    nbformat.write(notebook, path)


def test_a_sound_notebook_passes(book, sample):
    status, text = gate(book, sample)
    assert status == 0, text
    assert "2 passed, 0 failed" in text


def test_a_notebook_that_raises_turns_the_gate_red(book, sample):
    change(sample, lambda notebook: notebook.cells[-1].update(source="print(1 / 0)"))
    status, text = gate(book, sample)
    assert status == 1
    assert "ZeroDivisionError" in text


def test_an_altered_number_turns_the_gate_red(book, sample):
    change(sample, lambda notebook: notebook.cells[-1].outputs[0].update(text="43\n"))
    status, text = gate(book, sample)
    assert status == 1
    assert "nbval      FAILED" in text
    assert "notebooks  passed" in text


def test_a_cell_that_never_ran_turns_the_gate_red(book, sample):
    change(sample, lambda notebook: notebook.cells[-1].update(execution_count=None, outputs=[]))
    status, text = gate(book, sample, "notebooks")
    assert status == 1
    assert "execution count None" in text


def test_executing_again_changes_no_byte(sample, skeleton):
    assert execute(sample, repository_url(skeleton)) == sample.read_bytes()


def test_an_unknown_stage_is_named(book, sample):
    status, text = gate(book, sample, "nbvl")
    assert status != 0
    assert "unknown stage nbvl" in text
