// What all charts share: the colours of the page's theme, and how their figures are read.
const chartLook = (() => {
  "use strict";

  const colour = (name) => {
    const probe = document.createElement("span");
    probe.style.color = `var(--${name})`;
    document.body.append(probe);
    const seen = getComputedStyle(probe).color;
    probe.remove();
    return seen;
  };
  const chart = () => ({
    layout: {
      attributionLogo: false, // It would bring an inline style; the page names the makers instead.
      background: { type: "solid", color: "transparent" },
      textColor: colour("ink-soft"),
      fontFamily: getComputedStyle(document.body).fontFamily,
    },
    grid: { vertLines: { visible: false }, horzLines: { color: colour("line") } },
    rightPriceScale: { borderColor: colour("line") },
    timeScale: { borderColor: colour("line"), timeVisible: true, secondsVisible: false },
    localization: { locale: document.documentElement.lang },
    autoSize: true,
  });
  const line = () => ({ color: colour("accent"), lineWidth: 2, priceLineVisible: false });
  const onChange = (redraw) => {
    document.addEventListener("themechange", redraw);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  };
  const seconds = (ms) => Math.floor(ms / 1000);
  const point = (row) => ({ time: seconds(row[0]), value: Number(row[1]) });
  const read = async (address) => {
    const answer = await fetch(address, { headers: { accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  };
  return { colour, chart, line, onChange, seconds, point, read };
})();
