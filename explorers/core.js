// What all explorers share: sliders with their value, axes with labels, and a redraw at most once a frame.
(function () {
  "use strict";

  const SVG = "http://www.w3.org/2000/svg";
  const BOX = { width: 360, height: 260, left: 52, right: 22, top: 12, bottom: 44 };

  function element(name, attributes, ...children) {
    const e = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) e.setAttribute(key, value);
    e.append(...children);
    return e;
  }

  function drawn(name, attributes, text) {
    const e = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) e.setAttribute(key, value);
    if (text !== undefined) e.textContent = text;
    return e;
  }

  // a labelled slider over a list of values; returns a function that reads the value chosen
  function slider(parent, { label, values, start, show = String }, changed) {
    const input = element("input", { type: "range", min: 0, max: values.length - 1, step: 1 });
    const output = element("output");
    input.value = Math.max(0, values.indexOf(start));
    const read = () => values[Number(input.value)];
    const tell = () => {
      output.textContent = show(read());
      input.setAttribute("aria-valuetext", show(read()));
    };
    input.addEventListener("input", () => { tell(); changed(); });
    parent.append(element("label", {}, element("span", {}, label), input, output));
    tell();
    return read;
  }

  let choices = 0; // each group of radio buttons has a name of its own

  // a group of radio buttons over pairs [value, text]; returns a function that reads the value chosen
  function choice(parent, { label, options, start }, changed) {
    const group = element("fieldset", {}, element("legend", {}, label));
    const name = `choice-${++choices}`;
    for (const [value, text] of options) {
      const input = element("input", { type: "radio", name, value });
      input.checked = value === start;
      input.addEventListener("change", changed);
      group.append(element("label", {}, input, element("span", {}, text)));
    }
    parent.append(group);
    return () => group.querySelector("input:checked").value;
  }

  // a scale from data to pixels, with its ticks; limits of a logarithmic one are powers of ten
  function scale(low, high, from, to, log) {
    const [a, b] = log ? [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))] : [low, high];
    const map = (x) => from + (((log ? Math.log10(x) : x) - a) / (b - a)) * (to - from);
    const step = log ? Math.ceil((b - a) / 5) : (b - a) / 4;
    const ticks = [];
    for (let t = a; t <= b + 1e-9; t += step) ticks.push(log ? 10 ** t : t);
    return { map, ticks, low: log ? 10 ** a : a, high: log ? 10 ** b : b };
  }

  // an empty panel: frame, ticks and the names of its axes; returns the picture and its two scales
  function panel({ x, y, name }) {
    const svg = drawn("svg", { viewBox: `0 0 ${BOX.width} ${BOX.height}`, role: "img", "aria-label": name });
    const X = scale(...x.limits, BOX.left, BOX.width - BOX.right, x.log);
    const Y = scale(...y.limits, BOX.height - BOX.bottom, BOX.top, y.log);
    const [left, right, low, high] = [BOX.left, BOX.width - BOX.right, BOX.height - BOX.bottom, BOX.top];
    svg.append(drawn("path", { class: "frame", d: `M${left} ${high}V${low}H${right}` }));
    for (const t of X.ticks)
      svg.append(drawn("text", { x: X.map(t), y: low + 16, "text-anchor": "middle" }, (x.show || short)(t)));
    for (const t of Y.ticks) {
      svg.append(drawn("path", { class: "grid", d: `M${left} ${Y.map(t)}H${right}` }));
      svg.append(drawn("text", { x: left - 6, y: Y.map(t) + 4, "text-anchor": "end" }, (y.show || short)(t)));
    }
    svg.append(drawn("text", { x: (left + right) / 2, y: BOX.height - 8, "text-anchor": "middle" }, x.label));
    const turned = { x: 12, y: (low + high) / 2, "text-anchor": "middle" };
    svg.append(drawn("text", { ...turned, transform: `rotate(-90 12 ${turned.y})` }, y.label));
    return { svg, X, Y, left, right, low, high };
  }

  function short(value) {
    const size = Math.abs(value);
    if (size === 0) return "0";
    return size >= 1e4 || size < 1e-2 ? value.toExponential(size < 1e-2 && value !== 10 ** Math.round(Math.log10(value)) ? 1 : 0)
      .replace("e+", "e") : String(Number(value.toPrecision(2)));
  }

  // runs a function at most once a frame
  function once(action) {
    let waiting = false;
    return () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; action(); });
    };
  }

  const kinds = {};

  // fills every place that asks for an explorer of this name
  function register(name, build) {
    kinds[name] = build;
  }

  document.addEventListener("DOMContentLoaded", () => {
    for (const place of document.querySelectorAll("[data-explorer]")) {
      const build = kinds[place.dataset.explorer];
      if (!build) continue;
      place.hidden = false;
      build(place);
    }
  });

  window.Explorers = { element, drawn, slider, choice, panel, short, once, register };
})();
