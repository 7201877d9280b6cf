// The words of topics as small bars, and one topic by mission and year with intervals.
"use strict";

(() => {
  const { shape, words, linked, titled, formats, axisFormats, ticks, shortened, folded, canvas, drawers, widthOf } = peacetext.charts;

  drawers.terms = (spec, width) => {
    const gap = 28;
    const across = Math.max(1, Math.floor((width + gap) / (250 + gap)));
    const cell = (width - gap * (across - 1)) / across;
    const [head, line, top] = [42, 17, 24];
    const most = Math.max(...spec.topics.flatMap((topic) => topic.terms.map(([, weight]) => weight)), 1e-9);
    const tall = Math.max(...spec.topics.map((topic) => topic.terms.length), 0) * line + head + 14;
    const svg = canvas(width, top + Math.ceil(spec.topics.length / across) * tall, spec.axis);
    svg.append(words(`${spec.axis}; the longest bar is ${formats.score(most)}`, { x: 0, y: 12, class: "axis" }));
    const names = Math.min(cell * 0.55, Math.max(...spec.topics.flatMap((topic) => topic.terms.map(([term]) => widthOf(term, 12))), 0) + 8);
    spec.topics.forEach((topic, place) => {
      const x = (place % across) * (cell + gap);
      const y = top + Math.floor(place / across) * tall;
      // bold letters are wider than those that are measured
      svg.append(linked(topic.link, `${topic.name}. Read the passages`, titled(topic.name),
        ...folded(topic.name, cell * 0.88).map((text, number) => words(text, { x, y: y + 14 + number * 16, class: "name strong" }))));
      topic.terms.forEach(([term, weight], number) => {
        const at = y + head + number * line;
        svg.append(shape("g", {}, titled(`${term}: ${formats.score(weight)}`),
          words(shortened(term, names - 6, 12), { x, y: at + 10, class: "leaf" }),
          shape("rect", { x: x + names, y: at + 1, width: Math.max(1, (weight / most) * (cell - names)), height: 11, class: "bar" })));
      });
    });
    return svg;
  };

  // Upright dots with whiskers, a column a year.
  function columns(rows, width, axis) {
    const [height, top, bottom, left] = [250, 34, 26, 40];
    const svg = canvas(width, height, `${axis} by year`);
    const most = Math.max(...rows.map((row) => (row.found ? row.found[2] : 0)), 1e-9);
    const scale = (value) => height - bottom - (value / most) * (height - top - bottom);
    svg.append(words(`${axis}, by year`, { x: 0, y: 12, class: "axis" }));
    for (const tick of ticks(0, most, 4)) {
      svg.append(shape("line", { x1: left, x2: width, y1: scale(tick), y2: scale(tick), class: tick ? "rule" : "zero" }));
      svg.append(words(axisFormats.percent(tick), { x: left - 6, y: scale(tick) + 4, class: "tick", "text-anchor": "end" }));
    }
    const step = (width - left - 14) / Math.max(1, rows.length); // room for half of the last year
    const every = Math.ceil(44 / step);
    rows.forEach((row, place) => {
      const x = left + (place + 0.5) * step;
      if (place % every === 0) svg.append(words(row.place, { x, y: height - 8, class: "tick", "text-anchor": "middle" }));
      if (!row.found) return;
      const [value, low, high] = row.found;
      svg.append(linked(row.link, `${row.title}. Read the passages`, titled(row.title),
        shape("line", { x1: x, x2: x, y1: scale(low), y2: scale(high), class: "whisker policy" }),
        shape("circle", { cx: x, cy: scale(value), r: 5, class: "mark policy" })));
    });
    return svg;
  }

  function rowsOf(panel, topic) {
    const shares = panel.shares[topic] || [];
    return panel.places.map((place, number) => {
      const found = shares[number];
      if (!found) return { place, found: null };
      const [share, low, high, n, all] = found;
      const title = `${place}: ${formats.percent(share)} (${formats.percent(low)} to ${formats.percent(high)}), ${n} of ${formats.count(all)} passages`;
      return { place, found, title, link: `explorer.html#passages?${new URLSearchParams({ topic, [panel.filter]: place })}` };
    });
  }

  function missions(rows, width, axis) {
    return drawers.intervals({
      axes: [`${axis}, by mission`], formats: ["percent"], panels: [["policy"]],
      rows: rows.map((row) => ({
        name: row.place, link: row.link,
        marks: [{ series: "policy", name: row.found ? `${row.found[3]} of ${formats.count(row.found[4])} passages,` : "", value: row.found ? row.found[0] : 0, low: row.found?.[1], high: row.found?.[2], link: row.link }],
      })).filter((row) => row.link),
    }, width);
  }

  // One picture of both, so that it is saved as one.
  function both(spec, topic, width) {
    const parts = [missions(rowsOf(spec.panels[0], topic), width, spec.axis), columns(rowsOf(spec.panels[1], topic), width, spec.axis)];
    const name = spec.topics.find(([each]) => each === topic)[1];
    const heights = parts.map((part) => Number(part.getAttribute("height")));
    const svg = canvas(width, heights[0] + heights[1] + 54, `${name}: ${spec.axis} by mission and year`);
    parts[0].setAttribute("y", 28);
    parts[1].setAttribute("y", heights[0] + 54);
    svg.append(words(name, { x: 0, y: 14, class: "name strong" }), ...parts);
    return svg;
  }

  drawers.places = (spec, width) => {
    if (spec.chosen === undefined) spec.chosen = spec.topics[0][0];
    const host = peacetext.element("div", {});
    const select = peacetext.element("select", {}, ...spec.topics.map(([topic, name]) => peacetext.element("option", { value: topic }, name)));
    select.value = String(spec.chosen);
    const label = peacetext.element("label", {}, "Topic ", select);
    host.append(peacetext.element("p", { class: "map-tools" }, label), both(spec, spec.chosen, width));
    select.addEventListener("change", () => {
      spec.chosen = Number(select.value);
      host.lastElementChild.replaceWith(both(spec, spec.chosen, width));
    });
    return host;
  };
})();
