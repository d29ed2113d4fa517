"""What every test run shares: the precision switch, the doctest flags, the marker for both precisions."""

import os

import jax

jax.config.update("jax_enable_x64", os.environ.get("NTKLIB_TEST_X64", "1") != "0")


def pytest_configure(config):
    """Register the marker and the flags once, so that `pytest` by hand behaves as `make test` does."""
    config.addinivalue_line("markers", "both_precisions: run again with 64-bit precision switched off")
    for flag in ("NORMALIZE_WHITESPACE", "ELLIPSIS"):
        config.addinivalue_line("doctest_optionflags", flag)
