r"""How far a wide network leaves its tangent model: two meanings of the error, their bounds, and what cancels.

Errors are :math:`\lVert u\rVert = (\frac1N\sum_i u_i^2)^{1/2}` of functions on the sample.
"""

import numpy as np

from ntklib._validate import positive_float
from ntklib.theory.wide_networks.shallow import (
    ShallowRun,
    neuron_kernels,
    shallow_descent,
    shallow_jacobian,
    shallow_weights,
)

AUTHORS_LAZY = {16: 4.08, 32: 1.59, 64: 0.777, 128: 0.449, 256: 0.211, 512: 0.111}  # step 99; meaning inferred


def sample_length(u) -> np.ndarray:
    r"""Return :math:`(\frac1N\sum_iu_i^2)^{1/2}` along the last axis.

    Examples
    --------
    >>> float(sample_length([3.0, 3.0]))
    3.0
    """
    return np.sqrt(np.mean(np.asarray(u) ** 2, axis=-1))


def same_parameters_bound(turning: float, distance) -> np.ndarray:
    r"""Return :math:`\frac12\Lambda\lVert\theta - \theta_0\rVert^2`, the bound on the error at the same parameters.

    Examples
    --------
    >>> float(same_parameters_bound(0.5, 2.0))
    1.0
    """
    return 0.5 * positive_float("same_parameters_bound", "turning", turning) * np.asarray(distance, float) ** 2


def trained_apart_bound(drift: float, least: float, residual: float) -> float:
    r"""Return :math:`4\Delta_K\lVert r_0\rVert/\lambda_0`, the bound for a tangent model that is trained by itself.

    Parameters
    ----------
    drift : float
        :math:`\Delta_K`, a bound of :math:`\lVert\bar J_tJ_t^* - K_0\rVert` along the run.
    least : float
        :math:`\lambda_0`, smallest eigenvalue of :math:`K_0`; half of it must remain in training.
    residual : float
        :math:`\lVert r_0\rVert = \sqrt{2\Delta_0}`.

    Returns
    -------
    float

    Notes
    -----
    Source: Book, the second proposition of the chapter.

    Examples
    --------
    >>> trained_apart_bound(0.5, 2.0, 1.0)
    1.0
    """
    values = {"drift": drift, "least": least, "residual": residual}
    kappa, least, residual = (positive_float("trained_apart_bound", k, v) for k, v in values.items())
    return 4 * kappa * residual / least


def flipped_fraction(run: ShallowRun, X) -> np.ndarray:
    """Return the share of pairs (sample, neuron) whose pre-activation has another sign than at the start, shape (R,).

    Examples
    --------
    >>> run = shallow_descent(*shallow_weights(2, 3, 0), np.eye(2), np.ones(2), steps=1)
    >>> float(flipped_fraction(run, np.eye(2))[0])
    0.0
    """
    signs = np.einsum("nd,rdm->rnm", X, run.W) > 0
    return np.mean(signs != signs[0], axis=(1, 2))


def neuron_moves(run: ShallowRun, X, *, activation="tanh", c: float = 1.0) -> dict:
    r"""Split the kernel's change into neurons and say how much of it cancels between them.

    .. math:: K_T - K_0 = \frac1m\sum_k\Delta Z_k, \qquad
              \text{sum} = \Big\lVert\frac1m\sum_k\Delta Z_k\Big\rVert_F, \qquad
              \text{each} = \frac1m\sum_k\lVert\Delta Z_k\rVert_F

    Parameters
    ----------
    run : ShallowRun
    X : array (N, d)
    activation : str
    c : float

    Returns
    -------
    dict
        Keys ``sum`` and ``each``; without cancellation the two are of equal order.

    Notes
    -----
    O(m N²) time and memory. Source: Book.

    Examples
    --------
    >>> run = shallow_descent(*shallow_weights(2, 3, 0), np.eye(2), np.ones(2), steps=1)
    >>> moves = neuron_moves(run, np.eye(2))
    >>> bool(moves["sum"] <= moves["each"])
    True
    """
    settings = {"activation": activation, "c": c}
    change = neuron_kernels(run.W[-1], run.a[-1], X, **settings) - neuron_kernels(run.W[0], run.a[0], X, **settings)
    return {
        "sum": float(np.linalg.norm(change.mean(axis=0))),
        "each": float(np.linalg.norm(change, axis=(1, 2)).mean()),
    }


def opposite_twins(W, a):
    r"""Return one hidden layer of twice the width, of output :math:`(f(\theta^1) - f(\theta^2))/\sqrt2`, zero at start.

    Examples
    --------
    >>> W, a = opposite_twins(np.eye(2), np.array([1.0, 2.0]))
    >>> a.tolist(), W.shape
    ([1.0, 2.0, -1.0, -2.0], (2, 4))
    """
    return np.hstack([W, W]), np.concatenate([a, -a])


def lazy_row(
    m: int, seed, X, y, *, activation="tanh", c=1.0, signs="random", centred=False, twins=False, scale=1.0, steps=150
) -> dict:
    r"""Train one hidden layer with :math:`\eta = 1/\lambda_{\max}(K_0)` and collect what laziness means.

    Parameters
    ----------
    m, seed : int
    X, y : arrays (N, d), (N,)
    activation, c, centred, steps
        As for `shallow_descent`.
    signs : {"random", "positive"}
        As for `shallow_weights`.
    twins : bool
        Train two copies of width m / 2 with opposite signs, `opposite_twins`.
    scale : float
        γ: train γ f on y, which is f on y/γ; errors are those of γ f, the kernel is that of f.

    Returns
    -------
    dict
        m, seed; drift, the largest :math:`\lVert K_t - K_0\rVert`; same and apart, the largest errors at the same
        parameters and against the tangent model trained by itself; flips, share of signs changed at the end; sum and
        each, as in `neuron_moves`; largest, :math:`\lambda_{\max}(K_0)`; loss, last over first; distance.

    Notes
    -----
    About 20 records a run. Source: Book.

    Examples
    --------
    >>> row = lazy_row(8, 0, np.eye(3), np.ones(3), steps=20)
    >>> row["m"], bool(row["drift"] > 0)
    (8, True)
    """
    W, a = shallow_weights(X.shape[1], m // 2 if twins else m, [seed, m], signs=signs)
    W, a = opposite_twins(W, a) if twins else (W, a)
    settings = {"activation": activation, "c": c}
    run = shallow_descent(W, a, X, y / scale, steps=steps, every=max(steps // 20, 1), centred=centred, **settings)
    return {
        "m": m,
        "seed": seed,
        "drift": run.drift.max(),
        "same": scale * sample_length(run.outputs - run.tangent).max(),
        "apart": scale * sample_length(run.outputs - run.trained).max(),
        "flips": flipped_fraction(run, X)[-1],
        **neuron_moves(run, X, **settings),
        "largest": np.linalg.norm(run.kernels[0], 2),
        "loss": run.loss[-1] / run.loss[0],
        "distance": run.distance[-1],
    }


def lazy_table(widths, seeds, X, y, **settings) -> list[dict]:
    """Rows of `lazy_row` for all widths and seeds.

    Examples
    --------
    >>> [row["m"] for row in lazy_table((4, 8), [0], np.eye(3), np.ones(3), steps=5)]
    [4, 8]
    """
    return [lazy_row(m, seed, X, y, **settings) for m in widths for seed in seeds]


def mean_kernels(run: ShallowRun, X, *, nodes: int = 4, **settings) -> np.ndarray:
    r"""Return :math:`\bar J_tJ_t^*` for every step of a run recorded at each iteration, shape (steps, N, N).

    .. math:: \bar J_t = \int_0^1 J\big((1-s)\theta_t + s\,\theta_{t+1}\big)\,ds

    Parameters
    ----------
    run : ShallowRun
        Recorded with ``every=1``.
    X : array (N, d)
    nodes : int
        Of Gauss's rule on each step.
    **settings
        Activation and weight variance, as for `shallow_descent`.

    Notes
    -----
    :math:`r_{t+1} = (I - \eta\bar J_tJ_t^*)\,r_t` exactly. O(steps nodes N² m d) time. Source: Book.

    Examples
    --------
    >>> X = np.eye(2)
    >>> run = shallow_descent(*shallow_weights(2, 3, 0), X, np.ones(2), steps=1, step=0.5)
    >>> r = run.outputs - 1
    >>> bool(np.allclose(r[1], r[0] - 0.5 * mean_kernels(run, X)[0] @ r[0], atol=1e-7))
    True
    """
    places, weights = np.polynomial.legendre.leggauss(nodes)
    found = []
    for W, a, V, b in zip(run.W, run.a, run.W[1:], run.a[1:]):
        here, J = shallow_jacobian(W, a, X, **settings), 0.0
        for s, w in zip((1 + places) / 2, weights / 2):
            J = J + w * shallow_jacobian((1 - s) * W + s * V, (1 - s) * a + s * b, X, **settings)
        found.append(J @ here.T)
    return np.array(found)
