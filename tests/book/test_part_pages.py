"""The part pages: the map agrees with the chapters, and its drawing and the pictures of chapters reach the page."""

import json
import posixpath
import re
import subprocess
import sys
import zipfile

import pytest
import yaml
from check_notebooks import chapters, read_page

TIME = re.compile(r"\*\*Time:?\*\*:? (\d+) minutes to read, (?:(\d+) seconds|about a (minute)) to run")
NEEDS = re.compile(r"\*\*You need\*\* (.*?)\n\n", re.S)
DOC = re.compile(r"\{doc\}`(?:[^`<]*<)?([^`<>]+)>?`")
ROMAN = ("I", "II", "III", "IV", "V")
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PART_MAP = """
one:
  first: {minutes: 70, seconds: 30, needs: []}
  second: {minutes: 20, seconds: 45, needs: [first]}
two:
  third: {minutes: 30, seconds: 20, needs: [one/first]}
"""


@pytest.fixture
def extensions(book, monkeypatch):
    monkeypatch.syspath_prepend(book / "_ext")
    import partmap
    import storedfigure

    return partmap, storedfigure


@pytest.fixture
def parts(book, extensions):
    return extensions[0].read_map(book / "chapters" / "map.yml")


@pytest.fixture
def entries(parts):
    return {page: entry for part in parts.values() for page, entry in part.items()}


@pytest.fixture(scope="module")
def texts(book):
    """Mapping document -> text of its notebook, the ledger and the appendix left out."""
    pages = [read_page(path, book) for path in chapters(book) if path.parent.name not in ("ledger", "appendix")]
    return {page.name.removesuffix(".ipynb"): page.text + "\n\n" for page in pages if page.name.startswith("chapters/")}


def linked(document, text):
    """The documents that a text links to."""
    return {posixpath.normpath(posixpath.join("/" + posixpath.dirname(document), t))[1:] for t in DOC.findall(text)}


def test_the_map_has_the_chapters_of_the_book_in_their_order(book, entries, texts):
    contents = yaml.safe_load((book / "_toc.yml").read_text(encoding="utf-8"))
    listed = [entry["file"] for part in contents["parts"] for entry in part["chapters"] if part.get("numbered")]
    assert list(entries) == listed
    assert set(entries) == set(texts)


def test_times_are_those_that_the_chapters_state(entries, texts):
    for document, entry in entries.items():
        minutes, seconds, minute = TIME.search(texts[document]).groups()
        assert (entry.minutes, entry.seconds) == (int(minutes), 60 if minute else int(seconds)), document


def test_needs_are_those_that_the_chapters_state(entries, texts):
    """Every link of "You need" is a need; every need is linked in the chapter, or its part is named there."""
    folders = list(dict.fromkeys(document.split("/")[1] for document in entries))
    for document, entry in entries.items():
        stated = linked(document, NEEDS.search(texts[document])[1])
        assert stated <= set(entry.needs), f"{document} says that it needs {stated - set(entry.needs)} too"
        named = set(
            re.findall(r"\b[IV]+\b", " ".join(re.findall(r"Parts? [IV and]+", NEEDS.search(texts[document])[1])))
        )
        needs = {need for need in entry.needs if ROMAN[folders.index(need.split("/")[1])] not in named}
        invented = needs - linked(document, texts[document])
        assert not invented, f"{document} does not mention {invented}"


def test_the_root_page_says_how_long_a_chapter_runs(book, entries):
    text = read_page(book / "intro.ipynb", book).text
    assert "each runs in about a minute or less" in text
    assert max(entry.seconds for entry in entries.values()) == 60


@pytest.mark.parametrize(
    ("needs", "message"),
    [
        ("[nowhere]", "chapters/one/second needs 'chapters/one/nowhere', which the map lacks"),
        ("[two/third]", "chapters/one/second needs chapters/two/third, which does not stand before it"),
        ("[second]", "chapters/one/second needs chapters/one/second, which does not stand before it"),
    ],
)
def test_a_need_that_is_unknown_or_makes_a_circle_is_refused(extensions, tmp_path, needs, message):
    (tmp_path / "map.yml").write_text(PART_MAP.replace("[first]", needs), encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        extensions[0].read_map(tmp_path / "map.yml")


def test_parts_add_up(extensions, parts):
    added = extensions[0].parts_as_entries(parts)
    first, *_, last = added.values()
    assert first.needs == ()
    assert first.minutes == 30 + 40 + 50 + 50 + 40
    assert last.needs == (
        "chapters/infinite_width/index",
        "chapters/finite_width/index",
        "chapters/minimum_width/index",
    )
    assert extensions[0].spoken(first.minutes, "h", "min") == "3\N{NO-BREAK SPACE}h 30\N{NO-BREAK SPACE}min"
    assert extensions[0].spoken(60, "min", "s") == "1\N{NO-BREAK SPACE}min"


def test_lines_of_the_drawing_do_not_lie_on_each_other(extensions, parts):
    partmap = extensions[0]
    for entries in (*parts.values(), partmap.parts_as_entries(parts)):
        outside = [need for entry in entries.values() for need in entry.needs if need not in entries]
        rows = [*dict.fromkeys(outside), *entries]
        lanes = partmap.lanes_of(rows, entries)
        assert set(lanes) == {need for entry in entries.values() for need in entry.needs}
        last = {page: max(rows.index(p) for p, e in entries.items() if page in e.needs) for page in lanes}
        for page, lane in lanes.items():
            for other in lanes:
                if other != page and lanes[other] == lane:
                    assert last[page] <= rows.index(other) or last[other] <= rows.index(page)
        drawn = partmap.drawing(rows, entries, {page: page for page in rows}, {page: page for page in rows})
        assert drawn.count('class="tip"') == sum(len(entry.needs) for entry in entries.values())
        assert drawn.count("<a ") == len(rows)


def test_pictures_of_the_part_pages_are_found(book, extensions):
    used = [
        name
        for page in book.glob("chapters/*/index.md")
        for name in re.findall(r"\{stored-figure\} (\S+)", page.read_text("utf-8"))
    ]
    assert len(used) == 5
    for name in used:
        found = extensions[1].stored_figure(book, name)
        assert name.startswith("fig-" + found.notebook.stem.replace("_", "-"))
        assert found.png.startswith(b"\x89PNG")
        assert len(found.alt) > 40
        assert 400 < found.size[0] < 1500
    with pytest.raises(
        LookupError, match=r"no notebook .* 'fig-two-sided-positon'.*Similar names: fig-two-sided-position"
    ):
        extensions[1].stored_figure(book, "fig-two-sided-positon")


# ---- a small book


@pytest.fixture
def small_book(book, tmp_path):
    """A book of three chapters, the first with a picture."""
    settings = f"import sys\nsys.path.insert(0, {str(book / '_ext')!r})\n"
    settings += (
        'extensions = ["myst_nb", "partmap", "archives", "storedfigure"]\nnumfig = True\nnb_execution_mode = "off"\n'
    )
    settings += 'myst_enable_extensions = ["colon_fence"]\nhtml_theme = "basic"\n'
    contents = "```{toctree}\n:numbered:\nchapters/one/first\nchapters/one/second\nchapters/two/third\n```\n"
    contents += "```{toctree}\nchapters/one/index\nchapters/two/index\n```\n"
    figure = {"figure": {"name": "fig-first", "caption": "Caption."}, "image": {"alt": "A picture of one dot, black."}}
    output = {
        "output_type": "display_data",
        "data": {"image/png": PNG},
        "metadata": {"image/png": {"width": 30, "height": 20}},
    }
    cells = [
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# The first & only"},
        {
            "cell_type": "code",
            "id": "b",
            "metadata": {"mystnb": figure},
            "source": "1",
            "outputs": [output],
            "execution_count": 1,
        },
    ]
    language = {"language_info": {"name": "python", "pygments_lexer": "ipython3"}}
    notebook = {"cells": cells, "metadata": language, "nbformat": 4, "nbformat_minor": 5}
    files = {
        "conf.py": settings,
        "index.md": "# Book\n\n:::{part-map}\n:::\n\n" + contents,
        "chapters/map.yml": PART_MAP,
        "chapters/one/first.ipynb": json.dumps(notebook),
        "chapters/one/second.md": "# The second",
        "chapters/one/index.md": "# Part\n\n:::{stored-figure} fig-first\nSee {numref}`fig-first`.\n:::\n\n"
        ":::{part-map} one\n:::\n",
        "chapters/two/third.md": "# The third",
        "chapters/two/index.md": "# Other\n\n:::{part-map} two\n:::\n",
    }
    for name, text in files.items():
        path = tmp_path / "book" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "book"


def build(folder):
    """Build strictly; return the exit status, what was said, and a function that reads a page."""
    out = folder.parent / "_build" / "html"
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-q", "-W", "-E", "--keep-going", folder, out]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    return done.returncode, done.stderr, lambda page: (out / page).read_text(encoding="utf-8")


def test_pages_show_picture_map_and_times(small_book):
    status, said, page = build(small_book)
    assert status == 0, said
    part = page("chapters/one/index.html")
    assert re.search(
        r'<a class="reference internal image-reference" href="first.html#fig-first"><img alt="A picture of one dot',
        part,
    )
    assert 'style="width: 30px; height: 20px;"' in part
    assert '<a href="first.html"><rect' in part
    assert "1. The first &amp; only</tspan>" in part
    assert "1\N{NO-BREAK SPACE}h 30\N{NO-BREAK SPACE}min" in part
    assert "1\N{NO-BREAK SPACE}min 15\N{NO-BREAK SPACE}s" in part
    assert '<a href="../../_downloads/notebooks-part-I.zip" download>' in part
    archive = zipfile.ZipFile(small_book.parent / "_build/html/_downloads/notebooks-part-I.zip")
    assert archive.namelist() == ["chapters/one/first.ipynb", "chapters/one/index.md", "chapters/one/second.md"]
    other = page("chapters/two/index.html")
    assert '<a href="../one/first.html" class=outside>' in other
    root = page("index.html")
    assert ">II. Other</tspan>" in root
    assert root.count('class="tip"') == 1
    assert len(list((small_book.parent / "_build").rglob("*.png"))) >= 2
    names = {file.name for file in (small_book.parent / "_build" / "html" / "_images").iterdir()}
    assert len(names) == 1


def test_a_strict_build_fails_with_clear_messages(small_book):
    faults = {
        ("one/index.md", "{stored-figure} fig-first", "{stored-figure} fig-furst"): "Similar names: fig-first.",
        ("one/index.md", "{part-map} one", "{part-map} three"): "unknown part 'three'; expected one of one, two.",
        ("map.yml", "third:", "fourth:"): "lists chapters/two/fourth; expected pages of the book.",
    }
    for page, old, new in faults:
        path = small_book / "chapters" / page
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    status, said, _ = build(small_book)
    assert status != 0
    for message in faults.values():
        assert message in said
