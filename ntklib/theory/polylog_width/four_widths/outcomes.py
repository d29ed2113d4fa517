r"""Four widths for one task: what poly(n), n, √n and polylog(n) ask for, and what was needed.

The task is two classes of digits at depth three; the end is zero training error. ``make tables NAME=four_widths`` makes
the table.
"""

from importlib.resources import files

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from ntklib._validate import positive_float, positive_int
from ntklib.kernels import empirical_ntk, infinite_kernels
from ntklib.networks import MLP
from ntklib.spectrum import smallest_eigenvalue
from ntklib.theory.finite_width.two_sided import neurons_asked
from ntklib.theory.minimum_width.asymptotics.statements import parameters_asked
from ntklib.theory.polylog_width.how_wide.reasons import chen_width, radius_asked
from ntklib.theory.polylog_width.how_wide.search import (
    RUNS,
    bisect_widths,
    first_hits,
    training_set,
)
from ntklib.training import gradient_descent, least_squares

DATA, DEPTH, SIZES = "3 vs 5", 3, (16, 32, 64, 128, 256)
GRID = (*range(1, 17), *(round(2 ** (k / 4)) for k in range(17, 53)))  # up to 4096, by a fourth of an octave from 19 on
MEANING = {
    "poly(n)": "the kernel moves by less than half its smallest eigenvalue while random labels are fitted",
    "n": "half of the limiting kernel's smallest eigenvalue is there before training",
    "√n": "some weights fit random labels, found by a solver of second order",
    "polylog(n)": "gradient descent fits the true labels",
}


def separation(X, y=None) -> float:
    r"""Return the smallest distance :math:`\varphi` between unit inputs, of different labels only if ``y`` is given.

    Raises
    ------
    ValueError
        If there are no two inputs to compare.

    Notes
    -----
    O(N² d). Source: the assumption of Zou and Gu 2019.

    Examples
    --------
    >>> round(separation([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]]), 3)
    1.414
    """
    X = np.asarray(X, float)
    distance = np.linalg.norm(X[:, None] - X[None], axis=-1)
    pairs = np.triu(np.ones_like(distance, bool), 1)
    if y is not None:
        pairs &= np.asarray(y)[:, None] != np.asarray(y)[None]
    if not pairs.any():
        raise ValueError(f"separation: X has shape {X.shape}; expected two rows of different labels at least.")
    return float(distance[pairs].min())


def polynomial_width(n: int, L: int, separation: float, *, constant: float = 1.0) -> float:
    r"""Return :math:`C\,n^8L^{12}\varphi^{-4}`, the width that one theorem asks for, up to C.

    Parameters
    ----------
    n, L : int
        Samples, weight layers.
    separation : float
        φ, the smallest distance between unit inputs.
    constant : float
        C; the theorem leaves it and logarithms open.

    Returns
    -------
    float

    Notes
    -----
    There gradient descent fits any labels on inputs at distance φ and more. Source: Zou and Gu 2019; n⁸ is quoted
    by Nguyen et al. 2021, the other powers are recalled.

    Examples
    --------
    >>> polynomial_width(10, 1, 1.0)
    100000000.0
    """
    n, L = positive_int("polynomial_width", "n", n), positive_int("polynomial_width", "L", L)
    phi = positive_float("polynomial_width", "separation", separation)
    return positive_float("polynomial_width", "constant", constant) * float(n) ** 8 * float(L) ** 12 / phi**4


def asked(n: int, *, seed: int = 0, delta: float = 0.1) -> dict[str, float]:
    """Return the widths that the four theories ask for at n samples, with every open constant set to 1.

    Notes
    -----
    The square-root theory asks for a product of two neighbouring widths; its root is given.

    Examples
    --------
    >>> widths = asked(16)
    >>> widths["n"] < widths["√n"] < widths["poly(n)"] < widths["polylog(n)"]
    True
    """
    X, _ = training_set(DATA, "random", n, RUNS * seed)
    R = radius_asked(DATA, "true", n, depth=DEPTH, seed=seed)
    return {
        "poly(n)": polynomial_width(n, DEPTH, separation(X)),
        "n": neurons_asked(n, delta),
        "√n": parameters_asked(n) ** 0.5,
        "polylog(n)": float(chen_width(R, DEPTH, n, delta=delta)),
    }


def eigenvalue_share(n: int, width: int, seed: int) -> float:
    r"""Return :math:`\lambda_{\min}(K_{\theta_0})/\lambda_{\min}(K^{(3)})` for one draw of data and weights.

    Notes
    -----
    ReLU, NTK parametrization, in 64 bits whatever the switch says. O(n²(n + m)) and the network.

    Examples
    --------
    >>> 0 < eigenvalue_share(8, 64, 0) < 2
    True
    """
    with jax.enable_x64(True):
        X = jnp.asarray(np.asarray(training_set(DATA, "random", n, seed)[0], float))
        net = _network(X, width)
        K = empirical_ntk(net, net.init(jax.random.fold_in(jax.random.key(seed), width)), X)
        limit = smallest_eigenvalue(infinite_kernels(X, depth=DEPTH)[1])
        return float(np.linalg.eigvalsh(np.asarray(K))[0] / limit)


def memorizes(n: int, width: int, seed: int, *, steps: int = 200) -> bool:
    """Whether Levenberg and Marquardt's method finds weights of a tanh network with all n random signs right.

    Notes
    -----
    A success proves that weights exist; a failure proves nothing. O(steps (n + P) P²).

    Examples
    --------
    >>> memorizes(8, 8, 0)
    True
    """
    with jax.enable_x64(True):
        X, y = (jnp.asarray(np.asarray(a, float)) for a in training_set(DATA, "random", n, seed))
        net = MLP((X.shape[1], *(DEPTH - 1) * (width,), 1), "tanh", "lecun")
        start = net.init(jax.random.fold_in(jax.random.key(seed), width))
        end = least_squares(net, start, X, y, steps=steps).params
        return bool((y * net(end, X) > 0).all())


def kernel_change(n: int, width: int, seed: int, *, steps: int = 8000) -> tuple[float, int]:
    r"""Train on random labels until all signs are right, and measure how far the kernel has moved at that step T.

    .. math:: \lVert K_T - K_0\rVert / \lambda_{\min}(K_0)

    Parameters
    ----------
    n, width, seed : int
    steps : int
        Budget.

    Returns
    -------
    change : float
    T : int
        -1 if the budget did not suffice; the change is then that at its end.

    Notes
    -----
    ReLU, NTK parametrization, square loss, step size :math:`1/\lambda_{\max}(K_0)`, in the precision of JAX's default
    float; the signs are looked at after every step.

    Examples
    --------
    >>> kernel_change(8, 64, 0)[1] > 0
    True
    """
    X, y = training_set(DATA, "random", n, seed)
    net = _network(X, width)
    params = net.init(jax.random.fold_in(jax.random.key(seed), width))
    K = np.asarray(empirical_ntk(net, params, X), float)
    low, high = np.linalg.eigvalsh(K)[[0, -1]]
    arrived = -1
    for step in range(1, steps + 1):
        params = gradient_descent(net, params, X, y, step_size=1 / high, steps=1).params
        if bool((y * net(params, X) > 0).all()):
            arrived = step
            break
    moved = np.asarray(empirical_ntk(net, params, X), float) - K
    return float(np.linalg.norm(moved, 2) / low), arrived


def needed_cell(theory: str, n: int, *, seed: int) -> list[dict]:
    """Return the outcomes of one cell of the sweep: a row per width tried and run.

    Parameters
    ----------
    theory : {"poly(n)", "n", "√n", "polylog(n)"}
        Whose condition is tried; see `MEANING`.
    n : int
    seed : int
        Group of three runs.

    Returns
    -------
    list of dict
        ``width``, ``run``, ``value``: change of the kernel, share of the eigenvalue, or 1 and 0 for success and
        failure.

    Notes
    -----
    Seconds to minutes.

    Examples
    --------
    >>> {row["run"] for row in needed_cell("√n", 4, seed=0)}
    {0, 1, 2}
    """
    runs = [RUNS * seed + run for run in range(RUNS)]
    if theory == "poly(n)":
        widths = (64, 128, 256, 512, 1024, 2048, 4096)
        values = {m: np.array([kernel_change(n, m, run)[0] for run in runs]) for m in widths}
    else:
        values = _tried(theory, n, runs, seed)
    return [{"width": m, "run": run, "value": float(v)} for m in sorted(values) for run, v in zip(runs, values[m])]


def _tried(theory, n, runs, seed):
    """Bisect over the grid of widths; return width -> values of the runs."""
    values, start = {}, {"n": 2 * n, "√n": 4, "polylog(n)": 6}[theory]

    def hits_at(width):
        if theory == "n":
            values[width] = np.array([eigenvalue_share(n, width, run) for run in runs])
            return np.where(values[width] >= 0.5, 1, -1)
        if theory == "√n":
            values[width] = np.array([memorizes(n, width, run) for run in runs], float)
        else:
            values[width] = (first_hits(DATA, "true", DEPTH, n, width, seed=seed) >= 0).astype(float)
        return np.where(values[width] > 0, 1, -1)

    bisect_widths(hits_at, start=min(GRID, key=lambda m: abs(m - start)), widths=GRID)
    return values


def _network(X, width):
    return MLP((X.shape[1], *(DEPTH - 1) * (width,), 1), "relu", "ntk")


def cached_outcomes() -> pd.DataFrame:
    """Return the shipped sweep: a row per theory, n, width tried and run.

    Examples
    --------
    >>> list(cached_outcomes())
    ['theory', 'n', 'width', 'run', 'value']
    """
    return pd.read_csv(files(__package__) / "four_widths.csv")
