"""The form of a chapter: every rule can fail; lessons stand on their own, and figures follow the settings."""

import io
import sys
from contextlib import redirect_stdout
from pathlib import Path

import chapter_form as form
import check_notebooks as rules
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from notebooks import page, png

ROOT = Path(__file__).resolve().parents[2]
TEXT = """## Result

**Time**: 1 minutes to read, 5 seconds to run.

| symbol | meaning |
|---|---|
| $q$, $t$ | half of $N$; here: a threshold (elsewhere the iteration) |

With $q=t$ we are done.
"""


def good():
    """A page with one cell of each kind."""
    picture = new_output("display_data", {"image/png": png(), "text/plain": "<Figure>"})
    table = new_output("display_data", {"text/html": "<table></table>", "text/plain": "a"})
    made = [
        new_markdown_cell("# A sample\n\n" + "word " * 150),
        new_code_cell("N = 200", metadata={"tags": ["settings"]}),
        new_code_cell("guard = Guard(N=(N, 200))", metadata={"tags": ["guard", "hide-input"]}),
        new_code_cell("half = N / 2", metadata={"tags": ["lesson"]}),
        new_code_cell("plt.show()", metadata={"tags": ["figure", "hide-input"]}, outputs=[picture]),
        new_code_cell("Table(half)", metadata={"tags": ["numbers", "hide-cell"]}, outputs=[table]),
        new_code_cell("with guard:\n    assert half == 100", metadata={"tags": ["guard", "hide-input"]}),
        new_code_cell("Statements(ledger)", metadata={"tags": ["claims"]}, outputs=[table]),
        new_markdown_cell(TEXT),
    ]
    return page(made)


def cell(number, **change):
    return lambda cells: cells[number].update(change)


def tagged(number, *tags):
    return lambda cells: cells[number].metadata.update(tags=list(tags))


def text(old, new):
    return lambda cells: cells[8].update(source=cells[8].source.replace(old, new))


BROAD = new_output("display_data", {"image/png": png(width=1400)})
TABLES = new_output("display_data", {"text/html": "<table></table>"})
FAULTS = [
    (form.one_kind_each, tagged(3, "full-width"), "of the kinds []"),
    (form.one_kind_each, tagged(3, "lesson", "claims"), "of the kinds ['lesson', 'claims']"),
    (form.one_kind_each, tagged(4, "figure"), "tagged []; expected ['hide-input']"),
    (form.one_kind_each, cell(4, outputs=[]), "figure cell without a picture"),
    (form.one_kind_each, tagged(4, "lesson"), "lesson cell with a picture"),
    (form.lessons_teach, cell(3, source="x = 1\n" * 16), "16 lines"),
    (form.lessons_teach, cell(3, source=f"x = '{'y' * 80}'"), "86 columns"),
    (form.lessons_teach, cell(3, source="assert N > 2"), "asserts"),
    (form.lessons_teach, cell(3, source="np.testing.assert_allclose(a, b)"), "asserts"),
    (form.lessons_teach, cell(3, source="Table(rows, caption='All')"), "has a caption"),
    (form.lessons_teach, cell(3, source="rows.append({'d': d})"), "builds rows"),
    (form.lessons_teach, cell(3, source="x = theory.bound(X)"), "calls ntklib.theory"),
    (form.guards_know_the_settings, cell(6, source="assert half == 100"), "outside `with guard:`"),
    (form.guards_know_the_settings, cell(6, source="with other:\n    assert half == 100"), "outside `with guard:`"),
    (form.guards_know_the_settings, cell(6, source="np.testing.assert_allclose(half, 100)"), "outside `with guard:`"),
    (form.guards_know_the_settings, cell(4, source="with guard:\n    assert half == 100"), "outside `with guard:`"),
    (
        form.figures_readable,
        cell(4, outputs=[BROAD]),
        "700 pixels",
    ),
    (form.few_tables, lambda cells: cells.extend(shown(4)), "5 visible tables"),
    (form.honest_minutes, text("1 minutes", "2 minutes"), "2 minutes to read are stated"),
    (form.honest_minutes, text("**Time**", "Time"), "no line"),
    (form.symbols_defined, text("| symbol |", "| letter |"), "no table"),
    (form.symbols_defined, text("$q$, $t$", "$q$, $q$"), "$q$ has two rows"),
    (form.symbols_defined, text("here: a threshold (elsewhere the iteration)", "a threshold"), "book's table too"),
    (form.symbols_defined, text("$q=t$", r"$q=\zeta_1+\mathrm{word}$"), "without a row in a table of symbols: zeta"),
]


def shown(count):
    return [new_code_cell("Table(half)", metadata={"tags": ["lesson"]}, outputs=[TABLES]) for _ in range(count)]


@pytest.mark.parametrize("rule", form.FORM_RULES, ids=lambda rule: rule.__name__)
def test_a_good_page_breaks_no_rule(rule):
    assert list(rule(good())) == []


@pytest.mark.parametrize(("rule", "change", "message"), FAULTS)
def test_a_fault_is_reported(rule, change, message):
    sample = good()
    change(sample.notebook.cells)
    found = list(rule(sample))
    assert any(message in line for line in found), found


def test_every_rule_is_shown_to_fail():
    assert {rule for rule, _, _ in FAULTS} == set(form.FORM_RULES)


def test_a_page_without_settings_is_left_alone():
    sample = good()
    sample.notebook.cells[1].metadata["tags"] = ["lesson"]
    sample.notebook.cells[3].update(source="assert N > 2\n" * 20)
    assert [line for rule in form.FORM_RULES for line in rule(sample)] == []


# ---- the chapters that have the form, run

SMALLER = {  # other settings for each chapter
    "infinite_width/smallest_eigenvalue": """
N, d, L, r = 60, 300, 3, 6
dimensions, deep, depths, few, trials, draws = [5, 10, 20], 6, [2, 4, 8], 20, 30, 1
many = 50
""",
    "infinite_width/depth": """
N, d, draws, crowd, deep = 30, 100, 2, (12, 8), 8
depths, twins, widths, trials = [2, 4, 8, 16, 32], [1e-2, 1e-5, 1e-9], [16, 32], 2
activations, starts = {"ReLU": (0.5, 0.5), "abs": (0.0, 1.0)}, [0.2, 2.0]
""",
    "infinite_width/tangent_kernel": """
N, d, L = 40, 60, 3
images, width, steps = 20, 64, 60
widths, unequal, draws, lives = [16, 32, 64, 128], [24, 16], 2, 500
""",
    "infinite_width/recursion": """
N, d, L = 30, 20, 4
widths, draws = [16, 64, 128], 3
depths, narrow, batches = [2, 3], [1, 4], 3
degrees, deep = [45, 180], [(2, 16), (8, 16), (4, 32), (8, 64)]
""",
    "finite_width/anatomy": """
N, d, hidden, draws = 60, 90, (20, 120), 2
low, narrow, wide, networks = 20, 10, 200, 500
spread_widths, digit_hidden = [10, 20], (16, 100, 16)
last_widths, nets = [4, 8, 16], 6
""",
    "finite_width/memorization": """
N, width, draws, nets, crowd, counted, tries = 60, 12, 2, 3, 8, 30, 6
steps, shapes = np.logspace(-8, 0, 9), {(4, 6, 1): 6, (10, 12, 12, 1): 20}
broad, distances = 200, np.logspace(-4, -1, 4)
""",
    "finite_width/where_it_breaks": """
N, d, necks, trials, draws = 30, 10, [3, 6, 8], 500, 10
crowd, dimensions, sizes, seeds = 30, [2, 30], [15, 30], 2
pictures, subsets, means = [10, 80], 2, [0, 2]
hidden, repeats = [4, 8, 30], 2
""",
    "appendix/parametrizations": "images, hidden = 12, [16, 8]; grid, draws = [8, 16, 32], 2",
    "appendix/tools": """
N, cases, terms, tosses = 8, 20, 4, 20_000
boxes, repetitions, steps = 8, 200, 100
""",
    "infinite_width/hermite": "terms, neurons, draws, N, R_max, points = 30, 200, 2, 40, 8, 6",
}
CENTRAL = {  # an expression of each chapter's lessons, and the number that the chapter is about
    "infinite_width/smallest_eigenvalue": ("smallest(kernel(draw(N, d), L)) / d", "1.66"),
    "infinite_width/depth": ("last['λ_min(K)'] / last.name", "0.74"),
    "infinite_width/tangent_kernel": ("sides(width, 0)['λ_min']", "1.32"),
    "infinite_width/recursion": ("limit(pair(60), 3)[0, 1]", "1.35"),
    "finite_width/anatomy": ("slack[0]", "3.54"),
    "finite_width/memorization": ("curvature(*runs[0][:2], X)", "5.61"),
    "finite_width/where_it_breaks": ("deaths(X, 8, trials) / trials", "0.31"),
    "appendix/parametrizations": ("table['he'][2]", "21.33"),
    "appendix/tools": ("chernoff(60, 1) / chernoff(80, 1)", "2.72"),
    "infinite_width/hermite": ("dual(coefficients(sigma['relu'], terms), 0.0) / 0.5", "0.32"),
}


def chapters_in_form():
    return [path for path in rules.chapters(ROOT) if form.in_form(rules.read_page(path, ROOT))]


def code_of(name, *wanted):
    """The sources of a chapter's cells of some kinds."""
    sample = rules.read_page(ROOT / "chapters" / f"{name}.ipynb", ROOT)
    return [cell.source for _, cell in form.of_kind(sample, *wanted)]


def test_every_chapter_in_the_form_names_its_central_number():
    assert {path.relative_to(ROOT / "chapters").with_suffix("").as_posix() for path in chapters_in_form()} == set(
        CENTRAL
    )


@pytest.mark.in_turns
@pytest.mark.parametrize("name", CENTRAL)
def test_the_lessons_alone_give_the_central_number(name, monkeypatch):
    """Without figures, guards, and ntklib.theory."""
    for module in [module for module in sys.modules if module.startswith("ntklib.theory")]:
        monkeypatch.setitem(sys.modules, module, None)  # so that an import of it fails
    space = {}
    with redirect_stdout(io.StringIO()):
        for source in code_of(name, "settings", "lesson"):
            exec(source, space)
    expression, number = CENTRAL[name]
    assert f"{eval(expression, space):.2f}" == number


@pytest.mark.in_turns
@pytest.mark.parametrize("name", CENTRAL)
def test_a_reader_who_changes_the_settings_gets_figures_and_is_told_that_numbers_no_longer_apply(name):
    """The claims, whose settings are their own, are left out."""
    import matplotlib.pyplot as plt

    space, said = {}, io.StringIO()
    plt.switch_backend("agg")
    with redirect_stdout(said):
        for source in code_of(name, "settings", "lesson", "figure", "numbers", "guard"):
            exec(source, space)
            if source == code_of(name, "settings")[0]:
                exec(SMALLER[name], space)
    plt.close("all")
    guards = [source for source in code_of(name, "guard") if "with guard:" in source]
    assert said.getvalue().count("the numbers in the text no longer apply") == len(guards) > 5
