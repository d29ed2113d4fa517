"""What a check concludes: two numbers, the room between them, and whether the theorem survived."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

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

    Notes
    -----
    Source: Book. Used in every chapter that states a theorem.

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


def inequality(measured, bound, table=None, direction: str = ">=", *, tolerance: float = 0.0) -> Verdict:
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

    Returns
    -------
    Verdict
        Numbers of the row with the least room; a NaN anywhere means that the claim does not hold.

    Raises
    ------
    ValueError
        For no rows, for shapes that do not match, or an unknown direction.

    Notes
    -----
    Exact comparison in the precision of the inputs; O(rows) time and memory. Source: Book.
    Used in the chapters ``tangent_kernel``, ``smallest_eigenvalue`` and ``depth``.

    Examples
    --------
    >>> inequality([3.0, 2.5], [1.0, 2.0])
    holds: measured 2.50, predicted 2.00, slack 1.25 (measured >= predicted in 2 of 2 rows)
    """
    _one_of("inequality", "direction", direction, (">=", "<="))
    m, b = _rows("inequality", measured, bound)
    large, small = (m, b) if direction == ">=" else (b, m)
    scale = np.maximum(np.abs(m), np.abs(b))
    rows_hold = large >= small - tolerance * np.where(np.isfinite(scale), scale, 0.0)
    slack = _room(large, small)
    worst = np.lexsort((np.nan_to_num(slack, nan=-np.inf, posinf=np.inf), rows_hold))[0]
    frame = _table("inequality", table, measured=m, predicted=b, slack=slack)
    note = f"measured {direction} predicted in {rows_hold.sum()} of {m.size} rows"
    return Verdict(m[worst], b[worst], slack[worst], rows_hold.all(), frame, note)


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
    O(m) time and memory. Source: Book. Used in the chapter ``smallest_eigenvalue``.

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
    step = np.concatenate([[1.0], _room(values[:-1], values[1:])])
    return pd.DataFrame({"link": names, "value": values, "slack": step, "total": _room(values[:1], values)})


def _room(large, small) -> np.ndarray:
    """How many times ``small`` fits into ``large``; infinite where ``small`` is no constraint."""
    large, small = np.broadcast_arrays(np.asarray(large, float), np.asarray(small, float))
    ratio = np.maximum(large, 0.0) / np.where(small > 0, small, 1.0)
    free = np.where(large >= small, np.inf, 0.0)
    return np.where(np.isnan(large + small), np.nan, np.where(small > 0, ratio, free))


def _rows(where: str, left, right):
    left, right = np.atleast_1d(np.asarray(left, float)), np.atleast_1d(np.asarray(right, float))
    try:
        left, right = np.broadcast_arrays(left, right)
    except ValueError:
        raise ValueError(
            f"{where}: the two sides have shapes {left.shape} and {right.shape}; expected equally many rows, "
            "or a single number on one side."
        ) from None
    if left.ndim != 1 or left.size == 0:
        raise ValueError(f"{where}: received shape {left.shape}; expected one entry per row; ravel it.")
    return left, right


def _table(where: str, settings, **columns) -> pd.DataFrame:
    """Put the measured columns beside the settings they belong to."""
    measured = pd.DataFrame(columns)
    if settings is None:
        return measured
    settings = pd.DataFrame(settings).reset_index(drop=True)
    if len(settings) != len(measured):
        raise ValueError(f"{where}: table has {len(settings)} rows; expected {len(measured)}, one per measurement.")
    return pd.concat([settings.drop(columns=[c for c in columns if c in settings]), measured], axis=1)


def _one_of(where: str, name: str, value, allowed) -> None:
    if value not in allowed:
        raise ValueError(f"{where}: {name}={value!r}; expected one of {', '.join(map(repr, allowed))}.")
