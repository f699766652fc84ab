"""Streams of the paper exchange behind any session: who is told what, when, and never more.

Sessions here are scripts: a frame names what the client wants, and a frame tells what it got.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.catalogue.registry import Exchange, get_exchange
from drawbridge.core.clock import MINUTE_MS
from drawbridge.core.errors import DrawbridgeError, ExchangeDown
from drawbridge.core.markets import Level, OrderBook
from drawbridge.core.operations import (
    CancelOrder,
    GetBalances,
    GetOrderBook,
    GetStreamToken,
    PlaceOrder,
    Scope,
)
from drawbridge.core.orders import OrderStatus, OrderType, Side
from drawbridge.core.streams import (
    BalancesTold,
    BookChange,
    CandleTold,
    OrderTold,
    StreamEvent,
    Topic,
    TopicKind,
    TradesTold,
)
from drawbridge.paper.changes import follow
from drawbridge.paper.outgoing import Outgoing
from drawbridge.paper.streaming import MOST_FRAME_BYTES, Connection
from drawbridge.wire.stream import (
    Ask,
    Close,
    Effect,
    Effects,
    Frame,
    LogIn,
    Opening,
    Send,
    Stream,
    Subscribe,
    Unsubscribe,
)
from tests.kit.streams import HERE, StreamBench, stream_bench

SYMBOL = "BTC/USDT"
TICKER = Topic(TopicKind.TICKER, SYMBOL)
BOOK = Topic(TopicKind.BOOK, SYMBOL)
ORDERS = Topic(TopicKind.ORDERS)
BALANCES = Topic(TopicKind.BALANCES)
FAR = PlaceOrder(SYMBOL, Side.BUY, OrderType.LIMIT, Decimal("0.01"), Decimal(20_000))
TAKE = PlaceOrder(SYMBOL, Side.BUY, OrderType.MARKET, Decimal("0.01"))


class Script:
    """A session whose frames say plainly what is wanted; what it heard stands in `heard`."""

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.told: list[tuple[Topic, StreamEvent]] = []
        self.wants: dict[str, Effects] = {}

    def opened(self, now_ms: int) -> Effects:
        del now_ms
        return (Send("hello"),)

    def receive(self, frame: Frame, now_ms: int) -> Effects:
        del now_ms
        if frame == "break":
            message = "planted-secret-text"
            raise RuntimeError(message)
        return self.wants.get(str(frame), ())

    def logged_in(self, ref: object, now_ms: int) -> Effects:
        del now_ms
        self.heard.append(("logged in", ref))
        return ()

    def answered(self, ref: object, result: object, now_ms: int) -> Effects:
        del now_ms
        self.heard.append(("answered", ref, result))
        # Somebody who answers each answer with the same question would never end.
        return self.wants.get("again", ())

    def refused(self, ref: object, error: DrawbridgeError, now_ms: int) -> Effects:
        del now_ms
        self.heard.append(("refused", ref, error.code))
        return ()

    def tell(self, topic: Topic, event: StreamEvent, now_ms: int) -> Sequence[Frame]:
        del now_ms
        self.told.append((topic, event))
        return (type(event).__name__,)

    def tick(self, now_ms: int) -> Effects:
        del now_ms
        return self.wants.get("tick", ())

    def of(self, kind: type[StreamEvent]) -> list[StreamEvent]:
        return [event for _, event in self.told if isinstance(event, kind)]


class Scripts:
    """A module `stream` whose sessions are scripts; everything else of the exchange is real."""

    def __init__(self) -> None:
        self.opened: list[Script] = []

    def open_session(self, opening: Opening) -> Script | None:
        if opening.path != b"/script":
            return None
        self.opened.append(Script())
        return self.opened[-1]


@pytest.fixture
def scripts() -> Scripts:
    return Scripts()


def scripted(scripts: Scripts) -> Exchange:
    # A script has no other side.
    return replace(get_exchange("binance"), stream=cast("Stream", scripts))


@pytest.fixture
async def bench(tmp_path: Path, scripts: Scripts) -> AsyncIterator[StreamBench]:
    others = [get_exchange("kraken")]
    async with stream_bench(tmp_path, scripted(scripts), others) as it:
        yield it


async def join(bench: StreamBench, scripts: Scripts) -> tuple[Connection, Script]:
    connection = await bench.connect(b"/script")
    return connection, scripts.opened[-1]


async def do(connection: Connection, script: Script, *effects: Effect) -> None:
    script.wants["do"] = effects
    await connection.receive("do")


async def log_in(bench: StreamBench, connection: Connection, script: Script) -> None:
    await do(connection, script, LogIn("in", token=await bench.token()))
    assert ("logged in", "in") in script.heard


async def told(bench: StreamBench, script: Script, count: int) -> None:
    async def is_told() -> bool:
        return len(script.told) >= count

    await bench.wait_for(is_told)


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


async def test_an_order_is_told_step_by_step_as_it_stood_then(
    bench: StreamBench, scripts: Scripts
) -> None:
    connection, script = await join(bench, scripts)
    await log_in(bench, connection, script)
    await do(connection, script, Subscribe(ORDERS))
    await told(bench, script, 1)
    placed = await bench.ask(TAKE)
    await told(bench, script, 2 + len(placed.fills))
    events = [event for event in script.of(OrderTold) if isinstance(event, OrderTold)]
    assert (events[0].order.status, events[0].order.filled) == (OrderStatus.OPEN, Decimal(0))
    assert events[0].fill is None
    filled = [event.order.filled for event in events[1:]]
    assert filled == sorted(filled)
    assert events[-1].order.status is OrderStatus.FILLED
    assert [event.fill for event in events[1:] if event.fill is not None] == [
        replace(fill, client_id=events[0].order.client_id) for fill in placed.fills
    ]


async def test_balances_are_told_with_how_much_they_changed(
    bench: StreamBench, scripts: Scripts
) -> None:
    connection, script = await join(bench, scripts)
    await log_in(bench, connection, script)
    before = {it.currency: it for it in await bench.ask(GetBalances())}
    await do(connection, script, Subscribe(BALANCES))
    await told(bench, script, 1)
    await bench.ask(TAKE)
    await bench.ask(FAR)
    await told(bench, script, 3)
    after = {it.currency: it for it in await bench.ask(GetBalances())}
    changes: dict[str, Decimal] = {}
    for event in script.of(BalancesTold)[1:]:
        assert isinstance(event, BalancesTold)
        for balance, change in zip(event.balances, event.changes, strict=True):
            changes[balance.currency] = changes.get(balance.currency, Decimal(0)) + change
    assert changes["BTC"] == after["BTC"].total - before["BTC"].total > 0
    assert changes["USDT"] == after["USDT"].total - before["USDT"].total < 0


async def test_one_wallet_is_told_of_at_every_exchange_and_orders_where_they_are(
    bench: StreamBench, scripts: Scripts
) -> None:
    connection, script = await join(bench, scripts)
    await log_in(bench, connection, script)
    await do(connection, script, Subscribe(BALANCES), Subscribe(ORDERS))
    await told(bench, script, 2)
    elsewhere = PlaceOrder("BTC/USD", Side.BUY, OrderType.MARKET, Decimal("0.01"))
    bench.world.carry_out("kraken", "ada", elsewhere, bench.clock.now_ms())
    await told(bench, script, 3)
    assert not script.of(OrderTold)
    assert len(script.of(BalancesTold)) > 1


async def test_nobody_hears_of_another_account(bench: StreamBench, scripts: Scripts) -> None:
    connection, script = await join(bench, scripts)
    await log_in(bench, connection, script)
    await do(connection, script, Subscribe(ORDERS), Subscribe(BALANCES))
    await told(bench, script, 2)
    await bench.new_key("bob")
    await bench.ask(TAKE)
    mine, heard = await join(bench, scripts)
    await log_in(bench, mine, heard)
    await do(mine, heard, Subscribe(BALANCES))
    await told(bench, heard, 1)
    await bench.ask(TAKE)
    await told(bench, heard, 2)
    assert len(script.told) == 2


async def test_a_connection_speaks_for_one_account_only(
    bench: StreamBench, scripts: Scripts
) -> None:
    connection, script = await join(bench, scripts)
    await log_in(bench, connection, script)
    await bench.new_key("bob")
    await do(connection, script, LogIn("other", token=await bench.token()))
    assert script.heard[-1] == ("refused", "other", "bad_key")
    assert connection.key is not None
    assert connection.key.account == "ada"


async def test_a_key_that_may_not_read_follows_nothing_private(
    bench: StreamBench, scripts: Scripts
) -> None:
    connection, script = await join(bench, scripts)
    await log_in(bench, connection, script)
    assert connection.key is not None
    connection.key.switches = frozenset({"enableSpotAndMarginTrading"})
    await do(connection, script, Subscribe(BALANCES, "all"), Subscribe(ORDERS, "own"))
    assert [heard[:2] for heard in script.heard[-2:]] == [("refused", "all"), ("refused", "own")]


@pytest.mark.parametrize("how", ["disable", "delete"])
async def test_a_key_that_is_taken_back_ends_its_connections_within_a_second(
    bench: StreamBench, scripts: Scripts, how: str
) -> None:
    connection, script = await join(bench, scripts)
    await log_in(bench, connection, script)
    other, _ = await join(bench, scripts)
    await getattr(bench.world.keys, how)("ada", bench.exchange.id, bench.credential.key)
    await bench.step(4)
    assert connection.outgoing.is_closed
    assert not other.outgoing.is_closed


async def test_a_key_that_has_expired_ends_its_connections(
    bench: StreamBench, scripts: Scripts
) -> None:
    connection, script = await join(bench, scripts)
    await log_in(bench, connection, script)
    assert connection.key is not None
    connection.key.expires_ms = bench.clock.now_ms() + 500
    await bench.step(1)
    assert not connection.outgoing.is_closed
    await bench.step(2)
    assert connection.outgoing.is_closed


async def test_a_token_opens_until_it_ends_or_its_time_is_over(
    bench: StreamBench, scripts: Scripts
) -> None:
    connection, script = await join(bench, scripts)
    token = await bench.token()
    await do(connection, script, LogIn(1, token=token))
    await bench.ask(GetStreamToken(token, ends=True))
    await do(connection, script, LogIn(2, token=token), LogIn(3, token="no such token"))
    lasting = await bench.token()
    bench.clock.advance(50 * MINUTE_MS)
    await bench.ask(GetStreamToken(lasting))
    bench.clock.advance(50 * MINUTE_MS)
    await do(connection, script, LogIn(4, token=lasting))
    bench.clock.advance(11 * MINUTE_MS)
    await do(connection, script, LogIn(5, token=lasting))
    assert [heard[:2] for heard in script.heard] == [
        ("logged in", 1),
        ("refused", 2),
        ("refused", 3),
        ("logged in", 4),
        ("refused", 5),
    ]


async def test_a_question_over_a_stream_needs_the_same_right_as_over_rest(
    bench: StreamBench, scripts: Scripts
) -> None:
    connection, script = await join(bench, scripts)
    await do(connection, script, Ask("who", "ws_account", GetBalances()))
    await bench.new_key("ada", scopes=frozenset({Scope.READ}))
    await log_in(bench, connection, script)
    await do(
        connection,
        script,
        Ask("mine", "ws_account", GetBalances()),
        Ask("buy", "ws_order_place", FAR),
        Ask("what", "no_such_row", FAR),
        Ask("not carried out", "ws_order_list_oco", FAR),
    )
    assert script.heard[0] == ("refused", "who", "bad_key")
    assert script.heard[2][:2] == ("answered", "mine")
    assert [heard[:2] for heard in script.heard[3:]] == [
        ("refused", "buy"),
        ("refused", "what"),
        ("refused", "not carried out"),
    ]


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


async def test_who_has_left_is_told_nothing_more(bench: StreamBench, scripts: Scripts) -> None:
    connection, script = await join(bench, scripts)
    await log_in(bench, connection, script)
    await do(connection, script, Subscribe(TICKER), Subscribe(BALANCES))
    await told(bench, script, 2)
    bench.hub.close(connection)
    await bench.ask(TAKE)
    await bench.step(8)
    await bench.world.durable()
    assert len(script.told) == 2


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
