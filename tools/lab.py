"""Copies of the book's pages for JupyterLab, and JupyterLab on them.

    python tools/lab.py [--execute] [OPTION OF JUPYTERLAB ...]

The copies stand in _build/lab, where a reader may change, run and save them: the notebooks of the book stay as they
are. A copy that was not touched is renewed when its page changes; one that the reader changed is kept. With --execute
every copy is run and saved instead, and it is an error if that changes a file of the repository.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import nbformat
from execute_notebooks import TIMEOUT, ThisPython
from lab_text import Book, Translator, fenced, page_text, shows_figure
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).resolve().parents[1]
LAB = ROOT / "_build" / "lab"
RECORD = ".copies.json"  # in the lab: what was written, to tell a copy that a reader changed
CONFIG = ".jupyter"
FOLDED = {"remove-cell", "remove-input", "hide-cell", "hide-input"}
SOLUTION = re.compile(r"(^[`:]{3,}\{solution-(?:start|end)\}.*?^[`:]{3,}[ \t]*$)", re.M | re.S)
SETTINGS = {
    "@jupyterlab/docmanager-extension:plugin": {"defaultViewers": {"markdown": "Markdown Preview"}},
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},  # a link needs the cell that it leads to
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
}

# ---- one copy


def fold(cell, in_solution):
    """Fold what the pages fold: code behind a picture, and solutions."""
    folded = {"source_hidden": True} if in_solution or FOLDED & set(cell.metadata.get("tags", [])) else {}
    if folded:
        cell.metadata["jupyter"] = folded | ({"outputs_hidden": True} if in_solution else {})


def caption(cell, translate):
    """A cell with the number and the caption of a picture."""
    figure = shows_figure(cell)
    number = translate.book.figures[figure["name"]][1]
    source = f"({figure['name']})=\n**{number}.** {translate(figure['caption'])}"
    return nbformat.v4.new_markdown_cell(source, id=f"{cell['id']}-caption"[-64:])


def copied_cells(cells, translate):
    """The cells of a copy: text translated, captions beside their pictures, solutions folded."""
    in_solution = False
    for cell in cells:
        if cell.cell_type == "markdown":
            text, in_solution = fold_text(cell.source, in_solution)
            cell.source = translate(text)
        else:
            fold(cell, in_solution)
        yield cell
        if cell.cell_type == "code" and shows_figure(cell):
            yield caption(cell, translate)


def fold_text(text, in_solution):
    """The text with the words of solutions that have code in them folded, and whether one goes on after it."""
    parts = []
    for part in SOLUTION.split(text):
        if SOLUTION.match(part):
            in_solution = "{solution-start}" in part
        elif in_solution and part.strip():
            part = f"\n{fenced('dropdown', 'Solution, in words', part)}\n"
        parts.append(part)
    return "".join(parts), in_solution


def copy_of(path, translate):
    """The bytes of the copy of a page."""
    head = translate.front_matter(page_text(path))
    if path.suffix == ".md":
        return (head + translate(path.read_text(encoding="utf-8"))).encode()
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = list(copied_cells(notebook.cells, translate))
    notebook.cells[0].source = head + notebook.cells[0].source
    return (nbformat.writes(notebook).rstrip("\n") + "\n").encode()


# ---- all copies


@dataclass
class Mirror:
    """The copies of a book in a folder, and the record of what was written there."""

    root: Path
    lab: Path

    def update(self):
        """Write what is new or changed; return the copies that a reader changed and that were kept."""
        book, kept = Book(self.root), []
        self.record = json.loads(self.path(RECORD).read_text("utf-8")) if self.path(RECORD).exists() else {}
        for page, path in book.files.items():
            name = path.relative_to(self.root).as_posix()
            translate = Translator(book, page, lambda name, data, page=page: self.picture(page, name, data))
            if not self.write(name, copy_of(path, translate)):
                kept.append(name)
        self.path(RECORD).write_text(json.dumps(self.record, indent=1), encoding="utf-8")
        self.write_settings()
        return kept

    def write_settings(self):
        """Write the defaults of JupyterLab here; the reader's own settings still count."""
        settings = self.path(f"{CONFIG}/labconfig/default_setting_overrides.json")
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text(json.dumps(SETTINGS, indent=1), encoding="utf-8")

    def path(self, name):
        """Where a copy stands."""
        return self.lab / name

    def write(self, name, data):
        """Write a copy unless a reader changed the one that is there; return whether it is the book's now."""
        path, new = self.path(name), content(data)
        found = content(path.read_bytes()) if path.exists() else None
        if found not in (None, new, self.record.get(name)):
            return False
        self.record[name] = new
        if found != new:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return True

    def picture(self, page, name, data):
        """Write a picture beside a page; return its address there."""
        self.write(f"{Path(page).parent.as_posix()}/{name}", data)
        return name


def content(data):
    """A name for what a file says: of a notebook its text, code and outputs, for JupyterLab writes metadata anew."""
    if data[:1] == b"{":
        cells = [(c["cell_type"], joined(c["source"]), outputs(c)) for c in json.loads(data)["cells"]]
        data = json.dumps(cells).encode()
    return hashlib.sha256(data).hexdigest()


def joined(text):
    """Text that a notebook keeps as one string or as a list of lines."""
    return "".join(text) if isinstance(text, list) else text


def outputs(cell):
    """What the outputs of a cell show."""
    shown = [{"text": output.get("text", "")} | output.get("data", {}) for output in cell.get("outputs", [])]
    return [{kind: joined(value).strip() for kind, value in sorted(one.items())} for one in shown]


def run_copy(path):
    """Run a copy where it stands, as JupyterLab does, and save it."""
    notebook = nbformat.read(path, as_version=4)
    where = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, timeout=TIMEOUT, kernel_manager_class=ThisPython, resources=where).execute()
    nbformat.write(notebook, path)


def git_status(root):
    """What git sees in a tree."""
    return subprocess.run(["git", "status", "--porcelain"], cwd=root, capture_output=True, text=True, check=True).stdout


def execute_all():
    """Run every copy; an error if some fail, or if a file of the repository changes."""
    before, failed = git_status(ROOT), 0
    for path in [path for path in sorted(LAB.glob("**/*.ipynb")) if ".ipynb_checkpoints" not in path.parts]:
        try:
            run_copy(path)
            print(f"{path.relative_to(LAB)}: ok", flush=True)
        except CellExecutionError as error:
            print(f"{path.relative_to(LAB)}: FAILED\n{error}", flush=True)
            failed += 1
    if git_status(ROOT) != before:
        raise SystemExit(f"Running the copies changed files of the repository:\n{git_status(ROOT)}")
    return int(failed > 0)


def server(lab, *options):
    """The command and the variables that start JupyterLab on the copies, the root page first; Ctrl-C ends it."""
    variables = {name: value for name, value in os.environ.items() if name != "TQDM_DISABLE"}
    paths = [str(lab / CONFIG), *filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")])]
    first = [f"--ServerApp.root_dir={lab}", "--LabApp.default_url=/lab/tree/intro.ipynb", "--ServerApp.answer_yes=True"]
    own = f"--LabApp.workspaces_dir={lab / CONFIG / 'workspaces'}"  # no tabs of another project, none left for it
    command = [sys.executable, "-m", "jupyterlab", *first, own, *options]
    return command, variables | {"JUPYTER_CONFIG_PATH": os.pathsep.join(paths)}


def main(options):
    """Renew the copies, and open them; or run them all."""
    kept = Mirror(ROOT, LAB).update()
    if kept:
        print(f"Kept as you changed them (delete a copy to have it new): {', '.join(kept)}", flush=True)
    if "--execute" in options:
        return execute_all()
    command, env = server(LAB, *options)
    with subprocess.Popen(command, env=env) as running, suppress(KeyboardInterrupt):
        running.wait()
    return running.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
