r"""How wide is wide enough to reach zero training error: data, one training run per width, bisection over widths.

``make tables NAME=how_wide`` makes the table.
Its analysis is in :mod:`ntklib.theory.polylog_width.how_wide.fits`, the claims in ``claims`` beside it.
"""

from importlib.resources import files

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from ntklib._validate import positive_float, positive_int
from ntklib.datasets import digits, normalize
from ntklib.networks import MLP
from ntklib.training import gradient_descent

SOURCES = {"3 vs 5": (3, 5), "4 vs 9": (4, 9), "XOR": None}
LABELS = ("true", "random")
WIDTHS = (*range(2, 9), 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256)
STEPS, STRIDE, CHUNK, RUNS = 5000, 25, 500, 3
XOR_DIMENSION = 12
MAIN = {
    "3 vs 5": (16, 32, 64, 128, 256, 362),
    "4 vs 9": (32, 64, 128, 256, 360),
    "XOR": (16, 32, 64, 128, 256, 512, 1024),
}
AGAIN = {(5, 1000, 0.5): (32, 64, 128, 256), (3, STEPS, 0.5): (32, 128), (5, STEPS, 0.1): (32, 128)}


def cells() -> list[dict]:
    """Return the cells of the sweep: data, labels, depth L, number n of samples, steps T, step size times m.

    Examples
    --------
    >>> cells()[0]
    {'data': '3 vs 5', 'labels': 'true', 'depth': 5, 'n': 16, 'steps': 5000, 'rate': 0.5}
    """
    found = [(d, y, 5, n, STEPS, 0.5) for d in MAIN for n in MAIN[d] for y in LABELS]
    found += [("3 vs 5", y, L, n, T, rate) for (L, T, rate), sizes in AGAIN.items() for n in sizes for y in LABELS]
    return [dict(zip(("data", "labels", "depth", "n", "steps", "rate"), cell)) for cell in found]


def training_set(data: str, labels: str, n: int, seed: int):
    r"""Return n unit inputs with labels ±1: images of two digits, or corners of a cube with the label :math:`x_1x_2`.

    Parameters
    ----------
    data : {"3 vs 5", "4 vs 9", "XOR"}
        Images of scikit-learn's digits, standardized over all of the classes; or corners of the cube
        :math:`\{\pm1/\sqrt{d}\}^d`, d = 12.
    labels : {"true", "random"}
        The data's own; or as many +1 as -1 (up to one) in random order, on the same inputs.
    n : int
        Samples, drawn without replacement.
    seed : int

    Returns
    -------
    X : jax.Array (n, d)
    y : jax.Array (n,)

    Raises
    ------
    ValueError
        For unknown names, or more samples than there are.

    Notes
    -----
    O(n d). Source: Book.

    Examples
    --------
    >>> X, y = training_set("XOR", "true", 100, 0)
    >>> X.shape, bool((jnp.sign(X[:, 0] * X[:, 1]) == y).all())
    ((100, 12), True)
    """
    if data not in SOURCES or labels not in LABELS:
        raise ValueError(
            f"training_set: data={data!r}, labels={labels!r}; expected data in {list(SOURCES)}, labels in {LABELS}."
        )
    n = positive_int("training_set", "n", n, minimum=2)
    images = digits(classes=SOURCES[data]) if SOURCES[data] else None
    available = len(images[1]) if images else 2**XOR_DIMENSION
    if n > available:
        raise ValueError(f"training_set: n={n}; expected at most {available}, all there are of {data!r}; draw fewer.")
    chosen = np.random.default_rng([seed, 5]).choice(available, n, replace=False)
    if images:
        X, y = images[0][chosen], np.asarray(images[1])[chosen]
    else:
        X = 2.0 * ((chosen[:, None] >> np.arange(XOR_DIMENSION)) & 1) - 1.0
        y = X[:, 0] * X[:, 1]
    if labels == "random":
        y = np.random.default_rng([seed, 7]).permutation(np.where(np.arange(n) < n // 2, 1.0, -1.0))
    X = normalize(X)
    return X, jnp.asarray(y, X.dtype)


def first_hits(data, labels, depth, n, width, *, steps=STEPS, rate=0.5, seed=0, runs=RUNS, chunk=CHUNK) -> np.ndarray:
    r"""Train ``runs`` networks of one width and return the first step at which all training signs are right.

    .. math:: T_i = \min\{t : y_j f_{W^{(t)}}(x_j) > 0 \ \forall j\}, \qquad
              W^{(t+1)} = W^{(t)} - \tfrac{\text{rate}}{m} \nabla L_S(W^{(t)})

    Parameters
    ----------
    data, labels, n
        As in `training_set`; run i draws its own samples, with seed ``runs * seed + i``.
    depth, width : int
        L weight layers, m neurons in each hidden layer.
    steps : int
        Budget T; a multiple of ``chunk``.
    rate : float
        Step size times m.
    seed : int
        Of this group of runs.
    runs : int
    chunk : int
        After so many steps it stops if all runs have arrived.

    Returns
    -------
    ndarray of int (runs,)
        The first step, seen every 25; -1 if there is none up to T.

    Raises
    ------
    ValueError
        For a budget that is no multiple of the chunk, or sizes that are not positive.

    Notes
    -----
    All runs at once by `jax.vmap`, in the precision of JAX's default float (the table: float32). T steps of
    O(runs n m (d + L m)). Source: the experiment of Chen et al. 2021, recalled.

    Examples
    --------
    >>> bool((first_hits("XOR", "true", 3, 4, 64, steps=500, runs=2) >= 0).all())
    True
    """
    width, steps = positive_int("first_hits", "width", width), positive_int("first_hits", "steps", steps)
    rate = positive_float("first_hits", "rate", rate)
    if steps % chunk or chunk % STRIDE:
        raise ValueError(f"first_hits: steps={steps}, chunk={chunk}; expected multiples of chunk and of {STRIDE}.")
    seeds = [runs * seed + i for i in range(runs)]
    X, y = (jnp.stack(part) for part in zip(*(training_set(data, labels, n, s) for s in seeds)))
    net = MLP((X.shape[-1], *(depth - 1) * (width,), 1), "relu", "chen")
    drawn = [net.init(jax.random.fold_in(jax.random.key(s), width)) for s in seeds]
    params = jax.tree.map(lambda *layers: jnp.asarray(np.stack(layers)), *drawn)

    def descend(params, X, y):
        settings = {"loss": "logistic", "step_size": rate / width, "steps": chunk, "record_every": STRIDE}
        run = gradient_descent(net, params, X, y, **settings, record_outputs=True, on_divergence="record")
        return run.params, (y * run.outputs > 0).all(axis=-1)

    descend, hits = jax.vmap(descend), np.full(runs, -1)
    for start in range(0, steps, chunk):
        params, right = descend(params, X, y)
        right = np.asarray(right)
        hits = np.where((hits < 0) & right.any(axis=1), start + STRIDE * right.argmax(axis=1), hits)
        if (hits >= 0).all():
            break
    return hits


def bisect_widths(hits_at, runs: int = RUNS, start: int = 8, widths=WIDTHS) -> dict:
    """Search, for each run, a width that succeeds beside a narrower one of the grid that fails.

    Parameters
    ----------
    hits_at : callable
        ``hits_at(width)`` returns the hits (runs,) of all runs, -1 for none.
    runs : int
    start : int
        Width at which to begin, one of the grid.
    widths : sequence of int
        The grid.

    Returns
    -------
    dict
        From every width that was tried to its hits.

    Notes
    -----
    Doubles or halves the place in the grid, then bisects; runs share what has been trained. Where success is
    not monotone in the width it finds one change from failure to success.

    Examples
    --------
    >>> sorted(bisect_widths(lambda m: np.where(m >= np.array([5, 20]), 1, -1), runs=2))
    [4, 5, 6, 8, 16, 20, 24, 32]
    """
    tried = {}

    def success(place, run):
        if widths[place] not in tried:
            tried[widths[place]] = hits_at(widths[place])
        return tried[widths[place]][run] >= 0

    for run in range(runs):
        below, above = -1, len(widths)  # fails below (no network at all), unknown above
        place, stride = list(widths).index(start), 4
        while above - below > 1:
            if success(place, run):
                above = place
            else:
                below = place
            if above == len(widths):
                place = min(place + stride, len(widths) - 1)
            elif below < 0:
                place = max(place - stride, 0)
            else:
                place = (above + below) // 2
            if (above == len(widths) and below == len(widths) - 1) or (below < 0 and above == 0):
                break
    return tried


def width_cell(data, labels, depth, n, steps, rate, *, seed: int, extra=()) -> list[dict]:
    """Run the bisection of one cell and return a row per width tried and run: width, run, hit.

    Parameters
    ----------
    data, labels, depth, n, steps, rate
        As in `first_hits`.
    seed : int
        Group of runs.
    extra : sequence of int
        Further widths to train, to see whether success is monotone.

    Returns
    -------
    list of dict

    Notes
    -----
    Some seconds to a minute. Source: Book.

    Examples
    --------
    >>> sorted(width_cell("XOR", "true", 3, 4, 500, 0.5, seed=0)[0])
    ['hit', 'run', 'width']
    """

    def hits_at(width):
        return first_hits(data, labels, depth, n, width, steps=steps, rate=rate, seed=seed, chunk=min(CHUNK, steps))

    tried = bisect_widths(hits_at)
    tried |= {width: hits_at(width) for width in extra if width not in tried}
    return [
        {"width": width, "run": RUNS * seed + run, "hit": int(hit)}
        for width in sorted(tried)
        for run, hit in enumerate(tried[width])
    ]


def cached_widths() -> pd.DataFrame:
    """Return the shipped sweep: a row per cell, width tried and run; ``hit`` is -1 where no step succeeded.

    Examples
    --------
    >>> list(cached_widths())
    ['data', 'labels', 'depth', 'n', 'steps', 'rate', 'width', 'run', 'hit']
    """
    return pd.read_csv(files(__package__) / "how_wide.csv")
