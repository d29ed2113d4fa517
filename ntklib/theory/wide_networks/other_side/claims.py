"""Claims of the chapter "The other side"."""

from itertools import product

import numpy as np

from ntklib.claims import at_least, at_most, claim, equal
from ntklib.kernels import infinite_kernels
from ntklib.theory.wide_networks.other_side import statements as theory
from ntklib.theory.wide_networks.other_side.setting import all_parities, trained

OBSERVED = "none known: an observation of an order; no formula predicts the network's own number"


@claim(
    id="book-fixed-features-ceiling",
    source="Book; a dimension count in the manner of Yehudai and Shamir 2019",
    statement="N sections of the limiting kernel capture at most N/p of p parities of one order, on average.",
    status="proved here",
    assumptions="Uniform measure on the cube of dimension 10; any kernel, any N inputs, any labels.",
    does_not_say="Which parity is captured least: a single one may lie in the span.",
    verdict=at_most(tolerance=1e-9),
    companion="book-fixed-features-extremal",
)
def fixed_features(*, d=10, orders=(1, 2, 3), sizes=(5, 20), seed=0, population=False):
    """Compare captured shares with N/p, or with N over the size of the ``population``."""
    rng = np.random.default_rng([seed, 3])
    for order in orders:
        X, parities = all_parities(d, order)
        for N in sizes:
            chosen = rng.choice(len(X), N, replace=False)
            sections = np.asarray(infinite_kernels(X, X[chosen], depth=2)[1])
            ceiling = N / len(X) if population else min(1.0, N / parities.shape[1])
            yield theory.captured_share(sections, parities), ceiling, {"order": order, "N": N}


fixed_features.refuted_by("the count is against all functions on the cube, N/2^d", population=True)


@claim(
    id="book-fixed-features-extremal",
    source="Book; a dimension count in the manner of Yehudai and Shamir 2019",
    statement="N features in the span of the p parities capture exactly N/p of them, on average.",
    status="proved here",
    assumptions="Random combinations of all parities of one order on the cube of dimension 8.",
    does_not_say="That a kernel's sections lie in that span: most of their length is in other orders.",
    verdict=equal(tolerance=1e-12),  # one QR decomposition of 256 by N
)
def extremal(*, d=8, orders=(1, 2, 3), sizes=(3, 7), seed=0, constant=False):
    """Compare captured shares with N/p; with ``constant`` the count has one feature more."""
    rng = np.random.default_rng([seed, 4])
    for order, N in product(orders, sizes):
        parities = all_parities(d, order)[1]
        features = parities @ rng.standard_normal((parities.shape[1], N))
        yield theory.captured_share(features, parities), (N + constant) / parities.shape[1], {"order": order, "N": N}


extremal.refuted_by("(N + 1)/p: an intercept counts as a feature for these targets too", constant=True)


@claim(
    id="book-rich-below-ceiling",
    source="Book",
    statement="At small output scale a network's error is below what N fixed features reach on average over targets.",
    status="open",
    assumptions="y = d x₁x₂ on the cube, d = 20, N = 100, one hidden ReLU layer of 64 neurons, γ = 0.05; "
    "the average is over all pairs of coordinates.",
    does_not_say="That networks do so for every target: see book-dense-no-gain.",
    verdict=at_most(trivial=1.0),
    loose_because=OBSERVED,
)
def rich_below(*, scale=0.05, seed=0):
    """Compare four test errors with the ceiling of fixed features; a large ``scale`` is lazy."""
    run, kernel = trained(scale, seed=seed)
    yield run.error, theory.subspace_error(100, 20), {"kernel": kernel}


rich_below.refuted_by("the same at γ = 1", scale=1.0)


@claim(
    id="book-rich-focus",
    source="Book",
    statement="In rich training the first layer turns to the two inputs that matter; in lazy training it does not.",
    status="open",
    assumptions="As in book-rich-below-ceiling; energy of their rows relative to an even spread, 2.5 against 1.3.",
    does_not_say="That the energy elsewhere vanishes.",
    verdict=at_least(),
)
def focus(*, scales=(0.05, 10.0), seed=0):
    """Compare the energies at the small and at the large scale with 2.5 and 1.3."""
    rich, lazy = (trained(scale, seed=seed)[0] for scale in scales)
    yield rich.focus, 2.5, {"scale": scales[0]}
    yield 1 / lazy.focus, 1 / 1.3, {"scale": scales[1]}


focus.refuted_by("at γ = 1 it turns as well", scales=(1.0, 10.0))


@claim(
    id="book-lazy-is-the-kernel",
    source="Book; Chizat, Oyallon and Bach 2019",
    statement="At large output scale the kernel hardly changes, and the test error is at least the ceiling's.",
    status="open",
    assumptions="As in book-rich-below-ceiling, γ = 10: relative change below 0.05.",
    does_not_say="That the error equals the limiting kernel's: at 64 neurons it is larger.",
    verdict=at_most(),
    loose_because=OBSERVED,
)
def lazy(*, scale=10.0, seed=0):
    """Compare the kernel's change with 0.05 and the ceiling with the error."""
    run, _ = trained(scale, seed=seed)
    yield run.change, 0.05, {"what": "change"}
    yield theory.subspace_error(100, 20), run.error, {"what": "error"}


lazy.refuted_by("γ = 1 is lazy enough at 64 neurons", scale=1.0)


@claim(
    id="book-width-loses-features",
    source="Book; in the spirit of Yang and Hu 2021",
    statement="At γ = 1 the kernel's change dies with width and errors exceed the ceiling; at γ ∝ m^(-1/2) neither.",
    status="open",
    assumptions="As in book-rich-below-ceiling, m = 16 and 64: change halved, or by 0.6 at most.",
    does_not_say="What happens at widths that no longer fit the samples.",
    verdict=at_least(),
)
def width_loses(*, widths=(16, 64), seed=0, shrink=True):
    """Compare changes of the kernel and errors at both scalings; without ``shrink`` both are the first."""
    scale = {m: 0.05 * (64 / m) ** 0.5 if shrink else 1.0 for m in widths}
    narrow, wide = (trained(1.0, m, seed=seed)[0] for m in widths)
    small, large = (trained(scale[m], m, seed=seed)[0] for m in widths)
    ceiling = theory.subspace_error(100, 20)
    yield narrow.change.mean(), 2 * wide.change.mean(), {"side": "change, γ = 1"}
    yield large.change.mean(), 0.6 * small.change.mean(), {"side": "change, γ shrinks"}
    yield wide.error.mean(), ceiling, {"side": "error, γ = 1"}
    yield ceiling, large.error.mean(), {"side": "error, γ shrinks"}


width_loses.refuted_by("the change survives at γ = 1 too", shrink=False)


@claim(
    id="book-dense-no-gain",
    source="Book",
    statement="For a dense target of the same degree rich training gains nothing over the limiting kernel.",
    status="open",
    assumptions="y = d Σ a_ij x_i x_j with Gaussian a; d = 20, N = 100, m = 64, γ = 0.05; at least 0.9 of it.",
    does_not_say="That no training method gains there.",
    verdict=at_least(),
)
def dense(*, target="dense", seed=0):
    """Compare the mean error with that of the kernel; the sparse ``target`` gains."""
    run, kernel = trained(0.05, seed=seed, target=target)
    yield run.error.mean(), 0.9 * kernel, {"kernel": kernel, "network": run.error.mean()}


dense.refuted_by("the same for the sparse target", target="sparse")
