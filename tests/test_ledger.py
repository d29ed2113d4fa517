"""Every claim of the book holds for another seed than the printed one.

The claims as printed, and their refutations, are run by the ledger pages, chapters/ledger/*.ipynb, which nbval re-runs
and which stop with an error unless all hold and all refutations fail.
"""

from pathlib import Path

import jax
import pandas as pd
import pytest

from ntklib import claims, theory
from ntklib.theory.ledger import ledger_view, part_claims

OTHER_SEED = {"seed": 50, "first_seed": 100}  # the names under which a check takes its one seed


@pytest.fixture(autouse=True)
def double_precision():
    if not jax.config.jax_enable_x64:
        pytest.skip("claims are stated for float64")


LEDGERS = Path(__file__).parents[1] / "chapters" / "ledger"
SEEDED = [(id, name) for id, claim in claims.registry.items() for name in OTHER_SEED if name in claim.parameters]


@pytest.mark.parametrize(("id", "name"), SEEDED)
def test_a_claim_holds_for_another_seed(id, name):
    assert claims.check(id, **{name: OTHER_SEED[name]}), id


@pytest.mark.parametrize("part", theory.__all__)
def test_a_ledger_page_runs_the_claims_of_each_part_and_insists_on_them(part):
    page = (LEDGERS / f"{part}.ipynb").read_text(encoding="utf-8")
    for cell in (
        f'claims.ledger(part_claims(\\"{part}\\"))',
        'ledger[\\"holds\\"].all()',
        'ledger[\\"refuted\\"].all()',
    ):
        assert cell in page, (part, cell)


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
        }
    )
    view = ledger_view(frame)
    assert view.to_dict("list") == {
        "measured": ["rounding", 0.12, -0.1],
        "predicted": [1e-3, 2.0, 0.0],
        "slack": ["−", 3.0, 4.0],
    }
