"""Claims of the chapter ``depth``, each with the experiment that refutes a broken version of it."""

import jax
import numpy as np

from ntklib import datasets
from ntklib.claims import claim, inequality, scaling_law
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
    pairwise_angles,
    trajectory,
)

TERJEK = "Terjék and González-Sánchez 2025 (spectrum of the NTK)"
DEEP = (300, 600, 1200, 2400, 4800)
ACTIVATIONS = ("relu", "abs")


def _starts(seed: int, count: int = 4) -> np.ndarray:
    """Angles of pairs that neither nearly coincide nor nearly oppose."""
    return np.random.default_rng(seed).uniform(0.5, 2.7, count)


def _grid(run, **columns):
    """One row per kept layer and angle, raveled."""
    layers = np.broadcast_to(run.layers[:, None], run.angle.shape)
    return {"L": layers.ravel()} | {name: np.asarray(value).ravel() for name, value in columns.items()}


@claim(
    id="depth-angle-decay",
    source="Book, chapter depth",
    statement="The angle of two inputs after l layers is 3π/(2βl) to leading order: a power law, not an exponential.",
    status="proved here",
    assumptions="σ(s) = a s + b|s| with b not 0, weight variance 1/(a² + b²), inputs not parallel.",
    does_not_say="Anything at depths below 1/θ, the inverse of the first angle.",
)
def angle_decay(*, seed=0, activation="relu", exponent=-1.0):
    """Follow angles through thousands of layers; finite depth bends the exponent by about 1.5 log(l)/l."""
    beta = even_share(activation)
    run = trajectory(_starts(seed), DEEP, beta)
    rows = _grid(run, angle=run.angle)
    predicted = asymptotic_angle(rows["L"], beta)
    return scaling_law(rows["L"], rows["angle"], exponent, (0.9, 1.01), predicted=predicted, tolerance=0.03)


angle_decay.refuted_by(exponent=-0.5)


@claim(
    id="depth-inverse-distance",
    source=f"{TERJEK}, growth of the inverse cosine distances",
    statement="w_l − (4β/3π) l − (2β/π) log l converges, where w_l is the inverse cosine distance of layer l.",
    status="proved here",
    assumptions="σ(s) = a s + b|s| with b not 0, weight variance 1/(a² + b²), inputs not parallel.",
    does_not_say="What the limit is; it depends on the first angle.",
)
def affine_growth(*, seed=0, log_weight=1.0):
    """Compare how far the remainder still moves with a bound of order log(l)/l."""
    rows, moved, allowed = [], [], []
    for name in ACTIVATIONS:
        beta = even_share(name)
        run = trajectory(_starts(seed), (100, 200, 1000, 2000, 4000), beta)
        growth = 4 * beta / (3 * np.pi) * run.layers + log_weight * 2 * beta / np.pi * np.log(run.layers)
        rest = inverse_distance(run.angle) - growth[:, None]
        for low, high in ((0, 2), (1, 3), (2, 4)):
            moved.append(np.abs(rest[high] - rest[low]).max())
            allowed.append(5 * np.log(run.layers[low]) / run.layers[low])
            rows.append({"activation": name, "from": run.layers[low], "to": run.layers[high]})
    return inequality(moved, allowed, rows, "<=")


affine_growth.refuted_by(log_weight=0.0)


@claim(
    id="depth-kernel-affine",
    source=f"{TERJEK}, the kernel as an affine function of w",
    statement="κ_l = (3π/16β) w_l − 1/8 up to 10/(β² l).",
    status="proved here",
    assumptions="σ(s) = a s + b|s| with b not 0, weight variance 1/(a² + b²); first angle at least 0.5.",
    does_not_say="That the constant 10 is proved: the proof gives some constant.",
)
def kernel_affine(*, seed=0, offset=0.0):
    """Compare the scalar kernel with its affine approximation at depths from 10 to 3,000."""
    rows, error, allowed = [], [], []
    for name in ACTIVATIONS:
        beta = even_share(name)
        run = trajectory(_starts(seed), (10, 30, 100, 300, 1000, 3000), beta)
        distance = np.abs(run.K - affine_kernel(inverse_distance(run.angle), beta) + offset).max(axis=1)
        error.extend(distance)
        allowed.extend(10 / (beta**2 * run.layers))
        rows.extend({"activation": name, "L": int(layer)} for layer in run.layers)
    return inequality(error, allowed, rows, "<=")


kernel_affine.refuted_by(offset=0.125)


@claim(
    id="depth-off-diagonal-quarter",
    source=f"{TERJEK}, proved here by another route",
    statement="κ_L(θ)/L tends to 1/4 for every pair of inputs that is not parallel, while κ_L(0)/L = 1.",
    status="proved here",
    assumptions="σ(s) = a s + b|s| with b not 0, weight variance 1/(a² + b²).",
    does_not_say="How deep is deep: the correction is of order log(L)/L, and of order 1/(θL) for small angles.",
)
def quarter(*, seed=0, activation="relu", fraction=0.25):
    """Fit the growth of κ_L and compare it with L/4."""
    run = trajectory(_starts(seed), DEEP, even_share(activation))
    rows = _grid(run, K=run.K)
    predicted = fraction * rows["L"]
    return scaling_law(rows["L"], rows["K"], 1.0, (0.97, 1.1), predicted=predicted, tolerance=0.03)


quarter.refuted_by(fraction=1 / 3)


@claim(
    id="depth-bulk-eigenvalue",
    source=f"{TERJEK}, Theorem 18, with the constant identified",
    statement="λ_min(K^(L)) = ¾L − ⅜ log L + a constant of the data, up to O(log L / L), for unit vectors.",
    status="proved here",
    assumptions="σ(s) = a s + b|s| with b not 0, weight variance 1/(a² + b²); unit vectors, no two parallel.",
    does_not_say="Anything uniform in N or in the smallest angle.",
)
def bulk(*, seed=0, N=16, d=8, log_weight=1.0):
    """Compare λ_min with the prediction, whose constant comes from the angles of the data."""
    rows, error, allowed = [], [], []
    X = datasets.sphere(jax.random.key(seed), N, d, radius=1.0)
    for name in ACTIVATIONS:
        beta, theta = even_share(name), pairwise_angles(X)
        C = np.zeros((N, N))
        C[theta > 0] = depth_constant(theta[theta > 0], beta)
        for row in depth_spectrum(X, (64, 128, 256, 512), name):
            predicted = float(bulk_eigenvalue(row["L"], C, beta, log_weight=log_weight))
            error.append(abs(row["smallest"] - predicted))
            allowed.append(10 * np.log(row["L"]) / row["L"])
            rows.append({"activation": name, "L": row["L"], "λ_min": row["smallest"], "prediction": predicted})
    return inequality(error, allowed, rows, "<=")


bulk.refuted_by(log_weight=0.0)


@claim(
    id="depth-upper-bound-tight",
    source="Nguyen, Mondelli, Montúfar 2021, upper bound of the limiting theorem; tightness proved here",
    statement="λ_min(K^(L)) grows like L times the smallest squared norm: their upper bound is sharp in the depth.",
    status="proved here",
    assumptions="ReLU, weight variance 2, data without duplicate directions.",
    does_not_say="That the factor 1 is reached: on the sphere the ratio tends to 3/4.",
)
def tight(*, seeds=2, N=20, d=40, exponent=1.0):
    """Fit the growth of λ_min in L on Gaussian data, and the ratio to the upper bound."""
    rows = []
    for seed in range(seeds):
        X = np.asarray(datasets.gaussian(jax.random.key(seed), N, d))
        square = np.sum(X**2, axis=1).min()
        rows += [row | {"bound": row["L"] * square} for row in depth_spectrum(X, (8, 16, 32, 64, 128, 256))]
    L, smallest, bound = (np.array([row[name] for row in rows]) for name in ("L", "smallest", "bound"))
    return scaling_law(L, smallest, exponent, (0.5, 1.0), predicted=bound, table=rows, tolerance=0.1)


tight.refuted_by(exponent=0.0)


@claim(
    id="depth-condition-number",
    source=f"{TERJEK}, Theorem 18",
    statement="The condition number of K^(L) tends to N/3 + 1 for N inputs of equal norm.",
    status="proved here",
    assumptions="σ(s) = a s + b|s| with b not 0, weight variance 1/(a² + b²); no two inputs parallel.",
    does_not_say="Anything about inputs of different norm, where the norms' own spread multiplies it.",
)
def condition_number(*, seed=0, activation="relu", L=1024, d=16, antipodal=False):
    """Compare the condition number with its limit; the antipodal pair is the refutation's."""
    rows, error = [], []
    X = np.array(datasets.sphere(jax.random.key(seed), 36, d, radius=1.0))
    if antipodal:
        X[1] = -X[0]
    for N in (4, 12, 36):
        found = depth_spectrum(X[:N], [L], activation)[0]["condition"]
        rows.append({"N": N, "condition": found, "limit": limiting_condition_number(N)})
        error.append(abs(limiting_condition_number(N) / found - 1))
    return inequality(error, 5 * np.log(L) / L, rows, "<=")


condition_number.refuted_by(activation="abs", antipodal=True)


@claim(
    id="depth-nngp-decay",
    source="Book, chapter depth",
    statement="λ_min(G^(L)) decays like 9π²/(8β²) L^-2 for unit vectors: features of random deep networks coincide.",
    status="proved here",
    assumptions="σ(s) = a s + b|s| with b not 0, weight variance 1/(a² + b²); no two inputs parallel.",
    does_not_say="Anything about the tangent kernel, whose smallest eigenvalue grows.",
)
def nngp_decay(*, seed=0, activation="relu", N=8, d=8, exponent=-2.0):
    """Fit the decay; finite depth bends the exponent by about 3 log(L)/L."""
    X = datasets.sphere(jax.random.key(seed), N, d, radius=1.0)
    rows = depth_spectrum(X, DEEP, activation)
    L, smallest = np.array([r["L"] for r in rows]), np.array([r["nngp"] for r in rows])
    predicted = nngp_bulk(L, even_share(activation))
    return scaling_law(L, smallest, exponent, (0.8, 1.01), predicted=predicted, table=rows, tolerance=0.06)


nngp_decay.refuted_by(exponent=-1.0)


@claim(
    id="depth-near-duplicates",
    source="Book, chapter depth",
    statement="While δL is small, two inputs at distance δ leave λ_min(K^(L)) ≈ (β/π) L(L−1) δ: quadratic in L.",
    status="proved here",
    assumptions="Two unit vectors, σ(s) = a s + b|s|, weight variance 1/(a² + b²).",
    does_not_say="Anything once L exceeds 1/δ, where the growth becomes ¾L.",
)
def separation(*, distance=1e-4, activation="relu", exponent=1.0):
    """Fit λ_min of the pair against L(L−1) at depths far below 1/δ."""
    theta, L = 2 * np.arcsin(distance / 2), np.array([3, 5, 10, 20, 40, 80])
    gap = trajectory(theta, L, even_share(activation)).K_gap
    predicted = near_duplicate_eigenvalue(distance, L, even_share(activation))
    return scaling_law(L * (L - 1.0), gap, exponent, (0.97, 1.01), predicted=predicted, tolerance=0.01)


separation.refuted_by(exponent=0.5)
