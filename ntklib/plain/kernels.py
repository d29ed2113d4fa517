"""Jacobians and tangent kernels of plain networks, from their factors."""

import numpy as np

from ntklib.plain.passes import factors, scaled


def layer_kernels(F, B, multiplier=None, *, other=None) -> list[np.ndarray]:
    r"""Return the terms :math:`K_l = m_l^2\,(F_{l-1}F_{l-1}^\top)\circ(B_lB_l^\top)`, l = 1..L, of the tangent kernel.

    Parameters
    ----------
    F, B : sequences of L arrays
        From `factors`, or those of an `MLP`; slices of both give some of the layers.
    multiplier : sequence of L floats, optional
    other : pair (F, B), optional
        Factors of the same network at other inputs, for the second index.

    Returns
    -------
    list of L arrays (..., N, M)
        Or (..., N, M, k, k) for k outputs, as `ntklib.empirical_ntk`.

    Notes
    -----
    Time O(k² N M Σ n_l), memory L k² N M numbers. Source: Nguyen, Mondelli and Montúfar 2021, section 2.

    Examples
    --------
    >>> layer_kernels([np.eye(2)], [np.ones((2, 1))], (3.0,))[0].tolist()
    [[9.0, 0.0], [0.0, 9.0]]
    """
    F2, B2 = (F, B) if other is None else other
    pairs = zip(_multipliers(multiplier, F), F, B, F2, B2, strict=True)
    return [
        scaled(m**2, _gram(f, f2)) * _gram(b, b2) if _single(f, b) else _blocks(m, f, b, f2, b2)
        for m, f, b, f2, b2 in pairs
    ]


def tangent_kernel(params, X, X2=None, *, activation, multiplier=None) -> np.ndarray:
    r"""Return the empirical tangent kernel :math:`K = \sum_l K_l`, shape (..., N, M), in NumPy float64.

    Parameters
    ----------
    params, X, activation, multiplier
        As for `factors`.
    X2 : array (..., M, d), optional
        X itself if not given.

    Returns
    -------
    ndarray (..., N, M), or (..., N, M, k, k) for k outputs

    Notes
    -----
    The numbers of `ntklib.empirical_ntk`, without compiling. Time O(N Σ n_{l-1} n_l + N M Σ n_l).

    Examples
    --------
    >>> tangent_kernel([np.eye(2), np.ones((2, 1))], np.eye(2), activation="linear").tolist()
    [[3.0, 0.0], [0.0, 3.0]]
    """
    settings = {"activation": activation, "multiplier": multiplier}
    first = factors(params, X, **settings)
    return sum(layer_kernels(*first, multiplier, other=None if X2 is None else factors(params, X2, **settings)))


def jacobian(F, B, multiplier=None) -> np.ndarray:
    r"""Return the Jacobian of the outputs in all weights, row i of layer l :math:`m_l\,f_{l-1}(x_i)\otimes b_l(x_i)`.

    Parameters
    ----------
    F, B : sequences of L arrays
        From `factors`; slices of both, as ``F[:1]`` and ``B[:1]``, give some of the layers.
    multiplier : sequence of L floats, optional

    Returns
    -------
    ndarray (..., N, P), or (..., N, k, P) for k outputs
        :math:`P = \sum_l n_{l-1}n_l`, layer after layer, each matrix row by row.

    Notes
    -----
    N k P numbers of 8 bytes. Its Gram matrix is the sum of `layer_kernels`.

    Examples
    --------
    >>> jacobian([np.array([[1.0, 2.0]])], [np.array([[3.0, 4.0]])]).tolist()
    [[3.0, 4.0, 6.0, 8.0]]
    """
    layers = zip(_multipliers(multiplier, F), F, B, strict=True)
    return np.concatenate([scaled(m, row_products(_with_outputs(f, b), b)) for m, f, b in layers], axis=-1)


def input_jacobian(params, X, *, activation, multiplier=None) -> np.ndarray:
    r"""Return the Jacobian of the outputs in the input, :math:`m_1B_1W_1^\top`, one matrix per sample.

    The arguments are those of `factors`.

    Returns
    -------
    ndarray (..., N, n_L, n_0)
        With the axis of outputs also for one output.

    Notes
    -----
    At a kink with the derivative of the activation there, 0 for ReLU. Time O(n_L N Σ n_{l-1} n_l).

    Examples
    --------
    >>> input_jacobian([[[1.0, -1.0]], [[2.0], [5.0]]], [[3.0], [-3.0]], activation="relu").ravel().tolist()
    [2.0, -5.0]
    """
    F, B = factors(params, X, activation=activation, multiplier=multiplier)
    rows = B[0][..., None, :] if _single(F[0], B[0]) else B[0]
    return scaled(
        _multipliers(multiplier, F)[0], rows @ np.swapaxes(np.asarray(params[0], float), -1, -2)[..., None, :, :]
    )


def row_products(F, B) -> np.ndarray:
    r"""Return the row-wise Kronecker (face-splitting) product :math:`F * B`, row i equal to :math:`f_i \otimes b_i`.

    Parameters
    ----------
    F, B : arrays (..., N, m) and (..., N, n)

    Returns
    -------
    ndarray (..., N, m n)

    Notes
    -----
    :math:`(F*B)(F*B)^\top = FF^\top \circ BB^\top`.

    Examples
    --------
    >>> row_products([[1.0, 2.0]], [[3.0, 4.0]]).tolist()
    [[3.0, 4.0, 6.0, 8.0]]
    """
    F, B = np.asarray(F, float), np.asarray(B, float)
    product = F[..., :, None] * B[..., None, :]
    return product.reshape(*product.shape[:-2], -1)


def vjp(F, B, c, multiplier=None) -> list[np.ndarray]:
    r"""Return :math:`J^\top c` in the shapes of the weights, :math:`m_l F_{l-1}^\top(\mathrm{diag}(c)B_l)`.

    Parameters
    ----------
    F, B : sequences of L arrays
        From `factors`.
    c : array (..., N), or (..., N, k) for k outputs
        One number per output; the gradient of a loss if c is its derivative in the outputs.
    multiplier : sequence of L floats, optional

    Returns
    -------
    list of L arrays (..., n_{l-1}, n_l)

    Notes
    -----
    Time O(k N Σ n_{l-1} n_l), nothing larger than the weights in memory.

    Examples
    --------
    >>> vjp([np.array([[1.0, 2.0]])], [np.array([[3.0]])], [10.0])[0].tolist()
    [[30.0], [60.0]]
    """
    c = np.asarray(c, float)[..., None]
    layers = zip(_multipliers(multiplier, F), F, B, strict=True)
    return [scaled(m, np.swapaxes(f, -1, -2) @ (c * b if _single(f, b) else (c * b).sum(-2))) for m, f, b in layers]


def jvp(F, B, direction, multiplier=None) -> np.ndarray:
    r"""Return :math:`J\theta' = \sum_l m_lf_{l-1}^\top\theta'_lb_l`, the change of the outputs along a direction.

    Parameters
    ----------
    F, B : sequences of L arrays
        From `factors`.
    direction : sequence of L arrays (..., n_{l-1}, n_l)
    multiplier : sequence of L floats, optional

    Returns
    -------
    ndarray (..., N), or (..., N, k) for k outputs

    Notes
    -----
    Time O(N Σ n_{l-1} n_l).

    Examples
    --------
    >>> jvp([np.array([[1.0, 2.0]])], [np.array([[3.0]])], [np.array([[1.0], [1.0]])]).tolist()
    [9.0]
    """
    layers = zip(_multipliers(multiplier, F), F, B, direction, strict=True)
    return sum(scaled(m, (_with_outputs(f @ V, b) * b).sum(-1)) for m, f, b, V in layers)


def _multipliers(multiplier, F):
    return (1.0,) * len(F) if multiplier is None else multiplier


def _single(f, b) -> bool:
    """Whether there is no axis of outputs."""
    return np.ndim(f) == np.ndim(b)


def _with_outputs(f, b) -> np.ndarray:
    """Features with an axis of length 1 for the outputs, where b has one."""
    return f if _single(f, b) else f[..., None, :]


def _gram(a, b) -> np.ndarray:
    return a @ np.swapaxes(b, -1, -2)


def _blocks(m, f, b, f2, b2) -> np.ndarray:
    """One layer's term for several outputs."""
    return scaled(m**2, _gram(f, f2))[..., None, None] * np.einsum("...ipn,...jqn->...ijpq", b, b2)
