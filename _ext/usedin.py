"""Local Sphinx extension: a definition's documentation names the chapters whose code uses it, found in the chapters.

A name is followed through the imports of a notebook: `theory.lower` counts for the function that `theory` holds under
`lower`, wherever that is defined.
"""

import ast
import functools
import importlib
import json
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def code_of(notebook):
    """The code cells of a notebook as one syntax tree each; cells with magics are left out."""
    for cell in json.loads(Path(notebook).read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            try:
                yield ast.parse("".join(cell["source"]))
            except SyntaxError:
                continue


def imported(node):
    """Pairs (local name, value) that an import statement brings from ntklib."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            if alias.name.partition(".")[0] == "ntklib":
                name = alias.name if alias.asname else "ntklib"
                yield alias.asname or "ntklib", importlib.import_module(name)
    elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "ntklib":
        module = importlib.import_module(node.module)
        for alias in node.names:
            yield alias.asname or alias.name, getattr(module, alias.name, None)


def value_of(node, names):
    """The ntklib object that a name or a chain of attributes stands for, or None."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        owner = value_of(node.value, names)
        return None if owner is None else getattr(owner, node.attr, None)
    return None


def names_used(notebook):
    """Full names of the functions and classes of ntklib that the code of a notebook mentions."""
    trees = list(code_of(notebook))
    nodes = [node for tree in trees for node in ast.walk(tree)]
    names = {name: value for node in nodes for name, value in imported(node)}
    found = [value_of(node, names) for node in nodes if isinstance(node, ast.Name | ast.Attribute)]
    full = {f"{getattr(v, '__module__', '')}.{getattr(v, '__qualname__', '')}" for v in found if v is not None}
    return {name for name in full if name.startswith("ntklib.")}


@functools.cache
def chapters_using():
    """Mapping full name -> documents (without ending) whose code uses it, in the order of their paths."""
    table = defaultdict(list)
    for notebook in sorted([*ROOT.glob("*.ipynb"), *ROOT.glob("chapters/**/*.ipynb")]):
        if ".ipynb_checkpoints" not in notebook.parts:
            for name in names_used(notebook):
                table[name].append(notebook.relative_to(ROOT).with_suffix("").as_posix())
    return dict(table)


def name_chapters(app, what, name, obj, options, lines):
    """Append the line that names the chapters."""
    documents = chapters_using().get(name, [])
    if documents:
        links = ", ".join(f":doc:`/{document}`" for document in documents)
        lines.extend(["", f"Used in {links}.", ""])


def setup(app):
    """Register with Sphinx."""
    app.connect("autodoc-process-docstring", name_chapters)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
