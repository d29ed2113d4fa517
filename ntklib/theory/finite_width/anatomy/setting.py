"""Networks and data of the checks on the anatomy of the Jacobian Gram matrix."""

import numpy as np

from ntklib import plain
from ntklib.theory.finite_width.setting import he_params
from ntklib.theory.setting import sphere_points


def sphere_factors(widths, N: int, seed: int):
    r"""Feature and backward matrices of a He-initialized ReLU network on points of norm :math:`\sqrt d`.

    Examples
    --------
    >>> F, B = sphere_factors((3, 8, 1), 5, 0)
    >>> [f.shape for f in F], [b.shape for b in B]
    ([(5, 3), (5, 8)], [(5, 8), (5, 1)])
    """
    return plain.factors(he_params(widths, seed), sphere_points([seed, 1], N, widths[0]), activation="relu")


def orthogonal_factors(N: int, n: int, seed: int, *, last: float = 3.0):
    r"""The same of a shallow network on N orthogonal samples of norm :math:`\sqrt N`; weights of deviation 1, ``last``.

    Examples
    --------
    >>> F, B = orthogonal_factors(4, 6, 0)
    >>> F[0].diagonal().tolist(), B[0].shape
    ([2.0, 2.0, 2.0, 2.0], (4, 6))
    """
    return plain.factors(plain.draw((N, n, 1), (1.0, last), seed), N**0.5 * np.eye(N), activation="relu")
