r"""The Hessian of a wide network's output: exact for one hidden layer, bounded at any depth.

Everything is for the "ntk" parametrization; the Hessian is that of one output f(x) in all weights, its norm the
spectral norm.
"""

import numpy as np

from ntklib import plain
from ntklib._validate import positive_float
from ntklib.theory.lipschitz import derivative_suprema


def neuron_turnings(a, g, size, *, activation="tanh") -> np.ndarray:
    r"""Return the norm of each neuron's block of the Hessian, without the factor :math:`\sqrt{c/m}`.

    .. math:: h(a, g, s) = \tfrac12\Big(\lvert a\,\sigma''(g)\rvert s^2
              + \sqrt{a^2\sigma''(g)^2s^4 + 4\,\sigma'(g)^2s^2}\Big)

    Parameters
    ----------
    a, g, size : arrays, broadcast against each other
        Output weight, pre-activation, length of the input.
    activation : {"tanh", "sigmoid", "softplus"}

    Returns
    -------
    ndarray

    Notes
    -----
    Exact up to rounding. Source: Book, the lemma of the chapter.

    Examples
    --------
    >>> float(neuron_turnings(0.0, 0.0, 3.0))
    3.0
    """
    derivative_suprema("neuron_turnings", activation)
    _, slope, bend = plain.activation_functions(activation)
    u = np.abs(a * bend(g)) * np.asarray(size) ** 2
    return 0.5 * (u + np.sqrt(u**2 + 4 * (slope(g) * size) ** 2))


def shallow_hessian_norms(W, a, X, *, activation="tanh", c: float = 1.0) -> np.ndarray:
    r"""Return :math:`\lVert\partial^2f(x_i)\rVert` for one hidden layer, exactly: the largest neuron's.

    Parameters
    ----------
    W, a : arrays (d, m), (m,)
    X : array (N, d)
    activation : {"tanh", "sigmoid", "softplus"}
    c : float

    Returns
    -------
    ndarray (N,)

    Notes
    -----
    O(N d m). Source: Book, the lemma of the chapter.

    Examples
    --------
    >>> shallow_hessian_norms(np.zeros((2, 4)), np.zeros(4), np.array([[3.0, 4.0]])).tolist()
    [2.5]
    """
    sizes = np.linalg.norm(X, axis=1)[:, None]
    return (c / len(a)) ** 0.5 * neuron_turnings(a, X @ W, sizes, activation=activation).max(axis=1)


def shallow_hessian_suprema(W, a, X, radius: float, *, activation="tanh", c: float = 1.0, points: int = 801):
    r"""Return the largest :math:`\lVert\partial^2f(x_i)\rVert` on the ball of a radius, for one hidden layer.

    Parameters
    ----------
    W, a : arrays (d, m), (m,)
        The centre.
    X : array (N, d)
    radius : float
        ρ, in the Euclidean norm of all weights.
    activation : {"tanh", "sigmoid", "softplus"}
    c : float
    points : int
        Of the grid on which the pre-activation of a neuron is searched.

    Returns
    -------
    ndarray (N,)

    Notes
    -----
    The worst point spends all of ρ on one neuron: on its pre-activation by :math:`t\lVert x\rVert`, and on the
    size of its output weight by :math:`\sqrt{\rho^2 - t^2}`. The search over t makes it a value from below, with a
    relative error of order ``points``\ :sup:`-2`. O(N m points). Source: Book.

    Examples
    --------
    >>> W, a, X = np.ones((2, 3)), np.ones(3), np.eye(2)
    >>> bool((shallow_hessian_suprema(W, a, X, 1.0) > shallow_hessian_norms(W, a, X)).all())
    True
    """
    rho = positive_float("shallow_hessian_suprema", "radius", radius)
    t = rho * np.sin(np.linspace(-np.pi / 2, np.pi / 2, points))[:, None]
    reach = np.abs(a) + np.sqrt(np.maximum(rho**2 - t**2, 0))
    best = []
    for x in np.asarray(X):
        size = np.linalg.norm(x)
        best.append(neuron_turnings(reach, x @ W + t * size, size, activation=activation).max())
    return (c / len(a)) ** 0.5 * np.array(best)


def shallow_lipschitz(a, X, radius: float, *, activation="tanh", c: float = 1.0) -> float:
    r"""Return the proved Lipschitz constant Λ of the Jacobian on the ball, for one hidden layer.

    .. math:: \Lambda = \sqrt{\frac cm}\,\Big(\frac1N\sum_i
              \big(s_1\lVert x_i\rVert + s_2(\lVert a\rVert_\infty + \rho)\lVert x_i\rVert^2\big)^2\Big)^{1/2}

    Parameters
    ----------
    a : array (m,)
        Output weights at the centre.
    X : array (N, d)
    radius : float
        ρ; 0 is allowed, for the centre alone.
    activation : {"tanh", "sigmoid", "softplus"}
        With :math:`s_1 = \sup\lvert\sigma'\rvert` and :math:`s_2 = \sup\lvert\sigma''\rvert`.
    c : float

    Returns
    -------
    float
        For the Jacobian as an operator into the functions on the sample.

    Notes
    -----
    O(N d + m). Source: Book, the lemma of the chapter.

    Examples
    --------
    >>> round(shallow_lipschitz(np.zeros(4), np.eye(2), 0.0), 6)
    0.5
    """
    first, second = derivative_suprema("shallow_lipschitz", activation)
    sizes = np.linalg.norm(X, axis=1)
    each = first * sizes + second * (np.abs(a).max() + radius) * sizes**2
    return float((c / len(a)) ** 0.5 * np.sqrt(np.mean(each**2)))


def deep_hessian_bound(net, params, X) -> np.ndarray:
    r"""Return a bound of :math:`\lVert\partial^2f(x_i)\rVert` at the given weights, for any depth.

    .. math:: \sum_{l=1}^{L-1}\Big(\mu_{l+1}s_1\lVert b_{l+1}\rVert\,\gamma_l
              + s_2\lVert\tilde b_l\rVert_\infty\,\gamma_l^2\Big), \qquad
              \gamma_{l+1} = \mu_{l+1}\big(\lVert f_l\rVert + s_1\lVert W_{l+1}\rVert\gamma_l\big)

    with :math:`\gamma_1 = \mu_1\lVert x\rVert` and :math:`\tilde b_l = \mu_{l+1}W_{l+1}b_{l+1}`.

    Parameters
    ----------
    net : MLP
        One output, activation "tanh", "sigmoid" or "softplus".
    params : tuple of L arrays
    X : array (N, d)

    Returns
    -------
    ndarray (N,)

    Notes
    -----
    One forward and backward pass and one norm per weight matrix. Source: Book, the proposition of the chapter.

    Examples
    --------
    >>> from ntklib import MLP
    >>> net, X = MLP((2, 4, 1), "tanh"), np.array([[3.0, 4.0]])
    >>> deep_hessian_bound(net, (np.zeros((2, 4)), np.zeros((4, 1))), X).round(6).tolist()
    [3.535534]
    """
    first, second = derivative_suprema("deep_hessian_bound", net.activation)
    mu = net.parametrization.multiplier
    weights = [scale * np.asarray(W, float) for scale, W in zip(mu, params)]
    F, B = plain.factors(params, X, activation=net.activation, multiplier=mu)
    gamma, total = mu[0] * np.linalg.norm(F[0], axis=1), 0.0
    for l in range(1, net.depth):
        arriving = np.abs(B[l] @ weights[l].T).max(axis=1)
        total = total + mu[l] * first * np.linalg.norm(B[l], axis=1) * gamma + second * arriving * gamma**2
        gamma = mu[l] * np.linalg.norm(F[l], axis=1) + first * np.linalg.norm(weights[l], 2) * gamma
    return total


def drift_bound(norm: float, turning: float, radius: float, *, first: float = 2.0) -> float:
    r"""Return :math:`\Delta_K = (2B_0 + \Lambda\rho)\Lambda\rho`, the bound of Theorem T2 on the kernel's drift.

    Parameters
    ----------
    norm, turning, radius : float
        :math:`B_0`, Λ, ρ.
    first : float
        The 2 of the product rule.

    Notes
    -----
    From :math:`JJ^* - J_0J_0^* = (J - J_0)J_0^* + J_0(J - J_0)^* + (J - J_0)(J - J_0)^*`. Source: Book.

    Examples
    --------
    >>> drift_bound(1.0, 0.5, 1.0)
    1.25
    """
    turned = turning * radius
    return float((first * norm + turned) * turned)
