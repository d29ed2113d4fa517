"""Local Sphinx extension: the glossary's terms for the search, and the directive `concept-index`.

The glossary is Sphinx's own. Each entry has a term, its synonyms, a sentence, a link to the chapter that treats it. The
index lists under each term the chapters whose text uses one of its names; the index of names is left to the package.
"""

import re
from dataclasses import dataclass

from docutils import nodes
from searchpage import kind_of, texts, tidy, words
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

LEAST = 3  # occurrences from which on a chapter is listed


@dataclass(frozen=True)
class Term:
    """An entry of the glossary: its names, the first of which is the term, its sentence, and the chapter's page."""

    names: list
    says: str
    page: str


class concept_index(nodes.Element):
    """The place of the index, filled when all pages are known."""


class ConceptIndex(SphinxDirective):
    """Terms in alphabetical order, each with the chapters that use it."""

    def run(self):
        """Return the place."""
        return [concept_index()]


def terms_of(doctree):
    """The entries of a page's glossary."""
    for glossary in doctree.findall(addnodes.glossary):
        for item in glossary.findall(nodes.definition_list_item):
            names = [term.astext() for term in item.findall(nodes.term)]
            definition = item[item.first_child_matching_class(nodes.definition)]
            link = next(iter(definition.findall(addnodes.pending_xref)), None)
            if link is None:
                raise ValueError(f"glossary: {names[0]!r} has no link; expected {{doc}} of the chapter that treats it.")
            link.parent.remove(link)
            says = tidy(words(definition))
            definition.children[-1].append(link)
            yield Term(names, says, link["reftarget"].lstrip("/"))


def collect(app, doctree):
    """Keep the glossary's terms; leave its entries out of the index of names, which is the package's."""
    found = list(terms_of(doctree))
    if found:
        app.env.glossary = found
        for glossary in doctree.findall(addnodes.glossary):
            for entry in list(glossary.findall(addnodes.index)):
                entry.parent.remove(entry)


def merge(app, env, documents, other):
    """Take over the glossary that another process has read."""
    if hasattr(other, "glossary"):
        env.glossary = other.glossary


def pattern(names):
    """One expression for all names, as words and whatever their capitals; a plural counts."""
    alternatives = "|".join(re.escape(name).replace(r"\ ", r"[\s-]+") for name in names)
    return re.compile(rf"(?<![^\W_])(?:{alternatives})(?:s|es)?(?![^\W_])", re.I)


def chapters_using(env, term, chapters):
    """Chapters whose text uses a term often enough, the one that treats it included."""
    expression = pattern(term.names)
    for page in chapters:
        text = " ".join(f"{section.title} {section.text}" for section in texts(env)[page])
        if page == term.page or len(expression.findall(text)) >= LEAST:
            yield page


def in_order(env):
    """Documents in the order of the table of contents."""
    waiting = [env.config.root_doc]
    while waiting:
        name = waiting.pop(0)
        yield name
        waiting = [*env.toctree_includes.get(name, []), *waiting]


def fill(app, doctree, document):
    """Write the index: a line for each term."""
    for place in list(doctree.findall(concept_index)):
        chapters = [name for name in in_order(app.env) if kind_of(name) == "chapter"]
        terms = sorted(app.env.glossary, key=lambda term: term.names[0].lower())
        items = [nodes.list_item("", line(app, document, term, chapters)) for term in terms]
        place.replace_self(nodes.bullet_list("", *items, classes=["concept-index"]))


def line(app, document, term, chapters):
    """A term and links to its chapters, the one that treats it in bold."""
    made, elsewhere = nodes.paragraph("", term.names[0]), [] if term.page in chapters else [term.page]
    for page in [*elsewhere, *chapters_using(app.env, term, chapters)]:
        link = nodes.reference("", app.env.titles[page].astext(), internal=True)
        link["refuri"] = app.builder.get_relative_uri(document, page)
        made += [nodes.Text(" · "), nodes.strong("", "", link) if page == term.page else link]
    return made


def refresh(app, env):
    """Write the page of the index in every build: any chapter may have changed."""
    return [name for name in texts(env) if name == "glossary"]


def setup(app):
    """Register everything with Sphinx."""
    app.add_node(concept_index)
    app.add_directive("concept-index", ConceptIndex)
    app.connect("doctree-read", collect)
    app.connect("env-merge-info", merge)
    app.connect("env-updated", refresh)
    app.connect("doctree-resolved", fill)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
