"""What a first visit of a built site costs: bytes on the way, text that jumps, tables of the ledger that do not fit.

    python tools/check_weight.py SITE [--require-browser]

Reported are pages that fetch more than 1 MB, compressed and besides MathJax, and pages whose layout shift (the sum that
browsers report) is above 0.05, in a wide and in a narrow window; and pages of the ledger whose tables must be scrolled
sideways in a window of 1100 pixels.
"""

import gzip

from browser import check_site_in_browser
from check_pages import serve

PAGES = ("intro.html", "chapters/infinite_width/smallest_eigenvalue.html", "chapters/finite_width/two_sided.html")
WINDOWS = ({"width": 1400, "height": 900}, {"width": 390, "height": 800})
LEDGER = [f"chapters/ledger/{part}.html" for part in ("infinite_width", "minimum_width", "wide_networks", "loose")]
LAPTOP = {"width": 1100, "height": 800}
HIDDEN = """() => Math.max(0, ...[...document.querySelectorAll("article table")].map(table => {
  const box = table.closest(".output") || table.parentElement;
  return box.scrollWidth - box.clientWidth;
}))"""
MOST_BYTES, MOST_SHIFT = 1_000_000, 0.05
PACKED = (".png", ".woff2")  # gains nothing from compression
SHIFTS = """
window.shifted = 0;
new PerformanceObserver(list => list.getEntries().forEach(entry => {
  if (!entry.hadRecentInput) window.shifted += entry.value;
})).observe({ type: "layout-shift", buffered: true });
"""


def weight(response):
    """Bytes of an answer on the way, as a server that compresses would send it."""
    body = response.body()
    return len(body) if response.url.endswith(PACKED) else len(gzip.compress(body, 6))


def visit(browser, address, window):
    """Bytes besides MathJax, and the layout shift, of a first visit."""
    context = browser.new_context(viewport=window)
    page, answers = context.new_page(), []
    page.add_init_script(SHIFTS)
    page.on("response", lambda answer: answers.append(answer))
    page.goto(address, wait_until="load")
    page.evaluate("() => window.MathJax && MathJax.startup ? MathJax.startup.promise.then(() => null) : null")
    page.wait_for_timeout(1000)
    shifted = page.evaluate("window.shifted")
    total = sum(weight(answer) for answer in answers if answer.ok and "mathjax" not in answer.url)
    context.close()
    return total, shifted


def faults(browser, home, pages):
    """Sentences about pages that are too heavy or jump."""
    for name in pages:
        for window in WINDOWS:
            total, shifted = visit(browser, home + name, window)
            if total > MOST_BYTES:
                yield f"{name}: {total:,} bytes besides MathJax; expected at most {MOST_BYTES:,}"
            if shifted > MOST_SHIFT:
                yield f"{name}, {window['width']} px: a layout shift of {shifted:.3f}; expected at most {MOST_SHIFT}"


def too_wide(browser, home, pages):
    """Sentences about pages whose tables are wider than their place."""
    page = browser.new_page(viewport=LAPTOP)
    for name in pages:
        page.goto(home + name, wait_until="load")
        hidden = page.evaluate(HIDDEN)
        if hidden > 0:
            yield f"{name}: a table has {hidden} pixels that must be scrolled to; expected none at {LAPTOP['width']} px"
    page.close()


def all_faults(browser, site):
    """Sentences about everything that this module looks at."""
    with serve(site) as home:
        yield from faults(browser, home, PAGES)
        yield from too_wide(browser, home, LEDGER)


if __name__ == "__main__":
    good = f"weight: {len(PAGES)} pages below 1 MB and a layout shift of {MOST_SHIFT}; the ledger fits"
    check_site_in_browser(__doc__, all_faults, good)
