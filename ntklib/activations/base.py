"""What an activation is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple


class NumpyTwin(NamedTuple):
    """The same function for NumPy float64 arrays, without compiling anything.

    Attributes
    ----------
    value, derivative : callable
        ``σ`` and ``σ'``, elementwise, with the same values at kinks as in JAX.
    second : callable or None
        ``σ''``; None where it does not exist everywhere.
    """

    value: Callable
    derivative: Callable
    second: Callable | None


@dataclass(frozen=True)
class Activation:
    r"""A scalar function :math:`\sigma` with everything that Gaussian calculus needs of it.

    Parameters
    ----------
    name : str
    function, derivative : callable
        Elementwise JAX functions :math:`\sigma` and :math:`\sigma'`. Where :math:`\sigma` has a kink the derivative
        takes the value of the papers, :math:`\sigma'(0) = 0` for ReLU.
    dual, dual_derivative : callable
        ``(q11, q12, q22) -> E[σ(u)σ(v)]`` and ``E[σ'(u)σ'(v)]`` for :math:`(u, v) \sim N(0, [[q_{11}, q_{12}],
        [q_{12}, q_{22}]])`; the arguments broadcast.
    hermite : callable
        ``r -> μ_r(σ) = E[σ(g) h_r(g)]``, ``g`` standard normal, ``h_r`` the orthonormal Hermite polynomials.
    odd_weight, even_weight : float or None
        For the positively homogeneous ones, ``a`` and ``b`` in :math:`\sigma(s) = a s + b \lvert s \rvert`.
    dual_error : callable
        ``(q11, q22) -> float``, estimate of the absolute error of ``dual`` at these variances; 0.0 for a closed form.
    numpy : NumpyTwin
        ``(value, derivative, second)`` for NumPy float64 arrays.
    slope_bound : float or None
        :math:`\sup\lvert\sigma'\rvert`, infinite where unbounded; None for a function about which nothing is known.
    bend_bound : float or None
        :math:`\sup\lvert\sigma''\rvert`; None where :math:`\sigma''` does not exist or nothing is known.

    Examples
    --------
    >>> from ntklib import activation
    >>> relu = activation("relu")
    >>> float(relu.dual_derivative(1.0, 0.0, 1.0))
    0.25
    """

    name: str
    function: Callable
    derivative: Callable
    dual: Callable
    dual_derivative: Callable
    hermite: Callable
    odd_weight: float | None = None
    even_weight: float | None = None
    dual_error: Callable = lambda q11, q22: 0.0
    numpy: NumpyTwin | None = None
    slope_bound: float | None = None
    bend_bound: float | None = None

    @property
    def second_moment(self) -> float:
        """``E[σ(g)^2]`` for a standard normal ``g``; its inverse is the weight variance that preserves norms."""
        return float(self.dual(1.0, 1.0, 1.0))

    @property
    def is_homogeneous(self) -> bool:
        """Whether ``σ(t s) = t σ(s)`` for every ``t > 0``."""
        return self.even_weight is not None

    @property
    def even_part(self) -> float | None:
        """Share ``b^2 / (a^2 + b^2)`` of the even part: 0 identity, 1/2 ReLU, 1 absolute value; None otherwise."""
        if not self.is_homogeneous:
            return None
        return self.even_weight**2 / (self.odd_weight**2 + self.even_weight**2)
