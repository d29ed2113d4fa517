"""Weights of plain networks: draws and counts."""

from itertools import pairwise

import numpy as np

from ntklib._validate import positive_float, positive_int
from ntklib.networks import Parametrization, named_parametrization


def draw(widths, init_std, seed, *, batch=()) -> list[np.ndarray]:
    r"""Draw Gaussian weights :math:`[W_l]_{ij} \sim N(0, s_l^2)`, layer by layer from one generator.

    Parameters
    ----------
    widths : sequence of L + 1 ints
        :math:`n_0, \dots, n_L`.
    init_std : sequence of L floats, Parametrization or str
        :math:`s_l`; a parametrization contributes its standard deviations, a name is looked up for these widths with
        c = 2. The multipliers are the caller's to pass on.
    seed : int, sequence of int or numpy.random.Generator
        A generator is used as it is, and moved on.
    batch : tuple of ints
        Leading axes: that many independent networks.

    Returns
    -------
    list of L float64 ndarrays (\*batch, n_{l-1}, n_l)

    Raises
    ------
    ValueError
        Unequal lengths, or numbers that are not positive.

    Notes
    -----
    O(Σ n_{l-1} n_l) time and memory for each network. Each matrix is standard normal numbers times :math:`s_l`, so
    that one seed gives the same Gaussians in every parametrization.

    Examples
    --------
    >>> [W.shape for W in draw((2, 5, 3), (1.0, 0.5), seed=0, batch=(7,))]
    [(7, 2, 5), (7, 5, 3)]
    """
    n, deviations = layer_sizes("draw", widths, _deviations(widths, init_std))
    rng = np.random.default_rng(seed)
    return [s * rng.standard_normal((*batch, *shape)) for s, shape in zip(deviations, pairwise(n))]


def parameter_count(widths) -> int:
    r"""Return the number of weights :math:`P = \sum_l n_{l-1}n_l`.

    Examples
    --------
    >>> parameter_count((40, 40, 40, 1))
    3240
    """
    return sum(a * b for a, b in pairwise(_widths("parameter_count", widths)))


def layer_sizes(where: str, widths, init_std) -> tuple[list[int], list[float]]:
    """Return widths as ints and standard deviations as floats, one fewer, or say what does not fit.

    Examples
    --------
    >>> layer_sizes("here", (3, 4), [2])
    ([3, 4], [2.0])
    """
    n, deviations = _widths(where, widths), list(init_std)
    if len(n) < 2 or len(deviations) != len(n) - 1:
        raise ValueError(
            f"{where}: {len(n)} widths and {len(deviations)} standard deviations; expected L + 1 and L, with L at "
            "least 1: one standard deviation per weight layer."
        )
    return n, [positive_float(where, f"init_std[{i}]", s) for i, s in enumerate(deviations)]


def _widths(where, widths) -> list[int]:
    return [positive_int(where, f"widths[{i}]", n) for i, n in enumerate(widths)]


def _deviations(widths, init_std):
    if isinstance(init_std, str):
        init_std = named_parametrization(init_std, tuple(widths))
    return init_std.init_std if isinstance(init_std, Parametrization) else init_std
