"""The forms that a claim can take: how the rows that a check yields become a verdict.

A check is a generator. Each ``yield measured, bound, settings`` is a row, ``settings`` a mapping (it may be left out);
arrays on the left or right make several rows with the same settings. A parameter of the check that has the name of an
option of its form (``exponent``, ``tolerance``, …) replaces that option: so a refutation can change it.
"""

import functools
import inspect

import numpy as np

from ntklib.claims.evidence import frequency, scaling_law
from ntklib.claims.verdicts import Verdict, approximation, estimate, identity, inequality, up_to_factor


def at_least(**options):
    r"""Form of a lower bound: rows ``(measured, bound, settings)``, options of :func:`ntklib.claims.inequality`.

    Examples
    --------
    >>> at_least()([(3.0, 1.0, {"N": 2}), (2.5, 2.0, {"N": 3})], {}).slack
    1.25
    """
    return _form(
        lambda rows, given: inequality(*_columns(rows), direction=">=", **given), options, inequality, "factor"
    )


def at_most(**options):
    r"""Form of an upper bound: rows ``(measured, bound, settings)``, options of :func:`ntklib.claims.inequality`.

    Examples
    --------
    >>> at_most(trivial=1.0)([(0.2, 3.0)], {}).grade
    'vacuous'
    """
    return _form(
        lambda rows, given: inequality(*_columns(rows), direction="<=", **given), options, inequality, "factor"
    )


def equal(**options):
    r"""Form of an identity: rows ``(left, right, settings)``, options of :func:`ntklib.claims.identity`.

    Examples
    --------
    >>> equal(tolerance=1e-12)([(np.arange(3.0), np.arange(3.0))], {}).measured
    0.0
    """
    return _form(lambda rows, given: identity(*_columns(rows), **given), options, identity, "identity")


def mean_of_draws(**options):
    r"""Form of an exact mean: rows ``(draws, exact, settings)``, options of :func:`ntklib.claims.estimate`.

    ``draws`` is a vector of independent draws; its mean and standard error are compared with the exact value.

    Examples
    --------
    >>> mean_of_draws()([(np.random.default_rng(0).standard_normal(400), 0.0)], {}).holds
    True
    """

    def conclude(rows, given):
        draws = [np.asarray(row[0], float) for row in rows]
        means = [d.mean() for d in draws]
        errors = [d.std(ddof=1) / d.size**0.5 for d in draws]
        return estimate(means, errors, [row[1] for row in rows], _settings(rows), **given)

    return _form(conclude, options, estimate, "estimate")


def approximates(**options):
    r"""Form of a formula with an error term: rows ``(measured, (formula, error term), settings)``.

    Examples
    --------
    >>> approximates()([(101.0, (100.0, 2.0), {"N": 3})], {}).holds
    True
    """

    def conclude(rows, given):
        measured, formula, table = _columns([(row[0], row[1][0], *row[2:]) for row in rows])
        allowed = _columns([(row[0], row[1][1], *row[2:]) for row in rows])[1]
        return approximation(measured, formula, allowed, table, **given)

    return _form(conclude, options, approximation, "estimate")


def within_factor(**options):
    r"""Form of an agreement up to a factor: rows ``(measured, (predicted, factor), settings)``.

    Examples
    --------
    >>> within_factor()([(1.2, (1.0, 1.5), {"N": 3})], {}).holds
    True
    """

    def conclude(rows, given):
        measured, predicted, table = _columns([(row[0], row[1][0], *row[2:]) for row in rows])
        factor = _columns([(row[0], row[1][1], *row[2:]) for row in rows])[1]
        return up_to_factor(measured, predicted, factor, table, **given)

    return _form(conclude, options, up_to_factor, "estimate")


def power_law(x: str, *, absolute: bool = False, **options):
    r"""Form of a scaling law: rows ``(value, right side or None, settings)``; ``x`` names a setting.

    Options are those of :func:`ntklib.claims.scaling_law`. With ``absolute`` the right side is the theory's own, and
    the ratios to it must lie in ``ratio_band``; else the rows' second entries are ignored.

    Examples
    --------
    >>> rows = [(2.0 * n, None, {"n": n}) for n in (10, 20, 100)]
    >>> power_law("n", exponent=1.0, ratio_band=(0.9, 1.1))(rows, {}).holds
    True
    """

    def conclude(rows, given):
        y, right, table = _columns(rows)
        right = right if absolute else None
        return scaling_law([row[x] for row in table], y, predicted=right, table=table, **given)

    return _form(conclude, options, scaling_law, "exponent")


def probability(**options):
    r"""Form of a probability: rows ``((successes, trials), predicted, settings)``, options of `claims.frequency`.

    Examples
    --------
    >>> probability()([((96, 100), 0.95, {"d": 3})], {}).holds
    True
    """

    def conclude(rows, given):
        successes, trials = zip(*(row[0] for row in rows))
        return frequency(successes, trials, [row[1] for row in rows], table=_settings(rows), **given)

    return _form(conclude, options, frequency, "frequency")


def concluding(check, form):
    """Return the check as a function that runs the generator and returns the verdict of its rows."""

    @functools.wraps(check)
    def verdict(**parameters) -> Verdict:
        defaults = {p.name: p.default for p in inspect.signature(check).parameters.values()}
        return form(list(check(**parameters)), defaults | parameters)

    return verdict


def _form(conclude, options, constructor, kind: str):
    """A function of rows and the check's parameters; those that are options of the constructor replace its options."""
    known = {name for name, p in inspect.signature(constructor).parameters.items() if p.kind == p.KEYWORD_ONLY}
    known |= {"exponent", "ratio_band"} & set(inspect.signature(constructor).parameters)
    known -= {"table", "predicted"}
    unknown = sorted(set(options) - known)
    if unknown:
        raise TypeError(
            f"claims: a form received the option {unknown[0]!r}; expected some of {', '.join(sorted(known))}."
        )

    replaceable = known - {"scale"}

    def form(rows, parameters):
        if not rows:
            raise ValueError(
                "claims: the check yielded no row; expected `yield measured, bound, settings` at least once."
            )
        return conclude(rows, options | {name: parameters[name] for name in replaceable & set(parameters)})

    form.kind = kind
    return form


def _columns(rows):
    """Measured, bound and settings, one entry per number; a right side of None becomes NaN."""
    measured, bound, table = [], [], []
    for row, settings in zip(rows, _settings(rows)):
        left, right = np.broadcast_arrays(np.asarray(row[0], float), np.asarray(row[1], float))
        measured += left.ravel().tolist()
        bound += right.ravel().tolist()
        table += [settings] * left.size
    return measured, bound, table


def _settings(rows) -> list[dict]:
    return [dict(row[2]) if len(row) > 2 else {} for row in rows]
