// The explorer: filters, what they say in words, and the list of passages.
"use strict";

peacetext.explorer = (() => {
  const { element, filters } = peacetext;
  const get = (id) => document.getElementById(id);
  let state = {};
  let books = null;
  let found = [];
  let turn = 0;
  let listed = 50;

  function option(value, text) {
    return element("option", { value }, text);
  }

  function fill(name, options, any) {
    get("filters").elements[name].replaceChildren(option("", any), ...options.map(([value, text]) => option(value, text)));
  }

  function fillFilters() {
    const missions = new Map();
    const years = new Set();
    for (const each of books.documents) {
      if (each.year) years.add(each.year);
      for (const mission of each.missions) missions.set(mission, (missions.get(mission) || 0) + 1);
    }
    const present = new Set(books.documents.map((each) => each.kind));
    fill("theme", books.themes, books.themes.length && Object.keys(books.scored).length ? "Any" : "Not computed in this run");
    fill("code", [["any", "Any code"], ...books.themes], "Coded or not");
    fill("topic", [...books.topics, [-1, "No topic (outliers)"], [-2, "Left out of the topics"]], "Any");
    fill("side", books.sides.map((each) => [each.id, each.name.replace(/^[a-z]/, (letter) => letter.toUpperCase())]), "Any");
    fill("kind", [...books.kinds.filter(([kind]) => present.has(kind)), ["un", "All UN documents"]], "Any");
    fill("mission", [...missions].sort((one, other) => other[1] - one[1] || one[0].localeCompare(other[0])).map(([name]) => [name, name]), "Any");
    fill("year", [...years].sort((one, other) => other - one).map((year) => [year, year]), "Any");
    fill("speaker_group", [["any", "Anybody interviewed"], ...books.speaker_groups], "Anybody or nobody");
    get("filters").elements.sort.replaceChildren(option("", "As fits"), option("reading", "As they stand"), option("newest", "Newest first"), option("score", "Highest theme score first"));
  }

  function names(pairs) {
    return new Map(pairs.map(([value, text]) => [String(value), text]));
  }

  function inWords() {
    const parts = [];
    const theme = names(books.themes);
    const topic = names([...books.topics, [-1, "no topic (outliers)"], [-2, "left out of the topics"]]);
    const kind = names([...books.kinds, ["un", "UN documents"]]);
    const speaker_group = names([["any", "anybody interviewed"], ...books.speaker_groups]);
    if (state.q) parts.push(`with the words ${state.q}`);
    if (state.theme) parts.push(`on “${theme.get(state.theme) || state.theme}” by the classifier`);
    if (state.code) parts.push(state.code === "any" ? "coded" : `coded as “${theme.get(state.code) || state.code}”`);
    if (state.topic) parts.push(`of topic “${topic.get(state.topic) || state.topic}”`);
    if (state.side) parts.push(`in ${names(books.sides.map((each) => [each.id, each.name])).get(state.side) || state.side}`);
    if (state.kind) parts.push(`in ${(kind.get(state.kind) || state.kind).replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase())}`);
    if (state.mission) parts.push(`on ${state.mission}`);
    if (state.year) parts.push(`from ${state.year}`);
    if (state.speaker_group) parts.push(`citing ${speaker_group.get(state.speaker_group) || state.speaker_group}`);
    if (state.label) parts.push(`in paragraph ${state.label}`);
    if (state.read) parts.push("read for coding");
    if (state.document) parts.push(`of ${state.document}`);
    if (state.near) parts.push("nearest in meaning to the first of them");
    if (state.passage) parts.push("chosen one by one");
    return parts.join(", ");
  }

  // The words that were searched for, marked; the pieces are text, never markup.
  function marked(text, query) {
    const phrases = peacetext.filters.phrasesOf(query);
    const lower = peacetext.filters.plain(text);
    if (!phrases.length || lower.length !== text.length) return [text];
    const pieces = [];
    let at = 0;
    while (at < text.length) {
      let [next, length] = [text.length, 0];
      for (const phrase of phrases) {
        const place = lower.indexOf(phrase, at);
        if (place >= 0 && (place < next || (place === next && phrase.length > length))) [next, length] = [place, phrase.length];
      }
      if (next > at) pieces.push(text.slice(at, next));
      if (length) pieces.push(element("mark", {}, text.slice(next, next + length)));
      at = next + length;
    }
    return pieces;
  }

  // The address of a document at the words of a passage, where a browser can go there: text that
  // is shown as text by a fragment of it, a PDF (in Firefox) by a search. An archive opens whole.
  function addressAt(address, text) {
    if (!/^https?:\/\//.test(address)) return "";
    if (address.includes("#") || /\.(rar|zip|docx?)$/i.test(address)) return address;
    if (!text) return address;
    const words = encodeURIComponent(text.split(/\s+/).slice(0, 8).join(" ")).replaceAll("-", "%2D");
    return /\.pdf$|^https:\/\/docs\.un\.org\//i.test(address) ? `${address}#search=${words}&phrase=true` : `${address}#:~:text=${words}`;
  }

  const outward = (address, name) => element("a", { href: address, rel: "noopener noreferrer", target: "_blank" }, name);

  function source(passage) {
    const { document: document_ } = passage;
    const name = document_.symbol || document_.title;
    const address = addressAt(document_.url, passage.text);
    const pieces = [address ? outward(address, name) : name];
    if (passage.label) pieces.push(`, paragraph ${passage.label}`);
    return element("p", { class: "source" }, ...pieces,
      element("span", { class: "where" }, [document_.date, document_.missions.join(", ")].filter(Boolean).join(" · ")));
  }

  function tags(place, passage) {
    const list = element("ul", { class: "tags" });
    for (const [theme, name] of books.themes) {
      if (books.coded[theme] && filters.position(books.coded[theme], place) >= 0) {
        list.append(element("li", { class: "coded" }, element("a", { href: `#passages?code=${encodeURIComponent(theme)}` }, `Coded: ${name}`)));
      }
    }
    for (const [theme, name] of books.themes) {
      const scored = books.scored[theme];
      const at = scored ? filters.position(scored.at, place) : -1;
      if (at < 0) continue;
      const seen = scored.fold[at] === "0" && filters.position(books.read, place) >= 0;
      list.append(element("li", { class: "scored", title: seen ? "The classifier was trained on this passage" : "Probability by the classifier" },
        element("a", { href: `#passages?theme=${encodeURIComponent(theme)}` }, `${name} ${scored.score[at] > 99 ? ">99" : scored.score[at]}%${seen ? " (trained on)" : ""}`)));
    }
    if (passage.topic >= 0) {
      const topic = names(books.topics).get(String(passage.topic)) || `Topic ${passage.topic}`;
      list.append(element("li", { class: "topic" }, element("a", { href: `#passages?topic=${passage.topic}` }, `Topic: ${topic}`)));
    }
    for (const [speaker_group, name] of books.speaker_groups) {
      if (filters.position(books.by_speaker_group[speaker_group], place) >= 0) list.append(element("li", { class: "speaker_group" }, element("a", { href: `#passages?speaker_group=${speaker_group}` }, `Cites: ${name}`)));
    }
    return list;
  }

  function row(place, passage) {
    return element("li", { class: "passage", "data-passage": passage.id },
      source(passage),
      passage.document.symbol ? element("p", { class: "title" }, passage.document.title) : null,
      passage.section ? element("p", { class: "section" }, passage.section) : null,
      passage.text ? element("p", { class: "text" }, ...marked(passage.text, state.q)) : null,
      tags(place, passage),
      element("p", { class: "around" },
        element("a", { href: `#passages?document=${encodeURIComponent(passage.document.id)}` }, "The whole document"), " · ",
        ...(passage.near ? [element("a", { href: `#passages?near=${encodeURIComponent(passage.id)}` }, "Nearest in meaning"), " · "] : []),
        ...(passage.document.symbol ? [outward(addressAt(`https://docs.un.org/en/${passage.document.symbol.replaceAll(" ", "")}`, passage.text), "Official text"), " · "] : []),
        element("a", { href: `#passages?passage=${encodeURIComponent(passage.id)}` }, "Link to this passage")));
  }

  function pageNumber() {
    const last = Math.max(1, Math.ceil(found.length / listed));
    return [Math.min(last, Math.max(1, Number(state.page) || 1)), last];
  }

  async function list(mine) {
    const [page, last] = pageNumber();
    const shown = found.slice((page - 1) * listed, page * listed);
    const passages = await Promise.all(shown.map((place) => filters.passage(books, place)));
    if (mine !== turn) return;
    get("passages-list").replaceChildren(...shown.map((place, number) => row(place, passages[number])));
    get("passages-list").start = (page - 1) * listed + 1;
    get("page-said").textContent = `Page ${page} of ${last}`;
    get("page-before").disabled = page <= 1;
    get("page-after").disabled = page >= last;
  }

  function announce() {
    const n = found.length.toLocaleString("en");
    const words = inWords();
    get("explorer-title").textContent = found.length === 1 ? "1 passage" : `${n} passages`;
    get("explorer-said").textContent = found.length
      ? `${found.length === 1 ? "1 passage" : `${n} passages`}${words ? ` ${words}` : ""}.`
      : `No passage ${words || "was read"}. Clear a filter, or try fewer words.`;
  }

  async function show(wanted) {
    turn += 1;
    const mine = turn;
    state = wanted;
    delete document.body.dataset.shown;
    try {
      if (!books) {
        books = await filters.open();
        fillFilters();
      }
      state = filters.named(books, wanted);
      setForm();
      const progress = (part) => {
        if (mine === turn && part < 1) get("explorer-said").textContent = `Reading the texts: ${Math.round(100 * part)}%`;
      };
      const result = await filters.apply(state, progress);
      if (mine !== turn) return;
      found = result;
      announce();
      await list(mine);
      document.body.dataset.shown = String(found.length);
    } catch (error) {
      get("explorer-said").textContent = String(error.message || error);
    }
  }

  function setForm() {
    for (const field of get("filters").elements) {
      if (field.name && field !== document.activeElement) field.value = state[field.name] || "";
    }
  }

  function asked() {
    const wanted = {};
    for (const field of get("filters").elements) if (field.name && field.value) wanted[field.name] = field.value;
    for (const name of ["document", "near", "read"]) if (state[name]) wanted[name] = state[name];
    return wanted;
  }

  async function saveCsv() {
    const passages = await Promise.all(found.map((place) => filters.passage(books, place)));
    const rows = passages.map((each) => [each.id, each.document.symbol, each.document.title, each.document.kind, each.document.date,
      each.document.missions.join(";"), each.label, each.section, each.topic, each.text, each.document.url]);
    peacetext.downloads.saveCsv("passages.csv", [["passage_id", "symbol", "title", "kind", "date", "missions", "paragraph", "section", "topic_id", "text", "source_url"], ...rows]);
  }

  // The address after # is the view.
  function stateOf(hash) {
    const given = new URLSearchParams(hash.split("?")[1] || "");
    return Object.fromEntries(filters.NAMES.filter((name) => given.get(name)).map((name) => [name, given.get(name)]));
  }

  // Typing replaces the address; choosing adds one, so that "back" takes a choice back.
  function go(wanted, typing) {
    const given = new URLSearchParams(filters.NAMES.filter((name) => wanted[name]).map((name) => [name, wanted[name]])).toString();
    const address = given ? `#passages?${given}` : "#passages";
    if (address === location.hash) return;
    if (typing && document.activeElement && document.activeElement.tagName === "INPUT") history.replaceState(null, "", address);
    else history.pushState(null, "", address);
    follow();
  }

  function follow() {
    if (!location.hash || location.hash.startsWith("#passages")) show(stateOf(location.hash));
  }

  function start() {
    window.addEventListener("popstate", follow);
    follow();
    if (document.referrer || location.hash) get("explorer-title").focus({ preventScroll: true });
    listed = Number(document.body.dataset.listed) || listed;
    let wait = null;
    const later = (event) => {
      clearTimeout(wait);
      wait = setTimeout(() => go(asked(), true), event.target.tagName === "INPUT" ? 180 : 0);
    };
    get("filters").addEventListener("input", later);
    get("filters").addEventListener("submit", (event) => {
      event.preventDefault();
      clearTimeout(wait);
      go(asked(), false);
    });
    get("filters-clear").addEventListener("click", () => go({}, false));
    get("passages-csv").addEventListener("click", saveCsv);
    const turnPage = (by) => {
      go({ ...state, page: String(pageNumber()[0] + by) }, false);
      get("explorer-title").focus();
    };
    get("page-before").addEventListener("click", () => turnPage(-1));
    get("page-after").addEventListener("click", () => turnPage(1));
  }

  return { start };
})();
