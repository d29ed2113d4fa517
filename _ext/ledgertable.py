"""Local Sphinx extension: the tables of the ledger can be sorted by a click on a heading, and filtered.

Only pages under `chapters/ledger/` get the script. Without JavaScript, and on paper, the tables are what they are.
"""

LEAST_ROWS = 12
SCRIPT = """
document.addEventListener("DOMContentLoaded", () => {
  const number = text => (/^[-−]?[0-9.]+(e[-+]?[0-9]+)?$/.test(text) ? Number(text.replace("−", "-")) : NaN);
  const order = (a, b) => (Number.isNaN(number(a) + number(b)) ? a.localeCompare(b) : number(a) - number(b));
  document.querySelectorAll("article table").forEach(table => {
    const head = table.tHead, body = table.tBodies[0];
    if (!head || body.rows.length < LEAST) return;
    const rows = [...body.rows], text = (row, k) => row.cells[k].textContent;
    [...head.rows[0].cells].forEach((cell, k) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...cell.childNodes);
      cell.append(button);
      button.addEventListener("click", () => {
        const up = cell.getAttribute("aria-sort") !== "ascending";
        [...head.rows[0].cells].forEach(other => other.removeAttribute("aria-sort"));
        cell.setAttribute("aria-sort", up ? "ascending" : "descending");
        body.append(...rows.sort((a, b) => (up ? 1 : -1) * order(text(a, k), text(b, k))));
      });
    });
    const line = document.createElement("p"), label = document.createElement("label");
    const field = document.createElement("input"), count = document.createElement("span");
    line.className = "table-filter";
    field.type = "search";
    count.setAttribute("role", "status");
    label.append("Show rows with ", field);
    line.append(label, count);
    (table.closest(".output") || table).before(line);
    field.addEventListener("input", () => {
      const words = field.value.toLowerCase().split(/\\s+/).filter(word => word);
      rows.forEach(row => { row.hidden = !words.every(word => row.textContent.toLowerCase().includes(word)); });
      count.textContent = words.length ? `${rows.filter(row => !row.hidden).length} of ${rows.length} rows` : "";
    });
  });
});
""".replace("LEAST", str(LEAST_ROWS))


def add_script(app, pagename, templatename, context, doctree):
    """Give the script to the pages of the ledger."""
    if pagename.startswith("chapters/ledger/"):
        app.add_js_file(None, body=SCRIPT)


def setup(app):
    """Register everything with Sphinx."""
    app.connect("html-page-context", add_script)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
