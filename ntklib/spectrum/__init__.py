"""Smallest eigenvalues, proven lower bounds for them, and spectral densities."""

from .certificate import certified_smallest_eigenvalue
from .density import SpectralDensity, spectral_density
from .psd import psd_smallest
from .smallest import ResolutionError, ResolutionWarning, smallest_eigenvalue, smallest_singular_value

__all__ = [
    "ResolutionError",
    "ResolutionWarning",
    "SpectralDensity",
    "certified_smallest_eigenvalue",
    "psd_smallest",
    "smallest_eigenvalue",
    "smallest_singular_value",
    "spectral_density",
]
