"""Widths that are provably not enough: below them no network of this shape has the property, whatever its weights."""

import pandas as pd

from ntklib._validate import positive_int
from ntklib.theory.arrangements import arrangement_regions
from ntklib.theory.polylog_width.four_widths.outcomes import DATA, SIZES
from ntklib.theory.polylog_width.how_wide.reasons import separating_direction
from ntklib.theory.polylog_width.how_wide.search import RUNS, training_set


def rank_floor(n: int, d: int) -> int:
    r"""Return the smallest m at which the tangent kernel of a ReLU network d → m → m → 1 can have rank n.

    .. math:: \min\{m : dm + m^2 + m - 2m \ge n\}

    Parameters
    ----------
    n, d : int
        Samples, inputs.

    Returns
    -------
    int
        Below it :math:`\lambda_{\min}(K_\theta) = 0` at every θ.

    Notes
    -----
    A ReLU network keeps its function when a neuron's incoming weights are multiplied by c > 0 and its outgoing ones by
    1/c, so the Jacobian's rank is at most the number of weights less that of hidden neurons. Source: Book.

    Examples
    --------
    >>> rank_floor(128, 54), 54 * 2 + 2**2 - 2
    (3, 110)
    """
    n, d, m = positive_int("rank_floor", "n", n), positive_int("rank_floor", "d", d), 1
    while d * m + m**2 - m < n:
        m += 1
    return m


def separable_share(n: int, d: int) -> float:
    r"""Return the share of the labels ±1 of n points in d dimensions that a hyperplane through 0 separates, at most.

    .. math:: 2^{1-n}\sum_{k=0}^{d-1}\binom{n-1}{k}

    Parameters
    ----------
    n, d : int

    Returns
    -------
    float
        Equality for points in general position.

    Notes
    -----
    A labelling that is separated is a region of the n hyperplanes normal to the points. Source: Cover 1965.

    Examples
    --------
    >>> separable_share(4, 2)  # of four directions in the plane: 8 of the 16 labellings
    0.5
    """
    return arrangement_regions(n, d) / 2**n


def least_widths(sizes=SIZES) -> pd.DataFrame:
    r"""Return, for each n and property of the four widths, the least width at which it is not excluded by a proof.

    Parameters
    ----------
    sizes : sequence of int

    Returns
    -------
    DataFrame
        A row per n and a column per theory. "poly(n)", "n": the rank of the kernel; "√n": 1 if a hyperplane separates
        the random labels of some run of the sweep, else 2, since with one neuron a layer the sign of an odd network is
        that of a linear function; "polylog(n)": 2, since one ReLU takes one sign.

    Examples
    --------
    >>> least_widths((16, 128)).loc[128].tolist()
    [3, 3, 2, 2]
    """
    rows = {}
    for n in sizes:
        runs = [training_set(DATA, "random", n, run) for run in range(2 * RUNS)]
        rank = rank_floor(n, runs[0][0].shape[1])
        linear = any(separating_direction(X, y) is not None for X, y in runs)
        rows[n] = {"poly(n)": max(rank, 2), "n": rank, "√n": 1 if linear else 2, "polylog(n)": 2}
    return pd.DataFrame(rows).T.rename_axis("n")
