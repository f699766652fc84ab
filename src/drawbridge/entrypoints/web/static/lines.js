// Charts of one line each: an account's worth and its growth, read once from one JSON address.
// Amounts arrive as text, because they are exact; the chart alone turns them into numbers.
(() => {
  "use strict";
  const charts = LightweightCharts;
  const answers = new Map();

  const { line: lineLook, onChange, point, read } = chartLook;
  const look = () => {
    const shared = chartLook.chart();
    // However narrow the screen, all of the past is shown at once.
    return { ...shared, timeScale: { ...shared.timeScale, minBarSpacing: 0.01 } };
  };
  // Of several points of one second, the chart takes the last.
  const points = (rows) => [...new Map(rows.map(point).map((it) => [it.time, it])).values()];
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
    onChange(relook);
    told(place.dataset.src).then((all) => {
      const rows = points(all[place.dataset.line]);
      line.setData(rows);
      const scale = chart.timeScale();
      scale.fitContent();
      scale.subscribeSizeChange(() => scale.fitContent()); // A phone may be turned.
      place.dataset.drawn = String(rows.length);
    }).catch(() => {
      place.dataset.drawn = "0"; // The figures beside the chart stand on the page without it.
    });
  }
})();
