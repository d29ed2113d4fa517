r"""Certificates of gradient descent: what is known of a run before its first step, for every part of the book.

One type, `Certificate`, and the theorem that fills it: Polyak–Łojasiewicz through the tangent kernel for
:math:`g = \ell\circ F`. The certificate of Part III (square loss, sums instead of means) is an instance of it with
rounded constants.
"""

from typing import NamedTuple

import numpy as np

from ntklib._validate import positive_float


class Certificate(NamedTuple):
    """What is known before the first step; ``valid`` says whether the theorem applies."""

    sigma: float  # smallest singular value of the Jacobian at the start
    norm: float  # its largest singular value
    lipschitz: float
    scale: float
    step: float
    radius: float
    contraction: float
    path: float
    threshold: float
    valid: bool

    def loss_bound(self, steps, first_loss: float) -> np.ndarray:
        r"""Return :math:`\ell_0\,q^t`, the bound on the loss after t steps, with q the contraction."""
        return first_loss * self.contraction ** np.asarray(steps, float)

    def steps_to(self, fraction: float) -> int:
        r"""Return the number of steps after which :math:`\ell_t \le` ``fraction`` :math:`\ell_0` is certain.

        Raises
        ------
        ValueError
            If the fraction is not positive, or the certificate not valid.

        Examples
        --------
        >>> composite_certificate(1.0, 1.0, 0.01, 0.5).steps_to(1e-3)
        6
        """
        if not (self.valid and self.contraction < 1):
            raise ValueError(
                f"Certificate.steps_to: valid={self.valid}, contraction={self.contraction!r}; expected a certificate "
                f"that promises a fall of the loss; raise the scale from {self.scale:.3g} to {self.threshold:.3g}."
            )
        part = positive_float("Certificate.steps_to", "fraction", fraction)
        return max(int(np.ceil(np.log(part) / np.log1p(self.contraction - 1))), 0)


def composite_certificate(
    sigma, norm, lipschitz, first_loss, *, smoothness=1.0, pl=1.0, tau=0.5, scale=1.0
) -> Certificate:
    r"""Return step, rate and path of gradient descent on :math:`\ell\circ F`, by the book's Theorem T1.

    With :math:`\lambda = (\sigma_0 - \Lambda\rho)^2`, :math:`B = \lVert J_0\rVert + \Lambda\rho`,
    :math:`M = \beta_\ell B^2 + \Lambda\sqrt{2\beta_\ell\Delta_0}` and :math:`\kappa = 1 - \tau/2`,

    .. math:: \eta = \frac\tau M, \qquad e_t \le (1 - 2\kappa\eta\lambda\mu_\ell)^t\,\Delta_0, \qquad
              \sum_t\lVert\theta_{t+1} - \theta_t\rVert \le \frac1\kappa\sqrt{\frac{2\Delta_0}{\lambda\mu_\ell}} = \rho

    Parameters
    ----------
    sigma, norm : float
        Extreme singular values of the Jacobian of F at the start, in the norm of the outputs' space.
    lipschitz : float or callable
        Λ, or a function ``radius -> Λ`` that bounds it on the ball of that radius, nondecreasing.
    first_loss : float
        :math:`\Delta_0 = \ell(F(\theta_0)) - \ell^*`.
    smoothness, pl : float
        :math:`\beta_\ell` and :math:`\mu_\ell` of the outer function, one each for the square loss.
    tau : float
        :math:`0 < \tau < 2`; 1 for the fastest guaranteed rate.
    scale : float
        Output scale γ that the other numbers already contain; only the threshold is told in its unit.

    Returns
    -------
    Certificate
        With the smallest radius that is its own path bound. If there is none, ``valid`` is false, the contraction is
        1 and radius and path are infinite. ``threshold`` is the scale at which the condition would hold with equality
        for this Λ.

    Raises
    ------
    ValueError
        For numbers that are not positive, or τ outside (0, 2).

    Notes
    -----
    The radius is the limit of an increasing iteration, which solves the quadratic equation for ρ with the last Λ; at
    most 200 evaluations of Λ. Source: Book, Theorem T1.

    Examples
    --------
    >>> known = composite_certificate(1.0, 1.0, 0.01, 0.5)
    >>> known.valid, round(known.path, 2), composite_certificate(1.0, 1.0, 0.2, 0.5).valid
    (True, 1.35, False)
    """
    names = {"sigma": sigma, "norm": norm, "first_loss": first_loss, "smoothness": smoothness, "pl": pl, "scale": scale}
    sigma, norm, gap, smooth, mu, gamma = (positive_float("composite_certificate", k, v) for k, v in names.items())
    tau = positive_float("composite_certificate", "tau", tau)
    if tau >= 2:
        raise ValueError(f"composite_certificate: tau={tau!r}; expected a number between 0 and 2.")
    turning = lipschitz if callable(lipschitz) else lambda radius: lipschitz
    kappa = 1 - tau / 2
    reach = np.sqrt(2 * gap / mu) / kappa
    radius, Lambda = _own_path(reach, sigma, turning)
    valid = np.isfinite(radius)
    drift = Lambda * radius if valid else sigma
    lam, B = (sigma - drift) ** 2, norm + drift
    step = tau / (smooth * B**2 + Lambda * np.sqrt(2 * smooth * gap))
    return Certificate(
        sigma=sigma,
        norm=norm,
        lipschitz=Lambda,
        scale=gamma,
        step=float(step),
        radius=radius,
        contraction=float(1 - 2 * kappa * step * lam * mu),
        path=radius,
        threshold=float(gamma * 4 * Lambda * reach / sigma**2),
        valid=bool(valid),
    )


def _own_path(reach, sigma, turning):
    """Return the least root ρ of ρ = reach/(σ − Λ(ρ)ρ), slightly enlarged, and Λ there; infinity if there is none."""
    radius = reach / sigma
    for _ in range(200):
        Lambda = positive_float("composite_certificate", "lipschitz", turning(radius))
        room = sigma**2 - 4 * Lambda * reach
        if room < 0:
            return np.inf, Lambda
        following = 2 * reach / (sigma + room**0.5)  # the root for this Λ
        if following <= radius * (1 + 1e-12):
            return float(radius), Lambda
        radius = following * (1 + 1e-13)
    return np.inf, Lambda


def extreme_singular_values(K, parameters: int) -> tuple[float, float]:
    r"""Return the largest and the smallest singular value of a Jacobian with :math:`JJ^\top = K`.

    Parameters
    ----------
    K : array (N, N)
    parameters : int
        P, the number of columns of J.

    Returns
    -------
    (float, float)
        The second is 0 where it must be (N > P) and where rounding hides it.

    Notes
    -----
    The square root of an eigenvalue: relative accuracy :math:`N\varepsilon\,\lambda_{\max}/\lambda_{\min}`.
    Source: Book.

    Examples
    --------
    >>> extreme_singular_values(np.diag([4.0, 9.0]), 5)
    (3.0, 2.0)
    """
    values = np.linalg.eigvalsh(np.asarray(K, float))[[-1, 0]]
    hidden = len(K) > parameters or values[1] <= len(K) * np.finfo(float).eps * values[0]
    return float(np.sqrt(values[0])), 0.0 if hidden else float(np.sqrt(values[1]))


def smallest_valid_scale(at, low: float = 1e-3, high: float = 1e18) -> float:
    r"""Return the smallest output scale γ at which ``at(γ)``, a `Certificate`, is valid.

    Parameters
    ----------
    at : callable
        ``scale -> Certificate``, valid from some scale on.
    low, high : float
        Where to look: not valid at the one, valid at the other.

    Returns
    -------
    float

    Notes
    -----
    Forty bisections on a logarithmic scale; returned is the valid side. Source: Book.

    Examples
    --------
    >>> round(smallest_valid_scale(lambda g: composite_certificate(g, g, 0.5 * g, 0.5, scale=g)), 3)
    2.667
    """
    for _ in range(40):
        middle = (low * high) ** 0.5
        low, high = (low, middle) if at(middle).valid else (middle, high)
    return high
