"""Claims of the chapter on separability: XOR, finite width, pairs, random labels, parities."""

import numpy as np

from ntklib.claims import claim, inequality, scaling_law
from ntklib.theory.polylog_width.separability import statements as limits
from ntklib.theory.polylog_width.separability import widths as finite
from ntklib.theory.polylog_width.tangent_models import tangent_margin


def margins(X, y, width: int, networks: int, seed: int = 0):
    """Margins of independent shallow networks: first layer, all layers, and the norm of the output weights."""
    rows = []
    for k in range(networks):
        K1, K2, v = finite.shallow_kernels(X, width, 1000 * seed + k)
        pair = [max(tangent_margin(K, y).value, 0.0) for K in (K1, K1 + K2)]
        rows.append((*pair, np.linalg.norm(v)))
    return np.array(rows)


def circle(theta: float) -> np.ndarray:
    """Two unit vectors of the plane at angle θ."""
    return np.array([[1.0, 0.0], [np.cos(theta), np.sin(theta)]])


def tanh_distance(theta: float) -> float:
    """Limiting squared feature distance of two unit inputs at angle θ, for tanh with unit weights and L = 2."""
    z, w = np.polynomial.hermite_e.hermegauss(80)
    w = np.outer(w, w) / w.sum() ** 2
    u, v = z[:, None] + 0 * z, np.cos(theta) * z[:, None] + np.sin(theta) * z
    a, b = 1 / np.cosh(u) ** 2, 1 / np.cosh(v) ** 2
    hidden = (a - b) ** 2 + 4 * a * b * np.sin(theta / 2) ** 2
    return float(np.sum(w * (hidden + (np.tanh(u) - np.tanh(v)) ** 2)))


def sphere(N: int, d: int, seed: int = 0) -> np.ndarray:
    """N uniform unit vectors."""
    X = np.random.default_rng([seed, 23]).standard_normal((N, d))
    return X / np.linalg.norm(X, axis=1, keepdims=True)


def random_labels(N: int, seed: int = 0) -> np.ndarray:
    """N fair signs."""
    return np.random.default_rng([seed, 29]).choice([-1.0, 1.0], N)


def xor_points(N: int, d: int, seed: int = 0):
    """N different vertices of the cube with their XOR labels."""
    X, y = limits.parity_cube(d)
    keep = np.random.default_rng([seed, 31]).permutation(len(y))[:N]
    return X[keep], y[keep]


@claim(
    id="book-xor-margin-exact",
    source="Book",
    statement="The limiting XOR margin on the cube is the square root of a Fourier coefficient of the kernel.",
    status="proved here",
    assumptions="The whole cube in dimension d, the paper's ReLU network of any depth at infinite width.",
    does_not_say="What one network of finite width reaches.",
)
def xor_exact(*, dims=(3, 5, 7), depths=(2, 3, 5), order=2, other_order=2, seed=0):
    """Compare with a quadratic program on one kernel matrix; ``other_order`` takes another parity there."""
    errors, rows = [], []
    for d in dims:
        X, y = limits.parity_cube(d, other_order)
        shuffle = np.random.default_rng(seed).permutation(len(y))
        X, y = X[shuffle], y[shuffle]
        for L in depths:
            exact = limits.parity_margin(d, L, order=order)
            solved = tangent_margin(limits.dot_kernel(X @ X.T, L), y).value
            errors.append(abs(exact / solved - 1)), rows.append({"d": d, "L": L, "margin": exact, "solved": solved})
    return inequality(errors, 1e-6, rows, "<=")


xor_exact.refuted_by(other_order=1)


@claim(
    id="book-xor-margin-law",
    source="Book; the order 1/d is that of Ji and Telgarsky 2020",
    statement="The limiting XOR margin of the first layer is at least 1/(√π d), and tends to it.",
    status="proved here",
    assumptions="The whole cube, L = 2, infinite width.",
    does_not_say="That small d show the exponent −1: from d = 3 to 8 the local exponent is −1.15.",
)
def xor_law(*, dims=(16, 32, 64, 128, 256, 512, 1024), exponent=-1.0, seed=0):
    """Compare γ√π d with a band just above 1."""
    dims = np.array(dims) + seed
    found = [limits.parity_margin(int(d), 2, "hidden") for d in dims]
    return scaling_law(
        dims, found, exponent, (1.0, 1.1), predicted=dims**exponent / np.sqrt(np.pi), tolerance=0.02, widest=0.05
    )


xor_law.refuted_by(exponent=-1.2)


@claim(
    id="chen-xor-margin-network",
    source="Chen, Cao, Zou, Gu 2021, the assumption; XOR and its margin: Ji and Telgarsky 2020; the constant: Book",
    statement="At m = 512 the XOR margin of a random network is within 20 % of the exact limit for d = 3 to 8.",
    status="open",
    assumptions="The whole cube, L = 2, mean over four networks, first layer and all layers.",
    does_not_say="That a single network is that near at every d.",
)
def xor_network(*, dims=(3, 4, 5, 6, 7, 8), width=512, networks=4, seed=0, band=0.2):
    """Compare the relative distance of the mean margin from the limit with ``band``."""
    errors, rows = [], []
    for d in dims:
        mean = margins(*limits.parity_cube(d), width, networks, seed).mean(axis=0)
        for name, found in zip(limits.LAYERS, mean):
            exact = limits.parity_margin(d, 2, name)
            (
                errors.append(abs(found / exact - 1)),
                rows.append({"d": d, "layers": name, "margin": found, "limit": exact}),
            )
    return inequality(errors, band, rows, "<=")


xor_network.refuted_by(width=8)


@claim(
    id="book-margin-floor",
    source="Book, with the direction of Ji and Telgarsky 2020",
    statement="γ_m ≥ |v|(γ − B√(2 log(N/δ)/m_eff)) with probability 1 − δ over the first layer.",
    status="proved here",
    assumptions="XOR on the cube, B = √(2/d), L = 2.",
    does_not_say="That the margin is so small: the bound loses the gap between one direction and the best.",
)
def floor(*, dims=(2, 3, 4), widths=(1024, 4096), networks=4, delta=0.1, seed=0, factor=1.0):
    """Compare the margin of networks with the bound; ``factor`` multiplies the limiting margin in it."""
    found, bounds, rows = [], [], []
    for d in dims:
        X, y = limits.parity_cube(d)
        for m in widths:
            for k in range(networks):
                K1, _, v = finite.shallow_kernels(X, m, 1000 * seed + k)
                found.append(tangent_margin(K1, y).value), rows.append({"d": d, "m": m})
                gamma = factor * finite.xor_nt_margin(d)
                bounds.append(finite.margin_floor(gamma, v, len(y), delta, reach=np.sqrt(2 / d)))
    return inequality(found, bounds, rows, ">=")


floor.refuted_by(factor=2.5)


@claim(
    id="book-margin-jensen",
    source="Book",
    statement="For L = 2 the squared margin of a network of any width is on average at most the squared limit.",
    status="proved here",
    assumptions="Gaussian weights; XOR on the cube, d = 4.",
    does_not_say="Anything about L ≥ 3, where the mean kernel at finite width is not the limit.",
)
def jensen(*, widths=(8, 32, 128, 512), networks=60, d=4, seed=0, factor=1.0):
    """Compare the mean less three standard errors with the limit; ``factor`` multiplies the limit."""
    found, bounds, rows = [], [], []
    for m in widths:
        drawn = margins(*limits.parity_cube(d), m, networks, seed)[:, :2] ** 2
        found += list(drawn.mean(axis=0) - 3 * drawn.std(axis=0) / np.sqrt(networks))
        bounds += [factor * limits.parity_margin(d, 2, name) ** 2 for name in limits.LAYERS]
        rows += [{"m": m, "layers": name} for name in limits.LAYERS]
    return inequality(found, bounds, rows, "<=")


jensen.refuted_by(factor=0.5)


@claim(
    id="book-margin-convergence",
    source="Book",
    statement="The squared margin of a network differs from |v|² times its limit by an order of m^(−1/2).",
    status="proved here",
    assumptions="First layer, L = 2, XOR on the cube in dimension 4, root mean square over networks.",
    does_not_say="The constant, which the proof overrates.",
)
def convergence(*, widths=(128, 256, 512, 1024, 2048, 4096), networks=40, d=4, seed=0, exponent=-0.5):
    """Fit the exponent of the root mean square of the difference."""
    X, y = limits.parity_cube(d)
    limit, sizes = limits.parity_margin(d, 2, "hidden") ** 2, []
    for m in widths:
        drawn = margins(X, y, m, networks, seed)
        sizes.append(np.sqrt(np.mean((drawn[:, 0] ** 2 - limit * drawn[:, 2] ** 2) ** 2)))
    return scaling_law(widths, sizes, exponent, (0.6, 1.7), tolerance=0.1)


convergence.refuted_by(exponent=-1.0)


@claim(
    id="book-pair-distance",
    source="Book",
    statement="E|φ(x) − φ(x')|² = 3 − [2 sin θ + 3(π − θ) cos θ]/π at every width.",
    status="proved here",
    assumptions="L = 2, the paper's initialization, all layers, unit inputs at angle θ.",
    does_not_say="The same for deeper networks, where it holds in the limit only.",
)
def distance(*, angles=(0.01, 0.1, 0.5, 2.0), width=32, draws=1500, seed=0, factor=1.0):
    """Compare the deviation of the mean with 4.5 standard errors; ``factor`` multiplies the formula."""
    errors, allowed, rows = [], [], []
    for theta in angles:
        found = []
        for k in range(draws):
            K = sum(finite.shallow_kernels(circle(theta), width, draws * seed + k)[:2])
            found.append(K[0, 0] + K[1, 1] - 2 * K[0, 1])
        expected = factor * float(limits.pair_distance(theta))
        errors.append(abs(np.mean(found) - expected)), allowed.append(4.5 * np.std(found) / np.sqrt(draws))
        rows.append({"θ": theta, "mean": np.mean(found), "formula": expected})
    return inequality(errors, allowed, rows, "<=")


distance.refuted_by(factor=1.3)


@claim(
    id="chen-pair-root-law",
    source="Chen, Cao, Zou, Gu 2021, the exponent in the separation; law and constant: Book",
    statement="Opposite labels at angle θ have the limiting margin ½√(L(L−1)θ/(2π)), for small θ.",
    status="proved here",
    assumptions="Infinite width; ReLU; 1e-4 ≤ θ ≤ 1e-2, L = 2, 3, 5.",
    does_not_say="That a network of width m shows it below θ of order 1/m, where no neuron tells the two apart.",
)
def root_law(*, depths=(2, 3, 5), exponent=0.5, seed=0):
    """Fit exponent and constant; ``exponent`` changes the law."""
    theta = np.geomspace(1e-4, 1e-2, 9) * (1 - 0.01 * (seed % 10))
    x = np.tile(theta, len(depths))
    constants = [np.sqrt(L * (L - 1) / (8 * np.pi)) for L in depths]
    scaled = np.concatenate([np.sqrt(limits.pair_distance(theta, L)) / 2 / c for L, c in zip(depths, constants)])
    return scaling_law(x, scaled, exponent, (0.99, 1.03), predicted=x**exponent, tolerance=0.005)


root_law.refuted_by(exponent=1.0)


@claim(
    id="book-smooth-pairs",
    source="Book",
    statement="For tanh, opposite labels at angle θ have a limiting margin ½θ√(2E σ'² + E σ''²): linear, not a root.",
    status="proved here",
    assumptions="L = 2, unit weight variance, infinite width, small θ.",
    does_not_say="That tanh separates better at a distance: only the behaviour near 0 differs.",
)
def smooth(*, activation="tanh", angles=(1e-3, 3e-3, 1e-2, 3e-2), seed=0):
    """Compare ratio with 1; with ``activation="relu"`` there is no such constant and the ratio diverges."""
    z, w = np.polynomial.hermite_e.hermegauss(150)
    w, slope = w / w.sum(), 1 / np.cosh(z) ** 2
    constant = w @ (2 * slope**2 + (2 * np.tanh(z) * slope) ** 2)
    errors, rows = [], []
    for theta in np.array(angles) * (1 - 0.01 * (seed % 10)):
        squared = tanh_distance(theta) if activation == "tanh" else float(limits.pair_distance(theta))
        found, expected = 0.5 * np.sqrt(squared), 0.5 * theta * np.sqrt(constant)
        errors.append(abs(found / expected - 1)), rows.append({"θ": theta, "margin": found, "formula": expected})
    return inequality(errors, 0.01, rows, "<=")


smooth.refuted_by(activation="relu")


@claim(
    id="book-random-label-margin",
    source="Book",
    statement="With fair random labels the mean squared margin is at most (L + 1)/(2N), whatever the unit inputs.",
    status="proved here",
    assumptions="L = 2; uniform points on the sphere in dimension 10.",
    does_not_say="That it is of this order: as points crowd, it falls faster.",
)
def random_label_margin(*, sizes=(10, 40, 160), width=256, networks=6, d=10, seed=0, equal=False):
    """Compare the mean with the ceiling; ``equal`` gives all points the label 1 instead."""
    found, rows = [], []
    for N in sizes:
        values = []
        for k in range(networks):
            X, y = sphere(N, d, 100 * seed + k), random_labels(N, 100 * seed + k)
            y = np.ones(N) if equal else y
            K = sum(finite.shallow_kernels(X, width, 100 * seed + k)[:2])
            values.append(max(tangent_margin(K, y).value, 0.0) ** 2)
        found.append(np.mean(values)), rows.append({"N": N})
    return inequality(found, [1.5 / N for N in sizes], rows, "<=")


random_label_margin.refuted_by(equal=True)


@claim(
    id="book-subsample-margin",
    source="Book",
    statement="A sample of XOR has at least the margin of the whole cube, whatever its size.",
    status="proved here",
    assumptions="Infinite width, d = 6, L = 2 and 3.",
    does_not_say="That the same holds when other points come along.",
)
def subsample(*, sizes=(8, 16, 32, 64), depths=(2, 3), d=6, seed=0, fair=False):
    """Compare margins with the exact one of the cube; ``fair`` draws the labels at random."""
    found, bounds, rows = [], [], []
    for N in sizes:
        X, y = xor_points(N, d, seed)
        y = random_labels(N, seed) if fair else y
        for L in depths:
            found.append(tangent_margin(limits.dot_kernel(X @ X.T, L), y).value)
            bounds.append(limits.parity_margin(d, L)), rows.append({"N": N, "L": L})
    return inequality(found, bounds, rows, ">=", tolerance=1e-6)


subsample.refuted_by(fair=True)


@claim(
    id="book-odd-parity",
    source="Book",
    statement="No tangent model of a shallow ReLU network without biases separates a parity of order 3 on the cube.",
    status="proved here",
    assumptions="L = 2, any width, any weights; the cube contains x and −x.",
    does_not_say="That three layers cannot: they do.",
)
def odd_parity(*, widths=(4, 64, 1024), d=4, seed=0, order=3):
    """Compare the dual margin with rounding; ``order=2`` is XOR, which separates."""
    X, y = limits.parity_cube(d, order)
    found = [tangent_margin(sum(finite.shallow_kernels(X, m, seed)[:2]), y).upper for m in widths]
    return inequality(found, 1e-7, [{"m": m} for m in widths], "<=")


odd_parity.refuted_by(order=2)
