"""The rules that the notebooks of the book obey, and that neither nbval nor Sphinx would notice being broken.

    python tools/check_notebooks.py [--root TREE] [NOTEBOOK ...]

Prints one line per violation and exits with status 1 if there is any. Every rule is a function that takes a
notebook (`Page`) and yields messages; tests/book/test_notebook_rules.py shows that each of them can fail.
"""

import argparse
import ast
import base64
import re
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import nbformat
import yaml
from chapter_form import FORM_RULES, HIDDEN, in_form

BOOK = Path(__file__).resolve().parent.parent
LONGEST_CELL = 25
SHORTEST_ALT = 40
LARGEST_NOTEBOOK = 1_500_000
LIBRARIES = {"ntklib", "numpy", "jax", "matplotlib", "seaborn", "pandas"}
TAGS = {
    "remove-cell",
    "remove-input",
    "remove-output",
    "hide-cell",
    "hide-input",
    "hide-output",
    "raises-exception",
    "scroll-output",
    "full-width",
    "margin",
    *HIDDEN,
}
MYSTNB_KEYS = {
    "image": {"alt", "classes", "width", "height", "scale", "align"},
    "figure": {"name", "caption", "caption_before", "align", "classes"},
}
OUTPUT_TYPES = {"text/plain", "text/html", "text/latex", "text/markdown", "image/png"}
KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE_INFO = {
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
}
# At most 12 lines. A jax that is new enough for pyproject.toml stays, with the libraries that Colab built around it;
# pip alone would replace it, for the newest lineax asks for a newer one.
COLAB_CELL = """\
import sys
from importlib import metadata, util
from subprocess import getstatusoutput as sh
if util.find_spec("ntklib") is None:
    get = "ntklib @ git+{url}"
    if "google.colab" not in sys.modules:
        raise SystemExit(f'No ntklib here. Run: pip install "{{get}}"')
    jax = [d.version for d in metadata.distributions(name="jax")]
    keep = " ".join(f"jax=={{v}}" for v in jax if v[:4] not in "0.4.0.5.0.6.")
    failed, why = sh(f'{{sys.executable}} -m pip install -q "{{get}}" {{keep}}')
    if failed:
        raise SystemExit("Installing ntklib failed:\\n" + why[-900:])
"""
ABSOLUTE_PATH = re.compile(r"""(?<![\w.:/-])(/(?:home|root|tmp|work|Users|usr|opt|var|etc|mnt|content)/|[A-Z]:\\)""")
DOWNLOAD = re.compile(r"https?://|urlopen|urlretrieve|\brequests\.|fetch_\w+\(|\bwget\b|\bcurl\b")
ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}\b")
LABEL = re.compile(
    r"^\(([\w:.-]+)\)=\s*$|^:(?:label|name):\s*(\S+)\s*$|\$\$\s*\(([\w:.-]+)\)\s*$|\\label\{([^}]+)\}", re.M
)
NUMERAL = re.compile(r"(?<![\w^_{.])\d+(?:,\d{3})*(?:\.\d+)?(?:e[+-]?\d+)?(?![\w^])")
COUNTS = {0, 1, 2, 3}  # "2 layers", "one of 3": words rather than measurements
EXERCISE = re.compile(r"^[`:]{3,}\{exercise(?:-start)?\}(.*?)^[`:]{3,}", re.M | re.S)
SOLUTION = re.compile(r"^[`:]{3,}\{solution(?:-start)?\}[ \t]*(\S*)", re.M)


@dataclass
class Page:
    """A notebook, its name in messages, and the address of the repository it belongs to."""

    name: str
    stem: str
    size: int
    notebook: nbformat.NotebookNode
    url: str

    @property
    def code(self):
        """(position, cell) of every code cell; positions count all cells from 1, as JupyterLab shows them."""
        return [(i, c) for i, c in enumerate(self.notebook.cells, 1) if c.cell_type == "code"]

    @property
    def text(self):
        """The Markdown of all cells."""
        return "\n\n".join(c.source for c in self.notebook.cells if c.cell_type == "markdown")


def tags(cell):
    """The tags of a cell."""
    return cell.metadata.get("tags", [])


def outputs_by_type(cell, mime):
    """Outputs of a cell that hold `mime`."""
    return [o for o in cell.outputs if mime in o.get("data", {})]


def output_text(cell):
    """All text that a cell printed or displayed."""
    parts = []
    for output in cell.outputs:
        parts.append(output.get("text", ""))
        parts.extend(str(v) for k, v in output.get("data", {}).items() if k.startswith("text/"))
    return "\n".join(parts)


# ---- rules


def executed_in_order(page):
    """Every code cell ran, in order, in a fresh kernel: nbval compares nothing for a cell that never ran."""
    for expected, (i, cell) in enumerate(page.code, 1):
        if not cell.source.strip():
            yield f"cell {i}: empty code cell"
        if cell.execution_count != expected:
            yield f"cell {i}: execution count {cell.execution_count}, expected {expected}; make.py execute"
        for output in cell.outputs:
            if output.get("execution_count", expected) != expected:
                yield f"cell {i}: an output carries execution count {output['execution_count']}"


def no_stored_errors(page):
    """No traceback, unless the cell is tagged raises-exception (and then there is one); nothing on stderr."""
    for i, cell in page.code:
        errors = [o for o in cell.outputs if o.output_type == "error"]
        meant = "raises-exception" in tags(cell)
        if errors and not meant:
            yield f"cell {i}: stored error {errors[0].ename}: {errors[0].evalue[:80]}"
        if meant and not errors:
            yield f"cell {i}: tagged raises-exception but raised nothing"
        if any(o.get("name") == "stderr" for o in cell.outputs):
            yield f"cell {i}: output on stderr; silence its cause"


def known_tags(page):
    """Only tags that mean something here; those that switch nbval off are not among them."""
    for i, cell in enumerate(page.notebook.cells, 1):
        for tag in sorted(set(tags(cell)) - TAGS):
            yield f"cell {i}: unknown tag {tag!r}; known are {', '.join(sorted(TAGS))}"


def figures_described(page):
    """A picture has alt text, a label and a caption, and no keys that MyST-NB would silently ignore."""
    for i, cell in page.code:
        settings = cell.metadata.get("mystnb", {})
        for key in settings:
            if key not in MYSTNB_KEYS:
                yield f"cell {i}: unknown key mystnb.{key}"
            for inner in sorted(set(settings[key]) - MYSTNB_KEYS.get(key, set(settings[key]))):
                yield f"cell {i}: unknown key mystnb.{key}.{inner}"
        pictures = len(outputs_by_type(cell, "image/png"))
        if not pictures or {"remove-cell", "remove-output"} & set(tags(cell)):
            continue
        if pictures > 1:
            yield f"cell {i}: {pictures} pictures from one cell; one caption cannot describe them"
        alt = settings.get("image", {}).get("alt", "")
        if len(alt) < SHORTEST_ALT:
            yield f"cell {i}: mystnb.image.alt has {len(alt)} characters, expected at least {SHORTEST_ALT}"
        for key in ("name", "caption"):
            if not settings.get("figure", {}).get(key):
                yield f"cell {i}: picture without mystnb.figure.{key}"


def figures_guarded(page):
    """A picture stands beside an assertion, and the numbers of its alt text stand in the code near it."""
    code = [(i, cell) for i, cell in page.code if "numbers" not in tags(cell)]
    for k, (i, cell) in enumerate(code):
        text = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
        if not text:
            continue
        if not any(re.search(r"^\s*assert ", c.source, re.M) for _, c in code[max(k - 1, 0) : k + 2]):
            yield f"cell {i}: no assertion in this cell or beside it guards the picture's alt text"
        known = set().union(*(literals(c.source) for _, c in code[max(k - 2, 0) : k + 3]))
        for value, numeral in numerals(text).items():
            if value not in known | COUNTS:
                yield f"cell {i}: the alt text says {numeral}, which no cell near it computes or asserts"


def guards_only_guard(page):
    """A cell tagged guard is collapsed, asserts something (or makes the guard), and shows nothing."""
    for i, cell in page.code:
        if "guard" not in tags(cell):
            continue
        if "hide-input" not in tags(cell) or cell.outputs:
            yield f"cell {i}: a guard is tagged hide-input too, and shows nothing"
        if not re.search(r"^\s*(assert |np\.testing\.assert_|guard = (ntklib\.)?Guard\()", cell.source, re.M):
            yield f"cell {i}: a guard without an assertion"


def numerals(text):
    """The numbers that a text states, by value."""
    return {float(numeral.replace(",", "")): numeral for numeral in NUMERAL.findall(text)}


def literals(source):
    """The numbers that stand in code, those inside its strings included."""
    try:
        constants = [node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)]
    except SyntaxError:
        return set()
    plain = {float(value) for value in constants if isinstance(value, (int, float))}
    return plain.union(*(numerals(value) for value in constants if isinstance(value, str)))


def stable_outputs(page):
    """Outputs that the next run reproduces: plain types, no memory address, no version stamp inside a PNG."""
    for i, cell in page.code:
        for output in cell.outputs:
            for mime in sorted(set(output.get("data", {})) - OUTPUT_TYPES):
                yield f"cell {i}: output of type {mime}; allowed are {', '.join(sorted(OUTPUT_TYPES))}"
            if b"Software" in base64.b64decode(output.get("data", {}).get("image/png", "")):
                yield f"cell {i}: PNG with a Software chunk; run `make.py execute`"
        found = ADDRESS.search(output_text(cell))
        if found:
            yield f"cell {i}: memory address {found.group()} in the output, different in every run"


def tables_in_words(page):
    """No TeX in a table: it would stay raw on the page."""
    for i, cell in page.code:
        for output in outputs_by_type(cell, "text/html"):
            found = re.search(r"<t[dh][^>]*>[^<]*?(\$[^<$]+\$)", output["data"]["text/html"])
            if found:
                yield f"cell {i}: TeX in a table, {found[1]}; write it in words and letters"


def portable(page):
    """Nothing depends on one machine or on a download."""
    for i, cell in enumerate(page.notebook.cells, 1):
        content = cell.source + ("\n" + output_text(cell) if cell.cell_type == "code" else "")
        found = ABSOLUTE_PATH.search(content)
        if found:
            yield f"cell {i}: absolute path starting with {found.group(1)}"
        if cell.cell_type == "code" and not is_colab_cell(cell):
            found = DOWNLOAD.search(cell.source)
            if found:
                yield f"cell {i}: download ({found.group()}); use data that ntklib.datasets makes or ships"


def short_cells(page):
    """Code cells of at most 25 lines, unless the code is the lesson; no trailing semicolon."""
    for i, cell in page.code:
        lines = cell.source.splitlines()
        if len(lines) > LONGEST_CELL and ("lesson" not in tags(cell) or in_form(page)):
            yield f"cell {i}: {len(lines)} lines; move code to ntklib, or tag it `lesson` if it is the lesson"
        if lines and lines[-1].split("#")[0].rstrip().endswith(";"):
            yield f"cell {i}: ends with `;`, which nbval does not honour; end a plot with plt.show()"


def allowed_imports(page):
    """Only libraries that a reader has met; no magics outside the Colab cell."""
    allowed = LIBRARIES | set(sys.stdlib_module_names)
    for i, cell in page.code:
        if is_colab_cell(cell):
            continue
        if re.search(r"^\s*[%!]", cell.source, re.M):
            yield f"cell {i}: IPython magic or shell command"
            continue
        try:
            tree = ast.parse(cell.source)
        except SyntaxError as error:
            if "raises-exception" not in tags(cell):
                yield f"cell {i}: {error}"
            continue
        for name in imported(tree):
            if name.split(".")[0] not in allowed:
                yield f"cell {i}: imports {name}; a chapter imports only {', '.join(sorted(LIBRARIES))}"


def imported(tree):
    """Names of all imported modules."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "."


def visible_precision(page):
    """A notebook that computes with JAX or ntklib switches 64-bit precision on where the reader sees code."""
    code = "\n".join(cell.source for _, cell in page.code)
    if all({"remove-cell", "hide-cell", "hide-input"} & set(tags(cell)) for _, cell in page.code):
        return
    if not re.search(r"^\s*(?:import|from)\s+(?:jax|ntklib)\b", code, re.M):
        return
    hidden = {"remove-cell", "remove-input", "hide-cell", "hide-input"}
    for _, cell in page.code:
        switch = re.search(r"""jax\.config\.update\(["']jax_enable_x64["'], True\)""", cell.source)
        if switch and not hidden & set(tags(cell)):
            return
    yield 'no visible cell with jax.config.update("jax_enable_x64", True)'


def headings(page):
    """One title, in the first cell, and at least one more heading (a script of the theme needs two)."""
    prose = re.sub(r"^(`{3,}|~{3,}|:{3,}).*?^\1", "", page.text, flags=re.M | re.S)
    levels = [len(m) for m in re.findall(r"^(#{1,6}) ", prose, re.M)]
    first = page.notebook.cells[0] if page.notebook.cells else None
    if first is None or first.cell_type != "markdown" or not first.source.startswith("# "):
        yield "the first cell must be Markdown and start with the title, `# ...`"
    if levels.count(1) > 1:
        yield f"{levels.count(1)} titles; expected one heading of level 1"
    if len(levels) < 2:
        yield f"{len(levels)} heading(s); expected at least 2"


def standard_metadata(page):
    """The metadata that `make.py execute` writes, so that a second run changes nothing."""
    if page.notebook.metadata.get("kernelspec") != KERNELSPEC:
        yield "kernelspec is not the standard python3 one; run `make.py execute`"
    if page.notebook.metadata.get("language_info") != LANGUAGE_INFO:
        yield "language_info is not the standard one (no version); run `make.py execute`"
    if page.size > LARGEST_NOTEBOOK:
        yield f"{page.size} bytes; expected at most {LARGEST_NOTEBOOK}: plot fewer points or lower the dpi"
    repeated = [k for k, n in Counter(c.get("id") for c in page.notebook.cells).items() if n > 1]
    if repeated:
        yield f"cell ids missing or repeated: {repeated}"


def is_colab_cell(cell):
    """Whether a cell is the one that installs ntklib on Colab."""
    return cell.cell_type == "code" and "google.colab" in cell.source


def colab_cell(page):
    """The first code cell installs ntklib on Colab from the repository of _config.yml, and says elsewhere how to."""
    first = page.code[0][1] if page.code else None
    wanted = COLAB_CELL.format(url=page.url).strip()
    if first is None or first.source.strip() != wanted or tags(first) != ["remove-cell"]:
        yield "the first code cell is not the Colab cell of this repository; `make.py execute` puts it there"


def own_labels(page):
    """Labels and figure names carry the name of their chapter, so that no two chapters can collide."""
    slug = page.stem.replace("_", "-")
    for label in labels(page):
        if f"-{slug}-" not in f"-{re.sub('[_:.]', '-', label)}-":
            yield f"label {label!r} does not contain the chapter's name {slug!r} (e.g. thm-{slug}-main)"
    for label, count in Counter(labels(page)).items():
        if count > 1:
            yield f"label {label!r} is defined {count} times"


def labels(page):
    """All labels that a notebook defines."""
    found = [next(filter(None, groups)) for groups in LABEL.findall(page.text)]
    return found + [
        cell.metadata["mystnb"]["figure"]["name"]
        for _, cell in page.code
        if cell.metadata.get("mystnb", {}).get("figure", {}).get("name")
    ]


def solutions_match(page):
    """Every solution belongs to an exercise of the page; Sphinx would print nothing for one that does not."""
    exercises = {m for block in EXERCISE.findall(page.text) for m in re.findall(r"^:label:\s*(\S+)", block, re.M)}
    for target in SOLUTION.findall(page.text):
        if target not in exercises:
            yield f"solution of {target!r}, but the page has no exercise with that label"


RULES = [
    executed_in_order,
    no_stored_errors,
    known_tags,
    figures_described,
    figures_guarded,
    guards_only_guard,
    stable_outputs,
    tables_in_words,
    portable,
    short_cells,
    allowed_imports,
    visible_precision,
    headings,
    standard_metadata,
    colab_cell,
    own_labels,
    solutions_match,
    *FORM_RULES,
]


# ---- running


def repository_url(root=BOOK):
    """The address of the repository: the one setting in _config.yml."""
    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    return config["repository"]["url"].rstrip("/")


def chapters(root):
    """All notebooks of a tree: those beside _config.yml and those below chapters/."""
    found = [*root.glob("*.ipynb"), *root.glob("chapters/**/*.ipynb")]
    return sorted(path for path in found if ".ipynb_checkpoints" not in path.parts)


def read_page(path, root):
    """Read and validate a notebook."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
    return Page(name, path.stem, path.stat().st_size, notebook, repository_url(root))


def violations(page, rules=RULES):
    """All messages about one notebook."""
    return [f"{page.name}: {message} [{rule.__name__}]" for rule in rules for message in rule(page)]


def shared_labels(pages):
    """Messages about labels that two notebooks define."""
    owners = {}
    for page in pages:
        for label in set(labels(page)):
            owners.setdefault(label, []).append(page.name)
    return [f"label {k!r} is defined in {' and '.join(v)}" for k, v in sorted(owners.items()) if len(v) > 1]


def main():
    """Check the named notebooks, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=BOOK)
    parser.add_argument("notebooks", nargs="*", type=Path)
    options = parser.parse_args()
    root = options.root.resolve()
    paths = [p.resolve() for p in options.notebooks] or chapters(root)
    pages, messages = [], []
    for path in paths:
        try:
            pages.append(read_page(path, root))
        except (nbformat.ValidationError, ValueError) as error:
            messages.append(f"{path.name}: not a valid notebook: {str(error).splitlines()[0]}")
    messages += [message for page in pages for message in violations(page)] + shared_labels(pages)
    print("\n".join([*messages, f"{len(paths)} notebooks, {len(messages)} violations"]))
    sys.exit(bool(messages))


if __name__ == "__main__":
    main()
