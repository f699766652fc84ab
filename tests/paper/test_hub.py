"""What anyone may see, over streams of the paper exchange: who is told what, and never more."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.core.clock import MINUTE_MS
from drawbridge.core.errors import ExchangeDown
from drawbridge.core.markets import Level, OrderBook
from drawbridge.core.operations import (
    CancelOrder,
    GetOrderBook,
)
from drawbridge.core.streams import (
    BookChange,
    CandleTold,
    Topic,
    TopicKind,
    TradesTold,
)
from drawbridge.paper.changes import follow
from drawbridge.paper.outgoing import Outgoing
from drawbridge.paper.streaming import MOST_FRAME_BYTES
from drawbridge.wire.stream import Ask, Close, Send, Subscribe, Unsubscribe
from tests.kit.streams import HERE, StreamBench
from tests.paper.scripts import (
    BALANCES,
    BOOK,
    FAR,
    SYMBOL,
    TAKE,
    TICKER,
    Scripts,
    do,
    join,
)


def test_a_reader_that_takes_nothing_is_closed_and_costs_no_memory() -> None:
    outgoing = Outgoing()
    for _ in range(10_000):
        outgoing.put("frame")
    assert outgoing.is_closed
    assert len(outgoing) == 0
    large = Outgoing()
    for _ in range(20):
        large.put("x" * 1_000_000)
    assert large.is_closed
    assert len(large) == 0


async def test_what_waits_is_sent_before_a_connection_ends() -> None:
    outgoing = Outgoing()
    outgoing.put("first")
    outgoing.put(b"second")
    outgoing.close(1000)
    outgoing.put("never")
    assert [await outgoing.take() for _ in range(3)] == ["first", b"second", None]


async def test_no_stream_stands_at_any_other_path(bench: StreamBench) -> None:
    assert bench.hub.open(bench.answering.post, bench.opening(b"/other"), HERE) is None


async def test_a_greeting_is_sent_first(bench: StreamBench, scripts: Scripts) -> None:
    connection, _ = await join(bench, scripts)
    assert await bench.take(connection) == ["hello"]


async def test_who_subscribes_is_told_at_once_and_then_of_changes(
    bench: StreamBench, scripts: Scripts
) -> None:
    connection, script = await join(bench, scripts)
    await do(connection, script, Subscribe(TICKER), Subscribe(BOOK))
    assert [topic for topic, _ in script.told] == [TICKER, BOOK]
    await bench.step(8)
    assert len(script.told) > 4
    await do(connection, script, Unsubscribe(TICKER), Unsubscribe(BOOK))
    count = len(script.told)
    await bench.step(8)
    assert len(script.told) == count


async def test_all_who_listen_are_told_the_very_same_event(
    bench: StreamBench, scripts: Scripts
) -> None:
    heard = []
    for _ in range(3):
        connection, script = await join(bench, scripts)
        await do(connection, script, Subscribe(TICKER))
        heard.append(script)
        await bench.step(5)
    last = {id(script.told[-1][1]) for script in heard}
    assert len(last) == 1


async def test_a_newcomer_hears_of_the_book_as_it_is_and_nobody_misses_a_change(
    bench: StreamBench, scripts: Scripts
) -> None:
    first, early = await join(bench, scripts)
    await do(first, early, Subscribe(BOOK))
    await bench.ask(FAR)
    second, late = await join(bench, scripts)
    await do(second, late, Subscribe(BOOK))
    assert isinstance(late.told[0][1], OrderBook)
    assert Level(Decimal("20000.00"), Decimal("0.01000")) in late.told[0][1].bids
    await bench.step(12)
    changes = [event for event in early.of(BookChange) if isinstance(event, BookChange)]
    assert all(a.sequence == b.before for a, b in pairwise(changes))
    assert late.of(BookChange) == changes[-len(late.of(BookChange)) :]


async def test_a_level_that_came_and_went_between_two_looks_is_told(
    bench: StreamBench, scripts: Scripts
) -> None:
    connection, script = await join(bench, scripts)
    await do(connection, script, Subscribe(BOOK))
    placed = await bench.ask(FAR)
    between = await bench.ask(GetOrderBook(SYMBOL, 5_000))
    await bench.ask(CancelOrder(SYMBOL, placed.order.order_id))
    await bench.step(1)
    (change,) = (event for event in script.of(BookChange) if isinstance(event, BookChange))
    assert change.before < between.sequence < change.sequence
    assert Level(Decimal("20000.00"), Decimal(0)) in [
        replace(level, price=level.price.quantize(Decimal("0.01"))) for level in change.bids
    ]


async def test_a_candle_is_told_once_more_when_it_has_closed(
    bench: StreamBench, scripts: Scripts
) -> None:
    connection, script = await join(bench, scripts)
    candles = Topic(TopicKind.CANDLES, SYMBOL, interval_ms=MINUTE_MS)
    await do(connection, script, Subscribe(candles))
    await bench.step(60)
    told = [event for event in script.of(CandleTold) if isinstance(event, CandleTold)]
    closed = [event for event in told if event.is_closed]
    assert len(closed) == 1
    assert closed[0].candle.open_time_ms == told[0].candle.open_time_ms
    after = told[told.index(closed[0]) + 1]
    assert after.candle.open_time_ms == closed[0].candle.open_time_ms + MINUTE_MS


async def test_what_cannot_be_followed_is_refused(bench: StreamBench, scripts: Scripts) -> None:
    connection, script = await join(bench, scripts)
    await do(
        connection,
        script,
        Subscribe(Topic(TopicKind.TICKER, "NO/SUCH"), "pair"),
        Subscribe(Topic(TopicKind.CANDLES, SYMBOL, interval_ms=1_000), "second"),
        Subscribe(BALANCES, "stranger"),
    )
    assert script.heard == [
        ("refused", "pair", "unknown_symbol"),
        ("refused", "second", "bad_interval"),
        ("refused", "stranger", "bad_key"),
    ]
    assert not connection.topics


async def test_nobody_follows_more_topics_than_there_is_room_for(
    bench: StreamBench, scripts: Scripts
) -> None:
    connection, script = await join(bench, scripts)
    many = [Topic(TopicKind.BOOK, SYMBOL, depth=depth) for depth in range(1, 1_030)]
    await do(connection, script, *(Subscribe(topic, "one") for topic in many))
    assert len(connection.topics) == 1_024
    assert script.heard[-1] == ("refused", "one", "rate_limited")


async def test_a_session_that_fails_is_closed_and_says_nothing(
    bench: StreamBench, scripts: Scripts, caplog: pytest.LogCaptureFixture
) -> None:
    connection, _ = await join(bench, scripts)
    await bench.take(connection)
    await connection.receive("break")
    assert connection.outgoing.is_closed
    assert await bench.take(connection) == []
    assert "RuntimeError" in caplog.text
    assert "planted-secret-text" not in caplog.text


async def test_a_session_that_answers_its_own_answers_for_ever_is_closed(
    bench: StreamBench, scripts: Scripts
) -> None:
    connection, script = await join(bench, scripts)
    await bench.new_key()
    script.wants["again"] = (Ask("again", "ws_time", GetOrderBook(SYMBOL)),)
    await do(connection, script, Ask("first", "ws_time", GetOrderBook(SYMBOL)))
    assert connection.outgoing.is_closed


async def test_frames_that_are_too_large_or_too_many_end_a_connection(
    bench: StreamBench, scripts: Scripts
) -> None:
    large, _ = await join(bench, scripts)
    await large.receive("x" * (MOST_FRAME_BYTES + 1))
    assert large.outgoing.code == 1009
    many, _ = await join(bench, scripts)
    for _ in range(2_001):
        await many.receive("noise")
    assert many.outgoing.is_closed


async def test_a_session_may_end_its_connection(bench: StreamBench, scripts: Scripts) -> None:
    connection, script = await join(bench, scripts)
    script.wants["tick"] = (Send("bye"), Close(4001))
    await bench.step(1)
    assert connection.outgoing.code == 4001
    assert await bench.take(connection) == ["hello", "bye"]


async def test_an_address_has_only_so_many_connections(
    bench: StreamBench, scripts: Scripts
) -> None:
    for _ in range(512):
        await join(bench, scripts)
    with pytest.raises(ExchangeDown):
        await join(bench, scripts)
    bench.hub.close(bench.connections[0])
    bench.hub.close(bench.connections[0])
    await join(bench, scripts)


@given(steps=st.lists(st.integers(0, 4), min_size=1, max_size=12))
def test_a_book_rebuilt_from_its_changes_is_always_the_book(steps: list[int]) -> None:
    books = list(_walk(steps))
    looked = iter(books)
    follower = follow(BOOK, lambda _wanted, _now: next(looked), 0)
    (begun,) = follower.standing()
    assert isinstance(begun, OrderBook)
    bids = {level.price: level.quantity for level in begun.bids}
    for now in range(1, len(books)):
        for change in follower.go_on(now):
            assert isinstance(change, BookChange)
            bids.update((level.price, level.quantity) for level in change.bids)
    assert {price: left for price, left in bids.items() if left} == {
        level.price: level.quantity for level in books[-1].bids
    }


def _walk(steps: list[int]) -> Iterator[OrderBook]:
    levels: dict[int, int] = {3: 1}
    for sequence, step in enumerate([0, *steps]):
        levels[step] = levels.get(step, 0) + 1
        if levels[step] > 2:
            del levels[step]
        bids = tuple(Level(Decimal(at), Decimal(many)) for at, many in sorted(levels.items()))
        yield OrderBook(SYMBOL, sequence, sequence, bids, ())


async def test_every_public_trade_is_told_once(bench: StreamBench, scripts: Scripts) -> None:
    connection, script = await join(bench, scripts)
    await do(connection, script, Subscribe(Topic(TopicKind.TRADES, SYMBOL)))
    await bench.step(5)
    await bench.ask(TAKE)
    await bench.step(9)
    events = [event for event in script.of(TradesTold) if isinstance(event, TradesTold)]
    assert events[0].is_snapshot
    ids = [trade.trade_id for event in events for trade in event.trades]
    assert ids == sorted(set(ids))
    assert not any(event.is_snapshot for event in events[1:])
