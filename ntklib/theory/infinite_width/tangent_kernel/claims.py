"""Claims on the tangent kernel: layer terms, memorizers, linearized training, conversion of parametrizations."""

from functools import partial
from itertools import product

import jax
import jax.numpy as jnp
import numpy as np

from ntklib import datasets
from ntklib.claims import at_least, at_most, claim, equal, power_law
from ntklib.kernels import empirical_ntk
from ntklib.networks import MLP
from ntklib.theory.infinite_width.tangent_kernel.setting import (
    draw,
    layer_terms,
    linearized_run,
    relative_distance,
    same_draws,
    small_problem,
)
from ntklib.theory.infinite_width.tangent_kernel.statements import (
    block_scalars,
    difference_quotient,
    flat_jacobian,
    limit_weights,
    limiting_blocks,
    linearized_residuals,
    memorizing_direction,
    output_blocks,
)
from ntklib.training import gradient_descent

ROUNDING = 1e-12


@claim(
    id="layerwise-identity",
    source="Nguyen, Mondelli, Montúfar 2021 (v5), section 2",
    statement="JJ^T = Σ_l m_l² (F_{l-1}F_{l-1}^T)∘(B_l B_l^T), for every activation, parametrization, output count.",
    status="proved here",
    assumptions="A fully connected network without biases; σ' as the network defines it.",
    does_not_say="How large the terms are, or that any of them is invertible.",
    verdict=equal(tolerance=ROUNDING, scale=1.0),
)
def layerwise_identity(*, N=12, d=6, width=15, seed=0, layers=None):
    """Compare the layerwise sum with a Jacobian from automatic differentiation, in units of its norm."""
    X = datasets.gaussian(jax.random.key(seed), N, d)
    for name, scale, k in (("relu", "ntk", 1), ("tanh", "he", 2)):
        net = MLP((d, width, width + 3, k), name, scale)
        params = draw(net, seed + 1)
        J = flat_jacobian(net, params, X)
        K = jax.jit(partial(empirical_ntk, net, layers=layers))(params, X)
        norm = jnp.linalg.norm(J @ J.T)
        yield output_blocks(K) / norm, J @ J.T / norm, {"activation": name, "parametrization": scale, "outputs": k}


layerwise_identity.refuted_by("the sum without the hidden layer's term", layers=(1, 3))


@claim(
    id="finite-difference-memorizer",
    source="Nguyen, Mondelli, Montúfar 2021 (v5), Corollary 2",
    statement="If λ_min(K) > 0, the difference quotient of f along θ' = J^T K^{-1} Y misses any labels Y by O(ε).",
    status="proved here",
    assumptions="f twice differentiable in its weights near θ; λ_min(K) > 0.",
    does_not_say="That training finds these weights, or anything about unseen inputs.",
    verdict=power_law("ε", exponent=1.0, ratio_band=(0.5, 2.0), tolerance=0.02),
)
def finite_difference_memorizer(*, N=20, d=8, width=30, seed=0, duplicates=False, sides=1):
    """Fit the exponent of the error in ε; ``duplicates`` gives one input two labels, ``sides=2`` is central."""
    X = datasets.sphere(jax.random.key(seed), N, d)
    Y = jax.random.normal(jax.random.key(seed + 1), (N,))
    X = X.at[1].set(X[0]) if duplicates else X
    net = MLP((d, width, width, 1), "tanh", "ntk", weight_variance=1.0)
    params = draw(net, seed + 2)
    direction = memorizing_direction(net, params, X, Y)
    for e in np.logspace(-1, -4, 7):
        ahead = difference_quotient(net, params, direction, e)(X)
        behind = difference_quotient(net, params, jax.tree.map(jnp.negative, direction), e)(X)
        value = ahead if sides == 1 else (ahead - behind) / 2
        yield float(jnp.linalg.norm(value - Y)), None, {"ε": e}


finite_difference_memorizer.refuted_by("the central quotient misses them by O(ε) only, not O(ε²)", sides=2)


@claim(
    id="linearized-gd-residual",
    source="Book",
    statement="Gradient descent on the linearized network has residuals r_t = (I − ηK)^t r_0.",
    status="proved here",
    assumptions="Loss ½‖f − y‖², constant step size, full batch.",
    does_not_say="That the network itself follows its linearization: see wide-net-near-linearization.",
    verdict=equal(tolerance=ROUNDING, scale=1.0),
)
def linearized_gd_residual(*, step=1.5, seeds=2, seed=0, layers=(1, 2, 3)):
    """Compare every residual of a run with the matrix power; ``layers`` are those kept in the kernel."""
    for s in range(seed, seed + seeds):
        blocks, eta, r = linearized_run(s, step)
        predicted = linearized_residuals(sum(blocks[l - 1] for l in layers), r[0], eta, len(r) - 1)
        yield r / np.linalg.norm(r[0]), predicted / np.linalg.norm(r[0]), {"seed": s}


linearized_gd_residual.refuted_by("only the weights above the first layer train", layers=(2, 3))


@claim(
    id="linearized-gd-rate",
    source="Book",
    statement="If η ≤ 1/λ_max(K), the linearized loss obeys loss_t ≤ (1 − ηλ_min)^{2t} loss_0, sharp for r_0 = v_min.",
    status="proved here",
    assumptions="Loss ½‖f − y‖², constant step size, full batch.",
    does_not_say="That this rate is typical: labels along large eigenvalues are fitted sooner.",
    verdict=at_most(tolerance=1e-9),
)
def linearized_gd_rate(*, step=1.0, seeds=2, seed=0, start="labels", power=2):
    """Compare with the envelope, also for r_0 = v_min, where it is attained; ``power`` is its exponent over t."""
    for s in range(seed, seed + seeds):
        blocks, eta, r = linearized_run(s, step)
        values, vectors = np.linalg.eigh(np.asarray(sum(blocks)))
        for t in (10, 30, 60):
            bound, setting = (1 - eta * values[0]) ** (power * t), {"seed": s, "t": t}
            yield np.sum(r[t] ** 2) / np.sum(r[0] ** 2), bound, setting | {"start": "labels"}
            for place, name in ((0, "v_min"), (1, "v_2")):
                along = linearized_residuals(sum(blocks), vectors[:, place], eta, t)[t]
                yield np.sum(along**2), bound, setting | {"start": name}


linearized_gd_rate.refuted_by("the loss falls like (1 − ηλ_min)^{3t}", power=3)


@claim(
    id="wide-net-near-linearization",
    source="Book, after Lee et al. 2019",
    statement="max_t ‖f_t − f_t^lin‖ = O(m^{-1/2}) for a ReLU network of width m under gradient descent.",
    status="open",
    assumptions="NTK parametrization, η = 1/λ_max(K), fixed data and number of steps.",
    does_not_say="A proof, which Lee et al. have for smooth activations; a constant; what happens when N grows with m.",
    verdict=power_law("m", ratio_band=(0.25, 4.0), relation="<="),
    loose_because="the law is open for ReLU: the exponent itself is measured a little below −1/2",
)
def wide_net_near_linearization(*, widths=(32, 128, 512), seeds=16, steps=30, exponent=-0.5, seed=0):
    """Fit the exponent of the largest deviation over the first steps."""
    for width in widths:
        net, X, labels = small_problem(seed + 7, width=width)
        gaps = []
        for s in range(seed, seed + seeds):
            params = draw(net, s)
            K = sum(layer_terms(net, params, X))
            eta = 1.0 / np.linalg.eigvalsh(np.asarray(K))[-1]
            run = gradient_descent(net, params, X, labels, step_size=eta, steps=steps, record_outputs=True)
            r = np.asarray(run.outputs - labels)
            gap = np.linalg.norm(r - linearized_residuals(K, r[0], eta, steps), axis=1)
            gaps.append(gap.max() / np.linalg.norm(r[0]))
        yield gaps, None, {"m": width}


wide_net_near_linearization.refuted_by("O(1/m), as for smooth activations with random signs", exponent=-1.0)


@claim(
    id="blockwise-conversion",
    source="Book",
    statement="For homogeneous σ and equal draws, layer terms in two scalings differ by (V/s_l²)/(V'/s'_l²).",
    status="proved here",
    assumptions="Positively homogeneous activation; V = Π (s_j m_j)².",
    does_not_say="That the kernels are proportional: the factor depends on l.",
    verdict=equal(tolerance=ROUNDING, scale=1.0),
)
def blockwise_conversion(*, widths=(6, 60, 20, 1), activation="relu", seed=0, variances=True):
    """Compare layer terms with rescaled NTK terms; ``variances=False`` forgets the 1/s_l² of the layer itself."""
    kernels = dict(same_draws(widths, activation, seed))
    for name, blocks in kernels.items():
        scalars = zip(block_scalars(widths, name), block_scalars(widths, "ntk"))
        stds = MLP(widths, activation, name).parametrization.init_std
        for l, (alpha, reference) in enumerate(scalars):
            factor = alpha / reference * (1.0 if variances else stds[l] ** 2)
            norm = jnp.linalg.norm(blocks[l])
            setting = {"parametrization": name, "layer": l + 1, "factor": factor}
            yield factor * kernels["ntk"][l] / norm, blocks[l] / norm, setting


blockwise_conversion.refuted_by("the factor V/V', without the layer's own variances", variances=False)


@claim(
    id="eigenvalues-between-layer-factors",
    source="Book",
    statement="For homogeneous σ, eigenvalues in two scalings differ by a factor within those of the layers.",
    status="proved here",
    assumptions="Same Gaussian draws, positively homogeneous activation.",
    does_not_say="Where in this interval the smallest eigenvalue lands.",
    verdict=at_least(tolerance=1e-9),
)
def eigenvalues_between_layer_factors(*, widths=(6, 60, 20, 1), seed=0, proportional=False):
    """Check both ends for all eigenvalues; ``proportional`` claims the first layer's factor for all."""
    kernels = {name: np.asarray(sum(blocks)) for name, blocks in same_draws(widths, "relu", seed)}
    base, reference = np.linalg.eigvalsh(kernels["ntk"]), np.array(block_scalars(widths, "ntk"))
    for name, K in kernels.items():
        factors = np.array(block_scalars(widths, name)) / reference
        low, high = (factors[0], factors[0]) if proportional else (factors.min(), factors.max())
        ratio = np.linalg.eigvalsh(K) / base
        yield ratio.min(), low, {"parametrization": name, "end": "low"}
        yield 1 / ratio.max(), 1 / high, {"parametrization": name, "end": "high"}


eigenvalues_between_layer_factors.refuted_by("all eigenvalues change by the first layer's factor", proportional=True)


@claim(
    id="all-wide-dictionary",
    source="Book, conventions of Nguyen 2021, Bombari 2022, Chen 2021, Terjék 2025",
    statement="K is within a relative O(least width^{-1/2}) of Σ_l w_l Q_l, w_l from the conversion table.",
    status="proof sketched",
    missing_step="a bound on the second moments of all kernel entries, uniform in both widths",
    assumptions="ReLU, hidden widths m and 2m, fixed data and depth.",
    does_not_say="How the constant grows with depth and with N.",
    verdict=power_law("m", exponent=-0.5, ratio_band=(0.3, 3.0), tolerance=0.02),
)
def all_wide_dictionary(*, names=("he", "chen"), weights_of=None, seeds=16, seed=0):
    """Fit the exponent of the relative distance in m; ``weights_of`` uses one's weights for all."""
    X = datasets.gaussian(jax.random.key(seed + 11), 10, 8)
    Q = limiting_blocks(X, 3)
    for m, name in product((32, 128, 512), names):
        widths = (8, m, 2 * m, 1)
        net, weights = MLP(widths, "relu", name), limit_weights(widths, weights_of or name)
        target, distances = sum(w * q for w, q in zip(weights, Q)), []
        for s in range(seed, seed + seeds):
            K = sum(layer_terms(net, draw(net, s), X))
            scale = float(jnp.trace(K) / jnp.trace(target)) if weights_of else 1.0
            distances.append(relative_distance(K / scale, target))
        yield distances, None, {"m": m, "parametrization": name}


@all_wide_dictionary.refuted_by("the NTK parametrization's weights, up to one factor, serve He's as well")
def _other_weights():
    return all_wide_dictionary(names=("he",), weights_of="ntk")
