"""What an activation is, and how one is looked up."""

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches

from ntklib._validate import positive_int


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

    Notes
    -----
    Chapter: ``hermite``.

    Examples
    --------
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


def activation(value) -> Activation:
    """Return the :class:`Activation` that a name, or any scalar JAX function, stands for.

    Parameters
    ----------
    value : str, callable or Activation
        A name listed in :data:`ntklib.activations.NAMED_ACTIVATIONS`; or a scalar JAX function, whose dual maps are
        then computed by quadrature (see :func:`ntklib.activations.from_function`); or an Activation, returned as is.

    Raises
    ------
    ValueError
        For an unknown name; the message lists the nearest ones.
    TypeError
        For anything else.

    Examples
    --------
    >>> activation("erf").name
    'erf'
    """
    from ntklib.activations.closed_forms import NAMED_ACTIVATIONS
    from ntklib.activations.quadrature import from_function

    if isinstance(value, Activation):
        return value
    if isinstance(value, str):
        if value not in NAMED_ACTIVATIONS:
            near = get_close_matches(value, NAMED_ACTIVATIONS, n=3) or sorted(NAMED_ACTIVATIONS)
            raise ValueError(
                f"activation: value={value!r}; expected a known name such as {near}, or a scalar JAX function."
            )
        return NAMED_ACTIVATIONS[value]
    if callable(value):
        return from_function(value, tolerance=1e-6)
    raise TypeError(
        f"activation: received {type(value).__name__}; expected a name, a scalar JAX function or an Activation."
    )


def hermite_coefficient(value, r: int) -> float:
    r"""Return :math:`\mu_r(\sigma) = E[\sigma(g) h_r(g)]`, the r-th coefficient in the orthonormal Hermite basis.

    Parameters
    ----------
    value : str, callable or Activation
        The activation.
    r : int
        Order, at least 0.

    Returns
    -------
    float
        For ReLU, :math:`\mu_0 = 1/\sqrt{2\pi}`, :math:`\mu_1 = 1/2`, zero at odd ``r >= 3`` and
        :math:`\mu_r = (-1)^{(r-2)/2} (r-3)!! / \sqrt{2\pi\, r!}` at even ``r >= 2``.

    Raises
    ------
    ValueError
        For a negative or fractional ``r``, or one beyond the order that quadrature resolves.

    Notes
    -----
    Closed forms are exact to about ``r`` rounding errors. Source: Nguyen, Mondelli and Montúfar 2021, appendix;
    Daniely, Frostig and Singer 2016. Chapter: ``hermite``.

    Examples
    --------
    >>> round(hermite_coefficient("relu", 2), 5)
    0.28209
    """
    return float(activation(value).hermite(positive_int("hermite_coefficient", "r", r, minimum=0)))
