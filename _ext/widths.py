"""What the explorer `widths` shows: for each number of samples, kind of labels and theorem the width asked for, the
width needed and the width that a proof excludes, from the tables that `ntklib` ships.

Computing takes some seconds, so the result is kept beside the built pages until a file of `ntklib` changes.
"""

import hashlib
import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LABELS = {"random": "random", "margin": "true"}  # the page's names -> ntklib's; the digits' own labels have a margin
ANY_LABELS = ("poly(n)", "n", "√n")  # these theorems hold for all labels
NO_LABELS = ("n",)  # a property of inputs and weights
MEASURED = {"poly(n)": "random", "√n": "random", "polylog(n)": "margin"}  # the labels of the sweep of four widths
KEYS = ("labels", "theory", "N", "asked", "excluded", "needed", "low", "high", "runs", "beyond")


def records():
    """One record for each kind of labels, theorem and number of samples; None stands where nothing was measured."""
    import jax

    from ntklib.theory.polylog_width.four_widths import floors, laws

    with jax.enable_x64(True):
        tables = laws.theory_widths(), floors.least_widths(), laws.needed_widths()
        cases = [(labels, theory, int(n)) for labels in LABELS for theory in tables[0] for n in tables[0].index]
        return [dict(zip(KEYS, (*case, *widths(*case, *tables)))) for case in cases]


def widths(labels, theory, n, asked, floor, needed):
    """Asked, excluded, needed (geometric mean over runs), its range, the number of runs, and whether extrapolated."""
    part = needed[(needed["theory"] == theory) & (needed["n"] == n)]
    value = float(asked.loc[n, theory])
    excluded = int(floor.loc[n, theory])
    if theory not in NO_LABELS and labels != MEASURED[theory]:
        part = part.iloc[:0]
        if theory == "√n":
            excluded = None  # worked out for the random labels of the runs
        if theory == "polylog(n)":
            value, part = random_labels(n)
    runs = part["needed"].to_numpy(float)
    mean, low, high = summary(runs) if len(runs) else (None, None, None)
    return value, excluded, mean, low, high, len(runs), bool(len(runs) and part["beyond"].any())


def summary(runs):
    """Geometric mean and range."""
    import numpy as np

    return float(np.exp(np.log(runs).mean())), float(runs.min()), float(runs.max())


def random_labels(n):
    """What the fourth theorem asks for with the radius of random labels, and the widths that fitted these."""
    from ntklib.theory.polylog_width.four_widths.outcomes import DATA, DEPTH
    from ntklib.theory.polylog_width.how_wide.reasons import chen_width, radius_asked
    from ntklib.theory.polylog_width.how_wide.setting import widths_of

    found = widths_of(DATA, "random", depth=DEPTH)
    part = found[found["n"] == n].rename(columns={"smallest": "needed"})
    return float(chen_width(radius_asked(DATA, "random", n, depth=DEPTH), DEPTH, n)), part.assign(beyond=False)


def fingerprint():
    """A name for the state of this file and of everything in `ntklib` that the numbers may depend on."""
    files = [Path(__file__), *sorted(f for f in (ROOT / "ntklib").rglob("*") if f.suffix in (".py", ".csv"))]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def script(keep):
    """The script that hands the records to the page; `keep` is the folder in which it stays for the next build."""
    file = Path(keep) / f"widths-{fingerprint()[:16]}.js"
    if not file.exists():
        text = f"window.WIDTHS = {json.dumps(records(), allow_nan=False, ensure_ascii=False)};\n"
        for old in Path(keep).glob("widths-*.js"):
            old.unlink()
        file.write_text(text, encoding="utf-8")
    return file.read_text(encoding="utf-8")
