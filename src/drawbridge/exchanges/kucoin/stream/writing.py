"""Writing our events as KuCoin's messages.

Times of what happened are in nanoseconds, times of what is looked at in milliseconds. Of how
things stand when somebody subscribes, only prices and short books are told.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from drawbridge.core.markets import Markets, OrderBook, PublicTrade, Ticker
from drawbridge.core.money import ZERO, plain
from drawbridge.core.orders import Fill, Order, OrderStatus, OrderType
from drawbridge.core.streams import (
    BookChange,
    CandleTold,
    OrderTold,
    StreamEvent,
    TradesTold,
)
from drawbridge.exchanges.kucoin.codec.placing import STOPS
from drawbridge.exchanges.kucoin.codec.prices import NANOS, candle_row, level_rows
from drawbridge.exchanges.kucoin.codec.values import order_id
from drawbridge.exchanges.kucoin.stream.channels import Channel, Form, market_of
from drawbridge.wire.documents import write_document

Document = dict[str, object]
Data = Mapping[str, object]
_Told = Iterator[tuple[str, Data]]


def write_public(channel: Channel, event: StreamEvent, markets: Markets) -> Iterator[str]:
    """Write an event of a public channel."""
    for subject, data in _WRITERS[channel.form](channel, event, markets):
        yield _frame({"topic": channel.name, "subject": subject, "data": data})


def write_order(channel: Channel, event: OrderTold, markets: Markets) -> Iterator[str]:
    """Write what happened to an order, as far as the channel tells of it."""
    if channel.form is Form.FILLS:
        told = _fill_told(event, markets)
    elif channel.form is Form.STOPS:
        told = _stop_told(event, markets)
    else:
        told = _order_told(event, markets)
    for subject, data in told:
        yield private_frame(channel, subject, data)


def private_frame(channel: Channel, subject: str, data: Data) -> str:
    """Write a message about one account."""
    head = {"topic": channel.name, "subject": subject, "channelType": "private"}
    return _frame({**head, "data": data})


def _frame(document: Document) -> str:
    return write_document({"type": "message", **document}).decode()


# ------------------------------------------------------------------------------------- public
def _snapshot(channel: Channel, event: StreamEvent, markets: Markets) -> _Told:
    if not isinstance(event, Ticker):
        return
    market, change = market_of(channel, markets), event.last - event.open
    row = {
        "symbol": market.id,
        "symbolCode": market.id,
        "baseCurrency": market.base,
        "quoteCurrency": market.quote,
        "trading": market.active,
        "buy": event.bid,
        "bidSize": event.bid_quantity,
        "sell": event.ask,
        "askSize": event.ask_quantity,
        "lastTradedPrice": event.last,
        "open": event.open,
        "high": event.high,
        "low": event.low,
        "vol": event.volume,
        "volValue": event.volume_quote,
        "changePrice": change,
        "changeRate": round(change / event.open, 4) if event.open else ZERO,
        "averagePrice": (event.high + event.low) / 2,
        "datetime": event.time_ms,
    }
    yield "trade.snapshot", {"sequence": str(event.time_ms), "data": row}


def _ticker(channel: Channel, event: StreamEvent, markets: Markets) -> _Told:
    if not isinstance(event, Ticker):
        return
    # Among all pairs, the subject tells which one it is about.
    is_of_all = channel.name.endswith(":all")
    subject = market_of(channel, markets).id if is_of_all else "trade.ticker"
    yield (
        subject,
        {
            "sequence": str(event.time_ms),
            "price": plain(event.last),
            "size": "0",
            "bestAsk": plain(event.ask),
            "bestAskSize": plain(event.ask_quantity),
            "bestBid": plain(event.bid),
            "bestBidSize": plain(event.bid_quantity),
            "time": event.time_ms,
        },
    )


def _best(_channel: Channel, event: StreamEvent, _markets: Markets) -> _Told:
    if not isinstance(event, Ticker):
        return
    yield (
        "level1",
        {
            "asks": [plain(event.ask), plain(event.ask_quantity)],
            "bids": [plain(event.bid), plain(event.bid_quantity)],
            "timestamp": event.time_ms,
        },
    )


def _candle(channel: Channel, event: StreamEvent, markets: Markets) -> _Told:
    if not isinstance(event, CandleTold):
        return
    yield (
        "trade.candles.update",
        {
            "symbol": market_of(channel, markets).id,
            "candles": candle_row(event.candle),
            "time": event.time_ms * NANOS,
        },
    )


def _trades(channel: Channel, event: StreamEvent, markets: Markets) -> _Told:
    if not isinstance(event, TradesTold) or event.is_snapshot:
        return
    name = market_of(channel, markets).id
    for trade in event.trades:
        yield "trade.l3match", _match(trade, name)


def _match(trade: PublicTrade, name: str) -> Data:
    return {
        "sequence": str(trade.trade_id),
        "type": "match",
        "symbol": name,
        "side": "buy" if trade.taker_buys else "sell",
        "price": plain(trade.price),
        "size": plain(trade.quantity),
        "tradeId": str(trade.trade_id),
        # Whose orders they were is nobody's business here.
        "takerOrderId": order_id(0),
        "makerOrderId": order_id(0),
        "time": str(trade.time_ms * NANOS),
    }


def _changes(channel: Channel, event: StreamEvent, markets: Markets) -> _Told:
    # The book itself is asked for over REST; its sequence tells where these go on.
    if not isinstance(event, BookChange):
        return
    sequence = str(event.sequence)
    yield (
        "trade.l2update",
        {
            "changes": {
                side: [[*row, sequence] for row in level_rows(levels)]
                for side, levels in (("asks", event.asks), ("bids", event.bids))
            },
            "sequenceStart": event.before + 1,
            "sequenceEnd": event.sequence,
            "symbol": market_of(channel, markets).id,
            "time": event.time_ms,
        },
    )


def _short_book(channel: Channel, event: StreamEvent, _markets: Markets) -> _Told:
    book = event.book if isinstance(event, BookChange) else event
    if not isinstance(book, OrderBook):
        return
    depth = channel.topic.depth
    yield (
        "level2",
        {
            "asks": level_rows(book.asks[:depth]),
            "bids": level_rows(book.bids[:depth]),
            "timestamp": book.time_ms,
        },
    )


_WRITERS: Final[Mapping[Form, Callable[[Channel, StreamEvent, Markets], _Told]]] = {
    Form.SNAPSHOT: _snapshot,
    Form.TICKER: _ticker,
    Form.BEST: _best,
    Form.CANDLES: _candle,
    Form.TRADES: _trades,
    Form.CHANGES: _changes,
    Form.BOOK_5: _short_book,
    Form.BOOK_50: _short_book,
}


# ------------------------------------------------------------------------------------- orders
def _order_told(event: OrderTold, markets: Markets) -> _Told:
    """Tell of an order in the book: a match first, and the end that it may have brought."""
    order, fill = event.order, event.fill
    if order.waits or (order.trigger is not None and not order.triggered_ms):
        return
    row = _order_row(event, markets)
    if fill is not None:
        yield "orderChange", {**row, **_match_part(fill)}
    if order.status is OrderStatus.FILLED:
        yield "orderChange", {**row, "type": "filled", "status": "done"}
    elif order.status.is_final:
        yield "orderChange", {**row, "type": "canceled", "status": "done"}
    elif fill is None:
        yield "orderChange", {**row, "type": "open", "status": "open"}


def _order_row(event: OrderTold, markets: Markets) -> Document:
    order = event.order
    ended = order.status.is_final
    row: Document = {
        "symbol": markets.get(order.symbol).id,
        "orderType": order.type.value,
        "side": order.side.value,
        "orderId": order.order_id,
        "clientOid": order.client_id,
        "orderTime": order.created_ms,
        "size": plain(order.quantity),
        "originSize": plain(order.quantity),
        "filledSize": plain(order.filled),
        "canceledSize": plain(order.remaining) if ended else "0",
        "remainSize": "0" if ended else plain(order.remaining),
        "ts": event.time_ms * NANOS,
    }
    if order.type is OrderType.LIMIT:
        row["price"] = plain(order.price or ZERO)
    if order.quote_quantity is not None:
        row["originFunds"] = plain(order.quote_quantity)
    return row


def _match_part(fill: Fill) -> Document:
    role = "maker" if fill.is_maker else "taker"
    return {
        "type": "match",
        "status": "match",
        "matchPrice": plain(fill.price),
        "matchSize": plain(fill.quantity),
        "tradeId": fill.trade_id,
        "liquidity": role,
        "feeType": f"{role}Fee",
    }


def _stop_told(event: OrderTold, markets: Markets) -> _Told:
    order = event.order
    if order.trigger is None or event.fill is not None:
        return
    word = _stop_word(order, event.time_ms)
    if not word:
        return
    yield (
        "stopOrder",
        {
            "orderId": order.order_id,
            "clientOid": order.client_id,
            "symbol": markets.get(order.symbol).id,
            "orderType": "stop",
            "side": order.side.value,
            "size": plain(order.quantity),
            "orderPrice": plain(order.price or ZERO),
            "stop": STOPS[order.trigger.kind, order.side],
            "stopPrice": plain(order.trigger.price),
            "tradeType": "TRADE",
            "type": word,
            "createdAt": order.created_ms,
            "ts": event.time_ms * NANOS,
            **({"triggerSuccess": True} if word == "triggered" else {}),
        },
    )


def _stop_word(order: Order, time_ms: int) -> str:
    if order.waits:
        return "open"
    if not order.triggered_ms:
        return "cancel"
    # What happens to it later is told among the other orders.
    return "triggered" if order.triggered_ms == time_ms and not order.filled else ""


def _fill_told(event: OrderTold, markets: Markets) -> _Told:
    fill = event.fill
    if fill is None:
        return
    market = markets.get(fill.symbol)
    yield (
        Form.FILLS.value,
        {
            "symbol": market.id,
            "orderId": fill.order_id,
            "tradeId": fill.trade_id,
            "orderType": fill.type.value,
            "side": fill.side.value,
            "price": fill.price,
            "size": fill.quantity,
            "fee": fill.fee,
            "feeRate": market.fee_maker if fill.is_maker else market.fee_taker,
            "feeCurrency": fill.fee_currency,
            "time": str(fill.time_ms * NANOS),
        },
    )
