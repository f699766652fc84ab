"""What happened on Bittrex's markets: candles, books and public trades."""

from collections.abc import Mapping
from typing import Any, Final

from drawbridge.core.clock import DAY_MS, HOUR_MS, MINUTE_MS
from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Candle, Level, Markets, OrderBook, PublicTrade
from drawbridge.core.money import ONE
from drawbridge.core.operations import GetCandles, GetOrderBook, GetTrades
from drawbridge.exchanges.bittrex.codec.ids import trade_id
from drawbridge.exchanges.bittrex.codec.values import (
    PLACES,
    body_of,
    get,
    market_of,
    query_of,
    success,
    written,
)
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, int_of, list_of, text_of
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.moments import parse_moment, write_moment
from drawbridge.wire.parameters import Parameters

_INTERVALS: Final[Mapping[str, int]] = {
    "MINUTE_1": MINUTE_MS,
    "MINUTE_5": 5 * MINUTE_MS,
    "HOUR_1": HOUR_MS,
    "DAY_1": DAY_MS,
}
_NAMES: Final = {span: name for name, span in _INTERVALS.items()}
# What the question for recent candles gave at most, by interval.
_RECENT: Final = {MINUTE_MS: 1_440, 5 * MINUTE_MS: 288, HOUR_MS: 744, DAY_MS: 366}
_DEPTHS: Final = (1, 25, 500)
_USUAL_DEPTH: Final = 25
_TRADES: Final = 100
_MONTHS: Final = 12


# ------------------------------------------------------------------------------------- client
def encode_candles(operation: GetCandles, markets: Markets) -> WireRequest:
    """Ask for recent candles. Raises: `BadInput("bad_interval")` for a span without a name."""
    name = _NAMES.get(operation.interval_ms)
    if name is None:
        raise BadInput("bad_interval", field="interval", interval_ms=operation.interval_ms)
    return get(f"markets/{markets.get(operation.symbol).id}/candles/{name}/recent")


def decode_candles(
    operation: GetCandles, answer: WireAnswer, _markets: Markets
) -> tuple[Candle, ...]:
    """Read candles, those that were asked for: the exchange always tells all recent ones."""
    read = [_read_candle(row) for row in list_of(body_of(answer))]
    since = operation.since_ms
    found = [it for it in read if since is None or it.open_time_ms >= since]
    if operation.limit is None:
        return tuple(found)
    return tuple(found[: operation.limit] if since is not None else found[-operation.limit :])


def encode_book(operation: GetOrderBook, markets: Markets) -> WireRequest:
    """Ask for the book with the smallest depth that is enough."""
    path = f"markets/{markets.get(operation.symbol).id}/orderbook"
    if operation.depth is None:
        return get(path)
    depth = next((it for it in _DEPTHS if it >= operation.depth), _DEPTHS[-1])
    return get(path, f"depth={depth}")


def decode_book(operation: GetOrderBook, answer: WireAnswer, _markets: Markets) -> OrderBook:
    """Read the book; its number stands in a header."""
    book = body_of(answer)
    sequence = int_of((answer.header(b"sequence") or b"0").decode("ascii"))
    depth = operation.depth
    return OrderBook(
        operation.symbol, 0, sequence, _levels(book["bid"])[:depth], _levels(book["ask"])[:depth]
    )


def encode_trades(operation: GetTrades, markets: Markets) -> WireRequest:
    """Ask for public trades; the exchange tells the latest."""
    return get(f"markets/{markets.get(operation.symbol).id}/trades")


def decode_trades(
    operation: GetTrades, answer: WireAnswer, _markets: Markets
) -> tuple[PublicTrade, ...]:
    """Read public trades, oldest first."""
    rows = reversed(list_of(body_of(answer)))
    return tuple(_read_trade(row, operation.symbol) for row in rows)


# ------------------------------------------------------------------------------------- server
def read_candles(view: ServerView) -> GetCandles:
    """Read the question for candles. Raises: `BadInput("bad_interval")`."""
    parts = view.path_parameters
    span = _INTERVALS.get(parts["interval"])
    if span is None:
        raise BadInput("bad_interval", field="candleInterval")
    symbol = market_of(view).symbol
    if "year" not in parts:
        return GetCandles(symbol, span, limit=_RECENT[span])
    since, until = _period(parts)
    return GetCandles(symbol, span, since_ms=since, until_ms=until, limit=_RECENT[span])


def write_candles(
    _operation: GetCandles, result: tuple[Candle, ...], _view: ServerView
) -> WireAnswer:
    """Tell candles."""
    return success([_candle(row) for row in result])


def read_book(view: ServerView) -> GetOrderBook:
    """Read the question for the book. Raises: `BadInput("malformed")` for another depth."""
    depth = query_of(view).whole("depth")
    if depth is not None and depth not in _DEPTHS:
        raise BadInput("malformed", field="depth")
    return GetOrderBook(market_of(view).symbol, depth or _USUAL_DEPTH)


def write_book(_operation: GetOrderBook, result: OrderBook, _view: ServerView) -> WireAnswer:
    """Tell the book, its number in a header."""
    document = {
        side: [{"quantity": written(it.quantity), "rate": written(it.price)} for it in levels]
        for side, levels in (("bid", result.bids), ("ask", result.asks))
    }
    answer = success(document)
    number = (b"sequence", str(result.sequence).encode("ascii"))
    return WireAnswer(answer.status, answer.body, (*answer.headers, number))


def read_trades(view: ServerView) -> GetTrades:
    """Read the question for public trades."""
    return GetTrades(market_of(view).symbol, limit=_TRADES)


def write_trades(
    _operation: GetTrades, result: tuple[PublicTrade, ...], _view: ServerView
) -> WireAnswer:
    """Tell public trades, newest first."""
    return success([_trade(row) for row in reversed(result)])


# --------------------------------------------------------------------------------------- rows
def _period(parts: Mapping[str, str]) -> tuple[int, int]:
    """Read year, month and day of a path as a span of time. Raises: `BadInput("malformed")`."""
    found = Parameters(parts)
    year = found.whole("year") or 0
    month, day = found.whole("month") or 1, found.whole("day") or 1
    since = parse_moment(f"{year:04}-{month:02}-{day:02}T00:00:00Z", "year")
    if "day" in parts:
        return since, since + DAY_MS - 1
    if "month" in parts:
        year, month = (year + 1, 1) if month == _MONTHS else (year, month + 1)
    else:
        year += 1
    return since, parse_moment(f"{year:04}-{month:02}-01T00:00:00Z", "year") - 1


def _candle(row: Candle) -> dict[str, str]:
    middle = (row.high + row.low) / 2
    return {
        "startsAt": write_moment(row.open_time_ms, 0),
        "open": written(row.open),
        "high": written(row.high),
        "low": written(row.low),
        "close": written(row.close),
        "volume": written(row.volume),
        "quoteVolume": written((row.volume * middle).quantize(ONE.scaleb(-PLACES))),
    }


def _read_candle(row: Mapping[str, Any]) -> Candle:
    return Candle(
        open_time_ms=parse_moment(text_of(row["startsAt"])),
        open=decimal_of(row["open"]),
        high=decimal_of(row["high"]),
        low=decimal_of(row["low"]),
        close=decimal_of(row["close"]),
        volume=decimal_of(row["volume"]),
    )


def _levels(rows: object) -> tuple[Level, ...]:
    return tuple(
        Level(decimal_of(row["rate"]), decimal_of(row["quantity"])) for row in list_of(rows)
    )


def _trade(row: PublicTrade) -> dict[str, str]:
    return {
        "id": trade_id(row.trade_id),
        "executedAt": write_moment(row.time_ms),
        "quantity": written(row.quantity),
        "rate": written(row.price),
        "takerSide": "BUY" if row.taker_buys else "SELL",
    }


def _read_trade(row: Mapping[str, Any], symbol: str) -> PublicTrade:
    digits = text_of(row["id"]).replace("-", "")
    return PublicTrade(
        trade_id=int(digits[16:], 16),
        symbol=symbol,
        time_ms=parse_moment(text_of(row["executedAt"])),
        price=decimal_of(row["rate"]),
        quantity=decimal_of(row["quantity"]),
        taker_buys=text_of(row["takerSide"]) == "BUY",
    )
