"""Claims of the chapter "How wide?": the shipped sweep, its reasons, and one live cell."""

import jax
import numpy as np

from ntklib.claims import claim, inequality
from ntklib.theory.polylog_width.how_wide import (
    fits as how_wide_fits,
)
from ntklib.theory.polylog_width.how_wide import (
    reasons as how_wide_reasons,
)
from ntklib.theory.polylog_width.how_wide import (
    search as how_wide,
)

GROWING = ("3 vs 5", "4 vs 9", "XOR")


def widths_of(data, labels="true", depth=5, steps=how_wide.STEPS, rate=0.5, *, safe=False, group=None):
    """Return the smallest widths of one series of the sweep: n, run, smallest."""
    table = how_wide.cached_widths()
    keep = (table["data"] == data) & (table["labels"] == labels) & (table["depth"] == depth)
    keep &= (table["steps"] == steps) & (table["rate"] == rate)
    found = how_wide_fits.smallest_widths(table[keep], safe=safe)
    return found[["n", "run", "smallest"]].dropna()


def geometric_mean(frame, n: int) -> float:
    """Return the geometric mean over runs of the smallest width at n samples."""
    return float(np.exp(np.log(frame.loc[frame["n"] == n, "smallest"]).mean()))


def laws(labels, data=GROWING, *, seed=0, safe=False):
    """Yield the comparison of laws for each data set."""
    for name in data:
        series = widths_of(name, labels, safe=safe)
        yield name, how_wide_fits.compare_laws(series["n"], series["smallest"], seed=seed)


@claim(
    id="chen-width-structured",
    source="Chen, Cao, Zou, Gu 2021, the experiment (recalled, not confirmed), on other data",
    statement="With the data's own labels the smallest width grows like n^b with b below 0.15.",
    status="open",
    assumptions="Digits and XOR, five layers, 5000 steps of 0.5/m; 95% bootstrap limits over runs.",
    does_not_say="Whether the growth is logarithmic, a small power, or none: see book-width-undecided.",
)
def structured(*, labels="true", limit=0.15, seed=0):
    """Compare the upper limits of the fitted exponents with ``limit``."""
    found = dict(laws(labels, seed=seed))
    rows = [{"data": name, "exponent": law.exponent} for name, law in found.items()]
    return inequality([law.exponent_interval[1] for law in found.values()], limit, rows, "<=")


structured.refuted_by(labels="random")


@claim(
    id="chen-width-random",
    source="Book; the contrast to the experiment of Chen et al. 2021",
    statement="With random labels on the same inputs the exponent's lower limit is above the true labels' upper limit.",
    status="open",
    assumptions="As in chen-width-structured; 3 vs 5 and XOR.",
    does_not_say="That it is the asymptotic power, which counting puts at 1/2 or more up to logarithms.",
)
def random_labels(*, labels="random", data=("3 vs 5", "XOR"), seed=0):
    """Compare the lower limits of one labelling with the upper limits of the true one."""
    high, low = dict(laws(labels, data, seed=seed)), dict(laws("true", data, seed=seed))
    rows = [{"data": name, "exponent": law.exponent, "true": low[name].exponent} for name, law in high.items()]
    lower = [law.exponent_interval[0] for law in high.values()]
    return inequality(lower, [law.exponent_interval[1] for law in low.values()], rows, ">=")


random_labels.refuted_by(labels="true")


@claim(
    id="book-width-undecided",
    source="Book",
    statement="Were the width exactly log n, this sweep would be expected to tell it from a power by Δ < 10.",
    status="proved here",
    assumptions="Leading order in the number of runs; the noise measured on 3 vs 5 with random labels.",
    does_not_say="That a sweep over more decades could not tell.",
)
def undecided(*, largest=362.0, k=1.0, runs=how_wide.RUNS, seed=0):
    """Compare the expected evidence for a range of n up to ``largest`` with 10."""
    noise = dict(laws("random", ("3 vs 5",), seed=seed))["3 vs 5"].noise
    expected = how_wide_fits.expected_evidence(np.geomspace(16, largest, 6), runs, k, noise)
    return inequality(expected, 10.0, [{"n up to": largest, "noise": noise}], "<=")


undecided.refuted_by(largest=1e9)


@claim(
    id="book-width-silence",
    source="Book",
    statement="At width 4 every run starts with silent samples, and no run succeeds under either labelling.",
    status="open",
    assumptions="3 vs 5, n = 64, five layers, three runs per labelling.",
    does_not_say="That a silent sample is lost: layers below it may move and wake it, as happens at widths 6 and 7.",
)
def silence(*, width=4, seed=0):
    """Compare silent samples with 1, and failures with the number of runs."""
    table = how_wide.cached_widths().query("data == '3 vs 5' and n == 64 and depth == 5 and steps == 5000")
    silent = how_wide_reasons.silent_samples("3 vs 5", 5, 64, width)
    hits = table.loc[(table["width"] == width) & (table["run"] < how_wide.RUNS), "hit"]
    rows = [{"what": f"silent, run {run}"} for run in range(how_wide.RUNS)] + [{"what": "failures"}]
    return inequality([*silent, (hits < 0).sum()], [*how_wide.RUNS * [1], len(hits)], rows, ">=")


silence.refuted_by(width=12)


@claim(
    id="book-width-existence",
    source="Book",
    statement="Four neurons per layer classify every corner of the XOR cube, at any depth.",
    status="proved here",
    assumptions="ReLU, no biases.",
    does_not_say="That gradient descent finds them: it needs about twice as many.",
)
def existence(*, depths=(2, 3, 5), neurons=4, n=4096, seed=0):
    """Compare the smallest margin with 0; fewer ``neurons`` spoil it."""
    X, y = how_wide.training_set("XOR", "true", n, seed)
    X, smallest = np.asarray(X, float), []
    for depth in depths:
        f = X
        *hidden, last = how_wide_reasons.xor_weights(depth, neurons=neurons)
        for W in hidden:
            f = np.maximum(f @ W, 0.0)
        smallest.append(float(np.min(np.asarray(y) * (f @ last)[:, 0])))
    return inequality(smallest, 0.1, [{"L": depth} for depth in depths], ">=")


existence.refuted_by(neurons=3)


@claim(
    id="book-width-steps",
    source="Book",
    statement="With a fifth of the steps, random labels need wider networks at n = 64 and n = 128.",
    status="open",
    assumptions="3 vs 5, five layers, 0.5/m, geometric means over runs.",
    does_not_say="That the width would shrink for ever with more steps.",
)
def steps(*, sizes=(64, 128), short=1000, seed=0):
    """Compare the smallest widths of the two budgets."""
    long, brief = widths_of("3 vs 5", "random"), widths_of("3 vs 5", "random", steps=short)
    pairs = [(geometric_mean(brief, n), geometric_mean(long, n)) for n in sizes]
    return inequality([a for a, _ in pairs], [1.05 * b for _, b in pairs], [{"n": n} for n in sizes], ">=")


steps.refuted_by(short=how_wide.STEPS)


@claim(
    id="chen-width-asked",
    source="Chen, Cao, Zou, Gu 2021, Theorem on gradient descent, with constant 1",
    statement="R⁸L²² log^(4/3)(n/δ) exceeds the width that training needs by more than 10^20.",
    status="open",
    assumptions="L = 5, δ = 0.1, R from the tangent margin and ε = log 2/(3n); XOR and digits, n = 64.",
    does_not_say="That the theorem's rate in R and L is far off: nobody knows its constant.",
)
def asked(*, data=("3 vs 5", "XOR"), labels=("true", "random"), n=64, constant=1.0, seed=0):
    """Compare the theorem's width with 10^20 times the measured one."""
    pairs = [(name, kind) for name in data for kind in labels]
    radii = [how_wide_reasons.radius_asked(*pair, n, seed=seed) for pair in pairs]
    theory = [how_wide_reasons.chen_width(R, 5, n, constant=constant) for R in radii]
    measured = [geometric_mean(widths_of(*pair), n) for pair in pairs]
    rows = [{"data": name, "labels": kind, "R": R} for (name, kind), R in zip(pairs, radii)]
    return inequality(theory, [1e20 * m for m in measured], rows, ">=")


asked.refuted_by(constant=1e-25)


@claim(
    id="book-width-live",
    source="Book",
    statement="A cell of the shipped sweep, trained again, succeeds and fails as stored.",
    status="open",
    assumptions="3 vs 5, n = 32, five layers, three runs, single precision.",
    does_not_say="That the step of success agrees to the last digit on every machine.",
)
def live(*, widths=(5, 8), steps=1000, rate=0.5, seed=0):
    """Compare stored and live outcomes within ``steps``; another ``rate`` gives other outcomes."""
    table = how_wide.cached_widths().query("data == '3 vs 5' and labels == 'true' and n == 32 and depth == 5")
    table, different, rows = table[(table["steps"] == 5000) & (table["rate"] == 0.5)], [], []
    for m in widths:
        stored = table[table["width"] == m].sort_values("run")["hit"].to_numpy()[: how_wide.RUNS]
        with jax.enable_x64(False):
            now = how_wide.first_hits("3 vs 5", "true", 5, 32, m, steps=steps, rate=rate)
        before = (stored >= 0) & (stored <= steps)
        different.append(int((before != (now >= 0)).sum())), rows.append({"m": m, "succeeded": int(before.sum())})
    return inequality(different, 0.0, rows, "<=")


live.refuted_by(rate=0.001)
