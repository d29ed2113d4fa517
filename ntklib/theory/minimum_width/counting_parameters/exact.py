r"""The rank of a network's Jacobian in exact arithmetic: Taylor coefficients and integer networks modulo a prime.

A minor that does not vanish modulo p does not vanish: every rank computed here is a proven lower bound, and together
with an upper bound from :mod:`ntklib.theory.minimum_width.counting_parameters.ceilings` it is the rank.
"""

from itertools import pairwise
from math import ceil, comb

import numpy as np

from ntklib import plain
from ntklib._validate import positive_int
from ntklib.theory.minimum_width.counting_parameters.modular import (
    PRIME,
    linear_combination,
    power_series,
    product,
    rank_modulo,
    tanh_series,
)

DEGREES = {"linear": 1, "square": 2, "cube": 3}


def gradient_series(widths, activation="tanh", *, layer=None, lines: int, order: int, seed: int = 0) -> np.ndarray:
    r"""Return Taylor coefficients, modulo p, of all gradient functions along random lines through the origin.

    .. math:: \frac{1}{k!}\frac{d^k}{dt^k}\frac{\partial f}{\partial\theta_q}(\theta; t a_m)\Big|_{t=0},
              \qquad \text{row } (m, k),\ \text{column } q

    Parameters
    ----------
    widths : sequence of L + 1 ints
        With :math:`n_L = 1`.
    activation : {"tanh", "linear", "square", "cube"}
        :math:`\tanh z, z, z^2, z^3`: those with rational Taylor coefficients at 0.
    layer : int, optional
        From 1 to L: columns of :math:`W_l` only.
    lines, order : int
        Number of lines and highest order k.
    seed : int
        Of the integer weights and directions.

    Returns
    -------
    ndarray of int64 (lines * (order + 1), columns)
        Residues modulo :math:`2^{31}-1`.

    Notes
    -----
    Exact: the recursions divide by numbers up to ``order`` only, which must stay below p. Time O(lines P order²),
    memory lines P order numbers. Source: Book.

    Examples
    --------
    >>> gradient_series((1, 1), "tanh", lines=1, order=2).tolist() == [[0], [int(_draw((1, 1), 1, 0)[1][0, 0])], [0]]
    True
    """
    _check(widths, activation, layer)
    weights, directions = _draw(widths, lines, seed)
    f = np.zeros((*directions.shape, order + 1), np.int64)
    f[..., 1:2] = directions[..., None]
    F, slopes = [f], []
    for W in weights[:-1]:
        f, slope = (
            tanh_series(linear_combination(W, f))
            if activation == "tanh"
            else power_series(linear_combination(W, f), DEGREES[activation])
        )
        F.append(f), slopes.append(slope)
    b = np.zeros((lines, 1, order + 1), np.int64)
    b[..., 0] = 1
    B = [b]
    for W, slope in zip(reversed(weights[1:]), reversed(slopes)):
        B.append(product(linear_combination(W.T, B[-1]), slope))
    keep = slice(None) if layer is None else slice(layer - 1, layer)
    columns = [product(f[:, :, None], b[:, None]) for f, b in zip(F[keep], B[::-1][keep])]
    return np.hstack([c.reshape(lines, -1, order + 1).swapaxes(1, 2).reshape(-1, c[0, ..., 0].size) for c in columns])


def generic_rank(widths, activation="tanh", *, layer=None, seed: int = 0) -> int:
    r"""Return a proven lower bound on the rank of the Jacobian at almost all weights and samples, for large N.

    .. math:: D = \dim\operatorname{span}\{\partial f/\partial\theta_q(\theta;\cdot) : q \le P\},\qquad
              \operatorname{rank} J = \min(N, D)\ \text{for almost all } X

    Parameters
    ----------
    widths : sequence of L + 1 ints
    activation : {"tanh", "linear", "square", "cube"}
    layer : int, optional
        Only the block of :math:`W_l`, l from 1 to L.
    seed : int

    Returns
    -------
    int
        The rank of a matrix of :func:`gradient_series`, as large as a count of monomials asks for.

    Notes
    -----
    Below the number of columns it is only a lower bound, and needs an upper bound to be the rank. O(P³) time:
    0.1 s at P = 100, some seconds at P = 800. Source: Book.

    Examples
    --------
    >>> generic_rank((4, 4, 3, 1)), generic_rank((4, 4, 3, 1), "square"), generic_rank((4, 4, 3, 1), "linear")
    (31, 21, 4)
    """
    _check(widths, activation, layer)
    columns = plain.parameter_count(widths) if layer is None else widths[layer - 1] * widths[layer]
    lines, order = _size(widths, activation, columns + 10)
    series = gradient_series(widths, activation, layer=layer, lines=lines, order=order, seed=seed)
    return rank_modulo(series[series.any(axis=1)])


def integer_relu_jacobian(widths, N: int, seed: int = 0, *, layer=None, scale: int = 200) -> np.ndarray:
    r"""Return the Jacobian of a ReLU network with integer weights and samples, modulo p, without any rounding.

    Parameters
    ----------
    widths : sequence of L + 1 ints
    N : int
        Samples; those of a smaller N are the first ones of a larger.
    seed : int
    layer : int, optional
        From 1 to L: columns of :math:`W_l` only.
    scale : int
        Weights and data are uniform on the integers from -scale to scale.

    Returns
    -------
    ndarray of int64 (N, columns)

    Raises
    ------
    ValueError
        Where a pre-activation could exceed 63 bits, or for another number of outputs.

    Notes
    -----
    All signs are decided in exact integers; residues modulo :math:`2^{31}-1` only at the end. Time and memory O(N P).
    Source: Book.

    Examples
    --------
    >>> rank_modulo(integer_relu_jacobian((4, 3, 1), 60)), 4 * 3 + 3 - 3
    (12, 12)
    """
    _check(widths, "linear", layer)
    if np.log2(float(scale)) * len(widths) + np.log2(np.asarray(widths, float)).sum() > 62:
        raise ValueError(
            f"integer_relu_jacobian: widths={tuple(widths)}, scale={scale} may exceed 63 bits; lower scale."
        )
    rng = np.random.default_rng([seed, 17])
    weights = [rng.integers(-scale, scale + 1, size=shape) for shape in pairwise(widths)]
    F, masks = [rng.integers(-scale, scale + 1, size=(positive_int("integer_relu_jacobian", "N", N), widths[0]))], []
    for W in weights[:-1]:
        g = F[-1] @ W
        F.append(np.maximum(g, 0)), masks.append(g > 0)
    B = [np.ones((N, 1), np.int64)]
    for W, mask in zip(reversed(weights[1:]), reversed(masks)):
        B.append((B[-1] @ W.T) * mask)
    keep = slice(None) if layer is None else slice(layer - 1, layer)
    pairs = list(zip(F, B[::-1]))[keep]
    return np.hstack([((f % PRIME)[:, :, None] * (b % PRIME)[:, None] % PRIME).reshape(N, -1) for f, b in pairs])


def _size(widths, activation, wanted: int) -> tuple[int, int]:
    """Enough lines and orders for ``wanted`` independent functionals, if the dimension allows."""
    if activation != "tanh":
        return wanted, DEGREES[activation] ** (len(widths) - 2)
    narrowest = min(widths[:-1])
    lines = 1 if widths[0] == 1 else wanted if narrowest == 1 else max(ceil(wanted / 8), widths[0])
    order, found = -1, 0
    while found < wanted:
        order += 2
        found += min(lines, comb(narrowest + order - 1, order))
    return lines, order


def _draw(widths, lines: int, seed: int):
    rng = np.random.default_rng([seed, 19])
    weights = [rng.integers(1, PRIME, size=shape) for shape in pairwise(widths)]
    return weights, rng.integers(1, PRIME, size=(lines, widths[0]))


def _check(widths, activation, layer) -> None:
    plain.parameter_count(widths)
    if widths[-1] != 1 or len(widths) < 2:
        raise ValueError(f"counting_parameters: widths={tuple(widths)}; expected (n_0, …, 1), one output.")
    if activation not in ("tanh", *DEGREES):
        raise ValueError(
            f"counting_parameters: activation={activation!r}; expected 'tanh', 'linear', 'square' or 'cube'."
        )
    if layer is not None and not 1 <= layer < len(widths):
        raise ValueError(f"counting_parameters: layer={layer}; expected a number from 1 to {len(widths) - 1}.")
