"""Writing events as Gate's channels tell them.

A channel may tell less than an event holds: balances are told when they change, orders from the
first change on, and never as a whole when somebody subscribes.
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from drawbridge.core.markets import Markets, OrderBook, Ticker
from drawbridge.core.money import ZERO, plain
from drawbridge.core.streams import (
    BalancesTold,
    BookChange,
    CandleTold,
    OrderTold,
    StreamEvent,
    TradesTold,
)
from drawbridge.exchanges.gate.codec.account import fill_row
from drawbridge.exchanges.gate.codec.orders import order_row
from drawbridge.exchanges.gate.codec.prices import INTERVALS, levels, ticker_row, trade_row
from drawbridge.exchanges.gate.stream.channels import ALL, Channel
from drawbridge.wire.documents import write_document

Row = dict[str, object]

NOTHING: Final[Mapping[str, object]] = MappingProxyType({})
_USER: Final = 1
# What rows of orders have over REST and not here.
_UNTOLD: Final = frozenset(
    {"status", "iceberg", "fill_price", "gt_maker_fee", "gt_taker_fee", "gt_discount"}
)


def message(
    channel: str,
    event: str,
    result: object,
    now_ms: int,
    more: Mapping[str, object] = NOTHING,
) -> str:
    """Write a message around what it tells."""
    told = {"time": now_ms // 1_000, "time_ms": now_ms, "channel": channel, "event": event}
    return write_document({**told, **more, "result": result}).decode()


def write_market_event(channel: Channel, event: StreamEvent, markets: Markets) -> Iterator[Row]:
    """Write what a public channel tells of an event; each row is a message of its own."""
    yield from _WRITERS[channel](event, markets)


def write_user_event(
    channel: Channel, event: StreamEvent, pairs: frozenset[str], markets: Markets
) -> list[Row]:
    """Write what a private channel tells of an event, of these pairs only."""
    if isinstance(event, BalancesTold):
        return list(_balances(event))
    if not isinstance(event, OrderTold):
        return []
    order, market = event.order, markets.get(event.order.symbol)
    if ALL not in pairs and market.id not in pairs:
        return []
    if channel is Channel.ORDERS:
        return [_order(event, markets)]
    if event.fill is None:
        return []
    row = fill_row(event.fill, market)
    stamped = {"create_time": event.fill.time_ms // 1_000, "id": int(event.fill.trade_id)}
    text = f"t-{order.client_id}" if order.client_id else "apiv4"
    return [{**row, **stamped, "user_id": _USER, "text": text}]


# ------------------------------------------------------------------------------ market data
def _ticker(event: StreamEvent, markets: Markets) -> Iterator[Row]:
    if isinstance(event, Ticker):
        yield ticker_row(event, markets.get(event.symbol))


def _best(event: StreamEvent, markets: Markets) -> Iterator[Row]:
    if isinstance(event, Ticker):
        yield {
            "t": event.time_ms,
            # The best prices have a number of their own; here they are numbered by time.
            "u": event.time_ms,
            "s": markets.get(event.symbol).id,
            "b": plain(event.bid),
            "B": plain(event.bid_quantity),
            "a": plain(event.ask),
            "A": plain(event.ask_quantity),
        }


def _trades(event: StreamEvent, markets: Markets) -> Iterator[Row]:
    if isinstance(event, TradesTold) and not event.is_snapshot:
        market = markets.get(event.symbol)
        for trade in event.trades:
            stamped = {"id": trade.trade_id, "create_time": trade.time_ms // 1_000}
            yield {**trade_row(trade, market), **stamped}


def _candle(event: StreamEvent, markets: Markets) -> Iterator[Row]:
    if isinstance(event, CandleTold):
        candle = event.candle
        yield {
            "t": str(candle.open_time_ms // 1_000),
            "v": plain(candle.volume * candle.close),
            "c": plain(candle.close),
            "h": plain(candle.high),
            "l": plain(candle.low),
            "o": plain(candle.open),
            "n": f"{INTERVALS[event.interval_ms]}_{markets.get(event.symbol).id}",
            "a": plain(candle.volume),
            "w": event.is_closed,
        }


def _book_changes(event: StreamEvent, markets: Markets) -> Iterator[Row]:
    # Whoever follows these takes the whole book from REST, by whose number they go on.
    if isinstance(event, BookChange):
        yield {
            "t": event.time_ms,
            "e": "depthUpdate",
            "E": event.time_ms // 1_000,
            "s": markets.get(event.symbol).id,
            "U": event.before + 1,
            "u": event.sequence,
            "b": levels(event.bids),
            "a": levels(event.asks),
        }


def _book_levels(event: StreamEvent, markets: Markets) -> Iterator[Row]:
    if isinstance(event, OrderBook | BookChange):
        book = event.book if isinstance(event, BookChange) else event
        yield {
            "t": book.time_ms,
            "lastUpdateId": book.sequence,
            "s": markets.get(book.symbol).id,
            "bids": levels(book.bids),
            "asks": levels(book.asks),
        }


_WRITERS: Final[Mapping[Channel, Callable[[Any, Markets], Iterator[Row]]]] = MappingProxyType(
    {
        Channel.TICKERS: _ticker,
        Channel.BEST: _best,
        Channel.TRADES: _trades,
        Channel.CANDLES: _candle,
        Channel.BOOK_CHANGES: _book_changes,
        Channel.BOOK_LEVELS: _book_levels,
    }
)


def write_book_event(event: StreamEvent, depth: int, markets: Markets) -> Iterator[Row]:
    """Write what the channel of books tells: the whole book once, then what changes."""
    if not isinstance(event, OrderBook | BookChange):
        return
    kind = {"U": event.before + 1} if isinstance(event, BookChange) else {"full": True}
    yield {
        "t": event.time_ms,
        **kind,
        "s": f"ob.{markets.get(event.symbol).id}.{depth}",
        "u": event.sequence,
        "b": levels(event.bids),
        "a": levels(event.asks),
    }


# ------------------------------------------------------------------------------ one's own
def _order(event: OrderTold, markets: Markets) -> Row:
    row = order_row(event.order, markets)
    told = {name: value for name, value in row.items() if name not in _UNTOLD}
    times = {name: str(told[name]) for name in ("create_time_ms", "update_time_ms")}
    return {**told, **times, "user": _USER, "event": _what_happened(event)}


def _what_happened(event: OrderTold) -> str:
    if event.order.status.is_final:
        return "finish"
    return "update" if event.order.filled else "put"


def _balances(event: BalancesTold) -> Iterator[Row]:
    if event.is_snapshot:
        return
    changes = event.changes or (ZERO,) * len(event.balances)
    for balance, change in zip(event.balances, changes, strict=True):
        yield {
            "timestamp": str(event.time_ms // 1_000),
            "timestamp_ms": str(event.time_ms),
            "user": str(_USER),
            "currency": balance.currency,
            "change": plain(change),
            "total": plain(balance.total),
            "available": plain(balance.free),
            "freeze": plain(balance.held),
            # By how much what orders hold has changed is not kept.
            "freeze_change": "0",
            "change_type": "order-match" if change else "order-create",
        }
