"""Claims on the transport bound, and on what the width does to the tangent model's limit."""

from itertools import product

import numpy as np

from ntklib.claims import at_least, at_most, claim, equal, power_law
from ntklib.theory.wide_networks.kernel_generalization import errors, transport
from ntklib.theory.wide_networks.kernel_generalization import statements as norms
from ntklib.theory.wide_networks.kernel_generalization.setting import transported_gap
from ntklib.theory.wide_networks.shallow import shallow_outputs


@claim(
    id="book-transport-bound",
    source="Book (Kantorovich duality; after Terjék, González-Sánchez 2022, abstract)",
    statement="Between two samples a network's mean ramp loss changes by at most its Lipschitz constant times W_1.",
    status="proved here",
    assumptions="Trained ReLU networks of width 256, 64 digits, against 64 others or half of the labels flipped.",
    does_not_say="That this is below one: it is about sixty against other digits, the difference one third.",
    verdict=at_most(trivial=1.0),
    loose_because="none known: products of spectral norms bound the slope in the worst direction, and points of "
    "dimension 64 are far apart; book-transport-extremal is an instance in which both steps are equalities",
)
def transport_bound(*, N=64, m=256, seeds=3, seed=0, price=1.0):
    """Compare the difference of losses with the bound; ``price`` is that of a change of label."""
    for s in range(seed, seed + seeds):
        task = errors.sign_task("digits", N, s, tests=N)
        flipped = task._replace(test_X=task.X, test_y=np.where(np.arange(N) % 2, -task.y, task.y))
        for name, pair in {"other digits": task, "half of the labels flipped": flipped}.items():
            gap, lipschitz, cost = transported_gap(pair, m, s, price=price)
            yield gap, lipschitz * cost, {"second sample": name, "seed": s}


transport_bound.refuted_by("only inputs have to be moved: a change of label costs nothing", price=0.0)


@claim(
    id="book-transport-extremal",
    source="Book (Kantorovich duality)",
    statement="For one neuron and points moved along its weights the change of the loss is Lip times W_1.",
    status="proved here",
    assumptions="ReLU, points on the ray of w, labels one, outputs between 0 and 1.",
    does_not_say="That a trained network is near this.",
    verdict=equal(tolerance=1e-12),
)
def transport_extremal(*, N=16, d=6, moves=(0.01, 0.1), seed=0, seeds=2, variance=2.0):
    """Compare both sides; ``variance`` is the weight variance in the Lipschitz constant."""
    for move, s in product(moves, range(seed, seed + seeds)):
        rng = np.random.default_rng([s, 13])
        w, a = rng.standard_normal((d, 1)), np.array([rng.uniform(0.5, 1.0)])
        lipschitz = transport.product_lipschitz(w, a) * (variance / 2) ** 0.5
        lengths = rng.uniform(0.1, 0.5, N) / transport.product_lipschitz(w, a)
        far = move / transport.product_lipschitz(w, a)
        near, moved = (np.outer(r, w[:, 0] / np.linalg.norm(w)) for r in (lengths, lengths + far))
        losses = [
            norms.ramp_loss(shallow_outputs(w, a, Z, activation="relu", c=2.0), np.ones(N)) for Z in (near, moved)
        ]
        yield abs(losses[0].mean() - losses[1].mean()), lipschitz * transport.sample_wasserstein(near, moved)


transport_extremal.refuted_by("Lip without the factor √2 of ReLU's weights", variance=1.0)


@claim(
    id="book-transport-rate",
    source="Book",
    statement="On the sphere of dimension D the transport between two samples falls like N^(−1/D).",
    status="proof sketched",
    missing_step="the upper bound on the sphere, by charts from the one cited for the space",
    assumptions="D = 5 (six coordinates), N = 32 to 512; the lower bound is proved.",
    does_not_say="The exponent for D = 2, where a logarithm enters, nor for large D within these N.",
    verdict=power_law("N", ratio_band=(0.8, 1.25), tolerance=0.03),
)
def transport_rate(*, d=6, samples=(32, 64, 128, 256, 512), seeds=3, seed=0, exponent=-0.2):
    """Fit the exponent in N."""
    for N, s in product(samples, range(seed, seed + seeds)):
        yield transport.sphere_transport(N, d, s)[0], None, {"N": N, "seed": s}


transport_rate.refuted_by("N^(−1/3), as in dimension three", exponent=-1 / 3)


@claim(
    id="book-width-gap",
    source="Book",
    statement="The mean squared gap between the limits at width m and at infinite width falls like 1/m.",
    status="proof sketched",
    missing_step="integrability of the inverse of the kernel at finite width",
    assumptions="Digits, N = 64, widths 64 to 1024: at least sixty weights to a sample.",
    does_not_say="The same near m d = N: there the error has a peak.",
    verdict=power_law("m", ratio_band=(0.3, 3.0), tolerance=0.02),
)
def width_gap(*, widths=(64, 128, 256, 512, 1024), N=64, seeds=8, seed=0, exponent=-1.0):
    """Fit the exponent of the gap in m, relative to the seed's own level."""
    for s in range(seed, seed + seeds):
        frame = errors.error_grid("digits", widths, (N,), (s,), tests=200)
        gaps = {row["m"]: row["gap"] for row in frame if np.isfinite(row["m"])}
        level = np.exp(np.mean(np.log(list(gaps.values()))))
        for m, gap in gaps.items():
            yield gap / level, None, {"m": m, "seed": s}


width_gap.refuted_by("like m^(-3/4)", exponent=-0.75)


@claim(
    id="book-width-peak",
    source="Book",
    statement="With as many weights as samples the squared error is at least twice that on both sides.",
    status="open",
    assumptions="Sphere, N = 264: widths 6, 24, 96 with 66, 264 and 1056 weights.",
    does_not_say="How high the peak is: it fluctuates from seed to seed.",
    verdict=at_least(),
    loose_because="none known: the height of the peak has no limit law here, and its mean may not exist",
)
def width_peak(*, widths=(6, 24, 96), N=264, seeds=4, seed=0):
    """Compare the error at the middle width with twice the larger of the other two."""
    for s in range(seed, seed + seeds):
        square = {row["m"]: row["square"] for row in errors.error_grid("sphere", widths, (N,), (s,))}
        left, middle, right = (square[m] for m in widths)
        yield middle, 2 * max(left, right), {"seed": s}


width_peak.refuted_by("the same with twice as many weights as samples", widths=(6, 48, 96))
