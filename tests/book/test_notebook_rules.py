"""Each rule for notebooks accepts a good notebook and reports the fault it is there for."""

import check_notebooks as rules
import pytest
from chapter_form import FORM_RULES
from execute_notebooks import merge_streams, normalize, put_colab_cell, small_png
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from notebooks import URL, good_cells, page, png


def broken(change, rule):
    """Messages of one rule after `change` was done to a good notebook."""
    sample = page()
    change(sample.notebook)
    return list(rule(sample))


def code(notebook, number):
    """The code cell with this number, from 1."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"][number - 1]


def set_source(number, source):
    return lambda notebook: code(notebook, number).update(source=source)


def set_tags(number, *tags):
    return lambda notebook: code(notebook, number).metadata.update(tags=list(tags))


def set_outputs(number, *outputs):
    return lambda notebook: code(notebook, number).update(outputs=list(outputs))


def mystnb(number, **settings):
    return lambda notebook: code(notebook, number).metadata.update(mystnb=settings)


def prose(text):
    return lambda notebook: notebook.cells.append(new_markdown_cell(text))


FIGURE = {"name": "fig-sample-error", "caption": "The error falls."}
ALT = {"alt": "x" * 40}
TEXT = {"text/plain": "<Legend at 0x7f3c2b1a0d90>"}
ERROR = new_output("error", ename="ValueError", evalue="bad", traceback=[])

FAULTS = [
    (rules.executed_in_order, lambda n: code(n, 2).update(execution_count=None), "execution count None"),
    (
        rules.executed_in_order,
        lambda n: code(n, 3).update(execution_count=7),
        "count 7, expected 3",
    ),
    (rules.executed_in_order, set_source(3, "  "), "empty code cell"),
    (rules.no_stored_errors, set_outputs(3, ERROR), "stored error ValueError"),
    (rules.no_stored_errors, set_outputs(3, new_output("stream", name="stderr", text="w")), "stderr"),
    (rules.no_stored_errors, set_tags(3, "raises-exception"), "raised nothing"),
    (rules.known_tags, set_tags(3, "hide_input"), "unknown tag 'hide_input'"),
    (rules.known_tags, set_tags(3, "nbval-ignore-output"), "unknown tag 'nbval-ignore-output'"),
    (rules.figures_described, mystnb(4, figure=FIGURE), "0 characters, expected at least 40"),
    (rules.figures_described, mystnb(4, figure=FIGURE, image={"alt": "x" * 39}), "has 39 characters"),
    (rules.figures_described, mystnb(4, figure={"name": "fig-sample-a"}, image=ALT), "figure.caption"),
    (rules.figures_described, mystnb(4, figure={"caption": "A."}, image=ALT), "figure.name"),
    (rules.figures_described, mystnb(4, figur=FIGURE), "unknown key mystnb.figur"),
    (
        rules.figures_described,
        mystnb(4, figure={**FIGURE, "capton": "A."}, image=ALT),
        "figure.capton",
    ),
    (rules.figures_guarded, set_source(3, "print(1 + 1)"), "no assertion in this cell or beside it"),
    (rules.figures_guarded, set_source(3, "# assert 1 + 1 == 2"), "no assertion in this cell or beside it"),
    (
        rules.figures_guarded,
        mystnb(4, figure=FIGURE, image={"alt": "Of all the runs of width 2, 0.25 fail at once."}),
        "says 0.25, which no cell",
    ),
    (rules.guards_only_guard, set_tags(3, "guard", "hide-input"), "shows nothing"),
    (rules.guards_only_guard, set_tags(2, "guard"), "tagged hide-input too"),
    (rules.guards_only_guard, set_tags(2, "guard", "hide-input"), "without an assertion"),
    (
        rules.guards_only_guard,
        lambda n: code(n, 2).update(source="guard = 3", metadata={"tags": ["guard", "hide-input"]}),
        "without an assertion",
    ),
    (rules.stable_outputs, set_outputs(3, new_output("display_data", TEXT)), "memory address 0x7f3c2b1a0d90"),
    (
        rules.tables_in_words,
        set_outputs(3, new_output("display_data", {"text/html": "<td>mean of $f_l$</td>"})),
        "TeX in a table, $f_l$",
    ),
    (
        rules.stable_outputs,
        set_outputs(3, new_output("display_data", {"image/svg+xml": "<svg/>"})),
        "image/svg",
    ),
    (
        rules.stable_outputs,
        set_outputs(4, new_output("display_data", {"image/png": png("Plotter 1.0")})),
        "Software chunk",
    ),
    (rules.portable, set_source(3, 'open("/home/me/data.csv")'), "absolute path starting with /home/"),
    (rules.portable, set_source(3, 'open("C:\\\\data.csv")'), "absolute path"),
    (rules.portable, set_source(3, 'pd.read_csv("https://example.org/a.csv")'), "download (https://)"),
    (rules.portable, set_source(3, "fetch_openml(1)"), "download (fetch_openml()"),
    (rules.short_cells, set_source(3, "\n".join(["x = 1"] * 26)), "26 lines"),
    (rules.short_cells, set_source(3, "ax.plot(x);"), "ends with `;`"),
    (rules.allowed_imports, set_source(3, "from myst_nb import glue"), "imports myst_nb"),
    (rules.allowed_imports, set_source(3, "import scipy.linalg"), "imports scipy.linalg"),
    (rules.allowed_imports, set_source(3, "%timeit 1"), "magic"),
    (rules.visible_precision, set_source(2, "import jax"), "jax_enable_x64"),
    (rules.visible_precision, set_tags(2, "hide-input"), "jax_enable_x64"),
    (rules.headings, lambda n: n.cells.pop(3), "expected at least 2"),
    (
        rules.headings,
        lambda n: n.cells[0].update(source="No title"),
        "start with the title",
    ),
    (rules.headings, prose("# Another title"), "2 titles"),
    (rules.standard_metadata, lambda n: n.metadata.kernelspec.update(name="mine"), "kernelspec"),
    (rules.standard_metadata, lambda n: n.metadata.language_info.update(version="3.11"), "language_info"),
    (rules.standard_metadata, lambda n: n.cells[0].update(id=n.cells[1]["id"]), "ids missing or repeated"),
    (rules.colab_cell, set_source(1, "import sys"), "not the Colab cell"),
    (rules.colab_cell, set_tags(1), "not the Colab cell"),
    (rules.own_labels, prose("(sec-other)=\n## More"), "label 'sec-other'"),
    (rules.own_labels, prose("$$ a $$ (eq-sample-a)"), "'eq-sample-a' is defined 2 times"),
    (rules.own_labels, mystnb(4, figure={"name": "fig-error"}), "label 'fig-error'"),
    (rules.solutions_match, prose("```{solution} ex-sample-two\nNo.\n```"), "solution of 'ex-sample-two'"),
]


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_a_good_notebook_breaks_no_rule(rule):
    assert list(rule(page())) == []


@pytest.mark.parametrize(("rule", "change", "message"), FAULTS)
def test_a_fault_is_reported(rule, change, message):
    found = broken(change, rule)
    assert any(message in text for text in found), found


def test_every_rule_is_shown_to_fail():
    assert {rule for rule, _, _ in FAULTS} == set(rules.RULES) - set(FORM_RULES)  # those: test_chapter_form.py


def test_long_cell_is_allowed_where_the_code_is_the_lesson():
    sample = page()
    code(sample.notebook, 3).update(source="\n".join(["x = 1"] * 40), metadata={"tags": ["lesson"]})
    assert list(rules.short_cells(sample)) == []


def test_the_same_label_in_two_chapters_is_reported():
    pages = [page(), page(stem="other")]
    assert any("ex-sample-one" in message for message in rules.shared_labels(pages))
    assert rules.shared_labels(pages[:1]) == []


def test_an_oversized_notebook_is_reported():
    sample = page()
    sample.size = rules.LARGEST_NOTEBOOK + 1
    assert any("expected at most" in message for message in rules.standard_metadata(sample))


def test_colab_cell_is_put_after_the_title_and_replaces_an_old_one():
    made = new_notebook(cells=good_cells())
    put_colab_cell(made, "https://example.org/elsewhere")
    assert [i for i, cell in enumerate(made.cells) if rules.is_colab_cell(cell)] == [1]
    assert "elsewhere" in made.cells[1].source


def test_pieces_of_one_stream_are_joined_in_order():
    pieces = [new_output("stream", name=n, text=t) for n, t in (("stdout", "a"), ("stdout", "b"), ("stderr", "c"))]
    assert [(o["name"], o["text"]) for o in merge_streams(pieces)] == [("stdout", "ab"), ("stderr", "c")]


def test_picture_loses_its_text_and_keeps_its_pixels():
    import base64

    small = small_png(base64.b64decode(png("Plotter 1.0")))
    assert b"Software" not in small
    assert small == small_png(small) == small_png(base64.b64decode(png()))


def test_standard_form_is_reached_in_one_step():
    made = new_notebook(cells=[new_markdown_cell("# T"), new_code_cell("1", metadata={"collapsed": True, "tags": []})])
    made.cells[1]["id"] = made.cells[0]["id"]
    normalize(made, "stem")
    first = [dict(cell) for cell in made.cells]
    normalize(made, "stem")
    assert [dict(cell) for cell in made.cells] == first
    assert made.cells[1].metadata == {}
    assert made.cells[0]["id"] != made.cells[1]["id"]


def test_sample_notebook_uses_the_sample_address():
    assert URL in page().notebook.cells[1].source
