"""Sweeps: a grid times seeds to one tidy frame, cached and resumable; the shipped tables and how to remake them."""

from .keys import UnseenError, fingerprint
from .run import SweepError, sweep
from .shipped import Piece, ShippedTable, shipped_tables

__all__ = ["Piece", "ShippedTable", "SweepError", "UnseenError", "fingerprint", "shipped_tables", "sweep"]
