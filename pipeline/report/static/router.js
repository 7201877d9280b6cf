// The address after # says what is shown: a place in the story, or passages with their filters.
"use strict";

peacetext.router = (() => {
  const PASSAGES = /^#passages(\?|$)/;
  let storyAt = 0;
  let showing = "story";

  function stateOf(hash) {
    const given = new URLSearchParams(hash.split("?")[1] || "");
    const state = {};
    for (const name of peacetext.filters.NAMES) if (given.get(name)) state[name] = given.get(name);
    return state;
  }

  function addressOf(state) {
    const given = new URLSearchParams();
    for (const name of peacetext.filters.NAMES) if (state[name]) given.set(name, state[name]);
    const text = given.toString();
    return text ? `#passages?${text}` : "#passages";
  }

  // Typing replaces the address; choosing adds one, so that "back" takes a choice back.
  function go(state, typing) {
    const address = addressOf(state);
    if (address === location.hash) return;
    const replace = typing && document.activeElement && document.activeElement.tagName === "INPUT" && PASSAGES.test(location.hash);
    if (replace) history.replaceState(null, "", address);
    else history.pushState(null, "", address);
    follow();
  }

  function follow() {
    const explorer = document.getElementById("explorer");
    const story = document.getElementById("story");
    if (PASSAGES.test(location.hash)) {
      const entering = showing !== "passages";
      if (entering) storyAt = window.scrollY;
      story.hidden = true;
      explorer.hidden = false;
      showing = "passages";
      peacetext.explorer.show(stateOf(location.hash));
      if (entering) {
        window.scrollTo(0, 0);
        document.getElementById("explorer-title").focus({ preventScroll: true });
      }
      return;
    }
    if (showing === "passages") {
      explorer.hidden = true;
      story.hidden = false;
      showing = "story";
      const target = document.getElementById(location.hash.slice(1));
      if (target && location.hash !== "#top") target.scrollIntoView();
      else window.scrollTo(0, storyAt);
    }
  }

  function start() {
    peacetext.explorer.start(go);
    window.addEventListener("popstate", follow);
    window.addEventListener("hashchange", () => {
      if (PASSAGES.test(location.hash) || showing === "passages") follow();
    });
    follow();
  }

  return { start };
})();
