"""Laws of a sweep: every cell once and in order, nothing finished is ever lost or computed twice."""

import concurrent.futures
import json
import math
import multiprocessing
import os
import platform
import signal
import subprocess
import sys
import textwrap
import time

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

from ntklib.sweeps import SweepError, pools, run, sweep

GRID = {"width": [2, 3], "depth": [1, 5]}


def measure(seed, width, depth):
    return {"value": width * depth + seed / 10, "name": f"{width}x{depth}"}


def slow_first(seed, width, depth):
    time.sleep(0.05 if width == 2 else 0.0)
    return measure(seed, width, depth)


class Counter:
    """A function that counts its calls and fails where the environment says so, which no key sees."""

    def __init__(self):
        self.calls = []

    def __call__(self, seed, width, depth):
        self.calls.append((width, depth, seed))
        if f"{width} {depth} {seed}" in os.environ.get("CELLS_THAT_FAIL", "").split(","):
            raise ZeroDivisionError("no such network")
        return measure(seed, width, depth)


def expected():
    rows = [
        {"width": w, "depth": d, "seed": s, **measure(s, w, d)}
        for w in GRID["width"]
        for d in GRID["depth"]
        for s in range(3)
    ]
    return pd.DataFrame(rows)


def test_one_row_per_cell_in_grid_order():
    pd.testing.assert_frame_equal(sweep(measure, GRID, 3, progress=False), expected())


def test_a_list_of_cells_and_a_list_of_seeds():
    cells = [{"width": 3, "depth": 5}, {"width": 2, "depth": 1}]
    table = sweep(measure, cells, [7, 1], progress=False)
    assert table[["width", "seed"]].to_numpy().tolist() == [[3, 7], [3, 1], [2, 7], [2, 1]]


@pytest.mark.parametrize("pool", [concurrent.futures.ThreadPoolExecutor, concurrent.futures.ProcessPoolExecutor])
def test_order_does_not_depend_on_completion(pool):
    options = {}
    if pool is concurrent.futures.ProcessPoolExecutor:
        options = {"mp_context": multiprocessing.get_context("spawn")}
    with pool(2, **options) as executor:
        table = sweep(slow_first, GRID, 3, executor=executor, progress=False)
    pd.testing.assert_frame_equal(table, expected())


def test_a_dask_cluster_serves_as_executor(tmp_path):
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        table = sweep(slow_first, GRID, 3, executor=client.get_executor(), cache=tmp_path, progress=False)
    pd.testing.assert_frame_equal(table, expected())
    assert len(list(tmp_path.glob("*.json"))) == 12


def test_results_of_every_shape(tmp_path):
    def scalar(seed, width):
        return jnp.float32(0.1) * width

    def several(seed, width):
        return [{"step": t, "loss": np.float64(width / (t + 1))} for t in range(2)]

    for _ in range(2):  # the second time from the cache
        table = sweep(scalar, {"width": [1]}, 1, cache=tmp_path, progress=False)
        assert table["value"].tolist() == [float(np.float32(0.1))]
        table = sweep(several, {"width": [1, 2]}, 1, cache=tmp_path, progress=False)
        assert table["step"].tolist() == [0, 1, 0, 1]
        assert table["loss"].tolist() == [1.0, 0.5, 2.0, 1.0]


def test_the_cache_gives_numbers_back_exactly(tmp_path):
    odd = {
        "third": 1 / 3,
        "tiny": 5e-324,
        "minus_zero": -0.0,
        "nan": math.nan,
        "inf": -math.inf,
        "big": 2**70,
        "flag": np.bool_(True),
        "none": None,
        "text": "é",
        "tuple": (1, 0.1),
    }
    first = sweep(lambda seed, a: odd, {"a": [1]}, 1, cache=tmp_path, progress=False)

    again = sweep(lambda seed, a: odd, {"a": [1]}, 1, cache=tmp_path, progress=False)
    for table in (first, again):
        row = table.iloc[0]
        assert row["third"] == 1 / 3
        assert row["tiny"] == 5e-324
        assert math.copysign(1, row["minus_zero"]) == -1
        assert math.isnan(row["nan"])
        assert row["inf"] == -math.inf
        assert row["big"] == 2**70
        assert row["flag"] in (True,)
        assert row["none"] is None
        assert row["text"] == "é"
        assert row["tuple"] == (1, 0.1)


def test_a_second_run_computes_nothing_and_a_larger_grid_only_what_is_new(tmp_path):
    first = Counter()
    sweep(first, GRID, 3, cache=tmp_path, progress=False)
    second = Counter()
    table = sweep(second, {**GRID, "width": [2, 3, 4]}, 3, cache=tmp_path, progress=False)
    assert len(first.calls) == 12
    assert {w for w, _, _ in second.calls} == {4}
    pd.testing.assert_frame_equal(table[table["width"] < 4], expected())
    third = Counter()
    sweep(third, GRID, 3, cache=tmp_path, progress=False, retry=True)
    assert len(third.calls) == 12


def test_version_source_and_enclosed_values_are_part_of_the_key(tmp_path):
    def make(factor):
        return lambda seed, a: factor * a

    def run(function, version=""):
        return sweep(function, {"a": [1]}, 1, cache=tmp_path, progress=False, version=version)["value"][0]

    assert run(make(2)) == 2
    assert run(make(3)) == 3
    one, two = (lambda seed, a: a + 1), (lambda seed, a: a + 2)
    assert (run(one), run(two)) == (2, 3)
    state = {"value": 1}
    assert run(lambda seed, a: state["value"]) == 1
    before = len(list(tmp_path.glob("*.json")))
    run(one, version="2")
    assert len(list(tmp_path.glob("*.json"))) == before + 1


DAMAGES = {
    "empty": lambda good, other: "",
    "cut": lambda good, other: good[:-9],
    "no rows": lambda good, other: '{"rows": 3}',
    "a digit": lambda good, other: good.replace("0x1.", "0x0.", 1),
    "a column": lambda good, other: good.replace('"value"', '"valve"'),
    "emptied": lambda good, other: json.dumps(json.loads(good) | {"rows": []}),
    "another cell's": lambda good, other: other,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_computed_again_with_a_warning(tmp_path, damage):
    sweep(measure, GRID, 1, cache=tmp_path, progress=False)
    victim, other = sorted(tmp_path.glob("*.json"))[:2]
    good = victim.read_text()
    victim.write_text(DAMAGES[damage](good, other.read_text()))
    assert victim.read_text() != good
    with pytest.warns(UserWarning, match="is damaged .* computed again"):
        table = sweep(measure, GRID, 1, cache=tmp_path, progress=False)
    assert victim.read_text() == good
    assert len(table) == 4


@pytest.mark.parametrize("executor", [None, "threads"])
def test_a_failing_cell_is_named_and_nothing_else_is_lost(tmp_path, executor, monkeypatch):
    monkeypatch.setenv("CELLS_THAT_FAIL", "2 5 1,3 1 0")
    function = Counter()
    pool = concurrent.futures.ThreadPoolExecutor(2) if executor else None
    message = r"2 of 12 cells failed, first \(width=2, depth=5, seed=1\): ZeroDivisionError: no such network"
    with pytest.raises(SweepError, match=message) as caught:
        sweep(function, GRID, 3, cache=tmp_path, executor=pool, progress=False)
    assert len(function.calls) == 12
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert "(width=3, depth=1, seed=0)" in str(caught.value)
    assert len(caught.value.partial) == 10
    monkeypatch.delenv("CELLS_THAT_FAIL")
    mended = Counter()
    table = sweep(mended, GRID, 3, cache=tmp_path, progress=False)
    assert sorted(mended.calls) == [(2, 5, 1), (3, 1, 0)]
    pd.testing.assert_frame_equal(table, expected())


SCRIPT = """
import sys, time
from pathlib import Path
from ntklib.sweeps import sweep

def cell(seed, width):
    with open(sys.argv[2], "a") as log:
        log.write(f"{width} {seed}\\n")
    if sys.argv[3] == "slow":
        time.sleep(0.1)
    return {"value": width + seed / 7}

table = sweep(cell, {"width": [1, 2, 3, 4]}, 5, cache=sys.argv[1], progress=False)
print(table["value"].sum())
"""


def test_a_killed_run_loses_at_most_the_cell_in_flight(tmp_path):
    script, log, cache = tmp_path / "run.py", tmp_path / "log.txt", tmp_path / "cache"
    script.write_text(textwrap.dedent(SCRIPT))
    log.touch()
    command = [sys.executable, str(script), str(cache), str(log)]
    process = subprocess.Popen([*command, "slow"], env=dict(os.environ, JAX_PLATFORMS="cpu"))
    deadline = time.monotonic() + 120
    while log.read_text().count("\n") < 6 and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    started = log.read_text().splitlines()
    finished = len(list(cache.glob("*.json")))
    assert 5 <= finished < 20
    assert len(started) - 1 <= finished <= len(started)
    log.write_text("")
    done = subprocess.run([*command, "fast"], capture_output=True, text=True, check=True)
    assert len(log.read_text().splitlines()) == 20 - finished
    assert float(done.stdout) == pytest.approx(50 + 8 / 7 * 5)


def test_parts_of_a_process_that_is_gone_are_removed_those_of_a_living_one_are_not(tmp_path):
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True)
    dead = tmp_path / f".part-{platform.node()}-{gone.stdout.strip()}-x"
    alive = tmp_path / f".part-{platform.node()}-{os.getpid()}-x"
    strange, old = tmp_path / ".part-x", tmp_path / ".part-y"
    for part in (dead, alive, strange, old):
        part.touch()
    os.utime(old, (0, 0))
    sweep(measure, GRID, 1, cache=tmp_path, progress=False)
    assert sorted(p.name for p in tmp_path.glob(".part-*")) == sorted([alive.name, strange.name])


class Stubborn(concurrent.futures.ThreadPoolExecutor):
    """A pool that takes so many cells and no more."""

    def submit(self, function, *arguments):
        self.taken = getattr(self, "taken", 0) + 1
        if self.taken > 4:
            raise concurrent.futures.BrokenExecutor("no more")
        return super().submit(function, *arguments)


def test_a_pool_that_breaks_while_cells_are_handed_over_keeps_what_it_took(tmp_path):
    with Stubborn(2) as pool, pytest.raises(SweepError, match=r"8 of 12 cells failed.*no more") as caught:
        sweep(measure, GRID, 3, cache=tmp_path, executor=pool, progress=False)
    assert len(caught.value.partial) == 4
    assert len(list(tmp_path.glob("*.json"))) == 4


def dies(seed, width, depth):
    if seed == 1:
        os._exit(1)
    return measure(seed, width, depth)


def test_a_worker_that_dies_is_reported_with_the_cells_that_were_finished(tmp_path):
    spawn = multiprocessing.get_context("spawn")
    with (
        concurrent.futures.ProcessPoolExecutor(1, mp_context=spawn) as pool,
        pytest.raises(SweepError, match=r"cells failed.*BrokenProcessPool") as caught,
    ):
        sweep(dies, GRID, [0, 2, 1], cache=tmp_path, executor=pool, progress=False)
    assert len(list(tmp_path.glob("*.json"))) == len(caught.value.partial) >= 1


def test_rows_that_could_not_be_saved_are_in_partial(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SweepError, match=r"12 of 12 cells could not be saved.*No space left") as caught:
        sweep(measure, GRID, 3, cache=tmp_path, progress=False)
    pd.testing.assert_frame_equal(caught.value.partial, expected())
    assert not list(tmp_path.iterdir())


def test_threads_save_a_cell_before_anybody_collects_it(tmp_path):
    class Late(concurrent.futures.ThreadPoolExecutor):
        def submit(self, function, *arguments):
            future = super().submit(function, *arguments)
            concurrent.futures.wait([future])  # nothing is collected before all are submitted
            seen.append(len(list(tmp_path.glob("*.json"))))
            return future

    seen = []
    with Late(1) as pool:
        sweep(measure, GRID, 3, cache=tmp_path, executor=pool, progress=False)
    assert seen == list(range(1, 13))


def test_a_cluster_without_workers_gives_up_with_the_reason(monkeypatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(pools, "PATIENCE", 0.5)
    monkeypatch.setattr(pools, "INTERVAL", 0.2)
    with (
        distributed.LocalCluster(n_workers=0, processes=False, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
        pytest.raises(SweepError, match=r"12 of 12 cells failed.*has had no workers for"),
    ):
        sweep(measure, GRID, 3, executor=client.get_executor(), progress=False)


def precision(seed, a):
    return str(jnp.zeros(1).dtype)


@pytest.mark.parametrize("kind", ["threads", "spawn"])
def test_workers_compute_in_the_precision_of_the_process_that_asks(kind):
    spawn = multiprocessing.get_context("spawn")
    threads = kind == "threads"
    pool = concurrent.futures.ThreadPoolExecutor(1) if threads else concurrent.futures.ProcessPoolExecutor(1, spawn)
    with pool:
        for wide in (False, True):
            with jax.enable_x64(wide):
                table = sweep(precision, {"a": [1]}, 1, executor=pool, progress=False)
            assert table["value"][0] == ("float64" if wide else "float32")


def test_strings_of_numpy_make_the_round_trip_and_share_a_key(tmp_path, recwarn):
    def named(seed, name):
        return {"text": np.str_(name), "both": (np.str_("a"), np.float32(0.5))}

    for names in (["relu"], np.array(["relu"])):
        row = sweep(named, {"name": names}, 1, cache=tmp_path, progress=False).iloc[0]
        assert (type(row["text"]), row["text"], row["both"]) == (str, "relu", ("a", 0.5))
    assert len(list(tmp_path.glob("*.json"))) == 1
    assert not recwarn.list


def test_the_progress_bar_goes_to_stderr_once_one_has_waited_and_can_be_switched_off(capsys, monkeypatch):
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    sweep(measure, GRID, 1)
    monkeypatch.setattr(run, "PATIENCE", 0)
    sweep(measure, GRID, 1, progress=False)
    assert capsys.readouterr() == ("", "")
    sweep(measure, GRID, 1)
    out, err = capsys.readouterr()
    assert out == ""
    assert "4/4" in err


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((measure, {"width": [], "depth": [1]}, 1), ValueError, "the grid has no cells"),
        ((measure, [], 1), ValueError, "the grid has no cells"),
        ((measure, GRID, 0), ValueError, "seeds=0 holds no seed"),
        ((measure, GRID, "12"), ValueError, "seeds='12'; expected a number of seeds or a list"),
        ((measure, GRID, [0, 1.5]), ValueError, r"seeds=\[0, 1.5\]; expected"),
        ((measure, GRID, True), ValueError, "seeds=True; expected"),
        ((measure, {"width": 3, "depth": [1]}, 1), ValueError, r"grid\['width'\]=3; expected a list .*\[3\]"),
        ((measure, {"width": "ab", "depth": [1]}, 1), ValueError, r"grid\['width'\]='ab'; expected a list"),
        ((measure, {"width": [1], "depth": [1], "seed": [1]}, 1), ValueError, "the grid has a column 'seed'"),
        (
            (measure, {"width": [1, 1], "depth": [1]}, 1),
            ValueError,
            r"\(width=1, depth=1, seed=0\) appears twice",
        ),
        ((measure, {"width": [1], "depth": [1]}, [2, 2]), ValueError, r"seed=2\) appears twice"),
        ((measure, {"width": [object()], "depth": [1]}, 1), TypeError, "grid value width is a object"),
        (
            (lambda seed, a: {"a": 1}, {"a": [1]}, 1),
            ValueError,
            r"returned the columns \['a'\], which the grid",
        ),
        ((lambda seed, a: {"seed": 1}, {"a": [1]}, 1), ValueError, r"returned the columns \['seed'\]"),
        (
            (lambda seed, a: {"b": np.ones(3)}, {"a": [1]}, 1),
            TypeError,
            "result b is a ndarray; expected a number",
        ),
        ((lambda seed, a: [1, 2], {"a": [1]}, 1), TypeError, r"returned a list of int for \(a=1, seed=0\)"),
    ],
)
def test_bad_input_is_refused_with_what_to_do(arguments, error, message):
    with pytest.raises(error, match="sweep: .*" + message):
        sweep(*arguments, progress=False)
