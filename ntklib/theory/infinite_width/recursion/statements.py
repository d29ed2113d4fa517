r"""Finite ReLU networks against the limiting recursion: sampled kernels, exact moments, small angles.

Networks here have the "ntk" parametrization with c = 2: weights of variance 1, multipliers 1 and then
:math:`\sqrt{2/n_{l-1}}`, so that :math:`\mathbb{E} K_{ii} = L \lVert x_i \rVert^2` at every width.
"""

import math

import numpy as np

from ntklib import plain
from ntklib._validate import data_matrix, positive_int

_CHUNK = 4_000_000  # weights held at a time


def batched_ntk(params, X) -> np.ndarray:
    r"""Empirical tangent kernels of many ReLU networks at once, in the "ntk" parametrization.

    .. math:: K = \sum_l m_l^2\, (F_{l-1} F_{l-1}^\top) \circ (B_l B_l^\top)

    Parameters
    ----------
    params : sequence of L arrays, shapes (S, n_{l-1}, n_l)
        Weights of S networks; n_L = 1.
    X : array_like, shape (N, d)

    Returns
    -------
    ndarray, shape (S, N, N)

    Notes
    -----
    The numbers of `ntklib.empirical_ntk`, in NumPy and with one axis more: nothing is compiled, so that thousands of
    small networks take less than a second. O(S N (N + n) n L) time.

    Examples
    --------
    >>> batched_ntk([np.ones((1, 2, 1)), np.ones((1, 1, 1))], [[1.0, 2.0]]).round(9).tolist()
    [[[28.0]]]
    """
    W = [np.asarray(w, float) for w in params]
    X = np.asarray(data_matrix("batched_ntk", "X", X, columns=W[0].shape[1]), float)
    multiplier = [1.0] + [(2 / w.shape[1]) ** 0.5 for w in W[1:]]
    return plain.tangent_kernel(W, X, activation="relu", multiplier=multiplier)


def sampled_kernels(X, depth: int, width, seeds: int, *, key: int = 0) -> np.ndarray:
    """Empirical tangent kernels of independent random ReLU networks in the "ntk" parametrization.

    Parameters
    ----------
    X : array_like, shape (N, d)
    depth : int
        Number L of weight layers.
    width : int or sequence of L - 1 ints
        Width of every hidden layer, or of each.
    seeds : int
        Number S of networks.
    key : int
        Random seed of the whole batch.

    Returns
    -------
    ndarray, shape (S, N, N)

    Notes
    -----
    See `batched_ntk`. Memory: the result and about 100 MB.

    Examples
    --------
    >>> sampled_kernels(np.eye(3), depth=3, width=50, seeds=2).shape
    (2, 3, 3)
    """
    X = np.asarray(data_matrix("sampled_kernels", "X", X), float)
    widths = (X.shape[1], *_hidden("sampled_kernels", depth, width), 1)
    seeds, rng = positive_int("sampled_kernels", "seeds", seeds), np.random.default_rng([key, *widths])
    step = max(1, _CHUNK // plain.parameter_count(widths))
    sizes = [min(step, seeds - start) for start in range(0, seeds, step)]
    return np.concatenate([batched_ntk(plain.draw(widths, (1.0,) * depth, rng, batch=(S,)), X) for S in sizes])


def diagonal_second_moment(depth: int, width, growth: float = 5.0) -> float:
    r"""Exact :math:`\mathbb{E} K_{ii}^2 / (\mathbb{E} K_{ii})^2` of a finite ReLU network, at any depth and widths.

    .. math:: \frac1{L^2} \sum_{k,l=1}^{L} p_{kl} \prod_{j < \min(k,l)\ \text{or}\ j \ge \max(k,l)}
              \Big(1 + \frac5{n_j}\Big),

    where j runs over hidden layers, :math:`p_{kk} = 1`, and for k < l the pair (p, q) starts at
    :math:`(1 + 1/n_k,\ 2/n_k)` and is updated at every layer :math:`j = k+1, \dots, l-1` by
    :math:`p \mapsto (1 + 1/n_j)\, p + (4/n_j)\, q`, :math:`q \mapsto (2/n_j)\, p + (1 + 3/n_j)\, q`.

    Parameters
    ----------
    depth : int
        Number L of weight layers.
    width : int or sequence of L - 1 ints
        Width of every hidden layer, or of each.
    growth : float
        The number 5; another one breaks the formula on purpose.

    Returns
    -------
    float
        At least 1; the relative variance of every diagonal entry is this number minus 1.

    Notes
    -----
    O(L²) time. Proved in the chapter `recursion` (Book); Hanin and Nica 2020 prove the order
    :math:`\exp(5 \sum_j 1/n_j)` by sums over paths.

    Examples
    --------
    >>> round(diagonal_second_moment(2, 8), 6)  # 1 + 3/n with one hidden layer
    1.375
    """
    n = _hidden("diagonal_second_moment", depth, width)
    outside = np.concatenate([[1.0], np.cumprod([1 + growth / m for m in n])])
    total = depth * outside[-1]
    for k in range(1, depth):
        p, q = 1.0, 0.0
        for l in range(k + 1, depth + 1):
            m = n[l - 2]
            p, q = (1 + 1 / m) * p + 4 / m * q, 2 / m * p + (1 + 3 / m) * q
            total += 2 * p * outside[k - 1] * outside[-1] / outside[l - 1]
    return float(total / depth**2)


def deep_second_moment(ratio) -> np.ndarray:
    r"""Limit of `diagonal_second_moment` as depth and width grow at a fixed ratio :math:`\beta = L/n`.

    .. math:: e^{5\beta} \Big(\frac13 + \frac23\, h(6\beta)\Big), \qquad h(a) = \frac{2 (a - 1 + e^{-a})}{a^2}

    Parameters
    ----------
    ratio : float or array_like
        :math:`\beta > 0`, depth over width.

    Returns
    -------
    ndarray
        In the shape of ``ratio``; :math:`1 + \tfrac{11}3 \beta + O(\beta^2)`, between :math:`e^{5\beta}/3` and
        :math:`e^{5\beta}`.

    Raises
    ------
    ValueError
        A ratio that is not positive.

    Notes
    -----
    Absolute error about :math:`u/\beta^2`. Derived in the chapter `recursion` (Book).

    Examples
    --------
    >>> round(float(deep_second_moment(0.25)), 3)
    2.659
    """
    beta = np.asarray(ratio, float)
    if not np.all(beta > 0):
        raise ValueError(f"deep_second_moment: ratio={ratio!r}; expected depth over width above 0.")
    a = 6 * beta
    return np.exp(5 * beta) * (1 / 3 + 4 / 3 * (a + np.expm1(-a)) / a**2)


def gap_series(depth: int, order: int = 12) -> np.ndarray:
    r"""Taylor coefficients in the angle of the gap :math:`L - \kappa_L(\theta)` of the limiting ReLU kernel.

    .. math:: L - \kappa_L(\theta) = \frac{L(L-1)}{2\pi}\, \theta
              + \Big(\frac L2 - \frac{5 L (L-1)(L-2)}{18 \pi^2}\Big)\, \theta^2 + \dots

    Parameters
    ----------
    depth : int
        Number L of weight layers.
    order : int
        Highest power, at most 20.

    Returns
    -------
    ndarray, shape (order + 1,)
        Coefficients of :math:`1, \theta, \theta^2, \dots`

    Raises
    ------
    ValueError
        Counts below 1, or an order above 20.

    Notes
    -----
    The recursion run on truncated power series: no cancellation at any angle. At order 12 the relative error is below
    1e-12 for :math:`\theta \le 0.1` and :math:`L \le 8`. O(L order³) time.

    Examples
    --------
    >>> gap_series(2, 3).round(4).tolist()
    [0.0, 0.3183, 1.0, -0.2653]
    """
    depth, order = positive_int("gap_series", "depth", depth), positive_int("gap_series", "order", order)
    if order > 20:
        raise ValueError(f"gap_series: order={order}; expected at most 20, beyond which nothing is gained.")
    one = np.eye(order + 3)[0]
    theta = np.eye(order + 3)[1]
    gap = -_compose(_cosine, theta)
    for layer in range(1, depth):
        cosine_gap = -_compose(_cosine, theta) - _compose(_sine_minus_t_cosine, theta) / np.pi
        slope = one - theta / np.pi
        gap = _multiply(gap, slope) + layer * theta / np.pi + cosine_gap
        theta = _angle(cosine_gap)
    return gap[: order + 1]


def mean_bias(theta, tangle: bool = True) -> float:
    r"""Constant of the bias of order :math:`1/n_1` of an off-diagonal entry, ReLU with two hidden layers.

    .. math:: \chi(\theta) = \tfrac12 \operatorname{tr}\big(\nabla^2\Phi(\bar a)\, C\big)
              + \frac{4 \cos\theta \cos\theta_2}{\pi^2 \sin\theta_2} (\theta - \sin\theta \cos\theta)

    with the function :math:`\Phi` of four averages over the first layer and their covariance C of the chapter.

    Parameters
    ----------
    theta : float
        Angle of two unit vectors, in (0, π].
    tangle : bool
        Without the second term, which is due to the weights that enter the signs too, the constant is wrong on purpose.

    Returns
    -------
    float
        The limit of :math:`n_1 (\mathbb{E} \hat K_{12} - K^{(3)}_{12})`, whatever :math:`n_2` is.

    Raises
    ------
    ValueError
        An angle outside (0, π].

    Notes
    -----
    In closed form: Gaussian moments over a quadrant and the second derivatives of :math:`\Phi`. Proved in the chapter
    `recursion` (Book).

    Examples
    --------
    >>> f"{mean_bias(np.pi):.6f} {-1.5 / np.pi:.6f}"
    '-0.477465 -0.477465'
    """
    if not 0 < theta <= np.pi:
        raise ValueError(f"mean_bias: theta={theta!r}; expected an angle in (0, π].")
    s, k, free = np.sin(theta), np.cos(theta), np.pi - theta
    both = free / np.pi  # 2 P(u, v > 0)
    near = (free + s * k) / np.pi  # 2 E[u²; u, v > 0]
    r = (s + free * k) / np.pi  # 2 E[uv; u, v > 0]
    square = 2 * (free * (1 + 2 * k * k) + 3 * s * k) / np.pi  # 4 E[u²v²; u, v > 0]
    cube = 2 * (3 * free * k + s * (2 + k * k)) / np.pi  # 4 E[u³v; u, v > 0]
    C = np.array(
        [
            [5, square - 1, cube - r, 2 * near - both],
            [square - 1, 5, cube - r, 2 * near - both],
            [cube - r, cube - r, square - r * r, 2 * r - r * both],
            [2 * near - both, 2 * near - both, 2 * r - r * both, 2 * both - both**2],
        ]
    )
    curvature = float(np.sum(_second_derivatives(r, both, k) * C)) / 2
    sine = np.sqrt((1 - r) * (1 + r))
    return float(curvature + tangle * 4 * k * r * (1 - near) / (np.pi * sine))


def _second_derivatives(r: float, both: float, k: float) -> np.ndarray:
    """Hessian of Φ(a) = √(a₁a₂) ψ(ω) + (1 - ω/π)(a₃ + k a₄) at (1, 1, r, both)."""
    omega, sine = np.arccos(r), np.sqrt((1 - r) * (1 + r))
    slope, d1, d2 = 1 - omega / np.pi, 1 / (np.pi * sine), r / (np.pi * sine**3)  # in the cosine
    psi, rest = sine / np.pi + slope * r, r + k * both
    # first and second derivatives of the cosine a₃/√(a₁a₂) and of the scale √(a₁a₂)
    g, H = np.array([-r / 2, -r / 2, 1, 0]), np.zeros((4, 4))
    H[:2, :2] = r / 4 * np.array([[3, 1], [1, 3]])
    H[:2, 2] = H[2, :2] = -1 / 2
    m, S = np.array([1 / 2, 1 / 2, 0, 0]), np.zeros((4, 4))
    S[:2, :2] = np.array([[-1, 1], [1, -1]]) / 4
    e = np.array([0, 0, 1, k])
    cosine = slope * H + d1 * np.outer(g, g)  # of ψ, whose derivative in the cosine is the slope
    whole = S * psi + slope * (np.outer(m, g) + np.outer(g, m)) + cosine
    return whole + rest * (d1 * H + d2 * np.outer(g, g)) + d1 * (np.outer(e, g) + np.outer(g, e))


def _hidden(where: str, depth: int, width) -> tuple[int, ...]:
    """Widths of the L - 1 hidden layers from one number or one per layer."""
    depth = positive_int(where, "depth", depth)
    widths = (width,) * (depth - 1) if np.ndim(width) == 0 else tuple(width)
    if len(widths) != depth - 1:
        raise ValueError(
            f"{where}: {len(widths)} widths with depth={depth}; expected {depth - 1}, one per hidden layer, or one int."
        )
    return tuple(positive_int(where, f"width[{i}]", n) for i, n in enumerate(widths))


def _multiply(a, b) -> np.ndarray:
    """Product of two power series, truncated to the length of the first."""
    return np.convolve(a, b)[: len(a)]


def _compose(outer, inner) -> np.ndarray:
    """The series ``outer(k)`` of powers k = 1, 2, … evaluated at a series without constant term."""
    total, power = np.zeros_like(inner), np.eye(len(inner))[0]
    for k in range(1, len(inner)):
        power = _multiply(power, inner)
        total = total + outer(k) * power
    return total


def _cosine(k: int) -> float:
    """Coefficients of cos t - 1."""
    return 0.0 if k % 2 else (-1) ** (k // 2) / math.factorial(k)


def _sine_minus_t_cosine(k: int) -> float:
    """Coefficients of sin t - t cos t."""
    return (-1) ** (k // 2) * (1 - k) / math.factorial(k) if k % 2 else 0.0


def _angle(cosine_gap) -> np.ndarray:
    """The series of t from that of 1 - cos t, through t² = Σ 2 (2u)^k / (k² binom(2k, k)); two orders are lost."""
    square = _compose(lambda k: 2 ** (k + 1) / (k * k * math.comb(2 * k, k)), cosine_gap)[2:]
    root = np.zeros(len(square) + 2)
    root[1] = square[0] ** 0.5
    for k in range(1, len(square)):
        root[k + 1] = (square[k] - root[2 : k + 1] @ root[k:1:-1]) / (2 * root[1])
    return root
