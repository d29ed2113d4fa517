r"""A proved Lipschitz constant of the Jacobian on balls, at any depth; measured, it falls with the width."""

from typing import NamedTuple

import numpy as np

from ntklib import plain
from ntklib.theory.lipschitz import derivative_suprema, jacobian_lipschitz_on_balls


class BallNorms(NamedTuple):
    """Norms at the centre of a ball: of weights (L), and of each sample's vectors, layer by layer."""

    weights: list
    features: list  # of f_0 … f_{L-1}, each (N,)
    backward: list  # of b_1 … b_L, each (N,)
    peaks: list  # largest entry of m_{l+1} W_{l+1} b_{l+1}, for l = 1 … L-1


def network_lipschitz(net, params, X):
    r"""Return a function ``radius -> Λ`` that bounds the turning of :math:`\partial F` on balls around ``params``.

    For each sample, with :math:`r_l` and :math:`M` indexed by the layers that move,

    .. math:: r_{l+1} = \omega_{l+1}s_1r_l + m_{l+1}\lVert f_l\rVert e_{l+1}, \qquad
              M = \sum_{l<L}\Big(s_2\lVert\tilde b_l\rVert_\infty\,r_lr_l^\top
              + s_1m_{l+1}\lVert b_{l+1}\rVert\,(r_le_{l+1}^\top + e_{l+1}r_l^\top)\Big)

    where every norm is bounded on the ball, and :math:`\Lambda^2` is the mean of :math:`\lVert M\rVert^2` over samples.

    Parameters
    ----------
    net : MLP
        With one output and activation "tanh", "sigmoid" or "softplus", in any parametrization.
    params : sequence of L arrays
        The centre.
    X : array (N, d)

    Returns
    -------
    callable
        Nondecreasing in the radius. The space of outputs has the norm of means; the smaller one of this bound and
        that of `jacobian_lipschitz_bound` is returned.

    Notes
    -----
    :math:`\tilde b_l = m_{l+1}W_{l+1}b_{l+1}` has *entries* of order :math:`m^{-1/2}`: that is what Frobenius norms do
    not see. One forward and backward pass and one norm per weight matrix; a call costs O(N L³). Source: Book; the
    role of the largest entry is that of Liu, Zhu, Belkin 2022.

    Examples
    --------
    >>> from ntklib import MLP
    >>> net, rng = MLP((2, 50, 50, 1), "tanh", "ntk"), np.random.default_rng(0)
    >>> turning = network_lipschitz(net, [rng.standard_normal(s) for s in ((2, 50), (50, 50), (50, 1))], np.eye(2))
    >>> turning(0.1) < turning(1.0)
    True
    """
    X, m, activation = np.asarray(X, float), net.parametrization.multiplier, net.activation
    suprema = derivative_suprema("network_lipschitz", activation)
    other = jacobian_lipschitz_on_balls(params, X, activation, multiplier=m)
    norms = _norms([np.asarray(W, float) for W in params], m, X, activation)
    return lambda radius: min(_turning(norms, m, radius, *suprema), other(radius) / len(X) ** 0.5)


def _norms(params, m, X, activation) -> BallNorms:
    F, B = plain.factors(params, X, activation=activation, multiplier=m)
    sizes = [[np.linalg.norm(part, axis=1) for part in parts] for parts in (F, B)]
    peaks = [a * np.abs(b @ W.T).max(axis=1) for a, b, W in zip(m[1:], B[1:], params[1:])]
    return BallNorms([np.linalg.norm(W, 2) for W in params], *sizes, peaks)


def _turning(norms: BallNorms, m, rho: float, slope: float, bend: float) -> float:
    """Root mean square over the samples of the norm of M on the ball."""
    omega = [a * (w + rho) for a, w in zip(m, norms.weights)]
    features, shifts = _features(norms, m, omega, rho, slope)
    backward, peaks = _backward(norms, m, omega, shifts, rho, slope, bend)
    L = len(omega)
    r, M = np.zeros((len(features[0]), L)), 0.0
    for l, e in enumerate(np.eye(L)):
        if l:
            mixed = r[:, :, None] * e
            M = M + bend * peaks[l - 1][:, None, None] * r[:, :, None] * r[:, None, :]
            M = M + (slope * m[l] * backward[l])[:, None, None] * (mixed + mixed.swapaxes(1, 2))
        r = omega[l] * slope * r + (m[l] * features[l])[:, None] * e
    return float(np.sqrt(np.mean(np.linalg.norm(M, 2, axis=(1, 2)) ** 2)))


def _features(norms, m, omega, rho, slope):
    """Bounds of the features' lengths on the ball, and of how far each pre-activation can move."""
    moved, lengths, shifts = 0.0, [norms.features[0]], []
    for a, w, before, after in zip(m, omega, norms.features, [*norms.features[1:], 0.0]):
        shifts.append(w * moved + a * before * rho)
        moved = slope * shifts[-1]
        lengths.append(after + moved)
    return lengths[:-1], shifts


def _backward(norms, m, omega, shifts, rho, slope, bend):
    """Bounds of the lengths of b_1 … b_L on the ball, and of the largest entry of what arrives at each b."""
    L, drift = len(omega), 0.0  # drift: how far b_{l+1} can move
    lengths, peaks = [norms.backward[-1]], []
    for l in range(L - 2, -1, -1):
        arriving = omega[l + 1] * drift + m[l + 1] * rho * norms.backward[l + 1]
        peaks.append(norms.peaks[l] + arriving)
        drift = slope * arriving + bend * shifts[l] * norms.peaks[l]
        lengths.append(norms.backward[l] + drift)
    return lengths[::-1], peaks[::-1]
