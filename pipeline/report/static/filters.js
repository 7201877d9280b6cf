// Which passages a set of filters keeps. Works on the index alone; only words in the text need
// the texts, which are read once and then kept.
"use strict";

peacetext.filters = (() => {
  const NAMES = ["q", "theme", "code", "topic", "side", "kind", "mission", "year", "speaker_group", "label", "document", "passage", "near", "read", "sort", "page"];
  let library = null;

  // Differences back to places.
  function places(steps) {
    const found = new Uint32Array(steps.length);
    let last = 0;
    for (let at = 0; at < steps.length; at += 1) {
      last += steps[at];
      found[at] = last;
    }
    return found;
  }

  function opened(index) {
    const document_ = new Uint32Array(index.n);
    let at = 0;
    index.documents.forEach((each, number) => {
      document_.fill(number, at, at + each.n);
      at += each.n;
    });
    const spread = (lists) => Object.fromEntries(Object.entries(lists).map(([name, steps]) => [name, places(steps)]));
    return {
      ...index,
      document: document_,
      topic: Int32Array.from(index.topic),
      by_speaker_group: spread(index.by_speaker_group),
      coded: spread(index.coded),
      read: places(index.read),
      scored: Object.fromEntries(Object.entries(index.scored).map(([theme, each]) => [theme, { ...each, at: places(each.at) }])),
      texts: null,
    };
  }

  // Letters as a keyboard has them, so that what is typed finds what is printed: case, curly
  // quotation marks, hyphens that do not break and accents make no difference. Keeps the length.
  const PRINTED = /[^\u0000-\u007f]/g;
  const TYPED = new Map([..."‘’‚‛′"].map((each) => [each, "'"])
    .concat([..."“”„‟″«»"].map((each) => [each, '"']))
    .concat([..."‐‑‒–—−"].map((each) => [each, "-"]))
    .concat([..."\u00a0\u2009\u202f"].map((each) => [each, " "])));
  function typed(letter) {
    if (!TYPED.has(letter)) {
      const [base, ...marks] = letter.normalize("NFD");
      TYPED.set(letter, marks.length && base.length === letter.length ? base : letter);
    }
    return TYPED.get(letter);
  }
  const plain = (text) => text.toLowerCase().replace(PRINTED, typed);

  // Words, and what stands in quotation marks as one phrase.
  function phrasesOf(query) {
    return [...plain((query || "").normalize("NFC")).matchAll(/"([^"]+)"|([^\s"]+)/g)].map((match) => match[1] || match[2]);
  }

  async function open() {
    if (!library) library = opened(await peacetext.load("index"));
    return library;
  }

  const chunkName = (number) => `passages-${String(number).padStart(3, "0")}`;

  async function openTexts(progress) {
    const books = await open();
    if (books.texts) return books.texts;
    const n = Math.ceil(books.n / books.chunk);
    let done = 0;
    const chunks = await Promise.all(Array.from({ length: n }, async (_, number) => {
      const chunk = await peacetext.load(chunkName(number));
      done += 1;
      progress(done / n);
      return chunk;
    }));
    books.texts = chunks.flatMap((chunk) => chunk.text.map(plain));
    books.labels = chunks.flatMap((chunk) => chunk.label);
    return books.texts;
  }

  // Keep only what stands in the list.
  function narrow(kept, list) {
    const marked = new Uint8Array(kept.length);
    for (const place of list) marked[place] = kept[place];
    kept.set(marked);
  }

  function test(kept, holds) {
    for (let place = 0; place < kept.length; place += 1) {
      if (kept[place] && !holds(place)) kept[place] = 0;
    }
  }

  function byDocument(books, kept, holds) {
    const wanted = books.documents.map(holds);
    test(kept, (place) => wanted[books.document[place]]);
  }

  function kindHolds(books, kind) {
    if (kind === "un") return (document) => document.kind !== "article";
    return (document) => document.kind === kind;
  }

  // Documents of a side; of its missions, where it names any.
  function sideHolds(side) {
    if (!side) return () => false;
    if (side.interviews) return (document) => document.kind === "article";
    return (document) => side.kinds.includes(document.kind)
      && (!side.missions.length || document.missions.some((mission) => side.missions.includes(mission)));
  }

  // Links say kind=policy for the first side of documents, whatever a study calls it.
  function named(books, state) {
    if (state.kind !== "policy") return state;
    const first = books.sides.find((side) => !side.interviews);
    const { kind: _, ...others } = state;
    return first ? { ...others, side: first.id } : others;
  }

  function union(lists) {
    return lists.flatMap((list) => [...list]);
  }

  async function apply(wanted, progress = () => {}) {
    const books = await open();
    const state = named(books, wanted);
    const kept = new Uint8Array(books.n).fill(1);
    if (state.theme) narrow(kept, books.scored[state.theme] ? books.scored[state.theme].at : []);
    if (state.code) narrow(kept, state.code === "any" ? union(Object.values(books.coded)) : books.coded[state.code] || []);
    if (state.speaker_group) narrow(kept, state.speaker_group === "any" ? union(Object.values(books.by_speaker_group)) : books.by_speaker_group[state.speaker_group] || []);
    if (state.read) narrow(kept, books.read);
    if (state.topic) {
      const topic = Number(state.topic);
      test(kept, (place) => books.topic[place] === topic);
    }
    if (state.side) {
      const side = books.sides.find((each) => each.id === state.side);
      byDocument(books, kept, sideHolds(side));
      if (side && side.interviews) narrow(kept, union(Object.values(books.by_speaker_group)));
    }
    if (state.kind) byDocument(books, kept, kindHolds(books, state.kind));
    if (state.mission) byDocument(books, kept, (document) => document.missions.includes(state.mission));
    if (state.year) byDocument(books, kept, (document) => String(document.year) === state.year);
    if (state.document) byDocument(books, kept, (document) => document.id === state.document);
    if (state.near) await nearPassage(books, kept, state.near);
    if (state.passage) await onePassage(books, kept, state.passage);
    if (state.q || state.label) await inText(books, kept, state, progress);
    const found = [];
    for (let place = 0; place < kept.length; place += 1) if (kept[place]) found.push(place);
    return ordered(books, found, state);
  }

  async function inText(books, kept, state, progress) {
    const texts = await openTexts(progress);
    const phrases = phrasesOf(state.q);
    if (phrases.length) test(kept, (place) => phrases.every((phrase) => texts[place].includes(phrase)));
    if (state.label) {
      const label = state.label.toLowerCase().replace(/\s+/g, "");
      test(kept, (place) => books.labels[place].toLowerCase().replace(/\s+/g, "") === label);
    }
  }

  async function onePassage(books, kept, passage) {
    const candidates = books.documents.map((document) => passage.startsWith(`${document.id}.`));
    test(kept, (place) => candidates[books.document[place]]);
    const numbers = new Set();
    kept.forEach((mark, place) => mark && numbers.add(Math.floor(place / books.chunk)));
    await Promise.all([...numbers].map((number) => peacetext.load(chunkName(number))));
    test(kept, (place) => {
      const chunk = peacetext.values.get(chunkName(Math.floor(place / books.chunk)));
      return chunk.id[place % books.chunk] === passage;
    });
  }

  // A passage and those nearest to it in meaning.
  async function nearPassage(books, kept, passage) {
    const place = await placeOf(books, passage);
    if (place < 0) {
      kept.fill(0);
      return;
    }
    const chunk = peacetext.values.get(chunkName(Math.floor(place / books.chunk)));
    narrow(kept, [place, ...chunk.near[place % books.chunk]]);
  }

  async function placeOf(books, passage) {
    const one = new Uint8Array(books.n).fill(1);
    await onePassage(books, one, passage);
    return one.indexOf(1);
  }

  async function ordered(books, found, state) {
    if (state.near && !state.sort) {
      const place = await placeOf(books, state.near);
      if (place < 0) return found;
      const rank = [place, ...peacetext.values.get(chunkName(Math.floor(place / books.chunk))).near[place % books.chunk]];
      return found.sort((one, other) => rank.indexOf(one) - rank.indexOf(other));
    }
    const sort = state.sort || (state.theme ? "score" : "reading");
    if (sort === "score" && books.scored[state.theme]) {
      const { at, score } = books.scored[state.theme];
      const worth = new Map(Array.from(at, (place, number) => [place, score[number]]));
      return found.sort((one, other) => (worth.get(other) || 0) - (worth.get(one) || 0) || one - other);
    }
    if (sort === "newest") {
      const date = (place) => books.documents[books.document[place]].date;
      return found.sort((one, other) => date(other).localeCompare(date(one)) || one - other);
    }
    return found;
  }

  async function passage(books, place) {
    const chunk = await peacetext.load(chunkName(Math.floor(place / books.chunk)));
    const at = place % books.chunk;
    return {
      id: chunk.id[at], text: chunk.text[at], label: chunk.label[at],
      section: chunk.sections[chunk.section[at]], role: chunk.roles[chunk.role[at]],
      document: books.documents[books.document[place]], topic: books.topic[place], near: chunk.near[at].length,
    };
  }

  // Position of a place in a sorted list, or -1.
  function position(list, place) {
    let [low, high] = [0, list.length - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      if (list[middle] === place) return middle;
      if (list[middle] < place) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  return { NAMES, open, apply, named, passage, position, plain, phrasesOf };
})();
