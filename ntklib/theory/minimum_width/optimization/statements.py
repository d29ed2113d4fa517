r"""Gradient descent at minimum width: a certificate computed before training, and the run beside it.

The model is :math:`F = \gamma f` with :math:`f(\theta_0) = 0`, the loss :math:`\frac12\lVert F - Y\rVert^2`; f is the
antisymmetric difference of two copies of a network.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ntklib import plain
from ntklib._validate import positive_float
from ntklib.networks import MLP
from ntklib.theory.certificates import Certificate, extreme_singular_values, smallest_valid_scale
from ntklib.theory.lipschitz import jacobian_lipschitz_on_balls
from ntklib.theory.minimum_width.setting import tangent_kernels
from ntklib.training import AntisymmetricNetwork, gradient_descent


def certificate(sigma, norm, lipschitz, label_norm, scale, *, step=None) -> Certificate:
    r"""Return rate, path and the condition of the book's theorem on gradient descent from zero output.

    .. math:: \gamma \ge \frac{8\Lambda\lVert Y\rVert}{\sigma_0^2},\quad
              \eta \le \frac1{4\gamma^2(\lVert J_0\rVert + \sigma_0/4)^2} \ \Rightarrow\
              \ell_t \le (1 - 0.97\,\eta\gamma^2\sigma_0^2)^t\,\ell_0,\quad
              \sum_t\lVert\theta_{t+1} - \theta_t\rVert \le \frac{1.55\lVert Y\rVert}{\gamma\sigma_0}

    Parameters
    ----------
    sigma, norm : float
        Extreme singular values of :math:`J_0`, the Jacobian of f.
    lipschitz : float
        Λ on the ball of radius :math:`\rho = 2\lVert Y\rVert/(\gamma\sigma_0)`.
    label_norm : float
        :math:`\lVert Y\rVert`.
    scale : float
        γ.
    step : float, optional
        η; the largest allowed one if not given.

    Returns
    -------
    Certificate

    Notes
    -----
    The constants are those of the chapter's proof; the general theorem, of which this is the square loss with rounded
    constants, is in `ntklib.theory.certificates`. Source: Book, Theorem 3' there; the argument is that of Oymak and
    Soltanolkotabi 2019 with the output scale of Chizat, Oyallon and Bach 2019.

    Examples
    --------
    >>> certificate(1.0, 2.0, 0.5, 1.0, scale=4.0).valid, certificate(1.0, 2.0, 0.5, 1.0, scale=3.9).valid
    (True, False)
    """
    names = {"sigma": sigma, "norm": norm, "lipschitz": lipschitz, "label_norm": label_norm, "scale": scale}
    sigma, norm, lipschitz, size, gamma = (positive_float("certificate", k, v) for k, v in names.items())
    largest = 1 / (4 * gamma**2 * (norm + sigma / 4) ** 2)
    eta = largest if step is None else positive_float("certificate", "step", step)
    threshold = 8 * lipschitz * size / sigma**2
    return Certificate(
        sigma=sigma,
        norm=norm,
        lipschitz=lipschitz,
        scale=gamma,
        step=eta,
        radius=2 * size / (gamma * sigma),
        contraction=1 - 0.97 * eta * gamma**2 * sigma**2,
        path=1.55 * size / (gamma * sigma),
        threshold=threshold,
        valid=bool(gamma >= threshold and eta <= largest * (1 + 1e-12)),
    )


def proved_certificate(params, X, Y, *, activation="tanh", slack: float = 1.0) -> Certificate:
    r"""Return the certificate at the smallest scale that the *proved* Lipschitz bound allows.

    Parameters
    ----------
    params : sequence of L arrays
        Weights of one copy, NumPy or JAX.
    X : array (N, d)
    Y : array (N,)
    activation : {"tanh", "sigmoid", "softplus"}
    slack : float
        Multiplies the scale.

    Returns
    -------
    Certificate
        For the antisymmetric network of two copies, whose Λ is that of one copy over √2.

    Notes
    -----
    Λ falls with the radius and the radius with γ: the equation
    :math:`\gamma = 8\Lambda(\rho(\gamma))\lVert Y\rVert/\sigma_0^2` is solved by bisection on a logarithmic scale.
    Source: Book.

    Examples
    --------
    >>> W, X = plain.draw((3, 3, 3, 1), "bombari", 0), np.random.default_rng(0).standard_normal((4, 3))
    >>> proved_certificate(W, X, np.ones(4)).valid
    True
    """
    params = [np.asarray(W, float) for W in params]
    K, _ = tangent_kernels(params, X, activation)
    values = extreme_singular_values(K, sum(W.size for W in params))
    size = float(np.linalg.norm(Y))
    turning = jacobian_lipschitz_on_balls(params, X, activation)

    def at(gamma):
        radius = 2 * size / (gamma * positive_float("proved_certificate", "sigma", values[-1]))
        return certificate(values[-1], values[0], turning(radius) / 2**0.5, size, gamma)

    return at(slack * smallest_valid_scale(at))


def one_copy_jacobian(params, X, activation="tanh") -> np.ndarray:
    """Return the N by P Jacobian of one copy, from its factors; zero singular values are exact zeros if N > P."""
    F, B = plain.factors(params, X, activation=activation)
    J = plain.jacobian(F, B)
    return J if len(J) <= J.shape[1] else np.pad(J, ((0, 0), (0, len(J) - J.shape[1])))


class Problem(NamedTuple):
    """A network, its start, data and labels, ready to be trained as two copies."""

    net: AntisymmetricNetwork
    start: tuple
    X: jax.Array
    Y: jax.Array


def problem(widths, N: int, seed: int, *, activation="tanh", X=None, Y=None) -> Problem:
    """Draw weights as the paper does, Gaussian data and labels unless given, and double the network.

    Examples
    --------
    >>> problem((3, 3, 1), 2, 0).net(problem((3, 3, 1), 2, 0).start, np.ones((2, 3))).tolist()
    [0.0, 0.0]
    """
    rng = np.random.default_rng([seed, 0])
    X = rng.standard_normal((N, widths[0])) if X is None else X
    Y = rng.standard_normal(N) if Y is None else Y
    copy = tuple(jnp.asarray(W) for W in plain.draw(widths, "bombari", [seed, 1]))
    return Problem(
        AntisymmetricNetwork(MLP(tuple(widths), activation, "bombari")), (copy, copy), *map(jnp.asarray, (X, Y))
    )


def scaled_run(task: Problem, scale: float, step: float, steps: int, *, every: int = 1, observe=None):
    r"""Train :math:`\gamma f` on Y with step η, as training f on :math:`Y/\gamma` with step :math:`\eta\gamma^2`.

    The iterates are the same, the loss is :math:`\gamma^{-2}` times that of :math:`\gamma f`.

    Returns
    -------
    Trajectory
        With the loss of :math:`\gamma f`; ``observed`` holds what ``observe`` returned.

    Notes
    -----
    One compiled program for all scales, if ``observe`` is one and the same function. A run that stops being finite is
    recorded as such.

    Examples
    --------
    >>> bool(scaled_run(problem((3, 3, 1), 2, 0), 10.0, 1e-4, 5).loss[-1] < 10)
    True
    """
    run = gradient_descent(
        task.net,
        task.start,
        task.X,
        task.Y / scale,
        step_size=step * scale**2,
        steps=steps,
        record_every=every,
        observe=observe,
        on_divergence="record",
    )
    return run._replace(loss=run.loss * scale**2)
