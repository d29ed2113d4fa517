"""Fully connected networks without biases: parametrizations, forward features, backward matrices.

A parametrization is two numbers per weight layer, an initialization standard deviation ``s_l`` and a forward
multiplier ``m_l``; with ``f_0 = x`` the network is

    g_l = m_l f_{l-1} W_l,    f_l = σ(g_l)  for l < L,    output = g_L,      [W_l]_ij ~ N(0, s_l^2).

Only the product ``s_l m_l`` decides the function at initialization; the tangent kernel also feels ``m_l`` alone,
because a derivative in ``W_l`` carries one factor ``m_l`` and no ``s_l``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp

from ntklib._draws import normal
from ntklib._validate import data_matrix, positive_float, positive_int
from ntklib.activations import Activation
from ntklib.activations import activation as as_activation


@dataclass(frozen=True)
class Parametrization:
    """One initialization standard deviation and one forward multiplier per weight layer.

    Parameters
    ----------
    init_std : tuple of L floats
        Standard deviation ``s_l`` of the entries of ``W_l`` at initialization.
    multiplier : tuple of L floats
        Factor ``m_l`` that the forward pass applies to ``f_{l-1} W_l``.
    name : str
        Only for printing.

    Raises
    ------
    ValueError
        If the two tuples differ in length, or a number is not finite and positive.

    Notes
    -----
    Named instances, as functions of the widths, are in :data:`NAMED_PARAMETRIZATIONS`.

    Examples
    --------
    >>> Parametrization(init_std=(1.0, 1.0), multiplier=(1.0, 0.1)).effective_variance
    (1.0, 0.010000000000000002)
    """

    init_std: tuple[float, ...]
    multiplier: tuple[float, ...]
    name: str = "custom"

    def __post_init__(self):
        if len(self.init_std) != len(self.multiplier):
            raise ValueError(
                f"Parametrization: init_std has {len(self.init_std)} numbers and multiplier {len(self.multiplier)}; "
                "expected one of each per weight layer."
            )
        for field in ("init_std", "multiplier"):
            values = tuple(
                positive_float("Parametrization", f"{field}[{i}]", v) for i, v in enumerate(getattr(self, field))
            )
            object.__setattr__(self, field, values)

    @property
    def effective_variance(self) -> tuple[float, ...]:
        """Variance ``(s_l m_l)^2`` of one term of the forward sum, layer by layer."""
        return tuple((s * m) ** 2 for s, m in zip(self.init_std, self.multiplier))


def _ntk(widths, c):
    multipliers = [1.0] + [(c / n) ** 0.5 for n in widths[1:-1]]
    return Parametrization((1.0,) * len(multipliers), tuple(multipliers), "ntk")


def _standard(widths, c, beta=lambda l, n_in: 1.0, name="standard"):
    L = len(widths) - 1
    return Parametrization(tuple(beta(l, widths[l - 1]) for l in range(1, L + 1)), (1.0,) * L, name)


def _he(widths, c):
    return _standard(widths, c, lambda l, n_in: (2.0 / n_in) ** 0.5, "he")


def _lecun(widths, c):
    return _standard(widths, c, lambda l, n_in: n_in**-0.5, "lecun")


def _bombari(widths, c):
    L = len(widths) - 1
    return _standard(widths, c, lambda l, n_in: n_in**-0.5 if l < L else 1.0, "bombari")


def _chen(widths, c):
    L, m = len(widths) - 1, widths[1]
    hidden, last = (2.0 / m) ** 0.5, m**-0.5
    return Parametrization((hidden,) * (L - 1) + (last,), (1.0,) * (L - 1) + (m**0.5,), "chen")


def _terjek(widths, c):
    multipliers = [1.0] + [n**-0.5 for n in widths[1:-1]]
    return Parametrization((c**0.5,) * len(multipliers), tuple(multipliers), "terjek")


def _mup(widths, c):
    first, last = widths[1] ** 0.5, widths[-2] ** -0.5
    inner = len(widths) - 3
    if inner < 0:
        return Parametrization((c**0.5,), (1.0,), "mup")
    std = (1 / first, *((c / n) ** 0.5 for n in widths[1:-1]))
    return Parametrization(std, (first, *(1.0,) * inner, last), "mup")


NAMED_PARAMETRIZATIONS: dict[str, Callable[[tuple[int, ...], float], Parametrization]] = {
    "ntk": _ntk,
    "standard": _standard,
    "he": _he,
    "lecun": _lecun,
    "nguyen": partial(_standard, name="nguyen"),
    "bombari": _bombari,
    "chen": _chen,
    "terjek": _terjek,
    "mup": _mup,
}
"""Named parametrizations as functions ``(widths, weight_variance) -> Parametrization``.

``ntk``: unit variance, multipliers 1 and then ``sqrt(c / n_{l-1})``. ``standard`` (= ``nguyen``, Nguyen et al. 2021,
limit section): unit variance, multipliers 1. ``he``, ``lecun``: variance ``2/n_{l-1}``, ``1/n_{l-1}``, multipliers 1.
``bombari`` (Bombari et al. 2022): LeCun, but unit variance in the last layer. ``chen`` (Chen et al. 2021): variance
``2/m`` in the hidden layers, ``1/m`` in the last, output times ``sqrt(m)`` with ``m = n_1``. ``terjek`` (Terjék and
González-Sánchez 2025, q = 0): variance ``c`` in every layer, multipliers 1 and then ``n_{l-1}^(-1/2)``. ``mup`` (Yang
and Hu 2021, with one step size for all layers and widths): variances ``1/n_1`` and then ``c/n_{l-1}``, multipliers
``n_1^(1/2)`` in the first layer, ``n_{L-1}^(-1/2)`` in the last, 1 between; one layer is left alone.
"""


def named_parametrization(name: str, widths, weight_variance: float = 2.0) -> Parametrization:
    """Return the parametrization that a paper or a library calls ``name``, for these widths.

    Parameters
    ----------
    name : str
        A key of :data:`NAMED_PARAMETRIZATIONS`.
    widths : tuple of L + 1 ints
        ``(n_0, …, n_L)``.
    weight_variance : float
        The number ``c`` of the limit (2 for ReLU); used by ``"ntk"`` and ``"terjek"`` only.

    Raises
    ------
    ValueError
        If the name is unknown; the message lists the known ones.

    Examples
    --------
    >>> named_parametrization("lecun", (4, 100, 1)).init_std
    (0.5, 0.1)
    """
    if name not in NAMED_PARAMETRIZATIONS:
        raise ValueError(
            f"named_parametrization: name={name!r}; expected one of {sorted(NAMED_PARAMETRIZATIONS)}, "
            "or build Parametrization(init_std, multiplier) yourself."
        )
    return NAMED_PARAMETRIZATIONS[name](tuple(widths), weight_variance)


class MLP:
    r"""A fully connected network without biases, with an explicit parametrization.

    .. math:: g_l = m_l f_{l-1} W_l, \quad f_l = \sigma(g_l)\ (l < L), \quad f(x) = g_L,
       \qquad [W_l]_{ij} \sim N(0, s_l^2).

    Parameters
    ----------
    widths : sequence of L + 1 ints
        ``(n_0, n_1, …, n_L)``: input dimension, hidden widths, output dimension.
    activation : str, callable or Activation
        Name, any scalar JAX function, or an :class:`ntklib.activations.Activation`.
    parametrization : str or Parametrization
        A name of :data:`NAMED_PARAMETRIZATIONS` or explicit numbers.
    weight_variance : float
        The ``c`` that the named parametrizations ``"ntk"`` and ``"terjek"`` use; 2 for ReLU.

    Raises
    ------
    ValueError
        For fewer than two widths, a width below one, an unknown name, or numbers for another depth.

    Notes
    -----
    Parameters are a plain tuple of arrays ``(W_1, …, W_L)``, ``W_l`` of shape ``(n_{l-1}, n_l)``. A forward pass costs
    ``2 N Σ n_{l-1} n_l`` flops.

    Examples
    --------
    >>> net = MLP((3, 50, 1), activation="relu", parametrization="ntk")
    >>> params = net.init(jax.random.key(0))
    >>> net(params, jnp.ones((4, 3))).shape
    (4,)
    """

    def __init__(self, widths, activation="relu", parametrization="ntk", *, weight_variance: float = 2.0):
        self.widths = tuple(positive_int("MLP", f"widths[{i}]", n) for i, n in enumerate(widths))
        if len(self.widths) < 2:
            raise ValueError(f"MLP: widths={self.widths}; expected at least input and output, e.g. (d, n_1, 1).")
        self.activation: Activation = as_activation(activation)
        if isinstance(parametrization, str):
            parametrization = named_parametrization(parametrization, self.widths, weight_variance)
        if len(parametrization.init_std) != self.depth:
            raise ValueError(
                f"MLP: parametrization holds {len(parametrization.init_std)} layers; the widths {self.widths} "
                f"have {self.depth} weight layers; give one number per weight layer."
            )
        self.parametrization = parametrization

    def __repr__(self):
        return f"MLP({self.widths}, activation={self.activation.name!r}, parametrization={self.parametrization.name!r})"

    def _settings(self):
        return self.widths, self.activation, self.parametrization

    def __eq__(self, other):
        """Equal settings make equal networks, so that code compiled for one serves the other."""
        return isinstance(other, MLP) and self._settings() == other._settings()

    def __hash__(self):
        return hash(self._settings())

    @property
    def depth(self) -> int:
        """Number ``L`` of weight layers."""
        return len(self.widths) - 1

    def init(self, key, dtype=None):
        """Draw ``(W_1, …, W_L)`` with independent ``N(0, s_l^2)`` entries.

        Parameters
        ----------
        key : JAX random key
        dtype : floating dtype, optional
            Default: JAX's default float (float64 when 64-bit precision is on).
        """
        keys = jax.random.split(key, self.depth)
        shapes = zip(self.widths[:-1], self.widths[1:])
        draws = (s * normal(k, shape, dtype) for k, shape, s in zip(keys, shapes, self.parametrization.init_std))
        return tuple(jnp.asarray(draw, dtype) for draw in draws)

    def __call__(self, params, X):
        """Outputs ``f(x_i)``: shape ``(N,)``, or ``(N, n_L)`` when ``n_L > 1``."""
        output = self.preactivations(params, X)[-1]
        return output[:, 0] if self.widths[-1] == 1 else output

    def preactivations(self, params, X):
        """Pre-activations ``(g_1, …, g_L)``, ``g_l`` of shape ``(N, n_l)``."""
        f, result = self._checked(params, X), []
        for l, (W, m) in enumerate(zip(params, self.parametrization.multiplier), start=1):
            result.append(m * (f @ W))
            f = self.activation.function(result[-1]) if l < self.depth else f
        return tuple(result)

    def features(self, params, X):
        """Feature matrices ``(F_0, …, F_{L-1})``, ``F_l`` of shape ``(N, n_l)``, ``F_0 = X``."""
        return self.features_and_backward(params, X)[0]

    def backward(self, params, X):
        r"""Backward matrices ``(B_1, …, B_L)``: row ``i`` of ``B_l`` is the gradient of ``f(x_i)`` in ``g_l(x_i)``.

        .. math:: B_L = 1, \qquad B_l = m_{l+1} (B_{l+1} W_{l+1}^\top) \circ \sigma'(g_l).

        Returns
        -------
        tuple of L arrays
            Shape ``(N, n_l)``; with several outputs ``(N, n_L, n_l)``, axis 1 counting outputs.
        """
        return self.features_and_backward(params, X)[1]

    def features_and_backward(self, params, X):
        """Both ``features`` and ``backward`` from one forward pass."""
        g, n_out = self.preactivations(params, X), self.widths[-1]
        F = (jnp.asarray(X, g[0].dtype), *(self.activation.function(h) for h in g[:-1]))
        b = jnp.broadcast_to(jnp.eye(n_out, dtype=g[-1].dtype), (g[-1].shape[0], n_out, n_out))
        B = [b]
        for l in range(self.depth - 1, 0, -1):
            slope = self.activation.derivative(g[l - 1])
            b = self.parametrization.multiplier[l] * (b @ params[l].T) * slope[:, None, :]
            B.append(b)
        return F, tuple(b[:, 0, :] if n_out == 1 else b for b in reversed(B))

    def _checked(self, params, X):
        X = data_matrix("MLP", "X", X, columns=self.widths[0])
        shapes = [tuple(jnp.shape(W)) for W in params]
        expected = list(zip(self.widths[:-1], self.widths[1:]))
        if shapes != expected:
            raise ValueError(f"MLP: params has shapes {shapes}; expected {expected}; use params = net.init(key).")
        return X
