"""A strategy that says what a test wrote down, and candles to say it at."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from drawbridge.robots.columns import CandleColumns, columns_of
from drawbridge.robots.strategy import Held, Parameter, Strategy


class Settings(NamedTuple):
    """There is nothing to choose."""

    number: int = 0


class Seen(NamedTuple):
    """What is said at each candle."""

    said: Any


def decide(seen: Seen, at: int, _settings: Settings, _held: Held) -> int:
    """Say what was written down."""
    return int(seen.said[at])


def scripted(said: Sequence[int], name: str = "scripted") -> Strategy:
    """Make a strategy that says this, candle for candle, and nothing afterwards."""

    def look(candles: CandleColumns, _settings: Settings) -> Seen:
        script = np.zeros(len(candles), dtype=np.int64)
        length = min(len(said), len(candles))
        script[:length] = said[:length]
        return Seen(script)

    return Strategy(
        id=name,
        parameters=(Parameter("number", 0, 0, 1),),
        settings=Settings,
        look=look,
        reach=lambda _settings: 1,
        decide=decide,
    )


Bar = tuple[float, float, float, float]


def bars(*rows: Bar | float, volume: float = 100.0, minutes: int = 1) -> CandleColumns:
    """Make candles of open, high, low and close, or of one price four times."""
    table: list[float] = []
    for number, row in enumerate(rows):
        prices = row if isinstance(row, tuple) else (row, row, row, row)
        table += [number * minutes * 60_000, *prices, volume]
    return columns_of(table)
