"""What anyone may see of a market: tickers, candles, the book and public trades.

All by place: a ticker has ten, a candle is open, close, high, low, a book of precision R0 lists
single orders and one of P0 to P4 sums up levels of so many significant digits.
"""

from collections.abc import Iterable, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import Any, Final

from drawbridge.core.errors import BadInput, NotFound
from drawbridge.core.markets import (
    Candle,
    Level,
    Market,
    Markets,
    OrderBook,
    PublicTrade,
    Ticker,
)
from drawbridge.core.money import ZERO
from drawbridge.core.operations import (
    GetCandles,
    GetOrderBook,
    GetTicker,
    GetTickers,
    GetTrades,
)
from drawbridge.exchanges.bitfinex.codec import values
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, int_of, list_of, text_of
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.parameters import Parameters
from drawbridge.wire.text import encoded

_MINUTE_MS: Final = 60_000
_HOUR_MS: Final = 60 * _MINUTE_MS
_DAY_MS: Final = 24 * _HOUR_MS
# A month has no fixed length and is left out.
INTERVALS: Final = {
    "1m": _MINUTE_MS,
    "5m": 5 * _MINUTE_MS,
    "15m": 15 * _MINUTE_MS,
    "30m": 30 * _MINUTE_MS,
    "1h": _HOUR_MS,
    "3h": 3 * _HOUR_MS,
    "4h": 4 * _HOUR_MS,
    "6h": 6 * _HOUR_MS,
    "12h": 12 * _HOUR_MS,
    "1D": _DAY_MS,
    "7D": 7 * _DAY_MS,
    "14D": 14 * _DAY_MS,
}
_WORDS: Final = {length: word for word, length in INTERVALS.items()}
_ALL: Final = "ALL"
_USUAL_CANDLES: Final = 100
_MOST_CANDLES: Final = 10_000
_USUAL_TRADES: Final = 120
_MOST_TRADES: Final = 10_000
_DEPTHS: Final = (1, 25, 100)
_USUAL_DEPTH: Final = 25
# Deep enough that even the coarsest levels have what lies behind them.
_WHOLE_BOOK: Final = 1_000
RAW: Final = "R0"
# Significant digits of a level's price.
DIGITS: Final = {"P0": 5, "P1": 4, "P2": 3, "P3": 2, "P4": 1}
_OLDEST_FIRST: Final = "1"
_RELATIVE_PLACES: Final = 8


# ------------------------------------------------------------------------------------ tickers
def encode_ticker(operation: GetTicker, markets: Markets) -> WireRequest:
    """Write the request for one ticker."""
    return values.public(f"ticker/{markets.get(operation.symbol).id}")


def decode_ticker(view: ServerView) -> GetTicker:
    """Read it. Raises: `NotFound("unknown_symbol")`."""
    return GetTicker(values.symbol_of(view))


def encode_ticker_answer(_op: GetTicker, result: Ticker, _view: ServerView) -> WireAnswer:
    """Write one ticker."""
    return values.success(ticker_row(result))


def decode_ticker_answer(operation: GetTicker, answer: WireAnswer, _markets: Markets) -> Ticker:
    """Read one ticker; the exchange tells no time with it."""
    return read_ticker(operation.symbol, values.rows_of(answer))


def encode_tickers(operation: GetTickers, markets: Markets) -> WireRequest:
    """Write the request for some tickers, or for all."""
    wanted = ",".join(markets.get(symbol).id for symbol in operation.symbols)
    return values.public("tickers", f"symbols={encoded(wanted or _ALL)}")


def decode_tickers(view: ServerView) -> GetTickers:
    """Read it; names of no market are passed over, unless there is no other.

    Raises: `NotFound("unknown_symbol")`, `BadInput("missing_parameter")`.
    """
    wanted = values.query_of(view).need("symbols")
    if wanted == _ALL:
        return GetTickers()
    by_id = {market.id: market.symbol for market in view.markets}
    found = tuple(dict.fromkeys(by_id[name] for name in wanted.split(",") if name in by_id))
    if not found:
        raise NotFound("unknown_symbol", symbol=wanted[:40])
    return GetTickers(found)


def encode_tickers_answer(
    _op: GetTickers, result: tuple[Ticker, ...], view: ServerView
) -> WireAnswer:
    """Write tickers, each after the name of its market."""
    return values.success([[view.markets.get(it.symbol).id, *ticker_row(it)] for it in result])


def decode_tickers_answer(
    _op: GetTickers, answer: WireAnswer, markets: Markets
) -> tuple[Ticker, ...]:
    """Read tickers of the markets that we know; those of lending are left out."""
    by_id = {market.id: market.symbol for market in markets}
    rows = [list_of(row) for row in values.rows_of(answer)]
    return tuple(
        read_ticker(by_id[text_of(row[0])], row[1:]) for row in rows if text_of(row[0]) in by_id
    )


def ticker_row(ticker: Ticker) -> list[object]:
    """Write a ticker's ten places."""
    change = ticker.last - ticker.open
    relative = round(change / ticker.open, _RELATIVE_PLACES) if ticker.open else ZERO
    best = [ticker.bid, ticker.bid_quantity, ticker.ask, ticker.ask_quantity]
    return [*best, change, relative, ticker.last, ticker.volume, ticker.high, ticker.low]


def read_ticker(symbol: str, row: Sequence[Any]) -> Ticker:
    """Read a ticker's ten places; neither time nor turnover are told."""
    told = [decimal_of(value) for value in row[:10]]
    bid, bid_quantity, ask, ask_quantity, change, _, last, volume, high, low = told
    return Ticker(
        symbol=symbol,
        time_ms=0,
        last=last,
        bid=bid,
        bid_quantity=bid_quantity,
        ask=ask,
        ask_quantity=ask_quantity,
        open=last - change,
        high=high,
        low=low,
        volume=volume,
        volume_quote=ZERO,
        trades=0,
    )


# ------------------------------------------------------------------------------------ candles
def encode_candles(operation: GetCandles, markets: Markets) -> WireRequest:
    """Write the request for candles. Raises: `BadInput("bad_interval")`."""
    word = _WORDS.get(operation.interval_ms)
    if word is None:
        raise BadInput("bad_interval", field="interval")
    wanted = _USUAL_CANDLES if operation.limit is None else operation.limit
    query = f"limit={min(wanted, _MOST_CANDLES)}"
    if operation.since_ms is not None:
        query += f"&start={operation.since_ms}&sort=1"
    if operation.until_ms is not None:
        query += f"&end={operation.until_ms}"
    market_id = markets.get(operation.symbol).id
    return values.public(f"candles/trade:{word}:{market_id}/hist", query)


def decode_candles(view: ServerView) -> GetCandles:
    """Read it. Raises: `BadInput("bad_interval")`, `NotFound("unknown_symbol")`."""
    symbol, interval_ms = read_candle_key(view.path_parameters["key"], view.markets)
    found = values.query_of(view)
    if view.endpoint.name == "candles_last":
        return GetCandles(symbol, interval_ms, limit=1)
    limit = min(found.whole("limit") or _USUAL_CANDLES, _MOST_CANDLES)
    since_ms, until_ms = found.whole("start"), found.whole("end")
    if since_ms is not None and found.text("sort") != _OLDEST_FIRST:
        # The newest of the span are asked for: it begins where these do.
        last_ms = view.now_ms if until_ms is None else min(until_ms, view.now_ms)
        since_ms = max(since_ms, last_ms // interval_ms * interval_ms - (limit - 1) * interval_ms)
    return GetCandles(symbol, interval_ms, since_ms=since_ms, until_ms=until_ms, limit=limit)


def read_candle_key(key: str, markets: Markets) -> tuple[str, int]:
    """Read `trade:<interval>:<market>`. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    kind, _, rest = key.partition(":")
    word, _, market_id = rest.partition(":")
    if kind != "trade":
        raise BadInput("malformed", field="key")
    if word not in INTERVALS:
        raise BadInput("bad_interval", field="interval")
    return markets.get_by_id(market_id).symbol, INTERVALS[word]


def encode_candles_answer(
    _op: GetCandles, result: tuple[Candle, ...], view: ServerView
) -> WireAnswer:
    """Write candles, newest first unless asked for otherwise."""
    rows = [candle_row(candle) for candle in result]
    if view.endpoint.name == "candles_last":
        return values.success(rows[-1] if rows else [])
    return values.success(_ordered(rows, values.query_of(view)))


def candle_row(candle: Candle) -> list[object]:
    """Write a candle: beginning, open, close, high, low, volume."""
    prices = [candle.open, candle.close, candle.high, candle.low]
    return [candle.open_time_ms, *prices, candle.volume]


def decode_candles_answer(
    operation: GetCandles, answer: WireAnswer, _markets: Markets
) -> tuple[Candle, ...]:
    """Read candles, oldest first."""
    found = [read_candle(list_of(row)) for row in values.rows_of(answer)]
    found.sort(key=lambda candle: candle.open_time_ms)
    return values.narrowed(found, operation.limit, from_start=operation.since_ms is not None)


def read_candle(row: Sequence[Any]) -> Candle:
    """Read a candle."""
    start, end, high, low, volume = (decimal_of(value) for value in row[1:6])
    return Candle(int_of(row[0]), open=start, high=high, low=low, close=end, volume=volume)


# --------------------------------------------------------------------------------------- book
def encode_book(operation: GetOrderBook, markets: Markets) -> WireRequest:
    """Write the request for single orders of the book, for the next number that is offered."""
    market_id, depth, query = markets.get(operation.symbol).id, operation.depth, ""
    if depth is not None:
        query = f"len={next((many for many in _DEPTHS if many >= depth), _DEPTHS[-1])}"
    return values.public(f"book/{market_id}/{RAW}", query)


def decode_book(view: ServerView) -> GetOrderBook:
    """Read it. Raises: `BadInput` for another precision or number, `NotFound`."""
    precision = view.path_parameters["precision"]
    if precision != RAW and precision not in DIGITS:
        raise BadInput("malformed", field="precision")
    length = _length(values.query_of(view))
    symbol = values.symbol_of(view)
    return GetOrderBook(symbol, length if precision == RAW else _WHOLE_BOOK)


def encode_book_answer(_op: GetOrderBook, result: OrderBook, view: ServerView) -> WireAnswer:
    """Write the book: bids first, amounts of asks below zero."""
    precision = view.path_parameters["precision"]
    depth = _length(values.query_of(view)) or _USUAL_DEPTH
    if precision == RAW:
        market = view.markets.get(result.symbol)
        bids = [raw_row(market, level, 1) for level in result.bids[:depth]]
        asks = [raw_row(market, level, -1) for level in result.asks[:depth]]
    else:
        digits = DIGITS[precision]
        bids = [level_row(it, 1) for it in summed(result.bids, digits, ROUND_FLOOR)[:depth]]
        asks = [level_row(it, -1) for it in summed(result.asks, digits, ROUND_CEILING)[:depth]]
    return values.success([*bids, *asks])


def decode_book_answer(operation: GetOrderBook, answer: WireAnswer, _markets: Markets) -> OrderBook:
    """Read single orders as levels: those of one price are added up."""
    sides: tuple[dict[Decimal, Decimal], dict[Decimal, Decimal]] = ({}, {})
    for row in values.rows_of(answer):
        _, price, amount = (decimal_of(value) for value in list_of(row)[:3])
        side = sides[amount < 0]
        side[price] = side.get(price, ZERO) + abs(amount)
    bids, asks = (tuple(Level(*it) for it in side.items()) for side in sides)
    return OrderBook(
        symbol=operation.symbol,
        time_ms=0,
        sequence=0,
        bids=tuple(sorted(bids, key=lambda level: -level.price)),
        asks=tuple(sorted(asks, key=lambda level: level.price)),
    )


def raw_row(market: Market, level: Level, sign: int) -> list[object]:
    """Write a level as one order; its number stands for price and side as long as it rests."""
    return [raw_number(market, level.price, sign), level.price, sign * level.quantity]


def raw_number(market: Market, price: Decimal, sign: int) -> int:
    """Give the number of the order that stands for a level."""
    return 2 * int(price / market.price_tick) + (sign < 0)


def level_row(level: Level, sign: int) -> list[object]:
    """Write a level: price, how many orders, and how much."""
    return [level.price, 1, sign * level.quantity]


def summed(levels: Iterable[Level], digits: int, rounding: str) -> list[Level]:
    """Add up levels to prices of so many significant digits, away from the middle."""
    context, found = Context(prec=digits, rounding=rounding), dict[Decimal, Decimal]()
    for level in levels:
        price = context.plus(level.price)
        found[price] = found.get(price, ZERO) + level.quantity
    return [Level(price, quantity) for price, quantity in found.items()]


def _length(found: Parameters) -> int | None:
    length = found.whole("len")
    if length is not None and length not in _DEPTHS:
        raise BadInput("malformed", field="len")
    return length


# ------------------------------------------------------------------------------------- trades
def encode_trades(operation: GetTrades, markets: Markets) -> WireRequest:
    """Write the request for public trades."""
    query = "" if operation.since_ms is None else f"start={operation.since_ms}&"
    if operation.limit is not None:
        query += f"limit={min(operation.limit, _MOST_TRADES)}&"
    query += "sort=-1" if operation.since_ms is None else "sort=1"
    if operation.until_ms is not None:
        query += f"&end={operation.until_ms}"
    return values.public(f"trades/{markets.get(operation.symbol).id}/hist", query)


def decode_trades(view: ServerView) -> GetTrades:
    """Read it. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = values.query_of(view)
    return GetTrades(
        symbol=values.symbol_of(view),
        since_ms=found.whole("start"),
        limit=found.whole("limit"),
        until_ms=found.whole("end"),
    )


def encode_trades_answer(
    _op: GetTrades, result: tuple[PublicTrade, ...], view: ServerView
) -> WireAnswer:
    """Write public trades, newest first unless asked for otherwise."""
    found = values.query_of(view)
    rows = _ordered([public_trade_row(trade) for trade in result], found)
    return values.success(rows[: min(found.whole("limit") or _USUAL_TRADES, _MOST_TRADES)])


def public_trade_row(trade: PublicTrade) -> list[object]:
    """Write a public trade; the amount of one in which the taker sold is below zero."""
    amount = trade.quantity if trade.taker_buys else -trade.quantity
    return [trade.trade_id, trade.time_ms, amount, trade.price]


def decode_trades_answer(
    operation: GetTrades, answer: WireAnswer, _markets: Markets
) -> tuple[PublicTrade, ...]:
    """Read public trades, oldest first."""
    found = [read_public_trade(operation.symbol, list_of(row)) for row in values.rows_of(answer)]
    found.sort(key=lambda trade: (trade.time_ms, trade.trade_id))
    return values.narrowed(found, operation.limit, from_start=operation.since_ms is not None)


def read_public_trade(symbol: str, row: Sequence[Any]) -> PublicTrade:
    """Read a public trade."""
    amount = decimal_of(row[2])
    return PublicTrade(
        trade_id=int_of(row[0]),
        symbol=symbol,
        time_ms=int_of(row[1]),
        price=decimal_of(row[3]),
        quantity=abs(amount),
        taker_buys=amount > 0,
    )


def _ordered(rows: list[list[object]], found: Parameters) -> list[list[object]]:
    return rows if found.text("sort") == _OLDEST_FIRST else rows[::-1]
