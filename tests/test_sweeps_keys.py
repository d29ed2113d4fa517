"""Laws of the cache's key: whatever changes a result changes the key, what does not keeps it, the unseen is refused."""

import concurrent.futures
import copy
import dataclasses
import functools
import importlib
import multiprocessing
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ntklib
from ntklib.sweeps import UnseenError, fingerprint, sweep

pytestmark = pytest.mark.filterwarnings("error::UserWarning")


def run(function, cache, **options):
    table = sweep(function, {"a": [3]}, 1, cache=cache, progress=False, **options)
    return table["value"][0]


class Scaled:
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, seed, a):
        return self.factor * a

    def times(self, seed, a):
        return self.factor * a


@dataclasses.dataclass(frozen=True)
class Power:
    exponent: int = 1

    def __call__(self, seed, a):
        return a**self.exponent


def closing(value):
    return lambda seed, a: str(value)


def closing_over_a_function(factor):
    def inner(a):
        return factor * a

    return lambda seed, a: inner(a)


def with_default(factor):
    def function(seed, a, by=factor):
        return by * a

    return function


def with_keyword_default(factor):
    def function(seed, a, *, by=factor):
        return by * a

    return function


def executed(factor):
    space = {}
    exec(f"def function(seed, a):\n    return {factor} * a", space)
    return space["function"]


def jitted(factor):
    space = {"jax": jax}
    exec(f"@jax.jit\ndef function(seed, a):\n    return {factor} * a", space)
    return space["function"]


def network(variance):
    scaling = ntklib.Parametrization(init_std=(1.0, 1.0), multiplier=(1.0, 0.5 * variance))
    return ntklib.MLP((2, 4, 1), "relu", scaling)


def output(net, seed, a):
    return float(net(net.init(jax.random.key(0)), jnp.ones((1, 2)))[0])


def mapped(function):
    return lambda seed, a: int(function(seed, jnp.arange(a))[-1])


def on_one_line():
    return (lambda seed, a: a + 1), (lambda seed, a: a + 2)


def returned_constant(docstring):
    space = {}
    exec(f"def function(seed, a):\n    {docstring!r}\n    return {docstring!r}", space)
    return space["function"]


def with_attribute(factor):
    def function(seed, a):
        return function.factor * a

    function.factor = factor
    return function


def subclass(factor):
    return type("Sub", (Scaled,), {"__call__": lambda self, seed, a: factor * self.factor * a})(1)


def two(make, first, second):
    return lambda: (make(first), make(second))


PAIRS = {
    "lambdas on one line": on_one_line,
    "state": two(Scaled, 1, 2),
    "state of a method": two(lambda c: Scaled(c).times, 1, 2),
    "dataclass": two(Power, 1, 2),
    "a class of the same name": two(subclass, 1, 2),
    "function in closure": two(closing_over_a_function, 1, 2),
    "dict in closure": two(closing, {"a": [1]}, {"a": [2]}),
    "order of a dict": two(closing, {"a": 1, "b": 2}, {"b": 2, "a": 1}),
    "set": two(closing, {1}, {2}),
    "path": two(closing, Path("x"), Path("y")),
    "array": two(closing, np.arange(3), np.arange(3.0)),
    "array of jax": two(closing, jnp.arange(3), jnp.arange(4)),
    "int and float": two(closing, 1, 1.0),
    "default": two(with_default, 1, 2),
    "keyword default": two(with_keyword_default, 1, 2),
    "exec": two(executed, 1, 2),
    "jit": two(jitted, 1, 2),
    "jit of a default": two(lambda c: jax.jit(with_default(c)), 1, 2),
    "vmap": two(lambda c: mapped(jax.vmap(with_default(c), (None, 0))), 1, 2),
    "partial over networks": two(lambda v: functools.partial(output, network(v)), 1.0, 2.0),
    "network in closure": two(lambda v: (lambda net: lambda seed, a: output(net, seed, a))(network(v)), 1.0, 2.0),
    "activation": two(lambda name: closing(ntklib.activation(name)), "relu", "tanh"),
    "partial": two(lambda c: functools.partial(with_default(0), by=c), 1, 2),
    "docstring that is a result": two(returned_constant, "x", "y"),
    "function attribute": two(with_attribute, 1, 2),
    "lru_cache": two(lambda c: functools.lru_cache(with_default(c)), 1, 2),
}


@pytest.mark.parametrize("name", PAIRS)
def test_no_result_is_taken_for_another_functions(tmp_path, name):
    pair = PAIRS[name]()
    wanted = [run(f, None) for f in pair]
    assert [run(f, tmp_path) for f in pair] == wanted
    again = PAIRS[name]()
    assert fingerprint(again[0]) != fingerprint(again[1])
    assert [run(f, tmp_path) for f in again] == wanted


@pytest.mark.parametrize("name", PAIRS)
def test_the_same_function_made_twice_has_one_key(name):
    first, second = PAIRS[name](), PAIRS[name]()
    assert [fingerprint(f) for f in first] == [fingerprint(f) for f in second]


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: np.random.default_rng(0), "value is a Generator, which changes from cell to cell"),
        (lambda: iter([1]), "value is a list_iterator, which changes"),
        (threading.Lock, "value is a lock, which cannot be taken apart"),
    ],
)
def test_what_cannot_be_seen_is_refused_with_a_cache_and_runs_without(tmp_path, make, reason):
    with pytest.raises(TypeError, match="sweep: results cannot be cached, since .*" + reason):
        run(closing(make()), tmp_path)
    assert isinstance(run(closing(make()), None), str)


def test_a_traced_value_is_refused():
    def inside(x):
        with pytest.raises(UnseenError, match="value is traced and has no value yet"):
            fingerprint(closing(x))
        return x

    jax.jit(inside)(1.0)


def test_eval_is_refused(tmp_path):
    with pytest.raises(TypeError, match=r"cannot be cached, since .* calls eval"):
        run(lambda seed, a: eval("a", {"a": a}), tmp_path)


MODULE = """
import helper
from helper import other
import helper as h

CONSTANT = 1

def inside(a):
    '''A docstring.'''
    return CONSTANT * a  # a comment

def cell(seed, a):
    from helper import third
    return inside(a) + helper.one(a) + other(a) + third(a) + h.table["x"](a)
"""
HELPER = """
def one(a):
    return 10 * a

def other(a):
    return deep(a)

def deep(a):
    return 100 * a

def third(a):
    return 1000 * a

def fourth(a):
    return 10000 * a

table = {"x": fourth}

def unused(a):
    return 0
"""
PROGRAM = """
import sys
from ntklib.sweeps import fingerprint
for folder in sys.argv[1:]:
    sys.path.insert(0, folder)
    import subject
    print(fingerprint(subject.cell), fingerprint(subject.cell, loaded=False))
    sys.path.pop(0)
    del sys.modules["subject"], sys.modules["helper"]
"""
PACKAGE_FOLDER = str(Path(ntklib.__file__).parents[1])


def test_an_edit_of_anything_that_the_function_calls_changes_both_hashes_other_edits_neither(tmp_path):
    words = MODULE.replace("A docstring", "Other words").replace("a comment", "nothing")
    versions = [(MODULE, HELPER), (MODULE, HELPER), ("\n\n" + words, HELPER.replace("return 0", "return 1"))]
    versions += [(MODULE.replace("CONSTANT = 1", "CONSTANT = 2"), HELPER)]
    versions += [(MODULE, HELPER.replace(f"return {n} * a", f"return {n + 1} * a")) for n in (10, 100, 1000, 10000)]
    for i, (subject, helper) in enumerate(versions):
        folder = tmp_path / str(i)
        folder.mkdir()
        (folder / "subject.py").write_text(subject)
        (folder / "helper.py").write_text(helper)
    environment = dict(os.environ, PYTHONPATH=PACKAGE_FOLDER, JAX_PLATFORMS="cpu", PYTHONHASHSEED="random")
    command = [sys.executable, "-c", PROGRAM, *[str(tmp_path / str(i)) for i in range(len(versions))]]
    runs = [subprocess.run(command, env=environment, capture_output=True, text=True, check=True) for _ in range(2)]
    assert runs[0].stdout == runs[1].stdout
    same, again, harmless, *edits = [line.split() for line in runs[0].stdout.splitlines()]
    assert same == again == harmless
    for edit in edits:
        assert edit[0] != same[0]
        assert edit[1] != same[1]
    assert len({edit[1] for edit in edits}) == len(edits)


@pytest.fixture
def module(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{PACKAGE_FOLDER}")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    file = tmp_path / "edited_while_it_runs.py"
    file.write_text("def cell(seed, a):\n    return a + 1\n")
    importlib.invalidate_caches()
    yield file, importlib.import_module(file.stem)
    sys.modules.pop(file.stem)


def test_a_module_edited_while_the_process_lives_keeps_the_key_of_the_code_that_runs(module, tmp_path):
    file, loaded = module
    file.write_text("def cell(seed, a):\n    return a + 20\n")
    old = loaded.cell
    assert run(old, tmp_path) == 4
    new = importlib.reload(loaded).cell
    assert run(new, tmp_path) == 23
    assert run(old, tmp_path) == 4


def test_a_worker_that_has_loaded_other_code_refuses(module, tmp_path):
    file, loaded = module
    file.write_text("def cell(seed, a):\n    return a + 20\n")
    spawn = multiprocessing.get_context("spawn")
    with (
        concurrent.futures.ProcessPoolExecutor(1, mp_context=spawn) as pool,
        pytest.raises(RuntimeError, match=r"a worker has loaded other code.*edited after its import"),
    ):
        run(loaded.cell, tmp_path, executor=pool)
    assert not list(tmp_path.glob("*.json"))


def test_precision_and_version_are_part_of_the_key(tmp_path):
    def kind(seed, a):
        return str(jnp.zeros(1).dtype)

    found = []
    for wide in (True, False, True):
        with jax.enable_x64(wide):
            found.append(run(kind, tmp_path))
    assert found == ["float64", "float32", "float64"]
    run(kind, tmp_path, version="2")
    assert len(list(tmp_path.glob("*.json"))) == 3


@pytest.mark.parametrize("loaded", [True, False])
def test_everything_that_the_package_offers_can_be_hashed(loaded):
    for name in ntklib.__all__:
        assert len(fingerprint(getattr(ntklib, name), loaded=loaded)) == 64


def test_recursion_and_cycles_end():
    def even(n):
        return n == 0 or odd(n - 1)

    def odd(n):
        return n > 0 and even(n - 1)

    ring = []
    ring.append(ring)
    assert fingerprint(closing(ring)) == fingerprint(closing(ring))
    assert fingerprint(even) != fingerprint(odd)


def test_nesting_too_deep_to_follow_is_refused():
    chain = None
    for _ in range(10**4):
        chain = (chain,)
    with pytest.raises(UnseenError, match="nested too deeply"):
        fingerprint(closing(chain))


def test_a_copied_instance_keeps_the_key_of_its_class():
    class Square:
        def __call__(self, x):
            return x * x

    before = fingerprint(closing(Square())), fingerprint(closing(Square()), loaded=False)
    copy.copy(Square())
    assert "__slotnames__" in vars(Square)  # what the copy leaves behind
    assert (fingerprint(closing(Square())), fingerprint(closing(Square()), loaded=False)) == before


# ---- what a repository stores is the same on every Python


class Twin(NamedTuple):
    value: int
    other: float = 1.0


@dataclasses.dataclass(frozen=True)
class Setting:
    width: int
    label: str = "a"


def uses_both(n):
    return [Twin(k, k / 2)._replace(value=n) for k in range(n)], Setting(n)


def test_the_stored_hash_of_code_is_that_of_every_python():
    frozen = "41aca2186cd77785db8e24e85d596b8ec0a3cb36c0cd7dbd0161ded1223d230a"
    assert fingerprint(uses_both, loaded=False) == frozen
