"""A page that is heavy, or jumps while it is loaded, is reported."""

import check_weight
import numpy as np
import pytest
from check_pages import serve

PAGE = "<!DOCTYPE html><html lang='en'><head><title>Page</title>{head}</head><body>{body}</body></html>"
JUMP = "<script>setTimeout(() => document.querySelector('div').style.height = '400px', 300)</script>"


@pytest.fixture
def site(tmp_path):
    noise = np.random.default_rng(0).integers(32, 127, 1_600_000, dtype=np.uint8).tobytes()
    pages = {
        "good": PAGE.format(head="", body="<p>Text</p>"),
        "heavy": PAGE.format(head="<script src='noise.js'></script>", body="<p>Text</p>"),
        "jumps": PAGE.format(head=JUMP, body="<div></div><p>Text</p>" * 2),
    }
    for name, text in pages.items():
        (tmp_path / f"{name}.html").write_text(text)
    (tmp_path / "noise.js").write_bytes(b"/*" + noise.replace(b"*", b".") + b"*/")
    return tmp_path


def test_a_table_that_must_be_scrolled_is_reported(site, browser):
    table = "<article><div class='output' style='overflow-x:auto'><table><tr><td>{}</td></tr></table></div></article>"
    for name, text in {"fits": "narrow", "wide": "wide" * 400}.items():
        (site / f"{name}.html").write_text(PAGE.format(head="", body=table.format(text)))
    with serve(site) as home:
        assert list(check_weight.too_wide(browser, home, ["fits.html"])) == []
        assert "pixels that must be scrolled to" in next(check_weight.too_wide(browser, home, ["wide.html"]))


def test_heavy_pages_and_pages_that_jump_are_reported(site, browser):
    with serve(site) as home:
        assert list(check_weight.faults(browser, home, ["good.html"])) == []
        assert "expected at most 1,000,000" in next(check_weight.faults(browser, home, ["heavy.html"]))
        assert "a layout shift of" in next(check_weight.faults(browser, home, ["jumps.html"]))
