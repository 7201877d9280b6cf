// The topic map by plotly.js, which is read only when the reader comes near the map.
"use strict";

peacetext.map = (() => {
  const HUES = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7F6BB0", "#8A6D3B"];
  let host = null;
  let points = null;
  let chosen = null;

  function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  function hasWebgl() {
    const canvas = document.createElement("canvas");
    return Boolean(canvas.getContext("webgl2") || canvas.getContext("webgl"));
  }

  function traces() {
    const groups = new Map();
    points.topic.forEach((topic, at) => {
      const lit = chosen === null ? topic : topic === chosen ? topic : -1;
      if (!groups.has(lit)) groups.set(lit, []);
      groups.get(lit).push(at);
    });
    const names = new Map(points.topics.map(([topic, name]) => [topic, name]));
    const type = webgl ? "scattergl" : "scatter";
    return [...groups].sort(([one], [other]) => one - other).map(([lit, at]) => ({
      type, mode: "markers", showlegend: false,
      x: at.map((each) => points.x[each]), y: at.map((each) => points.y[each]),
      customdata: at.map((each) => points.place[each]),
      text: at.map((each) => plain(names.get(points.topic[each]))),
      hovertemplate: "%{text}<extra></extra>", // topic names are made plain above: plotly reads tags
      marker: {
        size: lit === chosen ? 7 : 5,
        opacity: lit < 0 ? 0.35 : 0.75,
        color: lit < 0 ? colour("--map-grey") : HUES[lit % HUES.length],
      },
    }));
  }

  let webgl = true;
  const plain = (text) => text.replaceAll("<", "‹").replaceAll(">", "›").replaceAll("&", "＆");

  function quantile(values, share) {
    const sorted = [...values].sort((one, other) => one - other);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  }

  // Where nearly all points lie; far islands are one drag away.
  function range(values) {
    const [low, high] = [quantile(values, 0.005), quantile(values, 0.995)];
    const air = (high - low) * 0.06;
    return [low - air, high + air];
  }

  // Labels just above their topics, largest topics first; one that would touch another
  // that is already there is left out until the reader zooms in.
  function labels(xaxis, yaxis) {
    const taken = [];
    const kept = [];
    const groups = new Map();
    points.topic.forEach((topic, at) => {
      if (topic < 0 || (chosen !== null && topic !== chosen)) return;
      if (!groups.has(topic)) groups.set(topic, []);
      groups.get(topic).push(at);
    });
    for (const [topic, name, n] of [...points.topics].sort((one, other) => other[2] - one[2])) {
      const at = groups.get(topic);
      if (!at) continue;
      const [x, y] = [quantile(at.map((each) => points.x[each]), 0.5), quantile(at.map((each) => points.y[each]), 0.9)];
      const [left, top] = [xaxis.l2p(x), yaxis.l2p(y) - 10];
      if (left < 0 || top < 0 || left > xaxis._length || top > yaxis._length) continue;
      const short = name.split(",").slice(0, 2).join(",");
      const [width, height] = [peacetext.charts.widthOf(short, 12) + 10, 18];
      const box = [left - width / 2, top - height / 2, left + width / 2, top + height / 2];
      if (box[0] < 0 || box[2] > xaxis._length || box[1] < 0 || box[3] > yaxis._length) continue;
      if (taken.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1])) continue;
      taken.push(box);
      kept.push({ x, y, yshift: 10, text: plain(short), showarrow: false, bgcolor: colour("--label-ground"), borderpad: 1, font: { size: 12, color: colour("--ink") }, hovertext: `${plain(name)}: ${n} passages` });
    }
    return kept;
  }

  function layout() {
    const axis = { visible: false, zeroline: false };
    return {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", margin: { l: 0, r: 0, t: 0, b: 0 },
      xaxis: { ...axis, range: range(points.x) }, yaxis: { ...axis, range: range(points.y) }, uirevision: "kept", hovermode: "closest", autosize: true,
      dragmode: host.clientWidth < 640 ? false : "pan", // on a phone a finger scrolls the page
      modebar: { bgcolor: "rgba(0,0,0,0)", color: colour("--soft"), activecolor: colour("--ink") },
      hoverlabel: { bgcolor: colour("--raised"), bordercolor: colour("--soft"), font: { family: "system-ui, sans-serif", color: colour("--ink") } }, font: { family: "system-ui, sans-serif" },
    };
  }

  let labelling = false;
  async function label() {
    if (labelling) return;
    labelling = true;
    const full = host._fullLayout;
    await window.Plotly.relayout(host, { annotations: labels(full.xaxis, full.yaxis) });
    labelling = false;
  }

  async function draw() {
    await window.Plotly.react(host, traces(), layout(), { displaylogo: false, responsive: true, scrollZoom: false, modeBarButtons: [["zoomIn2d", "zoomOut2d", "resetScale2d"]] });
    await label();
    host.dataset.drawn = "yes";
  }

  async function openPoint(place) {
    const books = await peacetext.filters.open();
    const passage = await peacetext.filters.passage(books, place);
    location.href = `explorer.html#passages?passage=${encodeURIComponent(passage.id)}`;
  }

  async function begin() {
    [points] = await Promise.all([peacetext.load("map"), peacetext.load("plotly.min", "static")]);
    webgl = hasWebgl();
    host.replaceChildren();
    await draw();
    host.on("plotly_relayout", (change) => {
      if (!("annotations" in change)) label();
    });
    host.on("plotly_click", (event) => openPoint(event.points[0].customdata));
    document.addEventListener("appearance", draw);
  }

  function choose(value) {
    chosen = value === "" ? null : Number(value);
    const read = document.getElementById("map-read");
    read.hidden = chosen === null;
    read.setAttribute("href", `explorer.html#passages?topic=${value}`);
    if (points && window.Plotly) draw();
  }

  function save(filename, format) {
    if (window.Plotly && points) window.Plotly.downloadImage(host, { format, scale: format === "png" ? 2 : 1, filename, width: host.clientWidth, height: host.clientHeight });
  }

  // Every dot: where it lies, its topic, and the passage that it is.
  async function rows() {
    const [drawn, books] = await Promise.all([peacetext.load("map"), peacetext.filters.open()]);
    const names = new Map(drawn.topics.map(([topic, name]) => [topic, name]));
    const passages = await Promise.all(drawn.place.map((place) => peacetext.filters.passage(books, place)));
    const dots = passages.map((passage, at) => [passage.id, drawn.x[at], drawn.y[at], drawn.topic[at], names.get(drawn.topic[at]) || ""]);
    return [["Passage", "x", "y", "Topic", "Label"], ...dots];
  }

  function start() {
    host = document.getElementById("map");
    if (!host) return;
    document.getElementById("map-topic").addEventListener("change", (event) => choose(event.target.value));
    const near = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      near.disconnect();
      begin().catch((error) => {
        host.textContent = `The map could not be drawn: ${error.message}`;
      });
    }, { rootMargin: "300px" });
    near.observe(host);
  }

  return { start, save, rows };
})();
