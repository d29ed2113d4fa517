"""What the chapter's claims and pages share: points, errors of random kernels, errors of the spectrum's theorem."""

import numpy as np

from ntklib.kernels.angles import pairwise_angles
from ntklib.theory.wide_networks.edge_of_chaos.statements import (
    deep_kernels,
    effective_distance,
    predicted_spectrum,
    stated_errors,
)
from ntklib.theory.wide_networks.edge_of_chaos.widths import edge_kernel, pattern_widths

PIECES = {"relu": (0.5, 0.5), "abs": (0.0, 1.0)}
SHARES = (0.125, 0.5, 1.0)


def sphere_points(N: int, d: int, seed) -> np.ndarray:
    """Points on the unit sphere by NumPy's generator, shape (N, d).

    Examples
    --------
    >>> sphere_points(3, 2, 0).shape
    (3, 2)
    """
    X = np.random.default_rng(seed).standard_normal((N, d))
    return X / np.linalg.norm(X, axis=1)[:, None]


def spectrum_errors(N: int, beta: float, seed, layers=(4, 16, 64, 256, 1024), bulk: float = 0.75) -> list[dict]:
    """Errors of the theorem on the spectrum in units of the stated orders, one row per depth.

    W is the mean over pairs. Columns N, β, l, W, top, bulk: largest absolute error over the stated order.

    Examples
    --------
    >>> rows = spectrum_errors(6, 0.5, 0, layers=(16,))
    >>> bool(rows[0]["top"] < 1 and rows[0]["bulk"] < 1)
    True
    """
    X = sphere_points(N, 16, seed)
    W = float(np.mean(effective_distance(pairwise_angles(X)[np.triu_indices(N, 1)], beta)))
    rows = []
    for K, depth in zip(*deep_kernels(X, layers, beta)):
        values = np.linalg.eigvalsh(K)
        top, rest = predicted_spectrum(N, depth, W, beta, bulk=bulk)
        allowed = stated_errors(N, depth, beta)
        row = {"N": N, "β": beta, "l": int(depth), "W": W, "top": abs(values[-1] - top) / allowed[0]}
        rows.append(row | {"bulk": np.max(np.abs(values[:-1] - rest)) / allowed[1]})
    return rows


def width_errors(hidden, activation: str, seeds, *, N=12, d=8, data=0) -> np.ndarray:
    r"""Relative errors of random kernels, and their smallest eigenvalues over that of the limit, shape (seeds, 2).

    The errors are operator norms over :math:`\lVert K_\infty\rVert`; one data set on the sphere for all seeds.

    Examples
    --------
    >>> width_errors((4, 16), "abs", range(2)).shape
    (2, 2)
    """
    a, b = PIECES[activation]
    X = sphere_points(N, d, data)
    limit = deep_kernels(X, [len(hidden) + 1], b * b / (a * a + b * b))[0][0]
    size, lowest = np.linalg.norm(limit, 2), np.linalg.eigvalsh(limit)[0]
    kernels = [edge_kernel(hidden, X, a, b, seed) for seed in seeds]
    return np.array([(np.linalg.norm(K - limit, 2) / size, np.linalg.eigvalsh(K)[0] / lowest) for K in kernels])


def kernel_errors(power: int, base: int, depth: int, activation: str, seeds, *, N=12, d=8, data=0) -> np.ndarray:
    r"""`width_errors` of the widths :math:`k^p m`, with a stream of weights for every m and L.

    Examples
    --------
    >>> kernel_errors(2, 4, 3, "abs", range(2)).shape
    (2, 2)
    """
    streams = [[seed, base, depth] for seed in seeds]
    return width_errors(pattern_widths(power, base, depth), activation, streams, N=N, d=d, data=data)
