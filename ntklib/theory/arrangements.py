"""Hyperplanes through the origin: patterns of one ReLU layer, labellings that a hyperplane separates."""

import math

from ntklib._validate import positive_int


def arrangement_regions(n: int, d: int) -> int:
    r"""Return the number of regions into which n generic hyperplanes through the origin cut :math:`\mathbb R^d`.

    .. math:: 2 \sum_{i < d} \binom{n-1}{i}

    Parameters
    ----------
    n : int
        Hyperplanes: neurons without biases, or points in general position that a hyperplane is to separate.
    d : int
        Dimension.

    Returns
    -------
    int
        :math:`2^n` for n at most d.

    Notes
    -----
    Exact integers, O(min(n, d)) products. Cover 1965.

    Examples
    --------
    >>> arrangement_regions(5, 2), arrangement_regions(3, 9)
    (10, 8)
    """
    n, d = positive_int("arrangement_regions", "n", n), positive_int("arrangement_regions", "d", d)
    return 2 * sum(math.comb(n - 1, i) for i in range(min(d, n)))
