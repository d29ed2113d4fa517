r"""The tangent kernel of a network: its layer terms, their exact rescaling, and what the kernel does to training.

With :math:`V = \prod_j (s_j m_j)^2` for a parametrization of initialization deviations :math:`s_l` and multipliers
:math:`m_l`, a homogeneous activation and fixed standard Gaussian draws, layer term l of the tangent kernel is
:math:`V / s_l^2` times the term of the network with all :math:`s_l = m_l = 1`. The claims that check the statements
below are in :mod:`ntklib.theory.infinite_width.tangent_kernel.claims`.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np

from ntklib._validate import data_matrix, positive_float, positive_int, symmetric_matrix
from ntklib.activations import activation as as_activation
from ntklib.kernels import empirical_ntk
from ntklib.kernels import flat_jacobian as flat_jacobian
from ntklib.kernels import layer_blocks as layer_blocks
from ntklib.networks import Parametrization, named_parametrization


def output_blocks(K):
    r"""Lay a kernel of k outputs out as the matrix :math:`K_{(i,p),(j,q)}` of shape (Nk, Nk), sample by sample.

    Parameters
    ----------
    K : array (N, N2) or (N, N2, k, k)

    Returns
    -------
    array (N k, N2 k)
        Unchanged for a matrix.

    Raises
    ------
    ValueError
        For any other rank.

    Notes
    -----
    A copy of K. Source: Book.

    Examples
    --------
    >>> output_blocks(jnp.ones((3, 4, 2, 2))).shape
    (6, 8)
    """
    K = jnp.asarray(K)
    if K.ndim == 2:
        return K
    if K.ndim != 4 or K.shape[2] != K.shape[3]:
        raise ValueError(f"output_blocks: K has shape {K.shape}; expected (N, N2) or (N, N2, k, k); see empirical_ntk.")
    return K.transpose(0, 2, 1, 3).reshape(K.shape[0] * K.shape[2], -1)


def linearized_residuals(K, residual, step_size, steps) -> np.ndarray:
    r"""Return the residuals of gradient descent on the linearized network, :math:`r_t = (I - \eta K)^t r_0`.

    Parameters
    ----------
    K : array (N, N)
        Tangent kernel at the starting point, symmetric.
    residual : array (N,)
        :math:`r_0 = f(\theta_0) - y`.
    step_size : float
        η, for the loss :math:`\tfrac12 \lVert f - y \rVert^2`.
    steps : int or sequence of ints
        The last iteration T (then all of 0..T are returned), or the iterations themselves.

    Returns
    -------
    float64 NumPy array (number of iterations, N)

    Raises
    ------
    ValueError
        A kernel that is not square and symmetric, a residual of another length, a step size not above 0.

    Notes
    -----
    One eigendecomposition, O(N³) time, whatever the iterations; accurate to a few roundoffs of
    :math:`\lVert r_0 \rVert` when :math:`\eta \lambda_{\max} \le 2`. Source: Book; Lee et al. 2019 in continuous time.

    Examples
    --------
    >>> linearized_residuals(np.diag([1.0, 2.0]), [1.0, 1.0], 0.5, 2).tolist()
    [[1.0, 1.0], [0.5, 0.0], [0.25, 0.0]]
    """
    where = "linearized_residuals"
    K, r = symmetric_matrix(where, "K", K), np.asarray(residual, np.float64)
    if r.shape != K.shape[:1]:
        raise ValueError(f"{where}: residual has shape {r.shape}; expected ({len(K)},), one number per row of K.")
    eta = positive_float(where, "step_size", step_size)
    t = np.arange(steps + 1) if np.ndim(steps) == 0 else np.asarray(steps)
    eigenvalues, vectors = np.linalg.eigh(K.astype(np.float64))
    return ((1 - eta * eigenvalues) ** t[:, None] * (r @ vectors)) @ vectors.T


def memorizing_direction(net, params, X, Y):
    r"""Return the shortest solution of :math:`J\theta' = Y`, which is :math:`\theta' = J^\top K^{-1} Y`.

    Parameters
    ----------
    net : MLP
        With one output.
    params : tuple of L arrays
        The point θ, where f should be differentiable on all samples.
    X : array (N, d)
    Y : array (N,)

    Returns
    -------
    tuple of L arrays
        Shapes of ``params``.

    Raises
    ------
    ValueError
        Labels of another shape than (N,).

    Notes
    -----
    Where K is singular the least-squares solution is taken, and labels outside its range are missed. One solve with K
    in float64, O(N³); memory (N, N) and one gradient. Source: Nguyen, Mondelli and Montúfar 2021, Corollary 2.

    Examples
    --------
    >>> import ntklib
    >>> net = ntklib.MLP((2, 9, 1))
    >>> direction = memorizing_direction(net, net.init(jax.random.key(0)), jnp.eye(2), [1.0, -1.0])
    >>> [v.shape for v in direction]
    [(2, 9), (9, 1)]
    """
    K, Y = np.asarray(empirical_ntk(net, params, X), np.float64), np.asarray(Y, np.float64)
    if Y.shape != K.shape[:1]:
        raise ValueError(f"memorizing_direction: Y has shape {Y.shape}; expected ({len(K)},), one label per row of X.")
    c = jnp.asarray(np.linalg.lstsq(K, Y, rcond=None)[0], params[0].dtype)
    return jax.jit(jax.grad(lambda p: c @ net(p, X)))(params)


def difference_quotient(net, params, direction, epsilon):
    r"""Return the function :math:`x \mapsto [f(x;\theta+\epsilon\theta') - f(x;\theta)]/\epsilon`.

    It is a network of the same depth and twice the hidden widths.

    Parameters
    ----------
    net : MLP
    params, direction : tuples of L arrays
        θ and θ'.
    epsilon : float
        ε > 0.

    Returns
    -------
    callable
        ``function(X)`` gives what ``net`` gives.

    Notes
    -----
    Off :math:`J\theta'` by O(ε), until rounding, about ``eps |f| / ε``, takes over.
    Source: Nguyen, Mondelli and Montúfar 2021, Corollary 2.

    Examples
    --------
    >>> import ntklib
    >>> net, X = ntklib.MLP((2, 9, 1)), jnp.eye(2)
    >>> params = net.init(jax.random.key(0))
    >>> fit = difference_quotient(net, params, memorizing_direction(net, params, X, [1.0, -1.0]), 1e-2)
    >>> [round(float(v), 1) for v in fit(X)]
    [1.0, -1.0]
    """
    epsilon = positive_float("difference_quotient", "epsilon", epsilon)
    moved = jax.tree.map(lambda p, v: p + epsilon * v, params, direction)
    return lambda X: (net(moved, X) - net(params, X)) / epsilon


def block_scalars(widths, parametrization, *, weight_variance: float = 2.0) -> tuple[float, ...]:
    r"""Return the factors :math:`\alpha_l = \prod_j (s_j m_j)^2 / s_l^2` of the layer terms of a homogeneous network.

    Layer term l equals :math:`\alpha_l` times the term of the network with :math:`s = m = 1` on the same standard
    Gaussian draws, exactly and at every width.

    Parameters
    ----------
    widths : sequence of L + 1 ints
    parametrization : str or Parametrization
    weight_variance : float
        The c of the names "ntk" and "terjek".

    Returns
    -------
    tuple of L floats

    Notes
    -----
    Holds for positively homogeneous activations only. Source: Book.

    Examples
    --------
    >>> block_scalars((4, 8, 1), Parametrization(init_std=(0.5, 1.0), multiplier=(2.0, 0.5)))
    (1.0, 0.25)
    """
    if not isinstance(parametrization, Parametrization):
        parametrization = named_parametrization(parametrization, tuple(widths), weight_variance)
    V = math.prod(parametrization.effective_variance)
    return tuple(V / s**2 for s in parametrization.init_std)


def limit_weights(widths, parametrization, *, activation="relu", weight_variance: float = 2.0) -> tuple[float, ...]:
    r"""Return :math:`w_l` in :math:`K \approx \sum_l w_l Q_l` for wide hidden layers: one line of the conversion table.

    .. math:: w_l = \alpha_l \prod_{j<L} n_j\, E[\sigma(g)^2], \qquad
       Q_l = G^{(l)} \circ \dot G^{(l+1)} \circ \dots \circ \dot G^{(L)}

    Parameters
    ----------
    widths : sequence of L + 1 ints
    parametrization : str or Parametrization
    activation : str or Activation
        Positively homogeneous; :math:`Q_l` then uses :math:`c = 1/E[\sigma(g)^2]`.
    weight_variance : float
        The c of the names "ntk" and "terjek".

    Returns
    -------
    tuple of L floats

    Raises
    ------
    ValueError
        For an activation that is not positively homogeneous, or an unknown name.

    Notes
    -----
    For ReLU the product is :math:`2^{-(L-1)} \prod_{j<L} n_j`. Source: Book.

    Examples
    --------
    >>> [round(w, 12) for w in limit_weights((4, 8, 16, 1), "he")]
    [1.0, 2.0, 4.0]
    """
    act = as_activation(activation)
    if not act.is_homogeneous:
        raise ValueError(f"limit_weights: activation {act.name!r} is not positively homogeneous; use e.g. 'relu'.")
    norm = math.prod(n * act.second_moment for n in widths[1:-1])
    return tuple(norm * a for a in block_scalars(widths, parametrization, weight_variance=weight_variance))


def limiting_blocks(X, depth: int, activation="relu"):
    r"""Return the limiting layer terms :math:`Q_1, \dots, Q_L`, whose sum is :math:`K^{(L)}`.

    .. math:: Q_l = G^{(l)} \circ \dot G^{(l+1)} \circ \dots \circ \dot G^{(L)}

    Parameters
    ----------
    X : array (N, d)
    depth : int
        L, the number of weight layers.
    activation : str, callable or Activation
        The weight variance is :math:`c = 1/E[\sigma(g)^2]`, 2 for ReLU.

    Returns
    -------
    tuple of L arrays (N, N)

    Notes
    -----
    Runs the recursion in covariances (see :func:`ntklib.infinite_kernels` for the accurate route); time and memory
    O(L N²). Source: Nguyen, Mondelli and Montúfar 2021, section 3.

    Examples
    --------
    >>> [round(float(Q[0, 0]), 6) for Q in limiting_blocks([[1.0, 1.0]], 3)]
    [2.0, 2.0, 2.0]
    """
    X, depth = data_matrix("limiting_blocks", "X", X), positive_int("limiting_blocks", "depth", depth)
    act = as_activation(activation)
    c, G, blocks = 1 / act.second_moment, X @ X.T, []
    for _ in range(depth - 1):
        q = jnp.diag(G)
        covariance = (q[:, None], G, q[None, :])
        slope = c * act.dual_derivative(*covariance)
        blocks, G = [Q * slope for Q in [*blocks, G]], c * act.dual(*covariance)
    return (*blocks, G)
