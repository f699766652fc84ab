"""Reading the events of Kraken's channels as ours.

What a message does not tell stays empty or is worked out of what it does: the opening price of a
ticker, the sequence of a book, which has a checksum instead.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from drawbridge.core.clock import MINUTE_MS
from drawbridge.core.errors import ExchangeRefused
from drawbridge.core.markets import (
    Candle,
    Level,
    Markets,
    OrderBook,
    PublicTrade,
    Ticker,
)
from drawbridge.core.money import ZERO
from drawbridge.core.operations import Balance
from drawbridge.core.orders import (
    Fill,
    Order,
    OrderStatus,
    OrderType,
    Side,
    TimeInForce,
    Trigger,
)
from drawbridge.core.streams import (
    BalancesTold,
    BookChange,
    CandleTold,
    OrdersTold,
    OrderTold,
    StreamEvent,
    TradesTold,
)
from drawbridge.exchanges.kraken.codec.conditional import CONDITIONAL, TRIGGERS_BY
from drawbridge.wire.documents import decimal_of, int_of, list_of, object_of, text_of
from drawbridge.wire.moments import parse_moment

Row = Mapping[str, Any]

_MOST_TOLD: Final = 200
_SNAPSHOT: Final = "snapshot"
_TRADE: Final = "trade"
_STATUSES: Final = MappingProxyType(
    {
        "pending_new": OrderStatus.OPEN,
        "new": OrderStatus.OPEN,
        "partially_filled": OrderStatus.PARTIALLY_FILLED,
        "filled": OrderStatus.FILLED,
        "canceled": OrderStatus.CANCELLED,
        "expired": OrderStatus.EXPIRED,
    }
)


def read_message(document: Row, markets: Markets) -> Sequence[StreamEvent]:
    """Read what a message tells. Raises: `ExchangeRefused("refused")` for an error."""
    if "error" in document:
        told = str(document["error"])[:_MOST_TOLD]
        raise ExchangeRefused("refused", exchange_code=told, told=told)
    read = _READERS.get(document.get("channel", ""))
    if read is None:
        return ()
    rows = [object_of(row) for row in list_of(document["data"])]
    return read(rows, markets, document["type"] == _SNAPSHOT)


def _ticker(rows: Sequence[Row], markets: Markets, _: object) -> Sequence[StreamEvent]:
    return [
        Ticker(
            symbol=markets.get(row["symbol"]).symbol,
            time_ms=parse_moment(row["timestamp"]),
            last=(last := decimal_of(row["last"])),
            bid=decimal_of(row["bid"]),
            bid_quantity=decimal_of(row["bid_qty"]),
            ask=decimal_of(row["ask"]),
            ask_quantity=decimal_of(row["ask_qty"]),
            open=last - decimal_of(row["change"]),
            high=decimal_of(row["high"]),
            low=decimal_of(row["low"]),
            volume=(volume := decimal_of(row["volume"])),
            volume_quote=volume * decimal_of(row["vwap"]),
            trades=0,
        )
        for row in rows
    ]


def _candles(rows: Sequence[Row], markets: Markets, _: object) -> Sequence[StreamEvent]:
    return [
        CandleTold(
            symbol=markets.get(row["symbol"]).symbol,
            interval_ms=int_of(row["interval"]) * MINUTE_MS,
            time_ms=parse_moment(row["timestamp"]),
            candle=Candle(
                parse_moment(row["interval_begin"]),
                *(decimal_of(row[name]) for name in ("open", "high", "low", "close", "volume")),
            ),
            is_closed=False,
        )
        for row in rows
    ]


def _books(rows: Sequence[Row], markets: Markets, is_snapshot: object) -> Sequence[StreamEvent]:
    events: list[StreamEvent] = []
    for row in rows:
        symbol = markets.get(row["symbol"]).symbol
        time_ms = parse_moment(row["timestamp"]) if "timestamp" in row else 0
        bids, asks = _levels(row["bids"]), _levels(row["asks"])
        # Kraken numbers no changes: the checksum tells whether one was missed.
        if is_snapshot:
            events.append(OrderBook(symbol, time_ms, 0, bids, asks))
        else:
            empty = OrderBook(symbol, time_ms, 0, (), ())
            events.append(BookChange(symbol, time_ms, 0, 0, bids, asks, empty))
    return events


def _levels(rows: object) -> tuple[Level, ...]:
    return tuple(Level(decimal_of(row["price"]), decimal_of(row["qty"])) for row in list_of(rows))


def _trades(rows: Sequence[Row], markets: Markets, is_snapshot: object) -> Sequence[StreamEvent]:
    trades = tuple(
        PublicTrade(
            trade_id=int_of(row["trade_id"]),
            symbol=markets.get(row["symbol"]).symbol,
            time_ms=parse_moment(row["timestamp"]),
            price=decimal_of(row["price"]),
            quantity=decimal_of(row["qty"]),
            taker_buys=Side(row["side"]) is Side.BUY,
        )
        for row in rows
    )
    return [TradesTold(trades[0].symbol, trades, bool(is_snapshot))] if trades else ()


def _executions(
    rows: Sequence[Row], markets: Markets, is_snapshot: object
) -> Sequence[StreamEvent]:
    full = [row for row in rows if "order_qty" in row]
    if is_snapshot:
        orders = tuple(_order(row, markets) for row in full)
        return [OrdersTold(orders, max((it.updated_ms for it in orders), default=0))]
    events = []
    for row in full:
        order = _order(row, markets)
        fill = _fill(row, order) if row["exec_type"] == _TRADE else None
        events.append(OrderTold(order, order.updated_ms, fill))
    return events


def _order(row: Row, markets: Markets) -> Order:
    time_ms = parse_moment(row["timestamp"])
    price = row.get("limit_price")
    word, told = text_of(row["order_type"]), row.get("triggers") or {}
    trigger = _trigger(word, told) if word in CONDITIONAL else None
    came = trigger is not None and told["status"] == "triggered"
    return Order(
        order_id=text_of(row["order_id"]),
        client_id=text_of(row.get("cl_ord_id", "")),
        symbol=markets.get(row["symbol"]).symbol,
        side=Side(row["side"]),
        type=OrderType.LIMIT if word.endswith("limit") else OrderType.MARKET,
        time_in_force=TimeInForce[row["time_in_force"]],
        status=_STATUSES[row["order_status"]],
        quantity=decimal_of(row["order_qty"]),
        price=None if price is None else decimal_of(price),
        created_ms=time_ms,
        updated_ms=time_ms,
        filled=decimal_of(row["cum_qty"]),
        filled_quote=decimal_of(row["cum_cost"]),
        post_only=row.get("post_only") is True,
        trigger=trigger,
        triggered_ms=time_ms if came else 0,
    )


def _trigger(word: str, told: Row) -> Trigger:
    by = TRIGGERS_BY[text_of(told["reference"])]
    return Trigger(CONDITIONAL[word][0], decimal_of(told["price"]), by)


def _fill(row: Row, order: Order) -> Fill:
    fee, fee_currency = ZERO, ""
    for taken in list_of(row["fees"]):
        fee, fee_currency = fee + decimal_of(taken["qty"]), text_of(taken["asset"])
    return Fill(
        trade_id=text_of(row["exec_id"]),
        order_id=order.order_id,
        client_id=order.client_id,
        symbol=order.symbol,
        side=order.side,
        type=order.type,
        price=decimal_of(row["last_price"]),
        quantity=decimal_of(row["last_qty"]),
        fee=fee,
        fee_currency=fee_currency,
        is_maker=row["liquidity_ind"] == "m",
        time_ms=order.updated_ms,
    )


def _balances(rows: Sequence[Row], _: Markets, is_snapshot: object) -> Sequence[StreamEvent]:
    # What is held for orders is not told apart from what is free.
    told = tuple(Balance(text_of(row["asset"]), decimal_of(row["balance"]), ZERO) for row in rows)
    times = [parse_moment(row["timestamp"]) for row in rows if "timestamp" in row]
    return [BalancesTold(told, max(times, default=0), bool(is_snapshot))]


_READERS: Final[Mapping[str, Callable[[Sequence[Row], Markets, object], Sequence[StreamEvent]]]] = (
    MappingProxyType(
        {
            "ticker": _ticker,
            "ohlc": _candles,
            "book": _books,
            "trade": _trades,
            "executions": _executions,
            "balances": _balances,
        }
    )
)
