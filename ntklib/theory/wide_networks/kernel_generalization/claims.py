"""Claims on the norm bound for kernel interpolants: its steps, its value, and what labels do to it."""

from itertools import product

import jax
import numpy as np

from ntklib.claims import at_least, at_most, claim, equal, mean_of_draws, power_law
from ntklib.networks import MLP
from ntklib.theory.wide_networks.composite.statements import network_jacobian
from ntklib.theory.wide_networks.kernel_generalization import errors
from ntklib.theory.wide_networks.kernel_generalization import statements as norms
from ntklib.theory.wide_networks.kernel_generalization.setting import sphere_labels
from ntklib.theory.wide_networks.setting import LinearizedNetwork, mean_squared_loss, sphere_task
from ntklib.training import gradient_descent


@claim(
    id="book-rademacher-ball",
    source="Book, theorem on the norm bound (after Bartlett, Mendelson 2002)",
    statement="The Rademacher average of the kernel's ball is at most B√(tr K)/N.",
    status="proved here",
    assumptions="Finite-width kernels of both tasks, N = 64 and 256, m = 256; 2000 draws of signs.",
    does_not_say="That it is much less: by Khintchine's inequality at least 1/√2 of it, and 0.98 here.",
    verdict=at_most(tolerance=0.005),  # the Monte Carlo error of 2000 draws
)
def rademacher_ball(*, samples=(64, 256), seeds=2, seed=0, factor=1.0):
    """Compare the Monte Carlo average with the ceiling; ``factor`` multiplies the ceiling."""
    for name, N, s in product(("digits", "sphere"), samples, range(seed, seed + seeds)):
        K = errors.finite_kernels(errors.sign_task(name, N, s, tests=1), 256, s)[0]
        average = norms.rademacher_average(K, 1.0, draws=2000, seed=s)
        yield average, factor * norms.rademacher_ceiling(K, 1.0), {"task": name, "N": N, "seed": s}


rademacher_ball.refuted_by("the average is Khintchine's lower bound, 1/√2 of the ceiling", factor=0.5**0.5)


@claim(
    id="book-distance-kernel-norm",
    source="Book, lemma on the norm of the limit",
    statement="On the tangent model gradient descent travels √(rᵀK⁻¹r), the kernel norm of the change it makes.",
    status="proved here",
    assumptions="Tanh, one hidden layer of 64, eight points on the sphere, r the first residual, step 1/λ_max.",
    does_not_say="The same of the network itself, nor after few steps.",
    verdict=equal(tolerance=1e-12),  # 3000 steps at rates of a tenth: only rounding is left
)
def distance_kernel_norm(*, width=64, steps=3000, seeds=2, seed=0, outputs_count=True):
    """Compare the distance after ``steps`` with the norm of the change, or of the labels if no ``outputs_count``."""
    net = MLP((20, width, 1), "tanh", "ntk", weight_variance=1.0)
    for s in range(seed, seed + seeds):
        X, y = sphere_task(8, 20, s)
        start = net.init(jax.random.key(s))
        outputs, J = network_jacobian(net, [np.asarray(W) for W in start], np.asarray(X))
        K, r = J @ J.T, np.asarray(y) - outputs_count * outputs
        step = len(y) / np.linalg.eigvalsh(K)[-1]
        model, options = LinearizedNetwork(net), {"loss": mean_squared_loss, "step_size": step, "steps": steps}
        run = gradient_descent(model, (start, start), X, y, record_every=steps, **options)
        yield float(run.distance[-1]), np.sqrt(r @ np.linalg.solve(K, r)), {"seed": s}


distance_kernel_norm.refuted_by("it is √(yᵀK⁻¹y), the norm of the limit and not of the change", outputs_count=False)


@claim(
    id="book-norm-bound",
    source="Book, theorem on the norm bound (after Bartlett, Mendelson 2002)",
    statement="The risk min(1, |f − y|) of the kernel interpolant is at most the norm bound, with its union and logs.",
    status="proved here",
    assumptions="Infinite width, linear target on the sphere, N = 512 and 1024, δ = 0.05, 750 test points.",
    does_not_say="That the bound is near: the error is below a fiftieth of it; for sign labels it is vacuous.",
    verdict=at_most(trivial=1.0),
    loose_because="none known: symmetrization and contraction pay for every function of the ball, and an interpolant "
    "of noiseless labels is far better than the worst of them",
)
def norm_bound(*, samples=(512, 1024), seeds=3, seed=0, foreign=False):
    """Compare the measured risk with the bound; with ``foreign`` the test labels are those of another coordinate."""
    for N, s in product(samples, range(seed, seed + seeds)):
        task = sphere_labels("linear", N, s)
        kernels = errors.limit_kernels(task)
        labels = 10**0.5 * task.test_X[:, 1] if foreign else task.test_y
        off = np.abs(errors.limit_outputs(task, kernels) - labels)
        limit = min(1.0, norms.norm_risk_bound(kernels[0], task.y).value)
        yield np.minimum(off, 1).mean(), limit, {"N": N, "seed": s}


norm_bound.refuted_by("the test labels may come from another linear target", foreign=True)


def _sign_draws(N, draws, seed):
    return np.random.default_rng([seed, N, 12]).choice([-1.0, 1.0], (N, draws))


@claim(
    id="book-norm-random-labels",
    source="Book (after Arora et al. 2019)",
    statement="With random labels the norm bound's main term is at least two in mean square, at any number of samples.",
    status="proved here",
    assumptions="In mean square over the labels (200 draws); measured on the sphere, infinite width, N = 64 to 512.",
    does_not_say="That every draw is above two: at N = 2 half of them are below. Nor that it falls with true labels.",
    verdict=at_least(),
    companion="book-norm-random-mean",
)
def norm_random_labels(*, samples=(64, 128, 256, 512), seeds=2, seed=0, target="random"):
    """Compare the root mean square of the main term with two; ``target`` names the labels."""
    for N, s in product(samples, range(seed, seed + seeds)):
        task = sphere_labels(target, N, s)
        K = errors.limit_kernels(task)[0]
        labels = _sign_draws(N, 200, s) if target == "random" else task.y[:, None]
        squares = norms.norm_complexities(K, labels) ** 2
        yield np.mean(squares) ** 0.5, 2.0, {"N": N, "seed": s}


norm_random_labels.refuted_by("the same for labels that are a linear function", target="linear")


@claim(
    id="book-norm-random-mean",
    source="Book",
    statement="Over random labels the main term's square has the mean 4 tr(K) tr(K⁻¹)/N², which is at least 4.",
    status="proved here",
    assumptions="Infinite width, sphere, N = 16 to 128; 1000 draws of labels.",
    does_not_say="How it scatters.",
    verdict=mean_of_draws(),
)
def norm_random_mean(*, samples=(16, 64, 128), draws=1000, seed=0, flat=False):
    """Compare the mean over labels; ``flat`` takes all eigenvalues as equal."""
    for N in samples:
        K = errors.limit_kernels(sphere_labels("random", N, seed))[0]
        exact = 4.0 if flat else 4 * np.trace(K) * np.trace(np.linalg.inv(K)) / N**2
        yield norms.norm_complexities(K, _sign_draws(N, draws, seed)) ** 2, exact, {"N": N}


norm_random_mean.refuted_by("it is exactly 4, as for orthogonal inputs", flat=True)


@claim(
    id="book-norm-in-space",
    source="Book, proposition on targets of finite norm",
    statement="For a target of finite norm, the linear one, the norm bound falls like N^(−1/2).",
    status="proved here",
    assumptions="Sphere of dimension ten, infinite width, N = 64 to 1024.",
    does_not_say="The same for the sign of it, which has a jump: there it rises.",
    verdict=power_law("N", ratio_band=(0.8, 1.25), tolerance=0.02),
)
def norm_in_space(*, samples=(64, 128, 256, 512, 1024), seeds=2, seed=0, target="linear", exponent=-0.5):
    """Fit the exponent of the main term in N; ``target`` names the labels."""
    for N, s in product(samples, range(seed, seed + seeds)):
        task = sphere_labels(target, N, s)
        yield norms.norm_complexity(errors.limit_kernels(task)[0], task.y), None, {"N": N, "seed": s}


norm_in_space.refuted_by("the same for the sign of a polynomial", target="signs")
