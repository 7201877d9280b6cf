// Passages as CSV: the files of figures are made with the page.
"use strict";

peacetext.downloads = (() => {
  // A spreadsheet must not run a cell as a formula, whatever a document says; as in run/files.py.
  function csvCell(value) {
    const text = String(value ?? "");
    const runs = /^'*[=+@\t\r\n＝＋－＠-]/.test(text) && !/^-(?:[\d.,]+(?:[eE][+-]?\d+)?)?$/.test(text);
    const safe = runs ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  }

  function saveCsv(name, rows) {
    const lines = rows.map((row) => row.map(csvCell).join(","));
    save(name, new Blob([`\ufeff${lines.join("\r\n")}\r\n`], { type: "text/csv" }));
  }

  function save(name, blob) {
    const address = URL.createObjectURL(blob);
    peacetext.element("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  }

  return { save, saveCsv };
})();
