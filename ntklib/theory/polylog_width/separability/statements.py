r"""Margins of tangent features in the limit of infinite width, exactly.

Notation: m width, L layers, unit inputs at angle θ, :math:`\rho = \cos\theta`; :math:`\bar K` the tangent kernel over m
of the paper's ReLU network, :math:`\kappa_0(\rho) = 1 - \theta/\pi` and
:math:`\kappa_1(\rho) = (\sin\theta + (\pi-\theta)\cos\theta)/\pi`; γ the margin of a labelled kernel.
"""

import numpy as np

from ntklib.theory.setting import parity_cube as parity_cube

LAYERS = ("hidden", "all")


def dot_kernel(rho, depth: int = 2, layers: str = "all") -> np.ndarray:
    r"""Return the limit of :math:`\bar K(x, x')` as a function of the inner product of two unit inputs.

    .. math:: \bar k = \tfrac12\sum_{l=1}^{L-1}G_{l-1}\prod_{j=l}^{L-1}\kappa_0(G_{j-1}) + G_{L-1},
              \qquad G_0 = \rho,\ G_l = \kappa_1(G_{l-1})

    Parameters
    ----------
    rho : array_like
        In [-1, 1].
    depth : int
        L ≥ 2.
    layers : {"all", "hidden"}
        "hidden" leaves out the output layer, that is, the last term.

    Returns
    -------
    ndarray of the shape of ``rho``

    Notes
    -----
    O(L) per entry, float64; near ρ = 1 its relative accuracy is about 1e-16/θ². Source: Book.

    Examples
    --------
    >>> float(dot_kernel(1.0, 2)), float(dot_kernel(1.0, 2, "hidden"))
    (1.5, 0.5)
    """
    _check("dot_kernel", depth, layers)
    G, hidden = np.clip(np.asarray(rho, np.float64), -1.0, 1.0), 0.0
    for _ in range(depth - 1):
        theta = np.arccos(G)
        slope = 1 - theta / np.pi
        hidden = (hidden + 0.5 * G) * slope
        G = np.clip((np.sin(theta) + (np.pi - theta) * G) / np.pi, -1.0, 1.0)
    return hidden + G if layers == "all" else hidden


def parity_margin(d: int, depth: int = 2, layers: str = "all", order: int = 2) -> float:
    r"""Return the limiting margin of the parity of r signs on the whole cube, exactly.

    .. math:: \gamma^2 = \mathbb E\Big[s_1\cdots s_r\,\bar k\Big(\frac{s_1+\dots+s_d}d\Big)\Big],
              \qquad s\text{ uniform on }\{\pm1\}^d

    Parameters
    ----------
    d : int
        Dimension.
    depth, layers
        As in :func:`dot_kernel`.
    order : int
        r.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If r exceeds d, or for a depth below 2.

    Notes
    -----
    A sum over a binomial distribution, O(d r L). Its rounding, 1e-16 in γ², is felt where γ < 1e-7. Source: Book.

    Examples
    --------
    >>> round(8 * parity_margin(8, layers="hidden"), 3)
    0.625
    """
    if not 1 <= order <= d:
        raise ValueError(f"parity_margin: order={order}; expected 1 <= order <= d={d}.")
    from scipy.stats import binom  # a second to import, for this function alone

    minus = np.arange(d - order + 1)
    rest = d - order - 2 * minus
    chance = binom.pmf(minus, d - order, 0.5)
    signs = binom.pmf(np.arange(order + 1), order, 0.5) * (-1.0) ** np.arange(order + 1)
    terms = [c * dot_kernel((rest + order - 2 * j) / d, depth, layers) for j, c in enumerate(signs)]
    return float(np.sqrt(max(chance @ np.sum(terms, axis=0), 0.0)))


def xor_constant(depth: int = 2, layers: str = "all") -> float:
    r"""Return the limit of γd for XOR as d grows, :math:`\sqrt{\bar k''(0)}`.

    Parameters
    ----------
    depth, layers
        As in :func:`dot_kernel`.

    Returns
    -------
    float

    Notes
    -----
    Value and two derivatives carried through the layers, O(L). Source: Book.

    Examples
    --------
    >>> round(xor_constant(2, "hidden") * np.pi**0.5, 12), round(xor_constant(2) * (np.pi / 2) ** 0.5, 12)
    (1.0, 1.0)
    """
    _check("xor_constant", depth, layers)
    G, hidden = (0.0, 1.0, 0.0), (0.0, 0.0, 0.0)
    for _ in range(depth - 1):
        a, root = G[0], np.sqrt(1 - G[0] ** 2)
        slope = 1 - np.arccos(a) / np.pi
        bend = 1 / (np.pi * root)
        activity = _compose((slope, bend, a / (np.pi * root**3)), G)
        total = tuple(h + 0.5 * g for h, g in zip(hidden, G))
        hidden = _multiply(total, activity)
        G = _compose(((root + (np.pi - np.arccos(a)) * a) / np.pi, slope, bend), G)
    return float(np.sqrt(hidden[2] + (G[2] if layers == "all" else 0.0)))


def pair_distance(theta, depth: int = 2, layers: str = "all") -> np.ndarray:
    r"""Return the limiting squared feature distance of two unit inputs at angle θ.

    .. math:: D^2 = 2\bar k(1) - 2\bar k(\cos\theta) = \frac{L(L-1)}{2\pi}\,\theta + O(\theta^2)

    Parameters
    ----------
    theta : array_like
        In [0, π].
    depth, layers
        As in :func:`dot_kernel`.

    Returns
    -------
    ndarray of the shape of ``theta``
        Two points with opposite labels have the margin D/2.

    Notes
    -----
    Differences lose digits: relative error 1e-15/θ. Source: Book.

    Examples
    --------
    >>> round(float(pair_distance(np.pi / 2, layers="hidden")), 12)
    1.0
    """
    return 2 * dot_kernel(1.0, depth, layers) - 2 * dot_kernel(np.cos(np.asarray(theta, np.float64)), depth, layers)


def _compose(outer, inner):
    """Value and two derivatives of a composition; ``outer`` is taken at the value of ``inner``."""
    return outer[0], outer[1] * inner[1], outer[2] * inner[1] ** 2 + outer[1] * inner[2]


def _multiply(a, b):
    return a[0] * b[0], a[1] * b[0] + a[0] * b[1], a[2] * b[0] + 2 * a[1] * b[1] + a[0] * b[2]


def _check(where, depth, layers):
    if depth < 2 or layers not in LAYERS:
        raise ValueError(f"{where}: depth={depth}, layers={layers!r}; expected depth >= 2 and one of {LAYERS}.")
