"""Claims on tangent features: scales, duality, margins, radii, duplicates, silence."""

import numpy as np

from ntklib.claims import at_least, at_most, claim, equal, mean_of_draws, probability, within_factor
from ntklib.theory.polylog_width.setting import unit_digits, with_copies
from ntklib.theory.polylog_width.tangent_features import statements as features
from ntklib.theory.polylog_width.tangent_features.scales import initial_scales
from ntklib.theory.polylog_width.tangent_models import tangent_fit, tangent_margin

SHAPES = ((64, 2), (256, 2), (64, 3), (256, 3), (128, 5))


def problems(shapes=SHAPES, N=40, seed=0, labels=(False, True)):
    """Tangent problems on digits, true and random labels, with the settings of each."""
    for random_labels in labels:
        X, y = unit_digits(N, seed=seed, random_labels=random_labels)
        for width, depth in shapes:
            row = {"labels": "random" if random_labels else "true", "m": width, "L": depth}
            yield row, features.problem(X, y, width, depth, seed)


@claim(
    id="chen-initial-scales",
    source="Chen, Cao, Zou, Gu 2021, the network; the exact means are the book's",
    statement="At every width, E|h|² = 1, E f_0² = 1 and E K(x, x)/m = (L + 1)/2 at initialization.",
    status="proved here",
    assumptions="Unit input, variance 2/m in the hidden layers and 1/m in the last, output times √m.",
    does_not_say="How far one narrow network is from its mean.",
    verdict=mean_of_draws(confidence=0.999),
)
def scales(*, shapes=((8, 2), (8, 4), (32, 3)), draws=40_000, seed=0, layers=1):
    """Compare means over draws with the exact ones; ``layers`` is what is added to L in (L + 1)/2."""
    for width, depth in shapes:
        drawn = initial_scales(width, depth, draws, seed, "chen")
        for name, values, exact in zip(("h²", "K/m", "f²"), drawn.T, (1.0, (depth + layers) / 2, 1.0)):
            yield values, exact, {"m": width, "L": depth, "quantity": name}


scales.refuted_by("E K(x, x)/m = L/2: every layer contributes one half", layers=0)


@claim(
    id="book-tangent-duality",
    source="Book",
    statement="The best logistic loss in the tangent class equals the maximum of its dual.",
    status="proved here",
    assumptions="Digits, true and random labels, R = 1 and 5; a general solver for the dual.",
    does_not_say="That either solver is fast where the loss is tiny.",
    verdict=equal(tolerance=1e-6),
)
def duality(*, radii=(1.0, 5.0), N=30, shapes=((64, 2), (64, 3)), seed=0, dual_radius=1.0):
    """Compare the two optima; ``dual_radius`` multiplies R in the dual only."""
    for row, p in problems(shapes, N, seed):
        for R in radii:
            primal = tangent_fit(p.blocks, p.y, R, start=p.start, tolerance=1e-7).loss
            yield primal, features.dual_maximum(p.blocks, p.y, dual_radius * R, p.start), row | {"R": R}


duality.refuted_by("a dual of a ball smaller by a thousandth", dual_radius=0.999)


@claim(
    id="book-margin-bridge",
    source="Book",
    statement="The tangent margin is at least 1/√(yᵀK̄⁻¹y), which is at least √(λ_min(K̄)/N).",
    status="proved here",
    assumptions="K̄ positive definite.",
    does_not_say="That a small λ_min means a small margin: it can vanish while the margin stays.",
    verdict=at_least(tolerance=1e-8),
)
def margin_bridge(*, shapes=SHAPES, N=40, seed=0, samples=True):
    """Two inequalities per network; ``samples=False`` forgets to divide λ_min by N."""
    for row, p in problems(shapes, N, seed):
        spectral, interpolation = features.bridge(p.kernel, p.y)
        yield p.margin.value, interpolation, row | {"link": "margin"}
        yield interpolation, spectral * (1.0 if samples else N**0.5), row | {"link": "interpolator"}


margin_bridge.refuted_by("the margin is at least √λ_min(K̄), without N", samples=False)


@claim(
    id="book-margin-layers",
    source="Book",
    statement="The squared margin with all layers is at least the sum of the squared margins of the layers.",
    status="proved here",
    assumptions="Every layer separates, that is, has a margin that is not negative.",
    does_not_say="That the last layer alone separates in a narrow network.",
    verdict=at_least(tolerance=1e-8),
)
def margin_layers(*, shapes=SHAPES, N=40, seed=0, power=2):
    """Compare γ with the sum over layers; ``power=1`` adds the margins instead of their squares."""
    for row, p in problems(shapes, N, seed):
        layers = [max(tangent_margin(K, p.y).value, 0.0) for K in p.blocks]
        yield p.margin.upper, np.sum(np.power(layers, power)) ** (1 / power), row


margin_layers.refuted_by("the margins add, not their squares", power=1)


@claim(
    id="chen-sufficient-radius",
    source="Chen, Cao, Zou, Gu 2021, Proposition on the margin, in the book's exact form",
    statement="At R = [log 1/(e^ε − 1) + max|f_0|]/γ the best tangent model has loss at most ε.",
    status="proved here",
    assumptions="γ > 0.",
    does_not_say="That so large a radius is needed: a third of it, and less, does.",
    verdict=at_most(trivial=float(np.log(2))),
    companion="book-radius-one-sample",
)
def radius_suffices(*, targets=(0.3, 0.1), shapes=((64, 2), (256, 3), (128, 5)), N=40, seed=0, share=1.0):
    """Compare ε_NTRF at a ``share`` of the radius with ε."""
    for row, p in problems(shapes, N, seed):
        for target in targets:
            R = share * features.sufficient_radius(p.margin.value, p.start, target)
            yield tangent_fit(p.blocks, p.y, R, start=p.start, tolerance=0.05, steps=1000).loss, target, row | {"R": R}


radius_suffices.refuted_by("a fifth of the radius suffices", share=0.2)


@claim(
    id="book-radius-one-sample",
    source="Book",
    statement="For one sample and one layer the radius of chen-sufficient-radius is what loss ε needs, if y f_0 < 0.",
    status="proved here",
    assumptions="One digit, labelled against its output at initialization; the block of the last layer.",
    does_not_say="That many samples and all layers need as much: √L and the samples' differences help.",
    verdict=equal(tolerance=1e-6),
)
def one_sample(*, targets=(0.3, 0.1, 0.03), shapes=((64, 2), (256, 3)), seed=0, against=True):
    """Compare ε_NTRF with ε; ``against=False`` labels the sample as the network does already."""
    for (width, depth), target in ((shape, target) for shape in shapes for target in targets):
        X, y = unit_digits(2, seed=seed)
        p = features.problem(X, y, width, depth, seed)
        block, start = p.blocks[-1][:1, :1], np.asarray(p.start)[:1]
        label = -np.sign(start) if against else np.sign(start)
        R = features.sufficient_radius(float(block[0, 0]) ** 0.5, start, target)
        loss = tangent_fit([block], label, R, start=start, tolerance=1e-8).loss
        yield loss, target, {"m": width, "L": depth, "ε": target}


one_sample.refuted_by("labels that the network has already need the same radius", against=False)


@claim(
    id="book-loss-floor",
    source="Book",
    statement="ε_NTRF(R) is at least ℓ(Σ p_i y_i f_0(x_i) + √L R γ)/(N max p), p the weights of the margin's dual.",
    status="proved here",
    assumptions="Balls of radius R in each of L layers.",
    does_not_say="That it is near: between floor and ceiling lie √L in the radius and N max p in the loss.",
    verdict=at_least(),
    loose_because="between floor and ceiling lie √L in the radius and N max p in the loss; no instance attains both",
)
def floor(*, radii=(1.0, 3.0, 10.0), shapes=((64, 2), (256, 3), (128, 5)), N=40, seed=0, power=0.5):
    """Compare ε_NTRF with the floor; ``power`` is that of L before R γ."""
    for row, p in problems(shapes, N, seed):
        for R in radii:
            loss = tangent_fit(p.blocks, p.y, R, start=p.start, tolerance=1e-3, steps=2000).loss
            yield loss, features.loss_floor(p.margin, p.start, p.y, R, row["L"] ** (2 * power)), row | {"R": R}


floor.refuted_by("γ R/√L in the place of √L R γ", power=-0.5)


@claim(
    id="book-duplicates-keep-margin",
    source="Book",
    statement="Copies with the same label at feature distance D lower γ by at most D, but λ_min(K̄) to at most D²/2.",
    status="proved here",
    assumptions="Half of the points copied at distance 1e-1 to 1e-6 on the sphere, and exactly.",
    does_not_say="How D depends on the distance: like its root in the limit, in proportion at distances far below 1/m.",
    verdict=at_most(),
    companion="book-duplicate-pair",
)
def duplicates(*, distances=(1e-1, 1e-2, 1e-4, 1e-6, 0.0), width=128, depth=3, N=30, seed=0, flip=False):
    """Compare loss of margin with D and λ_min with D²/2; ``flip`` gives the copies the opposite labels."""
    X, y = unit_digits(N, seed=seed)
    before = features.problem(X, y, width, depth, seed).margin.upper
    for distance in distances:
        p = features.problem(*with_copies(X, y, N // 2, distance, flip=flip, seed=seed), width, depth, seed)
        K, a, b = p.kernel, np.arange(N // 2), N + np.arange(N // 2)
        D = np.sqrt(np.maximum(K[a, a] + K[b, b] - 2 * K[a, b], 0.0)).max()
        yield before - p.margin.upper - 1e-7, D, {"distance": distance, "what": "margin lost"}
        smallest = np.linalg.eigvalsh(K)[0] - 1e-12 * np.trace(K)
        yield smallest, D**2 / 2, {"distance": distance, "what": "λ_min"}


duplicates.refuted_by("copies with the opposite label keep the margin as well", flip=True)


@claim(
    id="book-duplicate-pair",
    source="Book",
    statement="For a sample and its copy alone λ_min(K̄) is at most D²/2, and nearly attains it.",
    status="proved here",
    assumptions="One digit and a copy at distance 1e-1 to 1e-3, three layers of 128 neurons.",
    does_not_say="That the smallest eigenvalue of many samples is that of their closest pair.",
    verdict=at_most(),
)
def pair(*, distances=(1e-1, 1e-2, 1e-3), width=128, depth=3, seed=0, half=2.0):
    """Compare λ_min of the 2 × 2 kernel with D²/2; ``half`` is the divisor."""
    X, y = unit_digits(2, seed=seed)
    for distance in distances:
        p = features.problem(*with_copies(X, y, 1, distance, seed=seed), width, depth, seed)
        K = p.kernel[np.ix_([0, 2], [0, 2])]
        D2 = K[0, 0] + K[1, 1] - 2 * K[0, 1]
        yield np.linalg.eigvalsh(K)[0], D2 / half, {"distance": distance}


pair.refuted_by("D²/4 in the place of D²/2", half=4.0)


@claim(
    id="book-contradictions-floor",
    source="Book",
    statement="With k points that carry both labels, γ = 0 and ε_NTRF(R) ≥ (2k/N) log 2 for every R.",
    status="proved here",
    assumptions="Exact copies.",
    does_not_say="That near copies behave so at every R: their price is a larger radius.",
    verdict=at_least(tolerance=1e-12),
)
def contradictions(*, counts=(1, 5, 15), radii=(3.0, 30.0), width=128, depth=3, N=30, seed=0, distance=0.0):
    """Compare the best loss with the floor; at a positive ``distance`` the network tells the copies apart."""
    for k in counts:
        X, y = with_copies(*unit_digits(N, seed=seed), k, distance, flip=True, seed=seed)
        p = features.problem(X, y, width, depth, seed)
        for R in radii:
            loss = tangent_fit(p.blocks, p.y, R, start=p.start, tolerance=1e-3, steps=1000).loss
            yield loss, 2 * k / len(y) * np.log(2), {"k": k, "R": R}


contradictions.refuted_by("copies at distance 1/2 contradict as well", distance=0.5)


@claim(
    id="book-dead-network",
    source="Book",
    statement="One sample sees no gradient at all with probability 1 − (1 − 2^(−m))^(L−1).",
    status="proved here",
    assumptions="Symmetric weights without atoms, no biases, σ'(0) = 0.",
    does_not_say="What happens to a sample whose neighbours still move the network.",
    verdict=probability(relation="=="),
)
def dead(*, shapes=((1, 3), (2, 2), (2, 5), (4, 5)), draws=3000, seed=0, depth_shift=0):
    """Compare frequencies of a vanishing K(x, x); ``depth_shift`` counts more layers than there are."""
    for m, L in shapes:
        count = int((initial_scales(m, L, draws, seed)[:, 1] == 0).sum())
        yield (count, draws), features.dead_probability(m, L + depth_shift), {"m": m, "L": L}


dead.refuted_by("all L layers can die, the last one too", depth_shift=1)


@claim(
    id="book-loss-hardly-depends-on-width",
    source="Book, an observation on the class of Chen, Cao, Zou, Gu 2021",
    statement="From m = 64 to m = 1024 the mean of ε_NTRF(R) over initializations changes by less than a factor 1.3.",
    status="open",
    assumptions="Digits with random labels, N = 40, R = 5, L = 2 and 3, four initializations per width.",
    does_not_say="That the gradient of a network of that width stays where it was: that is the next chapter.",
    verdict=within_factor(),
    loose_because="an observation over four initializations a width",
)
def width_free(*, widths=(64, 256, 1024), depths=(2, 3), radius=5.0, N=40, networks=4, seed=0, band=1.3):
    """Compare the largest mean over widths with ``band`` times the smallest."""
    X, y = unit_digits(N, seed=seed, random_labels=True)
    for L in depths:
        means = []
        for m in widths:
            ps = [features.problem(X, y, m, L, seed + 10 * k) for k in range(networks)]
            means.append(np.mean([tangent_fit(p.blocks, y, radius, start=p.start, tolerance=1e-2).loss for p in ps]))
        yield max(means), (min(means), band), {"L": L, "means": str(np.round(means, 3))}


width_free.refuted_by("from two neurons on", widths=(2, 64))
