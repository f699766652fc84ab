"""How tests speak to any exchange's streams: with the frames that our own side writes.

What an exchange's streams do not tell at all is left out, by the refusal of its own module.
"""

from dataclasses import replace
from decimal import Decimal
from itertools import count
from typing import Any, Final

from drawbridge.catalogue.levels import Level
from drawbridge.catalogue.registry import Exchange, exchange_ids, get_card
from drawbridge.core.clock import MINUTE_MS
from drawbridge.core.derivatives import GetMarginAccounts
from drawbridge.core.errors import BadInput
from drawbridge.core.ids import client_order_id
from drawbridge.core.markets import Level as BookLevel
from drawbridge.core.markets import OrderBook
from drawbridge.core.operations import GetBalances, GetTicker, PlaceOrder
from drawbridge.core.orders import OrderType, Side
from drawbridge.core.secret import Secret
from drawbridge.core.streams import (
    BookChange,
    OrdersTold,
    OrderTold,
    StreamEvent,
    Topic,
    TopicKind,
)
from drawbridge.paper.streaming import Connection
from drawbridge.wire.stream import Frame, LogIn, Opening, Session, subscribing
from tests.kit.streams import StreamBench

STREAMING: Final = tuple(it for it in exchange_ids() if get_card(it).level >= Level.STREAMING)
NOW_MS: Final = 1_800_000_000_000
PRIVATE: Final = (Topic(TopicKind.ORDERS), Topic(TopicKind.BALANCES))
TOKEN: Final = "{token}"
NOBODYS: Final = "nobody-drew-this-token"
# Lengths of candles, tried in this order: some exchanges have streams of one length only.
_CANDLES_MS: Final = (MINUTE_MS, 5 * MINUTE_MS)
_NUMBERS: Final = count(1)


def topics_of(exchange: Exchange) -> dict[TopicKind, Topic]:
    symbol = exchange.card.paper_markets[0].symbol
    return {
        TopicKind.TICKER: Topic(TopicKind.TICKER, symbol),
        TopicKind.CANDLES: next(
            topic
            for length_ms in _CANDLES_MS
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


async def open_at(bench: StreamBench, topic: Topic, token: str = "") -> Connection:
    """Open the connection at which our side asks for a topic."""
    path = bench.stream.stream_path(topic)
    if TOKEN.encode() in path:
        path = path.replace(TOKEN.encode(), (token or await bench.token()).encode())
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
    connection = await open_at(bench, PRIVATE[0], NOBODYS if secret_of else "")
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
        token = NOBODYS if secret_of else await bench.token()
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


async def totals(bench: StreamBench) -> dict[str, Decimal]:
    """Give what an account has; of money for contracts, streams tell what is booked of it."""
    if ":" in bench.symbol:
        return {row.currency: row.wallet for row in await bench.ask(GetMarginAccounts())}
    return {balance.currency: balance.total for balance in await bench.ask(GetBalances())}


def orders_of(events: list[StreamEvent], order_id: str) -> list[Any]:
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
        return any(order.status.value == status for order in orders_of(events, order_id))

    await bench.wait_for(is_told)
    return events
