"""Claims of the chapter on counting parameters: exact ranks, where they are attained, and the block of the proof."""

import numpy as np

from ntklib import plain
from ntklib.claims import claim, frequency, inequality
from ntklib.theory.finite_width.memorization.errors import rank_ceiling
from ntklib.theory.minimum_width.counting_parameters import ceilings, exact
from ntklib.theory.minimum_width.setting import block_jacobian, tangent_kernels

TOPOLOGIES = ((5, 8, 1), (6, 6, 6, 1), (4, 9, 5, 1), (8, 5, 4, 3, 1), (3, 3, 3, 3, 3, 1))


def gaussian(N: int, d: int, seed: int, mirrored: bool = False) -> np.ndarray:
    """Gaussian samples; ``mirrored`` makes the second half the negative of the first."""
    X = np.random.default_rng([seed, 5]).standard_normal((N, d))
    return np.vstack([X[: N - N // 2], -X[: N // 2]]) if mirrored else X


def rank_of_samples(widths, N: int, seed: int, activation: str = "tanh", block: bool = False, mirrored: bool = False):
    """The numerical rank of J, or of the block of the proof, on N Gaussian samples."""
    params, X = plain.draw(widths, "bombari", seed), gaussian(N, widths[0], seed, mirrored)
    J = block_jacobian(params, X, activation) if block else ceilings.jacobian(params, X, activation)
    return ceilings.numerical_rank(J)[0]


def _equal(found, predicted, rows):
    """Verdict on integers that must agree: the absolute difference is at most 0."""
    rows = [row | {"found": f, "expected": p} for row, f, p in zip(rows, found, predicted, strict=True)]
    return inequality(np.abs(np.subtract(found, predicted)), 0.0, rows, "<=")


@claim(
    id="bombari-block-below",
    source="Bombari, Amani, Mondelli 2022, proof of Theorem 1, first step",
    statement="λ_min(K) is at least λ_min of the block of W_(L−1), the one that the proof bounds.",
    status="proved here",
    assumptions="None: the other blocks are positive semidefinite.",
    does_not_say="That the block carries λ_min(K): for the sigmoid it carries a few hundredths.",
)
def block_below(*, cases=((50, 125), (100, 250)), seeds=2, first_seed=0, activation="sigmoid", factor=1.0):
    """Compare both smallest eigenvalues on d → d → d → 1; ``factor`` multiplies that of the block."""
    whole, block, rows = _lowest(cases, seeds, first_seed, activation)
    return inequality(whole, factor * np.array(block), rows, ">=", tolerance=1e-9)


block_below.refuted_by(factor=100.0)


@claim(
    id="book-block-share",
    source="Book",
    statement="With the sigmoid, the block of the proof carries less than a tenth of λ_min(K), but not nothing.",
    status="open",
    assumptions="Widths (d, d, d, 1) with d between 50 and 150, N = 2.5 d, Gaussian data, the paper's initialization.",
    does_not_say="That it is so for other activations: tanh has a share above a tenth here.",
)
def block_share(*, cases=((50, 125), (100, 250), (150, 375)), seeds=2, first_seed=0, activation="sigmoid"):
    """Compare the share with 1/10."""
    whole, block, rows = _lowest(cases, seeds, first_seed, activation)
    share = np.divide(block, whole)
    return inequality(np.where(share > 0.005, share, np.nan), 0.1, rows, "<=")


block_share.refuted_by(activation="tanh")


@claim(
    id="book-rank-all-columns",
    source="Book",
    statement="For tanh all P columns of J are independent: at almost all weights and samples, rank J = min(N, P).",
    status="proved here",
    assumptions="The widths listed, by exact arithmetic; one hidden layer, and two with 3 ≤ n_1 ≤ d, in general.",
    does_not_say="How small the last singular values are.",
)
def all_columns(*, topologies=(*TOPOLOGIES, (1, 4, 3, 1), (2, 7, 6, 1)), seed=0, activation="tanh"):
    """Compare the proven rank with the number of parameters."""
    found = [exact.generic_rank(w, activation, seed=seed) for w in topologies]
    return _equal(found, [plain.parameter_count(w) for w in topologies], [{"widths": str(w)} for w in topologies])


all_columns.refuted_by(activation="cube")


@claim(
    id="book-rank-block",
    source="Book",
    statement="For tanh the block of W_(L−1) has rank min(N, n_(L−2) n_(L−1)) at almost all weights and samples.",
    status="proved here",
    assumptions="Widths up to n_(L−2) not increasing: any depth. Beyond: the widths listed, by exact arithmetic.",
    does_not_say="That N below the threshold leaves a useful eigenvalue.",
)
def block_columns(*, topologies=(*TOPOLOGIES, (1, 6, 3, 1), (2, 7, 6, 1)), seed=0, activation="tanh"):
    """Compare the proven rank of the block with its number of columns."""
    found = [exact.generic_rank(w, activation, layer=len(w) - 2, seed=seed) for w in topologies]
    return _equal(found, [w[-3] * w[-2] for w in topologies], [{"widths": str(w)} for w in topologies])


block_columns.refuted_by(activation="square")


@claim(
    id="book-rank-transition",
    source="Book",
    statement="On Gaussian samples the rank of J, and of the block, is N up to the number of columns and stays there.",
    status="proved here",
    assumptions="tanh; proved with probability one, seen in float64 by singular values 1e4 above rounding or more.",
    does_not_say="That K itself, whose condition number is the square, shows it.",
)
def transition(*, topologies=((10, 10, 10, 1), (12, 9, 6, 1), (8, 30, 1)), seed=0, mirrored=False):
    """Count at threshold − 1, threshold, threshold + 1; ``mirrored`` data come in pairs x, −x."""
    found, expected, rows = [], [], []
    for w in topologies:
        for block, threshold in ((False, plain.parameter_count(w)), (True, w[-3] * w[-2])):
            for N in (threshold - 1, threshold, threshold + 1):
                found.append(rank_of_samples(w, N, seed, block=block, mirrored=mirrored))
                expected.append(min(N, threshold)), rows.append({"widths": str(w), "block": block, "N": N})
    return _equal(found, expected, rows)


transition.refuted_by(mirrored=True)


@claim(
    id="book-rank-relu",
    source="Book",
    statement="With ReLU and one hidden layer the rank is n d = P − n for N large: one parameter per neuron is lost.",
    status="proved here",
    assumptions="Pairwise non-parallel weights, no output weight 0, samples on both sides of every neuron.",
    does_not_say="That N = n d samples suffice: rarely active neurons need more.",
)
def relu(*, topologies=((6, 6, 1), (5, 9, 1), (9, 4, 1)), seeds=2, first_seed=0, lost=1):
    """Rank of integer networks at N = 5 P, exactly; ``lost`` parameters are expected per neuron."""
    cases = [(w, seed) for w in topologies for seed in range(first_seed, first_seed + seeds)]
    ranks = [exact.rank_modulo(exact.integer_relu_jacobian(w, 5 * plain.parameter_count(w), seed)) for w, seed in cases]
    expected = [plain.parameter_count(w) - lost * w[1] for w, _ in cases]
    return _equal(ranks, expected, [{"widths": str(w), "seed": seed} for w, seed in cases])


relu.refuted_by(lost=0)


@claim(
    id="book-rank-relu-late",
    source="Book",
    statement="ReLU networks mostly miss rank N at N = P − Σn_l: there the count is a ceiling, not a threshold.",
    status="open",
    assumptions="Widths (6, 6, 6, 1), integer weights and samples, exact ranks; in at least half of the networks.",
    does_not_say="That wide networks do: the more neurons see every sample, the nearer the ceiling.",
)
def relu_late(*, widths=(6, 6, 6, 1), networks=60, first_seed=0, share=1.0):
    """Count networks of full rank at ``share`` times the ceiling."""
    N = round(share * rank_ceiling(widths))
    ranks = [exact.rank_modulo(exact.integer_relu_jacobian(widths, N, first_seed + s)) for s in range(networks)]
    return frequency(sum(rank == N for rank in ranks), networks, 0.5, relation="<=")


relu_late.refuted_by(share=0.3)


@claim(
    id="book-rank-linear",
    source="Book",
    statement="Without nonlinearity the block of W_l has rank min(N, n_0, …, n_(l−1)), and K has rank min(N, d).",
    status="proved here",
    assumptions="Generic weights, one output.",
    does_not_say="That depth or width could help: λ_min(K) = 0 for N > d.",
)
def linear(*, topologies=((9, 5, 7, 1), (4, 6, 6, 1), (6, 8, 3, 5, 1)), seed=0, activation="linear"):
    """Compare exact ranks, and those of Gaussian samples, with the formula."""
    found, expected, rows = [], [], []
    for w in topologies:
        for layer in (None, *range(1, len(w))):
            found.append(exact.generic_rank(w, activation, layer=layer, seed=seed))
            expected.append(ceilings.linear_rank(w, layer)), rows.append({"widths": str(w), "layer": str(layer)})
        for block, layer in ((False, None), (True, len(w) - 2)):
            found.append(rank_of_samples(w, 30, seed, activation, block=block))
            expected.append(ceilings.linear_rank(w, layer)), rows.append({"widths": str(w), "layer": f"{layer}, N=30"})
    return _equal(found, expected, rows)


linear.refuted_by(activation="tanh")


@claim(
    id="book-rank-quadratic",
    source="Book",
    statement="With z² and one hidden layer of n neurons the rank is kd − k(k−1)/2, k = min(n, d), for every P.",
    status="proved here",
    assumptions="Generic weights, N at least that number.",
    does_not_say="What deeper polynomial networks do; the number of monomials bounds them all.",
)
def quadratic(*, sizes=((4, 1), (5, 3), (6, 6), (5, 12)), seed=0, activation="square"):
    """Compare exact ranks with the formula."""
    found = [exact.generic_rank((d, n, 1), activation, seed=seed) for d, n in sizes]
    expected = [ceilings.quadratic_rank(d, n) for d, n in sizes]
    return _equal(found, expected, [{"d": d, "n": n} for d, n in sizes])


quadratic.refuted_by(activation="cube")


@claim(
    id="book-rank-visible",
    source="Book",
    statement="On any samples rank J ≤ P − n_1 (d − rank X): weights on directions that the data lack do not count.",
    status="proved here",
    assumptions="None; checked on raw digits, where three pixels are black in all images and others in nearly all.",
    does_not_say="That equality holds: a pixel that lights up in one image only counts once, not n_1 times.",
)
def visible(*, widths=((64, 4, 1), (64, 3, 3, 1)), N=600, seed=0, activation="tanh", dead=1.0):
    """Compare ranks with the count; ``dead`` multiplies the number of neurons that see no dead direction."""
    X = raw_digits(N, seed)
    found = [
        ceilings.numerical_rank(ceilings.jacobian(plain.draw(w, "bombari", seed), X, activation))[0] for w in widths
    ]
    lost = [plain.parameter_count(w) - ceilings.visible_parameters(w, X) for w in widths]
    bound = [plain.parameter_count(w) - dead * one for w, one in zip(widths, lost)]
    return inequality(found, bound, [{"widths": str(w)} for w in widths], "<=")


visible.refuted_by(dead=5.0)


@claim(
    id="book-rank-rare-pixels",
    source="Book",
    statement="On raw digits the rank of J is the least of |R| + P − n_1 (d − rank X without R) over rare images R.",
    status="open",
    assumptions="tanh, widths (64, 4, 1) and (64, 3, 3, 1), 400 and 600 images; the upper bound is proved.",
    does_not_say="That data with other gaps have no further ones.",
)
def rare_pixels(*, widths=((64, 4, 1), (64, 3, 3, 1)), sizes=(400, 600), seed=0, columns=30):
    """Compare ranks with the bound; ``columns=0`` removes no image, which leaves the visible parameters."""
    cases = [(w, raw_digits(N, seed)) for w in widths for N in sizes]
    found = [ceilings.numerical_rank(ceilings.jacobian(plain.draw(w, "bombari", seed), X))[0] for w, X in cases]
    bounds = [ceilings.sparse_ceiling(w, X, columns=columns) for w, X in cases]
    return _equal(found, bounds, [{"widths": str(w), "N": len(X)} for w, X in cases])


rare_pixels.refuted_by(columns=0)


def raw_digits(N: int, seed: int = 0) -> np.ndarray:
    """N images in random order, grey values from 0 to 1, all 64 pixels."""
    from ntklib.datasets import digits

    images = np.asarray(digits(standardize=False)[0], float) / 16
    return images[np.random.default_rng([seed, 3]).permutation(len(images))[:N]]


def _lowest(cases, seeds, first_seed, activation):
    whole, block, rows = [], [], []
    for d, N in cases:
        for seed in range(first_seed, first_seed + seeds):
            pair = tangent_kernels(plain.draw((d, d, d, 1), "bombari", seed), gaussian(N, d, seed), activation)
            values = [np.linalg.eigvalsh(K)[0] for K in pair]
            whole.append(values[0]), block.append(values[1]), rows.append({"d": d, "N": N, "seed": seed})
    return whole, block, rows
