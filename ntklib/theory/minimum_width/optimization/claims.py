"""Claims of the optimization chapter: the certificate, the proved Lipschitz bound, laziness, the scale in d."""

from itertools import product

import numpy as np

from ntklib import plain
from ntklib.claims import at_most, claim, power_law
from ntklib.theory.lipschitz import jacobian_lipschitz_bound
from ntklib.theory.minimum_width.optimization.setting import SAMPLES, WIDTHS, certified_runs, end_drift
from ntklib.theory.minimum_width.optimization.statements import certificate, one_copy_jacobian, proved_certificate


@claim(
    id="book-certificate-rate",
    source="Book, Theorem 3' (after Bombari, Amani, Mondelli 2022)",
    statement="At the proved scale the loss stays below (1 − 0.97 ηγ²σ₀²)^t times its start, at every recorded step.",
    status="proved here",
    assumptions="Tanh, two copies with opposite signs; Λ bounded by proof, not estimated; η the largest allowed.",
    does_not_say="That the bound is near: the mean eigenvalue governs most of the fall.",
    verdict=at_most(),
    companion="book-certificate-extremal",
)
def rate(*, seeds=2, seed=0, eta_factor=1.0):
    """Compare loss and bound; ``eta_factor`` multiplies the step size, not the bound."""
    for s, _, known, run in certified_runs(seeds, seed, eta_factor):
        for t, loss in zip(run.step[1:], run.loss[1:]):
            yield float(loss), float(known.loss_bound(t, float(run.loss[0]))), {"seed": s, "step": int(t)}


rate.refuted_by("for a step ten times as large too, beyond 2/λ_max", eta_factor=10.0)


@claim(
    id="book-certificate-path",
    source="Book, Theorem 3' (after Bombari, Amani, Mondelli 2022)",
    statement="At the proved scale the path is at most 1.55 ‖Y‖/(γσ₀), and at its end J has moved by less than σ₀/4.",
    status="proved here",
    assumptions="As for book-certificate-rate.",
    does_not_say="Anything about scales below the threshold.",
    verdict=at_most(),
    companion="book-certificate-extremal",
)
def path(*, seeds=2, seed=0, eta_factor=1.0):
    """Compare both with their bounds, as fractions of them."""
    for s, task, known, run in certified_runs(seeds, seed, eta_factor):
        yield float(run.path_length[-1]) / known.path, 1.0, {"seed": s, "what": "path"}
        yield 4 * end_drift(task, run) / known.sigma, 1.0, {"seed": s, "what": "drift"}


path.refuted_by("for a step ten times as large too, beyond 2/λ_max", eta_factor=10.0)


@claim(
    id="book-certificate-extremal",
    source="Book",
    statement="For a linear model with labels along the lowest singular vector, the bounds of Theorem 3' on path and "
    "early loss are within a factor 2.",
    status="proved here",
    assumptions="f = Jθ with singular values from 1 to 2, the step of the theorem; the loss up to t = 1/(2ηγ²σ₀²).",
    does_not_say="That the rate is near: a linear model has (1 − ηγ²σ₀²)^(2t), twice the exponent.",
    verdict=at_most(),
)
def extremal(*, N=20, P=30, scale=1.0, seeds=2, seed=0, place=0):
    """Compare with the bounds of the theorem, in which the singular value at ``place`` is taken for the least."""
    for s in range(seed, seed + seeds):
        rng, values = np.random.default_rng([s, 6]), np.linspace(1.0, 2.0, N)
        left = np.linalg.qr(rng.standard_normal((N, N)))[0]
        J = left @ np.diag(values) @ np.linalg.qr(rng.standard_normal((P, N)))[0].T
        Y, theta, length, loss = left[:, 0], np.zeros(P), 0.0, [0.5]
        known = certificate(values[place], values[-1], 1e-9, 1.0, scale)
        while len(loss) < 20_000 and loss[-1] > 1e-12:
            step = known.step * scale * J.T @ (Y - scale * J @ theta)
            theta, length = theta + step, length + np.linalg.norm(step)
            loss.append(float(np.sum((Y - scale * J @ theta) ** 2)) / 2)
        yield length, known.path, {"seed": s, "what": "path"}
        for t in range(1, int(0.5 / (known.step * scale**2)) + 1, 5):
            yield loss[t], float(known.loss_bound(t, 0.5)), {"seed": s, "what": f"loss, t = {t}"}


extremal.refuted_by("the largest singular value may stand in the place of the least", place=-1)


@claim(
    id="book-jacobian-lipschitz",
    source="Book",
    statement="‖J(θ) − J(θ')‖ ≤ Λ ‖θ − θ'‖ on the ball, Λ from norms of weights, features and data.",
    status="proved here",
    assumptions="Tanh; the pairs tried: random ones, and a neuron moved through zero on one sample.",
    does_not_say="That Λ is near the truth: it is ten to twenty times what is found.",
    verdict=at_most(),
    companion="book-jacobian-lipschitz-extremal",
)
def lipschitz(*, radius=0.1, seeds=3, seed=0, activation="tanh"):
    """Compare difference quotients of the Jacobian with the bound for tanh; ``activation`` may have kinks."""
    for s in range(seed, seed + seeds):
        params, rng = plain.draw(WIDTHS, "bombari", [s, 1]), np.random.default_rng([s, 2])
        X = rng.standard_normal((SAMPLES, WIDTHS[0]))
        known = jacobian_lipschitz_bound(params, X, radius)
        for name, pair in _pairs(params, X, radius, rng):
            yield _quotient(*pair, X, activation), known, {"seed": s, "pair": name}


lipschitz.refuted_by("for ReLU too, with tanh's Λ", activation="relu")


@claim(
    id="book-jacobian-lipschitz-extremal",
    source="Book",
    statement="For one neuron, w tanh(v·x) with v ⟂ x and w small, ‖J(θ) − J(θ')‖/‖θ − θ'‖ reaches Λ within a tenth.",
    status="proved here",
    assumptions="One sample of norm 1/2 to 2, w = 0.01, v at distance 0 or 0.1 from orthogonal, radius 1e-3.",
    does_not_say="That Λ is reached by wide or deep networks.",
    verdict=at_most(),
)
def lipschitz_extremal(*, d=5, norms=(0.5, 1.0, 2.0), seeds=2, seed=0, share=1.1):
    """Compare Λ with ``share`` times the largest quotient over 60 directions in the plane of v and w."""
    for norm, s in product(norms, range(seed, seed + seeds)):
        x, v = np.random.default_rng([s, 3]).standard_normal((2, d))
        x *= norm / np.linalg.norm(x)
        params, h = [(v - (v @ x) / norm**2 * x)[:, None], np.array([[0.01]])], 1e-3
        turns = np.linspace(0, np.pi, 60)
        moved = ([params[0] + h * np.cos(a) * x[:, None] / norm, params[1] + h * np.sin(a)] for a in turns)
        found = max(_quotient(params, other, x[None], "tanh") for other in moved)
        yield jacobian_lipschitz_bound(params, x[None], h), share * found, {"|x|": norm, "seed": s}
        yield found, jacobian_lipschitz_bound(params, x[None], h), {"|x|": norm, "seed": s}


lipschitz_extremal.refuted_by("it reaches twice Λ: both mixed derivatives add up", share=0.5)


def _quotient(one, other, X, activation) -> float:
    turned = one_copy_jacobian(one, X, activation) - one_copy_jacobian(other, X, activation)
    return np.linalg.norm(turned, 2) / np.sqrt(sum(np.sum((a - b) ** 2) for a, b in zip(one, other)))


def _pairs(params, X, radius, rng):
    """Pairs in the ball: the centre with a random point at the border, and two sides of a sample's kink."""
    shift = [rng.standard_normal(W.shape) for W in params]
    size = np.sqrt(sum(np.sum(V**2) for V in shift))
    yield "random", (params, [W + radius / size * V for W, V in zip(params, shift)])
    i = np.argmin(np.abs(X @ params[0][:, 0]))
    yield "kink", [_through(params, X[i], h) for h in (-1e-6, 1e-6)]


def _through(params, x, target: float):
    """The weights with the first neuron moved along x until its pre-activation on x is ``target``."""
    first = params[0].copy()
    first[:, 0] += (target - x @ first[:, 0]) * x / (x @ x)
    return [first, *params[1:]]


@claim(
    id="book-lazy-drift",
    source="Book, from Chizat, Oyallon, Bach 2019",
    statement="The distance that the Jacobian moves in training γf falls like 1/γ once γ is large.",
    status="proof sketched",
    missing_step="a lower bound on the drift, of which the theorem bounds the other side",
    assumptions="Equal ηγ² for all γ, a fixed number of steps, γ from 30 to 3000.",
    does_not_say="The same below γ = 1, where the network leaves its linearization.",
    verdict=power_law("γ", ratio_band=(0.5, 2.0), tolerance=0.02),
)
def drift(*, scales=(30.0, 100.0, 300.0, 1000.0, 3000.0), seeds=2, seed=0, exponent=-1.0):
    """Fit the exponent of the drift in γ, relative to its mean over the scales."""
    for scale in scales:
        for s, task, _, run in certified_runs(seeds, seed, scale=scale):
            yield end_drift(task, run), None, {"γ": scale, "seed": s}


drift.refuted_by("like γ^{−6/5}", exponent=-1.2)


@claim(
    id="book-certificate-pessimistic",
    source="Book",
    statement="At γ = 0.3, thousands of times below the proved scale, the loss still stays under the certified curve.",
    status="open",
    assumptions="Gaussian data and labels, widths 8, 20 samples; η from the same formula.",
    does_not_say="That it must: at γ = 0.003, with 60 samples in 12 dimensions, it does not.",
    verdict=at_most(),
    companion="book-certificate-extremal",
)
def pessimistic(*, scale=0.3, eta_factor=1.0, seeds=3, seed=0):
    """Compare loss and curve at a scale that the theorem does not allow."""
    for s, _, known, run in certified_runs(seeds, seed, eta_factor, scale=scale):
        for t, loss in zip(run.step[1:], run.loss[1:]):
            yield float(loss), float(known.loss_bound(t, float(run.loss[0]))), {"seed": s, "step": int(t)}


pessimistic.refuted_by("for a step twenty times as large too, beyond 2/λ_max", eta_factor=20.0)


@claim(
    id="book-minimum-width-scale",
    source="Book, corollary of Theorem 3'",
    statement="Along d = √(8N) the proved scale γ, the median of five networks, grows at most like d^(3/2).",
    status="proved here",
    assumptions="The theorem's λ_min = Ω(d²), which is asymptotic; observed here for d from 8 to 80, tanh.",
    does_not_say="That the certified step size is practical: 1/γ² times a constant.",
    verdict=power_law("d", ratio_band=(0.1, 10), relation="<="),
    companion="book-minimum-width-turning",
)
def polynomial(*, dimensions=(8, 11, 16, 24, 36, 56, 80), seeds=3, seed=0, exponent=1.5):
    """Fit the exponent of the certified scale in d, against an upper bound."""
    for d, s in product(dimensions, range(seed, seed + seeds)):
        scales = [known.threshold for _, known, _ in _along_the_minimum((d,), 5, 5 * s)]
        yield np.median(scales), None, {"d": d, "seed": s}


polynomial.refuted_by("at most like √d", exponent=0.5)


@claim(
    id="book-minimum-width-turning",
    source="Book, on the corollary of Theorem 3'",
    statement="In the scale 8Λ‖Y‖/σ₀² with ‖Y‖ like d the proved Λ grows like d^1.95 on this range, almost d².",
    status="open",
    assumptions="As for book-minimum-width-scale; output weights of norm √d, by division.",
    does_not_say="How the true Lipschitz constant grows, nor σ₀, which is near d on this range.",
    verdict=power_law("d", ratio_band=(0.3, 3.0), tolerance=0.02),
)
def turning(*, dimensions=(8, 11, 16, 24, 36, 56, 80), seeds=8, seed=0, exponent=1.95):
    """Fit the exponent of the proved Lipschitz constant, over the length of W_3 over √d, in d."""
    for output, known, row in _along_the_minimum(dimensions, seeds, seed):
        yield known.lipschitz * row["d"] ** 0.5 / output, None, row


turning.refuted_by("like d^{9/4}", exponent=2.25)


def _along_the_minimum(dimensions, seeds: int, seed: int):
    """Lengths of W_3, certificates and settings of networks d → d → d → 1 with d = √(8N)."""
    for d, s in product(dimensions, range(seed, seed + seeds)):
        N, rng = max(d * d // 8, 2), np.random.default_rng([s, 0])
        X, Y = rng.standard_normal((N, d)), rng.standard_normal(N)
        params = plain.draw((d, d, d, 1), "bombari", [s, 1])
        yield np.linalg.norm(params[-1]), proved_certificate(params, X, Y), {"d": d, "N": N, "seed": s}


@claim(
    id="book-jacobian-relu",
    source="Book",
    statement="The Jacobian of a ReLU network has no Lipschitz constant: across a kink it jumps by a fixed amount.",
    status="proved here",
    assumptions="One neuron moved through zero on one sample, h from 1e-2 to 1e-8; relative to the last jump.",
    does_not_say="That gradient descent fails for ReLU: other proofs count the neurons that flip.",
    verdict=power_law("h", absolute=True, exponent=-1.0, ratio_band=(0.9, 1.1), tolerance=0.02),
)
def relu_jumps(*, steps=(1e-2, 1e-4, 1e-6, 1e-8), seeds=2, seed=0, activation="relu"):
    """Fit the exponent −1 of the difference quotient in h; a smooth ``activation`` shows 0."""
    for s in range(seed, seed + seeds):
        params, rng = plain.draw(WIDTHS, "bombari", [s, 1]), np.random.default_rng([s, 2])
        X, least = rng.standard_normal((SAMPLES, WIDTHS[0])), min(steps)
        found = {h: _quotient(*(_through(params, X[0], sign * h) for sign in (-1, 1)), X, activation) for h in steps}
        for h in steps:
            yield found[h] / (found[least] * least), 1 / h, {"seed": s, "h": h}


relu_jumps.refuted_by("tanh jumps too", activation="tanh")
