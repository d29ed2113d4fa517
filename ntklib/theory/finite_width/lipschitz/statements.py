r"""Lipschitz constants of the feature maps of a deep ReLU network: bounds, search, exact values in the plane.

Weights are a sequence :math:`W_1, \dots, W_k` of shapes :math:`(n_{l-1}, n_l)`; the map is
:math:`g_k(x) = W_k^\top \sigma(W_{k-1}^\top \cdots \sigma(W_1^\top x))`.
Its slope is constant on rays; its Lipschitz constant is the largest operator norm of its Jacobian.
"""

import math
from itertools import pairwise

import numpy as np

from ntklib._validate import positive_float
from ntklib.plain.draws import layer_sizes
from ntklib.theory.finite_width.lipschitz.patterns import log_patterns
from ntklib.theory.finite_width.lipschitz.search import checked_weights


def lipschitz_scale(widths, betas, *, logarithms: bool = True, constant: float = 1.0) -> float:
    r"""Return the order of the theorem's bound on :math:`\mathrm{Lip}(g_k)^2`.

    .. math:: \frac{\prod_{l=0}^{k} n_l}{\min_{0 \le l \le k} n_l}\; \prod_{l=1}^{k-1} \log n_l\;
              \prod_{l=1}^{k} \beta_l^2

    Parameters
    ----------
    widths : sequence of k + 1 ints
        :math:`(n_0, \dots, n_k)`.
    betas : sequence of k floats
        Standard deviations of the weights.
    logarithms : bool
        Whether to keep the product of logarithms; without them a logarithm of 1 cannot make the scale vanish.
    constant : float
        The unspecified constant of the O.

    Returns
    -------
    float

    Notes
    -----
    O(k). Nguyen et al. 2021, Theorem 4.

    Examples
    --------
    >>> lipschitz_scale((20, 80, 40), (0.5, 0.25), logarithms=False)
    50.0
    """
    n, b = layer_sizes("lipschitz_scale", widths, betas)
    logs = math.prod(math.log(width) for width in n[1:-1]) if logarithms else 1.0
    order = math.prod(n) / min(n) * math.prod(beta**2 for beta in b)
    return positive_float("lipschitz_scale", "constant", constant) * logs * order


def lipschitz_bound(widths, betas, delta: float = 0.1, *, cuts=None) -> float:
    r"""Return a proved bound on :math:`\mathrm{Lip}(g_k)`, exceeded with probability at most δ over Gaussian weights.

    The layers are cut into pieces; by default at the successive minima :math:`k > p_0 > p_1 > \dots > 0` of the widths:
    :math:`p_0` is the narrowest of all layers, :math:`p_1` the narrowest before :math:`p_0`, and so on. In the piece
    that starts after layer q, layer l contributes the factor

    .. math:: \beta_l \Big( \sqrt{n_l} + \sqrt{n_q} + \sqrt{2 \log R_{q,l-1} + 2 \log(k/\delta)} \Big), \qquad
              R_{q,l-1} = \prod_{j=q+1}^{l-1} 2 \sum_{i < n_q} \binom{n_j - 1}{i} .

    Parameters
    ----------
    widths : sequence of k + 1 ints
    betas : sequence of k floats
    delta : float
        Failure probability in (0, 1).
    cuts : iterable of int, optional
        Layers from 1 to k - 1 at which pieces begin, beside layer 0. The bound holds for every choice.

    Returns
    -------
    float
        A bound on the constant itself, not on its square.

    Raises
    ------
    ValueError
        A probability outside (0, 1), a cut outside 1..k-1, or as `lipschitz_scale`.

    Notes
    -----
    O(Σ n_l) through logarithms of binomials. Theorem 4 of Nguyen et al. 2021 with constants; with `greedy_cuts` of the
    theorem's order for all widths. Proved in the chapter `lipschitz`.

    Examples
    --------
    >>> round(lipschitz_bound((20, 80, 40), (0.2, 0.1)), 2)
    6.45
    """
    n, b = layer_sizes("lipschitz_bound", widths, betas)
    if not 0 < delta < 1:
        raise ValueError(f"lipschitz_bound: delta={delta!r}; expected a probability in (0, 1).")
    inner = _minima(n) if cuts is None else sorted(set(cuts))
    if not set(inner) <= set(range(1, len(b))):
        raise ValueError(f"lipschitz_bound: cuts={inner}; expected layers from 1 to {len(b) - 1}.")
    total, failure = 1.0, 2 * math.log(len(b) / delta)
    for start, end in pairwise([0, *inner, len(b)]):
        patterns = 0.0
        for l in range(start + 1, end + 1):
            total *= b[l - 1] * (math.sqrt(n[l]) + math.sqrt(n[start]) + math.sqrt(2 * patterns + failure))
            patterns += log_patterns(n[l], n[start])
    return total


def norm_product(weights) -> float:
    r"""Return the product of squared operator norms :math:`\prod_l \lVert W_l\rVert^2 \ge \mathrm{Lip}(g_k)^2`.

    Parameters
    ----------
    weights : sequence of arrays, shapes (n_{l-1}, n_l)

    Returns
    -------
    float

    Notes
    -----
    O(Σ n_{l-1} n_l min) time. ReLU slopes are 0 or 1, hence the inequality.

    Examples
    --------
    >>> round(norm_product([[[3.0, 0.0]], [[0.0], [2.0]]]), 6)
    36.0
    """
    return float(math.prod(np.linalg.norm(W, 2) ** 2 for W in checked_weights("norm_product", weights)))


def greedy_cuts(widths) -> tuple[int, ...]:
    r"""Return the cuts for which `lipschitz_bound` has the order of the theorem, whatever the widths.

    Going up from q = 0, cut at the first layer l with :math:`n_l < n_q\big(1 + \sum_{q<j<l} \log(2en_j)\big)`, and go
    on from q = l.

    Parameters
    ----------
    widths : sequence of k + 1 ints

    Returns
    -------
    tuple of int
        Layers from 1 to k - 1.

    Notes
    -----
    O(k). Source: Book, proved in the chapter ``lipschitz``.

    Examples
    --------
    >>> greedy_cuts((2, 1000, 2, 2, 2)), greedy_cuts((20, 80, 40))
    ((2,), ())
    """
    cuts, q, share = [], 0, 1.0
    for l in range(1, len(widths) - 1):
        if widths[l] < widths[q] * share:
            q, share = l, 1.0
            cuts.append(l)
        else:
            share += math.log(2 * math.e * widths[l])
    return tuple(cuts)


def _minima(n) -> list[int]:
    """Successive minima of the widths below the last layer, without layer 0."""
    cuts = [n.index(min(n))]
    while cuts[-1] > 0:
        before = n[: cuts[-1]]
        cuts.append(before.index(min(before)))
    return sorted(set(cuts) - {0, len(n) - 1})
