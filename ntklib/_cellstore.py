"""What `sweep` keeps on disk: the key of a cell, an exact JSON form of its rows, atomic files."""

import functools
import hashlib
import inspect
import json
import math
import os
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np


def cell_name(cell, seed) -> str:
    """Return the cell as it would be written in a call."""
    return "(" + ", ".join(f"{k}={v!r}" for k, v in {**cell, "seed": seed}.items()) + ")"


def cell_key(function, version, cell, seed) -> str:
    """Return a stable hash of everything the result depends on, as far as it can be seen."""
    identity = [_qualified_name(function), _source(function), str(version), _encode([cell, seed])]
    return hashlib.sha256("\0".join(identity).encode()).hexdigest()[:40]


def _qualified_name(function) -> str:
    if isinstance(function, functools.partial):
        bound = _encode([list(function.args), function.keywords])
        return f"partial({_qualified_name(function.func)}, {bound})"
    return f"{getattr(function, '__module__', '')}.{getattr(function, '__qualname__', type(function).__name__)}"


def _source(function) -> str:
    """Source text, with the plain values of enclosing variables; for a lambda its byte code too."""
    while isinstance(function, functools.partial):
        function = function.func
    try:
        parts = [inspect.getsource(function if hasattr(function, "__code__") else type(function))]
    except (OSError, TypeError):
        parts = []
    code = getattr(function, "__code__", None)
    if code and code.co_name == "<lambda>":
        parts += [code.co_code.hex(), _encode([c for c in code.co_consts if _is_plain(c)])]
    if code and function.__closure__:
        enclosed = dict(zip(code.co_freevars, function.__closure__))
        parts.append(_encode({k: c.cell_contents for k, c in enclosed.items() if _is_plain(c.cell_contents)}))
    return "\0".join(parts)


def _is_plain(value) -> bool:
    if isinstance(value, (tuple, list)):
        return all(_is_plain(v) for v in value)
    return value is None or isinstance(value, (bool, int, float, str)) or hasattr(value, "dtype")


def _encode(value) -> str:
    return json.dumps(_tagged(value), sort_keys=True)


def _tagged(value):
    """Mark what JSON has no exact form for: floats (in hexadecimal, with NaN and infinities) and tuples."""
    if isinstance(value, float):
        return {"float": "nan" if math.isnan(value) else value.hex()}
    if isinstance(value, tuple):
        return {"tuple": [_tagged(v) for v in value]}
    if isinstance(value, list):
        return [_tagged(v) for v in value]
    if isinstance(value, Mapping):
        return {"mapping": [[str(k), _tagged(v)] for k, v in value.items()]}
    if hasattr(value, "dtype"):
        array = np.asarray(value)
        return {"array": [str(array.dtype), array.shape, hashlib.sha256(array.tobytes()).hexdigest()]}
    return value if value is None or isinstance(value, (bool, int, str)) else repr(value)


def _untagged(value):
    if isinstance(value, list):
        return [_untagged(v) for v in value]
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "float":
        return float.fromhex(content)
    if kind == "tuple":
        return tuple(_untagged(v) for v in content)
    return {k: _untagged(v) for k, v in content}


class CellStore:
    """A folder with one JSON file per finished cell, or nothing at all."""

    def __init__(self, folder):
        self.folder = None if folder is None else Path(folder)
        if self.folder:
            self.folder.mkdir(parents=True, exist_ok=True)

    def load(self, keys) -> dict:
        if not self.folder:
            return {}
        found = {key: self._read(self.folder / f"{key}.json") for key in keys}
        return {key: rows for key, rows in found.items() if rows is not None}

    def _read(self, path):
        try:
            rows = _untagged(json.loads(path.read_text(encoding="utf-8"))["rows"])
            if not all(isinstance(row, dict) for row in rows):
                raise ValueError("rows are not mappings")
            return rows
        except FileNotFoundError:
            return None
        except Exception as error:
            warnings.warn(
                f"sweep: the cached file {path.name} is damaged ({type(error).__name__}); its cell is computed again.",
                stacklevel=5,
            )
            return None

    def save(self, key, cell, rows) -> None:
        if not self.folder:
            return
        text = json.dumps({"cell": cell_name(*cell), "rows": _tagged(rows)})
        with tempfile.NamedTemporaryFile(
            "w", dir=self.folder, prefix=".part-", delete=False, encoding="utf-8"
        ) as handle:
            handle.write(text)
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(handle.name, self.folder / f"{key}.json")
