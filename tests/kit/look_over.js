// Looks over the page that is open and gives what is wrong with it, in words; a test's eyes.
({ lang, dir }) => {
  const wrong = [];
  const root = document.documentElement;
  const name = (it) => {
    const words = (it.textContent || it.value || "").trim().replace(/\s+/g, " ").slice(0, 40);
    return `<${it.localName}${it.id ? "#" + it.id : ""}${it.classList.length ? "." + [...it.classList].join(".") : ""}> “${words}”`;
  };
  const isSeen = (it) => {
    const style = getComputedStyle(it);
    return it.getClientRects().length > 0 && style.visibility !== "hidden" && !it.closest(".only-heard, .skip");
  };
  const scrolls = (it) => {
    for (let at = it; at; at = at.parentElement) if (/auto|scroll/.test(getComputedStyle(at).overflowX)) return true;
    return false;
  };
  const seen = [...document.body.querySelectorAll("*")].filter(isSeen);

  if (root.lang !== lang || root.dir !== dir) wrong.push(`speaks ${root.lang} ${root.dir}`);
  if (document.title.split("·")[0].trim() === "") wrong.push("has no title");
  const heads = document.querySelectorAll("h1").length;
  if (heads !== 1) wrong.push(`has ${heads} first headings`);

  if (root.scrollWidth > window.innerWidth) {
    const culprit = seen.find((it) => {
      const box = it.getBoundingClientRect();
      return (box.right > window.innerWidth + 1 || box.left < -1) && !scrolls(it);
    });
    wrong.push(`is ${root.scrollWidth - window.innerWidth} px too wide${culprit ? ": " + name(culprit) : ""}`);
  }

  // Words that do not fit where they stand.
  const labels = "button, .button, label, legend, summary, th, td, dt, dd, .badge, .tile, .segments a, .sections a, h1, h2, h3";
  for (const it of seen) {
    const isLabel = it.matches(labels) && getComputedStyle(it).display !== "inline";
    if (isLabel && it.scrollWidth > it.clientWidth + 1 && !it.closest("svg")) wrong.push(`cuts off ${name(it)}`);
  }

  // Whatever sticks out of its card lies on its neighbour or on nothing; the first three will do.
  const outside = seen.filter((it) => {
    const card = it.closest(".card, .figure, .tile, .picture, .note");
    if (!card || it === card || it.children.length || it.closest("details.menu > div, .chart, svg")) return false;
    const [inner, outer] = [it.getBoundingClientRect(), card.getBoundingClientRect()];
    return (inner.right > outer.right + 1 || inner.left < outer.left - 1) && !scrolls(it);
  });
  wrong.push(...outside.slice(0, 3).map((it) => `sticks out: ${name(it)}`));

  for (const it of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
    const words = [...it.labels].map((label) => label.textContent.trim()).join("") || it.getAttribute("aria-label");
    if (!words && !it.hasAttribute("aria-labelledby")) wrong.push(`has no label for ${name(it)} ${it.name}`);
  }
  return wrong;
}
