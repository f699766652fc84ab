"""Reading the messages of HTX's channels as our events."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from drawbridge.core.errors import ExchangeRefused, NotProven
from drawbridge.core.markets import Markets, OrderBook
from drawbridge.core.money import ZERO
from drawbridge.core.operations import Balance
from drawbridge.core.orders import Fill, Order, OrderStatus, OrderType
from drawbridge.core.streams import (
    BalancesTold,
    BookChange,
    CandleTold,
    OrderTold,
    StreamEvent,
    TradesTold,
)
from drawbridge.exchanges.huobi.codec.kinds import is_by_cost, read_kind
from drawbridge.exchanges.huobi.codec.orders import read_state
from drawbridge.exchanges.huobi.codec.prices import (
    read_candle,
    read_levels,
    read_ticker,
    read_trade,
)
from drawbridge.exchanges.huobi.stream.channels import (
    Form,
    MarketChannel,
    Own,
    read_market_channel,
    read_user_channel,
)
from drawbridge.wire.documents import decimal_of, int_of, list_of, object_of, text_of

Row = Mapping[str, Any]

_MOST_KNOWN: Final = 1_000
_MOST_TOLD: Final = 200
_GOOD: Final = 200
_NOT_PROVEN: Final = 2_002
_TRADE: Final = "trade"


class Reader:
    """Reads the messages of one connection.

    Why: what an order cost so far and what its executions cost is told apart, and only as it
    happens; it is put together from the messages before.
    """

    def __init__(self) -> None:
        """Know no orders yet."""
        self._orders: dict[str, Order] = {}

    def read(self, document: Row, markets: Markets) -> Sequence[StreamEvent]:
        """Read what a message tells.

        Raises: `NotProven("bad_signature")`, `ExchangeRefused("refused")` for an error; `BadInput`
        and others for what cannot be understood.
        """
        _raise_if_refused(document)
        if document.get("action") == "push":
            return self._own(document, markets)
        if "tick" in document:
            channel = read_market_channel(text_of(document["ch"]), markets)
            return _market_events(channel, document)
        if "rep" in document:
            channel = read_market_channel(text_of(document["rep"]), markets)
            row = object_of(document["data"])
            return [_book(channel, row, int_of(document["ts"], "ts"), "seqNum")]
        return ()

    def _own(self, document: Row, markets: Markets) -> Sequence[StreamEvent]:
        channel = read_user_channel(text_of(document["ch"]), markets)
        row = object_of(document["data"])
        if channel.own is Own.BALANCES:
            return _balance(row)
        if channel.own is Own.ORDERS:
            order = self._remembered(_order(row, markets, self._orders))
            return [OrderTold(order, order.updated_ms)]
        known = self._orders.get(str(row["orderId"]))
        if known is None or row["eventType"] != _TRADE:
            return ()
        return [OrderTold(known, known.updated_ms, _fill(row, known))]

    def _remembered(self, order: Order) -> Order:
        self._orders.pop(order.order_id, None)
        self._orders[order.order_id] = order
        if len(self._orders) > _MOST_KNOWN:
            del self._orders[next(iter(self._orders))]
        return order


def _raise_if_refused(document: Row) -> None:
    if document.get("status") == "error":
        text = str(document.get("err-msg", ""))[:_MOST_TOLD]
        raise ExchangeRefused("refused", exchange_code=str(document.get("err-code")), told=text)
    code = document.get("code", _GOOD)
    if code == _GOOD:
        return
    text = str(document.get("message", ""))[:_MOST_TOLD]
    if code == _NOT_PROVEN:
        raise NotProven("bad_signature", told=text)
    raise ExchangeRefused("refused", exchange_code=str(code), told=text)


# -------------------------------------------------------------------------------- market data
def _market_events(channel: MarketChannel, document: Row) -> Sequence[StreamEvent]:
    row, time_ms = object_of(document["tick"]), int_of(document["ts"], "ts")
    read = _READERS.get(channel.form)
    return () if read is None else [read(channel, row, time_ms)]


def _ticker(channel: MarketChannel, row: Row, time_ms: int) -> StreamEvent:
    return read_ticker(row, channel.topic.symbol, time_ms)


def _trades(channel: MarketChannel, row: Row, _time_ms: int) -> StreamEvent:
    symbol, rows = channel.topic.symbol, map(object_of, list_of(row["data"]))
    return TradesTold(symbol, tuple(read_trade(it, symbol, "tradeId") for it in rows))


def _candle(channel: MarketChannel, row: Row, time_ms: int) -> StreamEvent:
    # Whether it has closed is not told; that there is a next one tells it.
    topic = channel.topic
    return CandleTold(topic.symbol, topic.interval_ms, time_ms, read_candle(row), is_closed=False)


def _versioned(channel: MarketChannel, row: Row, time_ms: int) -> StreamEvent:
    return _book(channel, row, time_ms, "version")


def _refreshed(channel: MarketChannel, row: Row, time_ms: int) -> StreamEvent:
    return _book(channel, row, time_ms, "seqNum")


def _book(channel: MarketChannel, row: Row, time_ms: int, number: str) -> OrderBook:
    bids, asks = read_levels(row["bids"]), read_levels(row["asks"])
    return OrderBook(channel.topic.symbol, time_ms, int_of(row[number], number), bids, asks)


def _change(channel: MarketChannel, row: Row, time_ms: int) -> BookChange:
    symbol, sequence = channel.topic.symbol, int_of(row["seqNum"], "seqNum")
    empty = OrderBook(symbol, time_ms, sequence, (), ())
    return BookChange(
        symbol=symbol,
        time_ms=time_ms,
        before=int_of(row["prevSeqNum"], "prevSeqNum"),
        sequence=sequence,
        bids=read_levels(row.get("bids") or []),
        asks=read_levels(row.get("asks") or []),
        book=empty,
    )


_READERS: Final[Mapping[Form, Callable[[MarketChannel, Row, int], StreamEvent]]] = MappingProxyType(
    {
        Form.TICKER: _ticker,
        Form.TRADES: _trades,
        Form.CANDLES: _candle,
        Form.CHANGES: _change,
        Form.BOOK: _versioned,
        Form.REFRESHED: _refreshed,
    }
)


# -------------------------------------------------------------------------------- one's own
def _order(row: Row, markets: Markets, known: Mapping[str, Order]) -> Order:
    market = markets.get_by_id(text_of(row["symbol"]))
    side, kind = read_kind(text_of(row["type"]))
    order_id, filled = str(int_of(row["orderId"], "orderId")), decimal_of(row["execAmt"])
    by_cost = is_by_cost(kind.type, side)
    before, cost = known.get(order_id), ZERO
    if row["eventType"] == _TRADE:
        cost = decimal_of(row["tradePrice"]) * decimal_of(row["tradeVolume"])
    created_ms = int_of(row.get("orderCreateTime") or 0, "orderCreateTime")
    status = read_state(text_of(row["orderStatus"]))
    if status is OrderStatus.OPEN and filled:
        status = OrderStatus.PARTIALLY_FILLED
    return Order(
        order_id=order_id,
        client_id=text_of(row.get("clientOrderId") or ""),
        symbol=market.symbol,
        side=side,
        type=kind.type,
        time_in_force=kind.time_in_force,
        status=status,
        quantity=filled if by_cost else decimal_of(row["orderSize"]),
        price=decimal_of(row["orderPrice"]) if kind.type is OrderType.LIMIT else None,
        created_ms=created_ms or (before.created_ms if before is not None else 0),
        updated_ms=int_of(row["lastActTime"], "lastActTime"),
        filled=filled,
        filled_quote=(before.filled_quote if before is not None else ZERO) + cost,
        quote_quantity=decimal_of(row["orderValue"]) if by_cost else None,
        post_only=kind.post_only,
    )


def _fill(row: Row, order: Order) -> Fill:
    return Fill(
        trade_id=str(int_of(row["tradeId"], "tradeId")),
        order_id=order.order_id,
        client_id=order.client_id,
        symbol=order.symbol,
        side=order.side,
        type=order.type,
        price=decimal_of(row["tradePrice"]),
        quantity=decimal_of(row["tradeVolume"]),
        fee=decimal_of(row["transactFee"]),
        fee_currency=text_of(row["feeCurrency"]).upper(),
        is_maker=row["aggressor"] is not True,
        time_ms=int_of(row["tradeTime"], "tradeTime"),
    )


def _balance(row: Row) -> Sequence[StreamEvent]:
    if "balance" not in row or "available" not in row:
        return ()
    free = decimal_of(row["available"])
    balance = Balance(text_of(row["currency"]).upper(), free, decimal_of(row["balance"]) - free)
    time_ms = int_of(row.get("changeTime") or 0, "changeTime")
    return [BalancesTold((balance,), time_ms, is_snapshot=row.get("changeType") is None)]
