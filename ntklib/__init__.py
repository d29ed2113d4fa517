"""ntklib: neural tangent kernels, their eigenvalues, and the theorems about them.

The package behind the book *How Wide Is Wide Enough?*. Arrays in, arrays out; nothing here switches JAX to 64-bit
precision: do so yourself with ``jax.config.update("jax_enable_x64", True)`` before any eigenvalue matters.
"""

from ntklib import activations, claims, datasets, kernels, spectrum, theory, training
from ntklib.activations import activation, hermite_coefficient
from ntklib.guards import Guard
from ntklib.kernels import (
    angular_profile,
    empirical_ntk,
    infinite_kernels,
    kernel_gaps,
    ntk_vector_product,
)
from ntklib.networks import MLP, Parametrization, named_parametrization
from ntklib.spectrum import certified_smallest_eigenvalue, smallest_eigenvalue, smallest_singular_value
from ntklib.sweeps import sweep
from ntklib.tables import Table
from ntklib.training import AntisymmetricNetwork, Trajectory, gradient_descent, least_squares

__version__ = "0.1.0"

__all__ = [
    "MLP",
    "AntisymmetricNetwork",
    "Guard",
    "Parametrization",
    "Table",
    "Trajectory",
    "activation",
    "activations",
    "angular_profile",
    "certified_smallest_eigenvalue",
    "claims",
    "datasets",
    "empirical_ntk",
    "gradient_descent",
    "hermite_coefficient",
    "infinite_kernels",
    "kernel_gaps",
    "kernels",
    "least_squares",
    "named_parametrization",
    "ntk_vector_product",
    "smallest_eigenvalue",
    "smallest_singular_value",
    "spectrum",
    "sweep",
    "theory",
    "training",
]
