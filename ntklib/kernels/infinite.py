r"""Limiting kernels of infinitely wide networks: the entry point and the recursion in covariances.

Conventions: :math:`G^{(1)} = X X^\top` (no division by d), :math:`G^{(l+1)} = c\,E[\sigma(u)\sigma(v)]`,
:math:`\dot G^{(l+1)} = c\,E[\sigma'(u)\sigma'(v)]` with :math:`(u, v)` Gaussian of covariance :math:`G^{(l)}`
restricted to the two samples, :math:`K^{(1)} = G^{(1)}`, :math:`K^{(l+1)} = K^{(l)} \circ \dot G^{(l+1)} + G^{(l+1)}`.
"""

import jax
import jax.numpy as jnp
import numpy as np

from ntklib._validate import data_matrix, is_concrete, positive_float, positive_int
from ntklib.activations import activation as as_activation
from ntklib.kernels.homogeneous import homogeneous_kernels, rowwise_kernels
from ntklib.kernels.memory import require_memory
from ntklib.kernels.sharding import sharded_rows

METHODS = ("auto", "angle", "recursion")


def infinite_kernels(
    X,
    X2=None,
    *,
    depth: int,
    activation="relu",
    weight_variance: float = 2.0,
    method: str = "auto",
    block_rows: int | None = None,
    mesh=None,
    memory_limit: float | None = None,
):
    r"""Return the limiting covariance :math:`G^{(L)}` and the limiting tangent kernel :math:`K^{(L)}`.

    .. math:: G^{(1)} = K^{(1)} = X X_2^\top, \quad
       G^{(l+1)} = c\,E[\sigma(u)\sigma(v)], \quad
       K^{(l+1)} = K^{(l)} \circ c\,E[\sigma'(u)\sigma'(v)] + G^{(l+1)} .

    Parameters
    ----------
    X : array (N, d)
        Rows are samples; nothing is divided by d.
    X2 : array (N2, d), optional
        Second set of samples; default ``X``.
    depth : int
        Number ``L`` of weight layers; 1 gives the linear kernel twice.
    activation : str, callable or Activation
    weight_variance : float
        The number ``c``; 2 keeps the diagonal of ReLU kernels at :math:`L \lVert x \rVert^2`. Other activations want
        ``1 / activation.second_moment`` (1 for the absolute value): with another ``c`` a homogeneous kernel of depth L
        is multiplied by the (L − 1)-th power of the ratio.
    method : {"auto", "angle", "recursion"}
        ``"angle"`` (positively homogeneous activations): the kernel depends on the angle only; one angle per pair and
        one interpolation, at a cost independent of the depth. ``"recursion"``: layer by layer for every pair, in
        angles where the activation allows it, else in covariances. ``"auto"`` takes the first where it can.
    block_rows : int, optional
        Rows of ``X`` handled at a time; any remainder is fine. Default: chosen for the cache.
    mesh : jax.sharding.Mesh, optional
        One-dimensional mesh of devices; the rows of ``X`` are sharded over it.
    memory_limit : float, optional
        Bytes that may be allocated; default: the memory that is free.

    Returns
    -------
    (G, K) : arrays of shape (N, N2)
        With ``X2`` omitted both are exactly symmetric.

    Raises
    ------
    ValueError
        Wrong rank or dimension, NaN, unknown activation or method.
    MemoryError
        Before anything is allocated, if the two outputs and the work space do not fit.

    Notes
    -----
    Positively homogeneous activations: pairs whose cosine exceeds 0.99 in size are redone from the rows with
    compensated arithmetic, so that float64 entries are right to about 1e-15 of
    :math:`L \lVert x \rVert \lVert x' \rVert` up to depth 64, to 5e-14 at depth 4096; derivatives are finite
    everywhere (at coincident and opposite rows, where K has a kink, the angular part counts 0). A zero row gives zero
    rows of both kernels. Time: one product ``X X2ᵀ`` and, per pair, a series of about 11 √L terms; memory: both outputs
    and one block. Other activations: ``depth`` dual maps per pair, in covariances.
    Source: Jacot, Gabriel and Hongler 2018; conventions of Nguyen, Mondelli and Montúfar 2021.

    Examples
    --------
    >>> G, K = infinite_kernels([[1.0, 0.0], [0.0, 1.0]], depth=2)
    >>> [round(float(k), 4) for k in (K[0, 0], K[0, 1])]
    [2.0, 0.3183]
    """
    where = "infinite_kernels"
    X = data_matrix(where, "X", X)
    symmetric = X2 is None
    X2 = X if symmetric else data_matrix(where, "X2", X2, columns=X.shape[1])
    depth, c = positive_int(where, "depth", depth), positive_float(where, "weight_variance", weight_variance)
    act = as_activation(activation)
    if method not in METHODS or (method == "angle" and not act.is_homogeneous):
        raise ValueError(
            f"{where}: method={method!r} with activation {act.name!r}; expected one of {METHODS}, "
            "'angle' only for positively homogeneous activations."
        )
    block_rows = None if block_rows is None else positive_int(where, "block_rows", block_rows)
    needed = 4.5 * X.shape[0] * X2.shape[0] * X.dtype.itemsize
    require_memory(where, needed, "pass X in row blocks as (X[i:j], X) and keep what you need of each", memory_limit)
    if not act.is_homogeneous:
        G, K = _by_rows(lambda rows: recursion(rows, X2, depth, act, c), X, block_rows, mesh)
        return _finite(act.name, G, K)
    scale = (c * (act.odd_weight**2 + act.even_weight**2)) ** (depth - 1)
    if method == "recursion":
        G, K = _by_rows(lambda rows: rowwise_kernels(rows, X2, depth, act.even_part), X, block_rows, mesh)
    else:
        G, K = homogeneous_kernels(X, X2, symmetric, depth, act.even_part, block_rows, mesh)
    return _finite(act.name, *((G, K) if scale == 1 else (scale * G, scale * K)))


def _finite(name: str, G, K):
    """The two kernels, or an error where an entry left the range of the numbers."""
    if is_concrete(G, K) and not (np.isfinite(np.asarray(G)).all() and np.isfinite(np.asarray(K)).all()):
        raise ValueError(
            f"infinite_kernels: an entry of the kernels of {name!r} leaves the range of {G.dtype}; expected finite "
            "kernels; scale the data or the weight variance down, or use float64."
        )
    return G, K


def recursion(X, X2, depth: int, act, c: float):
    """Run the recursion in covariances, one dual map per layer: the code beside the formula of the chapter.

    For any activation; but from covariances alone the angle of two nearly coincident samples has lost half its digits,
    and every layer loses more: :func:`infinite_kernels` runs positively homogeneous activations in angles instead.

    Examples
    --------
    >>> G, K = recursion(jnp.eye(2), jnp.eye(2), 2, as_activation("erf"), 1.0)
    >>> round(float(G[0, 0]), 4)
    0.4646
    """
    G = X @ X2.T
    q1, q2 = jnp.sum(X**2, axis=1)[:, None], jnp.sum(X2**2, axis=1)[None, :]
    K = G = _coincident_exactly(q1, G, q2, X.shape[1])
    for _ in range(depth - 1):
        slope = c * act.dual_derivative(q1, G, q2)
        G = c * act.dual(q1, G, q2)
        q1, q2 = c * act.dual(q1, q1, q1), c * act.dual(q2, q2, q2)
        K = K * slope + G
        G = _coincident_exactly(q1, G, q2, X.shape[1])
    return G, K


def _coincident_exactly(q1, G, q2, terms: int):
    """Covariances whose correlation is 1 up to the rounding of a sum of ``terms`` products, set to exactly that.

    At a variance q an error e of the correlation counts as much as q e next to 1: a row beside itself must have none.
    """
    norm = jnp.where(q1 == q2, q1, jnp.sqrt(q1) * jnp.sqrt(q2))
    rounding = 4 * jnp.finfo(G.dtype).eps * terms**0.5
    exact = jnp.where(norm - G <= rounding * norm, norm, G)
    return G + jax.lax.stop_gradient(exact - G)


def _by_rows(function, X, block_rows, mesh):
    """Apply ``rows -> (G, K)`` to blocks of rows, on one device or over the mesh."""
    if mesh is not None:
        return sharded_rows(function, X, mesh)
    N = X.shape[0]
    step = N if block_rows is None else block_rows
    blocks = [function(X[i : i + step]) for i in range(0, max(N, 1), step)]
    return tuple(jnp.concatenate(parts) if len(parts) > 1 else parts[0] for parts in zip(*blocks))
