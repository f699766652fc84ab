"""Writing events as HTX's channels tell them: market data as numbers, one's own as texts."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from drawbridge.core.markets import OrderBook, PublicTrade, Ticker
from drawbridge.core.money import ZERO, plain
from drawbridge.core.orders import Fill, Order
from drawbridge.core.streams import (
    BalancesTold,
    BookChange,
    CandleTold,
    OrderTold,
    StreamEvent,
    TradesTold,
)
from drawbridge.exchanges.huobi.codec.kinds import is_by_cost, write_kind
from drawbridge.exchanges.huobi.codec.orders import state_of
from drawbridge.exchanges.huobi.codec.prices import candle_row, levels, summary
from drawbridge.exchanges.huobi.stream.channels import Form, Own, UserChannel

Row = dict[str, object]

_SOURCE: Final = "spot-api"
_ACCOUNT_TYPE: Final = "trade"


# -------------------------------------------------------------------------------- market data
def write_market_event(form: Form, event: StreamEvent, pair: str) -> Row | None:
    """Write what a public channel tells of an event, None where it is silent."""
    match event:
        case Ticker():
            return _ticker(form, event, pair)
        case CandleTold():
            return candle_row(event.candle)
        case TradesTold() if event.trades and not event.is_snapshot:
            return _trades(event)
        case OrderBook() | BookChange() if form is Form.CHANGES:
            return _change(event) if isinstance(event, BookChange) else None
        case OrderBook() | BookChange():
            return _book(form, event.book if isinstance(event, BookChange) else event)
    return None


def _ticker(form: Form, ticker: Ticker, pair: str) -> Row:
    best = {
        "bid": ticker.bid,
        "bidSize": ticker.bid_quantity,
        "ask": ticker.ask,
        "askSize": ticker.ask_quantity,
    }
    if form is Form.BEST:
        return {"seqId": ticker.time_ms, **best, "quoteTime": ticker.time_ms, "symbol": pair}
    if form is Form.TICKER:
        # The last trade's size is not kept.
        return {**summary(ticker), **best, "lastPrice": ticker.last, "lastSize": ZERO}
    numbered = {"id": ticker.time_ms, "version": ticker.time_ms}
    return {**numbered, **summary(ticker)}


def _trades(event: TradesTold) -> Row:
    last = event.trades[-1]
    rows = [_trade(trade) for trade in event.trades]
    return {"id": last.trade_id, "ts": last.time_ms, "data": rows}


def _trade(trade: PublicTrade) -> Row:
    return {
        "id": trade.trade_id,
        "ts": trade.time_ms,
        "tradeId": trade.trade_id,
        "amount": trade.quantity,
        "price": trade.price,
        "direction": "buy" if trade.taker_buys else "sell",
    }


def numbered_book(book: OrderBook) -> Row:
    """Write a whole book with the number by which its changes go on."""
    return {"seqNum": book.sequence, "bids": levels(book.bids), "asks": levels(book.asks)}


def _change(change: BookChange) -> Row:
    return {
        "seqNum": change.sequence,
        "prevSeqNum": change.before,
        "bids": levels(change.bids),
        "asks": levels(change.asks),
    }


def _book(form: Form, book: OrderBook) -> Row:
    if form is Form.REFRESHED:
        return numbered_book(book)
    told = {"bids": levels(book.bids), "asks": levels(book.asks)}
    return {**told, "ts": book.time_ms, "version": book.sequence}


# -------------------------------------------------------------------------------- one's own
def write_user_event(channel: UserChannel, event: StreamEvent, pair: str) -> Iterator[Row]:
    """Write what a private channel tells of an event; each row is a message of its own."""
    if isinstance(event, BalancesTold):
        yield from _balances(channel.mode, event)
    elif isinstance(event, OrderTold) and channel.own is Own.ORDERS:
        yield from _order(event, pair)
    elif isinstance(event, OrderTold) and event.fill is not None:
        yield _clearing(event.order, event.fill, pair)


def _order(event: OrderTold, pair: str) -> Iterator[Row]:
    order, fill = event.order, event.fill
    happened = _what_happened(event)
    if not happened:
        return
    row = {
        "eventType": happened,
        **_head(order, pair),
        "type": write_kind(order),
        "orderStatus": state_of(order),
        "remainAmt": plain(_remaining(order)),
        "execAmt": plain(order.filled),
        "lastActTime": event.time_ms,
    }
    if fill is not None:
        row |= {
            "tradePrice": plain(fill.price),
            "tradeVolume": plain(fill.quantity),
            "tradeId": int(fill.trade_id),
            "tradeTime": fill.time_ms,
            "aggressor": not fill.is_maker,
        }
    yield row


def _what_happened(event: OrderTold) -> str:
    order = event.order
    if event.fill is not None:
        return "trade"
    never_sent = order.trigger is not None and not order.triggered_ms
    if order.status.is_final:
        return "deletion" if never_sent else "cancellation"
    # An order that waits is not told of before its price has come.
    return "" if never_sent else "creation"


def _head(order: Order, pair: str) -> Row:
    row: Row = {
        "symbol": pair,
        "orderId": int(order.order_id),
        "clientOrderId": order.client_id,
        "orderSource": _SOURCE,
        "orderCreateTime": order.created_ms,
    }
    if order.price is not None:
        row["orderPrice"] = plain(order.price)
    if is_by_cost(order.type, order.side):
        spend = order.filled_quote if order.quote_quantity is None else order.quote_quantity
        return row | {"orderValue": plain(spend)}
    return row | {"orderSize": plain(order.quantity)}


def _remaining(order: Order) -> Decimal:
    if not is_by_cost(order.type, order.side):
        return order.remaining
    return max(ZERO, (order.quote_quantity or order.filled_quote) - order.filled_quote)


def _clearing(order: Order, fill: Fill, pair: str) -> Row:
    return {
        "eventType": "trade",
        **_head(order, pair),
        "orderSide": order.side.value,
        "orderType": write_kind(order),
        "orderStatus": state_of(order),
        "tradePrice": plain(fill.price),
        "tradeVolume": plain(fill.quantity),
        "tradeId": int(fill.trade_id),
        "tradeTime": fill.time_ms,
        "aggressor": not fill.is_maker,
        "transactFee": plain(fill.fee),
        "feeCurrency": fill.fee_currency.lower(),
        "feeDeduct": "0",
        "feeDeductType": "",
        "source": _SOURCE,
    }


def _balances(mode: str, event: BalancesTold) -> Iterator[Row]:
    if event.is_snapshot and mode != "2":
        return
    changes = event.changes or (ZERO,) * len(event.balances)
    for balance, change in zip(event.balances, changes, strict=True):
        amounts: Mapping[str, object] = {"available": plain(balance.free)}
        if mode == "2" or change:
            total = {"balance": plain(balance.total)}
            amounts = total if mode == "0" else {**total, **amounts}
        elif mode == "0":
            continue
        word = "order.match" if change else "order.place"
        yield {
            "currency": balance.currency.lower(),
            **amounts,
            "changeType": None if event.is_snapshot else word,
            "accountType": _ACCOUNT_TYPE,
            "changeTime": None if event.is_snapshot else event.time_ms,
            "seqNum": event.time_ms,
        }
