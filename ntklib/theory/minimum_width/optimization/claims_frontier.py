"""Claims on the scaled-down optimization figure: a straight frontier, and its drift with the number of steps."""

from ntklib.claims import at_least, at_most, claim
from ntklib.theory.minimum_width.optimization.frontier import cached_frontier, frontier


def _table():
    """The shipped runs with d above 12."""
    table = cached_frontier()
    return table[table["d"] > 12]


@claim(
    id="bombari-frontier",
    source="Bombari, Amani, Mondelli 2022, optimization figure",
    statement="Samples that Adam can fit are proportional to d², a straight frontier, as far as a factor 2 in d shows: "
    "N*/d² is constant within 12 %, and N* over d^(7/4) or d^(9/4) is not.",
    status="open",
    assumptions="Scaled down: d = 16, 24, 32, three draws; best loss 1e-6 after 1000, 2000, 5000 and 10,000 steps.",
    does_not_say="The constant: it depends on the steps and on the loss called zero. At d = 12 it is smaller. Nor "
    "the power more closely than 2 ± 0.16.",
    verdict=at_most(),
    deterministic="a shipped table",
)
def straight(*, power=2.0, threshold=-6.0):
    """Compare the largest over the smallest N*/d^power over d with 1.12."""
    for step in (1000, 2000, 5000, 10_000):
        found = frontier(_table(), step, threshold)
        ratio = found["N_star"] / found["d"] ** power
        yield ratio.max() / ratio.min(), 1.12, {"step": step, "N*/d²": found["ratio"].mean()}


straight.refuted_by("proportional to d^{7/4}", power=1.75)


@claim(
    id="book-frontier-drift",
    source="Book",
    statement="The frontier N*/d² is a matter of patience: from 500 to 10,000 steps it moves by more than a factor 2.",
    status="open",
    assumptions="The shipped runs, best loss 1e-6, every d from 16 on.",
    does_not_say="Where it ends: no number of steps can pass the parameter count 3d² + d for generic labels.",
    verdict=at_least(),
    deterministic="a shipped table",
)
def moving(*, early=500, late=10_000, threshold=-6.0):
    """Compare the later frontier with twice the earlier one."""
    before, after = (frontier(_table(), step, threshold) for step in (early, late))
    for d, ratio, old, new in zip(before["d"], before["ratio"], before["N_star"], after["N_star"]):
        yield new, 2 * old, {"d": d, "ratio": ratio}


moving.refuted_by("2000 steps move it as far", late=2000)
