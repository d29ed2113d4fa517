"""Claims on four widths side by side: the shipped sweep beside the theories, and live cells."""

from functools import lru_cache

import numpy as np

from ntklib.claims import at_least, claim, equal
from ntklib.theory.polylog_width.four_widths import floors, laws, outcomes

ASSUMPTIONS = "Digits 3 and 5 as unit vectors, three weight layers, n = 16 to 256 (128 for poly(n)); the book's sweep."


@lru_cache(maxsize=4)
def tables(seed: int = 0, sizes=outcomes.SIZES):
    """Return the widths asked for and needed, each with a row per n and a column per theory.

    Examples
    --------
    >>> [table.shape for table in tables(sizes=(16,))]
    [(1, 4), (1, 4)]
    """
    asked = laws.theory_widths(sizes, seed=seed)
    needed = laws.typical(laws.needed_widths())
    return asked, needed.loc[list(sizes), list(asked.columns)]


def pairs(left, right):
    """Rows of two tables, where both were measured."""
    for n in left.index:
        for t in left.columns:
            if left.loc[n, t] > 0 and right.loc[n, t] > 0:
                yield left.loc[n, t], right.loc[n, t], {"n": n, "theory": t}


@claim(
    id="book-four-widths-asked",
    source="Book; the theories as cited in the chapter, with constants 1",
    statement="Each of the four theories asks for more width than its own condition needs, at every n.",
    status="open",
    assumptions=ASSUMPTIONS,
    does_not_say="That constants 1 are those of the theorems: nobody stated them.",
    verdict=at_least(),
    loose_because="the theories are evaluated with constants 1, which nobody proved; R⁸L²² and logarithms are far off",
)
def asked(*, sizes=outcomes.SIZES, seed=0, radius=True):
    """Compare the theories with the widths that were needed; ``radius=False`` drops R⁸L²² from the polylogarithm."""
    theory, needed = tables(seed, sizes)
    if not radius:
        theory = theory.assign(**{"polylog(n)": [np.log(n) ** (4 / 3) for n in theory.index]})
    yield from pairs(theory, needed)


asked.refuted_by("(log n)^{4/3} alone is asked for, without R⁸L²²", radius=False)


@claim(
    id="book-four-widths-calibrated",
    source="Book",
    statement="Made right at n = 16 by its constant, each theory asks for more than is needed at every larger n.",
    status="open",
    assumptions=ASSUMPTIONS,
    does_not_say="That the true growth is known: a factor of 16 in n is little.",
    verdict=at_least(),
    loose_because="the theories' powers of n are not known to be sharp, and a factor of 16 in n is little",
)
def calibrated(*, size=16, sizes=(32, 64, 128, 256), seed=0):
    """Compare the calibrated theories with the widths that were needed at the other sizes."""
    theory, needed = tables(seed, outcomes.SIZES)
    fitted = laws.calibrated_widths(theory, needed, size)
    yield from pairs(fitted.loc[list(sizes)], needed.loc[list(sizes)])


calibrated.refuted_by("made right at n = 128, they ask for more at smaller n too", size=128, sizes=(16, 32, 64))


@claim(
    id="book-four-widths-order",
    source="Book",
    statement="A kernel at rest needs more width than one with its eigenvalue at the start; that, more than existence.",
    status="open",
    assumptions=ASSUMPTIONS,
    does_not_say="That the order is a theorem: the properties are measured on different labels and activations.",
    verdict=at_least(),
    deterministic="a shipped table",
    loose_because="an order, not a law: the factors of 12 and more are what was measured",
)
def order(*, chain=("poly(n)", "n", "√n"), sizes=outcomes.SIZES):
    """Compare neighbours in the chain."""
    _, needed = tables()
    left, right = needed[list(chain[:-1])], needed[list(chain[1:])]
    yield from pairs(left.loc[list(sizes)], right.set_axis(left.columns, axis=1).loc[list(sizes)])


order.refuted_by("existence needs more width than the eigenvalue at the start", chain=("√n", "n"))


@claim(
    id="book-four-widths-floor",
    source="Book; ranks, one sign of one neuron, and Cover 1965",
    statement="Each property needs at least the width below which a proof excludes it: 5, 5, 2 and 2 at n = 256.",
    status="proved here",
    assumptions=ASSUMPTIONS + " Labels that no hyperplane through 0 separates, for √n at n = 128 and 256.",
    does_not_say="That the floors are near: for a kernel at rest the needed width is a thousand times larger.",
    verdict=at_least(),
    deterministic="a shipped table",
    loose_because="a rank and a sign exclude little; what else a property needs is not known",
)
def floor(*, sizes=outcomes.SIZES, a_weight_a_sample=False):
    """Compare the needed widths with the floors; ``a_weight_a_sample`` asks for n weights for n random signs too."""
    least, needed = floors.least_widths(sizes), tables()[1]
    if a_weight_a_sample:
        least["√n"] = [next(m for m in range(1, n) if 54 * m + m**2 + m >= n) for n in least.index]
    yield from pairs(needed.loc[list(sizes)], least)


floor.refuted_by("n random signs need n weights, as n real labels do", a_weight_a_sample=True)


@claim(
    id="book-four-widths-live",
    source="Book",
    statement="Cells of the shipped sweep, computed again, give the stored share of the eigenvalue and success.",
    status="open",
    assumptions="n = 16, run 0; the share to six digits.",
    does_not_say="That long training runs agree to the last digit on every machine.",
    verdict=equal(tolerance=1e-6),
    deterministic="the runs of the shipped table, which have their own seeds",
)
def live(*, n=16, run=0, width_shift=0):
    """Compare stored and live outcomes; ``width_shift`` compares with another width."""
    table = outcomes.cached_outcomes().query(f"n == {n} and run == {run}")
    for theory, find in (("n", outcomes.eigenvalue_share), ("√n", outcomes.memorizes)):
        part = table[table["theory"] == theory].sort_values("width").iloc[:2]
        for width, value in zip(part["width"], part["value"]):
            yield float(find(n, int(width) + width_shift, run)), value, {"theory": theory, "m": width}


live.refuted_by("the outcomes of networks wider by three", width_shift=3)
