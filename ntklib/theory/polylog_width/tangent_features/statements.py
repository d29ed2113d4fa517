r"""What a linear model on the gradients at initialization can do: scales, radii, margins, and where it fails.

Notation: m width, L layers, :math:`\bar K = \sum_l\bar K_l` the tangent kernel over m, γ its margin, :math:`f_0` the
outputs at initialization, :math:`\epsilon_{\rm NTRF}(R)` the least mean logistic loss in the ball of radius R.
"""

from functools import partial
from typing import NamedTuple

import jax
import numpy as np
from scipy.optimize import minimize

from ntklib._validate import positive_float, positive_int
from ntklib.networks import MLP
from ntklib.theory.polylog_width.tangent_models import Margin, scaled_blocks, tangent_margin


class TangentProblem(NamedTuple):
    r"""A labelled sample seen through the gradients of one network at initialization.

    Attributes
    ----------
    net : MLP
    params : tuple of L arrays
    X : array (N, d)
    y : array (N,)
        Labels ±1.
    blocks : list of L arrays (N, N)
        :math:`\bar K_l`.
    start : array (N,)
        :math:`f_0`.
    """

    net: MLP
    params: tuple
    X: np.ndarray
    y: np.ndarray
    blocks: list
    start: np.ndarray

    @property
    def kernel(self) -> np.ndarray:
        r""":math:`\bar K`, the sum of the blocks."""
        return sum(self.blocks)

    @property
    def margin(self) -> Margin:
        """The margin with all layers."""
        return tangent_margin(self.kernel, self.y)


def problem(X, y, width: int, depth: int, seed: int = 0) -> TangentProblem:
    r"""Return the tangent problem of one random network in the paper's parametrization.

    Parameters
    ----------
    X : array_like (N, d)
        Unit rows, for the scales of the paper.
    y : array_like (N,)
        Labels ±1.
    width, depth : int
        m and L (the number of weight layers).
    seed : int
        Of the initialization.

    Returns
    -------
    TangentProblem

    Notes
    -----
    Float64; O(N² m L + N m² L) time, L N² numbers.

    Examples
    --------
    >>> p = problem(np.eye(3), [1, -1, 1], 64, 3)
    >>> p.kernel.shape, len(p.blocks), p.start.shape
    ((3, 3), 3, (3,))
    """
    X = np.asarray(X, np.float64)
    net = MLP((X.shape[1], *(depth - 1) * (width,), 1), "relu", "chen")
    params = net.init(jax.random.key(seed))
    return TangentProblem(
        net, params, X, np.asarray(y, float), scaled_blocks(net, params, X), np.asarray(_outputs(net, params, X))
    )


@partial(jax.jit, static_argnums=0)
def _outputs(net, params, X):
    return net(params, X)


def logistic(z) -> np.ndarray:
    r"""Return :math:`\ell(z) = \log(1 + e^{-z})` without overflow (chapter ``tangent_features``)."""
    return np.logaddexp(0.0, -np.asarray(z, np.float64))


def loss_ceiling(margin: float, start, radius: float) -> float:
    r"""Return an upper bound on :math:`\epsilon_{\rm NTRF}(R)`: follow the direction of the largest margin.

    .. math:: \epsilon_{\rm NTRF}(R) \le \ell\big(R\gamma - \max_i\lvert f_0(x_i)\rvert\big)

    Parameters
    ----------
    margin : float
        γ, or any margin that some unit direction reaches.
    start : array_like (N,)
        :math:`f_0`.
    radius : float
        R ≥ 0.

    Returns
    -------
    float

    Notes
    -----
    O(N). Source: Chen, Cao, Zou, Gu 2021, Proposition on the margin; this exact form Book.

    Examples
    --------
    >>> round(loss_ceiling(0.5, [0.0], 2.0), 4)
    0.3133
    """
    gamma = positive_float("loss_ceiling", "margin", margin)
    return float(logistic(radius * gamma - np.abs(np.asarray(start)).max()))


def sufficient_radius(margin: float, start, target: float) -> float:
    r"""Return a radius at which the best tangent model has loss at most ε.

    .. math:: R = \frac1\gamma\Big[\log\frac1{e^\epsilon-1} + \max_i\lvert f_0(x_i)\rvert\Big]_+

    Parameters
    ----------
    margin : float
        γ > 0.
    start : array_like (N,)
        :math:`f_0`.
    target : float
        ε > 0, in nats.

    Returns
    -------
    float
        The zero of :func:`loss_ceiling` minus ε.

    Notes
    -----
    O(N). Source: Chen, Cao, Zou, Gu 2021, Proposition on the margin; this exact form Book.

    Examples
    --------
    >>> R = sufficient_radius(0.5, [0.3, -1.0], 0.1)
    >>> round(loss_ceiling(0.5, [0.3, -1.0], R), 12)
    0.1
    """
    gamma, target = (positive_float("sufficient_radius", *p) for p in (("margin", margin), ("target", target)))
    return max(float(-np.log(np.expm1(target)) + np.abs(np.asarray(start)).max()), 0.0) / gamma


def loss_floor(margin: Margin, start, y, radius: float, layers: int) -> float:
    r"""Return a lower bound on :math:`\epsilon_{\rm NTRF}(R)` from the weights p that attain the margin's dual.

    .. math:: \epsilon_{\rm NTRF}(R) \ge \frac1{N\max_ip_i}\,
              \ell\Big(\sum_ip_iy_if_0(x_i) + \sqrt L\,R\,\gamma\Big)

    Parameters
    ----------
    margin : Margin
        Of the kernel with all layers.
    start, y : array_like (N,)
        :math:`f_0` and labels.
    radius : float
        R ≥ 0.
    layers : int
        L, the number of balls.

    Returns
    -------
    float

    Notes
    -----
    Jensen's inequality for the weights p, and Cauchy's over the layers; O(N). Source: Book.

    Examples
    --------
    >>> round(loss_floor(tangent_margin(np.eye(2), [1, -1]), [0, 0], [1, -1], 0.0, 1), 6)
    0.693147
    """
    p = margin.weights
    reach = p @ (np.asarray(y) * np.asarray(start)) + np.sqrt(layers) * radius * margin.upper
    return float(logistic(reach) / (len(p) * p.max()))


def bridge(K, y) -> tuple[float, float]:
    r"""Return :math:`\sqrt{\lambda_{\min}/N}` and :math:`(y^\top K^{-1}y)^{-1/2}`, two lower bounds on the margin.

    Parameters
    ----------
    K : array_like (N, N)
        Positive definite.
    y : array_like (N,)
        Labels ±1.

    Returns
    -------
    tuple of two floats
        In increasing order.

    Notes
    -----
    The second is the margin of the interpolator of y, scaled to norm 1; O(N³). Source: Book.

    Examples
    --------
    >>> [round(v, 3) for v in bridge(np.diag([1.0, 4.0]), [1, -1])]
    [0.707, 0.894]
    """
    K, y = np.asarray(K, np.float64), np.asarray(y, np.float64)
    return float(np.sqrt(max(np.linalg.eigvalsh(K)[0], 0.0) / len(y))), float((y @ np.linalg.solve(K, y)) ** -0.5)


def dual_value(a, blocks, y, radius: float, start) -> tuple[float, np.ndarray]:
    r"""Return the dual function of the best tangent model at any a in the open cube, and its gradient.

    .. math:: D(a) = \frac1N\Big[\sum_ih(a_i) - \sum_ia_iy_if_0(x_i)
              - R\sum_l\sqrt{(a\circ y)^\top\bar K_l(a\circ y)}\Big] \le \epsilon_{\rm NTRF}(R)

    Parameters
    ----------
    a : array_like (N,)
        Between 0 and 1.
    blocks, y, radius, start
        As in `tangent_fit`.

    Returns
    -------
    tuple of a float and an array (N,)

    Notes
    -----
    O(L N²). Source: Book.

    Examples
    --------
    >>> float(dual_value([0.5], [np.eye(1)], [1.0], 0.0, [0.0])[0]) == float(np.log(2))
    True
    """
    a, y, start = (np.asarray(v, np.float64) for v in (a, y, start))
    pulls = [K @ (a * y) for K in blocks]
    norms = [np.sqrt(max(pull @ (a * y), 1e-300)) for pull in pulls]
    entropy = -a * np.log(a) - (1 - a) * np.log1p(-a)
    value = entropy.sum() - (a * y) @ start - radius * sum(norms)
    slope = np.log1p(-a) - np.log(a) - y * start - radius * y * sum(p / n for p, n in zip(pulls, norms))
    return value / len(y), slope / len(y)


def dual_maximum(blocks, y, radius: float, start) -> float:
    r"""Return the maximum of :func:`dual_value` by a general solver, a second route to :math:`\epsilon_{\rm NTRF}`.

    Parameters
    ----------
    blocks, y, radius, start
        As in `tangent_fit`.

    Returns
    -------
    float
        A lower bound on the least loss, whatever the solver does.

    Notes
    -----
    `scipy.optimize.minimize`, method L-BFGS-B, with bounds; O(L N²) per iteration. Source: Book.

    Examples
    --------
    >>> value = dual_maximum([np.eye(2)], [1, -1], 2.0, [0.0, 0.0])
    >>> bool(np.isclose(value, np.log1p(np.exp(-np.sqrt(2.0)))))
    True
    """
    R, edge = positive_float("dual_maximum", "radius", radius), 1e-10
    answer = minimize(
        lambda a: tuple(-part for part in dual_value(a, blocks, y, R, start)),
        np.full(len(y), 0.5),
        jac=True,
        bounds=len(y) * [(edge, 1 - edge)],
        options={"maxiter": 5000, "ftol": 1e-14, "gtol": 1e-9},
    )
    return float(-answer.fun)


def dead_probability(width: int, depth: int) -> float:
    r"""Return the probability that all gradients of one sample vanish at initialization.

    .. math:: P = 1 - (1 - 2^{-m})^{L-1}

    Parameters
    ----------
    width, depth : int
        m, and L ≥ 1.

    Returns
    -------
    float

    Notes
    -----
    A hidden layer is silent when its m signs, independent and fair, are all negative; one silent layer stops features
    and gradients. Source: Book.

    Examples
    --------
    >>> dead_probability(1, 3)
    0.75
    """
    m, L = positive_int("dead_probability", "width", width), positive_int("dead_probability", "depth", depth)
    return -float(np.expm1((L - 1) * np.log1p(-(2.0**-m))))
