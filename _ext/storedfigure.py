"""Local Sphinx extension: the directive `stored-figure`, a picture that a chapter's notebook holds.

    :::{stored-figure} fig-two-sided-position
    What to see in it.
    :::

It has the alternative text of the notebook, a caption of its own, and is a link to its place in the chapter. Nothing is
copied into the repository, so it changes with the chapter.
"""

import base64
import difflib
import hashlib
import json
import os
import struct
from pathlib import Path
from typing import NamedTuple

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

logger = logging.getLogger(__name__)


class Stored(NamedTuple):
    """A picture in a notebook: its file, PNG, alternative text, and size on the page in pixels."""

    notebook: Path
    png: bytes
    alt: str
    size: tuple


def figure_cells(root, text='"figure"'):
    """Notebook, settings and first picture of every cell with a figure, of the notebooks that hold the text."""
    for path in sorted(Path(root).glob("chapters/*/*.ipynb")):
        source = path.read_text(encoding="utf-8")
        for cell in json.loads(source)["cells"] if text in source else ():
            settings = cell["metadata"].get("mystnb", {})
            pictures = [output for output in cell.get("outputs", []) if "image/png" in output.get("data", {})]
            if "figure" in settings and pictures:
                yield path, settings, pictures[0]


def stored_figure(root, name):
    """The picture of this name, as a notebook of a chapter holds it."""
    for path, settings, output in figure_cells(root, f'"{name}"'):
        if settings["figure"]["name"] == name:
            png = base64.b64decode("".join(output["data"]["image/png"]))
            size = output["metadata"].get("image/png", {})
            natural = struct.unpack(">II", png[16:24])
            return Stored(path, png, settings["image"]["alt"], tuple(map(size.get, ("width", "height"), natural)))
    names = [settings["figure"]["name"] for _, settings, _ in figure_cells(root)]
    near = ", ".join(difflib.get_close_matches(name, names, 3, 0.3)) or "none"
    raise LookupError(
        f"stored-figure: no notebook in chapters/ holds a figure named {name!r}; expected a mystnb.figure.name of a "
        f"cell with a picture. Similar names: {near}."
    )


class StoredFigure(SphinxDirective):
    """A picture of a chapter, with a caption of its own."""

    required_arguments = 1
    has_content = True

    def run(self):
        """Return the figure; its link is made when all pages are known."""
        name = self.arguments[0]
        try:
            found = stored_figure(self.env.srcdir, name)
        except LookupError as error:
            raise self.error(str(error)) from error
        self.env.note_dependency(str(found.notebook))
        caption = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, caption)
        width, height = (f"{pixels}px" for pixels in found.size)
        image = nodes.image(uri=self.write(found.png), alt=found.alt, shows=name, width=width, height=height)
        parts = ['<figure class="stored-figure">', image, "<figcaption>", *caption.children, "</figcaption></figure>"]
        return [raw(part) if isinstance(part, str) else part for part in parts]

    def write(self, picture):
        """Write the file where MyST-NB writes it for the chapter, under its name there; return its address."""
        folder = Path(self.env.app.outdir).parent / "jupyter_execute"
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{hashlib.sha256(picture).hexdigest()}.png"
        file.write_bytes(picture)
        return "/" + Path(os.path.relpath(file, self.env.srcdir)).as_posix()


def link_pictures(app, doctree, docname):
    """Make every stored figure a link to its chapter."""
    labels = app.env.get_domain("std").anonlabels
    for image in [node for node in doctree.findall(nodes.image) if "shows" in node]:
        if image["shows"] not in labels:
            logger.warning("stored-figure: %s is on no page of the book; list its notebook in _toc.yml", image["shows"])
            continue
        page, label = labels[image["shows"]]
        image.replace_self(make_refnode(app.builder, docname, page, label, image.deepcopy()))


def raw(text):
    """Markup that the HTML page takes as it is."""
    return nodes.raw("", text, format="html")


def setup(app):
    """Register with Sphinx."""
    app.add_directive("stored-figure", StoredFigure)
    app.connect("doctree-resolved", link_pictures)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
