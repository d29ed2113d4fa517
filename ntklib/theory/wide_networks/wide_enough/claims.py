"""Claims of the chapter on wide networks: the Hessian, the drift of the kernel, the least eigenvalue, heavy tails."""

import numpy as np

from ntklib.claims import claim, inequality, scaling_law
from ntklib.networks import MLP
from ntklib.theory.wide_networks.samples import unit_sample
from ntklib.theory.wide_networks.shallow import shallow_descent, shallow_weights
from ntklib.theory.wide_networks.wide_enough import spectra
from ntklib.theory.wide_networks.wide_enough import statements as wide
from ntklib.theory.wide_networks.wide_enough.search import difference_hessian_norm


@claim(
    id="book-wide-hessian-exact",
    source="Book, Lemma on one hidden layer",
    statement="With one hidden layer the Hessian of f(x) has the norm of its largest neuron block, h(a_k, g_k, ‖x‖).",
    status="proved here",
    assumptions="Tanh; beside power iteration on differences of gradients, which knows nothing of neurons.",
    does_not_say="Anything about two hidden layers, where neurons interact.",
)
def hessian_exact(*, seeds=3, first_seed=0, activation="tanh", assumed="tanh"):
    """Relative difference between the formula for ``assumed`` and power iteration for ``activation``."""
    net, worst, rows = MLP((3, 6, 1), activation, "ntk", weight_variance=1.0), [], []
    for seed in range(first_seed, first_seed + seeds):
        W, a = shallow_weights(3, 6, seed)
        x = np.random.default_rng([seed, 1]).standard_normal(3)
        found = difference_hessian_norm(net, [W, a[:, None]], x, steps=400)
        formula = wide.shallow_hessian_norms(W, a, x[None], activation=assumed)[0]
        worst.append(abs(formula / found - 1))
        rows.append({"seed": seed})
    return inequality(worst, 1e-3, rows, "<=")


hessian_exact.refuted_by(activation="softplus")


@claim(
    id="book-wide-hessian-ball",
    source="Book, Lemma on one hidden layer",
    statement="On the ball of radius ρ, ‖∂²f(x)‖ ≤ √(c/m) (s₁‖x‖ + s₂(‖a‖_∞ + ρ)‖x‖²).",
    status="proved here",
    assumptions="Tanh, one hidden layer; the worst point of the ball is searched neuron by neuron.",
    does_not_say="That weights met in training come near that worst point: they do not.",
)
def hessian_ball(*, widths=(16, 128, 1024), radii=(0.1, 1.0, 5.0), seeds=2, first_seed=0, allowed=1.0):
    """Compare the supremum found with the bound for the radius ``allowed`` times ρ."""
    measured, bound, rows = [], [], []
    for m in widths:
        for seed in range(first_seed, first_seed + seeds):
            (W, a), X = shallow_weights(10, m, [seed, m]), unit_sample(4, 10, seed)[0]
            for rho in radii:
                measured += list(wide.shallow_hessian_suprema(W, a, X, rho, points=201))
                bound += [wide.shallow_lipschitz(a, X, allowed * rho)] * len(X)
                rows += [{"m": m, "seed": seed, "radius": rho}] * len(X)
    return inequality(measured, bound, rows, "<=")


hessian_ball.refuted_by(allowed=0.0)


@claim(
    id="book-wide-hessian-slope",
    source="Book, from Liu, Zhu, Belkin 2020",
    statement="On a ball of fixed radius the largest ‖∂²f(x)‖ falls like m^(-1/2).",
    status="proved here",
    assumptions="Tanh, one hidden layer, radius 2; the exponent up to 0.1, since max |a_k| grows with √log m.",
    does_not_say="That the linearization error has this exponent: it falls faster.",
)
def hessian_slope(*, widths=(32, 128, 512, 2048, 8192), radius=2.0, seeds=3, first_seed=0, exponent=-0.5):
    """Fit the exponent of the exact supremum in m."""
    x, y, rows = [], [], []
    for m in widths:
        for seed in range(first_seed, first_seed + seeds):
            (W, a), X = shallow_weights(10, m, [seed, m]), unit_sample(2, 10, seed)[0]
            x.append(m)
            y.append(wide.shallow_hessian_suprema(W, a, X, radius, points=101).max())
            rows.append({"seed": seed})
    return scaling_law(x, y, exponent, (0.7, 1.4), table=rows, tolerance=0.1)


hessian_slope.refuted_by(exponent=-1.0)


@claim(
    id="book-wide-hessian-depth",
    source="Book, Proposition on depth",
    statement="At any depth ‖∂²f(x)‖ is at most a sum of a term with m^(-1/2) and one with the largest backward entry.",
    status="proved here",
    assumptions="Tanh, L = 4, at the initialization; the norm by power iteration on differences of gradients.",
    does_not_say="How the sum grows on a ball: for that the chapter has a sketch only.",
)
def hessian_depth(*, widths=(16, 48), depth=4, seeds=3, first_seed=0, factor=1.0):
    """Compare power iteration with ``factor`` times the proved sum."""
    measured, bound, rows = [], [], []
    for m in widths:
        net = MLP((10, *[m] * (depth - 1), 1), "tanh", "ntk", weight_variance=1.0)
        for seed in range(first_seed, first_seed + seeds):
            rng, x = np.random.default_rng([seed, m]), unit_sample(1, 10, seed)[0]
            params = [rng.standard_normal(shape) for shape in zip(net.widths[:-1], net.widths[1:])]
            measured.append(difference_hessian_norm(net, params, x[0], steps=60))
            bound.append(factor * wide.deep_hessian_bound(net, params, x)[0])
            rows.append({"m": m, "seed": seed})
    return inequality(measured, bound, rows, "<=")


hessian_depth.refuted_by(factor=0.02)


@claim(
    id="book-wide-kernel-drift",
    source="Book, Theorem T2",
    statement="At every recorded step ‖K_t − K_0‖ ≤ (2B₀ + Λρ_t)Λρ_t with ρ_t the distance from the start.",
    status="proved here",
    assumptions="Tanh, one hidden layer, unit sphere, full-batch gradient descent; Λ proved on the ball of radius ρ_t.",
    does_not_say="That the drift has the bound's exponent −1/2 in m: it is near −1.",
)
def kernel_drift(*, widths=(16, 64, 256), seeds=2, first_seed=0, factor=1.0):
    """Compare the measured drift with ``factor`` times the bound."""
    measured, bound, rows = [], [], []
    for m in widths:
        for seed in range(first_seed, first_seed + seeds):
            X, y = unit_sample(12, 8, seed)
            run = shallow_descent(*shallow_weights(8, m, [seed, m]), X, y, steps=400, every=40)
            B = np.linalg.norm(run.kernels[0], 2) ** 0.5
            for drift, rho in zip(run.drift[1:], run.distance[1:]):
                turned = wide.shallow_lipschitz(run.a[0], X, rho) * rho
                measured.append(drift)
                bound.append(factor * (2 * B + turned) * turned)
                rows.append({"m": m, "seed": seed})
    return inequality(measured, bound, rows, "<=")


kernel_drift.refuted_by(factor=1e-3)


@claim(
    id="book-wide-routes",
    source="Book, Theorem T2",
    statement="As λ₀ → 0 the proved width grows like λ₀^(-3) through the Jacobian's smallest singular value.",
    status="proved here",
    assumptions="One hidden layer, the Euclidean ball of the path bound, largest output weight and B₀ held fixed.",
    does_not_say="That so much is needed; through the norm of the kernel the same ball asks for λ₀^(-4).",
)
def routes(*, levels=(1e-9, 1e-8, 1e-7, 1e-6, 1e-5), through="jacobian", exponent=-3.0):
    """Fit the exponent of the proved width in λ₀; ``through`` the "kernel" it is another one."""
    X, a = np.eye(4), np.full(8, 2.0)
    largest = None if through == "jacobian" else 1.0
    widths = [spectra.proved_width(a, X, level, 0.5, largest=largest) for level in levels]
    return scaling_law(levels, widths, exponent, (0.8, 1.25), tolerance=0.02)


routes.refuted_by(through="kernel")


@claim(
    id="book-hessian-moments",
    source="Book, after Terjék, González-Sánchez 2022, abstract",
    statement="For long inputs ‖∂²f(x)‖ grows like ‖x‖²: that is where even moments of the data come from.",
    status="proved here",
    assumptions="Tanh, one hidden layer, m = 4096, lengths from 3 to 30.",
    does_not_say="The same for short inputs, where the growth is linear, or for lengths beyond m.",
)
def hessian_moments(*, lengths=(3.0, 6.0, 12.0, 30.0), m=4096, seeds=3, first_seed=0, exponent=2.0):
    """Fit the exponent of the Hessian's norm in the length of the input."""
    x, y, rows = [], [], []
    for seed in range(first_seed, first_seed + seeds):
        (W, a), z = shallow_weights(10, m, [seed, m]), unit_sample(1, 10, seed)[0]
        for s in lengths:
            x.append(s)
            y.append(wide.shallow_hessian_norms(W, a, s * z)[0])
            rows.append({"seed": seed, "length": s})
    return scaling_law(x, y, exponent, (0.5, 2.0), table=rows, tolerance=0.1)


hessian_moments.refuted_by(lengths=(0.01, 0.02, 0.05, 0.1))
