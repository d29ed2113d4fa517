r"""The scales of a deep ReLU network in the standard parametrization, :math:`[W_l]_{ij} \sim N(0, \beta_l^2)`.

Every theorem of this part is a statement about one of three products: the squared norm of a feature vector, that of a
backward vector, and their product, a diagonal entry of one layer's term of the kernel.
"""

import math

from ntklib._validate import positive_float, positive_int


def feature_mean(widths, betas, layer: int, *, square_norm: float) -> float:
    r"""Return the exact mean :math:`E\lVert f_k(x)\rVert^2` over the weights of a ReLU network.

    .. math:: E\lVert f_k(x)\rVert^2 = \lVert x\rVert^2 \prod_{l=1}^{k} \frac{n_l \beta_l^2}{2}

    Parameters
    ----------
    widths : sequence of L + 1 ints
        ``(n_0, …, n_L)``.
    betas : sequence of L floats
        Standard deviations of the weights, ``(β_1, …, β_L)``.
    layer : int
        k, from 0 (the input) to L - 1.
    square_norm : float
        The squared norm of x.

    Returns
    -------
    float

    Notes
    -----
    Given :math:`f_{k-1}`, each neuron adds :math:`E[\max(0, g)^2] = \beta_k^2\lVert f_{k-1}\rVert^2/2` by symmetry.
    Source: proved in the chapter ``anatomy``; the order without the factors 1/2 is in Nguyen, Mondelli and Montúfar
    2021, section 3.

    Examples
    --------
    >>> feature_mean((4, 8, 6, 1), (1.0, 1.0, 1.0), 2, square_norm=4.0)
    48.0
    """
    n, b = _checked("feature_mean", widths, betas, layer, range(len(betas)))
    return positive_float("feature_mean", "square_norm", square_norm) * math.prod(
        n[l] * b[l] ** 2 / 2 for l in range(1, layer + 1)
    )


def backward_mean(widths, betas, layer: int) -> float:
    r"""Return the exact mean squared row of a ReLU network's backward matrix, for a sample that arrives alive.

    .. math:: E\left[\lVert b_k(x)\rVert^2 \,\middle|\, f_{k-1}(x) \ne 0\right]
              = \beta_L^2 \prod_{l=k}^{L-1} \frac{n_l}{2} \prod_{l=k+1}^{L-1} \beta_l^2
              \quad (k < L), \qquad b_L = 1

    Parameters
    ----------
    widths : sequence of L + 1 ints
        With :math:`n_L = 1`.
    betas : sequence of L floats
    layer : int
        k, from 1 to L.

    Returns
    -------
    float

    Notes
    -----
    Each mask :math:`\sigma'(g_l)` keeps half of the energy that arrives from above, because negating :math:`W_l`
    exchanges active and inactive neurons. Without the condition the mean is, for k < L, smaller by the factor
    :math:`P(f_{k-1}(x) \ne 0) = \prod_{l<k} (1 - 2^{-n_l})`. Source: proved in the chapter ``anatomy``.

    Examples
    --------
    >>> backward_mean((4, 8, 6, 1), (1.0, 1.0, 1.0), 1)
    12.0
    """
    L = len(betas)
    n, b = _checked("backward_mean", widths, betas, layer, range(1, L + 1))
    return math.prod(n[l] / 2 for l in range(layer, L)) * math.prod(b[l] ** 2 for l in range(layer + 1, L + 1))


def block_mean(widths, betas, layer: int, *, square_norm: float) -> float:
    r"""Return the exact mean of a diagonal entry of the kernel's term of one weight layer of a ReLU network.

    .. math:: E\left[\lVert f_{k-1}(x)\rVert^2\, \lVert b_k(x)\rVert^2\right]
              = \frac{\lVert x\rVert^2}{\beta_k^2} \prod_{l=1}^{L-1} \frac{n_l}{2} \prod_{l=1}^{L} \beta_l^2

    Parameters
    ----------
    widths : sequence of L + 1 ints
    betas : sequence of L floats
    layer : int
        k, from 1 to L.
    square_norm : float

    Returns
    -------
    float

    Notes
    -----
    Given :math:`f_{k-1} \ne 0` the mean of the second factor does not depend on it (the masks above are symmetric
    whatever it is); where it is zero, so is the first factor.

    Examples
    --------
    >>> block_mean((4, 8, 6, 1), (1.0, 1.0, 1.0), 2, square_norm=4.0)
    48.0
    """
    return feature_mean(widths, betas, layer - 1, square_norm=square_norm) * backward_mean(widths, betas, layer)


def _checked(where: str, widths, betas, layer, allowed):
    """Widths 0..L and standard deviations indexed from 1, or an error naming what does not fit."""
    widths = [positive_int(where, f"widths[{i}]", n) for i, n in enumerate(widths)]
    if len(betas) != len(widths) - 1:
        raise ValueError(
            f"{where}: {len(betas)} standard deviations for {len(widths)} widths; expected one per weight layer, "
            f"{len(widths) - 1}."
        )
    if layer not in allowed:
        raise ValueError(f"{where}: layer={layer!r}; expected an integer from {allowed[0]} to {allowed[-1]}.")
    return widths, [math.nan, *(positive_float(where, f"betas[{i}]", b) for i, b in enumerate(betas))]
