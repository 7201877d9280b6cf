// Charts as SVG, drawn at the width that there is, so that their text keeps its size on a phone.
// Colours come from the style sheet. Every mark that stands for passages is a link to them.
"use strict";

peacetext.charts = (() => {
  const drawers = {};
  const SPACE = "http://www.w3.org/2000/svg";

  function shape(tag, attributes = {}, ...children) {
    const made = document.createElementNS(SPACE, tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== null && value !== undefined) made.setAttribute(name, value);
    }
    made.append(...children);
    return made;
  }

  function words(text, attributes) {
    const made = shape("text", attributes);
    made.textContent = text;
    return made;
  }

  function linked(address, label, ...children) {
    if (!address) return shape("g", {}, ...children);
    const named = children.some((child) => child.tagName === "text"); // then its text is its name
    return shape("a", { href: address, "aria-label": named ? null : label }, ...children);
  }

  function titled(text) {
    const made = shape("title");
    made.textContent = text;
    return made;
  }

  const formats = {
    percent: (value) => `${Math.abs(value) < 0.0995 && value !== 0 ? (100 * value).toFixed(1) : Math.round(100 * value)}%`,
    points: (value) => (Math.abs(value) < 0.0005 ? "0"
      : `${value > 0 ? "+" : "−"}${Math.abs(100 * value).toFixed(Math.abs(value) < 0.0995 ? 1 : 0)}`),
    score: (value) => value.toFixed(2).replace("-", "−"),
    lift: (value) => `${value.toFixed(1)}×`,
    count: (value) => value.toLocaleString("en"),
  };
  const axisFormats = {
    percent: (value) => `${Math.round(100 * value)}%`,
    points: (value) => `${value > 0 ? "+" : value < 0 ? "−" : ""}${Math.abs(Math.round(100 * value))}`,
    score: (value, step = 0.1) => value.toFixed(step < 0.0999 ? 2 : 1).replace("-", "−"),
    count: (value) => value.toLocaleString("en"),
  };

  // Round values between low and high, at most about `most` of them.
  function ticks(low, high, most) {
    const span = high - low || 1;
    const rough = span / Math.max(1, most);
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough);
    const found = [];
    for (let value = Math.ceil(low / step - 1e-9) * step; value <= high + step * 1e-6; value += step) {
      found.push(Math.abs(value) < step * 1e-6 ? 0 : value);
    }
    return found;
  }

  let ruler = null;
  function widthOf(text, size = 13) {
    ruler = ruler || document.createElement("canvas").getContext("2d");
    ruler.font = `${size}px system-ui, sans-serif`;
    return ruler.measureText(text).width;
  }

  function shortened(text, width, size = 13) {
    if (widthOf(text, size) <= width) return text;
    let kept = text;
    while (kept.length > 1 && widthOf(`${kept}…`, size) > width) kept = kept.slice(0, -1);
    return `${kept.trimEnd()}…`;
  }

  // A name on at most two lines.
  function folded(text, width, size = 13) {
    if (widthOf(text, size) <= width) return [text];
    const parts = text.split(" ");
    let first = parts.shift();
    while (parts.length && widthOf(`${first} ${parts[0]}`, size) <= width) first += ` ${parts.shift()}`;
    return parts.length ? [first, shortened(parts.join(" "), width, size)] : [shortened(first, width, size)];
  }

  function draw(host, spec) {
    const width = Math.floor(host.clientWidth);
    if (!width) return;
    const focused = host.contains(document.activeElement);
    if (focused) return; // never take a link away from under the keyboard
    host.replaceChildren(drawers[spec.kind](spec, width));
  }

  function canvas(width, height, label) {
    return shape("svg", {
      width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": label, class: "chart",
    });
  }

  function start() {
    const specs = peacetext.values.get("charts") || {};
    const seen = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        seen.unobserve(entry.target);
        const spec = specs[entry.target.dataset.chart];
        draw(entry.target, spec);
        let width = entry.target.clientWidth;
        new ResizeObserver(() => {
          if (Math.abs(entry.target.clientWidth - width) < 2) return;
          width = entry.target.clientWidth;
          draw(entry.target, spec);
        }).observe(entry.target);
      }
    }, { rootMargin: "600px" });
    for (const host of document.querySelectorAll("[data-chart]")) {
      if (specs[host.dataset.chart]) seen.observe(host);
    }
  }

  return { start, draw, drawers, shape, words, linked, titled, formats, axisFormats, ticks, widthOf, shortened, folded, canvas };
})();
