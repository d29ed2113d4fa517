"""The book's Markdown as JupyterLab shows it with `jupyterlab-myst`, which knows theorems, exercises and dropdowns.

What it does not know is said in words that it does: the book's own directives (`predict`, `explorer`, `lemma-map`,
`part-map`, `stored-figure`), citations, links to other pages, solutions with code cells in them. Macros of formulas,
which the pages have from _config.yml, go into the front matter of a page. Every function takes and returns text.
"""

import json
import os
import re
import sys
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

import yaml
from pybtex.database import parse_file
from pybtex.plugin import find_plugin
from pybtex.richtext import Text

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "_ext"))

from partmap import ROMAN, parts_as_entries, read_map, spoken
from storedfigure import stored_figure

OPENING = re.compile(r"^ {0,3}(:{3,}|`{3,}|~{3,})(?:\{([^}]+)\})?[ \t]*(.*)$")
OPTION = re.compile(r"^:([\w-]+):[ \t]*(.*)$")
ROLE = re.compile(r"\{(cite:p|cite:t|doc|ref|numref|eq|prf:ref)\}`([^`]+)`")
LABELLED = re.compile(
    r"\{(?:prf:)?([a-z]+)(?:-start)?\}[ \t]*([^\n]*)\n:label:[ \t]*(\S+)|\$\$[ \t]*\(([\w:.-]+)\)[ \t]*$", re.M
)
EXERCISE = re.compile(
    r"^([`:]{3,})\{exercise-start\}(.*?)^\1[ \t]*$(.*?)^([`:]{3,})\{exercise-end\}[ \t]*\n\4[ \t]*$", re.M | re.S
)
VERBATIM = ("code-block", "math", "code")

# ---- the book


def page_text(path):
    """The Markdown of a page."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        return text
    return "\n\n".join("".join(c["source"]) for c in json.loads(text)["cells"] if c["cell_type"] == "markdown")


def shows_figure(cell):
    """The settings of the picture with a caption that a code cell shows, or None."""
    settings = cell["metadata"].get("mystnb", {}).get("figure", {})
    hidden = {"remove-cell", "remove-output"} & set(cell["metadata"].get("tags", []))
    pictures = any("image/png" in output.get("data", {}) for output in cell.get("outputs", []))
    return settings if settings.get("name") and pictures and not hidden else None


@dataclass
class Book:
    """What the text of a page needs to know of the other pages."""

    root: Path

    @cached_property
    def contents(self):
        """The parts of the table of contents, each with its pages."""
        parts = yaml.safe_load((self.root / "_toc.yml").read_text(encoding="utf-8"))["parts"]
        return [(part.get("numbered", False), [entry["file"] for entry in part["chapters"]]) for part in parts]

    @cached_property
    def files(self):
        """Mapping page -> file, of all pages that are copied: the package's own documentation is not."""
        wanted = ["intro", *(page for _, pages in self.contents for page in pages if not page.startswith("api/"))]
        paths = {page: [self.root / f"{page}{end}" for end in (".ipynb", ".md")] for page in wanted}
        return {page: next(path for path in both if path.exists()) for page, both in paths.items()}

    @cached_property
    def texts(self):
        """Mapping page -> its Markdown."""
        return {page: page_text(path) for page, path in self.files.items()}

    @cached_property
    def titles(self):
        """Mapping page -> title."""
        return {page: re.search(r"^# +(.+)$", text, re.M)[1] for page, text in self.texts.items()}

    @cached_property
    def numbers(self):
        """Mapping chapter -> its number."""
        numbered = [page for counted, pages in self.contents if counted for page in pages]
        return {page: str(k) for k, page in enumerate(numbered, 1)}

    @cached_property
    def figures(self):
        """Mapping label -> (page, number) of every picture with a caption."""
        found = {}
        for page, path in self.files.items():
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"] if path.suffix == ".ipynb" else []
            names = [settings["name"] for settings in map(shows_figure, cells) if settings]
            chapter = f"{self.numbers[page]}." if page in self.numbers else ""
            found |= {name: (page, f"Fig. {chapter}{k}") for k, name in enumerate(names, 1)}
        return found

    @cached_property
    def places(self):
        """Mapping label -> (page, what it names) of theorems, exercises and equations."""
        found = {}
        for page, text in self.texts.items():
            for kind, title, label, equation in LABELLED.findall(text):
                words = f"{kind.capitalize()} ({title})" if title.strip() else kind.capitalize()
                found[label or equation] = (page, "equation" if equation else words)
        return found

    @cached_property
    def macros(self):
        """Mapping name -> definition of the macros in formulas."""
        config = yaml.safe_load((self.root / "_config.yml").read_text(encoding="utf-8"))
        macros = config["sphinx"]["config"]["mathjax3_config"]["tex"]["macros"]
        return {name: value[0] if isinstance(value, list) else value for name, value in macros.items()}

    @cached_property
    def sources(self):
        """Mapping key -> (authors, year) of everything that can be cited."""
        groups = {}
        for key, entry in self.bibliography.entries.items():
            groups.setdefault((authors(entry), entry.fields.get("year", "")), []).append(key)
        letters = {key: chr(97 + k) if len(keys) > 1 else "" for keys in groups.values() for k, key in enumerate(keys)}
        return {key: (names, year + letters[key]) for (names, year), keys in groups.items() for key in keys}

    @cached_property
    def bibliography(self):
        """What references.bib holds."""
        return parse_file(str(self.root / "references.bib"))


def authors(entry):
    """The names by which an entry is cited."""
    people = entry.persons.get("author") or entry.persons.get("editor") or []
    names = [str(Text.from_latex(" ".join(person.prelast_names + person.last_names))) for person in people]
    return f"{names[0]} et al." if len(names) > 2 else " and ".join(names)


# ---- blocks


@dataclass
class Block:
    """A directive: its fence, name, argument, options and body."""

    fence: str
    name: str
    argument: str
    options: dict = field(default_factory=dict)
    body: str = ""


def fenced(name, argument, body, options=(), mark=":"):
    """A directive whose fence is longer than those inside."""
    inner = [len(run) for run in re.findall(rf"^ *({re.escape(mark)}{{3,}})", body, re.M)]
    fence = mark * max(3, 1 + max(inner, default=0))
    head = "".join(f":{key}: {value}".rstrip() + "\n" for key, value in dict(options).items())
    return (
        f"{fence}{{{name}}} {argument}".rstrip()
        + "\n"
        + (head + "\n" if head else "")
        + body.strip("\n")
        + f"\n{fence}"
    )


def pieces(text):
    """The text as a list of strings and `Block`s; a fence without a directive stays in one string, untouched."""
    lines, plain = text.split("\n"), []
    while lines:
        line = lines.pop(0)
        opened = OPENING.match(line)
        if not opened:
            plain.append(line)
            continue
        inside = take_until_closed(lines, opened[1])
        yield "\n".join(plain)
        plain = []
        yield parse_block(opened, inside) if opened[2] else Block(opened[1], "", opened[3], {}, "\n".join(inside))
    yield "\n".join(plain)


def take_until_closed(lines, fence):
    """Remove and return the lines up to the closing fence."""
    closing = re.compile(rf"^ {{0,3}}{re.escape(fence[0])}{{{len(fence)},}}[ \t]*$")
    inside = []
    while lines:
        line = lines.pop(0)
        if closing.match(line):
            break
        inside.append(line)
    return inside


def parse_block(opened, inside):
    """The directive that an opening line and the lines inside make."""
    options = {}
    while inside and OPTION.match(inside[0]):
        key, value = OPTION.match(inside.pop(0)).groups()
        options[key] = value
    return Block(opened[1], opened[2].strip(), opened[3].strip(), options, "\n".join(inside))


@dataclass
class Translator:
    """Translates the text of one page; `save(name, bytes)` keeps a picture and returns its address."""

    book: Book
    page: str
    save: object = None

    def __call__(self, text):
        """The text as the lab shows it; an exercise in two pieces, with code inside, becomes one."""
        text = EXERCISE.sub(lambda found: "`" * 9 + f"{{exercise}}{found[2]}\n{found[3].strip()}\n" + "`" * 9, text)
        made = [self.roles(part) if isinstance(part, str) else self.block(part) for part in pieces(text)]
        return "\n".join(part for part in made if part is not None).strip("\n") + "\n" * text.endswith("\n")

    def block(self, block):
        """The text for one directive."""
        if not block.name:
            return f"{block.fence}{block.argument}\n{block.body}\n{block.fence}"
        own = getattr(self, "say_" + block.name.replace("-", "_").replace(":", "_"), None)
        if own:
            return own(block)
        body = block.body if block.name in VERBATIM else self(block.body)
        return fenced(block.name, self.roles(block.argument), body, block.options, block.fence[0])

    # ---- directives that the lab does not know

    def say_predict(self, block):
        """A question, its answers, and the finding behind a fold."""
        question, _, finding = block.body.partition("\n---\n")
        revealed = fenced("dropdown", "Reveal", f"*Answer {block.options.get('answer')}.* {self(finding).strip()}")
        return fenced("admonition", "Predict", f"{self(question)}\n\n{revealed}")

    def say_explorer(self, block):
        """What a reader without the instrument sees."""
        return fenced("admonition", "On the page of the book", self(block.body))

    def say_lemma_map(self, block):
        """A list of steps, each with those that it rests on."""
        rows = [[part.strip() for part in line.split("|")] for line in block.body.split("\n") if line.strip()]
        names = {row[0]: row[1] for row in rows}
        return "\n".join(self.step(row, names) for row in rows) + "\n"

    def step(self, row, names):
        """A line of the map of a proof."""
        needs = "; ".join(names[anchor] for anchor in row[2].split()) if len(row) > 2 else ""
        return f"- [{row[1]}](#{row[0]})" + (f" rests on: {needs}" if needs else "")

    def say_part_map(self, block):
        """A table: page, what it needs, minutes and seconds."""
        parts = read_map(self.book.root / "chapters" / "map.yml")
        entries = parts[block.argument] if block.argument else parts_as_entries(parts)
        rows = [self.part_row(page, entry, list(parts)) for page, entry in entries.items()]
        return "\n".join(["| | Needs | To read | To run |", "|:--|:--|:--|:--|", *rows]) + "\n"

    def part_row(self, page, entry, parts):
        """A line of the table of a part."""
        needs = ", ".join(f"[{self.short(need, parts)}]({self.address(need)})" for need in entry.needs) or "–"
        name = f"{self.short(page, parts)}. [{self.book.titles[page]}]({self.address(page)})"
        return f"| {name} | {needs} | {spoken(entry.minutes, 'h', 'min')} | {spoken(entry.seconds, 'min', 's')} |"

    def short(self, page, parts):
        """The number of a chapter or a part."""
        return self.book.numbers.get(page) or ROMAN[parts.index(page.split("/")[1])]

    def say_stored_figure(self, block):
        """The picture and its caption."""
        found = stored_figure(self.book.root, block.argument)
        address = self.save(f"{block.argument}.png", found.png)
        return f"![{found.alt}]({address})\n\n{self(block.body)}\n"

    def say_card_footer(self, block):
        """The foot of a card."""
        return f"+++\n{self(block.body)}"

    def say_prf_proof(self, block):
        """A proof, which has no number."""
        return fenced("prf:proof", self.roles(block.argument), self(block.body), block.options | {"nonumber": "true"})

    def say_solution_start(self, block):
        """The head of a solution; its cells follow, folded."""
        return f"**Solution** of the [exercise](#{block.argument}): the cells below, folded.\n"

    def say_solution_end(self, block):
        """Nothing: the next exercise or heading ends it."""

    def say_glossary(self, block):
        """A list of terms."""
        entries = [entry.split("\n") for entry in re.split(r"\n\s*\n", block.body.strip("\n"))]
        return "\n".join(self.term(lines) for lines in entries) + "\n"

    def term(self, lines):
        """A term, its synonyms, and the sentence."""
        names = [line for line in lines if not line.startswith(" ")]
        says = " ".join(line.strip() for line in lines if line.startswith(" "))
        return f"- **{names[0]}**{''.join(', ' + name for name in names[1:])}: {self.roles(says)}"

    def say_concept_index(self, block):
        """Where the index is."""
        return "The index is made with the pages of the book.\n"

    def say_bibliography(self, block):
        """The list of sources."""
        style = find_plugin("pybtex.style.formatting", "plain")()
        backend, made = find_plugin("pybtex.backends", "markdown")(), []
        for entry in style.format_bibliography(self.book.bibliography):
            names, year = self.book.sources[entry.key]
            made.append(f"- **{names} ({year})**. {entry.text.render(backend)}")
        return "\n".join(sorted(made)) + "\n"

    def say_include(self, block):
        """The text of another file, from the line that is named on, its headings one level lower."""
        text = (self.book.root / block.argument).read_text(encoding="utf-8")
        text = text.partition(block.options.get("start-after", ""))[2] if "start-after" in block.options else text
        return re.sub(r"^#", "#" * (1 + int(block.options.get("heading-offset", 0))), text, flags=re.M)

    # ---- roles

    def roles(self, text):
        """The text with its citations and references in words and links."""
        return ROLE.sub(lambda found: self.role(found[1], " ".join(found[2].split()), found[0]), text)

    def role(self, name, content, whole):
        """What stands for one role."""
        if name.startswith("cite"):
            return self.cited(content.split(","), name.endswith("p"))
        words, _, target = content.rstrip(">").rpartition("<") if content.endswith(">") else ("", "", content)
        find = {"doc": self.document}.get(name, partial(self.reference, whole))
        return find(words.strip(), target.strip())

    def cited(self, keys, in_brackets):
        """Authors and years."""
        found = [self.book.sources[key.strip()] for key in keys]
        if in_brackets:
            return "(" + "; ".join(f"{names}, {year}" for names, year in found) + ")"
        return "; ".join(f"{names} ({year})" for names, year in found)

    def document(self, words, target):
        """A link to the copy of a page, or words where there is none."""
        page = target.lstrip("/") if target.startswith("/") else self.resolved(target)
        if page not in self.book.titles:
            return words or f"`{page}`"
        return f"[{words or self.book.titles[page]}]({self.address(page)})"

    def resolved(self, target):
        """The page that a name means here: beside this page, or from the root."""
        return os.path.normpath(Path(self.page).parent / target).replace(os.sep, "/")

    def reference(self, whole, words, label):
        """A link to a labelled place; within the page the lab finds theorems, exercises and equations by itself."""
        page, name = self.book.figures.get(label) or self.book.places.get(label) or (None, label)
        if page is None:
            return words or whole
        if page == self.page and label in self.book.figures:
            return f"[{words or name}](#{label})"
        return whole if page == self.page else f"[{words or name}]({self.address(page)})"

    def address(self, page):
        """The address of another page's copy."""
        return os.path.relpath(self.book.files[page], (self.book.root / self.page).parent).replace(os.sep, "/")

    def front_matter(self, text):
        """The macros that a page uses, as its first lines; nothing if it uses none."""
        used = [name for name in self.book.macros if re.search(rf"\\{name}(?![a-zA-Z])", text)]
        if not used:
            return ""
        macros = {f"\\{name}": self.book.macros[name] for name in used}
        return "---\n" + yaml.safe_dump({"math": macros}, sort_keys=False, allow_unicode=True, width=1000) + "---\n\n"
