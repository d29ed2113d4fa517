"""Data the theorems speak about (sphere, Gaussian, margins, near-duplicates), and two real data sets."""

import jax
import jax.numpy as jnp
import numpy as np

from ._draws import normal
from ._validate import data_matrix, finite_labels, positive_float, positive_int, real_numbers


def sphere(key, N, d, *, radius=None) -> jax.Array:
    r"""N independent points, uniform on the sphere of radius r in :math:`\mathbb{R}^d`.

    .. math:: x_i = r\, g_i / \lVert g_i \rVert, \qquad g_i \sim \mathcal N(0, I_d)

    Parameters
    ----------
    key : jax.Array
        Random key.
    N, d : int
        Number of points and dimension.
    radius : float, optional
        Norm r of every point; default :math:`\sqrt d`.

    Returns
    -------
    jax.Array, shape (N, d)
        The data matrix, in JAX's floating type.

    Raises
    ------
    ValueError
        A count below 1 or a radius that is not positive.

    Notes
    -----
    Norms are exact to a few roundoffs. Time and memory O(N d). The invariance of the Gaussian under rotations
    gives uniformity; see R. Vershynin, *High-Dimensional Probability* (2018), section 3.3.3.

    Examples
    --------
    >>> import jax, jax.numpy as jnp
    >>> from ntklib.datasets import sphere
    >>> X = sphere(jax.random.key(0), 5, 9)
    >>> bool(jnp.allclose(jnp.linalg.norm(X, axis=1), 3.0))
    True
    """
    N, d = positive_int("sphere", "N", N), positive_int("sphere", "d", d)
    radius = d**0.5 if radius is None else positive_float("sphere", "radius", radius)
    return normalize(normal(key, (N, d)), radius)


def gaussian(key, N, d, *, mean=None) -> jax.Array:
    r"""N independent Gaussian points in :math:`\mathbb{R}^d` with unit covariance.

    .. math:: x_i \sim \mathcal N(\mu, I_d), \qquad \mathbb{E}\lVert x_i - \mu \rVert^2 = d

    Parameters
    ----------
    key : jax.Array
        Random key.
    N, d : int
        Number of points and dimension.
    mean : array_like, optional
        Scalar or vector of shape (d,); default 0, the centred data the theorems assume.

    Returns
    -------
    jax.Array, shape (N, d)
        The data matrix.

    Raises
    ------
    ValueError
        A count below 1, or a mean of another shape.

    Notes
    -----
    Time and memory O(N d). A nonzero mean breaks the centring assumption of Nguyen et al. on purpose.

    Examples
    --------
    >>> import jax
    >>> from ntklib.datasets import gaussian
    >>> gaussian(jax.random.key(0), 5, 3).shape
    (5, 3)
    """
    N, d = positive_int("gaussian", "N", N), positive_int("gaussian", "d", d)
    X = jnp.asarray(normal(key, (N, d)))
    mean = jnp.asarray(real_numbers("gaussian", "mean", 0.0 if mean is None else mean), X.dtype)
    if mean.shape not in ((), (d,)):
        raise ValueError(f"gaussian: mean has shape {mean.shape}; expected a number or a vector of shape ({d},).")
    return X + mean


def normalize(X, radius=1.0) -> jax.Array:
    r"""Every row scaled to norm r: :math:`x_i \mapsto r\, x_i / \lVert x_i \rVert`.

    Parameters
    ----------
    X : array_like, shape (N, d)
        Data matrix without zero rows.
    radius : float
        The norm r of every row.

    Returns
    -------
    jax.Array, shape (N, d)
        The scaled matrix.

    Raises
    ------
    ValueError
        A zero row (named), a matrix of another rank, NaN or infinity, a radius that is not positive.

    Notes
    -----
    Rows are first divided by their largest entry, so neither tiny nor huge rows under- or overflow; the norms
    come out within a few roundoffs. Time and memory O(N d).

    Examples
    --------
    >>> from ntklib.datasets import normalize
    >>> normalize([[3.0, 4.0]], radius=10.0).round(4).tolist()
    [[6.0, 8.0]]
    """
    X = data_matrix("normalize", "X", X)
    radius = positive_float("normalize", "radius", radius)
    largest = jnp.abs(X).max(axis=1, keepdims=True)
    if not bool((largest > 0).all()):
        row = int(np.argwhere(np.asarray(largest[:, 0]) == 0)[0, 0])
        raise ValueError(
            f"normalize: row {row} of X is zero, it has no direction; expected nonzero rows; drop or move it."
        )
    X = X / largest
    return radius * (X / jnp.linalg.norm(X, axis=1, keepdims=True))


def clusters_with_margin(key, N, d, margin, *, spread=1.0) -> tuple[jax.Array, jax.Array]:
    r"""Two Gaussian clusters that a hyperplane through the origin separates with at least a given margin.

    .. math:: y_i \langle w, x_i \rangle \ge \gamma \quad \text{for all } i, \qquad \lVert w \rVert = 1

    Parameters
    ----------
    key : jax.Array
        Random key; also draws the direction w.
    N, d : int
        Number of points (the first half positive, up to one) and dimension.
    margin : float
        The margin gamma, in units of the inputs; reached exactly by the closest point of each cluster.
    spread : float
        Standard deviation of the clusters.

    Returns
    -------
    X : jax.Array, shape (N, d)
        The points.
    y : jax.Array, shape (N,)
        Labels -1 and +1.

    Raises
    ------
    ValueError
        A count below 1 (N below 2), a margin or spread that is not positive.

    Notes
    -----
    Each point is a Gaussian vector, moved along w: its component there becomes ``gamma`` plus the distance to
    the cluster's closest point. `linear_margin` measures what was reached, exact to a few roundoffs.
    Time and memory O(N d). The margin condition is that of the perceptron (Novikoff 1962) and, for the
    tangent kernel's features, of Chen et al. (2021), Assumption 4.1.

    Examples
    --------
    >>> import jax
    >>> from ntklib.datasets import clusters_with_margin
    >>> X, y = clusters_with_margin(jax.random.key(0), 6, 3, margin=0.5)
    >>> X.shape, y.tolist()
    ((6, 3), [1.0, 1.0, 1.0, -1.0, -1.0, -1.0])
    """
    where = "clusters_with_margin"
    N, d = positive_int(where, "N", N, minimum=2), positive_int(where, "d", d)
    margin, spread = positive_float(where, "margin", margin), positive_float(where, "spread", spread)
    key_w, key_x = jax.random.split(key)
    w = sphere(key_w, 1, d, radius=1.0)[0]
    X = jnp.asarray(spread * normal(key_x, (N, d)))
    y = jnp.where(jnp.arange(N) < (N + 1) // 2, 1.0, -1.0).astype(X.dtype)
    along = y * (X @ w)
    closest = jnp.where(y > 0, along[y > 0].min(), along[y < 0].min())
    target = margin + (along - closest)
    return X + (y * (target - along))[:, None] * w, y


def linear_margin(X, y, w) -> float:
    r"""Smallest signed distance :math:`\min_i y_i \langle w, x_i\rangle / \lVert w \rVert` to a hyperplane.

    Parameters
    ----------
    X : array_like, shape (N, d)
        Points.
    y : array_like, shape (N,)
        Labels -1 and +1.
    w : array_like, shape (d,)
        Normal vector of the hyperplane through the origin.

    Returns
    -------
    float
        The margin; negative where a point lies on the wrong side.

    Raises
    ------
    ValueError
        Shapes that do not fit, or a zero w.

    Notes
    -----
    Time O(N d). Novikoff (1962).

    Examples
    --------
    >>> from ntklib.datasets import linear_margin
    >>> linear_margin([[2.0, 0.0], [-1.0, 5.0]], [1, -1], [3.0, 0.0])
    1.0
    """
    X = data_matrix("linear_margin", "X", X)
    y, w = (jnp.asarray(finite_labels("linear_margin", name, z), X.dtype) for name, z in (("y", y), ("w", w)))
    if y.shape != X.shape[:1] or w.shape != X.shape[1:]:
        raise ValueError(
            f"linear_margin: y has shape {y.shape} and w {w.shape}; expected {X.shape[:1]} and {X.shape[1:]}."
        )
    norm = float(jnp.linalg.norm(w))
    if norm == 0.0:
        raise ValueError("linear_margin: w is zero; expected the normal vector of a hyperplane.")
    return float((y * (X @ w)).min()) / norm


def near_duplicates(key, N, d, distance, *, pairs=1, opposite_labels=False) -> tuple[jax.Array, jax.Array]:
    r"""Points on the unit sphere, some in pairs at a prescribed Euclidean distance.

    .. math:: \lVert x_{2k} - x_{2k+1} \rVert = \delta = 2 \sin(\theta/2),
              \qquad k = 0, \dots, \text{pairs} - 1

    Parameters
    ----------
    key : jax.Array
        Random key.
    N, d : int
        Number of points and dimension (at least 2); the points beyond the pairs are uniform on the sphere.
    distance : float
        Distance delta in (0, 2]; for an angle theta use ``2 * sin(theta / 2)``.
    pairs : int
        Number of pairs; they are the rows (0, 1), (2, 3), ...
    opposite_labels : bool
        Whether the two of a pair get labels +1 and -1; otherwise they share one.

    Returns
    -------
    X : jax.Array, shape (N, d)
        The points.
    y : jax.Array, shape (N,)
        Labels -1 and +1, random except for the pairs.

    Raises
    ------
    ValueError
        A distance outside (0, 2], more pairs than points, d below 2, or a distance that the floating type
        cannot represent (below 1e-12 in float64, 1e-3 in float32).

    Notes
    -----
    A pair is :math:`c\,m \pm (\delta/2)\,t` with m, t orthonormal and :math:`c = \sqrt{1 - \delta^2/4}`. The
    rounding of the coordinates, u each, leaves a relative error of the distance of about :math:`u/\delta`:
    1e-9 at 1e-7 in float64. Time and memory O(N d). Pairs this close bound the smallest eigenvalue:
    :math:`\lambda_{\min}(K) \le (K_{ii} + K_{jj})/2 - K_{ij}`.

    Examples
    --------
    >>> import jax, jax.numpy as jnp
    >>> from ntklib.datasets import near_duplicates
    >>> X, y = near_duplicates(jax.random.key(0), 6, 4, 0.5)
    >>> round(float(jnp.linalg.norm(X[0] - X[1])), 5)
    0.5
    """
    where = "near_duplicates"
    N, d = positive_int(where, "N", N, minimum=2), positive_int(where, "d", d, minimum=2)
    pairs, distance = positive_int(where, "pairs", pairs), positive_float(where, "distance", distance)
    if 2 * pairs > N:
        raise ValueError(f"{where}: pairs={pairs} needs {2 * pairs} points; expected 2 * pairs <= N={N}.")
    if distance > 2:
        raise ValueError(f"{where}: distance={distance}; expected at most 2, the diameter of the unit sphere.")
    key_x, key_t, key_y = jax.random.split(key, 3)
    X = sphere(key_x, N - pairs, d, radius=1.0)
    _check_distance(where, distance, X.dtype)
    middle, rest = X[:pairs], X[pairs:]
    tangent = _orthonormal_to(middle, jnp.asarray(normal(key_t, (pairs, d))))
    centre = (1 - distance / 2) ** 0.5 * (1 + distance / 2) ** 0.5 * middle
    twins = jnp.stack([centre + distance / 2 * tangent, centre - distance / 2 * tangent], axis=1)
    y = jax.random.rademacher(key_y, (N,), dtype=X.dtype)
    second = jnp.arange(1, 2 * pairs, 2)
    y = y.at[second].set(-y[second - 1] if opposite_labels else y[second - 1])
    return jnp.concatenate([twins.reshape(2 * pairs, d), rest]), y


def _check_distance(where: str, distance: float, dtype) -> None:
    eps = float(jnp.finfo(dtype).eps)
    if distance < 5e3 * eps:
        raise ValueError(
            f"{where}: distance={distance:.3g} is near the spacing {eps:.2g} of {jnp.dtype(dtype).name}; "
            f'expected at least {5e3 * eps:.1g}; use float64 (jax.config.update("jax_enable_x64", True)).'
        )


def _orthonormal_to(unit: jax.Array, vectors: jax.Array) -> jax.Array:
    """Rows of ``vectors`` made orthogonal (twice, for accuracy) to the unit rows, with norm 1."""
    for _ in range(2):
        vectors = vectors - (vectors * unit).sum(axis=1, keepdims=True) * unit
        vectors = vectors / jnp.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def digits(*, classes=None, standardize=True, n=None, key=None) -> tuple[jax.Array, jax.Array]:
    """Handwritten digits, 1,797 images of 8 x 8 pixels, as shipped with scikit-learn.

    Parameters
    ----------
    classes : sequence of int, optional
        Digits to keep; default all ten. With two classes the labels are -1 (first) and +1 (second).
    standardize : bool
        Whether each pixel is centred and scaled to variance 1 over the points kept; constant pixels are
        dropped. Otherwise the raw grey values 0 to 16.
    n : int, optional
        Number of points to keep, drawn without replacement with ``key``, or the first n without a key.
    key : jax.Array, optional
        Random key for the selection.

    Returns
    -------
    X : jax.Array, shape (N, d)
        Images as rows, d = 64 or less.
    y : jax.Array, shape (N,)
        Class numbers, or -1 and +1 for two classes.

    Raises
    ------
    ValueError
        Unknown or repeated classes, or more points asked for than there are.

    Notes
    -----
    No network access. Time and memory O(N d). Source: E. Alpaydin, C. Kaynak, UCI repository (1998), test
    part.

    Examples
    --------
    >>> from ntklib.datasets import digits
    >>> X, y = digits(classes=(3, 8), n=100)
    >>> X.shape[0], sorted(set(y.tolist()))
    (100, [-1.0, 1.0])
    """
    from sklearn.datasets import load_digits

    data = load_digits()
    return _prepared("digits", data.data, data.target, classes, standardize, n, key)


def breast_cancer(*, standardize=True, n=None, key=None) -> tuple[jax.Array, jax.Array]:
    """Breast cancer (Wisconsin, diagnostic): 569 tumours, 30 measurements, as shipped with scikit-learn.

    Parameters
    ----------
    standardize : bool
        Whether each measurement is centred and scaled to variance 1 over the points kept.
    n : int, optional
        Number of points to keep, drawn without replacement with ``key``, or the first n without a key.
    key : jax.Array, optional
        Random key for the selection.

    Returns
    -------
    X : jax.Array, shape (N, 30)
        Measurements as rows.
    y : jax.Array, shape (N,)
        -1 for malignant, +1 for benign.

    Raises
    ------
    ValueError
        More points asked for than there are.

    Notes
    -----
    No network access. Time and memory O(N d). Source: W. N. Street, W. H. Wolberg, O. L. Mangasarian, UCI
    repository (1993).

    Examples
    --------
    >>> from ntklib.datasets import breast_cancer
    >>> X, y = breast_cancer()
    >>> X.shape, int((y == 1).sum())
    ((569, 30), 357)
    """
    from sklearn.datasets import load_breast_cancer

    data = load_breast_cancer()
    return _prepared("breast_cancer", data.data, data.target, (0, 1), standardize, n, key)


def _prepared(where, X, y, classes, standardize, n, key) -> tuple[jax.Array, jax.Array]:
    """Select classes and points, standardize, and hand over JAX arrays."""
    keep = np.flatnonzero(np.isin(y, _checked_classes(where, y, classes)))
    if n is not None and positive_int(where, "n", n) > len(keep):
        raise ValueError(f"{where}: n={n}; only {len(keep)} points are there; ask for at most as many.")
    if key is not None:
        keep = keep[np.asarray(jax.random.permutation(key, len(keep)))]
    X, y = X[keep[:n]], y[keep[:n]]
    if standardize:
        spread = X.std(axis=0)
        X = ((X - X.mean(axis=0)) / np.where(spread > 0, spread, 1.0))[:, spread > 0]
    if classes is not None and len(classes) == 2:
        y = np.where(y == classes[1], 1.0, -1.0)
    return jnp.asarray(X, dtype=jnp.result_type(float)), jnp.asarray(y, dtype=jnp.result_type(float))


def _checked_classes(where, y, classes):
    known = sorted({int(c) for c in y})
    if classes is None:
        return known
    if len(set(classes)) != len(classes) or not set(classes) <= set(known) or len(classes) == 0:
        raise ValueError(f"{where}: classes={classes!r}; expected different members of {known}.")
    return list(classes)
