"""Jupyter Book's command line, for this environment: `python tools/build_book.py build . [flags]`."""

import sys

from jupyter_book.cli.main import main

if __name__ == "__main__":
    sys.exit(main(prog_name="jupyter-book"))
