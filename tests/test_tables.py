import re
from html.parser import HTMLParser

import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

from ntklib.tables import MISSING, Link, Table, format_value


@pytest.mark.parametrize("digits", [1, 2, 3, 6])
def test_formatted_float_is_the_value_rounded_to_its_significant_digits(digits):
    rng = np.random.default_rng(0)
    for value in rng.choice([-1, 1], 300) * 10 ** rng.uniform(-12, 12, 300):
        text = format_value(float(value), digits)
        assert float(text) == float(f"{value:.{digits - 1}e}")
        assert ("e" in text) == (not 1e-4 <= abs(float(text)) < 1e6)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1.00"),
        (0.99999, "1.00"),
        (999999.0, "1.00e+06"),
        (0.0, "0"),
        (-0.0, "0"),
        (1.2e-5, "1.20e-05"),
        (2505.3, "2510"),
        (10**20, "1" + "0" * 20),
        (np.int64(12345), "12345"),
        (np.float32(0.5), "0.500"),
        (jnp.asarray(7), "7"),
        (jnp.asarray(0.25), "0.250"),
        (True, "yes"),
        (np.bool_(False), "no"),
        (None, MISSING),
        (float("nan"), MISSING),
        (pd.NA, MISSING),
        (pd.NaT, MISSING),
        (float("-inf"), "-inf"),
        ((0.12345, 7), "[0.123, 7]"),
        ("λ < 1", "λ < 1"),
    ],
)
def test_each_kind_of_value_has_one_spelling(value, text):
    assert format_value(value) == text


class _Cells(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.cells, self.open = [], []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        if tag in ("th", "td", "caption"):
            self.cells.append((tag, dict(attrs), ""))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("th", "td", "caption"):
            tag, attrs, text = self.cells[-1]
            self.cells[-1] = (tag, attrs, text + data)


def _parse(table):
    parser = _Cells()
    parser.feed(table._repr_html_())
    assert not parser.open
    return parser.cells


ROWS = [{"name": "a < b & c", "N": 100, "λ": 0.0123456}, {"name": '"q"', "N": 20, "λ": None}]


def test_html_and_text_show_the_same_cells_and_html_escapes_them():
    table = Table(ROWS, caption="x < y")
    cells = _parse(table)
    assert [text for tag, _, text in cells if tag == "td"] == [c for row in table.rows for c in row]
    assert [text for tag, _, text in cells if tag == "caption"] == ["x < y"]
    assert all(cell in repr(table) for row in table.rows for cell in row)
    assert "a < b" not in table._repr_html_()


def test_every_header_cell_has_text_and_scope_and_caption_is_optional():
    cells = _parse(Table(ROWS))
    headers = [(attrs, text) for tag, attrs, text in cells if tag == "th"]
    assert [text for _, text in headers] == ["name", "N", "λ"]
    assert all(attrs["scope"] == "col" for attrs, _ in headers)
    assert "caption" not in Table(ROWS)._repr_html_()


def test_numbers_align_right_and_words_left():
    sides = [attrs["style"] for tag, attrs, _ in _parse(Table(ROWS)) if tag == "td"]
    assert sides == ["text-align: left", "text-align: right", "text-align: right"] * 2
    lines = repr(Table(ROWS)).splitlines()
    assert lines[2].endswith("0.0123")
    assert lines[2].startswith("a < b & c  100")
    assert lines[3].startswith('"q"         20')


def test_strings_depend_on_the_values_alone():
    one, two = Table(ROWS, digits=2), Table([dict(row) for row in ROWS], digits=2)
    assert (repr(one), one._repr_html_()) == (repr(two), two._repr_html_())
    assert not re.search(r"id=|uuid|0x", one._repr_html_())


def test_records_columns_tuples_and_frames_give_the_same_table():
    tables = [
        Table(ROWS),
        Table({key: [row[key] for row in ROWS] for key in ROWS[0]}),
        Table([tuple(row.values()) for row in ROWS], columns=["name", "N", "λ"]),
        Table(pd.DataFrame(ROWS)),
    ]
    assert len({repr(t) for t in tables}) == len({t._repr_html_() for t in tables}) == 1


def test_integers_stay_exact_beside_a_missing_value():
    assert Table([{"N": 123456789}, {"M": 1}]).rows == (("123456789", MISSING), (MISSING, "1"))


def test_columns_select_order_and_rename():
    assert Table(ROWS, columns=["λ", "N"]).headers == ("λ", "N")
    renamed = Table(ROWS, columns={"N": "samples"})
    assert renamed.headers == ("samples",)
    assert renamed.rows == (("100",), ("20",))


def test_counting_index_is_dropped_and_a_meaningful_one_becomes_a_column():
    frame = pd.DataFrame({"a": [1, 2]})
    assert Table(frame).headers == ("a",)
    assert Table(frame.set_index(pd.Index([3, 4], name="depth"))).headers == ("depth", "a")
    assert Table(frame.set_index(pd.Index(["x", "y"]))).headers == ("index", "a")
    grouped = pd.DataFrame({"L": [1, 1, 2], "d": [1, 2, 1], "v": [1.0, 2.0, 3.0]}).groupby(["L", "d"]).mean()
    assert Table(grouped).headers == ("L", "d", "v")
    assert Table(pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("gap", "mean")]))).headers == ("gap mean",)


def test_empty_table_keeps_its_headers():
    assert Table([], columns=["N", "λ"]).headers == ("N", "λ")
    assert repr(Table(pd.DataFrame({"N": []}))) == "N\n─"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([{" ": 1}],), ValueError, "empty header"),
        (([(1, 2)],), ValueError, "expected one column name per entry"),
        (([{"a": object()}],), TypeError, "a cell holds a object whose text is a memory address"),
    ],
)
def test_unreadable_tables_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        Table(*arguments)


def test_unknown_columns_and_digits_are_refused():
    with pytest.raises(ValueError, match=r"columns names \['M'\]; expected some of \['name', 'N', 'λ'\]"):
        Table(ROWS, columns=["M"])
    with pytest.raises(ValueError, match="digits=0; expected an integer >= 1"):
        Table(ROWS, digits=0)


def test_a_link_is_text_in_print_and_a_link_on_a_page():
    table = Table([{"id": Link("a<b", "x.html?p&q", anchor="claim-a"), "n": 1}])
    assert "a<b" in repr(table)
    assert "x.html" not in repr(table)
    assert '<td style="text-align: left"><a id="claim-a" href="x.html?p&amp;q">a&lt;b</a></td>' in table._repr_html_()
