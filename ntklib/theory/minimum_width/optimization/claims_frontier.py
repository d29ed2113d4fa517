"""Claims on the scaled-down optimization figure: a straight frontier, and its drift with the number of steps."""

from ntklib.claims import claim, inequality
from ntklib.theory.minimum_width.optimization.frontier import cached_frontier, frontier


def _table(first_seed):
    """The shipped runs with d above 12, without the first draw if ``first_seed`` is odd."""
    table = cached_frontier()
    return table[(table["d"] > 12) & (table["seed"] >= first_seed % 2)]


@claim(
    id="bombari-frontier",
    source="Bombari, Amani, Mondelli 2022, optimization figure",
    statement="The number of samples that Adam can fit is proportional to d²: a straight frontier through the origin.",
    status="cited",
    assumptions="Scaled down: d = 16, 24, 32, three draws; best loss 1e-6 after 1000, 2000, 5000 and 10,000 steps; "
    "largest over smallest N*/d² at most 1.2.",
    does_not_say="The constant: it depends on the steps and on the loss called zero. At d = 12 it is smaller.",
)
def straight(*, power=2, threshold=-6.0, first_seed=0):
    """Compare the largest with the smallest N*/d^power over d."""
    spread, rows = [], []
    for step in (1000, 2000, 5000, 10_000):
        found = frontier(_table(first_seed), step, threshold)
        ratio = found["N_star"] / found["d"] ** power
        spread.append(ratio.max() / ratio.min())
        rows.append({"step": step, "N*/d²": found["ratio"].mean()})
    return inequality(spread, 1.2, rows, "<=")


straight.refuted_by(power=1)


@claim(
    id="book-frontier-drift",
    source="Book",
    statement="The frontier N*/d² is a matter of patience: from 500 to 10,000 steps it moves by more than a factor 2.",
    status="open",
    assumptions="The shipped runs, best loss 1e-6, every d from 16 on.",
    does_not_say="Where it ends: no number of steps can pass the parameter count 3d² + d for generic labels.",
)
def moving(*, early=500, late=10_000, threshold=-6.0, first_seed=0):
    """Compare the later frontier with twice the earlier one."""
    before, after = (frontier(_table(first_seed), step, threshold) for step in (early, late))
    return inequality(after["N_star"], 2 * before["N_star"], before[["d", "ratio"]], ">=")


moving.refuted_by(late=1000)
