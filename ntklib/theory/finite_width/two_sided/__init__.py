"""The two sides of the finite-width theorem as functions of widths, standard deviations, N and d."""

from ntklib.theory.finite_width.two_sided.proof import kernel_terms, proof_chain
from ntklib.theory.finite_width.two_sided.statements import (
    failure_probability,
    layer_scale,
    lower,
    neurons_asked,
    upper,
    wide_layers,
)

__all__ = [
    "failure_probability",
    "kernel_terms",
    "layer_scale",
    "lower",
    "neurons_asked",
    "proof_chain",
    "upper",
    "wide_layers",
]
