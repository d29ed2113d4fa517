"""The book on paper: a small book is built, printed and read again, and every check can fail."""

import re
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import nbformat
import numpy as np
import print_book
import pypdfium2
import pytest
from pypdf import PdfReader

CONFIG = """title: A Small Book
author: Its Author
only_build_toc_files: true
execute: {execute_notebooks: "off"}
parse: {myst_enable_extensions: [amsmath, colon_fence, dollarmath]}
sphinx:
  extra_extensions: [sphinx_proof, sphinx_exercise]
  local_extensions: {bookfix: EXTENSIONS, predict: EXTENSIONS}
  config:
    html_context: {default_mode: auto}
    proof_minimal_theme: true
    math_numfig: true
    numfig_secnum_depth: 1
    mathjax_path: ../vendor/mathjax/tex-svg-full.js
"""
CONTENTS = """format: jb-book
root: intro
parts:
  - caption: Before you start
    chapters: [{file: notation}]
  - caption: "Part I: first"
    chapters: [{file: chapters/first_part/index}]
  - numbered: true
    chapters: [{file: chapters/first_part/code}, {file: chapters/first_part/proofs}]
  - caption: "Part II: second"
    chapters: [{file: chapters/second_part/index}]
  - numbered: true
    chapters: [{file: chapters/second_part/more}]
"""
PAGES = {
    "intro": "# A Small Book\n\nRead [the code](chapters/first_part/code.ipynb).\n\n## Who reads it\n\nYou.\n",
    "notation": "# Notation\n\nLetters are letters.\n",
    "chapters/first_part/index": "# First\n\nThis part has {doc}`code` and {doc}`proofs`.\n",
    "chapters/first_part/proofs": """# Proofs

## A statement

:::{prf:theorem} Named
:label: thm-a
For all $x$ it holds that

$$
x^2 \\ge 0.
$$ (eq-a)
:::

By {eq}`eq-a`, see {prf:ref}`thm-a`, [elsewhere](https://example.org/) and {doc}`/chapters/second_part/index`.

```{dropdown} A hint
Hidden on a screen.
```

## Exercises

:::{exercise}
:label: ex-a
Show the theorem.
:::

:::{solution} ex-a
A square is not negative.
:::

:::{exercise}
:label: ex-b
Show it again.
:::

## What follows the exercises

The end of the chapter.
""",
    "chapters/second_part/index": "# Second\n\nThis part has {doc}`more`.\n",
}
THEOREM = ":::{{prf:theorem}}\n:label: thm-{0}\n{1}\n:::\n\n"
TABLE = "| name | value |\n|---|---|\n{0}\n\n"
LENGTHS = (18, 25, 12, 31, 90, 22, 17, 28, 35, 14)  # lines of the code boxes; one is longer than a page
WIDE = "<table><tr>" + "".join(f"<td>cell{k}number</td>" for k in range(16)) + "</tr></table>"
PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def box(number, lines):
    """Code whose every line names its box."""
    return "\n".join(f"box{number:02}line{line:02} = {line}" for line in range(lines))


def theorems_and_tables():
    """Text with so many theorems and tables of twelve lines that some meet the end of a page."""
    text = "# More\n\n"
    for number in range(16):
        lines = [f"theorem{number:02}line{line:02} is true." for line in range(12)]
        rows = [f"| table{number:02}line{line:02} | {line} |" for line in range(12)]
        text += THEOREM.format(number, "\n\n".join(lines)) + TABLE.format("\n".join(rows))
    return text + "See {prf:ref}`thm-a`.\n"


def code_chapter():
    """Notebook: boxes of many lengths, a collapsed one, a long line, a wide table, a solution with code in it."""
    cells = [nbformat.v4.new_markdown_cell("# Code\n\n## Boxes\n\nHere they are.")]
    for number, lines in enumerate(LENGTHS):
        cells.append(nbformat.v4.new_code_cell(box(number, lines), execution_count=1))
        cells.append(nbformat.v4.new_markdown_cell(f"## After box {number}\n\nWords between boxes."))
    hidden = nbformat.v4.new_code_cell("collapsed = True", execution_count=1, metadata={"tags": ["hide-input"]})
    hidden.outputs = [nbformat.v4.new_output("display_data", {"image/png": PICTURE})]
    guard = nbformat.v4.new_code_cell("guarded = True", execution_count=1, metadata={"tags": ["hide-input"]})
    table = nbformat.v4.new_code_cell("a_long_line = " + "1234567890 + " * 30 + "0", execution_count=1)
    table.outputs = [nbformat.v4.new_output("display_data", {"text/html": WIDE})]
    exercise = "## Exercises\n\n:::{exercise}\n:label: ex-c\nCompute.\n:::\n\n```{solution-start} ex-c\n```"
    inside = nbformat.v4.new_code_cell("inside_the_solution = 1", execution_count=1)
    inside.outputs = [nbformat.v4.new_output("stream", text="printed by the solution")]
    question = ":::{predict}\n:answer: 2\nWhich one?\n\n1. this\n2. that\n\n---\nThe finding.\n:::"
    text = nbformat.v4.new_markdown_cell
    cells += [hidden, guard, table, text(question), text(exercise), inside, text("```{solution-end}\n```\n\nThe end.")]
    return nbformat.v4.new_notebook(cells=cells)


@dataclass
class Small:
    """The small book: its sources, its pages, and what was printed."""

    root: Path
    site: Path
    book: Path
    part: Path


@pytest.fixture(scope="module")
def small(tmp_path_factory, browser):
    root = tmp_path_factory.mktemp("small")
    here = Path(__file__).resolve().parents[2]
    (root / "_static").mkdir()
    for name in ("print.css", "custom.css"):
        (root / "_static" / name).write_text((here / "_static" / name).read_text("utf-8"), encoding="utf-8")
    (root / "_config.yml").write_text(CONFIG.replace("EXTENSIONS", str(here / "_ext")), encoding="utf-8")
    (root / "_toc.yml").write_text(CONTENTS, encoding="utf-8")
    for name, text in (PAGES | {"chapters/second_part/more": theorems_and_tables()}).items():
        path = root / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    nbformat.write(code_chapter(), root / "chapters" / "first_part" / "code.ipynb")
    command = [sys.executable, here / "tools" / "build_book.py", "build", root, "-q"]
    built = subprocess.run(command, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    site = root / "_build" / "html"
    title, author, made = print_book.books(root)
    paths = []
    for name in ("a-small-book", "part-1-first-part"):
        data = print_book.print_document(browser, print_book.combine(site, made[name][0], title, author, made[name][1]))
        paths.append(root / f"{name}.pdf")
        print_book.write_pdf(data, paths[-1], title, author)
    return Small(root, site, *paths)


def texts(path):
    """The text of every page."""
    document = pypdfium2.PdfDocument(path)
    return [page.get_textpage().get_text_bounded() for page in document]


def page_with(path, words):
    """The number of the only page with these words."""
    found = [number for number, text in enumerate(texts(path), 1) if words in text]
    assert len(found) == 1, f"{words!r} is on pages {found}"
    return found[0]


def printed(browser, tmp_path, body):
    """A PDF of this HTML, with outline and tags."""
    page = browser.new_page()
    page.set_content(f"<!DOCTYPE html><html lang='en'><title>T</title>{body}</html>")
    path = tmp_path / "printed.pdf"
    page.pdf(path=path, outline=True, tagged=True, print_background=True, prefer_css_page_size=True)
    page.close()
    return path


def split(path, kind="box", count=None):
    """The boxes of a kind that stand on more than one page."""
    found = {}
    for number, text in enumerate(texts(path), 1):
        for name in re.findall(rf"{kind}(\d\d)line", text):
            found.setdefault(int(name), set()).add(number)
    assert sorted(found) == list(range(count or len(LENGTHS)))
    return [name for name, pages in found.items() if len(pages) > 1]


def empty_boxes(path):
    """Pages with a grey area, higher than a line, that has nothing in it."""
    for number, image in enumerate(print_book.page_images(path, scale=1), 1):
        grey = np.asarray(image.convert("L"))
        edge = (grey[:, -60] > 235) & (grey[:, -60] < 250)  # a column of pixels left of the right margin
        starts, ends = (np.flatnonzero(np.diff(edge.astype(int)) == step) for step in (1, -1))
        for start, end in zip(starts, ends):
            if end - start > 8 and not (grey[start:end] < print_book.INK).any():
                yield number


def outline(reader, entries=None, depth=0):
    """Pairs (depth, title) in order."""
    for entry in reader.outline if entries is None else entries:
        if isinstance(entry, list):
            yield from outline(reader, entry, depth + 1)
        else:
            yield depth, entry.title


def alternatives(tag):
    """The texts that stand for pictures, in the tree of tags."""
    if "/Alt" in tag:
        yield tag["/Alt"]
    below = tag.get("/K", [])
    for child in below if isinstance(below, list) else [below]:
        child = child.get_object()
        if isinstance(child, dict):
            yield from alternatives(child)


# ---- what is on paper


def test_the_finished_files_have_no_fault(small):
    assert list(print_book.pdf_problems(small.book)) == []
    assert list(print_book.pdf_problems(small.part)) == []


def test_a_code_box_is_whole_unless_it_is_longer_than_a_page(small):
    assert split(small.book) == [LENGTHS.index(max(LENGTHS))]
    assert list(empty_boxes(small.book)) == []


def test_theorems_and_tables_are_whole(small):
    assert split(small.book, "theorem", 16) == split(small.book, "table", 16) == []


def test_collapsed_cells_stay_out_and_what_opens_is_open(small):
    text = "".join(texts(small.book))
    for words in ("Show code", "collapsed = True", "guarded = True", "Reveal", "Skip to main", "Next"):
        assert words not in text
    for words in ("Hidden on a screen.", "Predict. Which one?", "The finding.", "Theorem 2.1", "(2.1)"):
        assert words in text


def test_solutions_stand_behind_the_chapters_of_their_part(small):
    last = page_with(small.book, "The end of the chapter.")
    for words in ("A square is not negative.", "inside_the_solution = 1", "printed by the solution"):
        assert page_with(small.book, words) > last
    assert page_with(small.book, "A square is not negative.") < page_with(small.book, "This part has More")


def test_a_solution_and_its_exercise_name_the_page_of_the_other(small):
    exercise, solution = page_with(small.book, "Show the theorem."), page_with(small.book, "A square is not")
    pages = [" ".join(text.split()) for text in texts(small.book)]
    assert f"Show the theorem. Solution on page {solution}" in pages[exercise - 1]
    assert f"Solution to Exercise 2.1 on page {exercise}" in pages[solution - 1]
    assert "Show it again. Solution" not in pages[exercise - 1]


def test_the_outline_is_nested_by_part_chapter_and_section(small):
    entries = list(outline(PdfReader(small.book)))
    assert [title for depth, title in entries if depth == 0] == [
        "Contents",
        "A Small Book",
        "Before you start",
        "Part I: first",
        "Part II: second",
    ]
    part = entries[entries.index((0, "Part I: first")) + 1 : entries.index((0, "Part II: second"))]
    assert [title for depth, title in part if depth == 1] == ["1. Code", "2. Proofs", "Solutions"]
    assert (2, "2.1. A statement") in part
    assert part[-2:] == [(2, "1. Code"), (2, "2. Proofs")]


def test_links_between_chapters_jump_inside_and_others_are_kept(small):
    reader = PdfReader(small.book)
    found = [link.get_object() for page in reader.pages for link in page.get("/Annots", ())]
    outside = [link["/A"]["/URI"] for link in found if "/A" in link]
    assert outside == ["https://example.org/"]
    inside = {link["/Dest"] for link in found if "/Dest" in link}
    assert {"/chapters-first_part-code", "/chapters-first_part-proofs--thm-a", "/chapters-second_part-index"} <= inside
    named = print_book.printed_on(small.book.read_bytes())
    assert named["chapters-first_part-proofs--thm-a"] == page_with(small.book, "For all")


def test_a_link_out_of_a_part_is_text(small):
    links = [link.get_object() for page in PdfReader(small.part).pages for link in page.get("/Annots", ())]
    assert not any("second_part" in str(link.get("/Dest", link.get("/A"))) for link in links)
    assert page_with(small.part, "elsewhere and Second")
    assert not any("This part has More" in text for text in texts(small.part))


def test_formulas_are_read_aloud_as_they_were_written(small):
    tags = PdfReader(small.book).trailer["/Root"]["/StructTreeRoot"]
    assert {"x", "x^2 \\ge 0."} <= {text.strip() for text in alternatives(tags)}


def test_title_and_author_are_in_the_file_and_numbers_at_the_foot(small):
    reader = PdfReader(small.book)
    assert (reader.metadata.title, reader.metadata.author) == ("A Small Book", "Its Author")
    number = page_with(small.book, "Show the theorem.")
    assert re.search(rf"\b{number}\b", texts(small.book)[number - 1])
    assert "2. Proofs" in texts(small.book)[number - 1]


def test_one_page_printed_from_a_dark_window_is_dark_text_on_white(small, browser, tmp_path):
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    page.goto((small.site / "chapters" / "first_part" / "code.html").as_uri())
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    path = tmp_path / "page.pdf"
    page.pdf(path=path, print_background=True, prefer_css_page_size=True, outline=True, tagged=True)
    context.close()
    assert list(print_book.pdf_problems(path)) == []
    assert list(empty_boxes(path)) == []
    assert split(path) == [LENGTHS.index(max(LENGTHS))]
    text = "".join(texts(path))
    assert "1. Code" in text
    assert not any(words in text for words in ("Show code", "collapsed = True", "Search", "Reveal"))
    assert min(np.asarray(image.convert("L")).min() for image in print_book.page_images(path)) < 60


# ---- every check can fail


def test_without_the_rules_theorems_and_tables_split(small, browser, tmp_path):
    title, author, made = print_book.books(small.root)
    text = print_book.combine(small.site, made["part-2-second-part"][0], title, author)
    path = tmp_path / "split.pdf"
    free = text.replace("</style>", "* { break-inside: auto !important; }</style>")
    path.write_bytes(print_book.print_document(browser, free))
    assert split(path, "theorem", 16) != []
    assert split(path, "table", 16) != []


def test_without_the_rules_for_paper_boxes_split_and_collapsed_cells_show(small, browser, tmp_path):
    address = (small.site / "chapters" / "first_part" / "code.html").as_uri()
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    page.goto(address)
    page.eval_on_selector_all("link[href*='print.css']", "links => links.forEach(link => link.remove())")
    page.add_style_tag(content="* { break-inside: auto !important; }")
    path = tmp_path / "bare.pdf"
    page.pdf(path=path, print_background=True, outline=True, tagged=True)
    context.close()
    assert len(split(path)) > 1
    assert "Show code" in "".join(texts(path))
    problems = list(print_book.pdf_problems(path))
    assert "page 1 has no light background" in problems
    assert any("right margin" in problem for problem in problems), problems


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("<h1>A</h1><p>b<div style='break-before:page'>c<div style='break-before:page'>&nbsp;", "page 3 is blank"),
        ("<style>@page{margin:0}body{background:#222;color:#eee}</style><h1>A</h1><p>b", "page 1 has no light"),
        ("<p>words", "the document has no outline"),
        ("<h1>A</h1><a href='file:///tmp/a.html'>b</a>", "page 1 has a link to a file: file:///tmp/a.html"),
        ("<style>@page{margin:0}</style><h1>A</h1><p style='margin-left:97%'>wide", "page 1 has ink in the right"),
        (
            "<style>@page{size:A4}</style><h1>A</h1><p style='height:780px'>b<h2 style='break-after:auto'>Low</h2>"
            "<div style='break-before:page'>c",
            "page 1 ends below the heading 'Low'",
        ),
        (
            "<style>@page{size:A4;margin:20mm}h2{orphans:1;widows:1;line-height:30px}h1,h2{margin:0}</style>"
            "<h1 style='height:40px'>A</h1><div style='height:890px'>b</div><h2>Low<br>and on</h2><p>c",
            "page 1 ends below the heading 'Low",
        ),
    ],
)
def test_a_fault_is_found(browser, tmp_path, body, message):
    assert any(problem.startswith(message) for problem in print_book.pdf_problems(printed(browser, tmp_path, body)))


def test_an_empty_box_is_found(browser, tmp_path):
    style = "<style>@page{size:A4;margin:18mm}</style>"
    path = printed(browser, tmp_path, style + "<h1>A</h1><pre style='background:#f3f4f5;height:60px'></pre>")
    assert list(empty_boxes(path)) == [1]


def test_a_file_without_tags_and_with_a_lost_link_is_refused(browser, tmp_path):
    page = browser.new_page()
    page.set_content("<h1>A</h1><a href='#nowhere'>b</a>")
    path = tmp_path / "untagged.pdf"
    page.pdf(path=path, tagged=False)
    page.close()
    assert "the document is not tagged" in list(print_book.pdf_problems(path))


def test_a_faulty_book_stops_with_the_number_of_the_page(small, browser, monkeypatch, tmp_path):
    monkeypatch.setattr(print_book, "open_browser", lambda _: nullcontext(browser))
    monkeypatch.setattr(print_book, "print_document", lambda *_: small.part.read_bytes())
    monkeypatch.setattr(print_book, "page_problems", lambda _: ["is blank"])
    with pytest.raises(SystemExit, match=r"a-small-book\.pdf: page 1 is blank"):
        print_book.print_book(small.root, small.site, tmp_path, ["a-small-book"])


def test_an_unknown_name_is_refused(small, tmp_path):
    with pytest.raises(SystemExit, match="no book atlas; there are a-small-book, part-1-first-part, part-2"):
        print_book.print_book(small.root, small.site, tmp_path, ["atlas"])
