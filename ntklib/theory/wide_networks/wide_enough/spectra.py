r"""What the width has to pay for: the smallest eigenvalue at the start, and the way that training goes."""

from typing import NamedTuple

import numpy as np

from ntklib import plain
from ntklib._validate import positive_float, positive_int
from ntklib.networks import named_parametrization
from ntklib.theory.wide_networks.shallow import shallow_descent, shallow_kernel, shallow_weights
from ntklib.theory.wide_networks.wide_enough.statements import shallow_lipschitz

STAY = 1 - 0.5**0.5  # part of the smallest singular value that may be lost for half of its square to remain
AUTHORS_LEAST = {16: (1.18, 1.32), 32: (14.9, 6.2), 64: (32.9, 11.5), 128: (47.3, 16.0), 256: (58.3, 19.4)}
AUTHORS_LEAST[512] = (66.1, 21.7)  # mean, standard deviation; meaning inferred from file names


def initial_kernels(X, m: int, seeds, *, depth: int = 3, activation="relu", c: float = 2.0):
    r"""Yield :math:`\frac1N JJ^\top` at initialization in the "ntk" parametrization, one array (N, N) per seed.

    Parameters
    ----------
    X : array (N, d)
    m : int
        Width of all hidden layers.
    seeds : iterable of int
    depth : int
        L, number of weight layers, at least 2.
    activation : str
        As for `ntklib.plain.factors`.
    c : float
        Weight variance.

    Notes
    -----
    NumPy float64, nothing is compiled. O(N m² + N² m) time a seed and layer. Source: Book.

    Examples
    --------
    >>> [K.shape for K in initial_kernels(np.eye(3), 8, range(2))]
    [(3, 3), (3, 3)]
    """
    m, depth = positive_int("initial_kernels", "m", m), positive_int("initial_kernels", "depth", depth)
    widths = [X.shape[1], *[m] * (depth - 1), 1]
    scaling = named_parametrization("ntk", widths, c)
    for seed in seeds:
        params = plain.draw(widths, scaling, [seed, m])
        yield plain.tangent_kernel(params, X, activation=activation, multiplier=scaling.multiplier) / len(X)


def least_eigenvalues(X, m: int, seeds, **settings) -> np.ndarray:
    """Smallest eigenvalues of `initial_kernels`, one per seed, sorted: the survival curve's abscissae.

    Examples
    --------
    >>> least_eigenvalues(np.eye(3), 8, range(4)).shape
    (4,)
    """
    return np.sort([np.linalg.eigvalsh(K)[0] for K in initial_kernels(X, m, seeds, **settings)])


def chernoff_width(X, least: float, delta: float, *, slope: float = 1.0, height: float = 1.0, c: float = 1.0) -> float:
    r"""Return a width at which half of the limit's smallest eigenvalue is there, for one hidden layer and signs.

    .. math:: m = \frac{6.52\,R}{\lambda_\infty}\log\frac N\delta, \qquad
              R = c\,\Big(\frac{s_1^2\lVert X\rVert^2}N + s_0^2\Big)

    Parameters
    ----------
    X : array (N, d)
    least : float
        :math:`\lambda_\infty`, smallest eigenvalue of the mean of the kernel :math:`\frac1N JJ^\top`.
    delta : float
        Probability of failing.
    slope, height : float
        :math:`s_1 = \sup\lvert\sigma'\rvert` and :math:`s_0 = \sup\lvert\sigma\rvert`.
    c : float

    Returns
    -------
    float

    Notes
    -----
    Output weights ±1. The constant is the inverse of :math:`\frac12(1 - \log2)`. Source: Tropp 2012, matrix Chernoff
    bound; Book.

    Examples
    --------
    >>> round(chernoff_width(np.eye(2), 0.1, 0.05))
    361
    """
    least, delta = positive_float("chernoff_width", "least", least), positive_float("chernoff_width", "delta", delta)
    R = c * (slope**2 * np.linalg.norm(X, 2) ** 2 / len(X) + height**2)
    return 2 / (1 - np.log(2)) * R / least * np.log(len(X) / delta)


def travel_radius(least: float, excess: float) -> float:
    r"""Return :math:`\rho = 4\sqrt{\Delta_0/\lambda_0}`, the path's bound when half of :math:`\lambda_0` stays.

    Examples
    --------
    >>> travel_radius(0.25, 1.0)
    8.0
    """
    return (
        4 * (positive_float("travel_radius", "excess", excess) / positive_float("travel_radius", "least", least)) ** 0.5
    )


class ConvergenceTerms(NamedTuple):
    """What the chapter's theorem needs and promises, from a start and its residuals."""

    least: float  # λ₀
    radius: float  # ρ
    turning: float  # Λ on the ball of radius ρ
    share: float  # Λρ over what the theorem allows; it applies up to 1
    step: float  # its largest step size
    drift: float  # its bound on ‖K_t − K₀‖


def convergence_terms(W, a, X, residual, *, activation="tanh", c: float = 1.0) -> ConvergenceTerms:
    r"""Evaluate hypotheses and conclusions of the theorem on one hidden layer.

    .. math:: \rho = 4\sqrt{\Delta_0/\lambda_0}, \qquad \Lambda\rho \le (1 - 2^{-1/2})\sqrt{\lambda_0}, \qquad
              \eta \le \frac1{(B_0 + \Lambda\rho)^2 + \Lambda\sqrt{2\Delta_0}}

    Parameters
    ----------
    W : array (d, m)
    a : array (m,)
    X : array (N, d)
    residual : array (N,)
        f − y at the start.
    activation : {"tanh", "sigmoid", "softplus"}
    c : float

    Returns
    -------
    ConvergenceTerms

    Notes
    -----
    O(N d m + N² m) time. Source: Book, the theorem of the chapter.

    Examples
    --------
    >>> from ntklib.theory.wide_networks.shallow import shallow_weights
    >>> terms = convergence_terms(*shallow_weights(3, 4000, 0), np.eye(3), 0.01 * np.ones(3))
    >>> terms.share < 1
    True
    """
    values = np.linalg.eigvalsh(shallow_kernel(W, a, X, activation=activation, c=c))
    excess = 0.5 * float(np.mean(np.asarray(residual) ** 2))
    radius, largest = travel_radius(values[0], excess), values[-1] ** 0.5
    turning = float(shallow_lipschitz(a, X, radius, activation=activation, c=c))
    moved = turning * radius
    step = 1 / ((largest + moved) ** 2 + turning * (2 * excess) ** 0.5)
    drift = (2 * largest + moved) * moved
    share = moved / (STAY * values[0] ** 0.5)
    return ConvergenceTerms(*map(float, (values[0], radius, turning, share, step, drift)))


def proved_width(a, X, least: float, excess: float, *, largest=None, activation="tanh", c: float = 1.0) -> float:
    r"""Return the width from which one hidden layer provably keeps half of :math:`\lambda_0` in training.

    .. math:: \Lambda\rho \le \Big(1 - \frac1{\sqrt2}\Big)\sqrt{\lambda_0}
              \qquad\text{or, with ``largest``,}\qquad (2B_0 + \Lambda\rho)\Lambda\rho \le \tfrac12\lambda_0

    Parameters
    ----------
    a : array (m,)
        Output weights at the start; only their largest size enters.
    X : array (N, d)
    least : float
        :math:`\lambda_0`, smallest eigenvalue of the kernel at the start.
    excess : float
        :math:`\Delta_0`, loss at the start.
    largest : float, optional
        :math:`B_0^2`, largest eigenvalue; if given, the condition goes through the kernel's norm.
    activation : {"tanh", "sigmoid", "softplus"}
    c : float

    Returns
    -------
    float
        With :math:`\rho` of `travel_radius`; λ, B and the largest output weight are taken as they are.

    Notes
    -----
    Source: Book, the theorem of the chapter.

    Examples
    --------
    >>> through_jacobian = proved_width(np.ones(4), np.eye(2), 0.1, 0.5)
    >>> through_jacobian < proved_width(np.ones(4), np.eye(2), 0.1, 0.5, largest=1.0)
    True
    """
    rho = travel_radius(least, excess)
    turning = shallow_lipschitz(a, X, rho, activation=activation, c=c) * len(a) ** 0.5 * rho
    if largest is None:
        return float((turning / (STAY * least**0.5)) ** 2)
    return float((turning / (np.sqrt(largest + least / 2) - np.sqrt(largest))) ** 2)


def end_drifts(X, y, widths, seeds, *, steps: int = 1000, activation="tanh", c: float = 1.0) -> list[dict]:
    r"""Train one hidden layer at each width and compare how far the kernel has moved with half of its least eigenvalue.

    Parameters
    ----------
    X, y : arrays (N, d), (N,)
    widths, seeds : iterables of int
    steps : int
        Iterations with :math:`\eta = 1/\lambda_{\max}`.
    activation : str
    c : float

    Returns
    -------
    list of dict
        Keys m, seed, least (:math:`\lambda_0`), drift, ratio (drift over :math:`\frac12\lambda_0`), kept (smallest
        eigenvalue seen over the first one), loss (last over first), distance.

    Notes
    -----
    Source: Book.

    Examples
    --------
    >>> [row["m"] for row in end_drifts(np.eye(3), np.ones(3), (8, 16), [0], steps=10)]
    [8, 16]
    """
    rows = []
    for m in widths:
        for seed in seeds:
            W, a = shallow_weights(X.shape[1], m, [seed, m])
            run = shallow_descent(W, a, X, y, steps=steps, every=max(steps // 10, 1), activation=activation, c=c)
            least = run.smallest
            row = {"m": m, "seed": seed, "least": least[0], "drift": run.drift[-1]}
            row |= {"ratio": 2 * run.drift.max() / least[0], "kept": least.min() / least[0]}
            rows.append(row | {"loss": run.loss[-1] / run.loss[0], "distance": run.distance[-1]})
    return rows


def kernel_extremes(W, a, X, **settings) -> tuple[float, float]:
    """Smallest and largest eigenvalue of the kernel of one hidden layer.

    Examples
    --------
    >>> kernel_extremes(np.ones((1, 2)), np.ones(2), np.ones((1, 1)), activation="relu", c=2.0)
    (4.0, 4.0)
    """
    values = np.linalg.eigvalsh(shallow_kernel(W, a, X, **settings))
    return float(values[0]), float(values[-1])
