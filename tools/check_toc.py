"""Every file of the table of contents has a page in the built site: `python tools/check_toc.py BOOK HTML`."""

import sys
from pathlib import Path

import yaml


def listed_files(node):
    """All `file`, `root` entries of a table of contents, depth first."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("file", "root"):
                yield value
            else:
                yield from listed_files(value)
    elif isinstance(node, list):
        for item in node:
            yield from listed_files(item)


def missing_pages(book, html):
    """Entries of the table of contents without a page, and `index` when the front page is missing."""
    entries = list(listed_files(yaml.safe_load((book / "_toc.yml").read_text(encoding="utf-8"))))
    return [name for name in ["index", *entries] if not (html / f"{name}.html").exists()]


if __name__ == "__main__":
    absent = missing_pages(Path(sys.argv[1]), Path(sys.argv[2]))
    for name in absent:
        print(f"missing page: {name}.html is in _toc.yml but was not built")
    sys.exit(bool(absent))
