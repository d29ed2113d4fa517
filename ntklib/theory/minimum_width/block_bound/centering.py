r"""Centering the Jacobian of the last-but-one weight matrix: three steps, with means over the law of the data.

Rows of the block are :math:`J_i = f_i \otimes b_i` with :math:`f_i = f_{L-2}(x_i)` and :math:`b_i = b_{L-1}(x_i)`.
"""

from typing import NamedTuple

import numpy as np

from ntklib import plain


class Means(NamedTuple):
    r"""Means over the data at fixed weights, and the spectrum of the centred rows they leave.

    Attributes
    ----------
    features : ndarray (m,)
        :math:`\mu = E f`.
    backward : ndarray (n,)
        :math:`\nu = E b`.
    product : ndarray (m, n)
        :math:`M = E\,(f-\mu)(b-\nu)^\top`.
    spectrum : ndarray (m n,)
        Products of the eigenvalues of Cov f and of Cov b: those of Cov(f) ⊗ Cov(b).
    """

    features: np.ndarray
    backward: np.ndarray
    product: np.ndarray
    spectrum: np.ndarray


def block_factors(params, X, activation="tanh"):
    r"""Return :math:`F_{L-2}` and :math:`B_{L-1}`, whose row products are the Jacobian of the block.

    Notes
    -----
    O(N Σ n_{l-1} n_l).

    Examples
    --------
    >>> [A.shape for A in block_factors([np.eye(2), np.ones((2, 1))], np.eye(2))]
    [(2, 2), (2, 2)]
    """
    F, B = plain.factors(params, X, activation=activation)
    return F[-2], B[-2]


def sample_means(F, B) -> Means:
    r"""Return the means and covariance spectrum of a sample of both factors.

    Parameters
    ----------
    F : array (S, m)
    B : array (S, n)
        Of a large sample that is independent of the training data.

    Returns
    -------
    Means

    Notes
    -----
    O(S (m² + n² + m n)) time, O(m n) memory.

    Examples
    --------
    >>> sample_means(np.array([[1.0], [3.0]]), np.array([[1.0], [5.0]])).product.tolist()
    [[2.0]]
    """
    mu, nu = F.mean(axis=0), B.mean(axis=0)
    f, b = F - mu, B - nu
    tau = [np.clip(np.linalg.eigvalsh(a.T @ a / len(a)), 0.0, None) for a in (f, b)]
    return Means(mu, nu, f.T @ b / len(F), np.outer(*tau).ravel())


def subtracted_kernels(F, B, means):
    r"""Return the kernels of the ladder: nothing, f, f and b, and finally the product centred by subtraction.

    .. math:: J J^\top,\quad (\tilde F * B)(\cdot)^\top,\quad \tilde J\tilde J^\top
              \text{ with } \tilde J = \tilde F * \tilde B,\quad (\tilde J - 1M^\top)(\cdot)^\top

    Parameters
    ----------
    F : array (N, m)
    B : array (N, n)
    means : Means

    Returns
    -------
    list of four arrays (N, N)

    Notes
    -----
    The Jacobian is never formed. O(N² (m + n) + N m n) time, O(N²) memory. Source: the steps are recalled from Bombari,
    Amani and Mondelli 2022.

    Examples
    --------
    >>> F, B = np.array([[1.0], [3.0]]), np.array([[1.0], [5.0]])
    >>> subtracted_kernels(F, B, sample_means(F, B))[2].tolist()
    [[4.0, 4.0], [4.0, 4.0]]
    """
    f, b = F - means.features, B - means.backward
    along = np.sum((f @ means.product) * b, axis=1)
    both = (f @ f.T) * (b @ b.T)
    last = both - along[:, None] - along[None, :] + np.sum(means.product**2)
    return [(F @ F.T) * (B @ B.T), (f @ f.T) * (B @ B.T), both, last]


def projected_kernels(F, B, means):
    r"""Return the kernels of the ladder with projections in place of subtractions: each is below the one before.

    .. math:: J J^\top \succeq J (P_\mu \otimes I) J^\top \succeq J (P_\mu \otimes P_\nu) J^\top
              \succeq J Q J^\top, \qquad E\, Q J_i = 0

    with :math:`P_v = I - vv^\top/\lVert v\rVert^2` and Q the projection that also removes :math:`P_\mu M P_\nu`.

    Parameters
    ----------
    F : array (N, m)
    B : array (N, n)
    means : Means
        A vanishing mean leaves its step out.

    Returns
    -------
    list of four arrays (N, N)

    Notes
    -----
    The order holds for any vectors in place of the means. O(N² (m + n) + N m n) time. Source: Book.

    Examples
    --------
    >>> F, B = np.eye(2), np.array([[1.0, 2.0], [0.0, 1.0]])
    >>> [abs(round(float(K.trace()), 6)) for K in projected_kernels(F, B, sample_means(F, B))]
    [6.0, 3.0, 0.1, 0.0]
    """
    f, b = without(F, means.features), without(B, means.backward)
    both = (f @ f.T) * (b @ b.T)
    M = without(without(means.product.T, means.features).T, means.backward)
    along = np.sum((f @ M) * b, axis=1)
    size = np.sum(M**2)
    last = both - np.outer(along, along) / size if size else both
    return [(F @ F.T) * (B @ B.T), (f @ f.T) * (B @ B.T), both, last]


def worst_losses(F, B, means):
    r"""Return the losses that a norm estimate allows for the three subtractions together.

    .. math:: \frac{\lVert D_{\tilde F\mu}\tilde B\rVert^2}{\lVert\mu\rVert^2},\quad
              \frac{\lVert D_{\tilde B\nu}\tilde F\rVert^2}{\lVert\nu\rVert^2},\quad
              \frac{\lVert(\tilde J - 1M^\top)M\rVert^2}{\lVert M\rVert^2}

    Parameters
    ----------
    F : array (N, m)
    B : array (N, n)
    means : Means
        None of them zero.

    Returns
    -------
    ndarray (3,)
        :math:`\lambda_{\min}(JJ^\top) \ge \lambda_{\min}` of the last subtracted kernel, less their sum.

    Notes
    -----
    Each is of order N up to logarithms, hence o(p) in the theorem's regime. O(N (m² + n²)). Source: Book.

    Examples
    --------
    >>> F, B = np.array([[1.0], [3.0]]), np.array([[1.0], [5.0]])
    >>> worst_losses(F, B, sample_means(F, B)).round(9).tolist()
    [8.0, 8.0, 0.0]
    """
    f, b = F - means.features, B - means.backward
    v, w = f @ means.features, b @ means.backward
    along, size = np.sum((f @ means.product) * b, axis=1), np.sum(means.product**2)
    first = np.linalg.norm(v[:, None] * b, 2) ** 2 / (means.features @ means.features)
    second = np.linalg.norm(w[:, None] * f, 2) ** 2 / (means.backward @ means.backward)
    return np.array([first, second, np.sum((along - size) ** 2) / size])


def without(rows, direction):
    r"""Return the rows without their component along a vector, :math:`a - \langle a, v\rangle v/\lVert v\rVert^2`.

    Notes
    -----
    As `project_out` of Part II, but a zero vector is allowed and changes nothing.

    Examples
    --------
    >>> without(np.array([[3.0, 1.0]]), np.array([2.0, 0.0])).tolist()
    [[0.0, 1.0]]
    """
    size = direction @ direction
    return rows - np.outer(rows @ direction / size, direction) if size else rows
