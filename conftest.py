"""What every test run shares: the precision switch, compiled programs, memory, the doctest flags, the markers."""

import gc
import os
import subprocess
import zlib
from pathlib import Path

import jax


def keep_compiled_programs(folder):
    """Let this worker, and the kernels and processes it starts, find what `make test` compiled before.

    Each worker has its own subfolder: JAX does not lock the files, and half a file is a warning in some cell.
    """
    own = Path(folder) / os.environ.get("PYTEST_XDIST_WORKER", "main")
    settings = {
        "jax_enable_compilation_cache": True,
        "jax_compilation_cache_dir": str(own),
        "jax_persistent_cache_min_compile_time_secs": 0,
        "jax_persistent_cache_min_entry_size_bytes": -1,
    }
    for name, value in settings.items():
        jax.config.update(name, value)
        os.environ[name.upper()] = str(value)


TURNS = 3
os.environ.setdefault("TQDM_DISABLE", "1")  # no progress bars in the outputs that nbval compares
if "BOOK_COMPILED" in os.environ:
    keep_compiled_programs(os.environ["BOOK_COMPILED"])
jax.config.update("jax_enable_x64", os.environ.get("NTKLIB_TEST_X64", "1") != "0")


def pytest_configure(config):
    """Register the marker and the flags once, so that `pytest` by hand behaves as `make test` does."""
    config.addinivalue_line("markers", "both_precisions: run again with 64-bit precision switched off")
    config.addinivalue_line("markers", "several_devices: run in a process of its own that has four devices")
    config.addinivalue_line("markers", "in_turns: a third runs, which depends on the commit; all with BOOK_TURN=all")
    for flag in ("NORMALIZE_WHITESPACE", "ELLIPSIS"):
        config.addinivalue_line("doctest_optionflags", flag)


def turn():
    """Which third of the tests marked in_turns runs: that of BOOK_TURN, or of the last commit, or all of them."""
    named = os.environ.get("BOOK_TURN")
    if named is None:
        command = ("git", "rev-parse", "HEAD")
        named = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True).stdout.strip()
    return named if named == "all" else zlib.crc32(named.encode()) % TURNS


def pytest_collection_modifyitems(config, items):
    """Leave out two thirds of the tests marked in_turns; once a week all of them run."""
    now = turn()
    if now != "all" and not any("::" in argument for argument in config.args):
        waits = {item for item in items if item.get_closest_marker("in_turns") and third(item.nodeid) != now}
        items[:] = [item for item in items if item not in waits]
        if waits:
            config.hook.pytest_deselected(items=list(waits))


def third(nodeid):
    """The third to which a test belongs, the same on every machine."""
    return zlib.crc32(nodeid.encode()) % TURNS


def pytest_runtest_teardown(item, nextitem):
    """Let a worker forget what a module compiled: it finds it again on disk, and two workers stay below 3 GiB."""
    if nextitem is None or nextitem.path != item.path:
        jax.clear_caches()
        gc.collect()
