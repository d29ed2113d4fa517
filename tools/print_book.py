"""The book on paper: the built site, whole and part by part, as PDF files.

    python tools/print_book.py ROOT SITE FOLDER [--only NAME ...]

The pages of SITE (built from ROOT) are put one after the other into a single document, so that links between chapters
stay links, numbers stay those of the site, and outline and tags are of one piece. Chromium prints it by the rules of
_static/print.css: collapsed cells are left out, solutions move behind the chapters of their part. It is printed twice,
because page numbers of the contents and of the solutions are known only afterwards. What was printed is then read
again: a page without ink, a link that leads nowhere or to a file, or a missing outline refuses the file.
"""

import argparse
import html
import io
import logging
import re
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np
import pypdfium2
import yaml
from browser import HOW_TO_GET_ONE, find_browser, open_browser
from bs4 import BeautifulSoup
from pypdf import PdfReader, PdfWriter

BEFORE_A_PART, AFTER_A_PART = ("notation",), ("bibliography",)  # pages that every part needs beside its own
SHEET = {"width": 658, "height": 982}  # pixels of CSS between the margins of print.css, on A4
LONGEST_VALUE = 400  # of a constant on the pages of the package, in characters: longer ones are left out
SMALLEST_LETTERS = 0.6  # a table that is still too wide when its letters have shrunk by this breaks its words
FOOT, MARGIN = 20 / 297, 12 / 210  # of a sheet: below the text, and where no ink may be at the right
LOW, HIGHEST_HEADING = 0.25, 50  # where headings are looked at, as a share of a page; points of a heading of two lines
FULL = 0.75  # of a page: with less it is more than a quarter blank
PAPER, INK = 235, 200  # grey levels from 0 to 255
BLACK = re.compile('<span class="(?:n|p|w|nn|nx)">([^<]*)</span>')  # tokens of code that have no colour of their own
DESTINATIONS = "/Dests"

STYLE = """
@page { size: A4; @bottom-left { font: 8pt sans-serif; color: #4a5360; }
        @bottom-right { content: counter(page); font: 8pt sans-serif; color: #4a5360; } }
.bd-article { break-before: page; }
.book-title { margin: 0; font-size: 2.4rem; font-weight: 600; line-height: 1.2; }
.book-part { margin: 0.5rem 0 0; font-size: 1.5rem; }
.book-author { margin: 1rem 0 3rem; color: #4a5360; }
.book-contents { list-style: none; margin: 0; padding: 0; }
.book-contents .book-contents { padding-left: 1.5rem; }
.book-contents p { display: flex; justify-content: space-between; gap: 1rem; margin: 0.1rem 0; break-inside: avoid; }
.book-contents > li > p { margin-top: 0.5rem; font-weight: 600; }
.book-contents li li > p { margin-top: 0.1rem; font-weight: 400; }
.book-contents a { color: inherit !important; }
.page-of { font-variant-numeric: tabular-nums; }
.solution-link { margin: 0.25rem 0 0.5rem; font-size: 0.9em; }
.book-caption { margin: 0 0 2rem !important; font-size: 1.2rem !important; color: #4a5360 !important; }
"""

READY = """async () => {
  if (window.MathJax) await MathJax.startup.promise;
  for (const { math, typesetRoot } of window.MathJax ? MathJax.startup.document.math : []) {
    const drawing = typesetRoot.querySelector("svg");
    typesetRoot.querySelector("mjx-assistive-mml")?.remove();
    drawing.removeAttribute("aria-hidden");
    drawing.setAttribute("role", "img");
    drawing.setAttribute("aria-label", math);
  }
  const loaded = image => image.complete || new Promise(done => { image.onload = image.onerror = done; });
  await Promise.all(Array.from(document.images, loaded));
  await document.fonts.ready;
}"""

FIT = """([height, smallest]) => {
  for (const table of document.querySelectorAll(".bd-article table")) {
    const room = table.parentElement.clientWidth, size = parseFloat(getComputedStyle(table).fontSize);
    for (let scale = 0.95; table.offsetWidth > room + 1 && scale >= smallest; scale -= 0.05)
      table.style.fontSize = `${size * scale}px`;
    if (table.offsetWidth > room + 1) table.style.overflowWrap = "anywhere";
  }
  for (const picture of document.images)
    if (picture.naturalHeight > picture.naturalWidth) picture.style.maxHeight = `${height / 2}px`;
  const mark = (boxes, most) => [...document.querySelectorAll(boxes)].filter(box => box.offsetHeight > most)
    .forEach(box => box.classList.add("on-several-sheets"));
  mark("div.highlight, div.output, figure, .exercise, .predict, div.proof, li > p", height);
  mark("table, div.output:has(table)", height / 2);  // between rows, with the heads repeated
}"""

NUMBER = """pages => document.querySelectorAll("[data-page-of]").forEach(place => {
  place.textContent = pages[place.dataset.pageOf] ?? "";
})"""


# ---- what is printed


@dataclass
class Group:
    """A part of the table of contents: its caption ("" for the root page) and its documents in order."""

    caption: str
    documents: list = field(default_factory=list)
    is_part: bool = False  # the first document is the page of the part, and numbered chapters follow

    @property
    def name(self):
        """The folder of a part, as in the names of the files."""
        return self.documents[0].split("/")[-2] if self.is_part else self.documents[0]


def read_groups(root):
    """The groups of _toc.yml; an entry without caption belongs to the one before."""
    contents = yaml.safe_load((Path(root) / "_toc.yml").read_text(encoding="utf-8"))
    groups = [Group("", [contents["root"]])]
    for part in contents.get("parts", ()):
        if part.get("caption"):
            groups.append(Group(part["caption"]))
        groups[-1].documents += [entry["file"] for entry in part["chapters"]]
        first = groups[-1].documents[0]
        groups[-1].is_part |= bool(part.get("numbered")) and first.endswith("/index")
    return groups


def groups_of_part(groups, part):
    """A part with the pages that it needs beside its own."""
    known = {document for group in groups for document in group.documents}
    beside = [[Group("", [name]) for name in names if name in known] for names in (BEFORE_A_PART, AFTER_A_PART)]
    return [*beside[0], part, *beside[1]]


# ---- one page


class Page:
    """The article of one built page, changed in place into a piece of the whole document."""

    def __init__(self, site, document):
        self.document, self.slug = document, document.replace("/", "-")
        self.path = (Path(site) / f"{document}.html").resolve()
        if not self.path.exists():
            raise SystemExit(f"print_book: {self.path} is missing; `make.py book` builds it.")
        text = BLACK.sub(r"\1", self.path.read_text(encoding="utf-8"))
        start, end = text.index("<article"), text.index("</article>") + len("</article>")
        self.soup = BeautifulSoup(text[start:end], "html.parser")
        self.article = self.soup.article
        self.title = heading_text(self.article.h1)

    def prepare(self, pages):
        """Leave out what only a screen needs; make links and names those of the whole document."""
        for element in self.article.select("script, details.hide, a.headerlink, .viewcode-link, .explorer"):
            element.decompose()
        for value in self.article.select(".sig .property"):
            if len(value.get_text()) > LONGEST_VALUE:
                value.string = " = …"
        for cell in self.article.select(".cell_input, .cell_output, div.cell"):
            if not cell.get_text(strip=True) and not cell.find(["img", "svg", "table"]):
                cell.decompose()
        for details in self.article.select("details"):
            details["open"] = ""
        for picture in self.article.select("img"):
            del picture["loading"]
            picture["src"] = (self.path.parent / unquote(picture["src"])).resolve().as_uri()
        for element in self.article.select("[id]"):
            element["id"] = f"{self.slug}--{element['id']}"
        for link in self.article.select("a[href]"):
            self.change_link(link, pages)
        self.article["id"] = self.slug

    def change_link(self, link, pages):
        """Point a link into the document; where its page is not printed, only its text stays."""
        parts = urlsplit(link["href"])
        if parts.scheme or parts.netloc:
            return
        target = (self.path.parent / unquote(parts.path)).resolve() if parts.path else self.path
        slug = pages[target].slug if target in pages else None
        if slug is None:
            del link["href"]
        else:
            link["href"] = f"#{slug}--{unquote(parts.fragment)}" if parts.fragment else f"#{slug}"

    def level(self, shift):
        """Set the levels of the headings below those of the part."""
        for heading in self.article.find_all(re.compile("^h[1-6]$")):
            heading["aria-level"] = str(min(6, int(heading.name[1]) + shift))

    def sections(self):
        """Name and text of every section."""
        found = [(heading.find_parent("section"), heading) for heading in self.article.find_all("h2")]
        return [(section["id"], heading_text(heading)) for section, heading in found if section and section.get("id")]


def heading_text(heading):
    """The text of a heading, without the sign of its permanent link."""
    parts = [text for text in heading.find_all(string=True) if not text.find_parent(class_="headerlink")]
    return " ".join("".join(parts).split())


def page_reference(soup, name):
    """An element that will hold the number of the page on which `name` stands."""
    return soup.new_tag("span", attrs={"class": "page-of", "data-page-of": name})


def take_solutions(page):
    """Remove the solutions from a page, link each with its exercise in both directions, and return them."""
    solutions = page.article.select("div.solution")
    for solution in solutions:
        back = solution.select_one(".admonition-title a[href]")
        name = back["href"].removeprefix("#") if back else ""
        exercise = page.soup.find(id=name)
        if exercise:
            link = page.soup.new_tag("p", attrs={"class": "solution-link"})
            anchor = page.soup.new_tag("a", attrs={"class": "reference internal", "href": f"#{solution['id']}"})
            anchor.append("Solution on page ")
            anchor.append(page_reference(page.soup, solution["id"]))
            link.append(anchor)
            exercise.append(link)
            back.append(" on page ")
            back.append(page_reference(page.soup, name))
        solution.extract()
    return solutions


# ---- the whole document


def solution_article(group, taken):
    """The appendix of a part: the solutions chapter by chapter; "" where there are none."""
    name, sections = f"solutions-{group.name}", []
    for page, solutions in taken:
        if solutions:
            title = f'<h2 aria-level="3">{html.escape(page.title)}</h2>'
            inner = "".join(map(str, solutions))
            sections.append(f'<section id="{name}--{page.slug}">{title}{inner}</section>')
    return f'<h1 aria-level="2">Solutions</h1>{"".join(sections)}' if sections else ""


@dataclass
class Piece:
    """An article as it is printed: its name, title, level in the outline, inside, and its sections."""

    name: str
    title: str
    level: int
    inside: str
    sections: list = field(default_factory=list)


def group_pieces(group, pages):
    """The articles of one group, its solutions last."""
    taken = []
    for position, page in enumerate(pages):
        on_top = group.is_part and position == 0
        page.level(0 if on_top or not group.caption else 1)
        caption = ""
        if on_top:
            page.title = group.caption
            page.article.h1.string = group.caption
        elif position == 0 and group.caption:
            caption = f'<h1 class="book-caption" aria-level="1">{html.escape(group.caption)}</h1>'
        taken.append((page, take_solutions(page)))
        inside = caption + page.article.decode_contents(formatter="minimal")
        level = 1 if on_top or not group.caption else 2
        yield Piece(page.slug, page.title, level, inside, page.sections())
    solutions = solution_article(group, taken)
    if solutions:
        yield Piece(f"solutions-{group.name}", "Solutions", 2, solutions)


def contents_lines(groups_of_pieces, with_sections):
    """Items of the contents: parts and chapters, with the sections of the chapters where asked for."""
    for caption, pieces in groups_of_pieces:
        inner = [contents_line(piece, with_sections) for piece in pieces if piece.level == 2]
        top = [piece for piece in pieces if piece.level == 1]
        name, title = (top[0].name, top[0].title) if top else (pieces[0].name, caption)
        yield contents_item(name, title, inner)


def contents_line(piece, with_sections):
    """The line of a chapter."""
    below = piece.sections if with_sections else ()
    return contents_item(piece.name, piece.title, [contents_item(*section, []) for section in below])


def contents_item(name, title, inner):
    """One line with the number of its page, and the lines below it."""
    page = f'<span class="page-of" data-page-of="{html.escape(name)}"></span>'
    line = f'<p><a href="#{html.escape(name)}">{html.escape(title)}</a>{page}</p>'
    below = f'<ul class="book-contents">{"".join(inner)}</ul>' if inner else ""
    return f"<li>{line}{below}</li>"


def styles_of(site, document):
    """The style sheets and the settings and script of the formulas, as a built page has them."""
    path = (Path(site) / f"{document}.html").resolve()
    head = BeautifulSoup(path.read_text(encoding="utf-8").partition("</head>")[0], "html.parser")
    kept = []
    for element in head.select('link[rel~="stylesheet"], script'):
        name = "href" if element.name == "link" else "src"
        if element.get(name):
            place = urlsplit(element[name])
            if element.name == "script" and "mathjax" not in place.path:
                continue
            element[name] = (path.parent / unquote(place.path)).resolve().as_uri()
        elif "window.MathJax" not in (element.string or ""):
            continue
        kept.append(str(element))
    return "\n".join(kept)


def combine(site, groups, title, author, part=""):
    """The text of one HTML document with all pages of these groups."""
    pages = [[Page(site, document) for document in group.documents] for group in groups]
    known = {page.path: page for row in pages for page in row}
    for page in known.values():
        page.prepare(known)
    made = [(group.caption, list(group_pieces(group, row))) for group, row in zip(groups, pages)]
    pieces = [piece for _, row in made for piece in row]
    feet, articles = [], []
    for number, piece in enumerate(pieces):
        foot = piece.title.replace("\\", "\\\\").replace('"', '\\"')
        feet.append(f'@page sheet{number} {{ @bottom-left {{ content: "{foot}"; }} }}')
        opening = f'<article class="bd-article" id="{html.escape(piece.name)}" style="page: sheet{number}">'
        articles.append(f"{opening}{piece.inside}</article>")
    lines = "".join(contents_lines(made, with_sections=bool(part)))
    full = f"{title} {part}" if part else title
    return f"""<!DOCTYPE html>
<html lang="en" data-theme="light" data-mode="light"><head><meta charset="utf-8"><title>{html.escape(full)}</title>
{styles_of(site, groups[0].documents[0])}
<style>{STYLE}{" ".join(feet)}</style></head>
<body><main class="bd-main"><div class="bd-content"><div class="bd-article-container">
<article class="bd-article" style="break-before: auto"><p class="book-title">{html.escape(title)}</p>
<p class="book-part">{html.escape(part)}</p><p class="book-author">{html.escape(author)}</p>
<h2 id="contents" aria-level="1">Contents</h2><ul class="book-contents">{lines}</ul></article>
{"".join(articles)}
</div></div></main></body></html>"""


# ---- printing


def print_document(browser, text):
    """Print an HTML document; return the PDF as bytes, its page numbers filled in."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "book.html"
        path.write_text(text, encoding="utf-8")
        context = browser.new_context(viewport=SHEET, color_scheme="light", reduced_motion="reduce")
        try:
            page = context.new_page()
            page.set_default_timeout(1_200_000)
            page.emulate_media(media="print", color_scheme="light")
            page.goto(path.as_uri(), wait_until="load")
            page.evaluate(READY)
            page.evaluate(FIT, [SHEET["height"], SMALLEST_LETTERS])
            page.evaluate(NUMBER, printed_on(page.pdf(prefer_css_page_size=True)))
            options = {"outline": True, "tagged": True, "print_background": True}
            return page.pdf(prefer_css_page_size=True, **options)
        finally:
            context.close()


def printed_on(data):
    """Mapping name -> number of the page on which it stands, counted from 1."""
    reader = PdfReader(io.BytesIO(data))
    number = {page.indirect_reference.idnum: index for index, page in enumerate(reader.pages, 1)}
    named = reader.trailer["/Root"].get(DESTINATIONS, {})
    return {name.removeprefix("/"): number[place[0].idnum] for name, place in named.items()}


def write_pdf(data, path, title, author):
    """Write the PDF with title and author as its metadata."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
    writer.add_metadata({"/Title": title, "/Author": author, "/Creator": "Chromium"})
    path.parent.mkdir(parents=True, exist_ok=True)
    writer.write(path)


# ---- what was printed


def ink_below(image):
    """Where the text of a page ends, as a share of the height between the top and the foot; 0 for no ink at all."""
    grey = np.asarray(image.convert("L"))
    rows = np.flatnonzero((grey[: int(len(grey) * (1 - FOOT))] < INK).any(axis=1))
    return float(rows[-1] + 1) / (len(grey) * (1 - FOOT)) if len(rows) else 0.0


def page_images(path, scale=0.5):
    """Every page as a picture."""
    document = pypdfium2.PdfDocument(path)
    try:
        for page in document:
            yield page.render(scale=scale).to_pil()
    finally:
        document.close()


def look_at_pages(path):
    """Pairs (filled share, what must not be there) of all pages."""
    return [(ink_below(image), list(page_problems(image))) for image in page_images(path)]


def pdf_problems(path, looks=None):
    """One message for everything that must not be in a finished PDF."""
    for number, (_, problems) in enumerate(looks or look_at_pages(path), 1):
        yield from (f"page {number} {problem}" for problem in problems)
    reader = PdfReader(path)
    root = reader.trailer["/Root"]
    if not (root.get("/MarkInfo", {}).get("/Marked") and "/StructTreeRoot" in root):
        yield "the document is not tagged"
    if not reader.outline:
        yield "the document has no outline"
    yield from link_problems(reader)
    yield from lonely_headings(reader, path)


def page_problems(image):
    """What must not be on a page, seen in its picture."""
    grey = np.asarray(image.convert("L"))
    if not ink_below(image):
        yield "is blank"
    if np.median(grey) < PAPER:
        yield "has no light background"
    if (grey[:, int(grey.shape[1] * (1 - MARGIN)) :] < INK).any():
        yield "has ink in the right margin"


def lonely_headings(reader, path):
    """Headings with nothing below them on their page, neither text nor a drawing."""
    document = pypdfium2.PdfDocument(path)
    try:
        for number, top, title in outline_places(reader, reader.outline):
            page = document[number]
            height = page.get_height()
            if top > LOW * height:
                continue
            below = page.get_textpage().get_text_bounded(top=top + 2, bottom=FOOT * height)
            ends = (1 - ink_below(page.render(scale=1).to_pil()) * (1 - FOOT)) * height
            nothing_else = "".join(title.split()).startswith("".join(below.split()))  # a heading may be cut in two, too
            if nothing_else and top - ends < HIGHEST_HEADING:
                yield f"page {number + 1} ends below the heading {title!r}"
    finally:
        document.close()


def outline_places(reader, entries):
    """Triples (index of the page, height on it, title) of the outline."""
    for entry in entries:
        if isinstance(entry, list):
            yield from outline_places(reader, entry)
        elif entry.top is not None:
            yield reader.get_destination_page_number(entry), float(entry.top), entry.title


def link_problems(reader):
    """Links that lead to a file or to a place that the document does not have."""
    named = reader.trailer["/Root"].get(DESTINATIONS, {})
    for number, page in enumerate(reader.pages, 1):
        for annotation in page.get("/Annots", ()):
            link = annotation.get_object()
            target = link.get("/A", {}).get("/URI", "")
            if target.startswith("file:"):
                yield f"page {number} has a link to a file: {target}"
            elif not target and isinstance(link.get("/Dest"), str) and link["/Dest"] not in named:
                yield f"page {number} has a link to {link['/Dest']}, which is not in the document"


def describe(path, looks):
    """One line about a finished PDF: pages, size, and how many pages are more than a quarter blank."""
    airy = sum(share < FULL for share, _ in looks)
    size = path.stat().st_size / 1e6
    return f"{path.name}: {len(looks)} pages, {size:.1f} MB, {airy} of them more than a quarter blank"


# ---- command line


def file_stem(text):
    """A text as the name of a file."""
    return re.sub("[^a-z0-9]+", "-", text.lower()).strip("-")


def books(root):
    """What there is to print: name of the file -> (groups, name of the part)."""
    config = yaml.safe_load((Path(root) / "_config.yml").read_text(encoding="utf-8"))
    groups = read_groups(root)
    made = {file_stem(config["title"]): (groups, "")}
    parts = [group for group in groups if group.is_part]
    for number, part in enumerate(parts, 1):
        made[f"part-{number}-{file_stem(part.name)}"] = (groups_of_part(groups, part), part.caption)
    return config["title"], config.get("author", ""), made


def print_book(root, site, folder, only=()):
    """Print the book and its parts into a folder, or those named; return the files, or stop with what is wrong."""
    logging.getLogger("pypdf").setLevel(logging.ERROR)  # it counts the objects of Chromium otherwise, and says so
    executable = find_browser()
    if not executable:
        raise SystemExit(HOW_TO_GET_ONE)
    title, author, made = books(root)
    unknown = sorted(set(only) - set(made))
    if unknown:
        raise SystemExit(f"print_book: no book {', '.join(unknown)}; there are {', '.join(made)}.")
    paths = []
    with open_browser(executable) as browser:
        for name in only or made:
            groups, part = made[name]
            path = Path(folder) / f"{name}.pdf"
            data = print_document(browser, combine(site, groups, title, author, part))
            write_pdf(data, path, f"{title} {part}".strip(), author)
            looks = look_at_pages(path)
            problems = list(pdf_problems(path, looks))
            if problems:
                raise SystemExit("\n".join(f"{path.name}: {problem}" for problem in problems))
            print(describe(path, looks), flush=True)
            paths.append(path)
    return paths


def main():
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path, help="folder with _toc.yml and _config.yml")
    parser.add_argument("site", type=Path, help="the HTML pages built from it")
    parser.add_argument("folder", type=Path, help="where the PDF files go")
    parser.add_argument("--only", nargs="+", default=(), metavar="NAME", help="files to write, without .pdf")
    options = parser.parse_args()
    print_book(options.root, options.site, options.folder, options.only)


if __name__ == "__main__":
    sys.exit(main())
