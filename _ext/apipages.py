"""Local Sphinx extension: the pages in `api/`, and the links to them.

- The marker `<!-- modules: … -->` of a page becomes one section for each public module among or below those named.
- What a user calls is documented in full, by autodoc. The theory of a chapter (`ntklib.theory.<part>`) is listed: each
  function with its first sentence and the line of its source in the repository; its claims are in the ledger.
- Short names (`ntklib.MLP`) link to where a thing is documented or listed.
- A chapter ends with the functions of `ntklib` that its code uses, each a link.
"""

import importlib
import inspect
import pkgutil
import re
from functools import cache
from html import escape
from pathlib import Path

from docutils import nodes
from usedin import names_used

ROOT = Path(__file__).resolve().parents[1]
MARKER = re.compile(r"<!-- modules: (.*?) -->", re.DOTALL)
PARTS = re.compile(r"ntklib\.theory\.(\w+_\w+)\.")
SPECIAL = re.compile(r"[\\*_<>|`\[\]$#~]")
ROLE = re.compile(r":\w+:`~?([^`<]*)`|`+([^`]*)`+")


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


@cache
def page_of():
    """Mapping module -> page of `api/` that has it."""
    pages = sorted((ROOT / "api").glob("*.md"))
    markers = [(page.stem, MARKER.search(page.read_text(encoding="utf-8"))) for page in pages]
    return {module: f"api/{stem}" for stem, marker in markers if marker for module in modules_of(marker[1])}


def listed(module):
    """Whether the functions of a module are listed, not documented: those of a chapter's theory."""
    return bool(PARTS.match(module))


def fill_page(app, docname, source):
    """Put sections in the place of the marker of an API page, and read it again when a module changes."""
    found = MARKER.search(source[0]) if docname.startswith("api/") else None
    if not found:
        return
    modules = modules_of(found[1])
    for module in modules:
        app.env.note_dependency(importlib.import_module(module).__file__)
    app.env.note_dependency(__file__)
    theme = app.config.html_theme_options
    place = f"{theme['repository_url']}/blob/{theme['repository_branch']}"
    lists = "".join(listing(chapter, names, place) for chapter, names in chapters_of(modules))
    full = "\n".join(section(module) for module in modules if not listed(module))
    source[0] = MARKER.sub(lambda marker: full + lists, source[0])


def new_modules(app, env, added, changed, removed):
    """Read the API pages again when a module was added or removed."""
    files = sorted(str(path) for path in (ROOT / "ntklib").rglob("*.py"))
    if files == getattr(env, "ntklib_files", files):
        env.ntklib_files = files
        return []
    env.ntklib_files = files
    return [page for page in env.found_docs if page.startswith("api/")]


def section(module):
    """Markdown that documents one module."""
    options = "   :members:\n   :ignore-module-all:\n"
    return f"## `{module}`\n\n```{{eval-rst}}\n.. automodule:: {module}\n{options}```\n"


def chapters_of(modules):
    """Pairs (package of a chapter, its modules without those of claims), for the modules that are listed."""
    packages = {}
    for module in filter(listed, modules):
        if "claims" not in module.rpartition(".")[2]:
            packages.setdefault(".".join(module.split(".")[:4]), []).append(module)
    return packages.items()


def definitions(module):
    """Public functions and classes that a module defines, cached ones included, in the order of their lines."""
    loaded = importlib.import_module(module)
    own = [inspect.unwrap(v) for name, v in vars(loaded).items() if callable(v) and not name.startswith("_")]
    own = [v for v in own if getattr(v, "__module__", "") == module and (inspect.isfunction(v) or inspect.isclass(v))]
    return sorted(own, key=lambda value: inspect.getsourcelines(value)[1])


def listing(package, modules, place):
    """Markdown that lists the functions of one chapter, each with a link to its line and its first sentence."""
    rows = []
    for module in modules:
        file = Path(importlib.import_module(module).__file__).relative_to(ROOT).as_posix()
        for value in definitions(module):
            line, name = inspect.getsourcelines(value)[1], value.__name__
            link = f"[{file.rpartition('/')[2]}, line {line}]({place}/{file}#L{line})"
            rows.append(f'- <span id="{module}.{name}"></span>`{name}` ({link}): {summary(value)}')
    return f"\n## `{package}`\n\n" + "\n".join(rows) + "\n" if rows else ""


def summary(value):
    """The first paragraph of a docstring as Markdown: formulas as such, other roles as their text."""
    text = " ".join((inspect.getdoc(value) or "").split("\n\n")[0].split())
    pieces = re.split(r":math:`([^`]*)`", text)
    plain = [SPECIAL.sub(r"\\\g<0>", ROLE.sub(lambda m: m[1] or m[2], piece)) for piece in pieces[::2]]
    return "".join(part for pair in zip(plain, [*(f"${p}$" for p in pieces[1::2]), ""]) for part in pair)


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
    """Link `ntklib.MLP`, or a name imported by the module at hand, to the place where it is documented or listed."""
    if node.get("refdomain") != "py":
        return None
    full = definition_of(node.get("reftarget", ""), node.get("py:module"))
    if full is None or not full.startswith("ntklib."):
        return None
    module = full.rpartition(".")[0]
    if listed(module) and module in page_of():
        page = app.builder.get_relative_uri(node["refdoc"], page_of()[module])
        return nodes.reference("", "", contnode, refuri=f"{page}#{full}", internal=True)
    found = env.get_domain("py").resolve_xref(env, node["refdoc"], app.builder, "obj", full, node, contnode)
    return found if isinstance(found, nodes.reference) else None


def name_functions(app, doctree, docname):
    """End a chapter with the functions of `ntklib` that its code uses."""
    notebook = ROOT / f"{docname}.ipynb"
    if not (docname.startswith("chapters/") and notebook.exists()):
        return
    rows = []
    for name in sorted(names_used(notebook), key=lambda full: full.rpartition(".")[2].lower()):
        module, _, last = name.rpartition(".")
        if module in page_of() and hasattr(importlib.import_module(module), last):
            page = app.builder.get_relative_uri(docname, page_of()[module])
            rows.append(f'<li><a href="{page}#{name}"><code>{escape(last)}</code></a></li>')
    if rows:
        summary = "<summary>Functions of <code>ntklib</code> in the code of this page</summary>"
        body = f'<details class="functions">{summary}<ul>{"".join(rows)}</ul></details>'
        next(iter(doctree.findall(nodes.section))).append(nodes.raw("", body, format="html"))


def setup(app):
    """Register with Sphinx."""
    app.connect("source-read", fill_page)
    app.connect("env-get-outdated", new_modules)
    app.connect("missing-reference", resolve_short_name)
    app.connect("doctree-resolved", name_functions)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
