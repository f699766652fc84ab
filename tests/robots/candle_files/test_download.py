"""Downloads: page by page, only what is missing, and on again after a fault."""

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest

from drawbridge.core.errors import BadInput, ExchangeDown
from drawbridge.core.markets import Candle
from drawbridge.core.operations import GetCandles
from drawbridge.robots.candle_files.download import PAGE, Means, Window, download
from drawbridge.robots.candle_files.names import SeriesName
from drawbridge.robots.candle_files.store import CandleFiles

MINUTE = 60_000
NAME = SeriesName("binance", "BTC/USDT", MINUTE)


@dataclass
class Exchange:
    """Has a candle for each minute but some, and fails when it is told to."""

    missing: frozenset[int] = frozenset()
    faults: list[int] = field(default_factory=list)
    asked: list[GetCandles] = field(default_factory=list)
    waited: list[int] = field(default_factory=list)
    told: list[tuple[int, int]] = field(default_factory=list)

    @property
    def means(self) -> Means:
        return Means(self.ask, self.pause, lambda done, of: self.told.append((done, of)))

    async def ask(self, operation: GetCandles) -> tuple[Candle, ...]:
        self.asked.append(operation)
        if len(self.asked) in self.faults:
            raise ExchangeDown("exchange_busy", retry_after_ms=700)
        assert operation.since_ms is not None
        first = operation.since_ms // MINUTE
        price = Decimal(10)
        # As many as it likes, the ones behind what was asked for among them.
        return tuple(
            Candle(minute * MINUTE, price, price, price, price, price)
            for minute in range(first - 1, first + PAGE + 5)
            if minute not in self.missing
        )

    async def pause(self, wait_ms: int) -> None:
        self.waited.append(wait_ms)


def minutes(store: CandleFiles) -> list[int]:
    return [int(it) // MINUTE for it in store.read(NAME).open_time_ms]


async def test_a_stretch_comes_in_pages_without_what_lies_outside(tmp_path: Path) -> None:
    store, exchange = CandleFiles(tmp_path), Exchange()

    count, stored = await download(store, NAME, Window(30_000, 700 * MINUTE), exchange.means)

    assert count == 699
    assert minutes(store) == list(range(1, 700))
    assert stored is not None
    assert stored.gaps == ()
    assert len(exchange.asked) == 3
    assert exchange.told == [(1, 3), (2, 3), (3, 3)]


async def test_only_what_is_missing_is_asked_for(tmp_path: Path) -> None:
    store = CandleFiles(tmp_path)
    gappy = Exchange(missing=frozenset(range(40, 45)))
    await download(store, NAME, Window(20 * MINUTE, 60 * MINUTE), gappy.means)

    whole = Exchange()
    count, stored = await download(store, NAME, Window(10 * MINUTE, 70 * MINUTE), whole.means)

    assert [(it.since_ms, it.until_ms) for it in whole.asked] == [
        (10 * MINUTE, 20 * MINUTE - 1),
        (40 * MINUTE, 45 * MINUTE - 1),
        (60 * MINUTE, 70 * MINUTE - 1),
    ]
    assert count == 25
    assert stored is not None
    assert stored.gaps == ()
    assert await download(store, NAME, Window(10 * MINUTE, 70 * MINUTE), whole.means) == (0, stored)


async def test_a_busy_exchange_is_asked_again_after_a_while(tmp_path: Path) -> None:
    store, exchange = CandleFiles(tmp_path), Exchange(faults=[1, 2])

    await download(store, NAME, Window(0, 10 * MINUTE), exchange.means)

    assert exchange.waited == [700, 1_400]
    assert minutes(store) == list(range(10))


async def test_what_came_before_an_exchange_went_down_is_stored(tmp_path: Path) -> None:
    store, exchange = CandleFiles(tmp_path), Exchange(faults=[2, 3, 4, 5, 6])

    with pytest.raises(ExchangeDown):
        await download(store, NAME, Window(0, 700 * MINUTE), exchange.means)

    assert minutes(store) == list(range(PAGE))
    await download(store, NAME, Window(0, 700 * MINUTE), exchange.means)
    assert minutes(store) == list(range(700))


async def test_an_exchange_without_candles_there_leaves_nothing(tmp_path: Path) -> None:
    store, exchange = CandleFiles(tmp_path), Exchange(missing=frozenset(range(2_000)))

    assert await download(store, NAME, Window(0, 1_000 * MINUTE), exchange.means) == (0, None)


async def test_a_stretch_that_ends_before_it_begins_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="bad_stretch"):
        await download(CandleFiles(tmp_path), NAME, Window(5, 5), Exchange().means)
