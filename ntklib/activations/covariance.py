r"""The determinant and the angle of two correlated Gaussian variables, to the digits that their covariances hold.

``(u, v)`` is centred Gaussian with covariance ``[[q11, q12], [q12, q22]]``.
"""

import jax
import jax.numpy as jnp


def guarded_sqrt(x, floor=0.0):
    """Square root of ``x``, and 0 with derivative 0 where ``x <= floor``, instead of an infinite derivative at 0.

    NaN stays NaN.
    """
    flat = x <= floor
    return jnp.where(flat, 0.0, jnp.sqrt(jnp.where(flat, 1.0, x)))


def floats(*values):
    """The values as JAX arrays of one floating dtype, at least JAX's own single precision."""
    arrays = [jnp.asarray(v) for v in values]
    dtype = jnp.promote_types(jnp.result_type(*arrays), jnp.float32)
    return tuple(a.astype(dtype) for a in arrays)


@jax.custom_jvp
def determinant(q11, q12, q22):
    r"""Return :math:`q_{11}q_{22} - q_{12}^2`, and 0 where rounding of the covariances makes it negative.

    The rounding errors of both products are taken along (Dekker 1971), so that next to correlation ±1 the result has
    the digits of the numbers given and not of their products. The derivative is that of the formula.

    Examples
    --------
    >>> float(determinant(3.0, 3.0, 3.0)), float(determinant(2.0, 1.0, 2.0))
    (0.0, 3.0)
    """
    q11, q12, q22 = floats(q11, q12, q22)
    (p, p_error), (s, s_error) = _two_product(q11, q22), _two_product(q12, q12)
    return jnp.maximum((p - s) + (p_error - s_error), 0.0)


@determinant.defjvp
def _determinant_jvp(primals, tangents):
    (q11, q12, q22), (t11, t12, t22) = primals, tangents
    return determinant(*primals), q22 * t11 + q11 * t22 - 2 * q12 * t12


def _two_product(a, b):
    """Product and its rounding error, ``a * b = p + e``, in any binary floating format."""
    p = a * b
    split = 2.0 ** ((jnp.finfo(p.dtype).nmant + 2) // 2) + 1
    (ah, al), (bh, bl) = (_halves(z, split) for z in (a, b))
    return p, ((ah * bh - p) + ah * bl + al * bh) + al * bl


def _halves(z, split):
    t = split * z
    high = t - (t - z)
    return high, z - high


def covariance_angle(q11, q12, q22):
    """Angle between the two variables from their covariances, and the angle that it lacks to π, and sqrt(q11 q22).

    From covariances alone half the digits of a small angle are lost; from the rows see
    :func:`ntklib.kernels.half_angles`. At coincident variables the derivative is 0, not NaN.
    """
    q11, q12, q22 = floats(q11, q12, q22)
    scale = [_power_of_two(q) for q in (q11, q22)]
    norm = guarded_sqrt(q11) * guarded_sqrt(q22)
    x, y, z = q11 * scale[0] ** 2, q22 * scale[1] ** 2, q12 * (scale[0] * scale[1])
    sine = guarded_sqrt(determinant(x, z, y))
    degenerate = (sine == 0) & (z == 0)
    z = jnp.where(degenerate, 1.0, z)
    return *(jnp.where(degenerate, 0.0, jnp.arctan2(sine, side)) for side in (z, -z)), norm


def _power_of_two(q):
    """A power of two ``s`` that brings ``s² q`` near 1, so that no product of variances leaves the range."""
    exponent = jnp.frexp(jax.lax.stop_gradient(jnp.where(q > 0, q, 1.0)))[1]
    return jnp.ldexp(jnp.ones_like(q), -(exponent // 2))
