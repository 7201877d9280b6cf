// Views that a reader keeps: an address and a name for it, in this browser only.
"use strict";

peacetext.views = (() => {
  const { element } = peacetext;
  const STORED = "peacetext-views";
  const get = (id) => document.getElementById(id);
  let views = [];

  const say = (text) => {
    get("view-said").textContent = text;
  };

  function read() {
    try {
      const kept = JSON.parse(window.localStorage.getItem(STORED));
      return Array.isArray(kept) ? kept.filter(([name, hash]) => name && /^#passages/.test(hash)) : [];
    } catch {
      return []; // storage may be closed to pages from disk
    }
  }

  function keep(changed) {
    views = changed;
    list();
    try {
      window.localStorage.setItem(STORED, JSON.stringify(views));
      return true;
    } catch {
      say("This browser keeps nothing for pages from disk: the view stays until you leave.");
      return false;
    }
  }

  function list() {
    get("views").hidden = !views.length;
    get("views").replaceChildren(...views.map(([name, hash]) => {
      const forget = element("button", { type: "button", "aria-label": `Forget ${name}` }, "×");
      forget.addEventListener("click", () => keep(views.filter((each) => each[0] !== name)));
      return element("li", {}, element("a", { href: hash }, name), forget);
    }));
  }

  async function copy() {
    try {
      await navigator.clipboard.writeText(location.href);
      say("Copied.");
    } catch {
      say("Copy the address from the address bar: it is this view.");
    }
  }

  function start() {
    views = read();
    list();
    get("view-copy").addEventListener("click", copy);
    get("view-keep").addEventListener("submit", (event) => {
      event.preventDefault();
      const name = event.target.elements.name.value.trim();
      if (!name) return;
      const kept = keep([...views.filter((each) => each[0] !== name), [name, location.hash || "#passages"]]);
      if (kept) say(`Kept as “${name}”.`);
      event.target.reset();
    });
  }

  return { start };
})();
