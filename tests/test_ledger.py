"""Every claim of the book: its seed, its rival, its grade, and the settings frozen before any grade was given.

The claims as printed, and the checks of their rivals, are run by the ledger pages, chapters/ledger/*.ipynb, which nbval
re-runs and which stop with an error unless all hold, all rivals are rejected, and every loose claim has a companion or
a reason. Here every claim is run with another seed: a third of them in each run, all of them once a week.
"""

import json
from pathlib import Path

import jax
import numpy as np
import pandas as pd
import pytest

from ntklib import claims, theory
from ntklib.claims.resolution import Resolution
from ntklib.theory.headlines import HEADLINES
from ntklib.theory.ledger import Statements, anchored, ledger_view, part_claims, reproaches

OTHER_SEED = 50
DATA = Path(__file__).parent / "data"


@pytest.fixture(autouse=True)
def double_precision():
    if not jax.config.jax_enable_x64:
        pytest.skip("claims are stated for float64")


@pytest.mark.in_turns
@pytest.mark.parametrize("id", [id for id, claim in claims.registry.items() if "seed" in claim.parameters])
def test_a_claim_holds_for_another_seed(id):
    assert claims.check(id, seed=OTHER_SEED), id


def test_a_claim_without_a_seed_says_why_nothing_in_it_is_random():
    unseeded = [claim for claim in claims.registry.values() if "seed" not in claim.parameters]
    assert all(len(claim.deterministic) > 10 for claim in unseeded), [c.id for c in unseeded]


def test_every_rival_is_a_sentence_of_its_own():
    short = [claim.id for claim in claims.registry.values() if len(claim.rival) < 12]
    assert short == []


def changed_regimes():
    """Settings that differ from the first edition's, with the reason: {id: {parameter: reason}}."""
    return {id: why for file in DATA.glob("changed_regimes*.json") for id, why in json.loads(file.read_text()).items()}


def first_edition():
    """Settings frozen in the first edition by today's ids: renamed_claims.json says which claims got another id."""
    frozen = json.loads((DATA / "claims_first_edition.json").read_text(encoding="utf-8"))
    renamed = json.loads((DATA / "renamed_claims.json").read_text(encoding="utf-8"))
    assert set(renamed) <= set(frozen) - set(claims.registry), "an old id is unknown or still in use"
    assert len(set(renamed.values()) - set(frozen)) == len(renamed), "a new id is not new"
    return {renamed.get(id, id): settings for id, settings in frozen.items()}


def plain(value):
    """A default as the frozen file holds it."""
    return value if isinstance(value, int | float | str | bool | None) else repr(value)


def test_no_claim_of_the_first_edition_is_gone_and_its_settings_are_those_that_were_frozen():
    frozen, reasons = first_edition(), changed_regimes()
    assert set(frozen) - set(claims.registry) == set()
    moved = []
    for id, settings in frozen.items():
        now = claims.registry[id].parameters
        for name in set(settings) & set(now):
            if plain(now[name]) != settings[name] and name not in reasons.get(id, {}):
                moved.append(f"{id}: {name} was {settings[name]}, is {now[name]}")
    assert moved == []


def test_reasons_are_given_for_settings_that_did_change_only():
    frozen = first_edition()
    for id, reasons in changed_regimes().items():
        assert all(len(reason) > 10 for reason in reasons.values()), id
        for name in reasons:
            now = claims.registry[id].parameters
            assert name not in now or name not in frozen[id] or plain(now[name]) != frozen[id][name], (id, name)


def test_companions_exist():
    named = {claim.id: claim.companion for claim in claims.registry.values() if claim.companion}
    assert {id: other for id, other in named.items() if other not in claims.registry or other == id} == {}


def test_the_parts_of_the_ledger_hold_every_claim_once():
    ids = [id for part in theory.__all__ for id in part_claims(part)]
    assert sorted(ids) == sorted(claims.registry)


def test_a_part_without_claims_is_refused_by_name():
    with pytest.raises(ValueError, match=r"part='polylog' has no claims; expected one of .*'infinite_width'"):
        part_claims("polylog")


def test_rounding_errors_are_shown_as_a_word_and_other_numbers_to_two_digits():
    frame = pd.DataFrame(
        {
            "seconds": [1.0, 1.0, 1.0],
            "statement": "",
            "measured": [3e-16, 0.12345, -0.1],
            "predicted": [1e-3, 2.0, 0.0],
            "slack": [2.0, 3.0, 4.0],
            "holds": [True, True, False],
            "refuted": [True, False, True],
        }
    )
    view = ledger_view(frame)
    assert view.to_dict("list") == {
        "measured": ["rounding", 0.12, -0.1],
        "predicted": [1e-3, 2.0, 0.0],
        "slack": ["−", 3.0, 4.0],
        "holds": [True, True, False],
        "refuted": [True, False, True],
        "verdict": ["holds", "rival holds, too", "fails"],
    }


# what a ledger is reproached with


def row(id, grade="sharp", nearest=1.1, kind="factor"):
    found = Resolution(kind, nearest, nearest, "", vacuous=grade == "vacuous")
    return {"id": id, "grade": grade, "resolution": found, "holds": True, "refuted": True}


@pytest.fixture
def registered():
    with claims.isolated_registry():

        def register(id, factor=1.5, **fields):
            words = {"source": "Book", "statement": "s", "status": "open", "assumptions": "a", "does_not_say": "d"}

            @claims.claim(**words, id=id, verdict=claims.at_least(), deterministic="two numbers", **fields)
            def check(*, factor=1.0):
                yield 1.0, factor

            check.refuted_by("a larger number", factor=factor)

        yield register


def test_a_loose_claim_needs_a_sharp_companion_or_a_reason(registered):
    registered("bare")
    registered("reasoned", loose_because="no companion is known")
    registered("paired", companion="sharp")
    registered("badly-paired", companion="bare")
    registered("sharp")
    rows = [row(id, "loose", 3.0) for id in ("bare", "reasoned", "paired", "badly-paired")] + [row("sharp")]
    found = reproaches(pd.DataFrame(rows))
    assert [text.partition(":")[0] for text in found] == ["bare", "badly-paired"]


def test_a_bare_factor_is_a_rival_up_to_twice_the_resolution_only(registered):
    registered("near", factor=2.0)
    registered("far", factor=2.5)
    registered("small", factor=0.4)
    found = reproaches(pd.DataFrame([row(id, nearest=1.1) for id in ("near", "far", "small")]))
    assert [text.partition(":")[0] for text in found] == ["far", "small"]


def test_a_claim_that_is_not_loose_gives_no_excuse(registered):
    registered("excused", loose_because="it was loose once")
    assert "excused: is sharp" in reproaches(pd.DataFrame([row("excused")]))[0]


def test_infinite_resolutions_are_loose():
    assert Resolution("factor", np.inf, np.inf, "").grade == "loose"


def test_headlines_are_claims():
    named = [id for ids in HEADLINES.values() for id in ids]
    assert len(set(named)) == len(named)
    assert set(named) - set(claims.registry) == set()


def test_a_claim_is_an_anchor_in_its_chapter_and_in_the_ledger_and_each_links_to_the_other():
    ledger = claims.ledger(["arc-cosine-kernels"])
    page = Statements(ledger)._repr_html_()
    row = anchored(ledger)["id"][0].html()
    assert 'id="claim-arc-cosine-kernels" href="../ledger/infinite_width.html#claim-arc-cosine-kernels"' in page
    assert row == '<a id="claim-arc-cosine-kernels" href="../infinite_width/hermite.html">arc-cosine-kernels</a>'
    assert claims.registry["arc-cosine-kernels"].rival in repr(Statements(ledger))
