r"""The smallest singular value of a feature matrix of a deep ReLU network: the theorem's scale and its proof's chain.

A feature matrix :math:`F_k` has the rows :math:`f_k(x_i)`; weights are in the standard parametrization,
:math:`[W_l]_{ij} \sim N(0, \beta_l^2)`. The lemmas are re-exported here.
"""

import math

import numpy as np

from ntklib._validate import data_matrix, positive_float, positive_int
from ntklib.activations import hermite_coefficient
from ntklib.spectrum import psd_smallest
from ntklib.theory.finite_width.feature_matrices.centering import project_out
from ntklib.theory.finite_width.feature_matrices.mean import (
    expected_gram,
    one_order_bound,
)
from ntklib.theory.inequalities import gershgorin_lower_bound


def feature_scale(widths, betas, layer: int, *, r: int | None = None, constant: float = 1.0) -> float:
    r"""Return the order of both sides of the theorem on feature matrices, :math:`d \prod_{l \le k} n_l \beta_l^2`.

    Parameters
    ----------
    widths : sequence of at least k + 1 ints
        :math:`(d, n_1, \dots)`; data have norm of order :math:`\sqrt d`.
    betas : sequence of at least k floats
        Standard deviations of the weights.
    layer : int
        k, at least 1.
    r : int, optional
        Multiply by :math:`\mu_r^2`, as the lower bound does.
    constant : float
        The unspecified constant of the Ω or O.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        A layer for which widths or standard deviations are missing, or numbers that are not positive.

    Notes
    -----
    O(k). Nguyen et al. 2021, Theorem 3.

    Examples
    --------
    >>> feature_scale((100, 40, 60), (0.5, 0.25), 2)
    3750.0
    """
    k = positive_int("feature_scale", "layer", layer)
    if len(widths) < k + 1 or len(betas) < k:
        raise ValueError(
            f"feature_scale: layer={k} with {len(widths)} widths and {len(betas)} standard deviations; "
            f"expected at least {k + 1} and {k}."
        )
    n = [positive_int("feature_scale", f"widths[{i}]", w) for i, w in enumerate(widths[: k + 1])]
    variance = [positive_float("feature_scale", f"betas[{i}]", b) ** 2 for i, b in enumerate(betas[:k])]
    coefficient = 1.0 if r is None else hermite_coefficient("relu", r) ** 2
    scale = math.prod(n) * math.prod(variance)
    return positive_float("feature_scale", "constant", constant) * coefficient * scale


def feature_chain(below, F, beta: float, r: int, mean) -> list[tuple[str, float]]:
    r"""Return the chain of the proof for one layer, from the smallest row norm down to Gershgorin's bound.

    Parameters
    ----------
    below : array_like, shape (N, n_{k-1})
        :math:`F_{k-1}`.
    F : array_like, shape (N, n_k)
        :math:`F_k`.
    beta : float
        :math:`\beta_k`.
    r : int
        The even order that is kept.
    mean : array_like, shape (n_{k-1},)
        The vector μ that is projected out of the rows of ``below``; any nonzero one.

    Returns
    -------
    list of (str, float)
        Smallest squared row norm, :math:`\lambda_{\min}(F_kF_k^\top)`, then :math:`n_k\lambda/4`, one order, centring,
        Gershgorin by rows, Gershgorin by the largest entry. The third value is below the second with high probability
        only; every later link holds always.

    Notes
    -----
    Four eigenvalue problems: O(N³ + N² n_k) time, O(N² + N n_k) memory, float64. Nguyen et al. 2021, proof of
    Theorem 3.

    Examples
    --------
    >>> chain = feature_chain(np.eye(2), np.ones((2, 3)) + np.eye(2, 3), 1.0, 2, [1.0, 1.0])
    >>> [round(value, 3) for _, value in chain]
    [6.0, 1.0, 0.256, 0.06, 0.0, 0.0, 0.0]
    """
    below, F = (np.asarray(data_matrix("feature_chain", n, A), np.float64) for n, A in (("below", below), ("F", F)))
    centred, largest = project_out(below, mean), np.linalg.norm(below, axis=1).max()
    quarter, scale = F.shape[1] / 4, float(beta * hermite_coefficient("relu", r) * largest) ** 2
    return [
        ("smallest row norm", float(np.sum(F**2, axis=1).min())),
        ("λ_min(F Fᵀ)", psd_smallest(F @ F.T)),
        ("Chernoff: nλ/4", quarter * psd_smallest(expected_gram(below, beta))),
        (f"keep order r = {r}", quarter * one_order_bound(below, r, beta=beta)),
        ("project the mean out", quarter * one_order_bound(below, r, beta=beta, gram=centred @ centred.T)),
        ("Gershgorin, by rows", quarter * scale * gershgorin_lower_bound(centred / largest, r)),
        ("Gershgorin, largest", quarter * scale * gershgorin_lower_bound(centred / largest, r, coarse=True)),
    ]
