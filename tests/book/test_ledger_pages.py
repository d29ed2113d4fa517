"""The pages of the ledger run every claim; a click sorts their tables, a field filters them."""

import pandas as pd
import pytest
from ledgertable import SCRIPT

from ntklib import claims, theory
from ntklib.theory.headlines import HEADLINES
from ntklib.theory.ledger import anchored

ROWS = "".join(
    f"<tr><td><a id='claim-{k}'>{name}</a></td><td>{value}</td></tr>"
    for k, (name, value) in enumerate(
        [("beta", "10"), ("alpha", "9.5"), ("gamma", "-1.0e-03"), *((f"x{k}", str(100 + k)) for k in range(12))]
    )
)
PAGE = f"<article><table><thead><tr><th>id</th><th>slack</th></tr></thead><tbody>{ROWS}</tbody></table></article>"


@pytest.mark.parametrize("part", theory.__all__)
def test_a_ledger_page_runs_the_claims_of_each_part_and_insists_on_them(part, book):
    page = (book / "chapters" / "ledger" / f"{part}.ipynb").read_text(encoding="utf-8")
    for cell in (
        f'claims.ledger(part_claims(\\"{part}\\"))',
        'ledger[\\"holds\\"].all()',
        'ledger[\\"refuted\\"].all()',
        "assert not reproaches(ledger)",
    ):
        assert cell in page, (part, cell)


def test_contributing_lists_the_headlines(book):
    text = (book / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert [id for ids in HEADLINES.values() for id in ids if f"`{id}`" not in text] == []


def test_the_chapter_of_every_claim_exists(book):
    found = anchored(pd.DataFrame({"id": list(claims.registry)}))["id"]
    pages = {(book / "chapters" / "ledger" / link.href).resolve().with_suffix(".ipynb") for link in found}
    assert len(pages) > 20
    assert all(page.exists() for page in pages)


# ---- tables that one can sort and filter


@pytest.fixture
def table(browser):
    page = browser.new_page()
    page.set_content(f"<script>{SCRIPT}</script>{PAGE}")
    return page


def column(page, k):
    """The cells of a column that are shown."""
    return page.eval_on_selector_all("tbody tr:not([hidden])", f"rows => rows.map(row => row.cells[{k}].textContent)")


def test_a_click_on_a_heading_sorts_numbers_as_numbers_and_a_second_one_the_other_way(table):
    heading = table.get_by_role("button", name="slack")
    heading.click()
    assert column(table, 1)[:4] == ["-1.0e-03", "9.5", "10", "100"]
    assert table.get_attribute("th:nth-child(2)", "aria-sort") == "ascending"
    heading.press("Enter")
    assert column(table, 1)[-1] == "-1.0e-03"
    assert table.get_attribute("th:nth-child(2)", "aria-sort") == "descending"
    table.get_by_role("button", name="id").click()
    assert column(table, 0)[:3] == ["alpha", "beta", "gamma"]
    assert table.get_attribute("th:nth-child(2)", "aria-sort") is None


def test_the_field_filters_rows_by_all_its_words(table):
    table.get_by_label("Show rows with").fill("ALPHA 9")
    assert column(table, 0) == ["alpha"]
    assert table.inner_text("[role=status]") == "1 of 15 rows"
    table.get_by_label("Show rows with").fill("")
    assert len(column(table, 0)) == 15


def test_a_short_table_and_one_without_javascript_stay_what_they_are(browser):
    page = browser.new_page()
    page.set_content(f"<script>{SCRIPT}</script>{PAGE.replace(ROWS, ROWS[:200])}")
    assert page.query_selector("button") is None
