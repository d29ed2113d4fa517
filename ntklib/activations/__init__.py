"""Activations with their derivatives, dual maps and Hermite coefficients.

The dual maps of ``σ`` are the Gaussian expectations ``E[σ(u)σ(v)]`` and ``E[σ'(u)σ'(v)]`` that drive the
infinite-width recursion; where a closed form is known it is used, else a Hermite expansion by Gauss–Hermite
quadrature whose truncation error is known.
"""

from ntklib.activations.base import Activation, NumpyTwin
from ntklib.activations.lookup import activation, hermite_coefficient
from ntklib.activations.piecewise_linear import homogeneous
from ntklib.activations.quadrature import QuadratureWarning, from_function
from ntklib.activations.table import NAMED_ACTIVATIONS

__all__ = [
    "NAMED_ACTIVATIONS",
    "Activation",
    "NumpyTwin",
    "QuadratureWarning",
    "activation",
    "from_function",
    "hermite_coefficient",
    "homogeneous",
]
