"""Candles, prices and orders told by streams: sooner than REST, and never instead of it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest_asyncio

from drawbridge.core.clock import MINUTE_MS
from drawbridge.core.errors import ExchangeDown, Forbidden
from drawbridge.core.markets import Candle, PublicTrade
from drawbridge.core.orders import Side
from drawbridge.core.streams import CandleTold, TopicKind, TradesTold
from drawbridge.gateway.streaming import Gap, GapReason
from drawbridge.robots.model import RobotStatus
from drawbridge.robots.running.listening import Listening
from drawbridge.vault.model import KeyStatus
from tests.kit.robot_bench import UP, WISH
from tests.kit.robots import KEY, START_MS, SYMBOL, key_record
from tests.kit.told_streams import Heard, open_heard
from tests.kit.turns import a_turn


@pytest_asyncio.fixture
async def heard(tmp_path: Path) -> AsyncIterator[Heard]:
    async with open_heard(tmp_path) as opened:
        yield opened


def candle_told(number: int, close: int, *, is_closed: bool = True) -> CandleTold:
    price = Decimal(close)
    candle = Candle(START_MS + number * MINUTE_MS, price, price, price, price, Decimal(1))
    return CandleTold(SYMBOL, MINUTE_MS, candle.open_time_ms, candle, is_closed)


async def test_a_candle_that_is_told_to_be_closed_is_acted_upon_at_once(heard: Heard) -> None:
    bench = heard.bench
    await bench.begin()
    await bench.step()
    bench.exchange.public_errors = [ExchangeDown("not_to_be_asked")]
    bench.exchange.tell(UP)

    await heard.streams.tell(TopicKind.CANDLES, Gap(GapReason.BEGAN), candle_told(6, UP))
    await heard.run()

    assert bench.sides == [Side.BUY]
    assert bench.exchange.public_errors


async def test_a_candle_told_twice_acts_once(heard: Heard) -> None:
    """Scenario 60."""
    bench = heard.bench
    await bench.begin()
    await bench.step()
    bench.exchange.tell(UP)
    told = candle_told(6, UP)

    await heard.streams.tell(TopicKind.CANDLES, Gap(GapReason.BEGAN), told, told)
    await heard.run()
    await heard.streams.tell(TopicKind.CANDLES, told)
    await heard.run()

    assert bench.sides == [Side.BUY]


async def test_a_candle_after_a_gap_is_acted_upon_with_those_before_it(heard: Heard) -> None:
    bench = heard.bench
    await bench.begin()
    await bench.step()
    bench.exchange.tell(UP, UP + 1)

    # Candle 6 was never told: it is asked for.
    await heard.streams.tell(TopicKind.CANDLES, Gap(GapReason.BEGAN), candle_told(7, UP + 1))
    await heard.run()

    assert bench.sides == [Side.BUY]
    assert (await bench.robot()).last_candle_ms == START_MS + 7 * MINUTE_MS


async def test_where_nobody_tells_that_a_candle_closed_it_is_asked_for_when_the_next_begins(
    heard: Heard,
) -> None:
    bench = heard.bench
    await bench.begin()
    await bench.step()
    bench.exchange.tell(UP)

    running = candle_told(6, 95, is_closed=False), candle_told(7, UP, is_closed=False)
    await heard.streams.tell(TopicKind.CANDLES, Gap(GapReason.BEGAN), *running)
    await heard.run()

    # It closed at another price than was told last.
    assert bench.sides == [Side.BUY]


async def test_a_candle_that_comes_when_all_robots_of_its_market_have_paused_moves_nobody(
    heard: Heard,
) -> None:
    bench = heard.bench
    await bench.begin()
    await bench.step()
    bench.exchange.keys.first = key_record(KeyStatus.DISABLED)
    assert (await bench.step(1)).status is RobotStatus.PAUSED
    bench.exchange.tell(UP)

    # Its stream ends at the next look, at which the pause is read from disk.
    await heard.streams.tell(TopicKind.CANDLES, Gap(GapReason.BEGAN), candle_told(6, UP))
    await heard.run()
    assert bench.sides == []
    bench.exchange.keys.first = key_record()

    # Nothing was hurt by it.
    assert (await bench.step(4)).status is RobotStatus.STARTED


async def test_candles_are_asked_for_when_a_stream_falls_silent(heard: Heard) -> None:
    bench = heard.bench
    await bench.begin()
    await bench.step()
    await heard.streams.tell(TopicKind.CANDLES, Gap(GapReason.BEGAN), Gap(GapReason.LOST))

    await bench.tell(UP)

    assert bench.sides == [Side.BUY]


async def test_every_trade_is_judged_by_guards_that_watch_ticks(heard: Heard) -> None:
    bench = heard.bench
    await bench.begin(replace(WISH, guards={"stop_loss": "1"}, trigger="tick"))
    await bench.tell(UP)
    bench.exchange.closes[-1] = str(UP - 3)
    now_ms = bench.exchange.clock.now_ms()
    trades = [
        PublicTrade(number, SYMBOL, now_ms, Decimal(price), Decimal(1), taker_buys=False)
        for number, price in enumerate((UP, UP - 1, UP - 2, UP - 3))
    ]

    told = TradesTold(SYMBOL, tuple(trades))
    await heard.streams.tell(TopicKind.TRADES, Gap(GapReason.BEGAN), told, told)
    await heard.run()

    assert bench.sides == [Side.BUY, Side.SELL]
    first = (await bench.service.list_decisions("owner_test", bench.id))[0]
    assert first.tag == f"stop:{now_ms}"


async def test_what_was_refused_is_followed_again_when_something_has_changed(heard: Heard) -> None:
    """A key that was disabled and enabled again is listened to again."""
    heard.streams.ends.append(Forbidden("key_not_usable", rule="status"))
    listening = Listening(heard.streams, heard.bench.runner)
    listening.arrange([], [], [KEY])
    while heard.streams.ends:
        await a_turn()
    await a_turn()
    assert not heard.streams.queues

    listening.arrange([], [], [KEY])
    await a_turn()

    assert [topic.kind for topic in heard.streams.queues] == [TopicKind.ORDERS]
    await listening.close()
