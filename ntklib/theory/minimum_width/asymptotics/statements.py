r"""At which sizes the bound :math:`\lambda_{\min}(K) = \Omega(n_{L-2}n_{L-1})` speaks: widths, samples, crossings."""

import math

import numpy as np
from scipy.special import lambertw

from ntklib._validate import positive_float
from ntklib.fits import fit_loglog
from ntklib.theory.finite_width.two_sided import neurons_asked


def parameters_asked(N: float, *, power: float = 8.0, margin: float = 1.0) -> float:
    r"""Return :math:`p = N\log^kN/c`, the block's parameters at which the theorem's ratio has come down to c.

    Parameters
    ----------
    N : float
        Samples, at least 1.
    power : float
        k; 0 counts parameters only.
    margin : float
        c; the theorem asks for c to 0.

    Returns
    -------
    float

    Notes
    -----
    O(1). The square root is the width. Bombari, Amani and Mondelli 2022, with k = 8 recalled.

    Examples
    --------
    >>> f"{parameters_asked(1000) ** 0.5:.2g}"
    '7.2e+04'
    """
    N = _samples("parameters_asked", N)
    return N * math.log(N) ** power / positive_float("parameters_asked", "margin", margin)


def samples_allowed(p: float, *, power: float = 8.0, margin: float = 1.0) -> float:
    r"""Return the largest N with :math:`N\log^kN \le c\,p`, in closed form by Lambert's W.

    .. math:: \log N = k\,W\big((cp)^{1/k}/k\big)

    Parameters
    ----------
    p : float
        Parameters of the block.
    power : float
        k, positive.
    margin : float
        c.

    Returns
    -------
    float

    Notes
    -----
    The inverse of :func:`parameters_asked` for N at least 1. O(1). Source: Book.

    Examples
    --------
    >>> round(samples_allowed(977**2))
    36
    """
    numbers = {"p": p, "power": power, "margin": margin}
    p, k, c = (positive_float("samples_allowed", name, value) for name, value in numbers.items())
    return math.exp(k * lambertw((c * p) ** (1 / k) / k).real)


def other_theorem_parameters(N: float, d: float, *, delta: float = 0.1, constant: float = 1.0) -> float:
    r"""Return :math:`d\,N\log N\log(N/\delta)`, parameters of the one wide layer that Part II asks for.

    Parameters
    ----------
    N : float
        Samples, at least 2.
    d : float
        Width of the layer below the wide one.
    delta, constant : float
        Of `finite_width.two_sided.neurons_asked`.

    Returns
    -------
    float

    Notes
    -----
    O(1). Nguyen, Mondelli and Montúfar 2021, Theorem 1.

    Examples
    --------
    >>> other_theorem_parameters(1000, 30) < parameters_asked(1000)
    True
    """
    return positive_float("other_theorem_parameters", "d", d) * neurons_asked(round(N), delta, constant=constant)


def crossing_with_root_width() -> float:
    r"""Return :math:`\log N` at which :math:`\sqrt N = \log^6N`, where both theorems ask for as much if d = √N.

    Notes
    -----
    The larger root of :math:`x = 12\log x`, :math:`-12\,W_{-1}(-1/12)`, without δ and with constants 1. O(1). Source:
    Book.

    Examples
    --------
    >>> x = crossing_with_root_width()
    >>> round(x - 12 * math.log(x), 9)
    0.0
    """
    return float(-12 * lambertw(-1 / 12, k=-1).real)


def log_power_fit(N, ratio, confidence: float = 0.95):
    r"""Return the power k in :math:`p^\ast/N \propto \log^kN`, fitted by least squares in :math:`\log\log N`.

    Parameters
    ----------
    N, ratio : array_like, shape (rows,)
        Samples, all above e; parameters per sample.
    confidence : float

    Returns
    -------
    ntklib.fits.Fit

    Raises
    ------
    ValueError
        As `ntklib.fits.fit_loglog`; N not above 1.

    Notes
    -----
    log N hardly moves: over N from 16 to 1024 it grows by 2.5, so that intervals are wide. O(rows).
    Source: Book.

    Examples
    --------
    >>> N = np.array([16, 64, 256, 1024])
    >>> round(log_power_fit(N, 3 * np.log(N) ** 2).slope, 6)
    2.0
    """
    N = np.asarray(N, float)
    if not (N > 1).all():
        raise ValueError(f"log_power_fit: smallest N is {N.min()}; expected more than 1, where log N is positive.")
    return fit_loglog(np.log(N), ratio, confidence)


def crossing(x, y, level: float = 0.5) -> float:
    r"""Return where a decreasing curve, interpolated in log x, comes down to a level for the last time.

    Parameters
    ----------
    x, y : array_like, shape (n,)
        x increasing and positive.
    level : float

    Returns
    -------
    float

    Raises
    ------
    ValueError
        For a curve that does not cross the level downwards.

    Notes
    -----
    O(n).

    Examples
    --------
    >>> round(crossing([1.0, 4.0], [1.0, 0.0]), 9)
    2.0
    """
    x, y = np.log(np.asarray(x, float)), np.asarray(y, float)
    down = np.flatnonzero((y[:-1] >= level) & (y[1:] < level))
    if not down.size:
        raise ValueError(f"crossing: values from {y[0]:.3g} to {y[-1]:.3g} do not cross {level:.3g}; widen the range.")
    i = down[-1]
    return float(np.exp(x[i] + (y[i] - level) / (y[i] - y[i + 1]) * (x[i + 1] - x[i])))


def _samples(where: str, N) -> float:
    N = positive_float(where, "N", N)
    if N < 1:
        raise ValueError(f"{where}: N={N}; expected at least one sample.")
    return N
