r"""The two sides of the finite-width theorem as functions of widths, standard deviations, N and d.

Standard parametrization, :math:`[W_l]_{ij} \sim N(0, \beta_l^2)`, ReLU, :math:`n_0 = d`, :math:`n_L = 1`; hidden layers
are numbered 1, …, L - 1. Scales are Nguyen, Mondelli and Montúfar's, with every order-level constant a named argument.
The chain of the proof on one network is re-exported.
"""

import math

from ntklib._validate import positive_float, positive_int
from ntklib.activations import hermite_coefficient
from ntklib.theory.finite_width.scales import block_mean


def layer_scale(widths, betas, layer: int) -> float:
    r"""Return the scale :math:`d \prod_{l<L} n_l \prod_{l \ne k} \beta_l^2` of the kernel's term of weight layer k.

    Parameters
    ----------
    widths : sequence of L + 1 ints
        ``(d, n_1, …, n_{L-1}, 1)``.
    betas : sequence of L floats
        Standard deviations of the weights.
    layer : int
        k, from 1 to L.

    Returns
    -------
    float
        :math:`2^{L-1}` times the exact mean of a diagonal entry when :math:`\lVert x\rVert^2 = d`.

    Notes
    -----
    Source: Nguyen, Mondelli and Montúfar 2021, Theorem 2.

    Examples
    --------
    >>> layer_scale((4, 8, 6, 1), (1.0, 1.0, 0.5), 2)
    48.0
    """
    return 2 ** (len(betas) - 1) * block_mean(widths, betas, layer, square_norm=widths[0])


def neurons_asked(N: int, delta: float, *, constant: float = 1.0) -> float:
    r"""Return the number of neurons :math:`C\,N \log N \log(N/\delta)` that makes a layer count as wide.

    Parameters
    ----------
    N : int
        Samples, at least 2.
    delta : float
        Allowed probability of failure, below 1.
    constant : float
        C, which the theorem leaves open.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        Fewer than two samples, or a probability outside (0, 1).

    Notes
    -----
    Source: Nguyen, Mondelli and Montúfar 2021, condition (i) of Theorems 2 and 3.

    Examples
    --------
    >>> round(neurons_asked(40, 0.1))
    884
    """
    N = positive_int("neurons_asked", "N", N, minimum=2)
    if not 0 < delta < 1:
        raise ValueError(f"neurons_asked: delta={delta!r}; expected a probability in (0, 1), such as 0.1.")
    return positive_float("neurons_asked", "constant", constant) * N * math.log(N) * math.log(N / delta)


def wide_layers(widths, N: int, delta: float = 0.1, *, constant: float = 1.0, bottleneck_constant: float = 1.0):
    r"""Return the indicators :math:`\xi_1, \dots, \xi_{L-1}`: which hidden layers meet the theorem's two conditions.

    .. math:: n_k \ge C\,N \log N \log(N/\delta), \qquad
              \prod_{l=1}^{k-2} \log n_l \le C' \min_{0 \le l \le k-1} n_l

    Parameters
    ----------
    widths : sequence of L + 1 ints
    N : int
        Samples.
    delta : float
        Allowed probability of failure.
    constant, bottleneck_constant : float
        C and C'; the theorem asks the second quotient to tend to zero, which at one size means: choose C' small.

    Returns
    -------
    tuple of L - 1 bools

    Notes
    -----
    Source: Nguyen, Mondelli and Montúfar 2021, Theorem 2.

    Examples
    --------
    >>> wide_layers((50, 900, 10, 1), 40)
    (True, False)
    """
    asked = neurons_asked(N, delta, constant=constant)
    limit = positive_float("wide_layers", "bottleneck_constant", bottleneck_constant)
    return tuple(
        widths[k] >= asked and _logarithms(widths, k) <= limit * min(widths[:k]) for k in range(1, len(widths) - 1)
    )


def lower(widths, betas, N: int, *, r: int, lambda_min_gram: float = 0.0, delta=0.1, wide=None, constant=1.0):
    r"""Return the right side of the theorem's lower bound on :math:`\lambda_{\min}(K)`, constants named.

    .. math:: C\Big(\sum_{k=2}^{L} \xi_{k-1}\,\mu_r^2\, d \prod_{l<L} n_l \prod_{l \ne k} \beta_l^2
              + \lambda_{\min}(XX^\top) \prod_{l<L} n_l \prod_{l \ge 2} \beta_l^2\Big)

    Parameters
    ----------
    widths, betas : sequences of L + 1 ints and L floats
        :math:`d = n_0`.
    N : int
        Samples.
    r : int
        Even order of the Hermite coefficient, at least 2.
    lambda_min_gram : float
        :math:`\lambda_{\min}(XX^\top)`, zero when N exceeds d.
    delta : float
        Allowed probability of failure, used for the indicators.
    wide : sequence of L - 1 bools, optional
        The indicators themselves, instead of :func:`wide_layers` with constant 1.
    constant : float
        C, which the theorem leaves open.

    Returns
    -------
    float
        Zero when no layer is wide and the data matrix has no full row rank: then the theorem says nothing.

    Raises
    ------
    ValueError
        An odd order, a wrong number of indicators, or as :func:`layer_scale`.

    Notes
    -----
    Source: Nguyen, Mondelli and Montúfar 2021, Theorem 2 (v5).

    Examples
    --------
    >>> lower((4, 8, 6, 1), (1.0, 1.0, 1.0), 40, r=2, lambda_min_gram=0.5)
    24.0
    """
    if positive_int("lower", "r", r) % 2:
        raise ValueError(f"lower: r={r}; expected an even order: odd Hermite coefficients of ReLU vanish from 3 on.")
    wide = wide_layers(widths, N, delta) if wide is None else tuple(wide)
    if len(wide) != len(betas) - 1:
        raise ValueError(f"lower: {len(wide)} indicators; expected one per hidden layer, {len(betas) - 1}.")
    features = sum(layer_scale(widths, betas, k + 1) for k, xi in enumerate(wide, 1) if xi)
    data = max(float(lambda_min_gram), 0.0) * layer_scale(widths, betas, 1) / widths[0]
    return positive_float("lower", "constant", constant) * (hermite_coefficient("relu", r) ** 2 * features + data)


def upper(widths, betas, *, constant=1.0) -> float:
    r"""Return the theorem's upper bound :math:`C \sum_{k=1}^{L} d \prod_{l<L} n_l \prod_{l \ne k} \beta_l^2`.

    Parameters
    ----------
    widths, betas : sequences of L + 1 ints and L floats
    constant : float
        C; with :math:`2^{-(L-1)}` it is the exact mean of a diagonal entry for :math:`\lVert x\rVert^2 = d`.

    Returns
    -------
    float

    Notes
    -----
    Source: Nguyen, Mondelli and Montúfar 2021, Theorem 2.

    Examples
    --------
    >>> upper((4, 8, 6, 1), (1.0, 1.0, 1.0), constant=0.25)
    144.0
    """
    scales = [layer_scale(widths, betas, k) for k in range(1, len(betas) + 1)]
    return positive_float("upper", "constant", constant) * sum(scales)


def failure_probability(widths, N: int, *, r: int, delta: float = 0.1, wide=None, constant: float = 1.0) -> float:
    r"""Return the probability with which the theorem allows its lower bound to fail, at most 1.

    .. math:: \delta + \sum_k \xi_k N^2 \exp\Big(\frac{-C \min_{l<k} n_l}
              {N^{2/(r/2 - 0.1)} \prod_{l=1}^{k-2} \log n_l}\Big) + N \sum_{l<L} e^{-C n_l} + N e^{-C d}

    Parameters
    ----------
    widths : sequence of L + 1 ints
    N, r : int
        Samples; even order.
    delta : float
    wide : sequence of L - 1 bools, optional
        Indicators; :func:`wide_layers` by default.
    constant : float
        C in every exponent; of the term N Σ e^(−C n_l) the deaths alone have log 2, small norms less.

    Returns
    -------
    float

    Notes
    -----
    The exponent of N is that of the corrected version of the paper. Source: Nguyen, Mondelli and Montúfar 2021,
    Theorem 2 (v5).

    Examples
    --------
    >>> round(failure_probability((10**5, 900, 50, 1), 40, r=8, delta=0.1), 3)
    0.1
    """
    wide, C = wide_layers(widths, N, delta) if wide is None else wide, positive_float("failure", "constant", constant)
    power = N ** (2 / (positive_int("failure_probability", "r", r, minimum=2) / 2 - 0.1))
    off = sum(
        N**2 * math.exp(-C * min(widths[:k]) / (power * _logarithms(widths, k))) for k, xi in enumerate(wide, 1) if xi
    )
    return min(1.0, delta + off + N * sum(math.exp(-C * n) for n in widths[:-1]))


def _logarithms(widths, k: int) -> float:
    return math.prod(math.log(n) for n in widths[1 : k - 1])
