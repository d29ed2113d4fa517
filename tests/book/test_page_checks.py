"""Every check on built pages reports the fault it is there for, and nothing on a good page."""

import io

import numpy as np
import pytest
from browser import find_browser
from check_links import broken_links
from check_pages import CHECKS, check_page, check_site, contrast, open_tab, serve
from check_toc import main, missing_pages, without_foot
from PIL import Image

ALT = "A line plot of the error against the width, falling with slope minus one half."
PAGE = (
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Page</title>'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><style>{style}</style></head>'
    "<body><main><h1>Page</h1>{body}</main></body></html>"
)
DARK = "@media (prefers-color-scheme: dark) { body { background: #000; color: #fff } }"

SAME_CLASS = '<p><b class="n">one</b> <b class="n">two</b></p><p class="dim"><b class="n">three</b></p><b>six</b>'

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
    "pale word with the class of many good ones, in another place": (
        SAME_CLASS,
        ".n { color: #333 } .dim { background: #555 }",
        "axe, light mode: color-contrast",
    ),
    "the same in dark mode only": (
        SAME_CLASS,
        DARK + " @media (prefers-color-scheme: dark) { .dim { background: #ddd } }",
        "axe, dark mode: color-contrast",
    ),
    "pale word over a box that it does not stand in": (
        "<div><p>one word</p></div><div><i></i><p>another word</p></div><div><p>third word</p></div>",
        "div { position: relative; z-index: 0 } i { position: absolute; inset: 0; background: #333; z-index: -1 }",
        "axe, light mode: color-contrast",
    ),
    "word that sticks out of its box": (
        '<div><p>one word</p></div><div><p style="transform:translateX(250px)">another word</p></div>'
        "<div><p>third word</p></div>",
        "body { background: #222 } div { background: #fff; width: 200px } main > * { color: #000 } h1 { color: #fff }",
        "axe, light mode: color-contrast",
    ),
    "pale word like one that is clipped away": (
        '<p class="c">one word</p><p>another word</p><p class="c">third word</p>',
        "p { color: #bbb } .c { clip-path: inset(100%) }",
        "axe, light mode: color-contrast",
    ),
    "pale words in a field": (
        '<label>Name <input value="words" style="color:#bbb"></label>',
        "",
        "axe, light mode: color",
    ),
    "pale part of a formula": (
        "<p><mjx-container><svg><path></path></svg></mjx-container></p>"
        '<p><mjx-container><svg><g fill="#bbb"><path></path></g></svg></mjx-container></p>',
        "svg { fill: currentColor }",
        "axe, light mode: color-contrast",
    ),
    "second formula with a drawing that has no name": (
        '<mjx-container><svg aria-hidden="true"><g></g></svg></mjx-container>'
        '<mjx-container><svg role="img"><g></g></svg></mjx-container>',
        "",
        "svg-img-alt",
    ),
    "link like the text around it in dark mode": (
        '<p>Words around <a href="#end">a link</a> go on.</p><p id="end">End.</p>',
        DARK + " a { text-decoration: none; font-weight: bold; color: #00f } p { color: #000 }"
        " @media (prefers-color-scheme: dark) { p { color: #fff } a { font-weight: normal; color: #fdd } }",
        "axe, dark mode: link-in-text-block",
    ),
    "socket to another place": (
        "<script>new WebSocket('ws://example.org/')</script>",
        "",
        "request to another place: ws:",
    ),
    "unlabelled button": ("<button></button>", "", "button-name"),
    "vanishing picture": (f'<img src="figure.png" alt="{ALT}">', DARK, "in dark mode, expected at least"),
}


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
    with serve(folder) as base, open_tab(browser, base) as served, open_tab(browser, "file:") as stored:
        return check_page(served, stored, folder.resolve(), path.resolve(), base)


@pytest.mark.parametrize(("body", "style", "expected"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_reported(browser, tmp_path, body, style, expected):
    found = messages(browser, tmp_path, body, style)
    assert any(expected in message for message in found), found


def test_a_good_page_passes(browser, tmp_path):
    style = DARK + " @media (prefers-color-scheme: dark) { img { filter: invert(1) } a { color: #9cf } }"
    body = f'<p>Costs $5, <code>$x$</code>.</p><img src="figure.png" alt="{ALT}"><a href="#end">end</a>'
    assert messages(browser, tmp_path, body + '<p id="end">End.</p>', style) == []


def in_page(browser, folder, body, style, expression):
    """The value of an expression in a page with this body, ``checks`` being the checks."""
    page = browser.new_page()
    page.goto(write_site(folder, body, style).as_uri())
    value = page.evaluate(f"() => {{ const checks = {CHECKS.strip()}; return {expression} }}")
    page.close()
    return value


def test_one_text_is_judged_for_each_colour_size_and_ground(browser, tmp_path):
    body = '<p>aa <i>bb</i> <i>cc</i> <i>d</i> <i>+ (</i></p><p class="b">ee <i>ff</i></p><p class="b">gg</p>'
    groups = "checks.alike().map((group) => group.map((e) => e.firstChild.data.trim()))"
    found = in_page(browser, tmp_path, body, "i { color: #333 } .b { background: #eee }", groups)
    assert found == [["Page"], ["aa"], ["cc", "bb"], ["gg", "ee"], ["ff"]]


def test_a_folded_formula_keeps_its_size_and_a_word_in_each_colour(browser, tmp_path):
    formula = '<mjx-container><svg width="90" height="9"><g fill="red"><path></path></g></svg></mjx-container>'
    expression = "(checks.foldFormulas(), [...document.querySelectorAll('mjx-container')].map((e) => e.innerHTML))"
    words = '<span style="color: currentcolor;">formula</span><span style="color: rgb(255, 0, 0);">formula</span>'
    first, second = in_page(browser, tmp_path, formula + formula, "", expression)
    assert first == words + '<svg width="90" height="9"><g fill="red"><path></path></g></svg>'
    assert second == words + '<svg width="90" height="9"></svg>'


def test_every_page_of_every_kind_is_checked_in_colour(browser, tmp_path):
    names = [f"{folder}/{k}.html" for folder in ("_modules", "api", "chapters") for k in "ab"]
    pale = '<div class="highlight"><pre><span class="n">one</span> <span class="k">def</span></pre></div>'
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write_site(tmp_path, pale, ".k { color: #bbb }").rename(tmp_path / name)
    found, passed, failed = check_site(tmp_path, find_browser(), jobs=2)
    assert (passed, failed) == (0, 6)
    for mode in ("light", "dark"):
        assert [m.split(":")[0] for m in found if f"axe, {mode} mode: color-contrast" in m] == names


def test_a_page_does_not_inherit_messages_window_or_mode_from_the_one_before(browser, tmp_path):
    bad = write_site(tmp_path, '<div style="width:600px;color:#bbb">wide and pale</div><script>nothing()</script>')
    bad = bad.rename(tmp_path / "bad.html").resolve()
    style = "@media (min-width: 600px) { p { width: 900px } } " + DARK
    good = write_site(tmp_path, "<p>good</p>", style).resolve()
    with serve(tmp_path) as base, open_tab(browser, base) as served, open_tab(browser, "file:") as stored:
        counts = [len(check_page(served, stored, tmp_path.resolve(), path, base)) for path in (good, bad, good)]
    assert counts[0] == counts[2] == 0 < counts[1]


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
    assert main(tmp_path, tmp_path)


def test_a_page_without_its_foot_is_reported(tmp_path):
    (tmp_path / "_toc.yml").write_text("root: a\nchapters:\n- file: b\n")
    for name, foot in {"a": "", "b": '<a href="news.html">How to cite</a>'}.items():
        (tmp_path / f"{name}.html").write_text(f"<p>Text</p>{foot}")
    assert without_foot(tmp_path, tmp_path) == ["a.html"]
