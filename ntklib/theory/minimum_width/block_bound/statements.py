r"""Bombari, Amani and Mondelli's bound :math:`\lambda_{\min}(K) = \Omega(n_{L-2}n_{L-1})`: right-hand sides.

The paper's full text was not available: docstrings say what is confirmed by a source and what is recalled.
"""

import math
from itertools import pairwise

from ntklib._validate import positive_float, positive_int


def block_parameters(widths) -> int:
    r"""Return :math:`p = n_{L-2}n_{L-1}`, the number of weights of the block kept in the proof.

    Notes
    -----
    O(1).

    Examples
    --------
    >>> block_parameters((7, 5, 4, 1))
    20
    """
    n = _sizes("block_parameters", widths)
    return n[-3] * n[-2]


def lower(widths, *, constant: float = 1.0) -> float:
    r"""Return the theorem's lower bound :math:`C\, n_{L-2}n_{L-1}` on the smallest eigenvalue.

    Parameters
    ----------
    widths : sequence of L + 1 ints
    constant : float
        C, which the theorem does not state.

    Returns
    -------
    float

    Notes
    -----
    O(1). Bombari, Amani and Mondelli 2022, bound on the smallest eigenvalue (confirmed).

    Examples
    --------
    >>> lower((7, 5, 4, 1))
    20.0
    """
    return positive_float("lower", "constant", constant) * block_parameters(widths)


def upper(widths, *, constant: float = 1.0) -> float:
    r"""Return the upper bound :math:`C\, d\, n_{L-1}`, the order of the diagonal :math:`K_{ii}`.

    Parameters
    ----------
    widths : sequence of L + 1 ints
    constant : float

    Returns
    -------
    float

    Notes
    -----
    O(1). Source: Book, from :math:`\lambda_{\min} \le \min_i K_{ii}`; the order needs the pyramid.

    Examples
    --------
    >>> upper((7, 5, 4, 1))
    28.0
    """
    n = _sizes("upper", widths)
    return positive_float("upper", "constant", constant) * n[0] * n[-2]


def pyramid_ratio(widths) -> float:
    r"""Return :math:`\max_{1 \le l \le L-1} n_l/n_{l-1}`, which the loose pyramidal topology keeps bounded.

    Notes
    -----
    O(L). Bombari, Amani and Mondelli 2022, assumption on the topology (confirmed).

    Examples
    --------
    >>> pyramid_ratio((20, 200, 20, 1))
    10.0
    """
    n = _sizes("pyramid_ratio", widths)
    return max(b / a for a, b in pairwise(n[:-1]))


def load(widths, N: int, *, power: float = 8.0) -> float:
    r"""Return :math:`N\log^k N/(n_{L-2}n_{L-1})`, which the theorem asks to tend to 0.

    Parameters
    ----------
    widths : sequence of L + 1 ints
    N : int
    power : float
        The exponent k of the logarithm.

    Returns
    -------
    float

    Notes
    -----
    O(1). Bombari, Amani and Mondelli 2022: the form without the logarithms is confirmed, k = 8 is recalled and derived
    again in the chapter.

    Examples
    --------
    >>> load((7, 5, 4, 1), 10, power=0)
    0.5
    """
    N = positive_int("load", "N", N)
    return N * math.log(N) ** power / block_parameters(widths)


def failure_probability(N: int, n: int, *, C: float = 1.0, c: float = 1.0) -> float:
    r"""Return :math:`C N e^{-c\log^2 n_{L-1}} + C e^{-c\log^2 N}`, the probability with which the theorem may fail.

    Parameters
    ----------
    N, n : int
        Samples; width :math:`n_{L-1}`.
    C, c : float
        Constants that the theorem does not state.

    Returns
    -------
    float
        Not cut at 1: above 1 the statement is empty.

    Notes
    -----
    O(1). Bombari, Amani and Mondelli 2022, bound on the smallest eigenvalue; this form is recalled, not confirmed.

    Examples
    --------
    >>> failure_probability(1000, 1) > 1 > failure_probability(1000, 1000)
    True
    """
    N, n = (positive_int("failure_probability", name, v) for name, v in (("N", N), ("n", n)))
    C, c = (positive_float("failure_probability", name, v) for name, v in (("C", C), ("c", c)))
    return C * N * math.exp(-c * math.log(n) ** 2) + C * math.exp(-c * math.log(N) ** 2)


def _sizes(where: str, widths):
    n = [positive_int(where, f"widths[{i}]", width) for i, width in enumerate(widths)]
    if len(n) < 3:
        raise ValueError(f"{where}: widths={tuple(n)}; expected input, at least one hidden layer, and output.")
    return n
