r"""The positively homogeneous activations ``a s + b |s|``: ReLU, leaky ReLU, absolute value, identity.

With θ the angle between the two Gaussian variables, the expectations of the odd and the even part are

.. math:: E[u v] = q \cos\theta, \quad
   E[\lvert u \rvert \lvert v \rvert] = q\,(\cos\theta + \tfrac2\pi(\sin\theta - \theta\cos\theta)), \quad
   E[\operatorname{sign} u \operatorname{sign} v] = 1 - 2\theta/\pi,

with q the product of the two standard deviations; the mixed terms vanish by symmetry (Cho and Saul 2009 for ReLU).
"""

import math

import jax.numpy as jnp

from ntklib.activations.base import Activation
from ntklib.activations.covariance import covariance_angle


def sine_minus_tcos(t, xp=jnp):
    """Return ``sin t − t cos t`` for ``t`` in [0, π], to a few units in the last place (series below 1)."""
    return xp.where(t < 1, small_sine_minus_tcos(t, xp), xp.sin(t) - t * xp.cos(t))


def small_sine_minus_tcos(t, xp=jnp):
    """The same for ``t < 1`` by its series; for other ``t`` no number to be used, but no overflow either."""
    small = xp.where(t < 1, t, 0.0)
    square, series = small * small, 0.0
    for k in range(9, 0, -1):
        series = 2 * k * (-1) ** (k + 1) / math.factorial(2 * k + 1) + square * series
    return small**3 * series


def homogeneous(odd_weight: float, even_weight: float, name: str = "homogeneous") -> Activation:
    r"""Return the activation :math:`\sigma(s) = a s + b \lvert s \rvert`.

    Parameters
    ----------
    odd_weight, even_weight : float
        ``a`` and ``b``, not both zero. ReLU is (1/2, 1/2), identity (1, 0), absolute value (0, 1).
    name : str

    Returns
    -------
    Activation
        With :math:`\sigma'(0) = a - b`, that is 0 for ReLU, and closed forms for everything.

    Notes
    -----
    :math:`E[\sigma(u)\sigma(v)]
    = a^2 q_{12} + b^2 (q_{12} + \frac2\pi \sqrt{q_{11} q_{22}} (\sin\theta - \theta\cos\theta))`,
    :math:`E[\sigma'(u)\sigma'(v)] = a^2 + b^2 (1 - 2\theta/\pi)`.

    Examples
    --------
    >>> leaky = homogeneous(0.6, 0.4, "leaky")
    >>> [round(float(leaky.function(s)), 6) for s in (-1.0, 1.0)]
    [-0.2, 1.0]
    """
    a, b = float(odd_weight), float(even_weight)
    if not (math.isfinite(a) and math.isfinite(b)) or a == b == 0:
        raise ValueError(f"homogeneous: weights ({a}, {b}); expected two finite numbers, not both zero.")

    def dual(q11, q12, q22):
        theta, lacking, norm = covariance_angle(q11, q12, q22)
        acute = theta <= lacking  # beyond π/2 the same number from the angle that lacks to π, without cancellation
        odd = jnp.where(acute, a**2 + b**2, a**2 - b**2)
        return odd * q12 + b**2 * (2 / jnp.pi) * norm * sine_minus_tcos(jnp.where(acute, theta, lacking))

    def dual_derivative(q11, q12, q22):
        theta, lacking, _ = covariance_angle(q11, q12, q22)
        from_zero, from_pi = (a**2 + b**2) - b**2 * (2 / jnp.pi) * theta, (a**2 - b**2) + b**2 * (2 / jnp.pi) * lacking
        return jnp.where(theta <= lacking, from_zero, from_pi)

    return Activation(
        name=name,
        function=lambda s: a * s + b * jnp.abs(s),
        derivative=lambda s: jnp.where(s > 0, a + b, a - b),
        dual=dual,
        dual_derivative=dual_derivative,
        hermite=lambda r: (a if r == 1 else 0.0) + b * abs_hermite(r),
        odd_weight=a,
        even_weight=b,
    )


def abs_hermite(r: int) -> float:
    r"""Return :math:`\mu_r(\lvert\cdot\rvert)`: zero at odd r, then :math:`\sqrt{2/\pi}` and a two-term product.

    Consecutive even coefficients obey :math:`\mu_{r+2} = -\mu_r (r-1) / \sqrt{(r+1)(r+2)}`.
    """
    if r % 2:
        return 0.0
    value = math.sqrt(2 / math.pi)
    for k in range(0, r, 2):
        value *= -(k - 1) / math.sqrt((k + 1) * (k + 2))
    return value
