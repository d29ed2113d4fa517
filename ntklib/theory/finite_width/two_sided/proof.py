r"""The finite-width theorem's proof on one network: its matrices in NumPy, and the chain of inequalities.

Everything is computed in double precision whatever the input, so that small eigenvalues can be believed; nothing is
compiled, so that many shapes cost nothing extra.
"""

import numpy as np

from ntklib import plain
from ntklib.activations import hermite_coefficient
from ntklib.kernels import angular_profile
from ntklib.kernels.angles import cosines
from ntklib.spectrum import psd_smallest
from ntklib.theory.inequalities import gershgorin_lower_bound


def kernel_terms(weights, X) -> list[np.ndarray]:
    r"""Return the terms :math:`(F_{k-1} F_{k-1}^\top) \circ (B_k B_k^\top)`, k = 1, …, L, whose sum is the kernel.

    Examples
    --------
    >>> sum(kernel_terms([np.eye(2), np.ones((2, 1))], np.array([[1.0, -1.0]]))).tolist()
    [[3.0]]
    """
    return plain.layer_kernels(*plain.factors(weights, X, activation="relu"))


def proof_chain(weights, betas, X, layer: int, r: int, *, centre=None) -> list[tuple[str, float]]:
    r"""Return the theorem's chain on one network: :math:`\lambda_{\min}(K)` and six lower bounds, in order.

    Parameters
    ----------
    weights, betas : list of L arrays, sequence of L floats
        The weights and the standard deviations they were drawn with.
    X : ndarray, shape (N, d)
    layer : int
        The wide hidden layer k, from 1 to L - 1.
    r : int
        The order that is kept.
    centre : ndarray, shape (n_{k-1},), optional
        A nonzero vector such as the mean of :math:`f_{k-1}`; rows are projected orthogonally to it.

    Returns
    -------
    list of (str, float)
        Truth; Schur, all layers; the wide layer; Chernoff's quarter; one order; the centred power; Gershgorin.
        Chernoff's link alone may fail, with the probability that its layer is too narrow.

    Raises
    ------
    ValueError
        A layer that is not hidden.

    Notes
    -----
    L + 3 eigenvalue problems of size N. With :math:`v = \min_i\lVert b_{k+1}(x_i)\rVert^2` every link from the third
    on carries the same factor v.

    Examples
    --------
    >>> chain = proof_chain([np.eye(2), np.ones((2, 1))], (1.0, 1.0), np.eye(2), 1, 2)
    >>> [name for name, _ in chain][:3]
    ['λ_min(K)', 'Schur, all layers', 'keep layer 2']
    """
    if not 1 <= layer < len(weights):
        raise ValueError(f"proof_chain: layer={layer!r}; expected a hidden layer, 1 to {len(weights) - 1}.")
    F, B = plain.factors(weights, X, activation="relu")
    row_norms = [float((b**2).sum(axis=1).min()) for b in B]
    terms = [psd_smallest(f @ f.T) * v for f, v in zip(F, row_norms)]
    below, v = F[layer - 1], row_norms[layer]
    neuron = v * betas[layer - 1] ** 2 / 2 * weights[layer - 1].shape[1] / 4
    scale, largest = 2 * hermite_coefficient("relu", r) ** 2, float((below**2).sum(axis=1).max())
    centred = below if centre is None else below - np.outer(below @ centre, centre) / (centre @ centre)
    unit = neuron * scale * largest
    return [
        ("λ_min(K)", psd_smallest(sum((f @ f.T) * (b @ b.T) for f, b in zip(F, B)))),
        ("Schur, all layers", sum(terms)),
        (f"keep layer {layer + 1}", terms[layer]),
        ("Chernoff: a quarter", neuron * _covariance_smallest(below)),
        (f"one order, r = {r}", unit * psd_smallest((below @ below.T / largest) ** r)),
        ("centred", unit * psd_smallest((centred @ centred.T / largest) ** r)),
        ("Gershgorin", float(unit * gershgorin_lower_bound(centred / largest**0.5, r))),
    ]


def _covariance_smallest(F) -> float:
    r"""Return :math:`\lambda_{\min}(2 E[\sigma(Fw)\sigma(Fw)^\top])` for standard Gaussian w."""
    A = F @ F.T
    norms = np.sqrt(np.diagonal(A))
    return psd_smallest(norms[:, None] * norms * angular_profile(np.arccos(cosines(A)), depth=2).G)
