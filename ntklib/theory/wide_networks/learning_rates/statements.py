r"""Step sizes across widths: the family of parametrizations, the limit in width, the catapult of a product.

Losses are means, :math:`\frac1{2N}\sum_i(f_i - y_i)^2`, so that the linearized network is stable exactly for
:math:`\eta\,\lambda_{\max}(JJ^\top/N) < 2`.
"""

from typing import NamedTuple

import numpy as np

from ntklib._validate import positive_int
from ntklib.networks import Parametrization

FAMILY = ("ntk", "standard", "mup")


def family_member(name: str, widths) -> Parametrization:
    r"""Return one of three parametrizations of the same random function, up to the scale of its output.

    With :math:`n_l = m`: "ntk" has standard deviations 1 and multipliers :math:`1, m^{-1/2}, \dots`; "standard" has
    standard deviations :math:`1, m^{-1/2}, \dots` and multipliers 1; "mup" has standard deviations :math:`m^{-1/2}`
    and multipliers :math:`m^{1/2}, 1, \dots, 1, m^{-1/2}`.

    Parameters
    ----------
    name : {"ntk", "standard", "mup"}
    widths : tuple of L + 1 ints

    Returns
    -------
    Parametrization
        For inputs of norm one and an activation of weight variance one.

    Raises
    ------
    ValueError
        For another name.

    Notes
    -----
    O(L). Source: the abc family of Yang and Hu 2021, with all step sizes independent of the width.

    Examples
    --------
    >>> family_member("mup", (3, 100, 100, 1)).multiplier
    (10.0, 1.0, 0.1)
    """
    roots = [n**0.5 for n in widths[1:-1]]
    ones = (1.0,) * len(roots)
    inverse = tuple(1 / r for r in roots)
    if name == "ntk":
        return Parametrization((1.0, *ones), (1.0, *inverse), name)
    if name == "standard":
        return Parametrization((1.0, *inverse), (1.0, *ones), name)
    if name == "mup":
        return Parametrization((inverse[0], *inverse), (roots[0], *ones[1:], inverse[-1]), name)
    raise ValueError(f"family_member: name={name!r}; expected one of {', '.join(map(repr, FAMILY))}.")


def rescale_layers(parametrization: Parametrization, factors) -> Parametrization:
    r"""Return the parametrization with :math:`s_l/\alpha_l` and :math:`m_l\alpha_l` in place of :math:`s_l, m_l`.

    Gradient descent on it with step sizes :math:`\eta_l/\alpha_l^2` produces the same functions.

    Parameters
    ----------
    parametrization : Parametrization
    factors : sequence of L floats
        :math:`\alpha_l`.

    Returns
    -------
    Parametrization

    Notes
    -----
    O(L). Source: Yang and Hu 2021; proved in the chapter ``learning_rates``.

    Examples
    --------
    >>> rescale_layers(Parametrization((1.0, 1.0), (1.0, 0.5)), (2.0, 1.0)).multiplier
    (2.0, 0.5)
    """
    s = tuple(v / a for v, a in zip(parametrization.init_std, factors))
    return Parametrization(s, tuple(v * a for v, a in zip(parametrization.multiplier, factors)), "rescaled")


def infinite_width_loss(K, G, y, step_sizes, steps: int) -> np.ndarray:
    r"""Mean loss of infinitely wide networks after T steps, for each step size.

    .. math:: \tfrac1{2N}\,\mathrm{tr}\big[(I - \eta K/N)^{2T}(G + yy^\top)\big]

    Parameters
    ----------
    K, G : arrays (N, N)
        Limiting tangent kernel and covariance of the outputs at the start, as `ntklib.infinite_kernels` returns them;
        a zero G for outputs that vanish.
    y : array (N,)
    step_sizes : array (S,)
    steps : int

    Returns
    -------
    ndarray, shape (S,)

    Notes
    -----
    O(N³ + S N). Source: Lee et al. 2019, here with the expectation over the start.

    Examples
    --------
    >>> infinite_width_loss(np.eye(1), np.zeros((1, 1)), [2.0], [0.5], 1).tolist()
    [0.5]
    """
    K, y = np.asarray(K, np.float64), np.asarray(y, np.float64)
    values, vectors = np.linalg.eigh(K / len(K))
    weight = np.einsum("ij,ik,kj->j", vectors, np.asarray(G) + np.outer(y, y), vectors) / (2 * len(K))
    return ((1 - np.multiply.outer(np.asarray(step_sizes, float), values)) ** (2 * steps)) @ weight


class CatapultOrbit(NamedTuple):
    r"""Orbit of :math:`x = \eta\lambda` and :math:`z = \eta^2 f^2/m`; arrays (steps + 1, ...)."""

    x: np.ndarray
    z: np.ndarray


def catapult_orbit(x, z, steps: int) -> CatapultOrbit:
    r"""Iterate the exact dynamics of :math:`f = m^{-1/2}\,u\cdot v` trained to zero on one sample.

    .. math:: x' = x - (4 - x)\,z, \qquad z' = (1 - x + z)^2\, z

    Parameters
    ----------
    x : array_like
        :math:`\eta\lambda` at the start, positive, with :math:`\lambda = (\lVert u\rVert^2 + \lVert v\rVert^2)/m`.
    z : array_like
        :math:`\eta^2f^2/m` at the start; at most :math:`x^2/4` for an actual pair (u, v).
    steps : int

    Returns
    -------
    CatapultOrbit

    Notes
    -----
    O(steps) time and memory; overflows to infinity where it diverges. Source: Lewkowycz et al. 2020; proved in the
    chapter ``learning_rates``.

    Examples
    --------
    >>> orbit = catapult_orbit(3.0, 1e-3, 60)
    >>> bool(orbit.x[-1] < 2), bool(orbit.z[-1] < 1e-6)
    (True, True)
    """
    rows = [np.broadcast_arrays(np.asarray(x, float), np.asarray(z, float))]
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(positive_int("catapult_orbit", "steps", steps)):
            x, z = rows[-1]
            rows.append((x - (4 - x) * z, (1 - x + z) ** 2 * z))
    return CatapultOrbit(*(np.array(column) for column in zip(*rows)))
