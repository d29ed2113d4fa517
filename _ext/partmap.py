"""Local Sphinx extension: the directive `part-map`, which chapters of a part need which, and how long they take.

    :::{part-map} finite_width
    :::

Without an argument it shows the parts. The data are in `chapters/map.yml`; titles and numbers are those of the pages.
"""

import textwrap
from dataclasses import dataclass
from html import escape
from pathlib import Path

import yaml
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII")
MAP = "chapters/map.yml"
DOWNLOADS = "_downloads"  # folder among the pages in which archives.py puts the notebooks of a part
ABOUT = "An arrow leads from what is needed to what needs it. Dashed: from another part. The table below says the same."
WIDTH, ROW, BOX, STEP = 360, 50, 40, 10  # of the drawing: its width, a row, the box in it, from lane to lane

# ---- the data


@dataclass(frozen=True)
class Entry:
    """A chapter or a part: minutes to read, seconds to run, the pages it needs."""

    minutes: int
    seconds: int
    needs: tuple


def read_map(path):
    """Mapping part -> page -> `Entry`, with pages as Sphinx names them."""
    found = {}
    for part, chapters in yaml.safe_load(Path(path).read_text(encoding="utf-8")).items():
        found[part] = {}
        for chapter, entry in chapters.items():
            needs = tuple("chapters/" + (need if "/" in need else f"{part}/{need}") for need in entry["needs"])
            found[part][f"chapters/{part}/{chapter}"] = Entry(entry["minutes"], entry["seconds"], needs)
    check_order({page: entry for chapters in found.values() for page, entry in chapters.items()})
    return found


def check_order(entries):
    """Refuse a need that is unknown or does not come before: so there is no circle."""
    before = set()
    for page, entry in entries.items():
        for need in entry.needs:
            if need not in entries:
                raise ValueError(f"{MAP}: {page} needs {need!r}, which the map lacks; expected one of its chapters.")
            if need not in before:
                raise ValueError(f"{MAP}: {page} needs {need}, which does not stand before it; move one of the two.")
        before.add(page)


def parts_as_entries(parts):
    """One `Entry` for each part: times added, needs those of its chapters in other parts."""
    found = {}
    for part, chapters in parts.items():
        folders = [need.split("/")[1] for entry in chapters.values() for need in entry.needs]
        needs = tuple(f"chapters/{other}/index" for other in parts if other in folders and other != part)
        minutes, seconds = (sum(getattr(e, key) for e in chapters.values()) for key in ("minutes", "seconds"))
        found[f"chapters/{part}/index"] = Entry(minutes, seconds, needs)
    return found


# ---- the drawing


def lanes_of(rows, entries):
    """Mapping page -> lane of the line that leaves it, counted from the boxes; no lane holds two lines at once."""
    spans = {}
    for start, page in enumerate(rows):
        ends = [k for k, other in enumerate(rows) if other in entries and page in entries[other].needs]
        if ends:
            spans[page] = (start, max(ends))
    taken, found = [], {}
    for page, (start, end) in sorted(spans.items(), key=lambda item: item[1][1] - item[1][0]):
        lane = 0
        while any(other == lane and start < last and first < end for other, first, last in taken):
            lane += 1
        taken.append((lane, start, end))
        found[page] = lane
    return found


def drawing(rows, entries, names, links, about=ABOUT):
    """The map as SVG: a row for each page, lines on the left from what is needed to what needs it."""
    lanes = lanes_of(rows, entries)
    left = 18 + STEP * (1 + max(lanes.values(), default=0))
    top = {page: 4 + ROW * k for k, page in enumerate(rows)}
    shapes = [box(left, top[page], names[page], links[page], page not in entries) for page in rows]
    for page, entry in entries.items():
        for k, need in enumerate(entry.needs):
            start, end = top[need] + BOX - 8, top[page] + 7 + 6 * k
            shapes.append(arrow(left, left - 14 - STEP * lanes[need], start, end))
    size = f'viewBox="0 0 {WIDTH} {4 + ROW * len(rows)}"'
    return f'<svg class="part-map" {size} role="group" aria-label="{about}">{"".join(shapes)}</svg>'


def arrow(left, x, start, end):
    """A line from the left edge of a box to the lane at x, down it, and into another box, with a tip."""
    down = f"M{left} {start}H{x + 5}Q{x} {start} {x} {start + 5}V{end - 5}"
    return f'<path d="{down}Q{x} {end} {x + 5} {end}H{left - 4}"/><path class="tip" d="M{left - 1} {end}l-6 -3v6z"/>'


def box(x, y, name, link, outside):
    """A box that is a link, its text in one or two lines."""
    lines = textwrap.wrap(name, (WIDTH - x - 14) // 7)
    first = y + BOX / 2 + 4.5 - 7.5 * (len(lines) - 1)
    text = "".join(f'<tspan x="{x + 10}" y="{first + 15 * k}">{escape(line)}</tspan>' for k, line in enumerate(lines))
    rect = f'<rect x="{x}" y="{y}" width="{WIDTH - x - 2}" height="{BOX}" rx="4"/>'
    return f'<a href="{escape(link)}"{" class=outside" if outside else ""}>{rect}<text>{text}</text></a>'


# ---- the directive


class part_map(nodes.General, nodes.Element):
    """The place of a map until the titles of all pages are known."""


class PartMap(SphinxDirective):
    """The map of a part, or of the parts."""

    optional_arguments = 1

    def run(self):
        """Check the map, and leave a place for it."""
        path = Path(self.env.srcdir) / MAP
        self.env.note_dependency(str(path))
        try:
            parts = read_map(path)
        except ValueError as error:
            raise self.error(f"part-map: {error}") from error
        part = self.arguments[0] if self.arguments else None
        if part and part not in parts:
            raise self.error(f"part-map: unknown part {part!r}; expected one of {', '.join(parts)}.")
        entries = parts[part] if part else parts_as_entries(parts)
        missing = [page for page in entries if page not in self.env.found_docs]
        if missing:
            raise self.error(f"part-map: {MAP} lists {', '.join(missing)}; expected pages of the book.")
        return [part_map(entries=entries, part=part)]


def name_of(env, page, parts):
    """Number and title of a page."""
    title = env.titles[page].astext()
    if page.endswith("/index"):
        return f"{ROMAN[parts.index(page.split('/')[1])]}. {title}"
    number = env.toc_secnumbers.get(page, {}).get("", ())
    return f"{'.'.join(map(str, number))}. {title}" if number else title


def draw_maps(app, doctree, docname):
    """Put drawing and table in the place of every map."""
    for place in list(doctree.findall(part_map)):
        entries, parts = place["entries"], read_map(Path(app.srcdir) / MAP)
        needed = {need for entry in entries.values() for need in entry.needs}
        outside = [page for chapters in parts.values() for page in chapters if page in needed - entries.keys()]
        rows = [*outside, *entries]
        names = {page: name_of(app.env, page, list(parts)) for page in rows}
        links = {page: app.builder.get_relative_uri(docname, page) for page in rows}
        head = "Chapter" if place["part"] else "Part"
        made = [raw(drawing(rows, entries, names, links)), table_of(head, entries, names, links)]
        if place["part"]:
            made.append(raw(download(app.builder, docname, ROMAN[list(parts).index(place["part"])])))
        place.replace_self(made)


def archive_name(number, ending=""):
    """The name of the file with the notebooks of a part."""
    return f"notebooks-part-{number}{ending}.zip"


def download(builder, docname, number):
    """A line that offers the notebooks of a part in one file, which archives.py writes."""
    name = archive_name(number)
    address = f"{'../' * docname.count('/')}{DOWNLOADS}/{name}"
    text = f'The notebooks of this part in one file: <a href="{address}" download>{name}</a>.'
    return f'<p class="part-notebooks d-print-none">{text}</p>' if builder.name == "html" else ""


def table_of(head, entries, names, links):
    """A table: page, what it needs, minutes, seconds, and the sums."""
    rows = [[head, "Needs", "To read", "To run"]]
    for page, entry in entries.items():
        needs = numbered(entry.needs, names, links)
        rows.append([[link(names[page], links[page])], needs, *times([entry])])
    return table([*rows, ["Together", "", *times(entries.values())]])


def times(entries):
    """Time to read and time to run, in words."""
    entries = list(entries)
    minutes, seconds = (sum(getattr(entry, key) for entry in entries) for key in ("minutes", "seconds"))
    return spoken(minutes, "h", "min"), spoken(seconds, "min", "s")


def numbered(needs, names, links):
    """The numbers of pages as links, with commas between them."""
    found = []
    for need in needs:
        found += [nodes.Text(", ")] if found else []
        found.append(link(names[need].partition(".")[0], links[need], names[need]))
    return found or "–"


def spoken(value, large, small):
    """A time in two units, such as 3 h 50 min, that breaks between them only."""
    return " ".join(f"{n}\N{NO-BREAK SPACE}{unit}" for n, unit in zip(divmod(value, 60), (large, small)) if n)


def link(text, target, title=None):
    """A link to a page of the book."""
    found = nodes.reference("", "", nodes.inline("", text), internal=True, refuri=target)
    if title:
        found["reftitle"] = title
    return found


def table(rows):
    """A table whose first row is its head; a cell is text or a list of nodes."""
    group = nodes.tgroup("", *(nodes.colspec(colwidth=width) for width in (46, 16, 20, 18)), cols=4)
    made = [nodes.row("", *map(cell, row)) for row in rows]
    group += [nodes.thead("", made[0]), nodes.tbody("", *made[1:])]
    return nodes.table("", group, classes=["part-times"])


def cell(content):
    """A cell of a table."""
    children = [nodes.Text(content)] if isinstance(content, str) else content
    return nodes.entry("", nodes.paragraph("", "", *children))


def raw(text):
    """Markup that the HTML page takes as it is."""
    return nodes.raw("", text, format="html")


def setup(app):
    """Register with Sphinx."""
    app.add_node(part_map)
    app.add_directive("part-map", PartMap)
    app.connect("doctree-resolved", draw_maps)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
