// Everything is there: begin.
"use strict";

for (const part of Object.values(peacetext)) part.start?.();

{
  const { id, changed } = peacetext.values.get("commit") || {};
  const place = document.getElementById("commit");
  if (id && place) {
    place.querySelector("code").textContent = id;
    place.querySelector("span").hidden = !changed;
    place.hidden = false;
  }
}
document.documentElement.dataset.ready = "yes";
