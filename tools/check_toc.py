"""Every file of the table of contents has a page, and that its foot: `python tools/check_toc.py BOOK HTML`."""

import sys
from pathlib import Path

import yaml

FOOT = "How to cite</a>"


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


def without_foot(book, html):
    """Pages that do not end with versions and a way to cite."""
    entries = listed_files(yaml.safe_load((book / "_toc.yml").read_text(encoding="utf-8")))
    pages = [html / f"{name}.html" for name in entries]
    return [page.name for page in pages if page.exists() and FOOT not in page.read_text(encoding="utf-8")]


def main(book, html):
    """Print what is missing; return whether anything is."""
    found = [f"missing page: {name}.html is in _toc.yml but was not built" for name in missing_pages(book, html)]
    found += [f"{name} has no foot with versions and a way to cite" for name in without_foot(book, html)]
    print("\n".join(found), end="\n" if found else "")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
