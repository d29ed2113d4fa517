"""references.bib: who, what, where, when, and a link that a reader can follow."""

from pathlib import Path

import pytest
from pybtex.database import parse_file

ENTRIES = parse_file(str(Path(__file__).parents[2] / "references.bib"), bib_format="bibtex").entries
UNVERIFIED = {"decaen1997lower", "adamczak2011restricted", "alexander1995polynomial"}
PLACE = {"article": "journal", "inproceedings": "booktitle", "book": "publisher"}


@pytest.mark.parametrize("key", list(ENTRIES))
def test_an_entry_says_who_what_where_and_when(key):
    entry = ENTRIES[key]
    assert entry.persons["author"]
    assert {"title", "year", PLACE.get(entry.type, "title")} <= set(entry.fields)


def test_entries_have_a_link_but_for_those_whose_link_could_not_be_verified():
    assert {key for key, entry in ENTRIES.items() if not {"doi", "eprint", "url"} & set(entry.fields)} == UNVERIFIED


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("bubeck2020network", "Size of the Weights in Memorization"),
        ("yang2021tuning", "Tuning Large Neural Networks"),
        ("yun2019small", "A Tight Analysis of Memorization Capacity"),
    ],
)
def test_titles_are_those_of_the_proceedings(key, words):
    title = ENTRIES[key].fields["title"]
    assert words in title
    assert not title.startswith("Tensor Programs")


def test_authors_stand_in_the_order_of_the_paper():
    names = [person.last_names[0] for person in ENTRIES["li2025optimal"].persons["author"]]
    assert names == ["Li", "Lei", "Guo", "Ying"]
