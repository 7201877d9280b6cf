// The workbench of topics: a list, a map and one topic in detail. Which passages match is asked of
// the explorer's filters; topics join and part along their hierarchy; names are text only.
"use strict";

peacetext.workbench = (() => {
  const { element } = peacetext;
  const HUES = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7F6BB0", "#8A6D3B"];
  const OUTLIER = -1;
  const LISTED = 8; // missions, and themes, of the detail
  const STORED = "peacetext-topic-names";
  const get = (id) => document.getElementById(id);
  const names = new Map(); // by key, as the reader gave them
  let books = null;
  let known = null; // data/topics.js
  let topics = new Map();
  let points = null;
  let pointOf = null; // by place on the shelf
  let map = null;
  let groups = [];
  let groupOf = new Map();
  let kept = []; // points that match the filters
  let chosen = null; // a topic; its group is shown
  let opened = -1; // the point whose passage is shown
  let counted = 0; // which passages topics and themes were counted in
  let turn = 0;

  const number = (n) => n.toLocaleString("en");
  const percent = (share) => `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)}%`;
  const nameOf = (topic) => (topic.id === OUTLIER ? "No topic" : names.get(topic.key) || topic.name);
  const linkTo = (filters) => `${known.explorer}?${new URLSearchParams(Object.entries(filters).filter(([, value]) => value !== ""))}`;
  const wanted = () => Object.fromEntries([...new FormData(get("bench-filters"))].filter(([, value]) => value));

  // Wilson's 95% interval.
  function wilson(n, all) {
    const z2 = 1.959964 ** 2;
    const middle = (n + z2 / 2) / (all + z2);
    const air = (Math.sqrt(z2) / (all + z2)) * Math.sqrt((n * (all - n)) / all + z2 / 4);
    return [Math.max(0, middle - air), Math.min(1, middle + air)];
  }

  // The topics joined until so many groups are left; the largest topic names its group.
  function join(n) {
    const parts = new Map([...topics.values()].map((topic) => [topic.id, [topic]]));
    known.merges.slice(0, Math.max(0, known.topics.length - n)).forEach(([left, right], step) => {
      parts.set(known.topics.length + step, [...parts.get(left), ...parts.get(right)]);
      parts.delete(left);
      parts.delete(right);
    });
    groups = [...parts.values()].map((leaves) => {
      const members = [...leaves].sort((one, other) => other.n - one.n || one.id - other.id);
      return { members, leaves, id: members[0].id, hue: members[0].hue, n: leaves.reduce((sum, topic) => sum + topic.n, 0), kept: 0 };
    });
    groupOf = new Map(groups.flatMap((group) => group.members.map((topic) => [topic.id, group])));
  }

  const title = (group) => `${nameOf(group.members[0])}${group.members.length > 1 ? ` + ${group.members.length - 1} more` : ""}`;
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const hueOf = (group) => (group.id === OUTLIER ? colour("--map-grey") : group.hue);
  const topicAt = (point) => books.topic[points.place[point]];
  const group = () => (chosen === null ? null : groupOf.get(chosen));

  function paint() {
    const shown = group();
    const lit = new Uint8Array(points.place.length);
    const at = new Map(groups.map((each) => [each, []]));
    for (const point of kept) {
      lit[point] = 1;
      at.get(groupOf.get(topicAt(point))).push(point);
    }
    const radius = points.place.length > 20_000 ? 1.6 : 2.1;
    const dark = [];
    for (let point = 0; point < lit.length; point += 1) if (!lit[point]) dark.push(point);
    const layers = [{ colour: colour("--map-grey"), alpha: 0.22, radius: radius * 0.8, at: dark }];
    const order = [...groups].sort((one, other) => (one === shown) - (other === shown) || other.kept - one.kept);
    for (const each of order) {
      const faint = shown && each !== shown;
      layers.push({ colour: hueOf(each), alpha: faint ? 0.16 : 0.75, radius: shown && !faint ? radius * 1.3 : radius, at: at.get(each), lit: true });
    }
    if (opened >= 0) layers.push({ colour: colour("--ink"), alpha: 1, radius: radius * 2.6, at: [opened] });
    const middle = (list, values) => Float64Array.from(list, (point) => values[point]).sort()[list.length >> 1];
    const labels = order.reverse().sort((one, other) => (other === shown) - (one === shown))
      .filter((each) => each.id !== OUTLIER && at.get(each).length)
      .map((each) => ({ text: nameOf(each.members[0]).split(",")[0], strong: each === shown, x: middle(at.get(each), points.x), y: middle(at.get(each), points.y) }));
    // with one group chosen the other labels would hide it
    map.show({ layers, labels: shown ? labels.slice(0, 1) : labels, ground: colour("--ground"), ink: colour("--ink") });
    get("map").dataset.drawn = "yes";
  }

  function row(value, content, checked) {
    const radio = element("input", { type: "radio", name: "topic", value });
    radio.checked = checked;
    return element("label", {}, radio, ...content);
  }

  function list() {
    const all = kept.length === points.place.length;
    const rows = [...groups].sort((one, other) => other.kept - one.kept || one.id - other.id).map((each) => {
      const swatch = element("span", { class: "swatch", "aria-hidden": "true" });
      swatch.style.background = hueOf(each);
      const made = row(each.id, [swatch, element("span", { class: "name" }, title(each)),
        each.members.every((topic) => topic.stable) ? null : element("span", { class: "fragile" }, "fragile"),
        element("span", { class: "number" }, all ? number(each.kept) : `${number(each.kept)} of ${number(each.n)}`)], each === group());
      made.classList.toggle("none", !each.kept);
      return made;
    });
    get("bench-list").replaceChildren(row("", [element("span", { class: "name" }, "All topics"), element("span", { class: "number" }, number(kept.length))], chosen === null), ...rows);
  }

  // Rows of name, bar and number; a whisker where there is an interval.
  function bars(rows) {
    const most = Math.max(...rows.map((each) => each.high ?? each.value), 1e-9);
    const part = (kind, from, to) => {
      const made = element("span", { class: kind, "aria-hidden": "true" });
      [made.style.left, made.style.width] = [`${(100 * from) / most}%`, `${(100 * (to - from)) / most}%`];
      return made;
    };
    return element("ul", { class: "bars" }, ...rows.map((each) => element("li", { title: each.note },
      each.link ? element("a", { href: each.link }, each.name) : element("span", {}, each.name),
      element("span", { class: "track" }, part("bar", 0, each.value), each.high === undefined ? null : part("whisker", each.low, each.high)),
      element("span", { class: "number" }, each.text))));
  }

  // Of the passages of UN documents that match: by year or mission how many are of the group.
  async function shares(filters, by) {
    const { [by]: _, ...others } = filters;
    const found = new Map();
    for (const place of await peacetext.filters.apply({ ...others, sort: "reading" })) {
      const document_ = books.documents[books.document[place]];
      if (pointOf[place] < 0 || document_.kind === "article") continue;
      for (const each of by === "year" ? [document_.year] : document_.missions) {
        const pair = found.get(each) || [0, 0];
        pair[0] += groupOf.get(books.topic[place]) === group();
        pair[1] += 1;
        found.set(each, pair);
      }
    }
    return [...found].filter(([each]) => each).map(([each, [n, all]]) => {
      const [low, high] = wilson(n, all);
      const note = `${each}: ${percent(n / all)} (${percent(low)} to ${percent(high)}), ${number(n)} of ${number(all)} passages`;
      const alone = group().members.length === 1; // the explorer knows no groups
      const link = n && alone ? linkTo({ ...others, topic: chosen, [by]: each }) : "";
      return { name: String(each), value: n / all, low, high, note, link, text: percent(n / all) };
    });
  }

  function course(rows) {
    const sorted = rows.sort((one, other) => one.name - other.name);
    const most = Math.max(...sorted.map((each) => each.high), 1e-9);
    const every = Math.ceil(sorted.length / 7);
    return element("ol", { class: "course" }, ...sorted.map((each, place) => {
      const bar = element("span", { class: "bar", "aria-hidden": "true" });
      const whisker = element("span", { class: "whisker", "aria-hidden": "true" });
      bar.style.height = `${(100 * each.value) / most}%`;
      [whisker.style.bottom, whisker.style.height] = [`${(100 * each.low) / most}%`, `${(100 * (each.high - each.low)) / most}%`];
      const said = element("span", { class: "unseen" }, each.note);
      const column = element(each.link ? "a" : "span", { href: each.link || null, class: "column" }, bar, whisker, said);
      return element("li", { title: each.note }, column, element("span", { class: "year", "aria-hidden": "true" }, place % every ? "" : each.name));
    }));
  }

  // Counts of topics add up, since a passage has one; so the measures of a group follow.
  function themes() {
    const pair = known.counted[counted];
    const ids = new Set(group().members.map((topic) => topic.id));
    const size = [...ids].reduce((sum, id) => sum + (pair.of_topic[id] || 0), 0);
    const common = new Map();
    for (const [topic, theme, n, decided] of pair.cells) {
      if (!ids.has(topic)) continue;
      const before = common.get(theme) || [0, 0];
      common.set(theme, [before[0] + n, before[1] + decided]);
    }
    const alone = ids.size === 1;
    const rows = [...common].map(([theme, [n, decided]]) => {
      const [id, name] = known.themes[theme];
      const lift = n / ((size * pair.of_theme[theme]) / pair.n);
      const value = n / (size + pair.of_theme[theme] - n);
      const note = `${name}: ${n} passages in common, ${lift.toFixed(1)} times expected; ${pair.of_theme[theme]} have the theme, ${size} the topic; overlap (Jaccard) ${value.toFixed(2)}${alone ? decided ? "; more than chance" : "; not more than chance allows" : ""}`;
      return { name: `${name}${alone && decided ? " ●" : ""}`, value, lift, note, text: value.toFixed(2), link: alone ? linkTo({ ...pair.filters, topic: chosen, [pair.by]: id }) : "" };
    });
    const more = rows.filter((each) => each.lift > 1).sort((one, other) => other.value - one.value).slice(0, LISTED);
    return more.length ? bars(more) : element("p", {}, "None more often than in other topics.");
  }

  function themesPart() {
    if (!known.counted.length || chosen === OUTLIER) return [];
    const select = element("select", { "aria-label": "Passages in which topics and themes were counted" }, ...known.counted.map((each, place) => element("option", { value: place }, each.name)));
    const host = element("div", {}, themes());
    select.value = String(counted);
    select.addEventListener("change", () => {
      counted = Number(select.value);
      host.replaceChildren(themes());
    });
    return [element("h5", {}, "Themes it goes with"), element("p", {}, "Overlap of topic and theme (1: the same passages); ● is more than chance allows. Counted in ", select), host];
  }

  async function quoted(place) {
    const passage = await peacetext.filters.passage(books, place);
    const source = [passage.document.symbol || passage.document.title, passage.label && `paragraph ${passage.label}`].filter(Boolean).join(", ");
    return element("blockquote", {}, element("p", {}, passage.text), element("footer", {}, element("a", { href: linkTo({ passage: passage.id }) }, source)));
  }

  // A line of YAML: plain where that is safe, as JSON otherwise.
  function line(key, name) {
    const plain = (text) => /^\p{L}[\p{L}\p{N} ,.()/’-]*$/u.test(text) && text === text.trim() && !/^(true|false|yes|no|on|off|null|y|n)$/i.test(text);
    return [key, name].map((text) => (plain(text) ? text : JSON.stringify(text))).join(": ");
  }

  const lines = () => [...names].map(([key, name]) => line(key, name)).join("\n");

  function naming(topic) {
    const field = element("input", { type: "text", id: "bench-name", value: nameOf(topic), autocomplete: "off" });
    field.addEventListener("input", () => {
      const name = field.value.replace(/\s+/g, " ").trim();
      if (name && name !== topic.name) names.set(topic.key, name);
      else names.delete(topic.key);
      try {
        window.sessionStorage.setItem(STORED, JSON.stringify([...names]));
      } catch {
        // the names then last until the page is left
      }
      get("bench-title").textContent = title(group());
      list();
      paint();
      showLines();
    });
    return element("p", { class: "naming" }, element("label", {}, "Call it ", field));
  }

  function showLines() {
    const host = get("bench-lines");
    host.hidden = !names.size;
    host.querySelector("textarea").value = lines();
    host.querySelector("textarea").rows = Math.min(6, names.size);
  }

  function linesPart() {
    const text = element("textarea", { readonly: "", spellcheck: "false", wrap: "off" });
    const copy = element("button", { type: "button" }, "Copy");
    copy.addEventListener("click", async () => {
      text.select();
      try {
        await navigator.clipboard.writeText(text.value);
        copy.textContent = "Copied";
      } catch {
        copy.textContent = "Selected: press Ctrl+C";
      }
    });
    return element("div", { id: "bench-lines", class: "naming", hidden: "" },
      element("label", {}, "For configs/topic_labels.yaml; then run: dvc repro topics ", text), copy);
  }

  function steady(topic) {
    return element("p", {}, element("strong", {}, topic.stable ? "Stable. " : "Fragile. "),
      `Other runs of the machine find again ${topic.seeds.toFixed(2)} of it (other seeds) and ${topic.samples.toFixed(2)} (90% of the texts); 1 is all of it.`);
  }

  function members(shown) {
    return [element("h5", {}, "Joined of"), element("ul", {}, ...shown.members.map((topic) => element("li", {},
      `${nameOf(topic)} (${topic.terms.slice(0, 5).map(([term]) => term).join(", ")})`)))];
  }

  function head(shown, filters) {
    const [topic] = shown.members;
    const close = element("button", { type: "button" }, "Show it large");
    close.addEventListener("click", () => map.frame(kept.filter((point) => groupOf.get(topicAt(point)) === shown)));
    const alone = shown.members.length === 1;
    return [
      element("h4", { id: "bench-title" }, title(shown)),
      element("p", {}, `${number(shown.n)} passages${alone && topic.texts ? `, ${number(topic.texts)} different texts` : ""}${shown.kept < shown.n ? `; ${number(shown.kept)} match the filters` : ""}. `,
        alone ? element("a", { href: linkTo({ ...filters, topic: topic.id }) }, `Read ${shown.kept < shown.n ? "those" : "all"}`) : null, " ", close),
      ...(alone && topic.terms.length ? [steady(topic), naming(topic)] : []),
    ];
  }

  async function detail() {
    const mine = turn;
    const shown = group();
    const filters = wanted();
    const host = get("topics-places");
    if (!shown) {
      host.replaceChildren(element("h4", {}, "No topic is chosen"),
        element("p", {}, "Choose one in the list, with the arrow keys too, or choose a dot: its words, typical passages, years, missions and themes stand here, and you can give it a name of your own."),
        element("p", {}, "Fewer groups join the topics that are nearest to each other. Filters light up the passages that match; the list counts them."), linesPart());
      showLines();
      return;
    }
    const examples = shown.members.length > 1 ? shown.members.flatMap((topic) => topic.examples.slice(0, 1)).slice(0, 4) : shown.members[0].examples;
    const [years, missions, passage, ...typical] = await Promise.all([
      shares(filters, "year"), shares(filters, "mission"), opened >= 0 ? quoted(points.place[opened]) : null, ...examples.map(quoted)]);
    if (mine !== turn || shown !== group()) return;
    missions.sort((one, other) => other.low - one.low || one.name.localeCompare(other.name));
    const narrowed = Object.keys(filters).length ? " that match the filters" : "";
    host.replaceChildren(...head(shown, filters), linesPart(),
      ...(passage ? [element("h5", {}, "The dot that you chose"), passage] : []),
      ...(shown.members.length > 1 ? members(shown) : shown.members[0].terms.length
        ? [element("h5", {}, "Terms, with their overlap"), bars(shown.members[0].terms.map(([name, value]) => ({ name, value, text: value.toFixed(2) })))] : []),
      ...(years.length ? [element("h5", {}, "Over the years"), element("p", {}, `Share of each year’s passages${narrowed}, UN documents only; 95% intervals.`), course(years)] : []),
      ...(missions.length ? [element("h5", {}, "By mission"), element("p", {}, `Share of the passages on a mission${narrowed}; the surest first.`), bars(missions.filter((each) => each.value).slice(0, LISTED))] : []),
      ...themesPart(),
      ...(typical.length ? [element("h5", {}, "Typical passages"), ...typical] : []));
    host.scrollTop = 0;
    host.dataset.topic = String(shown.id);
    showLines();
  }

  function remember() {
    const state = { ...wanted(), groups: groups.length < topics.size ? get("bench-groups").value : "", topic: chosen ?? "" };
    const text = String(new URLSearchParams(Object.entries(state).filter(([, value]) => value !== "")));
    history.replaceState(history.state, "", text ? `#topic-map?${text}` : "#topic-map");
  }

  function show() {
    for (const each of groups) each.kept = 0;
    for (const point of kept) groupOf.get(topicAt(point)).kept += 1;
    list();
    paint();
    get("bench-n").textContent = get("bench-groups").value;
    const full = groups.filter((each) => each.kept && each.id !== OUTLIER).length;
    get("bench-said").textContent = kept.length ? `${number(kept.length)} of ${number(points.place.length)} passages in ${number(full)} ${groups.length < topics.size ? "groups" : "topics"}.` : "No passage matches. Clear a filter.";
    detail();
  }

  async function refresh() {
    turn += 1;
    const mine = turn;
    const progress = (part) => {
      if (mine === turn && part < 1) get("bench-said").textContent = `Reading the texts: ${Math.round(100 * part)}%`;
    };
    const found = await peacetext.filters.apply({ ...wanted(), sort: "reading" }, progress);
    if (mine !== turn) return;
    kept = found.map((place) => pointOf[place]).filter((point) => point >= 0);
    show();
  }

  function choose(topic, point = -1) {
    turn += 1;
    [chosen, opened] = [topic, point];
    paint();
    detail();
    remember();
  }

  function fill() {
    const { elements } = get("bench-filters");
    const add = (name, pairs) => elements[name].append(...pairs.map(([value, text]) => element("option", { value }, text)));
    const inUse = books.documents.filter((each, place) => books.used[place]);
    const sorted = (values) => [...new Set(values)].filter(Boolean).sort();
    add("mission", sorted(inUse.flatMap((each) => each.missions)).map((each) => [each, each]));
    add("year", sorted(inUse.map((each) => each.year)).reverse().map((each) => [each, each]));
    add("kind", books.kinds.filter(([kind]) => inUse.some((each) => each.kind === kind)));
    add("theme", books.themes.filter(([theme]) => books.scored[theme]));
    elements.theme.parentElement.hidden = elements.theme.options.length < 2;
    get("bench-joined").hidden = !known.merges.length;
  }

  // What the address asks for: #topic-map?topic=3&groups=12&mission=…
  function asked() {
    const given = new URLSearchParams(location.hash.startsWith("#topic-map?") ? location.hash.split("?")[1] : "");
    for (const field of get("bench-filters").elements) if (field.name && given.get(field.name)) field.value = given.get(field.name);
    if (given.get("groups")) get("bench-groups").value = given.get("groups");
    if (topics.has(Number(given.get("topic") || NaN))) chosen = Number(given.get("topic"));
    if (given.size) get("topic-map").scrollIntoView();
  }

  function open(drawn) {
    pointOf = new Int32Array(books.n).fill(-1);
    let place = 0;
    points = { ...drawn, place: drawn.place.map((step) => (place += step)) };
    points.place.forEach((each, point) => { pointOf[each] = point; });
    books.used = new Uint8Array(books.documents.length);
    for (const each of points.place) books.used[books.document[each]] = 1;
    topics = new Map(known.topics.map((topic) => [topic.id, topic]));
    const outliers = points.place.filter((each) => books.topic[each] === OUTLIER).length;
    if (outliers) topics.set(OUTLIER, { id: OUTLIER, n: outliers, terms: [], examples: [], stable: true });
    join(1); // along the hierarchy neighbours stand side by side: they get different colours
    groups.flatMap((each) => each.leaves).forEach((topic, at) => { topic.hue = HUES[at % HUES.length]; });
    try {
      for (const [key, name] of JSON.parse(window.sessionStorage.getItem(STORED) || "[]")) names.set(key, name);
    } catch {
      // nothing was kept
    }
  }

  function listen() {
    let wait = null;
    get("bench-filters").addEventListener("input", (event) => {
      clearTimeout(wait);
      wait = setTimeout(() => {
        if (event.target.id === "bench-groups") {
          join(Number(event.target.value));
          show();
        } else refresh();
        remember();
      }, event.target.type === "search" ? 180 : 0);
    });
    get("bench-filters").addEventListener("submit", (event) => event.preventDefault());
    get("bench-clear").addEventListener("click", () => {
      get("bench-filters").reset();
      join(known.topics.length);
      refresh();
      remember();
    });
    get("bench-list").addEventListener("change", (event) => choose(event.target.value === "" ? null : Number(event.target.value)));
    for (const button of document.querySelectorAll("[data-zoom]")) {
      button.addEventListener("click", () => (button.dataset.zoom === "all" ? map.whole() : map.zoom(Number(button.dataset.zoom))));
    }
    get("bench-csv").addEventListener("click", saveCsv);
    get("bench-png").addEventListener("click", () => get("map").querySelector("canvas").toBlob((blob) => {
      const link = element("a", { href: URL.createObjectURL(blob), download: "topic-map.png" });
      link.click();
    }));
    document.addEventListener("appearance", paint);
  }

  async function saveCsv() {
    const rows = await Promise.all(kept.map(async (point) => {
      const passage = await peacetext.filters.passage(books, points.place[point]);
      return [passage.id, points.x[point], points.y[point], passage.topic, title(groupOf.get(passage.topic))];
    }));
    peacetext.downloads.saveCsv("topic-map.csv", [["Passage", "x", "y", "Topic", "Label"], ...rows]);
  }

  function tip(point, x, y) {
    const host = get("map").querySelector(".tip");
    host.hidden = point < 0;
    if (point < 0) return;
    const document_ = books.documents[books.document[points.place[point]]];
    host.replaceChildren(element("strong", {}, title(groupOf.get(topicAt(point)))), element("br"), document_.symbol || document_.title);
    host.style.transform = `translate(${Math.min(x + 12, get("map").clientWidth - host.offsetWidth - 4)}px, ${y > 70 ? y - host.offsetHeight - 10 : y + 16}px)`;
  }

  function pick(point) {
    choose(topicAt(point), point);
    list();
    const list_ = get("topic-list");
    const row_ = list_.querySelector("label:has(:checked)");
    list_.scrollTop += row_.getBoundingClientRect().top - list_.getBoundingClientRect().top - list_.clientHeight / 2;
  }

  async function begin() {
    const [drawn, found] = await Promise.all([peacetext.load("map"), peacetext.load("topics")]);
    known = found;
    books = await peacetext.filters.open();
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
      begin().catch((error) => {
        get("bench-said").textContent = `The map could not be drawn: ${error.message}`;
      });
    }, { rootMargin: "300px" });
    near.observe(get("map"));
  }

  return { start };
})();
