"""Loss against step size over widths and parametrizations, and the authors' values to set beside it."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from ntklib import plain
from ntklib.networks import MLP
from ntklib.theory.wide_networks.learning_rates.statements import family_member
from ntklib.theory.wide_networks.setting import (
    sample_kernel,
    sphere_task,
    starts,
    train,
)


def step_size_sweep(name: str, widths, X, y, step_sizes, *, seeds, steps: int, activation="tanh") -> pd.DataFrame:
    """Train from every seed with every step size.

    Parameters
    ----------
    name : {"ntk", "standard", "mup"}
    widths : tuple of L + 1 ints
    X, y : arrays (N, d), (N,)
        The labels are counted from the outputs at the start.
    step_sizes : sequence of float
    seeds : iterable of int
        The same Gaussians for every name.
    steps : int
    activation : str
        As for `ntklib.plain.factors`.

    Returns
    -------
    DataFrame
        Columns seed, eta, start, loss (the last one, infinite where a run diverged), peak.

    Notes
    -----
    One run at a time: memory for one network and its gradient.

    Examples
    --------
    >>> step_size_sweep("ntk", (3, 8, 1), jnp.eye(3), jnp.ones(3), [0.1, 0.5], seeds=[0], steps=5).shape
    (2, 5)
    """
    net, rows = MLP(widths, activation, family_member(name, widths)), []
    settings = {"activation": activation, "multiplier": net.parametrization.multiplier}
    for seed in seeds:
        params = net.init(jax.random.key(seed))
        labels = np.asarray(y) + plain.forward(params, X, **settings)
        for eta in step_sizes:
            loss = plain.descent(params, X, labels, eta, steps, **settings).loss
            rows.append({"seed": seed, "eta": eta, "start": loss[0], "loss": loss[-1], "peak": loss.max()})
    return pd.DataFrame(rows)


WIDTHS = {16: 6, 32: 6, 64: 6, 128: 6, 256: 4, 512: 2, 1024: 2, 2048: 1}
SETTING = {"N": 20, "d": 10, "steps": 20}


def sweep_exponents(name: str, m: int) -> np.ndarray:
    """Exponents of two of the step sizes in the shipped sweep; for "standard" they move with the width.

    Examples
    --------
    >>> sweep_exponents("standard", 16)[[0, -1]].tolist()
    [-8.0, 1.0]
    """
    return np.array([-4, -2, -1, 0, 1, 2, 2.5, 3, 3.5, 4, 5]) - (np.log2(m) if name == "standard" else 0.0)


def sweep_cell(name: str, m: int, seeds) -> pd.DataFrame:
    """Return one width of the shipped sweep: columns name, m, seed, exponent, loss over its start.

    Examples
    --------
    >>> sweep_cell("ntk", 4, [0]).columns.tolist()
    ['name', 'm', 'seed', 'exponent', 'ratio']
    """
    X, y = sphere_task(SETTING["N"], SETTING["d"], seed=0)
    exponents, widths = sweep_exponents(name, m), (SETTING["d"], m, m, 1)
    rows = step_size_sweep(name, widths, X, y, 2.0**exponents, seeds=seeds, steps=SETTING["steps"])
    rows = rows.assign(name=name, m=m, exponent=np.log2(rows["eta"]).round(1), ratio=rows["loss"] / rows["start"])
    return rows[["name", "m", "seed", "exponent", "ratio"]]


def cached_step_sizes() -> pd.DataFrame:
    """Return the shipped sweep, `sweep_cell` for every width in `WIDTHS`, with a column eta.

    ``make tables NAME=step_sizes`` makes it.

    Examples
    --------
    >>> sorted(set(cached_step_sizes()["name"]))
    ['mup', 'ntk', 'standard']
    """
    table = pd.read_csv(Path(__file__).parent / "step_sizes.csv")
    return table.assign(eta=2.0 ** table["exponent"])


def catapult_runs(net, X, y, multiples, *, seeds, steps: int, record_every: int = 1):
    r"""Train with multiples of each seed's :math:`1/\lambda_{\max}(K_0)`, watching that eigenvalue.

    Parameters
    ----------
    net : MLP
    X, y : arrays (N, d), (N,)
    multiples : sequence of float
        Values of :math:`\eta\lambda_{\max}(K_0)`.
    seeds : iterable of int
    steps, record_every : int

    Returns
    -------
    DataFrame
        Columns multiple, seed, step, loss and sharpness, the last as :math:`\eta\lambda_{\max}(K_t)`; infinite where a
        run diverged.

    Notes
    -----
    As `step_size_sweep`, with one symmetric eigenvalue problem of order N per record.

    Examples
    --------
    >>> net = MLP((3, 8, 1), "relu", family_member("ntk", (3, 8, 1)))
    >>> rows = catapult_runs(net, jnp.eye(3), jnp.ones(3), [0.5], seeds=[0], steps=2)
    >>> float(rows["sharpness"][0].round(6))
    0.5
    """
    seeds, multiples = list(seeds), np.asarray(multiples, float)
    first = jax.tree.map(np.asarray, starts(net, seeds))

    def largest(params):
        return jnp.linalg.eigvalsh(sample_kernel(net, params, X))[-1]

    top = np.repeat(np.asarray(jax.jit(jax.vmap(largest))(first)), len(multiples))
    every = jax.tree.map(lambda W: jnp.asarray(np.repeat(W, len(multiples), axis=0)), first)
    sizes = np.tile(multiples, len(seeds)) / top
    run = train(net, every, X, y, jnp.asarray(sizes, X.dtype), steps=steps, record_every=record_every, observe=largest)
    steps_seen, losses, seen = map(np.asarray, (run.step, run.loss, run.observed))
    rows = []
    for i, size in enumerate(sizes):
        loss, sharp = losses[i], size * seen[i]
        fine = np.isfinite(loss) & np.isfinite(sharp)
        frame = {"step": steps_seen[i], "loss": np.where(fine, loss, np.inf)}
        frame |= {"sharpness": np.where(fine, sharp, np.inf), "multiple": multiples[i % len(multiples)]}
        rows.append(pd.DataFrame(frame | {"seed": seeds[i // len(multiples)]}))
    return pd.concat(rows, ignore_index=True)


def best_steps(table: pd.DataFrame, by=("name", "m")) -> pd.DataFrame:
    """Best exponent and largest stable one of a sweep's medians over seeds, one row per group.

    Stable means that this loss, and those of all smaller step sizes, are below the start's. The columns are those of
    ``by``, ``best``, ``ratio``, ``stable``.

    Examples
    --------
    >>> rows = pd.DataFrame({"m": 8, "exponent": [0.0, 1.0, 2.0], "ratio": [0.5, 0.1, 7.0]})
    >>> best_steps(rows, ["m"]).loc[0, ["best", "stable"]].tolist()
    [1.0, 1.0]
    """
    rows = []
    for key, group in table.groupby(list(by), sort=False):
        curve = group.groupby("exponent")["ratio"].median()
        stable = curve.index[(curve <= 1).cumprod().astype(bool)].max()
        rows.append(dict(zip(by, key)) | {"best": curve.idxmin(), "ratio": curve.min(), "stable": stable})
    return pd.DataFrame(rows)


def authors_best_exponents() -> pd.DataFrame:
    r"""Exponents :math:`\log_2\eta` of the smallest loss in the authors' file, by width; the axes are our reading.

    Examples
    --------
    >>> authors_best_exponents().iloc[-1].tolist()
    [16384, 2]
    """
    best = (-2, -2, -1, 0, 1, 2, 3, 2, 1, 2)
    return pd.DataFrame({"m": [2**k for k in range(5, 15)], "best": best})
