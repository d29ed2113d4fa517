"""Small tables for notebooks: the same text and HTML on every machine, readable by a screen reader."""

from dataclasses import dataclass
from html import escape
from numbers import Integral, Real

import numpy as np
import pandas as pd

from ntklib._validate import positive_int

MISSING = "−"


def format_value(value, digits: int = 3) -> str:
    """Write one value the same way on every machine.

    A float x becomes its nearest decimal with ``digits`` significant digits, written out for
    1e-4 <= abs(x) < 1e6 and in exponent form otherwise; integers stay exact, booleans become yes or no, and
    a missing value (``None``, NaN, ``NaT``) becomes a minus sign.

    Parameters
    ----------
    value : object
        A scalar, a zero-dimensional array, a string, or a tuple or list of such values.
    digits : int
        Significant digits of a float, at least 1.

    Returns
    -------
    str

    Raises
    ------
    TypeError
        For an object whose text would contain a memory address, which changes from run to run.

    Notes
    -----
    Exact decimal rounding of the binary value, O(1) time and memory. Source: Book.

    Examples
    --------
    >>> [format_value(v) for v in (0.123456, 2505.3, 1.2e-5, 2048, True, None)]
    ['0.123', '2510', '1.20e-05', '2048', 'yes', '−']
    """
    value = _scalar(value)
    if isinstance(value, tuple | list):
        return "[" + ", ".join(format_value(v, digits) for v in value) + "]"
    if _is_missing(value):
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Integral):
        return str(int(value))
    return _format_real(float(value), digits) if isinstance(value, Real) else _format_text(value)


def _format_real(value: float, digits: int) -> str:
    if not np.isfinite(value):
        return f"{value}"
    if value == 0:
        return "0"
    scientific = f"{value:.{digits - 1}e}"
    exponent = int(scientific.partition("e")[2])
    if not -4 <= exponent < 6:
        return scientific
    return f"{float(scientific):.{max(digits - 1 - exponent, 0)}f}"


def _format_text(value) -> str:
    text = str(value)
    if " at 0x" in text:
        raise TypeError(
            f"Table: a cell holds a {type(value).__name__} whose text is a memory address; "
            "expected a number or a string; give its name instead."
        )
    return text


@dataclass(frozen=True)
class Link:
    """A cell that is its text in print, and on a page a link, and a place that others can link to.

    Parameters
    ----------
    text, href : str
    anchor : str, optional
        Identifier of the place.

    Notes
    -----
    Source: Book.

    Examples
    --------
    >>> Link("chain", "page.html", anchor="claim-chain").html()
    '<a id="claim-chain" href="page.html">chain</a>'
    """

    text: str
    href: str
    anchor: str | None = None

    def __str__(self) -> str:
        return self.text

    def html(self) -> str:
        """Return the link as HTML."""
        place = "" if self.anchor is None else f' id="{escape(self.anchor)}"'
        return f'<a{place} href="{escape(self.href)}">{escape(self.text)}</a>'


class Table:
    """A list of records as text and HTML whose strings depend on the values alone.

    Parameters
    ----------
    rows_or_frame : pandas.DataFrame, mapping of columns, or sequence of rows
        Rows are mappings, or tuples when ``columns`` names them. A frame's index becomes leading columns
        unless it merely counts the rows.
    digits : int
        Significant digits of floats (default 3: what two machines agree on); integers stay exact.
    columns : sequence of str, or mapping of str to str, optional
        Which columns to show and in which order; a mapping also gives each one its header.
    caption : str, optional
        Shown above the table, and announced by a screen reader.

    Attributes
    ----------
    headers : tuple of str
    rows : tuple of tuple of str
        The formatted cells.

    Raises
    ------
    ValueError
        For a column that does not exist, an empty header, or rows of unequal length.
    TypeError
        For a cell whose text would contain a memory address.

    Notes
    -----
    The HTML holds no generated identifier, so that a stored notebook output compares equal to a fresh one.
    Time and memory O(number of cells). Source: Book.

    Examples
    --------
    >>> Table([{"N": 100, "λ_min": 0.0123456}, {"N": 200, "λ_min": 1.5}])
      N   λ_min
    ───  ──────
    100  0.0123
    200    1.50
    """

    def __init__(self, rows_or_frame, *, digits: int = 3, columns=None, caption: str | None = None):
        digits = positive_int("Table", "digits", digits)
        frame = _frame(rows_or_frame, columns)
        self.headers = tuple(_header(name) for name in frame.columns)
        series = [list(frame.iloc[:, j]) for j in range(frame.shape[1])]
        self.rows = tuple(zip(*([format_value(v, digits) for v in column] for column in series)))
        self._links = {str(v): v.html() for column in series for v in column if isinstance(v, Link)}
        self._right = tuple(_is_numeric(column) for column in series)
        self.caption = caption

    def __repr__(self) -> str:
        widths = [max(map(len, column)) for column in zip(self.headers, *self.rows)]
        lines = [self.headers, tuple("─" * w for w in widths), *self.rows]
        text = "\n".join(self._line(cells, widths) for cells in lines)
        return text if self.caption is None else f"{self.caption}\n{text}"

    def _line(self, cells, widths) -> str:
        aligned = (c.rjust(w) if right else c.ljust(w) for c, w, right in zip(cells, widths, self._right))
        return "  ".join(aligned).rstrip()

    def _repr_html_(self) -> str:
        caption = "" if self.caption is None else f"<caption>{escape(self.caption)}</caption>\n"
        head = self._row_html('th scope="col"', self.headers)
        body = "\n".join(self._row_html("td", cells) for cells in self.rows)
        return f'<table class="ntklib-table">\n{caption}<thead>\n{head}\n</thead>\n<tbody>\n{body}\n</tbody>\n</table>'

    def _row_html(self, tag: str, cells) -> str:
        end = tag.partition(" ")[0]
        sides = ("right" if right else "left" for right in self._right)
        texts = (self._links.get(c, escape(c)) for c in cells)
        inner = (f'<{tag} style="text-align: {s}">{text}</{end}>' for text, s in zip(texts, sides))
        return f"<tr>{''.join(inner)}</tr>"


def _frame(data, columns) -> pd.DataFrame:
    """Return the data as a frame with the chosen columns, index included."""
    if not isinstance(data, pd.DataFrame):
        data = _from_rows(data, columns)
    elif not (isinstance(data.index, pd.RangeIndex) and data.index.name is None):
        data = data.reset_index()
    if columns is None:
        return data
    missing = [c for c in columns if c not in data.columns]
    if missing:
        raise ValueError(f"Table: columns names {missing}; expected some of {list(data.columns)}.")
    chosen = data[list(columns)]
    return chosen.rename(columns=columns) if hasattr(columns, "items") else chosen


def _from_rows(data, columns) -> pd.DataFrame:
    if hasattr(data, "items"):
        return pd.DataFrame(dict(data), dtype=object)
    rows = list(data)
    if all(hasattr(row, "items") for row in rows):
        names = list(dict.fromkeys(name for row in rows for name in row)) or list(columns or ())
        return pd.DataFrame([[row.get(n) for n in names] for row in rows], columns=names, dtype=object)
    lengths = {len(row) for row in rows}
    if columns is None or lengths != {len(columns)}:
        raise ValueError(
            f"Table: received rows of length {sorted(lengths)} and columns={columns!r}; expected one column "
            "name per entry; pass columns=[...] or give the rows as mappings."
        )
    return pd.DataFrame([list(row) for row in rows], columns=list(columns), dtype=object)


def _header(name) -> str:
    text = " ".join(map(str, name)) if isinstance(name, tuple) else str(name)
    if not text.strip():
        raise ValueError("Table: a column has an empty header; expected a name that can be read aloud; rename it.")
    return text.strip()


def _is_numeric(column) -> bool:
    """Whether every present value is a number, so that the digits should line up."""
    scalars = [_scalar(v) for v in column]
    present = [v for v in scalars if not _is_missing(v)]
    return bool(present) and all(isinstance(v, Real) and not isinstance(v, bool) for v in present)


def _scalar(value):
    """Unwrap NumPy and JAX scalars."""
    return np.asarray(value).item() if getattr(value, "ndim", None) == 0 else value


def _is_missing(value) -> bool:
    return value is None or bool(np.ndim(value) == 0 and pd.isna(value))
