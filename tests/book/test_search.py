"""The search page, the glossary and its index: a small book is built and searched in a real browser."""

import json
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import check_search
import pytest
from browser import find_browser, open_browser
from concepts import pattern
from docutils import nodes
from everypage import summary
from searchpage import MARK, Section, kind_of, plain_math
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    "index": "# The book\n\n```{toctree}\nchapters/part/width\nchapters/part/rate\nglossary\napi/all\n```\n",
    "chapters/part/width": r"""# How wide?

Networks of a certain width. A table of $\lambda_{\min}(K^{(L)})\ge\frac1\pi$, and a smallest one.

## Narrow layers

A narrow layer loses samples. Rate, rate and rate.

```
rate rate rate rate rate rate
```
""",
    "chapters/part/rate": "# Steps and rates\n\nWidth, width, width: a catapult. Its rate; catapults, a catapult.\n",
    "glossary": """# Glossary

:::{glossary}
width
overparameterization
  How many neurons a layer has. {doc}`chapters/part/width`

step size
catapult
  The length of a step. {doc}`chapters/part/rate`
:::

:::{concept-index}
:::
""",
    "api/all": "# The package\n\n```{eval-rst}\n.. function:: width()\n\n   The width of the width: width.\n```\n",
}
FIRST = {"width": "part/width", "overparameterization": "part/width", "catapult": "part/rate", "rate": "part/rate"}


def build(folder, pages):
    """Build a book with the search page of the project."""
    for name, text in pages.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    shutil.copytree(ROOT / "_templates", folder / "_templates", dirs_exist_ok=True)
    (folder / "conf.py").write_text(
        f"import sys\nsys.path.insert(0, {str(ROOT / '_ext')!r})\n"
        "extensions = ['myst_parser', 'sphinx.ext.mathjax', 'concepts', 'searchpage']\nroot_doc = 'index'\n"
        "html_theme = 'pydata_sphinx_theme'\nhtml_context = {'default_mode': 'auto'}\ntemplates_path = ['_templates']\n"
        "myst_enable_extensions = ['colon_fence', 'dollarmath']\n"
    )
    with patch_docutils(folder), docutils_namespace():
        app = Sphinx(folder, folder, folder / "out", folder / "trees", "html", status=None, warningiserror=True)
        app.build()
    return folder / "out"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return build(tmp_path_factory.mktemp("search"), PAGES)


@pytest.fixture(scope="module")
def browser():
    if find_browser() is None:
        pytest.skip("no Chromium on this machine")
    with open_browser(find_browser()) as browser:
        yield browser


def book(site):
    """The data of the search page."""
    return json.loads(re.search(r"^const BOOK = (.*);$", (site / "search.js").read_text("utf-8"), re.M)[1])


def tampered(site, folder, change):
    """A copy of a site, with its data changed."""
    shutil.copytree(site, folder, dirs_exist_ok=True)
    data, script = book(site), (folder / "search.js").read_text("utf-8")
    change(data)
    line = f"const BOOK = {json.dumps(data)};"
    (folder / "search.js").write_text(re.sub(r"^const BOOK = .*;$", lambda _: line, script, flags=re.M), "utf-8")
    return folder


def page_of(data, name):
    return next(page for page in data["pages"] if name in page["url"])


def texts(site):
    return {page["url"]: " ".join(section[2] for section in page["sections"]) for page in book(site)["pages"]}


def test_words_are_kept_without_code_and_with_formulas_that_one_can_read(site):
    text = texts(site)["chapters/part/width.html"]
    assert "λ_min(K^(L))≥1/π" in text
    assert "\\" not in text
    assert text.count("rate") == 2
    assert "Rate" in text
    assert texts(site)["api/all.html"].endswith("The width of the width: width.")


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (r"\lambda_{\min}", "λ_min"),
        (r"\tfrac12\relu(g)", "1/2ReLU(g)"),
        (r"\E\lVert x\rVert\le\sqrt d", "E‖x‖≤√(d)"),
    ],
)
def test_formulas_as_text(formula, text):
    assert plain_math(formula) == text


def test_descriptions_of_pages_are_words():
    """As everypage gives them to a template: titles for links to pages, no marks, no more than a line."""
    sections = {"a": [Section("x", "A", f"See {MARK.format('b')}, and {MARK.format('gone')}. " + "word " * 60)]}
    env = SimpleNamespace(section_texts=sections, titles={"b": nodes.title("", "The other page")})
    text = summary(env, "a")
    assert text.startswith("See The other page, and gone. word")
    assert text.endswith(" …")
    assert len(text) <= 160
    assert summary(env, "b") == ""


def test_kinds_of_pages():
    assert kind_of("chapters/infinite_width/depth") == "chapter"
    assert kind_of("chapters/infinite_width/index") == "page"
    assert kind_of("chapters/ledger/loose") == kind_of("errata") == "list"
    assert kind_of("api/kernels") == "package"


def test_queries_find_their_page_and_the_package_comes_last(site, browser):
    page = browser.new_page()
    page.goto(f"{(site / 'search.html').as_uri()}?q=width")
    found = check_search.ranks(page, FIRST)
    assert list(check_search.misplaced(found, {q: f"chapters/{p}.html" for q, p in FIRST.items()}, 1)) == []
    assert found["width"][-1] == ["api/all.html", "package"]
    assert len(found["width"]) == 4
    assert "How many neurons a layer has." in page.inner_text(".search-term")
    assert page.eval_on_selector_all("ol.search mark", "marks => marks.length") >= 4


def test_letters_are_found_by_their_names(site, browser):
    page = browser.new_page()
    page.goto(f"{(site / 'search.html').as_uri()}?q=lambda+min")
    assert page.inner_text("ol.search > li mark") == "λ"
    assert page.inner_text("#search-status") == "1 page."
    page.goto(f"{(site / 'search.html').as_uri()}?q=constructor")
    assert "Nothing was found" in page.inner_text("#search-status")


def test_the_check_of_a_site_fails_where_it_should(site, browser, tmp_path):
    queries = {"smallest": "part/width"}
    good = tampered(
        site, tmp_path / "good", lambda data: page_of(data, "part/width")["sections"][0].__setitem__(2, WORDS)
    )
    assert check_search.faults(browser, good, queries) == []
    faults = {
        "expected chapters/part/rate.html among the first 1": (lambda data: None, {"smallest": "part/rate"}),
        "expected none.html among the first 3": (lambda data: data["terms"][0].update(page="none.html"), queries),
        "TeX in the words": (lambda data: page_of(data, "rate")["sections"][0].__setitem__(2, "\\min"), queries),
        "search page: ": (lambda data: data.pop("terms"), queries),
    }
    for number, (message, (change, asked)) in enumerate(faults.items()):
        found = check_search.faults(browser, tampered(good, tmp_path / str(number), change), asked)
        assert any(message in line for line in found), (message, found)


WORDS = "The smallest eigenvalue, N = 200."


def test_the_package_before_a_chapter_is_reported():
    found = {"width": [("api/a.html", "package"), ("chapters/b.html", "chapter")]}
    assert list(check_search.mixed(found)) == ["search 'width': a page of the package comes before another page"]


def test_the_index_lists_who_treats_a_term_and_who_uses_it_thrice(site):
    text = re.sub(r"<[^>]+>", "", (site / "glossary.html").read_text("utf-8")).replace("\n", " ")
    assert "step size · Steps and rates" in text
    assert "width · How wide? · Steps and rates" in text
    assert 'class="reference internal" href="chapters/part/rate.html"' in (site / "glossary.html").read_text("utf-8")


def test_names_are_found_as_words():
    assert [
        len(pattern(["tangent kernel", "NTK"]).findall(text)) for text in ("Tangent kernels", "an NTKs' x", "antk")
    ] == [
        1,
        1,
        0,
    ]


def test_an_entry_without_a_chapter_is_refused(tmp_path):
    with pytest.raises(Exception, match="'width' has no link"):
        build(tmp_path, {"index": "# A\n\n:::{glossary}\nwidth\n  How wide.\n:::\n"})


# ---- the glossary of the book


def entries():
    """Names, sentence and chapter of every entry of the book's glossary."""
    body = (ROOT / "glossary.md").read_text("utf-8").partition(":::{glossary}\n")[2].partition("\n:::\n")[0]
    for entry in body.strip().split("\n\n"):
        *names, definition = entry.splitlines()
        yield names, *re.fullmatch(r"  (.+\.) \{doc\}`(.+)`", definition).groups()


def chapter_text(document):
    """The prose of a chapter."""
    notebook = ROOT / f"{document}.ipynb"
    if not notebook.exists():
        return (ROOT / f"{document}.md").read_text("utf-8")
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def test_every_term_is_used_by_the_chapter_that_it_names():
    unused = [names[0] for names, _, document in entries() if not pattern(names).search(chapter_text(document))]
    assert unused == []


def test_no_name_stands_twice_and_every_chapter_treats_a_term():
    names = [name.lower() for found, _, _ in entries() for name in found]
    assert len(names) == len(set(names))
    assert len(names) > 100
    treated = {document for _, _, document in entries()}
    chapters = [
        line.split()[-1] for line in (ROOT / "_toc.yml").read_text("utf-8").splitlines() if "file: chapters/" in line
    ]
    left = [c for c in chapters if c not in treated and not c.endswith("/index") and "/ledger/" not in c]
    assert left == []
