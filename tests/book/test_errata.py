"""The page of corrections: every line says what stood there and what is true, of a page and of claims that exist."""

import re

from ntklib import claims

LINE = re.compile(
    r"- (?P<where>(?:\{doc\}`[^`]+`(?:, )?)+)(?P<ids> \([^)]*\))?\. \*It said:\* .+[.!?] \*True is:\* .+\.$"
)


def corrections(book):
    lines = (book / "errata.md").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.startswith("- ")]


def test_each_correction_names_its_page_what_it_said_and_what_is_true(book):
    lines = corrections(book)
    assert len(lines) > 50
    assert [line for line in lines if not LINE.match(line)] == []


def test_the_claims_named_by_corrections_exist(book):
    named = {id for line in corrections(book) for id in re.findall(r"`([^`]+)`", LINE.match(line)["ids"] or "")}
    assert len(named) > 15
    assert named - set(claims.registry) == set()
