"""A worth over time as a small drawing that needs no script: one line, and what it spans."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from drawbridge.statistics.days import sampled
from drawbridge.statistics.equity import Curve

WIDTH: Final = 1_000
HEIGHT: Final = 200
_MOST_POINTS: Final = 240
_LEAST_POINTS: Final = 2

Points = Sequence[tuple[int, Decimal]]


@dataclass(frozen=True, slots=True)
class CurveView:
    """A line as a path of an SVG of `WIDTH` by `HEIGHT`, and the area below it."""

    line: str
    area: str
    first_ms: int
    last_ms: int
    low: Decimal
    high: Decimal


def draw_curve(points: Points) -> CurveView | None:
    """Draw a line through these moments and values; None where there are not two of them."""
    thin = sampled(
        Curve(Decimal(0), [at for at, _ in points], [it for _, it in points]), _MOST_POINTS
    )
    if len(thin) < _LEAST_POINTS:
        return None
    first_ms, last_ms = thin[0][0], thin[-1][0]
    values = [value for _, value in thin]
    low, high = min(values), max(values)
    places = [(_across(at_ms, first_ms, last_ms), _up(value, low, high)) for at_ms, value in thin]
    line = "M" + " L".join(f"{x} {y}" for x, y in places)
    area = f"{line} L{places[-1][0]} {HEIGHT} L{places[0][0]} {HEIGHT} Z"
    return CurveView(line, area, first_ms, last_ms, low, high)


def _across(at_ms: int, first_ms: int, last_ms: int) -> int:
    return (at_ms - first_ms) * WIDTH // max(1, last_ms - first_ms)


def _up(value: Decimal, low: Decimal, high: Decimal) -> int:
    """Give how far from the top a value stands; one that never changed stands in the middle."""
    if high == low:
        return HEIGHT // 2
    return HEIGHT - int((value - low) * HEIGHT / (high - low))
