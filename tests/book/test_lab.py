"""The copies for JupyterLab: what they say, that they leave the book alone, and how they look in a real browser."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import nbformat
import pytest
from check_notebooks import COLAB_CELL, chapters, repository_url
from execute_notebooks import renew_colab_cell
from lab import Mirror, fold, fold_text, git_status, run_copy, server
from lab_text import OPENING, Book, Translator

KNOWN = {"admonition", "dropdown", "exercise", "solution", "grid", "grid-item-card", "list-table", "code-block"}
LEFT = re.compile(r"\{cite|\{doc\}|\{(?:prf:)?(?:predict|explorer|lemma-map|part-map|stored-figure)\}|-(?:start|end)\}")


@pytest.fixture(scope="module")
def mirror(book, tmp_path_factory):
    """A fresh mirror of the book."""
    made = Mirror(book, tmp_path_factory.mktemp("lab"))
    assert made.update() == []
    return made


@pytest.fixture
def translate(book):
    """The translation of a text on some page."""
    return Translator(Book(book), "chapters/infinite_width/depth", lambda name, data: name)


# ---- the text


def directives(text):
    """Names of all directives of a text."""
    opened = [OPENING.match(line) for line in text.split("\n")]
    return {found[2] for found in opened if found and found[2]}


def test_every_notebook_has_a_copy_without_markup_that_the_lab_does_not_know(book, mirror):
    pages = [path.relative_to(book) for path in chapters(book)]
    assert len(pages) >= 38
    for page in pages:
        cells = nbformat.read(mirror.lab / page, as_version=4).cells
        text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        assert not LEFT.findall(text), page
        assert {name for name in directives(text) if not name.startswith("prf:")} <= KNOWN, page


def test_the_other_pages_too(mirror):
    for path in mirror.lab.glob("**/*.md"):
        text = path.read_text(encoding="utf-8")
        assert not LEFT.findall(text), path
        assert directives(text) <= KNOWN, path


def test_code_is_the_same_in_a_copy(book, mirror):
    for page in chapters(book)[:5]:
        old, new = (nbformat.read(path, 4).cells for path in (page, mirror.lab / page.relative_to(book)))
        code = [[(c["id"], c.source, c.outputs) for c in cells if c.cell_type == "code"] for cells in (old, new)]
        assert code[0] == code[1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{cite:p}`arora2019exact,nguyen2021tight`", "(Arora et al., 2019a; Nguyen et al., 2021)"),
        ("{cite:t}`terjek2022framework`", "Terjék and González-Sánchez (2022)"),
        ("{doc}`recursion`", "[The recursion](recursion.ipynb)"),
        ("{doc}`/chapters/ledger/index`", "[The ledger](../ledger/index.md)"),
        ("{doc}`the\nledger </chapters/ledger/index>`", "[the ledger](../ledger/index.md)"),
        ("{doc}`/api/kernels`", "`api/kernels`"),
        ("{numref}`fig-recursion-picture`", "[Fig. 3.1](recursion.ipynb)"),
        ("{numref}`fig-depth-answer`", "[Fig. 5.1](#fig-depth-answer)"),
        ("{eq}`eq-recursion-gap`", "[equation](recursion.ipynb)"),
        ("{eq}`eq-depth-twins`", "{eq}`eq-depth-twins`"),
        ("{prf:ref}`lem-smallest-eigenvalue-no-pair`", "(smallest_eigenvalue.ipynb)"),
        ("`code {x}` stays, and $\\{a\\}$", "`code {x}` stays, and $\\{a\\}$"),
        ("```python\n:::{predict}\n```", "```python\n:::{predict}\n```"),
        (":::{explorer} widths\nWords.\n:::", ":::{admonition} On the page of the book\nWords.\n:::"),
        (":::{lemma-map}\na | one\nb | two | a\n:::", "- [one](#a)\n- [two](#b) rests on: one"),
        ("```{solution-end}\n```", ""),
        ("```{solution-start} ex-a\n:class: dropdown\n```", "**Solution** of the [exercise](#ex-a)"),
        (":::{prf:proof}\nBy {cite:t}`jacot2018neural`.\n:::", ":nonumber: true\n\nBy Jacot et al. (2018).\n:::"),
        ("```{exercise-start}\n:label: e\n```\n\n```python\n1\n```\n```{exercise-end}\n```", ":label: e\n\n```python"),
        (":::{glossary}\nmask\npattern\n  Zeros and\n  ones.\n:::", "- **mask**, pattern: Zeros and ones."),
        (":::{card-footer}\nStart.\n:::", "+++\nStart."),
    ],
)
def test_what_the_lab_does_not_know_is_said_in_words(translate, text, expected):
    assert expected in translate(text)


def test_the_fence_around_a_longer_fence_is_longer(translate):
    text = ":::{predict}\n:answer: 1\nQ?\n\n1. a\n2. b\n\n---\nSo.\n:::"
    made = translate(text)
    assert made.startswith("::::{admonition} Predict")
    assert made.endswith("::::")
    assert ":::{dropdown} Reveal\n*Answer 1.* So.\n:::\n" in made


def test_a_part_map_is_a_table_and_a_stored_figure_a_file(mirror, book):
    text = (mirror.lab / "chapters/infinite_width/index.md").read_text(encoding="utf-8")
    assert re.search(r"\| 3\. \[The recursion\]\(recursion\.ipynb\) \| \[1\]\(\S+\), \[2\]\(\S+\) \| 50.min \|", text)
    address = re.search(r"!\[[^\]]+\]\((\S+\.png)\)", text)[1]
    assert (mirror.lab / "chapters/infinite_width" / address).read_bytes()[:4] == b"\x89PNG"


def test_macros_stand_in_the_front_matter_if_they_are_used(translate):
    assert translate.front_matter(r"$\lmin$ and $\norm{x}$").count("\n") == 6
    assert translate.front_matter(r"$\lminus$") == ""


def test_pictures_have_captions_and_solutions_are_folded(mirror):
    cells = nbformat.read(mirror.lab / "intro.ipynb", as_version=4).cells
    assert any(cell.source.startswith("(fig-intro-widths)=\n**Fig. 1.** Digits") for cell in cells)
    cell = nbformat.v4.new_code_cell("1")
    fold(cell, in_solution=True)
    assert cell.metadata["jupyter"] == {"source_hidden": True, "outputs_hidden": True}


def test_the_words_of_a_solution_with_code_are_folded_until_it_ends():
    text, goes_on = fold_text("A.\n\n```{solution-start} ex-a\n:class: dropdown\n```", False)
    assert goes_on
    assert "dropdown}" not in text
    text, goes_on = fold_text("Words.\n\n```{solution-end}\n```\n\nB.", True)
    assert not goes_on
    assert text.startswith("\n:::{dropdown} Solution, in words\nWords.\n:::\n```{solution-end}")
    assert text.endswith("\n\nB.")


# ---- the copies of a reader


def test_a_copy_that_a_reader_changed_is_kept_and_the_others_are_renewed(book, tmp_path):
    small = tmp_path / "book"
    for name in ("_toc.yml", "_config.yml", "references.bib", "notation.md", "errata.md", "intro.ipynb"):
        small.mkdir(exist_ok=True)
        shutil.copy(book / name, small / name)
    toc = "format: jb-book\nroot: intro\nparts:\n- chapters:\n  - file: notation\n  - file: errata\n"
    (small / "_toc.yml").write_text(toc, encoding="utf-8")
    for name in ("notation.md", "errata.md"):
        (small / name).write_text("# A page\n\nOld.\n", encoding="utf-8")
    (small / "intro.ipynb").write_text(one_cell("# Book"), encoding="utf-8")
    lab = tmp_path / "lab"
    assert Mirror(small, lab).update() == []
    (lab / "notation.md").write_text("My notes.", encoding="utf-8")
    reopened(lab / "intro.ipynb")
    for name in ("notation.md", "errata.md"):
        (small / name).write_text("# A page\n\nNew.\n", encoding="utf-8")
    (small / "intro.ipynb").write_text(one_cell("# Book two"), encoding="utf-8")
    assert Mirror(small, lab).update() == ["notation.md"] == Mirror(small, lab).update()
    assert (lab / "notation.md").read_text(encoding="utf-8") == "My notes."
    assert "New." in (lab / "errata.md").read_text(encoding="utf-8")
    assert "# Book two" in (lab / "intro.ipynb").read_text(encoding="utf-8")
    (lab / "notation.md").unlink()
    assert Mirror(small, lab).update() == []


def one_cell(text):
    """A notebook of one cell, as JSON."""
    return nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text, id="a")]))


def reopened(path):
    """Save a notebook as JupyterLab does after opening: other metadata, other white space."""
    made = json.loads(path.read_text(encoding="utf-8"))
    made["metadata"]["language_info"] = {"name": "python", "version": "3.11.9"}
    path.write_text(json.dumps(made), encoding="utf-8")


def test_a_chapter_run_and_saved_in_the_lab_leaves_the_repository_as_it_was(book, tmp_path):
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", "--shared", str(book), str(clone)], check=True)
    copies = Mirror(clone, clone / "_build" / "lab")
    copies.update()
    path = copies.lab / "chapters/polylog_width/generalization.ipynb"
    before = path.read_bytes()
    run_copy(path)
    assert path.read_bytes() != before
    assert git_status(clone) == ""
    assert "chapters/polylog_width/generalization.ipynb" in Mirror(clone, copies.lab).update()


# ---- without ntklib


def run_colab_cell(book, before, **variables):
    """Run the first code cell of every notebook as a script, after other lines; return (status, what it said)."""
    cell = COLAB_CELL.format(url=repository_url(book)).strip()
    code = f"{before}\n{cell}\nprint('went on')\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=os.environ | variables)
    return done.returncode, done.stdout + done.stderr


NO_NTKLIB = "import importlib.util\nimportlib.util.find_spec = lambda name: None"
COLAB = NO_NTKLIB + "\nimport sys, types\nsys.modules['google.colab'] = types.ModuleType('google.colab')"


def test_the_colab_cell_is_short(book):
    lines = COLAB_CELL.format(url=repository_url(book)).strip().splitlines()
    assert len(lines) <= 12
    assert max(map(len, lines)) <= 79


def test_the_cell_is_written_without_touching_another_byte(book, tmp_path):
    path = tmp_path / "depth.ipynb"
    shutil.copy(book / "chapters/infinite_width/depth.ipynb", path)
    renew_colab_cell(path, "https://example.org/a", check=False)
    first = path.read_text(encoding="utf-8")
    assert renew_colab_cell(path, "https://example.org/b", check=True) == ("depth.ipynb", "would change")
    renew_colab_cell(path, "https://example.org/b", check=False)
    assert path.read_text(encoding="utf-8") == first.replace("https://example.org/a", "https://example.org/b")


def test_nothing_happens_where_ntklib_is_there(book):
    assert run_colab_cell(book, "") == (0, "went on\n")


def test_elsewhere_one_line_says_how_to_get_ntklib(book):
    status, said = run_colab_cell(book, NO_NTKLIB)
    assert status == 1
    assert said == f'No ntklib here. Run: pip install "ntklib @ git+{repository_url(book)}"\n'


def test_on_colab_a_failed_install_stops_the_cell_with_the_reason(book):
    unreachable = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0", "GIT_TERMINAL_PROMPT": "0"}
    dead = {"https_proxy": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"}
    status, said = run_colab_cell(book, COLAB, **unreachable, **dead)
    assert status == 1
    assert said.startswith("Installing ntklib failed:\n")
    assert "error" in said.lower()
    assert "went on" not in said


@pytest.mark.parametrize(("jax", "kept"), [("0.7.2", True), ("0.10.2", True), ("1.0.0", True), ("0.5.3", False)])
def test_on_colab_a_jax_that_is_new_enough_stays(book, jax, kept):
    asked = "import importlib.metadata as m, subprocess\n"
    asked += f"m.distributions = lambda name: [type('D', (), {{'version': {jax!r}}})]\n"
    asked += "subprocess.getstatusoutput = lambda command: (1, command)\n"
    assert (f"jax=={jax}" in run_colab_cell(book, asked + COLAB)[1]) is kept


# ---- in the browser


@contextmanager
def lab_server(mirror):
    """The address of a JupyterLab on the copies."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = (f"--ServerApp.port={port}", "--no-browser", "--IdentityProvider.token=", "--allow-root")
    command, env = server(mirror.lab, *options, f"--LabApp.user_settings_dir={mirror.lab / '.settings'}")
    running = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(f"http://127.0.0.1:{port}/api")
        yield f"http://127.0.0.1:{port}/lab/tree/"
    finally:
        running.terminate()
        running.wait(20)


def wait_for(address, seconds=30):
    """Wait until a server answers."""
    end = time.monotonic() + seconds
    while True:
        try:
            return urllib.request.urlopen(address).close()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def test_no_markup_is_visible_in_the_lab_and_theorems_are(browser, mirror):
    with lab_server(mirror) as address:
        page = browser.new_page()
        page.goto(address + "chapters/polylog_width/generalization.ipynb")
        page.get_by_text("How it connects").last.wait_for(timeout=30_000)
        page.wait_for_function(
            "() => !document.querySelector('.jp-Notebook').innerText.includes(':::')", timeout=20_000
        )
        seen = page.locator(".jp-Notebook").inner_text()
        assert not re.search(r":::+\{|\{cite|\{prf:ref\}|\{doc\}|\{numref\}|\{eq\}|-start\}|\$\$", seen)
        assert re.search(r"Theorem\s+1", seen)
        assert re.search(r"Exercise\s+1", seen)
        assert re.search(r"Fig\. \d+\.1", seen)
        assert page.locator(".katex-error").count() == 0
        page.close()
