r"""What the smallest eigenvalue of the limiting kernel is compared with: its power series and sharp limits.

:math:`\kappa_L` is the limiting ReLU tangent kernel of two unit vectors as a function of their cosine,
:math:`\kappa_L(\rho) = \sum_{p \ge 0} a_p \rho^p` with :math:`a_p \ge 0` and :math:`\sum_p a_p = \kappa_L(1) = L`.
"""

from math import comb

import numpy as np

from ntklib._validate import positive_int


def power_series(depth: int, orders: int) -> np.ndarray:
    r"""First Taylor coefficients :math:`a_0, a_1, \dots` of the scalar limiting ReLU kernel :math:`\kappa_L(\rho)`.

    .. math:: a_p = \frac{1}{2\pi s^p} \int_0^{2\pi} \kappa_L(s e^{i t})\, e^{-ipt}\, \mathrm{d}t, \qquad s = 0.9

    Parameters
    ----------
    depth : int
        Number L of weight layers.
    orders : int
        How many coefficients, at most 64.

    Returns
    -------
    ndarray, shape (orders,)
        Nonnegative up to rounding; their full sum is L.

    Raises
    ------
    ValueError
        A count below 1, or more than 64 orders.

    Notes
    -----
    Cauchy's integral by the trapezoidal rule on 1024 points: absolute error about :math:`L\,10^{-16}\, s^{-p}`,
    1e-12 at p = 64. O(L) time. Murray et al. 2023 compute the same numbers by a recursion in Hermite coefficients.

    Examples
    --------
    >>> power_series(2, 3).round(4).tolist()
    [0.3183, 1.0, 0.4775]
    """
    depth, orders = positive_int("power_series", "depth", depth), positive_int("power_series", "orders", orders)
    if orders > 64:
        raise ValueError(f"power_series: orders={orders}; expected at most 64, beyond which rounding dominates.")
    z = 0.9 * np.exp(2j * np.pi * np.arange(1024) / 1024)
    values = scalar_kernel(depth, z)[0]
    return (np.fft.fft(values).real / 1024)[:orders] / 0.9 ** np.arange(orders)


def scalar_kernel(depth: int, rho):
    r"""Values :math:`\kappa_L(\rho)` and :math:`\kappa_L'(\rho)` of the scalar limiting ReLU kernel and its slope.

    Parameters
    ----------
    depth : int
        Number L of weight layers.
    rho : float or complex array
        Cosine; real in (-1, 1), or complex of modulus below 1.

    Returns
    -------
    (value, slope)
        In the shape of rho.

    Raises
    ------
    ValueError
        A modulus of 1 or more, where the slope is infinite.

    Notes
    -----
    The recursion with its derivative, O(L) time.

    Examples
    --------
    >>> [round(float(v), 4) for v in scalar_kernel(3, 0.0)]
    [0.6857, 0.9581]
    """
    depth = positive_int("scalar_kernel", "depth", depth)
    if not np.all(np.abs(rho) < 1):
        raise ValueError("scalar_kernel: rho has modulus 1 or more; expected |rho| < 1, where the slope is finite.")
    G = K = np.asarray(rho) * 1.0
    G_slope = K_slope = np.ones_like(G)
    for _ in range(depth - 1):
        angle, root = np.arccos(G), np.sqrt(1 - G) * np.sqrt(1 + G)
        slope = 1 - angle / np.pi
        K_slope = K_slope * slope + K * G_slope / (np.pi * root) + slope * G_slope
        G, G_slope = root / np.pi + G * slope, slope * G_slope
        K = K * slope + G
    return K, K_slope


def sharp_constant(depth: int, cosine: float = 0.0) -> float:
    r"""Gap :math:`c_L = \kappa_L(1) - \kappa_L(q) - \kappa_L'(q)(1 - q)` of the scalar kernel above a tangent.

    Parameters
    ----------
    depth : int
        Number L of weight layers.
    cosine : float
        The typical cosine q of two samples: 0 for centred data.

    Returns
    -------
    float

    Notes
    -----
    At q = 0 this is the sum of all orders from 2 on, :math:`L - a_0 - a_1`. O(L) time. Derived in the chapter
    `smallest_eigenvalue` (Book).

    Examples
    --------
    >>> [round(sharp_constant(L), 4) for L in (2, 3, 5, 10)]
    [0.6817, 1.3562, 2.6981, 6.1038]
    """
    value, slope = scalar_kernel(depth, float(cosine))
    return float(depth - value - slope * (1 - cosine))


def sharp_limit(depth: int, N: int, d: int, mean: float = 0.0) -> float:
    r"""Predicted :math:`\lambda_{\min}(K^{(L)})/d` for N samples of norm :math:`\sqrt d` around a mean.

    .. math:: (1 + m^2)\, c_L(q) + \kappa_L'(q)\,\big(1 - \sqrt{N/d}\big)_+^2, \qquad q = \frac{m^2}{1 + m^2}

    Parameters
    ----------
    depth : int
        Number L of weight layers.
    N, d : int
        Number of samples and dimension, :math:`\sqrt N \ll d`.
    mean : float
        Norm m of the mean, in units of :math:`\sqrt d`.

    Returns
    -------
    float

    Notes
    -----
    The error observed is of order :math:`\sqrt N/d`. Status: proof sketched, in the chapter
    `smallest_eigenvalue` (Book).

    Examples
    --------
    >>> round(sharp_limit(3, 500, 2000), 3)
    1.596
    """
    N, d = positive_int("sharp_limit", "N", N), positive_int("sharp_limit", "d", d)
    q = mean**2 / (1 + mean**2)
    slope = float(scalar_kernel(depth, q)[1])
    return float((1 + mean**2) * sharp_constant(depth, q) + slope * _edge(N, d))


def edge_sum(depth: int, N: int, d: int) -> float:
    r"""Sum over all orders of a Marchenko–Pastur edge, a prediction of :math:`\lambda_{\min}(K^{(L)})/d` from below.

    .. math:: \sum_{p \ge 1} a_p \big(1 - \sqrt{N/D_p}\big)_+^2, \qquad
              D_p = \binom{d + p - 1}{p} - \binom{d + p - 3}{p - 2}

    Parameters
    ----------
    depth, N, d : int
        Number L of weight layers, number of samples, dimension (at least 2).

    Returns
    -------
    float

    Notes
    -----
    :math:`D_p` is the number of spherical harmonics of degree p. Orders beyond 63 are taken at their full weight.
    Observation, not a theorem: no value for :math:`\lambda_{\min}(\rho^{\circ p})` is proved.

    Examples
    --------
    >>> round(edge_sum(3, 500, 100), 2)
    1.01
    """
    N, d = positive_int("edge_sum", "N", N), positive_int("edge_sum", "d", d, minimum=2)
    a = power_series(depth, 64)
    harmonics = [comb(d + p - 1, p) - (comb(d + p - 3, p - 2) if p > 1 else 0) for p in range(1, 64)]
    return float(sum(a[p] * _edge(N, D) for p, D in enumerate(harmonics, 1)) + depth - a.sum())


def _edge(N: int, features: int) -> float:
    """Lower edge (1 - sqrt(N/D))_+^2 of the Gram matrix of N unit vectors in dimension D."""
    return max(0.0, 1 - np.sqrt(N / features)) ** 2
