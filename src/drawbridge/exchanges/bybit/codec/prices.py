"""Public prices: tickers, candles, the book, trades."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Candle, Level, Markets, OrderBook, PublicTrade, Ticker
from drawbridge.core.money import plain
from drawbridge.core.operations import (
    GetCandles,
    GetFixed,
    GetOrderBook,
    GetTicker,
    GetTickers,
    GetTrades,
    Operation,
)
from drawbridge.exchanges.bybit.codec import values
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, int_of, list_of, object_of, parse_object
from drawbridge.wire.http import WireAnswer, WireRequest

_MINUTE_MS: Final = 60_000
_INTERVALS: Final[Mapping[str, int]] = {
    **{str(minutes): minutes * _MINUTE_MS for minutes in (1, 3, 5, 15, 30, 60, 120, 240, 360, 720)},
    "D": 1_440 * _MINUTE_MS,
    "W": 10_080 * _MINUTE_MS,
}
_NAMES: Final = {length_ms: name for name, length_ms in _INTERVALS.items()}
_USUAL_CANDLES: Final = 200
_MOST_CANDLES: Final = 1_000
_USUAL_DEPTH: Final = 50
_MOST_DEPTH: Final = 200
_MOST_TRADES: Final = 60
_SIDES: Final = {True: "Buy", False: "Sell"}
_CATEGORY: Final = ("category", values.SPOT)


# ------------------------------------------------------------------------------------ tickers
def encode_ticker(operation: GetTicker, markets: Markets) -> WireRequest:
    """Write the question for one ticker."""
    named = ("symbol", markets.get(operation.symbol).id)
    return values.look("market/tickers", [named, _CATEGORY])


def encode_tickers(_operation: GetTickers, _markets: Markets) -> WireRequest:
    """Write the question for all tickers; single ones are picked out of the answer."""
    return values.look("market/tickers", [_CATEGORY])


def decode_tickers(view: ServerView) -> Operation[Any]:
    """Read either. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = values.parameters(view)
    if not values.is_spot(found):
        return GetFixed(values.NOTHING)
    symbol = values.symbol(found, view)
    return GetTicker(symbol) if symbol else GetTickers()


def encode_tickers_answer(
    _op: Operation[Any], result: Ticker | tuple[Ticker, ...] | bytes, view: ServerView
) -> WireAnswer:
    """Write tickers."""
    told = (result,) if isinstance(result, Ticker) else result
    rows = [] if isinstance(told, bytes) else [_ticker(row, view.markets) for row in told]
    category = values.parameters(view).text("category")
    return values.ok({"category": category, "list": rows}, view)


def decode_ticker_answer(operation: GetTicker, answer: WireAnswer, markets: Markets) -> Ticker:
    """Read one ticker; the time is that of the envelope."""
    (found,) = _read_tickers(answer, markets)
    if found.symbol != operation.symbol:
        raise BadInput("malformed", field="symbol")
    return found


def decode_tickers_answer(
    operation: GetTickers, answer: WireAnswer, markets: Markets
) -> tuple[Ticker, ...]:
    """Read tickers, those that were asked for; markets that we do not know are left out."""
    found = _read_tickers(answer, markets)
    return tuple(row for row in found if not operation.symbols or row.symbol in operation.symbols)


def _ticker(row: Ticker, markets: Markets) -> dict[str, str]:
    change = (row.last - row.open) / row.open if row.open else row.open
    return {
        "symbol": markets.get(row.symbol).id,
        "bid1Price": plain(row.bid),
        "bid1Size": plain(row.bid_quantity),
        "ask1Price": plain(row.ask),
        "ask1Size": plain(row.ask_quantity),
        "lastPrice": plain(row.last),
        "prevPrice24h": plain(row.open),
        "price24hPcnt": plain(round(change, 4)),
        "highPrice24h": plain(row.high),
        "lowPrice24h": plain(row.low),
        "turnover24h": plain(row.volume_quote),
        "volume24h": plain(row.volume),
        "usdIndexPrice": "",
    }


def _read_tickers(answer: WireAnswer, markets: Markets) -> tuple[Ticker, ...]:
    time_ms = int_of(parse_object(answer.body).get("time", 0))
    known = {market.id: market for market in markets}
    rows = map(object_of, list_of(values.result_of(answer)["list"]))
    return tuple(
        _read_ticker(row, known[row["symbol"]].symbol, time_ms)
        for row in rows
        if row["symbol"] in known
    )


def _read_ticker(row: Mapping[str, Any], symbol: str, time_ms: int) -> Ticker:
    return Ticker(
        symbol=symbol,
        time_ms=time_ms,
        last=decimal_of(row["lastPrice"]),
        bid=decimal_of(row["bid1Price"] or "0"),
        bid_quantity=decimal_of(row["bid1Size"] or "0"),
        ask=decimal_of(row["ask1Price"] or "0"),
        ask_quantity=decimal_of(row["ask1Size"] or "0"),
        open=decimal_of(row["prevPrice24h"]),
        high=decimal_of(row["highPrice24h"]),
        low=decimal_of(row["lowPrice24h"]),
        volume=decimal_of(row["volume24h"]),
        volume_quote=decimal_of(row["turnover24h"]),
        trades=0,
    )


# ------------------------------------------------------------------------------------ candles
def encode_candles(operation: GetCandles, markets: Markets) -> WireRequest:
    """Write the question for candles as ccxt does: from the first one that begins in time.

    Raises: `BadInput("bad_interval")`.
    """
    length_ms = operation.interval_ms
    name = _NAMES.get(length_ms)
    if name is None:
        raise BadInput("bad_interval", field="interval")
    pairs = [("symbol", markets.get(operation.symbol).id)]
    if operation.since_ms is not None:
        pairs.append(("start", str(-(-operation.since_ms // length_ms) * length_ms)))
    pairs.append(("limit", str(min(operation.limit or _USUAL_CANDLES, _MOST_CANDLES))))
    if operation.until_ms is not None:
        pairs.append(("end", str(operation.until_ms)))
    return values.look("market/kline", [*pairs, ("interval", name), _CATEGORY])


def decode_candles(view: ServerView) -> GetCandles:
    """Read it. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = values.parameters(view)
    values.need_spot(found)
    name = found.need("interval")
    if name not in _INTERVALS:
        raise BadInput("bad_interval", field="interval")
    limit = found.whole("limit") or _USUAL_CANDLES
    return GetCandles(
        symbol=values.need_symbol(found, view),
        interval_ms=_INTERVALS[name],
        since_ms=found.whole("start"),
        until_ms=found.whole("end"),
        limit=min(limit, _MOST_CANDLES),
    )


def encode_candles_answer(
    operation: GetCandles, result: tuple[Candle, ...], view: ServerView
) -> WireAnswer:
    """Write candles, newest first."""
    rows = [
        [
            str(row.open_time_ms),
            *map(plain, (row.open, row.high, row.low, row.close, row.volume)),
            plain(row.volume * row.close),
        ]
        for row in reversed(result)
    ]
    market = view.markets.get(operation.symbol)
    return values.ok({"category": values.SPOT, "symbol": market.id, "list": rows}, view)


def decode_candles_answer(
    _op: GetCandles, answer: WireAnswer, _markets: Markets
) -> tuple[Candle, ...]:
    """Read candles, oldest first."""
    rows = list_of(values.result_of(answer)["list"])
    return tuple(sorted(map(_read_candle, rows), key=lambda candle: candle.open_time_ms))


def _read_candle(row: Sequence[Any]) -> Candle:
    start, first, high, low, last, volume, _ = list_of(row)
    return Candle(
        open_time_ms=int_of(start),
        open=decimal_of(first),
        high=decimal_of(high),
        low=decimal_of(low),
        close=decimal_of(last),
        volume=decimal_of(volume),
    )


# --------------------------------------------------------------------------------------- book
def encode_book(operation: GetOrderBook, markets: Markets) -> WireRequest:
    """Write the question for the book."""
    depth = min(operation.depth or _USUAL_DEPTH, _MOST_DEPTH)
    named = ("symbol", markets.get(operation.symbol).id)
    return values.look("market/orderbook", [named, _CATEGORY, ("limit", str(depth))])


def decode_book(view: ServerView) -> GetOrderBook:
    """Read it; without a number it is one level. Raises: `BadInput`, `NotFound`."""
    found = values.parameters(view)
    values.need_spot(found)
    depth = min(max(found.whole("limit") or 1, 1), _MOST_DEPTH)
    return GetOrderBook(values.need_symbol(found, view), depth)


def encode_book_answer(operation: GetOrderBook, result: OrderBook, view: ServerView) -> WireAnswer:
    """Write the book."""
    return values.ok(
        {
            "s": view.markets.get(operation.symbol).id,
            "b": _side(result.bids),
            "a": _side(result.asks),
            "ts": result.time_ms,
            "u": result.sequence,
            "seq": result.sequence,
            "cts": result.time_ms,
        },
        view,
    )


def decode_book_answer(operation: GetOrderBook, answer: WireAnswer, _markets: Markets) -> OrderBook:
    """Read the book."""
    result = values.result_of(answer)
    bids, asks = (
        tuple(Level(decimal_of(row[0]), decimal_of(row[1])) for row in list_of(result[side]))
        for side in ("b", "a")
    )
    return OrderBook(operation.symbol, int_of(result["ts"]), int_of(result["u"]), bids, asks)


def _side(levels: tuple[Level, ...]) -> list[list[str]]:
    return [[plain(row.price), plain(row.quantity)] for row in levels]


# ------------------------------------------------------------------------------------- trades
def encode_trades(operation: GetTrades, markets: Markets) -> WireRequest:
    """Write the question for the latest trades; a span of time cannot be asked for."""
    pairs = [("symbol", markets.get(operation.symbol).id)]
    if operation.limit is not None:
        pairs.append(("limit", str(min(operation.limit, _MOST_TRADES))))
    return values.look("market/recent-trade", [*pairs, _CATEGORY])


def decode_trades(view: ServerView) -> GetTrades:
    """Read it. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = values.parameters(view)
    values.need_spot(found)
    limit = found.whole("limit")
    most = None if limit is None else min(max(limit, 1), _MOST_TRADES)
    return GetTrades(values.need_symbol(found, view), limit=most)


def encode_trades_answer(
    operation: GetTrades, result: tuple[PublicTrade, ...], view: ServerView
) -> WireAnswer:
    """Write public trades, newest first."""
    market = view.markets.get(operation.symbol)
    rows = [
        {
            "execId": str(row.trade_id),
            "symbol": market.id,
            "price": plain(row.price),
            "size": plain(row.quantity),
            "side": _SIDES[row.taker_buys],
            "time": str(row.time_ms),
            "isBlockTrade": False,
            "isRPITrade": False,
        }
        for row in reversed(result[-_MOST_TRADES:])
    ]
    return values.ok({"category": values.SPOT, "list": rows}, view)


def decode_trades_answer(
    operation: GetTrades, answer: WireAnswer, _markets: Markets
) -> tuple[PublicTrade, ...]:
    """Read public trades, oldest first, narrowed to what was asked for."""
    rows = map(object_of, reversed(list_of(values.result_of(answer)["list"])))
    found = [_read_trade(row, operation.symbol) for row in rows]
    first, last = operation.since_ms or 0, operation.until_ms
    return tuple(
        row for row in found if row.time_ms >= first and (last is None or row.time_ms <= last)
    )


def _read_trade(row: Mapping[str, Any], symbol: str) -> PublicTrade:
    return PublicTrade(
        trade_id=int_of(row["execId"]),
        symbol=symbol,
        time_ms=int_of(row["time"]),
        price=decimal_of(row["price"]),
        quantity=decimal_of(row["size"]),
        taker_buys=row["side"] == _SIDES[True],
    )
