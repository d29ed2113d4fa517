"""Claims on feature matrices: every link of the proof, its probability, its scale, and the width really needed."""

from itertools import pairwise
from itertools import product as grid

import numpy as np

from ntklib.claims import claim, frequency, inequality, scaling_law
from ntklib.spectrum import psd_smallest
from ntklib.theory.finite_width import feature_matrices as theory
from ntklib.theory.finite_width.feature_matrices.norms import norm_failure, pair_energy
from ntklib.theory.setting import sphere_points as points

PAPER = "Nguyen, Mondelli, Montúfar 2021 (v5)"


def layers(seed: int, widths, *, N: int, mean: float = 0.5, fresh: int = 1500):
    """Sphere data with a mean through a LeCun network: features, standard deviations, mean features of fresh data."""
    betas = [n**-0.5 for n in widths[:-1]]
    X = np.vstack([points(seed, N, widths[0], mean), points(seed + 1000, fresh, widths[0], mean)])
    F = theory.features_of(X, widths[1:], betas, seed)
    return [f[:N] for f in F], betas, [f[N:].mean(axis=0) for f in F]


def normal_features(F, neurons: int, rng) -> np.ndarray:
    """Feature matrix of N(0, I) neurons, drawn through the Gram matrix of F (same law, N numbers per neuron)."""
    values, vectors = np.linalg.eigh(F @ F.T)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    return np.maximum(root @ rng.standard_normal((len(F), neurons)), 0.0)


@claim(
    id="nguyen-feature-norms",
    source=f"{PAPER}, lemma on feature norms; constants proved here",
    statement="A layer of n neurons multiplies |f|² by nβ²/4 to 3nβ²/4 with probability at least 1 − 2 exp(−n/52).",
    status="proved here",
    assumptions="Gaussian neurons, a nonzero input.",
    does_not_say="That so wide a layer is needed: the true spread is (5/n)^(1/2) around nβ²/2.",
)
def norms(*, neurons=(50, 100, 200), trials=400, seed=0, low=0.25, high=0.75):
    """Count draws in the interval; ``low`` and ``high`` narrow it."""
    rng, good = np.random.default_rng(seed), []
    for n in neurons:
        share = np.mean(np.maximum(rng.standard_normal((trials, n)), 0.0) ** 2, axis=1)
        good.append(int(np.sum((low <= share) & (share <= high))))
    return frequency(good, trials, [1 - norm_failure(n) for n in neurons], table=[{"n": n} for n in neurons])


norms.refuted_by(low=0.45, high=0.55)


@claim(
    id="book-pair-contraction",
    source="Book",
    statement="For a Gaussian ReLU neuron, E(σ(u) − σ(v))² ≥ E(u − v)²/4, with equality for opposite inputs.",
    status="proved here",
    assumptions="None.",
    does_not_say="That one layer keeps the difference of one pair: that needs many neurons.",
)
def pair_contraction(*, d=6, pairs=40, seed=0, share=0.25):
    """Compare with ``share`` of the squared distance, for random, close and opposite pairs."""
    rng = np.random.default_rng(seed)
    A, B = rng.standard_normal((2, pairs, d))
    B[0], B[1], B[2] = -A[0], A[1] + 1e-3 * B[1], -2 * A[2]
    bound = share * np.sum((A - B) ** 2, axis=1)
    return inequality([pair_energy(a, b) for a, b in zip(A, B)], bound, tolerance=1e-9)


pair_contraction.refuted_by(share=0.3)


@claim(
    id="nguyen-feature-chernoff",
    source=f"{PAPER}, matrix Chernoff lemma; constants proved here",
    statement="With n ≥ (5/2c) Q u(Q) log(N/δ) neurons, σ_min(F_k)² ≥ nλ/4 with probability at least 1 − δ.",
    status="proved here",
    assumptions="Fixed features below with λ > 0, Gaussian neurons.",
    does_not_say="That so many neurons are needed: about 3 N suffice.",
)
def chernoff(*, samples=(5, 10), d=100, delta=0.1, trials=60, neurons=None, seed=0):
    """Count how often the bound holds at the proved width, or with ``neurons`` neurons."""
    rng, rows, good = np.random.default_rng(seed), [], []
    for N in samples:
        X = points(seed, N, d)
        level, Q = psd_smallest(theory.expected_gram(X)) / 4, theory.chernoff_ratio(X)
        n = theory.neurons_sufficient(Q, N, delta) if neurons is None else neurons
        draws = (normal_features(X, n, rng) for _ in range(trials))
        good.append(sum(np.linalg.eigvalsh(F @ F.T)[0] >= n * level for F in draws))
        rows.append({"N": N, "Q": Q, "n": n})
    return frequency(good, trials, 1 - delta, table=rows)


chernoff.refuted_by(neurons=4)


@claim(
    id="nguyen-feature-hermite",
    source=f"{PAPER}, lemma on homogeneity and Hermite expansion",
    statement="λ ≥ β² μ_r² λ_min((FFᵀ)^∘r) / max |f_i|^(2(r−1)) for any features F and any r.",
    status="proved here",
    assumptions="None: rows of any length, also correlated ones.",
    does_not_say="Anything for odd r ≥ 3, where μ_r = 0, and r = 1 only helps with fewer samples than dimensions.",
)
def hermite(*, N=40, d=120, orders=(1, 2, 3, 4, 6), seeds=3, factor=1.0, beta=0.7):
    """Features of a first layer with rows of unequal length; ``factor`` inflates the bound."""
    cells = [{"r": r, "seed": s} for r, s in grid(orders, range(seeds))]
    data = [layers(s, (d, 2 * d), N=N, fresh=1)[0][1] for s in range(seeds)]
    data = [F * np.linspace(0.8, 1.2, N)[:, None] for F in data]
    truth = [psd_smallest(theory.expected_gram(F, beta)) for F in data]
    bounds = [factor * theory.one_order_bound(data[c["seed"]], c["r"], beta=beta) for c in cells]
    return inequality([truth[c["seed"]] for c in cells], bounds, cells)


hermite.refuted_by(factor=20.0)


@claim(
    id="nguyen-centering",
    source=f"{PAPER}, lemma on centering features (A9)",
    statement="0 ⪯ (F̃F̃ᵀ − Λ11ᵀΛ/|μ|²)^∘r ⪯ (FFᵀ)^∘r for every r ≥ 1 and every vector μ ≠ 0.",
    status="proved here",
    assumptions="None: purely algebraic.",
    does_not_say="That the bracket is positive definite; that needs features that concentrate.",
)
def centering(*, N=60, widths=(80, 200), orders=(1, 2, 4), seeds=2, sign=-1.0, shift=0.0):
    """Smallest eigenvalues, relative to the largest; ``sign`` scales the rank-one term, ``shift`` spoils Λ."""
    cells = [{"r": r, "seed": s, "μ": m} for r, s, m in grid(orders, range(seeds), ("mean", "random"))]
    data = [layers(s, widths, N=N) for s in range(seeds)]
    lowest = []
    for c in cells:
        F, mean = data[c["seed"]][0][1], data[c["seed"]][2][1]
        mu = mean if c["μ"] == "mean" else np.random.default_rng(c["seed"]).standard_normal(mean.shape)
        A, B = F @ F.T, theory.centred_gram(F, mu, sign=sign) + shift * np.outer(F @ mu, F @ mu) / (mu @ mu)
        A, B = A / np.diagonal(A).max(), B / np.diagonal(A).max()
        size = np.linalg.norm(A ** c["r"], 2)
        lowest.append(min(np.linalg.eigvalsh(A ** c["r"] - B ** c["r"])[0], np.linalg.eigvalsh(B)[0]) / size)
    return inequality(lowest, -1e-10, cells)


centering.refuted_by(sign=0.0)


@claim(
    id="nguyen-feature-chain",
    source=f"{PAPER}, proof of Theorem 3",
    statement="min |f_k|² ≥ λ_min(F_kF_kᵀ) ≥ nλ/4 ≥ one order ≥ centred ≥ Gershgorin > 0, link by link, for k = 1, 2.",
    status="proved here",
    assumptions="Sphere data with a mean; widths well above N for the Chernoff link.",
    does_not_say="That the last number is close: the chain loses factors of a hundred and more.",
)
def chain(*, widths=(600, 700, 500), N=60, r=4, seeds=2, factor=1.0, centre=True):
    """Compare each link with the one before, the last with 0; ``factor`` inflates, ``centre=False`` keeps the mean."""
    above, below, rows = [], [], []
    for seed, k in grid(range(seeds), (1, 2)):
        F, betas, means = layers(seed, widths, N=N)
        mean = means[k - 1] if centre else np.eye(1, widths[k - 1], widths[k - 1] - 1)[0]
        links = theory.feature_chain(F[k - 1], F[k], betas[k - 1], r, mean)
        pairs = [(a, factor * b, name) for (_, a), (name, b) in pairwise(links)] + [(links[-1][1], 0.0, "positive")]
        above += [a for a, _, _ in pairs]
        below += [b for _, b, _ in pairs]
        rows += [{"seed": seed, "k": k, "link": name} for _, _, name in pairs]
    return inequality(above, below, rows, tolerance=1e-9)


chain.refuted_by(centre=False)


@claim(
    id="nguyen-feature-scaling",
    source=f"{PAPER}, Theorem 3",
    statement="σ_min(F_k)² grows like d¹ at fixed N, and like n_k¹ once n_k is well above N.",
    status="proved here",
    assumptions="Sphere data, one hidden layer, unit weight variance; d from 200 to 3200, n_1 from 40 N to 640 N.",
    does_not_say="The constant, or what happens at n_k of order N; see book-feature-neurons.",
)
def scaling(*, variable="neurons", N=20, d=200, seeds=3, exponent=1.0, intrinsic=None, first=0):
    """Fit the exponent in the width (``variable="neurons"``) or in d (``"dimension"``)."""
    factors = (1, 2, 4, 8, 16)
    cells = [{"factor": f, "seed": s} for f, s in grid(factors, range(first, first + seeds))]
    values, scales = [], []
    for c in cells:
        dim, n = (d, 40 * N * c["factor"]) if variable == "neurons" else (d * c["factor"], 40 * N)
        X = points(c["seed"], N, dim, intrinsic=intrinsic)
        rng = np.random.default_rng([c["seed"], c["factor"]])
        F = normal_features(X, n, rng)
        values.append(np.linalg.eigvalsh(F @ F.T)[0])
        scales.append(theory.feature_scale((dim, n), (1.0,), 1))
    x = [c["factor"] for c in cells]
    return scaling_law(x, values, exponent, (0.05, 0.5), predicted=scales, table=cells, tolerance=0.1)


scaling.refuted_by(exponent=0.5)


@claim(
    id="book-feature-neurons",
    source="Book; sharpens A8 of the theory of Nguyen, Mondelli, Montúfar 2021",
    statement="λ_min(F_kF_kᵀ)/n_k is 0 for n_k < N, and else the spectral edge of E σσᵀ, within 20 %.",
    status="proof sketched",
    assumptions="N = 150, d = 100 on the sphere, one hidden layer; n_k/N from 0.9 to 32.",
    does_not_say="That the edge bounds every draw, or that it holds in dimension 5 and below.",
)
def neurons(*, N=150, d=100, ratios=(0.9, 2, 4, 8, 32), seeds=3, band=1.2, flat=False, first=0):
    """Compare the distance from the edge on a log scale; ``flat`` compares with (1 − √(N/n))² λ, the isotropic edge."""
    cells = [{"n/N": f, "seed": s} for f, s in grid(ratios, range(first, first + seeds))]
    ratio = []
    for c in cells:
        X, n = points(c["seed"], N, d), int(c["n/N"] * N)
        tau = np.linalg.eigvalsh(theory.expected_gram(X))
        edge = theory.spectral_edge(tau[:1].repeat(N) if flat else tau, n)
        F = normal_features(X, n, np.random.default_rng(c["seed"]))
        value = psd_smallest(F @ F.T) / n
        apart = np.inf if value != edge else 1.0
        ratio.append(max(value / edge, edge / value) if min(value, edge) > 0 else apart)
    return inequality(ratio, band, cells, "<=")


neurons.refuted_by(flat=True)
