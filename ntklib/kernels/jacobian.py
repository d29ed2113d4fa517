"""The Jacobian as one matrix, for checking and for small networks."""

import math

import jax
import jax.numpy as jnp

from ntklib._validate import data_matrix, real_leaves


def flat_jacobian(net, params, X):
    r"""Return the Jacobian :math:`J_{ip} = \partial f(x_i)/\partial\theta_p` as one matrix, by automatic derivatives.

    Parameters
    ----------
    net : callable
        ``net(params, X) -> (N,)`` or ``(N, k)``.
    params : pytree with P numbers
    X : array (N, d)

    Returns
    -------
    array (N k, P)
        Row ``i k + p`` belongs to output p of sample i; columns in the order of ``jax.tree.leaves(params)``.

    Raises
    ------
    ValueError
        If X is not a finite matrix.

    Notes
    -----
    For small networks and for checking only: N k P numbers in memory and N k backward passes. The kernel itself comes
    from :func:`ntklib.empirical_ntk`. Source: Book.

    Examples
    --------
    >>> flat_jacobian(lambda w, X: X @ w, jnp.zeros(2), [[1.0, 2.0]]).tolist()
    [[1.0, 2.0]]
    """
    X = data_matrix("flat_jacobian", "X", X)
    real_leaves("flat_jacobian", params)
    leaves = jax.tree.leaves(jax.jit(jax.jacrev(net))(params, X))
    rows = math.prod(jax.eval_shape(net, params, X).shape)
    return jnp.concatenate([leaf.reshape(rows, -1) for leaf in leaves], axis=1)
