"""The scaling figure's kernel by per-sample gradients (an N by P matrix) against the layers' factors, paired.

Run ``python3 make.py bench bench_per_sample.py`` on an otherwise idle machine. Per-sample gradients are computed for
the cells whose matrix, held three times, fits into half of the memory; for the others its size is reported.
"""

import os

import jax

jax.config.update("jax_enable_x64", True)

import numpy as np  # noqa: E402
from timing import paired, print_rows  # noqa: E402

from ntklib import MLP, empirical_ntk  # noqa: E402
from ntklib.theory.minimum_width.scaling_figure.figure import cell_kernels  # noqa: E402

CELLS = ((1000, 70), (1000, 234), (1000, 504), (2000, 504), (1000, 977), (3000, 977))


def per_sample_kernel(net, params, X) -> np.ndarray:
    """The kernel from the full matrix of per-sample gradients, as a plain implementation has it."""
    tree = jax.vmap(jax.grad(lambda p, x: net(p, x[None])[0]), (None, 0))(params, X)
    J = np.concatenate([np.asarray(G).reshape(len(X), -1) for G in tree], axis=1)
    return J @ J.T


def half_of_memory() -> int:
    """Half of the machine's memory, in bytes."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2


def cell(N: int, d: int, rounds: int) -> list[dict]:
    """Rows of one cell: both routes through JAX, and the NumPy route that the figure uses."""
    net = MLP((d, d, d, 1), jax.nn.sigmoid, "bombari")
    params, X = net.init(jax.random.key(0)), jax.random.normal(jax.random.key(1), (N, d))
    size = 8 * N * (2 * d * d + d)
    contenders = {
        "empirical_ntk": lambda: jax.block_until_ready(empirical_ntk(net, params, X)),
        "factors in NumPy": lambda: cell_kernels(d, N, seed=0),
    }
    fits = 3 * size < half_of_memory()
    if fits:
        contenders["per-sample gradients"] = lambda: per_sample_kernel(net, params, X)
    for call in contenders.values():
        call()
    times = paired(contenders, rounds)
    unit = times["empirical_ntk"]
    note = f"matrix of {size / 1e9:.2f} GB" + ("" if fits else ", not attempted")
    return [
        {
            "name": f"N = {N}, d = {d}: {name}",
            "seconds": s,
            "ratio": s / unit,
            "unit": "× empirical_ntk",
            "target": note,
        }
        for name, s in times.items()
    ]


def measure(rounds: int = 3) -> list[dict]:
    """All rows."""
    return [row for N, d in CELLS for row in cell(N, d, rounds)]


if __name__ == "__main__":
    print_rows(measure())
