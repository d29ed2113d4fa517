"""Claims of the chapter ``learning_rates``: what a step size means at another width."""

from itertools import product

import numpy as np

from ntklib import plain
from ntklib.claims import claim, equal, power_law, within_factor
from ntklib.kernels import infinite_kernels
from ntklib.theory.wide_networks.learning_rates.descent import largest_stable_step, layered_descent, tangent_blocks
from ntklib.theory.wide_networks.learning_rates.setting import (
    D,
    first_weights,
    labels_from_start,
    largest_eigenvalue,
    moved_features,
    points_and_labels,
)
from ntklib.theory.wide_networks.learning_rates.statements import FAMILY, family_member, rescale_layers

TRANSFER = "Terjék, González-Sánchez 2022, abstract, item (v); the form stated here: Book"
SHARES = np.array([0.25, 0.75, 1.5])


def _relative(values):
    """Positive numbers over their geometric mean."""
    return np.asarray(values) / np.exp(np.mean(np.log(values)))


@claim(
    id="terjek-learning-rate-transfer",
    source=TRANSFER,
    statement="Below 2/λ_max one step size gives the same loss, up to a factor 2, at widths 64, 256 and 512.",
    status="proof sketched",
    missing_step="the constant Λ on a ball for two hidden layers",
    assumptions="Tanh, three layers, NTK parametrization, 20 points on the sphere, 8 steps, ηλ_max up to 1.5; labels "
    "counted from the outputs at the start. With high probability; proved for one hidden layer only.",
    does_not_say="That features move, that the same holds beyond 2, or anything about the best of all step sizes.",
    verdict=within_factor(),
    loose_because="finite widths differ by their random starts; book-transfer-rate measures how that dies out",
)
def transfer(*, seed=0, seeds=3, name="ntk", factor=2.0):
    """Compare losses after 8 steps at widths 64 and 512 with those at width 256, same step sizes."""
    for s in range(seed, seed + seeds):
        X, y = points_and_labels(s)
        steps, found = SHARES / largest_eigenvalue(*first_weights(name, 256, s), X), {}
        for m in (256, 64, 512):
            params, multiplier = first_weights(name, m, s)
            labels = labels_from_start(params, multiplier, X, y)
            found[m] = np.array([layered_descent(params, multiplier, X, labels, eta, 8)[0][-1] for eta in steps])
        for m in (64, 512):
            yield found[m], (found[256], factor), {"seed": s, "m": m}


transfer.refuted_by("the same in standard parametrization", name="standard")


@claim(
    id="book-transfer-rate",
    source="Book, theorem on transfer in the kernel regime",
    statement="At a fixed step size and time the outputs differ from those at infinite width by O(m^(-1/2)).",
    status="proof sketched",
    missing_step="the constant Λ on a ball for two hidden layers",
    assumptions="Tanh, three layers, NTK parametrization, 8 steps, ηλ_max(K_∞) = 0.25, 0.75, 1.5, m from 64 to 1024.",
    does_not_say="How the constant grows with the number of steps.",
    verdict=power_law("m", ratio_band=(0.2, 5.0), tolerance=0.03),
    loose_because="none known: at these widths the next order, 1/m, still steepens the fit to −0.55",
)
def transfer_rate(*, widths=(64, 256, 1024), seed=0, seeds=8, exponent=-0.5):
    """Fit the exponent of the root mean square difference from the limit's residuals, relative to the seed's level."""
    for s in range(seed, seed + seeds):
        X, y = points_and_labels(s)
        K = np.asarray(infinite_kernels(X, depth=3, activation="tanh", weight_variance=1.0)[1], float) / len(X)
        steps = SHARES / np.linalg.eigvalsh(K)[-1]
        limits = [-np.linalg.matrix_power(np.eye(len(K)) - eta * K, 8) @ y for eta in steps]
        far = [np.linalg.norm([_residual(m, s, X, y, eta) - r for eta, r in zip(steps, limits)]) for m in widths]
        for m, value in zip(widths, _relative(far)):
            yield value, None, {"m": m, "seed": s}


def _residual(m, seed, X, y, eta):
    """Outputs less labels after 8 steps, the labels counted from the outputs at the start."""
    params, multiplier = first_weights("ntk", m, seed)
    labels = labels_from_start(params, multiplier, X, y)
    end = layered_descent(params, multiplier, X, labels, eta, 8)[1]
    return plain.forward(end, X, activation="tanh", multiplier=multiplier) - labels


transfer_rate.refuted_by("1/m: the scatter of the start is of second order", exponent=-1.0)


@claim(
    id="book-abc-equivalence",
    source="Book, after Yang, Hu 2021",
    statement="Dividing s_l by α_l, multiplying m_l by α_l and dividing η_l by α_l² changes no function on the way.",
    status="proved here",
    assumptions="Gradient descent; rounding is allowed for.",
    does_not_say="The same for Adam, whose steps scale otherwise.",
    verdict=equal(tolerance=1e-12),  # 15 steps of sums over 40 neurons, losses that fall by a hundred
)
def equivalence(*, seed=0, seeds=3, power=2.0):
    """Compare losses along 15 steps; ``power`` is that of α in the step size."""
    for s in range(seed, seed + seeds):
        X, y = points_and_labels(s)
        params, multiplier = first_weights("ntk", 40, s)
        alpha = np.exp(np.random.default_rng([s, 2]).uniform(-1, 1, 3))
        other = rescale_layers(family_member("ntk", (D, 40, 40, 1)), alpha)
        shrunk = [W / a for W, a in zip(params, alpha)]
        here = layered_descent(params, multiplier, X, y, 1.0, 15)[0]
        yield here, layered_descent(shrunk, other.multiplier, X, y, alpha**-power, 15)[0], {"seed": s}


equivalence.refuted_by("the step size is divided by α, not α²", power=1.0)

SPEEDS = {"ntk": (0, 0, 0), "standard": (0, 1, 1), "mup": (0, 0, 0)}


@claim(
    id="book-block-speeds",
    source="Book",
    statement="Layer blocks of K: constant in m for NTK and µP, growing like m above the first layer for standard.",
    status="proved here",
    assumptions="Tanh, three layers, unit sphere; norms of the blocks for m from 32 to 512, each over its power of m.",
    does_not_say="What happens to the blocks later in training.",
    verdict=power_law("m", ratio_band=(0.75, 1.33), tolerance=0.05, exponent=0.0),
    companion="book-standard-largest",
)
def block_speeds(*, widths=(32, 64, 128, 256, 512), seed=0, seeds=12, standard=(0, 1, 1)):
    """Mean norms over the table's powers of m, relative to each block's own level; ``standard`` is one of its rows."""
    for name in FAMILY:
        norms = np.mean([_block_norms(name, widths, s) for s in range(seed, seed + seeds)], axis=0)
        for layer, wanted in enumerate(standard if name == "standard" else SPEEDS[name]):
            relative = _relative(norms[:, layer] / np.array(widths, float) ** wanted)
            for m, value, norm in zip(widths, relative, norms[:, layer]):
                yield value, None, {"parametrization": name, "layer": layer + 1, "m": m, "norm": norm}


def _block_norms(name, widths, seed):
    X = points_and_labels(seed)[0]
    return [[np.linalg.norm(b, 2) for b in tangent_blocks(*first_weights(name, m, seed), X)] for m in widths]


block_speeds.refuted_by("in standard parametrization the last block is constant too", standard=(0, 1, 0))


@claim(
    id="book-mup-output-scale",
    source="Book",
    statement="µP at width m is the NTK parametrization trained on √m y with the same step size, its outputs over √m.",
    status="proved here",
    assumptions="Weight variance one, equal widths, the same Gaussians; rounding is allowed for.",
    does_not_say="Anything about Adam.",
    verdict=equal(tolerance=1e-12),
)
def output_scale(*, seed=0, seeds=2, power=0.5):
    """Compare losses along 15 steps, those of the NTK run divided by m."""
    for m, s in product((16, 128), range(seed, seed + seeds)):
        X, y = points_and_labels(s)
        mup = layered_descent(*first_weights("mup", m, s), X, y, 0.5, 15)[0]
        ntk = layered_descent(*first_weights("ntk", m, s), X, m**power * y, 0.5, 15)[0]
        yield ntk / m ** (2 * power), mup, {"m": m, "seed": s}


output_scale.refuted_by("µP is the NTK parametrization: the scale of the labels does not matter", power=0.0)


@claim(
    id="book-feature-motion",
    source="Book, after Yang, Hu 2021",
    statement="In training, features move by a fraction of order m^(-1/2) in NTK and of order 1 in µP parametrization.",
    status="proof sketched",
    missing_step="the limit of training in µP, which is recalled",
    assumptions="Tanh, three layers, η = 1, 20 steps, m from 16 to 256; both over their power of m.",
    does_not_say="That moved features are better features.",
    verdict=power_law("m", ratio_band=(0.5, 2.0), tolerance=0.03, exponent=0.0),
)
def feature_motion(*, widths=(16, 32, 64, 128, 256), seed=0, seeds=8, exponents=(-0.5, 0.0)):
    """Relative change of the last hidden features over m^exponent, relative to the seed's own level."""
    for (name, wanted), s in product(zip(("ntk", "mup"), exponents), range(seed, seed + seeds)):
        moved = np.array([moved_features(name, m, s) for m in widths]) / np.array(widths, float) ** wanted
        for m, value in zip(widths, _relative(moved)):
            yield value, None, {"m": m, "parametrization": name, "seed": s}


feature_motion.refuted_by("in µP they move less and less too, like m^(-1/4)", exponents=(-0.5, -0.25))


@claim(
    id="book-standard-shift",
    source="Book, Theorem T2 with the block speeds",
    statement="In standard parametrization the largest stable step size falls like 1/m.",
    status="proof sketched",
    missing_step="stability of the network beyond that of its linearization",
    assumptions="Tanh, three layers, 20 steps, m from 48 to 480; stable: the loss has not risen.",
    does_not_say="That it is 2/λ_max: it lies between that and about twice that.",
    verdict=power_law("m", ratio_band=(0.4, 2.5), tolerance=0.1),
    companion="book-standard-largest",
)
def standard_shift(*, seed=0, seeds=2, name="standard", exponent=-1.0):
    """Bisect for the largest stable step size at each width and fit its exponent."""
    for m, s in product((48, 96, 192, 480), range(seed, seed + seeds)):
        (X, labels), start = points_and_labels(s), first_weights(name, m, s)
        yield largest_stable_step(*start, X, labels, steps=20, halvings=8), None, {"m": m, "seed": s}


standard_shift.refuted_by("it falls like m^(-1/2), as one layer's multiplier", exponent=-0.5)


@claim(
    id="book-standard-largest",
    source="Book, from the block speeds",
    statement="In standard parametrization λ_max of the tangent kernel grows like m: 2/λ_max falls like 1/m.",
    status="proved here",
    assumptions="Tanh, three layers, m from 128 to 2048, at the start.",
    does_not_say="That 2/λ_max is the largest step that a network survives.",
    verdict=power_law("m", ratio_band=(0.7, 1.4), tolerance=0.01),
)
def standard_largest(*, widths=(128, 512, 2048), seed=0, seeds=4, exponent=1.0):
    """Fit the exponent of λ_max in m, relative to the seed's own level."""
    for s in range(seed, seed + seeds):
        X = points_and_labels(s)[0]
        top = [largest_eigenvalue(*first_weights("standard", m, s), X) for m in widths]
        for m, value in zip(widths, _relative(top)):
            yield value, None, {"m": m, "seed": s}


standard_largest.refuted_by("like m^(4/5)", exponent=0.8)
