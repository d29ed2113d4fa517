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
        The norms' constants: :math:`a\sqrt d \le \mathbb{E}\lVert x\rVert`,
        :math:`(\mathbb{E}\lVert x\rVert^2)^{1/2} \le A\sqrt d`.

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
    r"""Right-hand side of the lower bound on :math:`\lambda_{\min}(K^{(L)})`; negative where it says nothing.

    .. math:: 2\mu_r^2\, \frac{(a/2)^{2r} - N^{-1/(2r-1)}}{A_1^{2(r-1)}}\, d, \qquad A_1 = A + a/2

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
    On the sphere a is at most 1, and the bracket is negative until N exceeds :math:`2^{2r(2r-1)}`: 4096 for r = 2,
    7e16 for r = 4. Nguyen, Mondelli and Montúfar 2021, Theorem 1, with the constants of the chapter's proof.

    Examples
    --------
    >>> limiting_lower(200, 100, 4, a=1.0, A=1.0) < 0 < limiting_lower(5000, 100, 2, a=1.0, A=1.0)
    True
    """
    N, d, r = (positive_int("limiting_lower", name, value) for name, value in (("N", N), ("d", d), ("r", r)))
    bracket = (a / 2) ** (2 * r) - N ** (-1 / (2 * r - 1))
    return 2 * hermite_coefficient("relu", r) ** 2 * bracket / _largest(a, A) ** (2 * (r - 1)) * d


def limiting_probability(N: int, d: int, r: int, *, a: float, A: float, c: float) -> float:
    r"""Probability with which the theorem promises both bounds; negative where it promises nothing.

    .. math:: 1 - 2N\exp\!\big(-\tfrac{c a^2}{4} d\big) - N^2\exp\!\big(-\tfrac{c}{A_1^2}\, d\, N^{-2/(r-1/2)}\big)

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
    >>> round(limiting_probability(40, 2000, 4, a=1.0, A=1.0, c=0.5), 3)
    1.0
    """
    c, A1 = positive_float("limiting_probability", "c", c), _largest(a, A)
    return 1 - 2 * N * exp(-c * a**2 / 4 * d) - N**2 * exp(-c / A1**2 * d * N ** (-2 / (r - 0.5)))


def _largest(a: float, A: float) -> float:
    return positive_float("limiting_theorem", "A", A) + positive_float("limiting_theorem", "a", a) / 2
