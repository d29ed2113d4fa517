"""Paths and helpers for the tests of the book's own rules."""

import sys
from pathlib import Path

import pytest

BOOK = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(BOOK / "tools"))


@pytest.fixture(scope="session")
def book():
    """The root of the book."""
    return BOOK
