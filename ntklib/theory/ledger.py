"""The ledger of one part of the book, and its rows as a page shows them."""

import pandas as pd

from ntklib.claims import registry


def part_claims(part: str) -> list[str]:
    """Return the ids of the claims registered by one part of the book, in the order of the registry.

    Parameters
    ----------
    part : str
        Name of the part's package in ``ntklib.theory``, such as ``"infinite_width"``.

    Returns
    -------
    list of str

    Raises
    ------
    ValueError
        If no claim belongs to that part.

    Notes
    -----
    Source: Book.

    Examples
    --------
    >>> "nguyen-limit-upper" in part_claims("infinite_width")
    True
    """
    prefix = f"ntklib.theory.{part}."
    ids = [id for id, claim in registry.items() if claim.check.__module__.startswith(prefix)]
    if not ids:
        parts = sorted({claim.check.__module__.split(".")[2] for claim in registry.values()})
        raise ValueError(f"part_claims: part={part!r} has no claims; expected one of {parts}.")
    return ids


def ledger_view(ledger: pd.DataFrame, *, rounding: float = 1e-9) -> pd.DataFrame:
    """Return the rows of a ledger with numbers that are the same on every machine.

    Parameters
    ----------
    ledger : pandas.DataFrame
        From :func:`ntklib.claims.ledger`.
    rounding : float
        Smaller measured numbers are rounding errors: the word is shown instead, and no slack.

    Returns
    -------
    pandas.DataFrame
        Without seconds and statement; measured and predicted cut to two digits.

    Notes
    -----
    Source: Book.

    Examples
    --------
    >>> from ntklib import claims
    >>> ledger_view(claims.ledger(["relu-hermite-coefficients"]))["measured"].tolist()
    ['rounding']
    """

    def shown(value):
        return "rounding" if 0 <= abs(value) < rounding else float(f"{value:.1e}")

    view = ledger.drop(columns=["seconds", "statement"]).copy()
    view["measured"] = ledger["measured"].map(shown)
    view["predicted"] = [
        float(f"{value:.1e}") if value == 0 or abs(value) > 1e-14 else "rounding" for value in ledger["predicted"]
    ]
    view["slack"] = [s if m != "rounding" else "−" for s, m in zip(view["slack"], view["measured"])]
    return view


def reproaches(ledger: pd.DataFrame) -> list[str]:
    """Say what is wrong with the claims of a ledger, one sentence each; an empty list if nothing is.

    Parameters
    ----------
    ledger : pandas.DataFrame
        From :func:`ntklib.claims.ledger`.

    Returns
    -------
    list of str
        Loose claims with neither a sharp companion nor a reason, excuses of claims that are not loose, and rivals that
        are a bare factor beyond twice the claim's resolution.

    Notes
    -----
    A companion of another part is looked up by its declaration; its own ledger shows its grade. Source: Book.

    Examples
    --------
    >>> from ntklib import claims
    >>> reproaches(claims.ledger(["arc-cosine-kernels"]))
    []
    """
    grades = dict(zip(ledger["id"], ledger["grade"]))
    found = [_looseness(registry[id], grade, grades) for id, grade in grades.items()]
    found += [_bare_factor(registry[id], resolution) for id, resolution in zip(ledger["id"], ledger["resolution"])]
    return [sentence for sentence in found if sentence]


def _looseness(claim, grade: str, grades) -> str:
    if grade == "sharp":
        return f"{claim.id}: is sharp, but excuses itself for being loose" if claim.loose_because else ""
    if claim.loose_because:
        return ""
    if grade == "vacuous":
        return f"{claim.id}: is vacuous and does not say why"
    companion = grades.get(claim.companion, "sharp" if claim.companion else "none")
    return "" if companion == "sharp" else f"{claim.id}: is loose, without a reason; its companion is {companion}"


def _bare_factor(claim, resolution) -> str:
    if set(claim.broken) != {"factor"} or resolution.kind != "factor":
        return ""
    factor = max(claim.broken["factor"], 1 / claim.broken["factor"])
    if factor <= 2 * resolution.nearest:
        return ""
    allowed = f"twice the resolution {resolution.nearest:.3g}"
    return f"{claim.id}: its rival is the bare factor {factor:.3g}, beyond {allowed}"
