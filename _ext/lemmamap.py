"""Local Sphinx extension: the directive `lemma-map`, which step of a proof rests on which, each a link to its place.

    :::{lemma-map}
    lem-chapter-sum    | Weyl: a sum of terms
    lem-chapter-schur  | Schur: no slopes       | lem-chapter-sum
    thm-chapter-main   | the theorem            | lem-chapter-schur
    :::

A line is an anchor of the page, a text, and the anchors that the step rests on, which stand in earlier lines.
"""

from docutils import nodes
from docutils.parsers.rst import Directive
from partmap import Entry, drawing


class LemmaMap(Directive):
    """The map of a proof."""

    has_content = True

    def run(self):
        """Draw the map and, for whoever does not see it, say the same in a list."""
        rows = [[part.strip() for part in line.split("|")] for line in self.content if line.strip()]
        names, entries = {}, {}
        for anchor, *rest in rows:
            needs = tuple(rest[1].split()) if len(rest) == 2 else ()
            if len(rest) not in (1, 2) or not set(needs) <= set(names):
                raise self.error(
                    f"lemma-map: the line of {anchor!r} has {1 + len(rest)} fields and rests on {', '.join(needs)}; "
                    "expected `anchor | text | anchors of earlier lines`."
                )
            names[anchor], entries[anchor] = rest[0], Entry(0, 0, needs)
        svg = drawing(list(names), entries, names, {anchor: f"#{anchor}" for anchor in names}, ABOUT)
        return [nodes.raw("", svg, format="html", anchors=list(names))]


ABOUT = "Map of the proof: an arrow leads from a step to one that rests on it. Every box is a link."


def check_anchors(app, doctree, docname):
    """Refuse a map whose boxes lead nowhere."""
    known = {id for node in doctree.findall(nodes.Element) for id in node.get("ids", [])}
    for node in doctree.findall(nodes.raw):
        missing = sorted(set(node.get("anchors", [])) - known)
        if missing:
            raise ValueError(f"lemma-map in {docname}: no place {', '.join(missing)}; expected labels of this page.")


def setup(app):
    """Register with Sphinx."""
    app.add_directive("lemma-map", LemmaMap)
    app.connect("doctree-resolved", check_anchors)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
