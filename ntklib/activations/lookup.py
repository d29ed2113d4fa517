"""How an activation is looked up: by name, by a JAX function that is one of the table, or by quadrature."""

from collections.abc import Hashable
from difflib import get_close_matches

from ntklib._validate import positive_int
from ntklib.activations.base import Activation
from ntklib.activations.quadrature import from_function
from ntklib.activations.table import ALIASES, FUNCTIONS, NAMED_ACTIVATIONS


def activation(value) -> Activation:
    """Return the :class:`Activation` that a name, or any scalar JAX function, stands for.

    Parameters
    ----------
    value : str, callable or Activation
        A name listed in :data:`ntklib.activations.NAMED_ACTIVATIONS`, or "linear"; or a scalar JAX function: one of
        JAX's own that has an entry there, such as ``jax.nn.relu``, is that entry, any other gets its dual maps by
        quadrature (see :func:`ntklib.activations.from_function`); or an Activation, returned as is.

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
    if isinstance(value, Activation):
        return value
    if isinstance(value, str):
        value = ALIASES.get(value, value)
        if value not in NAMED_ACTIVATIONS:
            near = get_close_matches(value, NAMED_ACTIVATIONS, n=3) or sorted(NAMED_ACTIVATIONS)
            raise ValueError(
                f"activation: value={value!r}; expected a known name such as {near}, or a scalar JAX function."
            )
        return NAMED_ACTIVATIONS[value]
    if callable(value):
        known = FUNCTIONS.get(value) if isinstance(value, Hashable) else None
        return NAMED_ACTIVATIONS[known] if known else from_function(value)
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
    Daniely, Frostig and Singer 2016.

    Examples
    --------
    >>> round(hermite_coefficient("relu", 2), 5)
    0.28209
    """
    return float(activation(value).hermite(positive_int("hermite_coefficient", "r", r, minimum=0)))
