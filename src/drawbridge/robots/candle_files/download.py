"""Download candles from an exchange into the store, page by page, and only what is missing.

Who stops in the middle goes on where it stopped: pages are stored as they come. Asking, waiting
and the clock are handed in.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from drawbridge.core.errors import BadInput, ExchangeDown
from drawbridge.core.operations import GetCandles
from drawbridge.robots.columns import columns_from

if TYPE_CHECKING:
    from drawbridge.core.markets import Candle
    from drawbridge.robots.candle_files.names import SeriesName
    from drawbridge.robots.candle_files.store import CandleFiles, Stored

# The fewest that an exchange gives in one answer, running candle left out, lies above this.
PAGE: Final = 290
_STORED_EVERY: Final = 50
_ATTEMPTS: Final = 5

Ask = Callable[[GetCandles], Awaitable["tuple[Candle, ...]"]]
Pause = Callable[[int], Awaitable[None]]
Told = Callable[[int, int], None]


class Window(NamedTuple):
    """A stretch of candles to ask for, from the first one's opening to before the end."""

    since_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class Means:
    """How to ask, how to wait (milliseconds), and whom to tell how many pages of all are done."""

    ask: Ask
    pause: Pause
    told: Told


async def download(
    store: CandleFiles, name: SeriesName, wanted: Window, means: Means
) -> tuple[int, Stored | None]:
    """Download the candles that are missing in a stretch; give how many came and what is stored.

    Raises: `BadInput("bad_stretch")`, `ExchangeDown` when an exchange did not answer several
    times in a row; what came until then is stored.
    """
    if wanted.until_ms <= wanted.since_ms:
        raise BadInput("bad_stretch", field="since")
    windows = list(pages_of(missing_in(store, name, wanted), name.interval_ms))
    came: list[Candle] = []
    count = 0
    try:
        for number, window in enumerate(windows, 1):
            found = await _page(name, window, means)
            came += found
            count += len(found)
            means.told(number, len(windows))
            if number % _STORED_EVERY == 0:
                came = _stored(store, name, came)
    finally:
        _stored(store, name, came)
    return count, None if store.find(name) is None else store.look(name)


def missing_in(store: CandleFiles, name: SeriesName, wanted: Window) -> list[Window]:
    """Find the stretches of which nothing is stored, gaps in between included."""
    step = name.interval_ms
    first = -(-wanted.since_ms // step) * step
    times = np.arange(first, wanted.until_ms, step, dtype=np.int64)
    stored = store.find(name)
    if stored is not None:
        times = np.setdiff1d(times, stored.open_time_ms, assume_unique=True)
    if len(times) == 0:
        return []
    breaks = np.flatnonzero(np.diff(times) > step)
    begins = times[np.concatenate(([0], breaks + 1))].tolist()
    ends = times[np.concatenate((breaks, [len(times) - 1]))].tolist()
    return [Window(begin, end + step) for begin, end in zip(begins, ends, strict=True)]


def pages_of(windows: list[Window], interval_ms: int) -> Iterator[Window]:
    """Cut stretches into pages."""
    page_ms = PAGE * interval_ms
    for window in windows:
        for since_ms in range(window.since_ms, window.until_ms, page_ms):
            yield Window(since_ms, min(since_ms + page_ms, window.until_ms))


async def _page(name: SeriesName, window: Window, means: Means) -> list[Candle]:
    """Ask for a page, several times if need be; what lies outside of it is left out."""
    operation = GetCandles(
        name.symbol,
        name.interval_ms,
        since_ms=window.since_ms,
        until_ms=window.until_ms - 1,
        limit=PAGE,
    )
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            candles = await means.ask(operation)
            break
        except ExchangeDown as fault:
            if attempt == _ATTEMPTS:
                raise
            await means.pause(fault.retry_after_ms * attempt)
    return [it for it in candles if window.since_ms <= it.open_time_ms < window.until_ms]


def _stored(store: CandleFiles, name: SeriesName, came: list[Candle]) -> list[Candle]:
    if came:
        by_time = {candle.open_time_ms: candle for candle in came}
        store.append(name, columns_from(by_time[it] for it in sorted(by_time)))
    return []
