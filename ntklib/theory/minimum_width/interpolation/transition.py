r"""Interpolating arbitrary labels with little more parameters than samples: existence, solver, obstruction.

``make tables NAME=interpolation`` makes the shipped table. The claims are in
:mod:`ntklib.theory.minimum_width.interpolation.claims`.
"""

from importlib.resources import files

import jax.numpy as jnp
import numpy as np
import pandas as pd

from ntklib import plain
from ntklib._validate import positive_float
from ntklib.networks import MLP
from ntklib.theory.finite_width.memorization.errors import rank_ceiling
from ntklib.training import least_squares

NETWORKS = {
    "tanh, 1 hidden": ((6, 12, 1), "tanh"),
    "tanh, 2 hidden": ((6, 8, 6, 1), "tanh"),
    "tanh, 3 hidden": ((6, 6, 5, 5, 1), "tanh"),
    "ReLU, 1 hidden": ((6, 14, 1), "relu"),
}
RATIOS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0, 1.05, 1.1)
LABELS = ("signs", "gaussian")
STARTS = range(1, 14)  # further ones at N = P
CELLS = [{"network": name, "ratio": r, "labels": y, "start": 0} for y in LABELS for r in RATIOS for name in NETWORKS]
START_CELLS = [
    {"network": name, "ratio": 1.0, "labels": "gaussian", "start": k} for name in list(NETWORKS)[:3] for k in STARTS
]


def random_problem(widths, N: int, seed: int, labels: str = "signs"):
    """Return weights drawn as in the paper, Gaussian samples (N, d) and labels (N,), "signs" or "gaussian"."""
    rng = np.random.default_rng([seed, 1])
    X = rng.standard_normal((N, widths[0]))
    Y = rng.choice([-1.0, 1.0], N) if labels == "signs" else rng.standard_normal(N)
    return plain.draw(widths, "bombari", seed), X, Y


def capacity(widths, activation: str) -> int:
    """Return the number of parameters that count: P for tanh, :math:`P - \\sum n_l` for ReLU."""
    return rank_ceiling(widths) if activation == "relu" else plain.parameter_count(widths)


def interpolation_cell(
    network: str, ratio: float, labels: str = "signs", start: int = 0, *, seed: int, steps: int = 2000
) -> dict:
    r"""Fit random labels by Levenberg-Marquardt at N = ratio times the capacity, and report how it went.

    Parameters
    ----------
    network : str
        A key of ``NETWORKS``.
    ratio : float
    labels : {"signs", "gaussian"}
    start : int
        Which draw of the initial weights; samples and labels depend on the seed alone.
    seed : int
    steps : int

    Returns
    -------
    dict
        N, whether no residual exceeds 1e-10, iterations, distance from the initial weights, root mean square residual.

    Notes
    -----
    Needs 64-bit precision. A second or two. Source: Book.

    Examples
    --------
    >>> interpolation_cell("tanh, 1 hidden", 0.05, seed=0, steps=3)["N"]
    4
    """
    widths, activation = NETWORKS[network]
    N = round(positive_float("interpolation_cell", "ratio", ratio) * capacity(widths, activation))
    params, X, Y = random_problem(widths, N, seed, labels)
    params = plain.draw(widths, "bombari", [seed, start + 1]) if start else params
    begin = tuple(jnp.asarray(W) for W in params)
    fit = least_squares(MLP(widths, activation, "bombari"), begin, X, Y, steps=steps)
    moved = np.sqrt(sum(np.sum((np.asarray(a) - b) ** 2) for a, b in zip(fit.params, params)))
    return {
        "N": N,
        "success": bool(fit.converged),
        "iterations": int(fit.iterations),
        "distance": float(moved),
        "residual": float(np.sqrt(np.mean(np.square(fit.residual)))),
    }


def cached_transition() -> pd.DataFrame:
    """Return the shipped sweep: a row per cell and seed, columns as in `interpolation_cell`.

    Examples
    --------
    >>> len(cached_transition()) == 12 * len(CELLS)
    True
    """
    table = pd.read_csv(files(__package__) / "interpolation.csv")
    return table[table["start"] == 0].drop(columns="start").reset_index(drop=True)


def cached_starts() -> pd.DataFrame:
    """Return the fits of tanh networks to Gaussian labels at N = P, from all starts: the first and thirteen others.

    Examples
    --------
    >>> len(cached_starts()) == 3 * 12 * (1 + len(STARTS))
    True
    """
    table = pd.read_csv(files(__package__) / "interpolation.csv")
    chosen = table["network"].str.startswith("tanh") & (table["ratio"] == 1.0) & (table["labels"] == "gaussian")
    return table[chosen].reset_index(drop=True)
