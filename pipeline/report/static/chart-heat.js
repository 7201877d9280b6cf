// A table of colours: rows against columns. Cells that are empty stay empty; a dot marks those
// that the statistics call decided.
"use strict";

(() => {
  const { shape, words, linked, titled, formats, shortened, folded, canvas, drawers, widthOf } = peacetext.charts;
  const STEPS = 7;

  // Which of the seven colours. Shares go by square root, so that small ones can be told apart.
  function step(share) {
    return Math.max(1, Math.min(STEPS, Math.ceil(share * STEPS)));
  }

  function tone(spec, value, most) {
    const share = Math.min(1, Math.abs(value) / most);
    if (spec.scale === "diverging") return `heat ${value < 0 ? "minus" : "plus"}-${step(share)}`;
    return `heat plus-${step(Math.sqrt(share))}`;
  }

  // What the colours stand for; the middle is named where it is not half of the most.
  function scale(svg, spec, most, format, width) {
    const tones = spec.scale === "diverging"
      ? [7, 5, 3, 1].map((each) => `minus-${each}`).concat([1, 3, 5, 7].map((each) => `plus-${each}`))
      : [1, 2, 3, 4, 5, 6, 7].map((each) => `plus-${each}`);
    const ends = spec.scale === "diverging" ? [format(-most), format(most)] : [format(0), format(most)];
    const right = widthOf(ends[1], 12) + 4;
    const middle = spec.scale === "diverging" ? "" : format((4 / STEPS) ** 2 * most);
    const room = middle ? widthOf(middle, 12) + 8 : 0;
    const from = width - right - tones.length * 14 - room;
    tones.forEach((each, place) => svg.append(shape("rect", { x: from + place * 14 + (place > 3 ? room : 0), y: 2, width: 13, height: 11, class: `heat ${each}` })));
    if (middle) svg.append(words(middle, { x: from + 4 * 14 + room / 2 - 1, y: 12, class: "tick", "text-anchor": "middle" }));
    svg.append(words(ends[0], { x: from - 5, y: 12, class: "tick", "text-anchor": "end" }));
    svg.append(words(ends[1], { x: width, y: 12, class: "tick", "text-anchor": "end" }));
  }

  // How far slanted names reach beyond the last cell when the cells leave nothing free for them.
  function lean(columns, room, longest) {
    const step = room / columns.length;
    const reach = (each, place) => Math.min(widthOf(each.name, 12), longest) * Math.cos((65 * Math.PI) / 180) - (columns.length - place - 0.5) * step + 12;
    return Math.max(26, ...columns.map(reach));
  }

  drawers.heat = (spec, width) => {
    const narrow = width < 640;
    const longest = Math.max(...spec.rows.map((each) => widthOf(each.name)), 0) + 12;
    const left = Math.min(longest, narrow ? width * 0.35 : 400);
    const flat = spec.columns.every((each) => widthOf(each.name, 12) < (width - left) / spec.columns.length - 4);
    const header = Math.min(narrow ? 150 : 262, Math.max(...spec.columns.map((each) => widthOf(each.name, 12)), 0) * 0.9 + 16);
    const out = flat || narrow ? 0 : lean(spec.columns, width - left, header / 0.9);
    const size = (width - left - out) / spec.columns.length;
    const small = narrow && size < 14 ? 10.5 : 12;
    const row = narrow ? 34 : 22;
    const top = (flat ? 22 : header + 12) + 18;
    const height = top + spec.rows.length * row + 2;
    const svg = canvas(width, height, `${spec.down} by ${spec.across}`);
    const values = spec.cells.flat().filter(Boolean).map((cell) => Math.abs(cell[0]));
    const most = spec.most || Math.max(...values, 1e-9);
    const format = formats[spec.format];
    svg.append(words(`${spec.down} ↓  ${spec.across} →`, { x: 0, y: 12, class: "axis" }));
    scale(svg, spec, most, format, width);
    const every = Math.max(1, Math.ceil((narrow ? 10.5 : 15) / size));
    spec.columns.forEach((column, place) => {
      if (place % every) return;
      const x = left + (place + 0.5) * size;
      const label = flat
        ? words(column.name, { x, y: top - 6, class: "tick", "text-anchor": "middle" })
        : words(shortened(column.name, narrow ? header - 4 : header / 0.9, small), {
          x: 0, y: 0, class: small < 12 ? "tick small" : "tick", transform: `translate(${x + 4} ${top - 6}) rotate(${narrow ? -90 : -65})`,
        });
      svg.append(linked(column.link, `${column.name}. Read the passages`, titled(column.name), label));
    });
    spec.rows.forEach((each, line) => {
      const y = top + line * row;
      svg.append(linked(each.link, `${each.name}. Read the passages`, titled(each.name),
        ...(narrow ? folded(each.name, left - 8, 12) : [shortened(each.name, left - 8)]).map((text, number, all) =>
          words(text, { x: 0, y: y + row / 2 + 4 + (number - (all.length - 1) / 2) * 14, class: narrow ? "leaf" : "name" }))));
      spec.cells[line].forEach((cell, place) => {
        const box = { x: left + place * size + 0.5, y: y + 0.5, width: Math.max(1, size - 1), height: row - 1 };
        if (!cell) {
          svg.append(shape("rect", { ...box, class: "heat empty" }));
          return;
        }
        const [value, link, decided, note] = cell;
        const title = `${each.name}, ${spec.columns[place].name}: ${format(value)}${note ? ` (${note})` : ""}`;
        const parts = [titled(title), shape("rect", { ...box, class: tone(spec, value, most) })];
        if (decided) parts.push(shape("circle", { cx: box.x + box.width / 2, cy: y + row / 2, r: Math.min(3, size / 4), class: "decided" }));
        const made = linked(link, `${title}. Read the passages`, ...parts);
        // hundreds of stops for the Tab key help nobody: the table below holds the same links
        if (link) made.setAttribute("tabindex", "-1");
        svg.append(made);
      });
    });
    return svg;
  };
})();
