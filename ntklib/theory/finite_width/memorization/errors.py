r"""How far the memorizer is from its labels: exact polynomial, first kink, rounding, and the count of parameters.

Between kinks a ReLU network is a polynomial of degree L along every line in parameter space, so the error of the
difference quotient is known in closed form up to the first sign change of a pre-activation.
"""

import itertools
import math

import numpy as np

from ntklib._validate import positive_float


def ray_polynomials(params, direction, X):
    r"""Return the coefficients in ε of the pre-activations of :math:`\theta+\epsilon\theta'`, signs frozen at ε = 0.

    .. math:: g_l(x;\theta+\epsilon\theta') = \sum_{p=0}^{l} \epsilon^p\, g_l^{(p)}(x),\qquad l = 1, \dots, L

    Parameters
    ----------
    params, direction : sequences of L arrays
    X : array (N, d)

    Returns
    -------
    list of L arrays (l + 1, N, n_l)
        The last one holds the output: row 0 is f, row 1 is :math:`J\theta'`, row 2 half the second derivative.

    Notes
    -----
    Exact for ReLU in the standard parametrization while no pre-activation changes its sign. Time O(L) forward passes
    per layer. Source: Book.

    Examples
    --------
    >>> W, V = [np.array([[1.0]]), np.array([[2.0]])], [np.array([[1.0]]), np.array([[1.0]])]
    >>> ray_polynomials(W, V, np.array([[1.0]]))[-1].ravel().tolist()
    [2.0, 3.0, 1.0]
    """
    f, result = np.asarray(X, float)[None], []
    for W, V in zip(params, direction, strict=True):
        g = np.zeros((len(f) + 1, f.shape[1], W.shape[1]))
        g[:-1] += f @ W
        g[1:] += f @ V
        result.append(g)
        f = g * (g[0] > 0)
    return result


def first_kink(params, direction, X) -> float:
    r"""Return the least ε > 0 at which a hidden pre-activation of :math:`\theta+\epsilon\theta'` vanishes on a sample.

    Parameters
    ----------
    params, direction : sequences of L arrays
    X : array (N, d)

    Returns
    -------
    float
        Infinity if there is none.

    Notes
    -----
    The least positive root of the polynomials of :func:`ray_polynomials`, which are exact up to it. One root problem of
    degree l per neuron of layer l and sample. Source: Book.

    Examples
    --------
    >>> W, V = [np.array([[1.0]]), np.array([[2.0]])], [np.array([[-4.0]]), np.array([[1.0]])]
    >>> first_kink(W, V, np.array([[1.0]]))
    0.25
    """
    least = math.inf
    for g in ray_polynomials(params, direction, X)[:-1]:
        for column in g.reshape(len(g), -1).T:
            if column[0] != 0:
                roots = np.roots(column[::-1])
                real = roots.real[(np.abs(roots.imag) <= 1e-12 * np.abs(roots)) & (roots.real > 0)]
                least = min(least, *real) if len(real) else least
    return float(least)


def error_constant(params, direction, X) -> float:
    r"""Return C in the error :math:`C\epsilon+O(\epsilon^2)` of the difference quotient against :math:`J\theta'`.

    .. math:: C = \tfrac12\,\lVert D^2f(\theta)[\theta',\theta']\rVert

    Parameters
    ----------
    params, direction : sequences of L arrays
    X : array (N, d)

    Returns
    -------
    float

    Notes
    -----
    ReLU, where the second derivative comes from products of layers only; quadratic in :math:`\theta'`.
    Source: Book.

    Examples
    --------
    >>> W, V = [np.array([[1.0]]), np.array([[2.0]])], [np.array([[1.0]]), np.array([[1.0]])]
    >>> error_constant(W, V, np.array([[1.0]]))
    1.0
    """
    output = ray_polynomials(params, direction, X)[-1]
    return float(np.linalg.norm(output[2])) if len(output) > 2 else 0.0


def best_step(constant: float, outputs, *, unit: float = 2.0**-53) -> tuple[float, float]:
    r"""Return the ε at which :math:`C\epsilon` meets rounding, :math:`u\lVert f\rVert/\epsilon`, and the error there.

    .. math:: \epsilon^\star = \sqrt{u\lVert f\rVert/C},\qquad 2\sqrt{u\lVert f\rVert\,C}

    Parameters
    ----------
    constant : float
        C of :func:`error_constant`.
    outputs : array (N,)
        :math:`f(\theta)` on the samples.
    unit : float
        Unit roundoff u of the arithmetic.

    Returns
    -------
    (float, float)

    Notes
    -----
    An order of magnitude: a forward pass makes a few roundings, not one. Source: Book.

    Examples
    --------
    >>> best_step(4.0, [1.0], unit=1e-8)
    (5e-05, 0.0004)
    """
    constant, unit = (positive_float("best_step", n, v) for n, v in (("constant", constant), ("unit", unit)))
    level = unit * float(np.linalg.norm(outputs))
    return math.sqrt(level / constant), 2 * math.sqrt(level * constant)


def rank_ceiling(widths) -> int:
    r"""Return the largest possible rank of the Jacobian of a ReLU network, :math:`P-\sum_{0<l<L}n_l`.

    Parameters
    ----------
    widths : sequence of L + 1 ints

    Returns
    -------
    int
        Number of parameters less the number of hidden neurons.

    Raises
    ------
    ValueError
        Fewer than two widths.

    Notes
    -----
    Scaling the weights into a neuron up and those out of it down leaves f unchanged: one null direction of J per hidden
    neuron, linearly independent unless all weights into a neuron are zero. For any activation positively homogeneous
    of degree 1, where f is differentiable. Source: Book.


    Examples
    --------
    >>> rank_ceiling((10, 4, 3, 1))
    48
    """
    if len(widths) < 2:
        raise ValueError(f"rank_ceiling: widths={tuple(widths)}; expected at least input and output.")
    return sum(a * b for a, b in itertools.pairwise(widths)) - sum(widths[1:-1])
