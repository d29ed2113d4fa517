"""What the code of a function says: its instructions, its source, the names that it refers to."""

import ast
import dis
import functools
import importlib.util
import inspect
import sys
import sysconfig
import textwrap
import types
from dataclasses import dataclass
from pathlib import Path

PATHS = sysconfig.get_paths()
LIBRARIES = tuple(str(Path(PATHS[name]).resolve()) for name in ("stdlib", "platstdlib", "purelib", "platlib"))
UNSEEN = {"eval", "exec", "globals", "__import__"}  # what is reached through these, nobody can list


@dataclass(frozen=True)
class References:
    """The names in some code: of globals, of globals used as a whole, of attributes, of imported modules."""

    names: frozenset
    whole: frozenset
    attributes: frozenset
    imports: frozenset


@functools.cache
def library_module(name) -> bool:
    """Return whether a module is installed or built in, so that its version stands for its code."""
    top = (name or "builtins").partition(".")[0]
    if top in ("ntklib", "__main__", "__mp_main__"):
        return False
    file = getattr(sys.modules.get(name), "__file__", None) or getattr(sys.modules.get(top), "__file__", None)
    if file is None:
        return top in sys.builtin_module_names or top in sys.stdlib_module_names
    return library_file(file)


@functools.cache
def library_file(file) -> bool:
    """Return whether a file belongs to Python or to an installed package other than this one."""
    path = Path(file).resolve()
    if path.is_relative_to(Path(__file__).resolve().parents[1]):
        return False
    return bool({"site-packages", "dist-packages"} & set(path.parts)) or str(path).startswith(LIBRARIES[:2])


def library_function(function) -> bool:
    """Return whether a Python function comes from a library: by its file, or by its module where it has no file."""
    file, module = function.__code__.co_filename, function.__module__
    if file.startswith("<"):
        return module not in (None, "builtins") and library_module(module)
    return library_file(file)


def instructions(code) -> list:
    """Return what runs, and nothing else: no file name, no line numbers, no docstring that is never loaded."""
    loaded = {i.arg for i in dis.get_instructions(code) if i.opcode in dis.hasconst}
    constants = [c for i, c in enumerate(code.co_consts) if i in loaded or not (i == 0 and isinstance(c, str))]
    counts = [code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags]
    names = [code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars]
    return [code.co_code, getattr(code, "co_exceptiontable", b""), constants, counts, names]


def source(value):
    """Return the syntax tree of a function's or class's source as nested lists, without docstrings and comments.

    The same in every version of Python, unlike instructions. Raises OSError where there is no source.
    """
    try:
        text = textwrap.dedent(inspect.getsource(value))
    except TypeError as error:
        raise OSError(str(error)) from error
    try:
        return _tree(ast.parse(text))
    except SyntaxError:  # a lambda in the middle of an expression
        return text


def module_source(module):
    """Return the syntax tree of a whole module."""
    return _tree(ast.parse(inspect.getsource(module)))


def _tree(node):
    if isinstance(node, list):
        return [_tree(n) for n in node]
    if not isinstance(node, ast.AST):
        return node
    fields = {name: value for name, value in ast.iter_fields(node) if name not in ("ctx", "kind", "type_comment")}
    body = fields.get("body")
    if isinstance(body, list) and body and isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef):
        first = body[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            fields["body"] = body[1:]
    kept = [[name, _tree(value)] for name, value in fields.items() if value is not None and value != []]
    return [type(node).__name__, kept]


def references(function) -> References:
    """Return the names that a function's code, and the functions defined inside it, refer to."""
    found = {"names": set(), "whole": set(), "attributes": set(), "imports": set()}
    package = function.__globals__.get("__package__") or ""
    codes = [function.__code__]
    while codes:
        code = codes.pop()
        _collect(code, package, found)
        codes += [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return References(**{name: frozenset(value) for name, value in found.items()})


def _collect(code, package, found) -> None:
    steps = [i for i in dis.get_instructions(code) if i.opname not in ("CACHE", "EXTENDED_ARG")]
    found["attributes"].update(code.co_names)
    for i, step in enumerate(steps):
        if step.opname == "IMPORT_NAME":
            level = steps[i - 2].argval or 0
            relative = "." * level + step.argval
            found["imports"].add(importlib.util.resolve_name(relative, package) if level else step.argval)
        elif step.opname == "LOAD_NAME" or (step.opname.startswith("LOAD_") and "GLOBAL" in step.opname):
            found["names"].add(step.argval)
            if i + 1 == len(steps) or steps[i + 1].opname not in ("LOAD_ATTR", "LOAD_METHOD"):
                found["whole"].add(step.argval)
