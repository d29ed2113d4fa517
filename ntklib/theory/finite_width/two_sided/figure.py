r"""The one figure of Nguyen, Mondelli and Montúfar 2021, at the paper's own sizes: cells, readings, shipped results.

Two panels, three weight layers, fifty draws of data and weights. The shipped table is made by
``make tables NAME=two_sided_figure``.
"""

from importlib.resources import files

import jax
import numpy as np
import pandas as pd

from ntklib.kernels import empirical_ntk
from ntklib.networks import MLP
from ntklib.spectrum import smallest_eigenvalue

DIMENSIONS = (400, 700, 1000, 1500, 2000)
SAMPLES = (400, 700, 1000, 1500, 2000)
LEFT = [
    {"panel": "left", "N": N, "d": d, "n1": n, "n2": n}
    for N, n in ((1000, 2000), (1000, 4000), (500, 2000))
    for d in DIMENSIONS
]
RIGHT = [
    {"panel": "right", "N": N, "d": d, "n1": 8 * N, "n2": n2}
    for d, n2 in ((400, 400), (800, 400), (800, 800))
    for N in SAMPLES
]
CELLS = LEFT + RIGHT
_READINGS = {  # (N, d, n1, n2) at the ends and the middle of each curve, read off the published figure
    "left": {
        (1000, 2000): {400: 390, 1000: 1090, 2000: 2340},
        (1000, 4000): {400: 420, 1000: 1165, 2000: 2530},
        (500, 2000): {400: 440, 1000: 1245, 2000: 2700},
    },
    "right": {
        (400, 400): {400: 1380, 1000: 2590, 2000: 4550},
        (800, 400): {400: 1830, 1000: 3120, 2000: 5180},
        (800, 800): {400: 1960, 1000: 3340, 2000: 5580},
    },
}


def figure_cell(panel: str, N: int, d: int, n1: int, n2: int, *, seed: int) -> float:
    r"""Return one draw of the quantity on the vertical axis of a panel.

    .. math:: \text{left: } \lambda_{\min}\Big(\frac{4}{n_1 n_2}K\Big),\ [W_l]_{ij} \sim N(0, 1); \qquad
              \text{right: } \lambda_{\min}(K),\ [W_l]_{ij} \sim N(0, 2/n_{l-1})

    Parameters
    ----------
    panel : {"left", "right"}
    N, d, n1, n2 : int
        Samples, input dimension, the two hidden widths; data are :math:`N(0, I_d)`.
    seed : int
        Of data and weights.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        For another panel.

    Notes
    -----
    Products in single precision: at these condition numbers (below a few thousand) the value moves by less than 1e-4
    of itself against double, a hundredth of the spread over seeds. Data law: not stated in the paper; Gaussian data
    meet all its values, sphere data differ from them at small d only. Time: up to five seconds; memory: three
    matrices N by N and the factors.
    Source: Nguyen, Mondelli and Montúfar 2021, figure 1.

    Examples
    --------
    >>> 100 < figure_cell("left", 20, 100, 200, 200, seed=0) < 140
    True
    """
    if panel not in ("left", "right"):
        raise ValueError(f"figure_cell: panel={panel!r}; expected 'left' or 'right'.")
    net = MLP((d, n1, n2, 1), "relu", "standard" if panel == "left" else "he")
    data_key, weight_key = jax.random.split(jax.random.key(seed))
    X = jax.random.normal(data_key, (N, d), "float32")
    K = np.asarray(empirical_ntk(net, net.init(weight_key, "float32"), X), np.float64)
    return smallest_eigenvalue(K) * (4 / (n1 * n2) if panel == "left" else 1.0)


def published_readings() -> pd.DataFrame:
    """Return the values read off the published figure: columns panel, N, d, n1, n2, reading.

    Reading error about one hundredth of the axis, 30 on the left and 60 on the right.

    Examples
    --------
    >>> len(published_readings())
    18
    """
    left = [("left", N, d, n, n, v) for (N, n), curve in _READINGS["left"].items() for d, v in curve.items()]
    right = [("right", N, d, 8 * N, n2, v) for (d, n2), curve in _READINGS["right"].items() for N, v in curve.items()]
    return pd.DataFrame(left + right, columns=["panel", "N", "d", "n1", "n2", "reading"])


def cached_figure() -> pd.DataFrame:
    """Return the shipped results of the sweep: one row per cell and seed, columns panel, N, d, n1, n2, seed, value.

    Examples
    --------
    >>> sorted(cached_figure().columns)
    ['N', 'd', 'n1', 'n2', 'panel', 'seed', 'value']
    """
    return pd.read_csv(files(__package__) / "two_sided_figure.csv")
