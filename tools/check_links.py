"""Links inside a built site, checked without a browser: every target exists, page and anchor."""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Anchors(HTMLParser):
    """Collects the links and the anchors of one page."""

    def __init__(self):
        super().__init__()
        self.links, self.anchors = [], set()

    def handle_starttag(self, tag, attrs):
        """Note href and src, id and name."""
        values = dict(attrs)
        self.anchors.update(filter(None, (values.get("id"), values.get("name") if tag == "a" else None)))
        self.links.extend(filter(None, (values.get("href"), values.get("src"))))


def read_anchors(path):
    """Parse one page."""
    parser = Anchors()
    parser.feed(path.read_text(encoding="utf-8"))
    return parser


def broken_links(site):
    """One message per internal link whose file or anchor does not exist."""
    pages = {path.resolve(): read_anchors(path) for path in site_pages(site)}
    for path, page in pages.items():
        for link in dict.fromkeys(page.links):
            problem = link_problem(link, path, pages)
            if problem:
                yield f"{path.relative_to(site.resolve()).as_posix()}: link {link!r} {problem}"


def link_problem(link, source, pages):
    """What is wrong with a link, or None; links to other sites are not followed."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return None
    target = (source.parent / unquote(parts.path)).resolve() if parts.path else source
    target = target / "index.html" if target.is_dir() else target
    if not target.exists():
        return "leads nowhere"
    fragment = unquote(parts.fragment)
    if fragment and target in pages and fragment not in pages[target].anchors:
        return "names an anchor that the page does not have"
    return None


def site_pages(site):
    """The HTML pages of a site, without the files that tools keep beside them."""
    return sorted(p for p in Path(site).rglob("*.html") if "_static" not in p.relative_to(site).parts)


def redirects(path):
    """Whether a page only sends its reader to another one."""
    return 'http-equiv="refresh"' in path.read_text(encoding="utf-8")[:500].lower()
