"""Claims of the optimization chapter: the certificate, the proved Lipschitz bound, laziness, the scale in d."""

import numpy as np

from ntklib import plain
from ntklib.claims import claim, inequality, scaling_law
from ntklib.theory.lipschitz import jacobian_lipschitz_bound
from ntklib.theory.minimum_width.optimization.statements import (
    certificate,
    one_copy_jacobian,
    problem,
    proved_certificate,
    scaled_run,
)

WIDTHS, SAMPLES = (8, 8, 8, 1), 20


def certified(seed: int, *, scale=None):
    """A problem with its certificate: at the proved threshold, or at another scale."""
    task = problem(WIDTHS, SAMPLES, seed)
    known = proved_certificate(task.start[0], task.X, task.Y)
    if scale is not None:
        size = float(np.linalg.norm(task.Y))
        known = certificate(known.sigma, known.norm, known.lipschitz, size, scale)
    return task, known


def _runs(seeds, first_seed, eta_factor=1.0, *, scale=None, steps=1500):
    for seed in range(first_seed, first_seed + seeds):
        task, known = certified(seed, scale=scale)
        run = scaled_run(task, known.scale, eta_factor * known.step, steps, every=10)
        yield seed, task, known, run


def _end_drift(task, run) -> float:
    """Operator norm of the change of the Jacobian from the start to the end of a run."""
    start = one_copy_jacobian(task.start[0], task.X)
    turned = [one_copy_jacobian(copy, task.X) - start for copy in run.params]
    return float(np.linalg.norm(np.hstack(turned), 2)) / 2**0.5


@claim(
    id="book-certificate-rate",
    source="Book, Theorem 3' (after Bombari, Amani, Mondelli 2022)",
    statement="At the proved scale the loss stays below (1 − 0.97 ηγ²σ₀²)^t times its start, at every recorded step.",
    status="proved here",
    assumptions="Tanh, two copies with opposite signs; Λ bounded by proof, not estimated; η the largest allowed.",
    does_not_say="That the bound is near: the mean eigenvalue governs most of the fall.",
)
def rate(*, seeds=2, first_seed=0, eta_factor=1.0):
    """Compare loss and bound; ``eta_factor`` multiplies the step size, not the bound."""
    measured, bound, rows = [], [], []
    for seed, _, known, run in _runs(seeds, first_seed, eta_factor):
        measured.append(np.asarray(run.loss)[1:])
        bound.append(known.loss_bound(run.step[1:], float(run.loss[0])))
        rows += [{"seed": seed, "step": int(t)} for t in run.step[1:]]
    return inequality(np.concatenate(measured), np.concatenate(bound), rows, "<=")


rate.refuted_by(eta_factor=40.0)


@claim(
    id="book-certificate-path",
    source="Book, Theorem 3' (after Bombari, Amani, Mondelli 2022)",
    statement="At the proved scale the path is at most 1.55 ‖Y‖/(γσ₀), and at its end J has moved by less than σ₀/4.",
    status="proved here",
    assumptions="As for book-certificate-rate.",
    does_not_say="Anything about scales below the threshold.",
)
def path(*, seeds=2, first_seed=0, eta_factor=1.0):
    """Compare both with their bounds, as fractions of them."""
    worst, rows = [], []
    for seed, task, known, run in _runs(seeds, first_seed, eta_factor):
        worst += [float(run.path_length[-1]) / known.path, 4 * _end_drift(task, run) / known.sigma]
        rows += [{"seed": seed, "what": "path"}, {"seed": seed, "what": "drift"}]
    return inequality(worst, 1.0, rows, "<=")


path.refuted_by(eta_factor=40.0)


@claim(
    id="book-jacobian-lipschitz",
    source="Book",
    statement="‖J(θ) − J(θ')‖ ≤ Λ ‖θ − θ'‖ on the ball, Λ from norms of weights, features and data.",
    status="proved here",
    assumptions="Tanh; the pairs tried: random ones, and a neuron moved through zero on one sample.",
    does_not_say="That Λ is near the truth: it is ten to twenty times what is found.",
)
def lipschitz(*, radius=0.1, seeds=3, first_seed=0, activation="tanh"):
    """Compare difference quotients of the Jacobian with the bound for tanh; ``activation`` may have kinks."""
    measured, bound, rows = [], [], []
    for seed in range(first_seed, first_seed + seeds):
        params, rng = plain.draw(WIDTHS, "bombari", [seed, 1]), np.random.default_rng([seed, 2])
        X = rng.standard_normal((SAMPLES, WIDTHS[0]))
        known = jacobian_lipschitz_bound(params, X, radius)
        for name, (one, other) in _pairs(params, X, radius, rng):
            turned = one_copy_jacobian(one, X, activation) - one_copy_jacobian(other, X, activation)
            moved = np.sqrt(sum(np.sum((a - b) ** 2) for a, b in zip(one, other)))
            measured.append(np.linalg.norm(turned, 2) / moved)
            bound.append(known)
            rows.append({"seed": seed, "pair": name})
    return inequality(measured, bound, rows, "<=")


lipschitz.refuted_by(activation="relu")


def _pairs(params, X, radius, rng):
    """Pairs in the ball: the centre with a random point at the border, and two sides of a sample's kink."""
    shift = [rng.standard_normal(W.shape) for W in params]
    size = np.sqrt(sum(np.sum(V**2) for V in shift))
    yield "random", (params, [W + radius / size * V for W, V in zip(params, shift)])
    i = np.argmin(np.abs(X @ params[0][:, 0]))
    step, g = X[i] / (X[i] @ X[i]), X[i] @ params[0][:, 0]
    sides = []
    for target in (-1e-6, 1e-6):
        first = params[0].copy()
        first[:, 0] += (target - g) * step
        sides.append([first, *params[1:]])
    yield "kink", tuple(sides)


@claim(
    id="book-lazy-drift",
    source="Book, from Chizat, Oyallon, Bach 2019",
    statement="The distance that the Jacobian moves in training γf falls like 1/γ once γ is large.",
    status="proof sketched",
    assumptions="Equal ηγ² for all γ, a fixed number of steps, γ from 30 to 3000.",
    does_not_say="The same below γ = 1, where the network leaves its linearization.",
)
def drift(*, scales=(30.0, 100.0, 300.0, 1000.0, 3000.0), seeds=2, first_seed=0, exponent=-1.0):
    """Fit the exponent of the drift in γ, relative to its mean over the scales."""
    x, y, rows = [], [], []
    for scale in scales:
        for seed, task, _, run in _runs(seeds, first_seed, scale=scale):
            x.append(scale)
            y.append(_end_drift(task, run))
            rows.append({"seed": seed})
    return scaling_law(x, y, exponent, (0.2, 5), table=rows, tolerance=0.02)


drift.refuted_by(exponent=-2.0)


@claim(
    id="book-certificate-pessimistic",
    source="Book",
    statement="At γ = 0.3, thousands of times below the proved scale, the loss still stays under the certified curve.",
    status="open",
    assumptions="Gaussian data and labels, widths 8, 20 samples; η from the same formula.",
    does_not_say="That it must: at γ = 0.003, with 60 samples in 12 dimensions, it does not.",
)
def pessimistic(*, scale=0.3, eta_factor=1.0, seeds=3, first_seed=0):
    """Compare loss and curve at a scale that the theorem does not allow."""
    measured, bound, rows = [], [], []
    for seed, _, known, run in _runs(seeds, first_seed, eta_factor, scale=scale):
        measured.append(np.asarray(run.loss)[1:])
        bound.append(known.loss_bound(run.step[1:], float(run.loss[0])))
        rows += [{"seed": seed, "step": int(t)} for t in run.step[1:]]
    return inequality(np.concatenate(measured), np.concatenate(bound), rows, "<=")


pessimistic.refuted_by(eta_factor=40.0)


@claim(
    id="book-minimum-width-scale",
    source="Book, corollary of Theorem 3'",
    statement="Along d = √(8N) the proved scale γ grows at most like d^(3/2).",
    status="proved here",
    assumptions="The theorem's λ_min = Ω(d²), which is asymptotic; observed here for d from 8 to 80, tanh, medians.",
    does_not_say="That the certified step size is practical: 1/γ² times a constant.",
)
def polynomial(*, dimensions=(8, 11, 16, 24, 36, 56, 80), seeds=3, first_seed=0, exponent=1.5):
    """Fit the exponent of the certified scale in d, against an upper bound."""
    scales, rows = [], []
    for d in dimensions:
        N, draws = max(d * d // 8, 2), []
        for seed in range(first_seed, first_seed + seeds):
            rng = np.random.default_rng([seed, 0])
            X, Y = rng.standard_normal((N, d)), rng.standard_normal(N)
            draws.append(proved_certificate(plain.draw((d, d, d, 1), "bombari", [seed, 1]), X, Y).threshold)
        scales.append(np.median(draws))
        rows.append({"d": d, "N": N})
    return scaling_law(dimensions, scales, exponent, (0.1, 10), table=rows, relation="<=", widest=1.0)


polynomial.refuted_by(exponent=-1.0)


@claim(
    id="book-jacobian-relu",
    source="Book",
    statement="The Jacobian of a ReLU network has no Lipschitz constant: across a kink it jumps by a fixed amount.",
    status="proved here",
    assumptions="One neuron moved through zero on one sample, by h from 1e-2 to 1e-8.",
    does_not_say="That gradient descent fails for ReLU: other proofs count the neurons that flip.",
)
def relu_jumps(*, steps=(1e-2, 1e-4, 1e-6, 1e-8), seeds=2, first_seed=0, activation="relu"):
    """Fit the exponent −1 of the difference quotient in h; a smooth ``activation`` shows 0."""
    x, y, rows = [], [], []
    for seed in range(first_seed, first_seed + seeds):
        params, rng = plain.draw(WIDTHS, "bombari", [seed, 1]), np.random.default_rng([seed, 2])
        X = rng.standard_normal((SAMPLES, WIDTHS[0]))
        for h in steps:
            sides = []
            for sign in (-1, 1):
                first = params[0].copy()
                first[:, 0] += (sign * h - X[0] @ params[0][:, 0]) * X[0] / (X[0] @ X[0])
                sides.append(one_copy_jacobian([first, *params[1:]], X, activation))
            x.append(h)
            y.append(np.linalg.norm(sides[1] - sides[0], 2) / (2 * h / np.linalg.norm(X[0])))
            rows.append({"seed": seed, "h": h})
    return scaling_law(x, y, -1.0, (0.2, 5), table=rows, tolerance=0.05)


relu_jumps.refuted_by(activation="tanh")
