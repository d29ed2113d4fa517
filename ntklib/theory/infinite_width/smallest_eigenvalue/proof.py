r"""The smallest eigenvalue of the limiting ReLU tangent kernel: the chain of the proof, every link as a function.

With the conventions of `infinite_kernels`,
:math:`K^{(L)} = \sum_l G^{(l)} \circ \dot G^{(l+1)} \circ \dots \circ \dot G^{(L)}`; :math:`\rho` is the
matrix of cosines of the rows of X. The single inequalities, the limits and the probabilities are re-exported here.
"""

import numpy as np

from ntklib._validate import data_matrix, positive_int
from ntklib.activations import hermite_coefficient
from ntklib.kernels import angular_profile
from ntklib.kernels.angles import cosines
from ntklib.spectrum import psd_smallest
from ntklib.theory.inequalities import (
    gershgorin_lower_bound,
    hermite_lower_bound,
    scaled_rows,
)
from ntklib.theory.infinite_width.smallest_eigenvalue.limits import power_series


def layer_terms(X, depth: int) -> list[tuple[np.ndarray, np.ndarray]]:
    r"""Pairs :math:`(G^{(l)},\ \dot G^{(l+1)} \circ \dots \circ \dot G^{(L)})`, whose products sum to :math:`K^{(L)}`.

    Parameters
    ----------
    X : array_like, shape (N, d)
        Data matrix without zero rows.
    depth : int
        Number L of weight layers.

    Returns
    -------
    list of L pairs of ndarrays, shape (N, N)
        For l = 1, …, L; the last second factor is the matrix of ones.

    Notes
    -----
    The angle comes from the stored cosine: entries of pairs closer than 1e-7 carry an error of about 1e-8.
    O(N² (d + L)) time, in NumPy, 2 L matrices of memory.

    Examples
    --------
    >>> terms = layer_terms([[1.0, 0.0], [0.0, 1.0]], 2)
    >>> round(float(sum(G * T for G, T in terms)[0, 1]), 6)
    0.31831
    """
    X, depth = np.asarray(data_matrix("layer_terms", "X", X)), positive_int("layer_terms", "depth", depth)
    A = X @ X.T
    norms, thetas = np.sqrt(np.outer(np.diagonal(A), np.diagonal(A))), [np.arccos(cosines(A))]
    for _ in range(depth - 1):
        thetas.append(2 * np.arcsin(np.sqrt(angular_profile(thetas[-1], depth=2).G_gap / 2)))
    terms, tail = [], np.ones_like(A)
    for theta in reversed(thetas):
        terms.insert(0, (norms * np.cos(theta), tail))
        if len(terms) < depth:
            tail = tail * (1 - thetas[depth - 1 - len(terms)] / np.pi)
    return terms


def tail_lower_bound(X, depth: int, r: int) -> float:
    r"""Lower bound on :math:`\lambda_{\min}(K^{(L)})` that keeps every order from r on, and the exact lower ones.

    .. math:: \min_i \lVert x_i \rVert^2 \Big( \sum_{p=1}^{r-1} a_p\, \lambda_{\min}(\rho^{\circ p})
              + \Big(L - \sum_{p=0}^{r-1} a_p\Big) \lambda_{\min}(\rho^{\circ r}) \Big), \qquad
              \kappa_L(\rho) = \sum_p a_p \rho^p

    Parameters
    ----------
    X : array_like, shape (N, d)
        Data matrix without zero rows.
    depth : int
        Number L of weight layers.
    r : int
        First order of the tail.

    Returns
    -------
    float

    Notes
    -----
    Grows linearly with L, which the chain of `limiting_chain` does not. O(r N³) time, O(N²) memory. Proved in the
    chapter `smallest_eigenvalue`; that the whole power series may be kept: Murray et al. 2023.

    Examples
    --------
    >>> round(tail_lower_bound([[1.0, 0.0], [0.0, 1.0]], 2, 2), 4)
    1.6817
    """
    X = np.asarray(data_matrix("tail_lower_bound", "X", X))
    r, square = positive_int("tail_lower_bound", "r", r), np.sum(X**2, axis=1)
    rho, a = cosines(X @ X.T), power_series(depth, r)
    exact = sum(a[p] * psd_smallest(rho**p) for p in range(1, r))
    return float(square.min() * (exact + (depth - a.sum()) * psd_smallest(rho**r)))


def limiting_chain(X, depth: int, r: int, *, place: int = 0) -> list[tuple[str, float]]:
    r"""Return the chain of the limiting theorem: upper bound, :math:`\lambda_{\min}(K^{(L)})`, lower bounds.

    Parameters
    ----------
    X : array_like, shape (N, d)
        Data matrix without zero rows.
    depth : int
        Number L of weight layers, at least 2.
    r : int
        The even order that is kept.
    place : int
        Which eigenvalue of every term Weyl's link adds, counted from below; with any but 0 the link is wrong.

    Returns
    -------
    list of (str, float)
        Upper bound by the diagonal, true value, then the links: Weyl, Schur, one layer, one order, Gershgorin by rows,
        Gershgorin by the largest entry; each at most the one before. Pass it, or ``[1:]``, to `slack_waterfall`.

    Notes
    -----
    About 2 L eigenvalue problems: O(L N³) time, 2 L matrices of memory. Nguyen et al. 2021, proof of Theorem 1.

    Examples
    --------
    >>> chain = limiting_chain([[1.0, 0.0], [0.0, 1.0]], 2, 2)
    >>> [round(value, 3) for _, value in chain]
    [2.0, 1.682, 1.682, 1.682, 0.682, 0.159, 0.159, 0.159]
    """
    depth = positive_int("limiting_chain", "depth", depth, minimum=2)
    X = np.asarray(data_matrix("limiting_chain", "X", X))
    terms, scale = layer_terms(X, depth), 2 * hermite_coefficient("relu", r) ** 2
    unit, largest = scaled_rows(X)
    K, covariances = sum(G * T for G, T in terms), [psd_smallest(G) for G, _ in terms]
    separate = [psd_smallest(G * T) if place == 0 else np.linalg.eigvalsh(G * T)[place] for G, T in terms]
    return [
        ("diagonal", float(np.diagonal(K).min())),
        ("λ_min(K)", psd_smallest(K)),
        ("Weyl: term by term", float(sum(separate))),
        ("Schur: drop slopes", sum(covariances)),
        ("keep layer 2", covariances[1]),
        (f"keep order r = {r}", hermite_lower_bound(X, r)),
        ("Gershgorin, by rows", scale * largest**2 * gershgorin_lower_bound(unit, r)),
        ("Gershgorin, largest", scale * largest**2 * gershgorin_lower_bound(unit, r, coarse=True)),
    ]
