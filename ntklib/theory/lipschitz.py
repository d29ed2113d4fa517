r"""How fast the Jacobian of a smooth network can turn: a bound on a ball that is proved, and an estimate that is not.

For f(θ) in R^N the Lipschitz constant of the Jacobian in the operator norm is the supremum of
:math:`\lVert D^2f(\theta)[\Delta, w]\rVert_2` over unit Δ, w and the ball.
"""

import jax
import jax.numpy as jnp
import numpy as np

from ntklib import plain
from ntklib._validate import positive_float, positive_int
from ntklib.activations import activation as look_up
from ntklib.kernels import flat_jacobian


def derivative_suprema(where: str, activation) -> tuple[float, float]:
    r"""Return :math:`\sup\lvert\sigma'\rvert` and :math:`\sup\lvert\sigma''\rvert`, or say that they are not finite.

    Examples
    --------
    >>> derivative_suprema("here", "softplus")
    (1.0, 0.25)
    """
    found = look_up(activation)
    pair = found.slope_bound, found.bend_bound
    if None in pair or not np.isfinite(pair).all():
        raise ValueError(
            f"{where}: activation={found.name!r}; expected one with a bounded second derivative, such as tanh, sigmoid "
            "or softplus."
        )
    return pair


def jacobian_lipschitz_bound(params, X, radius: float, activation: str = "tanh", *, multiplier=None) -> float:
    r"""Return a proved bound on the Lipschitz constant of the Jacobian on the ball :math:`B(\theta_0, \rho)`.

    .. math:: \lVert J(\theta) - J(\theta')\rVert \le \Lambda\,\lVert\theta - \theta'\rVert

    With :math:`\omega_l = \lVert W_l\rVert + \rho` and bounds :math:`\Phi_l \ge \lVert F_l\rVert`,
    :math:`m_l \ge \max_i\lVert f_l(x_i)\rVert` on the ball, vectors and matrices indexed by the layers that move:

    .. math:: c_l = \omega_ls_1c_{l-1} + \Phi_{l-1}e_l, \quad r_l = \omega_ls_1r_{l-1} + m_{l-1}e_l, \quad
              M_l = \omega_l\big(s_2\,(rc^\top \wedge cr^\top)_{l-1} + s_1M_{l-1}\big)
              + s_1(c_{l-1}e_l^\top + e_lc_{l-1}^\top)

    and :math:`\Lambda = \lVert M_L\rVert`; ∧ is the entrywise minimum. With forward multipliers :math:`a_l`,
    :math:`\omega_l`, :math:`\Phi_{l-1}e_l`, :math:`m_{l-1}e_l` and the last term are multiplied by :math:`a_l`.

    Parameters
    ----------
    params : sequence of L arrays (n_{l-1}, n_l)
        :math:`\theta_0`, :math:`n_L = 1`.
    X : array (N, d)
    radius : float
        ρ, in the Euclidean norm of all weights.
    activation : {"tanh", "sigmoid", "softplus"}
    multiplier : sequence of L floats, optional
        Those of the network's parametrization; all 1, the standard one, if not given.

    Returns
    -------
    float

    Notes
    -----
    Proved in the chapter; up to rounding of the norms, which is not accounted for. Time: one singular value
    decomposition per feature matrix and per weight. Source: Book.

    Examples
    --------
    >>> W = [np.eye(2), np.ones((2, 1))]
    >>> jacobian_lipschitz_bound(W, np.eye(2), 0.1) < jacobian_lipschitz_bound(W, np.eye(2), 0.2)
    True
    """
    radius = positive_float("jacobian_lipschitz_bound", "radius", radius)
    return jacobian_lipschitz_on_balls(params, X, activation, multiplier=multiplier)(radius)


def jacobian_lipschitz_on_balls(params, X, activation: str = "tanh", *, multiplier=None):
    r"""Return the function ``radius -> Λ`` of `jacobian_lipschitz_bound`, with the norms computed once.

    Parameters
    ----------
    params, X, activation, multiplier
        As in `jacobian_lipschitz_bound`.

    Returns
    -------
    callable
        Nondecreasing in the radius.

    Notes
    -----
    A call costs a few operations on L by L matrices. Source: Book.

    Examples
    --------
    >>> turning = jacobian_lipschitz_on_balls([np.eye(2), np.ones((2, 1))], np.eye(2), multiplier=(1.0, 0.5))
    >>> turning(0.1) < turning(0.2)
    True
    """
    suprema = derivative_suprema("jacobian_lipschitz_bound", activation)
    m = np.ones(len(params)) if multiplier is None else np.asarray(multiplier, float)
    F, _ = plain.factors(params, X, activation=activation, multiplier=m)
    weights = [np.linalg.norm(np.asarray(W, float), 2) for W in params]
    whole = [np.linalg.norm(f, 2) for f in F]
    rows = [np.linalg.norm(f, axis=1).max() for f in F]
    return lambda radius: _turning(m, weights, whole, rows, radius, suprema)


def _turning(m, weights, whole, rows, rho: float, slopes) -> float:
    """The recursion of the bound, from the norms at the centre of the ball."""
    slope, bend = slopes
    omega = [a * (w + rho) for a, w in zip(m, weights)]
    whole = _features_on_ball(m, omega, whole, rho, slope)
    rows = _features_on_ball(m, omega, rows, rho, slope)
    L = len(omega)
    c, r, M = np.zeros(L), np.zeros(L), np.zeros((L, L))
    for layer, (a, w, e) in enumerate(zip(m, omega, np.eye(L))):
        hadamard = np.minimum(np.outer(r, c), np.outer(c, r))
        M = w * (bend * hadamard + slope * M) + a * slope * (np.outer(c, e) + np.outer(e, c))
        c, r = w * slope * c + a * whole[layer] * e, w * slope * r + a * rows[layer] * e
    return float(np.linalg.norm(M, 2))


def _features_on_ball(m, omega, norms, rho: float, slope: float) -> list:
    """Bounds anywhere on the ball on a norm of the feature matrices, operator norm or longest row."""
    bounds, moved = [norms[0]], 0.0  # how far F_l, or any row of it, can have moved
    for a, w, before, after in zip(m, omega, norms, norms[1:]):
        moved = slope * (w * moved + a * before * rho)
        bounds.append(after + moved)
    return bounds


def jacobian_lipschitz_estimate(
    net, params, X, radius: float, *, points: int = 6, steps: int = 8, seed: int = 0
) -> float:
    r"""Return the largest turning speed of the Jacobian that was *found* on the ball: a lower estimate of Λ.

    .. math:: \max_{\theta}\ \max_{\lVert\Delta\rVert = \lVert w\rVert = 1}\ \lVert D^2f(\theta)[\Delta, w]\rVert_2
              \quad\text{over a few }\theta\in B(\theta_0, \rho)

    Parameters
    ----------
    net : callable
        ``net(params, X) -> (N,)``, twice differentiable.
    params : pytree
    X : array (N, d)
    radius : float
    points : int
        Random points on the sphere of that radius, beside the centre.
    steps : int
        Alternating maximizations over Δ and w at each point.
    seed : int

    Returns
    -------
    float

    Notes
    -----
    Not a bound: neither all points nor the global maximum over directions are seen. Each alternation is one
    derivative of the N by P Jacobian along a direction and its leading singular pair. Source: Book.

    Examples
    --------
    >>> round(jacobian_lipschitz_estimate(lambda w, X: (X @ w) ** 2, jnp.ones(1), jnp.ones((1, 1)), 0.1), 6)
    2.0
    """
    rho = positive_float("jacobian_lipschitz_estimate", "radius", radius)
    points = positive_int("jacobian_lipschitz_estimate", "points", points)
    flat, unravel = jax.flatten_util.ravel_pytree(params)
    X = jnp.asarray(X)

    @jax.jit
    def turning(theta, direction):
        return jax.jvp(lambda t: flat_jacobian(net, unravel(t), X), (theta,), (direction,))[1]

    best, rng = 0.0, np.random.default_rng(seed)
    for shift in [np.zeros(flat.size), *rng.standard_normal((points, flat.size))]:
        theta = flat + rho * shift / max(np.linalg.norm(shift), 1e-300)
        direction = rng.standard_normal(flat.size)
        for _ in range(steps):
            direction = direction / np.linalg.norm(direction)
            D = np.asarray(turning(theta, jnp.asarray(direction, flat.dtype)))
            values, vectors = np.linalg.eigh(D @ D.T)
            best = max(best, float(values[-1]) ** 0.5)
            direction = D.T @ vectors[:, -1]
    return best
