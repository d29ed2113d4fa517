// Explorer "position": one wide layer among narrow ones, the smallest eigenvalue of a sampled network's tangent kernel
// against the wide width, between the two sides of the theorem, and the smallest eigenvalue of every block.
(function () {
  "use strict";

  const { element, drawn, slider, choice, panel, once, register } = window.Explorers;
  const { points, normal, dot, symmetric, eigenvalues, orderShare } = window.NTK;
  const WIDE = [8, 16, 32, 64, 128, 256, 512], LAYERS = 4;
  const precise = (v) => v.toExponential(1).replace("e+", "e");
  const NOISE = 1e-13; // of the trace: below it an eigenvalue is a rounding error

  const kept = new Map(); // matrices drawn before
  function weights(seed, layer, rows, columns) {
    const name = [seed, layer, rows, columns].join();
    if (!kept.has(name)) {
      const draw = normal(97 * seed + 1009 * layer + rows + 31 * columns);
      kept.set(name, Array.from({ length: rows }, () => Float64Array.from({ length: columns }, draw)));
    }
    return kept.get(name);
  }

  const deviation = (scaling, width) => (scaling === "he" ? Math.sqrt(2 / width) : 1);

  // features below and backward vectors above every layer of weights, for one sample
  function passes(x, W, betas) {
    const below = [x], signs = [];
    W.forEach((matrix, l) => {
      const g = new Float64Array(matrix[0].length), f = below[l];
      for (let a = 0; a < f.length; a++) {
        if (f[a] === 0) continue;
        const size = betas[l] * f[a], row = matrix[a];
        for (let b = 0; b < g.length; b++) g[b] += size * row[b];
      }
      signs.push(g.map((v) => (v > 0 ? 1 : 0)));
      if (l < W.length - 1) below.push(g.map((v) => Math.max(v, 0)));
    });
    const above = [Float64Array.of(1)];
    for (let l = W.length - 1; l > 0; l--)
      above.unshift(signs[l - 1].map((on, a) => (on ? betas[l] * dot(W[l][a], above[0]) : 0)));
    return { below, above };
  }

  // inputs of norm √d, and the smallest eigenvalue of their Gram matrix, zero where it is a rounding error
  function inputs(N, d, seed) {
    const X = points(N, d, null, seed).map((x) => x.map((v) => v * Math.sqrt(d)));
    const gram = eigenvalues(symmetric(N, (i, j) => dot(X[i], X[j])))[0];
    return { X, gram: gram > NOISE * d ? gram : 0 };
  }

  // smallest eigenvalues of the kernel and of its blocks, and the two sides, for one network
  function network({ N, d, widths, position, scaling, seed, whole = true, data = inputs(N, d, seed) }) {
    const { X, gram } = data;
    const W = widths.slice(1).map((n, l) => weights(seed, l, widths[l], n));
    const betas = W.map((_, l) => deviation(scaling, widths[l]));
    const samples = X.map((x) => passes(x, W, betas));
    const block = (l) => (i, j) =>
      dot(samples[i].below[l], samples[j].below[l]) * dot(samples[i].above[l], samples[j].above[l]);
    const blocks = W.map((_, l) => symmetric(N, block(l)));
    const K = symmetric(N, (i, j) => blocks.reduce((sum, B) => sum + B[i][j], 0));
    const trace = K.reduce((sum, row, i) => sum + row[i], 0);
    const least = (M) => { const v = eigenvalues(M)[0]; return v > NOISE * trace ? v : 0; };
    return { value: least(K), blocks: whole ? blocks.map(least) : [], ...sides(gram, widths, betas, position) };
  }

  // the theorem's two sides with constant 1/8: the upper one is the mean of a diagonal entry
  function sides(gram, widths, betas, position) {
    const all = widths.slice(0, LAYERS).reduce((p, n) => p * n, 1);
    const scale = betas.map((_, l) => betas.reduce((p, b, j) => (j === l ? p : p * b * b), all) / 8);
    return { lower: (orderShare(2) / 2) * scale[position] + (gram * scale[0]) / widths[0], upper: scale.reduce((a, b) => a + b, 0) };
  }

  function compute({ N, d, narrow, position, scaling, seed }) {
    const data = inputs(N, d, seed);
    return WIDE.map((wide) => {
      const widths = [d, ...[1, 2, 3].map((k) => (k === position ? wide : narrow)), 1];
      return network({ N, d, widths, position, scaling, seed, whole: wide === WIDE[WIDE.length - 1], data });
    });
  }

  function line({ svg, X, Y }, floor, values, kind) {
    const at = (v, k) => `${k ? "L" : "M"}${X.map(WIDE[k]).toFixed(1)} ${Y.map(Math.max(v, floor)).toFixed(1)}`;
    svg.append(drawn("path", { class: `${kind} line`, d: values.map(at).join("") }));
  }

  function dots({ svg, X, Y }, floor, places, values) {
    values.forEach((v, k) => {
      const at = { cx: X.map(places[k]), cy: Y.map(Math.max(v, floor)), r: 3.2, class: `first dot${v ? "" : " hollow"}` };
      svg.append(drawn("circle", at));
    });
  }

  function build(place) {
    const draw = once(redraw);
    const controls = element("div", { class: "controls" });
    const position = slider(controls, { label: "wide layer k", values: [1, 2, 3], start: 2 }, draw);
    const narrow = slider(controls, { label: "other widths", values: [2, 4, 8, 16, 32], start: 16 }, draw);
    const N = slider(controls, { label: "samples N", values: [4, 8, 12, 16, 24], start: 16 }, draw);
    const d = slider(controls, { label: "dimension d", values: [2, 4, 8, 16, 32, 64], start: 32 }, draw);
    const seed = slider(controls, { label: "draw", values: [1, 2, 3, 4, 5, 6, 7, 8], start: 1 }, draw);
    const options = [["unit", "variance 1"], ["he", "variance 2 / fan-in"]];
    const scaling = choice(controls, { label: "weights", options, start: "unit" }, draw);
    const pictures = element("div", { class: "pictures" });
    const verdict = element("p", { class: "verdict", role: "status" });
    place.append(controls, pictures, verdict);

    function redraw() {
      const found = compute({ N: N(), d: d(), narrow: narrow(), position: position(), scaling: scaling(), seed: seed() });
      const values = found.map((f) => f.value), last = found[WIDE.length - 1];
      const lower = found.map((f) => f.lower), upper = found.map((f) => f.upper);
      const floor = Math.min(...lower, ...values.filter((v) => v > 0)) / 2;
      const left = panel({
        name: "Smallest eigenvalue of the kernel against the width of the wide layer, between the two sides of the theorem.",
        x: { limits: [1, 1000], label: `width of layer ${position()}`, log: true },
        y: { limits: [floor, Math.max(...upper)], label: "smallest eigenvalue", log: true },
      });
      line(left, floor, lower, "second");
      line(left, floor, upper, "third");
      dots(left, floor, WIDE, values);
      const shown = last.blocks.filter((v) => v > 0);
      const bottom = shown.length ? Math.min(...shown) / 2 : floor;
      const right = panel({
        name: "Smallest eigenvalue of every block of the kernel, at the largest width.",
        x: { limits: [0, LAYERS], label: "block (layer of weights)", show: (l) => (l ? String(l) : "") },
        y: { limits: [bottom, Math.max(last.upper, ...shown)], label: "smallest eigenvalue", log: true },
      });
      if (last.value)
        right.svg.append(drawn("path", { class: "third line", d: `M${right.left} ${right.Y.map(last.value)}H${right.right}` }));
      dots(right, bottom, [1, 2, 3, 4], last.blocks);
      pictures.replaceChildren(left.svg, right.svg);
      const told = last.value ? `smallest eigenvalue ${precise(last.value)}` : "the kernel is singular (zero to rounding)";
      const most = last.blocks.indexOf(Math.max(...last.blocks)) + 1;
      const share = Math.max(...last.blocks) ? ` Of the blocks, number ${most} has the largest: ${precise(last.blocks[most - 1])}.` : "";
      verdict.textContent = `Layer ${position()} with ${WIDE[WIDE.length - 1]} neurons: ${told}; the theorem's sides, with constant 1/8, are ${precise(last.lower)} (dashed) and ${precise(last.upper)} (dotted).${share}`;
    }
    redraw();
  }

  register("position", build);
  Object.assign(window.NTK, { weights, network, positions: compute });
})();
