"""What a sweep keeps on disk: one checked file per finished cell, written whole or not at all."""

import hashlib
import json
import math
import os
import tempfile
import time
import warnings
from pathlib import Path
from platform import node

import psutil

from .cells import cell_name

PART = ".part-"
FORGOTTEN = 3600.0  # seconds after which a part of unknown origin counts as left behind


def cell_key(identity, version, cell, seed) -> str:
    """Return the name of a cell's file: a hash of the function's fingerprint, the version, the cell and the seed."""
    text = "\0".join([identity, str(version), encode([cell, seed])])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def encode(value) -> str:
    """Return exact JSON."""
    return json.dumps(_tagged(value), sort_keys=True)


def _tagged(value):
    """Mark what JSON has no exact form for: floats (in hexadecimal, with NaN and infinities), tuples, mappings."""
    if isinstance(value, float):
        return {"float": "nan" if math.isnan(value) else value.hex()}
    if isinstance(value, tuple):
        return {"tuple": [_tagged(v) for v in value]}
    if isinstance(value, list):
        return [_tagged(v) for v in value]
    if isinstance(value, dict):
        return {"mapping": [[k, _tagged(v)] for k, v in value.items()]}
    return value


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


def _checksum(key, rows) -> str:
    return hashlib.sha256(f"{key}\0{json.dumps(rows)}".encode()).hexdigest()


class CellStore:
    """A folder with one JSON file per finished cell, or nothing at all.

    Each file carries a checksum over its rows and its own key, so that a changed digit, a renamed column and a file
    copied over another one are noticed. Parts left behind by processes that are gone are removed on opening.
    """

    def __init__(self, folder):
        self.folder = None if folder is None else Path(folder)
        if self.folder:
            self.folder.mkdir(parents=True, exist_ok=True)
            for part in self.folder.glob(PART + "*"):
                if _left_behind(part):
                    part.unlink(missing_ok=True)

    def load(self, keys) -> dict:
        """Return the rows of the cells that are there."""
        if not self.folder:
            return {}
        found = {key: self._read(key) for key in keys}
        return {key: rows for key, rows in found.items() if rows is not None}

    def _read(self, key):
        path = self.folder / f"{key}.json"
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if content["sha256"] != _checksum(key, content["rows"]):
                raise ValueError("its checksum does not fit")
            return _untagged(content["rows"])
        except FileNotFoundError:
            return None
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            warnings.warn(
                f"sweep: the cached file {path.name} is damaged ({reason:.80}); its cell is computed again.",
                stacklevel=5,
            )
            return None

    def save(self, key, cell, rows) -> None:
        """Write a cell under a temporary name, then rename it."""
        if not self.folder:
            return
        tagged = _tagged(rows)
        text = json.dumps({"cell": cell_name(*cell), "rows": tagged, "sha256": _checksum(key, tagged)})
        prefix = f"{PART}{node()}-{os.getpid()}-"
        handle, name = tempfile.mkstemp(dir=self.folder, prefix=prefix)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, self.folder / f"{key}.json")
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _left_behind(part) -> bool:
    """Return whether nobody writes this part any more."""
    host, _, rest = part.name.removeprefix(PART).rpartition("-")[0].rpartition("-")
    try:
        if host == node() and rest.isdecimal():
            return not psutil.pid_exists(int(rest))
        return time.time() - part.stat().st_mtime > FORGOTTEN
    except OSError:
        return False
