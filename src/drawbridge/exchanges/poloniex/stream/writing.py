"""Writing events as frames: the channel's name, and a list of what happened."""

from collections.abc import Iterator
from typing import Final

from drawbridge.core.markets import Level, Markets, OrderBook, Ticker
from drawbridge.core.money import ZERO
from drawbridge.core.orders import Fill, Order
from drawbridge.core.streams import (
    BalancesTold,
    BookChange,
    CandleTold,
    OrderTold,
    StreamEvent,
    TradesTold,
)
from drawbridge.exchanges.poloniex.codec import values
from drawbridge.exchanges.poloniex.codec.orders import MAKER, SPOT, state_of
from drawbridge.exchanges.poloniex.codec.prices import ticker_row, trade_row, typical_price
from drawbridge.exchanges.poloniex.stream.channels import BOOK

Document = dict[str, object]

_ACCOUNT: Final = "1"


def write_public(
    name: str, event: StreamEvent, markets: Markets, now_ms: int
) -> Iterator[Document]:
    """Write an event of a market for a channel."""
    match event:
        case Ticker():
            yield {"channel": name, "data": [{**ticker_row(event, markets), "ts": now_ms}]}
        case CandleTold():
            yield {"channel": name, "data": [_candle(event, markets, now_ms)]}
        case TradesTold(is_snapshot=False):
            symbol = markets.get(event.symbol).id
            yield {
                "channel": name,
                "data": [_trade(symbol, it) for it in map(trade_row, event.trades)],
            }
        case OrderBook():
            yield _book(name, event, markets, event.sequence - 1)
        case BookChange() if name == BOOK:
            # The coarser channel tells all of its few levels every time.
            yield _book(name, event.book, markets, event.before)
        case BookChange():
            told = OrderBook(event.symbol, event.time_ms, event.sequence, event.bids, event.asks)
            yield _book(name, told, markets, event.before) | {"action": "update"}


def write_order(name: str, event: OrderTold, markets: Markets, now_ms: int) -> Document:
    """Write what happened to an order, and the trade if that was it."""
    order, fill = event.order, event.fill
    trade = _no_trade() if fill is None else _trade_of(fill)
    row = {
        "symbol": markets.get(order.symbol).id,
        "type": MAKER if order.post_only else order.type.name,
        "quantity": values.amount(ZERO if order.quote_quantity is not None else order.quantity),
        "orderId": order.order_id,
        "clientOrderId": order.client_id,
        "accountType": SPOT,
        "eventType": _event_type(order, fill),
        "source": "API",
        "side": order.side.name,
        "filledQuantity": values.amount(order.filled),
        "filledAmount": values.amount(order.filled_quote),
        "state": state_of(order),
        "orderAmount": values.amount(order.quote_quantity or ZERO),
        "createTime": order.created_ms,
        "price": values.amount(order.price or ZERO),
        **trade,
        "ts": now_ms,
    }
    return {"channel": name, "data": [row]}


def write_balances(name: str, event: BalancesTold, now_ms: int) -> Document:
    """Write the balances that changed."""
    rows = [
        {
            "changeTime": event.time_ms,
            "accountId": _ACCOUNT,
            "accountType": SPOT,
            # Which of its words fits is seen by whether money moved or was only set aside.
            "eventType": "match_order" if change else "place_order",
            "available": values.amount(balance.free),
            "currency": balance.currency,
            "id": event.time_ms,
            "userId": int(_ACCOUNT),
            "hold": values.amount(balance.held),
            "ts": now_ms,
        }
        for balance, change in zip(event.balances, event.changes, strict=True)
    ]
    return {"channel": name, "data": rows}


def _candle(event: CandleTold, markets: Markets, now_ms: int) -> Document:
    candle = event.candle
    return {
        "symbol": markets.get(event.symbol).id,
        "amount": values.amount(round(typical_price(candle) * candle.volume, 8)),
        "high": values.amount(candle.high),
        "quantity": values.amount(candle.volume),
        "tradeCount": 1 if candle.volume else 0,
        "low": values.amount(candle.low),
        "closeTime": candle.open_time_ms + event.interval_ms - 1,
        "startTime": candle.open_time_ms,
        "close": values.amount(candle.close),
        "open": values.amount(candle.open),
        "ts": now_ms,
    }


def _trade(symbol: str, row: Document) -> Document:
    return {**row, "symbol": symbol, "takerSide": str(row["takerSide"]).lower()}


def _book(name: str, book: OrderBook, markets: Markets, last: int) -> Document:
    row: Document = {
        "symbol": markets.get(book.symbol).id,
        "createTime": book.time_ms,
        "asks": _levels(book.asks),
        "bids": _levels(book.bids),
        "id": book.sequence,
        "ts": book.time_ms,
    }
    if name == BOOK:
        return {"channel": name, "data": [row]}
    return {"channel": name, "data": [{**row, "lastId": last}], "action": "snapshot"}


def _levels(levels: tuple[Level, ...]) -> list[list[str]]:
    return [[values.amount(it.price), values.amount(it.quantity)] for it in levels]


def _event_type(order: Order, fill: Fill | None) -> str:
    if fill is not None:
        return "trade"
    return "canceled" if order.status.is_final else "place"


def _trade_of(fill: Fill) -> Document:
    return {
        "tradeFee": values.amount(fill.fee),
        "feeCurrency": fill.fee_currency,
        "matchRole": "MAKER" if fill.is_maker else "TAKER",
        "tradeTime": fill.time_ms,
        "tradeAmount": values.amount(fill.quote_quantity),
        "tradeQty": values.amount(fill.quantity),
        "tradePrice": values.amount(fill.price),
        "tradeId": fill.trade_id,
    }


def _no_trade() -> Document:
    nothing = dict.fromkeys(("tradeFee", "tradeAmount", "tradeQty", "tradePrice", "tradeId"), "0")
    return {**nothing, "feeCurrency": "", "matchRole": "MAKER", "tradeTime": 0}
