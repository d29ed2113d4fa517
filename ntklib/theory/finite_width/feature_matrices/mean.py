r"""The mean Gram matrix of one random ReLU neuron: exact value, lower bound by one Hermite order, sharp edge.

F holds the features of the layer below, one row per sample; :math:`\lambda` is the smallest eigenvalue of
:math:`E\,\sigma(Fw)\sigma(Fw)^\top` with :math:`w \sim N(0, \beta^2 I)`.
"""

import numpy as np

from ntklib import plain
from ntklib._validate import data_matrix, positive_float, positive_int
from ntklib.activations import hermite_coefficient
from ntklib.spectrum import psd_smallest
from ntklib.theory.inequalities import khatri_rao_gram
from ntklib.theory.infinite_width.smallest_eigenvalue import layer_terms


def features_of(X, widths, betas, seed: int) -> list[np.ndarray]:
    r"""Draw a ReLU network and return its feature matrices :math:`F_0 = X, F_1, \dots, F_k`, in NumPy float64.

    Parameters
    ----------
    X : array_like, shape (N, d)
    widths : sequence of k ints
        :math:`(n_1, \dots, n_k)`.
    betas : sequence of k floats
    seed : int
        Of NumPy's default generator.

    Returns
    -------
    list of k + 1 ndarrays, shapes (N, n_l)

    Raises
    ------
    ValueError
        Wrong rank, NaN, unequal lengths, or numbers that are not positive.

    Notes
    -----
    The network of `MLP.features` in the standard parametrization, without compiling for every shape.
    O(N Σ n_{l-1} n_l) time.

    Examples
    --------
    >>> [F.shape for F in features_of([[1.0, 2.0]], (5, 3), (1.0, 0.4), seed=0)]
    [(1, 2), (1, 5), (1, 3)]
    """
    X = np.asarray(data_matrix("features_of", "X", X), np.float64)
    if len(widths) != len(betas):
        raise ValueError(f"features_of: {len(widths)} widths and {len(betas)} betas; expected one of each per layer.")
    params = plain.draw((X.shape[1], *widths), betas, seed)
    return [X, *(np.maximum(g, 0.0) for g in plain.preactivations(params, X, activation="relu"))]


def expected_gram(F, beta: float = 1.0) -> np.ndarray:
    r"""Return the mean :math:`E\,\sigma(Fw)\sigma(Fw)^\top` over one ReLU neuron :math:`w \sim N(0, \beta^2 I)`.

    .. math:: \tfrac{\beta^2}{2}\, \lVert f_i\rVert \lVert f_j\rVert\, \tfrac{1}{\pi}
              \big(\sqrt{1-\rho_{ij}^2} + \rho_{ij}(\pi - \arccos \rho_{ij})\big), \qquad
              \rho_{ij} = \frac{\langle f_i, f_j\rangle}{\lVert f_i\rVert \lVert f_j\rVert}

    Parameters
    ----------
    F : array_like, shape (N, m)
        Features of the layer below, one row per sample; a zero row gives a zero row.
    beta : float
        Standard deviation of the weights.

    Returns
    -------
    ndarray, shape (N, N)

    Notes
    -----
    Half of the limiting covariance :math:`G^{(2)}` of F, in NumPy; switch JAX to 64 bits first. O(N² m) time, O(N²)
    memory. Cho and Saul 2009.

    Examples
    --------
    >>> expected_gram([[1.0, 0.0], [0.0, 2.0]]).round(4).tolist()
    [[0.5, 0.3183], [0.3183, 2.0]]
    """
    F = np.asarray(data_matrix("expected_gram", "F", F), np.float64)
    alive = np.any(F != 0, axis=1)
    gram = np.zeros((len(F), len(F)))
    if alive.any():
        gram[np.ix_(alive, alive)] = layer_terms(F[alive], 2)[1][0]
    return positive_float("expected_gram", "beta", beta) ** 2 / 2 * gram


def one_order_bound(F, r: int, *, beta: float = 1.0, gram=None) -> float:
    r"""Return the bound on λ by a single Hermite order, which holds for any features and any r.

    .. math:: \lambda \ge \beta^2 \mu_r^2\,
              \frac{\lambda_{\min}((F F^\top)^{\circ r})}{\max_i \lVert f_i\rVert^{2(r-1)}}

    Parameters
    ----------
    F : array_like, shape (N, m)
        Features of the layer below.
    r : int
        Order; odd orders from 3 on give 0.
    beta : float
        Standard deviation of the weights.
    gram : array_like, shape (N, N), optional
        A matrix below :math:`F F^\top` in the positive semidefinite order, to be used in its place.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        Wrong rank, NaN or only zero rows.

    Notes
    -----
    Scaled by the largest norm, so that nothing overflows. O(N³ + N² m) time, O(N²) memory, float64. Nguyen et al. 2021,
    lemma on homogeneity and Hermite expansion.

    Examples
    --------
    >>> round(one_order_bound([[1.0, 0.0], [0.0, 2.0]], 2), 6)
    0.019894
    """
    F = np.asarray(data_matrix("one_order_bound", "F", F), np.float64)
    square = np.sum(F**2, axis=1).max()
    if square == 0:
        raise ValueError("one_order_bound: every row of F is zero; expected a living sample; look at the layer below.")
    power = khatri_rao_gram(F / square**0.5, r) if gram is None else (np.asarray(gram) / square) ** r
    return float((beta * hermite_coefficient("relu", r)) ** 2 * square * psd_smallest(power))


def spectral_edge(eigenvalues, neurons: int) -> float:
    r"""Return the predicted :math:`\lambda_{\min}(F_k F_k^\top)/n` from the spectrum :math:`\tau` of its mean.

    .. math:: \max_{0 < s < \tau_{\min}} s \Big(1 - \frac1n \sum_{i=1}^N \frac{\tau_i}{\tau_i - s}\Big)_+
              \;\ge\; \tau_{\min} \big(1 - \sqrt{N/n}\big)_+^2

    Parameters
    ----------
    eigenvalues : array_like, shape (N,)
        Eigenvalues of `expected_gram`.
    neurons : int
        Width n of the layer.

    Returns
    -------
    float
        Left edge of the limiting spectrum of a sample covariance; 0 for n at most N, or a singular mean.

    Raises
    ------
    ValueError
        Eigenvalues that are not a finite vector, or no neurons.

    Notes
    -----
    A prediction for large N, n, m, not a bound: it assumes that whitened columns behave like independent entries.
    Silverstein and Choi 1995. The concave function is maximized by ternary search: O(100 N) time, O(N) memory.

    Examples
    --------
    >>> round(spectral_edge([2.0, 2.0], 8), 6)
    0.5
    """
    tau, n = np.sort(np.asarray(eigenvalues, float)), positive_int("spectral_edge", "neurons", neurons)
    if tau.ndim != 1 or not tau.size or not np.isfinite(tau).all():
        raise ValueError(f"spectral_edge: eigenvalues have shape {tau.shape}; expected a finite vector (N,), N >= 1.")
    if tau[0] <= len(tau) * np.finfo(float).eps * tau[-1] or n <= len(tau):
        return 0.0
    low, high = 0.0, tau[0] * (1 - 1e-12)

    def height(s):
        return s * (1 - np.sum(tau / (tau - s)) / n)

    for _ in range(100):
        a, b = (2 * low + high) / 3, (low + 2 * high) / 3
        low, high = (a, high) if height(a) < height(b) else (low, b)
    return max(0.0, float(height(low)))
