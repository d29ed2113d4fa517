r"""What a kernel cannot do and a network can: sparse targets, and training away from the tangent model.

Inputs are corners of the cube :math:`\{\pm1/\sqrt d\}^d`, networks have one hidden layer and a free output scale γ.
"""

from functools import partial
from math import comb
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ntklib._validate import positive_float, positive_int
from ntklib.kernels import infinite_kernels
from ntklib.networks import MLP
from ntklib.theory.wide_networks.setting import mean_squared_loss
from ntklib.training import AntisymmetricNetwork, gradient_descent

TARGETS = ("sparse", "dense")


class CubeTask(NamedTuple):
    """Training and test samples of one target."""

    X: jax.Array
    y: jax.Array
    X_test: jax.Array
    y_test: jax.Array


def cube_task(d: int, N: int, seed: int = 0, *, target: str = "sparse", tests: int = 500) -> CubeTask:
    r"""Draw N training and ``tests`` test corners of the cube and a target of degree two with mean square one.

    .. math:: y_{\rm sparse} = d\,x_1x_2, \qquad y_{\rm dense} = d\sum_{i<j}a_{ij}x_ix_j,\quad \sum a_{ij}^2 = 1

    Parameters
    ----------
    d, N : int
        Dimension and training samples.
    seed : int
        Of corners and of the Gaussian coefficients.
    target : {"sparse", "dense"}
    tests : int

    Returns
    -------
    CubeTask

    Raises
    ------
    ValueError
        For an unknown target, or sizes that are not positive.

    Notes
    -----
    Source: Book.

    Examples
    --------
    >>> task = cube_task(6, 10)
    >>> bool((task.y == jnp.sign(task.X[:, 0] * task.X[:, 1])).all())
    True
    """
    d, N = positive_int("cube_task", "d", d, minimum=2), positive_int("cube_task", "N", N)
    if target not in TARGETS:
        raise ValueError(f"cube_task: target={target!r}; expected one of {TARGETS}.")
    rng = np.random.default_rng([seed, 71])
    X = rng.choice([-1.0, 1.0], (N + positive_int("cube_task", "tests", tests), d)) / np.sqrt(d)
    A = np.zeros((d, d))
    A[0, 1] = 1.0
    if target == "dense":
        A = np.triu(rng.standard_normal((d, d)), 1)
        A /= np.linalg.norm(A)
    y = d * np.einsum("ni,ij,nj->n", X, A, X)
    y = np.round(y) if target == "sparse" else y
    return CubeTask(*map(jnp.asarray, (X[:N], y[:N], X[N:], y[N:])))


def subspace_error(N: int, d: int, order: int = 2) -> float:
    r"""Return :math:`1 - N/\binom dk`, the least mean error of N fixed features over all parities of order k.

    Parameters
    ----------
    N : int
        Dimension of the space of predictors: the number of samples for a kernel.
    d, order : int
        Dimension of the cube, and k.

    Returns
    -------
    float
        Mean square error, relative to targets of mean square one; 0 where the count allows it.

    Raises
    ------
    ValueError
        For numbers that are not positive, or k above d.

    Notes
    -----
    Source: Book, proved in the chapter; a dimension count in the manner of Yehudai and Shamir 2019.

    Examples
    --------
    >>> subspace_error(19, 20)
    0.9
    """
    N, d, k = (positive_int("subspace_error", n, v) for n, v in (("N", N), ("d", d), ("order", order)))
    if k > d:
        raise ValueError(f"subspace_error: order={k}, d={d}; expected order at most d.")
    return max(0.0, 1 - N / comb(d, k))


def captured_share(features, targets) -> float:
    r"""Return the mean share of orthonormal targets that lies in the span of some features.

    .. math:: \frac1p\sum_{S}\lVert P_V f_S\rVert^2 \le \frac{\dim V}p

    Parameters
    ----------
    features : array (M, N)
        Values of N functions on the whole population of M points.
    targets : array (M, p)
        Values of p functions, orthonormal under the uniform measure on the population.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the targets are not orthonormal.

    Notes
    -----
    By a QR decomposition, O(M N² + M N p). Source: Book.

    Examples
    --------
    >>> captured_share(np.eye(4)[:, :1], 2 * np.eye(4))
    0.25
    """
    V, T = np.asarray(features, float), np.asarray(targets, float)
    gram = T.T @ T / len(T)
    if not np.allclose(gram, np.eye(len(gram)), atol=1e-8):
        off = np.abs(gram - np.eye(len(gram))).max()
        raise ValueError(f"captured_share: targets deviate from orthonormal by {off:.2g}; expected T'T/M = identity.")
    Q = np.linalg.qr(V)[0]
    return float(np.sum((Q.T @ T) ** 2) / len(T) / T.shape[1])


def kernel_error(task: CubeTask, depth: int = 2) -> float:
    """Return the mean square test error of interpolation with the limiting tangent kernel.

    Notes
    -----
    O((N + tests)² + N³). The limit of gradient descent from zero output at infinite width.

    Examples
    --------
    >>> kernel_error(cube_task(6, 30)) < kernel_error(cube_task(6, 5))
    True
    """
    K = np.asarray(infinite_kernels(jnp.concatenate([task.X, task.X_test]), depth=depth)[1], float)
    return interpolation_error(K, task)


def interpolation_error(K, task: CubeTask) -> float:
    """Return the mean square test error of interpolation with a kernel matrix on training, then test samples.

    Examples
    --------
    >>> task = cube_task(4, 3, tests=3)
    >>> interpolation_error(np.eye(6), task)
    1.0
    """
    N = len(task.y)
    f = np.asarray(K)[N:, :N] @ np.linalg.solve(np.asarray(K)[:N, :N], np.asarray(task.y))
    return float(np.mean((f - np.asarray(task.y_test)) ** 2))


class RichRun(NamedTuple):
    """What gradient descent found at one output scale, per seed: all arrays (S,), params stacked."""

    loss: np.ndarray  # mean square error on the training samples
    error: np.ndarray  # mean square error on the test samples
    focus: np.ndarray  # energy of the first two rows of W_1, relative to an even spread
    change: np.ndarray  # of the tangent kernel on the training samples, relative (Frobenius)
    params: tuple


def rich_run(tasks, width: int, scale: float, *, steps: int = 6000, seed: int = 0, activation="relu") -> RichRun:
    r"""Train :math:`\gamma\,(f_{\theta^1}-f_{\theta^2})/\sqrt2` by gradient descent on each task.

    Parameters
    ----------
    tasks : sequence of S CubeTask
        Of equal shapes.
    width : int
        m, neurons of each of the two copies, in the NTK parametrization.
    scale : float
        γ: large is lazy, small is rich.
    steps : int
    seed : int
        Of the initial weights; task i uses ``seed + i``.
    activation : str

    Returns
    -------
    RichRun

    Notes
    -----
    Step size :math:`\min(1, 0.4\gamma\sqrt m)/\lambda_{\max}(K_0)` with :math:`K_0` per sample: where the kernel grows
    by much, the first alone diverges. Runs as training of f on :math:`y/\gamma`, which has the same iterates, so that
    one compiled program serves all scales; all tasks at once. Source: output scale of Chizat, Oyallon and Bach 2019.

    Examples
    --------
    >>> run = rich_run([cube_task(4, 8)], 16, 1.0, steps=500)
    >>> run.error.shape
    (1,)
    """
    tasks, gamma = CubeTask(*map(jnp.stack, zip(*tasks))), positive_float("rich_run", "scale", scale)
    m, d = positive_int("rich_run", "width", width), tasks.X.shape[-1]
    net, steps = MLP((d, m, 1), activation, "ntk"), positive_int("rich_run", "steps", steps)
    twins = AntisymmetricNetwork(net)
    drawn = [twins.init(jax.random.key(seed + i), tasks.X.dtype) for i in range(len(tasks.X))]
    starts = jax.tree.map(lambda *layers: jnp.asarray(np.stack(layers)), *drawn)
    run = _rich_run(twins, steps, tasks, starts, gamma)
    return RichRun(*map(np.asarray, run[:4]), run.params)


@partial(jax.jit, static_argnums=(0, 1))
def _rich_run(twin, steps, tasks, starts, gamma) -> RichRun:
    share = jnp.minimum(1.0, 0.4 * gamma * twin.net.widths[1] ** 0.5)

    def one(start, task):
        K = twin.tangent_kernel(start, task.X)
        eta = share * len(task.X) / jnp.linalg.eigvalsh(K)[-1]
        options = {"steps": steps, "record_every": steps, "loss": mean_squared_loss, "on_divergence": "record"}
        end = gradient_descent(twin, start, task.X, task.y / gamma, step_size=eta, **options).params
        moved = twin.tangent_kernel(end, task.X) - K
        W = end[0][0]
        return RichRun(
            jnp.mean((gamma * twin(end, task.X) - task.y) ** 2),
            jnp.mean((gamma * twin(end, task.X_test) - task.y_test) ** 2),
            jnp.sum(W[:2] ** 2) / jnp.sum(W**2) * len(W) / 2,
            jnp.linalg.norm(moved) / jnp.linalg.norm(K),
            end,
        )

    return jax.vmap(one)(starts, tasks)
