"""The suite notices wrong mathematics: a few laws are run against copies of the package with one constant changed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import ntklib

PACKAGE = Path(ntklib.__file__).parent
TESTS = Path(__file__).parent

MUTATIONS = {
    "none": (None, None, None, "test_infinite_kernels.py", "known_relu_values or diagonal_is_exactly", True),
    "one term of the recursion counted twice": (
        "kernels/profile.py",
        "K = state.K * slope + cosine",
        "K = state.K * slope + 2 * cosine",
        "test_infinite_kernels.py",
        "known_relu_values or diagonal_is_exactly",
        False,
    ),
    "factor 2 of the recursion dropped": (
        "kernels/infinite.py",
        "weight_variance: float = 2.0",
        "weight_variance: float = 1.0",
        "test_infinite_kernels.py",
        "known_relu_values or diagonal_is_exactly",
        False,
    ),
    "last layer left out of the empirical kernel": (
        "kernels/empirical.py",
        "tuple(range(1, depth + 1))",
        "tuple(range(1, depth))",
        "test_empirical_ntk.py",
        "every_activation and leaky_relu",
        False,
    ),
    "multiplier left out of the backward pass": (
        "networks.py",
        "self.parametrization.multiplier[l] * (b @ params[l].T)",
        "(b @ params[l].T)",
        "test_empirical_ntk.py",
        "every_activation and leaky_relu",
        False,
    ),
}


@pytest.mark.parametrize("name", list(MUTATIONS))
def test_the_suite_fails_exactly_when_a_constant_is_wrong(name, tmp_path):
    file, old, new, tests, selection, passes = MUTATIONS[name]
    shutil.copytree(PACKAGE, tmp_path / "ntklib")  # compiled modules too: those of unchanged files stay valid
    if file:
        source = (tmp_path / "ntklib" / file).read_text(encoding="utf-8")
        assert source.count(old) == 1, "the mutation no longer applies; adapt it to the source"
        (tmp_path / "ntklib" / file).write_text(source.replace(old, new), encoding="utf-8")
    shutil.copy(TESTS / tests, tmp_path)
    shutil.copy(TESTS.parent / "conftest.py", tmp_path)  # its folder comes first on the path of the inner run
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "JAX_ENABLE_X64": "1"}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
        tests,
        "-k",
        selection,
    ]
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == (0 if passes else 1), run.stdout[-2000:] + run.stderr[-500:]
