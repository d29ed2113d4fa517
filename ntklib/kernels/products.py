"""Products of the empirical tangent kernel with vectors, without forming the kernel."""

import jax
import jax.numpy as jnp

from ntklib._validate import data_matrix, real_leaves, real_numbers
from ntklib.kernels.empirical import checked_layers, layer_factors
from ntklib.networks import MLP


def ntk_vector_product(net, params, X, X2=None, *, layers=None):
    r"""Return the function :math:`v \mapsto K v`, with :math:`K = J(X) J(X_2)^\top` never formed.

    .. math:: (K v)_i = \sum_l m_l^2\, \langle f_{l-1}(x_i)\, b_l(x_i)^\top,\
       \sum_j v_j f_{l-1}(x_j)\, b_l(x_j)^\top \rangle

    Parameters
    ----------
    net : MLP or callable
        As in :func:`ntklib.empirical_ntk`.
    params : pytree
    X, X2 : arrays (N, d), (N2, d)
    layers : tuple of ints, optional
        MLP only.

    Returns
    -------
    callable
        ``product(v)`` with ``v`` of shape ``(N2,)`` (or ``(N2, k)`` for ``k`` outputs), giving ``(N,)`` or ``(N, k)``.

    Notes
    -----
    Configure, then apply: for an MLP the factors are computed once and stored, ``(N + N2) Σ n_l`` numbers, and one
    product costs ``2 (N + N2) P`` multiply-adds. For a general function one product is a vector–Jacobian product
    followed by a Jacobian–vector product.

    Examples
    --------
    >>> net = MLP((3, 20, 1))
    >>> params = net.init(jax.random.key(0))
    >>> ntk_vector_product(net, params, jnp.eye(3))(jnp.ones(3)).shape
    (3,)
    """
    where = "ntk_vector_product"
    X = data_matrix(where, "X", X)
    X2 = X if X2 is None else data_matrix(where, "X2", X2, columns=X.shape[1])
    real_leaves(where, params)
    if not isinstance(net, MLP):
        if layers is not None:
            raise ValueError(f"{where}: layers={layers!r} with a general function; expected an MLP, or layers=None.")
        return _through_derivatives(net, params, X, X2)
    layers = checked_layers(where, layers, net.depth)
    left, right = (layer_factors(net, params, A, layers) for A in (X, X2))
    single, apply = net.widths[-1] == 1, jax.jit(_from_factors)

    def product(v):
        v = _checked_vector(v, (X2.shape[0],) if single else (X2.shape[0], net.widths[-1]))
        result = apply(left, right, v[:, None] if single else v)
        return result[:, 0] if single else result

    return product


def _from_factors(left, right, v):
    total = 0.0
    for (F1, B1), (F2, B2) in zip(left, right):
        gradient = F2.T @ jnp.einsum("jq,jqn->jn", v, B2)  # Σ_j v_j ∂f(x_j)/∂W_l
        total = total + jnp.einsum("in,ipn->ip", F1 @ gradient, B1)
    return total


def _through_derivatives(function, params, X, X2):
    @jax.jit
    def apply(v):
        _, pullback = jax.vjp(lambda p: function(p, X2), params)
        return jax.jvp(lambda p: function(p, X), (params,), pullback(v))[1]

    shape = jax.eval_shape(function, params, X2)
    return lambda v: apply(_checked_vector(v, shape.shape).astype(shape.dtype))


def _checked_vector(v, shape):
    v = jnp.asarray(real_numbers("ntk_vector_product", "v", v))
    if v.shape != shape:
        raise ValueError(f"ntk_vector_product: v has shape {v.shape}; expected {shape}, one number per output.")
    return v
