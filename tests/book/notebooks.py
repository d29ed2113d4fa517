"""Small notebooks that obey every rule, for tests that then break one."""

import base64
import io

import nbformat
from check_notebooks import COLAB_CELL, KERNELSPEC, LANGUAGE_INFO, Page
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

URL = "https://example.org/book"


def png(text=None, width=4):
    """A small picture, with a Software chunk if `text` is given."""
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    if text:
        info.add_text("Software", text)
    buffer = io.BytesIO()
    Image.new("RGB", (width, 4)).save(buffer, "png", pnginfo=info)
    return base64.b64encode(buffer.getvalue()).decode()


def good_cells():
    """The cells of a notebook without fault."""
    picture = {
        "image": {"alt": "A line plot of the error against the width, falling with slope minus one half."},
        "figure": {"name": "fig-sample-error", "caption": "The error falls."},
    }
    display = new_output("display_data", {"image/png": png(), "text/plain": "<Figure size 4x4 with 0 Axes>"})
    return [
        new_markdown_cell("# A sample\n\n```{exercise} One\n:label: ex-sample-one\nShow it.\n```"),
        new_code_cell(COLAB_CELL.format(url=URL).strip(), metadata={"tags": ["remove-cell"]}),
        new_code_cell('import jax\n\njax.config.update("jax_enable_x64", True)'),
        new_markdown_cell("## Result\n\n$$ a $$ (eq-sample-a)\n\n```{solution} ex-sample-one\nDone.\n```"),
        new_code_cell("assert 1 + 1 == 2\nprint(1 + 1)", outputs=[new_output("stream", name="stdout", text="2\n")]),
        new_code_cell("plt.show()", metadata={"mystnb": picture}, outputs=[display]),
    ]


def notebook(cells):
    """A notebook in standard form, its code cells numbered in order."""
    for number, cell in enumerate((c for c in cells if c.cell_type == "code"), 1):
        cell.execution_count = number
    made = new_notebook(cells=cells)
    made.metadata = nbformat.from_dict({"kernelspec": KERNELSPEC, "language_info": LANGUAGE_INFO})
    return made


def page(cells=None, stem="sample"):
    """A `Page` for the rules."""
    return Page(f"{stem}.ipynb", stem, 1000, notebook(cells or good_cells()), URL)
