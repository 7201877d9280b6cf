// Bars across (categories) and columns upward (years).
"use strict";

(() => {
  const { shape, words, linked, titled, formats, ticks, shortened, canvas, drawers, widthOf } = peacetext.charts;

  drawers.bars = (spec, width) => {
    const row = 40;
    const top = 20;
    const height = top + spec.rows.length * row;
    const svg = canvas(width, height, spec.axis);
    const most = Math.max(...spec.rows.map((each) => each.value), 1);
    const valueRoom = 56;
    svg.append(words(spec.axis, { x: 0, y: 12, class: "axis" }));
    spec.rows.forEach((each, place) => {
      const y = top + place * row;
      const length = Math.max(1, (each.value / most) * (width - valueRoom));
      const title = `${each.name}: ${formats.count(each.value)}`;
      const note = each.note ? `, ${each.note}` : "";
      svg.append(linked(each.link, `${title}. Read the passages`,
        titled(title),
        words(each.name, { x: 0, y: y + 16, class: "name" }),
        words(shortened(note, width - widthOf(each.name) - 8), { x: widthOf(each.name) + 1, y: y + 16, class: "name faint" }),
        shape("rect", { x: 0, y: y + 21, width: length, height: 11, class: "bar" }),
        words(formats.count(each.value), { x: length + 6, y: y + 31, class: "tick" })));
    });
    return svg;
  };

  drawers.columns = (spec, width) => {
    const height = 240;
    const [top, bottom, left] = [34, 26, 30];
    const svg = canvas(width, height, `${spec.axis} by ${spec.across}`);
    const most = Math.max(...spec.rows.map((each) => each.value), 1);
    const scale = (value) => height - bottom - (value / most) * (height - top - bottom);
    svg.append(words(`${spec.axis} ↑  ${spec.across} →`, { x: 0, y: 12, class: "axis" }));
    for (const tick of ticks(0, most, 4).filter(Number.isInteger)) { // they are counts
      svg.append(shape("line", { x1: left, x2: width, y1: scale(tick), y2: scale(tick), class: tick ? "rule" : "zero" }));
      svg.append(words(formats.count(tick), { x: left - 6, y: scale(tick) + 4, class: "tick", "text-anchor": "end" }));
    }
    const step = (width - left) / spec.rows.length;
    const every = Math.ceil(44 / step);
    spec.rows.forEach((each, place) => {
      const x = left + place * step;
      const title = `${each.name}: ${formats.count(each.value)} ${spec.axis.toLowerCase()}`;
      svg.append(linked(each.value ? each.link : "", `${title}. Read the passages`, titled(title),
        shape("rect", { x, y: top, width: step, height: height - top - bottom, class: "target" }),
        shape("rect", { x: x + step * 0.12, y: scale(each.value), width: step * 0.76, height: height - bottom - scale(each.value), class: "bar" })));
      if (place % every === 0) {
        svg.append(words(each.name, { x: x + step / 2, y: height - 8, class: "tick", "text-anchor": "middle" }));
      }
    });
    return svg;
  };
})();
