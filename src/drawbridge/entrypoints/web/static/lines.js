// Charts of one line each: an account's worth and its growth, read once from one JSON address.
// Amounts arrive as text, because they are exact; the chart alone turns them into numbers.
(() => {
  "use strict";
  const charts = LightweightCharts;
  const answers = new Map();

  const colour = (name) => {
    const probe = document.createElement("span");
    probe.style.color = `var(--${name})`;
    document.body.append(probe);
    const seen = getComputedStyle(probe).color;
    probe.remove();
    return seen;
  };
  const look = () => ({
    layout: {
      attributionLogo: false, // It would bring an inline style; the page names the makers instead.
      background: { type: "solid", color: "transparent" },
      textColor: colour("ink-soft"),
      fontFamily: getComputedStyle(document.body).fontFamily,
    },
    grid: { vertLines: { visible: false }, horzLines: { color: colour("line") } },
    rightPriceScale: { borderColor: colour("line") },
    // However narrow the screen, all of the past is shown at once.
    timeScale: { borderColor: colour("line"), timeVisible: true, secondsVisible: false, minBarSpacing: 0.01 },
    autoSize: true,
  });
  const lineLook = () => ({ color: colour("accent"), lineWidth: 2, priceLineVisible: false });
  const point = (row) => ({ time: Math.floor(row[0] / 1000), value: Number(row[1]) });
  // Of several points of one second, the chart takes the last.
  const points = (rows) => [...new Map(rows.map(point).map((it) => [it.time, it])).values()];
  const read = async (address) => {
    const answer = await fetch(address, { headers: { accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  };
  const told = (address) => {
    if (!answers.has(address)) answers.set(address, read(address));
    return answers.get(address);
  };

  for (const place of document.querySelectorAll("[data-line]")) {
    const chart = charts.createChart(place, look());
    const line = chart.addSeries(charts.LineSeries, lineLook());
    const relook = () => {
      chart.applyOptions(look());
      line.applyOptions(lineLook());
    };
    document.addEventListener("themechange", relook);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", relook);
    told(place.dataset.src).then((all) => {
      const rows = points(all[place.dataset.line]);
      line.setData(rows);
      chart.timeScale().fitContent();
      place.dataset.drawn = String(rows.length);
    }).catch(() => {
      place.dataset.drawn = "0"; // The figures beside the chart stand on the page without it.
    });
  }
})();
