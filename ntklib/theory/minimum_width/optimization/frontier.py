r"""The optimization figure of Bombari, Amani and Mondelli 2022, scaled down: where does Adam stop reaching zero loss?

A network d → d → d → d → 1 with ReLU, Gaussian inputs, labels N(0, 1), full batches, learning rate 1/(10 √N). The
shipped table is made by ``make tables NAME=frontier``.
"""

from importlib.resources import files

import jax
import numpy as np
import pandas as pd

from ntklib._validate import positive_int
from ntklib.networks import MLP
from ntklib.training import gradient_descent

DIMENSIONS = (12, 16, 24, 32)
RATIOS = (0.4, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.4, 1.7, 2.0, 2.5, 3.0)
CELLS = [{"d": d, "N": round(ratio * d * d)} for d in DIMENSIONS for ratio in RATIOS]
STEPS, EVERY = 10_000, 500


def mean_square(outputs, y):
    """The loss that is trained: the mean of the squared residuals."""
    return ((outputs - y) ** 2).mean()


def frontier_cell(d: int, N: int, *, seed: int, steps: int = STEPS, every: int = EVERY) -> list[dict]:
    r"""Train one network of the figure with Adam and return its loss along the way.

    .. math:: \frac1N\sum_i (f(x_i) - y_i)^2, \qquad x_i \sim N(0, I_d),\quad y_i \sim N(0, 1)

    Parameters
    ----------
    d : int
        Input dimension and width of the three hidden layers, :math:`P = 3d^2 + d` parameters.
    N : int
        Number of samples.
    seed : int
        Of data, labels and weights.
    steps, every : int
        Iterations, and how often the loss is returned.

    Returns
    -------
    list of dict
        ``step``, ``log_loss`` (base 10).

    Notes
    -----
    In single precision, as the paper's program: the loss has a floor near 1e-14. The step size is constant, so the
    last digits of the loss oscillate; there is no stopping rule. Time O(steps N d²), half a minute for the largest
    cell; memory O(N d). Source: Bombari, Amani and Mondelli 2022, the authors' code.

    Examples
    --------
    >>> [row["step"] for row in frontier_cell(4, 3, seed=0, steps=20, every=10)]
    [10, 20]
    """
    d, N = positive_int("frontier_cell", "d", d), positive_int("frontier_cell", "N", N)
    rng = np.random.default_rng([seed, d])
    X, y = rng.standard_normal((N, d)).astype("f4"), rng.standard_normal(N).astype("f4")
    net = MLP((d, d, d, d, 1), "relu", "bombari")
    start = net.init(jax.random.key(seed), "float32")
    rate = 1 / (10 * N**0.5)
    run = gradient_descent(
        net, start, X, y, loss=mean_square, optimizer="adam", step_size=rate, steps=steps, record_every=every
    )
    losses = np.log10(np.maximum(np.asarray(run.loss, float), 1e-16))
    return [{"step": int(t), "log_loss": float(v)} for t, v in zip(run.step[1:], losses[1:])]


def frontier(table: pd.DataFrame, step: int, threshold: float) -> pd.DataFrame:
    r"""Return the number of samples :math:`N^*(d)` at which the loss reached so far crosses a threshold.

    Of each run the smallest loss recorded up to ``step`` counts, since a constant step size lets it oscillate; its
    logarithm is averaged over the draws.

    Parameters
    ----------
    table : DataFrame
        Columns d, N, seed, step, log_loss.
    step : int
        One of the recorded iterations.
    threshold : float
        Of the base-10 logarithm of the loss.

    Returns
    -------
    DataFrame
        Columns d, N_star, ratio (:math:`N^*/d^2`); linear interpolation at the last crossing, NaN without one.

    Notes
    -----
    O(rows) time.

    Examples
    --------
    >>> runs = pd.DataFrame({"d": 10, "N": [50, 100, 150], "seed": 0, "step": 7, "log_loss": [-9.0, -5.0, -1.0]})
    >>> frontier(runs, 7, -3.0)["N_star"].tolist()
    [125.0]
    """
    means = best_so_far(table, step).groupby(["d", "N"])["log_loss"].mean()
    rows = [{"d": d, "N_star": _crossing(means[d], threshold)} for d in means.index.unique("d")]
    return pd.DataFrame(rows).assign(ratio=lambda frame: frame["N_star"] / frame["d"] ** 2)


def best_so_far(table: pd.DataFrame, step: int) -> pd.DataFrame:
    """Return the smallest recorded logarithmic loss of each run up to an iteration: columns d, N, seed, log_loss.

    Raises
    ------
    ValueError
        For a step that was not recorded.

    Examples
    --------
    >>> runs = pd.DataFrame({"d": 2, "N": 3, "seed": 0, "step": [1, 2], "log_loss": [-5.0, -4.0]})
    >>> best_so_far(runs, 2)["log_loss"].tolist()
    [-5.0]
    """
    if step not in set(table["step"]):
        raise ValueError(f"best_so_far: step={step} was not recorded; expected one of {sorted(set(table['step']))}.")
    return table[table["step"] <= step].groupby(["d", "N", "seed"])["log_loss"].min().reset_index()


def _crossing(curve: pd.Series, threshold: float) -> float:
    below = np.flatnonzero(curve.to_numpy() <= threshold)
    if not len(below) or below[-1] == len(curve) - 1:
        return float("nan")
    i = below[-1]
    (x0, x1), (y0, y1) = curve.index[i : i + 2], curve.iloc[i : i + 2]
    return float(x0 + (threshold - y0) / (y1 - y0) * (x1 - x0))


def cached_frontier() -> pd.DataFrame:
    """Return the shipped results of the sweep: columns d, N, seed, step, log_loss.

    Examples
    --------
    >>> sorted(cached_frontier().columns)
    ['N', 'd', 'log_loss', 'seed', 'step']
    """
    return pd.read_csv(files(__package__) / "frontier.csv")
