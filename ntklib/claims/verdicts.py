"""What a check concludes: two numbers, the room between them, and whether the theorem survived."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.special import ndtri

from ntklib.claims.resolution import Resolution, of_estimate, of_identity, of_inequality
from ntklib.claims.sides import beside, fraction, one_of, room, two_sides
from ntklib.tables import format_value


@dataclass(frozen=True, eq=False, repr=False)
class Verdict:
    """The outcome of one check: measured against predicted; true in a condition exactly when the claim holds.

    Attributes
    ----------
    measured, predicted : float
        The two sides, in the unit of the claim, at the row with the least room.
    slack : float
        Room between the sides as the constructor defines it; see `inequality`, `scaling_law`, `frequency`.
    holds : bool
        Whether the claim survived.
    table : pandas.DataFrame
        One row per measurement.
    note : str
        What was compared, in words.
    resolution : Resolution or None
        The nearest wrong statement that the check would have rejected; set by every constructor.

    Notes
    -----
    Source: Book.

    Examples
    --------
    >>> Verdict(measured=2.0, predicted=1.0, slack=2.0, holds=True)
    holds: measured 2.00, predicted 1.00, slack 2.00
    """

    measured: float
    predicted: float
    slack: float
    holds: bool
    table: pd.DataFrame = field(default_factory=pd.DataFrame)
    note: str = ""
    resolution: Resolution | None = None

    @property
    def grade(self) -> str:
        """``sharp``, ``loose`` or ``vacuous``; follows from the resolution."""
        return "" if self.resolution is None else self.resolution.grade

    def __post_init__(self):
        for name in ("measured", "predicted", "slack"):
            object.__setattr__(self, name, float(getattr(self, name)))
        object.__setattr__(self, "holds", bool(self.holds))

    def __bool__(self) -> bool:
        return self.holds

    def __repr__(self) -> str:
        sides = ", ".join(f"{n} {format_value(getattr(self, n))}" for n in ("measured", "predicted", "slack"))
        note = f" ({self.note})" if self.note else ""
        return f"{'holds' if self.holds else 'does not hold'}: {sides}{note}"


def inequality(
    measured, bound, table=None, direction: str = ">=", *, tolerance: float = 0.0, trivial: float | None = None
) -> Verdict:
    r"""Verdict on :math:`m_i \ge b_i` (or :math:`\le`) for every row i, with explicit constants.

    The slack is how many times the smaller side fits into the larger one, worst row:
    :math:`\min_i m_i/b_i` for a lower bound, :math:`\min_i b_i/m_i` for an upper one. Above 1 there is room;
    it is infinite where the smaller side is not positive, so that the bound says nothing there.

    Parameters
    ----------
    measured, bound : float or array_like, shape (rows,)
        The two sides in the same unit, broadcast against each other: one row per seed and setting.
    table : pandas.DataFrame or records, optional
        The settings behind each row; the columns measured, predicted and slack are appended.
    direction : {">=", "<="}
        Whether ``bound`` is below or above.
    tolerance : float
        Allowed rounding, relative to the larger side in absolute value; 0 by default, say why if you raise
        it.
    trivial : float, optional
        The bound that everybody knows (1 for a probability or an error rate, 0 below a nonnegative number): a bound
        no better than it is vacuous. Default: 0 below numbers none of which is negative, none above.

    Returns
    -------
    Verdict
        Numbers of the row with the least room; a NaN anywhere means that the claim does not hold. The resolution is
        the factor by which the bound could be tightened before it fails.

    Raises
    ------
    ValueError
        For no rows, for shapes that do not match, an unknown direction, or a tolerance that is no number in [0, 1).

    Notes
    -----
    Exact comparison in the precision of the inputs; O(rows) time and memory. Source: Book.

    Examples
    --------
    >>> inequality([3.0, 2.5], [1.0, 2.0])
    holds: measured 2.50, predicted 2.00, slack 1.25 (measured >= predicted in 2 of 2 rows)
    """
    one_of("inequality", "direction", direction, (">=", "<="))
    fraction("inequality", "tolerance", tolerance)
    m, b = two_sides("inequality", measured, bound)
    large, small = (m, b) if direction == ">=" else (b, m)
    scale = np.maximum(np.abs(m), np.abs(b))
    rows_hold = large >= small - tolerance * np.where(np.isfinite(scale), scale, 0.0)
    slack = room(large, small)
    worst = np.lexsort((np.nan_to_num(slack, nan=-np.inf, posinf=np.inf), rows_hold))[0]
    frame = beside("inequality", table, measured=m, predicted=b, slack=slack)
    note = f"measured {direction} predicted in {rows_hold.sum()} of {m.size} rows"
    resolution = of_inequality(slack, _says_nothing(m, b, direction, trivial), direction)
    return Verdict(m[worst], b[worst], slack[worst], rows_hold.all(), frame, note, resolution)


def _says_nothing(measured, bound, direction: str, trivial) -> np.ndarray:
    """Rows whose bound is no better than the trivial one."""
    if direction == "<=":
        return np.zeros(bound.shape, bool) if trivial is None else bound >= trivial
    if trivial is None:
        trivial = 0.0 if (measured >= 0).all() else -np.inf
    return bound <= trivial


def identity(left, right, table=None, *, tolerance: float, scale=None) -> Verdict:
    r"""Verdict on two deterministic routes to one number, :math:`\lvert l_i - r_i\rvert \le \tau s_i` in every row.

    Parameters
    ----------
    left, right : float or array_like, shape (rows,)
        The two routes.
    table : pandas.DataFrame or records, optional
        The settings behind each row.
    tolerance : float
        :math:`\tau`, the relative error that rounding may cause; 0 for exact arithmetic.
    scale : float or array_like, optional
        :math:`s_i`; without it :math:`\max(\lvert l_i\rvert, \lvert r_i\rvert)`.

    Returns
    -------
    Verdict
        ``measured`` is the largest relative error, ``predicted`` the tolerance, which is also the resolution.

    Raises
    ------
    ValueError
        For a tolerance that is no number in [0, 1).

    Notes
    -----
    O(rows) time and memory. Source: Book.

    Examples
    --------
    >>> identity(0.1 + 0.2, 0.3, tolerance=1e-12).holds, identity(0.301, 0.3, tolerance=1e-12).holds
    (True, False)
    """
    fraction("identity", "tolerance", tolerance)
    l, r = two_sides("identity", left, right)
    scale = np.maximum(np.abs(l), np.abs(r)) if scale is None else np.broadcast_to(np.asarray(scale, float), l.shape)
    with np.errstate(invalid="ignore"):
        error = np.where(l == r, 0.0, np.abs(l - r) / np.where(scale > 0, scale, 1.0))
    holds = error <= tolerance
    worst = int(np.argmax(np.nan_to_num(error, nan=np.inf)))
    frame = beside("identity", table, measured=l, predicted=r, error=error)
    note = f"equal up to {format_value(float(tolerance))} in {holds.sum()} of {l.size} rows"
    slack = room(tolerance, error)[worst]
    return Verdict(error[worst], tolerance, slack, holds.all(), frame, note, of_identity(float(tolerance)))


def estimate(measured, error, predicted, table=None, *, confidence: float = 0.9999) -> Verdict:
    r"""Verdict on means over draws: :math:`\lvert \hat m_i - p_i\rvert \le z\,e_i` in every row.

    Parameters
    ----------
    measured, error : array_like, shape (rows,)
        Means over many independent draws, and their standard errors.
    predicted : float or array_like, shape (rows,)
        The exact values of the theory.
    table : pandas.DataFrame or records, optional
        The settings behind each row.
    confidence : float
        Joint coverage of the rows' normal intervals (Bonferroni); z follows from it.

    Returns
    -------
    Verdict
        Numbers of the row with the most standard errors between the sides; the slack is z over that number. The
        resolution is the relative error of the prediction that the intervals would still let pass.

    Raises
    ------
    ValueError
        For a standard error that is not positive, or a confidence outside (0, 1).

    Notes
    -----
    The normal interval needs many draws of finite variance. O(rows) time and memory. Source: Book.

    Examples
    --------
    >>> estimate([2.01], [0.01], 2.0).holds, estimate([2.1], [0.01], 2.0).holds
    (True, False)
    """
    m, p = two_sides("estimate", measured, predicted)
    e = np.broadcast_to(np.asarray(error, float), m.shape)
    if not (e > 0).all() or not 0 < confidence < 1:
        raise ValueError(
            f"estimate: error={np.asarray(error).tolist()}, confidence={confidence!r}; expected positive standard "
            "errors and a number in (0, 1); an estimate without scatter is an identity."
        )
    z = float(ndtri(1 - (1 - confidence) / (2 * m.size)))
    away = np.abs(m - p) / e
    worst = int(np.argmax(np.nan_to_num(away, nan=np.inf)))
    frame = beside("estimate", table, measured=m, error=e, predicted=p, deviation=(m - p) / e)
    note = f"within {z:.1f} standard errors in {(away <= z).sum()} of {m.size} rows"
    passes = (np.abs(m - p) + z * e) / np.where(p == 0, 1.0, np.abs(p))
    slack = float(room(z, away)[worst])
    return Verdict(m[worst], p[worst], slack, (away <= z).all(), frame, note, of_estimate(passes))


def approximation(measured, predicted, allowed, table=None) -> Verdict:
    r"""Verdict on a formula with an error term, :math:`\lvert m_i - p_i\rvert \le a_i` in every row.

    Parameters
    ----------
    measured, predicted, allowed : float or array_like, shape (rows,)
        The quantity, the formula, and its error term, all in one unit.
    table : pandas.DataFrame or records, optional
        The settings behind each row.

    Returns
    -------
    Verdict
        Numbers of the row with the least room, slack :math:`a_i/\lvert m_i-p_i\rvert`. The resolution is the relative
        error of the formula, :math:`(\lvert m_i-p_i\rvert + a_i)/\lvert p_i\rvert` at most, that would still pass.

    Raises
    ------
    ValueError
        For an error term that is not positive and finite.

    Notes
    -----
    O(rows) time and memory. Source: Book.

    Examples
    --------
    >>> approximation([101.0, 1000.2], [100.0, 1000.0], [2.0, 0.5]).resolution.words
    'relative error 0.00070 (median 0.030)'
    """
    m, p = two_sides("approximation", measured, predicted)
    a = np.broadcast_to(np.asarray(allowed, float), m.shape)
    if not ((a > 0) & np.isfinite(a)).all():
        raise ValueError(
            f"approximation: allowed={a.tolist()}; expected positive error terms; without one use identity."
        )
    away = np.abs(m - p)
    slack, holds = room(a, away), away <= a
    worst = np.lexsort((np.nan_to_num(slack, nan=-np.inf, posinf=np.inf), holds))[0]
    frame = beside("approximation", table, measured=m, predicted=p, allowed=a, error=away)
    note = f"within the error term in {holds.sum()} of {m.size} rows"
    passes = (away + a) / np.where(p == 0, 1.0, np.abs(p))
    return Verdict(m[worst], p[worst], slack[worst], holds.all(), frame, note, of_estimate(passes))


def up_to_factor(measured, predicted, factor, table=None) -> Verdict:
    r"""Verdict on "right up to a factor c", :math:`p_i/c \le m_i \le c\,p_i` in every row, all of them positive.

    Parameters
    ----------
    measured, predicted : float or array_like, shape (rows,)
        The two sides, positive.
    factor : float or array_like, shape (rows,)
        c, above 1.
    table : pandas.DataFrame or records, optional
        The settings behind each row.

    Returns
    -------
    Verdict
        Numbers of the row with the least room. The resolution is the relative error of the prediction that would still
        pass: an agreement up to a factor 2 does not become sharp by being good.

    Raises
    ------
    ValueError
        For a factor of 1 or below.

    Notes
    -----
    O(rows) time and memory. Source: Book.

    Examples
    --------
    >>> verdict = up_to_factor([1.2], [1.0], 1.5)
    >>> verdict.holds, verdict.grade, verdict.resolution.words
    (True, 'loose', 'relative error 0.80 (median 0.80)')
    """
    m, p = two_sides("up_to_factor", measured, predicted)
    c = np.broadcast_to(np.asarray(factor, float), m.shape)
    if not (c > 1).all():
        raise ValueError(f"up_to_factor: factor={np.asarray(factor).tolist()}; expected numbers above 1.")
    away = np.maximum(room(m, p), room(p, m))
    slack, holds = c / away, away <= c
    worst = np.lexsort((np.nan_to_num(slack, nan=-np.inf), holds))[0]
    frame = beside("up_to_factor", table, measured=m, predicted=p, factor=away)
    note = f"up to the factor {format_value(float(c.max()))} in {holds.sum()} of {m.size} rows"
    return Verdict(m[worst], p[worst], slack[worst], holds.all(), frame, note, of_estimate(c * away - 1))


def slack_chain(links, *, tolerance: float = 1e-9) -> pd.DataFrame:
    r"""Multiplicative loss :math:`v_{i-1}/v_i` of every link in a chain :math:`v_0 \ge \dots \ge v_m`.

    Parameters
    ----------
    links : sequence of (str, float)
        What each value is, and the value: the true one first, the final bound last.
    tolerance : float
        Allowed rise from one link to the next, relative to the larger value in absolute terms (rounding).

    Returns
    -------
    pandas.DataFrame
        Columns link, value, slack (loss against the previous link; 1 for the first) and total (loss so far);
        infinite from the first value that is not positive, where the bound has become vacuous.

    Raises
    ------
    ValueError
        For fewer than two links, NaN, or a value above its predecessor: then the chain proves nothing.

    Notes
    -----
    O(m) time and memory. Source: Book.

    Examples
    --------
    >>> slack_chain([("truth", 6.0), ("Schur", 3.0), ("Gershgorin", 1.5)])["total"].tolist()
    [1.0, 2.0, 4.0]
    """
    names, values = [str(n) for n, _ in links], np.array([float(v) for _, v in links])
    if len(names) < 2:
        raise ValueError(f"slack_chain: received {len(names)} links; expected the true value and a bound.")
    for i in range(1, len(names)):
        rise = tolerance * max(abs(values[i]), abs(values[i - 1]))
        if not values[i] <= values[i - 1] + rise:
            raise ValueError(
                f"slack_chain: link {names[i]!r} has value {values[i]:.6g} after {names[i - 1]!r} with "
                f"{values[i - 1]:.6g}; expected a decreasing chain without NaN; order the links from truth "
                "to bound."
            )
    step = np.concatenate([[1.0], room(values[:-1], values[1:])])
    return pd.DataFrame({"link": names, "value": values, "slack": step, "total": room(values[:1], values)})
