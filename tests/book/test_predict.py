"""Predict, then reveal, and the map of a proof: a small book is built and used in a real browser."""

import shutil
from pathlib import Path

import pytest
from browser import find_browser, open_browser
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

EXTENSIONS = Path(__file__).resolve().parents[2] / "_ext"
QUESTION = """# A page

:::{predict}
:answer: 2
Which is steeper?

1. the first
2. the second

---
The second.
:::

<div class="cell"><div class="cell_output"><img id="fig-a" alt="two lines" src="a.png"></div></div>
<div class="cell"><div class="cell_output"><img id="fig-b" alt="other lines" src="b.png"></div></div>
"""
MAP = """# A page

(lem-a)=
## First

(thm-b)=
## Second

:::{lemma-map}
lem-a | one step
thm-b | the theorem | lem-a
:::
"""


def build(folder, source):
    """Build a book of one page with the local extensions; return the file."""
    folder.mkdir(exist_ok=True)
    (folder / "index.md").write_text(source, encoding="utf-8")
    shutil.copy(EXTENSIONS.parent / "_static" / "custom.css", folder)
    (folder / "conf.py").write_text(
        f"import sys\nsys.path.insert(0, {str(EXTENSIONS)!r})\n"
        "extensions = ['myst_parser', 'predict', 'lemmamap']\nmyst_enable_extensions = ['colon_fence']\n"
        "html_static_path = ['custom.css']\nhtml_css_files = ['custom.css']\n"
    )
    with patch_docutils(folder), docutils_namespace():
        Sphinx(folder, folder, folder / "out", folder / "trees", "html", status=None, warningiserror=True).build()
    return folder / "out" / "index.html"


@pytest.fixture(scope="module")
def question(tmp_path_factory):
    return build(tmp_path_factory.mktemp("predict"), QUESTION).as_uri()


@pytest.fixture(scope="module")
def chromium():
    if not find_browser():
        pytest.skip("no Chromium")
    with open_browser(find_browser()) as browser:
        yield browser


def opened(chromium, url, **options):
    page = chromium.new_page(**options)
    page.goto(url)
    return page


@pytest.mark.parametrize(("choice", "said"), [(1, "Not quite: see below."), (2, "Yes.")])
def test_a_choice_reveals_the_finding_and_the_next_figure_only(chromium, question, choice, said):
    page = opened(chromium, question)
    assert page.is_hidden("#fig-a")
    assert page.is_visible("#fig-b")
    page.focus(f".predict input[value='{choice}']")
    page.keyboard.press("Space")
    page.wait_for_selector("#fig-a", state="visible")
    assert page.is_visible("text=The second.")
    assert page.inner_text(".predict [role=status]") == said
    assert page.inner_text(".predict .predict-right").strip() == "the second"


def test_the_disclosure_alone_reveals_the_figure(chromium, question):
    page = opened(chromium, question)
    page.click(".predict summary")
    page.wait_for_selector("#fig-a", state="visible")


def test_a_link_to_the_figure_shows_it(chromium, question):
    assert opened(chromium, question + "#fig-a").is_visible("#fig-a")


def test_without_javascript_it_is_a_disclosure_and_hides_no_figure(chromium, question):
    page = opened(chromium, question, java_script_enabled=False)
    assert page.is_visible("#fig-a")
    assert page.is_visible("text=the first")
    assert page.is_hidden("text=The second.")
    page.click(".predict summary")
    assert page.is_visible("text=The second.")


def test_on_paper_everything_is_there(chromium, question):
    page = opened(chromium, question)
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.is_visible("#fig-a")
    assert page.is_visible("text=The second.")


@pytest.mark.parametrize(
    ("old", "new"),
    [(":answer: 2", ":answer: 3"), (":answer: 2\n", ""), ("2. the second", "Or the second"), ("---\n", "")],
)
def test_a_question_that_lacks_something_stops_the_build(tmp_path, old, new):
    with pytest.raises(Exception, match="predict: expected a question"):
        build(tmp_path, QUESTION.replace(old, new))


def test_the_map_of_a_proof_links_every_step(chromium, tmp_path):
    page = opened(chromium, build(tmp_path, MAP).as_uri())
    found = page.eval_on_selector_all(".part-map a", "links => links.map(a => [a.getAttribute('href'), a.textContent])")
    assert found == [["#lem-a", "one step"], ["#thm-b", "the theorem"]]
    assert page.locator(".part-map path.tip").count() == 1


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [("thm-b | the", "thm-c | the", "no place thm-c"), ("| lem-a\n:", "| lem-x\n:", "anchors of earlier lines")],
)
def test_a_map_that_leads_nowhere_stops_the_build(tmp_path, old, new, message):
    with pytest.raises(Exception, match=message):
        build(tmp_path, MAP.replace(old, new))
