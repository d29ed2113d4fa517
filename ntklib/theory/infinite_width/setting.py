"""The running example of Part I: points on a sphere and three layers, which every chapter of the part can use first."""

import numpy as np

from ntklib.theory.setting import sphere_points

SAMPLES, DIMENSION, DEPTH = 200, 1000, 3


def running_example() -> np.ndarray:
    r"""Return 200 points, independent and uniform on the sphere of radius :math:`\sqrt{1000}` in 1000 dimensions.

    Returns
    -------
    ndarray, shape (200, 1000)

    Notes
    -----
    Seed 0 of NumPy's default generator. O(N d) time and memory. Source: Book.

    Examples
    --------
    >>> running_example().shape
    (200, 1000)
    """
    return sphere_points(0, SAMPLES, DIMENSION)
