"""A session of KuCoin's streams without a socket, and example events to tell it."""

from decimal import Decimal
from typing import Any

import orjson

from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.markets import Level, OrderBook, Ticker
from drawbridge.core.money import ZERO
from drawbridge.core.orders import (
    Fill,
    Order,
    OrderStatus,
    OrderType,
    Side,
    TimeInForce,
)
from drawbridge.core.streams import (
    BookChange,
    StreamEvent,
    Topic,
    TopicKind,
)
from drawbridge.exchanges.kucoin import stream
from drawbridge.exchanges.kucoin.codec.tokens import PUBLIC_TOKEN
from drawbridge.wire.stream import Effects, Opening, Send, Session

EXCHANGE = get_exchange("kucoin")
MARKETS = EXCHANGE.card.markets()
NOW_MS = 1_700_000_000_000
SYMBOL = "BTC/USDT"
ORDERS, BALANCES = Topic(TopicKind.ORDERS), Topic(TopicKind.BALANCES)
TICKER = Ticker(
    symbol=SYMBOL,
    time_ms=NOW_MS,
    last=Decimal("65000.1"),
    bid=Decimal(65_000),
    bid_quantity=Decimal("0.5"),
    ask=Decimal("65000.2"),
    ask_quantity=Decimal("0.4"),
    open=Decimal(64_350),
    high=Decimal(66_000),
    low=Decimal(64_000),
    volume=Decimal("1234.5"),
    volume_quote=Decimal(80_242_500),
    trades=0,
)
BOOK = OrderBook(
    SYMBOL,
    NOW_MS,
    77,
    tuple(Level(Decimal(65_000 - number), Decimal(1)) for number in range(8)),
    tuple(Level(Decimal(65_001 + number), Decimal(2)) for number in range(8)),
)
CHANGE = BookChange(
    symbol=SYMBOL,
    time_ms=NOW_MS,
    before=77,
    sequence=79,
    bids=(Level(Decimal(65_000), ZERO),),
    asks=(Level(Decimal("65000.5"), Decimal("0.25")),),
    book=BOOK,
)
ORDER = Order(
    order_id=EXCHANGE.codec.order_id(1),
    client_id="mine",
    symbol=SYMBOL,
    side=Side.SELL,
    type=OrderType.LIMIT,
    time_in_force=TimeInForce.GTC,
    status=OrderStatus.OPEN,
    quantity=Decimal("0.02"),
    price=Decimal(65_000),
    created_ms=NOW_MS,
    updated_ms=NOW_MS,
)
FILL = Fill(
    trade_id=EXCHANGE.codec.trade_id(5),
    order_id=ORDER.order_id,
    client_id="mine",
    symbol=SYMBOL,
    side=Side.SELL,
    type=OrderType.LIMIT,
    price=Decimal(65_000),
    quantity=Decimal("0.02"),
    fee=Decimal("1.3"),
    fee_currency="USDT",
    is_maker=True,
    time_ms=NOW_MS,
)


def opening(query: str, path: bytes = b"/endpoint") -> Opening:
    """How a connection was opened."""
    return Opening(path, query.encode(), (), MARKETS, NOW_MS, EXCHANGE.errors)


def opened(query: str) -> Session:
    """Open a connection."""
    session = stream.open_session(opening(query))
    assert session is not None
    return session


def welcomed(*, with_key: bool = False) -> Session:
    """Open a connection and see it welcomed."""
    token = "drawn" if with_key else PUBLIC_TOKEN
    session = opened(f"token={token}&connectId=c")
    session.opened(NOW_MS)
    if with_key:
        session.logged_in("welcome", NOW_MS)
    return session


def sent(effects: Effects) -> list[Any]:
    """Give the documents among effects."""
    return [orjson.loads(it.frame) for it in effects if isinstance(it, Send)]


def say(session: Session, **document: object) -> Effects:
    """Send a document."""
    return session.receive(orjson.dumps(document).decode(), NOW_MS)


def subscribe(session: Session, topic: str) -> Effects:
    """Subscribe to a topic."""
    return say(session, id="1", type="subscribe", topic=topic, response=True)


def heard(session: Session, topic: Topic, *events: StreamEvent) -> list[Any]:
    """Give the documents by which events are told."""
    return [orjson.loads(frame) for event in events for frame in session.tell(topic, event, NOW_MS)]


def public(topic: str, kind: TopicKind, *events: StreamEvent, **more: int) -> list[Any]:
    """Tell events on a public connection."""
    session = welcomed()
    subscribe(session, topic)
    return heard(session, Topic(kind, SYMBOL, **more), *events)


def private(topic: str, *events: StreamEvent) -> list[Any]:
    """Tell events about orders to their owner."""
    session = welcomed(with_key=True)
    subscribe(session, topic)
    return heard(session, ORDERS, *events)
