"""Statistical evidence: claims about exponents without constants, and claims that hold with a probability."""

import numpy as np
from scipy.special import betaincinv

from ntklib.claims.resolution import of_exponent, of_frequency
from ntklib.claims.sides import beside, fraction, one_of, room, two_sides
from ntklib.claims.verdicts import Verdict
from ntklib.fits import fit_loglog
from ntklib.tables import format_value

RELATIONS = (">=", "<=", "==")


def scaling_law(
    x,
    y,
    exponent: float,
    ratio_band,
    *,
    predicted=None,
    table=None,
    relation: str = "==",
    tolerance: float = 0.0,
    widest: float = 0.25,
    confidence: float = 0.95,
) -> Verdict:
    r"""Verdict on :math:`y = \Theta(x^a)` (or :math:`\Omega`, :math:`O`), a statement without constants.

    The exponent is fitted by `fit_loglog`. The claim holds when (i) the predicted exponent a lies in the
    fitted confidence interval widened by ``tolerance`` on both sides; (ii) every ratio :math:`y_i / p_i`
    lies in ``ratio_band``; (iii) the interval's half-width is at most ``widest``, since an interval that
    contains everything confirms nothing. The slack is the largest ratio over the smallest: 1 for an exact
    power law.

    Parameters
    ----------
    x, y : array_like, shape (n,)
        Positive numbers, x spanning at least a decade; seeds enter as repeated values of x.
    exponent : float
        The exponent a of the theory.
    ratio_band : tuple of float
        Smallest and largest ratio that the claim allows.
    predicted : array_like, shape (n,), optional
        The theory's right side; its absolute ratio is compared with the band. Without it the right side is
        :math:`C x^a` with C the geometric mean of :math:`y/x^a`, so that the ratios scatter around 1.
    table : pandas.DataFrame or records, optional
        The settings behind each row.
    relation : {"==", ">=", "<="}
        "==" for :math:`\Theta`; ">=" for :math:`\Omega`, where only a slower growth contradicts; "<=" for O.
    tolerance : float
        Allowed deviation of the exponent beyond its interval, for known finite-size corrections.
    widest : float
        Largest half-width of the interval that still counts as evidence.
    confidence : float
        Coverage of the interval.

    Returns
    -------
    Verdict
        ``measured`` and ``predicted`` are exponents; the resolution holds the exponents that would pass, interval
        and tolerance together, and the factors of an absolute right side that would: an upper law asks how much
        less of it, a lower one how much more.

    Raises
    ------
    ValueError
        For x spanning less than a decade, numbers without logarithm, an empty band, unequal lengths.

    Notes
    -----
    O(n) time and memory; the interval's assumptions are those of `fit_loglog`. Source: Book.

    Examples
    --------
    >>> scaling_law([10, 20, 50, 100], [21, 39, 102, 199], 1.0, ratio_band=(0.8, 1.25)).holds
    True
    """
    one_of("scaling_law", "relation", relation, RELATIONS)
    fraction("scaling_law", "tolerance", tolerance)
    fit = fit_loglog(x, y, confidence)
    x, y = np.asarray(x, float), np.asarray(y, float)
    _at_least_a_decade(x)
    right = _power_law(x, y, exponent) if predicted is None else _right_side(y, predicted)
    ratio = y / right
    low, high = _band(ratio_band)
    allowed = tolerance + _ROUNDING
    too_slow, too_fast = exponent > fit.high + allowed, exponent < fit.low - allowed
    wrong = {"==": too_slow or too_fast, ">=": too_slow, "<=": too_fast}[relation]
    decided = (fit.high - fit.low) / 2 <= widest
    inside = bool(((ratio >= low) & (ratio <= high)).all())
    interval = f"{confidence:.0%} interval {format_value([fit.low, fit.high])}"
    interval += f" and {format_value(float(tolerance))} beyond it" if tolerance else ""
    note = f"exponent {relation} {format_value(float(exponent))}, {interval}{'' if decided else ', too wide'}"
    band = f"ratios {format_value([ratio.min(), ratio.max()])} {'in' if inside else 'outside'} the band"
    frame = beside("scaling_law", table, x=x, measured=y, predicted=right, ratio=ratio)
    holds = inside and decided and not wrong
    factors = None if predicted is None else (ratio.max() / high, ratio.min() / low if low else np.inf)
    resolution = of_exponent(exponent, fit.low - tolerance, fit.high + tolerance, relation, factors)
    return Verdict(fit.slope, exponent, ratio.max() / ratio.min(), holds, frame, f"{note}; {band}", resolution)


def frequency(successes, trials, predicted, *, table=None, relation: str = ">=", confidence: float = 0.95) -> Verdict:
    r"""Verdict on a probability: the observed frequency, with its exact interval, against the predicted one.

    The claim "probability at least p" holds unless the interval lies entirely below p, "at most p" unless it
    lies entirely above, "equal to p" unless it misses p. Several rows share the error by Bonferroni's
    correction. The slack is :math:`\hat p / p` for "==" and otherwise as in `inequality`, for the worst row;
    since the interval decides, a claim may hold with slack slightly below 1.

    Parameters
    ----------
    successes, trials : int or array_like of int, shape (rows,)
        Counts; ``0 <= successes <= trials``.
    predicted : float or array_like, shape (rows,)
        Probabilities in [0, 1].
    table : pandas.DataFrame or records, optional
        The settings behind each row.
    relation : {">=", "<=", "=="}
        How the measured probability should compare with the predicted one.
    confidence : float
        Joint coverage of the intervals.

    Returns
    -------
    Verdict

    Raises
    ------
    ValueError
        For impossible counts or probabilities, or so few trials that no outcome could contradict the
        prediction.

    Notes
    -----
    The interval is exact for any number of trials (never shorter than its coverage). O(rows) time and memory.
    Clopper and Pearson, 1934.

    Examples
    --------
    >>> frequency(96, 100, predicted=0.95).holds, frequency(60, 100, predicted=0.95).holds
    (True, False)
    """
    one_of("frequency", "relation", relation, RELATIONS)
    k, n = two_sides("frequency", successes, trials)
    p = np.broadcast_to(np.asarray(predicted, float), k.shape)
    _check_counts(k, n, p)
    alpha = (1 - confidence) / k.size
    _can_fail(n, p, relation, alpha)
    low, high = _clopper_pearson(k, n, alpha)
    too_low, too_high = high < p, low > p
    wrong = {">=": too_low, "<=": too_high, "==": too_low | too_high}[relation]
    slack = room(p, k / n) if relation == "<=" else room(k / n, p)
    margin = {">=": k / n - p, "<=": p - k / n, "==": -np.abs(k / n - p)}[relation]
    worst = np.lexsort((margin, ~wrong))[0]
    counts = {"successes": k.astype(int), "trials": n.astype(int)}
    frame = beside("frequency", table, **counts, measured=k / n, low=low, high=high, predicted=p)
    interval = f"{confidence:.0%} interval {format_value([low[worst], high[worst]])}, {int(n[worst])} trials"
    note = f"probability {relation} predicted in {k.size - wrong.sum()} of {k.size} rows; {interval}"
    nothing = {">=": p <= 0, "<=": p >= 1, "==": np.zeros(p.shape, bool)}[relation]
    resolution = of_frequency(p, low, high, relation, nothing)
    return Verdict(k[worst] / n[worst], p[worst], slack[worst], not wrong.any(), frame, note, resolution)


_ROUNDING = 1e-9


def _power_law(x, y, exponent) -> np.ndarray:
    return x**exponent * np.exp(np.mean(np.log(y) - exponent * np.log(x)))


def _right_side(y, predicted) -> np.ndarray:
    right = two_sides("scaling_law", y, predicted)[1]
    if not (np.isfinite(right) & (right > 0)).all():
        raise ValueError("scaling_law: predicted has an entry that is not positive; drop that setting.")
    return right


def _at_least_a_decade(x) -> None:
    if x.max() < 10 * x.min() * (1 - 1e-12):
        raise ValueError(
            f"scaling_law: x spans {x.min():.3g} to {x.max():.3g}, less than a decade; expected max/min >= "
            "10; a shorter range cannot tell exponents apart."
        )


def _band(ratio_band):
    low, high = map(float, ratio_band)
    if not 0 <= low < high:
        raise ValueError(f"scaling_law: ratio_band={ratio_band!r}; expected 0 <= low < high.")
    return low, high


def _check_counts(k, n, p) -> None:
    if not ((k == np.round(k)) & (n == np.round(n)) & (k >= 0) & (k <= n) & (n > 0)).all():
        raise ValueError("frequency: expected whole numbers with 0 <= successes <= trials and trials >= 1.")
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError(f"frequency: predicted={p.tolist()}; expected probabilities between 0 and 1.")


def _can_fail(n, p, relation, alpha) -> None:
    """Refuse a check that no outcome could contradict."""
    below = _clopper_pearson(np.zeros_like(n), n, alpha)[1] < p
    above = _clopper_pearson(n, n, alpha)[0] > p
    possible = {">=": below, "<=": above, "==": below | above}[relation]
    if not possible.any():
        raise ValueError(
            f"frequency: with trials={n.astype(int).tolist()} no outcome could contradict a probability "
            f"{relation} {p.tolist()}; expected a check that can fail; run more trials."
        )


def _clopper_pearson(k, n, alpha):
    with np.errstate(invalid="ignore"):
        low = np.where(k > 0, betaincinv(k, n - k + 1, alpha / 2), 0.0)
        high = np.where(k < n, betaincinv(k + 1, n - k, 1 - alpha / 2), 1.0)
    return low, high
