"""Every page of a built site in a real browser, as readers would meet it.

    python tools/check_pages.py SITE [--require-browser]

Each page, source listings (``_modules/``) included, is opened from a local web server and as a file. Reported are:
requests to other hosts, failed requests, errors on the console, formulas that did not render, markup left in the text,
links that lead nowhere, content wider than a phone (375 px), pictures without alt text, serious accessibility
violations (axe-core), those in colours in light and in dark mode, pictures that vanish in dark mode.

Axe-core is asked about the contrast of one text for each colour, size and weight of text on each sequence of painted
boxes that it stands in, because the others have the same; texts over, or outside of, boxes of other elements are asked
about one by one. Before that, formulas are replaced by a word in each of their colours. Not seen are the insides of
what is closed when a page opens, findings of predictions apart. That each check can fail is shown by
tests/book/test_page_checks.py.
"""

import argparse
import functools
import http.server
import io
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import axe_playwright_python
import numpy as np
from browser import HOW_TO_GET_ONE, find_browser, open_browser
from check_links import broken_links, redirects, site_pages
from PIL import Image

SHORTEST_ALT = 40
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 375, "height": 800}
LEGIBLE = 3.0
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")

CHECKS = (Path(__file__).parent / "page_checks.js").read_text(encoding="utf-8").split("\n", 1)[1]


def evaluate(page, check, argument=""):
    """Run one of the functions of page_checks.js inside a page."""
    return page.evaluate(f"() => {CHECKS.strip()}.{check}({argument})")


@contextmanager
def serve(folder):
    """A web server for a folder, reachable from this machine only; yields its address."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            if self.path != "/favicon.ico":  # which browsers ask for where a page names no icon
                return super().do_GET()
            self.send_response(204)
            self.end_headers()

        def end_headers(self):
            self.send_header("Cache-Control", "max-age=3600")
            super().end_headers()

    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()


@contextmanager
def open_tab(browser, home):
    """A tab for pages of one place; yields it and the list in which it notes what pages ask for and complain about."""
    context = browser.new_context(viewport=PHONE, color_scheme="light", reduced_motion="reduce")
    page, found = context.new_page(), []
    own = (home, "data:", "blob:", "about:")

    def note_request(request):
        if not request.url.startswith(own):
            found.append(f"request to another place: {request.url[:100]}")

    page.on("request", note_request)
    page.on("websocket", lambda socket: found.append(f"request to another place: {socket.url[:100]}"))
    page.on("pageerror", lambda error: found.append(f"script error: {str(error)[:120]}"))
    page.on("console", lambda m: found.append(f"console error: {m.text[:120]}") if m.type == "error" else None)
    page.on("response", lambda r: found.append(f"HTTP {r.status}: {r.url}") if r.status >= 400 else None)
    try:
        yield page, found
    finally:
        context.close()


def check_open(page, url):
    """Open a page and let its formulas finish; yield what did not render."""
    page.goto(url, wait_until="load", timeout=60_000)
    evaluate(page, "reveal")
    evaluate(page, "mathDone")
    yield from evaluate(page, "rawText")


def check_phone(page):
    """What is wider than a phone, in a window of that size."""
    evaluate(page, "settled")
    yield from evaluate(page, "overflow")


def check_desktop(page):
    """Pictures and accessibility in a window of a desktop, in both modes."""
    page.set_viewport_size(DESKTOP)
    evaluate(page, "settled")
    yield from evaluate(page, "pictures", SHORTEST_ALT)
    page.evaluate(AXE)
    evaluate(page, "foldFormulas")
    yield from (f"axe: {message}" for message in evaluate(page, "accessibility"))
    evaluate(page, "emptyFormulas")
    yield from (f"axe, light mode: {message}" for message in evaluate(page, "colours"))
    page.emulate_media(color_scheme="dark")
    evaluate(page, "settled")
    yield from (f"axe, dark mode: {message}" for message in evaluate(page, "colours"))
    yield from check_pictures(page)


def check_pictures(page):
    """Whether pictures can be seen, in dark mode."""
    for number in evaluate(page, "numberPictures"):
        ratio = contrast(page.locator(f"[data-picture='{number}']").screenshot())
        if ratio < LEGIBLE:
            yield f"picture {number} has contrast {ratio:.1f} in dark mode, expected at least {LEGIBLE}"


def contrast(png):
    """WCAG contrast between the background and the 0.5% of pixels that differ most from it."""
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), dtype=float).reshape(-1, 3) / 255
    linear = np.where(pixels <= 0.04045, pixels / 12.92, ((pixels + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722] + 0.05
    background = np.median(luminance)
    ratios = np.maximum(luminance / background, background / luminance)
    return float(np.quantile(ratios, 0.995))


def check_page(served, stored, site, path, base):
    """All messages about one page, in a tab for pages of the web server and one for pages on the disk."""
    name = path.relative_to(site).as_posix()
    (page, found), (copy, opened) = served, stored
    page.goto("about:blank")  # so that the page before is not laid out once more, and says no more
    found.clear(), opened.clear()
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="light")
    for check in (check_open(page, base + name), check_phone(page), check_desktop(page)):
        found.extend(check)
    opened.extend(check_open(copy, path.as_uri()))
    return [f"{name}: {m}" for m in found] + [f"{name}: opened as a file: {m}" for m in opened if m not in found]


def check_some(site, base, executable, paths):
    """All messages about the pages that are left in an iterator which several browsers share."""
    messages = []
    with open_browser(executable) as browser, open_tab(browser, base) as served, open_tab(browser, "file:") as stored:
        for path in paths:
            messages += check_page(served, stored, site, path, base)
            print(".", end="", flush=True)
    return messages


def check_site(site, executable, jobs=1):
    """All messages about a site, and the number of pages without and with one."""
    site = Path(site).resolve()
    pages = [path for path in site_pages(site) if not redirects(path)]
    largest_first = iter(sorted(pages, key=lambda path: -path.stat().st_size))
    with serve(site) as base, ThreadPoolExecutor(jobs) as pool:
        parts = [pool.submit(check_some, site, base, executable, largest_first) for _ in range(jobs)]
        messages = [*broken_links(site), *(message for part in parts for message in part.result())]
    bad = {message.split(":")[0] for message in messages}
    return sorted(messages), len(pages) - len(bad), len(bad)


def main():
    """Check a site, or say loudly that it could not be checked."""
    parser = argparse.ArgumentParser(description="Check every page of a built site in a browser.")
    parser.add_argument("site", type=Path)
    parser.add_argument("--require-browser", action="store_true")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    executable = find_browser()
    if executable is None:
        print(f"{'*' * 78}\nSKIPPED: the pages were NOT checked. {HOW_TO_GET_ONE}\n{'*' * 78}")
        sys.exit(1 if options.require_browser else 0)
    if not (options.site / "index.html").exists():
        sys.exit(f"{options.site} holds no built book: run `make book` first.")
    messages, passed, failed = check_site(options.site, executable, options.jobs)
    print("\n" + "\n".join([*messages, f"pages: {passed} passed, {failed} failed"]))
    sys.exit(bool(messages))


if __name__ == "__main__":
    main()
