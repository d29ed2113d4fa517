"""The chapters named in the package's documentation are those whose code uses the definition."""

import json

import pytest


@pytest.fixture
def usedin(book, monkeypatch):
    monkeypatch.syspath_prepend(book / "_ext")
    import usedin

    return usedin


def notebook(path, *cells):
    made = {"cells": [{"cell_type": "code", "source": [cell]} for cell in cells]}
    path.write_text(json.dumps(made), encoding="utf-8")
    return path


def test_a_name_is_followed_through_imports_and_attributes(usedin, tmp_path):
    page = notebook(
        tmp_path / "page.ipynb",
        "%pip install nothing",
        "import ntklib\nfrom ntklib.theory.infinite_width import smallest_eigenvalue as theory",
        "from ntklib import plain as p",
        "theory.sharp_limit(3, 10, 20)\nntklib.MLP((2, 1)).init\np.draw",
        "sharp_constant = 3  # the page's own name\nother.lower",
    )
    found = usedin.names_used(page)
    assert {
        "ntklib.theory.infinite_width.smallest_eigenvalue.limits.sharp_limit",
        "ntklib.networks.MLP",
        "ntklib.plain.draws.draw",
    } <= found
    assert not any("sharp_constant" in name or "lower" in name for name in found)


def test_the_book_s_own_pages_are_found(usedin):
    table = usedin.chapters_using()
    assert "chapters/infinite_width/depth" in table["ntklib.claims.ledger.ledger"]
    lines = ["First."]
    usedin.name_chapters(None, "function", "ntklib.claims.ledger.ledger", None, None, lines)
    assert ":doc:`/chapters/ledger/infinite_width`" in " ".join(lines)
    usedin.name_chapters(None, "function", "ntklib.nothing", None, None, unused := ["First."])
    assert unused == ["First."]
