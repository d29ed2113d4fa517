r"""Memorization from a Jacobian of full rank: the network of twice the width.

With :math:`\theta' = J^\top K^{-1}Y` the quotient :math:`[f(\theta+\epsilon\theta')-f(\theta)]/\epsilon` tends to Y
on the samples, and is itself a network of the same depth.

"""

import numpy as np

from ntklib import plain
from ntklib._validate import positive_float
from ntklib.networks import MLP, Parametrization


def doubled_params(params, direction, epsilon: float) -> list[np.ndarray]:
    r"""Return the weights of a network of twice the hidden widths that computes the difference quotient.

    .. math:: [M_1\ W_1],\quad \mathrm{diag}(M_l, W_l)\ (1<l<L),\quad
              \frac1\epsilon\begin{bmatrix}M_L\\ -W_L\end{bmatrix},\qquad M_l = W_l + \epsilon\,\theta'_l

    Parameters
    ----------
    params, direction : sequences of L >= 2 arrays (n_{l-1}, n_l)
    epsilon : float
        ε > 0.

    Returns
    -------
    list of L arrays
        Shapes (n_0, 2 n_1), (2 n_{l-1}, 2 n_l), (2 n_{L-1}, n_L).

    Raises
    ------
    ValueError
        ε not a finite number above 0, or fewer than two layers.

    Notes
    -----
    Every activation, every number of outputs. Memory: four times that of the parameters; half of it zeros. The last
    layer is of size 1/ε. Source: Nguyen, Mondelli and Montúfar 2021, proof of Corollary 2.

    Examples
    --------
    >>> [W.tolist() for W in doubled_params([[[1.0]], [[2.0]]], [[[4.0]], [[8.0]]], 0.5)]
    [[[3.0, 1.0]], [[12.0], [-4.0]]]
    """
    epsilon = positive_float("doubled_params", "epsilon", epsilon)
    if len(params) < 2:
        raise ValueError(
            f"doubled_params: {len(params)} weight layers; expected at least 2: a linear map has no width."
        )
    W = [np.asarray(w) for w in params]
    M = [w + epsilon * np.asarray(v) for w, v in zip(W, direction, strict=True)]
    middle = [_block_diagonal(m, w) for m, w in zip(M[1:-1], W[1:-1])]
    return [np.hstack([M[0], W[0]]), *middle, np.vstack([M[-1], -W[-1]]) / epsilon]


def doubled_network(net, params, direction, epsilon: float):
    r"""Return the difference quotient of a network as another :class:`ntklib.MLP` and its parameters.

    Parameters
    ----------
    net : MLP
        With at least one hidden layer.
    params, direction : sequences of L arrays
    epsilon : float

    Returns
    -------
    (MLP, tuple of L arrays)
        Hidden widths doubled; initialization and multipliers those of ``net``, number by number.

    Notes
    -----
    Equal to :func:`ntklib.theory.infinite_width.tangent_kernel.statements.difference_quotient` up to rounding.
    Source: Nguyen, Mondelli and Montúfar 2021, Corollary 2.

    Examples
    --------
    >>> import jax
    >>> net = MLP((3, 5, 4, 1))
    >>> params = net.init(jax.random.key(0))
    >>> doubled_network(net, params, params, 0.1)[0].widths
    (3, 10, 8, 1)
    """
    widths = (net.widths[0], *(2 * n for n in net.widths[1:-1]), net.widths[-1])
    own = net.parametrization
    same = Parametrization(own.init_std, own.multiplier, f"{own.name}, doubled")
    return MLP(widths, net.activation, same), tuple(doubled_params(params, direction, epsilon))


def relu_forward(params, X) -> np.ndarray:
    r"""Return the outputs (N,) of a ReLU network in the standard parametrization, in the precision of its arguments.

    Parameters
    ----------
    params : sequence of L arrays
        With one output.
    X : array (N, d)

    Returns
    -------
    NumPy array (N,)

    Notes
    -----
    Source: Book.

    Examples
    --------
    >>> relu_forward([np.array([[1.0, -1.0]]), np.array([[2.0], [3.0]])], np.array([[4.0], [-1.0]])).tolist()
    [8.0, 3.0]
    """
    f = np.asarray(X)
    for W in params[:-1]:
        f = np.maximum(f @ W, 0)
    return (f @ params[-1])[:, 0]


def relu_direction(params, X, Y):
    r"""Return :math:`\theta' = J^\top K^{-1}Y` and :math:`K` of a ReLU network, by NumPy alone.

    Parameters
    ----------
    params : sequence of L arrays
    X : array (N, d)
    Y : array (N,)

    Returns
    -------
    (list of L arrays, array (N, N))

    Raises
    ------
    ValueError
        Labels of another shape than (N,).

    Notes
    -----
    As :func:`ntklib.theory.infinite_width.tangent_kernel.statements.memorizing_direction`, in float64 whatever comes
    in: a singular :math:`K` gives the least-squares solution. O(N³).

    Examples
    --------
    >>> theta, K = relu_direction([np.array([[1.0]]), np.array([[2.0]])], np.array([[3.0]]), [1.0])
    >>> K.tolist(), round(float(np.vdot(theta[0], theta[0]) + np.vdot(theta[1], theta[1])) * 45, 12)
    ([[45.0]], 1.0)
    """
    F, B = plain.factors(params, X, activation="relu")
    K, Y = sum(plain.layer_kernels(F, B)), np.asarray(Y, np.float64)
    if Y.shape != K.shape[:1]:
        raise ValueError(f"relu_direction: Y has shape {Y.shape}; expected ({len(K)},), one label per row of X.")
    c = np.linalg.lstsq(K, Y, rcond=None)[0]
    return plain.vjp(F, B, c), K


def _block_diagonal(A, B) -> np.ndarray:
    corner = np.zeros((A.shape[0], B.shape[1]), np.result_type(A, B))
    return np.block([[A, corner], [np.zeros((B.shape[0], A.shape[1]), corner.dtype), B]])
