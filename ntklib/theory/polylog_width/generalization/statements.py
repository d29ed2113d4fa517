r"""Right-hand sides of the generalization theorems, and one-pass SGD on XOR with its exact population error.

Notation: m width, L layers, n samples, R radius of the tangent class, :math:`\epsilon_{\rm NTRF}` its least loss.
"""

from typing import NamedTuple

import numpy as np

from ntklib import plain
from ntklib._validate import positive_float, positive_int
from ntklib.networks import named_parametrization
from ntklib.theory.setting import parity_cube


def margin_branch(width, samples, radius, depth, *, constant: float = 1.0) -> float:
    r"""Return the branch of moderate widths, :math:`C\,4^LL^2R\sqrt{m/n}`.

    Parameters
    ----------
    width, samples, radius, depth : float
        m, n, R, L, all positive.
    constant : float
        C, which the paper does not give.

    Returns
    -------
    float
        A bound on an error: vacuous from 1 on.

    Notes
    -----
    O(1). Source: Chen, Cao, Zou, Gu 2021, Theorem on generalization, as restated by Li, Guo, Lei, Ying 2025; the
    power of L is recalled.

    Examples
    --------
    >>> margin_branch(100, 400, 1.0, 1)
    2.0
    """
    m, n, R, L = _positive("margin_branch", width=width, samples=samples, radius=radius, depth=depth)
    return float(constant * 4.0**L * L**2 * R * np.sqrt(m / n))


def kernel_branch(width, samples, radius, depth, *, constant: float = 1.0) -> float:
    r"""Return the branch of large widths, :math:`C\big(L^{3/2}R/\sqrt n + L^{11/3}R^{4/3}m^{-1/6}\big)`.

    Parameters
    ----------
    width, samples, radius, depth, constant
        As in :func:`margin_branch`.

    Returns
    -------
    float

    Notes
    -----
    O(1). Source: Chen, Cao, Zou, Gu 2021, Theorem on generalization, recalled.

    Examples
    --------
    >>> kernel_branch(64, 400, 1.0, 1)
    0.55
    """
    m, n, R, L = _positive("kernel_branch", width=width, samples=samples, radius=radius, depth=depth)
    return float(constant * (L**1.5 * R / np.sqrt(n) + L ** (11 / 3) * R ** (4 / 3) * m ** (-1 / 6)))


def crossover_width(samples, radius, depth) -> float:
    r"""Return the width at which the two branches are equal: :math:`m = x^6`, x the positive root of a quartic.

    .. math:: 4^LL^2x^4 - L^{3/2}x - L^{11/3}R^{1/3}\sqrt n = 0, \qquad
              m \approx 8^{-L}L^{5/2}R^{1/2}n^{3/4}

    Parameters
    ----------
    samples, radius, depth : float
        n, R, L, all positive.

    Returns
    -------
    float
        Below it the first branch is smaller, above it the second, for equal constants.

    Notes
    -----
    By Descartes' rule there is one positive root. The approximation, from below, leaves out the term in x.
    Source: Book.

    Examples
    --------
    >>> m = crossover_width(1000, 10.0, 2)
    >>> bool(np.isclose(margin_branch(m, 1000, 10.0, 2), kernel_branch(m, 1000, 10.0, 2)))
    True
    """
    n, R, L = _positive("crossover_width", samples=samples, radius=radius, depth=depth)
    roots = np.roots([4.0**L * L**2, 0.0, 0.0, -(L**1.5), -(L ** (11 / 3)) * R ** (1 / 3) * np.sqrt(n)])
    return float(roots[(np.abs(roots.imag) < 1e-9 * np.abs(roots)) & (roots.real > 0)].real.max() ** 6)


def sgd_bound(samples, radius, depth, tangent_loss, delta, *, constants=(8.0, 8.0, 24.0)) -> float:
    r"""Return the bound on the mean error of one-pass SGD.

    .. math:: \frac{8L^2R^2}n + \frac{8\log(2/\delta)}n + 24\,\epsilon_{\rm NTRF}

    Parameters
    ----------
    samples, radius, depth, tangent_loss, delta : float
        n, R, L, :math:`\epsilon_{\rm NTRF}`, δ, all positive.
    constants : three floats
        The recalled 8, 8 and 24.

    Returns
    -------
    float

    Notes
    -----
    O(1). Source: Chen, Cao, Zou, Gu 2021, Theorem on SGD, constants recalled and not confirmed.

    Examples
    --------
    >>> sgd_bound(1600, 10.0, 2, 1e-9, 2.0) > 1
    True
    """
    names = {"samples": samples, "radius": radius, "depth": depth, "tangent_loss": tangent_loss, "delta": delta}
    n, R, L, loss, delta = _positive("sgd_bound", **names)
    a, b, c = constants
    return float(a * L**2 * R**2 / n + b * np.log(2 / delta) / n + c * loss)


def online_bound(samples, squared_distance, step_size, comparator_loss, delta) -> float:
    r"""Return the book's bound on the mean error of the iterates of one-pass SGD, with proved constants.

    .. math:: \frac1n\sum_{t<n}\operatorname{err}(W_t) \le \frac{2e}{e-1}\Big[
              \frac{\lVert W_0-W^*\rVert_F^2}{\eta n} + 2\,\bar\ell(W^*) + \frac{\log(1/\delta)}n\Big]

    Parameters
    ----------
    samples : float
        n.
    squared_distance : float
        :math:`\lVert W_0-W^*\rVert_F^2`, at most :math:`LR^2/m`.
    step_size : float
        η, with :math:`\eta\lVert\nabla f\rVert^2\le1/2` along the path.
    comparator_loss : float
        Mean logistic loss of the tangent model on the n samples.
    delta : float
        δ in (0, 1).

    Returns
    -------
    float

    Notes
    -----
    Needs linearization errors of at most 1/8 along the path. O(1). Source: Book.

    Examples
    --------
    >>> round(online_bound(1000, 0.1, 0.01, 0.01, 0.1), 3)
    0.102
    """
    names = {"samples": samples, "squared_distance": squared_distance, "step_size": step_size}
    n, square, eta, loss, delta = _positive("online_bound", **names, comparator_loss=comparator_loss, delta=delta)
    return float(2 * np.e / (np.e - 1) * (square / (eta * n) + 2 * loss + np.log(1 / delta) / n))


class Pass(NamedTuple):
    r"""One pass of SGD of several shallow networks; all arrays have shape (networks, n).

    Attributes
    ----------
    slopes : array
        :math:`a_t = -\ell'(y_tf_{W_t}(x_t))`, before the step on sample t.
    expected : array
        Their means over the population.
    errors : array
        The error of :math:`W_t` on the population; an output of 0 is an error.
    """

    slopes: np.ndarray
    expected: np.ndarray
    errors: np.ndarray


def xor_pass(d: int, samples: int, width: int, networks: int, *, rate: float = 0.5, seed: int = 0) -> Pass:
    r"""Run one-pass SGD on XOR samples drawn from the cube, with logistic loss and L = 2.

    .. math:: W_{t+1} = W_t - \frac{\text{rate}}m\nabla\ell(y_tf_{W_t}(x_t)), \qquad x_t\text{ uniform on the cube}

    Parameters
    ----------
    d, samples, width, networks : int
        Dimension, n, m, and the number of independent runs.
    rate : float
        Step size times m.
    seed : int

    Returns
    -------
    Pass

    Notes
    -----
    NumPy, float64, all networks at once; O(n · networks · m · 2^d) time.

    Examples
    --------
    >>> run = xor_pass(2, 50, 32, 3)
    >>> run.errors.shape, bool(run.errors[:, -1].mean() < run.errors[:, 0].mean())
    ((3, 50), True)
    """
    names = {"samples": samples, "width": width, "networks": networks}
    n, m, s = (positive_int("xor_pass", name, value) for name, value in names.items())
    eta, rng = positive_float("xor_pass", "rate", rate) / m, np.random.default_rng([seed, 37])
    X, y = parity_cube(d)
    scaling, record = named_parametrization("chen", (d, m, 1)), []
    settings = {"activation": "relu", "multiplier": scaling.multiplier}
    params = plain.draw((d, m, 1), scaling, rng, batch=(s,))
    for rows in rng.integers(len(y), size=(n, s)):
        f = plain.forward(params, X, **settings)
        a = _slope(y[rows] * f[np.arange(s), rows])
        record.append((a, _slope(y * f).mean(axis=1), (y * f <= 0).mean(axis=1)))
        factors = plain.factors(params, X[rows][:, None], **settings)
        moves = plain.vjp(*factors, (eta * a * y[rows])[:, None], scaling.multiplier)
        params = [W + V for W, V in zip(params, moves)]
    return Pass(*np.transpose(record, (1, 2, 0)))


def _slope(z):
    """The negative derivative of the logistic loss."""
    return np.exp(-np.logaddexp(0.0, z))


def _positive(where, **numbers):
    return tuple(positive_float(where, name, value) for name, value in numbers.items())
