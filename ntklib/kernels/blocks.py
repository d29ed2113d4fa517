"""The terms of the empirical tangent kernel, one for each weight layer."""

import jax.numpy as jnp


def layer_blocks(net, params, X):
    r"""Return the terms :math:`K_l = m_l^2 (F_{l-1}F_{l-1}^\top) \circ (B_l B_l^\top)`, whose sum is K.

    Parameters
    ----------
    net : MLP
    params : tuple of L arrays
    X : array (N, d)

    Returns
    -------
    tuple of L arrays (N, N)
        Or (N, N, k, k) for k outputs.

    Raises
    ------
    ValueError
        Data or parameters that do not fit the network.

    Notes
    -----
    L matrices of the size of K in memory, where :func:`ntklib.empirical_ntk` keeps one; works under ``jit``.
    Source: Nguyen, Mondelli and Montúfar 2021, section 2.

    Examples
    --------
    >>> import jax
    >>> from ntklib.networks import MLP
    >>> net = MLP((3, 8, 1))
    >>> len(layer_blocks(net, net.init(jax.random.key(0)), jnp.eye(3)))
    2
    """
    F, B = net.features_and_backward(params, X)
    products = []
    for f, b, m in zip(F, B, net.parametrization.multiplier):
        gram = m**2 * (f @ f.T)
        outputs = b.ndim == 3
        products.append(gram[:, :, None, None] * jnp.einsum("ipn,jqn->ijpq", b, b) if outputs else gram * (b @ b.T))
    return tuple(products)
