"""Smallest eigenvalue against one Cholesky factorization: paired timings, N = 3000, float64.

Run ``python benchmarks/bench_spectrum.py`` on an otherwise idle machine (two cores: ``OMP_NUM_THREADS=2``).
"""

import numpy as np
from scipy.linalg import lapack
from timing import paired, print_rows

from ntklib.spectrum import certified_smallest_eigenvalue, smallest_eigenvalue


def kernel(n: int, d: int = 40) -> np.ndarray:
    """Tangent kernel of a two-layer ReLU network on n points of the unit sphere in dimension d."""
    X = np.random.default_rng(0).standard_normal((n, d))
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    cosine = np.clip(X @ X.T, -1, 1)
    angle = np.arccos(cosine)
    np.fill_diagonal(angle, 0.0)
    K = cosine * (1 - angle / np.pi) + (np.sin(angle) + (np.pi - angle) * cosine) / np.pi
    return (K + K.T) / 2


def bare_cholesky(K: np.ndarray):
    """LAPACK's factorization of a private copy, without checks."""
    return lapack.dpotrf(np.array(K).T, lower=0, overwrite_a=1, clean=0)


def measure(n: int = 3000, rounds: int = 7) -> list[dict]:
    """Rows (name, seconds, ratio, target); ratios are to one bare Cholesky factorization."""
    K = kernel(n)
    # lists, because `paired` takes a bare float for the seconds of the call, and an eigenvalue is a float
    fast = paired(
        {
            "bare Cholesky (LAPACK dpotrf and a copy)": lambda: bare_cholesky(K),
            "numpy.linalg.cholesky": lambda: np.linalg.cholesky(K),
            "smallest_eigenvalue": lambda: [smallest_eigenvalue(K)],
            "certified_smallest_eigenvalue (estimate included)": lambda: [certified_smallest_eigenvalue(K)],
        },
        rounds,
    )
    slow = paired({"numpy.linalg.eigvalsh": lambda: np.linalg.eigvalsh(K)}, 2)
    seconds = {**fast, **slow}
    unit = next(iter(fast.values()))
    targets = {
        "smallest_eigenvalue": "<= 2.5",
        "certified_smallest_eigenvalue (estimate included)": "<= 4",
        "numpy.linalg.eigvalsh": ">= 3 times smallest_eigenvalue",
    }
    return [
        {"name": name, "seconds": value, "ratio": value / unit, "unit": "Cholesky", "target": targets.get(name, "")}
        for name, value in seconds.items()
    ]


if __name__ == "__main__":
    print_rows(measure())
