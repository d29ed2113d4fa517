"""What a claim is, its verdicts with what they can tell apart, and the registry of all claims.

A check yields rows; the form named by ``verdict`` turns them into a verdict, whose resolution is the nearest wrong
statement that the same rows would have rejected. Every claim has a rival, a plausible wrong statement in words, for
which the same check must fail::

    @claim(
        id="nguyen-limit-upper",
        source="Nguyen, Mondelli, Montúfar 2021, Theorem 1, upper bound",
        statement="λ_min(K^(L)) is at most L times the smallest squared row norm.",
        status="proved here",
        assumptions="Any data without zero rows.",
        does_not_say="That the bound is attained.",
        verdict=at_most(),
    )
    def depth_upper(*, N=50, d=20, depths=(2, 5), seeds=3, seed=0, layers=0):
        for L, s in itertools.product(depths, range(seed, seed + seeds)):
            X = points(s, N, d)
            yield lowest(X, L), (L + layers) * squared_norms(X).min(), {"L": L, "seed": s}

    depth_upper.refuted_by("L - 1 layers contribute, not L", layers=-1)
"""

from ntklib.claims.evidence import frequency, scaling_law
from ntklib.claims.forms import (
    approximates,
    at_least,
    at_most,
    equal,
    mean_of_draws,
    power_law,
    probability,
    within_factor,
)
from ntklib.claims.ledger import ledger
from ntklib.claims.registry import Claim, UnknownClaimError, check, claim, isolated_registry, registry
from ntklib.claims.resolution import Resolution
from ntklib.claims.verdicts import Verdict, approximation, estimate, identity, inequality, slack_chain, up_to_factor

__all__ = [
    "Claim",
    "Resolution",
    "UnknownClaimError",
    "Verdict",
    "approximates",
    "approximation",
    "at_least",
    "at_most",
    "check",
    "claim",
    "equal",
    "estimate",
    "frequency",
    "identity",
    "inequality",
    "isolated_registry",
    "ledger",
    "mean_of_draws",
    "power_law",
    "probability",
    "registry",
    "scaling_law",
    "slack_chain",
    "up_to_factor",
    "within_factor",
]
