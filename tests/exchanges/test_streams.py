"""What every exchange with streams must do, in both directions (scenario 87).

Part of the contract: what its sessions write, our own side reads as it is; what our side writes,
its sessions understand; and nobody gets in without the secret.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drawbridge.catalogue.levels import Level
from drawbridge.catalogue.registry import Exchange, exchange_ids, get_card, get_exchange
from drawbridge.core.clock import MINUTE_MS
from drawbridge.core.derivatives import GetMarginAccounts
from drawbridge.core.errors import BadInput, DrawbridgeError
from drawbridge.core.ids import client_order_id
from drawbridge.core.markets import Level as BookLevel
from drawbridge.core.markets import OrderBook, PublicTrade, Ticker
from drawbridge.core.operations import (
    CancelOrder,
    GetBalances,
    GetCandles,
    GetOrder,
    GetOrderBook,
    GetOwnTrades,
    GetTicker,
    GetTrades,
    PlaceOrder,
)
from drawbridge.core.orders import OrderType, Side
from drawbridge.core.secret import Secret
from drawbridge.core.streams import (
    BalancesTold,
    BookChange,
    CandleTold,
    OrdersTold,
    OrderTold,
    StreamEvent,
    Topic,
    TopicKind,
    TradesTold,
)
from drawbridge.paper.accounts import draw_secrets
from drawbridge.paper.streaming import Connection
from drawbridge.wire.stream import (
    Ask,
    Close,
    Frame,
    LogIn,
    Opening,
    Send,
    Session,
    Subscribe,
    Unsubscribe,
    subscribing,
)
from tests.exchanges.test_garbage import trees
from tests.kit.streams import StreamBench, stream_bench
from tests.real_clients.pro import Watched, pro_of

STREAMING = tuple(it for it in exchange_ids() if get_card(it).level >= Level.STREAMING)
NOW_MS = 1_800_000_000_000
_NUMBERS = count(1)
EFFECTS = (Send, LogIn, Subscribe, Unsubscribe, Ask, Close)
TOKEN = "{token}"
PRIVATE = (Topic(TopicKind.ORDERS), Topic(TopicKind.BALANCES))
# Lengths of candles, tried in this order: some exchanges have streams of one length only.
CANDLES_MS = (MINUTE_MS, 5 * MINUTE_MS)

every = pytest.mark.parametrize("exchange_id", STREAMING)
many = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)


@pytest.fixture
async def bench(tmp_path: Path, exchange_id: str) -> AsyncIterator[StreamBench]:
    async with stream_bench(tmp_path, get_exchange(exchange_id)) as it:
        yield it


def topics_of(exchange: Exchange) -> dict[TopicKind, Topic]:
    symbol = exchange.card.paper_markets[0].symbol
    return {
        TopicKind.TICKER: Topic(TopicKind.TICKER, symbol),
        TopicKind.CANDLES: next(
            topic
            for length_ms in CANDLES_MS
            if has_words(exchange, topic := Topic(TopicKind.CANDLES, symbol, interval_ms=length_ms))
        ),
        TopicKind.BOOK: Topic(TopicKind.BOOK, symbol),
        TopicKind.TRADES: Topic(TopicKind.TRADES, symbol),
    }


def private_of(exchange: Exchange) -> tuple[Topic, ...]:
    return tuple(topic for topic in PRIVATE if has_words(exchange, topic))


def has_words(exchange: Exchange, topic: Topic) -> bool:
    """Tell whether an exchange's streams tell of this at all, and in this form."""
    assert exchange.stream is not None
    try:
        exchange.stream.subscribe([topic], exchange.card.markets(), 1)
    except BadInput as error:
        return error.code not in {"unsupported_operation", "bad_interval"}
    return True


def paths_of(exchange: Exchange) -> list[bytes]:
    """Give the paths at which our side and known clients open their sockets."""
    assert exchange.stream is not None
    known = [
        url.removeprefix("{ws}").encode() or b"/"
        for client in exchange.card.clients.values()
        for url in client.urls.values()
        if url.startswith("{ws}")
    ]
    ours = [exchange.stream.stream_path(topic) for topic in topics_of(exchange).values()]
    ours += [exchange.stream.stream_path(topic) for topic in private_of(exchange)]
    return sorted({*known, *ours})


def session_of(exchange: Exchange, path: bytes) -> Session | None:
    assert exchange.stream is not None
    place, _, query = path.partition(b"?")
    opening = Opening(place, query, (), exchange.card.markets(), NOW_MS, exchange.errors)
    return exchange.stream.open_session(opening)


async def open_at(bench: StreamBench, topic: Topic) -> Connection:
    """Open the connection at which our side asks for a topic."""
    path = bench.stream.stream_path(topic)
    if b"{token}" in path:
        path = path.replace(b"{token}", (await bench.token()).encode())
    return await bench.connect(path)


async def follow(bench: StreamBench, *kinds: TopicKind) -> Connection:
    """Subscribe with the frames that our side writes."""
    topics = [topics_of(bench.exchange)[kind] for kind in kinds]
    connection = await open_at(bench, topics[0])
    for frame in bench.stream.subscribe(topics, bench.exchange.card.markets(), 1):
        await connection.receive(frame)
    assert not connection.outgoing.is_closed
    return connection


async def log_in(bench: StreamBench, secret_of: str = "") -> Connection:
    """Log in and subscribe to what is private, with the frames that our side writes."""
    connection = await open_at(bench, PRIVATE[0])
    credential = bench.credential
    if secret_of:
        credential = replace(credential, signer=bench.exchange.keys.signer(Secret(secret_of)))
    frames: list[Frame] = [bench.stream.log_in(credential, bench.stamp())]
    if frames[0] and wants_token(bench, frames[0]):
        frames = [bench.stream.log_in(credential, TOKEN)]
    wanted = private_of(bench.exchange)
    markets, signing = bench.exchange.card.markets(), (credential, bench.stamp())
    frames += subscribing(bench.stream, wanted, markets, 10, signing)
    if any(TOKEN in _text(frame) for frame in frames):
        token = "nobody-drew-this-token" if secret_of else await bench.token()
        frames = [_text(frame).replace(TOKEN, token) for frame in frames]
    for frame in frames:
        if frame:
            await connection.receive(frame)
    return connection


def _text(frame: Frame) -> str:
    return frame if isinstance(frame, str) else frame.decode("utf-8", "replace")


def wants_token(bench: StreamBench, frame: Frame) -> bool:
    """Tell whether a log-in shows a token and no signature."""
    session = session_of(bench.exchange, bench.stream.stream_path(PRIVATE[0]))
    if session is None:
        return False
    effects = [*session.opened(NOW_MS), *session.receive(frame, NOW_MS)]
    asked = [effect for effect in effects if isinstance(effect, LogIn)]
    return bool(asked) and asked[0].proof is None


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


def put_together(
    begun: OrderBook, events: list[StreamEvent]
) -> tuple[list[BookLevel], list[BookLevel]]:
    """Follow a book as clients do: from a whole one on, by changes in an unbroken row."""
    sides = [_levels(begun.bids), _levels(begun.asks)]
    sequence, depth = begun.sequence, 0
    for event in events:
        if isinstance(event, OrderBook):
            sides, sequence = [_levels(event.bids), _levels(event.asks)], event.sequence
            depth = len(event.bids)
        elif isinstance(event, BookChange) and (event.sequence > sequence or not event.sequence):
            assert event.before <= sequence
            for side, changes in zip(sides, (event.bids, event.asks), strict=True):
                side.update(_levels(changes))
            sequence = event.sequence
    bids = [BookLevel(*it) for it in sorted(sides[0].items(), reverse=True) if it[1]]
    asks = [BookLevel(*it) for it in sorted(sides[1].items()) if it[1]]
    return (bids[:depth], asks[:depth]) if depth else (bids, asks)


def _levels(levels: tuple[BookLevel, ...]) -> dict[Decimal, Decimal]:
    return {level.price: level.quantity for level in levels}


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


async def buy(bench: StreamBench) -> str:
    market = bench.exchange.card.markets().get(bench.symbol)
    ticker = await bench.ask(GetTicker(bench.symbol))
    quantity = _enough(market.min_notional, market.min_quantity, market.quantity_step, ticker.last)
    limit = (ticker.last * 2 // market.price_tick) * market.price_tick
    wanted = PlaceOrder(
        bench.symbol, Side.BUY, OrderType.LIMIT, quantity, limit, client_id=_own_id()
    )
    return (await bench.ask(wanted)).order.order_id


async def rest(bench: StreamBench) -> str:
    market = bench.exchange.card.markets().get(bench.symbol)
    ticker = await bench.ask(GetTicker(bench.symbol))
    # Near enough to be seen in a book of few levels, and too low to be met soon.
    price = (ticker.last * Decimal("0.9985") // market.price_tick) * market.price_tick
    quantity = _enough(market.min_notional, market.min_quantity, market.quantity_step, price)
    wanted = PlaceOrder(
        bench.symbol, Side.BUY, OrderType.LIMIT, quantity, price, client_id=_own_id()
    )
    return (await bench.ask(wanted)).order.order_id


def _own_id() -> str:
    # Some exchanges take no order without one.
    return client_order_id("streams", str(next(_NUMBERS)))


def _enough(notional: Decimal, least: Decimal, step: Decimal, price: Decimal) -> Decimal:
    wanted = max(notional * 3 / price, least * 3)
    return (wanted // step + 1) * step


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
    last = _orders(events, order_id)[-1]
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


async def totals(bench: StreamBench) -> dict[str, Decimal]:
    """Give what an account has; of money for contracts, streams tell what is booked of it."""
    if ":" in bench.symbol:
        return {row.currency: row.wallet for row in await bench.ask(GetMarginAccounts())}
    return {balance.currency: balance.total for balance in await bench.ask(GetBalances())}


@every
async def test_an_own_order_is_told_when_it_rests_and_when_it_is_cancelled(
    bench: StreamBench,
) -> None:
    connection = await log_in(bench)
    order_id = await rest(bench)
    opened = _orders(await heard(bench, connection, order_id, "open"), order_id)
    assert opened[-1].price is not None
    await bench.ask(CancelOrder(bench.symbol, order_id))
    await heard(bench, connection, order_id, "cancelled")


def _orders(events: list[StreamEvent], order_id: str) -> list[Any]:
    found = [event.order for event in events if isinstance(event, OrderTold)]
    found += [order for event in events if isinstance(event, OrdersTold) for order in event.orders]
    return [order for order in found if order.order_id == order_id]


async def heard(
    bench: StreamBench, connection: Connection, order_id: str, status: str
) -> list[StreamEvent]:
    """Wait until an order is told to have come so far; give all events until then."""
    events: list[StreamEvent] = []

    async def is_told() -> bool:
        await bench.hub.step(bench.clock.now_ms())
        events.extend(await bench.events(connection))
        return any(order.status.value == status for order in _orders(events, order_id))

    await bench.wait_for(is_told)
    return events


@every
async def test_nobody_logs_in_without_the_secret(bench: StreamBench) -> None:
    drawn = draw_secrets(bench.exchange.card, lambda count: b"\x07" * count)
    assert drawn.api_secret is not None
    connection = await log_in(bench, drawn.api_secret.reveal())
    if b"{token}" not in bench.stream.stream_path(PRIVATE[0]):
        assert connection.key is None
        assert not connection.topics
