// The workbench of topics: a list, a map and one topic in detail. Which passages match is asked of
// the explorer's filters; topics join and part along their hierarchy.
"use strict";

peacetext.workbench = (() => {
  const { element } = peacetext;
  const { number } = peacetext.topic;
  // Ten hues that stay apart with the common kinds of colour blindness, then lighter and darker ones.
  const HUES = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7F6BB0", "#8A6D3B", "#A9A22E", "#A8325E"];
  const SHADES = [[0, 0], [255, 0.35], [0, 0.3], [255, 0.6], [0, 0.45]]; // how much white or black is mixed in
  const OUTLIER = -1;
  const MANY = 20_000; // dots; they are smaller then
  const STORED = "peacetext-topic-names";
  const get = (id) => document.getElementById(id);
  const names = new Map(); // by key, as the reader gave them
  let books = null; // the explorer's index
  let known = null; // data/topics.js
  let points = null; // data/map.js
  let pointOf = null; // by place on the shelf; -1: not on the map
  let map = null;
  let topics = new Map();
  let groups = [];
  let groupOf = new Map();
  let kept = []; // points that match the filters
  let chosen = null; // a topic; its group is shown
  let opened = null; // the point whose passage is shown
  let turn = 0; // of the topic that is shown
  let sought = 0; // of what filters keep

  const nameOf = (topic) => (topic.id === OUTLIER ? "No topic" : names.get(topic.key) || topic.name);
  const title = (group) => `${nameOf(group.members[0])}${group.members.length > 1 ? ` + ${group.members.length - 1} more` : ""}`;
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const hueOf = (group) => group.hue || colour("--map-grey");
  const groupAt = (point) => groupOf.get(books.topic[points.place[point]]);
  const shown = () => groupOf.get(chosen);
  const filled = (values) => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== "" && value !== undefined && value !== null));
  const wanted = () => filled(Object.fromEntries(new FormData(get("bench-filters"))));
  const scoped = () => ({ ...(wanted().mission ? { kind: "un" } : {}), ...wanted() }); // an article speaks of missions, but is of none

  function hueAt(place) {
    const [end, part] = SHADES[Math.floor(place / HUES.length) % SHADES.length];
    const mixed = (at) => Math.round(parseInt(HUES[place % HUES.length].slice(at, at + 2), 16) * (1 - part) + end * part);
    return `#${[1, 3, 5].map((at) => mixed(at).toString(16).padStart(2, "0")).join("")}`;
  }

  // Topics joined, nearest first, until so many groups are left; the largest topic names a group.
  function join(n) {
    const parts = new Map([...topics.values()].map((topic) => [topic.id, [topic]]));
    known.merges.slice(0, Math.max(0, known.topics.length - n)).forEach(([left, right], step) => {
      parts.set(known.topics.length + step, [...parts.get(left), ...parts.get(right)]);
      parts.delete(left);
      parts.delete(right);
    });
    groups = [...parts.values()].map((leaves) => {
      const members = [...leaves].sort((one, other) => other.n - one.n || one.id - other.id);
      return { members, id: members[0].id, n: leaves.reduce((sum, topic) => sum + topic.n, 0), kept: 0 };
    });
    const coloured = groups.filter((group) => group.members[0].key).sort((one, other) => other.n - one.n || one.id - other.id);
    coloured.forEach((group, place) => { group.hue = hueAt(place); });
    groupOf = new Map(groups.flatMap((group) => group.members.map((topic) => [topic.id, group])));
    get("bench-n").textContent = String(n);
  }

  function paint() {
    const one = shown();
    const lit = new Uint8Array(points.place.length);
    const at = new Map(groups.map((group) => [group, []]));
    for (const point of kept) {
      lit[point] = 1;
      at.get(groupAt(point)).push(point);
    }
    const radius = lit.length > MANY ? 1.3 : 1.9;
    const layer = (group) => {
      const faint = one && group !== one;
      return { colour: hueOf(group), alpha: faint ? 0.18 : 0.75, radius: one && !faint ? radius * 1.3 : radius, at: at.get(group), lit: true };
    };
    const order = [...groups].sort((left, right) => (left === one) - (right === one) || right.kept - left.kept); // the chosen one on top
    const unlit = [...lit.keys()].filter((point) => !lit[point]);
    const layers = [{ colour: colour("--map-grey"), alpha: 0.25, radius: radius * 0.8, at: unlit }, ...order.map(layer)];
    if (opened !== null) layers.push({ colour: colour("--ink"), alpha: 1, radius: radius * 2.4, at: [opened] });
    const middle = (list, values) => Float64Array.from(list, (point) => values[point]).sort()[list.length >> 1];
    const labels = order.filter((group) => group.hue && group.kept && (!one || group === one)) // others would hide it
      .map((group) => ({ text: shortName(group), strong: group === one, x: middle(at.get(group), points.x), y: middle(at.get(group), points.y) }));
    map.show({ layers, labels, ground: colour("--ground"), ink: colour("--ink") });
    get("map").dataset.drawn = "yes";
  }

  // Up to the comma, where that is enough to tell it from all others.
  function shortName(group) {
    const [first, second] = nameOf(group.members[0]).split(",");
    const alike = groups.filter((other) => nameOf(other.members[0]).split(",")[0] === first).length > 1;
    return alike && second ? `${first},${second}` : first;
  }

  function row(value, checked, ...content) {
    const radio = element("input", { type: "radio", name: "topic", value });
    radio.checked = checked;
    return element("label", {}, radio, ...content);
  }

  function list() {
    const all = kept.length === points.place.length;
    const rows = [...groups].sort((one, other) => other.kept - one.kept || one.id - other.id).map((group) => {
      const swatch = element("span", { class: "swatch", "aria-hidden": "true" });
      swatch.style.background = hueOf(group);
      const made = row(group.id, group === shown(), swatch, element("span", { class: "name" }, title(group)),
        group.members.every((topic) => topic.stable) ? null : element("span", { class: "fragile" }, "fragile"),
        element("span", { class: "number" }, all ? number(group.n) : `${number(group.kept)} of ${number(group.n)}`));
      made.classList.toggle("none", !group.kept);
      return made;
    });
    const everything = row("", !shown(), element("span", { class: "name" }, "All topics"), element("span", { class: "number" }, number(kept.length)));
    get("topic-list").replaceChildren(everything, ...rows);
  }

  // A line of YAML: plain where that is safe, as JSON otherwise.
  function line(key, name) {
    const plain = (text) => /^\p{L}(?:[\p{L}\p{N} ,.()/’-]*[\p{L}\p{N})])?$/u.test(text) && !/^(true|false|yes|no|on|off|null|y|n)$/i.test(text);
    return [key, name].map((text) => (plain(text) ? text : JSON.stringify(text))).join(": ");
  }

  function showLines() {
    get("bench-lines").hidden = !names.size;
    const text = get("bench-lines").querySelector("textarea");
    text.value = [...names].map(([key, name]) => line(key, name)).join("\n");
    text.rows = Math.min(6, names.size);
    get("bench-copy").textContent = "Copy";
  }

  function rename() {
    const [topic] = shown().members;
    const name = get("bench-name").value.replace(/\s+/g, " ").trim();
    if (name && name !== topic.name) names.set(topic.key, name);
    else names.delete(topic.key);
    try {
      window.sessionStorage.setItem(STORED, JSON.stringify([...names]));
    } catch {
      // the names then last until the page is left
    }
    get("bench-title").textContent = title(shown());
    list();
    paint();
    showLines();
  }

  async function copy() {
    const text = get("bench-lines").querySelector("textarea");
    text.select();
    const copied = await navigator.clipboard.writeText(text.value).then(() => true, () => false);
    get("bench-copy").textContent = copied ? "Copied" : "Selected: press Ctrl+C";
  }

  let unchosen = null; // what stands there before a topic is chosen
  async function detail() {
    turn += 1;
    const [mine, group] = [turn, shown()];
    unchosen ??= [get("bench-title").textContent, ...get("bench-topic").children];
    const alone = group && group.members.length === 1; // the explorer knows no groups
    const link = (filters) => (alone ? `${known.explorer}?${new URLSearchParams({ ...filters, topic: group.id })}` : "");
    const frame = () => map.frame(kept.filter((point) => groupAt(point) === group));
    const children = group ? await peacetext.topic.detail({ group, link, frame, books, known, name: nameOf, wanted: scoped(),
      point: opened === null ? null : points.place[opened], onMap: (place) => pointOf[place] >= 0 }) : unchosen.slice(1);
    if (mine !== turn) return;
    get("bench-title").textContent = group ? title(group) : unchosen[0];
    get("bench-naming").hidden = !alone || !group.hue;
    if (alone) get("bench-name").value = nameOf(group.members[0]);
    get("bench-topic").replaceChildren(...children);
    get("topics-places").scrollTop = 0;
    get("topics-places").dataset.topic = group ? group.id : "";
    showLines();
  }

  // The address says what is shown: #topic-map?topic=3&groups=12&mission=…
  function remember() {
    const { value, max } = get("bench-groups");
    const text = String(new URLSearchParams(filled({ ...wanted(), groups: value === max ? "" : value, topic: chosen })));
    history.replaceState(history.state, "", text ? `#topic-map?${text}` : "#topic-map");
  }

  function asked() {
    if (!location.hash.startsWith("#topic-map?")) return;
    const given = new URLSearchParams(location.hash.split("?")[1]);
    for (const field of get("bench-filters").elements) field.value = given.get(field.name || "groups") ?? field.value;
    if (topics.has(Number(given.get("topic") ?? NaN))) chosen = Number(given.get("topic"));
    get("topic-map").scrollIntoView();
  }

  function show() {
    for (const group of groups) group.kept = 0;
    for (const point of kept) groupAt(point).kept += 1;
    list();
    paint();
    const n = groups.filter((group) => group.kept && group.hue).length;
    const on = Object.keys(wanted()).length > 0;
    const unit = `${get("bench-groups").value === get("bench-groups").max ? "topic" : "group"}${n === 1 ? "" : "s"}`;
    const said = `${number(kept.length)} of ${number(points.place.length)} passages, in ${n} ${unit}.${on ? " Filters are on." : ""}`;
    get("bench-said").textContent = kept.length ? said : "No passage matches. Clear a filter.";
    get("bench-clear").classList.toggle("on", on);
    detail();
  }

  async function refresh() {
    sought += 1;
    const mine = sought;
    const progress = (part) => {
      if (mine === sought && part < 1) get("bench-said").textContent = `Reading the texts: ${Math.round(100 * part)}%`;
    };
    const found = await peacetext.filters.apply({ ...scoped(), sort: "reading" }, progress);
    if (mine !== sought) return;
    kept = found.map((place) => pointOf[place]).filter((point) => point >= 0);
    show();
  }

  function choose(topic, point = null) {
    [chosen, opened] = [topic, point];
    paint();
    detail();
    remember();
  }

  function pick(point) {
    choose(groupAt(point).id, point);
    list();
    const rows = get("topic-list");
    const row_ = rows.querySelector("label:has(:checked)");
    rows.scrollTop += row_.getBoundingClientRect().top - rows.getBoundingClientRect().top - rows.clientHeight / 2;
  }

  function tip(point, x, y) {
    const host = get("map").querySelector(".tip");
    host.hidden = point < 0;
    if (point < 0) return;
    const { symbol, title: named } = books.documents[books.document[points.place[point]]];
    host.replaceChildren(element("strong", {}, title(groupAt(point))), element("br"), symbol || named);
    host.style.transform = `translate(${Math.min(x + 12, get("map").clientWidth - host.offsetWidth - 4)}px, ${y > 90 ? y - host.offsetHeight - 10 : y + 16}px)`;
  }

  async function saveCsv() {
    const rows = await Promise.all(kept.map(async (point) => {
      const { id, topic } = await peacetext.filters.passage(books, points.place[point]);
      return [id, points.x[point], points.y[point], topic, title(groupOf.get(topic))];
    }));
    peacetext.downloads.saveCsv("topic-map.csv", [["Passage", "x", "y", "Topic", "Label"], ...rows]);
  }

  function open(drawn) {
    let place = 0;
    points = { ...drawn, place: drawn.place.map((step) => (place += step)) };
    pointOf = new Int32Array(books.n).fill(-1);
    points.place.forEach((each, point) => { pointOf[each] = point; });
    topics = new Map(known.topics.map((topic) => [topic.id, topic]));
    const outliers = points.place.filter((each) => books.topic[each] === OUTLIER).length;
    if (outliers) topics.set(OUTLIER, { id: OUTLIER, n: outliers, terms: [], examples: [], stable: true });
    try {
      for (const [key, name] of JSON.parse(window.sessionStorage.getItem(STORED) || "[]")) names.set(key, name);
    } catch {
      // nothing was kept
    }
  }

  function fill() {
    const { elements } = get("bench-filters");
    const drawn = new Set(points.place.map((place) => books.document[place]));
    const of = books.documents.filter((_, at) => drawn.has(at));
    const sorted = (values) => [...new Set(values)].filter(Boolean).sort().map((each) => [each, each]);
    const offered = {
      mission: sorted(of.flatMap((each) => each.missions)), year: sorted(of.map((each) => each.year)).reverse(),
      kind: books.kinds.filter(([kind]) => of.some((each) => each.kind === kind)), theme: books.themes.filter(([theme]) => books.scored[theme]),
    };
    for (const [name, pairs] of Object.entries(offered)) {
      elements[name].append(...pairs.map(([value, text]) => element("option", { value }, text)));
      elements[name].parentElement.hidden = !pairs.length;
    }
    get("bench-joined").hidden = !known.merges.length;
  }

  function listen() {
    let wait = null;
    const changed = (event) => {
      remember();
      if (event.target.id !== "bench-groups") return refresh();
      join(Number(event.target.value));
      return show();
    };
    get("bench-filters").addEventListener("input", (event) => {
      clearTimeout(wait);
      wait = setTimeout(changed, event.target.type === "search" ? 180 : 0, event);
    });
    get("bench-filters").addEventListener("submit", (event) => event.preventDefault());
    get("bench-clear").addEventListener("click", () => {
      get("bench-filters").reset();
      join(known.topics.length);
      refresh();
      remember();
    });
    get("topic-list").addEventListener("change", (event) => choose(event.target.value === "" ? null : Number(event.target.value)));
    get("bench-name").addEventListener("input", rename);
    get("bench-copy").addEventListener("click", copy);
    for (const button of document.querySelectorAll("[data-zoom]")) button.addEventListener("click", () => map.zoom(Number(button.dataset.zoom) || Infinity));
    get("bench-csv").addEventListener("click", saveCsv);
    get("bench-png").addEventListener("click", () => get("map").querySelector("canvas").toBlob((blob) => peacetext.downloads.save("topic-map.png", blob)));
    document.addEventListener("appearance", paint);
  }

  async function begin() {
    const [drawn, found] = await Promise.all([peacetext.load("map"), peacetext.load("topics")]);
    [known, books] = [found, await peacetext.filters.open()];
    open(drawn);
    fill();
    asked();
    join(Number(get("bench-groups").value));
    map = peacetext.scatter(get("map").querySelector("canvas"), points, { pointed: tip, picked: pick });
    listen();
    await refresh();
  }

  function start() {
    if (!get("map")) return;
    const near = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      near.disconnect();
      begin().catch((error) => { get("bench-said").textContent = `The map could not be drawn: ${error.message}`; });
    }, { rootMargin: "300px" });
    near.observe(get("map"));
  }

  return { start };
})();
