"""Claims on the generalization of wide networks: the norm bound, the transport bound, what widths and samples do."""

import jax
import numpy as np

from ntklib.claims import claim, inequality, scaling_law
from ntklib.networks import MLP
from ntklib.theory.wide_networks.composite.statements import network_jacobian
from ntklib.theory.wide_networks.kernel_generalization import errors, transport
from ntklib.theory.wide_networks.kernel_generalization import statements as norms
from ntklib.theory.wide_networks.setting import (
    LinearizedNetwork,
    mean_squared_loss,
    sphere_task,
)
from ntklib.training import gradient_descent

TARGETS = ("linear", "signs", "random")


def sphere_labels(target: str, N: int, seed: int = 0):
    """A sphere task whose labels are √10 x_1, the task's signs, or independent random signs."""
    task = errors.sign_task("sphere", N, seed)
    if target == "linear":
        return task._replace(y=10**0.5 * task.X[:, 0], test_y=10**0.5 * task.test_X[:, 0])
    return task.shuffled(seed) if target == "random" else task


@claim(
    id="book-rademacher-ball",
    source="Book, theorem on the norm bound (after Bartlett, Mendelson 2002)",
    statement="The Rademacher average of the kernel's ball is at most B√(tr K)/N.",
    status="proved here",
    assumptions="Finite-width kernels of both tasks, N = 64 and 256, m = 256; 2000 draws of signs.",
    does_not_say="That it is much less: by Khintchine's inequality at least 1/√2 of it, and 0.98 here.",
)
def rademacher_ball(*, samples=(64, 256), seeds=2, first_seed=0, factor=1.0):
    """Compare the Monte Carlo average with the ceiling; ``factor`` multiplies the ceiling."""
    averages, ceilings, rows = [], [], []
    for name in ("digits", "sphere"):
        for N in samples:
            for seed in range(first_seed, first_seed + seeds):
                K = errors.finite_kernels(errors.sign_task(name, N, seed, tests=1), 256, seed)[0]
                averages.append(norms.rademacher_average(K, 1.0, draws=2000, seed=seed))
                ceilings.append(factor * norms.rademacher_ceiling(K, 1.0))
                rows.append({"task": name, "N": N, "seed": seed})
    return inequality(averages, ceilings, rows, "<=", tolerance=0.005)


rademacher_ball.refuted_by(factor=0.9)


@claim(
    id="book-distance-kernel-norm",
    source="Book, lemma on the norm of the limit",
    statement="On the tangent model gradient descent travels √(rᵀK⁻¹r), the kernel norm of the change it makes.",
    status="proved here",
    assumptions="Tanh, one hidden layer of 64, eight points on the sphere, r the first residual, step 1/λ_max.",
    does_not_say="The same of the network itself, nor after few steps.",
)
def distance_kernel_norm(*, width=64, steps=3000, seeds=2, first_seed=0):
    """Compare the relative difference with 1e-6."""
    net, differences, rows = MLP((20, width, 1), "tanh", "ntk", weight_variance=1.0), [], []
    for seed in range(first_seed, first_seed + seeds):
        X, y = sphere_task(8, 20, seed)
        start = net.init(jax.random.key(seed))
        outputs, J = network_jacobian(net, [np.asarray(W) for W in start], np.asarray(X))
        K, r = J @ J.T, np.asarray(y) - outputs
        step = len(y) / np.linalg.eigvalsh(K)[-1]
        model, options = LinearizedNetwork(net), {"loss": mean_squared_loss, "step_size": step, "steps": steps}
        run = gradient_descent(model, (start, start), X, y, record_every=steps, **options)
        differences.append(float(run.distance[-1]) / np.sqrt(r @ np.linalg.solve(K, r)) - 1)
        rows.append({"seed": seed})
    return inequality(np.abs(differences), 1e-6, rows, "<=")


distance_kernel_norm.refuted_by(steps=10)


@claim(
    id="book-norm-bound",
    source="Book, theorem on the norm bound (after Bartlett, Mendelson 2002)",
    statement="The risk min(1, |f − y|) of the kernel interpolant is at most the norm bound, with its union and logs.",
    status="proved here",
    assumptions="Infinite width, linear target on the sphere, N = 512 and 1024, δ = 0.05, 750 test points.",
    does_not_say="That the bound is near: the error is below a fiftieth of it; for sign labels it is vacuous.",
)
def norm_bound(*, samples=(512, 1024), seeds=3, first_seed=0, factor=1.0):
    """Compare the measured risk with the bound; ``factor`` multiplies the bound."""
    risks, limits, rows = [], [], []
    for N in samples:
        for seed in range(first_seed, first_seed + seeds):
            task = sphere_labels("linear", N, seed)
            kernels = errors.limit_kernels(task)
            off = np.abs(errors.limit_outputs(task, kernels) - task.test_y)
            risks.append(np.minimum(off, 1).mean())
            limits.append(factor * min(1.0, norms.norm_risk_bound(kernels[0], task.y).value))
            rows.append({"N": N, "seed": seed})
    return inequality(risks, limits, rows, "<=")


norm_bound.refuted_by(factor=0.002)


@claim(
    id="book-norm-random-labels",
    source="Book (after Arora et al. 2019)",
    statement="With random labels the norm bound never falls below two, at any number of samples.",
    status="proved here",
    assumptions="In mean square over the labels; measured on the sphere, infinite width, N = 64 to 512.",
    does_not_say="That it falls with true labels: for signs it rises, for a linear target it falls.",
)
def norm_random_labels(*, samples=(64, 128, 256, 512), seeds=2, first_seed=0, target="random"):
    """Compare the main term with two; ``target`` names the labels."""
    values, rows = [], []
    for N in samples:
        for seed in range(first_seed, first_seed + seeds):
            task = sphere_labels(target, N, seed)
            values.append(norms.norm_complexity(errors.limit_kernels(task)[0], task.y))
            rows.append({"N": N, "seed": seed})
    return inequality(values, 2.0, rows, ">=")


norm_random_labels.refuted_by(target="linear")


@claim(
    id="book-norm-in-space",
    source="Book, proposition on targets of finite norm",
    statement="For a target of finite norm, the linear one, the norm bound falls like N^(−1/2).",
    status="proved here",
    assumptions="Sphere of dimension ten, infinite width, N = 32 to 512.",
    does_not_say="The same for the sign of it, which has a jump: there it rises.",
)
def norm_in_space(*, samples=(32, 64, 128, 256, 512), seeds=2, first_seed=0, target="linear"):
    """Fit the exponent of the main term in N; ``target`` names the labels."""
    N = [n for n in samples for _ in range(seeds)]
    tasks = [sphere_labels(target, n, seed) for n in samples for seed in range(first_seed, first_seed + seeds)]
    values = [norms.norm_complexity(errors.limit_kernels(task)[0], task.y) for task in tasks]
    return scaling_law(N, values, -0.5, (0.8, 1.25), tolerance=0.1)


norm_in_space.refuted_by(target="signs")


@claim(
    id="book-transport-bound",
    source="Book (Kantorovich duality; after Terjék, González-Sánchez 2022, abstract)",
    statement="Between two samples a network's mean ramp loss changes by at most its Lipschitz constant times W_1.",
    status="proved here",
    assumptions="Trained ReLU networks of width 256, 64 digits against 64 others, Lip by spectral norms.",
    does_not_say="That this is below one: it is about sixty, the difference one third.",
)
def transport_bound(*, N=64, m=256, seeds=3, first_seed=0, factor=1.0):
    """Compare the difference of losses with the bound; ``factor`` multiplies the bound."""
    gaps, bounds, rows = [], [], []
    for seed in range(first_seed, first_seed + seeds):
        task = errors.sign_task("digits", N, seed, tests=N)
        gap, lipschitz, cost = transported_gap(task, m, seed)
        gaps.append(gap)
        bounds.append(factor * lipschitz * cost)
        rows.append({"seed": seed})
    return inequality(gaps, bounds, rows, "<=")


def transported_gap(task, m, seed):
    """Loss difference, Lipschitz constant and joint transport cost of a network trained on a task."""
    outputs, end, start = errors.descent_outputs(task, m, seed)
    first, last = (start[0], start[1][:, 0]), (end.params[0], np.ravel(end.params[1]))
    lipschitz = transport.product_lipschitz(*first) + transport.product_lipschitz(*last)
    own, _, _ = errors.descent_outputs(task._replace(test_X=task.X, test_y=task.y), m, seed)
    gap = abs(norms.ramp_loss(outputs, task.test_y).mean() - norms.ramp_loss(own, task.y).mean())
    labels = {"y": task.y, "y2": task.test_y, "label_cost": 1 / lipschitz}
    return gap, lipschitz, transport.sample_wasserstein(task.X, task.test_X, **labels)


transport_bound.refuted_by(factor=0.001)


@claim(
    id="book-transport-rate",
    source="Book",
    statement="On the sphere of dimension D the transport between two samples falls like N^(−1/D).",
    status="proof sketched",
    assumptions="D = 5 (six coordinates), N = 32 to 512; the lower bound is proved.",
    does_not_say="The exponent for D = 2, where a logarithm enters, nor for large D within these N.",
)
def transport_rate(*, d=6, samples=(32, 64, 128, 256, 512), seeds=3, first_seed=0, exponent=-0.2):
    """Fit the exponent in N."""
    cases = [(n, seed) for n in samples for seed in range(first_seed, first_seed + seeds)]
    values = [transport.sphere_transport(n, d, seed)[0] for n, seed in cases]
    return scaling_law([n for n, _ in cases], values, exponent, (0.8, 1.25), tolerance=0.03)


transport_rate.refuted_by(exponent=-0.5)


@claim(
    id="book-width-gap",
    source="Book",
    statement="The mean squared gap between the limits at width m and at infinite width falls like 1/m.",
    status="proof sketched",
    assumptions="Digits, N = 64, widths 64 to 1024: at least sixty weights to a sample.",
    does_not_say="The same near m d = N: there the error has a peak.",
)
def width_gap(*, widths=(64, 128, 256, 512, 1024), N=64, seeds=4, first_seed=0, exponent=-1.0):
    """Fit the exponent of the gap in m."""
    frame = errors.error_grid("digits", widths, (N,), range(first_seed, first_seed + seeds), tests=200)
    rows = [row for row in frame if np.isfinite(row["m"])]
    gaps = [row["gap"] for row in rows]
    return scaling_law([row["m"] for row in rows], gaps, exponent, (0.3, 3), tolerance=0.15)


width_gap.refuted_by(exponent=-0.5)


@claim(
    id="book-width-peak",
    source="Book",
    statement="With as many weights as samples the squared error is at least twice that on both sides.",
    status="open",
    assumptions="Sphere, N = 264: widths 6, 24, 96 with 66, 264 and 1056 weights.",
    does_not_say="How high the peak is: it fluctuates from seed to seed.",
)
def width_peak(*, widths=(6, 24, 96), N=264, seeds=4, first_seed=0):
    """Compare the error at the middle width with twice the larger of the other two."""
    frame = errors.error_grid("sphere", widths, (N,), range(first_seed, first_seed + seeds))
    square = {(row["m"], row["seed"]): row["square"] for row in frame}
    left, middle, right = ([square[m, s] for s in range(first_seed, first_seed + seeds)] for m in widths)
    rows = [{"seed": seed} for seed in range(first_seed, first_seed + seeds)]
    return inequality(middle, 2 * np.maximum(left, right), rows, ">=")


width_peak.refuted_by(widths=(6, 200, 96))
