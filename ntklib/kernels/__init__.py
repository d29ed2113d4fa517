"""Limiting and empirical kernels, and products with kernels that are never formed."""

from ntklib.kernels.angles import accurate_half_angles, half_angles
from ntklib.kernels.blocks import layer_blocks
from ntklib.kernels.empirical import empirical_ntk
from ntklib.kernels.gap import kernel_gaps
from ntklib.kernels.infinite import infinite_kernels, recursion
from ntklib.kernels.jacobian import flat_jacobian
from ntklib.kernels.products import ntk_vector_product
from ntklib.kernels.profile import Profile, angular_profile

__all__ = [
    "Profile",
    "accurate_half_angles",
    "angular_profile",
    "empirical_ntk",
    "flat_jacobian",
    "half_angles",
    "infinite_kernels",
    "kernel_gaps",
    "layer_blocks",
    "ntk_vector_product",
    "recursion",
]
