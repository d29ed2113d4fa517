"""Claims of the chapter ``tangent_kernel``, each with the experiment that refutes a broken version of it."""

from functools import cache, partial
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np

from ntklib import datasets
from ntklib.claims import claim, inequality, scaling_law
from ntklib.kernels import empirical_ntk
from ntklib.networks import MLP, NAMED_PARAMETRIZATIONS, named_parametrization
from ntklib.theory.infinite_width.tangent_kernel.statements import (
    block_scalars,
    difference_quotient,
    flat_jacobian,
    layer_blocks,
    limit_weights,
    limiting_blocks,
    linearized_residuals,
    memorizing_direction,
    output_blocks,
)
from ntklib.training import gradient_descent


def _roundoff(count: int) -> float:
    """Relative rounding allowed in sums of ``count`` terms of either sign."""
    return 20 * float(jnp.finfo(jnp.result_type(float)).eps) * count**0.5


_blocks = jax.jit(layer_blocks, static_argnums=0)


def _draw(net, seed):
    """Gaussian weights from NumPy, which compiles nothing for a new shape."""
    generator = np.random.default_rng(seed)
    shapes = pairwise(net.widths)
    return tuple(jnp.asarray(s * generator.standard_normal(n)) for s, n in zip(net.parametrization.init_std, shapes))


def _distance(A, B) -> float:
    return float(jnp.linalg.norm(jnp.ravel(A - B)) / jnp.linalg.norm(jnp.ravel(B)))


@claim(
    id="layerwise-identity",
    source="Nguyen, Mondelli, Montúfar 2021, section 2",
    statement="JJ^T = Σ_l m_l² (F_{l-1}F_{l-1}^T)∘(B_l B_l^T), for every activation, parametrization, output count.",
    status="proved here",
    assumptions="A fully connected network without biases; σ' as the network defines it.",
    does_not_say="How large the terms are, or that any of them is invertible.",
)
def layerwise_identity(*, N=12, d=6, width=15, seed=0, layers=None):
    """Compare the layerwise sum with a Jacobian from automatic differentiation."""
    rows, errors, allowed = [], [], []
    X = datasets.gaussian(jax.random.key(seed), N, d)
    for name, scale, k in (("relu", "ntk", 1), ("tanh", "he", 2)):
        net = MLP((d, width, width + 3, k), name, scale)
        params = _draw(net, seed + 1)
        J = flat_jacobian(net, params, X)
        K = jax.jit(partial(empirical_ntk, net, layers=layers))(params, X)
        errors.append(_distance(output_blocks(K), J @ J.T))
        allowed.append(_roundoff(J.shape[1]))
        rows.append({"activation": name, "parametrization": scale, "outputs": k})
    return inequality(errors, allowed, rows, "<=")


layerwise_identity.refuted_by(layers=(1, 3))


@claim(
    id="finite-difference-memorizer",
    source="Nguyen, Mondelli, Montúfar 2021, Corollary 2",
    statement="If λ_min(K) > 0, the difference quotient of f along θ' = J^T K^{-1} Y misses any labels Y by O(ε).",
    status="proved here",
    assumptions="f twice differentiable in its weights near θ; λ_min(K) > 0.",
    does_not_say="That training finds these weights, or anything about unseen inputs.",
)
def finite_difference_memorizer(*, N=20, d=8, width=30, seed=0, duplicates=False):
    """Fit the exponent of the error in ε; ``duplicates`` gives one input two labels."""
    X = datasets.sphere(jax.random.key(seed), N, d)
    Y = jax.random.normal(jax.random.key(seed + 1), (N,))
    X = X.at[1].set(X[0]) if duplicates else X
    net = MLP((d, width, width, 1), "tanh", "ntk", weight_variance=1.0)
    params = _draw(net, seed + 2)
    steps = np.logspace(-1, -4, 7)
    direction = memorizing_direction(net, params, X, Y)
    errors = [float(jnp.linalg.norm(difference_quotient(net, params, direction, e)(X) - Y)) for e in steps]
    return scaling_law(steps, errors, 1.0, (0.5, 2.0), table={"ε": steps}, tolerance=0.1)


finite_difference_memorizer.refuted_by(duplicates=True)


@cache
def _network(d, width):
    """One object per shape, so that its programs are compiled once."""
    return MLP((d, width, width, 1))


def _small_problem(seed, N=20, d=6, width=40):
    X = datasets.sphere(jax.random.key(seed), N, d, radius=1.0)
    y = jnp.where(jax.random.normal(jax.random.key(seed + 1), (N,)) > 0, 1.0, -1.0)
    return _network(d, width), X, y


def _linearized_run(seed, step, steps=60):
    """Gradient descent on f(θ_0) + J(θ − θ_0), in the parameters; ``step`` is η λ_max."""
    net, X, y = _small_problem(seed)
    params = _draw(net, seed + 2)
    blocks = _blocks(net, params, X)
    eta = step / float(np.linalg.eigvalsh(np.asarray(sum(blocks)))[-1])
    J, f0, labels = (np.asarray(a) for a in (flat_jacobian(net, params, X), net(params, X), y))
    shift, residuals = np.zeros(J.shape[1]), []
    for _ in range(steps + 1):
        residuals.append(f0 + J @ shift - labels)
        shift = shift - eta * J.T @ residuals[-1]
    return blocks, eta, np.array(residuals)


@claim(
    id="linearized-gd-residual",
    source="Book",
    statement="Gradient descent on the linearized network has residuals r_t = (I − ηK)^t r_0.",
    status="proved here",
    assumptions="Loss ½‖f − y‖², constant step size, full batch.",
    does_not_say="That the network itself follows its linearization: see wide-net-near-linearization.",
)
def linearized_gd_residual(*, step=1.5, seeds=2, layers=(1, 2, 3)):
    """Compare every residual of a run with the matrix power; ``layers`` are those kept in the kernel."""
    errors = []
    for seed in range(seeds):
        blocks, eta, r = _linearized_run(seed, step)
        K = sum(blocks[l - 1] for l in layers)
        predicted = linearized_residuals(K, r[0], eta, len(r) - 1)
        errors.append(np.abs(r - predicted).max() / np.linalg.norm(r[0]))
    return inequality(errors, _roundoff(1000), {"seed": range(seeds)}, "<=")


linearized_gd_residual.refuted_by(layers=(2, 3))


@claim(
    id="linearized-gd-rate",
    source="Book",
    statement="If η ≤ 1/λ_max(K), the linearized loss obeys loss_t ≤ (1 − ηλ_min)^{2t} loss_0, sharp for r_0 = v_min.",
    status="proved here",
    assumptions="Loss ½‖f − y‖², constant step size, full batch.",
    does_not_say="That this rate is typical: labels along large eigenvalues are fitted sooner.",
)
def linearized_gd_rate(*, step=1.0, seeds=2):
    """Compare the losses of a run with the geometric envelope; ``step`` is η λ_max."""
    measured, bound, rows = [], [], []
    for seed in range(seeds):
        blocks, eta, r = _linearized_run(seed, step)
        rate = 1 - eta * float(np.linalg.eigvalsh(np.asarray(sum(blocks)))[0])
        for t in (10, 30, 60):
            measured.append(np.sum(r[t] ** 2) / np.sum(r[0] ** 2))
            bound.append(rate ** (2 * t))
            rows.append({"seed": seed, "t": t})
    return inequality(measured, bound, rows, "<=")


linearized_gd_rate.refuted_by(step=2.1)


@claim(
    id="wide-net-near-linearization",
    source="Book, after Lee et al. 2019",
    statement="max_t ‖f_t − f_t^lin‖ = O(m^{-1/2}) for a ReLU network of width m under gradient descent.",
    status="open",
    assumptions="NTK parametrization, η = 1/λ_max(K), fixed data and number of steps.",
    does_not_say="A proof, which Lee et al. have for smooth activations; a constant; what happens when N grows with m.",
)
def wide_net_near_linearization(*, widths=(32, 128, 512), seeds=4, steps=30, exponent=-0.5, first_seed=0):
    """Fit the exponent of the largest deviation, relative to the first residual, over the first steps."""
    x, y, rows = [], [], []
    for width in widths:
        net, X, labels = _small_problem(7, width=width)
        for seed in range(first_seed, first_seed + seeds):
            params = _draw(net, seed)
            K = sum(_blocks(net, params, X))
            eta = 1.0 / np.linalg.eigvalsh(np.asarray(K))[-1]
            run = gradient_descent(net, params, X, labels, step_size=eta, steps=steps, record_outputs=True)
            r = np.asarray(run.outputs - labels)
            gap = np.linalg.norm(r - linearized_residuals(K, r[0], eta, steps), axis=1)
            x.append(width), y.append(gap.max() / np.linalg.norm(r[0])), rows.append({"width": width, "seed": seed})
    return scaling_law(x, y, exponent, (0.25, 4.0), table=rows, relation="<=", tolerance=0.05)


wide_net_near_linearization.refuted_by(exponent=-1.5)


def _same_draws(widths, activation, seed):
    """Layer terms of every named parametrization on one set of standard Gaussian draws."""
    X = datasets.gaussian(jax.random.key(seed), 12, widths[0])
    draws = _draw(MLP(widths, activation, "standard"), seed + 1)
    for name in NAMED_PARAMETRIZATIONS:
        net = MLP(widths, activation, name)
        params = tuple(s * Z for s, Z in zip(net.parametrization.init_std, draws))
        yield name, layer_blocks(net, params, X)


@claim(
    id="blockwise-conversion",
    source="Book",
    statement="On the same Gaussian draws, layer terms of two parametrizations differ by (V/s_l²)/(V'/s'_l²) exactly.",
    status="proved here",
    assumptions="Positively homogeneous activation; V = Π (s_j m_j)².",
    does_not_say="That the kernels are proportional: the factor depends on l.",
)
def blockwise_conversion(*, widths=(6, 60, 20, 1), activation="relu", seed=0):
    """Compare all layer terms of the named parametrizations with rescaled NTK terms."""
    kernels = dict(_same_draws(widths, activation, seed))
    reference = block_scalars(widths, "ntk")
    rows, errors = [], []
    for name, blocks in kernels.items():
        for l, alpha in enumerate(block_scalars(widths, name)):
            errors.append(_distance(blocks[l], alpha / reference[l] * kernels["ntk"][l]))
            rows.append({"parametrization": name, "layer": l + 1, "factor": alpha / reference[l]})
    return inequality(errors, _roundoff(sum(widths)), rows, "<=")


blockwise_conversion.refuted_by(activation="tanh")


@claim(
    id="eigenvalues-between-layer-factors",
    source="Book",
    statement="Between parametrizations each eigenvalue changes by a factor between least and largest layer factor.",
    status="proved here",
    assumptions="Same Gaussian draws, positively homogeneous activation.",
    does_not_say="Where in this interval the smallest eigenvalue lands.",
)
def eigenvalues_between_layer_factors(*, widths=(6, 60, 20, 1), seed=0, proportional=False):
    """Check both ends for all eigenvalues; ``proportional`` claims the first layer's factor for all."""
    kernels = {name: np.asarray(sum(blocks)) for name, blocks in _same_draws(widths, "relu", seed)}
    base, reference = np.linalg.eigvalsh(kernels["ntk"]), np.array(block_scalars(widths, "ntk"))
    measured, bound, rows = [], [], []
    for name, K in kernels.items():
        factors = np.array(block_scalars(widths, name)) / reference
        low, high = (factors[0], factors[0]) if proportional else (factors.min(), factors.max())
        ratio = np.linalg.eigvalsh(K) / base
        measured += [ratio.min() / low, high / ratio.max()]
        bound += [1.0, 1.0]
        rows += [{"parametrization": name, "end": end} for end in ("low", "high")]
    return inequality(measured, bound, rows, ">=", tolerance=1e-9)


eigenvalues_between_layer_factors.refuted_by(proportional=True)


@claim(
    id="all-wide-dictionary",
    source="Book, conventions of Nguyen 2021, Bombari 2022, Chen 2021, Terjék 2025",
    statement="For wide hidden layers K is within O(width^{-1/2}) of Σ_l w_l Q_l, w_l from the conversion table.",
    status="proof sketched",
    assumptions="ReLU, hidden widths m and 2m, fixed data and depth.",
    does_not_say="How the constant grows with depth and with N.",
)
def all_wide_dictionary(*, names=("he", "chen"), weights_of=None, seeds=4, first_seed=0):
    """Fit the exponent of the relative distance in m; ``weights_of`` uses one parametrization's weights for all."""
    X = datasets.gaussian(jax.random.key(11), 10, 8)
    Q = limiting_blocks(X, 3)
    x, y, rows = [], [], []
    for m in (32, 128, 512):
        widths = (8, m, 2 * m, 1)
        for name in names:
            net = MLP(widths, "relu", name)
            weights = np.array(limit_weights(widths, weights_of or name))
            target = sum(w * q for w, q in zip(weights, Q))
            for seed in range(first_seed, first_seed + seeds):
                K = sum(_blocks(net, _draw(net, seed), X))
                scale = float(jnp.trace(K) / jnp.trace(target)) if weights_of else 1.0
                x.append(m), y.append(_distance(K / scale, target))
                rows.append({"m": m, "parametrization": name, "seed": seed})
    return scaling_law(x, y, -0.5, (0.2, 5.0), table=rows, tolerance=0.05)


all_wide_dictionary.refuted_by(partial(all_wide_dictionary, names=("he",), weights_of="ntk"))


def conversion_table(widths, names=tuple(NAMED_PARAMETRIZATIONS)):
    """Rows of the conversion table: s_l, m_l and the weights w_l of every parametrization at these widths.

    Parameters
    ----------
    widths : sequence of L + 1 ints
    names : sequence of str

    Returns
    -------
    list of dict
        Keys parametrization, s, m, w; the last three are tuples of L numbers.

    Notes
    -----
    ReLU. Source: Book. Chapter: ``tangent_kernel``.

    Examples
    --------
    >>> conversion_table((4, 8, 1), ["he"])[0]["m"]
    (1.0, 1.0)
    """
    rows = []
    for name in names:
        p = named_parametrization(name, widths)
        rows.append({"parametrization": name, "s": p.init_std, "m": p.multiplier, "w": limit_weights(widths, name)})
    return rows
