"""What the chapter's claims and pages share: labels on the sphere, and the loss that is transported."""

import numpy as np

from ntklib.theory.wide_networks.kernel_generalization import errors, transport
from ntklib.theory.wide_networks.kernel_generalization import statements as norms


def sphere_labels(target: str, N: int, seed: int = 0):
    """A sphere task whose labels are √10 x_1 ("linear"), the task's "signs", or independent "random" signs.

    Examples
    --------
    >>> task = sphere_labels("linear", 5)
    >>> bool(np.allclose(task.y, 10**0.5 * task.X[:, 0]))
    True
    """
    task = errors.sign_task("sphere", N, seed)
    if target == "linear":
        return task._replace(y=10**0.5 * task.X[:, 0], test_y=10**0.5 * task.test_X[:, 0])
    return task.shuffled(seed) if target == "random" else task


def transported_gap(task, m, seed, *, price=1.0):
    """Loss difference, Lipschitz constant and joint transport cost of a network trained on a task.

    ``price`` is that of a change of label, in units of the loss; 1 in the theorem.

    Examples
    --------
    >>> gap, lipschitz, cost = transported_gap(errors.sign_task("sphere", 8, tests=8), 16, 0)
    >>> bool(gap <= lipschitz * cost)
    True
    """
    outputs, end, start = errors.descent_outputs(task, m, seed)
    first, last = (start[0], start[1][:, 0]), (end.params[0], np.ravel(end.params[1]))
    lipschitz = transport.product_lipschitz(*first) + transport.product_lipschitz(*last)
    own, _, _ = errors.descent_outputs(task._replace(test_X=task.X, test_y=task.y), m, seed)
    gap = abs(norms.ramp_loss(outputs, task.test_y).mean() - norms.ramp_loss(own, task.y).mean())
    labels = {"y": task.y, "y2": task.test_y, "label_cost": price / lipschitz}
    return gap, lipschitz, transport.sample_wasserstein(task.X, task.test_X, **labels)
