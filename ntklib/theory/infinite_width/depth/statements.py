r"""Angles and limiting kernels of :math:`\sigma(s) = a s + b \lvert s \rvert` followed through many layers.

Throughout, :math:`\beta = b^2/(a^2 + b^2)` and the weight variance is the one that keeps norms. Limits of what is
computed here are in `limits`, its claims in `claims`.
"""

from typing import NamedTuple

import numpy as np

from ntklib._validate import positive_int
from ntklib.activations import activation as as_activation
from ntklib.activations.piecewise_linear import sine_minus_tcos
from ntklib.kernels.angles import pairwise_angles as pairwise_angles
from ntklib.theory.setting import inverse_distance


class AngleRun(NamedTuple):
    """Angle, kernel and gaps :math:`1 - G`, :math:`l - K` at the kept layers, arrays of shape (layers, ...)."""

    layers: np.ndarray
    angle: np.ndarray
    K: np.ndarray
    G_gap: np.ndarray
    K_gap: np.ndarray


def even_share(activation) -> float:
    r"""Share :math:`\beta = b^2/(a^2 + b^2)` of the even part of :math:`\sigma(s) = a s + b \lvert s\rvert`.

    Parameters
    ----------
    activation : str or Activation
        Positively homogeneous, and not linear.

    Returns
    -------
    float
        In (0, 1]: 1/2 for ReLU, 1 for the absolute value.

    Raises
    ------
    ValueError
        For any other activation; for the identity, whose angles never move.

    Notes
    -----
    O(1). Source: the number :math:`\Delta_\phi` of Terjék and González-Sánchez 2025.

    Examples
    --------
    >>> even_share("relu")
    0.5
    """
    act = as_activation(activation)
    if not act.even_part:
        raise ValueError(
            f"even_share: activation {act.name!r} has no even part; expected σ(s) = a s + b|s| with b not 0, such as "
            "'relu', 'leaky_relu', 'abs'; a linear network keeps every angle."
        )
    return act.even_part


def trajectory(theta, layers, beta: float) -> AngleRun:
    r"""Follow angles, kernel and gaps of two unit vectors through the layers.

    .. math:: \kappa_{l+1} = \kappa_l \big(1 - \tfrac{2\beta}{\pi}\theta_l\big) + \cos\theta_{l+1}, \qquad
              \theta_1 = \theta,\ \kappa_1 = \cos\theta .

    Parameters
    ----------
    theta : array_like
        Angles of the inputs in [0, π].
    layers : int or sequence of int
        Depths to keep: ``1, …, layers``, or those listed.
    beta : float
        Share of the even part.

    Returns
    -------
    AngleRun
        Arrays of shape ``(number of kept layers, *theta.shape)``.

    Notes
    -----
    The gaps are sums of terms of one sign except at the first layers of obtuse pairs. O(max layer) time; memory for the
    kept layers only. A second route to `angular_profile`. Source: Jacot et al. 2018.

    Examples
    --------
    >>> trajectory(np.pi / 2, [2, 3], 0.5).K.round(4).tolist()
    [0.3183, 0.6857]
    """
    theta, beta = _angles("trajectory", theta), _share("trajectory", beta)
    kept = range(1, positive_int("trajectory", "layers", layers) + 1) if np.ndim(layers) == 0 else layers
    kept = sorted({positive_int("trajectory", "layers", layer) for layer in kept})
    rows, K, half = [], np.cos(theta), np.sin(theta / 2) ** 2
    K_gap = 2 * half
    for layer in range(1, kept[-1] + 1):
        if layer == kept[len(rows)]:
            rows.append((layer, theta, K, 2 * half, K_gap))
        turn = 2 * beta / np.pi * theta
        theta, half = _next_angle(theta, beta)
        K, K_gap = K * (1 - turn) + 1 - 2 * half, K_gap * (1 - turn) + layer * turn + 2 * half
    return AngleRun(*(np.array(column) for column in zip(*rows)))


def depth_constant(theta, beta: float, layers: int = 512) -> np.ndarray:
    r"""What the deep limit remembers of a pair: the constant in the growth of its inverse distance.

    .. math:: C(\theta) = \lim_{l\to\infty} w_l - \tfrac{4\beta}{3\pi}\, l - \tfrac{2\beta}{\pi} \log l

    Parameters
    ----------
    theta : array_like
        Angles of the inputs, in (0, π]; below π for :math:`\beta = 1`.
    beta : float
        Share of the even part.
    layers : int
        Depth of the first of two runs, the other twice as deep.

    Returns
    -------
    ndarray

    Raises
    ------
    ValueError
        As `trajectory`; for an angle 0, whose constant is infinite.

    Notes
    -----
    :math:`w_l - \frac{2\beta}{\pi}\log(w_l / A) - A l` with :math:`A = \frac{4\beta}{3\pi}` reaches the same limit with
    an error of order 1/l, which one extrapolation removes: about 1e-5 is left. Book.

    Examples
    --------
    >>> round(float(depth_constant(np.pi / 2, 0.5)), 3)
    0.719
    """
    theta = _angles("depth_constant", theta)
    if not theta.all():
        raise ValueError("depth_constant: an angle is 0; expected two different directions; leave the diagonal out.")
    run, A = trajectory(theta, [layers, 2 * layers], beta), 4 * beta / (3 * np.pi)
    w = inverse_distance(run.angle)
    coarse, fine = (w[i] - 2 * beta / np.pi * np.log(w[i] / A) - A * run.layers[i] for i in (0, 1))
    return 2 * fine - coarse


def depth_spectrum(X, layers, activation="relu") -> list[dict]:
    r"""Extreme eigenvalues of :math:`K^{(L)}` and :math:`G^{(L)}` at several depths, one row per depth.

    Parameters
    ----------
    X : array_like, shape (N, d)
        Data without zero rows.
    layers : int or sequence of int
        Depths L.
    activation : str or Activation
        Positively homogeneous and not linear, with the weight variance that keeps norms.

    Returns
    -------
    list of dict
        Columns ``L``; ``smallest``, ``largest``, ``condition`` of K; ``nngp``, the smallest eigenvalue of G. What is
        below rounding counts as 0, and the condition number is then infinite.

    Notes
    -----
    One trajectory for all depths: O(N² max L + N³ per depth) time.

    Examples
    --------
    >>> round(depth_spectrum([[1.0, 0.0], [0.0, 1.0]], [2])[0]["smallest"], 4)
    1.6817
    """
    beta, X = even_share(activation), np.asarray(X, np.float64)
    theta, norm, pairs = pairwise_angles(X), np.linalg.norm(X, axis=1), np.triu_indices(len(X))
    run, scale, rows = trajectory(theta[pairs], layers, beta), (norm[:, None] * norm)[pairs], []
    for i, layer in enumerate(run.layers):
        smallest, largest = _extremes(scale * (layer - run.K_gap[i]), pairs)
        nngp, _ = _extremes(scale * (1 - run.G_gap[i]), pairs)
        condition = largest / smallest if smallest > 0 else np.inf
        rows.append({"L": int(layer), "smallest": smallest, "largest": largest, "condition": condition, "nngp": nngp})
    return rows


def _next_angle(theta, beta):
    """Return the next angle and sin² of its half; from φ = π − θ where θ is obtuse, so that nothing cancels."""
    obtuse = theta > np.pi / 2
    phi = np.where(obtuse, np.pi - theta, theta)
    half = np.sin(phi / 2) ** 2 - beta / np.pi * sine_minus_tcos(phi, np)
    half = half + np.where(obtuse, (1 - beta) * np.cos(phi), 0.0)
    half = np.clip(half, 0.0, 1.0)
    return 2 * np.arctan2(np.sqrt(half), np.sqrt(1 - half)), half


def _extremes(entries, pairs) -> tuple[float, float]:
    """Return the extreme eigenvalues of the matrix with the given upper triangle; rounding counts as 0."""
    A = np.zeros((1 + pairs[0][-1],) * 2)
    A[pairs] = A.T[pairs] = entries
    values = np.linalg.eigvalsh(A)
    floor = len(A) * np.finfo(float).eps * values[-1]
    return (float(values[0]) if values[0] > floor else 0.0), float(values[-1])


def _angles(where: str, theta) -> np.ndarray:
    theta = np.asarray(theta, np.float64)
    if not np.all((theta >= 0) & (theta <= np.pi)):
        raise ValueError(f"{where}: theta has entries outside [0, π]; expected angles in radians.")
    return theta


def _share(where: str, beta) -> float:
    if not 0 <= float(beta) <= 1:
        raise ValueError(f"{where}: beta={beta!r}; expected the share of the even part, a number in [0, 1].")
    return float(beta)
