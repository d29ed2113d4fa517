"""Local Sphinx extension: the search page, which ranks sections by their words and opens from a disk, too.

While pages are read, the words of every section are kept, formulas as plain text and code left out. At the end they are
written to `search.js`, with the terms of the glossary, Sphinx's own stemmer, and the script that ranks them.
Sphinx's index knows which page has a word, not how often, and its excerpts show TeX and need a server.
"""

import json
import re
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from docutils import nodes
from pylatexenc.latex2text import LatexNodes2Text
from sphinx import addnodes
from sphinx.search.en import SearchEnglish
from sphinx.util import docname_join

SKIPPED = (nodes.literal_block, nodes.raw, nodes.comment, nodes.system_message, nodes.image, addnodes.index)
CELLS = ("cell", "cell_output", "celloutput")  # what code prints is left to the page
SCRIPT = "_templates/search.js"
KINDS = {"chapters/ledger/": "list", "chapters/": "chapter", "api/": "package"}
MARK, MARKED = "\x00{}\x00", re.compile(r"\x00([^\x00]+)\x00")  # a page whose title is known at the end
LABELS = {"thm": "theorem", "lem": "lemma", "prop": "proposition", "cor": "corollary", "def": "definition"}
LABELS |= {"obs": "observation", "eq": "equation", "fig": "figure", "sec": "section", "ex": "exercise"}
LISTS = {"errata", "bibliography", "glossary", "genindex"}


@dataclass(frozen=True)
class Section:
    """The words of one section, without those of the sections inside it."""

    anchor: str
    title: str
    text: str


# ---- words of a page


@cache
def plain_math(formula):
    r"""A formula as plain text: ``\lambda_{\min}`` becomes ``λ_min``."""
    simple = re.sub(r"\\[td](frac|binom)", r"\\\1", formula)
    simple = re.sub(r"\\binom\s*({[^{}]*}|\S)\s*({[^{}]*}|\S)", r"C(\1,\2)", simple)
    simple = re.sub(r"\\(relu|E|Prob|Var|Cov)\b", r"\\mathrm{\1}", simple).replace("{relu}", "{ReLU}")
    return re.sub(r"\s+", " ", LatexNodes2Text(math_mode="text").latex_to_text(simple)).strip()


def words(node):
    """The text of a node: formulas as plain text; without code, pictures and the sections inside."""
    if isinstance(node, nodes.Text):
        return str(node)
    if isinstance(node, nodes.math | nodes.math_block):
        formula = plain_math(node.astext())
        return formula if isinstance(node, nodes.math) else f" {formula} "
    if isinstance(node, addnodes.pending_xref) and not node.get("refexplicit"):
        return reference(node)
    if isinstance(node, (*SKIPPED, nodes.section)) or set(CELLS) & set(node.get("classes", [])):
        return " "
    gap = "" if isinstance(node, nodes.inline | nodes.TextElement) else " "
    return gap.join(map(words, node.children)) + gap


def reference(node):
    """What stands for a reference: a page (by its title, at the end), "Nguyen 2021", "theorem", or its words."""
    if node.get("reftype") == "doc":
        return MARK.format(docname_join(node["refdoc"], node["reftarget"]))
    if node.get("refdomain") == "cite":
        return ", ".join(re.sub(r"^([a-z]+)(\d{4}).*", cited, key) for key in node["reftarget"].split(","))
    kind = LABELS.get(node["reftarget"].partition("-")[0])
    return kind or "".join(map(str, node.findall(nodes.Text)))


def cited(match):
    """Author and year out of a key of the bibliography."""
    return f"{match[1].capitalize()} {match[2]}"


def tidy(text):
    """One space between words."""
    return re.sub(r"\s+", " ", text).strip()


def sections_of(doctree):
    """Every section of a page, and every name that a page of the package documents."""
    for section in doctree.findall(nodes.section):
        title = tidy(" ".join(words(child) for child in section.children if isinstance(child, nodes.title)))
        rest = [child for child in section.children if not isinstance(child, nodes.title)]
        yield Section(section["ids"][0], title, tidy(" ".join(map(words, rest))))
    for entry in doctree.findall(addnodes.desc):
        for signature in entry.findall(addnodes.desc_signature):
            if signature.get("ids"):
                paragraph = next(iter(entry.findall(nodes.paragraph)), None)
                text = tidy(words(paragraph)) if paragraph else ""
                yield Section(signature["ids"][0], signature.get("fullname", ""), text)


def kind_of(document):
    """``chapter``, ``page``, ``list`` or ``package``, by where a page stands."""
    if document in LISTS:
        return "list"
    kind = next((kind for start, kind in KINDS.items() if document.startswith(start)), "page")
    return "page" if kind == "chapter" and document.endswith("/index") else kind


# ---- events


def remember(app, doctree):
    """Keep the words of a page that has been read."""
    texts(app.env)[app.env.docname] = list(sections_of(doctree))


def texts(env):
    """Mapping document -> its sections, kept with the environment between builds."""
    if not hasattr(env, "section_texts"):
        env.section_texts = {}
    return env.section_texts


def forget(app, env, document):
    """Drop a page that is read again or gone."""
    texts(env).pop(document, None)


def merge(app, env, documents, other):
    """Take over what another process has read."""
    texts(env).update({name: texts(other)[name] for name in documents if name in texts(other)})


def leave_the_index(app):
    """Keep Sphinx from indexing: the page has its own data."""
    if app.builder.format == "html":
        app.builder.search = False


def search_page(app):
    """The page itself, without a source of its own."""
    yield "search", {"title": "Search"}, "search.html"


def named(env, text):
    """A text with the titles of the pages that it refers to."""
    return MARKED.sub(lambda mark: env.titles[mark[1]].astext() if mark[1] in env.titles else mark[1], text)


def data(env):
    """What the script needs: the pages with their sections, the terms of the glossary, stop words."""
    pages = [
        {
            "url": f"{name}.html",
            "title": env.titles[name].astext() if name in env.titles else name,
            "kind": kind_of(name),
            "sections": [[section.anchor, section.title, named(env, section.text)] for section in found],
        }
        for name, found in texts(env).items()
    ]
    terms = [asdict(term) | {"page": f"{term.page}.html"} for term in getattr(env, "glossary", [])]
    return {"pages": pages, "terms": terms, "stopwords": sorted(SearchEnglish.stopwords)}


def write_data(app, exception):
    """Write the data as a script, since a page on a disk may not read other files; drop what Sphinx's search needs."""
    if exception is None and app.builder.format == "html":
        text = json.dumps(data(app.env), ensure_ascii=False, separators=(",", ":"))
        script, target = (Path(app.srcdir) / SCRIPT).read_text(encoding="utf-8"), Path(app.outdir)
        all_of_it = f"{SearchEnglish.js_stemmer_code}\nconst BOOK = {text};\n{script}"
        (target / "search.js").write_text(all_of_it, encoding="utf-8")
        for unused in ("searchtools.js", "language_data.js"):
            (target / "_static" / unused).unlink(missing_ok=True)


def setup(app):
    """Register everything with Sphinx."""
    app.connect("builder-inited", leave_the_index)
    app.connect("doctree-read", remember, priority=400)  # before other extensions change the page
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("html-collect-pages", search_page)
    app.connect("build-finished", write_data)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
