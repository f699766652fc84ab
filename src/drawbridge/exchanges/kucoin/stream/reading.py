"""Reading KuCoin's messages as our events.

What a message does not tell stays empty: the whole book of a change, an order's fee and the time
in force, what is held beside what is free before a balance changed.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from drawbridge.core.markets import Level, Markets, OrderBook, PublicTrade, Ticker
from drawbridge.core.money import ZERO
from drawbridge.core.operations import Balance
from drawbridge.core.orders import Fill, Order, OrderStatus, OrderType, Side, TimeInForce
from drawbridge.core.streams import (
    BalancesTold,
    BookChange,
    CandleTold,
    OrderTold,
    StreamEvent,
    TradesTold,
)
from drawbridge.exchanges.kucoin.codec.prices import INTERVALS, NANOS, read_candle
from drawbridge.wire.documents import decimal_of, int_of, list_of, object_of, text_of

Row = Mapping[str, Any]
_SIDES: Final = {side.value: side for side in Side}
_TYPES: Final = {kind.value: kind for kind in OrderType}
_ENDS: Final = {"filled": OrderStatus.FILLED, "canceled": OrderStatus.CANCELLED}


def read_message(message: Row, markets: Markets) -> Sequence[StreamEvent]:
    """Read what a message tells; nothing of what we do not follow."""
    read = _READERS.get(text_of(message.get("subject")))
    return () if read is None else (read(message, object_of(message["data"]), markets),)


def _symbol(message: Row, markets: Markets) -> str:
    name = text_of(message["topic"]).partition(":")[2].partition("_")[0]
    return markets.get_by_id(name).symbol


def _snapshot(message: Row, data: Row, markets: Markets) -> Ticker:
    row = object_of(data["data"])
    return Ticker(
        symbol=_symbol(message, markets),
        time_ms=int_of(row["datetime"]),
        last=decimal_of(row["lastTradedPrice"]),
        bid=decimal_of(row["buy"]),
        bid_quantity=decimal_of(row.get("bidSize", 0)),
        ask=decimal_of(row["sell"]),
        ask_quantity=decimal_of(row.get("askSize", 0)),
        open=decimal_of(row["open"]),
        high=decimal_of(row["high"]),
        low=decimal_of(row["low"]),
        volume=decimal_of(row["vol"]),
        volume_quote=decimal_of(row["volValue"]),
        trades=0,
    )


def _candle(message: Row, data: Row, markets: Markets) -> CandleTold:
    word = text_of(message["topic"]).partition("_")[2]
    time_ms, interval_ms = int_of(data["time"]) // NANOS, INTERVALS[word]
    candle = read_candle(data["candles"])
    is_closed = time_ms >= candle.open_time_ms + interval_ms
    return CandleTold(_symbol(message, markets), interval_ms, time_ms, candle, is_closed)


def _match(message: Row, data: Row, markets: Markets) -> TradesTold:
    symbol = _symbol(message, markets)
    trade = PublicTrade(
        trade_id=int_of(data["sequence"]),
        symbol=symbol,
        time_ms=int_of(data["time"]) // NANOS,
        price=decimal_of(data["price"]),
        quantity=decimal_of(data["size"]),
        taker_buys=_SIDES[data["side"]] is Side.BUY,
    )
    return TradesTold(symbol, (trade,))


def _levels(rows: object) -> tuple[Level, ...]:
    return tuple(Level(decimal_of(row[0]), decimal_of(row[1])) for row in list_of(rows))


def _change(message: Row, data: Row, markets: Markets) -> BookChange:
    changes, symbol = object_of(data["changes"]), _symbol(message, markets)
    time_ms, sequence = int_of(data["time"]), int_of(data["sequenceEnd"])
    return BookChange(
        symbol=symbol,
        time_ms=time_ms,
        before=int_of(data["sequenceStart"]) - 1,
        sequence=sequence,
        bids=_levels(changes["bids"]),
        asks=_levels(changes["asks"]),
        book=OrderBook(symbol, time_ms, sequence, (), ()),
    )


def _book(message: Row, data: Row, markets: Markets) -> OrderBook:
    time_ms = int_of(data["timestamp"])
    symbol = _symbol(message, markets)
    return OrderBook(symbol, time_ms, 0, _levels(data["bids"]), _levels(data["asks"]))


def _order(_message: Row, data: Row, markets: Markets) -> OrderTold:
    kind, time_ms = _TYPES[data["orderType"]], int_of(data["ts"]) // NANOS
    filled = decimal_of(data["filledSize"])
    running = OrderStatus.PARTIALLY_FILLED if filled else OrderStatus.OPEN
    order = Order(
        order_id=text_of(data["orderId"]),
        client_id=text_of(data.get("clientOid") or ""),
        symbol=markets.get_by_id(data["symbol"]).symbol,
        side=_SIDES[data["side"]],
        type=kind,
        time_in_force=TimeInForce.GTC,
        status=_ENDS.get(data["type"], running),
        quantity=decimal_of(data["originSize"]),
        price=decimal_of(data["price"]) if kind is OrderType.LIMIT else None,
        created_ms=int_of(data["orderTime"]),
        updated_ms=time_ms,
        filled=filled,
    )
    return OrderTold(order, time_ms, _fill(data, order) if data["type"] == "match" else None)


def _fill(data: Row, order: Order) -> Fill:
    # The fee is told later, over REST.
    return Fill(
        trade_id=text_of(data["tradeId"]),
        order_id=order.order_id,
        client_id=order.client_id,
        symbol=order.symbol,
        side=order.side,
        type=order.type,
        price=decimal_of(data["matchPrice"]),
        quantity=decimal_of(data["matchSize"]),
        fee=ZERO,
        fee_currency="",
        is_maker=data["liquidity"] == "maker",
        time_ms=order.updated_ms,
    )


def _balance(_message: Row, data: Row, _markets: Markets) -> BalancesTold:
    balance = Balance(
        text_of(data["currency"]), decimal_of(data["available"]), decimal_of(data["hold"])
    )
    change = decimal_of(data["availableChange"]) + decimal_of(data["holdChange"])
    return BalancesTold((balance,), int_of(data["time"]), changes=(change,))


_READERS: Final[Mapping[str, Callable[[Row, Row, Markets], StreamEvent]]] = {
    "trade.snapshot": _snapshot,
    "trade.candles.update": _candle,
    "trade.l3match": _match,
    "trade.l2update": _change,
    "level2": _book,
    "orderChange": _order,
    "account.balance": _balance,
}
