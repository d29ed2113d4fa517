"""What the chapters of Part II share: a running example, deviations by name, He weights, the spectrum of one draw."""

from ntklib import plain
from ntklib.networks import named_parametrization
from ntklib.spectrum import smallest_eigenvalue
from ntklib.theory.setting import sphere_points

SAMPLES, WIDTHS = 200, (1000, 100, 1600, 1)


def running_example(seed: int = 0) -> tuple:
    r"""Return the inputs of Part I, 200 points on a sphere, and He weights of a network of widths (1000, 100, 1600, 1).

    The inputs do not depend on ``seed``; the weights have a generator of their own, ``[seed, 1]``, so that they are
    independent of the inputs.

    Examples
    --------
    >>> X, params = running_example()
    >>> X.shape, [W.shape for W in params]
    ((200, 1000), [(1000, 100), (100, 1600), (1600, 1)])
    """
    return sphere_points(0, SAMPLES, WIDTHS[0]), he_params(WIDTHS, [seed, 1])


def betas(widths, name: str) -> tuple[float, ...]:
    """Return the standard deviations of a named parametrization without multipliers.

    Examples
    --------
    >>> betas((4, 16, 1), "lecun")
    (0.5, 0.25)
    """
    return named_parametrization(name, widths).init_std


def he_params(widths, seed: int) -> list:
    r"""Return weights of variance :math:`2/n_{l-1}`, from NumPy.

    Examples
    --------
    >>> [W.shape for W in he_params((4, 3, 1), 0)]
    [(4, 3), (3, 1)]
    """
    return plain.draw(widths, [(2 / n) ** 0.5 for n in widths[:-1]], seed)


def measured(widths, name: str, X, seed: int, *, block: int | None = None) -> float:
    r"""Return :math:`\lambda_{\min}` of the ReLU kernel of one draw, or of its term of weight layer ``block``.

    Examples
    --------
    >>> import numpy as np
    >>> bool(measured((2, 50, 1), "lecun", np.eye(2), 0) >= measured((2, 50, 1), "lecun", np.eye(2), 0, block=1))
    True
    """
    F, B = plain.factors(plain.draw(widths, betas(widths, name), seed), X, activation="relu")
    terms = plain.layer_kernels(F, B)
    return smallest_eigenvalue(sum(terms) if block is None else terms[block - 1])
