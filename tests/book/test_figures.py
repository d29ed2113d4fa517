"""Figures for slides: every labelled picture of a notebook as SVG and PDF, the notebook left alone."""

import nbformat
from execute_notebooks import write_figures
from nbformat.v4 import new_code_cell, new_notebook
from notebooks import URL

SETUP = "import matplotlib.pyplot as plt\nfrom ntklib import plotting\n\nplotting.use_style()"


def test_a_labelled_picture_becomes_svg_and_pdf(tmp_path, monkeypatch):
    monkeypatch.setenv("BOOK_FIGURE_FORMATS", "svg,pdf")
    monkeypatch.delenv("MPLBACKEND", raising=False)
    cells = [
        new_code_cell(source) for source in (SETUP, "plt.plot([1, 2])\nplt.show()", "plt.plot([2, 1])\nplt.show()")
    ]
    cells[1].metadata["mystnb"] = {"figure": {"name": "fig-sample-line"}}
    nbformat.write(new_notebook(cells=cells), tmp_path / "sample.ipynb")
    before = (tmp_path / "sample.ipynb").read_bytes()
    assert write_figures(tmp_path / "sample.ipynb", URL, tmp_path) == ("sample.ipynb", None)
    assert sorted(file.name for file in tmp_path.glob("fig-*")) == ["fig-sample-line.pdf", "fig-sample-line.svg"]
    assert (tmp_path / "fig-sample-line.pdf").read_bytes().startswith(b"%PDF")
    assert "<svg" in (tmp_path / "fig-sample-line.svg").read_text()
    assert (tmp_path / "sample.ipynb").read_bytes() == before


def test_a_cell_that_fails_is_named(tmp_path):
    nbformat.write(new_notebook(cells=[new_code_cell("1 / 0")]), tmp_path / "sample.ipynb")
    name, problem = write_figures(tmp_path / "sample.ipynb", URL, tmp_path)
    assert name == "sample.ipynb"
    assert "ZeroDivisionError" in problem
