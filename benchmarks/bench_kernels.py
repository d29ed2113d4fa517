"""Limiting and empirical kernels against the bare matrix products and against neural-tangents, paired in one run.

Run ``python3 make.py bench bench_kernels.py`` on an otherwise idle machine. The peer lives in an environment of its
own under ``_build/peer``, made on first use with uv: neural-tangents 0.6.5 and jax 0.4.23.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import jax

jax.config.update("jax_enable_x64", True)

import jax.numpy as jnp  # noqa: E402
import mpmath as mp  # noqa: E402
import numpy as np  # noqa: E402
from timing import paired, print_rows  # noqa: E402

import ntklib  # noqa: E402

PEER = Path(__file__).resolve().parent.parent / "_build" / "peer"
PINS = ["neural-tangents==0.6.5", "jax==0.4.23", "jaxlib==0.4.23", "numpy<2", "scipy<1.13"]


class Peer:
    """A process in the peer's environment that runs one request at a time."""

    def __init__(self):
        python = PEER / "bin" / "python"
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", PEER], check=True)
            subprocess.run([sys.executable, "-m", "uv", "pip", "install", "-q", "--python", python, *PINS], check=True)
        script = Path(__file__).with_name("peer.py")
        self.process = subprocess.Popen([python, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def seconds(self, **request) -> float:
        """Seconds of one request."""
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())["seconds"]


def exact_entries(X, pairs, depth):
    """Entries of the limiting ReLU kernel in 50-digit arithmetic, straight from the definition."""
    mp.mp.dps = 50
    values = []
    for i, j in pairs:
        x, y = ([mp.mpf(float(v)) for v in X[k]] for k in (i, j))
        dot, nx, ny = mp.fdot(x, y), mp.sqrt(mp.fdot(x, x)), mp.sqrt(mp.fdot(y, y))
        cosine = min(mp.mpf(1), dot / nx / ny) if i != j else mp.mpf(1)
        K = cosine
        for _ in range(depth - 1):
            angle = mp.acos(cosine)
            slope = 1 - angle / mp.pi
            cosine = (mp.sin(angle) + (mp.pi - angle) * cosine) / mp.pi
            K = K * slope + cosine
        values.append(K * nx * ny)
    return values


def largest_error(K, X, depth):
    """Largest relative error over twenty ordinary, twenty diagonal and one nearly coincident pair."""
    pairs = [(i, i + 1) for i in range(2, 22)] + [(i, i) for i in range(20)] + [(0, 1)]
    exact = exact_entries(X, pairs, depth)
    return max(float(abs((mp.mpf(float(K[p])) - e) / e)) for p, e in zip(pairs, exact))


def infinite(peer, folder, n=3000, d=1000, hidden=(1, 3, 10, 32), rounds=5):
    """Rows for the limiting kernel of ReLU networks."""
    X = np.random.default_rng(0).standard_normal((n, d))
    X[1] = X[0] + 1e-7 * X[2]
    other = X.copy()  # with one and the same array on both sides NumPy computes one triangle only
    file, out = str(folder / "X.npz"), str(folder / "K.npy")
    np.savez(file, X=X)
    rows = []
    for h in hidden:
        contenders = {
            "bare product X Yᵀ": lambda: X @ other.T,
            "its symmetric form X Xᵀ": lambda: X @ X.T,
            "infinite_kernels": lambda h=h: jax.block_until_ready(ntklib.infinite_kernels(X, depth=h + 1)),
            "neural-tangents": lambda h=h: peer.seconds(kind="infinite", hidden=h, file=file),
        }
        errors = {"infinite_kernels": largest_error(ntklib.infinite_kernels(X, depth=h + 1)[1], X, h + 1)}
        peer.seconds(kind="infinite", hidden=h, file=file, out=out)
        errors["neural-tangents"] = largest_error(np.load(out), X, h + 1)
        times = paired(contenders, rounds, ("neural-tangents",))
        unit = times["bare product X Yᵀ"]
        target = {"infinite_kernels": "<= 3", "neural-tangents": {3: ">= 10 × ours", 32: ">= 50 × ours"}.get(h, "")}
        for name, seconds in times.items():
            error = f", largest relative error {errors[name]:.0e}" if name in errors else ""
            times_ours = f" = {seconds / times['infinite_kernels']:.1f} × ours" if name == "neural-tangents" else ""
            row = {"name": f"{h} hidden: {name}{error}", "seconds": seconds, "ratio": seconds / unit}
            rows.append({**row, "unit": "products" + times_ours, "target": target.get(name, "")})
    return rows


def empirical(peer, folder, n, width=512, layers=4, implementations=(3,), rounds=5):
    """Rows for the empirical kernel of one network."""
    net = ntklib.MLP((width,) * layers + (1,), "relu", "ntk")
    params, X = net.init(jax.random.key(0)), jax.random.normal(jax.random.key(1), (n, width))
    copies = [np.array(A) for side in net.features_and_backward(params, X) for A in side]
    factors = [np.asarray(A) for side in net.features_and_backward(params, X) for A in side]
    m = net.parametrization.multiplier
    file = str(folder / f"net{n}.npz")
    np.savez(file, X=np.asarray(X), **{f"W{i}": np.asarray(W) for i, W in enumerate(params)})

    def ask(i):
        return peer.seconds(kind="empirical", implementation=i, multipliers=m, file=file)

    contenders = {
        "bare products F Fᵀ and B Bᵀ": lambda: [A @ C.T for A, C in zip(factors, copies)],
        "their symmetric form": lambda: [A @ A.T for A in factors],
        "empirical_ntk": lambda: jax.block_until_ready(ntklib.empirical_ntk(net, params, X)),
    }
    peers = {f"neural-tangents, implementation {i}": lambda i=i: ask(i) for i in implementations}
    contenders |= peers
    for call in contenders.values():
        call()
    times = paired(contenders, rounds, tuple(peers))
    unit, ours = times["bare products F Fᵀ and B Bᵀ"], times["empirical_ntk"]
    target = {"empirical_ntk": "<= 1.3", "neural-tangents, implementation 1": ">= 100 × ours"}
    target["neural-tangents, implementation 3"] = ">= 1 × ours"
    return [
        {
            "name": f"N = {n}: {name}",
            "seconds": s,
            "ratio": s / unit,
            "unit": "products" + (f" = {s / ours:.1f} × ours" if "tangents" in name else ""),
            "target": target.get(name, ""),
        }
        for name, s in times.items()
    ]


def jacobian(n=200, width=512, layers=4, rounds=3):
    """Rows for the layerwise form against the contraction of explicit Jacobians, at a size the latter can hold."""
    net = ntklib.MLP((width,) * layers + (1,), "relu", "ntk")
    params, X = net.init(jax.random.key(0)), jax.random.normal(jax.random.key(1), (n, width))

    @jax.jit
    def contraction(params, X):
        rows = jax.vmap(jax.grad(lambda p, x: net(p, x[None])[0]), (None, 0))(params, X)
        return sum(jnp.einsum("iab,jab->ij", J, J) for J in rows)

    contenders = {
        "empirical_ntk": lambda: jax.block_until_ready(ntklib.empirical_ntk(net, params, X)),
        "vmap of gradients, contracted": lambda: jax.block_until_ready(contraction(params, X)),
    }
    for call in contenders.values():
        call()
    times = paired(contenders, rounds)
    unit = times["empirical_ntk"]
    return [{"name": f"N = {n}: {k}", "seconds": s, "ratio": s / unit, "unit": "× ours"} for k, s in times.items()]


def measure() -> list[dict]:
    """All rows: limiting kernels, empirical kernels, explicit Jacobians."""
    peer = Peer()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = infinite(peer, folder)
        rows += empirical(peer, folder, 2000)
        rows += empirical(peer, folder, 1000, implementations=(1,), rounds=1)
    return rows + jacobian()


if __name__ == "__main__":
    print_rows(measure())
