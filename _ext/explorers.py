"""Local Sphinx extension: the directive `explorer`, a small instrument that computes in the page.

    :::{explorer} spectrum
    What a reader without JavaScript, or on paper, sees instead.
    :::

The scripts are in `explorers/`. They are copied into the site and loaded on pages that have such a place, on no other
(Jupyter Book loads on every page whatever it finds in `_static/`). Numbers that an explorer shows and cannot compute
are written beside it as a script, `NAME-data.js`: a page opened from the disk may load a script, but not a JSON file.
"""

import shutil
from pathlib import Path

import widths
from docutils import nodes
from docutils.parsers.rst import Directive

FOLDER = Path(__file__).parents[1] / "explorers"
SCRIPTS = ("core.js", "kernel.js")  # before the explorers' own
NAMES = tuple(sorted(file.stem for file in FOLDER.glob("*.js") if file.name not in SCRIPTS))
DATA = {"widths": widths.script}  # explorer -> what returns its script of numbers, given a folder to keep it in


class Explorer(Directive):
    """A place that a script of `explorers/` fills; its content is the fall-back."""

    required_arguments = 1
    has_content = True

    def run(self):
        """Return the place, hidden until the script fills it, and the fall-back behind it."""
        name = self.arguments[0]
        if name not in NAMES:
            raise self.error(f"explorer: unknown name {name!r}; expected one of {', '.join(NAMES)}.")
        place = f'<div class="explorer" data-explorer="{name}" hidden></div>'
        fallback = nodes.container(classes=["explorer-fallback"])
        self.state.nested_parse(self.content, self.content_offset, fallback)
        return [nodes.raw("", place, format="html", explorer=name), fallback]


def copy_scripts(app):
    """Copy the scripts into the site, and write those that hold numbers."""
    if app.builder.format == "html":
        target = Path(app.outdir) / FOLDER.name
        shutil.copytree(FOLDER, target, dirs_exist_ok=True)
        for name, script in DATA.items():
            (target / f"{name}-data.js").write_text(script(app.doctreedir), encoding="utf-8")


def load_scripts(app, pagename, templatename, context, doctree):
    """Ask for the scripts of the explorers that a page has."""
    used = {node["explorer"] for node in doctree.findall(nodes.raw) if "explorer" in node} if doctree else set()
    numbers = [f"{name}-data.js" for name in sorted(used & DATA.keys())]
    wanted = [*SCRIPTS, *numbers, *(f"{name}.js" for name in sorted(used))] if used else []
    context["script_files"] = [*context["script_files"], *(f"{FOLDER.name}/{script}" for script in wanted)]


def setup(app):
    """Register everything with Sphinx."""
    app.add_directive("explorer", Explorer)
    app.connect("builder-inited", copy_scripts)
    app.connect("html-page-context", load_scripts, priority=950)  # after those that rewrite the list
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
