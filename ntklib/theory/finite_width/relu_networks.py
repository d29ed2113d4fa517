"""Random ReLU networks in the standard parametrization, in NumPy float64: weights, factors, terms of the kernel.

Double precision whatever the input, so that small eigenvalues can be believed; nothing is compiled, so that many shapes
cost nothing extra.
"""

from itertools import pairwise

import numpy as np

from ntklib._validate import positive_float, positive_int


def gaussian_weights(widths, betas, seed: int) -> list[np.ndarray]:
    r"""Draw Gaussian weights :math:`[W_l]_{ij} \sim N(0, \beta_l^2)` in NumPy float64.

    Parameters
    ----------
    widths : sequence of k + 1 ints
    betas : sequence of k floats
    seed : int or sequence of int
        Of NumPy's default generator.

    Returns
    -------
    list of k ndarrays, shapes (n_{l-1}, n_l)

    Raises
    ------
    ValueError
        Unequal lengths, or numbers that are not positive.

    Notes
    -----
    O(Σ n_{l-1} n_l) time and memory. Chapters: ``lipschitz``, ``two_sided``, ``where_it_breaks``.

    Examples
    --------
    >>> [W.shape for W in gaussian_weights((2, 5, 3), (1.0, 1.0), seed=0)]
    [(2, 5), (5, 3)]
    """
    n, b = checked_sizes("gaussian_weights", widths, betas)
    rng = np.random.default_rng(seed)
    return [beta * rng.standard_normal(shape) for beta, shape in zip(b, pairwise(n))]


def relu_factors(params, X):
    r"""Return :math:`F_k` and :math:`B_{k+1}` of a ReLU network in the standard parametrization, by NumPy alone.

    Parameters
    ----------
    params : sequence of L arrays (n_{l-1}, n_l)
        With :math:`n_L = 1`.
    X : array (N, d)

    Returns
    -------
    (list of L arrays (N, n_k), list of L arrays (N, n_{k+1}))

    Raises
    ------
    ValueError
        From NumPy, for shapes that do not fit.

    Notes
    -----
    As ``MLP.features_and_backward``, without compiling anything for a new shape. Time O(N Σ n_{l-1} n_l).
    Chapters: ``anatomy``, ``two_sided``, ``where_it_breaks``.

    Examples
    --------
    >>> F, B = relu_factors([np.array([[1.0, -1.0]]), np.array([[2.0], [3.0]])], np.array([[4.0]]))
    >>> F[1].tolist(), B[0].tolist()
    ([[4.0, 0.0]], [[2.0, 0.0]])
    """
    F, slopes = [np.asarray(X, np.float64)], []
    for W in params[:-1]:
        g = F[-1] @ W
        F.append(np.maximum(g, 0.0))
        slopes.append(g > 0)
    B = [np.ones((len(F[0]), 1))]
    for W, slope in zip(reversed(params[1:]), reversed(slopes)):
        B.append((B[-1] @ W.T) * slope)
    return F, B[::-1]


def layer_kernels(F, B):
    r"""Return the terms :math:`K_k = (F_kF_k^\top)\circ(B_{k+1}B_{k+1}^\top)`, k = 0..L-1.

    Parameters
    ----------
    F, B : sequences of L arrays
        From :func:`relu_factors`, or those of an `MLP`.

    Returns
    -------
    list of L arrays (N, N)

    Raises
    ------
    ValueError
        From NumPy, for unequal numbers of rows.

    Notes
    -----
    Time O(N² Σ n_l), memory L N² numbers. Source: Nguyen, Mondelli and Montúfar 2021, section 2. Chapter: ``anatomy``.

    Examples
    --------
    >>> layer_kernels([np.eye(2)], [np.ones((2, 1))])[0].tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    return [(f @ f.T) * (b @ b.T) for f, b in zip(F, B, strict=True)]


def checked_sizes(where: str, widths, betas):
    """Return widths as ints and standard deviations as floats, one fewer, or say what does not fit."""
    n = [positive_int(where, f"widths[{i}]", width) for i, width in enumerate(widths)]
    if len(n) < 2 or len(betas) != len(n) - 1:
        raise ValueError(f"{where}: {len(n)} widths and {len(betas)} betas; expected k + 1 and k, with k at least 1.")
    return n, [positive_float(where, f"betas[{i}]", beta) for i, beta in enumerate(betas)]
