r"""What a finite width keeps of a margin: one hidden layer, by Hoeffding; the recalled price of separation.

Notation: m width, unit inputs; :math:`\bar K` the tangent kernel over m of the paper's ReLU network; γ the margin of a
labelled kernel.
"""

import numpy as np

from ntklib import plain
from ntklib._validate import positive_float, positive_int


def shallow_kernels(X, width: int, seed: int = 0):
    r"""Return both blocks of :math:`\bar K` of one random network with L = 2, and its output weights.

    .. math:: \bar K_1 = \sum_jv_j^2\,\mathbf 1[w_j^\top x>0]\,\mathbf 1[w_j^\top x'>0]\,x^\top x', \qquad
              \bar K_2 = \sum_j\sigma(w_j^\top x)\,\sigma(w_j^\top x')

    Parameters
    ----------
    X : array_like (N, d)
    width : int
        m.
    seed : int

    Returns
    -------
    K1, K2 : ndarray (N, N)
    v : ndarray (m,)

    Notes
    -----
    NumPy, float64, :math:`w_j\sim N(0, 2I/m)`, :math:`v_j\sim N(0, 1/m)`; O(N² m) time, N (N + m) numbers.

    Examples
    --------
    >>> K1, K2, v = shallow_kernels(np.eye(3), 50)
    >>> bool(np.all(K1[~np.eye(3, dtype=bool)] == 0)), v.shape
    (True, (50,))
    """
    X, m = np.asarray(X, np.float64), positive_int("shallow_kernels", "width", width)
    params = plain.draw((X.shape[1], m, 1), "chen", [seed, 19])
    K1, K2 = plain.layer_kernels(*plain.factors(params, X, activation="relu"))
    return K1, K2, params[1][:, 0]


def xor_nt_margin(d: int) -> float:
    r"""Return the margin on XOR of the direction that swaps two signs.

    .. math:: \bar u(z) = (\operatorname{sign}(z_2)e_1 + \operatorname{sign}(z_1)e_2)/\sqrt2

    .. math:: y\,\mathbb E\big[\mathbf 1[z^\top x>0]\,\bar u(z)^\top x\big]
              = \frac1\pi\sqrt{\frac2d}\,\arcsin\frac1{\sqrt d} \ge \frac{\sqrt2}{\pi d}

    Parameters
    ----------
    d : int
        Dimension.

    Returns
    -------
    float
        The same at every vertex of the cube.

    Notes
    -----
    O(1). Source: Book; the margin is that of Ji and Telgarsky 2020.

    Examples
    --------
    >>> round(xor_nt_margin(2), 12)
    0.25
    """
    d = positive_int("xor_nt_margin", "d", d)
    return float(np.sqrt(2 / d) * np.arcsin(d**-0.5) / np.pi)


def margin_floor(nt_margin: float, v, samples: int, delta: float, *, reach: float = 1.0) -> float:
    r"""Return what a network keeps of a limiting margin, with probability 1 - δ over its first layer.

    .. math:: \gamma_m \ge \lVert v\rVert\Big(\gamma - B\sqrt{\frac{2\log(N/\delta)}{m_{\rm eff}}}\Big), \qquad
              m_{\rm eff} = \frac{(\sum_jv_j^2)^2}{\sum_jv_j^4}

    Parameters
    ----------
    nt_margin : float
        γ of a direction with :math:`\lVert\bar u(z)\rVert\le1`.
    v : array_like (m,)
        Output weights.
    samples : int
        N.
    delta : float
        δ in (0, 1).
    reach : float
        B, a bound on :math:`\lvert\bar u(z)^\top x_i\rvert`; 1 for unit inputs.

    Returns
    -------
    float
        Negative where the width is too small to say anything.

    Notes
    -----
    Hoeffding's inequality and a union bound; O(m). Source: Book.

    Examples
    --------
    >>> round(margin_floor(0.5, np.full(10_000, 0.01), 100, 0.01), 3)
    0.457
    """
    gamma, delta, B = (
        positive_float("margin_floor", *p) for p in (("nt_margin", nt_margin), ("delta", delta), ("reach", reach))
    )
    squares = np.asarray(v, np.float64) ** 2
    effective = squares.sum() ** 2 / np.sum(squares**2)
    return float(np.sqrt(squares.sum()) * (gamma - B * np.sqrt(2 * np.log(samples / delta) / effective)))


def sufficient_width(nt_margin: float, samples: int, delta: float, *, share=0.5, reach=1.0, spread=3.0) -> float:
    r"""Return the width at which :func:`margin_floor` keeps a share of the margin.

    .. math:: m = \frac{2\,s\,B^2\log(N/\delta)}{(1-\text{share})^2\,\gamma^2}

    Parameters
    ----------
    nt_margin, samples, delta, reach
        As in :func:`margin_floor`.
    share : float
        Of γ that remains, in [0, 1).
    spread : float
        s, the ratio :math:`m/m_{\rm eff}`: 3 for Gaussian output weights, 1 for random signs.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        For numbers that are not positive, or a share outside [0, 1).

    Notes
    -----
    O(1). Source: Book; the order is that of Ji and Telgarsky 2020.

    Examples
    --------
    >>> round(sufficient_width(0.5, 100, 0.01))
    884
    """
    gamma = positive_float("sufficient_width", "nt_margin", nt_margin)
    if not 0 <= share < 1:
        raise ValueError(f"sufficient_width: share={share}; expected 0 <= share < 1, the part of the margin to keep.")
    return float(2 * spread * np.log(samples / delta) * (reach / ((1 - share) * gamma)) ** 2)


def separation_radius(samples, separation, delta, target, *, constant: float = 1.0) -> float:
    r"""Return the radius that separation alone asks for.

    .. math:: R = C\,n^{3/2}\,\delta_{\rm sep}^{-1/2}\log\frac n{\delta\epsilon}

    Parameters
    ----------
    samples, separation, delta, target : float
        n, :math:`\delta_{\rm sep}`, δ, ε, all positive.
    constant : float
        C, which the paper does not give.

    Returns
    -------
    float

    Notes
    -----
    O(1). Source: Chen, Cao, Zou, Gu 2021, Proposition on class-dependent separation, recalled and not confirmed.

    Examples
    --------
    >>> round(separation_radius(4, 0.25, 1.0, 4.0), 12)
    0.0
    """
    n, gap, delta, target = (
        positive_float("separation_radius", name, value)
        for name, value in (("samples", samples), ("separation", separation), ("delta", delta), ("target", target))
    )
    return float(constant * n**1.5 * gap**-0.5 * np.log(n / (delta * target)))
