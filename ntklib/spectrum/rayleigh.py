"""Rayleigh quotients whose matrix-vector product is more accurate than the working precision."""

import math

import numpy as np


def rayleigh_quotient(K: np.ndarray, v: np.ndarray, scale: float) -> float:
    """Return ``v^T K v / v^T v`` with the product ``K v`` accurate to about ``2^-20 u |K|``."""
    v = v / np.linalg.norm(v)
    return math.fsum(v * accurate_product(K, v, scale)) / math.fsum(v * v)


def accurate_product(K: np.ndarray, v: np.ndarray, scale: float) -> np.ndarray:
    """Return K v for ``max|K| <= scale`` and ``max|v| <= 1``, its leading parts summed without rounding.

    Both factors are cut after ``bits`` leading binary digits (counted from the largest entry), so that a sum
    of n products of the heads fits into 53 digits whatever the order of summation; the other products carry a
    factor 2^-bits and may be rounded. Idea: Ozaki et al., Numerical Algorithms 59 (2012).
    """
    bits = (53 - math.ceil(math.log2(len(v) + 1))) // 2
    head = _cut(v, 1.0, bits)
    parts = np.stack([head, v - head], axis=1)
    out = np.empty(len(v))
    rows = max(1, 2**16 // len(v))
    for i in range(0, len(v), rows):
        high = _cut(K[i : i + rows], scale, bits)
        leading = high @ parts
        trailing = (K[i : i + rows] - high) @ v
        out[i : i + rows] = leading[:, 0] + (leading[:, 1] + trailing)
    return out


def _cut(values: np.ndarray, bound: float, bits: int) -> np.ndarray:
    """Round ``values`` (at most ``bound`` in size) to multiples of 2^-bits times a power of two >= bound."""
    anchor = 1.5 * 2.0 ** (math.frexp(bound)[1] + 52 - bits)
    return (values + anchor) - anchor
