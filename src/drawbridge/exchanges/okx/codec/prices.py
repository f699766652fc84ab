"""What anyone may see of a pair: ticker, candles, book and trades.

Everything comes the newest first. A candle of six hours or more begins where a day does in UTC
only if its name says so; the others begin at midnight in Hong Kong and are not carried here.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Candle, Level, Markets, OrderBook, PublicTrade, Ticker
from drawbridge.core.money import ZERO, plain
from drawbridge.core.operations import GetCandles, GetOrderBook, GetTicker, GetTickers, GetTrades
from drawbridge.exchanges.okx.codec import values
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, int_of, list_of, text_of
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.parameters import read_query

_MINUTE_MS: Final = 60_000
_HOUR_MS: Final = 3_600_000
_INTERVALS: Final[Mapping[str, int]] = {
    **{f"{count}m": count * _MINUTE_MS for count in (1, 3, 5, 15, 30)},
    **{f"{count}H": count * _HOUR_MS for count in (1, 2, 4)},
    **{f"{count}Hutc": count * _HOUR_MS for count in (6, 12)},
    "1Dutc": 24 * _HOUR_MS,
    "1Wutc": 7 * 24 * _HOUR_MS,
}
_WORDS: Final = {length: word for word, length in _INTERVALS.items()}
_USUAL_CANDLES: Final = 100
_MOST_CANDLES: Final = 300
_USUAL_DEPTH: Final = 100
_MOST_DEPTH: Final = 400
_MOST_FULL: Final = 5_000
_USUAL_TRADES: Final = 100
_MOST_TRADES: Final = 500


# ------------------------------------------------------------------------------------- ticker
def encode_ticker(operation: GetTicker, markets: Markets) -> WireRequest:
    """Write the request for one ticker."""
    return values.get(b"market/ticker", f"instId={markets.get(operation.symbol).id}")


def decode_ticker(view: ServerView) -> GetTicker:
    """Read it. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    return GetTicker(values.symbol_of(read_query(view.request.query), view))


def encode_ticker_answer(_op: GetTicker, result: Ticker, view: ServerView) -> WireAnswer:
    """Write one ticker."""
    return values.success([_ticker_row(result, view)])


def decode_ticker_answer(_op: GetTicker, answer: WireAnswer, markets: Markets) -> Ticker:
    """Read one ticker."""
    return _read_ticker(values.row_of(answer), markets)


def encode_tickers(_op: GetTickers, _markets: Markets) -> WireRequest:
    """Write the request for all tickers."""
    return values.get(b"market/tickers", f"instType={values.SPOT}")


def decode_tickers(view: ServerView) -> GetTickers:
    """Read it. Raises: `BadInput("missing_parameter")`."""
    read_query(view.request.query).need("instType")
    return GetTickers()


def encode_tickers_answer(
    _op: GetTickers, result: tuple[Ticker, ...], view: ServerView
) -> WireAnswer:
    """Write all tickers; there is nothing but spot."""
    spot = values.is_of_spot(read_query(view.request.query))
    return values.success([_ticker_row(row, view) for row in result if spot])


def decode_tickers_answer(
    operation: GetTickers, answer: WireAnswer, markets: Markets
) -> tuple[Ticker, ...]:
    """Read tickers of the pairs that we know."""
    known, wanted = frozenset(market.id for market in markets), frozenset(operation.symbols)
    rows = [row for row in values.rows_of(answer) if row["instId"] in known]
    found = (_read_ticker(row, markets) for row in rows)
    return tuple(row for row in found if not wanted or row.symbol in wanted)


def _ticker_row(ticker: Ticker, view: ServerView) -> dict[str, str]:
    return {
        "instType": values.SPOT,
        "instId": view.markets.get(ticker.symbol).id,
        "last": plain(ticker.last),
        "lastSz": "0",
        "askPx": plain(ticker.ask),
        "askSz": plain(ticker.ask_quantity),
        "bidPx": plain(ticker.bid),
        "bidSz": plain(ticker.bid_quantity),
        "open24h": plain(ticker.open),
        "high24h": plain(ticker.high),
        "low24h": plain(ticker.low),
        "volCcy24h": plain(ticker.volume_quote),
        "vol24h": plain(ticker.volume),
        "sodUtc0": plain(ticker.open),
        "sodUtc8": plain(ticker.open),
        "ts": str(ticker.time_ms),
    }


def _read_ticker(row: Mapping[str, Any], markets: Markets) -> Ticker:
    return Ticker(
        symbol=values.market_of(row, markets).symbol,
        time_ms=int_of(row["ts"]),
        last=_price(row["last"]),
        bid=_price(row["bidPx"]),
        bid_quantity=_price(row["bidSz"]),
        ask=_price(row["askPx"]),
        ask_quantity=_price(row["askSz"]),
        open=_price(row["open24h"]),
        high=_price(row["high24h"]),
        low=_price(row["low24h"]),
        volume=_price(row["vol24h"]),
        volume_quote=_price(row["volCcy24h"]),
        trades=0,
    )


def _price(value: object) -> Decimal:
    # A pair in which nothing was traded yet has empty prices.
    return ZERO if value == "" else decimal_of(value)


# ------------------------------------------------------------------------------------ candles
def encode_candles(operation: GetCandles, markets: Markets) -> WireRequest:
    """Write the request for candles, both ends left out by the exchange.

    Why: the one path reaches back a day's worth only, the other any time but tells no candle
    that still runs; so the latter is asked where a beginning is given.
    Raises: `BadInput("bad_interval")`.
    """
    length = operation.interval_ms
    if length not in _WORDS:
        raise BadInput("bad_interval", field="interval")
    symbol = markets.get(operation.symbol).id
    limit = min(operation.limit or _USUAL_CANDLES, _MOST_CANDLES)
    query = f"instId={symbol}&bar={_WORDS[length]}&limit={limit}"
    since_ms, until_ms = operation.since_ms, operation.until_ms
    after = None if until_ms is None else until_ms + 1
    if since_ms is None:
        return values.get(b"market/candles", query + values.number("after", after))
    after = since_ms + limit * length if after is None else after
    query += f"&before={max(0, since_ms - 1)}&after={after}"
    return values.get(b"market/history-candles", query)


def decode_candles(view: ServerView) -> GetCandles:
    """Read it; of more than the limit the newest are told. Raises: `BadInput`, `NotFound`."""
    found = read_query(view.request.query)
    word = found.text("bar") or "1m"
    if word not in _INTERVALS:
        raise BadInput("bad_interval", field="bar")
    length, limit = _INTERVALS[word], values.limited(found, _USUAL_CANDLES, _MOST_CANDLES)
    before, after = found.whole("before"), found.whole("after")
    until_ms = None if not after else after - 1
    since_ms = None
    if before is not None:
        latest = view.now_ms if until_ms is None else min(until_ms, view.now_ms)
        since_ms = max(before + 1, latest // length * length - (limit - 1) * length)
    return GetCandles(values.symbol_of(found, view), length, since_ms, until_ms, limit)


def encode_candles_answer(
    operation: GetCandles, result: tuple[Candle, ...], view: ServerView
) -> WireAnswer:
    """Write candles, the newest first; the last word tells whether one is complete."""
    rows = []
    for candle in reversed(result):
        is_over = candle.open_time_ms + operation.interval_ms <= view.now_ms
        # Turnovers are not kept: the typical price stands for the average.
        typical = (candle.high + candle.low + candle.close) / 3
        turnover = plain(round(typical * candle.volume, 8))
        rows.append(
            [
                str(candle.open_time_ms),
                *(plain(it) for it in (candle.open, candle.high, candle.low, candle.close)),
                plain(candle.volume),
                turnover,
                turnover,
                "1" if is_over else "0",
            ]
        )
    return values.success(rows)


def decode_candles_answer(
    operation: GetCandles, answer: WireAnswer, _markets: Markets
) -> tuple[Candle, ...]:
    """Read candles, oldest first, no more than were asked for."""
    rows = list_of(values.data_of(answer))
    found = [_read_candle(row) for row in reversed(rows)]
    if operation.limit is None:
        return tuple(found)
    from_start = operation.since_ms is not None
    return tuple(found[: operation.limit] if from_start else found[-operation.limit :])


def _read_candle(row: Any) -> Candle:  # noqa: ANN401  JSON has no type until it is read
    start, *amounts = list_of(row)[:6]
    first, high, low, last, volume = map(decimal_of, amounts)
    return Candle(int_of(start), first, high, low, last, volume)


# --------------------------------------------------------------------------------------- book
def encode_book(operation: GetOrderBook, markets: Markets) -> WireRequest:
    """Write the request for the book."""
    depth = _USUAL_DEPTH if operation.depth is None else operation.depth
    path = b"market/books" if depth <= _MOST_DEPTH else b"market/books-full"
    symbol = markets.get(operation.symbol).id
    return values.get(path, f"instId={symbol}&sz={min(depth, _MOST_FULL)}")


def decode_book(view: ServerView) -> GetOrderBook:
    """Read it. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = read_query(view.request.query)
    most = _MOST_FULL if view.endpoint.name == "books_full" else _MOST_DEPTH
    return GetOrderBook(values.symbol_of(found, view), values.limited(found, 1, most, "sz"))


def encode_book_answer(_op: GetOrderBook, result: OrderBook, _view: ServerView) -> WireAnswer:
    """Write the book: price, quantity, a zero that once meant something, count of orders."""

    def side(levels: tuple[Level, ...]) -> list[list[str]]:
        return [[plain(level.price), plain(level.quantity), "0", "1"] for level in levels]

    row = {
        "asks": side(result.asks),
        "bids": side(result.bids),
        "ts": str(result.time_ms),
        "seqId": result.sequence,
    }
    return values.success([row])


def decode_book_answer(operation: GetOrderBook, answer: WireAnswer, _markets: Markets) -> OrderBook:
    """Read the book."""
    row = values.row_of(answer)
    bids, asks = (
        tuple(Level(decimal_of(it[0]), decimal_of(it[1])) for it in list_of(row[side]))
        for side in ("bids", "asks")
    )
    sequence = int_of(row.get("seqId", 0))
    return OrderBook(operation.symbol, int_of(row["ts"]), sequence, bids, asks)


# ------------------------------------------------------------------------------------- trades
def encode_trades(operation: GetTrades, markets: Markets) -> WireRequest:
    """Write the request for public trades: the latest, whatever beginning was asked for."""
    limit = None if operation.limit is None else min(operation.limit, _MOST_TRADES)
    symbol = markets.get(operation.symbol).id
    return values.get(b"market/trades", f"instId={symbol}{values.number('limit', limit)}")


def decode_trades(view: ServerView) -> GetTrades:
    """Read it. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = read_query(view.request.query)
    limit = values.limited(found, _USUAL_TRADES, _MOST_TRADES)
    return GetTrades(values.symbol_of(found, view), limit=limit)


def encode_trades_answer(
    _op: GetTrades, result: tuple[PublicTrade, ...], view: ServerView
) -> WireAnswer:
    """Write public trades, the newest first."""
    return values.success(
        [
            {
                "instId": view.markets.get(row.symbol).id,
                "tradeId": str(row.trade_id),
                "px": plain(row.price),
                "sz": plain(row.quantity),
                "side": "buy" if row.taker_buys else "sell",
                "source": "0",
                "ts": str(row.time_ms),
            }
            for row in reversed(result)
        ]
    )


def decode_trades_answer(
    operation: GetTrades, answer: WireAnswer, markets: Markets
) -> tuple[PublicTrade, ...]:
    """Read public trades, oldest first, narrowed to what was asked for."""
    first, last = operation.since_ms or 0, operation.until_ms
    found = [
        PublicTrade(
            trade_id=int_of(row["tradeId"]),
            symbol=values.market_of(row, markets).symbol,
            time_ms=int_of(row["ts"]),
            price=decimal_of(row["px"]),
            quantity=decimal_of(row["sz"]),
            taker_buys=text_of(row["side"]) == "buy",
        )
        for row in reversed(values.rows_of(answer))
    ]
    inside = [it for it in found if it.time_ms >= first and (last is None or it.time_ms <= last)]
    return tuple(inside)
