"""A picture of a robot's candles with its trades, as PNG. Pure: candles and fills in, bytes out.

Only figures and the symbol stand in it; sentences stand in the message below, in the person's
language. Drawn twice as large and then halved, so that slanted edges are smooth.
"""

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_CEILING, Decimal
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from drawbridge.core.clock import DAY_MS, SECOND_MS
from drawbridge.core.markets import Candle
from drawbridge.core.money import plain
from drawbridge.core.orders import Fill, Side

MOST_CANDLES: Final = 120
"""More candles than these are too thin to be seen on a phone."""

_FINER: Final = 2
_WIDTH, _HEIGHT = 1280 * _FINER, 720 * _FINER
_LEFT, _RIGHT, _TOP, _BOTTOM = 24 * _FINER, 190 * _FINER, 72 * _FINER, 60 * _FINER
_PRICES: Final = 5
_TIMES: Final = 6
_TIME_WIDE: Final = 170 * _FINER
_SHAPES: Final = ((2 * DAY_MS, "%H:%M"), (12 * DAY_MS, "%m-%d %H:%M"))
_BY_DAY: Final = "%Y-%m-%d"
_ARROW: Final = 11 * _FINER
_GAP: Final = 8 * _FINER
_LINE: Final = 2 * _FINER
_SMALL, _LARGE = 24 * _FINER, 30 * _FINER
_ROOM: Final = Decimal("0.08")
_STEPS: Final = (Decimal(1), Decimal(2), Decimal(5), Decimal(10))

_PAPER, _INK, _SOFT, _GRID = "#ffffff", "#10211f", "#5b6b69", "#e4eae9"
_UP, _DOWN, _BOUGHT, _SOLD = "#1f9d7a", "#d05353", "#0b6e6a", "#a3262a"
_LABEL: Final = "#10211f"

_Spot = tuple[int, int]
_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True, slots=True)
class _Field:
    """Where candles and prices stand in the picture."""

    candles: Sequence[Candle]
    interval_ms: int
    low: Decimal
    high: Decimal

    @property
    def pitch(self) -> int:
        """Give how far one candle stands from the next."""
        return max(1, (_WIDTH - _LEFT - _RIGHT) // max(len(self.candles), 30))

    def x_of(self, number: int) -> int:
        """Give the middle of a candle; the newest stands at the right."""
        behind = len(self.candles) - number
        return _WIDTH - _RIGHT - behind * self.pitch + self.pitch // 2

    def y_of(self, price: Decimal) -> int:
        """Give the height of a price."""
        tall = _HEIGHT - _TOP - _BOTTOM
        return _TOP + int((self.high - price) * tall / (self.high - self.low))

    def number_at(self, time_ms: int) -> int | None:
        """Give the candle in which a moment lies, None outside of the picture."""
        number = (time_ms - self.candles[0].open_time_ms) // self.interval_ms
        if not 0 <= number <= len(self.candles):
            return None
        # What was filled after the newest closed candle is drawn at it.
        return min(number, len(self.candles) - 1)


def draw_chart(
    candles: Sequence[Candle], fills: Iterable[Fill], symbol: str, interval_ms: int
) -> bytes:
    """Draw candles, oldest first, with a robot's trades; at least one candle is needed."""
    field = _field_of(candles[-MOST_CANDLES:], interval_ms)
    image = Image.new("RGB", (_WIDTH, _HEIGHT), _PAPER)
    pen = ImageDraw.Draw(image)
    small, large = ImageFont.load_default(_SMALL), ImageFont.load_default(_LARGE)
    pen.text((_LEFT, 20 * _FINER), symbol, _INK, large)
    _draw_prices(pen, field, small)
    _draw_times(pen, field, small)
    for number, candle in enumerate(field.candles):
        _draw_candle(pen, field, number, candle)
    for fill in fills:
        _draw_fill(pen, field, fill)
    _draw_last(pen, field, small)
    written = io.BytesIO()
    image.reduce(_FINER).save(written, "PNG", optimize=True)
    return written.getvalue()


def _field_of(candles: Sequence[Candle], interval_ms: int) -> _Field:
    low, high = min(it.low for it in candles), max(it.high for it in candles)
    # A market that stands still is drawn in the middle.
    room = (high - low) * _ROOM or high * _ROOM or Decimal(1)
    return _Field(candles, interval_ms, low - room, high + room)


def price_lines(low: Decimal, high: Decimal) -> list[Decimal]:
    """Choose round prices between two, some five of them."""
    rough = (high - low) / _PRICES
    unit = Decimal(1).scaleb(rough.adjusted())
    step = next(unit * it for it in _STEPS if unit * it >= rough)
    price, lines = (low / step).to_integral_value(ROUND_CEILING) * step, list[Decimal]()
    while price <= high:
        lines.append(price)
        price += step
    return lines


def _draw_prices(pen: ImageDraw.ImageDraw, field: _Field, font: _Font) -> None:
    newest = field.y_of(field.candles[-1].close)
    for price in price_lines(field.low, field.high):
        y = field.y_of(price)
        pen.line((_LEFT, y, _WIDTH - _RIGHT, y), _GRID, _LINE)
        # The newest price has a label of its own there.
        if abs(y - newest) > 2 * _SMALL:
            pen.text((_WIDTH - _RIGHT + _GAP, y), plain(price), _SOFT, font, anchor="lm")


def _draw_times(pen: ImageDraw.ImageDraw, field: _Field, font: _Font) -> None:
    write = _writer(len(field.candles) * field.interval_ms)
    apart = max(len(field.candles) // _TIMES, -(-_TIME_WIDE // field.pitch))
    for number in range(len(field.candles) - 1 - apart // 2, -1, -apart):
        x = field.x_of(number)
        pen.line((x, _TOP, x, _HEIGHT - _BOTTOM), _GRID, _LINE)
        told = write(field.candles[number].open_time_ms)
        pen.text((x, _HEIGHT - _BOTTOM + _GAP), told, _SOFT, font, anchor="mt")


def _writer(span_ms: int) -> Callable[[int], str]:
    """Choose how moments are written: the longer the picture reaches back, the coarser."""
    shape = next((shape for most_ms, shape in _SHAPES if span_ms <= most_ms), _BY_DAY)
    return lambda at_ms: datetime.fromtimestamp(at_ms // SECOND_MS, UTC).strftime(shape)


def _draw_candle(pen: ImageDraw.ImageDraw, field: _Field, number: int, candle: Candle) -> None:
    x, half = field.x_of(number), max(1, field.pitch * 3 // 10)
    colour = _UP if candle.close >= candle.open else _DOWN
    top, bottom = sorted((field.y_of(candle.open), field.y_of(candle.close)))
    pen.line((x, field.y_of(candle.high), x, field.y_of(candle.low)), colour, _LINE)
    pen.rectangle((x - half, top, x + half, max(bottom, top + _LINE)), colour)


def _draw_fill(pen: ImageDraw.ImageDraw, field: _Field, fill: Fill) -> None:
    """Draw an arrow: from below where it bought, from above where it sold."""
    number = field.number_at(fill.time_ms)
    if number is None:
        return
    candle, x = field.candles[number], field.x_of(number)
    if fill.side is Side.BUY:
        tip, foot, colour = field.y_of(candle.low) + _GAP, 2 * _ARROW, _BOUGHT
    else:
        tip, foot, colour = field.y_of(candle.high) - _GAP, -2 * _ARROW, _SOLD
    corners: list[_Spot] = [(x, tip), (x - _ARROW, tip + foot), (x + _ARROW, tip + foot)]
    pen.polygon(corners, colour, _PAPER, _LINE)


def _draw_last(pen: ImageDraw.ImageDraw, field: _Field, font: _Font) -> None:
    """Mark the newest close on the scale."""
    price = field.candles[-1].close
    y, left = field.y_of(price), _WIDTH - _RIGHT
    for x in range(_LEFT, left, 4 * _GAP):
        pen.line((x, y, min(x + 2 * _GAP, left), y), _SOFT, _LINE)
    tall = _SMALL * 3 // 4
    pen.rounded_rectangle((left, y - tall, _WIDTH - _FINER, y + tall), _GAP, _LABEL)
    pen.text((left + _GAP, y), plain(price), _PAPER, font, anchor="lm")
