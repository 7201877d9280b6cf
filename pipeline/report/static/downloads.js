// Passages as CSV: the files of figures are made with the page.
"use strict";

peacetext.downloads = (() => {
  // A spreadsheet must not run a cell as a formula, whatever a document says.
  function csvCell(value) {
    const text = String(value ?? "");
    const safe = /^[=+@\t\r]|^-(?![\d.])/.test(text) ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  }

  function saveCsv(name, rows) {
    const lines = rows.map((row) => row.map(csvCell).join(","));
    const address = URL.createObjectURL(new Blob([`\ufeff${lines.join("\r\n")}\r\n`], { type: "text/csv" }));
    peacetext.element("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  }

  return { saveCsv };
})();
