// Explorer "widths": samples, kind of labels and theorem, against the width that the theorem asks for, the width that was
// needed for what it promises, and the width that a proof excludes. The numbers are in window.WIDTHS, from ntklib.
(function () {
  "use strict";

  const { element, drawn, slider, choice, panel, once, register } = window.Explorers;
  const LABELS = { random: "random labels", margin: "labels with a margin" };
  const THEORIES = {
    "poly(n)": { name: "every layer wide: nothing moves", asked: "neurons per layer", needed: "" },
    n: { name: "one layer wide: eigenvalue at the start", asked: "neurons in one layer", needed: " in both" },
    "√n": { name: "√N in each layer: weights exist", asked: "neurons per layer", needed: "" },
    "polylog(n)": { name: "separable with a margin: trained", asked: "neurons per layer", needed: "" },
  };
  const NAMES = Object.keys(THEORIES);
  const TOP = 1e32, REACH = 1e5; // ends of the two axes of neurons

  // two digits, as the tables of the book
  function two(value) {
    const size = value >= 1e5 ? value.toExponential(1).replace("e+", "e") : String(Number(value.toPrecision(2)));
    return size.replace(/^(\d{2})(\d{3})$/, "$1,$2");
  }

  const find = (labels, theory, N) => window.WIDTHS.find((r) => r.labels === labels && r.theory === theory && r.N === N);
  const sizes = () => [...new Set(window.WIDTHS.map((r) => r.N))];

  // the sentence that is read out
  function sentence(r) {
    const asked = `${r.N} samples, ${LABELS[r.labels]}: asked ${two(r.asked)} ${THEORIES[r.theory].asked}, `;
    const range = r.low === r.high ? `in each of ${r.runs} runs` : `${two(r.low)} to ${two(r.high)} in ${r.runs} runs`;
    const how = r.beyond ? ", by extrapolation" : "";
    const needed = r.runs ? `needed ${two(r.needed)}${THEORIES[r.theory].needed} (${range}${how})` : "needed: not measured";
    return `${asked}${needed}; ${floor(r.excluded)}.`;
  }

  function floor(width) {
    if (width === null) return "what a proof excludes was not worked out";
    return width > 1 ? `a proof excludes fewer than ${width}` : "no width is excluded";
  }

  // what was needed, at `place` on the other axis: the range of the runs and a dot, hollow where extrapolated
  function needed(r, place, map, upright) {
    const [low, high, mean] = [r.low, r.high, r.needed].map(map);
    const d = upright ? `M${place} ${low}V${high}` : `M${low} ${place}H${high}`;
    const [cx, cy] = upright ? [place, mean] : [mean, place];
    return [drawn("path", { class: "first line", d }), drawn("circle", { class: r.beyond ? "first dot hollow" : "first dot", cx, cy, r: 4 })];
  }

  // what is asked
  function diamond(x, y) {
    return drawn("path", { class: "second diamond", d: `M${x} ${y - 5}l5 5l-5 5l-5 -5z` });
  }

  // one row for each theorem at this number of samples
  function rows(N, labels, chosen) {
    const picture = panel({
      name: `Neurons on a logarithmic axis, ${N} samples, ${LABELS[labels]}: a row for each of the four theorems.`,
      x: { limits: [1, TOP], label: "neurons", log: true },
      y: { limits: [0, NAMES.length], label: "", show: () => "" },
    });
    NAMES.forEach((theory, k) => {
      const r = find(labels, theory, N), y = picture.Y.map(NAMES.length - k - 0.68), x = picture.X.map;
      const group = drawn("g", { class: theory === chosen ? "chosen" : "other", "data-theory": theory });
      const text = { x: picture.left + 6, y: picture.Y.map(NAMES.length - k) + 17 };
      group.append(drawn("text", text, THEORIES[theory].name));
      if (r.runs) group.append(...needed(r, y, x, false));
      group.append(diamond(x(r.asked), y));
      picture.svg.append(group);
    });
    return picture.svg;
  }

  // the theorem chosen, at every number of samples, on an axis that reaches as far as what was needed
  function growth(N, labels, theory) {
    const all = sizes().map((size) => find(labels, theory, size));
    const picture = panel({
      name: `Neurons against the number of samples, ${LABELS[labels]}, for the theorem chosen: needed and excluded.`,
      x: { limits: [3.7, 8.3], label: "samples N", show: () => "" },
      y: { limits: [1, REACH], label: "neurons", log: true },
    });
    const { svg, X, Y } = picture, at = (size) => X.map(Math.log2(size));
    const line = (kind, key) => {
      const points = all.filter((r) => r[key] !== null && r[key] <= REACH).map((r) => `${at(r.N)} ${Y.map(r[key])}`);
      if (points.length) svg.append(drawn("path", { class: `${kind} line`, d: `M${points.join("L")}` }));
      return points.length;
    };
    svg.append(drawn("path", { class: "cursor", d: `M${at(N)} ${picture.low}V${picture.high}` }));
    line("third", "excluded");
    const far = !line("second", "asked");
    const least = `asked: ${two(Math.min(...all.map((r) => r.asked)))} and more, beyond this axis`;
    if (far) svg.append(drawn("text", { x: picture.left + 6, y: picture.high + 15 }, least));
    for (const r of all) {
      svg.append(drawn("text", { x: at(r.N), y: picture.low + 16, "text-anchor": "middle" }, r.N));
      if (r.runs) svg.append(...needed(r, at(r.N), Y.map, true));
      if (!far) svg.append(diamond(at(r.N), Y.map(r.asked)));
    }
    return svg;
  }

  // what the marks mean
  function key() {
    const sample = (...shapes) => {
      const svg = drawn("svg", { viewBox: "0 0 24 14", class: "sample", "aria-hidden": "true" });
      svg.append(...shapes);
      return svg;
    };
    const line = drawn("path", { class: "third line", d: "M2 7H22" });
    const range = needed({ low: 2, high: 22, needed: 12 }, 7, (x) => x, false);
    return element("p", { class: "key" },
      element("span", {}, sample(line), "a proof excludes what lies below (second picture)"),
      element("span", {}, sample(...range), "needed: mean and range of the runs, hollow if extrapolated"),
      element("span", {}, sample(diamond(12, 7)), "asked, open constants 1"));
  }

  function build(place) {
    const draw = once(redraw);
    const controls = element("div", { class: "controls" });
    const first = element("div", {});
    const N = slider(first, { label: "samples N", values: sizes(), start: 128 }, draw);
    const labels = choice(first, { label: "labels", options: Object.entries(LABELS), start: "margin" }, draw);
    controls.append(first);
    const options = NAMES.map((theory) => [theory, THEORIES[theory].name]);
    const theory = choice(controls, { label: "theorem", options, start: "polylog(n)" }, draw);
    const pictures = element("div", { class: "pictures" });
    const verdict = element("p", { class: "verdict", role: "status" });
    place.append(controls, pictures, key(), verdict);

    function redraw() {
      pictures.replaceChildren(rows(N(), labels(), theory()), growth(N(), labels(), theory()));
      verdict.textContent = sentence(find(labels(), theory(), N()));
    }
    redraw();
  }

  register("widths", build);
})();
