"""What a check can tell apart: the nearest wrong statement that it would have rejected, and the grade that follows."""

from dataclasses import dataclass

import numpy as np

from ntklib.tables import format_value

SHARP = {"factor": 2.0, "exponent": 0.1, "identity": 1e-6, "estimate": 0.05, "frequency": 0.1}
"""Largest resolution that still counts as sharp, for each kind of statement."""


@dataclass(frozen=True)
class Resolution:
    """The statements of one kind that a check cannot tell from its own; the nearest one outside is rejected.

    Attributes
    ----------
    kind : {"factor", "exponent", "identity", "estimate", "frequency"}
        What is varied: an inequality's bound by a factor; an exponent; a deterministic or an estimated value by a
        relative error; a probability.
    nearest : float
        The least change that is rejected: a factor >= 1, or a distance from the claimed value.
    median : float
        The same for the median of the settings: one degenerate row makes any check look sharp.
    words : str
        As a page shows it.
    vacuous : bool
        Whether the median row's bound is no better than the trivial one.
    constant : float
        For a law with an absolute right side, the factor by which its constant could be wrong and still pass.

    Notes
    -----
    Source: Book. Used by every verdict.

    Examples
    --------
    >>> Resolution("factor", 1.2, 1.5, "bound × 1.2 (median 1.5)").grade
    'sharp'
    """

    kind: str
    nearest: float
    median: float
    words: str
    vacuous: bool = False
    constant: float = 1.0

    def __str__(self) -> str:
        return self.words

    @property
    def grade(self) -> str:
        """``sharp``, ``loose`` or ``vacuous``, from the median, the constant and `SHARP`."""
        if self.vacuous:
            return "vacuous"
        known = self.median <= SHARP[self.kind] * (1 + 1e-9) and self.constant <= SHARP["factor"] * (1 + 1e-9)
        return "sharp" if known else "loose"


def of_inequality(slack, vacuous, direction: str) -> Resolution:
    """Factor by which a bound could be tightened before a row fails: the least, and the median over the rows."""
    nearest, median = float(np.min(slack)), _median(slack)
    sign = "×" if direction == ">=" else "/"
    words = f"bound {sign} {_short(nearest)} (median {_short(median)})"
    return Resolution("factor", nearest, median, words, bool(np.mean(vacuous) >= 0.5))


def of_exponent(exponent, low, high, relation, factors) -> Resolution:
    """Exponents between ``low`` and ``high`` pass, one-sided for an inequality; so do ``factors`` of the constant."""
    reach, words = float(_reach(exponent, low, high, relation)), f"exponents {_inside(low, high, relation)}"
    if factors is None:
        return Resolution("exponent", reach, reach, words)
    least, most = map(float, factors)
    less = 1 / least if least else np.inf  # a band that is open above rejects no smaller constant
    wrong = {"==": max(less, most), ">=": most, "<=": less}[relation]
    words += f", constant × [{_short(least)}, {_short(most)}]"
    return Resolution("exponent", reach, reach, words, constant=wrong)


def of_identity(tolerance: float) -> Resolution:
    """Relative errors up to the tolerance pass."""
    words = "no other value" if tolerance == 0 else f"relative error {_short(tolerance)}"
    return Resolution("identity", tolerance, tolerance, words)


def of_estimate(passes) -> Resolution:
    """Relative errors of the prediction, row by row, that the statistical error would still let pass."""
    nearest, median = float(np.min(passes)), _median(passes)
    return Resolution("estimate", nearest, median, f"relative error {_short(nearest)} (median {_short(median)})")


def of_frequency(predicted, low, high, relation, vacuous) -> Resolution:
    """Predicted probabilities that the observed frequencies would not contradict."""
    reach = _reach(predicted, low, high, relation)
    free = {"==": np.zeros(low.shape, bool), ">=": high >= 1, "<=": low <= 0}[relation]  # nothing is rejected there
    reach = np.where(free, np.inf, reach)
    i = int(np.argmin(reach))
    words = f"probabilities {_inside(low[i], high[i], relation)} for {_short(predicted[i])}"
    return Resolution("frequency", float(reach[i]), _median(reach), words, bool(np.mean(vacuous) >= 0.5))


def _reach(claimed, low, high, relation):
    """Distance from the claimed value to the nearest one that is rejected."""
    return {"==": np.maximum(high - claimed, claimed - low), ">=": high - claimed, "<=": claimed - low}[relation]


def _inside(low, high, relation: str) -> str:
    """Exponents and probabilities to two decimals: what passes."""
    return {"==": f"in [{low:.2f}, {high:.2f}]", ">=": f"≤ {high:.2f}", "<=": f"≥ {low:.2f}"}[relation]


def _median(values) -> float:
    """Upper median: an entry of the list, so that infinite entries never meet finite ones in a mean."""
    ordered = np.sort(np.asarray(values, float))
    return float(ordered[ordered.size // 2])


def _short(value) -> str:
    return format_value(float(value), 2)
