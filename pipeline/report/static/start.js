// Everything is there: begin.
"use strict";

peacetext.appearance.start();
peacetext.tables.start();
peacetext.charts.start();
peacetext.map.start();
peacetext.router.start();

{
  const more = document.getElementById("topics-more");
  const list = document.querySelector("ol.topics");
  if (more && list) {
    list.classList.add("short");
    more.hidden = false;
    more.addEventListener("click", () => {
      list.classList.remove("short");
      more.remove();
    });
  }
}
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
