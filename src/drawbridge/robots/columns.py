"""Candles as columns: what strategies look at, in a backtest and at work alike.

Prices are floats here, and only here and in figures made of many of them: a strategy compares
and averages; what is bought and sold is reckoned exactly elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from drawbridge.core.markets import Candle

# Texts, because numpy is loaded by who looks at prices and not by every page.
Floats: TypeAlias = "NDArray[np.float64]"
Times: TypeAlias = "NDArray[np.int64]"


@dataclass(frozen=True, slots=True)
class CandleColumns:
    """Candles of one market, oldest first, one array per column.

    Units: `open_time_ms` in milliseconds since 1970, UTC; prices in quote currency; `volume` in
    base currency.
    """

    open_time_ms: Times
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    def __len__(self) -> int:
        """Count the candles."""
        return len(self.open_time_ms)

    def between(self, first: int, end: int) -> CandleColumns:
        """Give the candles from number `first` up to, not including, `end`; nothing is copied."""
        return CandleColumns(*(getattr(self, name)[first:end] for name in COLUMNS))

    def last(self, count: int) -> CandleColumns:
        """Give the newest `count` candles."""
        return self.between(max(0, len(self) - count), len(self))

    @property
    def interval_ms(self) -> int:
        """Give the smallest distance of two candles (gaps are real); 0 for fewer than two."""
        times = self.open_time_ms
        return int((times[1:] - times[:-1]).min()) if len(times) > 1 else 0


COLUMNS = tuple(field.name for field in fields(CandleColumns))


def columns_of(table: Sequence[float]) -> CandleColumns:
    """Make columns of a flat table: six numbers for each candle, in the order of the columns."""
    import numpy as np  # noqa: PLC0415  heavy: loaded by who looks at prices

    # Times are below 2^53, so they come through floats unharmed.
    columns = np.array(table, dtype=np.float64).reshape(-1, len(COLUMNS)).T
    prices = (np.ascontiguousarray(column) for column in columns[1:])
    return CandleColumns(columns[0].astype(np.int64), *prices)


def columns_from(candles: Iterable[Candle]) -> CandleColumns:
    """Make columns of exact candles: this is the rim where exact prices become floats."""
    return columns_of([float(getattr(it, name)) for it in candles for name in COLUMNS])


def resampled(candles: CandleColumns, interval_ms: int) -> CandleColumns:
    """Put candles together into longer ones, which begin at whole multiples of `interval_ms`.

    The first and the last one are left out where candles of theirs are missing at the edge.
    Raises: `ValueError` for an interval that is no multiple of the candles' own.
    """
    import numpy as np  # noqa: PLC0415  heavy: loaded by who looks at prices

    own_ms = candles.interval_ms
    if own_ms in (0, interval_ms):
        return candles
    if interval_ms % own_ms:
        message = f"{interval_ms} is no multiple of {own_ms}"
        raise ValueError(message)
    times = candles.open_time_ms // interval_ms * interval_ms
    opened_ms, closed_ms = int(candles.open_time_ms[0]), int(candles.open_time_ms[-1]) + own_ms
    first = int(np.searchsorted(times, times[0], side="right")) if opened_ms % interval_ms else 0
    end = int(np.searchsorted(times, times[-1])) if closed_ms % interval_ms else len(times)
    if first >= end:
        return candles.between(0, 0)
    times, part = times[first:end], candles.between(first, end)
    starts = np.flatnonzero(np.append(True, times[1:] != times[:-1]))
    ends = np.append(starts[1:], len(times)) - 1
    return CandleColumns(
        times[starts],
        part.open[starts],
        np.maximum.reduceat(part.high, starts),
        np.minimum.reduceat(part.low, starts),
        part.close[ends],
        np.add.reduceat(part.volume, starts),
    )
