"""Nonlinear least squares to full precision: the solvers of the library optimistix, on a network's residuals."""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from ntklib._validate import data_matrix, finite_labels, positive_float, positive_int, real_leaves
from ntklib.training.loop import hashable

METHODS = ("levenberg_marquardt", "gauss_newton", "dogleg")


class LeastSquares(NamedTuple):
    """Where a least-squares solver ended; a pytree.

    Attributes
    ----------
    params : pytree
        The last iterate.
    residual : array, shape (N,) or (N, n_L)
        Outputs minus labels there.
    iterations : int array, shape ()
        Steps of the solver, with its look at the start and rejected ones.
    converged : bool array, shape ()
        Whether no residual exceeds the tolerance.
    """

    params: Any
    residual: jax.Array
    iterations: jax.Array
    converged: jax.Array


def least_squares(
    net, params, X, y, *, method="levenberg_marquardt", tolerance: float = 1e-10, steps: int = 200
) -> LeastSquares:
    r"""Minimize :math:`\tfrac12\sum_i (f(\theta; x_i) - y_i)^2` by a method of second order.

    Parameters
    ----------
    net : callable
        ``net(params, X) -> (N,)`` or ``(N, n_L)``; an `ntklib.MLP` or any JAX function.
    params : pytree of floating arrays
        Starting point.
    X : array_like, shape (N, d)
    y : array_like, shape of the outputs
    method : {"levenberg_marquardt", "gauss_newton", "dogleg"}
        Damped steps; the shortest undamped step to the zero of the linearization (for N at most the number of
        parameters), which converges from nearby and may run away from afar; a trust region between that and the
        gradient.
    tolerance : float
        Largest absolute residual that counts as converged, in label units.
    steps : int
        Largest number of iterations.

    Returns
    -------
    LeastSquares
        Not converged is a result, not an error: a system with more equations than unknowns has no zero in general.

    Raises
    ------
    ValueError
        Labels of another shape than the outputs, an unknown method, a tolerance or a number of steps that is not
        positive.

    Notes
    -----
    The solver stops when an iteration changes the loss by less than the square of ``tolerance`` times 1e-2 and the
    parameters by less than 1e-12 of themselves, or after ``steps``. Each damped step factors a matrix of N + P rows
    and P columns, O((N + P) P²) time and O((N + P) P) memory; the others take a singular value decomposition of the
    Jacobian. Needs 64-bit precision for tolerances below 1e-6. Compiled once per network, method and shape.
    Source: the solvers are those of optimistix (Rader, Lyons, Kidger 2024).

    Examples
    --------
    >>> fit = least_squares(lambda w, X: jnp.tanh(X @ w), jnp.ones(1), jnp.ones((1, 1)), [0.5], tolerance=1e-5)
    >>> bool(fit.converged), round(float(jnp.tanh(fit.params[0])), 3)
    (True, 0.5)
    """
    X = data_matrix("least_squares", "X", X)
    real_leaves("least_squares", params)
    outputs = jax.eval_shape(net, params, X)
    y = jnp.asarray(finite_labels("least_squares", "y", y), outputs.dtype)
    if y.shape != outputs.shape:
        raise ValueError(
            f"least_squares: y has shape {y.shape} and the network's outputs have shape {outputs.shape}; expected one "
            "label per output; reshape y."
        )
    if method not in METHODS:
        raise ValueError(f"least_squares: method={method!r}; expected one of {', '.join(map(repr, METHODS))}.")
    tolerance = positive_float("least_squares", "tolerance", tolerance)
    return _solve(hashable(net), method, tolerance, positive_int("least_squares", "steps", steps), params, X, y)


@partial(jax.jit, static_argnums=(0, 1, 2, 3))
def _solve(net, method, tolerance, steps, params, X, y) -> LeastSquares:
    def residual(params, _):
        return net(params, X) - y

    import optimistix  # slow to import, like lineax, and needed nowhere else

    solver = _solver(method, rtol=1e-12, atol=1e-2 * tolerance**2)
    solution = optimistix.least_squares(residual, solver, params, max_steps=steps, throw=False)
    end = residual(solution.value, None)
    return LeastSquares(solution.value, end, solution.stats["num_steps"], jnp.max(jnp.abs(end)) <= tolerance)


def _solver(method: str, **tolerances):
    """The solver of optimistix that has this name here."""
    import lineax
    import optimistix

    if method == "levenberg_marquardt":
        return optimistix.LevenbergMarquardt(**tolerances)
    kind = {"gauss_newton": optimistix.GaussNewton, "dogleg": optimistix.Dogleg}[method]
    return kind(linear_solver=lineax.AutoLinearSolver(well_posed=False), **tolerances)
