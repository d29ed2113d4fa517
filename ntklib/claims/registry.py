"""What a claim is, and the registry of all claims."""

import difflib
import inspect
import os
import pickle
import re
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import jax

from ntklib.claims.forms import concluding
from ntklib.claims.verdicts import Verdict

SOURCES = ("Nguyen", "Bombari", "Chen", "Terjék", "Book")
STATUSES = ("proved here", "proof sketched", "cited", "open")
DRAWS = ("seeds", "trials", "draws")  # a check that counts random draws has a `seed` for the first of them


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
    rival : str
        The nearest plausible wrong statement, in words.
    refutation : callable
        The same check of the rival; its verdict must not hold.
    broken : mapping
        The parameters that the refutation changes; empty if it is a function of its own.
    parameters : mapping
        Names and defaults of the check's parameters, read-only.
    kind : str
        What its resolution varies: factor, exponent, identity, estimate or frequency.
    deterministic : str
        Why there is nothing random in the check, where it has no parameter ``seed``.
    companion : str
        For a loose claim, the id of a sharp one: an extremal instance, or a limit in which both sides meet.
    loose_because : str
        For a loose claim without a companion, what the field does not know, or what is lost and where.
    missing_step : str
        For a sketched proof, the step that is not carried out.
    """

    id: str
    source: str
    statement: str
    status: str
    assumptions: str
    does_not_say: str
    check: Callable[..., Verdict]
    rival: str
    refutation: Callable[[], Verdict]
    broken: Mapping
    parameters: Mapping
    kind: str
    deterministic: str = ""
    companion: str = ""
    loose_because: str = ""
    missing_step: str = ""

    def __post_init__(self):
        _validate(self)

    @property
    def standing(self) -> str:
        """The status, and for a sketched proof the step that is missing."""
        return f"{self.status}; missing: {self.missing_step}" if self.missing_step else self.status


_CLAIMS: dict[str, Claim] = {}
_UNREFUTED: set[str] = set()


class _Registry(Mapping):
    """Read-only mapping id -> Claim; importing `ntklib` fills it, `ntklib.theory` being among what it imports."""

    def __getitem__(self, id: str) -> Claim:
        _refuse_unrefuted()
        if id not in _CLAIMS:
            near = difflib.get_close_matches(str(id), _CLAIMS, n=3, cutoff=0.4) or sorted(_CLAIMS)[:3]
            nearest = f"the nearest are {', '.join(near)}" if near else "the registry is empty"
            raise UnknownClaimError(
                f"claims: no claim has the id {id!r}; {nearest}; `list(claims.registry)` shows all."
            )
        return _CLAIMS[id]

    def __iter__(self):
        _refuse_unrefuted()
        return iter(tuple(_CLAIMS))

    def __len__(self) -> int:
        _refuse_unrefuted()
        return len(_CLAIMS)

    def __repr__(self) -> str:
        return f"<registry of {len(self)} claims: {', '.join(self)}>"


registry: Mapping[str, Claim] = _Registry()


def claim(
    *,
    id: str,
    source: str,
    statement: str,
    status: str,
    assumptions: str,
    does_not_say: str,
    verdict: Callable,
    deterministic: str = "",
    companion: str = "",
    loose_because: str = "",
    missing_step: str = "",
):
    """Decorate a check so that it becomes a `Claim` once ``check.refuted_by`` has named its rival.

    Parameters
    ----------
    id, source, statement, status, assumptions, does_not_say : str
    deterministic, companion, loose_because, missing_step : str, optional
        The fields of `Claim`.
    verdict : callable
        The form of the statement, such as ``at_most()``: it turns the rows that the check yields into a verdict.

    Returns
    -------
    callable
        A decorator returning the check as a function that returns its verdict, with a method ``refuted_by``: call it
        with the rival in words and the parameters that state it, ``check.refuted_by("K - 1 layers", layers=-1)``, or
        decorate a function of no arguments with ``@check.refuted_by("K - 1 layers")``. Only then is the claim in the
        registry.

    Raises
    ------
    ValueError
        For a malformed field, or an id that another function has taken.
    TypeError
        For a check one of whose parameters has no default: the ledger could not run it; or whose randomness does not
        come from a parameter called ``seed``.

    Notes
    -----
    Running the decorator again from the same function (a reloaded module) replaces the claim. Source: Book.

    Examples
    --------
    >>> from ntklib.claims import at_least
    >>> with isolated_registry():
    ...     @claim(id="means", source="Book", statement="AM is at least GM.", status="proved here",
    ...            assumptions="Positive numbers.", does_not_say="By how much.",
    ...            verdict=at_least(), deterministic="two numbers")
    ...     def means(*, a=1.0, b=4.0, factor=1.0):
    ...         yield (a + b) / 2, factor * (a * b) ** 0.5, {"a": a, "b": b}
    ...     means.refuted_by("the bound is 3/2 of it", factor=1.5)
    ...     print(check("means"))
    holds: measured 2.50, predicted 2.00, slack 1.25 (measured >= predicted in 1 of 1 rows)
    """
    fields = {"id": id, "source": source, "statement": statement, "status": status}
    fields |= {"assumptions": assumptions, "does_not_say": does_not_say}
    fields |= {"deterministic": deterministic, "companion": companion}
    fields |= {"loose_because": loose_because, "missing_step": missing_step}

    def decorate(function):
        parameters = MappingProxyType(_defaults(id, function))
        _one_seed(id, parameters, deterministic)
        run = concluding(function, verdict)
        _refuse_taken(id, run)
        fields["kind"] = verdict.kind
        none = {"rival": "none yet", "refutation": run, "broken": MappingProxyType({})}
        draft = Claim(**fields, **none, check=run, parameters=parameters)
        _UNREFUTED.add(id)

        def refuted_by(rival, /, **broken):
            def register(refutation):
                changed = MappingProxyType(broken)
                _CLAIMS[id] = replace(draft, rival=rival, refutation=refutation, broken=changed)
                _UNREFUTED.discard(id)
                return refutation

            if not broken:
                return register
            register(_with_parameters(draft, broken))

        run.refuted_by = refuted_by
        return run

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
    Time, memory and precision are the check's. Source: Book.

    Examples
    --------
    >>> with isolated_registry():
    ...     check("nowhere")
    Traceback (most recent call last):
    ntklib.claims.registry.UnknownClaimError: claims: no claim has the id 'nowhere'; the registry is empty; ...
    """
    found = registry[id]
    _known_parameters(found, parameters)
    return run(found, "check", found.check, parameters)


@contextmanager
def isolated_registry():
    """Empty the registry inside a ``with`` block, for tests, exercises and doctests; restore it afterwards.

    Yields
    ------
    Mapping
        The same ``registry`` object.

    Examples
    --------
    >>> with isolated_registry() as empty:
    ...     len(empty)
    0
    """
    global _CLAIMS, _UNREFUTED
    saved = _CLAIMS, _UNREFUTED
    _CLAIMS, _UNREFUTED = {}, set()
    try:
        yield registry
    finally:
        _CLAIMS, _UNREFUTED = saved


def _refuse_unrefuted() -> None:
    if _UNREFUTED:
        raise TypeError(
            f"claims: {', '.join(sorted(_UNREFUTED))} has no refutation; expected `check.refuted_by(rival, ...)` after "
            "the check; a claim whose check cannot fail is worth nothing."
        )


def run(found: Claim, what: str, function, parameters) -> Verdict:
    """Return the verdict of a claim's check or refutation; an error says which one it came from.

    Processes that are given a folder, BOOK_VERDICTS, compute each verdict of the claims' own settings once and share
    it: the chapters and the ledger pages of one run of `make test`, which throws the folder away.
    """
    folder = None if parameters else os.environ.get("BOOK_VERDICTS")
    file = Path(folder, f"{found.id}-{what}-{jax.config.jax_enable_x64}.pickle") if folder else None
    if file and file.exists():
        return pickle.loads(file.read_bytes())
    verdict = _run(found, what, function, parameters)
    if file:
        part = file.with_suffix(f".{os.getpid()}")
        part.write_bytes(pickle.dumps(verdict))
        part.replace(file)
    return verdict


def _run(found: Claim, what: str, function, parameters) -> Verdict:
    try:
        verdict = function(**parameters)
    except Exception as error:
        error.add_note(f"claims: while running the {what} of {found.id!r}")
        raise
    if not isinstance(verdict, Verdict):
        raise TypeError(f"claims: the {what} of {found.id!r} returned a {type(verdict).__name__}; expected a Verdict.")
    return verdict


def _known_parameters(found: Claim, parameters) -> None:
    for name in parameters:
        if name not in found.parameters:
            raise TypeError(
                f"claims: the check of {found.id!r} has no parameter {name!r}; "
                f"expected some of {', '.join(found.parameters) or 'none'}."
            )


def _with_parameters(draft: Claim, broken):
    """The same check with the parameters that state its rival."""
    _known_parameters(draft, broken)
    return lambda: draft.check(**broken)


def _defaults(id: str, function) -> dict:
    parameters = inspect.signature(function).parameters.values()
    for p in parameters:
        if p.default is p.empty or p.kind not in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY):
            raise TypeError(
                f"claim: parameter {p.name!r} of the check of {id!r} has no default or no name; expected "
                "named parameters with defaults, so that the ledger can run it."
            )
    return {p.name: p.default for p in parameters}


def _one_seed(id: str, parameters, deterministic: str) -> None:
    """All randomness of a check comes from one parameter, called ``seed``; a check without any says why."""
    if "first_seed" in parameters or ("seed" not in parameters and any(name in parameters for name in DRAWS)):
        raise TypeError(
            f"claim: the check of {id!r} has the parameters {', '.join(parameters)}; expected the first of its seeds "
            "in a parameter called 'seed', so that every claim can be run with another one."
        )
    if ("seed" in parameters) == bool(deterministic.strip()):
        raise TypeError(
            f"claim: the check of {id!r} has {'a' if 'seed' in parameters else 'no'} parameter 'seed' and "
            f"deterministic={deterministic!r}; expected a seed, or the reason why nothing in it is random."
        )


def _refuse_taken(id: str, check) -> None:
    taken = _CLAIMS.get(id)
    if taken and _name(taken.check) != _name(check):
        raise ValueError(f"claim: the id {id!r} is taken by {'.'.join(_name(taken.check))}; expected an id of its own.")


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
    if bool(found.missing_step) != (found.status == "proof sketched"):
        raise ValueError(
            f"Claim {found.id!r}: missing_step={found.missing_step!r} with status={found.status!r}; expected the step "
            "that a sketched proof lacks, and none for another status."
        )
    for name in ("statement", "assumptions", "does_not_say", "rival"):
        if not str(getattr(found, name)).strip():
            raise ValueError(f"Claim {found.id!r}: {name} is empty; expected a sentence; say 'none' if so.")
