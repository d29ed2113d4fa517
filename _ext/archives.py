"""Local Sphinx extension: the notebooks of each part as one zip among the pages; releases use it, too."""

import zipfile
from pathlib import Path

from partmap import DOWNLOADS, MAP, ROMAN, archive_name, read_map

LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the time in archives: the same files give the same bytes


def archive(target, root, files):
    """Write files, with their paths from ``root``, as a zip that depends on nothing else."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for file in sorted(files):
            entry = zipfile.ZipInfo(file.relative_to(root).as_posix(), LONG_AGO)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            made.writestr(entry, file.read_bytes())


def files_in(folder):
    """All files below a folder."""
    return [path for path in folder.rglob("*") if path.is_file() and ".ipynb_checkpoints" not in path.parts]


def write_part_archives(root, target, ending=""):
    """Write `notebooks-part-I.zip` and so on into a folder, each with the root page, if there is one."""
    root = Path(root)
    for part, number in zip(read_map(root / MAP), ROMAN):
        first = [path for path in [root / "intro.ipynb"] if path.exists()]
        archive(target / archive_name(number, ending), root, [*first, *files_in(root / "chapters" / part)])


def write_downloads(app, exception):
    """Put the archives beside the pages, where the maps of the parts link to them."""
    if exception is None and app.builder.name == "html":
        folder = Path(app.outdir) / DOWNLOADS
        folder.mkdir(exist_ok=True)
        write_part_archives(app.srcdir, folder)


def setup(app):
    """Register with Sphinx."""
    app.connect("build-finished", write_downloads)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
