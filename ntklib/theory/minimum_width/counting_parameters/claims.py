"""Claims of the chapter on counting parameters: exact ranks, where they are attained, and the block of the proof."""

from itertools import product
from math import comb

import numpy as np

from ntklib import plain
from ntklib.claims import at_least, at_most, claim, equal, probability
from ntklib.theory.finite_width.memorization.errors import rank_ceiling
from ntklib.theory.minimum_width.counting_parameters import ceilings, exact
from ntklib.theory.minimum_width.counting_parameters.setting import gaussian, rank_of_samples, raw_digits
from ntklib.theory.minimum_width.setting import tangent_kernels

TOPOLOGIES = ((5, 8, 1), (6, 6, 6, 1), (4, 9, 5, 1), (8, 5, 4, 3, 1), (3, 3, 3, 3, 3, 1))


def _lowest(d: int, N: int, seed: int, activation: str, scale: float = 1.0):
    """Smallest eigenvalues of the kernel of a network d → d → d → 1, W_2 times ``scale``, and of its block."""
    W1, W2, W3 = plain.draw((d, d, d, 1), "bombari", seed)
    pair = tangent_kernels([W1, scale * W2, W3], gaussian(N, d, seed), activation)
    return [np.linalg.eigvalsh(K)[0] for K in pair]


@claim(
    id="bombari-block-below",
    source="Bombari, Amani, Mondelli 2022, proof of the bound, first step",
    statement="λ_min(K) is at least λ_min of the block of W_(L−1), the one that the proof bounds.",
    status="proved here",
    assumptions="None: the other blocks are positive semidefinite.",
    does_not_say="That the block carries λ_min(K): for the sigmoid it carries a few hundredths.",
    verdict=at_least(tolerance=1e-9),
    companion="book-block-below-extremal",
)
def block_below(*, cases=((50, 125), (100, 250)), seeds=2, seed=0, activation="sigmoid", factor=1.0):
    """Compare both smallest eigenvalues on d → d → d → 1; ``factor`` multiplies that of the block."""
    for (d, N), s in product(cases, range(seed, seed + seeds)):
        whole, block = _lowest(d, N, s, activation)
        yield whole, factor * block, {"d": d, "N": N, "seed": s}


block_below.refuted_by("the other blocks lift λ_min to fifty times that of this one", factor=50.0)


@claim(
    id="book-block-below-extremal",
    source="Book",
    statement="The inequality λ_min(K) ≥ λ_min(block) is attained as W_2 tends to 0: both other blocks vanish.",
    status="proved here",
    assumptions="tanh, widths (d, d, d, 1), N = d/2 so that the block, |W_3|² F_1 F_1^T in the limit, is not singular.",
    does_not_say="Anything about weights of the paper's size.",
    verdict=equal(tolerance=1e-6),
)
def below_extremal(*, cases=((60, 30), (100, 50)), seeds=2, seed=0, scale=1e-5):
    """Compare both smallest eigenvalues with W_2 times ``scale``; the other blocks are of order its square."""
    for (d, N), s in product(cases, range(seed, seed + seeds)):
        whole, block = _lowest(d, N, s, "tanh", scale)
        yield whole, block, {"d": d, "N": N, "seed": s}


below_extremal.refuted_by("a tenth of the paper's W_2 is small enough", scale=0.1)


@claim(
    id="book-block-share",
    source="Book",
    statement="With the sigmoid, the block of the proof carries between a seventieth and a twenty-fifth of λ_min(K).",
    status="open",
    assumptions="Widths (d, d, d, 1) with d between 50 and 150, N = 2.5 d, Gaussian data, the paper's initialization.",
    does_not_say="That it is so for other activations: tanh has a share above a tenth here.",
    verdict=at_most(),
)
def block_share(*, cases=((50, 125), (100, 250), (150, 375)), seeds=2, seed=0, activation="sigmoid"):
    """Compare the share with 1/25, and 1/70 with the share."""
    for (d, N), s in product(cases, range(seed, seed + seeds)):
        whole, block = _lowest(d, N, s, activation)
        yield block / whole, 1 / 25, {"d": d, "N": N, "seed": s, "side": "above"}
        yield 1 / 70, block / whole, {"d": d, "N": N, "seed": s, "side": "below"}


block_share.refuted_by("the activation does not matter: softplus", activation="softplus")


@claim(
    id="book-rank-all-columns",
    source="Book",
    statement="For tanh all P columns of J are independent: at almost all weights and samples, rank J = min(N, P).",
    status="proved here",
    assumptions="The widths listed, by exact arithmetic; one hidden layer, and two with 3 ≤ n_1 ≤ d, in general.",
    does_not_say="How small the last singular values are.",
    verdict=equal(tolerance=0.0),
)
def all_columns(*, topologies=(*TOPOLOGIES, (1, 4, 3, 1), (2, 7, 6, 1)), seed=0, activation="tanh"):
    """Compare the proven rank with the number of parameters."""
    for w in topologies:
        yield exact.generic_rank(w, activation, seed=seed), plain.parameter_count(w), {"widths": str(w)}


all_columns.refuted_by("any nonlinearity will do, the homogeneous z³ too", activation="cube")


@claim(
    id="book-rank-block",
    source="Book",
    statement="For tanh the block of W_(L−1) has rank min(N, n_(L−2) n_(L−1)) at almost all weights and samples.",
    status="proved here",
    assumptions="Widths up to n_(L−2) not increasing: any depth. Beyond: the widths listed, by exact arithmetic.",
    does_not_say="That N below the threshold leaves a useful eigenvalue.",
    verdict=equal(tolerance=0.0),
)
def block_columns(*, topologies=(*TOPOLOGIES, (1, 6, 3, 1), (2, 7, 6, 1)), seed=0, activation="tanh"):
    """Compare the proven rank of the block with its number of columns."""
    for w in topologies:
        yield exact.generic_rank(w, activation, layer=len(w) - 2, seed=seed), w[-3] * w[-2], {"widths": str(w)}


block_columns.refuted_by("z² has independent columns too", activation="square")


@claim(
    id="book-rank-transition",
    source="Book",
    statement="On Gaussian samples the rank of J, and of the block, is N up to the number of columns and stays there.",
    status="proved here",
    assumptions="tanh; proved with probability one, seen in float64 by singular values 1e4 above rounding or more.",
    does_not_say="That K itself, whose condition number is the square, shows it.",
    verdict=equal(tolerance=0.0),
)
def transition(*, topologies=((10, 10, 10, 1), (12, 9, 6, 1), (8, 30, 1)), seed=0, mirrored=False):
    """Count at threshold − 1, threshold, threshold + 1; ``mirrored`` data come in pairs x, −x."""
    for w, block in product(topologies, (False, True)):
        threshold = w[-3] * w[-2] if block else plain.parameter_count(w)
        for N in (threshold - 1, threshold, threshold + 1):
            found = rank_of_samples(w, N, seed, block=block, mirrored=mirrored)
            yield found, min(N, threshold), {"widths": str(w), "block": block, "N": N}


transition.refuted_by("distinct samples are enough: they may come in pairs x, −x", mirrored=True)


@claim(
    id="book-rank-relu",
    source="Book",
    statement="With ReLU and one hidden layer the rank is n d = P − n for N large: one parameter per neuron is lost.",
    status="proved here",
    assumptions="Pairwise non-parallel weights, no output weight 0, samples on both sides of every neuron.",
    does_not_say="That N = n d samples suffice: rarely active neurons need more.",
    verdict=equal(tolerance=0.0),
)
def relu(*, topologies=((6, 6, 1), (5, 9, 1), (9, 4, 1)), seeds=2, seed=0, lost=1):
    """Rank of integer networks at N = 5 P, exactly; ``lost`` parameters are expected per neuron."""
    for w, s in product(topologies, range(seed, seed + seeds)):
        P = plain.parameter_count(w)
        rank = exact.rank_modulo(exact.integer_relu_jacobian(w, 5 * P, s))
        yield rank, P - lost * w[1], {"widths": str(w), "seed": s}


relu.refuted_by("all P parameters count, as for tanh", lost=0)


@claim(
    id="book-rank-relu-late",
    source="Book",
    statement="At N = P − Σn_l at most a sixth of ReLU networks reach rank N: the count is a ceiling, not a threshold.",
    status="open",
    assumptions="Widths (6, 6, 6, 1), integer weights and samples, exact ranks.",
    does_not_say="That wide networks do: the more neurons see every sample, the nearer the ceiling.",
    verdict=probability(relation="<="),
)
def relu_late(*, widths=(6, 6, 6, 1), networks=200, seed=0, share=1.0):
    """Count networks of full rank at ``share`` times the ceiling."""
    N = round(share * rank_ceiling(widths))
    ranks = [exact.rank_modulo(exact.integer_relu_jacobian(widths, N, seed + s)) for s in range(networks)]
    yield (sum(rank == N for rank in ranks), networks), 1 / 6, {"widths": str(widths), "N": N}


relu_late.refuted_by("nine tenths of the count are as hard to reach", share=0.9)


@claim(
    id="book-rank-linear",
    source="Book",
    statement="Without nonlinearity the block of W_l has rank min(N, n_0, …, n_(l−1)), and K has rank min(N, d).",
    status="proved here",
    assumptions="Generic weights, one output.",
    does_not_say="That depth or width could help: λ_min(K) = 0 for N > d.",
    verdict=equal(tolerance=0.0),
)
def linear(*, topologies=((9, 5, 7, 1), (4, 6, 6, 1), (6, 8, 3, 5, 1)), seed=0, activation="linear", above=0):
    """Compare exact ranks, and those of 30 Gaussian samples; ``above`` layers over W_l enter the minimum as well."""
    for w in topologies:
        for layer in (None, *range(1, len(w))):
            found = exact.generic_rank(w, activation, layer=layer, seed=seed)
            narrowest = min((ceilings.linear_rank(w, layer), *(w[layer : layer + above] if layer else ())))
            yield found, narrowest, {"widths": str(w), "layer": str(layer)}
        for block, layer in ((False, None), (True, len(w) - 2)):
            found = rank_of_samples(w, 30, seed, activation, block=block)
            yield found, ceilings.linear_rank(w, layer), {"widths": str(w), "layer": f"{layer}, N=30"}


linear.refuted_by("a narrow layer above W_l lowers the rank of its block too", above=1)


@claim(
    id="book-rank-quadratic",
    source="Book",
    statement="With z² and one hidden layer of n neurons the rank is kd − k(k−1)/2, k = min(n, d), for every P.",
    status="proved here",
    assumptions="Generic weights, N at least that number.",
    does_not_say="What deeper networks do: book-rank-cuts bounds them.",
    verdict=equal(tolerance=0.0),
)
def quadratic(*, sizes=((4, 1), (5, 3), (6, 6), (5, 12)), seed=0, activation="square"):
    """Compare exact ranks with the formula."""
    for d, n in sizes:
        yield exact.generic_rank((d, n, 1), activation, seed=seed), ceilings.quadratic_rank(d, n), {"d": d, "n": n}


quadratic.refuted_by("z³ has the same rank", activation="cube")


@claim(
    id="book-rank-cuts",
    source="Book",
    statement="With z² the rank is at most the least count over cuts of the network; 99 of 100 small shapes attain it.",
    status="proved here",
    assumptions="Generic weights, every depth; exact ranks for d ≤ 4 inputs and two hidden layers of width ≤ 5.",
    does_not_say="When equality holds: (4, 5, 3, 1) misses it by one.",
    verdict=at_most(),
)
def cuts(*, most=(4, 5, 5), seed=0, all_rotations=False):
    """Compare exact ranks with the ceiling; ``all_rotations`` counts columns less scalings less rotations instead."""
    attained = 0
    for w in product(*(range(1, n + 1) for n in most), (1,)):
        found = exact.generic_rank(w, "square", seed=seed)
        bound = rank_ceiling(w) - comb(w[-2], 2) if all_rotations else ceilings.quadratic_ceiling(w)
        attained += found == bound
        yield found, bound, {"widths": str(w)}
    yield np.prod(most) - 1, attained, {"widths": "attained"}


cuts.refuted_by("each pair of neurons of the last layer loses one, however few inputs they have", all_rotations=True)


@claim(
    id="book-rank-visible",
    source="Book",
    statement="On any samples rank J ≤ P − n_1 (d − rank X): weights on directions that the data lack do not count.",
    status="proved here",
    assumptions="None; checked on raw digits, where three pixels are black in all images and others in nearly all.",
    does_not_say="That equality holds: a pixel that lights up in one image only counts once, not n_1 times.",
    verdict=at_most(),
)
def visible(*, widths=((64, 4, 1), (64, 3, 3, 1)), N=600, seed=0, activation="tanh", rare=0):
    """Compare ranks with the count; ``rare`` more pixels are taken to be black in all images."""
    X = raw_digits(N, seed)
    for w in widths:
        J = ceilings.jacobian(plain.draw(w, "bombari", seed), X, activation)
        bound = ceilings.visible_parameters(w, X) - rare * w[1]
        yield ceilings.numerical_rank(J)[0], bound, {"widths": str(w)}


visible.refuted_by("five pixels that light up in few images do not count either", rare=5)


@claim(
    id="book-rank-rare-pixels",
    source="Book",
    statement="On raw digits the rank of J is the least of |R| + P − n_1 (d − rank X without R) over rare images R.",
    status="open",
    assumptions="tanh, widths (64, 4, 1) and (64, 3, 3, 1), 400 and 600 images; the upper bound is proved.",
    does_not_say="That data with other gaps have no further ones.",
    verdict=equal(tolerance=0.0),
)
def rare_pixels(*, widths=((64, 4, 1), (64, 3, 3, 1)), sizes=(400, 600), seed=0, columns=30):
    """Compare ranks with the bound; ``columns=0`` removes no image, which leaves the visible parameters."""
    for w, N in product(widths, sizes):
        X = raw_digits(N, seed)
        found = ceilings.numerical_rank(ceilings.jacobian(plain.draw(w, "bombari", seed), X))[0]
        yield found, ceilings.sparse_ceiling(w, X, columns=columns), {"widths": str(w), "N": N}


rare_pixels.refuted_by("only pixels that are black in all images cost rank", columns=0)
