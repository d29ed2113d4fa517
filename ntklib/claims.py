"""What a claim is, the registry of all claims, and the ledger that runs them.

A theory module registers one sentence of the theory together with the experiment that could contradict it,
and a refutation: the same experiment with a broken assumption or a wrong exponent, which must come out as
not holding::

    @claim(
        id="nguyen-depth-upper",
        source="Nguyen, Mondelli, Montúfar 2021, Theorem 3.2",
        statement="λ_min(K^(L)) is at most L times the smallest squared row norm.",
        status="proved here",
        assumptions="Any data without zero rows.",
        does_not_say="That the bound is attained.",
    )
    def depth_upper(*, N=50, d=20, depth=3, seeds=3, factor=1.0):
        ...
        return inequality(measured, factor * bound, table, "<=")

    depth_upper.refuted_by(factor=0.1)
"""

import difflib
import importlib
import inspect
import re
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType

import pandas as pd

from ntklib.evidence import frequency, scaling_law
from ntklib.verdicts import Verdict, inequality, slack_chain

__all__ = [
    "Claim",
    "UnknownClaimError",
    "Verdict",
    "check",
    "claim",
    "frequency",
    "inequality",
    "isolated_registry",
    "ledger",
    "registry",
    "scaling_law",
    "slack_chain",
]

SOURCES = ("Nguyen", "Bombari", "Chen", "Terjék", "Book")
STATUSES = ("proved here", "proof sketched", "cited", "open")
WORDS = ["id", "source", "statement", "status"]
NUMBERS = ["measured", "predicted", "slack"]
COLUMNS = [*WORDS, *NUMBERS, "holds", "refuted", "seconds"]


class UnknownClaimError(KeyError):
    """No claim has this id; the message lists the nearest ones."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True, eq=False)
class Claim:
    """One sentence of the theory that a machine can contradict: left side measured, right side computed.

    Attributes
    ----------
    id : str
        Name in the registry and on the ledger page, without spaces.
    source : str
        First author's surname (Nguyen, Bombari, Chen, Terjék) or "Book", then year and theorem number.
    statement : str
        The claim in words.
    status : str
        One of "proved here", "proof sketched", "cited", "open".
    assumptions, does_not_say : str
        What the statement needs, and what a reader may not conclude from it.
    check : callable
        ``check(**parameters) -> Verdict``.
    refutation : callable
        The same check with a broken assumption or a wrong exponent; its verdict must not hold.
    parameters : mapping
        Names and defaults of the check's parameters, read-only.
    """

    id: str
    source: str
    statement: str
    status: str
    assumptions: str
    does_not_say: str
    check: Callable[..., Verdict]
    refutation: Callable[[], Verdict]
    parameters: Mapping

    def __post_init__(self):
        _validate(self)


_CLAIMS: dict[str, Claim] = {}
_UNREFUTED: set[str] = set()
_FILLING = True


class _Registry(Mapping):
    """Read-only mapping id -> Claim; the first look imports `ntklib.theory`, which registers them."""

    def __getitem__(self, id: str) -> Claim:
        _fill()
        if id not in _CLAIMS:
            near = difflib.get_close_matches(str(id), _CLAIMS, n=3, cutoff=0.4) or sorted(_CLAIMS)[:3]
            nearest = f"the nearest are {', '.join(near)}" if near else "the registry is empty"
            raise UnknownClaimError(
                f"claims: no claim has the id {id!r}; {nearest}; `list(claims.registry)` shows all."
            )
        return _CLAIMS[id]

    def __iter__(self):
        _fill()
        return iter(tuple(_CLAIMS))

    def __len__(self) -> int:
        _fill()
        return len(_CLAIMS)

    def __repr__(self) -> str:
        return f"<registry of {len(self)} claims: {', '.join(self)}>"


registry: Mapping[str, Claim] = _Registry()


def claim(*, id: str, source: str, statement: str, status: str, assumptions: str, does_not_say: str):
    """Decorate a check so that it becomes a `Claim` once ``check.refuted_by`` has given it a refutation.

    Parameters
    ----------
    id, source, statement, status, assumptions, does_not_say : str
        The fields of `Claim`.

    Returns
    -------
    callable
        A decorator returning the check itself, with a method ``refuted_by`` added: call it with keyword
        arguments, ``check.refuted_by(factor=10)``, for the same check with these parameters, or decorate a
        function of no arguments with it. Only then is the claim in the registry.

    Raises
    ------
    ValueError
        For a malformed field, or an id that another function has taken.
    TypeError
        For a check one of whose parameters has no default: the ledger could not run it.

    Notes
    -----
    Running the decorator again from the same function (a reloaded module) replaces the claim.
    Source: Book. Used in every chapter that states a theorem.

    Examples
    --------
    >>> with isolated_registry():
    ...     @claim(id="means", source="Book", statement="AM is at least GM.", status="proved here",
    ...            assumptions="Positive numbers.", does_not_say="By how much.")
    ...     def means(*, a=1.0, b=4.0, factor=1.0):
    ...         return inequality((a + b) / 2, factor * (a * b) ** 0.5)
    ...     means.refuted_by(factor=2.0)
    ...     print(check("means"))
    holds: measured 2.50, predicted 2.00, slack 1.25 (measured >= predicted in 1 of 1 rows)
    """

    def decorate(function):
        fields = {"id": id, "source": source, "statement": statement, "status": status}
        fields |= {"assumptions": assumptions, "does_not_say": does_not_say}
        parameters = MappingProxyType(_defaults(id, function))
        draft = Claim(**fields, check=function, refutation=function, parameters=parameters)
        _refuse_taken(draft)
        _UNREFUTED.add(id)

        def refuted_by(refutation=None, /, **broken):
            chosen = refutation or _with_parameters(draft, broken)
            _CLAIMS[id] = Claim(**fields, check=function, refutation=chosen, parameters=parameters)
            _UNREFUTED.discard(id)
            return refutation

        function.refuted_by = refuted_by
        return function

    return decorate


def check(id: str, /, **parameters) -> Verdict:
    """Run one claim's check and return its verdict.

    Parameters
    ----------
    id : str
        A key of ``claims.registry``.
    **parameters
        Passed to the check; ``registry[id].parameters`` shows names and defaults.

    Returns
    -------
    Verdict

    Raises
    ------
    UnknownClaimError
        If no claim has this id (a `KeyError`; the message lists the nearest ids).
    TypeError
        For a parameter that the check does not have, or a check that returns no `Verdict`.

    Notes
    -----
    Time, memory and precision are the check's. Source: Book. Used in every chapter that states a theorem.

    Examples
    --------
    >>> with isolated_registry():
    ...     check("nowhere")
    Traceback (most recent call last):
    ntklib.claims.UnknownClaimError: claims: no claim has the id 'nowhere'; the registry is empty; ...
    """
    found = registry[id]
    _known_parameters(found, parameters)
    return _run(found, "check", found.check, parameters)


def ledger(ids: Iterable[str] | None = None) -> pd.DataFrame:
    """Run every claim and its refutation, and list the verdicts.

    Parameters
    ----------
    ids : iterable of str, optional
        Which claims, in this order; all of them by default, in the order of registration.

    Returns
    -------
    pandas.DataFrame
        Columns id, source, statement, status, measured, predicted, slack, holds, refuted, seconds.
        ``refuted`` says that the refutation came out as not holding, as it should; ``seconds`` is the wall
        time of both runs.

    Raises
    ------
    UnknownClaimError
        For an unknown id, before anything runs.

    Notes
    -----
    Time and memory are the checks'. The column ``seconds`` changes from run to run: a notebook drops it.
    Source: Book. Used on the ledger page.

    Examples
    --------
    >>> with isolated_registry():
    ...     list(ledger().columns)[-4:]
    ['slack', 'holds', 'refuted', 'seconds']
    """
    if isinstance(ids, str):
        raise TypeError(f"ledger: ids={ids!r} is a single string; expected a list of ids; write [{ids!r}].")
    chosen = [registry[id] for id in (registry if ids is None else ids)]
    return pd.DataFrame([_row(found) for found in chosen], columns=COLUMNS)


@contextmanager
def isolated_registry():
    """Empty the registry inside a ``with`` block, for tests, exercises and doctests; restore it afterwards.

    Yields
    ------
    Mapping
        The same ``registry`` object; meanwhile it does not import `ntklib.theory`.

    Examples
    --------
    >>> with isolated_registry() as empty:
    ...     len(empty)
    0
    """
    global _CLAIMS, _UNREFUTED, _FILLING
    saved = _CLAIMS, _UNREFUTED, _FILLING
    _CLAIMS, _UNREFUTED, _FILLING = {}, set(), False
    try:
        yield registry
    finally:
        _CLAIMS, _UNREFUTED, _FILLING = saved


def _fill() -> None:
    """Import the theory on first use: this module lies below it and must not import it while loading."""
    if _FILLING:
        importlib.import_module("ntklib.theory")
    if _UNREFUTED:
        raise TypeError(
            f"claims: {', '.join(sorted(_UNREFUTED))} has no refutation; expected `check.refuted_by(...)` "
            "after the "
            "check; a claim whose check cannot fail is worth nothing."
        )


def _row(found: Claim) -> tuple:
    start = time.perf_counter()
    verdict = _run(found, "check", found.check, {})
    broken = _run(found, "refutation", found.refutation, {})
    seconds = time.perf_counter() - start
    words = [getattr(found, name) for name in WORDS]
    numbers = [getattr(verdict, name) for name in NUMBERS]
    return (*words, *numbers, verdict.holds, not broken.holds, seconds)


def _run(found: Claim, what: str, function, parameters) -> Verdict:
    try:
        verdict = function(**parameters)
    except Exception as error:
        error.add_note(f"claims: while running the {what} of {found.id!r}")
        raise
    if not isinstance(verdict, Verdict):
        raise TypeError(
            f"claims: the {what} of {found.id!r} returned a {type(verdict).__name__}; expected a Verdict; "
            "end it with inequality, scaling_law or frequency."
        )
    return verdict


def _known_parameters(found: Claim, parameters) -> None:
    for name in parameters:
        if name not in found.parameters:
            raise TypeError(
                f"claims: the check of {found.id!r} has no parameter {name!r}; "
                f"expected some of {', '.join(found.parameters) or 'none'}."
            )


def _with_parameters(draft: Claim, broken):
    """The same check with the parameters that break it."""
    if not broken:
        raise TypeError(
            f"claims: refuted_by of {draft.id!r} received nothing; expected a function or the parameters "
            "that break "
            "the claim; an unchanged check refutes nothing."
        )
    _known_parameters(draft, broken)
    return lambda: draft.check(**broken)


def _defaults(id: str, function) -> dict:
    parameters = inspect.signature(function).parameters.values()
    for p in parameters:
        if p.default is p.empty or p.kind not in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY):
            raise TypeError(
                f"claim: parameter {p.name!r} of the check of {id!r} has no default or no name; expected "
                "named "
                "parameters with defaults, so that the ledger can run it."
            )
    return {p.name: p.default for p in parameters}


def _refuse_taken(draft: Claim) -> None:
    taken = _CLAIMS.get(draft.id)
    if taken and _name(taken.check) != _name(draft.check):
        raise ValueError(
            f"claim: the id {draft.id!r} is taken by {'.'.join(_name(taken.check))}; expected an id of its own."
        )


def _name(function) -> tuple[str, str]:
    return function.__module__, function.__qualname__


def _validate(found: Claim) -> None:
    if not re.fullmatch(r"\w[\w.\-]*", str(found.id)):
        raise ValueError(f"Claim: id={found.id!r}; expected letters, digits, '.', '-', '_' without spaces.")
    if not re.match(rf"({'|'.join(SOURCES)})\b", str(found.source)):
        raise ValueError(
            f"Claim {found.id!r}: source={found.source!r}; expected it to begin with one of {', '.join(SOURCES)}."
        )
    if found.status not in STATUSES:
        allowed = ", ".join(STATUSES)
        raise ValueError(f"Claim {found.id!r}: status={found.status!r}; expected one of {allowed}.")
    for name in ("statement", "assumptions", "does_not_say"):
        if not str(getattr(found, name)).strip():
            raise ValueError(f"Claim {found.id!r}: {name} is empty; expected a sentence; say 'none' if so.")
