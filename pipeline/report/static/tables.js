// Tables: sort by a column's head.
"use strict";

peacetext.tables = (() => {
  function worth(cell) {
    const value = cell.dataset.value;
    if (value === undefined) return cell.textContent.trim() === "–" ? null : cell.textContent.trim();
    return Number.isNaN(Number(value)) ? value : Number(value);
  }

  function compare(one, other) {
    if (one === null || other === null) return (one === null) - (other === null);
    if (typeof one === "number" && typeof other === "number") return one - other;
    return String(one).localeCompare(String(other), "en", { numeric: true });
  }

  function sort(table, head, place) {
    const descending = head.getAttribute("aria-sort") === "ascending";
    for (const each of table.tHead.rows[0].cells) each.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => [worth(row.cells[place]), row]);
    const sign = descending ? -1 : 1;
    rows.sort(([one], [other]) => (one === null || other === null ? compare(one, other) : sign * compare(one, other)));
    body.append(...rows.map(([, row]) => row));
  }

  function start() {
    for (const table of document.querySelectorAll("table")) {
      [...table.tHead.rows[0].cells].forEach((head, place) => {
        const button = peacetext.element("button", { type: "button", class: "sort" }, head.textContent);
        button.addEventListener("click", () => sort(table, head, place));
        head.replaceChildren(button);
      });
    }
  }

  return { start };
})();
