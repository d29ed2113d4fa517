// The search page. BOOK holds the pages with their sections and the terms of the glossary, Stemmer is Sphinx's:
// _ext/searchpage.py writes both in front of this script. Pages are ranked by BM25 with their titles weighted; a term of
// the glossary brings its chapter first; pages of the package come after all others. Nothing is fetched, so that the
// search works from a disk, too.

const TITLE = 12, HEADING = 4, K = 1.2, B = 0.6, SHOWN = 30, AROUND = 220;
const WEIGHT = { chapter: 1, page: 0.7, list: 0.3, package: 0.3 };
const GREEK = new Map(Object.entries({
  α: "alpha", β: "beta", γ: "gamma", δ: "delta", ε: "epsilon", ϵ: "epsilon", η: "eta", θ: "theta", κ: "kappa",
  λ: "lambda", Λ: "lambda", μ: "mu", ν: "nu", ρ: "rho", σ: "sigma", τ: "tau", φ: "phi", ω: "omega", Ω: "omega",
}));
const stemmer = new Stemmer(), stems = new Map(), stopwords = new Set(BOOK.stopwords);

function stem(word) {
  if (!stems.has(word)) stems.set(word, stemmer.stemWord(word));
  return stems.get(word);
}

// [stem, start, end] of each word; a Greek letter is its name, accents do not count
function tokens(text) {
  const found = [];
  for (const match of text.replaceAll("µ", "μ").matchAll(/\p{Script=Greek}|[\p{Script=Latin}\p{N}\p{M}]+/gu)) {
    const plain = (GREEK.get(match[0]) || match[0]).normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
    if (!stopwords.has(plain)) found.push([stem(plain), match.index, match.index + match[0].length]);
  }
  return found;
}

const stemsOf = text => tokens(text).map(token => token[0]);

function count(into, words, weight) {
  words.forEach(word => into.set(word, (into.get(word) || 0) + weight));
}

function prepare() {
  BOOK.pages.forEach(page => {
    page.counts = new Map();
    count(page.counts, stemsOf(page.title), TITLE);
    page.sections = page.sections.map(([anchor, title, text]) => ({ anchor, title, text, counts: new Map() }));
    page.sections.forEach(section => {
      count(section.counts, stemsOf(section.title), HEADING);
      count(section.counts, stemsOf(section.text), 1);
      section.counts.forEach((times, word) => count(page.counts, [word], times));
    });
    page.length = [...page.counts.values()].reduce((sum, times) => sum + times, 0);
  });
  BOOK.terms.forEach(term => { term.stems = term.names.map(name => stemsOf(name).join(" ")); });
}

function bm25(counts, length, mean, words, idf) {
  return words.reduce((sum, word) => {
    const times = counts.get(word) || 0;
    return sum + idf.get(word) * times * (K + 1) / (times + K * (1 - B + B * length / mean));
  }, 0);
}

// how well a name of a term fits the query: 1 if they are equal, less if one contains the other
function likeness(term, query) {
  return Math.max(...term.stems.map(name => {
    const [short, long] = name.length < query.length ? [name, query] : [query, name];
    return ` ${long} `.includes(` ${short} `) ? short.length / long.length : 0;
  }));
}

function search(query) {
  const words = [...new Set(stemsOf(query))], all = BOOK.pages, joined = stemsOf(query).join(" ");
  if (!words.length) return { results: [], term: null };
  const mean = all.reduce((sum, page) => sum + page.length, 0) / all.length;
  const idf = new Map(words.map(word => {
    const having = all.filter(page => page.counts.has(word)).length;
    return [word, Math.log(1 + (all.length - having + 0.5) / (having + 0.5))];
  }));
  const fits = new Map();
  BOOK.terms.forEach(term => fits.set(term.page, Math.max(fits.get(term.page) || 0, likeness(term, joined))));
  const results = all.map(page => {
    const having = words.filter(word => page.counts.has(word)).length / words.length, fit = fits.get(page.url) || 0;
    const score = WEIGHT[page.kind] * bm25(page.counts, page.length, mean, words, idf) * having ** 3;
    return { page, score: score * (1 + 2 * fit) + (fit === 1 ? 1000 : 0), fit };
  }).filter(result => result.score > 0);
  const late = result => result.page.kind === "package";
  results.sort((a, b) => late(a) - late(b) || b.score - a.score);
  results.forEach(result => { result.section = best(result.page, words, idf); });
  return { results, words, term: BOOK.terms.find(term => likeness(term, joined) === 1) };
}

function best(page, words, idf) {
  const scores = page.sections.map(section => bm25(section.counts, 1, 1, words, idf));
  return page.sections[scores.indexOf(Math.max(...scores))];
}

// the stretch of text with most different words of the query, these marked
function excerpt(text, words) {
  const hits = tokens(text).filter(token => words.includes(token[0]));
  const within = hit => new Set(hits.filter(h => h[1] >= hit[1] && h[2] <= hit[1] + AROUND - 40).map(h => h[0])).size;
  const first = hits.reduce((top, hit) => (top && within(top) >= within(hit) ? top : hit), null);
  let start = first ? Math.max(0, first[1] - 40) : 0;
  if (start > 0) start = text.indexOf(" ", start) + 1;
  let end = Math.min(text.length, start + AROUND);
  if (end < text.length) end = text.lastIndexOf(" ", end);
  const line = document.createElement("p");
  let done = start;
  hits.filter(hit => hit[1] >= start && hit[2] <= end).forEach(hit => {
    const mark = document.createElement("mark");
    mark.textContent = text.slice(hit[1], hit[2]);
    line.append(text.slice(done, hit[1]), mark);
    done = hit[2];
  });
  line.append(text.slice(done, end) + (end < text.length ? " …" : ""));
  if (start > 0) line.prepend("… ");
  return line;
}

function entry({ page, section }, words) {
  const item = document.createElement("li"), link = document.createElement("a");
  const inside = section && section.title && section.title !== page.title;
  link.href = page.url + (inside ? `#${section.anchor}` : "");
  link.textContent = page.title + (inside ? ` › ${section.title}` : "");
  item.append(link);
  if (section && section.text) item.append(excerpt(section.text, words));
  return item;
}

function show(query) {
  const { results, words, term } = search(query), place = document.getElementById("search-results");
  const list = document.createElement("ol");
  list.className = "search";
  results.slice(0, SHOWN).forEach(result => list.append(entry(result, words)));
  place.replaceChildren();
  if (term) {
    const box = document.createElement("p"), name = document.createElement("b");
    box.className = "search-term";
    name.textContent = term.names[0];
    box.append(name, `: ${term.says}`);
    place.append(box);
  }
  place.append(list);
  const many = results.length > SHOWN ? `, the first ${SHOWN} are shown` : "";
  document.getElementById("search-status").textContent =
    results.length ? `${results.length} ${results.length > 1 ? "pages" : "page"}${many}.` : `Nothing was found for “${query}”.`;
}

document.addEventListener("DOMContentLoaded", () => {
  const asked = new URLSearchParams(location.search).get("q");
  document.querySelectorAll('input[name="q"]').forEach(field => { field.value = asked || ""; });
  prepare();
  if (asked) show(asked);
});
