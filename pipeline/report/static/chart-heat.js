// A table of colours: rows against columns. Cells that are empty stay empty; a dot marks those
// that the statistics call decided.
"use strict";

(() => {
  const { shape, words, linked, titled, formats, shortened, canvas, drawers, widthOf } = peacetext.charts;
  const STEPS = 7;

  // Which of the seven colours: by square root, so that small shares can be told apart.
  function step(value, most) {
    return Math.max(1, Math.min(STEPS, Math.ceil(Math.sqrt(Math.min(1, Math.abs(value) / most)) * STEPS)));
  }

  function tone(spec, value, most) {
    if (spec.scale === "diverging") return `heat ${value < 0 ? "minus" : "plus"}-${step(value, most)}`;
    return `heat plus-${step(value, most)}`;
  }

  drawers.heat = (spec, width) => {
    const narrow = width < 640;
    const longest = Math.max(...spec.rows.map((each) => widthOf(each.name)), 0) + 12;
    const left = Math.min(longest, narrow ? width * 0.44 : 320);
    const size = (width - left) / spec.columns.length;
    const row = 22;
    const header = Math.min(150, Math.max(...spec.columns.map((each) => widthOf(each.name, 12)), 0) * 0.9 + 16);
    const flat = spec.columns.every((each) => widthOf(each.name, 12) < size - 4);
    const top = (flat ? 22 : header) + 18;
    const height = top + spec.rows.length * row + 2;
    const svg = canvas(width, height, `${spec.down} by ${spec.across}`);
    const values = spec.cells.flat().filter(Boolean).map((cell) => Math.abs(cell[0]));
    const most = spec.most || Math.max(...values, 1e-9);
    const format = formats[spec.format];
    svg.append(words(`${spec.down} ↓   ${spec.across} →`, { x: 0, y: 12, class: "axis" }));
    const every = Math.max(1, Math.ceil(15 / size));
    spec.columns.forEach((column, place) => {
      if (place % every) return;
      const x = left + (place + 0.5) * size;
      const label = flat
        ? words(column.name, { x, y: top - 6, class: "tick", "text-anchor": "middle" })
        : words(shortened(column.name, header / 0.9, 12), { x: 0, y: 0, class: "tick", transform: `translate(${x + 4} ${top - 6}) rotate(-65)` });
      svg.append(linked(column.link, `${column.name}. Read the passages`, titled(column.name), label));
    });
    spec.rows.forEach((each, line) => {
      const y = top + line * row;
      svg.append(linked(each.link, `${each.name}. Read the passages`, titled(each.name),
        words(shortened(each.name, left - 8), { x: 0, y: y + 15, class: "name" })));
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
