"""What every exchange tells of a result, so that what was written and read can be compared."""

from dataclasses import replace

from drawbridge.core.derivatives import (
    ContractSetting,
    FundingPayment,
    FundingRate,
    MarginAccount,
    PastFunding,
    Position,
)
from drawbridge.core.markets import (
    Candle,
    Currency,
    Market,
    OrderBook,
    PublicTrade,
    Ticker,
)
from drawbridge.core.operations import Balance, KeyRights, Placed, ServerTime
from drawbridge.core.orders import Fill, Order, OrderStatus


def as_told(result: object, read: object) -> object:
    """Take off a result what its answer told nothing of: best prices, among many tickers."""
    if isinstance(result, tuple) and isinstance(read, tuple):
        by_symbol = {row.symbol: row for row in read if isinstance(row, Ticker)}
        return tuple(as_told(row, by_symbol.get(getattr(row, "symbol", ""))) for row in result)
    if isinstance(result, Ticker) and isinstance(read, Ticker) and not (read.bid or read.ask):
        return replace(result, bid=read.bid, ask=read.ask)
    return result


def meaning(value: object) -> object:
    """Give what every exchange tells of a result, leaving out what some keep to themselves."""
    if isinstance(value, tuple):
        return sorted((meaning(row) for row in value), key=repr)
    if isinstance(value, Placed):
        return value.order.order_id, value.order.client_id, value.order.symbol
    if isinstance(value, ServerTime):
        return value.time_ms // 1_000
    if isinstance(value, Order) and value.status in _ENDED:
        return "ended"
    if isinstance(value, bool):
        return value
    told = _TOLD[type(value)]
    return tuple(getattr(value, name) for name in told.split())


# Some exchanges do not tell whether the person ended an order or they did.
_ENDED = frozenset({OrderStatus.CANCELLED, OrderStatus.EXPIRED})

_TOLD = {
    Market: "symbol id base quote price_tick quantity_step min_quantity min_notional",
    Currency: "code",
    Ticker: "symbol last bid ask",
    Candle: "open_time_ms open high low close volume",
    OrderBook: "symbol bids asks",
    PublicTrade: "trade_id symbol time_ms price quantity taker_buys",
    Balance: "currency free held",
    Order: "order_id client_id symbol side type status quantity price created_ms filled "
    "filled_quote post_only",
    Fill: "trade_id order_id symbol side price quantity fee is_maker time_ms",
    KeyRights: "switches",
    Position: "symbol side quantity entry_price mark_price liquidation_price leverage mode",
    MarginAccount: "currency wallet available unrealised",
    FundingRate: "symbol mark_price index_price rate next_ms",
    PastFunding: "symbol time_ms rate",
    FundingPayment: "payment_id symbol time_ms amount currency",
    # A change of one of the two may be answered without the other.
    ContractSetting: "symbol",
}
