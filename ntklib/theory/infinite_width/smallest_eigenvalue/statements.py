"""The limiting theorem as printed: both sides and the probability, its constants as arguments."""

from math import exp

from ntklib._validate import positive_float, positive_int
from ntklib.activations import hermite_coefficient


def limiting_upper(d: int, depth: int, *, a: float, A: float) -> float:
    r"""Right-hand side :math:`L A_1^2 d`, :math:`A_1 = A + a/2`, of the upper bound on :math:`\lambda_{\min}(K^{(L)})`.

    Parameters
    ----------
    d, depth : int
        Input dimension, and number L of weight layers.
    a, A : float
        The norms' constants: :math:`a\sqrt d \le \mathbb{E}\lVert x\rVert \le A\sqrt d`.

    Returns
    -------
    float

    Notes
    -----
    Nguyen, Mondelli and Montúfar 2021, Theorem 1, with the constants of the chapter's proof.

    Examples
    --------
    >>> limiting_upper(100, 2, a=1.0, A=1.0)
    450.0
    """
    d, depth = positive_int("limiting_upper", "d", d), positive_int("limiting_upper", "depth", depth)
    return depth * _largest(a, A) ** 2 * d


def limiting_lower(N: int, d: int, r: int, *, a: float, A: float) -> float:
    r"""Right-hand side of the lower bound on :math:`\lambda_{\min}(K^{(L)})`, positive from two samples on.

    .. math:: 2\mu_r^2\, \frac{(a/2)^{2r}}{A_1^{2(r-1)}} \big(1 - N^{-1/(2r-1)}\big)\, d, \qquad A_1 = A + a/2

    Parameters
    ----------
    N, d, r : int
        Number of samples, input dimension, order kept.
    a, A : float
        As in :func:`limiting_upper`.

    Returns
    -------
    float

    Notes
    -----
    With a, A multiplied by t it is multiplied by t², as the eigenvalue is by the data. Nguyen, Mondelli and Montúfar
    2021, Theorem 1, with the constants of the chapter's proof.

    Examples
    --------
    >>> f"{limiting_lower(200, 1000, 2, a=1.0, A=1.0):.2f} {limiting_lower(200, 1000, 4, a=1.0, A=1.0):.4f}"
    '3.66 0.0024'
    """
    N, d, r = (positive_int("limiting_lower", name, value) for name, value in (("N", N), ("d", d), ("r", r)))
    bracket = (a / 2) ** (2 * r) * (1 - N ** (-1 / (2 * r - 1)))
    return 2 * hermite_coefficient("relu", r) ** 2 * bracket / _largest(a, A) ** (2 * (r - 1)) * d


def limiting_probability(N: int, d: int, r: int, *, a: float, A: float, c: float) -> float:
    r"""Probability with which the theorem promises both bounds; negative where it promises nothing.

    .. math:: 1 - 2N\exp\!\big(-\tfrac{c a^2}{4} d\big)
              - N^2\exp\!\big(-\tfrac{c a^4}{16 A_1^2}\, d\, N^{-2/(r-1/2)}\big)

    Parameters
    ----------
    N, d, r : int
        As in :func:`limiting_lower`.
    a, A, c : float
        As there; c is the constant of Lipschitz concentration.

    Returns
    -------
    float

    Notes
    -----
    Nguyen, Mondelli and Montúfar 2021, Theorem 1, with the constants of the chapter's proof.

    Examples
    --------
    >>> round(limiting_probability(40, 10_000, 4, a=1.0, A=1.0, c=0.5), 3)
    1.0
    """
    c, A1 = positive_float("limiting_probability", "c", c), _largest(a, A)
    return 1 - 2 * N * exp(-c * a**2 / 4 * d) - N**2 * exp(-c * (a / 2) ** 4 / A1**2 * d * N ** (-2 / (r - 0.5)))


def _largest(a: float, A: float) -> float:
    return positive_float("limiting_theorem", "A", A) + positive_float("limiting_theorem", "a", a) / 2
