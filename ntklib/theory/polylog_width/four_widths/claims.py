"""Claims of the chapter "Four widths side by side": the shipped sweep beside the theories, and one live cell."""

from functools import lru_cache

from ntklib.claims import claim, inequality
from ntklib.theory.polylog_width.four_widths import (
    laws as four_widths_laws,
)
from ntklib.theory.polylog_width.four_widths import (
    outcomes as four_widths,
)

ASSUMPTIONS = "Digits 3 and 5 as unit vectors, three weight layers, n = 16 to 256 (128 for poly(n)); the book's sweep."


@lru_cache(maxsize=4)
def tables(seed: int = 0, sizes=four_widths.SIZES):
    """Return the widths asked for and needed, each with a row per n and a column per theory.

    Examples
    --------
    >>> [table.shape for table in tables(sizes=(16,))]
    [(1, 4), (1, 4)]
    """
    asked = four_widths_laws.theory_widths(sizes, seed=seed)
    needed = four_widths_laws.typical(four_widths_laws.needed_widths())
    return asked, needed.loc[list(sizes), list(asked.columns)]


def _pairs(left, right):
    """Stack two tables, and drop what was not measured: left values, right values, rows."""
    rows = [(n, t) for n in left.index for t in left.columns if left.loc[n, t] > 0 and right.loc[n, t] > 0]
    labels = [{"n": n, "theory": t} for n, t in rows]
    return [left.loc[row] for row in rows], [right.loc[row] for row in rows], labels


@claim(
    id="book-four-widths-asked",
    source="Book; the theories as cited in the chapter, with constants 1",
    statement="Each of the four theories asks for more width than its own condition needs, at every n.",
    status="open",
    assumptions=ASSUMPTIONS,
    does_not_say="That constants 1 are those of the theorems: nobody stated them.",
)
def asked(*, sizes=four_widths.SIZES, seed=0, constant=1.0):
    """Compare the theories, times ``constant``, with the widths that were needed."""
    theory, needed = tables(seed, sizes)
    return inequality(*_pairs(constant * theory, needed), ">=")


asked.refuted_by(constant=1e-3)


@claim(
    id="book-four-widths-calibrated",
    source="Book",
    statement="Made right at n = 16 by its constant, each theory asks for more than is needed at every larger n.",
    status="open",
    assumptions=ASSUMPTIONS,
    does_not_say="That the true growth is known: a factor of 16 in n is little.",
)
def calibrated(*, size=16, sizes=(32, 64, 128, 256), seed=0):
    """Compare the calibrated theories with the widths that were needed at the other sizes."""
    theory, needed = tables(seed, four_widths.SIZES)
    fitted = four_widths_laws.calibrated_widths(theory, needed, size)
    return inequality(*_pairs(fitted.loc[list(sizes)], needed.loc[list(sizes)]), ">=")


calibrated.refuted_by(size=128, sizes=(16, 32, 64))


@claim(
    id="book-four-widths-order",
    source="Book",
    statement="A kernel at rest needs more width than one with its eigenvalue at the start; that, more than existence.",
    status="open",
    assumptions=ASSUMPTIONS,
    does_not_say="That the order is a theorem: the properties are measured on different labels and activations.",
)
def order(*, chain=("poly(n)", "n", "√n"), sizes=four_widths.SIZES):
    """Compare neighbours in the chain."""
    _, needed = tables()
    left, right = needed[list(chain[:-1])], needed[list(chain[1:])]
    return inequality(*_pairs(left.loc[list(sizes)], right.set_axis(left.columns, axis=1).loc[list(sizes)]), ">=")


order.refuted_by(chain=("√n", "n"))


@claim(
    id="book-four-widths-live",
    source="Book",
    statement="Cells of the shipped sweep, computed again, give the stored share of the eigenvalue and success.",
    status="open",
    assumptions="n = 16, run 0; the share to six digits.",
    does_not_say="That long training runs agree to the last digit on every machine.",
)
def live(*, n=16, run=0, width_shift=0):
    """Compare stored and live outcomes; ``width_shift`` compares with another width."""
    table, off, rows = four_widths.cached_outcomes().query(f"n == {n} and run == {run}"), [], []
    for theory, find in (("n", four_widths.eigenvalue_share), ("√n", four_widths.memorizes)):
        part = table[table["theory"] == theory].sort_values("width").iloc[:2]
        for width, value in zip(part["width"], part["value"]):
            off.append(abs(float(find(n, int(width) + width_shift, run)) - value))
            rows.append({"theory": theory, "m": width})
    return inequality(off, 1e-6, rows, "<=")


live.refuted_by(width_shift=3)
