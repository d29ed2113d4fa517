"""One package per source paper: its bounds as functions, its claims in the registry."""

from ntklib.theory import infinite_width

__all__ = ["infinite_width"]
