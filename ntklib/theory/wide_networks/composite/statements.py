r"""Gradient descent on :math:`g = \ell\circ F`: a certificate before training, and what the proof talks about in a run.

The outer losses and the space of outputs are those of `ntklib.theory.wide_networks.composite.losses`.
"""

import numpy as np
import pandas as pd

from ntklib import plain
from ntklib._validate import positive_float, positive_int
from ntklib.theory.certificates import (
    Certificate,
    composite_certificate,
    extreme_singular_values,
    smallest_valid_scale,
)
from ntklib.theory.wide_networks.composite.lipschitz import network_lipschitz
from ntklib.theory.wide_networks.composite.losses import SQUARE, OuterLoss
from ntklib.training import AntisymmetricNetwork


def network_certificate(net, params, X, y, *, scale: float | None = None, tau: float = 0.5) -> Certificate:
    r"""Return Theorem T1's certificate for two copies of a network with opposite signs, Λ bounded by proof.

    The model is :math:`F = \gamma(f(\theta^1) - f(\theta^2))/\sqrt2`, the loss half the mean square.

    Parameters
    ----------
    net : MLP
        f, with one output and a smooth activation ("tanh", "sigmoid", "softplus"), in any parametrization.
    params : tuple of L arrays
        The start of both copies.
    X : array (N, d)
    y : array (N,)
    scale : float, optional
        γ; the smallest one that the theorem allows if not given.
    tau : float
        As in `composite_certificate`.

    Returns
    -------
    Certificate

    Notes
    -----
    NumPy float64. The costs are an N by P Jacobian and one singular value decomposition for each weight and feature
    matrix. Source: Book, Theorem T1.

    Examples
    --------
    >>> import jax
    >>> from ntklib import MLP
    >>> from ntklib.theory.wide_networks.setting import sphere_task
    >>> net, (X, y) = MLP((3, 8, 1), "tanh", "ntk", weight_variance=1.0), sphere_task(3, 3)
    >>> network_certificate(net, net.init(jax.random.key(0)), X, y).valid
    True
    """
    X = np.asarray(X, float)
    J = network_jacobian(net, params, X)[1] / len(X) ** 0.5
    norm, sigma = extreme_singular_values(J @ J.T, J.shape[1])
    turning, gap = _on_grid(network_lipschitz(net, params, X)), 0.5 * float(np.mean(np.asarray(y, float) ** 2))

    def at(gamma):
        return composite_certificate(
            gamma * sigma, gamma * norm, lambda rho: gamma * turning(rho) / 2**0.5, gap, tau=tau, scale=gamma
        )

    return at(smallest_valid_scale(at) if scale is None else scale)


def _on_grid(turning, ratio: float = 1.02):
    """The nondecreasing function at the next power of ``ratio``: still a bound, and evaluated once per power."""
    known = {}

    def rounded(radius):
        power = int(np.ceil(np.log(radius) / np.log(ratio)))
        if power not in known:
            known[power] = turning(max(ratio**power, radius))
        return known[power]

    return rounded


def network_jacobian(net, params, X) -> tuple[np.ndarray, np.ndarray]:
    r"""Return outputs and Jacobian of a network, or of two copies of one, in NumPy float64: nothing is compiled.

    Parameters
    ----------
    net : MLP or AntisymmetricNetwork
        With one output; tanh, sigmoid, softplus or ReLU.
    params : sequence of L arrays, or two of them
    X : array (N, d)

    Returns
    -------
    (array (N,), array (N, P))

    Notes
    -----
    From the factors: row i of layer l is :math:`m_l\,f_{l-1}(x_i)\otimes b_l(x_i)`. O(N P) time and memory.
    Source: Book.

    Examples
    --------
    >>> from ntklib import MLP
    >>> outputs, J = network_jacobian(MLP((2, 1), "tanh", "ntk"), [np.ones((2, 1))], np.array([[1.0, 2.0]]))
    >>> outputs.tolist(), J.tolist()
    ([3.0], [[1.0, 2.0]])
    """
    if isinstance(net, AntisymmetricNetwork):
        (u, J), (v, I) = (network_jacobian(net.net, copy, X) for copy in params)
        return net.scale * 0.5**0.5 * (u - v), net.scale * 0.5**0.5 * np.hstack([J, -I])
    m = net.parametrization.multiplier
    F, B = plain.factors(params, X, activation=net.activation, multiplier=m)
    return plain.readout(params, F, m), plain.jacobian(F, B, m)


def proof_run(net, params, X, y, step_size: float, steps: int, *, outer: OuterLoss = SQUARE) -> pd.DataFrame:
    r"""Run gradient descent and return, for every step t, all quantities that the proof of T1 compares.

    Parameters
    ----------
    net, params, X
        As in `network_jacobian`.
    y : array (N,)
    step_size : float
        η, for the mean loss.
    steps : int
    outer : OuterLoss

    Returns
    -------
    pandas.DataFrame
        One row per step, from :math:`\theta_t` to :math:`\theta_{t+1}`: t; ``gap`` and ``next_gap``, the losses
        :math:`e_t, e_{t+1}`; ``worst``, the largest loss of a sample; ``gradient`` = :math:`\lVert\nabla g\rVert`;
        ``length`` of the step and ``path`` before it; ``distance`` of its end from the start; ``sigma`` and
        ``largest``, singular values of :math:`\partial F`; ``outer`` = :math:`\lVert\nabla\ell(F)\rVert`; ``turned``
        and ``jacobian_turned``, the changes of :math:`\nabla g` and (in operator norm) of :math:`\partial F`.

    Notes
    -----
    NumPy float64, one N by P Jacobian a step; a run that diverges ends in NaN. Source: Book.

    Examples
    --------
    >>> from ntklib import MLP
    >>> run = proof_run(MLP((1, 1), "tanh", "ntk"), [np.zeros((1, 1))], np.eye(1), np.ones(1), 0.5, 2)
    >>> run["gap"].tolist(), run["length"].tolist()
    ([0.5, 0.125], [0.5, 0.25])
    """
    eta, steps = positive_float("proof_run", "step_size", step_size), positive_int("proof_run", "steps", steps)
    X, y, (start, unflatten) = np.asarray(X, float), np.asarray(y, float), plain.flattened(params)
    rows, theta, path = [], start, 0.0
    here = _state(net, unflatten(theta), X, y, outer)
    for t in range(steps):
        after = theta - eta * here["slope"]
        there = _state(net, unflatten(after), X, y, outer)
        rows.append({"t": t, "path": path} | _compared(here, there, eta) | {"distance": _norm(after - start)})
        theta, here, path = after, there, path + rows[-1]["length"]
    return pd.DataFrame(rows)


def _state(net, params, X, y, outer):
    """Loss, Jacobian per root of N, norm of the outer gradient and gradient of g at one point."""
    outputs, J = network_jacobian(net, params, X)
    values, slopes = outer.values(outputs, y)
    J /= len(X) ** 0.5
    slope = J.T @ slopes / len(X) ** 0.5
    losses = {"gap": float(np.mean(values)), "worst": float(np.max(values))}
    return losses | {"J": J, "outer": slopes, "slope": slope}


def _compared(here, there, eta):
    """What the proof says about the step from one state to the next."""
    spectrum, change = np.linalg.eigvalsh(here["J"] @ here["J"].T), there["J"] - here["J"]
    return {
        "gap": here["gap"],
        "next_gap": there["gap"],
        "worst": here["worst"],
        "gradient": _norm(here["slope"]),
        "length": eta * _norm(here["slope"]),
        "sigma": float(max(spectrum[0], 0.0) ** 0.5),
        "largest": float(spectrum[-1] ** 0.5),
        "outer": _norm(here["outer"]) / len(here["outer"]) ** 0.5,
        "turned": _norm(there["slope"] - here["slope"]),
        "jacobian_turned": float(max(np.linalg.eigvalsh(change @ change.T)[-1], 0.0) ** 0.5),
    }


def _norm(v) -> float:
    return float(np.linalg.norm(v))


def logistic_bounds(first: float, loss, t, *, step: float, least: float, kappa: float, zeta: float):
    r"""Return the two right sides of the proposition on the logistic loss: of 1/e after t steps, and of the path.

    .. math:: \frac1{e_t} \ge \frac1{e_0} + \kappa\eta\lambda\zeta^2t, \qquad
              \sum_{s<t}\lVert\theta_{s+1} - \theta_s\rVert \le \frac{\log(e_0/e_t)}{\kappa\zeta\sqrt\lambda}

    Parameters
    ----------
    first : float
        :math:`e_0`.
    loss, t : arrays
        :math:`e_t` and t.
    step, least, kappa, zeta : float
        η, λ, κ, and :math:`\zeta = (1 - e^{-\Phi})/\Phi` with Φ the largest loss of a sample.

    Returns
    -------
    (array, array)

    Notes
    -----
    Source: Book.

    Examples
    --------
    >>> rate, path = logistic_bounds(1.0, np.array([0.5]), np.array([2]), step=1.0, least=0.25, kappa=1.0, zeta=1.0)
    >>> float(rate[0]), round(float(path[0]), 3)
    (1.5, 1.386)
    """
    rate = 1 / first + kappa * step * least * zeta**2 * np.asarray(t, float)
    return rate, np.log(first / np.asarray(loss, float)) / (kappa * zeta * least**0.5)
