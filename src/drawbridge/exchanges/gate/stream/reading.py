"""Reading the messages of Gate's channels as our events."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from drawbridge.core.errors import BadInput, ExchangeRefused, NotProven
from drawbridge.core.markets import Candle, Markets, OrderBook
from drawbridge.core.operations import Balance
from drawbridge.core.orders import Order
from drawbridge.core.streams import (
    BalancesTold,
    BookChange,
    CandleTold,
    OrderTold,
    StreamEvent,
    TradesTold,
)
from drawbridge.exchanges.gate.codec.account import read_fill
from drawbridge.exchanges.gate.codec.orders import read_order
from drawbridge.exchanges.gate.codec.prices import (
    INTERVALS_MS,
    read_levels,
    read_ticker,
    read_trade,
)
from drawbridge.exchanges.gate.stream.channels import Channel
from drawbridge.wire.documents import decimal_of, int_of, list_of, object_of, text_of

_MOST_KNOWN: Final = 1_000
_MOST_TOLD: Final = 200
_UPDATE: Final = "update"
_NOT_PROVEN: Final = frozenset({"4", "6", "11"})


class Reader:
    """Reads the messages of one connection.

    Why: an execution is told apart from its order; what is known of the order comes from the
    message before.
    """

    def __init__(self) -> None:
        """Know no orders yet."""
        self._orders: dict[str, Order] = {}

    def read(self, document: Mapping[str, Any], markets: Markets) -> Sequence[StreamEvent]:
        """Read what a message tells.

        Raises: `NotProven("bad_signature")`, `ExchangeRefused("refused")` for an error; `BadInput`
        and others for what cannot be understood.
        """
        _raise_if_refused(document)
        if document.get("event") != _UPDATE:
            return ()
        channel = document.get("channel")
        if channel == Channel.OWN_TRADES:
            return self._fills(document, markets)
        read = _READERS.get(channel)
        events = () if read is None else read(document, markets)
        for event in events:
            if isinstance(event, OrderTold):
                self._remember(event.order)
        return events

    def _remember(self, order: Order) -> None:
        self._orders.pop(order.order_id, None)
        self._orders[order.order_id] = order
        if len(self._orders) > _MOST_KNOWN:
            del self._orders[next(iter(self._orders))]

    def _fills(self, document: Mapping[str, Any], markets: Markets) -> Sequence[StreamEvent]:
        fills = [read_fill(object_of(row), markets) for row in list_of(document["result"])]
        return [
            OrderTold(order, fill.time_ms, replace(fill, type=order.type))
            for fill in fills
            if (order := self._orders.get(fill.order_id)) is not None
        ]


def _raise_if_refused(document: Mapping[str, Any]) -> None:
    error = document.get("error")
    if not error:
        return
    told = object_of(error)
    code, text = str(told.get("code", "")), str(told.get("message", ""))[:_MOST_TOLD]
    if code in _NOT_PROVEN:
        raise NotProven("bad_signature", told=text)
    raise ExchangeRefused("refused", exchange_code=code, told=text)


def _rows(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    result = document["result"]
    return [object_of(row) for row in (result if isinstance(result, list) else [result])]


def _tickers(document: Mapping[str, Any], markets: Markets) -> Sequence[StreamEvent]:
    time_ms = int_of(document["time_ms"], "time_ms")
    return [
        replace(read_ticker(row, markets.get_by_id(row["currency_pair"])), time_ms=time_ms)
        for row in _rows(document)
    ]


def _trades(document: Mapping[str, Any], markets: Markets) -> Sequence[StreamEvent]:
    events = []
    for row in _rows(document):
        symbol = markets.get_by_id(text_of(row["currency_pair"])).symbol
        events.append(TradesTold(symbol, (read_trade(row, symbol),)))
    return events


def _candles(document: Mapping[str, Any], markets: Markets) -> Sequence[StreamEvent]:
    events = []
    for row in _rows(document):
        interval, _, pair = text_of(row["n"]).partition("_")
        if interval not in INTERVALS_MS:
            raise BadInput("bad_interval", field="n")
        candle = Candle(
            int_of(row["t"], "t") * 1_000,
            *(_amount(row, name) for name in ("o", "h", "l", "c", "a")),
        )
        symbol, length_ms = markets.get_by_id(pair).symbol, INTERVALS_MS[interval]
        time_ms = int_of(document["time_ms"], "time_ms")
        is_closed = row.get("w") is True
        events.append(CandleTold(symbol, length_ms, time_ms, candle, is_closed))
    return events


def _books(document: Mapping[str, Any], markets: Markets) -> Sequence[StreamEvent]:
    row = object_of(document["result"])
    pair = text_of(row["s"]).split(".")[1]
    symbol, time_ms = markets.get_by_id(pair).symbol, int_of(row["t"], "t")
    sequence = int_of(row["u"], "u")
    bids, asks = read_levels(row.get("b") or []), read_levels(row.get("a") or [])
    if row.get("full") is True:
        return [OrderBook(symbol, time_ms, sequence, bids, asks)]
    empty = OrderBook(symbol, time_ms, sequence, (), ())
    before = int_of(row["U"], "U") - 1
    return [BookChange(symbol, time_ms, before, sequence, bids, asks, empty)]


def _orders(document: Mapping[str, Any], markets: Markets) -> Sequence[StreamEvent]:
    orders = [read_order(row, markets) for row in _rows(document)]
    return [OrderTold(order, order.updated_ms) for order in orders]


def _balances(document: Mapping[str, Any], _markets: Markets) -> Sequence[StreamEvent]:
    rows = _rows(document)
    balances = tuple(
        Balance(text_of(row["currency"]), _amount(row, "available"), _amount(row, "freeze"))
        for row in rows
    )
    time_ms = max((int_of(row["timestamp_ms"], "timestamp_ms") for row in rows), default=0)
    changes = tuple(_amount(row, "change") for row in rows)
    return [BalancesTold(balances, time_ms, changes=changes)]


def _amount(row: Mapping[str, Any], name: str) -> Decimal:
    return decimal_of(row[name], name)


_READERS: Final[Mapping[Any, Callable[[Mapping[str, Any], Markets], Sequence[StreamEvent]]]] = (
    MappingProxyType(
        {
            Channel.TICKERS.value: _tickers,
            Channel.TRADES.value: _trades,
            Channel.CANDLES.value: _candles,
            Channel.BOOK.value: _books,
            Channel.ORDERS.value: _orders,
            Channel.BALANCES.value: _balances,
        }
    )
)
