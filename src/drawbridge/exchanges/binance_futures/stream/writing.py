"""Writing events as Binance Futures' streams tell them.

The numbers are those of the answers over REST; only their names are shorter here.
"""

from collections.abc import Iterable
from types import MappingProxyType
from typing import Final

from drawbridge.core.derivatives import FundingRate, MarginMode, Position
from drawbridge.core.markets import Level, Markets, OrderBook, PublicTrade, Ticker
from drawbridge.core.money import ZERO, plain
from drawbridge.core.orders import Fill, Order, OrderStatus
from drawbridge.core.streams import (
    BalancesTold,
    BookChange,
    CandleTold,
    OrderTold,
    PositionsTold,
    StreamEvent,
    TradesTold,
)
from drawbridge.exchanges.binance_futures.codec.documents import (
    conditional_document,
    order_document,
)
from drawbridge.exchanges.binance_futures.codec.funding import rate_document
from drawbridge.exchanges.binance_futures.codec.names import (
    INTERVAL_WORDS,
    NOTHING,
    POSITION_SIDE_WORDS,
    SELF_TRADE_MODE,
    amount,
)
from drawbridge.exchanges.binance_futures.codec.prices import best_document, day_document
from drawbridge.exchanges.binance_futures.stream.names import Form

Document = dict[str, object]

_DAY: Final = MappingProxyType(
    {
        "p": "priceChange",
        "P": "priceChangePercent",
        "w": "weightedAvgPrice",
        "c": "lastPrice",
        "Q": "lastQty",
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
_BEST: Final = MappingProxyType({"b": "bidPrice", "B": "bidQty", "a": "askPrice", "A": "askQty"})
_MARK: Final = MappingProxyType(
    {
        "p": "markPrice",
        "i": "indexPrice",
        "P": "estimatedSettlePrice",
        "r": "lastFundingRate",
        "T": "nextFundingTime",
    }
)
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
_ORDER: Final = MappingProxyType(
    {
        "c": "clientOrderId",
        "S": "side",
        "o": "type",
        "f": "timeInForce",
        "q": "origQty",
        "p": "price",
        "ap": "avgPrice",
        "sp": "stopPrice",
        "X": "status",
        "i": "orderId",
        "z": "executedQty",
        "R": "reduceOnly",
        "wt": "workingType",
        "ot": "origType",
        "ps": "positionSide",
        "cp": "closePosition",
        "pP": "priceProtect",
        "V": "selfTradePreventionMode",
        "pm": "priceMatch",
        "gtd": "goodTillDate",
    }
)
_CONDITIONAL: Final = MappingProxyType(
    {
        "caid": "clientAlgoId",
        "aid": "algoId",
        "at": "algoType",
        "o": "orderType",
        "S": "side",
        "ps": "positionSide",
        "f": "timeInForce",
        "q": "quantity",
        "X": "algoStatus",
        "ai": "actualOrderId",
        "ap": "actualPrice",
        "tp": "triggerPrice",
        "p": "price",
        "V": "selfTradePreventionMode",
        "wt": "workingType",
        "pm": "priceMatch",
        "cp": "closePosition",
        "pP": "priceProtect",
        "R": "reduceOnly",
        "tt": "triggerTime",
        "gtd": "goodTillDate",
    }
)


# -------------------------------------------------------------------------------- public events
def write_market_event(
    form: str, event: StreamEvent, markets: Markets, now_ms: int
) -> Iterable[Document]:
    """Write a public event in a stream's form; nothing where the exchange is silent."""
    documents: Iterable[Document] = ()
    match event:
        case Ticker():
            documents = (_ticker(form, event, markets),)
        case FundingRate():
            told = rate_document(event, markets)
            head = {"e": "markPriceUpdate", "E": now_ms, "s": told["symbol"]}
            documents = ({**head, **{letter: told[name] for letter, name in _MARK.items()}},)
        case CandleTold():
            documents = (_candle(event, markets.get(event.symbol).id),)
        case TradesTold(is_snapshot=False):
            write = _aggregate if form == Form.AGGREGATE else _trade
            pair = markets.get(event.symbol).id
            documents = [write(trade, pair, now_ms) for trade in event.trades]
        case OrderBook() if form == Form.LEVELS:
            documents = (_levels_of(event, markets.get(event.symbol).id),)
        case BookChange() if form == Form.LEVELS:
            documents = (_levels_of(event.book, markets.get(event.symbol).id),)
        case BookChange():
            documents = (_changes(event, markets.get(event.symbol).id),)
    # Books begin with the answer over REST, and trades with the next one.
    return documents


def _ticker(form: str, ticker: Ticker, markets: Markets) -> Document:
    pair, at_ms = markets.get(ticker.symbol).id, ticker.time_ms
    if form == Form.BEST:
        best = best_document(ticker, markets)
        prices = {letter: best[name] for letter, name in _BEST.items()}
        return {"e": "bookTicker", "u": at_ms, "E": at_ms, "T": at_ms, "s": pair, **prices}
    day = day_document(ticker, markets)
    if form == Form.MINI_TICKER:
        head = {"e": "24hrMiniTicker", "E": at_ms, "s": pair}
        return {**head, **{letter: day[_DAY[letter]] for letter in _MINI}}
    told = {letter: day[name] for letter, name in _DAY.items()}
    return {"e": "24hrTicker", "E": at_ms, "s": pair, **told}


def _candle(event: CandleTold, pair: str) -> Document:
    candle = event.candle
    told = {
        "t": candle.open_time_ms,
        "T": candle.open_time_ms + event.interval_ms - 1,
        "s": pair,
        "i": INTERVAL_WORDS[event.interval_ms],
        "f": -1,
        "L": -1,
        "o": amount(candle.open),
        "c": amount(candle.close),
        "h": amount(candle.high),
        "l": amount(candle.low),
        "v": amount(candle.volume),
        "n": 0,
        "x": event.is_closed,
        "q": amount(candle.volume * candle.close),
        "V": NOTHING,
        "Q": NOTHING,
        "B": "0",
    }
    return {"e": "kline", "E": event.time_ms, "s": pair, "k": told}


def _trade(trade: PublicTrade, pair: str, now_ms: int) -> Document:
    return {
        "e": "trade",
        "E": now_ms,
        "T": trade.time_ms,
        "s": pair,
        "t": trade.trade_id,
        "p": amount(trade.price),
        "q": amount(trade.quantity),
        "X": "MARKET",
        "m": not trade.taker_buys,
    }


def _aggregate(trade: PublicTrade, pair: str, now_ms: int) -> Document:
    number = trade.trade_id
    told = _trade(trade, pair, now_ms)
    del told["t"], told["X"]
    return {**told, "e": "aggTrade", "a": number, "f": number, "l": number}


def _changes(event: BookChange, pair: str) -> Document:
    return {
        "e": "depthUpdate",
        "E": event.time_ms,
        "T": event.time_ms,
        "s": pair,
        "U": event.before + 1,
        "u": event.sequence,
        "pu": event.before,
        "b": _rows(event.bids),
        "a": _rows(event.asks),
    }


def _levels_of(book: OrderBook, pair: str) -> Document:
    return {
        "e": "depthUpdate",
        "E": book.time_ms,
        "T": book.time_ms,
        "s": pair,
        "U": book.sequence,
        "u": book.sequence,
        "pu": book.sequence - 1,
        "b": _rows(book.bids),
        "a": _rows(book.asks),
    }


def _rows(levels: Iterable[Level]) -> list[list[str]]:
    return [[amount(level.price), amount(level.quantity)] for level in levels]


# ------------------------------------------------------------------------------- private events
def write_user_event(event: StreamEvent, markets: Markets, now_ms: int) -> Iterable[Document]:
    """Write a private event; the exchange tells no snapshots."""
    match event:
        case OrderTold():
            return _order_events(event, markets, now_ms)
        case BalancesTold(is_snapshot=False):
            settled_in = {market.settle for market in markets}
            rows: list[Document] = [
                {"a": row.currency, "wb": amount(row.total), "cw": amount(row.total), "bc": "0"}
                for row in event.balances
                if row.currency in settled_in
            ]
            return (_account_event(event.time_ms, now_ms, rows, []),) if rows else ()
        case PositionsTold(is_snapshot=False):
            told = [_position(row, markets) for row in event.positions]
            return (_account_event(event.time_ms, now_ms, [], told),)
    return ()


def _account_event(
    at_ms: int, now_ms: int, balances: list[Document], positions: list[Document]
) -> Document:
    changed = {"m": "ORDER", "B": balances, "P": positions}
    return {"e": "ACCOUNT_UPDATE", "E": now_ms, "T": at_ms, "a": changed}


def _position(row: Position, markets: Markets) -> Document:
    isolated = row.mode is MarginMode.ISOLATED
    return {
        "s": markets.get(row.symbol).id,
        "pa": plain(row.quantity),
        "ep": amount(row.entry_price),
        "bep": amount(row.entry_price),
        "cr": amount(row.realised),
        "up": amount(row.unrealised),
        "mt": row.mode.value,
        "iw": amount(row.margin) if isolated else "0",
        "ps": POSITION_SIDE_WORDS[row.side],
        "ma": markets.get(row.symbol).settle,
    }


def _order_events(event: OrderTold, markets: Markets, now_ms: int) -> Iterable[Document]:
    """Write what happened to an order; what a conditional one sent is told of after it."""
    order, documents = event.order, []
    if order.trigger is not None:
        told = conditional_document(order, markets)
        changed = {letter: told[name] for letter, name in _CONDITIONAL.items()}
        changed["s"] = told["symbol"]
        head = {"e": "ALGO_UPDATE", "T": event.time_ms, "E": now_ms}
        documents.append({**head, "o": changed})
    if order.trigger is None or order.triggered_ms:
        head = {"e": "ORDER_TRADE_UPDATE", "T": event.time_ms, "E": now_ms}
        documents.append({**head, "o": _execution(order, event, markets)})
    return documents


def _execution(order: Order, event: OrderTold, markets: Markets) -> Document:
    told, fill = order_document(order, markets), event.fill
    return {
        "s": told["symbol"],
        **{letter: told[name] for letter, name in _ORDER.items()},
        "x": _TRADED if fill else _EXECUTIONS[order.status],
        **_last(fill),
        "T": event.time_ms,
        "b": "0",
        "a": "0",
        "si": 0,
        "ss": 0,
        "V": SELF_TRADE_MODE,
    }


def _last(fill: Fill | None) -> Document:
    """Write the fill that an event is about, or that it is about none."""
    return {
        "l": plain(fill.quantity if fill else ZERO),
        "L": amount(fill.price if fill else ZERO),
        "N": fill.fee_currency if fill else "",
        "n": amount(fill.fee) if fill else "0",
        "t": int(fill.trade_id) if fill else 0,
        "m": fill is not None and fill.is_maker,
        "rp": amount(fill.realised) if fill else "0",
    }
