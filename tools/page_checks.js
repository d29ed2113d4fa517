// What tools/check_pages.py evaluates inside a page. Each function returns a list of messages.
({
  async mathDone() {
    if (window.MathJax && MathJax.startup && MathJax.startup.promise) await MathJax.startup.promise;
  },

  // open the findings of predictions, and fetch the pictures that would be fetched when a reader comes near
  async reveal() {
    for (const finding of document.querySelectorAll(".predict details")) finding.open = true;
    const late = [...document.querySelectorAll("img[loading=lazy]")];
    for (const picture of late) picture.loading = "eager";
    await Promise.all(late.map((picture) => picture.decode().catch(() => {})));
  },

  // the page as it looks after a change of its window or of its colours, with no transition under way
  async settled() {
    const frame = () => new Promise((done) => { requestAnimationFrame(done); setTimeout(done, 200); });
    await frame();
    await frame();
    for (const moving of document.getAnimations()) moving.cancel();
  },

  // formulas and markup that reached the reader as raw text
  rawText() {
    const found = [];
    const skip = "script, style, pre, code, textarea, mjx-container, .sig, svg, title";
    const raw = [
      [/\\[()\[\]]|\$\$|\\begin\{/, "raw math"],
      [/\$[^$\s][^$\n]*\$/, "raw math"],
      [/\{[a-z]+(:[a-z]+)*\}`/, "raw role"],
      [/^\s*:::/, "raw directive"],
    ];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const text = walk.currentNode.textContent;
      const parent = walk.currentNode.parentElement;
      if (!parent || parent.closest(skip)) continue;
      const hit = raw.find(([pattern]) => pattern.test(text));
      if (hit) found.push(`${hit[1]}: ${text.trim().slice(0, 60)}`);
    }
    for (const e of document.querySelectorAll(".math")) {
      const source = e.textContent.trim();
      if (source && !e.querySelector("mjx-container") && !e.closest("pre"))
        found.push(`math not rendered: ${source.slice(0, 60)}`);
    }
    const wrong = "mjx-merror, [data-mml-node=merror], mjx-container [fill=red], mjx-container [mathcolor=red]";
    for (const e of document.querySelectorAll(wrong)) {
      const box = e.closest("mjx-container") || e;
      found.push(`math with an error: ${(e.getAttribute("data-mjx-error") || box.textContent).trim().slice(0, 60)}`);
    }
    return [...new Set(found)];
  },

  // pictures without a description, or that cannot be shown; logos and badges are exempt
  pictures(shortest) {
    const found = [];
    const exempt = ".logo, .navbar-brand, [class*=logo], [class*=badge], header, footer, nav, button, mjx-container";
    for (const e of document.querySelectorAll("img, svg")) {
      if (!e.closest("main, article, figure, [role=main]") || e.closest(exempt)) continue;
      const box = e.getBoundingClientRect();
      const vector = e.tagName.toLowerCase() === "svg";
      if (vector ? box.width < 100 || box.height < 100 : e.naturalWidth && Math.max(box.width, box.height) < 32)
        continue; // an icon
      const title = vector && e.querySelector("title");
      const text = vector ? e.getAttribute("aria-label") || (title && title.textContent) : e.getAttribute("alt");
      const what = vector ? "svg" : (e.getAttribute("src") || "").split("/").pop().slice(0, 60);
      const length = (text || "").trim().length;
      if (length < shortest) found.push(`${what} has alt text of ${length} characters, expected ${shortest}`);
      if (!vector && e.complete && !e.naturalWidth) found.push(`${what} cannot be shown`);
    }
    return found;
  },

  // content that is wider than the window and not inside a box that scrolls by itself
  overflow() {
    const found = [];
    const root = document.documentElement;
    const width = root.clientWidth;
    const scrolls = (e) => {
      for (; e && e !== document.body; e = e.parentElement)
        if (["auto", "scroll"].includes(getComputedStyle(e).overflowX)) return true;
      return false;
    };
    const wide = Math.max(root.scrollWidth, document.body.scrollWidth);
    if (wide > width + 1) found.push(`page is ${wide} px wide in a window of ${width} px`);
    for (const e of document.querySelectorAll("main *, article *, [role=main] *")) {
      const box = e.getBoundingClientRect();
      if (!box.width || !box.height || box.right <= width + 1) continue;
      if (getComputedStyle(e).visibility === "hidden" || scrolls(e)) continue;
      if (e.closest("mjx-assistive-mml, .visually-hidden, .sr-only, svg")) continue;
      const name = `<${e.tagName.toLowerCase()} class="${e.getAttribute("class") || ""}">`;
      found.push(`${name} ends at ${Math.round(box.right)} px in a window of ${width} px`);
    }
    return found.slice(0, 3);
  },

  // Formulas are drawn by many small shapes. Each keeps its place and, instead of its inside, one word for each colour
  // in it; those that hold a kind of element (name and attributes) not met before keep their inside as well.
  foldFormulas() {
    const kinds = new Set();
    const free = /^(d|id|x|y|width|height|style|transform|viewBox|xlink:href|data-.*)$/;
    const name = (a) => a.name + (free.test(a.name) ? "" : "=" + a.value);
    const kind = (e) => [e.tagName, ...[...e.attributes].map(name)].join(" ");
    const drawn = "use, path, rect, line, polygon, circle, ellipse, text";
    for (const formula of document.querySelectorAll("mjx-container")) {
      const inside = [...formula.querySelectorAll("*")];
      const shapes = inside.filter((e) => e.matches(drawn) && !e.closest("defs"));
      const colours = new Set(shapes.map((e) => getComputedStyle(e).fill));
      colours.delete(getComputedStyle(formula).color);
      const words = ["currentcolor", ...colours].map((colour) => {
        const word = document.createElement("span");
        word.style.color = colour;
        word.textContent = "formula";
        return word;
      });
      const fresh = inside.map(kind).filter((text) => !kinds.has(text) && kinds.add(text));
      formula.prepend(...words);
      if (!fresh.length) this.empty(formula);
    }
    return [];
  },

  // drops the inside of folded formulas, which has no say in colours
  emptyFormulas() {
    document.querySelectorAll("mjx-container").forEach(this.empty);
    return [];
  },

  // leaves the words and the drawings, without what is drawn
  empty(formula) {
    for (const e of [...formula.children]) {
      if (e.matches("svg")) e.replaceChildren();
      else if (!e.matches("span")) e.remove();
    }
  },

  // Groups of elements with text that share one verdict on their contrast. Axe-core takes the colour behind a text from
  // the boxes at the middle of each of its lines. Where these are all the boxes that the text stands in, and no other
  // one, the verdict depends on how these are painted and on the text's own colour, size and weight, which make the
  // group; any other text, and any field, is a group of its own. A line that must be scrolled to counts where it would
  // come into view, and after those in view. Left out is what axe-core never reports: single letters, punctuation,
  // what is hidden.
  alike() {
    const [numbers, grounds, rows, groups] = [new Map(), new Map(), new Map(), new Map()];
    const number = (text) => numbers.get(text) || numbers.set(text, numbers.size + 1).size;
    const row = (y) => Math.floor(y / 64);
    const clamp = (low, value, high) => Math.max(low, Math.min(value, high));
    const holds = (box, x, y) => box.left <= x && x <= box.right && box.top <= y && y <= box.bottom;
    for (const e of document.querySelectorAll("*")) {
      const s = getComputedStyle(e);
      const { key, boxes, windows } = grounds.get(e.parentElement) || { key: 0, boxes: [], windows: [] };
      const paint = [s.backgroundColor, s.backgroundImage, s.backgroundClip, s.opacity, s.filter, s.mixBlendMode];
      const ground = { key: number([key, ...paint, s.position, s.zIndex].join()), boxes, windows };
      grounds.set(e, ground);
      if (e === document.documentElement || e === document.body) continue;
      const opaque = s.backgroundColor !== "rgba(0, 0, 0, 0)" || s.backgroundImage !== "none";
      const painted = opaque || e.matches("img, svg, canvas, video, object, iframe");
      const scrolls = s.overflowX !== "visible" && s.display !== "inline";
      if (!painted && !scrolls) continue;
      const box = e.getBoundingClientRect();
      if (scrolls) ground.windows = [box, ...windows];
      if (!painted) continue;
      ground.boxes = [...boxes, box];
      for (let k = row(box.top); k <= row(box.bottom); k++) rows.set(k, [...(rows.get(k) || []), [e, box]]);
    }
    const range = document.createRange();
    const middles = (text) => {
      range.selectNodeContents(text);
      return [...range.getClientRects()].map((r) => [r.left + r.width / 2, r.top + r.height / 2]);
    };
    const scrolled = (windows, point) =>
      windows.reduce(([x, y], w) => [clamp(w.left, x, w.right), clamp(w.top, y, w.bottom)], point);
    const plain = (e, boxes, x, y) =>
      boxes.every((box) => holds(box, x, y)) &&
      (rows.get(row(y)) || []).every(([other, box]) => !holds(box, x, y) || other.contains(e));
    for (const [e, { key, boxes, windows }] of grounds) {
      const texts = [...e.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
      const words = texts.map((text) => text.data).join("").trim();
      if (!e.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
      if (e.matches("input, select, textarea")) groups.set(e, [e]);
      if (words.length < 2 || /^[\s!-\/:-@[-`{-~]*$/.test(words)) continue;
      const points = texts.flatMap(middles);
      if (!points.length) continue;
      const s = getComputedStyle(e);
      const ink = [s.color, s.fontSize, s.fontWeight, s.textShadow, s.webkitTextStroke, s.webkitTextFillColor];
      const usual = points.every((point) => plain(e, boxes, ...scrolled(windows, point)));
      const name = usual ? [key, ...ink].join() : e;
      const group = groups.get(name) || [];
      groups.set(name, group);
      if (points.every(([x, y]) => windows.every((w) => holds(w, x, y)))) group.unshift(e);
      else group.push(e);
    }
    return [...groups.values()];
  },

  // serious and critical violations that axe-core finds, without those that depend on colours
  async accessibility() {
    const rules = { "color-contrast": { enabled: false }, "link-in-text-block": { enabled: false } };
    return this.serious((await axe.run(document, { resultTypes: ["violations"], preload: false, rules })).violations);
  },

  // those that depend on colours: axe-core is asked about one text of each group, and about the others of a group
  // if it passed no judgement on the first
  async colours() {
    axe.configure({ rules: [{ id: "color-contrast", selector: "[data-asked]" }] });
    const judge = async (asked, runOnly) => {
      asked.forEach((e) => e.setAttribute("data-asked", ""));
      const result = await axe.run(document, { runOnly, preload: false, elementRef: true });
      asked.forEach((e) => e.removeAttribute("data-asked"));
      return result;
    };
    const groups = this.alike();
    const first = await judge(groups.map(([e]) => e), ["color-contrast", "link-in-text-block"]);
    const judged = new Set([...first.passes, ...first.violations].flatMap((rule) => rule.nodes.map((n) => n.element)));
    const others = groups.flatMap(([e, ...rest]) => (judged.has(e) ? [] : rest));
    const second = others.length ? (await judge(others, ["color-contrast"])).violations : [];
    return this.serious([...first.violations, ...second]);
  },

  // what axe-core calls serious or critical, in words
  serious(violations) {
    const grave = violations.filter((v) => ["serious", "critical"].includes(v.impact));
    return grave.map((v) => {
      const first = v.nodes[0];
      const why = ((first.any[0] || first.all[0] || first.none[0] || {}).message || "").slice(0, 160);
      return `${v.id} (${v.impact}): ${v.help}; ${v.nodes.length} place(s), first ${first.target.join(" ")}; ${why}`;
    });
  },

  // numbers the pictures worth a screenshot
  numberPictures() {
    const all = [...document.querySelectorAll("main img, article img, [role=main] img")];
    return all.map((e, i) => {
      e.setAttribute("data-picture", i);
      const box = e.getBoundingClientRect();
      const seen = box.width >= 100 && box.height >= 60 && getComputedStyle(e).visibility !== "hidden";
      return seen ? i : -1;
    }).filter((i) => i >= 0);
  },
})
