// Explorer "spectrum": depth, samples, dimension and the distance of the closest pair, against the kernel as a function
// of the angle and against the spectrum of its Gram matrix, between the two sides of the theorem.
(function () {
  "use strict";

  const { element, drawn, slider, panel, short, once, register } = window.Explorers;
  const { profile, points, angle, symmetric, eigenvalues, orderShare } = window.NTK;
  const ORDERS = [2, 4, 6, 8];
  const NOISE = 1e-12; // below it a bound is a rounding error

  // what the picture shows, for one setting
  function compute({ L, N, d, distance, seed }) {
    const X = points(N, d, distance, seed);
    const angles = symmetric(N, (i, j) => (i === j ? 0 : angle(X[i], X[j])));
    const of = (f) => eigenvalues(symmetric(N, (i, j) => f(angles[i][j])));
    const spectrum = of((t) => profile(t, L).K);
    const bounds = ORDERS.map((r) => [orderShare(r) * of((t) => Math.cos(t) ** r)[0], r]);
    const [lower, order] = bounds.reduce((a, b) => (b[0] > a[0] ? b : a));
    return { angles, spectrum, lower, order };
  }

  function curve({ svg, X, Y }, L, angles) {
    let path = "";
    for (let k = 0; k <= 120; k++) {
      const t = (Math.PI * k) / 120;
      path += `${k ? "L" : "M"}${X.map(t).toFixed(1)} ${Y.map(profile(t, L).K / L).toFixed(1)}`;
    }
    svg.append(drawn("path", { class: "first line", d: path }));
    let rug = "";
    angles.forEach((row, i) => row.slice(0, i).forEach((t) => (rug += `M${X.map(t).toFixed(1)} ${Y.map(0) - 7}v7`)));
    svg.append(drawn("path", { class: "second line thin", d: rug }));
  }

  function level({ svg, Y, left, right }, value, kind) {
    svg.append(drawn("path", { class: `${kind} line`, d: `M${left} ${Y.map(value)}H${right}` }));
  }

  function build(place) {
    const draw = once(redraw);
    const controls = element("div", { class: "controls" });
    const L = slider(controls, { label: "depth L", values: [2, 3, 4, 5, 6, 8, 10, 14, 20], start: 3 }, draw);
    const N = slider(controls, { label: "samples N", values: [2, 4, 8, 12, 16, 24, 32, 48], start: 32 }, draw);
    const d = slider(controls, { label: "dimension d", values: [2, 3, 5, 8, 16, 32, 64, 128, 256], start: 32 }, draw);
    const far = [null, 1, 0.3, 0.1, 0.03, 0.01, 1e-3, 1e-4];
    const show = (v) => (v === null ? "as drawn" : short(v));
    const distance = slider(controls, { label: "closest pair", values: far, start: null, show }, draw);
    const seed = slider(controls, { label: "draw", values: [1, 2, 3, 4, 5, 6, 7, 8], start: 1 }, draw);
    const pictures = element("div", { class: "pictures" });
    const verdict = element("p", { class: "verdict", role: "status" });
    place.append(controls, pictures, verdict);

    function redraw() {
      const { angles, spectrum, lower, order } = compute({ L: L(), N: N(), d: d(), distance: distance(), seed: seed() });
      const least = spectrum[0], most = spectrum[spectrum.length - 1];
      const kernel = panel({
        name: "The kernel of two unit vectors over L against their angle; marks below: the angles of the sample.",
        x: { limits: [0, Math.PI], label: "angle θ between two samples", show: (t) => `${Math.round((180 * t) / Math.PI)}°` },
        y: { limits: [0, 1], label: "kernel / L" },
      });
      curve(kernel, L(), angles);
      const floor = Math.max(1e-9, Math.min(least, lower > NOISE ? lower : least) / 1.5);
      const right = panel({
        name: "Eigenvalues of the kernel matrix from the smallest to the largest, between the two sides of the theorem.",
        x: { limits: [1, Math.max(2, N())], label: "eigenvalue number", show: (k) => String(Math.round(k)) },
        y: { limits: [floor, most], label: "eigenvalue", log: true },
      });
      level(right, L(), "third");
      if (lower > NOISE) level(right, lower, "second");
      spectrum.forEach((value, k) => {
        const at = { cx: right.X.map(k + 1), cy: right.Y.map(Math.max(value, floor)), r: 2.6, class: "first dot" };
        right.svg.append(drawn("circle", at));
      });
      pictures.replaceChildren(kernel.svg, right.svg);
      const told = lower > NOISE ? `at least ${short(lower)} (one degree, r = ${order}, dashed)` : "no bound from one degree up to 8";
      verdict.textContent = `Smallest eigenvalue ${short(least)}; at most L = ${L()} (dotted); ${told}.`;
    }
    redraw();
  }

  register("spectrum", build);
  window.NTK.compute = compute;
})();
