"""Writing events as Binance's streams tell them.

The numbers are those of the answers over REST; only their names are shorter here.
"""

from collections.abc import Iterable
from types import MappingProxyType
from typing import Final

from drawbridge.core.markets import Markets, OrderBook, PublicTrade, Ticker
from drawbridge.core.money import ZERO
from drawbridge.core.orders import Fill, OrderStatus, OrderType
from drawbridge.core.streams import (
    BalancesTold,
    BookChange,
    CandleTold,
    OrderTold,
    StreamEvent,
    TradesTold,
)
from drawbridge.exchanges.binance.codec.market_answers import (
    book_document,
    candle_row,
    day_document,
    level_rows,
)
from drawbridge.exchanges.binance.codec.order_answers import order_terms, working_ms
from drawbridge.exchanges.binance.codec.tables import (
    INTERVAL_WORDS,
    NOTHING,
    SELF_TRADE_MODE,
    amount,
)
from drawbridge.exchanges.binance.stream.names import Form

Document = dict[str, object]

_DAY: Final = MappingProxyType(
    {
        "p": "priceChange",
        "P": "priceChangePercent",
        "w": "weightedAvgPrice",
        "x": "prevClosePrice",
        "c": "lastPrice",
        "Q": "lastQty",
        "b": "bidPrice",
        "B": "bidQty",
        "a": "askPrice",
        "A": "askQty",
        "o": "openPrice",
        "h": "highPrice",
        "l": "lowPrice",
        "v": "volume",
        "q": "quoteVolume",
        "O": "openTime",
        "C": "closeTime",
        "F": "firstId",
        "L": "lastId",
        "n": "count",
    }
)
_MINI: Final = ("c", "o", "h", "l", "v", "q")
_BEST: Final = ("b", "B", "a", "A")
_CANDLE: Final = ("t", "o", "h", "l", "c", "v", "T", "q", "n", "V", "Q", "B")
_TRADED: Final = "TRADE"
_EXECUTIONS: Final = MappingProxyType(
    {
        OrderStatus.OPEN: "NEW",
        OrderStatus.PARTIALLY_FILLED: _TRADED,
        OrderStatus.FILLED: _TRADED,
        OrderStatus.CANCELLED: "CANCELED",
        OrderStatus.EXPIRED: "EXPIRED",
        OrderStatus.REJECTED: "REJECTED",
    }
)
_TERMS: Final = MappingProxyType(
    {
        "p": "price",
        "q": "origQty",
        "z": "executedQty",
        "Q": "origQuoteOrderQty",
        "Z": "cummulativeQuoteQty",
        "X": "status",
        "f": "timeInForce",
        "o": "type",
        "S": "side",
    }
)


def write_market_event(
    form: str, event: StreamEvent, markets: Markets, now_ms: int
) -> Iterable[Document]:
    """Write a public event in a stream's form; nothing where the exchange is silent."""
    documents: Iterable[Document] = ()
    match event:
        case Ticker():
            documents = (_ticker(form, event, markets.get(event.symbol).id),)
        case CandleTold():
            documents = (_candle(event, markets.get(event.symbol).id),)
        case TradesTold(is_snapshot=False):
            write = _aggregate if form is Form.AGGREGATE else _trade
            pair = markets.get(event.symbol).id
            documents = [write(trade, pair, now_ms) for trade in event.trades]
        case OrderBook() if form is Form.LEVELS:
            documents = (book_document(event),)
        case BookChange() if form is Form.LEVELS:
            documents = (book_document(event.book),)
        case BookChange():
            documents = (_changes(event, markets.get(event.symbol).id),)
    # Books begin with the answer over REST, and trades with the next one.
    return documents


def write_user_event(event: StreamEvent, markets: Markets, now_ms: int) -> Iterable[Document]:
    """Write a private event; the exchange tells no snapshots."""
    match event:
        case OrderTold():
            return (_execution(event, markets.get(event.order.symbol).id, now_ms),)
        case BalancesTold(is_snapshot=False):
            rows = [
                {"a": balance.currency, "f": amount(balance.free), "l": amount(balance.held)}
                for balance in event.balances
            ]
            at = {"E": now_ms, "u": event.time_ms, "B": rows}
            return ({"e": "outboundAccountPosition", **at},)
    return ()


def _ticker(form: str, ticker: Ticker, pair: str) -> Document:
    day = day_document(ticker, pair)
    told = {letter: day[name] for letter, name in _DAY.items()}
    at_ms = ticker.time_ms
    match form:
        case Form.BEST:
            return {"u": at_ms, "s": pair, **{letter: told[letter] for letter in _BEST}}
        case Form.MINI_TICKER:
            head = {"e": "24hrMiniTicker", "E": at_ms, "s": pair}
            return {**head, **{letter: told[letter] for letter in _MINI}}
        case Form.AVERAGE:
            price = {"i": "5m", "w": told["w"], "T": at_ms}
            return {"e": "avgPrice", "E": at_ms, "s": pair, **price}
    return {"e": "24hrTicker", "E": at_ms, "s": pair, **told}


def _candle(event: CandleTold, pair: str) -> Document:
    row = candle_row(event.candle, event.interval_ms)
    candle = {
        **dict(zip(_CANDLE, row, strict=True)),
        "s": pair,
        "i": INTERVAL_WORDS[event.interval_ms],
        "f": -1,
        "L": -1,
        "x": event.is_closed,
    }
    return {"e": "kline", "E": event.time_ms, "s": pair, "k": candle}


def _trade(trade: PublicTrade, pair: str, now_ms: int) -> Document:
    return {
        "e": "trade",
        "E": now_ms,
        "s": pair,
        "t": trade.trade_id,
        "p": amount(trade.price),
        "q": amount(trade.quantity),
        "T": trade.time_ms,
        "m": not trade.taker_buys,
        "M": True,
    }


def _aggregate(trade: PublicTrade, pair: str, now_ms: int) -> Document:
    number = trade.trade_id
    told = _trade(trade, pair, now_ms)
    del told["t"]
    return {**told, "e": "aggTrade", "a": number, "f": number, "l": number}


def _changes(event: BookChange, pair: str) -> Document:
    return {
        "e": "depthUpdate",
        "E": event.time_ms,
        "s": pair,
        "U": event.before + 1,
        "u": event.sequence,
        "b": level_rows(event.bids),
        "a": level_rows(event.asks),
    }


def _execution(event: OrderTold, pair: str, now_ms: int) -> Document:
    order, fill = event.order, event.fill
    terms = order_terms(order)
    cancelled = order.status is OrderStatus.CANCELLED
    return {
        "e": "executionReport",
        "E": now_ms,
        "s": pair,
        # A cancellation has an id of its own, and then the order's stands under another letter.
        "c": f"cancel{order.order_id}" if cancelled else order.client_id,
        "C": order.client_id if cancelled else "",
        **{letter: terms[name] for letter, name in _TERMS.items()},
        "P": terms.get("stopPrice", NOTHING),
        "F": NOTHING,
        "g": -1,
        "x": _TRADED if fill else _EXECUTIONS[order.status],
        "r": "NONE",
        "i": int(order.order_id),
        "I": event.time_ms,
        **_last(fill),
        "T": event.time_ms,
        "w": order.type is OrderType.LIMIT and not order.status.is_final and not order.waits,
        "M": False,
        "O": order.created_ms,
        "W": working_ms(order),
        "V": SELF_TRADE_MODE,
    }


def _last(fill: Fill | None) -> Document:
    """Write the fill that an event is about, or that it is about none."""
    return {
        "l": amount(fill.quantity if fill else ZERO),
        "L": amount(fill.price if fill else ZERO),
        "Y": amount(fill.quote_quantity if fill else ZERO),
        "n": amount(fill.fee) if fill else "0",
        "N": fill.fee_currency if fill else None,
        "t": int(fill.trade_id) if fill else -1,
        "m": fill is not None and fill.is_maker,
    }
