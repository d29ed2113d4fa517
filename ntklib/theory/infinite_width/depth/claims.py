"""Claims on deep limiting kernels: angles, the quarter, the bulk eigenvalue, condition numbers, near-duplicates."""

import jax
import numpy as np

from ntklib import datasets
from ntklib.claims import approximates, claim, power_law
from ntklib.kernels.angles import pairwise_angles
from ntklib.theory.infinite_width.depth.limits import (
    affine_kernel,
    asymptotic_angle,
    bulk_eigenvalue,
    inverse_distance,
    limiting_condition_number,
    near_duplicate_eigenvalue,
    nngp_bulk,
)
from ntklib.theory.infinite_width.depth.statements import (
    depth_constant,
    depth_spectrum,
    even_share,
    trajectory,
)

TERJEK = "Terjék and González-Sánchez 2025 (spectrum of the NTK)"
DEEP = (300, 600, 1200, 2400, 4800)
ACTIVATIONS = ("relu", "abs")


def _starts(seed: int, count: int = 4) -> np.ndarray:
    """Angles of pairs that neither nearly coincide nor nearly oppose."""
    return np.random.default_rng(seed).uniform(0.5, 2.7, count)


@claim(
    id="depth-angle-decay",
    source="Book, chapter depth",
    statement="After l layers the angle of two inputs that are not parallel is 3π/(2βl) to leading order: a power law.",
    status="proved here",
    assumptions="σ(s) = a s + b|s| with b not 0, weight variance 1/(a² + b²), inputs not parallel.",
    does_not_say="Anything at depths up to a multiple of 1/θ, the inverse of the first angle.",
    verdict=power_law("L", absolute=True, ratio_band=(0.9, 1.01), tolerance=0.03),
)
def angle_decay(*, seed=0, activation="relu", exponent=-1.0):
    """Follow angles through thousands of layers; finite depth bends the exponent by about 1.5 log(l)/l."""
    beta = even_share(activation)
    run = trajectory(_starts(seed), DEEP, beta)
    for L, angle in zip(run.layers, run.angle):
        yield angle, asymptotic_angle(L, beta), {"L": int(L)}


angle_decay.refuted_by("it falls like l^{−9/10}", exponent=-0.9)


@claim(
    id="depth-inverse-distance",
    source=f"{TERJEK}, growth of the inverse cosine distances",
    statement="w_l − (4β/3π) l − (2β/π) log l converges for two inputs that are not parallel; w_l = 1/sin(θ_l/2).",
    status="proved here",
    assumptions="σ(s) = a s + b|s| with b not 0, weight variance 1/(a² + b²), inputs not parallel.",
    does_not_say="What the limit is; it depends on the first angle.",
    verdict=approximates(),
)
def affine_growth(*, seed=0, log_weight=1.0):
    """Compare growths of w between two layers, up to 2 log(l)/l; ``log_weight`` multiplies the logarithm."""
    for name in ACTIVATIONS:
        beta = even_share(name)
        run = trajectory(_starts(seed), (100, 200, 1000, 2000, 4000), beta)
        growth = 4 * beta / (3 * np.pi) * run.layers + log_weight * 2 * beta / np.pi * np.log(run.layers)
        w = inverse_distance(run.angle)
        for low, high in ((0, 2), (1, 3), (2, 4)):
            allowed, setting = 2 * np.log(run.layers[low]) / run.layers[low], {"activation": name}
            layers = {"from": int(run.layers[low]), "to": int(run.layers[high])}
            yield w[high] - w[low], (growth[high] - growth[low], allowed), setting | layers


affine_growth.refuted_by("the logarithm's weight is larger by a fifth", log_weight=1.2)


@claim(
    id="depth-kernel-affine",
    source=f"{TERJEK}, the kernel as an affine function of w",
    statement="κ_l = (3π/16β) w_l − 1/8 + O(1/l) for two inputs that are not parallel, w_l = 1/sin(θ_l/2).",
    status="proved here",
    assumptions="σ(s) = a s + b|s| with b not 0, weight variance 1/(a² + b²), inputs not parallel.",
    does_not_say="The constant in O, which grows as the angle falls; the check allows 10/β² at angles of 0.5 to 2.7.",
    verdict=approximates(),
)
def kernel_affine(*, seed=0, offset=0.0):
    """Compare the scalar kernel with its affine approximation at depths from 10 to 3,000."""
    for name in ACTIVATIONS:
        beta = even_share(name)
        run = trajectory(_starts(seed), (10, 30, 100, 300, 1000, 3000), beta)
        for i, layer in enumerate(run.layers):
            predicted = affine_kernel(inverse_distance(run.angle[i]), beta) - offset
            yield run.K[i], (predicted, 10 / (beta**2 * layer)), {"activation": name, "L": int(layer)}


kernel_affine.refuted_by("a constant −1/4 in the place of −1/8", offset=0.125)


@claim(
    id="depth-off-diagonal-quarter",
    source=f"{TERJEK}, proved here by another route",
    statement="κ_L(θ)/L tends to 1/4 for every pair of inputs that is not parallel, while κ_L(0)/L = 1.",
    status="proved here",
    assumptions="σ(s) = a s + b|s| with b not 0, weight variance 1/(a² + b²).",
    does_not_say="How deep is deep: the correction is of order log(L)/L, and of order 1/(θL) for small angles.",
    verdict=power_law("L", absolute=True, exponent=1.0, ratio_band=(0.97, 1.1), tolerance=0.03),
)
def quarter(*, seed=0, activation="relu", fraction=0.25):
    """Fit the growth of κ_L and compare it with L/4."""
    run = trajectory(_starts(seed), DEEP, even_share(activation))
    for L, K in zip(run.layers, run.K):
        yield K, fraction * L, {"L": int(L)}


quarter.refuted_by("2/7 in the place of 1/4", fraction=2 / 7)


@claim(
    id="depth-bulk-eigenvalue",
    source=f"{TERJEK}, the bulk of deep kernels, with its constant identified",
    statement="λ_min(K^(L)) = ¾L − ⅜ log L + a constant of the data + O(log L / L): unit vectors, no two parallel.",
    status="proved here",
    assumptions="σ(s) = a s + b|s| with b not 0, weight variance 1/(a² + b²); N ≥ 2 unit vectors, no two parallel.",
    does_not_say="Anything uniform in N or in the smallest angle.",
    verdict=approximates(),
)
def bulk(*, seed=0, N=16, d=8, log_weight=1.0):
    """Compare λ_min with the prediction, whose constant comes from the angles of the data."""
    X = datasets.sphere(jax.random.key(seed), N, d, radius=1.0)
    for name in ACTIVATIONS:
        beta, theta = even_share(name), pairwise_angles(X)
        C = np.zeros((N, N))
        C[theta > 0] = depth_constant(theta[theta > 0], beta)
        for row in depth_spectrum(X, (64, 128, 256, 512), name):
            predicted = float(bulk_eigenvalue(row["L"], C, beta, log_weight=log_weight))
            yield row["smallest"], (predicted, 10 * np.log(row["L"]) / row["L"]), {"activation": name, "L": row["L"]}


bulk.refuted_by("the logarithm's weight is larger by a fifth", log_weight=1.2)


@claim(
    id="depth-upper-bound-tight",
    source="Nguyen, Mondelli, Montúfar 2021, upper bound of the limiting theorem; tightness proved here",
    statement="λ_min(K^(L)) grows like L, no two inputs parallel: the upper bound of Nguyen et al. is sharp in depth.",
    status="proved here",
    assumptions="ReLU, weight variance 2, no two inputs parallel and none zero.",
    does_not_say="That the factor 1 is reached: on the sphere the ratio tends to 3/4; ⅜ log(L)/L is added back here.",
    verdict=power_law("L", ratio_band=(0.8, 1.25), tolerance=0.03),
)
def tight(*, seeds=2, seed=0, N=20, d=40, exponent=1.0):
    """Fit the growth of λ_min + ⅜ log L, in units of the smallest squared norm, in L on Gaussian data."""
    for s in range(seed, seed + seeds):
        X = np.asarray(datasets.gaussian(jax.random.key(s), N, d))
        square = np.sum(X**2, axis=1).min()
        for row in depth_spectrum(X, (8, 16, 32, 64, 128, 256)):
            yield row["smallest"] / square + 3 / 8 * np.log(row["L"]), None, {"L": row["L"], "seed": s}


tight.refuted_by("it grows like L^{9/10}", exponent=0.9)


@claim(
    id="depth-condition-number",
    source=f"{TERJEK}, the spectrum of deep kernels",
    statement="The condition number of K^(L) tends to N/3 + 1 for N ≥ 2 inputs of equal norm, no two parallel.",
    status="proved here",
    assumptions="σ(s) = a s + b|s| with b not 0, weight variance 1/(a² + b²); N ≥ 2, no input zero, no two parallel.",
    does_not_say="Anything about inputs of different norm, where the norms' own spread multiplies it.",
    verdict=approximates(),
)
def condition_number(*, seed=0, activation="relu", L=1024, d=16, antipodal=False, offset=0.0):
    """Compare the condition number with its limit; ``offset`` is added to it, ``antipodal`` opposes two inputs."""
    X = np.array(datasets.sphere(jax.random.key(seed), 36, d, radius=1.0))
    if antipodal:
        X[1] = -X[0]
    for N in (4, 12, 36):
        limit = limiting_condition_number(N) + offset
        yield depth_spectrum(X[:N], [L], activation)[0]["condition"], (limit, limit * 5 * np.log(L) / L), {"N": N}


condition_number.refuted_by("N/3 in the place of N/3 + 1", offset=-1.0)


@claim(
    id="depth-nngp-decay",
    source="Book, chapter depth",
    statement="λ_min(G^(L)) decays like 9π²/(8β²) L^-2 for N ≥ 2 unit vectors, no two parallel: features coincide.",
    status="proved here",
    assumptions="σ(s) = a s + b|s| with b not 0, weight variance 1/(a² + b²); N ≥ 2, no two inputs parallel.",
    does_not_say="Anything about the tangent kernel, whose smallest eigenvalue grows.",
    verdict=power_law("L", absolute=True, ratio_band=(0.8, 1.01), tolerance=0.03),
)
def nngp_decay(*, seed=0, activation="relu", N=8, d=8, exponent=-2.0):
    """Fit the decay; finite depth bends the exponent by about 3 log(L)/L, which is divided out."""
    X = datasets.sphere(jax.random.key(seed), N, d, radius=1.0)
    for row in depth_spectrum(X, DEEP, activation):
        L = row["L"]
        yield row["nngp"] * (1 + 3 * np.log(L) / L), nngp_bulk(L, even_share(activation)), {"L": L}


nngp_decay.refuted_by("it falls like L^{−19/10}", exponent=-1.9)


@claim(
    id="depth-near-duplicates",
    source="Book, chapter depth",
    statement="While δL is small, two inputs at distance δ leave λ_min(K^(L)) ≈ (β/π) L(L−1) δ, L ≥ 2: quadratic in L.",
    status="proved here",
    assumptions="Two unit vectors, σ(s) = a s + b|s| with b not 0, weight variance 1/(a² + b²), L ≥ 2.",
    does_not_say="Anything once L exceeds 1/δ, where the growth becomes ¾L.",
    verdict=power_law("L(L−1)", exponent=1.0, absolute=True, ratio_band=(0.97, 1.01), tolerance=0.01),
    deterministic="one pair at a given distance",
)
def separation(*, distance=1e-4, activation="relu", square=False):
    """Fit λ_min of the pair against L(L−1), or against its ``square`` L², at depths far below 1/δ."""
    theta, L = 2 * np.arcsin(distance / 2), np.array([3, 5, 10, 20, 40, 80])
    gap = trajectory(theta, L, even_share(activation)).K_gap
    for l, value in zip(L, gap):
        predicted = near_duplicate_eigenvalue(distance, l, even_share(activation))
        yield value, predicted * (l / (l - 1) if square else 1.0), {"L": int(l), "L(L−1)": int(l * (l - 1))}


separation.refuted_by("L² in the place of L(L − 1)", square=True)
