// Draws a figure when it comes near, with Vega-Lite: its specification comes from charts.py and its
// colours from the style sheet, so that light and dark need no second drawing.
"use strict";

peacetext.charts = (() => {
  const NARROW = 600; // below it names stand over their rows
  const options = { ast: true, renderer: "svg", actions: false, logLevel: 1, defaultStyle: false, tooltip: { disableDefaultStyle: true } };
  const drawn = new Map(); // the form that each figure was last drawn in

  async function draw(host) {
    const form = host.clientWidth < NARROW ? "narrow" : "wide";
    if (!host.clientWidth || drawn.get(host) === form || host.contains(document.activeElement)) return;
    drawn.set(host, form);
    await peacetext.load("vega", "static");
    const { datasets, [form]: spec } = peacetext.values.get("charts")[host.dataset.chart];
    const { view } = await window.vegaEmbed(host, { ...spec, datasets }, options);
    const link = () => linked(host);
    view.addResizeListener(() => setTimeout(link));
    link();
  }

  // One stop of the Tab key a chart: arrows lead from mark to mark, Enter to its passages. The table
  // below holds the same links. (In Vega's SVG a link is no element that has the focus by itself.)
  function linked(host) {
    host.querySelector("svg").removeAttribute("aria-hidden");
    const marks = [...host.querySelectorAll(".role-mark > *")].filter(({ __data__: drawn }) => drawn?.href && (drawn.tooltip || drawn.text));
    marks.forEach((mark, place) => {
      const { tooltip, text, href } = mark.__data__;
      const name = tooltip ? Object.values(tooltip).filter(Boolean).join(", ") : [text].flat().join(" ");
      for (let part = mark; part !== host; part = part.parentNode) part.removeAttribute("aria-hidden");
      for (const [key, value] of Object.entries({ role: "link", tabindex: place ? -1 : 0, "aria-label": `${name}. Read the passages` })) mark.setAttribute(key, value);
      mark.onkeydown = (event) => {
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (event.key === "Enter") window.location.assign(href);
        if (!step) return;
        event.preventDefault();
        const next = marks[(place + step + marks.length) % marks.length];
        mark.setAttribute("tabindex", -1);
        next.setAttribute("tabindex", 0);
        next.focus();
      };
    });
    host.setAttribute("role", marks.length ? "group" : "img");
    host.setAttribute("aria-label", `Chart: ${host.closest("figure").querySelector("h3").textContent}. The table below holds the same.`);
  }

  function start() {
    const hosts = [...document.querySelectorAll("[data-chart]")];
    const near = new IntersectionObserver((entries) => {
      for (const { isIntersecting, target } of entries) if (isIntersecting) draw(target);
    }, { rootMargin: "600px" });
    for (const host of hosts) near.observe(host);
    const again = () => [...drawn.keys()].forEach(draw);
    window.addEventListener("resize", again);
    window.addEventListener("beforeprint", () => hosts.forEach(draw));
  }

  return { start };
})();
