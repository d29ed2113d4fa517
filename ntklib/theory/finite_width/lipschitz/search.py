r"""Lower estimates of Lipschitz constants: Jacobians of a ReLU network and a search over its activation patterns."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ntklib import plain
from ntklib._validate import positive_int


class Search(NamedTuple):
    """What a search found.

    Attributes
    ----------
    lipschitz : float
        The largest operator norm of a Jacobian met on the way: a lower bound on the Lipschitz constant.
    point : ndarray, shape (n_0,)
        A unit vector where it is attained.
    typical : float
        Root mean square of the norms at the random starting points.
    """

    lipschitz: float
    point: np.ndarray
    typical: float


def jacobians(weights, X) -> np.ndarray:
    r"""Return the Jacobians :math:`W_k^\top \Sigma_{k-1}(x) \cdots \Sigma_1(x) W_1^\top` at several inputs.

    Parameters
    ----------
    weights : sequence of k arrays, shapes (n_{l-1}, n_l)
    X : array_like, shape (N, n_0)

    Returns
    -------
    ndarray, shape (N, n_k, n_0)

    Raises
    ------
    ValueError
        Weights that do not fit together, or inputs of another dimension.

    Notes
    -----
    With slope 0 at a kink. O(N n_k Σ n_{l-1} n_l) time, O(N n_k Σ n_l) memory.

    Examples
    --------
    >>> jacobians([[[1.0, -1.0]], [[2.0], [5.0]]], [[3.0], [-3.0]]).ravel().tolist()
    [2.0, -5.0]
    """
    weights, X = checked_weights("jacobians", weights), np.asarray(X, float)
    if X.ndim != 2 or X.shape[1] != len(weights[0]):
        raise ValueError(f"jacobians: X has shape {X.shape}; expected (N, {len(weights[0])}), one row per input.")
    return plain.input_jacobian(weights, X, activation="relu")


def operator_norms(J) -> np.ndarray:
    r"""Return the operator norms of a stack of matrices.

    Parameters
    ----------
    J : array_like, shape (N, m, n)

    Returns
    -------
    ndarray, shape (N,)

    Notes
    -----
    Singular values, O(N m n min(m, n)) time.

    Examples
    --------
    >>> operator_norms([[[3.0, 0.0], [0.0, 4.0]]]).tolist()
    [4.0]
    """
    return np.linalg.norm(np.asarray(J, float), 2, axis=(-2, -1))


def lipschitz_search(weights, *, starts: int = 32, steps: int = 60, seed: int = 0) -> Search:
    r"""Search for the input with the steepest slope: a lower estimate of :math:`\mathrm{Lip}(g_k)`.

    From every starting point a random walk on the sphere accepts steeper slopes only. Its steps have lengths from 0.03
    to 1; every tenth proposal is the leading right singular vector of the Jacobian, the direction it stretches most.

    Parameters
    ----------
    weights : sequence of k arrays, shapes (n_{l-1}, n_l)
    starts : int
        Independent walks.
    steps : int
        Proposals per walk.
    seed : int

    Returns
    -------
    Search

    Notes
    -----
    Never above the truth; how far below is known only where `plane_lipschitz` or `layer_patterns` apply. Slopes are
    constant on regions, so gradients say nothing. O(starts · steps) Jacobians. Book.

    Examples
    --------
    >>> W = [np.eye(2), np.diag([1.0, 3.0])]
    >>> round(lipschitz_search(W, starts=8, steps=20).lipschitz, 6)
    3.0
    """
    weights, rng = checked_weights("lipschitz_search", weights), np.random.default_rng(seed)
    starts, steps = (positive_int("lipschitz_search", n, v) for n, v in (("starts", starts), ("steps", steps)))
    X = _unit(rng.standard_normal((starts, len(weights[0]))))
    J = jacobians(weights, X)
    best = operator_norms(J)
    typical = float(np.sqrt(np.mean(best**2)))
    for step in range(steps):
        proposal = _leading(J, X) if step % 10 == 9 else _nearby(X, rng)
        slopes = jacobians(weights, proposal)
        norms = operator_norms(slopes)
        better = norms > best
        X, J, best = (
            np.where(better[:, None], proposal, X),
            np.where(better[:, None, None], slopes, J),
            np.maximum(norms, best),
        )
    return Search(float(best.max()), X[best.argmax()], typical)


def checked_weights(where: str, weights) -> list[np.ndarray]:
    """Return float64 matrices whose shapes fit together, or say what is wrong with them."""
    weights = [np.asarray(W, np.float64) for W in weights]
    shapes = [W.shape for W in weights]
    fits = all(len(s) == 2 for s in shapes) and all(a[1] == b[0] for a, b in pairwise(shapes))
    if not weights or not fits:
        raise ValueError(f"{where}: weights have shapes {shapes}; expected (n_0, n_1), (n_1, n_2), and so on.")
    if not all(np.isfinite(W).all() for W in weights):
        raise ValueError(f"{where}: weights contain NaN or infinity; expected finite numbers; look at the training.")
    return weights


def _nearby(X, rng) -> np.ndarray:
    lengths = 10 ** rng.uniform(-1.5, 0, (len(X), 1))
    return _unit(X + lengths * rng.standard_normal(X.shape) / X.shape[1] ** 0.5)


def _leading(J, X) -> np.ndarray:
    """The direction that the current Jacobian stretches most, on the side of x."""
    V = np.linalg.svd(J, full_matrices=False)[2][:, 0]
    return V * np.where(np.sum(V * X, axis=1, keepdims=True) < 0, -1.0, 1.0)


def _unit(X) -> np.ndarray:
    return X / np.linalg.norm(X, axis=1, keepdims=True)
