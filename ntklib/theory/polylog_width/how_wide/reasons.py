r"""Why a width suffices or not: silent samples, networks written down, counting, and what the theorem asks for."""

import jax
import jax.numpy as jnp
import numpy as np
from scipy.optimize import linprog

from ntklib._validate import positive_float, positive_int
from ntklib.networks import MLP
from ntklib.theory.polylog_width.how_wide.search import (
    RUNS,
    XOR_DIMENSION,
    training_set,
)
from ntklib.theory.polylog_width.tangent_features.statements import (
    problem,
    sufficient_radius,
)


def silent_samples(data: str, depth: int, n: int, width: int, *, seed: int = 0, runs: int = RUNS) -> np.ndarray:
    """Return how many training samples reach no neuron of the last hidden layer at the start of runs of the sweep.

    Parameters
    ----------
    data, depth, n, width, seed, runs
        As in `how_wide.first_hits`; the labels do not matter.

    Returns
    -------
    ndarray of int (runs,)
        Samples whose output is exactly 0, with no gradient through them.

    Notes
    -----
    One forward pass in single precision, as in the sweep. Source: Book.

    Examples
    --------
    >>> silent_samples("XOR", 5, 50, 64).tolist()
    [0, 0, 0]
    """
    seeds, counts = [runs * seed + i for i in range(runs)], []
    with jax.enable_x64(False):
        X = [np.asarray(training_set(data, "true", n, s)[0]) for s in seeds]
        net = MLP((X[0].shape[1], *(depth - 1) * (width,), 1), "relu", "chen")
        weights = jax.jit(jax.vmap(net.init))(jnp.stack([jax.random.fold_in(jax.random.key(s), width) for s in seeds]))
        weights = [np.asarray(W) for W in weights[:-1]]
    for run, f in enumerate(X):
        for W in weights:
            f = np.maximum(f @ W[run], 0.0)
        counts.append((f <= 0).all(axis=1).sum())
    return np.array(counts)


def xor_weights(depth: int, d: int = XOR_DIMENSION, neurons: int = 4) -> tuple:
    r"""Return a network of four neurons per hidden layer that computes a positive multiple of :math:`x_1x_2`.

    .. math:: \lvert x_1+x_2\rvert-\lvert x_1-x_2\rvert = 2x_1x_2/c \quad\text{for } x_1,x_2\in\{-c,c\}

    Parameters
    ----------
    depth : int
        L, at least 2.
    d : int
        Input dimension, at least 2.
    neurons : int
        Neurons kept in the first layer; fewer than 4 spoil it.

    Returns
    -------
    tuple of ndarray
        Weights for an `ntklib.MLP` of widths (d, 4, …, 4, 1).

    Notes
    -----
    Layers between copy their input, which is not negative.

    Examples
    --------
    >>> params, net = xor_weights(5), MLP((12, 4, 4, 4, 4, 1), "relu", "standard")
    >>> X, y = training_set("XOR", "true", 1000, 0)
    >>> bool((y * net(params, X) > 0).all())
    True
    """
    first = np.zeros((d, 4))
    first[:2] = [[1.0, -1.0, 1.0, -1.0], [1.0, -1.0, -1.0, 1.0]]
    first[:, neurons:] = 0.0
    return first, *(depth - 2) * (np.eye(4),), np.array([[1.0], [1.0], [-1.0], [-1.0]])


def separating_direction(X, y) -> np.ndarray | None:
    r"""Return some w with :math:`y_i\langle w,x_i\rangle\ge1` for all i, or None if there is none.

    Parameters
    ----------
    X : array_like (N, d)
    y : array_like (N,)
        Labels ±1.

    Returns
    -------
    ndarray (d,) or None

    Notes
    -----
    A linear program, `scipy.optimize.linprog`, decides. Source: Book.

    Examples
    --------
    >>> separating_direction(np.eye(2), [1, -1]).tolist(), separating_direction([[1.0], [2.0]], [1, -1])
    ([1.0, -1.0], None)
    """
    Z = np.asarray(y, float)[:, None] * np.asarray(X, float)
    return linprog(np.zeros(Z.shape[1]), A_ub=-Z, b_ub=-np.ones(len(Z)), bounds=(None, None)).x


def linear_weights(w, depth: int) -> tuple:
    r"""Return a network of two neurons per hidden layer that computes :math:`\langle w,x\rangle`.

    Parameters
    ----------
    w : array_like (d,)
    depth : int
        L, at least 2.

    Returns
    -------
    tuple of ndarray
        Weights for an `ntklib.MLP` of widths (d, 2, …, 2, 1).

    Notes
    -----
    :math:`\sigma(s)-\sigma(-s)=s`, copied through the layers.

    Examples
    --------
    >>> [W.shape for W in linear_weights(np.ones(7), 4)]
    [(7, 2), (2, 2), (2, 2), (2, 1)]
    """
    w = np.asarray(w, float)
    return np.stack([w, -w], axis=1), *(depth - 2) * (np.eye(2),), np.array([[1.0], [-1.0]])


def radius_asked(data: str, labels: str, n: int, *, depth: int = 5, width: int = 128, seed: int = 0) -> float:
    r"""Return a radius R at which the theorem guarantees zero training error.

    .. math:: R = \frac1\gamma\Bigl[\log\frac1{e^\epsilon-1}+\max_i\lvert f_0(x_i)\rvert\Bigr],
              \qquad \epsilon = \frac{\log 2}{3n}

    Parameters
    ----------
    data, labels, n, depth
        As in `how_wide.first_hits`.
    width : int
        Of the network whose tangent margin γ is measured.
    seed : int

    Returns
    -------
    float

    Notes
    -----
    A mean loss below log 2 / n leaves no sample with the wrong sign, and the theorem reaches 3 ε. O(n³). Source:
    Chen et al. 2021 with the sufficient radius of the chapter ``tangent_features``.

    Examples
    --------
    >>> radius_asked("XOR", "true", 20) < radius_asked("XOR", "random", 80)
    True
    """
    X, y = training_set(data, labels, n, RUNS * seed)
    tangent = problem(np.asarray(X, float), np.asarray(y, float), width, depth, seed)
    return float(sufficient_radius(tangent.margin.value, tangent.start, np.log(2) / (3 * n)))


def chen_width(R: float, L: int, n: int, *, delta: float = 0.1, constant: float = 1.0) -> float:
    r"""Return the width that the theorem of Chen et al. asks for, order-level, with its constant set by hand.

    .. math:: m^* = C\,R^8 L^{22} \log^{4/3}(n/\delta)

    Parameters
    ----------
    R : float
        Radius of the tangent class, in units of :math:`m^{-1/2}`.
    L : int
        Weight layers.
    n : int
        Samples.
    delta : float
        Probability of failure.
    constant : float
        C; the theorem does not say.

    Returns
    -------
    float

    Notes
    -----
    Further logarithms are hidden in the theorem's order. Source: Chen, Cao, Zou, Gu 2021, Theorem on gradient descent;
    R⁸L²² is confirmed by Li et al. 2025, the power 4/3 is recalled.

    Examples
    --------
    >>> f"{chen_width(10.0, 5, 100):.0e}"
    '3e+24'
    """
    R, L, n = (
        positive_float("chen_width", "R", R),
        positive_int("chen_width", "L", L),
        positive_int("chen_width", "n", n),
    )
    return positive_float("chen_width", "constant", constant) * R**8 * L**22 * np.log(n / delta) ** (4 / 3)


def counting_width(n: int, d: int, L: int) -> float:
    r"""Return the width at which the network has n weights: :math:`dm + (L-2)m^2 + m = n`.

    Parameters
    ----------
    n : int
        Samples.
    d : int
        Input dimension.
    L : int
        Weight layers, at least 3.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If L < 3.

    Notes
    -----
    Grows like n/d, then like :math:`\sqrt{n/(L-2)}`. Source: Book.

    Examples
    --------
    >>> m = counting_width(1000, 10, 5)
    >>> round(float(11 * m + 3 * m**2), 6)
    1000.0
    """
    n, d, L = (positive_int("counting_width", name, v) for name, v in (("n", n), ("d", d), ("L", L)))
    if L < 3:
        raise ValueError(f"counting_width: L={L}; expected at least 3 weight layers; for L=2 it is n/(d + 1).")
    return float(-(d + 1) + np.sqrt((d + 1) ** 2 + 4 * (L - 2) * n)) / (2 * (L - 2))
