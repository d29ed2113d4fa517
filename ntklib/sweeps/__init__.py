"""Sweeps: a grid times seeds to one tidy frame, cached and resumable; the shipped tables and how to remake them."""

from .keys import UnseenError, fingerprint
from .run import SweepError, sweep

__all__ = ["SweepError", "UnseenError", "fingerprint", "sweep"]
