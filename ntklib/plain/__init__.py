r"""Plain NumPy networks in float64: draws, passes, Jacobians, tangent kernels, gradient descent.

The network is that of `ntklib.MLP`, :math:`g_l = m_lf_{l-1}W_l`, :math:`f_l = \sigma(g_l)`, output :math:`g_L`.
Nothing is compiled, so that many shapes cost nothing extra, and precision is double whatever comes in. Arrays may
have leading axes, of networks, data sets or step sizes, which broadcast: ``params[l]`` has shape
(..., n_{l-1}, n_l), X has shape (..., N, d).
"""

from ntklib.plain.descent import Descent, Iterate, descent, iterates, squared_loss
from ntklib.plain.draws import draw, parameter_count
from ntklib.plain.kernels import input_jacobian, jacobian, jvp, layer_kernels, row_products, tangent_kernel, vjp
from ntklib.plain.passes import activation_functions, factors, forward, preactivations, readout
from ntklib.plain.vectors import flattened

__all__ = [
    "Descent",
    "Iterate",
    "activation_functions",
    "descent",
    "draw",
    "factors",
    "flattened",
    "forward",
    "input_jacobian",
    "iterates",
    "jacobian",
    "jvp",
    "layer_kernels",
    "parameter_count",
    "preactivations",
    "readout",
    "row_products",
    "squared_loss",
    "tangent_kernel",
    "vjp",
]
