"""What the constructors of verdicts share: two sides as rows, the room between them, and the table of settings."""

import numpy as np
import pandas as pd


def room(large, small) -> np.ndarray:
    """How many times ``small`` fits into ``large``; infinite where ``small`` is no constraint."""
    large, small = np.broadcast_arrays(np.asarray(large, float), np.asarray(small, float))
    ratio = np.maximum(large, 0.0) / np.where(small > 0, small, 1.0)
    free = np.where(large >= small, np.inf, 0.0)
    return np.where(np.isnan(large + small), np.nan, np.where(small > 0, ratio, free))


def two_sides(where: str, left, right):
    """Both sides as vectors of equally many rows."""
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


def beside(where: str, settings, **columns) -> pd.DataFrame:
    """Put the measured columns beside the settings they belong to."""
    measured = pd.DataFrame(columns)
    if settings is None:
        return measured
    settings = pd.DataFrame(settings).reset_index(drop=True)
    if len(settings) != len(measured):
        raise ValueError(f"{where}: table has {len(settings)} rows; expected {len(measured)}, one per measurement.")
    return pd.concat([settings.drop(columns=[c for c in columns if c in settings]), measured], axis=1)


def one_of(where: str, name: str, value, allowed) -> None:
    """Refuse a word that is not among the allowed ones."""
    if value not in allowed:
        raise ValueError(f"{where}: {name}={value!r}; expected one of {', '.join(map(repr, allowed))}.")


def fraction(where: str, name: str, value) -> None:
    """Refuse a tolerance outside [0, 1), NaN included: it would accept everything."""
    if not 0 <= value < 1:
        raise ValueError(f"{where}: {name}={value!r}; expected a number in [0, 1); NaN would accept everything.")
