r"""The proof of Theorem T1 as a table: both sides of each of its inequalities at every step of a run."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from ntklib.theory.certificates import Certificate


class ProofConstants(NamedTuple):
    r"""What the proof takes as given on the region of a run: λ, B, Λ, the step size, the outer loss's two constants."""

    lam: float
    B: float
    Lambda: float
    step: float
    smoothness: float = 1.0
    pl: float = 1.0

    def curvature(self, outer_gradient):
        r"""Return :math:`M_t = \beta_\ell B^2 + \Lambda\lVert\nabla\ell(F(\theta_t))\rVert`."""
        return self.smoothness * self.B**2 + self.Lambda * outer_gradient

    def kappa(self, first_gap: float) -> float:
        r"""Return :math:`\kappa = 1 - \eta M/2`, with M the curvature at the largest gradient a run can meet."""
        return float(1 - self.step * self.curvature(np.sqrt(2 * self.smoothness * first_gap)) / 2)


def certified_constants(known: Certificate) -> ProofConstants:
    """Return the constants that a certificate of the square loss guarantees on its ball.

    Examples
    --------
    >>> from ntklib.theory.certificates import composite_certificate
    >>> certified_constants(composite_certificate(1.0, 1.0, 0.1, 0.5)).kappa(0.5)
    0.75
    """
    drift = known.lipschitz * known.radius
    return ProofConstants((known.sigma - drift) ** 2, known.norm + drift, known.lipschitz, known.step)


def measured_constants(run: pd.DataFrame, step: float, *, smoothness=1.0, pl=None) -> ProofConstants:
    r"""Return the constants read off a finished run: extremes of the spectrum, Λ as the largest quotient of a step.

    Parameters
    ----------
    run : pandas.DataFrame
        Of `proof_run`.
    step : float
        Its η.
    smoothness : float
        :math:`\beta_\ell`.
    pl : float, optional
        :math:`\mu_\ell`; the smallest :math:`\frac12\lVert\nabla\ell\rVert^2/e_t` of the run if not given.

    Returns
    -------
    ProofConstants

    Notes
    -----
    Known only afterwards, and on the run alone: they certify nothing. Source: Book.

    Examples
    --------
    >>> columns = ("sigma", "largest", "jacobian_turned", "length", "outer", "gap")
    >>> run = pd.DataFrame([(1.0, 2.0, 0.1, 0.5, 1.0, 0.5), (0.9, 1.9, 0.1, 0.25, 0.5, 0.125)], columns=columns)
    >>> constants = measured_constants(run, 0.1)
    >>> constants.Lambda, constants.pl
    (0.4, 1.0)
    """
    turning = float((run["jacobian_turned"] / run["length"]).max())
    mu = float((run["outer"] ** 2 / (2 * run["gap"])).min()) if pl is None else pl
    return ProofConstants(float(run["sigma"].min()) ** 2, float(run["largest"].max()), turning, step, smoothness, mu)


def proof_inequalities(run: pd.DataFrame, known: ProofConstants) -> pd.DataFrame:
    r"""Return both sides, small :math:`\le` large, of every inequality in the proof of T1, step by step.

    Parameters
    ----------
    run : pandas.DataFrame
        Of `proof_run`.
    known : ProofConstants
        Certified or measured.

    Returns
    -------
    pandas.DataFrame
        Long: columns inequality, t, small, large, slack = large/small.

    Notes
    -----
    The PL inequality uses :math:`\lambda_{\min}(K(\theta_t))` of its own step, the others the run's constants. Descent
    and rate compare the fall of the loss in a step with the promised one. Source: Book, Theorem T1.

    Examples
    --------
    >>> from ntklib import MLP
    >>> from ntklib.theory.wide_networks.composite.statements import proof_run
    >>> run = proof_run(MLP((1, 1), "tanh", "ntk"), [np.zeros((1, 1))], np.eye(1), np.ones(1), 0.5, 2)
    >>> bool((proof_inequalities(run, ProofConstants(1.0, 1.0, 0.0, 0.5))["slack"] > 1 - 1e-9).all())
    True
    """
    e, after, slope, s = (run[name].to_numpy() for name in ("gap", "next_gap", "gradient", "length"))
    outer, first, eta = run["outer"].to_numpy(), float(run["gap"].iloc[0]), known.step
    M, kappa = known.curvature(outer), known.kappa(first)
    c = np.sqrt(2 / (known.lam * known.pl)) / kappa
    sides = {
        "PL": (2 * run["sigma"].to_numpy() ** 2 * known.pl * e, slope**2),
        "self-bound": (outer**2, 2 * known.smoothness * e),
        "chain rule": (slope, known.B * outer),
        "turning": (run["turned"].to_numpy(), M * s),
        "descent": (eta * (1 - eta * M / 2) * slope**2, e - after),
        "rate": (2 * kappa * eta * known.lam * known.pl * e, e - after),
        "path of a step": (s, c * (np.sqrt(e) - np.sqrt(after))),
        "budget": (s, c * np.sqrt(e)),
        "ball": (run["path"].to_numpy() + s, np.full(len(e), c * np.sqrt(first))),
    }
    rows = [
        pd.DataFrame({"inequality": name, "t": run["t"], "small": small, "large": large})
        for name, (small, large) in sides.items()
    ]
    table = pd.concat(rows, ignore_index=True)
    return table.assign(slack=table["large"] / table["small"])
