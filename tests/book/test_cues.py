"""What is wider than its place says so: it fades where more follows, and only there."""

import pytest
from bookfix import ACCESSIBILITY_SCRIPT

PAGE = """<script>{script}</script><style>{style}</style>
<div class="highlight"><pre id="{name}" style="width: 300px; overflow-x: auto">{code}</pre></div>"""


@pytest.fixture
def opened(browser, book):
    def open_page(code):
        page = browser.new_page()
        style = (book / "_static" / "custom.css").read_text(encoding="utf-8")
        page.set_content(PAGE.format(script=ACCESSIBILITY_SCRIPT, style=style, name="code", code=code))
        page.wait_for_timeout(200)
        return page

    return open_page


def state(page):
    return page.eval_on_selector("#code", "e => [e.className, getComputedStyle(e).maskImage !== 'none']")


def test_a_long_line_fades_on_the_side_where_more_follows(opened):
    page = opened("x" * 400)
    assert state(page) == ["more-right", True]
    for place, classes in ((50, "more-right more-left"), (100_000, "more-left"), (0, "more-right")):
        page.eval_on_selector("#code", f"e => {{ e.scrollLeft = {place}; }}")
        page.wait_for_timeout(100)
        assert set(state(page)[0].split()) == set(classes.split())
    page.emulate_media(media="print")
    assert state(page)[1] is False


def test_a_short_line_does_not(opened):
    assert state(opened("x")) == ["", False]
