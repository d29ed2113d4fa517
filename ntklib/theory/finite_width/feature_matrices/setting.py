"""Features of the checks on feature matrices: networks on data with a mean, neurons drawn through a Gram matrix."""

import numpy as np
from scipy.special import chdtr
from scipy.stats import binom

from ntklib.theory.finite_width import feature_matrices as theory
from ntklib.theory.setting import sphere_points


def layers(seed: int, widths, *, N: int, mean: float = 0.5, fresh: int = 1500):
    """Sphere data with a mean through a LeCun network: features, standard deviations, mean features of fresh data.

    Examples
    --------
    >>> F, betas, means = layers(0, (16, 20), N=5, fresh=10)
    >>> [f.shape for f in F], betas, means[1].shape
    ([(5, 16), (5, 20)], [0.25], (20,))
    """
    betas = [n**-0.5 for n in widths[:-1]]
    X = np.vstack([sphere_points(seed, N, widths[0], mean), sphere_points(seed + 1000, fresh, widths[0], mean)])
    F = theory.features_of(X, widths[1:], betas, seed)
    return [f[:N] for f in F], betas, [f[N:].mean(axis=0) for f in F]


def normal_features(F, neurons: int, rng) -> np.ndarray:
    """Feature matrix of N(0, I) neurons, drawn through the Gram matrix of F (same law, N numbers per neuron).

    Examples
    --------
    >>> normal_features(np.eye(3), 7, np.random.default_rng(0)).shape
    (3, 7)
    """
    values, vectors = np.linalg.eigh(F @ F.T)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    return np.maximum(root @ rng.standard_normal((len(F), neurons)), 0.0)


def norm_probability(n: int, low: float, high: float, *, active=None) -> float:
    r"""Probability that :math:`\lVert f_k\rVert^2/(n\beta^2\lVert f_{k-1}\rVert^2)` lies in an interval, exactly.

    .. math:: \sum_{m=0}^{n} 2^{-n} \binom nm\, P\big(\chi^2_m \in [n a, n b]\big)

    Parameters
    ----------
    n : int
        Neurons of the layer, Gaussian, ReLU.
    low, high : float
        a and b, above 0.
    active : int, optional
        The number of active neurons, if it were always the same.

    Examples
    --------
    >>> round(norm_probability(50, 0.25, 0.75), 3)
    0.896
    """
    m = np.arange(1, n + 1)
    weights = binom.pmf(m, n, 0.5) if active is None else 1.0 * (m == active)
    return float(weights @ (chdtr(m, n * high) - chdtr(m, n * low)))


def neurons_needed(F, limit: int, *, delta: float, trials: int, rng) -> float:
    r"""Least width on a grid up to ``limit`` from which on :math:`\sigma_{\min}(F_k)^2 \ge n\lambda/4` is frequent.

    Parameters
    ----------
    F : ndarray (N, m)
        Features below.
    limit : int
        Last width of the grid, which grows from N by 8 %.
    delta : float
        Frequent is a share of 1 - δ of the trials.
    trials : int
    rng : numpy.random.Generator

    Returns
    -------
    float
        Infinite if the last width fails. The trials at different widths share their neurons.

    Examples
    --------
    >>> 3 <= neurons_needed(np.eye(3), 100, delta=0.1, trials=20, rng=np.random.default_rng(0)) <= 100
    True
    """
    N, level = len(F), np.linalg.eigvalsh(theory.expected_gram(F))[0] / 4
    grid = np.unique(np.append(np.geomspace(N, limit, 1 + round(np.log(limit / N) / 0.08)).astype(int), limit))
    good = np.zeros(len(grid))
    for _ in range(trials):
        parts = np.split(normal_features(F, limit, rng), grid[:-1], axis=1)
        grams = np.cumsum([part @ part.T for part in parts], axis=0)
        good += np.linalg.eigvalsh(grams)[:, 0] >= grid * level
    failing = np.flatnonzero(good < (1 - delta) * trials)
    first = failing[-1] + 1 if failing.size else 0
    return float(grid[first]) if first < len(grid) else np.inf
