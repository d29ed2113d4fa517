r"""How many neurons a feature matrix needs: the matrix Chernoff bound with its constants.

Given the features F of the layer below, the next feature matrix has independent columns :math:`\sigma(F w_j)`,
:math:`w_j \sim N(0, \beta^2 I)`. Its Gram matrix is a sum of n independent positive semidefinite matrices with mean
:math:`E\,\sigma(Fw)\sigma(Fw)^\top`, whose smallest eigenvalue is called λ.
"""

import math

import numpy as np

from ntklib._validate import positive_float, positive_int
from ntklib.spectrum import psd_smallest
from ntklib.theory.finite_width.feature_matrices.mean import expected_gram

RATE = 0.75 * (2 / 3 + math.log(1 / 3) / 3)
GOLDEN = (1 + math.sqrt(5)) / 2


def chernoff_ratio(F) -> float:
    r"""Return :math:`Q = \beta^2 \lVert F\rVert_F^2 / \lambda`, the mean squared column length over λ, times two.

    Parameters
    ----------
    F : array_like, shape (N, m)

    Returns
    -------
    float
        At least 2 N, since λ is at most the mean eigenvalue; infinite where λ = 0. The standard deviation cancels.

    Notes
    -----
    One eigenvalue problem, O(N³) time, O(N²) memory. Nguyen et al. 2021, matrix Chernoff lemma of section 5.

    Examples
    --------
    >>> round(chernoff_ratio([[1.0, 0.0], [0.0, 1.0]]), 3)
    5.868
    """
    gram = expected_gram(F)
    value = psd_smallest(gram)
    return 2 * float(np.trace(gram)) / value if value > 0 else math.inf


def truncation_level(ratio: float) -> float:
    r"""Return the larger solution u of :math:`e^u = 10 \varphi Q u`, :math:`\varphi = (1+\sqrt 5)/2`.

    Columns with :math:`\lVert\sigma(Fw)\rVert^2 > \tfrac52 u\, \beta^2\lVert F\rVert_F^2` carry at most
    λ/4 of the mean.

    Parameters
    ----------
    ratio : float
        Q, at least 1.

    Returns
    -------
    float
        Between :math:`\log 10 \varphi Q` and :math:`2 \log 12 Q`.

    Raises
    ------
    ValueError
        A ratio below 1 or not finite.

    Notes
    -----
    Fixed point of :math:`u \mapsto \log(10 \varphi Q u)`, a contraction with factor 1/u < 0.4; full precision.
    Proved in the chapter `feature_matrices`.

    Examples
    --------
    >>> round(truncation_level(100.0), 3)
    9.657
    """
    ratio = positive_float("truncation_level", "ratio", ratio)
    if ratio < 1:
        raise ValueError(f"truncation_level: ratio={ratio:.3g}; expected at least 1; take it from chernoff_ratio.")
    u = math.log(10 * GOLDEN * ratio)
    for _ in range(60):
        u = math.log(10 * GOLDEN * ratio * u)
    return u


def neurons_sufficient(ratio: float, N: int, delta: float) -> int:
    r"""Return a width n for which :math:`\sigma_{\min}(F_k)^2 \ge n\lambda/4` with probability at least 1 - δ: proved.

    .. math:: n = \Big\lceil \tfrac{5}{2c}\, Q\, u(Q)\, \log(N/\delta) \Big\rceil, \qquad
              c = \tfrac34 \big(\tfrac23 - \tfrac13 \log 3\big) = 0.2253

    Parameters
    ----------
    ratio : float
        Q of `chernoff_ratio`.
    N : int
        Number of samples.
    delta : float
        Failure probability in (0, 1).

    Returns
    -------
    int
        At most :math:`22.2\, Q \log(12 Q) \log(N/\delta)`, rounded up.

    Notes
    -----
    O(1). The lemma of Nguyen et al. 2021 with its constant made explicit, through Tropp 2012, Theorem 1.1. Proved in
    the chapter `feature_matrices`, which also shows how far it is from what is needed.

    Examples
    --------
    >>> neurons_sufficient(100.0, 20, 0.1)
    56762
    """
    return math.ceil(2.5 / RATE * ratio * truncation_level(ratio) * _log_failure("neurons_sufficient", N, delta))


def paper_width(N: int, delta: float, *, constant: float = 1.0) -> float:
    r"""Return the order of the paper's width condition, :math:`N \log N \log(N/\delta)` times ``constant``.

    Parameters
    ----------
    N : int
        Number of samples.
    delta : float
        Failure probability in (0, 1).
    constant : float
        The unspecified constant of the Ω.

    Returns
    -------
    float

    Notes
    -----
    O(1). Nguyen et al. 2021, Theorems 2 and 3, condition (i).

    Examples
    --------
    >>> round(paper_width(100, 0.1))
    3181
    """
    failure = _log_failure("paper_width", N, delta)
    return positive_float("paper_width", "constant", constant) * N * math.log(N) * failure


def _log_failure(where: str, N: int, delta: float) -> float:
    if not 0 < delta < 1:
        raise ValueError(f"{where}: delta={delta!r}; expected a probability in (0, 1).")
    return math.log(positive_int(where, "N", N) / delta)
