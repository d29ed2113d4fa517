"""Two copies of a network with opposite signs: zero output at initialization, the same tangent kernel, a free scale."""

from dataclasses import dataclass

from ntklib._validate import positive_float
from ntklib.kernels import empirical_ntk
from ntklib.networks import MLP


@dataclass(frozen=True)
class AntisymmetricNetwork:
    r"""The difference of two copies of a network, times an output scale.

    .. math:: F(\theta^1, \theta^2; x) = \gamma\, \frac{f(\theta^1; x) - f(\theta^2; x)}{\sqrt2}

    With :math:`\theta^1 = \theta^2` the output is zero and the tangent kernel is :math:`\gamma^2` times that of f. A
    larger γ means less movement for the same change of the outputs: lazy training without width.

    Parameters
    ----------
    net : MLP
        f.
    scale : float
        γ > 0.

    Raises
    ------
    ValueError
        If the scale is not finite and positive.

    Notes
    -----
    Parameters are a pair of those of ``net``; time and memory are twice those of ``net``. Equal settings make equal
    networks, so that compiled code is shared. Source: the output scale is that of Chizat, Oyallon and Bach 2019; the
    difference of copies is known as antisymmetric initialization.

    Examples
    --------
    >>> import jax, jax.numpy as jnp
    >>> twin = AntisymmetricNetwork(MLP((3, 5, 1), "tanh", "bombari"), scale=10.0)
    >>> params = twin.init(jax.random.key(0))
    >>> twin(params, jnp.ones((2, 3))).tolist()
    [0.0, 0.0]
    """

    net: MLP
    scale: float = 1.0

    def __post_init__(self):
        object.__setattr__(self, "scale", positive_float("AntisymmetricNetwork", "scale", self.scale))

    def init(self, key, dtype=None):
        """Draw the parameters of one copy with ``net.init`` and return them twice."""
        params = self.net.init(key, dtype)
        return params, params

    def __call__(self, params, X):
        """Outputs ``F(x_i)``, shaped as those of ``net``."""
        left, right = params
        return self.scale * 0.5**0.5 * (self.net(left, X) - self.net(right, X))

    def tangent_kernel(self, params, X):
        r"""Return :math:`\tfrac12\gamma^2(K(\theta^1) + K(\theta^2))`, shape (N, N), by `ntklib.empirical_ntk`."""
        left, right = params
        return 0.5 * self.scale**2 * (empirical_ntk(self.net, left, X) + empirical_ntk(self.net, right, X))
