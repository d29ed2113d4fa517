"""Claims of the scaling-figure chapter: the paper's values, which layer carries them, why, and what width changes."""

import numpy as np

from ntklib import plain
from ntklib.claims import claim, inequality
from ntklib.spectrum import smallest_eigenvalue
from ntklib.theory.minimum_width.scaling_figure.constants import (
    layer_constants,
    predicted_first_kernel,
)
from ntklib.theory.minimum_width.scaling_figure.figure import (
    DIMENSIONS,
    READING_ERROR,
    READINGS,
    cached_figure,
    cell_kernels,
    layer_minima,
)


def spectra(widths, N: int, activation: str, seed: int) -> dict[str, float]:
    """Smallest eigenvalues of full, block and first kernel on Gaussian data, for widths (d, n1, n2, 1)."""
    X = np.random.default_rng([seed, 0]).standard_normal((N, widths[0]))
    return layer_minima(
        plain.layer_kernels(*plain.factors(plain.draw(widths, "bombari", [seed, 1]), X, activation=activation))
    )


@claim(
    id="bombari-figure-scaling",
    source="Bombari, Amani, Mondelli 2022, scaling figure",
    statement="At d = 977 the smallest eigenvalue of the full NTK is 128, 104, 91 for N = 1000, 2000, 3000.",
    status="cited",
    assumptions="Three-layer sigmoid network, Gaussian data; mean of the shipped draws, readings within 2, and three "
    "standard errors of the difference of two means of equally many draws.",
    does_not_say="Which layer carries it; nor what happens at other widths.",
)
def figure(*, column="full", draws=10, first_seed=0):
    """Compare the shipped means at the largest d with the readings; ``column`` may name another kernel."""
    table = cached_figure()
    last = table[(table["d"] == DIMENSIONS[-1]) & (table["seed"] >= first_seed % 4)]
    gaps, allowed, rows = [], [], []
    for N, reading in READINGS.items():
        values = last[last["N"] == N][column].to_numpy()[:draws]
        gaps.append(abs(values.mean() - reading))
        allowed.append(READING_ERROR + 3 * np.sqrt(2 / len(values)) * values.std(ddof=1))
        rows.append({"N": N, "reading": reading, "mean": values.mean(), "draws": len(values)})
    return inequality(gaps, allowed, rows, "<=")


figure.refuted_by(column="block")


@claim(
    id="book-figure-shares",
    source="Book",
    statement="With sigmoids the first block carries over 3/4 of the figure's λ_min(K), the W_2 block below 1/12.",
    status="proof sketched",
    assumptions="Cells of the figure with d at least 234, recomputed here at N = 1000, d = 234 and 393.",
    does_not_say="That the lower bound of the theorem is wrong: it asks for an order, and the block has it.",
)
def shares(*, dimensions=(234, 393), N=1000, activation="sigmoid", seeds=2, first_seed=0):
    """Compare the larger of 12 block/full and 3/4 full/first with 1; ``activation`` may change."""
    worst, rows = [], []
    for d in dimensions:
        for seed in range(first_seed, first_seed + seeds):
            values = layer_minima(cell_kernels(d, N, activation, seed=seed))
            worst.append(max(12 * values["block"] / values["full"], 0.75 * values["full"] / values["first"]))
            rows.append({"d": d, "seed": seed, **values})
    return inequality(worst, 1.0, rows, "<=")


shares.refuted_by(activation="tanh")


@claim(
    id="book-figure-first-layer",
    source="Book",
    statement="λ_min of the first layer's kernel is that of a model of data and three constants, up to √(N/d²).",
    status="proof sketched",
    assumptions="Nearly orthogonal data, d ≤ N ≪ d²; compared: 1 − measured/model against 4.5 √(N/d²), both signs.",
    does_not_say="The fluctuation of the output weights' norm, which moves the measured side by √(2/d): divided out.",
)
def first_layer(*, cells=((100, 200), (200, 300), (400, 600)), constant="sigmoid", seeds=2, first_seed=0):
    """Compare measured and model; ``constant`` names the activation whose constants the model uses."""
    gaps, allowed, rows = [], [], []
    for d, N in cells:
        for seed in range(first_seed, first_seed + seeds):
            X = np.random.default_rng([seed, d, 0]).standard_normal((N, d))
            scale = np.mean(plain.draw((d, d, d, 1), "bombari", [seed, d, 1])[-1] ** 2)
            measured = smallest_eigenvalue(cell_kernels(d, N, seed=seed)[0]) / scale
            model = smallest_eigenvalue(predicted_first_kernel(X, constant))
            gaps.append(abs(1 - measured / model))
            allowed.append(4.5 * np.sqrt(N) / d)
            rows.append({"d": d, "N": N, "seed": seed, "eigenvalue": measured, "model": model})
    return inequality(gaps, allowed, rows, "<=")


first_layer.refuted_by(constant="tanh")


@claim(
    id="book-figure-block",
    source="Book",
    statement="For n < N/2 the block's λ_min stays below the product of centred variances, (A0 − C0)(A2 − C2) n².",
    status="proof sketched",
    assumptions="Both hidden widths n, Gaussian data with n ≤ d < N/2 ≪ n²; sigmoid and tanh.",
    does_not_say="The same for n above N, where the means of one factor are no longer of low rank.",
)
def block(*, cells=((50, 150), (100, 250)), widening=1, seeds=3, first_seed=0):
    """Compare the block's eigenvalue over n² with the constant; ``widening`` multiplies the hidden widths."""
    measured, bound, rows = [], [], []
    for activation in ("sigmoid", "tanh"):
        constant = layer_constants(activation)["block"]
        for d, N in cells:
            for seed in range(first_seed, first_seed + seeds):
                n = widening * d
                measured.append(spectra((d, n, n, 1), N, activation, seed)["block"] / n**2)
                bound.append(constant)
                rows.append({"activation": activation, "n": n, "N": N, "seed": seed})
    return inequality(measured, bound, rows, "<=")


block.refuted_by(widening=16)


@claim(
    id="book-figure-interlacing",
    source="Book",
    statement="In each draw every curve of the figure falls as N grows: a smaller N is a leading submatrix.",
    status="proved here",
    assumptions="Cauchy interlacing; shipped table, all dimensions and draws.",
    does_not_say="How fast.",
)
def interlacing(*, order=(1000, 2000, 3000), columns=("full", "block", "first"), first_seed=0):
    """Compare each value with that at the next larger N; ``order`` may be reversed."""
    table = cached_figure()
    chosen = table[table["seed"] >= first_seed % 4].pivot(index=["d", "seed"], columns="N", values=list(columns))
    more = np.concatenate([chosen[c][b].to_numpy() for c in columns for b in order[1:]])
    fewer = np.concatenate([chosen[c][a].to_numpy() for c in columns for a in order[:-1]])
    return inequality(more, fewer, None, "<=")


interlacing.refuted_by(order=(3000, 2000, 1000))
