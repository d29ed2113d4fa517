"""What the checks and the chapter on generalization share."""

import jax
import numpy as np

from ntklib.networks import MLP
from ntklib.theory.polylog_width.tangent_models import scaled_blocks, tangent_fit
from ntklib.theory.setting import parity_cube


def best_tangent_loss(d: int, width: int, radius: float, seed: int = 0) -> float:
    """The least loss of the tangent class of one shallow network on the whole XOR cube, the population.

    Examples
    --------
    >>> best_tangent_loss(2, 16, 4.0) < 0.7
    True
    """
    X, y = parity_cube(d)
    net = MLP((d, width, 1), "relu", "chen")
    params = net.init(jax.random.key(seed))
    blocks, start = scaled_blocks(net, params, X), np.asarray(net(params, X), float)
    return tangent_fit(blocks, y, radius, start=start, tolerance=0.05, steps=2000).loss
