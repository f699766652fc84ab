// Gives what a page in the made-up language shows that the wording did not say:
// [where, words outside of brackets, words without accents inside of them].
// Names, keys, numbers and what stands in another language are marked as such and left out.
() => {
  const marked = "[translate=no], [lang]:not(html), code, pre, time, .figures, [data-chart], [data-line], noscript";
  const read = ["aria-label", "title", "alt", "placeholder", "data-copied", "data-head"];
  const found = [];
  const taken = (text) => {
    const inside = [];
    let left = text.replace(/[\u2066-\u2069]/g, "");
    for (let before = ""; before !== left; ) {
      before = left;
      left = left.replace(/\[[^\[\]]*\]/g, (said) => {
        inside.push(...(said.match(/[A-Za-z]{2,}/g) || []));
        return "|";
      });
    }
    return [left.replace(/\s+/g, " ").trim(), inside.join(" ")];
  };
  const look = (text, it, where) => {
    if (it.closest(marked) || it.closest("script, style, template")) return;
    const [outside, inside] = taken(text);
    if (/\p{L}{2,}/u.test(outside) || inside) found.push([`<${it.localName}>${where}`, outside, inside]);
  };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) look(walk.currentNode.data, walk.currentNode.parentElement, "");
  for (const it of document.body.querySelectorAll("*"))
    for (const name of read) if (it.hasAttribute(name)) look(it.getAttribute(name), it, ` ${name}`);
  // A document in a language of its own has its title in that language, too.
  if (!document.querySelector("article[lang]")) look(document.title.split("·")[0], document.querySelector("title"), "");
  return found;
}
