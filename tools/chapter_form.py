"""The form of a chapter: rules for notebooks that have a cell of settings, which a reader may change.

Every code cell is of one kind, told by its tag:

    settings  the values that the text was written for; the reader changes them
    lesson    visible: what the text speaks of, computed in a few lines that one can retype
    figure    collapsed: a picture
    numbers   collapsed with its output: the table behind a picture
    guard     collapsed: all assertions, inside `with guard:`, which knows whether the settings were changed
    claims    visible: claims as sentences

check_notebooks.py runs these rules with its own; tests/book/test_chapter_form.py shows that each of them can fail.
"""

import ast
import base64
import re
from pathlib import Path

HIDDEN = {
    "settings": set(),
    "lesson": set(),
    "claims": set(),
    "figure": {"hide-input"},
    "guard": {"hide-input"},
    "numbers": {"hide-cell"},
}
LONGEST_LESSON, WIDEST_LESSON, MOST_TABLES, WIDEST_PICTURE = 15, 79, 4, 653
SCAFFOLDING = {
    r"^\s*assert\b|np\.testing": "asserts: move it to a guard",
    r"\bcaption=": "has a caption: a table that needs one is of the kind `numbers`",
    r"\.append\(\s*\{": "builds rows by hand: let ntklib.sweep or a comprehension make the frame",
    r"\btheory\b": "calls ntklib.theory: write out what the text speaks of",
}
WORDS_A_MINUTE, PROOF_WORDS_A_MINUTE, LINES_A_MINUTE, TOLERANCE = 200, 120, 12, 0.25
MATH = re.compile(r"\$\$(.+?)\$\$|(?<!\\)\$(.+?)(?<!\\)\$", re.S)
PROOF = re.compile(r"^:::\{prf:proof\}.*?^:::$", re.M | re.S)
TIME = re.compile(r"\*\*Time\*\*: (\d+) minutes to read")
SYMBOL_TABLE = re.compile(r"^\| symbol \| meaning \|\n\|[-|]+\|\n((?:\|.*\n)+)", re.M)
GREEK = set(
    re.findall(
        r"\w+",
        "alpha beta gamma delta epsilon varepsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau phi "
        "varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega ell",
    )
)
ORDINARY = {"i", "j", "k", "e", "v", "w", "x", "y", "z", "O", "E", "pi", "Omega"}  # indices, vectors, orders


def in_form(page):
    """Whether a notebook has settings, and with them the form that these rules are about."""
    return any("settings" in kinds(cell) for _, cell in page.code)


def kinds(cell):
    """The kinds that a cell's tags name."""
    return [tag for tag in cell.metadata.get("tags", []) if tag in HIDDEN]


def of_kind(page, *wanted):
    """(position, cell) of the code cells of some kinds, if the notebook has the form."""
    return [(i, c) for i, c in page.code if in_form(page) and set(kinds(c)) & set(wanted)]


def one_kind_each(page):
    """Every code cell is of one kind and hidden as its kind is; a figure draws, and nothing else does."""
    for i, cell in page.code if in_form(page) else []:
        tags = set(cell.metadata.get("tags", []))
        if "remove-cell" in tags:
            continue
        if len(kinds(cell)) != 1:
            yield f"cell {i}: of the kinds {kinds(cell)}; expected one of {', '.join(HIDDEN)}"
            continue
        (kind,) = kinds(cell)
        hidden = {tag for tag in tags if tag.startswith(("hide", "remove"))}
        if hidden != HIDDEN[kind]:
            yield f"cell {i}: a {kind} cell is tagged {sorted(hidden)}; expected {sorted(HIDDEN[kind])}"
        if (kind == "figure") != any("image/png" in output.get("data", {}) for output in cell.outputs):
            yield f"cell {i}: a {kind} cell {'without' if kind == 'figure' else 'with'} a picture"


def lessons_teach(page):
    """A lesson is short and narrow, and free of assertions, captions and rows made by hand."""
    for i, cell in of_kind(page, "lesson", "settings"):
        lines = cell.source.splitlines()
        if len(lines) > LONGEST_LESSON:
            yield f"cell {i}: a lesson of {len(lines)} lines; expected at most {LONGEST_LESSON}"
        if max(map(len, lines)) > WIDEST_LESSON:
            yield f"cell {i}: a lesson {max(map(len, lines))} columns wide; expected at most {WIDEST_LESSON}"
        for pattern, fault in SCAFFOLDING.items():
            if re.search(pattern, cell.source, re.M):
                yield f"cell {i}: a lesson {fault}"


def guards_know_the_settings(page):
    """Assertions stand inside `with guard:`, and only in guards."""
    for i, cell in page.code if in_form(page) else []:
        if "remove-cell" in cell.metadata.get("tags", []):
            continue
        loose = [node for node in ast.parse(cell.source).body if not guarded(node)]
        asserts = any(isinstance(inner, ast.Assert) for node in loose for inner in ast.walk(node))
        asserts |= any("np.testing." in ast.unparse(node) for node in loose)
        if asserts or ("guard" not in kinds(cell) and re.search(r"^\s+assert\b", cell.source, re.M)):
            yield f"cell {i}: asserts outside `with guard:`; a reader who changes a setting would meet an error"


def guarded(node):
    """Whether a statement is a block `with guard:`."""
    return isinstance(node, ast.With) and any(ast.unparse(item.context_expr) == "guard" for item in node.items)


def figures_readable(page):
    """A picture is narrow enough that its ticks have nine pixels on a phone: 350 wide, ticks of 11 points."""
    for i, cell in of_kind(page, "figure"):
        for output in cell.outputs:
            data = base64.b64decode(output.get("data", {}).get("image/png", ""))
            width = int.from_bytes(data[16:20], "big") / 2 if data else 0
            if width > WIDEST_PICTURE:
                yield f"cell {i}: a picture {width:.0f} pixels wide; expected at most {WIDEST_PICTURE}, 5.8 inches"


def few_tables(page):
    """At most four tables are visible."""
    shown = [i for i, c in of_kind(page, "lesson", "claims") if any("<table" in text for text in html(c))]
    if len(shown) > MOST_TABLES:
        yield f"{len(shown)} visible tables, in cells {shown}; expected at most {MOST_TABLES}"


def html(cell):
    """The HTML outputs of a cell."""
    return [str(output.get("data", {}).get("text/html", "")) for output in cell.outputs]


def honest_minutes(page):
    """The minutes stated are those of the words, slower in proofs, and of the visible code."""
    stated = TIME.search(page.text)
    if not in_form(page):
        return
    if not stated:
        yield "no line `**Time**: … minutes to read, … seconds to run.`"
        return
    expected = minutes(page)
    if abs(int(stated[1]) / expected - 1) > TOLERANCE:
        yield f"{stated[1]} minutes to read are stated; words and code before the exercises make {expected:.0f}"


def minutes(page):
    """Minutes to read what stands before the exercises."""
    cells = page.notebook.cells
    end = next((k for k, c in enumerate(cells) if c.cell_type == "markdown" and "## Exercises" in c.source), len(cells))
    text = "\n\n".join(c.source for c in cells[:end] if c.cell_type == "markdown").split("## Exercises")[0]
    proofs = "\n".join(PROOF.findall(text))
    lines = sum(len(c.source.splitlines()) for c in cells[:end] if {"lesson", "settings"} & set(kinds(c)))
    fast, slow = words(PROOF.sub("", text)), words(proofs)
    return fast / WORDS_A_MINUTE + slow / PROOF_WORDS_A_MINUTE + lines / LINES_A_MINUTE


def words(text):
    """The number of words of a Markdown text; a formula in a line counts as two, a displayed one as twenty."""
    shown, inline = len(re.findall(r"\$\$.+?\$\$", text, re.S)), len(re.findall(r"(?<!\$)\$[^$]+\$(?!\$)", text))
    plain = re.sub(r"\$\$.+?\$\$|\$[^$]+\$|\{[a-z:]+\}`[^`]*`", " ", text, flags=re.S)
    return len(re.findall(r"[A-Za-z][\w'’-]*", plain)) + 2 * inline + 20 * shown


def symbols_defined(page):
    """Every letter of a formula is ordinary, or in the book's table of symbols, or in the chapter's, there once."""
    if not in_form(page):
        return
    table = SYMBOL_TABLE.search(page.text + "\n")
    if not table:
        yield "no table `| symbol | meaning |` of the chapter's symbols"
        return
    rows = [row.strip("| \n").split("|", 1) for row in table[1].splitlines()]
    symbols = [symbol for cell, _ in rows for symbol in formulas(cell)]
    for symbol in sorted({s for s in symbols if symbols.count(s) > 1}):
        yield f"the symbol ${symbol}$ has two rows in the table of symbols"
    first_column = " ".join(re.findall(r"^\* - (\$.*)$", book_symbols(), re.M))
    common = {symbol.split("=")[0].strip() for symbol in formulas(first_column)}
    for cell, meaning in rows:
        for symbol in set(formulas(cell)) & common:
            if "elsewhere" not in meaning:
                yield f"the symbol ${symbol}$ is in the book's table too: say what it means `elsewhere`"
    known = letters(" ".join(symbols)) | letters(" ".join(formulas(book_symbols()))) | ORDINARY
    unknown = letters(" ".join(formulas(page.text))) - known
    if unknown:
        yield f"letters without a row in a table of symbols: {', '.join(sorted(unknown))}"


def book_symbols():
    """The text of the book's page of notation."""
    return (Path(__file__).resolve().parents[1] / "notation.md").read_text(encoding="utf-8")


def formulas(text):
    """The formulas of a Markdown text."""
    return [(shown or inline).strip() for shown, inline in MATH.findall(text)]


def letters(formula):
    """Roman and Greek letters of a formula; words, operators and other commands are left out."""
    plain = re.sub(r"\\(?:text|mathrm|operatorname|begin|end|label|rm)\s*\{[^}]*\}", " ", formula)
    commands = set(re.findall(r"\\([A-Za-z]+)", plain)) & GREEK
    return commands | set(re.findall(r"[A-Za-z]", re.sub(r"\\[A-Za-z]+", " ", plain)))


FORM_RULES = [
    one_kind_each,
    lessons_teach,
    guards_know_the_settings,
    figures_readable,
    few_tables,
    honest_minutes,
    symbols_defined,
]
