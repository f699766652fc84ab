// Live values: parts of a page that the server tells anew whenever something has changed. Only
// what differs is touched, so nothing jumps: what is open stays open, what is chosen stays chosen.
// Without event streams, or when the server has no room for one more, the page asks by itself.
(() => {
  "use strict";
  const ASK_EVERY_MS = 2000;
  const MOST_WAIT_MS = 30000;
  const ELEMENT = 1;

  const sameKind = (from, to) =>
    from.nodeType === to.nodeType && from.nodeName === to.nodeName && (from.id ?? "") === (to.id ?? "");
  // What the person did with the page is theirs: unfolded details stay as they are.
  const isTheirs = (node, name) => name === "open" && node.nodeName === "DETAILS";

  const matchAttributes = (from, to) => {
    for (const { name } of [...from.attributes]) {
      if (!to.hasAttribute(name) && !isTheirs(from, name)) from.removeAttribute(name);
    }
    for (const { name, value } of [...to.attributes]) {
      if (from.getAttribute(name) !== value && !isTheirs(from, name)) from.setAttribute(name, value);
    }
  };
  const matchChildren = (from, to) => {
    let place = from.firstChild;
    for (const wanted of [...to.childNodes]) {
      // What has a name is moved, not written over: a button stays the button of its row.
      const known = wanted.id ? [...from.children].find((it) => it.id === wanted.id) : null;
      if (known && known !== place) from.insertBefore(known, place);
      else if (!place || (place.id && place.id !== wanted.id)) place = from.insertBefore(wanted.cloneNode(true), place);
      const current = known ?? place;
      place = match(current, wanted).nextSibling;
    }
    while (place) {
      const next = place.nextSibling;
      place.remove();
      place = next;
    }
  };
  const match = (from, to) => {
    if (!sameKind(from, to)) {
      from.replaceWith(to);
      return to;
    }
    if (from.nodeType !== ELEMENT) {
      if (from.nodeValue !== to.nodeValue) from.nodeValue = to.nodeValue;
    } else if (!("keep" in from.dataset) && !from.isEqualNode(to)) {
      matchAttributes(from, to);
      matchChildren(from, to);
    }
    return from;
  };

  const show = (html) => {
    const told = document.createElement("template");
    told.innerHTML = html;
    for (const part of [...told.content.children]) {
      const here = part.id && document.getElementById(part.id);
      if (here) match(here, part);
    }
    document.dispatchEvent(new CustomEvent("live"));
  };
  const tellLost = (isLost) => {
    for (const note of document.querySelectorAll("[data-live-lost]")) note.hidden = !isLost;
  };
  const leave = () => location.reload();

  const start = (place) => {
    let stream = null;
    let timer = 0;
    let wait = ASK_EVERY_MS;
    let last = "";

    const take = (html) => {
      tellLost(false);
      if (html === last) return;
      last = html;
      show(html);
    };
    const ask = async () => {
      try {
        const answer = await fetch(place.dataset.again, { headers: { "x-part": "true" } });
        if (answer.headers.has("x-leave") || answer.status === 404) return leave();
        if (!answer.ok) throw new Error(String(answer.status));
        take(await answer.text());
        wait = ASK_EVERY_MS;
      } catch {
        tellLost(true);
        wait = Math.min(wait * 2, MOST_WAIT_MS); // The app restarts, or the network is away.
      }
      timer = setTimeout(ask, wait);
    };
    const open = () => {
      if (!window.EventSource) {
        timer = setTimeout(ask, wait);
        return;
      }
      stream = new EventSource(place.dataset.live);
      stream.addEventListener("show", (event) => take(event.data));
      stream.addEventListener("leave", () => {
        close();
        leave();
      });
      stream.addEventListener("open", () => tellLost(false));
      stream.addEventListener("error", () => {
        if (stream?.readyState !== EventSource.CLOSED) {
          tellLost(true); // The browser tries again by itself.
          return;
        }
        stream = null;
        timer = setTimeout(ask, wait);
      });
    };
    const close = () => {
      clearTimeout(timer);
      stream?.close();
      stream = null;
    };
    // A browser has few connections to a site: pages that nobody sees give theirs back.
    document.addEventListener("visibilitychange", () => {
      close();
      if (!document.hidden) open();
    });
    window.addEventListener("pagehide", close);
    if (!document.hidden) open();
  };

  for (const place of document.querySelectorAll("[data-live]")) start(place);
})();
