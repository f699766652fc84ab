// Charts: candles with a robot's trades, and its equity, both read from one JSON address, and read
// again whenever the page is told that something has changed.
// Amounts arrive as text, because they are exact; the chart alone turns them into numbers.
(() => {
  "use strict";
  const AGAIN_MS = 1000;
  const MOST_WAIT_MS = 30000;
  const SHOWN_AT_FIRST = 120;
  const MOST_WORDS = 20; // More of them would cover each other; arrows alone do not.
  const charts = LightweightCharts;

  const { colour, line: lineLook, onChange, point, read, seconds } = chartLook;
  const look = () => ({
    ...chartLook.chart(),
    crosshair: { vertLine: { color: colour("line-strong") }, horzLine: { color: colour("line-strong") } },
  });
  const candleLook = () => ({
    upColor: colour("good"), wickUpColor: colour("good"), borderUpColor: colour("good"),
    downColor: colour("bad"), wickDownColor: colour("bad"), borderDownColor: colour("bad"),
  });
  const fallLook = () => ({
    lineColor: colour("bad"), topColor: colour("bad-tint"), bottomColor: colour("bad-tint"),
    lineWidth: 1, priceLineVisible: false, invertFilledArea: true,
  });
  const candle = (row) => ({
    time: seconds(row[0]), open: Number(row[1]), high: Number(row[2]), low: Number(row[3]), close: Number(row[4]),
  });
  const marker = (trade, crowded) => ({
    time: seconds(trade.at_ms),
    position: trade.side === "buy" ? "belowBar" : "aboveBar",
    shape: trade.side === "buy" ? "arrowUp" : "arrowDown",
    color: colour(trade.side === "buy" ? "good" : "bad"),
    text: crowded ? "" : trade.words,
  });
  const markers = (trades) => trades.map((trade) => marker(trade, trades.length > MOST_WORDS));

  const start = (place) => {
    const low = document.getElementById(place.dataset.equity);
    const prices = charts.createChart(place, look());
    const bars = prices.addSeries(charts.CandlestickSeries, candleLook());
    const marks = charts.createSeriesMarkers(bars, []);
    const worth = low && charts.createChart(low, look());
    const line = worth && worth.addSeries(charts.LineSeries, lineLook());
    const deep = document.getElementById(place.dataset.below);
    const falls = deep && charts.createChart(deep, look());
    const fall = falls && falls.addSeries(charts.AreaSeries, fallLook());
    let wait = AGAIN_MS;
    let timer = 0;
    let asking = true;
    let asked = false;
    let fitted = false;
    let trades = [];

    const draw = (told) => {
      if (told.price_tick) {
        const places = (told.price_tick.split(".")[1] ?? "").length;
        bars.applyOptions({ priceFormat: { type: "price", precision: places, minMove: Number(told.price_tick) } });
      }
      bars.setData(told.candles.map(candle));
      // What was traded before the first candle has no place on the chart.
      const first = told.candles.length ? told.candles[0][0] : Infinity;
      trades = told.trades.filter((trade) => trade.at_ms >= first);
      marks.setMarkers(markers(trades));
      if (line) line.setData(told.equity.map(point));
      if (fall) fall.setData(told.below.map(point));
      if (!fitted && told.candles.length) {
        const bars = told.candles.length;
        prices.timeScale().setVisibleLogicalRange({ from: bars - SHOWN_AT_FIRST, to: bars + 12 });
        if (worth) worth.timeScale().fitContent();
        if (falls) falls.timeScale().fitContent();
        fitted = true;
      }
      place.dataset.drawn = String(told.candles.length);
    };
    const ask = async () => {
      try {
        draw(await read(place.dataset.src));
        wait = AGAIN_MS;
      } catch {
        wait = Math.min(wait * 2, MOST_WAIT_MS); // The app restarts, or the network is away.
        asked = true;
      }
      asking = false;
      if (asked) later(); // Something has changed meanwhile.
    };
    const later = () => {
      asked = true;
      if (asking || timer) return;
      timer = setTimeout(() => {
        timer = 0;
        asking = true;
        asked = false;
        ask();
      }, wait);
    };
    const relook = () => {
      prices.applyOptions(look());
      bars.applyOptions(candleLook());
      marks.setMarkers(markers(trades));
      if (worth) worth.applyOptions(look());
      if (line) line.applyOptions(lineLook());
      if (falls) falls.applyOptions(look());
      if (fall) fall.applyOptions(fallLook());
    };
    onChange(relook);
    // What is past does not change any more.
    if (!("still" in place.dataset)) document.addEventListener("live", later);
    ask();
  };

  for (const place of document.querySelectorAll("[data-chart]")) start(place);
})();
