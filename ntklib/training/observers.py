"""What a certificate needs to see along the path: the Jacobian's singular values and how far it has moved."""

import jax.numpy as jnp

from ntklib.kernels import flat_jacobian


def jacobian_observer(net, start, X):
    r"""Return a function of the parameters for ``gradient_descent(observe=...)``.

    It records ``smallest`` and ``largest``, the extreme singular values of the Jacobian :math:`J_t` on X, and
    ``drift``, the operator norm :math:`\lVert J_t - J_0\rVert`.

    Parameters
    ----------
    net : callable
        ``net(params, X) -> (N,)`` or ``(N, n_L)``.
    start : pytree of floating arrays
        :math:`\theta_0`.
    X : array_like, shape (N, d)

    Returns
    -------
    callable
        ``observe(params) -> dict`` of three scalars.

    Raises
    ------
    TypeError
        From JAX, for parameters that are not floating.

    Notes
    -----
    Two singular value decompositions of an N by P matrix for every record, O(N² P) time, O(N P) memory: record every
    so often. With more rows than columns the smallest value is 0, as it must be. Singular values are accurate to eps
    times the largest.

    Examples
    --------
    >>> observe = jacobian_observer(lambda w, X: (X @ w) ** 2, jnp.ones(1), jnp.ones((1, 1)))
    >>> {name: float(value) for name, value in observe(jnp.array([2.0])).items()}
    {'smallest': 4.0, 'largest': 4.0, 'drift': 2.0}
    """
    J0 = flat_jacobian(net, start, X)

    def observe(params):
        J = flat_jacobian(net, params, X)
        values = jnp.linalg.svd(J, compute_uv=False)
        smallest = values[-1] if J.shape[0] <= J.shape[1] else jnp.zeros_like(values[-1])
        return {"smallest": smallest, "largest": values[0], "drift": jnp.linalg.norm(J - J0, ord=2)}

    return observe
