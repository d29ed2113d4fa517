"""The search of a built site, opened from the disk in a real browser: does a query bring its chapter first?

    python tools/check_search.py SITE [--require-browser]

Reported are: queries whose chapter is not first, names of the glossary whose chapter is not among the first three,
pages of the package before other pages, excerpts with TeX, errors on the console, results that are not shown.
"""

import re
from pathlib import Path
from urllib.parse import quote

from browser import check_site_in_browser

FIRST = {
    "NTK": "infinite_width/tangent_kernel",
    "tangent kernel": "infinite_width/tangent_kernel",
    "smallest eigenvalue": "infinite_width/smallest_eigenvalue",
    "lambda min": "infinite_width/smallest_eigenvalue",
    "lazy training": "wide_networks/lazy_training",
    "width": "polylog_width/four_widths",
    "Hermite": "infinite_width/hermite",
    "arc-cosine": "infinite_width/hermite",
    "mu P": "wide_networks/learning_rates",
    "learning rate": "wide_networks/learning_rates",
    "catapult": "wide_networks/learning_rates",
    "memorization": "finite_width/memorization",
    "margin": "polylog_width/tangent_features",
    "XOR": "polylog_width/separability",
    "duplicates": "finite_width/where_it_breaks",
    "edge of chaos": "wide_networks/edge_of_chaos",
    "Gershgorin": "infinite_width/smallest_eigenvalue",
    "Chernoff": "finite_width/feature_matrices",
    "overparameterization": "polylog_width/four_widths",
    "generalization": "polylog_width/generalization",
}
RANK = """names => names.map(name => search(name).results.map(result => [result.page.url, result.page.kind]))"""
NAMES = "() => BOOK.terms.flatMap(term => term.names.map(name => [name, term.page]))"
TEX = r"() => BOOK.pages.flatMap(p => p.sections.filter(s => /[\\$]/.test(s.text)).map(s => `${p.url}: ${s.title}`))"


def ranks(page, queries):
    """Mapping query -> the pages found for it, best first, each with its kind."""
    queries = list(queries)
    return dict(zip(queries, page.evaluate(RANK, queries)))


def misplaced(found, wanted, within):
    """Sentences about queries whose page is not among the first ``within``."""
    for query, page in wanted.items():
        first = [url for url, _ in found[query][:within]]
        if page not in first:
            yield f"search {query!r}: expected {page} among the first {within}, found {first or 'nothing'}"


def mixed(found):
    """Sentences about queries for which the package comes before another page."""
    for query, results in found.items():
        kinds = "".join("p" if kind == "package" else "o" for _, kind in results)
        if re.search("po", kinds):
            yield f"search {query!r}: a page of the package comes before another page"


def shown(page, site, query):
    """Sentences about what a reader does not get: results with a link and an excerpt."""
    page.goto(f"{(site / 'search.html').as_uri()}?q={quote(query)}")
    items = page.query_selector_all("ol.search > li")
    marked = [item for item in items if item.query_selector("a[href]") and item.query_selector("mark")]
    if not items or items[0] not in marked:
        yield f"search {query!r}: {len(items)} results shown, the first without link or excerpt"


def faults(browser, site, first=None):
    """All that is wrong with the search of a site."""
    site, page, complaints = Path(site).resolve(), browser.new_page(), []
    page.on("pageerror", lambda error: complaints.append(f"search page: {error}"))
    page.on("console", lambda message: message.type == "error" and complaints.append(f"search page: {message.text}"))
    wanted = {query: f"chapters/{page}.html" for query, page in (FIRST if first is None else first).items()}
    for query in ("smallest eigenvalue", "N = 200"):
        complaints += shown(page, site, query)
    if complaints:
        return complaints
    names = dict(page.evaluate(NAMES))
    found = ranks(page, [*wanted, *names])
    complaints += [*misplaced(found, wanted, 1), *misplaced(found, names, 3), *mixed(found)]
    return complaints + [f"search: TeX in the words of {place}" for place in page.evaluate(TEX)]


if __name__ == "__main__":
    check_site_in_browser(
        __doc__, faults, f"search: {len(FIRST)} queries and every term of the glossary find their chapter"
    )
