// Topics as leaves on the left, joined step by step to the right.
"use strict";

(() => {
  const { shape, words, linked, titled, axisFormats, ticks, shortened, canvas, drawers } = peacetext.charts;

  drawers.tree = (spec, width) => {
    const row = 19;
    const top = 40;
    const left = Math.min(440, width * 0.52);
    const leaves = new Map(spec.leaves.map((leaf) => [leaf.id, leaf]));
    const children = new Map(spec.merges.map(([parent, one, other, distance]) => [parent, { one, other, distance }]));
    const joined = new Set(spec.merges.flatMap(([, one, other]) => [one, other]));
    const roots = [...leaves.keys(), ...children.keys()].filter((id) => !joined.has(id));
    const height = top + leaves.size * row + 8;
    const svg = canvas(width, height, "Topics joined by likeness");
    const most = Math.max(...spec.merges.map((merge) => merge[3]), 1e-9);
    const scale = (distance) => left + (distance / most) * (width - left - 8);
    svg.append(words(spec.axis, { x: left, y: 12, class: "axis" }));
    for (const tick of ticks(0, most, Math.max(2, Math.floor((width - left) / 90)))) {
      svg.append(shape("line", { x1: scale(tick), x2: scale(tick), y1: top - 4, y2: height, class: "rule" }));
      svg.append(words(axisFormats.score(tick), { x: scale(tick), y: top - 10, class: "tick", "text-anchor": "middle" }));
    }
    let line = 0;
    const place = (id) => {
      const node = children.get(id);
      if (!node) {
        const leaf = leaves.get(id);
        const y = top + line * row + row / 2;
        line += 1;
        svg.append(linked(leaf.link, `${leaf.name}. Read the passages`, titled(leaf.name),
          words(shortened(leaf.name, left - 12, 12), { x: 0, y: y + 4, class: "leaf" })));
        return { x: left, y };
      }
      const one = place(node.one);
      const other = place(node.other);
      const x = scale(node.distance);
      svg.append(shape("path", { d: `M${one.x} ${one.y}H${x}V${other.y}H${other.x}`, class: "branch" }));
      return { x, y: (one.y + other.y) / 2 };
    };
    roots.forEach(place);
    return svg;
  };
})();
