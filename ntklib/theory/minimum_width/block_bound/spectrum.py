r"""Smallest eigenvalue of a Gram matrix of independent rows: the proof's isometry, and what spectra predict."""

import numpy as np
from scipy.optimize import minimize_scalar

from ntklib._validate import positive_float, positive_int
from ntklib.spectrum import psd_smallest


def isometry_deficit(N: int, p: int, psi: float, *, rate: float = 0.25, constant: float = 1.0) -> float:
    r"""Return the relative deficit :math:`C\,\xi^2 (N/p)^{1/4}`, :math:`\xi = \psi + 1`, of the restricted isometry.

    Parameters
    ----------
    N, p : int
        Rows and columns.
    psi : float
        Largest sub-exponential norm of a row in a direction, with rows scaled to mean square p.
    rate : float
        Exponent of N/p.
    constant : float
        C.

    Returns
    -------
    float
        The step proves :math:`\lambda_{\min} \ge \eta_{\min}^2(1 - \text{deficit})`.

    Notes
    -----
    O(1). Recalled from Bombari, Amani and Mondelli 2022, after Adamczak, Litvak, Pajor and Tomczak-Jaegermann 2011; not
    confirmed.

    Examples
    --------
    >>> isometry_deficit(16, 256, 1.0)
    2.0
    """
    N, p = (positive_int("isometry_deficit", name, v) for name, v in (("N", N), ("p", p)))
    checked = [positive_float("isometry_deficit", k, v) for k, v in (("psi", psi), ("constant", constant))]
    return checked[1] * (checked[0] + 1) ** 2 * (N / p) ** rate


def log_power(psi_power: float = 1.0, rate: float = 0.25) -> float:
    r"""Return k such that :math:`\log^{2a}N\,(N/p)^{\gamma} = (N\log^kN/p)^{\gamma}`, that is :math:`k = 2a/\gamma`.

    Parameters
    ----------
    psi_power : float
        a, the power of log N in the sub-exponential norm.
    rate : float
        γ, the exponent of N/p in the deficit.

    Returns
    -------
    float

    Notes
    -----
    O(1). Source: Book.

    Examples
    --------
    >>> log_power(), log_power(rate=0.5), log_power(psi_power=0.0, rate=0.5)
    (8.0, 4.0, 0.0)
    """
    return 2 * psi_power / positive_float("log_power", "rate", rate)


def spectral_edge(spectrum, N: int) -> float:
    r"""Return the predicted :math:`\lambda_{\min}(JJ^\top)` for N independent rows with covariance spectrum τ.

    .. math:: \max_{s>0}\; \sum_{k} \frac{\tau_k}{1 + \tau_k s} - \frac{N}{s}
              \quad\Big(= p\,\big(1 - \sqrt{N/p}\big)^2 \text{ for } \tau \equiv 1\Big)

    Parameters
    ----------
    spectrum : array_like, shape (p,)
        Eigenvalues τ of the covariance of a row, not negative, not all zero.
    N : int
        Number of rows.

    Returns
    -------
    float
        Left edge of the limiting spectrum; 0 where N is not below the number of positive τ.

    Raises
    ------
    ValueError
        Negative or only zero eigenvalues, or no rows.

    Notes
    -----
    A prediction, not a bound: it treats whitened rows as if their entries were independent. Silverstein and Choi 1995.
    Maximized over log s: about 50 evaluations of O(p).

    Examples
    --------
    >>> round(spectral_edge([1.0] * 400, 100), 4)
    100.0
    """
    tau, N = np.asarray(spectrum, float).ravel(), positive_int("spectral_edge", "N", N)
    if not (tau.size and np.isfinite(tau).all() and tau.min() >= 0 < tau.max()):
        raise ValueError(f"spectral_edge: spectrum of shape {tau.shape}; expected eigenvalues >= 0, not all zero.")
    tau = tau[tau > tau.max() * 1e-14]
    if tau.size <= N:
        return 0.0
    ends = np.log(1e-3 / tau.max()), np.log(1e6 * N / tau.sum() + 1e3 / tau.min())
    best = minimize_scalar(lambda s: N * np.exp(-s) - np.sum(tau / (1 + tau * np.exp(s))), bounds=ends)
    return max(0.0, -float(best.fun))


def effective_parameters(spectrum) -> float:
    r"""Return :math:`(\sum\tau)^2/\sum\tau^2`, the number of equal directions with the same second moment.

    Raises
    ------
    ValueError
        Only zero eigenvalues.

    Notes
    -----
    For N far below it the deficit is :math:`2\sqrt{N/p_{\rm eff}}`. O(p).

    Examples
    --------
    >>> effective_parameters([1.0, 1.0, 0.0])
    2.0
    """
    tau = np.asarray(spectrum, float)
    if not tau.any():
        raise ValueError("effective_parameters: every eigenvalue is zero; expected a positive one.")
    return float(tau.sum() ** 2 / np.sum(tau**2))


def lowest(kernels) -> list[float]:
    """Return the smallest eigenvalues, by NumPy alone (see `ntklib.smallest_eigenvalue` for the careful routine).

    Notes
    -----
    O(N³) each.

    Examples
    --------
    >>> lowest([np.diag([2.0, 3.0])])
    [2.0]
    """
    return [float(psd_smallest(K)) for K in kernels]


def scaled_deficit(kernel) -> float:
    r"""Return :math:`1 - \lambda_{\min}(D^{-1/2} K D^{-1/2})`, D the diagonal of K: what is lost beside row norms.

    Raises
    ------
    ValueError
        A diagonal that is not positive.

    Notes
    -----
    :math:`\lambda_{\min}(K) \ge \min_i K_{ii}\,(1 - \text{deficit})`. O(N³).

    Examples
    --------
    >>> round(scaled_deficit(np.array([[4.0, 1.0], [1.0, 1.0]])), 12)
    0.5
    """
    scale = np.diagonal(kernel)
    if not scale.min() > 0:
        raise ValueError(f"scaled_deficit: smallest diagonal entry {scale.min():.3g}; expected a positive one.")
    return 1.0 - float(psd_smallest(kernel / np.sqrt(np.outer(scale, scale))))
