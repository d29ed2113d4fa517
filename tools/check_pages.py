"""Every page of a built site in a real browser, as readers would meet it.

    python tools/check_pages.py SITE [--require-browser]

Each page is opened from a local web server and as a file. Reported are: requests to other hosts, failed
requests, errors on the console, formulas that did not render, markup left in the text, links that lead
nowhere, content wider than a phone (375 px), pictures without alt text, serious accessibility violations
(axe-core) in light and dark mode, pictures that vanish in dark mode. Source listings (``_modules/``) are all opened
and laid out for a phone; accessibility is asked of as many of them as show every style that any of them uses, and
likewise colours of the pages on the package (``api/``). That each check can fail is shown by
tests/book/test_page_checks.py.
"""

import argparse
import functools
import http.server
import io
import re
import sys
import threading
from concurrent.futures import ProcessPoolExecutor
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

    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()


def watch(page, base, found):
    """Note what a page asks for and complains about; let nothing out."""

    def route(route):
        url = route.request.url
        if url.startswith((base, "data:", "blob:", "about:")):
            route.continue_()
        else:
            found.append(f"request to another place: {url[:100]}")
            route.abort()

    page.route("**/*", route)
    page.on("pageerror", lambda error: found.append(f"script error: {str(error)[:120]}"))
    page.on("console", lambda m: found.append(f"console error: {m.text[:120]}") if m.type == "error" else None)
    page.on("response", lambda r: found.append(f"HTTP {r.status}: {r.url}") if r.status >= 400 else None)


def check_open(page, url):
    """Open a page and let its formulas finish; yield what did not render."""
    page.goto(url, wait_until="load", timeout=60_000)
    evaluate(page, "mathDone")
    yield from evaluate(page, "rawText")


def check_colours(page, mode):
    """Contrast of text, and whether pictures can be seen, in light or dark mode, on a page that was thinned out."""
    page.emulate_media(color_scheme=mode)
    page.wait_for_timeout(50)
    yield from (f"axe, {mode} mode: {message}" for message in evaluate(page, "accessibility", "true"))
    if mode == "dark":
        for number in evaluate(page, "numberPictures"):
            shot = page.locator(f"[data-picture='{number}']").screenshot()
            ratio = contrast(shot)
            if ratio < LEGIBLE:
                yield f"picture {number} has contrast {ratio:.1f} in dark mode, expected at least {LEGIBLE}"


def check_phone(page):
    """What is wider than a phone."""
    page.set_viewport_size(PHONE)
    page.wait_for_timeout(50)
    yield from evaluate(page, "overflow")
    page.set_viewport_size(DESKTOP)


def contrast(png):
    """WCAG contrast between the background and the 0.5% of pixels that differ most from it."""
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), dtype=float).reshape(-1, 3) / 255
    linear = np.where(pixels <= 0.04045, pixels / 12.92, ((pixels + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722] + 0.05
    background = np.median(luminance)
    ratios = np.maximum(luminance / background, background / luminance)
    return float(np.quantile(ratios, 0.995))


def check_page(browser, site, path, base, whole=True, coloured=True):
    """All messages about one page; without accessibility and the copy on the disk if not ``whole``."""
    name, found = path.relative_to(site).as_posix(), []
    context = browser.new_context(viewport=DESKTOP, color_scheme="light", reduced_motion="reduce")
    page = context.new_page()
    watch(page, base, found)
    found.extend(check_open(page, base + name))
    found.extend(evaluate(page, "pictures", SHORTEST_ALT))
    found.extend(check_phone(page))
    if whole:
        found.extend(check_accessibility(page, coloured))
    page.close()
    opened = check_file(context, site, path) if whole else []
    context.close()
    return [f"{name}: {m}" for m in found] + [f"{name}: opened as a file: {m}" for m in opened if m not in found]


def check_accessibility(page, coloured):
    """What axe finds on a page, and in the colours of both modes if it is to be ``coloured``."""
    page.evaluate(AXE)
    yield from (f"axe: {message}" for message in evaluate(page, "accessibility", "false"))
    evaluate(page, "thinOut")
    for mode in ("light", "dark") if coloured else ():
        yield from check_colours(page, mode)


def check_file(context, site, path):
    """All messages about one page opened from the disk, as an offline copy is."""
    found, page = [], context.new_page()
    watch(page, site.as_uri(), found)
    found.extend(check_open(page, path.as_uri()))
    return found


def check_some(site, executable, paths, whole, coloured):
    """All messages about some pages, in one browser."""
    messages = []
    with open_browser(executable) as browser, serve(site) as base:
        for path in paths:
            messages += check_page(browser, site, path, base, path in whole, path in coloured)
            print(".", end="", flush=True)
    return messages


def examples_of_styles(pages):
    """Pages among ``pages`` that together use every class attribute that any of them uses, greedily few."""
    styles = {page: set(re.findall(r'class="([^"]*)"', page.read_text(encoding="utf-8"))) for page in pages}
    missing, chosen = set().union(*styles.values()), []
    while missing:
        chosen.append(max(pages, key=lambda page: len(styles[page] & missing)))
        missing -= styles[chosen[-1]]
    return chosen


def check_site(site, executable, jobs=1):
    """All messages about a site, and the number of pages without and with one."""
    site = Path(site).resolve()
    pages = [path for path in site_pages(site) if not redirects(path)]
    listings, names = ([path for path in pages if path.is_relative_to(site / folder)] for folder in ("_modules", "api"))
    whole = {*pages} - {*listings} | {*examples_of_styles(listings)}
    coloured = {*pages} - {*names} | {*examples_of_styles(names)}
    with ProcessPoolExecutor(jobs) as pool:
        shares = [pages[k::jobs] for k in range(jobs)]
        parts = pool.map(check_some, [site] * jobs, [executable] * jobs, shares, [whole] * jobs, [coloured] * jobs)
        messages = [*broken_links(site), *(message for part in parts for message in part)]
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
