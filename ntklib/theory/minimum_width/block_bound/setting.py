"""Networks, data and eigenvalues that the checks and the chapters on the block share: d → n → n → 1 at N = p/8."""

import numpy as np

from ntklib import plain
from ntklib.theory.minimum_width.block_bound import centering
from ntklib.theory.minimum_width.block_bound import spectrum as spectra
from ntklib.theory.minimum_width.block_bound.statements import block_parameters
from ntklib.theory.minimum_width.setting import tangent_kernels

SIZES = (16, 20, 25, 32, 40, 52)


def shape(n: int, dimension=None):
    """Return the widths d → n → n → 1, a pyramid with d = n unless the dimension is given.

    Examples
    --------
    >>> shape(5), shape(5, 8)
    ((5, 5, 5, 1), (8, 5, 5, 1))
    """
    return (dimension or n, n, n, 1)


def setting(widths, N: int, seed: int, activation="tanh", *, population=2000, spread=0.0):
    """Return the block's factors on N Gaussian samples, and the means of an independent population.

    ``spread`` makes the norms of the inputs lognormal.

    Examples
    --------
    >>> F, B, means = setting((6, 5, 4, 1), 3, 0)
    >>> F.shape, B.shape, means.product.shape
    ((3, 5), (3, 4), (5, 4))
    """
    params, rng = plain.draw(widths, "bombari", [seed, 1]), np.random.default_rng([seed, 2])
    both = []
    for size in (N, population):
        X = rng.standard_normal((size, widths[0]))
        X *= np.exp(spread * rng.standard_normal((size, 1)))
        both.append(centering.block_factors(params, X, activation))
    return (*both[0], centering.sample_means(*both[1]))


def _network(widths, N: int, seed: int):
    X = np.random.default_rng([seed, 2]).standard_normal((N, widths[0]))
    return plain.draw(widths, "bombari", [seed, 1]), X


def raw_lowest(widths, N: int, seed: int, activation="tanh", *, unit_output=False) -> float:
    r"""Return λ_min of the block at random weights and Gaussian data.

    With ``unit_output`` it is divided by :math:`\lVert W_L\rVert^2/n_{L-1}`, to which the block is proportional and
    whose mean is 1.

    Examples
    --------
    >>> float(raw_lowest(shape(6), 4, 0)) > 1e-3 > float(raw_lowest(shape(6), 40, 0))
    True
    """
    params, X = _network(widths, N, seed)
    value = spectra.lowest([tangent_kernels(params, X, activation)[1]])[0]
    return value / np.mean(params[-1] ** 2) if unit_output else value


def layer_shares(widths, N: int, seed: int):
    """Return λ_min of the block per weight, and every layer's share of λ_min of the whole kernel (tanh).

    Examples
    --------
    >>> round(float(sum(layer_shares(shape(6), 4, 0)[1])), 9)
    1.0
    """
    params, X = _network(widths, N, seed)
    terms = plain.layer_kernels(*plain.factors(params, X, activation="tanh"))
    values, vectors = np.linalg.eigh(sum(terms))
    v = vectors[:, 0]
    return spectra.lowest([terms[-2]])[0] / block_parameters(widths), [v @ K @ v / values[0] for K in terms]


def edge_pair(n: int, seed: int, activation="tanh", *, flat=False):
    """Return λ_min of the centred block at N = p/8, and its predicted value; ``flat`` takes equal variances.

    Examples
    --------
    >>> value, edge = edge_pair(16, 0)
    >>> value > 0 and edge > 0
    True
    """
    F, B, means = setting(shape(n), n * n // 8, seed, activation)
    tau = np.full_like(means.spectrum, means.spectrum.mean()) if flat else means.spectrum
    value = spectra.lowest(centering.subtracted_kernels(F, B, means)[-1:])[0]
    return value, spectra.spectral_edge(tau, n * n // 8)


def median_law(activation, dimension=None, *, sizes=SIZES, seeds=12, seed=0):
    """Return the block's parameters p and the median over networks of its λ_min, at N = p/8.

    Examples
    --------
    >>> [len(values) for values in median_law("tanh", sizes=(8, 12), seeds=2)]
    [2, 2]
    """
    draws = range(seed, seed + seeds)
    values = [[raw_lowest(shape(n, dimension), n * n // 8, s, activation) for s in draws] for n in sizes]
    return np.array(sizes) ** 2, np.median(values, axis=1)
