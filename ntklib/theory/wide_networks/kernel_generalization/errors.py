r"""Two tasks with fresh test points, and the error of the tangent model's limit over widths and sample sizes."""

from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
import pandas as pd

from ntklib.datasets import digits, normalize
from ntklib.kernels import infinite_kernels
from ntklib.networks import MLP
from ntklib.theory.wide_networks.implicit_regularization.minima import descent_end
from ntklib.theory.wide_networks.kernel_generalization.statements import (
    kernel_dual,
    ramp_loss,
    tangent_gram,
)
from ntklib.theory.wide_networks.shallow import shallow_outputs, shallow_weights


class SignTask(NamedTuple):
    """Training and test points on the unit sphere, labels −1 and +1."""

    X: np.ndarray  # (N, d)
    y: np.ndarray  # (N,)
    test_X: np.ndarray  # (M, d)
    test_y: np.ndarray  # (M,)

    def shuffled(self, seed: int) -> "SignTask":
        """The same points with independent random training labels."""
        signs = np.random.default_rng([seed, 7]).choice([-1.0, 1.0], len(self.y))
        return self._replace(y=signs)


class FreshError(NamedTuple):
    """Errors on the test points: share of wrong signs, mean ramp loss, mean square."""

    wrong: float
    ramp: float
    square: float


@lru_cache(maxsize=4)
def _parity_images():
    images, digit = digits()
    return np.asarray(normalize(images), float), np.where(np.asarray(digit) % 2 == 0, 1.0, -1.0)


def sign_task(name: str, N: int, seed: int = 0, *, tests: int = 750) -> SignTask:
    r"""Draw a task: "digits", even against odd, or "sphere", the sign of a polynomial in ten coordinates.

    .. math:: y = \operatorname{sign}(x_1 + \sqrt{10}\,x_2x_3)

    Parameters
    ----------
    name : {"digits", "sphere"}
    N : int
        Training points.
    seed : int
        Which points train; the same seed gives nested samples.
    tests : int
        Test points, none of them in the training sample.

    Returns
    -------
    SignTask

    Raises
    ------
    ValueError
        For another name, or more digits than the 1797 there are.

    Notes
    -----
    Digits are standardized pixel by pixel over the whole set, then scaled to norm one.

    Examples
    --------
    >>> task = sign_task("sphere", 5, tests=3)
    >>> task.X.shape, task.test_y.shape
    ((5, 10), (3,))
    """
    if name == "digits":
        X, y = _parity_images()
        order = np.random.default_rng([seed, 5]).permutation(len(y))
        X, y = X[order], y[order]
    elif name == "sphere":
        X = [np.random.default_rng([seed, part]).standard_normal((n, 10)) for part, n in ((6, N), (8, tests))]
        X = np.concatenate(X) / np.linalg.norm(np.concatenate(X), axis=1, keepdims=True)
        y = np.where(X[:, 0] + 10**0.5 * X[:, 1] * X[:, 2] > 0, 1.0, -1.0)
    else:
        raise ValueError(f"sign_task: name={name!r}; expected 'digits' or 'sphere'.")
    if N + tests > len(y):
        raise ValueError(f"sign_task: N={N} and tests={tests}; expected at most {len(y)} points together.")
    return SignTask(X[:N], y[:N], X[-tests:], y[-tests:])


def measured_error(outputs, y) -> FreshError:
    """Return the three errors of predictions.

    Examples
    --------
    >>> measured_error(np.array([1.0, 0.5]), np.array([1.0, -1.0]))
    FreshError(wrong=0.5, ramp=0.5, square=1.125)
    """
    wrong = float(np.mean(np.sign(outputs) != y))
    return FreshError(wrong, float(ramp_loss(outputs, y).mean()), float(np.mean((outputs - y) ** 2)))


def finite_kernels(task: SignTask, m: int, seed: int = 0):
    """Tangent kernels of width m among training points (N, N), and test by training points (M, N).

    Examples
    --------
    >>> [K.shape for K in finite_kernels(sign_task("sphere", 5, tests=3), 8)]
    [(5, 5), (3, 5)]
    """
    W, a = shallow_weights(task.X.shape[1], m, [seed, m, 11])
    return tangent_gram(W, a, task.X), tangent_gram(W, a, task.test_X, task.X)


def limit_kernels(task: SignTask):
    """Kernels of infinite width among training points (N, N), and test by training points (M, N).

    Examples
    --------
    >>> [K.shape for K in limit_kernels(sign_task("sphere", 5, tests=3))]
    [(5, 5), (3, 5)]
    """
    options = {"depth": 2, "activation": "relu", "weight_variance": 2.0}
    own, cross = infinite_kernels(task.X, **options)[1], infinite_kernels(task.test_X, task.X, **options)[1]
    return np.asarray(own, float), np.asarray(cross, float)


def limit_outputs(task: SignTask, kernels) -> np.ndarray:
    """Test outputs of the tangent model after gradient descent from zero output, shape (M,).

    Examples
    --------
    >>> task = sign_task("sphere", 5, tests=3)
    >>> limit_outputs(task, limit_kernels(task)).shape
    (3,)
    """
    return kernels[1] @ kernel_dual(kernels[0], task.y)


def descent_outputs(task: SignTask, m: int, seed: int = 0, *, steps: int = 2000, tolerance: float = 1e-3):
    r"""Train the network itself, outputs counted from the first ones, and return (test outputs, end, weights).

    Parameters
    ----------
    task : SignTask
    m : int
        Width.
    seed : int
        As in :func:`finite_kernels`: the same start.
    steps, tolerance
        Longest run, and the mean loss at which it stops.

    Returns
    -------
    outputs : ndarray (M,)
    end : DescentEnd
    start : list of arrays (d, m), (m, 1)

    Notes
    -----
    Step size 1/λ_max of K/N at the start. O(N d m) a step.

    Examples
    --------
    >>> descent_outputs(sign_task("sphere", 5, tests=3), 64)[1].loss < 1e-3
    True
    """
    W, a = shallow_weights(task.X.shape[1], m, [seed, m, 11])
    net, start = MLP((len(W), m, 1), "relu", "ntk"), [W, a[:, None]]
    first = [shallow_outputs(W, a, Z, activation="relu", c=2.0) for Z in (task.X, task.test_X)]
    step = len(task.y) / np.linalg.eigvalsh(tangent_gram(W, a, task.X))[-1]
    end = descent_end(net, start, task.X, task.y + first[0], step, steps=steps, tolerance=tolerance)
    V, b = end.params[0], np.ravel(end.params[1])
    return shallow_outputs(V, b, task.test_X, activation="relu", c=2.0) - first[1], end, start


def error_grid(name: str, widths, samples, seeds, *, tests: int = 750) -> list[dict]:
    r"""Errors of the tangent model's limit for every width, sample size and seed; m = inf is the infinite width.

    Returns
    -------
    list of dict
        Columns N, m, seed, those of `FreshError`, and ``gap``, the mean square of the difference to infinite width.

    Notes
    -----
    O(N³ + (N + M) N m) a cell.

    Examples
    --------
    >>> [row["m"] for row in error_grid("sphere", (8,), (5,), (0,), tests=3)]
    [inf, 8]
    """
    rows = []
    for seed in seeds:
        task = sign_task(name, max(samples), seed, tests=tests)
        kernels = {np.inf: limit_kernels(task)} | {m: finite_kernels(task, m, seed) for m in widths}
        for N in samples:
            part = task._replace(X=task.X[:N], y=task.y[:N])
            outputs = {m: limit_outputs(part, (K[:N, :N], k[:, :N])) for m, (K, k) in kernels.items()}
            for m, values in outputs.items():
                errors = measured_error(values, task.test_y)._asdict()
                gap = float(np.mean((values - outputs[np.inf]) ** 2))
                rows.append({"N": N, "m": m, "seed": seed, **errors, "gap": gap})
    return rows


@lru_cache(maxsize=1)
def shipped_errors() -> pd.DataFrame:
    """Return the shipped table, made by ``make tables NAME=width_errors``: `error_grid` for both tasks.

    Examples
    --------
    >>> sorted(shipped_errors()["task"].unique())
    ['digits', 'sphere']
    """
    with (files(__package__) / "width_errors.csv").open() as file:
        return pd.read_csv(file)
