// Rows of dots with their intervals, in one panel or several beside each other (above on a phone:
// the second panel's figure is then written beside the name).
"use strict";

(() => {
  const { shape, words, linked, titled, formats, axisFormats, ticks, shortened, widthOf, canvas, drawers } = peacetext.charts;
  const ROW = 30;
  const TOP = 44;

  function domain(spec, panel) {
    let low = 0;
    let high = 0;
    for (const row of spec.rows) {
      for (const mark of row.marks) {
        if (!spec.panels[panel].includes(mark.series)) continue;
        for (const value of [mark.value, mark.low, mark.high]) {
          if (value === null || value === undefined) continue;
          low = Math.min(low, value);
          high = Math.max(high, value);
        }
      }
    }
    if (spec.domains && spec.domains[panel]) [low, high] = spec.domains[panel];
    if (low === high) high = low + 1;
    return [low, high];
  }

  function axis(svg, spec, panel, scale, left, right, height) {
    const format = axisFormats[spec.formats[panel]];
    const [low, high] = scale.domain;
    const stamps = ticks(low, high, Math.max(2, Math.floor((right - left) / 52)));
    for (const tick of stamps) {
      const x = scale(tick);
      svg.append(shape("line", { x1: x, x2: x, y1: TOP, y2: height, class: tick === 0 ? "zero" : "rule" }));
      const label = format(tick, stamps[1] - stamps[0]);
      const atEdge = x < widthOf(label, 12) / 2; // on a phone the first stands at the edge
      svg.append(words(label, { x: atEdge ? 0 : x, y: TOP - 8, class: "tick", "text-anchor": atEdge ? "start" : "middle" }));
    }
    const long = widthOf(spec.axes[panel], 12) * 1.08 > right - left;
    svg.append(words(spec.axes[panel], { x: long && panel > 0 ? right : left, y: 14, class: "axis", "text-anchor": long && panel > 0 ? "end" : "start" }));
  }

  function mark(row, each, scale, y, format) {
    const parts = [];
    const title = `${row.name}: ${each.name || each.series} ${format(each.value)}`
      + (each.low === null || each.low === undefined ? "" : ` (${format(each.low)} to ${format(each.high)})`);
    parts.push(titled(title));
    if (each.low !== null && each.low !== undefined) {
      parts.push(shape("line", { x1: scale(each.low), x2: scale(each.high), y1: y, y2: y, class: `whisker ${each.series}` }));
    }
    parts.push(symbol(each.series, scale(each.value), y));
    return linked(each.link, `${title}. Read the passages`, ...parts);
  }

  // Shape as well as colour tells the series apart.
  function symbol(series, x, y) {
    const square = ["interviews", "coding", "article"].includes(series);
    if (square) return shape("rect", { x: x - 5, y: y - 5, width: 10, height: 10, transform: `rotate(45 ${x} ${y})`, class: `mark ${series}` });
    if (series === "further") return shape("rect", { x: x - 5, y: y - 5, width: 10, height: 10, class: `mark ${series}` });
    if (series === "baseline") return shape("circle", { cx: x, cy: y, r: 4, class: "mark baseline" });
    if (series === "chance") return shape("line", { x1: x, x2: x, y1: y - 8, y2: y + 8, class: `tickmark ${series}` });
    return shape("circle", { cx: x, cy: y, r: 6, class: `mark ${series}` });
  }

  drawers.intervals = (spec, width) => {
    const narrow = width < 640;
    const panels = spec.panels.map((_, place) => place).filter((place) => !(narrow && place > 0));
    const longest = Math.max(...spec.rows.map((each) => widthOf(each.name)), 0) + 20;
    const nameWidth = narrow ? 0 : Math.min(longest, 430, width * 0.45);
    const row = narrow ? 48 : ROW;
    const height = TOP + spec.rows.length * row + 8;
    const svg = canvas(width, height, spec.axes.join("; "));
    const gap = 36;
    const room = width - nameWidth - 20 - gap * (panels.length - 1);
    const shares = panels.length > 1 ? [0.6, 0.4] : [1];
    let left = nameWidth + 8;
    spec.rows.forEach((each, place) => {
      const y = TOP + place * row;
      if (place % 2 === 0) svg.append(shape("rect", { x: 0, y, width, height: row, class: "band" }));
      const name = words(shortened(each.name, narrow ? width - (spec.panels.length > 1 ? 92 : 8) : nameWidth - 8), {
        x: 4, y: narrow ? y + 17 : y + row / 2 + 4.5, class: `name${narrow ? " over" : ""}${each.faint ? " faint" : ""}${each.strong ? " strong" : ""}`,
      });
      svg.append(linked(each.link, `${each.name}. Read the passages`, titled(each.name), name));
      const last = each.marks.find((mark) => spec.panels.length > 1 && spec.panels[1].includes(mark.series));
      if (narrow && last && last.value !== null) {
        svg.append(words(`${formats[spec.formats[1]](last.value)} pts`, { x: width - 4, y: y + 17, class: "name", "text-anchor": "end" }));
      }
    });
    for (const panel of panels) {
      const right = left + room * shares[panel];
      const [low, high] = domain(spec, panel);
      const from = left;
      const scale = (value) => from + ((value - low) / (high - low)) * (right - from);
      scale.domain = [low, high];
      axis(svg, spec, panel, scale, left, right, height - 8);
      spec.rows.forEach((each, place) => {
        const y = TOP + place * row + (narrow ? 33 : row / 2);
        const marks = each.marks.filter((one) => spec.panels[panel].includes(one.series) && one.value !== null);
        const spread = marks.length < 2 ? 0 : narrow || marks.length > 2 ? 4 : 5;
        const group = shape("g", { class: each.faint ? "faint" : "" });
        const moved = marks.filter((one) => !["baseline", "chance"].includes(one.series));
        marks.forEach((one) => {
          const order = moved.indexOf(one);
          const shift = order < 0 || moved.length < 2 ? 0 : (order - (moved.length - 1) / 2) * 2 * spread;
          group.append(mark(each, one, scale, y + shift, formats[spec.formats[panel]]));
        });
        svg.append(group);
      });
      left = right + gap;
    }
    return svg;
  };
})();
