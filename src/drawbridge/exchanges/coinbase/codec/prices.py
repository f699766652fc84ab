"""Public prices: the ticker of one product, candles, the book, trades, best bids and asks.

A ticker and the latest trades come from one endpoint: a single trade with the best prices is the
ticker.
"""

from collections.abc import Mapping
from typing import Any, Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Candle, Level, Markets, OrderBook, PublicTrade, Ticker
from drawbridge.core.money import ZERO, plain
from drawbridge.core.operations import (
    GetCandles,
    GetOrderBook,
    GetTicker,
    GetTickers,
    GetTrades,
)
from drawbridge.exchanges.coinbase.codec import values
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, int_of, list_of, object_of, parse_object, text_of
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.moments import parse_moment

_MINUTE_MS: Final = 60_000
_GRANULARITIES: Final[Mapping[str, int]] = {
    "ONE_MINUTE": _MINUTE_MS,
    "FIVE_MINUTE": 5 * _MINUTE_MS,
    "FIFTEEN_MINUTE": 15 * _MINUTE_MS,
    "THIRTY_MINUTE": 30 * _MINUTE_MS,
    "ONE_HOUR": 60 * _MINUTE_MS,
    "TWO_HOUR": 120 * _MINUTE_MS,
    "FOUR_HOUR": 240 * _MINUTE_MS,
    "SIX_HOUR": 360 * _MINUTE_MS,
    "ONE_DAY": 1_440 * _MINUTE_MS,
}
_NAMES: Final = {length_ms: name for name, length_ms in _GRANULARITIES.items()}
_MOST_CANDLES: Final = 350
# As many as ccxt asks for at once: what is asked for names its end, not a number.
_SPAN_CANDLES: Final = 300
_MOST_DEPTH: Final = 500
_MOST_TRADES: Final = 1_000
_USUAL_TRADES: Final = 100
_SIDES: Final = {True: "BUY", False: "SELL"}


def _of_product(symbol: str, markets: Markets, last: str) -> bytes:
    return values.V3 + f"market/products/{markets.get(symbol).id}/{last}".encode("ascii")


def _symbol(view: ServerView) -> str:
    return view.markets.get_by_id(view.path_parameters["product_id"]).symbol


# ------------------------------------------------------------------------- ticker and trades
def encode_ticker(operation: GetTicker, markets: Markets) -> WireRequest:
    """Write the question for the last trade and the best prices."""
    return values.look(_of_product(operation.symbol, markets, "ticker"), [("limit", "1")])


def encode_trades(operation: GetTrades, markets: Markets) -> WireRequest:
    """Write the question for public trades."""
    pairs = []
    if operation.since_ms is not None:
        pairs.append(("start", str(operation.since_ms // 1_000)))
    if operation.limit is not None:
        pairs.append(("limit", str(min(operation.limit, _MOST_TRADES))))
    if operation.until_ms is not None:
        pairs.append(("end", str(operation.until_ms // 1_000)))
    return values.look(_of_product(operation.symbol, markets, "ticker"), pairs)


def decode_ticker_or_trades(view: ServerView) -> GetTicker | GetTrades:
    """Read either. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found, symbol = values.single(view), _symbol(view)
    limit, since_ms = found.whole("limit"), values.seconds(found, "start")
    if limit == 1 and since_ms is None:
        return GetTicker(symbol)
    limit = None if limit is None else min(max(limit, 1), _MOST_TRADES)
    return GetTrades(symbol, since_ms, limit, values.seconds(found, "end"))


def encode_ticker_or_trades(
    _op: GetTicker | GetTrades, result: Ticker | tuple[PublicTrade, ...], view: ServerView
) -> WireAnswer:
    """Write the latest trades, newest first, and the best prices where a ticker was asked for.

    Why: of the trade that made the last price no more is kept than the price. Its id is the
    moment, so that it rises as ids of trades do.
    """
    if isinstance(result, tuple):
        rows = [_trade(row, view) for row in reversed(result[-_MOST_TRADES:])]
        return values.ok({"trades": rows, "best_bid": "", "best_ask": ""})
    last = PublicTrade(
        trade_id=result.time_ms,
        symbol=result.symbol,
        time_ms=result.time_ms,
        price=result.last,
        quantity=ZERO,
        taker_buys=True,
    )
    return values.ok(
        {
            "trades": [_trade(last, view)],
            "best_bid": plain(result.bid),
            "best_ask": plain(result.ask),
        }
    )


def decode_ticker_answer(operation: GetTicker, answer: WireAnswer, markets: Markets) -> Ticker:
    """Read the last price and the best ones; the day's range and volume are not told."""
    document = parse_object(answer.body)
    (last,) = list_of(document["trades"])
    trade = _read_trade(object_of(last), operation.symbol, markets)
    return Ticker(
        symbol=operation.symbol,
        time_ms=trade.time_ms,
        last=trade.price,
        bid=decimal_of(document["best_bid"]),
        bid_quantity=ZERO,
        ask=decimal_of(document["best_ask"]),
        ask_quantity=ZERO,
        open=ZERO,
        high=ZERO,
        low=ZERO,
        volume=ZERO,
        volume_quote=ZERO,
        trades=0,
    )


def decode_trades_answer(
    operation: GetTrades, answer: WireAnswer, markets: Markets
) -> tuple[PublicTrade, ...]:
    """Read public trades, oldest first."""
    rows = list_of(parse_object(answer.body)["trades"])
    return tuple(_read_trade(object_of(row), operation.symbol, markets) for row in reversed(rows))


def _trade(row: PublicTrade, view: ServerView) -> dict[str, object]:
    return {
        "trade_id": str(row.trade_id),
        "product_id": view.markets.get(row.symbol).id,
        "price": plain(row.price),
        "size": plain(row.quantity),
        "time": values.told(row.time_ms),
        "side": _SIDES[row.taker_buys],
        "bid": "",
        "ask": "",
    }


def _read_trade(row: Mapping[str, Any], symbol: str, markets: Markets) -> PublicTrade:
    if row["product_id"] != markets.get(symbol).id:
        raise BadInput("malformed", field="product_id")
    return PublicTrade(
        trade_id=int_of(row["trade_id"]),
        symbol=symbol,
        time_ms=parse_moment(text_of(row["time"])),
        price=decimal_of(row["price"]),
        quantity=decimal_of(row["size"]),
        taker_buys=row["side"] == _SIDES[True],
    )


# ----------------------------------------------------------------------------------- candles
def encode_candles(operation: GetCandles, markets: Markets) -> WireRequest:
    """Write the question for candles, beginning and end as ccxt does.

    Raises: `BadInput("bad_interval")`.
    """
    name = _NAMES.get(operation.interval_ms)
    if name is None:
        raise BadInput("bad_interval", field="interval")
    pairs = [("granularity", name)]
    limit = min(operation.limit or _SPAN_CANDLES, _SPAN_CANDLES)
    if operation.since_ms is None:
        pairs.append(("limit", str(limit)))
    else:
        since = operation.since_ms // 1_000
        end = since + limit * operation.interval_ms // 1_000
        if operation.until_ms is not None:
            end = operation.until_ms // 1_000
        pairs += [("start", str(since)), ("end", str(end))]
    return values.look(_of_product(operation.symbol, markets, "candles"), pairs)


def decode_candles(view: ServerView) -> GetCandles:
    """Read it. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found, symbol = values.single(view), _symbol(view)
    name = found.need("granularity")
    if name not in _GRANULARITIES:
        raise BadInput("bad_interval", field="granularity")
    limit, since_ms = found.whole("limit"), values.seconds(found, "start")
    until_ms = values.seconds(found, "end")
    if since_ms is None:
        limit = min(max(limit or _MOST_CANDLES, 1), _MOST_CANDLES)
    elif until_ms is not None and until_ms - since_ms > _MOST_CANDLES * _GRANULARITIES[name]:
        raise BadInput("malformed", field="start")
    return GetCandles(symbol, _GRANULARITIES[name], since_ms, until_ms, limit)


def encode_candles_answer(
    _op: GetCandles, result: tuple[Candle, ...], _view: ServerView
) -> WireAnswer:
    """Write candles, newest first."""
    rows = [
        {
            "start": str(row.open_time_ms // 1_000),
            "low": plain(row.low),
            "high": plain(row.high),
            "open": plain(row.open),
            "close": plain(row.close),
            "volume": plain(row.volume),
        }
        for row in reversed(result[-_MOST_CANDLES:])
    ]
    return values.ok({"candles": rows})


def decode_candles_answer(
    operation: GetCandles, answer: WireAnswer, _markets: Markets
) -> tuple[Candle, ...]:
    """Read candles, oldest first, no more than were asked for."""
    rows = list_of(parse_object(answer.body)["candles"])
    found = sorted(map(_read_candle, rows), key=lambda candle: candle.open_time_ms)
    if operation.limit is None:
        return tuple(found)
    is_forward = operation.since_ms is not None
    return tuple(found[: operation.limit] if is_forward else found[-operation.limit :])


def _read_candle(row: Mapping[str, Any]) -> Candle:
    return Candle(
        open_time_ms=int_of(row["start"]) * 1_000,
        open=decimal_of(row["open"]),
        high=decimal_of(row["high"]),
        low=decimal_of(row["low"]),
        close=decimal_of(row["close"]),
        volume=decimal_of(row["volume"]),
    )


# ---------------------------------------------------------------------------- book and best prices
def encode_book(operation: GetOrderBook, markets: Markets) -> WireRequest:
    """Write the question for the book."""
    pairs = [("product_id", markets.get(operation.symbol).id)]
    if operation.depth is not None:
        pairs.append(("limit", str(operation.depth)))
    return values.look(values.V3 + b"market/product_book", pairs)


def decode_book(view: ServerView) -> GetOrderBook:
    """Read it. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = values.single(view)
    symbol = view.markets.get_by_id(found.need("product_id")).symbol
    limit = found.whole("limit")
    return GetOrderBook(symbol, None if limit is None else min(max(limit, 1), _MOST_DEPTH))


def encode_book_answer(_op: GetOrderBook, result: OrderBook, view: ServerView) -> WireAnswer:
    """Write the book."""
    return values.ok({"pricebook": _book(result, view)})


def decode_book_answer(operation: GetOrderBook, answer: WireAnswer, _markets: Markets) -> OrderBook:
    """Read the book; Coinbase numbers none."""
    book = object_of(parse_object(answer.body)["pricebook"])
    bids, asks = (
        tuple(Level(decimal_of(row["price"]), decimal_of(row["size"])) for row in list_of(rows))
        for rows in (book["bids"], book["asks"])
    )
    return OrderBook(operation.symbol, parse_moment(text_of(book["time"])), 0, bids, asks)


def decode_best(view: ServerView) -> GetTickers:
    """Read the question for best prices. Raises: `NotFound("unknown_symbol")`."""
    return GetTickers(values.symbols(view, "product_ids"))


def encode_best(_op: GetTickers, result: tuple[Ticker, ...], view: ServerView) -> WireAnswer:
    """Write the best bid and ask of each product as a book of one level."""
    books = [
        OrderBook(
            row.symbol,
            row.time_ms,
            0,
            (Level(row.bid, row.bid_quantity),),
            (Level(row.ask, row.ask_quantity),),
        )
        for row in result
    ]
    return values.ok({"pricebooks": [_book(book, view) for book in books]})


def _book(book: OrderBook, view: ServerView) -> dict[str, object]:
    def side(levels: tuple[Level, ...]) -> list[dict[str, str]]:
        return [{"price": plain(row.price), "size": plain(row.quantity)} for row in levels]

    return {
        "product_id": view.markets.get(book.symbol).id,
        "bids": side(book.bids),
        "asks": side(book.asks),
        "time": values.told(book.time_ms),
    }
