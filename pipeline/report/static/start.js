// Everything is there: begin.
"use strict";

peacetext.appearance.start();
peacetext.tables.start();
peacetext.downloads.start();
peacetext.charts.start();
peacetext.workbench.start();
peacetext.router.start();

{
  const { id, changed } = peacetext.values.get("commit") || {};
  const place = document.getElementById("commit");
  if (id) {
    place.querySelector("code").textContent = id;
    place.querySelector("span").hidden = !changed;
    place.hidden = false;
  }
}
document.documentElement.dataset.ready = "yes";
