"""Writing events as Kraken's channels tell them.

Numbers travel as numbers, with as many decimals as the pair has: the checksum of a book is taken
over these very digits.
"""

import zlib
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

import orjson

from drawbridge.core.clock import MINUTE_MS
from drawbridge.core.markets import Candle, Level, Market, OrderBook, PublicTrade, Ticker
from drawbridge.core.money import ZERO, places_of
from drawbridge.core.operations import Balance
from drawbridge.core.orders import Fill, Order, OrderStatus, Trigger
from drawbridge.core.streams import BalancesTold, BookChange, CandleTold, OrderTold
from drawbridge.exchanges.kraken.codec.conditional import trigger_word, type_word
from drawbridge.exchanges.kraken.codec.ids import number_of
from drawbridge.exchanges.kraken.codec.values import LOT_PLACES, padded
from drawbridge.wire.moments import write_moment

Row = dict[str, object]

_MICRO: Final = 6
_CHECKED_LEVELS: Final = 10
_PERCENT: Final = Decimal("0.01")
_HUNDRED: Final = Decimal(100)
_STATUS_WORDS: Final = {
    OrderStatus.OPEN: "new",
    OrderStatus.PARTIALLY_FILLED: "partially_filled",
    OrderStatus.FILLED: "filled",
    OrderStatus.CANCELLED: "canceled",
    OrderStatus.EXPIRED: "expired",
    OrderStatus.REJECTED: "canceled",
}
# What an order that fills in parts is told by, beside its trade.
_STATUS: Final = "status"
_EXECUTIONS: Final = {**_STATUS_WORDS, OrderStatus.PARTIALLY_FILLED: _STATUS}


def number(value: Decimal, places: int = 0) -> orjson.Fragment:
    """Write an amount as a number with at least so many decimals."""
    return orjson.Fragment(padded(value, places).encode("ascii"))


def moment(time_ms: int) -> str:
    """Write a time as the channels do."""
    return write_moment(time_ms, _MICRO)


def ticker_row(ticker: Ticker, market: Market) -> Row:
    """Write a ticker."""
    places = places_of(market.price_tick)
    change = ticker.last - ticker.open
    percent = change * _HUNDRED / ticker.open if ticker.open else ZERO
    average = ticker.volume_quote / ticker.volume if ticker.volume else ticker.last
    return {
        "symbol": market.symbol,
        "bid": number(ticker.bid, places),
        "bid_qty": number(ticker.bid_quantity, LOT_PLACES),
        "ask": number(ticker.ask, places),
        "ask_qty": number(ticker.ask_quantity, LOT_PLACES),
        "last": number(ticker.last, places),
        "volume": number(ticker.volume, LOT_PLACES),
        "vwap": number(average.quantize(market.price_tick, ROUND_HALF_EVEN), places),
        "low": number(ticker.low, places),
        "high": number(ticker.high, places),
        "change": number(change, places),
        "change_pct": number(percent.quantize(_PERCENT, ROUND_HALF_EVEN)),
        "timestamp": moment(ticker.time_ms),
    }


def candle_row(event: CandleTold, market: Market) -> Row:
    """Write a candle; its time is its end."""
    places, candle = places_of(market.price_tick), event.candle
    return {
        "symbol": market.symbol,
        "open": number(candle.open, places),
        "high": number(candle.high, places),
        "low": number(candle.low, places),
        "close": number(candle.close, places),
        # Counts and averages of trades are not kept: one trade at the typical price stands in.
        "trades": 1,
        "volume": number(candle.volume, LOT_PLACES),
        "vwap": number(_typical(candle).quantize(market.price_tick, ROUND_HALF_EVEN), places),
        "interval_begin": moment(candle.open_time_ms),
        "interval": event.interval_ms // MINUTE_MS,
        "timestamp": moment(candle.open_time_ms + event.interval_ms),
    }


def _typical(candle: Candle) -> Decimal:
    return (candle.high + candle.low + candle.close) / 3


def trade_row(trade: PublicTrade, market: Market) -> Row:
    """Write a public trade."""
    return {
        "symbol": market.symbol,
        "side": "buy" if trade.taker_buys else "sell",
        "price": number(trade.price, places_of(market.price_tick)),
        "qty": number(trade.quantity, LOT_PLACES),
        "ord_type": "market",
        "trade_id": trade.trade_id,
        "timestamp": moment(trade.time_ms),
    }


def book_row(book: OrderBook, market: Market) -> Row:
    """Write a whole book with its checksum."""
    return {
        "symbol": market.symbol,
        "bids": _levels(book.bids, market),
        "asks": _levels(book.asks, market),
        "checksum": checksum(book, market),
    }


def change_row(change: BookChange, market: Market) -> Row:
    """Write what has changed in a book, with the checksum of what it is now."""
    return {
        "symbol": market.symbol,
        "bids": _levels(change.bids, market),
        "asks": _levels(change.asks, market),
        "checksum": checksum(change.book, market),
        "timestamp": moment(change.time_ms),
    }


def checksum(book: OrderBook, market: Market) -> int:
    """Sum up the best ten levels, asks first: their digits without points and leading zeros."""
    places = places_of(market.price_tick)
    best = (*book.asks[:_CHECKED_LEVELS], *book.bids[:_CHECKED_LEVELS])
    digits = (_digits(row.price, places) + _digits(row.quantity, LOT_PLACES) for row in best)
    return zlib.crc32("".join(digits).encode("ascii"))


def _digits(value: Decimal, places: int) -> str:
    return padded(value, places).replace(".", "").lstrip("0")


def _levels(levels: Sequence[Level], market: Market) -> list[Row]:
    places = places_of(market.price_tick)
    return [
        {"price": number(row.price, places), "qty": number(row.quantity, LOT_PLACES)}
        for row in levels
    ]


def order_row(order: Order, execution: str = "") -> Row:
    """Write an order as it stands, by what happened to it (empty: its state)."""
    average = order.average_price
    row: Row = {
        "order_id": order.order_id,
        "cl_ord_id": order.client_id,
        "order_userref": 0,
        "symbol": order.symbol,
        "side": order.side.value,
        "order_type": type_word(order),
        "order_qty": number(order.quantity, LOT_PLACES),
        "cum_qty": number(order.filled, LOT_PLACES),
        "cum_cost": number(order.filled_quote),
        "avg_price": number(_rounded(average) if average else ZERO),
        "time_in_force": order.time_in_force.name,
        "post_only": order.post_only,
        "exec_type": execution or _EXECUTIONS[order.status],
        "order_status": _STATUS_WORDS[order.status],
        # What a fee would be in dollars needs a rate that the exchange keeps to itself.
        "fee_usd_equiv": number(order.fee if order.fee_currency == "USD" else ZERO),
        "fee_ccy_pref": "fciq",
        "timestamp": moment(order.updated_ms),
    }
    if order.price is not None:
        row |= {"limit_price_type": "static", "limit_price": number(order.price)}
    if order.trigger is not None:
        row |= _trigger(order.trigger, came=bool(order.triggered_ms))
    if order.status is OrderStatus.CANCELLED:
        row |= {"reason": "User requested", "cancel_reason": "User requested"}
    if not order.client_id:
        del row["cl_ord_id"]
    return row


def _trigger(trigger: Trigger, *, came: bool) -> Row:
    price = number(trigger.price)
    told = {"reference": trigger_word(trigger), "price": price, "price_type": "static"}
    return {
        "stop_price": price,
        "triggers": {**told, "status": "triggered" if came else "untriggered"},
    }


def fill_row(fill: Fill, order: Order | None = None) -> Row:
    """Write a fill, with its order as it stands after it where that is known."""
    row: Row = {} if order is None else order_row(order)
    return {
        **row,
        "exec_type": "trade",
        "exec_id": fill.trade_id,
        "trade_id": number_of(fill.trade_id),
        "order_id": fill.order_id,
        "symbol": fill.symbol,
        "side": fill.side.value,
        "order_type": fill.type.value,
        "last_qty": number(fill.quantity, LOT_PLACES),
        "last_price": number(fill.price),
        "liquidity_ind": "m" if fill.is_maker else "t",
        "cost": number(fill.quote_quantity),
        "fees": [{"asset": fill.fee_currency, "qty": number(fill.fee)}],
        "timestamp": moment(fill.time_ms),
    }


def execution_rows(event: OrderTold) -> Iterable[Row]:
    """Write what happened to an order, one message each: a fill, and then where it stands."""
    if event.fill is not None:
        yield fill_row(event.fill, event.order)
    yield order_row(event.order)


def balance_rows(event: BalancesTold) -> list[Row]:
    """Write balances: all of them, or those of which there is more or less than before.

    What an order holds stays with its owner, so that nothing is told of it.
    """
    if event.is_snapshot:
        return [_snapshot_row(balance) for balance in event.balances]
    return [
        _ledger_row(balance, change, event.time_ms)
        for balance, change in zip(event.balances, event.changes, strict=True)
        if change
    ]


def _snapshot_row(balance: Balance) -> Row:
    total = number(balance.total)
    return {
        "asset": balance.currency,
        "asset_class": "currency",
        "balance": total,
        "wallets": [{"type": "spot", "id": "main", "balance": total}],
    }


def _ledger_row(balance: Balance, change: Decimal, time_ms: int) -> Row:
    return {
        "timestamp": moment(time_ms),
        "type": "trade",
        "asset": balance.currency,
        "asset_class": "currency",
        "category": "trade",
        "wallet_type": "spot",
        "wallet_id": "main",
        "amount": number(change),
        "fee": number(ZERO),
        "balance": number(balance.total),
    }


def _rounded(price: Decimal) -> Decimal:
    return round(price, LOT_PLACES + 2)
