"""The ledger of one part of the book, and claims as a page shows them: rows of a table, or sentences."""

from html import escape

import pandas as pd

from ntklib.claims import registry
from ntklib.tables import Link, format_value


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
        Without seconds and statement; measured and predicted cut to two digits. A column ``verdict`` says in a word
        whether the claim holds and its rival is refuted.

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
    view["verdict"] = [_verdict(*both) for both in zip(ledger["holds"], ledger["refuted"])]
    view["slack"] = [s if m != "rounding" else "−" for s, m in zip(view["slack"], view["measured"])]
    return view


def _verdict(holds: bool, refuted: bool) -> str:
    if not holds:
        return "fails"
    return "holds" if refuted else "rival holds, too"


def anchored(ledger: pd.DataFrame) -> pd.DataFrame:
    """Return a ledger whose ids are anchors of the page, and links to the chapter that states the claim.

    Examples
    --------
    >>> from ntklib import claims
    >>> anchored(claims.ledger(["arc-cosine-kernels"]))["id"][0].href
    '../infinite_width/hermite.html'
    """
    links = [Link(id, "../{}/{}.html".format(*_place(id)), anchor=f"claim-{id}") for id in ledger["id"]]
    return ledger.assign(id=links)


def _place(id: str) -> tuple[str, str]:
    """Return the part and the chapter that a claim belongs to."""
    _, _, part, chapter, *_ = registry[id].check.__module__.split(".")
    return part, chapter


class Statements:
    """The claims of a ledger as sentences: what is claimed, measured and told apart, and which rival is rejected.

    Parameters
    ----------
    ledger : pandas.DataFrame
        From :func:`ntklib.claims.ledger`.

    Notes
    -----
    As HTML, every claim is an anchor and links to its row in the ledger of its part. Source: Book.

    Examples
    --------
    >>> from ntklib import claims
    >>> Statements(claims.ledger(["relu-hermite-coefficients"]))
    relu-hermite-coefficients · sharp · proved here
      μ_r(ReLU) is 1/√(2π), 1/2, 0 at odd r ≥ 3, and ±(r−3)!!/√(2π r!) at even r ≥ 2.
      measured rounding; right side 1.0e-12
      resolution: relative error 1.0e-12
      rejects: (r−1)!! in the place of (r−3)!!
    """

    def __init__(self, ledger: pd.DataFrame):
        shown = ledger_view(ledger).assign(statement=ledger["statement"])
        self.entries = [self._entry(row) for row in shown.to_dict("records")]

    def _entry(self, row) -> tuple[str, str, list[str]]:
        claim, slack = registry[row["id"]], format_value(row["slack"], 2)
        numbers = f"measured {format_value(row['measured'], 2)}; right side {format_value(row['predicted'], 2)}"
        lines = [claim.statement, numbers + (f"; slack {slack}" if slack != "−" else "")]
        lines += [f"resolution: {row['resolution']}", f"rejects: {claim.rival}"]
        status, _, missing = row["status"].partition("; missing: ")
        lines += [f"missing in the proof: {missing}"] if missing else []
        if row["grade"] != "sharp":
            lines.append(f"sharp companion: {claim.companion}" if claim.companion else f"loose: {claim.loose_because}")
        return claim.id, f"{row['grade']} · {status}", lines

    def __repr__(self) -> str:
        return "\n".join("\n  ".join([f"{id} · {grade}", *lines]) for id, grade, lines in self.entries)

    def _repr_html_(self) -> str:
        return '<dl class="claims">\n' + "\n".join(map(self._html, self.entries)) + "\n</dl>"

    @staticmethod
    def _html(entry) -> str:
        id, grade, (sentence, numbers, told, *rest) = entry
        link = Link(id, f"../ledger/{_place(id)[0]}.html#claim-{id}", anchor=f"claim-{id}").html()
        lines = "<br>".join(map(escape, (sentence, f"{numbers}; {told}", *rest)))
        return f"<dt>{link} · {escape(grade)}</dt>\n<dd>{lines}</dd>"


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
