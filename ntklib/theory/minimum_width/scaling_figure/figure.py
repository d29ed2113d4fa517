r"""The scaling figure of Bombari, Amani and Mondelli 2022 at the paper's own sizes: cells, readings, shipped results.

A network d → d → d → 1 with sigmoids, Gaussian data, N = 1000, 2000, 3000, twenty dimensions with d² up to 955,000.
``make tables NAME=scaling_figure`` makes the shipped table. Beside the paper's Gaussian data it holds ten draws of the
largest dimension on the sphere, for the question which kernel and which data the readings belong to.
"""

from importlib.resources import files
from math import isqrt

import numpy as np
import pandas as pd

from ntklib import plain
from ntklib._validate import positive_int
from ntklib.spectrum import smallest_eigenvalue

SAMPLES = (1000, 2000, 3000)
DIMENSIONS = tuple(isqrt(1000 * i) for i in range(5, 956, 50))
CELLS = [{"activation": "sigmoid", "data": "gaussian", "d": d} for d in DIMENSIONS]
TANH_CELLS = [{"activation": "tanh", "data": "gaussian", "d": d} for d in DIMENSIONS]
SPHERE_CELLS = [{"activation": "sigmoid", "data": "sphere", "d": DIMENSIONS[-1]}]
READINGS = {1000: 128.0, 2000: 104.0, 3000: 91.0}  # read off the published figure at d² = 954,529
READING_ERROR = 2.0


def figure_cell(
    d: int, activation: str = "sigmoid", data: str = "gaussian", *, seed: int, samples=SAMPLES
) -> list[dict]:
    r"""Return one draw of the figure's quantity at one dimension, for every number of samples, and its parts.

    .. math:: \lambda_{\min}(K), \qquad \lambda_{\min}(K_{W_2}), \qquad \lambda_{\min}(K_{W_1}),
              \qquad K = K_{W_1} + K_{W_2} + K_{W_3}

    Parameters
    ----------
    d : int
        Input dimension and width of both hidden layers.
    activation : str
        Of `networks.factors`.
    data : {"gaussian", "sphere"}
        :math:`N(0, I_d)`, or the same points scaled to the norm :math:`\sqrt d`.
    seed : int
        Of data and weights.
    samples : sequence of int
        The points for a smaller N are the first N of those for the largest.

    Returns
    -------
    list of dict
        One per N: ``N``, ``full``, ``block`` (:math:`W_2`), ``first`` (:math:`W_1`).

    Notes
    -----
    The kernels of all layers come from one set of factors, those of a smaller N are their leading submatrices; so
    each column falls with N in each draw (Cauchy interlacing). :math:`K_{W_3} = F_2F_2^\top` has rank at most d < N
    and is not recorded. In float64 throughout: products in single precision move the block at N = 3000, d = 70 by
    70 times its value, to below zero. Time O(N² d + N³), five seconds at the largest cell; memory 3 N² numbers.
    Source: Bombari, Amani and Mondelli 2022, the authors' code.

    Examples
    --------
    >>> [row] = figure_cell(30, seed=0, samples=(100,))
    >>> row["full"] > row["first"] + row["block"] > row["first"] > row["block"] > 0
    True
    """
    sizes = [positive_int("figure_cell", "samples", N) for N in samples]
    layers = cell_kernels(d, max(sizes), activation, data, seed=seed)
    return [{"N": N, **layer_minima([K[:N, :N] for K in layers])} for N in sizes]


def cell_kernels(d: int, N: int, activation: str = "sigmoid", data: str = "gaussian", *, seed: int) -> list[np.ndarray]:
    r"""Return the three layers' kernels :math:`K_{W_1}, K_{W_2}, K_{W_3}` of one draw of a cell.

    The points of a draw are the rows of one stream: fewer points are the first ones.

    Raises
    ------
    ValueError
        For other data than those of `figure_cell`.

    Examples
    --------
    >>> small, large = cell_kernels(5, 3, seed=0)[1], cell_kernels(5, 8, seed=0)[1]
    >>> np.allclose(small, large[:3, :3])
    True
    """
    if data not in ("gaussian", "sphere"):
        raise ValueError(f"cell_kernels: data={data!r}; expected 'gaussian' or 'sphere'.")
    X = np.random.default_rng([seed, d, 0]).standard_normal((N, d))
    if data == "sphere":
        X *= d**0.5 / np.linalg.norm(X, axis=1, keepdims=True)
    return plain.layer_kernels(
        *plain.factors(plain.draw((d, d, d, 1), "bombari", [seed, d, 1]), X, activation=activation)
    )


def layer_minima(layers) -> dict[str, float]:
    r"""Return the smallest eigenvalues of the sum of three layers' kernels, of the second one, and of the first.

    Examples
    --------
    >>> layer_minima([np.eye(2), 2 * np.eye(2), np.ones((2, 2))])
    {'full': 3.0, 'block': 2.0, 'first': 1.0}
    """
    first, block, last = layers
    return {
        "full": smallest_eigenvalue(first + block + last),
        "block": smallest_eigenvalue(block),
        "first": smallest_eigenvalue(first),
    }


def cached_figure(activation: str = "sigmoid", data: str = "gaussian") -> pd.DataFrame:
    """Return the shipped results of the sweep: columns activation, data, d, seed, N, full, block, first.

    Raises
    ------
    ValueError
        For an activation that was not swept.

    Examples
    --------
    >>> sorted(cached_figure().columns)
    ['N', 'activation', 'block', 'd', 'data', 'first', 'full', 'seed']
    >>> len(cached_figure(data="sphere"))
    30
    """
    table = pd.read_csv(files(__package__) / "scaling_figure.csv")
    if activation not in set(table["activation"]):
        raise ValueError(
            f"cached_figure: activation={activation!r}; expected one of {', '.join(sorted(set(table['activation'])))}."
        )
    return table[(table["activation"] == activation) & (table["data"] == data)].reset_index(drop=True)
