// What tools/check_pages.py evaluates inside a page. Each function returns a list of messages.
({
  async mathDone() {
    if (window.MathJax && MathJax.startup && MathJax.startup.promise) await MathJax.startup.promise;
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

  // says once what a page says often: formulas become one word in their colour, and of the coloured words of
  // listings one is kept for each class and place; the contrast of the rest is the same. axe-core does not judge
  // single letters.
  thinOut() {
    for (const e of document.querySelectorAll("mjx-container")) e.replaceChildren("formula");
    const seen = new Set();
    for (const e of [...document.querySelectorAll(".highlight pre span")]) {
      if (e.childElementCount || !e.className) continue;
      const block = e.closest(".highlight").parentElement;
      const kind = [e.className, e.parentElement.className, block.className, block.parentElement.className].join("|");
      if (seen.has(kind) && !e.hasAttribute("style")) e.replaceWith(e.textContent);
      if (e.textContent.trim().length > 1) seen.add(kind);
    }
    return [];
  },

  // serious and critical violations that axe-core finds; what depends on colours is asked apart
  async accessibility(colours) {
    const options = { resultTypes: ["violations"], preload: false };
    if (colours) options.runOnly = ["color-contrast"];
    else options.rules = { "color-contrast": { enabled: false } };
    const result = await axe.run(document, options);
    const serious = result.violations.filter((v) => ["serious", "critical"].includes(v.impact));
    return serious.map((v) => {
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
