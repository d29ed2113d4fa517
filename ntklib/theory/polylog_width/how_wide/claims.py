"""Claims on the smallest width that trains: the shipped sweep, its reasons, and one live cell."""

import jax
import numpy as np

from ntklib.claims import at_least, at_most, claim, equal, power_law
from ntklib.theory.polylog_width.how_wide import fits, reasons, search
from ntklib.theory.polylog_width.how_wide.setting import geometric_mean, widths_of

GROWING = ("3 vs 5", "4 vs 9", "XOR")
SHIPPED = "a shipped table"
FEW = "three runs a size decide the exponent within 0.1 to 0.2; and XOR gets easier with n, which no law foresees"


@claim(
    id="chen-width-structured",
    source="Chen, Cao, Zou, Gu 2021, the experiment (recalled, not confirmed), on other data",
    statement="With the data's own labels the smallest width does not grow with n: a common exponent of at most 0.",
    status="open",
    assumptions="Digits and XOR, five layers, 5000 steps of 0.5/m; each upper 95% limit is below 0.15.",
    does_not_say="Whether the growth is logarithmic, a small power, or none: see book-width-undecided.",
    verdict=power_law("n", exponent=0.0, ratio_band=(0.4, 2.5), relation="<="),
    deterministic=SHIPPED,
    loose_because=FEW,
)
def structured(*, labels="true", data=GROWING):
    """Fit the common exponent of the smallest widths over their geometric mean."""
    for name in data:
        series = widths_of(name, labels)
        centre = np.exp(np.log(series["smallest"]).mean())
        for n, m in zip(series["n"], series["smallest"]):
            yield m / centre, None, {"n": n, "data": name}


structured.refuted_by("with random labels on the same inputs as well", labels="random")


@claim(
    id="book-width-random",
    source="Book; the contrast to the experiment of Chen et al. 2021",
    statement="With random labels on the same inputs the width over that of the true ones grows at least like n^0.2.",
    status="open",
    assumptions="As in chen-width-structured; 3 vs 5 and XOR.",
    does_not_say="That it is the asymptotic power, which counting puts at 1/2 or more up to logarithms.",
    verdict=power_law("n", exponent=0.2, ratio_band=(0.3, 3.0), relation=">="),
    deterministic=SHIPPED,
    loose_because=FEW,
)
def random_labels(*, labels="random", data=("3 vs 5", "XOR")):
    """Fit the common exponent of the ratio, run by run, of the widths for one labelling and for the true one."""
    for name in data:
        both = widths_of(name, "true").merge(widths_of(name, labels), on=["n", "run"], suffixes=("", "_other"))
        ratio = both["smallest_other"] / both["smallest"]
        for n, value in zip(both["n"], ratio / np.exp(np.log(ratio).mean())):
            yield value, None, {"n": n, "data": name}


random_labels.refuted_by("the true labels need as many, run by run", labels="true")


@claim(
    id="book-width-undecided",
    source="Book",
    statement="Were the width exactly log n, this sweep would be expected to tell it from a power by Δ < 10.",
    status="proved here",
    assumptions="Leading order in the number of runs; the noise measured on 3 vs 5 with random labels.",
    does_not_say="That a sweep over more decades could not tell.",
    verdict=at_most(),
    deterministic=SHIPPED,
    loose_because="the statement is that the evidence is far below the threshold of 10",
)
def undecided(*, largest=362.0, k=1.0, runs=search.RUNS):
    """Compare the expected evidence for a range of n up to ``largest`` with 10."""
    series = widths_of("3 vs 5", "random")
    noise = fits.compare_laws(series["n"], series["smallest"]).noise
    expected = fits.expected_evidence(np.geomspace(16, largest, 6), runs, k, noise)
    yield expected, 10.0, {"n up to": largest, "noise": noise}


undecided.refuted_by("up to n = 1e9 as well", largest=1e9)


@claim(
    id="book-width-silence",
    source="Book",
    statement="At width 4 every run starts with silent samples, and no run succeeds under either labelling.",
    status="open",
    assumptions="3 vs 5, n = 64, five layers, three runs per labelling.",
    does_not_say="That a silent sample is lost: layers below it may move and wake it, as happens at widths 6 and 7.",
    verdict=at_least(),
    deterministic=SHIPPED,
    loose_because="a count against 1: at width 4 there are five and more silent samples in most runs",
)
def silence(*, width=4):
    """Compare silent samples with 1, and failures with the number of runs."""
    table = search.cached_widths().query("data == '3 vs 5' and n == 64 and depth == 5 and steps == 5000")
    for run, silent in enumerate(reasons.silent_samples("3 vs 5", 5, 64, width)):
        yield silent, 1, {"what": f"silent, run {run}"}
    hits = table.loc[(table["width"] == width) & (table["run"] < search.RUNS), "hit"]
    yield (hits < 0).sum(), len(hits), {"what": "failures"}


silence.refuted_by("at width 12 as well", width=12)


@claim(
    id="book-width-existence",
    source="Book",
    statement="Four neurons per layer classify every corner of the XOR cube with margin 2/√12, at any depth.",
    status="proved here",
    assumptions="ReLU, no biases.",
    does_not_say="That gradient descent finds them: it needs about twice as many.",
    verdict=equal(tolerance=1e-12),
)
def existence(*, depths=(2, 3, 5), neurons=4, n=4096, seed=0):
    """Compare the smallest margin with 2/√12, that of a sum of two coordinates; fewer ``neurons`` spoil it."""
    X, y = search.training_set("XOR", "true", n, seed)
    for depth in depths:
        f = np.asarray(X, float)
        *hidden, last = reasons.xor_weights(depth, neurons=neurons)
        for W in hidden:
            f = np.maximum(f @ W, 0.0)
        yield float(np.min(np.asarray(y) * (f @ last)[:, 0])), 2 / 12**0.5, {"L": depth}


existence.refuted_by("three neurons do it", neurons=3)


@claim(
    id="book-width-steps",
    source="Book",
    statement="With a fifth of the steps, random labels need networks wider by 5 % at least, at n = 64 and n = 128.",
    status="open",
    assumptions="3 vs 5, five layers, 0.5/m, geometric means over runs.",
    does_not_say="That the width would shrink for ever with more steps.",
    verdict=at_least(),
    deterministic=SHIPPED,
)
def steps(*, sizes=(64, 128), short=1000):
    """Compare the smallest widths of the two budgets."""
    long, brief = widths_of("3 vs 5", "random"), widths_of("3 vs 5", "random", steps=short)
    for n in sizes:
        yield geometric_mean(brief, n), 1.05 * geometric_mean(long, n), {"n": n}


steps.refuted_by("the same with all of the steps", short=search.STEPS)


@claim(
    id="chen-width-asked",
    source="Chen, Cao, Zou, Gu 2021, Theorem on gradient descent, with constant 1",
    statement="R⁸L²² log^(4/3)(n/δ) exceeds the width that training needs by more than 10^26.",
    status="open",
    assumptions="L = 5, δ = 0.1, R from the tangent margin and ε = log 2/(3n); XOR and digits, n = 64.",
    does_not_say="That the theorem's rate in R and L is far off: nobody knows its constant.",
    verdict=at_least(),
    loose_because="nobody knows the theorem's constant, and R⁸L²² is what its proof spends",
)
def asked(*, data=("3 vs 5", "XOR"), labels=("true", "random"), n=64, depth_power=22, seed=0):
    """Compare the theorem's width with 10^26 times the measured one; ``depth_power`` is that of L."""
    for name in data:
        for kind in labels:
            R = reasons.radius_asked(name, kind, n, seed=seed)
            theory = reasons.chen_width(R, 5, n, constant=5.0 ** (depth_power - 22))
            yield theory, 1e26 * geometric_mean(widths_of(name, kind), n), {"data": name, "labels": kind, "R": R}


asked.refuted_by("the theorem asks for R⁸ log^(4/3)(n/δ), without L²²", depth_power=0)


@claim(
    id="book-width-live",
    source="Book",
    statement="A cell of the shipped sweep, trained again, succeeds and fails as stored.",
    status="open",
    assumptions="3 vs 5, n = 32, five layers, three runs, single precision.",
    does_not_say="That the step of success agrees to the last digit on every machine.",
    verdict=equal(tolerance=0.0),
    deterministic="the runs of the shipped table, which have their own seeds",
)
def live(*, widths=(5, 8), steps=1000, rate=0.5):
    """Compare stored and live successes within ``steps``; another ``rate`` gives other outcomes."""
    table = search.cached_widths().query("data == '3 vs 5' and labels == 'true' and n == 32 and depth == 5")
    table = table[(table["steps"] == 5000) & (table["rate"] == 0.5)]
    for m in widths:
        stored = table[table["width"] == m].sort_values("run")["hit"].to_numpy()[: search.RUNS]
        with jax.enable_x64(False):
            now = search.first_hits("3 vs 5", "true", 5, 32, m, steps=steps, rate=rate)
        yield np.asarray(now) >= 0, (stored >= 0) & (stored <= steps), {"m": m}


live.refuted_by("a step of 0.001/m does as well", rate=0.001)
