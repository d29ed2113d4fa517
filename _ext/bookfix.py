"""Local Sphinx extension: what the HTML pages of this book need beyond Jupyter Book's own.

- MathJax is copied out of the installed package `django-static-mathjax`: a reader fetches nothing elsewhere.
- The launch-in-page script of sphinx-thebe, which this book does not use and which fails, is dropped.
- Source maps are removed from the site.
- Landmarks and roles that screen readers need are added.
- Collapsed cells say what they hold: plotting code, numbers, or the checks behind them; pictures load when needed.
- The pages in `api/` list the public modules of `ntklib`; short names (`ntklib.MLP`) link to their definitions.
"""

import importlib
import inspect
import pkgutil
import re
import shutil
from importlib.resources import files
from pathlib import Path

from docutils import nodes

API_PAGES = "api/"
API_MARKER = re.compile(r"<!-- modules: (.*?) -->", re.DOTALL)
VENDOR = "vendor/mathjax"
SIZE = re.compile(r'(?<=\s)style="width: ([0-9]+)px; height: ([0-9]+)px;"')

ACCESSIBILITY_SCRIPT = """
document.addEventListener("DOMContentLoaded", () => {
  const sidebar = document.querySelector(".bd-sidebar-primary");
  if (sidebar) { sidebar.setAttribute("role", "navigation"); sidebar.setAttribute("aria-label", "Book"); }
  const all = (selector, action) => document.querySelectorAll(selector).forEach(action);
  all("div.citation-list", e => e.setAttribute("role", "list"));
  all("div.citation", e => e.setAttribute("role", "listitem"));
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


def remove_source_maps(app, exception):
    """Delete *.map files: megabytes that no reader opens."""
    if exception is None and app.builder.format == "html":
        for path in Path(app.outdir).rglob("*.map"):
            path.unlink()


def public_modules(package):
    """Names of all modules of a package that have no leading underscore, sorted."""
    found = [
        info.name
        for info in pkgutil.walk_packages(package.__path__, package.__name__ + ".")
        if not any(part.startswith("_") for part in info.name.split("."))
    ]
    return sorted(found)


def modules_of(names):
    """Names of the public modules among or below the given ones, without packages, sorted."""
    names, found = names.split(), public_modules(importlib.import_module("ntklib"))
    below = [m for m in found if any(m == name or m.startswith(name + ".") for name in names)]
    return [m for m in below if not any(other.startswith(m + ".") for other in found)]


def list_modules(app, docname, source):
    """Put one section per module in place of the marker of an API page."""
    if docname.startswith(API_PAGES):
        source[0] = API_MARKER.sub(lambda marker: sections(modules_of(marker[1])), source[0])


def sections(modules):
    """Markdown that documents the modules one after the other."""
    options = "   :members:\n   :ignore-module-all:\n"
    return "\n".join(f"## `{name}`\n\n```{{eval-rst}}\n.. automodule:: {name}\n{options}```\n" for name in modules)


def always_read_api(app, env, added, changed, removed):
    """Read the API pages again in every build: modules may have changed."""
    return [page for page in env.found_docs if page.startswith(API_PAGES)]


def definition_of(name, module):
    """The full name under which the object called `name` inside `module` is documented, or None."""
    start, _, rest = name.partition(".")
    value = importlib.import_module("ntklib") if start == "ntklib" else None
    if value is None and module and module.startswith("ntklib"):
        value, rest = importlib.import_module(module), name
    for part in filter(None, rest.split(".")):
        value = getattr(value, part, None)
    if value is None or inspect.ismodule(value):
        return None
    if hasattr(value, "__qualname__"):
        return f"{value.__module__}.{value.__qualname__}"
    last = name.rpartition(".")[2]
    modules = [importlib.import_module(found) for found in public_modules(importlib.import_module("ntklib"))]
    return next((f"{m.__name__}.{last}" for m in modules[::-1] if getattr(m, last, None) is value), None)


def resolve_short_name(app, env, node, contnode):
    """Link `ntklib.MLP`, or a name imported by the module at hand, to the place where it is documented."""
    if node.get("refdomain") != "py":
        return None
    full = definition_of(node.get("reftarget", ""), node.get("py:module"))
    if full is None or not full.startswith("ntklib."):
        return None
    domain = env.get_domain("py")
    found = domain.resolve_xref(env, node["refdoc"], app.builder, "obj", full, node, contnode)
    return found if isinstance(found, nodes.reference) else None


def setup(app):
    """Register everything with Sphinx."""
    app.connect("builder-inited", copy_mathjax)
    app.connect("html-page-context", drop_thebe, priority=900)
    app.connect("build-finished", remove_source_maps)
    app.connect("source-read", list_modules)
    app.connect("doctree-read", name_hidden_cells)
    app.connect("doctree-read", load_pictures_late)
    app.connect("html-page-context", give_pictures_their_place)
    app.connect("env-get-outdated", always_read_api)
    app.connect("missing-reference", resolve_short_name)
    app.add_js_file(None, body=ACCESSIBILITY_SCRIPT)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
