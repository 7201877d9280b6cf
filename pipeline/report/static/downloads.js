// What a reader downloads: a figure as SVG, PNG or CSV.
"use strict";

peacetext.downloads = (() => {
  const KEPT = ["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "font-family", "font-size", "font-weight"];
  const TITLE = 56; // room above the picture

  function save(name, blob) {
    const address = URL.createObjectURL(blob);
    const link = peacetext.element("a", { href: address, download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  }

  // A spreadsheet must not run a cell as a formula, whatever a document says.
  function csvCell(value) {
    const text = String(value ?? "");
    const safe = /^[=+@\t\r]|^-(?![\d.])/.test(text) ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  }

  function saveCsv(name, rows) {
    const lines = rows.map((row) => row.map(csvCell).join(","));
    save(name, new Blob([`\ufeff${lines.join("\r\n")}\r\n`], { type: "text/csv" }));
  }

  // The picture with the colours that the style sheet gave it, on its own background, under its
  // title and its legend.
  function standalone(svg) {
    const { shape, words } = peacetext.charts;
    const figure = svg.closest("figure");
    const copy = svg.cloneNode(true);
    const from = [svg, ...svg.querySelectorAll("*")];
    const to = [copy, ...copy.querySelectorAll("*")];
    from.forEach((each, place) => {
      const computed = getComputedStyle(each);
      for (const name of KEPT) to[place].style.setProperty(name, computed.getPropertyValue(name));
    });
    const { color, backgroundColor } = getComputedStyle(document.body);
    const letters = "system-ui, sans-serif";
    const legend = words("", { x: 0, y: -14, "font-size": 13, "font-family": letters, fill: color });
    for (const key of figure.querySelectorAll(".keys li")) {
      const swatch = getComputedStyle(key.firstElementChild);
      const empty = swatch.backgroundColor === "rgba(0, 0, 0, 0)";
      const mark = empty ? "○ " : swatch.transform !== "none" ? "◆ " : parseFloat(swatch.width) < 5 ? "| " : "● ";
      const spot = shape("tspan", { fill: empty ? swatch.borderTopColor : swatch.backgroundColor }, mark);
      legend.append(spot, shape("tspan", {}, `${key.textContent}   `));
    }
    copy.prepend(
      shape("rect", { x: -12, y: -TITLE, width: "100%", height: "100%", fill: backgroundColor }),
      words(figure.querySelector("h3").textContent, { x: 0, y: 22 - TITLE, "font-size": 16, "font-weight": 700, "font-family": letters, fill: color }),
      legend,
    );
    const [width, height] = [Number(svg.getAttribute("width")) + 24, Number(svg.getAttribute("height")) + TITLE + 12];
    for (const [name, value] of Object.entries({ width, height, viewBox: `-12 ${-TITLE} ${width} ${height}` })) copy.setAttribute(name, value);
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    return { width, height, text: new XMLSerializer().serializeToString(copy) };
  }

  function saveSvg(name, svg) {
    save(name, new Blob([standalone(svg).text], { type: "image/svg+xml" }));
  }

  function savePng(name, svg) {
    const picture = new Image();
    const { width, height, text } = standalone(svg);
    picture.onload = () => {
      const canvas = peacetext.element("canvas", { width: width * 2, height: height * 2 });
      canvas.getContext("2d").drawImage(picture, 0, 0, width * 2, height * 2);
      canvas.toBlob((blob) => save(name, blob));
    };
    picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  }

  function button(text, label, action) {
    const made = peacetext.element("button", { type: "button", "aria-label": label }, text);
    made.addEventListener("click", action);
    return made;
  }

  function start() {
    for (const host of document.querySelectorAll("[data-take]")) {
      const name = host.dataset.take;
      const figure = document.getElementById(name);
      const title = figure.querySelector("h3").textContent;
      const table = figure.querySelector("table");
      const buttons = [];
      if (figure.querySelector("[data-chart]")) {
        buttons.push(button("SVG", `${title}: download as SVG`, () => saveSvg(`${name}.svg`, figure.querySelector("svg.chart"))));
        buttons.push(button("PNG", `${title}: download as PNG`, () => savePng(`${name}.png`, figure.querySelector("svg.chart"))));
      }
      if (table) buttons.push(button("CSV", `${title}: download as CSV`, () => saveCsv(`${name}.csv`, peacetext.tables.rowsOf(table))));
      if (buttons.length) host.replaceChildren("Download: ", ...buttons);
    }
  }

  return { start, saveCsv };
})();
