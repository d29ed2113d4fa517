"""Claims of the chapter "The other side"."""

from functools import lru_cache
from itertools import combinations

import numpy as np

from ntklib.claims import claim, inequality
from ntklib.kernels import infinite_kernels
from ntklib.theory.polylog_width.separability.statements import parity_cube
from ntklib.theory.wide_networks.other_side import statements as theory


def all_parities(d: int, order: int):
    """Return the whole cube of dimension d, unit rows, and all parities of one order on it."""
    X, _ = parity_cube(d)
    signs = np.sign(X)
    return X, np.stack([signs[:, S].prod(axis=1) for S in map(list, combinations(range(d), order))], axis=1)


@lru_cache(maxsize=8)
def trained(scale: float, width: int = 64, d: int = 20, N: int = 100, seed: int = 0, target: str = "sparse", runs=4):
    """Train on four tasks; one call for several claims."""
    tasks = [theory.cube_task(d, N, runs * seed + i, target=target) for i in range(runs)]
    kernel = float(np.mean([theory.kernel_error(task) for task in tasks]))
    return theory.rich_run(tasks, width, scale, steps=1500, seed=seed), kernel


@claim(
    id="book-fixed-features-ceiling",
    source="Book; a dimension count in the manner of Yehudai and Shamir 2019",
    statement="N sections of the limiting kernel capture at most N/p of p parities of one order, on average.",
    status="proved here",
    assumptions="Uniform measure on the cube of dimension 10; any kernel, any N inputs, any labels.",
    does_not_say="Which parity is captured least.",
)
def fixed_features(*, d=10, orders=(1, 2, 3), sizes=(5, 20), seed=0, share=1.0):
    """Compare captured shares with ``share`` N/p, exactly, on the whole population."""
    rng, rows = np.random.default_rng([seed, 3]), []
    for order in orders:
        X, parities = all_parities(d, order)
        for N in sizes:
            chosen = rng.choice(len(X), N, replace=False)
            sections = np.asarray(infinite_kernels(X, X[chosen], depth=2)[1])
            row = {"order": order, "N": N, "captured": theory.captured_share(sections, parities)}
            rows.append(row | {"N/p": min(1.0, N / parities.shape[1])})
    return inequality([r["captured"] for r in rows], [share * r["N/p"] + 1e-9 for r in rows], rows, "<=")


fixed_features.refuted_by(share=0.1)


@claim(
    id="book-rich-below-ceiling",
    source="Book",
    statement="Trained at small output scale, a network's test error lies below what any N fixed features can reach.",
    status="open",
    assumptions="y = d x₁x₂ on the cube, d = 20, N = 100, one hidden ReLU layer of 64 neurons, γ = 0.05.",
    does_not_say="That networks do so for every target: see book-dense-no-gain.",
)
def rich_below(*, scale=0.05, seed=0):
    """Compare four test errors with the ceiling of fixed features; a large ``scale`` is lazy."""
    run, kernel = trained(scale, seed=seed)
    return inequality(run.error, theory.subspace_error(100, 20), [{"kernel": kernel}] * len(run.error), "<=")


rich_below.refuted_by(scale=10.0)


@claim(
    id="book-rich-focus",
    source="Book",
    statement="In rich training the first layer turns to the two inputs that matter; in lazy training it does not.",
    status="open",
    assumptions="As in book-rich-below-ceiling; energy of their rows relative to an even spread, 2.5 against 1.3.",
    does_not_say="That the energy elsewhere vanishes.",
)
def focus(*, scales=(0.05, 10.0), seed=0):
    """Compare the energies at the small and at the large scale with 2.5 and 1.3."""
    rich, lazy = (trained(scale, seed=seed)[0] for scale in scales)
    left, right = [*rich.focus, *(1 / lazy.focus)], [2.5] * len(rich.focus) + [1 / 1.3] * len(lazy.focus)
    rows = [{"scale": s, "seed": i} for s in scales for i in range(len(rich.focus))]
    return inequality(left, right, rows, ">=")


focus.refuted_by(scales=(10.0, 10.0))


@claim(
    id="book-lazy-is-the-kernel",
    source="Book; Chizat, Oyallon and Bach 2019",
    statement="At large output scale the kernel hardly changes, and the test error is at least the ceiling's.",
    status="open",
    assumptions="As in book-rich-below-ceiling, γ = 10: relative change below 0.05.",
    does_not_say="That the error equals the limiting kernel's: at 64 neurons it is larger.",
)
def lazy(*, scale=10.0, seed=0):
    """Compare the kernel's change with 0.05 and the ceiling with the error."""
    run, _ = trained(scale, seed=seed)
    left = [*run.change, *np.full(4, theory.subspace_error(100, 20))]
    return inequality(left, [0.05] * 4 + list(run.error), [{"seed": i % 4} for i in range(8)], "<=")


lazy.refuted_by(scale=0.05)


@claim(
    id="book-width-loses-features",
    source="Book; in the spirit of Yang and Hu 2021",
    statement="At γ = 1 the kernel's change dies with width and errors exceed the ceiling; at γ ∝ m^(-1/2) neither.",
    status="open",
    assumptions="As in book-rich-below-ceiling, m = 16 and 64: change halved, or by 0.6 at most.",
    does_not_say="What happens at widths that no longer fit the samples.",
)
def width_loses(*, widths=(16, 64), seed=0, shrink=True):
    """Compare changes of the kernel and errors at both scalings; without ``shrink`` both are the first."""
    scale = {m: 0.05 * (64 / m) ** 0.5 if shrink else 1.0 for m in widths}
    fixed = [trained(1.0, m, seed=seed)[0] for m in widths]
    shrunk = [trained(scale[m], m, seed=seed)[0] for m in widths]
    ceiling, (narrow, wide), (small, large) = theory.subspace_error(100, 20), fixed, shrunk
    left = [narrow.change.mean(), large.change.mean(), wide.error.mean(), ceiling]
    right = [2 * wide.change.mean(), 0.6 * small.change.mean(), ceiling, large.error.mean()]
    rows = [{"side": side} for side in ("change, γ = 1", "change, γ shrinks", "error, γ = 1", "error, γ shrinks")]
    return inequality(left, right, rows, ">=")


width_loses.refuted_by(shrink=False)


@claim(
    id="book-dense-no-gain",
    source="Book",
    statement="For a dense target of the same degree rich training gains nothing over the limiting kernel.",
    status="open",
    assumptions="y = d Σ a_ij x_i x_j with Gaussian a; d = 20, N = 100, m = 64, γ = 0.05; at least 0.9 of it.",
    does_not_say="That no training method gains there.",
)
def dense(*, target="dense", seed=0):
    """Compare the mean error with that of the kernel; the sparse ``target`` gains."""
    run, kernel = trained(0.05, seed=seed, target=target)
    return inequality(run.error.mean(), 0.9 * kernel, [{"kernel": kernel, "network": run.error.mean()}], ">=")


dense.refuted_by(target="sparse")
