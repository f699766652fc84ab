"""What every exchange with streams must do, in both directions (scenario 87).

Part of the contract: what its sessions write, our own side reads as it is; what our side writes,
its sessions understand; and nobody gets in without the secret.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drawbridge.catalogue.drawing import draw_secrets
from drawbridge.catalogue.registry import Exchange, get_exchange
from drawbridge.core.clock import MINUTE_MS
from drawbridge.core.errors import DrawbridgeError
from drawbridge.core.markets import PublicTrade, Ticker
from drawbridge.core.operations import (
    CancelOrder,
    GetCandles,
    GetOrder,
    GetOrderBook,
    GetOwnTrades,
    GetTicker,
    GetTrades,
)
from drawbridge.core.streams import (
    BalancesTold,
    CandleTold,
    OrderTold,
    TopicKind,
    TradesTold,
)
from drawbridge.wire.stream import (
    Ask,
    Close,
    Frame,
    LogIn,
    Send,
    Subscribe,
    Unsubscribe,
)
from tests.exchanges.streaming import (
    NOW_MS,
    PRIVATE,
    STREAMING,
    buy,
    follow,
    heard,
    log_in,
    orders_of,
    paths_of,
    private_of,
    put_together,
    rest,
    session_of,
    topics_of,
    totals,
)
from tests.exchanges.test_garbage import trees
from tests.kit.streams import StreamBench, stream_bench
from tests.real_clients.pro import Watched, pro_of

EFFECTS = (Send, LogIn, Subscribe, Unsubscribe, Ask, Close)

every = pytest.mark.parametrize("exchange_id", STREAMING)
many = settings(max_examples=75, suppress_health_check=[HealthCheck.too_slow], deadline=None)


@pytest.fixture
async def bench(tmp_path: Path, exchange_id: str) -> AsyncIterator[StreamBench]:
    async with stream_bench(tmp_path, get_exchange(exchange_id)) as it:
        yield it


@every
def test_strangers_find_streams_only_where_the_exchange_has_them(exchange_id: str) -> None:
    exchange = get_exchange(exchange_id)
    opened = [path for path in paths_of(exchange) if session_of(exchange, path) is not None]
    assert opened or any(b"{token}" in path for path in paths_of(exchange))
    for path in (b"/no/such/stream", b"/../ws", b"/ws%2e", b"//", b"/favicon.ico"):
        assert session_of(exchange, path) is None, path


@every
@many
@given(data=st.data())
def test_no_frame_makes_a_session_fail(exchange_id: str, data: st.DataObject) -> None:
    exchange = get_exchange(exchange_id)
    session = session_of(exchange, data.draw(st.sampled_from(paths_of(exchange))))
    if session is None:
        return
    session.opened(NOW_MS)
    for frame in data.draw(st.lists(frames(exchange), max_size=5)):
        for effect in session.receive(frame, NOW_MS):
            assert isinstance(effect, EFFECTS)
            if isinstance(effect, LogIn | Ask | Subscribe):
                told = session.refused(effect.ref, DrawbridgeError("bad_key"), NOW_MS)
                assert all(isinstance(it, EFFECTS) for it in told)
    assert all(isinstance(it, EFFECTS) for it in session.tick(NOW_MS + MINUTE_MS))


def frames(exchange: Exchange) -> st.SearchStrategy[Frame]:
    """Draw bytes, texts, documents, and good frames with garbage in the place of something."""
    documents = st.dictionaries(st.text(max_size=8), trees, max_size=4)
    damaged = st.sampled_from(good_frames(exchange)).flatmap(_damage)
    return st.one_of(
        st.binary(max_size=40),
        st.text(max_size=40),
        (documents | trees | damaged).map(lambda it: orjson.dumps(it).decode()),
        damaged.map(orjson.dumps),
    )


def good_frames(exchange: Exchange) -> list[Any]:
    """Give the documents of the frames that our side writes."""
    stream, markets = exchange.stream, exchange.card.markets()
    assert stream is not None
    topics = [*topics_of(exchange).values(), *private_of(exchange)]
    return [orjson.loads(frame) for frame in stream.subscribe(topics, markets, 1)] or [{}]


def _damage(document: object) -> st.SearchStrategy[Any]:
    if isinstance(document, dict) and document:
        return st.tuples(st.sampled_from(sorted(document)), st.booleans()).flatmap(
            lambda it: (trees if it[1] else _damage(document[it[0]])).map(
                lambda value: {**document, it[0]: value}
            )
        )
    if isinstance(document, list) and document:
        return _damage(document[0]).map(lambda value: [value, *document[1:]])
    return trees


@every
@many
@given(data=st.data())
def test_our_side_reads_any_frame_or_says_that_it_cannot(
    exchange_id: str, data: st.DataObject
) -> None:
    exchange = get_exchange(exchange_id)
    assert exchange.stream is not None
    frame = data.draw(frames(exchange))
    try:
        exchange.stream.read_frame(frame, exchange.card.markets())
    except DrawbridgeError as error:
        assert error.code  # noqa: PT017  any of our errors will do, and nothing else may come


@every
async def test_a_ticker_is_told_as_it_stands(bench: StreamBench) -> None:
    connection = await follow(bench, TopicKind.TICKER)
    await bench.step(9)
    told = [it for it in await bench.events(connection) if isinstance(it, Ticker)]
    assert len(told) > 1
    now = await bench.ask(GetTicker(bench.symbol))
    assert (told[-1].symbol, told[-1].last) == (now.symbol, now.last)
    assert told[-1].bid in {now.bid, Decimal(0)}


@every
async def test_candles_are_told_as_they_grow_and_once_they_have_closed(bench: StreamBench) -> None:
    length_ms = topics_of(bench.exchange)[TopicKind.CANDLES].interval_ms
    # The clock stands just before a minute is full; a longer candle closes later.
    bench.clock.advance(-(bench.clock.now_ms() // MINUTE_MS + 1) * MINUTE_MS % length_ms)
    connection = await follow(bench, TopicKind.CANDLES)
    told: list[CandleTold] = []
    for _ in range(4):
        await bench.step(12)
        events = await bench.events(connection)
        told += [event for event in events if isinstance(event, CandleTold)]
    now = await bench.ask(GetCandles(bench.symbol, length_ms, limit=3))
    last = {it.candle.open_time_ms: it.candle for it in told}
    assert last[now[-1].open_time_ms] == now[-1]
    assert last[now[-2].open_time_ms] == now[-2]


@every
async def test_a_book_put_together_from_changes_is_the_book(bench: StreamBench) -> None:
    connection = await follow(bench, TopicKind.BOOK)
    begun = await bench.ask(GetOrderBook(bench.symbol, 100))
    events = await bench.events(connection)
    for number in range(6):
        if number == 2:
            await rest(bench)
        await bench.step(3)
        events += await bench.events(connection)
    book = await bench.ask(GetOrderBook(bench.symbol, 100))
    bids, asks = put_together(begun, events)
    depth = min(10, len(bids))
    assert depth >= 5
    assert bids[:depth] == list(book.bids[:depth])
    assert asks[:depth] == list(book.asks[:depth])


@every
async def test_every_trade_is_told_once(bench: StreamBench) -> None:
    connection = await follow(bench, TopicKind.TRADES)
    events = await bench.events(connection)
    since_ms = bench.clock.now_ms()
    await bench.step(3)
    await buy(bench)
    await bench.step(9)
    events += await bench.events(connection)
    told = [trade for it in events if isinstance(it, TradesTold) for trade in it.trades]
    assert len({_trade(trade) for trade in told}) == len(told)
    known = await bench.ask(GetTrades(bench.symbol, since_ms=since_ms + 1))
    assert len(known) > 2
    assert {_trade(it) for it in known} <= {_trade(it) for it in told}


def _trade(trade: PublicTrade) -> tuple[object, ...]:
    # Some exchanges tell no number with their streams.
    return trade.time_ms, trade.price, trade.quantity, trade.taker_buys


@every
async def test_an_own_order_is_told_with_its_fills_and_what_it_cost(bench: StreamBench) -> None:
    connection = await log_in(bench)
    assert connection.key is not None
    wanted = set(private_of(bench.exchange))
    assert wanted <= {replace(it, symbol="") for it in connection.topics}
    await bench.take(connection)
    order_id = await buy(bench)
    events = await heard(bench, connection, order_id, "filled")
    order = await bench.ask(GetOrder(bench.symbol, order_id))
    last = orders_of(events, order_id)[-1]
    assert (last.order_id, last.symbol, last.side, last.status, last.filled) == (
        order.order_id,
        order.symbol,
        order.side,
        order.status,
        order.filled,
    )
    if Watched.OWN_TRADES not in pro_of(bench.exchange.id).lacks:
        fills = [it.fill for it in events if isinstance(it, OrderTold) and it.fill is not None]
        known = await bench.ask(GetOwnTrades(bench.symbol))
        assert sorted((it.price, it.quantity, it.is_maker) for it in fills) == sorted(
            (it.price, it.quantity, it.is_maker) for it in known
        )
    told: dict[str, Decimal] = {}
    for event in events:
        if isinstance(event, BalancesTold):
            told |= {balance.currency: balance.total for balance in event.balances}
    now = await totals(bench)
    assert told or PRIVATE[1] not in wanted
    assert {currency: now[currency] for currency in told} == told


@every
async def test_an_own_order_is_told_when_it_rests_and_when_it_is_cancelled(
    bench: StreamBench,
) -> None:
    connection = await log_in(bench)
    order_id = await rest(bench)
    opened = orders_of(await heard(bench, connection, order_id, "open"), order_id)
    assert opened[-1].price is not None
    await bench.ask(CancelOrder(bench.symbol, order_id))
    await heard(bench, connection, order_id, "cancelled")


@every
async def test_nobody_logs_in_without_the_secret(bench: StreamBench) -> None:
    drawn = draw_secrets(bench.exchange.card.paper_key, lambda count: b"\x07" * count)
    assert drawn.api_secret is not None
    connection = await log_in(bench, drawn.api_secret.reveal())
    assert connection.key is None
    assert not any(topic.kind.is_private for topic in connection.topics)
