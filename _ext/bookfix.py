"""Local Sphinx extension: what the HTML pages of this book need beyond Jupyter Book's own.

- MathJax is copied out of the installed package `django-static-mathjax`: a reader fetches nothing elsewhere.
- The launch-in-page script of sphinx-thebe, which this book does not use and which fails, is dropped.
- Source maps are removed from the site, and a script of half a megabyte that draws icons which a font has.
- Landmarks and roles that screen readers need are added; what is wider than its place fades where more follows.
- Collapsed cells say what they hold: plotting code, numbers, or the checks behind them; pictures load when needed.
"""

import re
import shutil
from importlib.resources import files
from pathlib import Path

from docutils import nodes

ICON_SCRIPT = re.compile(r"\s*<script[^>]*fontawesome\.js[^>]*></script>")
VENDOR = "vendor/mathjax"
SIZE = re.compile(r'(?<=\s)style="width: ([0-9]+)px; height: ([0-9]+)px;"')

ACCESSIBILITY_SCRIPT = """
document.addEventListener("DOMContentLoaded", () => {
  const sidebar = document.querySelector(".bd-sidebar-primary");
  if (sidebar) { sidebar.setAttribute("role", "navigation"); sidebar.setAttribute("aria-label", "Book"); }
  const all = (selector, action) => document.querySelectorAll(selector).forEach(action);
  all("div.citation-list", e => e.setAttribute("role", "list"));
  all("div.citation", e => e.setAttribute("role", "listitem"));
  const cue = e => {
    e.classList.toggle("more-right", e.scrollLeft + e.clientWidth < e.scrollWidth - 2);
    e.classList.toggle("more-left", e.scrollLeft > 2);
  };
  const watch = new ResizeObserver(changes => changes.forEach(change => cue(change.target)));
  const wide = selector => all(selector, e => {
    watch.observe(e);
    e.addEventListener("scroll", () => cue(e), { passive: true });
  });
  wide(".highlight pre, .output.text_html, .pst-scrollable-table-container, table.docutils");
  window.addEventListener("load", () => window.MathJax?.startup?.promise?.then(
    () => wide('mjx-container[display="true"]')));
  all("details.hide > summary", e => e.removeAttribute("aria-label"));  // its text says what is hidden
});
"""


def copy_mathjax(app):
    """Copy the one MathJax file and its licence into the site."""
    if app.builder.format != "html":
        return
    source = Path(str(files("mathjax"))) / "static" / "mathjax"
    target = Path(app.outdir) / VENDOR
    target.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source / "es5" / "tex-svg-full.js", target / "tex-svg-full.js")
    shutil.copyfile(source / "LICENSE", target / "LICENSE")


KINDS = {"figure": "plotting code", "guard": "checks behind these numbers", "numbers": "numbers"}


def name_hidden_cells(app, doctree):
    """Let the button above a collapsed cell say what is inside."""
    for cell in doctree.findall(lambda node: isinstance(node, nodes.container) and node.get("hide_mode")):
        metadata = cell["cell_metadata"]
        kinds = [*metadata.get("tags", []), *metadata.get("mystnb", {})]  # a figure has its settings under mystnb
        what = next((text for kind, text in KINDS.items() if kind in kinds), None)
        what = what or ("set-up" if "hide-cell" in kinds else None)
        if what:
            cell["prompt_show"], cell["prompt_hide"] = f"Show the {what}", f"Hide the {what}"


def load_pictures_late(app, doctree):
    """Let a browser fetch a picture when the reader comes near it."""
    for image in doctree.findall(nodes.image):
        image["loading"] = "lazy"


def give_pictures_their_place(app, pagename, templatename, context, doctree):
    """Write the size of a picture as attributes: the page keeps its place, and a narrow window can shrink it."""
    if "body" in context:
        context["body"] = SIZE.sub(r'width="\1" height="\2"', context["body"])


def drop_thebe(app, pagename, templatename, context, doctree):
    """Remove the scripts of sphinx-thebe from a page."""
    kept = []
    for script in context.get("script_files", []):
        body = getattr(script, "attributes", {}).get("body") or ""
        if "thebe" not in str(getattr(script, "filename", "")) + body:
            kept.append(script)
    context["script_files"] = kept


def remove_weight(app, exception):
    """Delete *.map files, which no reader opens, and the script that draws icons a second time, beside their font."""
    if exception is None and app.builder.format == "html":
        for path in [*Path(app.outdir).rglob("*.map"), *Path(app.outdir).rglob("fontawesome.js")]:
            path.unlink()
        for path in Path(app.outdir).rglob("*.html"):
            text = path.read_text(encoding="utf-8")
            if "fontawesome.js" in text:
                path.write_text(ICON_SCRIPT.sub("", text), encoding="utf-8")


def setup(app):
    """Register everything with Sphinx."""
    app.connect("builder-inited", copy_mathjax)
    app.connect("html-page-context", drop_thebe, priority=900)
    app.connect("build-finished", remove_weight)
    app.connect("doctree-read", name_hidden_cells)
    app.connect("doctree-read", load_pictures_late)
    app.connect("html-page-context", give_pictures_their_place)
    app.add_js_file(None, body=ACCESSIBILITY_SCRIPT)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
