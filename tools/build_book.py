"""Jupyter Book's command line, for this environment: `python tools/build_book.py build . [flags]`."""

import sys

# A grammar of web addresses, which jsonschema compiles for two seconds when it is imported, to check formats that no
# configuration of a book has.
sys.modules["rfc3987_syntax"] = None

from jupyter_book.cli.main import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(prog_name="jupyter-book"))
