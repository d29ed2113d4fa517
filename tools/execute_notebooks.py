"""Run notebooks from a fresh kernel and write them back so that a second run changes no byte.

    python tools/execute_notebooks.py [--check] [--jobs 2] [--figures FOLDER] [--colab-cell] [NOTEBOOK ...]

The kernel is this Python; its working directory is an empty folder outside the repository, so that imports
come from the installed package and nothing is read that a reader lacks. Nothing is written when a cell
fails. Cell ids are kept; kernel metadata is the standard one; no timing is recorded; output that arrived in
pieces is joined; pictures are reduced to 256 colours and lose the chunk that names the software. With --figures
the notebooks stay as they are, and every picture goes into the folder as SVG and PDF, under the name of its label. With
--colab-cell nothing is run: the cell that installs ntklib is written anew, and no other byte changes.
"""

import argparse
import base64
import hashlib
import io
import os
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import ipykernel.kernelspec
import nbformat
from check_notebooks import (
    BOOK,
    COLAB_CELL,
    KERNELSPEC,
    LANGUAGE_INFO,
    chapters,
    is_colab_cell,
    repository_url,
    tags,
)
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from PIL import Image

TIMEOUT = 600
VECTOR = {"image/svg+xml", "application/pdf"}
os.environ["TQDM_DISABLE"] = "1"  # progress bars are for readers who run a notebook, not for its stored output


class ThisPython(AsyncKernelManager):
    """Whatever kernel a notebook names, start the running interpreter."""

    @property
    def kernel_spec(self):
        """The kernel specification of sys.executable, without its warnings about local sockets."""
        spec = ipykernel.kernelspec.get_kernel_dict(extra_arguments=["--log-level=ERROR"])
        return KernelSpec(resource_dir=str(ipykernel.kernelspec.RESOURCES), **spec)


def put_colab_cell(notebook, url):
    """Make the canonical Colab cell the first code cell, right after the title."""
    notebook.cells = [cell for cell in notebook.cells if not is_colab_cell(cell)]
    cell = nbformat.v4.new_code_cell(COLAB_CELL.format(url=url).strip(), metadata={"tags": ["remove-cell"]})
    cell["id"] = "colab"
    title = bool(notebook.cells) and notebook.cells[0].cell_type == "markdown"
    notebook.cells.insert(int(title), cell)


def small_png(data):
    """The same picture in at most 256 colours, without text or time: a third of the size, the same in every run."""
    picture, small = Image.open(io.BytesIO(data)).convert("RGB"), io.BytesIO()
    picture.quantize(256, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    return small.getvalue()


def merge_streams(outputs):
    """Join neighbouring pieces of the same stream."""
    merged = []
    for output in outputs:
        last = merged[-1] if merged else {}
        if output.output_type == "stream" and last.get("name") == output.get("name"):
            last["text"] += output["text"]
        else:
            merged.append(output)
    return merged


def normalize_cell(cell, seed, used):
    """Remove from a cell what changes between runs, and give it an id if it has none of its own."""
    if cell.get("id") is None or cell["id"] in used:
        cell["id"] = hashlib.sha256(seed.encode()).hexdigest()[:8]
    used.add(cell["id"])
    for name in ("execution", "collapsed", "scrolled", "jupyter", "trusted", "editable", "slideshow"):
        cell.metadata.pop(name, None)
    if "tags" in cell.metadata and not tags(cell):
        del cell.metadata["tags"]
    if cell.cell_type != "code":
        cell.pop("attachments", None) if not cell.get("attachments") else None
        return
    cell.outputs = merge_streams(cell.outputs)
    for output in cell.outputs:
        if "image/png" in output.get("data", {}):
            picture = small_png(base64.b64decode(output["data"]["image/png"]))
            output["data"]["image/png"] = base64.b64encode(picture).decode() + "\n"


def normalize(notebook, stem):
    """Bring a notebook to its standard form."""
    used = set()
    for position, cell in enumerate(notebook.cells):
        normalize_cell(cell, f"{stem} {position} {cell.source}", used)
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNELSPEC, "language_info": LANGUAGE_INFO})
    notebook.nbformat, notebook.nbformat_minor = 4, 5


def executed(path, url):
    """The notebook after a run in a fresh kernel, with the outputs as the kernel sent them."""
    notebook = nbformat.read(path, as_version=4)
    put_colab_cell(notebook, url)
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            timeout=TIMEOUT,
            record_timing=False,
            kernel_manager_class=ThisPython,
            resources={"metadata": {"path": folder}},
        )
        client.execute()
    return notebook


def execute(path, url):
    """The bytes of the executed notebook."""
    notebook = executed(path, url)
    normalize(notebook, path.stem)
    return (nbformat.writes(notebook).rstrip("\n") + "\n").encode()


def renew_colab_cell(path, url, check):
    """Write the source of the Colab cell of one notebook; return (name, problem or None)."""
    notebook = nbformat.read(path, as_version=4)
    for cell in filter(is_colab_cell, notebook.cells):
        cell.source = COLAB_CELL.format(url=url).strip()
    return path.name, settle(path, (nbformat.writes(notebook).rstrip("\n") + "\n").encode(), check)


def settle(path, new, check):
    """Write a notebook that has changed, or say so if it is only checked."""
    if new == path.read_bytes():
        return None
    if not check:
        path.write_bytes(new)
    return "would change" if check else None


def write_figures(path, url, folder):
    """Write every labelled picture of a notebook as SVG and PDF; return (name, problem or None)."""
    try:
        cells = executed(path, url).cells
    except CellExecutionError as error:
        return path.name, f"FAILED\n{error}"
    for cell in cells:
        name = cell.metadata.get("mystnb", {}).get("figure", {}).get("name")
        for output in cell.get("outputs", []) if name else []:
            data = output.get("data", {})
            if set(data) >= VECTOR:
                (folder / f"{name}.svg").write_text(data["image/svg+xml"], encoding="utf-8")
                (folder / f"{name}.pdf").write_bytes(base64.b64decode(data["application/pdf"]))
    return path.name, None


def process(path, url, check):
    """Execute one notebook; return (name, problem or None)."""
    try:
        new = execute(path, url)
    except CellExecutionError as error:
        return path.name, f"FAILED\n{error}"
    return path.name, settle(path, new, check)


def main():
    """Execute the named notebooks, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--figures", type=Path, metavar="FOLDER")
    parser.add_argument("--colab-cell", action="store_true")
    parser.add_argument("notebooks", nargs="*", type=Path)
    options = parser.parse_args()
    paths = [path.resolve() for path in options.notebooks] or chapters(BOOK)
    url, failed, last = repository_url(), 0, options.check
    task = renew_colab_cell if options.colab_cell else process
    if options.figures:
        options.figures.mkdir(parents=True, exist_ok=True)
        os.environ["BOOK_FIGURE_FORMATS"] = "svg,pdf"
        task, last = write_figures, options.figures.resolve()
    with ProcessPoolExecutor(options.jobs) as pool:
        for name, problem in pool.map(task, paths, [url] * len(paths), [last] * len(paths)):
            print(f"{name}: {problem or 'ok'}", flush=True)
            failed += problem is not None
    print(f"notebooks: {len(paths) - failed} passed, {failed} failed")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
