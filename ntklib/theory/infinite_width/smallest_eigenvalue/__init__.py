"""The smallest eigenvalue of the limiting ReLU tangent kernel: the chain of the proof, every link as a function."""

from ntklib.kernels.angles import cosines
from ntklib.spectrum import psd_smallest
from ntklib.theory.inequalities import (
    gershgorin_lower_bound,
    hermite_lower_bound,
    khatri_rao_gram,
    schur_product_bound,
)
from ntklib.theory.infinite_width.smallest_eigenvalue.events import (
    close_pair_bound,
    coherence_threshold,
    good_event_probability,
    sphere_union_bound,
)
from ntklib.theory.infinite_width.smallest_eigenvalue.limits import (
    edge_sum,
    power_series,
    scalar_kernel,
    sharp_constant,
    sharp_limit,
)
from ntklib.theory.infinite_width.smallest_eigenvalue.proof import layer_terms, limiting_chain, tail_lower_bound

__all__ = [
    "close_pair_bound",
    "coherence_threshold",
    "cosines",
    "edge_sum",
    "gershgorin_lower_bound",
    "good_event_probability",
    "hermite_lower_bound",
    "khatri_rao_gram",
    "layer_terms",
    "limiting_chain",
    "power_series",
    "psd_smallest",
    "scalar_kernel",
    "schur_product_bound",
    "sharp_constant",
    "sharp_limit",
    "sphere_union_bound",
    "tail_lower_bound",
]
