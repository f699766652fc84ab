"""Reading Coinbase's messages as our events.

What a message does not tell stays empty: the beginning of a day, the fills of an order, the whole
book of a change. Messages are numbered for each connection, books are not.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from drawbridge.core.markets import Candle, Level, Markets, OrderBook, PublicTrade, Ticker
from drawbridge.core.money import ZERO
from drawbridge.core.orders import Order, OrderType
from drawbridge.core.streams import (
    BookChange,
    CandleTold,
    OrdersTold,
    OrderTold,
    StreamEvent,
    TradesTold,
)
from drawbridge.exchanges.coinbase.codec.orders import SIDES, read_status, read_time_text
from drawbridge.exchanges.coinbase.stream.channels import CANDLE_MS
from drawbridge.wire.documents import decimal_of, flag_of, int_of, list_of, object_of, text_of
from drawbridge.wire.moments import parse_moment

Row = Mapping[str, Any]
_SNAPSHOT: Final = "snapshot"
_MARKET: Final = "Market"
_BUY: Final = "BUY"


def read_message(message: Row, markets: Markets) -> Sequence[StreamEvent]:
    """Read what a message tells; nothing of what we do not follow."""
    read = _READERS.get(text_of(message["channel"]))
    if read is None:
        return ()
    at_ms = parse_moment(text_of(message["timestamp"]))
    rows = [object_of(row) for row in list_of(message["events"])]
    return [event for row in rows for event in read(row, at_ms, markets)]


def _tickers(event: Row, at_ms: int, markets: Markets) -> Sequence[StreamEvent]:
    # Now and then Coinbase sends a ticker in which everything is empty.
    return [
        _ticker(object_of(row), at_ms, markets)
        for row in list_of(event["tickers"])
        if row["product_id"]
    ]


def _ticker(row: Row, at_ms: int, markets: Markets) -> Ticker:
    return Ticker(
        symbol=markets.get_by_id(text_of(row["product_id"])).symbol,
        time_ms=at_ms,
        last=decimal_of(row["price"]),
        bid=decimal_of(row.get("best_bid") or "0"),
        bid_quantity=decimal_of(row.get("best_bid_quantity") or "0"),
        ask=decimal_of(row.get("best_ask") or "0"),
        ask_quantity=decimal_of(row.get("best_ask_quantity") or "0"),
        open=ZERO,
        high=decimal_of(row["high_24_h"]),
        low=decimal_of(row["low_24_h"]),
        volume=decimal_of(row["volume_24_h"]),
        volume_quote=ZERO,
        trades=0,
    )


def _candles(event: Row, at_ms: int, markets: Markets) -> Sequence[StreamEvent]:
    return [_candle(object_of(row), at_ms, markets) for row in list_of(event["candles"])]


def _candle(row: Row, at_ms: int, markets: Markets) -> CandleTold:
    candle = Candle(
        open_time_ms=int_of(row["start"]) * 1_000,
        open=decimal_of(row["open"]),
        high=decimal_of(row["high"]),
        low=decimal_of(row["low"]),
        close=decimal_of(row["close"]),
        volume=decimal_of(row["volume"]),
    )
    symbol = markets.get_by_id(text_of(row["product_id"])).symbol
    is_closed = at_ms >= candle.open_time_ms + CANDLE_MS
    return CandleTold(symbol, CANDLE_MS, at_ms, candle, is_closed)


def _trades(event: Row, _at_ms: int, markets: Markets) -> Sequence[StreamEvent]:
    by_symbol: dict[str, list[PublicTrade]] = {}
    for row in reversed(list_of(event["trades"])):
        symbol = markets.get_by_id(text_of(row["product_id"])).symbol
        trade = PublicTrade(
            trade_id=int_of(row["trade_id"]),
            symbol=symbol,
            time_ms=parse_moment(text_of(row["time"])),
            price=decimal_of(row["price"]),
            quantity=decimal_of(row["size"]),
            taker_buys=row["side"] == _BUY,
        )
        by_symbol.setdefault(symbol, []).append(trade)
    is_snapshot = event["type"] == _SNAPSHOT
    return [TradesTold(symbol, tuple(trades), is_snapshot) for symbol, trades in by_symbol.items()]


def _book(event: Row, at_ms: int, markets: Markets) -> Sequence[StreamEvent]:
    symbol = markets.get_by_id(text_of(event["product_id"])).symbol
    rows = [object_of(row) for row in list_of(event["updates"])]
    bids, asks = _levels(rows, "bid"), _levels(rows, "offer")
    if event["type"] == _SNAPSHOT:
        return (OrderBook(symbol, at_ms, 0, bids, asks),)
    empty = OrderBook(symbol, at_ms, 0, (), ())
    return (BookChange(symbol, at_ms, 0, 0, bids, asks, empty),)


def _levels(rows: Sequence[Row], side: str) -> tuple[Level, ...]:
    return tuple(
        Level(decimal_of(row["price_level"]), decimal_of(row["new_quantity"]))
        for row in rows
        if row["side"] == side
    )


def _orders(event: Row, at_ms: int, markets: Markets) -> Sequence[StreamEvent]:
    orders = tuple(_order(object_of(row), at_ms, markets) for row in list_of(event["orders"]))
    if event["type"] == _SNAPSHOT:
        return (OrdersTold(orders, at_ms),)
    return [OrderTold(order, at_ms) for order in orders]


def _order(row: Row, at_ms: int, markets: Markets) -> Order:
    market = markets.get_by_id(text_of(row["product_id"]))
    filled, left = decimal_of(row["cumulative_quantity"]), decimal_of(row["leaves_quantity"])
    fee, price = decimal_of(row["total_fees"]), decimal_of(row.get("limit_price") or "0")
    is_market = row["order_type"] == _MARKET
    return Order(
        order_id=text_of(row["order_id"]),
        client_id=text_of(row.get("client_order_id") or ""),
        symbol=market.symbol,
        side=SIDES[text_of(row["order_side"])],
        type=OrderType.MARKET if is_market else OrderType.LIMIT,
        time_in_force=read_time_text(row.get("time_in_force")),
        status=read_status(text_of(row["status"]), filled),
        # Of an order that has ended early, nothing tells how much it was for.
        quantity=filled + left,
        price=None if is_market else price,
        created_ms=parse_moment(text_of(row["creation_time"])),
        updated_ms=at_ms,
        filled=filled,
        filled_quote=decimal_of(row.get("filled_value") or "0"),
        fee=fee,
        fee_currency=market.quote if fee else "",
        post_only=flag_of(row.get("post_only", False)),
    )


_READERS: Final[Mapping[str, Callable[[Row, int, Markets], Sequence[StreamEvent]]]] = {
    "ticker": _tickers,
    "ticker_batch": _tickers,
    "candles": _candles,
    "market_trades": _trades,
    "l2_data": _book,
    "user": _orders,
}
