"""Paths and helpers for the tests of the book's own rules."""

import os
import sys
from pathlib import Path

import pytest

BOOK = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(BOOK / "tools"), str(BOOK / "_ext")]

from browser import HOW_TO_GET_ONE, find_browser, open_browser  # noqa: E402

REQUIRED = os.environ.get("BOOK_REQUIRE_BROWSER") == "1"


@pytest.fixture(scope="module")
def browser():
    """A browser, or a skip that says how to get one."""
    executable = find_browser()
    if executable is None:
        pytest.fail(HOW_TO_GET_ONE) if REQUIRED else pytest.skip(HOW_TO_GET_ONE)
    with open_browser(executable) as opened:
        yield opened


@pytest.fixture(scope="session")
def book():
    """The root of the book."""
    return BOOK
