"""Our side of Poloniex's streams: what we send, and how we read what comes. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from drawbridge.core.errors import BadInput, ExchangeRefused
from drawbridge.core.markets import Candle, Level, Markets, OrderBook
from drawbridge.core.money import ZERO
from drawbridge.core.operations import Balance
from drawbridge.core.orders import Fill, Order, OrderType, TimeInForce
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
from drawbridge.exchanges.poloniex.codec import values
from drawbridge.exchanges.poloniex.codec.orders import MAKER, read_state
from drawbridge.exchanges.poloniex.codec.prices import read_ticker_row, read_trade
from drawbridge.exchanges.poloniex.stream.channels import (
    ALL,
    AUTH,
    BALANCES,
    BOOK_LEVELS,
    CANDLES,
    ORDERS,
    TICKER,
    TRADES,
)
from drawbridge.wire.dialect import Credential
from drawbridge.wire.documents import (
    decimal_of,
    int_of,
    list_of,
    object_of,
    parse_object,
    reading,
    text_of,
    write_document,
)
from drawbridge.wire.stream import Frame

_PUBLIC: Final = b"/ws/public"
_PRIVATE: Final = b"/ws/private"
_SIGNED: Final = "GET\n/ws\nsignTimestamp="
_NAMES: Final[Mapping[TopicKind, str]] = MappingProxyType(
    {
        TopicKind.TICKER: TICKER,
        TopicKind.TRADES: TRADES,
        TopicKind.BOOK: BOOK_LEVELS,
        TopicKind.ORDERS: ORDERS,
        TopicKind.BALANCES: BALANCES,
    }
)
_CANDLES: Final = {length: name for name, length in CANDLES.items()}
# A ticker over streams tells no best prices.
_NOTHING: Final = Level(ZERO, ZERO)

Row = Mapping[str, Any]


def stream_path(topic: Topic) -> bytes:
    """Give the path at which this topic is subscribed to."""
    return _PRIVATE if topic.kind.is_private else _PUBLIC


def log_in(credential: Credential, stamp: str) -> Frame:
    """Write the frame that logs in."""
    signature = credential.signer.sign((_SIGNED + stamp).encode("ascii")).decode("ascii")
    params = {
        "key": credential.key,
        "signTimestamp": stamp,
        "signature": signature,
        "signatureMethod": "HmacSHA256",
        "signatureVersion": "2",
    }
    return _frame({"event": "subscribe", "channel": [AUTH], "params": params})


def subscribe(topics: Iterable[Topic], markets: Markets, number: int) -> Sequence[Frame]:
    """Write a frame for each topic."""
    del number
    return [_frame(_wish(topic, markets)) for topic in topics]


def unsubscribe(topics: Iterable[Topic], markets: Markets, number: int) -> Sequence[Frame]:
    """Write a frame for each topic that ends its subscription."""
    del number
    wishes = (_wish(topic, markets) for topic in topics)
    return [_frame({**wish, "event": "unsubscribe"}) for wish in wishes]


def read_frame(frame: Frame, markets: Markets) -> Sequence[StreamEvent]:
    """Read a frame's events; none for acknowledgements and pongs.

    Raises: `ExchangeRefused("refused")`, `OutcomeUnknown("unreadable_answer")`.
    """
    with reading():
        document = parse_object(frame)
        _raise_if_refused(document)
        name, told = document.get("channel"), document.get("data")
        if name in {None, AUTH} or told is None:
            return ()
        rows = [object_of(row) for row in list_of(told)]
        if name == BALANCES:
            return [_balances(rows)]
        if name in CANDLES:
            return [_candle(row, CANDLES[name], markets) for row in rows]
        if name == BOOK_LEVELS:
            return [_book(row, markets, text_of(document["action"])) for row in rows]
        read = _READERS.get(name, _nothing)
        return [event for row in rows for event in read(row, markets)]


def _wish(topic: Topic, markets: Markets) -> dict[str, object]:
    if topic.kind is TopicKind.CANDLES:
        name = _CANDLES.get(topic.interval_ms)
        if name is None:
            raise BadInput("bad_interval", field="interval")
    else:
        name = _NAMES[topic.kind]
    wish: dict[str, object] = {"event": "subscribe", "channel": [name]}
    if topic.kind is not TopicKind.BALANCES:
        wish["symbols"] = [markets.get(topic.symbol).id if topic.symbol else ALL]
    return wish


def _frame(document: Mapping[str, object]) -> str:
    return write_document({**document}).decode("utf-8")


def _raise_if_refused(document: Row) -> None:
    told = document.get("data")
    if document.get("event") == "error":
        raise ExchangeRefused("refused", exchange_code="", told=str(document.get("message"))[:200])
    if document.get("channel") == AUTH and object_of(told)["success"] is not True:
        message = str(object_of(told).get("message"))
        raise ExchangeRefused("refused", exchange_code="", told=message[:200])


def _symbol(row: Row, markets: Markets) -> str:
    return markets.get_by_id(text_of(row["symbol"])).symbol


def _candle(row: Row, interval_ms: int, markets: Markets) -> CandleTold:
    time_ms, start_ms = int_of(row["ts"]), int_of(row["startTime"])
    candle = Candle(
        start_ms,
        open=decimal_of(row["open"]),
        high=decimal_of(row["high"]),
        low=decimal_of(row["low"]),
        close=decimal_of(row["close"]),
        volume=decimal_of(row["quantity"]),
    )
    is_closed = time_ms >= start_ms + interval_ms
    return CandleTold(_symbol(row, markets), interval_ms, time_ms, candle, is_closed)


def _ticker(row: Row, markets: Markets) -> Sequence[StreamEvent]:
    return (read_ticker_row(row, markets, bid=_NOTHING, ask=_NOTHING),)


def _trade(row: Row, markets: Markets) -> Sequence[StreamEvent]:
    symbol = _symbol(row, markets)
    return (TradesTold(symbol, (read_trade(symbol, row),)),)


def _nothing(_row: Row, _markets: Markets) -> Sequence[StreamEvent]:
    return ()


def _book(row: Row, markets: Markets, action: str) -> OrderBook | BookChange:
    symbol, time_ms, number = _symbol(row, markets), int_of(row["createTime"]), int_of(row["id"])
    bids, asks = _levels(row["bids"]), _levels(row["asks"])
    if action == "snapshot":
        return OrderBook(symbol, time_ms, number, bids, asks)
    known = OrderBook(symbol, time_ms, number, (), ())
    return BookChange(symbol, time_ms, int_of(row["lastId"]), number, bids, asks, known)


def _levels(told: object) -> tuple[Level, ...]:
    rows = (list_of(row) for row in list_of(told))
    return tuple(Level(decimal_of(row[0]), decimal_of(row[1])) for row in rows)


def _order(row: Row, markets: Markets) -> Sequence[StreamEvent]:
    name, cost = text_of(row["type"]), decimal_of(row["orderAmount"])
    kind = OrderType.LIMIT if name == MAKER else OrderType[name]
    time_ms = int_of(row["ts"])
    order = Order(
        order_id=text_of(row["orderId"]),
        client_id=text_of(row["clientOrderId"]),
        symbol=_symbol(row, markets),
        side=values.SIDES[text_of(row["side"])],
        type=kind,
        # Not told over streams.
        time_in_force=TimeInForce.GTC,
        status=read_state(row["state"]),
        quantity=decimal_of(row["quantity"]),
        price=decimal_of(row["price"]) if kind is OrderType.LIMIT else None,
        created_ms=int_of(row["createTime"]),
        updated_ms=time_ms,
        filled=decimal_of(row["filledQuantity"]),
        filled_quote=decimal_of(row["filledAmount"]),
        quote_quantity=cost or None,
        post_only=name == MAKER,
    )
    fill = _fill(row, order) if row["eventType"] == "trade" else None
    return (OrderTold(order, time_ms, fill),)


def _fill(row: Row, order: Order) -> Fill:
    return Fill(
        trade_id=text_of(row["tradeId"]),
        order_id=order.order_id,
        client_id=order.client_id,
        symbol=order.symbol,
        side=order.side,
        type=order.type,
        price=decimal_of(row["tradePrice"]),
        quantity=decimal_of(row["tradeQty"]),
        fee=decimal_of(row["tradeFee"]),
        fee_currency=text_of(row["feeCurrency"]),
        is_maker=row["matchRole"] == "MAKER",
        time_ms=int_of(row["tradeTime"]),
    )


def _balances(rows: Sequence[Row]) -> BalancesTold:
    balances = tuple(
        Balance(text_of(it["currency"]), decimal_of(it["available"]), decimal_of(it["hold"]))
        for it in rows
    )
    return BalancesTold(balances, max((int_of(it["changeTime"]) for it in rows), default=0))


_READERS: Final[Mapping[str, Callable[[Row, Markets], Sequence[StreamEvent]]]] = MappingProxyType(
    {TICKER: _ticker, TRADES: _trade, ORDERS: _order}
)
