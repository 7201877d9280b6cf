// One topic, or a group of joined topics, in detail: what the workbench shows beside the map.
// Text of documents and names only ever become text.
"use strict";

peacetext.topic = (() => {
  const { element } = peacetext;
  const LISTED = 8; // missions, and themes
  const number = (n) => n.toLocaleString("en");
  const percent = (share) => `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)}%`;
  const part = (title, ...children) => [element("h4", {}, title), ...children];
  const words = (text) => element("p", {}, text);
  let counted = null; // in which passages topics and themes were counted

  // Wilson's 95% interval.
  function wilson(n, all) {
    const z2 = 1.959964 ** 2;
    const middle = (n + z2 / 2) / (all + z2);
    const air = (Math.sqrt(z2) / (all + z2)) * Math.sqrt((n * (all - n)) / all + z2 / 4);
    return [Math.max(0, middle - air), Math.min(1, middle + air)];
  }

  // A length in percent of the longest, along a side: bars lie, or stand.
  function length(kind, from, to, most, [start, size]) {
    const made = element("span", { class: kind, "aria-hidden": "true" });
    [made.style[start], made.style[size]] = [`${(100 * from) / most}%`, `${(100 * (to - from)) / most}%`];
    return made;
  }

  function bars(rows, standing = false) {
    const highest = Math.max(...rows.map((each) => each.value), 1e-9);
    const most = Math.min(standing ? 1.7 * highest : 1, Math.max(highest, ...rows.map((each) => each.high ?? 0))); // a year with few passages is cut off
    const along = standing ? ["bottom", "height"] : ["left", "width"];
    const every = Math.ceil(rows.length / 7);
    return element("ul", { class: standing ? "course" : "bars" }, ...rows.map((each, place) => {
      const text = standing ? element("span", { class: "unseen" }, `${each.name}: ${each.note}`) : each.name;
      const name = element(each.link ? "a" : "span", { href: each.link || null, class: "name" }, text);
      const track = element("span", { class: "track" }, length("bar", 0, each.value, most, along),
        each.high === undefined ? null : length("whisker", each.low, each.high, most, along));
      const beside = standing ? element("span", { class: "year", "aria-hidden": "true" }, place % every ? "" : each.name) : element("span", { class: "number" }, each.text);
      return element("li", { title: `${each.name}: ${each.note}` }, ...(standing ? [track, name] : [name, track]), beside);
    }));
  }

  // Of the passages of UN documents that match: by year or mission how many are of the group.
  async function shares({ group, books, onMap, wanted, link }, by) {
    const { [by]: _, ...others } = wanted;
    const ids = new Set(group.members.map((topic) => topic.id));
    const found = new Map();
    for (const place of await peacetext.filters.apply({ ...others, sort: "reading" })) {
      const document_ = books.documents[books.document[place]];
      if (!onMap(place) || document_.kind === "article") continue;
      for (const each of by === "year" ? [document_.year] : document_.missions) {
        const [n, all] = found.get(each) || [0, 0];
        found.set(each, [n + ids.has(books.topic[place]), all + 1]);
      }
    }
    return [...found].filter(([each]) => each).map(([each, [n, all]]) => {
      const [low, high] = wilson(n, all);
      const note = `${percent(n / all)} (${percent(low)} to ${percent(high)}), ${number(n)} of ${number(all)} passages`;
      return { name: String(each), value: n / all, low, high, note, text: percent(n / all), link: n ? link({ kind: "un", ...others, [by]: each }) : "" };
    });
  }

  // Counts of topics add up, since a passage has one; so the measures of a group follow from them.
  function themeRows({ group, known, link }, pair) {
    const ids = new Set(group.members.map((topic) => topic.id));
    const size = group.members.reduce((sum, topic) => sum + (pair.of_topic[topic.id] || 0), 0);
    const common = new Map();
    for (const [topic, theme, n, decided] of pair.cells) {
      if (!ids.has(topic)) continue;
      const [before, any] = common.get(theme) || [0, 0];
      common.set(theme, [before + n, any + decided]);
    }
    return [...common].map(([theme, [n, decided]]) => {
      const [id, name] = known.themes[theme];
      const of = pair.of_theme[theme];
      const [lift, value, tested] = [(n * pair.n) / (size * of), n / (size + of - n), ids.size === 1];
      const note = `${number(n)} of its ${number(size)} passages counted here, ${lift.toFixed(1)} times expected; ${number(of)} have the theme${tested ? decided ? "; more than chance" : "; not more than chance allows" : ""}`;
      return { name: `${name}${tested && decided ? " ●" : ""}`, value, lift, note, text: value.toFixed(2), link: link({ ...pair.filters, [pair.by]: id }) };
    }).filter((each) => each.lift > 1).sort((one, other) => other.value - one.value).slice(0, LISTED);
  }

  function themes(about) {
    const pairs = about.known.counted;
    if (!pairs.length || !about.group.members[0].key) return [];
    counted ??= pairs.reduce((best, pair, at) => (pair.n > pairs[best].n ? at : best), 0);
    const select = element("select", { "aria-label": "Passages in which topics and themes were counted" }, ...pairs.map((pair, at) => element("option", { value: at }, pair.name)));
    const host = element("div");
    const fill = () => {
      const rows = themeRows(about, pairs[counted]);
      host.replaceChildren(rows.length ? bars(rows) : words("None more often than in other topics."));
    };
    select.value = String(counted);
    select.addEventListener("change", () => {
      counted = Number(select.value);
      fill();
    });
    fill();
    return part("Themes it goes with", element("p", {}, "Overlap of topic and theme (Jaccard; 1: the same passages). ● is more than chance allows. Counted in ", select), host);
  }

  async function quoted({ books, known }, place) {
    const { id, text, label, document: { symbol, title } } = await peacetext.filters.passage(books, place);
    const source = `${symbol || title}${label ? `, paragraph ${label}` : ""}`;
    return element("blockquote", {}, words(text), element("footer", {}, element("a", { href: `${known.explorer}?${new URLSearchParams({ passage: id })}` }, source)));
  }

  const steadiness = (topic) => element("p", {}, element("strong", {}, topic.stable ? "Stable. " : "Fragile. "),
    `Other runs of the machine find ${topic.seeds.toFixed(2)} of it again (other seeds) and ${topic.samples.toFixed(2)} (90% of the texts); 1 is all of it.`);

  function made(about) {
    const { group, name, known } = about;
    const [topic] = group.members;
    if (group.members.length > 1) {
      return part("Joined of", element("ul", {}, ...group.members.map((each) => element("li", {},
        element("a", { href: `${known.explorer}?topic=${each.id}` }, name(each)), `${each.stable ? "" : " (fragile)"}: ${each.terms.slice(0, 5).map(([term]) => term).join(", ")}`))));
    }
    if (!topic.key) return [];
    const rows = topic.terms.map(([term, value]) => ({ name: term, value, text: value.toFixed(2), note: "overlap of its passages and those of the topic (Jaccard)" }));
    return [steadiness(topic), ...part("Terms, with their overlap", bars(rows))];
  }

  // Everything below the name. `about` is the group with what the workbench knows.
  async function detail(about) {
    const { group, point, wanted, link, frame } = about;
    const examples = group.members.length > 1 ? group.members.slice(0, 4).flatMap((topic) => topic.examples.slice(0, 1)) : group.members[0].examples;
    const [years, missions, passage, ...typical] = await Promise.all([shares(about, "year"), shares(about, "mission"),
      point === null ? null : quoted(about, point), ...examples.map((place) => quoted(about, place))]);
    years.sort((one, other) => one.name - other.name);
    missions.sort((one, other) => other.low - one.low || one.name.localeCompare(other.name));
    const matching = (by) => {
      const others = Object.keys(wanted).filter((name) => name !== by && (name !== "kind" || wanted.kind !== "un"));
      return others.length ? ` that match the ${wanted[by] ? "other " : ""}filters` : "";
    };
    const top = years.reduce((best, each) => (each.value > best.value ? each : best), { value: 0 });
    const read = link(wanted);
    const close = element("button", { type: "button" }, "Zoom to it");
    close.addEventListener("click", frame);
    return [
      element("p", {}, `${number(group.n)} passages${group.members.length === 1 && group.members[0].texts ? `, ${number(group.members[0].texts)} different texts` : ""}${group.kept < group.n ? `; ${number(group.kept)} match the filters` : ""}. `,
        read && group.kept ? element("a", { href: read }, group.kept < group.n ? "Read those" : "Read all") : null, " ", close),
      ...(passage ? part("The dot that you chose", passage) : []),
      ...made(about),
      ...(top.value ? part("Over the years", words(`Share of each year’s passages${matching("year")}, UN documents only, with 95% intervals. Highest: ${top.name}, ${top.text}.`), bars(years, true)) : []),
      ...(missions.some((each) => each.value) ? part("By mission", words(`Share of the passages on a mission${matching("mission")}, with 95% intervals; in the order of their lower ends.`), bars(missions.filter((each) => each.value).slice(0, LISTED))) : []),
      ...themes(about),
      ...(typical.length ? part(`Typical passages of the whole ${group.members.length > 1 ? "group" : "topic"}`, ...typical) : []),
    ];
  }

  return { detail, number };
})();
