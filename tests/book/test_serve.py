"""`make serve` builds again what was saved and reloads the open page; `make book` stops at a stored error."""

import inspect
import json
import socket
import subprocess
import sys
from contextlib import contextmanager

import pytest
import serve_book
from livereload.handlers import LiveReloadHandler


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def small(tmp_path, book):
    """A book of one page, built."""
    (tmp_path / "_config.yml").write_text("title: Small\nonly_build_toc_files: true\n")
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: index\n")
    (tmp_path / "index.md").write_text("# A page\n\nThe old sentence.\n")
    subprocess.run([sys.executable, book / "tools" / "build_book.py", "build", tmp_path, "-q"], check=True)
    return tmp_path


@contextmanager
def serving(book, root):
    """The address of a running server."""
    port = free_port()
    command = [sys.executable, book / "tools" / "serve_book.py", root, root / "_build" / "html", "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert str(port) in server.stdout.readline()
        yield f"http://127.0.0.1:{port}/index.html"
    finally:
        server.terminate()
        server.wait()


def test_a_saved_sentence_appears_on_the_open_page(small, book, browser):
    with serving(book, small) as address:
        page, sent = browser.new_page(), []
        page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(str(frame))))
        page.goto(address)
        assert "The old sentence." in page.inner_text("article")
        while not any('"info"' in frame for frame in sent):  # a page that the server does not know yet is not reloaded
            page.wait_for_timeout(100)
        (small / "index.md").write_text("# A page\n\nThe new sentence.\n")
        page.wait_for_selector("text=The new sentence.", timeout=90_000)


def test_changes_soon_after_a_reload_are_not_ignored(tmp_path):
    """The library ignores changes within its DEFAULT_RELOAD_TIME."""
    serve_book.server(tmp_path)
    handler = LiveReloadHandler
    assert handler.DEFAULT_RELOAD_TIME == 0
    assert "< reload_time" in inspect.getsource(handler.poll_tasks)


def test_a_stored_error_is_named(tmp_path, monkeypatch, book):
    monkeypatch.syspath_prepend(book)
    import make

    monkeypatch.setattr(make, "ROOT", tmp_path)
    error = {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": []}
    cells = [{"cell_type": "markdown"}, {"cell_type": "code", "outputs": [error]}]
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": cells}))
    assert list(make.stored_errors(tmp_path / "a.ipynb")) == ["a.ipynb: cell 1 holds an error, ValueError: no"]
    assert make.build_book() == 1
    (tmp_path / "chapters").mkdir()
    (tmp_path / "a.ipynb").rename(tmp_path / "chapters" / "a.ipynb")
    assert make.build_book() == 1
