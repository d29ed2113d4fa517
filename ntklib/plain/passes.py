"""Forward and backward passes of plain networks, with leading axes."""

from itertools import pairwise

import numpy as np

from ntklib.activations import activation as look_up


def activation_functions(activation):
    r"""Return σ, σ' and, where known, σ'' as functions of NumPy arrays.

    Parameters
    ----------
    activation : str, Activation, or tuple of two or three callables
        A name of `ntklib.activations`, also "linear" for "identity"; a tuple is returned as it is.

    Returns
    -------
    tuple of callables

    Raises
    ------
    ValueError
        For another name, an activation without NumPy functions, or a tuple of something else.

    Examples
    --------
    >>> activation_functions("relu")[1](np.array([-1.0, 2.0])).tolist()
    [0.0, 1.0]
    """
    if isinstance(activation, tuple):
        if len(activation) in (2, 3) and all(map(callable, activation[:2])):
            return activation
        raise ValueError(f"activation_functions: {activation!r}; expected a pair (σ, σ') or a triple (σ, σ', σ'').")
    found = look_up(activation)
    if found.numpy is None:
        raise ValueError(
            f"activation_functions: activation {found.name!r} has no NumPy functions; give a pair (σ, σ') of them, or "
            "a name of ntklib.activations."
        )
    return found.numpy


def preactivations(params, X, *, activation, multiplier=None) -> list[np.ndarray]:
    r"""Return :math:`g_l = m_l f_{l-1}W_l` for l = 1..L, the last one the outputs.

    Parameters
    ----------
    params : sequence of L arrays (..., n_{l-1}, n_l)
    X : array (..., N, d)
        With :math:`d = n_0`.
    activation : str, Activation or tuple of functions
        As for `activation_functions`.
    multiplier : sequence of L floats, optional
        :math:`m_l`, all 1 if not given.

    Returns
    -------
    list of L float64 ndarrays (..., N, n_l)

    Raises
    ------
    ValueError
        Shapes that do not fit together, or an unknown activation.

    Notes
    -----
    Time O(N Σ n_{l-1} n_l) for each leading index, memory O(N Σ n_l).

    Examples
    --------
    >>> g = preactivations([np.eye(2), np.ones((2, 1))], [[1.0, -3.0]], activation="relu", multiplier=(2.0, 0.5))
    >>> [a.tolist() for a in g]
    [[[2.0, -6.0]], [[1.0]]]
    """
    params, X, m = checked("preactivations", params, X, multiplier)
    return _layers(params, X, m, activation_functions(activation)[0])[1]


def forward(params, X, *, activation, multiplier=None) -> np.ndarray:
    r"""Return the outputs :math:`g_L`, shape (..., N), or (..., N, n_L) for several outputs.

    The arguments are those of `preactivations`.

    Examples
    --------
    >>> forward([np.array([[1.0, -1.0]]), np.array([[2.0], [3.0]])], [[4.0], [-1.0]], activation="relu").tolist()
    [8.0, 3.0]
    """
    params, X, m = checked("forward", params, X, multiplier)
    return _squeezed(_layers(params, X, m, activation_functions(activation)[0])[1][-1])


def readout(params, F, multiplier=None) -> np.ndarray:
    r"""Return the outputs :math:`m_LF_{L-1}W_L` from the features that `factors` has found, shaped as by `forward`.

    Examples
    --------
    >>> readout([np.eye(2), np.ones((2, 1))], [np.eye(2), np.full((3, 2), 2.0)]).tolist()
    [4.0, 4.0, 4.0]
    """
    return _squeezed(scaled(1.0 if multiplier is None else multiplier[-1], F[-1] @ params[-1]))


def factors(params, X, *, activation, multiplier=None) -> tuple[list[np.ndarray], list[np.ndarray]]:
    r"""Return the features :math:`F_0,\dots,F_{L-1}` and the backward matrices :math:`B_1,\dots,B_L`.

    .. math:: B_L = 1, \qquad B_l = m_{l+1}(B_{l+1}W_{l+1}^\top) \circ \sigma'(g_l)

    Row i of :math:`B_l` is the gradient of the output at :math:`x_i` in :math:`g_l`.

    Parameters
    ----------
    params : sequence of L arrays (..., n_{l-1}, n_l)
    X : array (..., N, d)
    activation : str, Activation or tuple of functions
        As for `activation_functions`.
    multiplier : sequence of L floats, optional
        :math:`m_l`, all 1 if not given.

    Returns
    -------
    (list of L arrays (..., N, n_{l-1}), list of L arrays (..., N, n_l))
        Float64. With k > 1 outputs the backward matrices have shape (..., N, k, n_l).

    Raises
    ------
    ValueError
        Shapes that do not fit together, or an unknown activation.

    Notes
    -----
    A second route to ``MLP.features_and_backward``. Time O(k N Σ n_{l-1} n_l) for each leading index.

    Examples
    --------
    >>> F, B = factors([np.array([[1.0, -1.0]]), np.array([[2.0], [3.0]])], [[4.0]], activation="abs")
    >>> F[1].tolist(), B[0].tolist()
    ([[4.0, 4.0]], [[2.0, -3.0]])
    """
    params, X, m = checked("factors", params, X, multiplier)
    return passes(params, X, m, activation_functions(activation))[:2]


def passes(params, X, m, functions):
    """Features, backward matrices and outputs of arguments that have been `checked`."""
    F, g = _layers(params, X, m, functions[0])
    slopes = [functions[1](h) for h in g[:-1]]
    return F, _backward(params, slopes, m, g[-1].shape), _squeezed(g[-1])


def scaled(m, array) -> np.ndarray:
    """``m * array``, without a copy where m is 1."""
    return array if np.ndim(m) == 0 and m == 1 else m * array


def checked(where: str, params, X, multiplier):
    """Return float64 weights, data broadcast to all leading axes and multipliers, or say what does not fit."""
    params, X = [np.asarray(W, np.float64) for W in params], np.asarray(X, np.float64)
    shapes = [W.shape for W in params]
    if not params or min(map(len, shapes)) < 2 or any(a[-1] != b[-2] for a, b in pairwise(shapes)):
        raise ValueError(f"{where}: params have shapes {shapes}; expected (..., n_0, n_1), (..., n_1, n_2), and so on.")
    if X.ndim < 2 or X.shape[-1] != shapes[0][-2]:
        raise ValueError(f"{where}: X has shape {X.shape}; expected (..., N, {shapes[0][-2]}), one row per sample.")
    m = (1.0,) * len(params) if multiplier is None else tuple(multiplier)
    if len(m) != len(params):
        raise ValueError(f"{where}: {len(m)} multipliers for {len(params)} weight layers; expected one per layer.")
    try:
        lead = np.broadcast_shapes(X.shape[:-2], *(shape[:-2] for shape in shapes))
    except ValueError as error:
        raise ValueError(
            f"{where}: leading axes {[s[:-2] for s in shapes]} of params and {X.shape[:-2]} of X do not broadcast; "
            "insert axes of length 1, for example X[:, None]."
        ) from error
    return params, np.broadcast_to(X, (*lead, *X.shape[-2:])), m


def _layers(params, X, m, function):
    """Features F_0 … F_{L-1} and pre-activations g_1 … g_L."""
    F, g = [X], []
    for W, a in zip(params, m):
        g.append(scaled(a, F[-1] @ W))
        if len(g) < len(params):
            F.append(function(g[-1]))
    return F, g


def _backward(params, slopes, m, shape) -> list[np.ndarray]:
    """B_1 … B_L; several outputs get an axis of their own, before the samples until the end."""
    *lead, N, k = shape
    if k == 1:
        return _recursion(params, slopes, m, np.ones((*lead, N, 1)))
    start = np.broadcast_to(np.eye(k)[:, None, :], (*lead, k, N, k))
    params, slopes = ([A[..., None, :, :] for A in arrays] for arrays in (params, slopes))
    return [np.moveaxis(b, -3, -2) for b in _recursion(params, slopes, m, start)]


def _recursion(params, slopes, m, last) -> list[np.ndarray]:
    B = [last]
    for W, slope, a in zip(params[:0:-1], slopes[::-1], m[:0:-1]):
        B.append(scaled(a, B[-1] @ np.swapaxes(W, -1, -2)) * slope)
    return B[::-1]


def _squeezed(outputs) -> np.ndarray:
    return outputs[..., 0] if outputs.shape[-1] == 1 else outputs
