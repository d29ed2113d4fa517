"""Claims of the chapter on separability: XOR, finite width, pairs, random labels, parities."""

from itertools import product

import numpy as np

from ntklib import plain
from ntklib.claims import approximates, at_least, at_most, claim, equal, mean_of_draws, power_law
from ntklib.theory.polylog_width.separability import statements as limits
from ntklib.theory.polylog_width.separability import widths as finite
from ntklib.theory.polylog_width.separability.setting import (
    circle,
    margins,
    random_labels,
    sphere,
    tanh_distance,
    xor_points,
)
from ntklib.theory.polylog_width.tangent_models import tangent_margin


@claim(
    id="book-xor-margin-exact",
    source="Book",
    statement="The limiting XOR margin on the cube is the square root of a Fourier coefficient of the kernel.",
    status="proved here",
    assumptions="The whole cube in dimension d, the paper's ReLU network of any depth at infinite width.",
    does_not_say="What one network of finite width reaches.",
    verdict=equal(tolerance=1e-7),
)
def xor_exact(*, dims=(3, 5, 7), depths=(2, 3, 5), order=2, other_order=2, seed=0):
    """Compare with a quadratic program on one kernel matrix; ``other_order`` takes another parity there."""
    for d, L in product(dims, depths):
        X, y = limits.parity_cube(d, other_order)
        shuffle = np.random.default_rng(seed).permutation(len(y))
        X, y = X[shuffle], y[shuffle]
        solved = tangent_margin(limits.dot_kernel(X @ X.T, L), y).value
        yield limits.parity_margin(d, L, order=order), solved, {"d": d, "L": L}


xor_exact.refuted_by("every parity has this margin: that of one sign as well", other_order=1)


@claim(
    id="book-xor-margin-law",
    source="Book; the order 1/d is that of Ji and Telgarsky 2020",
    statement="The limiting XOR margin of the first layer is at least 1/(√π d), and tends to it.",
    status="proved here",
    assumptions="The whole cube, L = 2, infinite width.",
    does_not_say="That small d show the exponent −1: from d = 3 to 8 the local exponent is −1.15.",
    verdict=power_law("d", absolute=True, ratio_band=(1.0, 1.1), tolerance=0.02, widest=0.05),
    deterministic="a sum over a binomial law",
)
def xor_law(*, dims=(16, 32, 64, 128, 256, 512, 1024), exponent=-1.0):
    """Fit the exponent in d; γ√π d must stay in a band just above 1."""
    for d in dims:
        yield limits.parity_margin(d, 2, "hidden"), float(d) ** exponent / np.pi**0.5, {"d": d}


xor_law.refuted_by("d^(−1.15), as small d show it", exponent=-1.15)


@claim(
    id="chen-xor-margin-network",
    source="Chen, Cao, Zou, Gu 2021, the assumption; XOR and its margin: Ji and Telgarsky 2020; the constant: Book",
    statement="At m = 512 the XOR margin of a random network is the exact limit within 2.5 % + 2^d/(12m).",
    status="open",
    assumptions="The whole cube, d = 3 to 8, L = 2, mean over 16 networks, first layer and all layers.",
    does_not_say="That a single network is that near at every d.",
    verdict=approximates(),
)
def xor_network(*, dims=(3, 4, 5, 6, 7, 8), width=512, networks=16, seed=0, swap=False):
    """Compare mean margins with their limits, or (``swap``) with those of the other choice of layers."""
    for d in dims:
        mean = margins(*limits.parity_cube(d), width, networks, seed).mean(axis=0)
        for name, other, found in zip(limits.LAYERS, limits.LAYERS[::-1], mean):
            exact = limits.parity_margin(d, 2, other if swap else name)
            yield found, (exact, (0.025 + 2**d / (12 * width)) * exact), {"d": d, "layers": name}


xor_network.refuted_by("the output layer changes nothing", swap=True)


@claim(
    id="book-margin-floor",
    source="Book, with the direction of Ji and Telgarsky 2020",
    statement="γ_m ≥ |v|(γ − B√(2 log(N/δ)/m_eff)) with probability 1 − δ over the first layer.",
    status="proved here",
    assumptions="XOR on the cube, B = √(2/d), L = 2; δ = 0.1.",
    does_not_say="That the margin is so small: the bound loses the gap between one direction and the best.",
    verdict=at_least(),
    companion="book-margin-floor-one-sample",
)
def floor(*, dims=(2, 3, 4), widths=(1024, 4096), networks=4, delta=0.1, seed=0, single=False):
    """Compare the margin of networks with the bound; ``single`` puts the margin 1/2 of one sample into it."""
    for d, m, k in product(dims, widths, range(networks)):
        X, y = limits.parity_cube(d)
        K1, _, v = finite.shallow_kernels(X, m, 1000 * seed + k)
        gamma = 0.5 if single else finite.xor_nt_margin(d)
        bound = finite.margin_floor(gamma, v, len(y), delta, reach=np.sqrt(2 / d))
        yield tangent_margin(K1, y).value, bound, {"d": d, "m": m}


floor.refuted_by("all samples keep the margin 1/2 that one sample has", single=True)


@claim(
    id="book-margin-floor-one-sample",
    source="Book",
    statement="For one sample, γ = 1/2, the bound |v|(γ − √(2 log(1/δ)/m_eff)) loses hardly more than √2.",
    status="proved here",
    assumptions="A unit input, first layer, L = 2; the direction x itself; δ = 0.1.",
    does_not_say="Anything on several samples, where one direction must serve all.",
    verdict=at_least(),
)
def floor_one_sample(*, d=3, widths=(1024, 4096), networks=6, delta=0.1, seed=0, active=True):
    """Compare the margin of one sample with the bound; without ``active`` all neurons count, γ = 1."""
    for m, k in product(widths, range(networks)):
        K1, _, v = finite.shallow_kernels(np.eye(1, d), m, 1000 * seed + k)
        bound = finite.margin_floor(0.5 if active else 1.0, v, 1, delta)
        yield tangent_margin(K1, np.ones(1)).value, bound, {"m": m}


floor_one_sample.refuted_by("inactive neurons count as well: γ = 1", active=False)


@claim(
    id="book-margin-jensen",
    source="Book",
    statement="For L = 2 the squared margin of a network of any width is on average at most the squared limit.",
    status="proved here",
    assumptions="Gaussian weights; XOR on the cube, d = 4; the mean less three standard errors.",
    does_not_say="Anything about L ≥ 3, where the mean kernel at finite width is not the limit.",
    verdict=at_most(),
)
def jensen(*, widths=(8, 32, 128, 512), networks=60, d=4, seed=0, own=True):
    """Compare the mean less three standard errors with the limit; without ``own`` with that of the first layer."""
    for m in widths:
        drawn = margins(*limits.parity_cube(d), m, networks, seed)[:, :2] ** 2
        low = drawn.mean(axis=0) - 3 * drawn.std(axis=0) / np.sqrt(networks)
        for name, found in zip(limits.LAYERS, low):
            yield found, limits.parity_margin(d, 2, name if own else "hidden") ** 2, {"m": m, "layers": name}


jensen.refuted_by("the limit of the first layer bounds all layers as well", own=False)


@claim(
    id="book-margin-convergence",
    source="Book",
    statement="The squared margin of a network differs from |v|² times its limit by an order of m^(−1/2).",
    status="proved here",
    assumptions="First layer, L = 2, XOR on the cube in dimension 4, root mean square over 200 networks.",
    does_not_say="The constant, which the proof overrates.",
    verdict=power_law("m", ratio_band=(0.7, 1.4), tolerance=0.02),
)
def convergence(*, widths=(128, 256, 512, 1024, 2048, 4096), networks=200, d=4, seed=0, exponent=-0.5):
    """Fit the exponent of the root mean square of the difference."""
    X, y = limits.parity_cube(d)
    limit = limits.parity_margin(d, 2, "hidden") ** 2
    for m in widths:
        drawn = margins(X, y, m, networks, seed)
        yield np.sqrt(np.mean((drawn[:, 0] ** 2 - limit * drawn[:, 2] ** 2) ** 2)), None, {"m": m}


convergence.refuted_by("m^(−3/4), between a scatter and a bias", exponent=-0.75)


@claim(
    id="book-pair-distance",
    source="Book",
    statement="E|φ(x) − φ(x')|² = 3 − [2 sin θ + 3(π − θ) cos θ]/π at every width.",
    status="proved here",
    assumptions="L = 2, the paper's initialization, all layers, unit inputs at angle θ.",
    does_not_say="The same for deeper networks, where it holds in the limit only.",
    verdict=mean_of_draws(),
)
def distance(*, angles=(0.01, 0.1, 0.5, 2.0), width=32, draws=30_000, seed=0, layers="all"):
    """Compare with the formula, or with that of the hidden layer alone (``layers="hidden"``)."""
    for i, theta in enumerate(angles):
        params = plain.draw((2, width, 1), "chen", [seed, i, 19], batch=(draws,))
        F, B = plain.factors(params, circle(theta), activation="relu")
        K = sum(np.einsum("nif,njf->nij", f, f) * np.einsum("nif,njf->nij", b, b) for f, b in zip(F, B))
        yield K[:, 0, 0] + K[:, 1, 1] - 2 * K[:, 0, 1], float(limits.pair_distance(theta, layers=layers)), {"θ": theta}


distance.refuted_by("the output layer does not tell them apart", layers="hidden")


@claim(
    id="chen-pair-root-law",
    source="Chen, Cao, Zou, Gu 2021, the exponent in the separation; law and constant: Book",
    statement="Opposite labels at angle θ have the limiting margin ½√(L(L−1)θ/(2π)), for small θ.",
    status="proved here",
    assumptions="Infinite width; ReLU; 1e-4 ≤ θ ≤ 1e-2, L = 2, 3, 5.",
    does_not_say="That a network of width m shows it below θ of order 1/m, where no neuron tells the two apart.",
    verdict=power_law("θ", exponent=0.5, absolute=True, ratio_band=(0.99, 1.03), tolerance=0.005),
    deterministic="closed forms at nine angles",
)
def root_law(*, depths=(2, 3, 5), once=False):
    """Fit exponent and constant; ``once`` lets the gradient of each hidden layer lose θ/π once only, L − 1 in all."""
    for L, theta in product(depths, np.geomspace(1e-4, 1e-2, 9)):
        losses = L - 1 if once else L * (L - 1) / 2
        scaled = np.sqrt(limits.pair_distance(theta, L)) / 2 / np.sqrt(losses / (4 * np.pi))
        yield scaled, theta**0.5, {"L": L, "θ": theta}


root_law.refuted_by("every layer loses a share θ/π once: ½√((L − 1)θ/π)", once=True)


@claim(
    id="book-smooth-pairs",
    source="Book",
    statement="For tanh, opposite labels at angle θ have a limiting margin ½θ√(2E σ'² + E σ''²): linear, not a root.",
    status="proved here",
    assumptions="L = 2, unit weight variance, infinite width, small θ; up to a share 0.3 θ².",
    does_not_say="That tanh separates better at a distance: only the behaviour near 0 differs.",
    verdict=approximates(),
    deterministic="quadrature at four angles",
)
def smooth(*, activation="tanh", angles=(1e-3, 3e-3, 1e-2, 3e-2)):
    """Compare with the formula; with ``activation="relu"`` there is no such constant and the ratio diverges."""
    z, w = np.polynomial.hermite_e.hermegauss(150)
    w, slope = w / w.sum(), 1 / np.cosh(z) ** 2
    constant = w @ (2 * slope**2 + (2 * np.tanh(z) * slope) ** 2)
    for theta in angles:
        squared = tanh_distance(theta) if activation == "tanh" else float(limits.pair_distance(theta))
        expected = 0.5 * theta * np.sqrt(constant)
        yield 0.5 * np.sqrt(squared), (expected, 0.3 * theta**2 * expected), {"θ": theta}


smooth.refuted_by("ReLU has such a constant as well", activation="relu")


@claim(
    id="book-random-label-margin",
    source="Book",
    statement="With fair random labels the mean squared margin is at most (L + 1)/(2N), whatever the unit inputs.",
    status="proved here",
    assumptions="L = 2; uniform points on the sphere in dimension 10.",
    does_not_say="That it is of this order: as points crowd, it falls faster.",
    verdict=at_most(),
    companion="book-random-label-margin-orthogonal",
)
def random_label_margin(*, sizes=(10, 40, 160), width=256, draws=960, d=10, seed=0, equal=False):
    """Compare the mean with the ceiling over ``draws`` labels; ``equal`` gives all points the label 1 instead."""
    for N in sizes:
        points = {k: sphere(N, d, k) for k in range(100 * seed, 100 * seed + draws // N)}
        yield _label_margin(points, width, equal), 1.5 / N, {"N": N, "networks": len(points)}


def _label_margin(points, width, equal) -> float:
    """Mean squared margin of random labels over shallow networks, one for each seed and its points."""
    values = []
    for k, X in points.items():
        y = np.ones(len(X)) if equal else random_labels(len(X), k)
        K = sum(finite.shallow_kernels(X, width, k)[:2])
        values.append(max(tangent_margin(K, y).value, 0.0) ** 2)
    return float(np.mean(values))


random_label_margin.refuted_by("whatever the labels: all equal", equal=True)


@claim(
    id="book-random-label-margin-orthogonal",
    source="Book",
    statement="For orthonormal inputs, the squared margin of random labels is (L + 1)/(2N) up to a factor 2.",
    status="proved here",
    assumptions="L = 2; N = 10, 40, 160 orthonormal inputs.",
    does_not_say="What crowded inputs lose.",
    verdict=at_most(),
)
def orthogonal_label_margin(*, sizes=(10, 40, 160), width=1024, draws=960, seed=0, hidden=False):
    """Compare the mean with the ceiling; ``hidden`` counts the trace of the hidden layer alone."""
    for N in sizes:
        points = {k: np.eye(N) for k in range(100 * seed, 100 * seed + draws // N)}
        yield _label_margin(points, width, False), (0.5 if hidden else 1.5) / N, {"N": N, "networks": len(points)}


orthogonal_label_margin.refuted_by("the output layer's trace does not count: (L − 1)/(2N)", hidden=True)


@claim(
    id="book-subsample-margin",
    source="Book",
    statement="A sample of XOR has at least the margin of the whole cube, whatever its size.",
    status="proved here",
    assumptions="Infinite width, d = 6, L = 2 and 3.",
    does_not_say="That the same holds when other points come along.",
    verdict=at_least(tolerance=1e-6),
)
def subsample(*, sizes=(8, 16, 32, 64), depths=(2, 3), d=6, seed=0, fair=False):
    """Compare margins with the exact one of the cube; ``fair`` draws the labels at random."""
    for N, L in product(sizes, depths):
        X, y = xor_points(N, d, seed)
        y = random_labels(N, seed) if fair else y
        found = tangent_margin(limits.dot_kernel(X @ X.T, L), y).value
        yield found, limits.parity_margin(d, L), {"N": N, "L": L}


subsample.refuted_by("any labels of the same points do: random ones", fair=True)


@claim(
    id="book-odd-parity",
    source="Book",
    statement="No tangent model of a shallow ReLU network without biases separates a parity of order 3 on the cube.",
    status="proved here",
    assumptions="L = 2, any width, any weights; the cube contains x and −x. Margin 0 up to √(2^d u).",
    does_not_say="That three layers cannot: they do.",
    verdict=equal(tolerance=1e-7, scale=1.0),
)
def odd_parity(*, widths=(4, 64, 1024), d=4, seed=0, order=3):
    """Compare the dual margin with 0; ``order=2`` is XOR, which separates."""
    X, y = limits.parity_cube(d, order)
    for m in widths:
        yield tangent_margin(sum(finite.shallow_kernels(X, m, seed)[:2]), y).upper, 0.0, {"m": m}


odd_parity.refuted_by("nor of order 2: XOR", order=2)
