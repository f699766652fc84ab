"""The messages of Kraken's channels: which channel a topic is, and how an event becomes text."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from drawbridge.core.clock import MINUTE_MS
from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Market, OrderBook, Ticker
from drawbridge.core.streams import (
    BookChange,
    CandleTold,
    StreamEvent,
    Topic,
    TopicKind,
    TradesTold,
)
from drawbridge.exchanges.kraken.stream.writing import (
    Row,
    book_row,
    candle_row,
    change_row,
    moment,
    ticker_row,
    trade_row,
)
from drawbridge.wire.documents import write_document
from drawbridge.wire.stream import Frame

# Channels that anyone may follow, and those of an account with the row that says the right.
PUBLIC_CHANNELS: Final = MappingProxyType(
    {
        "ticker": TopicKind.TICKER,
        "ohlc": TopicKind.CANDLES,
        "book": TopicKind.BOOK,
        "trade": TopicKind.TRADES,
    }
)
PRIVATE_CHANNELS: Final = MappingProxyType(
    {
        "executions": (Topic(TopicKind.ORDERS), "ws_executions"),
        "balances": (Topic(TopicKind.BALANCES), "ws_balances"),
    }
)

_DEPTHS: Final = (10, 25, 100, 500, 1_000)
_INTERVALS: Final = (1, 5, 15, 30, 60, 240, 1_440, 10_080, 21_600)


def topic_of(channel: str, symbol: str, params: Mapping[str, Any]) -> Topic:
    """Give the topic of a public channel. Raises: `BadInput("malformed")`."""
    kind = PUBLIC_CHANNELS[channel]
    if kind is TopicKind.CANDLES:
        minutes = _choice(params, "interval", _INTERVALS)
        return Topic(kind, symbol, interval_ms=minutes * MINUTE_MS)
    if kind is TopicKind.BOOK:
        return Topic(kind, symbol, depth=_choice(params, "depth", _DEPTHS))
    return Topic(kind, symbol)


def described(channel: str, topic: Topic, *, snapshot: bool) -> Row:
    """Write what was subscribed to, as its answer tells it."""
    told: Row = {"channel": channel, "snapshot": snapshot, "symbol": topic.symbol}
    if topic.kind is TopicKind.CANDLES:
        told["interval"] = topic.interval_ms // MINUTE_MS
    if topic.kind is TopicKind.BOOK:
        told["depth"] = topic.depth
    return told


def write_market_event(event: StreamEvent, market: Market, *, is_first: bool) -> Sequence[Frame]:
    """Write a public event; what stood when somebody subscribed is a snapshot."""
    match event:
        case Ticker():
            return _message("ticker", (ticker_row(event, market),), is_first=is_first)
        case CandleTold():
            row = candle_row(event, market)
            more = {"timestamp": moment(event.time_ms)}
            return _message("ohlc", (row,), is_first=is_first, more=more)
        case OrderBook():
            return _message("book", (book_row(event, market),), is_first=True)
        case BookChange():
            return _message("book", (change_row(event, market),), is_first=False)
        case TradesTold():
            rows = [trade_row(trade, market) for trade in event.trades]
            return _message("trade", rows, is_first=event.is_snapshot) if rows else ()
    return ()


def write_user_message(
    channel: str, rows: Iterable[Row], sequence: int, *, is_first: bool
) -> Frame:
    """Write what happened to an account, numbered within its channel."""
    return _message(channel, rows, is_first=is_first, more={"sequence": sequence})[0]


def _message(
    channel: str, rows: Iterable[Row], *, is_first: bool, more: Mapping[str, object] | None = None
) -> Sequence[Frame]:
    told = {"channel": channel, "type": "snapshot" if is_first else "update", "data": list(rows)}
    return (write_document({**told, **(more or {})}).decode(),)


def _choice(params: Mapping[str, Any], name: str, known: Sequence[int]) -> int:
    value = params.get(name, known[0])
    if isinstance(value, bool) or not isinstance(value, int) or value not in known:
        raise BadInput("malformed", field=name)
    return value
