// Light or dark: as the reader's system says, until they choose. Runs before the page is drawn.
"use strict";

peacetext.appearance = (() => {
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");

  function stored() {
    try {
      return window.localStorage.getItem("peacetext-appearance");
    } catch {
      return null; // storage may be closed to pages from disk
    }
  }

  function current() {
    return root.dataset.appearance || (system.matches ? "dark" : "light");
  }

  function choose(name) {
    root.dataset.appearance = name;
    try {
      window.localStorage.setItem("peacetext-appearance", name);
    } catch {
      // the choice then holds for this visit only
    }
    announce();
  }

  function announce() {
    const button = document.getElementById("appearance");
    if (button) {
      const dark = current() === "dark";
      button.textContent = dark ? "Light" : "Dark";
      button.setAttribute("aria-label", dark ? "Use light colours" : "Use dark colours");
    }
    document.dispatchEvent(new CustomEvent("appearance"));
  }

  function start() {
    const button = document.getElementById("appearance");
    button.hidden = false;
    button.addEventListener("click", () => choose(current() === "dark" ? "light" : "dark"));
    system.addEventListener("change", announce);
    announce();
  }

  const before = stored();
  if (before === "dark" || before === "light") root.dataset.appearance = before;
  return { start, current };
})();
