"""All weights as one vector, and back, in NumPy float64."""

import jax
import numpy as np


def flattened(params):
    """Return all weights as one vector, layer after layer, each row by row, and the function back.

    Parameters
    ----------
    params : list or tuple of arrays, also nested

    Returns
    -------
    vector : float64 ndarray (P,)
        In the order of the columns of `jacobian`.
    unflatten : callable
        From such a vector to arrays shaped and nested as ``params``.

    Notes
    -----
    As `jax.flatten_util.ravel_pytree`, but in double precision whatever JAX's setting.

    Examples
    --------
    >>> vector, back = flattened([np.eye(2), np.zeros((2, 1))])
    >>> vector.tolist(), [W.shape for W in back(vector)]
    ([1.0, 0.0, 0.0, 1.0, 0.0, 0.0], [(2, 2), (2, 1)])
    """
    leaves, tree = jax.tree.flatten(params)
    shapes, ends = [np.shape(leaf) for leaf in leaves], np.cumsum([np.size(leaf) for leaf in leaves])

    def unflatten(vector):
        parts = np.split(vector, ends[:-1])
        return jax.tree.unflatten(tree, [part.reshape(shape) for part, shape in zip(parts, shapes)])

    return np.concatenate([np.ravel(np.asarray(leaf, float)) for leaf in leaves]), unflatten
