// What the data files register, and loading more of them. Opened from disk a page may not fetch
// files, but it may load scripts; each data file is a script that calls peacetext.register.
"use strict";

const peacetext = (() => {
  const values = new Map();
  const pending = new Map();

  function register(name, value) {
    values.set(name, value);
  }

  function load(name, folder = "data") {
    if (values.has(name)) return Promise.resolve(values.get(name));
    if (!pending.has(name)) pending.set(name, inject(name, `${folder}/${name}.js`));
    return pending.get(name);
  }

  function inject(name, address) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = address;
      script.onload = () => resolve(values.get(name));
      script.onerror = () => {
        pending.delete(name);
        reject(new Error(`${address} could not be read. Was only a page copied, and not its folder?`));
      };
      document.head.append(script);
    });
  }

  // An element with attributes and children; text only ever becomes text.
  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value);
    }
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  }

  return { register, load, element, values };
})();
