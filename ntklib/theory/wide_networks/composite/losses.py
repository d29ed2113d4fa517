r"""Outer losses of the composite theorem with their two constants: square, Huber, logistic.

Outputs live in the space of functions on the samples, :math:`\lVert u\rVert^2 = \frac1N\sum_iu_i^2`; an outer loss is a
mean :math:`\ell(u) = \frac1N\sum_i\varphi(u_i, y_i)`, whose gradient there has the entries
:math:`\partial_1\varphi(u_i, y_i)`.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from ntklib._validate import positive_float
from ntklib.theory.wide_networks.setting import mean_squared_loss
from ntklib.training import logistic_loss


class OuterLoss(NamedTuple):
    r"""A mean loss with infimum zero, and its two constants in the space of functions on the samples."""

    name: str
    function: Callable  # (outputs, y) -> scalar, the mean over the samples, for JAX
    values: Callable  # (outputs, y) -> (φ, φ'), sample by sample, in NumPy
    smoothness: float  # Lipschitz constant of the gradient
    pl: Callable  # (loss, N) -> Polyak–Łojasiewicz constant on all outputs of at most this loss


def huber_loss(threshold: float = 1.0) -> OuterLoss:
    r"""Return the mean of Huber's loss, quadratic up to the threshold δ and linear beyond.

    .. math:: \mu_\ell(e) = \min\Big(1, \frac{\delta^2}{2Ne}\Big), \qquad \beta_\ell = 1

    Parameters
    ----------
    threshold : float
        δ > 0, in label units.

    Returns
    -------
    OuterLoss

    Notes
    -----
    The constant is attained: a single sample that carries the whole loss. Source: Book.

    Examples
    --------
    >>> loss = huber_loss(1.0)
    >>> float(loss.function(jnp.array([0.5, 3.0]), jnp.zeros(2))), loss.pl(1.25, 2)
    (1.3125, 0.2)
    """
    delta = positive_float("huber_loss", "threshold", threshold)

    def function(outputs, y):
        size = jnp.abs(outputs - y)
        return jnp.mean(jnp.where(size <= delta, 0.5 * size**2, delta * (size - 0.5 * delta)))

    def values(outputs, y):
        residual = outputs - y
        slope = np.clip(residual, -delta, delta)
        return slope * (residual - slope / 2), slope

    return OuterLoss("Huber", function, values, 1.0, lambda loss, N: min(1.0, delta**2 / (2 * N * loss)))


def _logistic_values(outputs, y):
    return np.logaddexp(0, -y * outputs), -y * np.exp(-np.logaddexp(0, y * outputs))


SQUARE = OuterLoss("square", mean_squared_loss, lambda u, y: (0.5 * (u - y) ** 2, u - y), 1.0, lambda loss, N: 1.0)
"""Half the mean square of the residuals."""
LOGISTIC = OuterLoss("logistic", logistic_loss, _logistic_values, 0.25, lambda loss, N: 0.0)
"""The mean of log(1 + exp(-y f)); no PL constant holds on a whole sublevel set, see `logistic_pl_constant`."""


def logistic_pl_constant(bound: float) -> float:
    r"""Return the PL constant of the logistic loss, with respect to its infimum 0, on outputs of size at most R.

    .. math:: \mu_\ell(R) = \min_{z = \pm R} \frac{\varsigma(-z)^2}{2\log(1 + e^{-z})}, \qquad
              \varsigma(z) = \frac1{1 + e^{-z}}

    Parameters
    ----------
    bound : float
        R > 0.

    Returns
    -------
    float

    Notes
    -----
    The ratio first rises, then falls in z, so that its minimum is at an end; for large R it is near
    :math:`\frac12e^{-R}`. Source: Book.

    Examples
    --------
    >>> round(logistic_pl_constant(2.0), 4), round(float(logistic_pl_constant(10.0) * 2 * np.exp(10)), 3)
    (0.056, 1.0)
    """
    R = positive_float("logistic_pl_constant", "bound", bound)
    return float(min(np.exp(-2 * np.logaddexp(0, z)) / (2 * np.logaddexp(0, -z)) for z in (-R, R)))
