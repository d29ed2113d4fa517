"""Lipschitz constants of the feature maps of a deep ReLU network: bounds, search, exact values in the plane."""

from ntklib.theory.finite_width.lipschitz.patterns import (
    arrangement_regions,
    layer_patterns,
    log_patterns,
    plane_lipschitz,
    plane_sectors,
)
from ntklib.theory.finite_width.lipschitz.search import jacobians, lipschitz_search, operator_norms
from ntklib.theory.finite_width.lipschitz.statements import (
    greedy_cuts,
    lipschitz_bound,
    lipschitz_scale,
    norm_product,
)

__all__ = [
    "arrangement_regions",
    "greedy_cuts",
    "jacobians",
    "layer_patterns",
    "lipschitz_bound",
    "lipschitz_scale",
    "lipschitz_search",
    "log_patterns",
    "norm_product",
    "operator_norms",
    "plane_lipschitz",
    "plane_sectors",
]
