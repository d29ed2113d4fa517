"""What every test run shares: the precision switch, compiled programs, memory, the doctest flags, the markers."""

import gc
import os
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


os.environ.setdefault("TQDM_DISABLE", "1")  # no progress bars in the outputs that nbval compares
if "BOOK_COMPILED" in os.environ:
    keep_compiled_programs(os.environ["BOOK_COMPILED"])
jax.config.update("jax_enable_x64", os.environ.get("NTKLIB_TEST_X64", "1") != "0")


def pytest_configure(config):
    """Register the marker and the flags once, so that `pytest` by hand behaves as `make test` does."""
    config.addinivalue_line("markers", "both_precisions: run again with 64-bit precision switched off")
    config.addinivalue_line("markers", "several_devices: run in a process of its own that has four devices")
    for flag in ("NORMALIZE_WHITESPACE", "ELLIPSIS"):
        config.addinivalue_line("doctest_optionflags", flag)


def pytest_runtest_teardown(item, nextitem):
    """Let a worker forget what a module compiled: it finds it again on disk, and two workers stay below 3 GiB."""
    if nextitem is None or nextitem.path != item.path:
        jax.clear_caches()
        gc.collect()
