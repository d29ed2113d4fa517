"""Serve the built book on this machine, build again when a source is saved, and reload the open pages.

python tools/serve_book.py ROOT SITE [--port 8000]
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

from livereload import Server
from livereload.handlers import LiveReloadHandler

SOURCES = (
    "*.md",
    "*.ipynb",
    "*.yml",
    "*.bib",
    "chapters/**/*",
    "api/*.md",
    "_static/*",
    "_templates/**/*",
    "_ext/*.py",
)
BUILD = Path(__file__).with_name("build_book.py")


def build(root):
    """Build the book; say how long it took, or that it failed."""
    started = time.monotonic()
    command = [sys.executable, str(BUILD), "build", str(root), "-q"]
    failed = subprocess.run(command, cwd=root, stdout=subprocess.DEVNULL).returncode
    seconds = time.monotonic() - started
    print("The book was not built: see the messages above." if failed else f"Built in {seconds:.1f} s.", flush=True)


def server(root):
    """A server that builds and reloads after a change in a source, also soon after the last one."""
    LiveReloadHandler.DEFAULT_RELOAD_TIME = 0  # else a change within three seconds of a reload is built but never shown
    made = Server()
    for pattern in SOURCES:
        made.watch(str(root / pattern), lambda: build(root))
    return made


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path)
    parser.add_argument("site", type=Path)
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args()
    print(f"Open http://localhost:{options.port}   (stop with Ctrl-C)", flush=True)
    server(options.root).serve(root=str(options.site), port=options.port, host="127.0.0.1")


if __name__ == "__main__":
    main()
