r"""Why the first layer carries the scaling figure: the part of each layer's kernel that low rank cannot take away.

Expectations are over Gaussian pre-activations of a wide network d → n → n → 1 on inputs with squared norm q d; they
are computed by Gauss–Hermite quadrature on the network's own nonlinearity.
"""

from functools import lru_cache

import numpy as np

from ntklib import plain
from ntklib._validate import positive_float
from ntklib.theory.minimum_width.setting import pair_mean


def layer_constants(activation: str = "sigmoid", q: float = 1.0) -> dict[str, float]:
    r"""Return the constants of the two wide layers' smallest eigenvalues, centred, for a network d → n → n → 1.

    .. math:: \kappa_{W_1} = q\,(A_1A_2 - C_1C_2), \qquad \kappa_{W_2} = (A_0 - C_0)(A_2 - C_2), \qquad
              \kappa_{W_2}^{\infty} = A_0A_2 - C_0C_2 - C_0'

    With z, z' independent :math:`N(0, q)` and u, u' of covariance (:math:`A_0, C_0`):
    :math:`A_0 = E\sigma(z)^2`, :math:`C_0 = E\sigma(z)\sigma(z')`, :math:`A_1 = E\sigma'(z)^2`,
    :math:`C_1 = E\sigma'(z)\sigma'(z')`,
    :math:`A_2 = E\sigma'(u)^2`, :math:`C_2 = E\sigma'(u)\sigma'(u')`; A at equal inputs, C at orthogonal ones.

    Parameters
    ----------
    activation : str
        As for `ntklib.plain.activation_functions`.
    q : float
        Squared norm of the inputs over d.

    Returns
    -------
    dict
        ``first``, ``block``, ``block_wide`` (:math:`\kappa_{W_2}^\infty`, :math:`C_0'` the slope at 0 of
        the product as a function of the cosine), ``linear`` (:math:`C_1C_2`), and A0, C0, A1, C1, A2, C2.

    Notes
    -----
    ``first`` and ``block`` times :math:`d n` and :math:`n^2` are the smallest eigenvalues to be expected when
    n, d < N ≪ d n: the means over x of one factor leave terms of rank n or d, which vanish somewhere.
    ``block_wide`` replaces ``block`` when n ≫ N. 120 nodes: relative errors below 1e-10 for the smooth activations.
    Source: Book.

    Examples
    --------
    >>> constants = layer_constants("sigmoid")
    >>> 20 < constants["first"] / constants["block"] < 30
    True
    """
    q = positive_float("layer_constants", "q", q)
    function, slope = plain.activation_functions(activation)[:2]
    A0 = pair_mean(function, q, q)

    def triple(cosine):
        covariance = pair_mean(function, q, cosine * q)
        return np.array([covariance, pair_mean(slope, q, cosine * q), pair_mean(slope, A0, covariance)])

    (_, A1, A2), (C0, C1, C2) = triple(1.0), triple(0.0)
    rise = np.prod((triple(1e-3))[[0, 2]]) - np.prod(triple(-1e-3)[[0, 2]])
    values = {
        "first": q * (A1 * A2 - C1 * C2),
        "block": (A0 - C0) * (A2 - C2),
        "block_wide": A0 * A2 - C0 * C2 - rise / 2e-3,
        "linear": C1 * C2,
        **{"A0": A0, "C0": C0, "A1": A1, "C1": C1, "A2": A2, "C2": C2},
    }
    return {name: float(value) for name, value in values.items()}


def predicted_first_kernel(X, activation: str = "sigmoid") -> np.ndarray:
    r"""Return a model of the kernel of :math:`W_1` of a network d → d → d → 1 that sees the data and no weights.

    .. math:: \hat K_{W_1} = d\left[\,cc^\top \circ XX^\top + \operatorname{diag}(d\,\kappa_{W_1}(q_i))\right],
              \qquad q_i = \lVert x_i\rVert^2/d,\quad c_i^2 = C_1C_2(q_i)

    Parameters
    ----------
    X : array (N, d)
        Nearly orthogonal rows, such as Gaussian ones; :math:`q_i` between 0.3 and 3.
    activation : str

    Returns
    -------
    ndarray (N, N)

    Raises
    ------
    ValueError
        For norms outside the range.

    Notes
    -----
    What is left out: fluctuations of the weights, and of :math:`\langle b_i, b_j\rangle` with the angle, both of
    relative size :math:`\sqrt{N/d^2}` in the spectrum; hence for N ≪ d². Constants interpolated between 28 values
    of q. Time O(N² d). Source: Book.

    Examples
    --------
    >>> X = np.random.default_rng(0).standard_normal((3, 50))
    >>> predicted_first_kernel(X).shape
    (3, 3)
    """
    X = np.asarray(X, float)
    d = X.shape[1]
    q = (X**2).sum(axis=1) / d
    grid, diagonals, slopes = _tabulated(activation)
    if not (q.min() >= grid[0] and q.max() <= grid[-1]):
        raise ValueError(
            f"predicted_first_kernel: squared norms over d between {q.min():.3g} and {q.max():.3g}; expected them "
            "between 0.3 and 3; scale the data."
        )
    diagonal, c = np.interp(q, grid, diagonals), np.sqrt(np.interp(q, grid, slopes))
    return d * (np.outer(c, c) * (X @ X.T) + np.diag(d * diagonal))


@lru_cache(maxsize=8)
def _tabulated(activation):
    """28 values of q, and the constants "first" and "linear" there."""
    grid = np.linspace(0.3, 3.0, 28)
    table = [layer_constants(activation, value) for value in grid]
    return grid, *([row[name] for row in table] for name in ("first", "linear"))


def centred_bound(F, B, f_mean, b_mean) -> float:
    r"""Return an upper bound on the smallest eigenvalue of :math:`FF^\top\circ BB^\top` that sees centred factors only.

    .. math:: \lambda_{\min}(FF^\top\circ BB^\top) \le \frac1{\dim V}\operatorname{tr}
              P_V(\tilde F\tilde F^\top\circ\tilde B\tilde B^\top),\qquad
              V = \ker B^\top \cap \ker\tilde F^\top

    Parameters
    ----------
    F, B : arrays (N, m), (N, n)
        With m + n < N.
    f_mean, b_mean : arrays (m,), (n,)
        Any vectors; subtracted from the rows. A zero vector removes its condition from V.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If V is trivial.

    Notes
    -----
    With :math:`f_i = \bar f + \tilde f_i` and v in V the sums :math:`\sum v_i\bar f\otimes b_i` and
    :math:`\sum v_i\tilde f_i\otimes\bar b` vanish, so both kernels have the same quadratic form on V. Time
    O(N² (m + n)). Source: Book.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> F, B = rng.standard_normal((9, 2)) + 5, rng.standard_normal((9, 3)) + 5
    >>> bool(centred_bound(F, B, [5, 5], [5, 5, 5]) > np.linalg.eigvalsh((F @ F.T) * (B @ B.T))[0])
    True
    """
    centred_F, centred_B = F - np.asarray(f_mean), B - np.asarray(b_mean)
    conditions = [A for A, mean in ((B, f_mean), (centred_F, b_mean)) if np.any(mean)]
    Q = np.linalg.qr(np.hstack(conditions))[0] if conditions else np.zeros((len(F), 0))
    if Q.shape[1] >= len(F):
        raise ValueError(f"centred_bound: {Q.shape[1]} conditions on {len(F)} samples; expected more samples.")
    K = (centred_F @ centred_F.T) * (centred_B @ centred_B.T)
    return float((np.trace(K) - np.einsum("ia,ij,ja->", Q, K, Q, optimize=True)) / (len(F) - Q.shape[1]))
