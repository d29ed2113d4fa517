"""Fitted exponents: straight lines through log-log data, and how far to believe them."""

from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit

from ntklib._validate import real_numbers


class Fit(NamedTuple):
    """A power law :math:`y \\approx e^{b}\\,x^{a}` fitted in log-log coordinates.

    Attributes
    ----------
    slope : float
        The exponent a, without unit.
    low, high : float
        Ends of the confidence interval of the exponent.
    intercept : float
        b, the natural logarithm of the value at ``x = 1``.
    """

    slope: float
    low: float
    high: float
    intercept: float

    def predict(self, x) -> np.ndarray:
        """Return the fitted value exp(intercept) x^slope at every ``x``.

        Examples
        --------
        >>> float(Fit(slope=2.0, low=2.0, high=2.0, intercept=0.0).predict(3.0))
        9.0
        """
        return np.exp(self.intercept) * np.asarray(x, dtype=float) ** self.slope


def fit_loglog(x, y, confidence: float = 0.95) -> Fit:
    r"""Exponent a of :math:`y = C x^{a}` by least squares on logarithms, with its Student-t interval.

    With :math:`u = \log x`, :math:`v = \log y` and n points,

    .. math:: \hat a = \frac{\sum (u_i - \bar u)(v_i - \bar v)}{\sum (u_i - \bar u)^2}, \qquad
              \hat a \pm t_{n-2}\, \sqrt{\frac{\sum r_i^2}{(n-2)\sum (u_i - \bar u)^2}},

    where :math:`r_i` are the residuals and :math:`t_{n-2}` is the Student quantile.

    Parameters
    ----------
    x, y : array_like, shape (n,)
        Positive finite numbers, n >= 3; seeds enter as repeated values of ``x``.
    confidence : float
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    Fit
        Four floats ``slope, low, high, intercept``.

    Raises
    ------
    ValueError
        For unequal lengths, fewer than three points, a single value of ``x``, or numbers that have no
        logarithm.

    Notes
    -----
    The interval assumes that the points scatter independently, and equally on the logarithmic scale. A curve
    that is not a power law widens it but does not show up otherwise: look at the picture too. Time and
    memory O(n).

    The least-squares interval is textbook material (Book).

    Examples
    --------
    >>> fit = fit_loglog([1, 2, 4, 8], [3, 6, 12, 24])
    >>> round(fit.slope, 6), round(float(fit.predict(16)), 6)
    (1.0, 48.0)
    """
    x, y = _logarithms("x", x), _logarithms("y", y)
    _check_points(x, y, confidence)
    centred = x - x.mean()
    spread = centred @ centred
    slope = centred @ y / spread
    intercept = y.mean() - slope * x.mean()
    residual = y - intercept - slope * x
    error = np.sqrt(residual @ residual / ((x.size - 2) * spread))
    half = stdtrit(x.size - 2, 0.5 + confidence / 2) * error
    return Fit(float(slope), float(slope - half), float(slope + half), float(intercept))


def _logarithms(name: str, values) -> np.ndarray:
    values = np.asarray(real_numbers("fit_loglog", name, values), dtype=float)
    if values.ndim != 1:
        raise ValueError(f"fit_loglog: {name} has shape {values.shape}; expected a vector (n,); ravel it.")
    bad = ~(np.isfinite(values) & (values > 0))
    if bad.any():
        i = int(np.argmax(bad))
        raise ValueError(
            f"fit_loglog: {name}[{i}]={values[i]:.3g} has no finite logarithm; expected positive finite "
            "numbers; drop such points on purpose, and say so, before fitting an exponent."
        )
    return np.log(values)


def _check_points(x, y, confidence) -> None:
    if x.size != y.size:
        raise ValueError(f"fit_loglog: x has {x.size} and y has {y.size} points; expected equally many.")
    if x.size < 3:
        raise ValueError(
            f"fit_loglog: received {x.size} points; expected at least 3, or no interval exists; add a point or seeds."
        )
    if np.ptp(x) == 0:
        raise ValueError("fit_loglog: every x is the same; expected at least two values; vary x.")
    if not 0 < confidence < 1:
        raise ValueError(f"fit_loglog: confidence={confidence!r}; expected a number in (0, 1), such as 0.95.")
