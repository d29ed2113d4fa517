"""Networks of the checks on the two-sided bound: one wide layer, all layers wide, a cell of the figure."""

import numpy as np

from ntklib.theory.finite_width.setting import measured
from ntklib.theory.setting import lowest
from ntklib.theory.setting import sphere_points as points


def one_wide(position: int, wide: int, *, d: int, narrow: int, depth: int) -> tuple[int, ...]:
    """Return widths with one wide hidden layer and narrow others.

    Examples
    --------
    >>> one_wide(2, 99, d=5, narrow=7, depth=4)
    (5, 7, 99, 7, 1)
    """
    return (d, *(wide if l == position else narrow for l in range(1, depth)), 1)


def left_cell(N: int, d: int, n: int, seed: int, *, sphere: bool = False) -> float:
    """Return one draw of the figure's left panel by a second route: NumPy in double precision.

    Examples
    --------
    >>> left_cell(4, 50, 100, 0) > 0
    True
    """
    X = points(seed, N, d) if sphere else np.random.default_rng(seed).standard_normal((N, d))
    return measured((d, n, n, 1), "standard", X, 100 + seed) * 4 / n**2


def relative_errors(N: int, d: int, depth: int, n: int, seeds: int, *, seed: int = 0) -> list[float]:
    """Relative errors of the scaled λ_min of an all-wide network against its limit, one per draw.

    Examples
    --------
    >>> len(relative_errors(4, 20, 2, 50, 3))
    3
    """
    widths, errors = (d, *(n,) * (depth - 1), 1), []
    for s in range(seed, seed + seeds):
        X = points(s, N, d)
        errors.append(measured(widths, "standard", X, 50 + s) * (2 / n) ** (depth - 1) / lowest(X, depth) - 1)
    return errors


def shallow(X, n: int, rng) -> float:
    r"""Return :math:`\lambda_{\min}(K)\,2/n` of one shallow ReLU network, drawn through the Gram matrix.

    Examples
    --------
    >>> bool(1 < shallow(np.eye(3), 4000, np.random.default_rng(0)) < 2)
    True
    """
    A = X @ X.T
    values, vectors = np.linalg.eigh(A)
    g = (vectors * np.sqrt(np.maximum(values, 0.0))) @ rng.standard_normal((len(A), n))
    B = rng.standard_normal(n) * (g > 0)
    features = np.maximum(g, 0.0)
    return float(np.linalg.eigvalsh(A * (B @ B.T) + features @ features.T)[0]) * 2 / n
