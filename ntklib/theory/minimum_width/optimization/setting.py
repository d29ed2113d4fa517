"""The problem on which the certificate is checked, its runs, and how far the Jacobian moves in them."""

import numpy as np

from ntklib.theory.minimum_width.optimization.statements import (
    certificate,
    one_copy_jacobian,
    problem,
    proved_certificate,
    scaled_run,
)

WIDTHS, SAMPLES = (8, 8, 8, 1), 20


def certified(seed: int, *, scale=None):
    """Return a problem with its certificate: at the proved threshold, or at another scale.

    Examples
    --------
    >>> certified(0)[1].valid, certified(0, scale=1.0)[1].valid
    (True, False)
    """
    task = problem(WIDTHS, SAMPLES, seed)
    known = proved_certificate(task.start[0], task.X, task.Y)
    if scale is not None:
        size = float(np.linalg.norm(task.Y))
        known = certificate(known.sigma, known.norm, known.lipschitz, size, scale)
    return task, known


def certified_runs(seeds: int, seed: int, eta_factor=1.0, *, scale=None, steps=1500):
    """Yield seed, problem, certificate and run with ``eta_factor`` times the certified step size.

    Examples
    --------
    >>> [(s, run.loss[-1] < run.loss[0]) for s, _, _, run in certified_runs(1, 0, steps=10)]
    [(0, Array(True, dtype=bool))]
    """
    for s in range(seed, seed + seeds):
        task, known = certified(s, scale=scale)
        yield s, task, known, scaled_run(task, known.scale, eta_factor * known.step, steps, every=10)


def end_drift(task, run) -> float:
    """Return the operator norm of the change of the Jacobian from the start to the end of a run.

    Examples
    --------
    >>> [(_, task, _, run)] = certified_runs(1, 0, steps=10)
    >>> 0 < end_drift(task, run) < 1
    True
    """
    start = one_copy_jacobian(task.start[0], task.X)
    turned = [one_copy_jacobian(copy, task.X) - start for copy in run.params]
    return float(np.linalg.norm(np.hstack(turned), 2)) / 2**0.5
