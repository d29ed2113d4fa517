"""Local Sphinx extension: the directive `predict`, a question that the reader answers before the figure shows it.

    :::{predict}
    :answer: 2
    Which line is steeper?

    1. the first
    2. the second

    ---
    The second: its slope is 2.
    :::

Without JavaScript the part below the line is a disclosure, and on paper plain text. With JavaScript the answers can be
chosen, and the output of the cell that follows waits for a choice, or for the disclosure to be opened.
"""

from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import Directive, directives

SCRIPT = """
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll(".predict").forEach((box, number) => {
    const details = box.querySelector("details"), right = Number(box.dataset.answer);
    let cell = box.nextElementSibling;
    while (cell && !cell.querySelector("img, table")) cell = cell.nextElementSibling;
    const outputs = cell ? cell.querySelectorAll(".cell_output") : [];
    const hide = waiting => outputs.forEach(output => output.classList.toggle("predict-waiting", waiting));
    box.querySelectorAll(".predict-choices > ol > li").forEach((item, k) => {
      const label = document.createElement("label"), radio = document.createElement("input");
      Object.assign(radio, { type: "radio", name: `predict-${number}`, value: k + 1 });
      label.append(radio, ...item.childNodes);
      item.append(label);
      radio.addEventListener("change", () => {
        box.querySelectorAll("li").forEach(other => other.classList.toggle("predict-right", other.contains(
          box.querySelector(`input[value="${right}"]`))));
        box.querySelector("[role=status]").textContent = k + 1 === right ? "Yes." : "Not quite: see below.";
        details.open = true;
      });
    });
    const asked = cell && location.hash && cell.querySelector(`[id="${CSS.escape(location.hash.slice(1))}"]`);
    if (!asked && !details.open) hide(true);
    details.addEventListener("toggle", () => details.open && hide(false));
    window.addEventListener("hashchange", () => hide(false));
    window.addEventListener("beforeprint", () => { details.open = true; });
  });
});
"""


class Predict(Directive):
    """A question with two to four answers, and below a line what is found."""

    has_content = True
    option_spec: ClassVar = {"answer": directives.positive_int}

    def run(self):
        """Return the element: question, choices, and the disclosure."""
        inside = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, inside)
        line = next((k for k, child in enumerate(inside.children) if isinstance(child, nodes.transition)), None)
        lists = [child for child in inside.children[:line] if isinstance(child, nodes.enumerated_list)]
        answer = self.options.get("answer", 0)
        if line is None or len(lists) != 1 or not 2 <= len(lists[0]) <= 4 or not 1 <= answer <= len(lists[0]):
            raise self.error(
                "predict: expected a question, one numbered list of two to four answers, a line `---`, the finding, "
                f"and `:answer:` with the number of the right one; received {len(lists)} list(s), answer {answer}."
            )
        before, after = inside.children[:line], inside.children[line + 1 :]
        for child in before:
            child.parent = None
        choices = nodes.container("", lists[0], classes=["predict-choices"])
        before = [choices if child is lists[0] else child for child in before]
        return [
            raw(f'<div class="predict" role="group" aria-label="Predict" data-answer="{answer}">'),
            nodes.container("", *before, classes=["predict-question"]),
            raw('<p role="status"></p><details><summary>Reveal</summary>'),
            nodes.container("", *after, classes=["predict-finding"]),
            raw("</details></div>"),
        ]


def raw(text):
    """Markup that the HTML page takes as it is."""
    return nodes.raw("", text, format="html")


def setup(app):
    """Register with Sphinx."""
    app.add_directive("predict", Predict)
    app.add_js_file(None, body=SCRIPT)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
