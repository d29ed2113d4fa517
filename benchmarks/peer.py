"""Neural-tangents as a peer: runs in its own environment and answers timing requests, one JSON line each.

It imports only with jax 0.4.23 or so; `benchmarks/bench_kernels.py` makes the environment and starts this script.
Requests: {"kind": "infinite", "hidden": 3, "file": ...} or {"kind": "empirical", "implementation": 3, ...}; ``file``
is an .npz with the inputs, ``out`` where to leave the result, if anywhere.
"""

import json
import sys
import time
from functools import cache

import jax

jax.config.update("jax_enable_x64", True)

import jax.numpy as jnp  # noqa: E402
import neural_tangents as nt  # noqa: E402
import numpy as np  # noqa: E402
from neural_tangents import stax  # noqa: E402


@cache
def infinite(hidden: int, d: int):
    """The limiting kernels in this book's convention: nothing divided by d, weight variance 2."""
    layers = [stax.Dense(1, W_std=d**0.5, b_std=None)]
    for _ in range(hidden):
        layers += [stax.Relu(), stax.Dense(1, W_std=2**0.5, b_std=None)]
    kernel = stax.serial(*layers)[2]
    return jax.jit(lambda X: kernel(X, None, ("nngp", "ntk")))


@cache
def empirical(implementation: int, multipliers: tuple):
    """The empirical kernel of the network f = m_L W_L σ(… m_1 W_1 x), by one of the library's implementations."""

    def network(params, X):
        for i, (W, m) in enumerate(zip(params, multipliers)):
            X = m * (X @ W)
            X = jax.nn.relu(X) if i < len(params) - 1 else X
        return X

    return jax.jit(nt.empirical_ntk_fn(network, trace_axes=(-1,), vmap_axes=0, implementation=implementation))


def answer(request: dict) -> dict:
    """Run one request and return its seconds; the first call of a kind compiles and is not timed by the caller."""
    data = np.load(request["file"])
    X = jnp.asarray(data["X"])
    if request["kind"] == "infinite":
        function, arguments = infinite(request["hidden"], X.shape[1]), (X,)
    else:
        params = [jnp.asarray(data[f"W{i}"]) for i in range(len(request["multipliers"]))]
        function = empirical(request["implementation"], tuple(request["multipliers"]))
        arguments = (X, None, params)
    start = time.perf_counter()
    result = jax.block_until_ready(function(*arguments))
    seconds = time.perf_counter() - start
    if request.get("out"):
        np.save(request["out"], np.asarray(result.ntk if request["kind"] == "infinite" else result))
    return {"seconds": seconds}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
