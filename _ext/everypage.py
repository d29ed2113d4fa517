"""Local Sphinx extension: what every page carries besides its text.

- A description and a preview picture, which other sites show beside a link; the picture is the root page's first.
- A foot with the versions of the book, of `ntklib` and of jax, a line to cite, and a link to what is new.
"""

import textwrap
from importlib.metadata import version

from searchpage import named, texts

PREVIEW = "_static/preview.png"
LONGEST = 160  # characters of a description


def summary(env, document):
    """The first words of a page."""
    found = next((section.text for section in texts(env).get(document, []) if section.text), "")
    return textwrap.shorten(named(env, found), LONGEST, placeholder=" …")


def add_context(app, pagename, templatename, context, doctree):
    """Give the templates of a page its description and the versions."""
    context["summary"] = summary(app.env, pagename)
    context["versions"] = {name: version(name) for name in ("ntklib", "jax")}
    base = app.config.html_baseurl
    context["preview"] = f"{base.rstrip('/')}/{PREVIEW}" if base else ""


def set_address(app, config):
    """Without another address, the pages are those that GitHub publishes for the repository."""
    parts = config.html_theme_options.get("repository_url", "").rstrip("/").split("/")
    if not config.html_baseurl and parts[2:3] == ["github.com"]:
        config.html_baseurl = f"https://{parts[3]}.github.io/{parts[4]}/"


def setup(app):
    """Register everything with Sphinx."""
    app.connect("config-inited", set_address)
    app.connect("html-page-context", add_context)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
