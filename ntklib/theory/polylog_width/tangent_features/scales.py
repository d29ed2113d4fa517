"""Sizes at initialization: features, kernel and output of one sample in many random networks."""

import numpy as np

from ntklib import plain
from ntklib.networks import named_parametrization


def initial_scales(width: int, depth: int, draws: int, seed: int = 0, parametrization="chen", d: int = 2):
    r"""Return :math:`\lVert h_{L-1}\rVert^2`, :math:`K(x, x)/m` and :math:`f_0^2` of ReLU networks at one unit input.

    Parameters
    ----------
    width, depth : int
        m and L.
    draws : int
        Number of independent networks.
    seed : int
    parametrization : str
    d : int
        Dimension of the input.

    Returns
    -------
    ndarray (draws, 3)

    Notes
    -----
    All networks at once: memory for all their weights.

    Examples
    --------
    >>> initial_scales(4, 3, draws=5).shape
    (5, 3)
    """
    widths = (d, *(depth - 1) * (width,), 1)
    rule = named_parametrization(parametrization, widths)
    params = plain.draw(widths, rule, [seed, 2], batch=(draws,))
    F, B = plain.factors(params, np.eye(d)[:1], activation="relu", multiplier=rule.multiplier)
    K, f = sum(plain.layer_kernels(F, B, rule.multiplier)), plain.readout(params, F, rule.multiplier)
    return np.stack([np.sum(F[-1][:, 0] ** 2, axis=1), K[:, 0, 0] / width, f[:, 0] ** 2], axis=1)
