"""Claims of the chapter on wide networks: the Hessian, the drift of the kernel, the proved width, long inputs."""

from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from ntklib.claims import at_most, claim, equal, power_law
from ntklib.networks import MLP
from ntklib.theory.wide_networks.samples import unit_sample
from ntklib.theory.wide_networks.shallow import shallow_descent, shallow_kernel, shallow_weights
from ntklib.theory.wide_networks.wide_enough import spectra
from ntklib.theory.wide_networks.wide_enough import statements as wide
from ntklib.theory.wide_networks.wide_enough.search import difference_hessian_norm


@claim(
    id="book-wide-hessian-exact",
    source="Book, Lemma on one hidden layer",
    statement="With one hidden layer the Hessian of f(x) has the norm of its largest neuron block, h(a_k, g_k, ‖x‖).",
    status="proved here",
    assumptions="Tanh; beside the eigenvalues of the Hessian by automatic differentiation, which knows no neurons.",
    does_not_say="Anything about two hidden layers, where neurons interact.",
    verdict=equal(tolerance=1e-12),
)
def hessian_exact(*, seeds=3, seed=0, activation="tanh", assumed="tanh", mixed=1.0):
    """The formula for ``assumed``, the Hessian for ``activation``; ``mixed`` multiplies the mixed derivative."""
    net = MLP((3, 6, 1), activation, "ntk", weight_variance=1.0)
    for s in range(seed, seed + seeds):
        W, a = shallow_weights(3, 6, s)
        x = np.random.default_rng([s, 1]).standard_normal(3)
        found = np.abs(np.linalg.eigvalsh(_hessian(net, [W, a[:, None]], x))).max()
        # h(a, g, s) with another mixed derivative: only the part below the root that belongs to it
        yield found, mixed * wide.shallow_hessian_norms(W, a / mixed, x[None], activation=assumed)[0], {"seed": s}


def _hessian(net, params, x):
    """All second derivatives of f(x) in the parameters, by automatic differentiation."""
    flat, unravel = ravel_pytree([jnp.asarray(W) for W in params])
    return jax.hessian(lambda theta: net(unravel(theta), x[None])[0])(flat)


hessian_exact.refuted_by("the two mixed blocks add up: the mixed derivative counts twice", mixed=2.0)


@claim(
    id="book-wide-hessian-ball",
    source="Book, Lemma on one hidden layer",
    statement="On the ball of radius ρ, ‖∂²f(x)‖ ≤ √(c/m) (s₁‖x‖ + s₂(‖a‖_∞ + ρ)‖x‖²).",
    status="proved here",
    assumptions="Tanh, one hidden layer; the worst point of the ball is searched neuron by neuron.",
    does_not_say="That weights met in training come near that worst point: they do not.",
    verdict=at_most(),
)
def hessian_ball(*, widths=(16, 128, 1024), radii=(0.1, 1.0, 5.0), seeds=2, seed=0, allowed=1.0):
    """Compare the supremum found with the bound for the radius ``allowed`` times ρ."""
    for m, s, rho in product(widths, range(seed, seed + seeds), radii):
        (W, a), X = shallow_weights(10, m, [s, m]), unit_sample(4, 10, s)[0]
        found = wide.shallow_hessian_suprema(W, a, X, rho, points=201)
        yield found, wide.shallow_lipschitz(a, X, allowed * rho), {"m": m, "seed": s, "radius": rho}


hessian_ball.refuted_by("the bound at the centre holds on the whole ball", allowed=0.0)


@claim(
    id="book-wide-hessian-slope",
    source="Book, from Liu, Zhu, Belkin 2020",
    statement="On a ball of fixed radius the largest ‖∂²f(x)‖ falls like √(log m/m).",
    status="proved here",
    assumptions="Tanh, one hidden layer, radius 2; the fit is of the supremum over ρ + √(2 log m), that of max |a_k|.",
    does_not_say="That the linearization error has this exponent: it falls faster.",
    verdict=power_law("m", ratio_band=(0.7, 1.4), tolerance=0.02),
)
def hessian_slope(*, widths=(32, 128, 512, 2048, 8192), radius=2.0, seeds=3, seed=0, exponent=-0.5, logarithm=2.0):
    """Fit the exponent of the exact supremum in m, over ρ + √(``logarithm`` log m)."""
    for m, s in product(widths, range(seed, seed + seeds)):
        (W, a), X = shallow_weights(10, m, [s, m]), unit_sample(2, 10, s)[0]
        largest = wide.shallow_hessian_suprema(W, a, X, radius, points=101).max()
        yield largest / (radius + (logarithm * np.log(m)) ** 0.5), None, {"m": m, "seed": s}


hessian_slope.refuted_by("m^(-1/2) without the logarithm", logarithm=0.0)


@claim(
    id="book-wide-hessian-depth",
    source="Book, Proposition on depth",
    statement="At any depth ‖∂²f(x)‖ is at most a sum of a term with m^(-1/2) and one with the largest backward entry.",
    status="proved here",
    assumptions="Tanh, L = 4, at the initialization; the norm by power iteration on differences of gradients.",
    does_not_say="How the sum grows on a ball: for that the chapter has a sketch only.",
    verdict=at_most(),
    companion="book-wide-hessian-extremal",
)
def hessian_depth(*, widths=(16, 48), depth=4, seeds=3, seed=0, power=1.0):
    """Compare power iteration with the proved sum; ``power`` is that of the multipliers that the sum is told."""
    for m, s in product(widths, range(seed, seed + seeds)):
        net = MLP((10, *[m] * (depth - 1), 1), "tanh", "ntk", weight_variance=1.0)
        rng, x = np.random.default_rng([s, m]), unit_sample(1, 10, s)[0]
        params = [rng.standard_normal(shape) for shape in zip(net.widths[:-1], net.widths[1:])]
        bound = wide.deep_hessian_bound(_retold(net, power), params, x)[0]
        yield difference_hessian_norm(net, params, x[0], steps=60), bound, {"m": m, "seed": s}


def _retold(net, power):
    """The network with every multiplier raised to a power."""
    scaling = net.parametrization
    return MLP(net.widths, net.activation, type(scaling)(scaling.init_std, [k**power for k in scaling.multiplier]))


hessian_depth.refuted_by("every multiplier enters squared, as it does in the kernel", power=2.0)


@claim(
    id="book-wide-hessian-extremal",
    source="Book, Proposition on depth",
    statement="With one neuron a layer, an input of length x or the top's mixed block meet the sum up to a share 4/3x.",
    status="proved here",
    assumptions="Tanh, L = 2, one neuron: wx where 2 tanh = 2/√3 with x = 16, 64, or w = 0, a = 0.",
    does_not_say="That several layers can be extremal at once: the sum adds their norms.",
    verdict=at_most(tolerance=1e-6),
)
def hessian_extremal(*, lengths=(16.0, 64.0), seed=0, seeds=2, told="tanh"):
    """Compare power iteration with the sum, which is told the activation ``told``."""
    for x, s, zero in product(lengths, range(seed, seed + seeds), (False, True)):
        a = 0.0 if zero else np.random.default_rng([s, 8]).uniform(1.0, 2.0)
        params = [np.full((1, 1), 0.0 if zero else np.arctanh(3**-0.5) / x), np.full((1, 1), a)]
        net, heard = (MLP((1, 1, 1), name, "standard") for name in ("tanh", told))
        found = difference_hessian_norm(net, params, np.array([x]), steps=40, h=1e-4 / x)
        bound = wide.deep_hessian_bound(heard, params, np.array([[x]]))[0]
        yield found, bound, {"x": x, "seed": s, "zero": zero}
        yield (1 - 4 / (3 * x)) * bound, found, {"x": x, "seed": s, "zero": zero, "reversed": True}


hessian_extremal.refuted_by("|σ''| ≤ 1/4, which is softplus's", told="softplus")


@claim(
    id="book-wide-kernel-drift",
    source="Book, Theorem T2",
    statement="At every recorded step ‖K_t − K_0‖ ≤ (2B₀ + Λρ_t)Λρ_t with ρ_t the distance from the start.",
    status="proved here",
    assumptions="One hidden layer, unit sphere, full-batch gradient descent; Λ proved on the ball of radius ρ_t; tanh "
    "on 12 samples, and softplus with output weights of one sign on one, where nothing cancels.",
    does_not_say="That the drift has the bound's exponent −1/2 in m: it is near −1.",
    verdict=at_most(),
    companion="book-wide-drift-extremal",
)
def kernel_drift(*, widths=(16, 64, 256, 1024), seeds=2, seed=0, neuron=False):
    """Compare the drift with the bound; with ``neuron`` ρ is the root mean square move of one neuron."""
    for m, s, aligned in product(widths, range(seed, seed + seeds), (False, True)):
        kind = {"activation": "softplus" if aligned else "tanh"}
        X, y = unit_sample(1 if aligned else 12, 8, s)
        start = shallow_weights(8, m, [s, m], signs="positive" if aligned else "random")
        run = shallow_descent(*start, X, y, steps=400, every=40, centred=aligned, **kind)
        B = np.linalg.norm(run.kernels[0], 2) ** 0.5
        for drift, rho in zip(run.drift[1:], run.distance[1:]):
            rho = rho / m**0.5 if neuron else rho
            yield drift, wide.drift_bound(B, wide.shallow_lipschitz(run.a[0], X, rho, **kind), rho), {"m": m, "seed": s}


kernel_drift.refuted_by("the move of a typical neuron stands for ρ: the kernel is a mean over neurons", neuron=True)


@claim(
    id="book-wide-convergence",
    source="Book, Theorem T2",
    statement="Where Λρ ≤ 0.29 √λ₀ and η ≤ 1/((B₀ + Λρ)² + Λ√(2Δ₀)), the loss is at most (1 − ηλ₀/2)^t of its start.",
    status="proved here",
    assumptions="Tanh, labels counted from the first outputs: 10 samples, m = 512, labels of size 0.01; 3 samples, "
    "m = 4096, size 0.1. Both conditions are met; the largest allowed step, 12 steps.",
    does_not_say="Anything about labels of size one at these widths: with 10 samples Λρ is then 700 times too large.",
    verdict=at_most(),
    companion="book-composite-extremal",
)
def convergence(*, seeds=2, seed=0, rate="least"):
    """Compare the loss with its bound at every step; ``rate`` names the eigenvalue in it."""
    for (N, m, size), s in product(((10, 512, 0.01), (3, 4096, 0.1)), range(seed, seed + seeds)):
        (X, y), (W, a) = unit_sample(N, 20, s), shallow_weights(20, m, [s, m])
        terms = spectra.convergence_terms(W, a, X, size * y)
        assert terms.share <= 1, "outside the theorem"
        run = shallow_descent(W, a, X, size * y, steps=12, step=terms.step, centred=True)
        level = terms.least if rate == "least" else np.linalg.eigvalsh(run.kernels[0])[-1]
        bounds = run.loss[0] * (1 - terms.step * level / 2) ** run.step
        yield run.loss[1:], bounds[1:], {"N": N, "m": m, "seed": s}


convergence.refuted_by("the rate is ηλ_max/2: the fastest direction decides", rate="largest")


@claim(
    id="book-wide-drift-extremal",
    source="Book, Theorem T2",
    statement="For one neuron and a short input a step ρ of a moves K by (2B₀ + Λρ)Λρ, up to a share 2(a + ρ)‖x‖.",
    status="proved here",
    assumptions="Tanh, w = 0, one sample of norm 0.001 or 0.01; a grows by ρ = 0.01 or 0.1; Λ proved on that ball.",
    does_not_say="That training takes such a step.",
    verdict=at_most(),
)
def drift_extremal(*, radii=(0.01, 0.1), lengths=(1e-3, 1e-2), seed=0, seeds=3, first=2.0):
    """Compare the drift with the bound; ``first`` is the factor of B₀."""
    for rho, size, s in product(radii, lengths, range(seed, seed + seeds)):
        X, a = size * unit_sample(1, 5, s)[0], np.random.default_rng([s, 2]).uniform(0.5, 2.0, 1)
        W, settings = np.zeros((5, 1)), {"ρ": rho, "length": size, "seed": s}
        moved = (shallow_kernel(W, a + rho, X) - shallow_kernel(W, a, X))[0, 0]
        B = shallow_kernel(W, a, X)[0, 0] ** 0.5
        bound = wide.drift_bound(B, wide.shallow_lipschitz(a, X, rho), rho, first=first)
        yield moved, bound, settings
        yield (1 - 2 * (a[0] + rho) * size) * bound, moved, settings | {"reversed": True}


drift_extremal.refuted_by("K = JJ* moves by B₀Λρ: the product rule has one term", first=1.0)


@claim(
    id="book-wide-routes",
    source="Book, Theorem T2",
    statement="As λ₀ → 0 the proved width grows like λ₀^(-3) through the Jacobian's smallest singular value.",
    status="proved here",
    assumptions="One hidden layer, the Euclidean ball of the path bound, largest output weight and B₀ held fixed.",
    does_not_say="That so much is needed; through the norm of the kernel the same ball asks for λ₀^(-4).",
    verdict=power_law("λ₀", ratio_band=(0.8, 1.25), tolerance=0.02),
    deterministic="a formula of its arguments",
)
def routes(*, levels=(1e-9, 1e-8, 1e-7, 1e-6, 1e-5), through="jacobian", exponent=-3.0):
    """Fit the exponent of the proved width in λ₀; ``through`` the "kernel" it is another one."""
    X, a = np.eye(4), np.full(8, 2.0)
    largest = None if through == "jacobian" else 1.0
    for level in levels:
        yield spectra.proved_width(a, X, level, 0.5, largest=largest), None, {"λ₀": level}


routes.refuted_by("the same exponent through the norm of the kernel", through="kernel")


@claim(
    id="book-hessian-moments",
    source="Book, after Terjék, González-Sánchez 2022, abstract",
    statement="For long inputs ‖∂²f(x)‖ grows like ‖x‖²√log(m/‖x‖): that is where even moments of the data come from.",
    status="proved here",
    assumptions="Tanh, one hidden layer, m = 4096, lengths from 3 to 30.",
    does_not_say="The same for short inputs, where the growth is linear, or for lengths beyond m.",
    verdict=power_law("length", ratio_band=(0.5, 2.0), tolerance=0.02),
)
def hessian_moments(*, lengths=(3.0, 6.0, 12.0, 30.0), m=4096, seeds=12, seed=0, exponent=2.0, logarithm=0.5):
    """Fit the exponent of the norm over a power of log(m/‖x‖), ``logarithm``, in ‖x‖, relative to the draw's level."""
    for s in range(seed, seed + seeds):
        (W, a), z = shallow_weights(10, m, [s, m]), unit_sample(1, 10, s)[0]
        norms = np.array([wide.shallow_hessian_norms(W, a, r * z)[0] / np.log(m / r) ** logarithm for r in lengths])
        for length, value in zip(lengths, norms / np.exp(np.mean(np.log(norms)))):
            yield value, None, {"length": length, "seed": s}


hessian_moments.refuted_by("‖x‖² without the logarithm", logarithm=0.0)
