"""What tests of strategies share: candles out of short lists, and what a strategy says of them."""

from collections.abc import Iterable, Mapping, Sequence

from drawbridge.core.clock import MINUTE_MS
from drawbridge.robots.columns import CandleColumns, columns_of
from drawbridge.robots.strategy import NOTHING_HELD, Held, Strategy


def candles_at(closes: Sequence[float]) -> CandleColumns:
    """Make candles of one price each."""
    return candles_of((close, close, close, close) for close in closes)


def candles_of(bars: Iterable[tuple[float, float, float, float]]) -> CandleColumns:
    """Make candles of (open, high, low, close)."""
    return columns_of(
        [number for at, bar in enumerate(bars) for number in (at * MINUTE_MS, *bar, 1.0)]
    )


def said_over(
    strategy: Strategy,
    candles: CandleColumns,
    held: Held = NOTHING_HELD,
    chosen: Mapping[str, object] | None = None,
    **settings: object,
) -> list[int]:
    """Give what a signal strategy says at each candle."""
    assert strategy.decide is not None
    read = strategy.read_settings({**(chosen or {}), **settings})
    seen = strategy.look(candles, read)
    return [strategy.decide(seen, at, read, held) for at in range(len(candles))]
