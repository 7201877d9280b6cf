// Old addresses lead on: what stood on one long page stands on several, and says where.
"use strict";

peacetext.router = (() => {
  const page = document.body.dataset.page;

  function follow() {
    const { hash } = location;
    if (/^#passages(\?|$)/.test(hash)) {
      if (page !== "explorer") location.replace(`explorer.html${hash}`);
      return;
    }
    const id = decodeURIComponent(hash.slice(1));
    if (!id) return;
    const target = document.getElementById(id);
    const elsewhere = (peacetext.values.get("places") || {})[id];
    if (!target && elsewhere && elsewhere !== page) location.replace(`${elsewhere}.html${hash}`);
    if (target) reveal(target);
  }

  // A figure in a closed appendix is opened before it is shown.
  function reveal(target) {
    let closed = false;
    for (let each = target; each; each = each.parentElement) {
      if (each.tagName === "DETAILS" && !each.open) closed = each.open = true;
    }
    if (closed) target.scrollIntoView();
  }

  // On a phone the navigation is wider than the screen.
  function start() {
    const here = document.querySelector("[aria-current=page]");
    if (here) here.parentElement.scrollLeft = here.offsetLeft - 60;
    window.addEventListener("hashchange", follow);
    follow();
  }

  return { start };
})();
