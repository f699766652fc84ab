"""Draw the idea of each strategy: prices of our own making, its lines, and where it trades.

The picture comes out of the strategy's real functions, so it cannot drift from them.
`python -m tools.make_reference` writes the pictures and `docs/reference/strategies.md`.
There is no word in a picture: its lines are numbered, and whoever shows it says beside it, in the
reader's language, which line is which (`lines.json`). Colours are those of the pages where a
picture stands in one, and tones that can be told apart on light and dark grounds elsewhere.
"""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from drawbridge.core.clock import HOUR_MS
from drawbridge.core.orders import Side
from drawbridge.robots.columns import CandleColumns, columns_of
from drawbridge.robots.own.driving import Deal, drive
from drawbridge.robots.strategies import STRATEGIES
from drawbridge.robots.strategy import Parameter, Strategy, Want
from drawbridge.wording.say import has_words, say

_ROOT: Final = Path(__file__).resolve().parents[1]
_FOLDER: Final = "src/drawbridge/entrypoints/pages/static/strategies"
PAGE: Final = _ROOT / "docs/reference/strategies.md"

_WIDTH, _HEIGHT, _PANEL, _GAP, _EDGE = 640, 240, 90, 14, 12
_LEGEND: Final = 24
_CANDLES: Final = 110
_INK: Final = "var(--ink-faint, #76868f)"
_FAINT: Final = "var(--line, #9aa7ae)"
_GOOD: Final = "var(--good, #1f9060)"
_BAD: Final = "var(--bad, #d2574a)"
_LINES: Final = ("var(--accent, #1c8f8c)", "var(--warn, #b57a12)", "#7a6fd0")

_HEAD: Final = """\
# Strategies

Every strategy decides alike in a backtest, on paper and live. The pictures show what each one
does with the same few prices, drawn by its own code: ▲ where it buys, ▼ where it sells.

This page is written by `python -m tools.make_reference`; your own strategies: see
[how to write one](../howto/own-strategy.md).
"""


@dataclass(frozen=True, slots=True)
class Idea:
    """What a picture shows: settings that suit the prices, and which series are drawn where."""

    settings: dict[str, object] = field(default_factory=dict)
    lines: tuple[str, ...] = ()
    panel: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()


IDEAS: Final[dict[str, Idea]] = {
    "ema_cross": Idea({"fast": 5, "slow": 14}, ("fast", "slow")),
    "macd": Idea({"fast": 6, "slow": 13, "signal": 5}, (), ("macd", "signal")),
    "bollinger": Idea({"span": 14, "width": 1.8}, ("lower", "middle", "upper")),
    "rsi_bands": Idea({"span": 9, "low": 30, "high": 70}, (), ("rsi",), ("low", "high")),
    "donchian": Idea({"span": 12, "leave_span": 7}, ("upper", "lower")),
    "supertrend": Idea({"span": 8, "ranges": 2}, ("stop",)),
    "adx_channel": Idea({"span": 8, "level": 25}, (), ("adx", "plus", "minus"), ("level",)),
    "parabolic": Idea({"quicken": 0.03}, ("stop",)),
    "atr_trail": Idea({"span": 8, "ranges": 2.5}, ("stop",)),
    "counter_candle": Idea({"falling": 3, "rising": 3, "gain": 3}),
    "trendline": Idea({"span": 14, "width": 1.5}, ("upper", "lower")),
    "support_resistance": Idea({"sides": 3, "lasting": 40, "near": 0.5}, ("support", "resistance")),
    "gain_trail": Idea({"span": 14, "drop": 2, "gain": 3, "give_back": 1}, ("average",)),
    "grid": Idea({"below": 9, "above": 9, "lines": 7}),
    "trailing_grid": Idea({"gap": 2.5, "lots": 4, "follow": "both"}),
    "step_grid": Idea({"down": 3, "gain": 3, "lots": 5}),
    "dca": Idea({"safeties": 3, "down": 3, "gain": 2.5}),
    "rebalancing": Idea({"share": 50, "band": 1.5}),
}


def prices() -> CandleColumns:
    """Make candles that swing, fall, rise and stand still, always the same ones."""
    table: list[float] = []
    before = _price(-1)
    for at in range(_CANDLES):
        close = _price(at)
        reach = 0.25 + 0.35 * abs(math.sin(at * 2.3))
        high, low = max(before, close) + reach, min(before, close) - reach
        table += [at * HOUR_MS, before, high, low, close, 1.0]
        before = close
    return columns_of(table)


def _price(at: int) -> float:
    swing = 5.5 * math.sin(at / 8.5) + 2.2 * math.sin(at / 3.7 + 1.0)
    drift = 6.0 * math.sin(at / 34.0)
    return round(100.0 + swing + drift + 0.5 * math.sin(at * 1.9), 2)


def draw(strategy_id: str) -> str:
    """Draw a strategy's idea as SVG."""
    strategy, idea = STRATEGIES[strategy_id], IDEAS[strategy_id]
    settings = strategy.read_settings(idea.settings)
    candles = prices()
    seen = strategy.look(candles, settings)
    acts, deals = drive(strategy, settings, candles)
    lines = {name: getattr(seen, name).tolist() for name in idea.lines}
    panel = {name: getattr(seen, name).tolist() for name in idea.panel}
    levels = [float(getattr(settings, name)) for name in idea.levels]
    chart = _Chart.around([candles.low.tolist(), candles.high.tolist(), *lines.values()], _LEGEND)
    resting = [] if strategy.orders is None else [*_resting(acts, chart)]
    pieces = [*resting, *_candles(candles, chart), *_drawn(lines, chart), *map(chart.mark, deals)]
    height = _LEGEND + _HEIGHT
    if panel:
        below = _Chart.around([*panel.values(), levels], height + _GAP, _PANEL)
        pieces += [*_drawn(panel, below), *map(below.level, levels)]
        height += _GAP + _PANEL
    pieces += _numbers(len(idea.lines) + len(idea.panel))
    return _framed(height, pieces)


def page() -> str:
    """Write the page about all strategies."""
    return _HEAD + "".join(_section(strategy) for strategy in STRATEGIES.values())


def documents() -> dict[Path, Callable[[], str]]:
    """Give the page and all pictures with the functions that make their texts."""
    pictures = {_ROOT / _FOLDER / f"{it}.svg": partial(draw, it) for it in STRATEGIES}
    return {PAGE: page, _ROOT / _FOLDER / "lines.json": lines, **pictures}


def lines() -> str:
    """Write which lines the pictures show, in the order of their numbers."""
    rows = {it: [*idea.lines, *idea.panel] for it, idea in IDEAS.items()}
    return json.dumps(rows, indent=2) + "\n"


@dataclass(frozen=True, slots=True)
class _Chart:
    """Where numbers lie in the picture."""

    lowest: float
    highest: float
    top: float
    height: float

    @staticmethod
    def around(rows: Sequence[Sequence[float]], top: float, height: float = _HEIGHT) -> "_Chart":
        known = [number for row in rows for number in row if not math.isnan(number)]
        return _Chart(min(known), max(known), top, height)

    def x(self, at: float) -> float:
        return round(_EDGE + (at + 0.5) * (_WIDTH - 2 * _EDGE) / _CANDLES, 1)

    def y(self, number: float) -> float:
        share = (number - self.lowest) / (self.highest - self.lowest)
        return round(self.top + _EDGE + (1 - share) * (self.height - 2 * _EDGE), 1)

    def level(self, number: float) -> str:
        y = self.y(number)
        dashes = f'stroke="{_FAINT}" stroke-dasharray="4 4"'
        return f'<path d="M{_EDGE} {y}H{_WIDTH - _EDGE}" {dashes}/>'

    def mark(self, deal: Deal) -> str:
        """Point up below a purchase, and down above a sale."""
        x, y = self.x(deal.at), self.y(deal.price)
        if deal.side is Side.BUY:
            return f'<path d="M{x} {y + 4:.1f}l6 10h-12z" fill="{_GOOD}"/>'
        return f'<path d="M{x} {y - 4:.1f}l6 -10h-12z" fill="{_BAD}"/>'


def _candles(candles: CandleColumns, chart: _Chart) -> Iterator[str]:
    wicks: list[str] = []
    up: list[str] = []
    down: list[str] = []
    rows = (candles.open, candles.high, candles.low, candles.close)
    for at, (first, high, low, last) in enumerate(zip(*(it.tolist() for it in rows), strict=True)):
        x = chart.x(at)
        wicks.append(f"M{x} {chart.y(high)}V{chart.y(low)}")
        body = f"M{x - 1.8:.1f} {chart.y(first)}H{x + 1.8:.1f}V{chart.y(last)}H{x - 1.8:.1f}z"
        (up if last >= first else down).append(body)
    yield f'<path d="{"".join(wicks)}" stroke="{_INK}" stroke-width="0.8"/>'
    yield f'<path d="{"".join(up)}" fill="none" stroke="{_INK}" stroke-width="0.8"/>'
    yield f'<path d="{"".join(down)}" fill="{_INK}"/>'


def _resting(acts: Sequence[Sequence[Want]], chart: _Chart) -> Iterator[str]:
    """Draw each order from where it is first wanted to where it is wanted last."""
    wants = {want.tag: want for asked in acts for want in asked}
    spans: dict[str, tuple[int, int]] = {}
    for at, asked in enumerate(acts):
        spans |= {it.tag: (spans.get(it.tag, (at, at))[0], at + 1) for it in asked}
    for side, colour in ((Side.BUY, _GOOD), (Side.SELL, _BAD)):
        path = ""
        for tag, (first, last) in spans.items():
            price = float(wants[tag].price or 0)
            if wants[tag].side is side and chart.lowest <= price <= chart.highest:
                path += f"M{chart.x(first)} {chart.y(price)}H{chart.x(last)}"
        if path:
            yield f'<path d="{path}" stroke="{colour}" stroke-width="1" opacity="0.55"/>'


def _drawn(series: dict[str, list[float]], chart: _Chart) -> Iterator[str]:
    for number, values in enumerate(series.values()):
        path, pen = [], "M"
        for at, value in enumerate(values):
            if math.isnan(value):
                pen = "M"
                continue
            path.append(f"{pen}{chart.x(at)} {chart.y(value)}")
            pen = "L"
        colour = _LINES[number % len(_LINES)]
        yield f'<path d="{"".join(path)}" fill="none" stroke="{colour}" stroke-width="1.6"/>'


def _numbers(count: int) -> Iterator[str]:
    """Draw a piece of each line with its number; the shapes of the marks tell themselves apart."""
    for at in range(count):
        x, colour = _EDGE + at * 56, _LINES[at % len(_LINES)]
        yield f'<path d="M{x} 12h22" stroke="{colour}" stroke-width="3"/>'
        yield f'<text x="{x + 28}" y="17" fill="{_INK}">{at + 1}</text>'


def _framed(height: float, pieces: Sequence[str]) -> str:
    size = f'viewBox="0 0 {_WIDTH} {height:.0f}" width="{_WIDTH}" height="{height:.0f}"'
    look = 'font-family="system-ui, sans-serif" font-size="15" aria-hidden="true"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {look}>'
    return "\n".join([head, *pieces, "</svg>", ""])


def _section(strategy: Strategy) -> str:
    key = f"robots.strategy.{strategy.id}"
    name, about = say(f"{key}.name"), say(f"{key}.about")
    picture = f"![{name}: {about}](../../{_FOLDER}/{strategy.id}.svg)"
    idea = IDEAS[strategy.id]
    numbered = (
        f"{number} {say(f'robots.line.{line}')}"
        for number, line in enumerate((*idea.lines, *idea.panel), 1)
    )
    marks = (f"▲ {say('robots.line.buys')}", f"▼ {say('robots.line.sells')}")
    picture += "\n\n" + ", ".join((*numbered, *marks))
    rows = "".join(map(_row, strategy.parameters))
    head = "| setting | | from | to | default | |\n|---|---|---|---|---|---|\n"
    return f"\n## {name} (`{strategy.id}`)\n\n{about}\n\n{picture}\n\n{head}{rows}"


def _row(parameter: Parameter) -> str:
    key = f"robots.parameter.{parameter.name}"
    about = say(f"{key}.about") if has_words(f"{key}.about") else ""
    bounds = f"{parameter.lowest:g} | {parameter.highest:g}"
    if parameter.choices:
        bounds = f"{', '.join(f'`{it}`' for it in parameter.choices)} | "
    name = say(f"{key}.name")
    return f"| `{parameter.name}` | {name} | {bounds} | `{parameter.default}` | {about} |\n"
