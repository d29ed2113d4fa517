"""Every check on built pages reports the fault it is there for, and nothing on a good page."""

import io
import os

import numpy as np
import pytest
from browser import HOW_TO_GET_ONE, find_browser, open_browser
from check_links import broken_links
from check_pages import check_page, contrast, evaluate, examples_of_styles, serve
from check_toc import missing_pages
from PIL import Image

REQUIRED = os.environ.get("BOOK_REQUIRE_BROWSER") == "1"
ALT = "A line plot of the error against the width, falling with slope minus one half."
PAGE = (
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Page</title>'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><style>{style}</style></head>'
    "<body><main><h1>Page</h1>{body}</main></body></html>"
)
DARK = "@media (prefers-color-scheme: dark) { body { background: #000; color: #fff } }"

FAULTS = {
    "outside request": ('<script src="https://example.org/a.js"></script>', "", "request to another place"),
    "missing file": ('<img src="none.png" alt="' + ALT + '">', "", "HTTP 404"),
    "script error": ("<script>undefinedName()</script>", "", "script error"),
    "console error": ("<script>console.error('boom')</script>", "", "console error: boom"),
    "raw inline math": (r"<p>where \(x^2\) is</p>", "", "raw math"),
    "raw display math": ("<p>so $$x^2$$</p>", "", "raw math"),
    "raw dollar math": ("<p>width $n^2$ is</p>", "", "raw math"),
    "raw role": ("<p>see {prf:ref}`thm-a`</p>", "", "raw role"),
    "raw directive": ("<p>:::{note}</p>", "", "raw directive"),
    "unrendered math": ('<span class="math">x^2</span>', "", "math not rendered"),
    "math error": ('<mjx-container><g data-mml-node="merror"></g></mjx-container>', "", "math with an error"),
    "undefined macro": ('<mjx-container><i fill="red">\\foo</i></mjx-container>', "", "math with an error"),
    "short alt": ('<img src="figure.png" alt="A plot.">', "", "alt text of 7 characters"),
    "no alt on a drawing": ('<svg width="200" height="200"></svg>', "", "svg has alt text of 0 characters"),
    "overflow": ('<div style="width:600px">wide</div>', "", "608 px wide"),
    "cut off": ('<div style="overflow:hidden"><p style="width:600px">wide</p></div>', "", "ends at 6"),
    "low contrast": ('<p style="color:#bbb;background:#fff">pale</p>', "", "axe, light mode: color-contrast"),
    "low contrast in dark mode": (
        '<p class="a">dim</p>',
        DARK + " .a { color: #333 }",
        "axe, dark mode",
    ),
    "pale formula": (
        '<mjx-container style="color:#bbb"><svg></svg></mjx-container>',
        "",
        "axe, light mode: color-contrast",
    ),
    "pale word in a listing": (
        '<div><div class="highlight"><pre><b class="n">one</b> <span class="n">one</span> <span class="k">def</span>'
        "</pre></div></div>",
        ".n { color: #000 } .k { color: #bbb }",
        "axe, light mode: color-contrast",
    ),
    "pale word in one of two listings": (
        '<div><div class="highlight"><pre><span class="n">one</span></pre></div></div>'
        '<div class="output"><div class="highlight"><pre><span class="n">two</span></pre></div></div>',
        ".output .n { color: #bbb }",
        "axe, light mode: color-contrast",
    ),
    "unlabelled button": ("<button></button>", "", "button-name"),
    "vanishing picture": (f'<img src="figure.png" alt="{ALT}">', DARK, "in dark mode, expected at least"),
}


@pytest.fixture(scope="module")
def browser():
    """A browser, or a skip that says how to get one."""
    executable = find_browser()
    if executable is None:
        pytest.fail(HOW_TO_GET_ONE) if REQUIRED else pytest.skip(HOW_TO_GET_ONE)
    with open_browser(executable) as opened:
        yield opened


def write_site(folder, body, style=""):
    """A site of one page and one black-on-transparent picture."""
    pixels = np.zeros((120, 200, 4), dtype=np.uint8)
    pixels[50:70, :, 3] = 255
    Image.fromarray(pixels).save(folder / "figure.png")
    path = folder / "page.html"
    path.write_text(PAGE.format(body=body, style=style), encoding="utf-8")
    return path


def messages(browser, folder, body, style=""):
    """What the checks say about a page with this body."""
    path = write_site(folder, body, style)
    with serve(folder) as base:
        return check_page(browser, folder.resolve(), path.resolve(), base)


@pytest.mark.parametrize(("body", "style", "expected"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_reported(browser, tmp_path, body, style, expected):
    found = messages(browser, tmp_path, body, style)
    assert any(expected in message for message in found), found


def test_a_good_page_passes(browser, tmp_path):
    style = DARK + " @media (prefers-color-scheme: dark) { img { filter: invert(1) } a { color: #9cf } }"
    body = f'<p>Costs $5, <code>$x$</code>.</p><img src="figure.png" alt="{ALT}"><a href="#end">end</a>'
    assert messages(browser, tmp_path, body + '<p id="end">End.</p>', style) == []


def test_thinning_keeps_one_coloured_word_of_each_class_and_place(browser, tmp_path):
    word = '<span class="{0}">{0}</span> '
    lines = "".join(word.format(name) for name in ("nn", "nn", "o", "kw", "kw", "nn"))
    path = write_site(tmp_path, f'<div><div class="highlight"><pre>{lines}</pre></div></div>')
    page = browser.new_page()
    page.goto(path.as_uri())
    evaluate(page, "thinOut")
    assert page.evaluate("[...document.querySelectorAll('pre span')].map((e) => e.className)") == ["nn", "o", "kw"]
    assert page.evaluate("document.querySelector('pre').textContent") == "nn nn o kw kw nn "
    page.close()


def test_faults_are_found_in_a_file_opened_from_the_disk(browser, tmp_path):
    found = messages(browser, tmp_path, "<script>if (location.protocol == 'file:') nothing()</script>")
    assert any("opened as a file: script error" in message for message in found), found


@pytest.mark.parametrize(
    ("link", "problem"),
    [
        ("none.html", "leads nowhere"),
        ("#none", "anchor"),
        ("other.html#none", "anchor"),
        ("folder/", "nowhere"),
    ],
)
def test_a_broken_link_is_reported(tmp_path, link, problem):
    (tmp_path / "other.html").write_text("<p id='there'></p>", encoding="utf-8")
    (tmp_path / "page.html").write_text(f"<a href='{link}'>x</a>", encoding="utf-8")
    assert [problem in message for message in broken_links(tmp_path)] == [True]


def test_good_links_pass(tmp_path):
    (tmp_path / "other.html").write_text("<p id='there'></p>", encoding="utf-8")
    links = ("other.html#there", "other.html", "https://example.org/x", "mailto:a@example.org", "page.html")
    (tmp_path / "page.html").write_text("".join(f"<a href='{x}'>x</a>" for x in links), encoding="utf-8")
    assert list(broken_links(tmp_path)) == []


def test_contrast_of_black_on_white_is_21():
    pixels = np.full((100, 100), 255, dtype=np.uint8)
    pixels[:10] = 0
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "png")
    np.testing.assert_allclose(contrast(buffer.getvalue()), 21, rtol=1e-12)


def test_a_chapter_that_was_not_built_is_reported(tmp_path):
    (tmp_path / "_toc.yml").write_text("root: intro\nparts:\n- chapters:\n  - file: a/b\n", encoding="utf-8")
    (tmp_path / "intro.html").touch()
    assert missing_pages(tmp_path, tmp_path) == ["index", "a/b"]


def test_the_listings_that_are_checked_whole_show_every_style(tmp_path):
    styles = {"a": "k n", "b": "n o", "c": "k n o p", "d": "n"}
    for name, used in styles.items():
        (tmp_path / name).write_text("".join(f'<span class="{style}"></span>' for style in used.split()))
    chosen = examples_of_styles([tmp_path / name for name in styles])
    assert [path.name for path in chosen] == ["c"]
    (tmp_path / "d").write_text('<span class="err"></span>')
    assert {path.name for path in examples_of_styles([tmp_path / name for name in styles])} == {"c", "d"}
