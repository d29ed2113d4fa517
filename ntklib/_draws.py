"""Normal draws that compile a few programs in all, and not one for each shape."""

import math

import jax
import jax.numpy as jnp
import numpy as np

from ntklib._validate import is_concrete

LARGEST = 2**22  # beyond it, drawing takes longer than compiling


def normal(key, shape, dtype=None):
    r"""Draw independent :math:`N(0, 1)` entries: those of ``jax.random.normal``, bit for bit.

    JAX's default generator computes entry i of an array from the key and from i alone. So a draw of another shape is
    the beginning of a longer vector, whose length is rounded up to a power of two: on a CPU, where compiling the
    generator takes longer than any other part of a small experiment.

    Parameters
    ----------
    key : JAX random key
    shape : tuple of ints
    dtype : floating dtype, optional
        Default: JAX's default float.

    Returns
    -------
    array
        In NumPy where the draw was made from a longer vector, else in JAX.

    Notes
    -----
    Time and memory of at most four times the draw below 2^10 entries, and of twice the draw above. Source: Book.
    By `ntklib.MLP.init` and by the data sets.

    Examples
    --------
    >>> key = jax.random.key(0)
    >>> bool((normal(key, (3, 5)) == jax.random.normal(key, (3, 5))).all())
    True
    """
    dtype, size = dtype or jnp.result_type(float), math.prod(shape)
    if not 0 < size <= LARGEST or not _counts_entries(key):
        return jax.random.normal(key, shape, dtype)
    return np.asarray(jax.random.normal(key, (_rounded_up(size),), dtype))[:size].reshape(shape)


def _rounded_up(size: int) -> int:
    """The next of 64, 256, 1024, 2048, 4096, …"""
    exponent = max(6, (size - 1).bit_length())
    return 2 ** (exponent + exponent % 2 if exponent < 10 else exponent)


def _counts_entries(key) -> bool:
    """Whether this is one known key of the generator that numbers the entries, on a CPU."""
    if jax.default_backend() != "cpu" or not jax.config.jax_threefry_partitionable:
        return False
    typed = hasattr(key, "dtype") and jnp.issubdtype(key.dtype, jax.dtypes.prng_key) and key.shape == ()
    return typed and jax.random.key_impl(key) == "threefry2x32" and is_concrete(jax.random.key_data(key))
