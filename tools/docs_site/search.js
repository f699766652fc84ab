// Finds documents as Help in the app does (find_documents in entrypoints/web/library.py): every
// word must stand in it, those with words in the title come first. The texts come as a script,
// because a page that is opened from a disk may load scripts and nothing else.
(() => {
  "use strict";
  const MOST_TEXT = 100;
  const MOST_WORDS = 8;
  const AROUND = 120;
  const OFTEN = 20;
  const { shelves, documents } = globalThis.texts;

  const times = (text, word) => {
    let count = 0;
    for (let at = text.indexOf(word); at >= 0 && count < OFTEN; count += 1) {
      at = text.indexOf(word, at + word.length);
    }
    return count;
  };

  const weight = (it, words) => {
    const title = it.title.toLowerCase();
    const inTitle = words.filter((word) => title.includes(word)).length;
    const often = words.reduce((sum, word) => sum + times(it.folded, word), 0);
    return OFTEN * (10 * inTitle - shelves.indexOf(it.name.split("/")[0])) + often;
  };

  const around = (it, words) => {
    const first = Math.min(...words.map((word) => it.folded.indexOf(word)));
    const begin = Math.max(0, first - AROUND / 2);
    return it.text.slice(begin, begin + AROUND);
  };

  const drawn = (it, words) => {
    const block = document.createElement("div");
    const link = document.createElement("a");
    const title = document.createElement("strong");
    const place = document.createElement("p");
    link.href = `${it.name}.html`;
    title.textContent = it.title;
    place.className = "small soft";
    place.textContent = `… ${around(it, words)} …`;
    link.append(title);
    block.append(link, place);
    return block;
  };

  const text = (new URLSearchParams(location.search).get("text") ?? "").slice(0, MOST_TEXT);
  document.getElementById("text").value = text;
  const words = (text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? []).slice(0, MOST_WORDS);
  if (!words.length) return;
  const found = documents
    .map((it) => ({ ...it, folded: it.text.toLowerCase() }))
    .filter((it) => words.every((word) => it.folded.includes(word)))
    .map((it) => ({ it, weight: weight(it, words) }))
    .sort((a, b) => b.weight - a.weight);
  const list = document.getElementById("found");
  list.append(...found.map(({ it }) => drawn(it, words)));
  list.hidden = !found.length;
  document.getElementById("count").textContent = globalThis.texts.counted[
    found.length === 1 ? "one" : "other"
  ].replace("#", String(found.length));
})();
