"""Claims on feature matrices: every link of the proof, its probability, its scale, and the width really needed."""

from itertools import pairwise, product

import numpy as np
from scipy.linalg import eigh

from ntklib.claims import approximates, at_least, at_most, claim, power_law, probability
from ntklib.spectrum import psd_smallest
from ntklib.theory.finite_width import feature_matrices as theory
from ntklib.theory.finite_width.feature_matrices.norms import norm_failure, pair_energy
from ntklib.theory.finite_width.feature_matrices.setting import (
    layers,
    neurons_needed,
    norm_probability,
    normal_features,
)
from ntklib.theory.setting import sphere_points as points

PAPER = "Nguyen, Mondelli, Montúfar 2021 (v5)"


def _norm_shares(neurons, trials, seed):
    """Squared norms of a layer over nβ² times those below, one vector of draws per width."""
    rng = np.random.default_rng(seed)
    return [np.mean(np.maximum(rng.standard_normal((trials, n)), 0.0) ** 2, axis=1) for n in neurons]


@claim(
    id="nguyen-feature-norms",
    source=f"{PAPER}, lemma on feature norms; constants proved here",
    statement="A layer of n neurons multiplies |f|² by nβ²/4 to 3nβ²/4 with probability at least 1 − 2 exp(−n/52).",
    status="proved here",
    assumptions="Gaussian neurons, a nonzero input.",
    does_not_say="That so wide a layer is needed: the true spread is (5/n)^(1/2) around nβ²/2.",
    verdict=probability(),
    companion="book-feature-norm-law",
)
def norms(*, neurons=(50, 100, 200), trials=400, seed=0, low=0.25, high=0.75):
    """Count draws in the interval; ``low`` and ``high`` narrow it."""
    for n, share in zip(neurons, _norm_shares(neurons, trials, seed)):
        yield (np.sum((low <= share) & (share <= high)), trials), 1 - norm_failure(n), {"n": n}


norms.refuted_by("half that spread: 3nβ²/8 to 5nβ²/8", low=0.375, high=0.625)


@claim(
    id="book-feature-norm-law",
    source="Book",
    statement="|f_k|²/(β²|f_(k−1)|²) of n neurons is χ² with a binomial number of degrees of freedom, of mean n/2.",
    status="proved here",
    assumptions="Gaussian neurons, a nonzero input; probabilities of [n/4, 3n/4] and of two halves of it.",
    does_not_say="How the norms of different samples depend on each other.",
    verdict=probability(relation="=="),
)
def norm_law(*, neurons=(10, 20, 50), trials=10_000, seed=0, fixed=False):
    """Count draws in three intervals; ``fixed`` says that exactly half of the neurons are active."""
    for n, share in zip(neurons, _norm_shares(neurons, trials, seed)):
        for low, high in ((0.25, 0.75), (0.25, 0.5), (0.4, 0.6)):
            hits = np.sum((low <= share) & (share <= high))
            told = norm_probability(n, low, high, active=n // 2 if fixed else None)
            yield (hits, trials), told, {"n": n, "low": low, "high": high}


norm_law.refuted_by("exactly half of the neurons are active: χ²(n/2)", fixed=True)


@claim(
    id="book-pair-contraction",
    source="Book",
    statement="For a Gaussian ReLU neuron, E(σ(u) − σ(v))² ≥ E(u − v)²/4, with equality for opposite inputs.",
    status="proved here",
    assumptions="None.",
    does_not_say="That one layer keeps the difference of one pair: that needs many neurons.",
    verdict=at_least(tolerance=1e-9),
)
def pair_contraction(*, d=6, pairs=40, seed=0, share=0.25):
    """Compare with ``share`` of the squared distance, for random, close and opposite pairs."""
    rng = np.random.default_rng(seed)
    A, B = rng.standard_normal((2, pairs, d))
    B[0], B[1], B[2] = -A[0], A[1] + 1e-3 * B[1], -2 * A[2]
    for i, (a, b) in enumerate(zip(A, B)):
        yield pair_energy(a, b), share * np.sum((a - b) ** 2), {"pair": i}


pair_contraction.refuted_by("half of it is kept, as of a squared norm", share=0.5)


@claim(
    id="nguyen-feature-chernoff",
    source=f"{PAPER}, matrix Chernoff lemma; constants proved here",
    statement="From n = (5/2c) Q u(Q) log(N/δ) neurons on, σ_min(F_k)² ≥ nλ/4 in a share 1 − δ of the draws.",
    status="proved here",
    assumptions="Fixed features below with λ > 0, Gaussian neurons; N = 5 and 10 nearly orthogonal samples, δ = 0.1.",
    does_not_say="That so many neurons are needed: see book-feature-neurons for what is.",
    verdict=at_most(),
    loose_because="none known: Tropp's Chernoff bound pays log N for a worst direction and u(Q) for truncated columns, "
    "both absent in Gaussian features; the true width is a multiple of N (book-feature-neurons).",
)
def chernoff(*, samples=(5, 10), d=100, delta=0.1, trials=60, seed=0, rank=False):
    """Compare the least width that does it with the proved one; ``rank`` says that N neurons do it."""
    for N in samples:
        X, rng = points(seed, N, d), np.random.default_rng([seed, N])
        proved = theory.neurons_sufficient(theory.chernoff_ratio(X), N, delta)
        needed = neurons_needed(X, proved, delta=delta, trials=trials, rng=rng)
        yield needed, N if rank else proved, {"N": N, "proved": proved}


chernoff.refuted_by("full rank suffices: N neurons", rank=True)


@claim(
    id="nguyen-feature-hermite",
    source=f"{PAPER}, lemma on homogeneity and Hermite expansion",
    statement="λ ≥ β² μ_r² λ_min((FFᵀ)^∘r) / max |f_i|^(2(r−1)) for any features F and any r.",
    status="proved here",
    assumptions="None: rows of any length, also correlated ones.",
    does_not_say="Anything for odd r ≥ 3, where μ_r = 0, and r = 1 only helps with fewer samples than dimensions.",
    verdict=at_least(),
    companion="book-one-order-orthogonal",
)
def hermite(*, N=40, d=120, orders=(1, 2, 3, 4, 6), seeds=3, seed=0, beta=0.7, divide=True):
    """Features of a first layer with rows of unequal length; without ``divide`` the longest row is not divided out."""
    for s in range(seed, seed + seeds):
        F = layers(s, (d, 2 * d), N=N, fresh=1)[0][1] * np.linspace(0.8, 1.2, N)[:, None]
        truth, longest = psd_smallest(theory.expected_gram(F, beta)), (F**2).sum(axis=1).max()
        for r in orders:
            bound = theory.one_order_bound(F, r, beta=beta) * (1.0 if divide else longest ** (r - 1))
            yield truth, bound, {"r": r, "seed": s}


hermite.refuted_by("the length of the rows does not matter: nothing is divided by", divide=False)


@claim(
    id="book-one-order-orthogonal",
    source="Book",
    statement="For orthogonal features of one length λ = (1/2 − 1/2π)β²|f|², and order 1 alone keeps μ_1² = 1/4 of it.",
    status="proved here",
    assumptions="Random orthogonal features, N ≤ d; r = 1.",
    does_not_say="Anything for N > d, where order 1 gives nothing.",
    verdict=at_least(),
)
def one_order(*, N=40, d=120, seeds=3, seed=0, beta=0.7, mean=False):
    """Compare λ with the bound of order 1; ``mean`` adds the order 0, which all samples share."""
    for s in range(seed, seed + seeds):
        F = 3.0 * np.linalg.qr(np.random.default_rng(s).standard_normal((d, N)))[0].T
        shared = beta**2 * 9.0 / (2 * np.pi) if mean else 0.0
        yield psd_smallest(theory.expected_gram(F, beta)), theory.one_order_bound(F, 1, beta=beta) + shared, {"seed": s}


one_order.refuted_by("the order 0 counts as well: + μ_0²", mean=True)


@claim(
    id="nguyen-centering",
    source=f"{PAPER}, lemma on centering features (A9)",
    statement="0 ⪯ (F̃F̃ᵀ − Λ11ᵀΛ/|μ|²)^∘r ⪯ (FFᵀ)^∘r for every r ≥ 1 and every vector μ ≠ 0.",
    status="proved here",
    assumptions="None: purely algebraic. Here (FFᵀ)^∘r is definite, so both say |2M − 1| ≤ 1 for the quotient M.",
    does_not_say="That the bracket is positive definite; that needs features that concentrate.",
    verdict=at_most(tolerance=1e-9),
)
def centering(*, N=60, widths=(80, 200), orders=(1, 2, 4), seeds=2, seed=0, sign=-1.0):
    """Largest distance of the relative eigenvalues from 1/2, doubled; ``sign`` scales the rank-one term."""
    for s in range(seed, seed + seeds):
        features, _, means = layers(s, widths, N=N)
        F, rng = features[1], np.random.default_rng(s)
        for r, (name, mu) in product(orders, (("mean", means[1]), ("random", rng.standard_normal(widths[1])))):
            A, B = F @ F.T, theory.centred_gram(F, mu, sign=sign)
            size = np.diagonal(A).max()
            quotient = eigh((B / size) ** r, (A / size) ** r, eigvals_only=True)
            yield np.abs(2 * quotient - 1).max(), 1.0, {"r": r, "seed": s, "μ": name}


centering.refuted_by("subtracting the mean of the features is enough: F̃F̃ᵀ without the rank-one term", sign=0.0)


@claim(
    id="nguyen-feature-chain",
    source=f"{PAPER}, proof of Theorem 3",
    statement="min |f_k|² ≥ λ_min(F_kF_kᵀ) ≥ nλ/4 ≥ one order ≥ centred ≥ Gershgorin > 0, link by link, for k = 1, 2.",
    status="proved here",
    assumptions="Sphere data with a mean; widths well above N for the Chernoff link.",
    does_not_say="That the last number is close: the chain loses factors of a hundred and more.",
    verdict=at_least(tolerance=1e-9),
    companion="book-one-order-orthogonal",
)
def chain(*, widths=(600, 700, 500), N=60, r=4, seeds=2, seed=0, centre=True):
    """Compare each link with the one before, the last with 0; ``centre=False`` keeps the mean."""
    for s, k in product(range(seed, seed + seeds), (1, 2)):
        F, betas, means = layers(s, widths, N=N)
        mean = means[k - 1] if centre else np.eye(1, widths[k - 1], widths[k - 1] - 1)[0]
        links = theory.feature_chain(F[k - 1], F[k], betas[k - 1], r, mean)
        for (_, above), (name, below) in pairwise([*links, ("positive", 0.0)]):
            yield above, below, {"seed": s, "k": k, "link": name}


chain.refuted_by("no centring: a coordinate is projected out in place of the mean", centre=False)


@claim(
    id="nguyen-feature-scaling",
    source=f"{PAPER}, Theorem 3",
    statement="σ_min(F_k)² grows like d¹ at fixed N, and like n_k¹ once n_k is well above N.",
    status="proved here",
    assumptions="Sphere data, one hidden layer, unit weight variance; d from 200 to 3200, n_1 from 40 N to 640 N; the "
    "finite edges (spectral_edge in n, (1 − √(N/d))² of order 1 in d) are divided out.",
    does_not_say="The constant, or what happens at n_k of order N; see book-feature-neurons.",
    verdict=power_law("factor", absolute=True, ratio_band=(0.3, 0.45), tolerance=0.04),
)
def scaling(*, variable="neurons", N=20, d=200, seeds=3, seed=0, exponent=1.0):
    """Fit the exponent in the width (``variable="neurons"``) or in d (``"dimension"``)."""
    for factor, s in product((1, 2, 4, 8, 16), range(seed, seed + seeds)):
        dim, n = (d, 40 * N * factor) if variable == "neurons" else (d * factor, 40 * N)
        X = points(s, N, dim)
        F, tau = normal_features(X, n, np.random.default_rng([s, factor])), np.linalg.eigvalsh(theory.expected_gram(X))
        share = theory.spectral_edge(tau, n) / tau[0] * _share_in_dimension(N, dim)
        scale = theory.feature_scale((dim, n), (1.0,), 1)
        yield np.linalg.eigvalsh(F @ F.T)[0] / share, scale, {"factor": factor, "seed": s}


def _share_in_dimension(N: int, d: int) -> float:
    """Share of the limit 1/2 − 1/2π that the linear term's edge leaves at dimension d."""
    limit = 0.5 - 0.5 / np.pi
    return 1 - 0.25 / limit * (1 - (1 - (N / d) ** 0.5) ** 2)


scaling.refuted_by("like n^(9/10), a little less than linearly", exponent=0.9)


@claim(
    id="book-feature-neurons",
    source="Book; sharpens A8 of the theory of Nguyen, Mondelli, Montúfar 2021",
    statement="λ_min(F_kF_kᵀ)/n_k is 0 for n_k < N, else the spectral edge of E σσᵀ, in the mean within 2 % + N/6n_k.",
    status="proof sketched",
    missing_step="the edge for columns with dependent, non-Gaussian entries",
    assumptions="N = 150, d = 100 on the sphere, one hidden layer; n_k/N from 0.9 to 32; mean over 12 draws.",
    does_not_say="That the edge bounds every draw, or that it holds in dimension 5 and below.",
    verdict=approximates(),
    loose_because="the edge is that of many samples: for N = 150 the least eigenvalue lies up to 4 % above it",
)
def neurons(*, N=150, d=100, ratios=(0.9, 2, 4, 8, 32), seeds=12, seed=0, flat=False):
    """Compare means over draws with the edge; ``flat`` compares with (1 − √(N/n))² λ, the isotropic edge."""
    data = [points(s, N, d) for s in range(seed, seed + seeds)]
    spectra = [np.linalg.eigvalsh(theory.expected_gram(X)) for X in data]
    spectra = [tau[:1].repeat(N) for tau in spectra] if flat else spectra
    for ratio in ratios:
        n = int(ratio * N)
        F = [normal_features(X, n, np.random.default_rng([s, 1])) for s, X in enumerate(data, seed)]
        value = np.mean([psd_smallest(f @ f.T) / n for f in F])
        edge = np.mean([theory.spectral_edge(tau, n) for tau in spectra])
        allowed = 1e-9 if n < N else (0.02 + N / (6 * n)) * edge
        yield value, (edge, allowed), {"n/N": ratio}


neurons.refuted_by("the isotropic edge, (1 − √(N/n))² λ", flat=True)
