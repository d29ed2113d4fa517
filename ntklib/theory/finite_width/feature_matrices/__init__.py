"""The smallest singular value of a feature matrix of a deep ReLU network: the theorem's scale and its proof's chain."""

from ntklib.theory.finite_width.feature_matrices.centering import (
    centred_gram,
    largest_cosine,
    project_out,
    smallest_order,
)
from ntklib.theory.finite_width.feature_matrices.chernoff import (
    chernoff_ratio,
    neurons_sufficient,
    paper_width,
    truncation_level,
)
from ntklib.theory.finite_width.feature_matrices.mean import expected_gram, features_of, one_order_bound, spectral_edge
from ntklib.theory.finite_width.feature_matrices.norms import norm_failure, pair_energy
from ntklib.theory.finite_width.feature_matrices.statements import feature_chain, feature_scale

__all__ = [
    "centred_gram",
    "chernoff_ratio",
    "expected_gram",
    "feature_chain",
    "feature_scale",
    "features_of",
    "largest_cosine",
    "neurons_sufficient",
    "norm_failure",
    "one_order_bound",
    "pair_energy",
    "paper_width",
    "project_out",
    "smallest_order",
    "spectral_edge",
    "truncation_level",
]
