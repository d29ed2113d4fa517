"""Claims of the chapter on tangent features: scales, duality, margins, radii, duplicates, silence."""

import numpy as np

from ntklib.claims import claim, frequency, inequality
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
)
def scales(*, shapes=((8, 2), (8, 4), (32, 3)), draws=4000, seed=0, parametrization="chen"):
    """Compare the deviation of each mean with 4.5 standard errors."""
    errors, allowed, rows = [], [], []
    for width, depth in shapes:
        drawn = initial_scales(width, depth, draws, seed, parametrization)
        for name, values, expected in zip(("h²", "K/m", "f²"), drawn.T, (1.0, (depth + 1) / 2, 1.0)):
            errors.append(abs(values.mean() - expected)), allowed.append(4.5 * values.std() / draws**0.5)
            rows.append({"m": width, "L": depth, "quantity": name, "mean": values.mean(), "expected": expected})
    return inequality(errors, allowed, rows, "<=")


scales.refuted_by(parametrization="lecun")


@claim(
    id="book-tangent-duality",
    source="Book",
    statement="The best logistic loss in the tangent class equals the maximum of its dual.",
    status="proved here",
    assumptions="Digits, true and random labels, R = 1 and 5; a general solver for the dual.",
    does_not_say="That either solver is fast where the loss is tiny.",
)
def duality(*, radii=(1.0, 5.0), N=30, shapes=((64, 2), (64, 3)), seed=0, dual_radius=1.0):
    """Compare the relative gap with 1e-4; ``dual_radius`` multiplies R in the dual only."""
    gaps, rows = [], []
    for row, p in problems(shapes, N, seed):
        for R in radii:
            primal = tangent_fit(p.blocks, p.y, R, start=p.start, tolerance=1e-6).loss
            dual = features.dual_maximum(p.blocks, p.y, dual_radius * R, p.start)
            gaps.append(abs(primal - dual) / primal), rows.append(row | {"R": R, "loss": primal, "dual": dual})
    return inequality(gaps, 1e-4, rows, "<=")


duality.refuted_by(dual_radius=0.9)


@claim(
    id="book-margin-bridge",
    source="Book",
    statement="The tangent margin is at least 1/√(yᵀK̄⁻¹y), which is at least √(λ_min(K̄)/N).",
    status="proved here",
    assumptions="K̄ positive definite.",
    does_not_say="That a small λ_min means a small margin: it can vanish while the margin stays.",
)
def margin_bridge(*, shapes=SHAPES, N=40, seed=0, factor=1.0):
    """Two inequalities per network; ``factor`` multiplies the lower sides."""
    larger, smaller, rows = [], [], []
    for row, p in problems(shapes, N, seed):
        spectral, interpolation = features.bridge(p.kernel, p.y)
        larger += [p.margin.value, interpolation]
        smaller += [interpolation, spectral]
        rows += [row | {"link": "margin"}, row | {"link": "interpolator"}]
    return inequality(larger, factor * np.array(smaller), rows, ">=", tolerance=1e-8)


margin_bridge.refuted_by(factor=1.2)


@claim(
    id="book-margin-layers",
    source="Book",
    statement="The squared margin with all layers is at least the sum of the squared margins of the layers.",
    status="proved here",
    assumptions="Every layer separates, that is, has a margin that is not negative.",
    does_not_say="That the last layer alone separates in a narrow network.",
)
def margin_layers(*, shapes=SHAPES, N=40, seed=0, power=2):
    """Compare γ with the sum over layers; ``power=1`` adds the margins instead of their squares."""
    whole, parts, rows = [], [], []
    for row, p in problems(shapes, N, seed):
        layers = [max(tangent_margin(K, p.y).value, 0.0) for K in p.blocks]
        whole.append(p.margin.upper), parts.append(np.sum(np.power(layers, power)) ** (1 / power)), rows.append(row)
    return inequality(whole, parts, rows, ">=", tolerance=1e-8)


margin_layers.refuted_by(power=1)


@claim(
    id="chen-sufficient-radius",
    source="Chen, Cao, Zou, Gu 2021, Proposition on the margin, in the book's exact form",
    statement="At R = [log 1/(e^ε − 1) + max|f_0|]/γ the best tangent model has loss at most ε.",
    status="proved here",
    assumptions="γ > 0.",
    does_not_say="That so large a radius is needed: a third of it, and less, does.",
)
def radius_suffices(*, targets=(0.3, 0.1), shapes=((64, 2), (256, 3), (128, 5)), N=40, seed=0, factor=1.0):
    """Compare ε_NTRF at ``factor`` times the radius with ε."""
    losses, goals, rows = [], [], []
    for row, p in problems(shapes, N, seed):
        for target in targets:
            R = factor * features.sufficient_radius(p.margin.value, p.start, target)
            fit = tangent_fit(p.blocks, p.y, R, start=p.start, tolerance=0.05, steps=1000)
            losses.append(fit.loss), goals.append(target), rows.append(row | {"R": R})
    return inequality(losses, goals, rows, "<=")


radius_suffices.refuted_by(factor=0.2)


@claim(
    id="book-loss-floor",
    source="Book",
    statement="ε_NTRF(R) is at least ℓ(Σ p_i y_i f_0(x_i) + √L R γ)/(N max p), p the weights of the margin's dual.",
    status="proved here",
    assumptions="Balls of radius R in each of L layers.",
    does_not_say="That it is near: between floor and ceiling lie √L in the radius and N max p in the loss.",
)
def floor(*, radii=(1.0, 3.0, 10.0), shapes=((64, 2), (256, 3), (128, 5)), N=40, seed=0, layers=None):
    """Compare the dual value of ε_NTRF with the floor; ``layers`` replaces L."""
    lower, floors, rows = [], [], []
    for row, p in problems(shapes, N, seed):
        margin = p.margin
        for R in radii:
            fit = tangent_fit(p.blocks, p.y, R, start=p.start, tolerance=1e-3, steps=2000)
            lower.append(fit.loss), rows.append(row | {"R": R})
            floors.append(features.loss_floor(margin, p.start, p.y, R, row["L"] if layers is None else layers))
    return inequality(lower, floors, rows, ">=")


floor.refuted_by(layers=0)


@claim(
    id="book-duplicates-keep-margin",
    source="Book",
    statement="Copies with the same label at feature distance D lower γ by at most D, but λ_min(K̄) to at most D²/2.",
    status="proved here",
    assumptions="Half of the points copied at distance 1e-1 to 1e-6 on the sphere, and exactly.",
    does_not_say="How D depends on the distance: like its root in the limit, in proportion at distances far below 1/m.",
)
def duplicates(*, distances=(1e-1, 1e-2, 1e-4, 1e-6, 0.0), width=128, depth=3, N=30, seed=0, flip=False):
    """Compare loss of margin with D and λ_min with D²/2; ``flip`` gives the copies the opposite labels."""
    X, y = unit_digits(N, seed=seed)
    before = features.problem(X, y, width, depth, seed).margin.upper
    found, bounds, rows = [], [], []
    for distance in distances:
        p = features.problem(*with_copies(X, y, N // 2, distance, flip=flip, seed=seed), width, depth, seed)
        K = p.kernel
        a, b = np.arange(N // 2), N + np.arange(N // 2)
        D = np.sqrt(np.maximum(K[a, a] + K[b, b] - 2 * K[a, b], 0.0)).max()
        rounding = 1e-12 * np.trace(K)
        found += [before - p.margin.upper - 1e-7, np.linalg.eigvalsh(K)[0] - rounding]
        bounds += [D, D**2 / 2]
        rows += [{"distance": distance, "what": "margin lost"}, {"distance": distance, "what": "λ_min"}]
    return inequality(found, bounds, rows, "<=")


duplicates.refuted_by(flip=True)


@claim(
    id="book-contradictions-floor",
    source="Book",
    statement="With k points that carry both labels, γ = 0 and ε_NTRF(R) ≥ (2k/N) log 2 for every R.",
    status="proved here",
    assumptions="Exact copies.",
    does_not_say="That near copies behave so at every R: their price is a larger radius.",
)
def contradictions(*, counts=(1, 5, 15), radii=(3.0, 30.0), width=128, depth=3, N=30, seed=0, distance=0.0):
    """Compare the best loss with the floor; at a positive ``distance`` the network tells the copies apart."""
    losses, floors, rows = [], [], []
    for k in counts:
        X, y = with_copies(*unit_digits(N, seed=seed), k, distance, flip=True, seed=seed)
        p = features.problem(X, y, width, depth, seed)
        for R in radii:
            fit = tangent_fit(p.blocks, p.y, R, start=p.start, tolerance=1e-3, steps=1000)
            losses.append(fit.loss), floors.append(2 * k / len(y) * np.log(2)), rows.append({"k": k, "R": R})
    return inequality(losses, floors, rows, ">=", tolerance=1e-12)


contradictions.refuted_by(distance=0.5)


@claim(
    id="book-dead-network",
    source="Book",
    statement="One sample sees no gradient at all with probability 1 − (1 − 2^(−m))^(L−1).",
    status="proved here",
    assumptions="Symmetric weights without atoms, no biases, σ'(0) = 0.",
    does_not_say="What happens to a sample whose neighbours still move the network.",
)
def dead(*, shapes=((1, 3), (2, 2), (2, 5), (4, 5)), draws=3000, seed=0, depth_shift=0):
    """Compare frequencies of a vanishing K(x, x); ``depth_shift`` counts more layers than there are."""
    counts = [int((initial_scales(m, L, draws, seed)[:, 1] == 0).sum()) for m, L in shapes]
    expected = [features.dead_probability(m, L + depth_shift) for m, L in shapes]
    return frequency(counts, draws, expected, table=[{"m": m, "L": L} for m, L in shapes], relation="==")


dead.refuted_by(depth_shift=1)


@claim(
    id="chen-loss-hardly-depends-on-width",
    source="Book, an observation on the class of Chen, Cao, Zou, Gu 2021",
    statement="From m = 64 to m = 1024 the mean of ε_NTRF(R) over initializations changes by less than a factor 1.3.",
    status="open",
    assumptions="Digits with random labels, N = 40, R = 5, L = 2 and 3, four initializations per width.",
    does_not_say="That the gradient of a network of that width stays where it was: that is the next chapter.",
)
def width_free(*, widths=(64, 256, 1024), depths=(2, 3), radius=5.0, N=40, networks=4, seed=0, band=1.3):
    """Compare the largest mean over widths with ``band`` times the smallest."""
    X, y = unit_digits(N, seed=seed, random_labels=True)
    rows, ratios = [], []
    for L in depths:
        means = []
        for m in widths:
            ps = [features.problem(X, y, m, L, seed + 10 * k) for k in range(networks)]
            means.append(np.mean([tangent_fit(p.blocks, y, radius, start=p.start, tolerance=1e-2).loss for p in ps]))
        ratios.append(max(means) / min(means)), rows.append({"L": L, "means": means})
    return inequality(ratios, band, rows, "<=")


width_free.refuted_by(widths=(2, 64))
