"""Networks of the checks on Lipschitz constants, and the finite-size corrections that the checks divide out."""

from scipy.optimize import minimize_scalar

from ntklib import plain
from ntklib.theory.finite_width import lipschitz as theory


def lecun(widths) -> list[float]:
    r"""Standard deviations :math:`n_{l-1}^{-1/2}`.

    Examples
    --------
    >>> lecun((4, 16, 1))
    [0.5, 0.25]
    """
    return [n**-0.5 for n in widths[:-1]]


def searched(widths, seed: int, *, starts: int = 16, steps: int = 50) -> tuple[float, float]:
    """Squared search estimate and product of squared norms of one LeCun network.

    Examples
    --------
    >>> found, product = searched((2, 5, 2), 0, starts=4, steps=10)
    >>> 0 < found <= product
    True
    """
    weights = plain.draw(widths, lecun(widths), seed)
    found = theory.lipschitz_search(weights, starts=starts, steps=steps, seed=seed)
    return found.lipschitz**2, theory.norm_product(weights)


def product_edge(ratio: float) -> float:
    r"""Upper edge of the squared singular values of :math:`AB/\sqrt{km}`, A (m, k) and B (k, m) standard normal.

    .. math:: \min_{z > 0} \frac{(1 + z)^2 (1 + y z)}{z}, \qquad y = m/k

    Parameters
    ----------
    ratio : float
        y; 0 for an infinite inner dimension.

    Notes
    -----
    The S-transform of the product is :math:`1/((1+z)(1+yz))`; the edge is where its inverse moment function turns.
    Limit of large m. Source: Book.

    Examples
    --------
    >>> round(product_edge(0.0), 6), round(product_edge(1.0), 6)  # 4, and 27/4 of two square matrices
    (4.0, 6.75)
    """
    found = minimize_scalar(lambda z: (1 + z) ** 2 * (1 + ratio * z) / z, bounds=(1e-3, 2), options={"xatol": 1e-10})
    return float(found.fun)


def norm_square(m: int, n: int) -> float:
    r"""Mean of the squared operator norm of a standard normal matrix (m, n), to the second order.

    .. math:: \mu - 1.2065\,\sigma, \qquad \mu = \big(\sqrt{n - 1} + \sqrt m\big)^2, \quad
              \sigma = \big(\sqrt{n - 1} + \sqrt m\big)\Big(\frac1{\sqrt{n - 1}} + \frac1{\sqrt m}\Big)^{1/3}

    Notes
    -----
    Limit law of Tracy and Widom, centred and scaled as in Johnstone 2001.

    Examples
    --------
    >>> round(norm_square(20, 80), 1)
    167.3
    """
    root = (n - 1) ** 0.5 + m**0.5
    return root**2 - 1.2065 * root * ((n - 1) ** -0.5 + m**-0.5) ** (1 / 3)
