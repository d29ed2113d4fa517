r"""Hermite expansions under the Gaussian measure, and second routes to everything ``ntklib.activations`` computes.

With :math:`h_r` the orthonormal Hermite polynomials, :math:`\mu_r = E[\sigma(g) h_r(g)]` and standard normal u, v of
correlation ρ, :math:`E[\sigma(u)\sigma(v)] = \sum_r \mu_r^2 \rho^r`. The claims that check the statements below are in
:mod:`ntklib.theory.infinite_width.hermite.claims`.
"""

import math
from itertools import pairwise

import numpy as np

from ntklib._validate import positive_int


def hermite_basis(x, terms: int) -> np.ndarray:
    r"""Return the orthonormal Hermite polynomials :math:`h_0, \dots, h_{R-1}` at the points x.

    .. math:: \sqrt{r+1}\, h_{r+1}(x) = x\, h_r(x) - \sqrt r\, h_{r-1}(x), \qquad h_0 = 1

    Parameters
    ----------
    x : array of any shape
    terms : int
        R, the number of polynomials.

    Returns
    -------
    float64 NumPy array, shape of x plus (R,)

    Notes
    -----
    The recurrence is stable for the weighted functions :math:`h_r \sqrt\varphi`; unweighted values overflow near
    :math:`\lvert x \rvert = 38`. O(R) time per point. Source: textbook material.

    Examples
    --------
    >>> hermite_basis(0.0, 3).round(4).tolist()
    [1.0, 0.0, -0.7071]
    """
    terms, x = positive_int("hermite_basis", "terms", terms), np.asarray(x, np.float64)
    columns = [np.ones_like(x), x]
    for r in range(1, terms - 1):
        columns.append((x * columns[r] - math.sqrt(r) * columns[r - 1]) / math.sqrt(r + 1))
    return np.stack(columns[:terms], axis=-1)


def relu_coefficient(r: int) -> float:
    r"""Return :math:`\mu_r(\mathrm{ReLU})` from its closed form in double factorials.

    .. math:: \mu_0 = \tfrac1{\sqrt{2\pi}}, \quad \mu_1 = \tfrac12, \quad \mu_{\text{odd} \ge 3} = 0, \quad
       \mu_r = \frac{(-1)^{(r-2)/2}}{\sqrt{2\pi}} \frac{(r-3)!!}{\sqrt{r!}} \ \text{at even } r \ge 2

    Parameters
    ----------
    r : int
        Order, at least 0.

    Returns
    -------
    float

    Notes
    -----
    Logarithms of factorials: relative error about ``r log r`` roundoffs, no overflow. Source: Nguyen, Mondelli and
    Montúfar 2021, appendix; proved in the chapter ``hermite``.

    Examples
    --------
    >>> round(relu_coefficient(2), 5), round(relu_coefficient(4), 5)
    (0.28209, -0.08143)
    """
    r = positive_int("relu_coefficient", "r", r, minimum=0)
    if r < 2 or r % 2:
        return {0: 1 / math.sqrt(2 * math.pi), 1: 0.5}.get(r, 0.0)
    k = (r - 2) // 2
    log_double_factorial = math.lgamma(2 * k + 1) - k * math.log(2) - math.lgamma(k + 1)  # (2k - 1)!!
    return (-1) ** k * math.exp(log_double_factorial - math.lgamma(r + 1) / 2) / math.sqrt(2 * math.pi)


def relu_energy_tail(terms) -> np.ndarray:
    r"""Return the leading term of :math:`\sum_{r \ge R} \mu_r(\mathrm{ReLU})^2`, what a series of R terms leaves out.

    .. math:: \mu_r^2 \sim \frac{r^{-5/2}}{\sqrt2\, \pi^{3/2}} \ (r \text{ even}), \qquad
       \sum_{r \ge R} \mu_r^2 \sim \frac{R^{-3/2}}{3\sqrt2\, \pi^{3/2}}

    Parameters
    ----------
    terms : int or array of ints
        R.

    Returns
    -------
    float64 NumPy array of the same shape

    Notes
    -----
    Relative error O(1/R). Source: Book.

    Examples
    --------
    >>> print(f"{relu_energy_tail(160):.1e}")
    2.1e-05
    """
    return np.asarray(terms, np.float64) ** -1.5 / (3 * math.sqrt(2) * math.pi**1.5)


def coefficients_by_pieces(function, terms: int, breakpoints=(0.0,), *, nodes: int = 200) -> np.ndarray:
    r"""Return :math:`\mu_0, \dots, \mu_{R-1}` by Gauss–Legendre quadrature between the kinks of the function.

    Parameters
    ----------
    function : callable
        Elementwise, analytic between the breakpoints and of moderate growth.
    terms : int
        R, at most 100.
    breakpoints : sequence of float
        Kinks and jumps.
    nodes : int
        Points per piece of length about 7.

    Returns
    -------
    float64 NumPy array (R,)

    Raises
    ------
    ValueError
        If terms is not between 1 and 100.

    Notes
    -----
    The line is cut at :math:`\pm 21`, where the Gaussian weight is below 1e-95; error about 1e-14 for piecewise
    polynomials, where Gauss–Hermite with as many nodes keeps three digits. Source: Book.

    Examples
    --------
    >>> coefficients_by_pieces(np.exp, 2).round(5).tolist()
    [1.64872, 1.64872]
    """
    if positive_int("coefficients_by_pieces", "terms", terms) > 100:
        raise ValueError(f"coefficients_by_pieces: terms={terms}; expected at most 100, the line is cut at 21.")
    edges = sorted({-21.0, -14.0, -7.0, 0.0, 7.0, 14.0, 21.0, *map(float, breakpoints)})
    t, w = np.polynomial.legendre.leggauss(nodes)
    total = np.zeros(terms)
    for a, b in pairwise(edges):
        x, weight = (a + b) / 2 + (b - a) / 2 * t, (b - a) / 2 * w
        density = np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
        total += (weight * density * np.asarray(function(x), np.float64)) @ hermite_basis(x, terms)
    return total


def power_series(coefficients, rho) -> np.ndarray:
    r"""Return the truncated dual activation :math:`\sum_{r<R} \mu_r^2 \rho^r`, elementwise in ρ.

    Parameters
    ----------
    coefficients : array (R,)
        The :math:`\mu_r`, not squared.
    rho : array of any shape
        Correlations; for unit rows X the Gram matrix gives the series in Hadamard powers of :math:`XX^\top`.

    Returns
    -------
    float64 NumPy array of the shape of ρ

    Notes
    -----
    Horner's scheme. What is left out is at most :math:`\lvert\rho\rvert^R (E[\sigma^2] - \sum_{r<R} \mu_r^2)`.
    Source: Daniely, Frostig and Singer 2016.

    Examples
    --------
    >>> power_series([1.0, 2.0], [0.5, -0.5]).tolist()
    [3.0, -1.0]
    """
    rho, total = np.asarray(rho, np.float64), 0.0
    for mu in np.asarray(coefficients, np.float64)[::-1]:
        total = total * rho + mu**2
    return total + np.zeros_like(rho)


def polar_expectation(function, theta: float, degree: int, *, nodes: int = 60) -> float:
    r"""Return :math:`E[f(u)f(v)]` for f homogeneous of a degree on each half-line, by polar coordinates.

    .. math:: \frac{E[R^{2p}]}{2\pi} \int_0^{2\pi} f(\cos\varphi)\, f(\cos(\varphi - \theta))\, d\varphi,
       \qquad E[R^0] = 1,\ E[R^2] = 2

    Parameters
    ----------
    function : callable
        Elementwise with :math:`f(ts) = t^p f(s)` for t > 0.
    theta : float
        Angle between the two standard normal variables, in [0, π].
    degree : int
        p, 0 or 1.
    nodes : int
        Gauss–Legendre points on each arc between two zeros of the cosines.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the degree is neither 0 nor 1.

    Notes
    -----
    The integrand is analytic on each arc: error near rounding. Source: Cho and Saul 2009.

    Examples
    --------
    >>> round(polar_expectation(lambda s: (s > 0) * 1.0, 0.0, 0), 12)
    0.5
    """
    if degree not in (0, 1):
        raise ValueError(f"polar_expectation: degree={degree!r}; expected 0 or 1, such as 1 for ReLU, 0 for its slope.")
    half = math.pi / 2
    edges = sorted({0.0, half, 3 * half, 4 * half, (theta + half) % (4 * half), (theta + 3 * half) % (4 * half)})
    t, w = np.polynomial.legendre.leggauss(nodes)
    total = 0.0
    for a, b in pairwise(edges):
        phi = (a + b) / 2 + (b - a) / 2 * t
        values = np.asarray(function(np.cos(phi))) * np.asarray(function(np.cos(phi - theta)))
        total += float((b - a) / 2 * w @ values)
    return (2 if degree else 1) * total / (2 * math.pi)
