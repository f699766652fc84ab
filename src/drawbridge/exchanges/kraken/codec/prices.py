"""Public prices: tickers, candles, books, trades.

Each operation stands here four times: its request written and read, its answer written and read.
"""

from decimal import Decimal
from typing import Final, TypeVar

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import (
    Candle,
    Level,
    Market,
    Markets,
    OrderBook,
    PublicTrade,
    Ticker,
)
from drawbridge.core.money import ZERO, places_of
from drawbridge.core.operations import (
    GetCandles,
    GetOrderBook,
    GetTicker,
    GetTickers,
    GetTrades,
)
from drawbridge.exchanges.kraken.codec import names, values
from drawbridge.wire.codec import ServerView
from drawbridge.wire.http import WireAnswer, WireRequest

T = TypeVar("T")

_MINUTE_MS: Final = 60_000
INTERVALS_MINUTES: Final = frozenset({1, 5, 15, 30, 60, 240, 1_440, 10_080, 21_600})
_MAX_CANDLES: Final = 720
_MAX_DEPTH: Final = 500
_USUAL_DEPTH: Final = 100
_MAX_TRADES: Final = 1_000
_NANOS: Final = 10**17


# ------------------------------------------------------------------------------------ tickers
def encode_ticker(operation: GetTicker, markets: Markets) -> WireRequest:
    """Write the request for one ticker."""
    return values.public(b"Ticker", f"pair={markets.get(operation.symbol).id}")


def encode_tickers(operation: GetTickers, markets: Markets) -> WireRequest:
    """Write the request for several tickers."""
    return values.public(b"Ticker", names.pairs_query(operation.symbols, markets))


def decode_tickers(view: ServerView) -> GetTickers:
    """Read either of them. Raises: `NotFound("unknown_symbol")`."""
    return GetTickers(names.symbols_asked(view, values.read_query(view).get("pair", "")))


def encode_tickers_answer(
    _op: GetTickers, result: tuple[Ticker, ...], view: ServerView
) -> WireAnswer:
    """Write tickers. Kraken tells today and the last 24 hours; here both are the latter."""
    markets = view.markets
    return values.success(
        {market.id: _ticker(row, market) for row in result if (market := markets.find(row.symbol))}
    )


def decode_ticker_answer(operation: GetTicker, answer: WireAnswer, markets: Markets) -> Ticker:
    """Read one ticker; Kraken tells no time."""
    (found,) = _tickers(answer, markets)
    if found.symbol != operation.symbol:
        raise BadInput("malformed", field="symbol")
    return found


def decode_tickers_answer(
    _op: GetTickers, answer: WireAnswer, markets: Markets
) -> tuple[Ticker, ...]:
    """Read several tickers; pairs that we do not know are left out."""
    return _tickers(answer, markets)


def _ticker(row: Ticker, market: Market) -> dict[str, object]:
    def price(value: Decimal) -> str:
        return values.padded(value, places)

    def twice(text: str) -> list[str]:
        return [text, text]

    places = places_of(market.price_tick)
    volume = values.padded(row.volume, values.LOT_PLACES)
    average = row.volume_quote / row.volume if row.volume else row.last
    ask, bid = row.ask_quantity, row.bid_quantity
    return {
        "a": [price(row.ask), str(int(ask)), values.padded(ask, 3)],
        "b": [price(row.bid), str(int(bid)), values.padded(bid, 3)],
        "c": [price(row.last), "0.00000000"],
        "v": twice(volume),
        "p": twice(price(round(average, places + values.COST_PLACES))),
        "t": [row.trades, row.trades],
        "l": twice(price(row.low)),
        "h": twice(price(row.high)),
        "o": price(row.open),
    }


def _tickers(answer: WireAnswer, markets: Markets) -> tuple[Ticker, ...]:
    known = {market.id: market for market in markets}
    return tuple(
        _read_ticker(known[pair].symbol, row)
        for pair, row in values.result_of(answer).items()
        if pair in known
    )


def _read_ticker(symbol: str, row: dict[str, list[object]]) -> Ticker:
    volume = values.amount(row["v"][1])
    trades = row["t"][1]
    return Ticker(
        symbol=symbol,
        time_ms=0,
        last=values.amount(row["c"][0]),
        bid=values.amount(row["b"][0]),
        bid_quantity=values.amount(row["b"][2]),
        ask=values.amount(row["a"][0]),
        ask_quantity=values.amount(row["a"][2]),
        open=values.amount(row["o"]),
        high=values.amount(row["h"][1]),
        low=values.amount(row["l"][1]),
        volume=volume,
        volume_quote=volume * values.amount(row["p"][1]),
        trades=int(values.amount(trades)),
    )


# ------------------------------------------------------------------------------------ candles
def encode_candles(operation: GetCandles, markets: Markets) -> WireRequest:
    """Write the request for candles.

    Kraken gives those that begin after `since`, so one interval before is asked for, as ccxt
    does. Raises: `BadInput("bad_interval")`.
    """
    minutes, rest = divmod(operation.interval_ms, _MINUTE_MS)
    if rest or minutes not in INTERVALS_MINUTES:
        raise BadInput("bad_interval", field="interval")
    query = f"pair={markets.get(operation.symbol).id}&interval={minutes}"
    if operation.since_ms is not None:
        query += f"&since={operation.since_ms // 1_000 - minutes * 60}"
    return values.public(b"OHLC", query)


def decode_candles(view: ServerView) -> GetCandles:
    """Read it. Raises: `BadInput("bad_interval")`, `NotFound("unknown_symbol")`."""
    found = values.read_query(view)
    minutes = values.whole(found, "interval")
    minutes = 1 if minutes is None else minutes
    if minutes not in INTERVALS_MINUTES:
        raise BadInput("bad_interval", field="interval")
    # Below zero when somebody asks for everything since 1970: that is from the beginning.
    since = None if found.get("since", "").startswith("-") else values.whole(found, "since")
    interval_ms = minutes * _MINUTE_MS
    since_ms = None if since is None else (since * 1_000 // interval_ms + 1) * interval_ms
    return GetCandles(
        symbol=names.symbol_asked(view, found.get("pair", "")),
        interval_ms=interval_ms,
        since_ms=since_ms,
        limit=_MAX_CANDLES if since_ms is None else None,
    )


def encode_candles_answer(
    operation: GetCandles, result: tuple[Candle, ...], view: ServerView
) -> WireAnswer:
    """Write candles: of more than 720 the latest."""
    market = view.markets.get(operation.symbol)
    places = places_of(market.price_tick)
    rows = [
        [
            row.open_time_ms // 1_000,
            values.padded(row.open, places),
            values.padded(row.high, places),
            values.padded(row.low, places),
            values.padded(row.close, places),
            # Averages and counts of trades are not kept: the typical price and one trade stand
            # for them wherever something was traded.
            values.padded(round(_typical(row), places) if row.volume else ZERO, places),
            values.padded(row.volume, values.LOT_PLACES),
            1 if row.volume else 0,
        ]
        for row in result[-_MAX_CANDLES:]
    ]
    # `last` is the id for the next poll: the candle before the one that still runs.
    last = rows[-2][0] if len(rows) > 1 else 0
    return values.success({market.id: rows, "last": last})


def decode_candles_answer(
    operation: GetCandles, answer: WireAnswer, markets: Markets
) -> tuple[Candle, ...]:
    """Read candles, oldest first, narrowed to what was asked for."""
    rows = values.result_of(answer)[markets.get(operation.symbol).id]
    first, last = operation.since_ms or 0, operation.until_ms
    found = [
        Candle(
            open_time_ms=int(row[0]) * 1_000,
            open=values.amount(row[1]),
            high=values.amount(row[2]),
            low=values.amount(row[3]),
            close=values.amount(row[4]),
            volume=values.amount(row[6]),
        )
        for row in rows
    ]
    inside = [
        candle
        for candle in found
        if candle.open_time_ms >= first and (last is None or candle.open_time_ms <= last)
    ]
    return _limited(inside, operation.limit, from_start=operation.since_ms is not None)


# --------------------------------------------------------------------------------------- book
def encode_depth(operation: GetOrderBook, markets: Markets) -> WireRequest:
    """Write the request for the book."""
    query = f"pair={markets.get(operation.symbol).id}"
    if operation.depth is not None:
        query += f"&count={operation.depth}"
    return values.public(b"Depth", query)


def decode_depth(view: ServerView) -> GetOrderBook:
    """Read it. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = values.read_query(view)
    count = values.whole(found, "count")
    depth = _USUAL_DEPTH if count is None else min(max(count, 1), _MAX_DEPTH)
    return GetOrderBook(names.symbol_asked(view, found.get("pair", "")), depth)


def encode_depth_answer(_op: GetOrderBook, result: OrderBook, view: ServerView) -> WireAnswer:
    """Write the book."""
    market = view.markets.get(result.symbol)
    places, at = places_of(market.price_tick), result.time_ms // 1_000

    def side(levels: tuple[Level, ...]) -> list[list[object]]:
        return [
            [values.padded(row.price, places), values.padded(row.quantity, 3), at] for row in levels
        ]

    return values.success({market.id: {"asks": side(result.asks), "bids": side(result.bids)}})


def decode_depth_answer(operation: GetOrderBook, answer: WireAnswer, markets: Markets) -> OrderBook:
    """Read the book, which may stand under the pair's id or its name on streams."""
    market, result = markets.get(operation.symbol), values.result_of(answer)
    book = result.get(market.id) or result[names.pair_wsname(market)]
    times = [int(row[2]) for side in ("asks", "bids") for row in book[side]]
    bids, asks = (
        tuple(Level(values.amount(row[0]), values.amount(row[1])) for row in book[side])
        for side in ("bids", "asks")
    )
    return OrderBook(operation.symbol, max(times, default=0) * 1_000, 0, bids, asks)


# ------------------------------------------------------------------------------------- trades
def encode_trades(operation: GetTrades, markets: Markets) -> WireRequest:
    """Write the request for public trades."""
    query = f"pair={markets.get(operation.symbol).id}"
    if operation.since_ms is not None:
        query += f"&since={operation.since_ms // 1_000}"
    if operation.limit is not None:
        query += f"&count={operation.limit}"
    return values.public(b"Trades", query)


def decode_trades(view: ServerView) -> GetTrades:
    """Read it; `since` comes in seconds or, as Kraken hands it out, in nanoseconds."""
    found = values.read_query(view)
    since, count = values.whole(found, "since"), values.whole(found, "count")
    since_ms = None
    if since is not None:
        since_ms = since // 1_000_000 if since >= _NANOS else since * 1_000
    limit = _MAX_TRADES if count is None else min(max(count, 1), _MAX_TRADES)
    return GetTrades(names.symbol_asked(view, found.get("pair", "")), since_ms, limit)


def encode_trades_answer(
    operation: GetTrades, result: tuple[PublicTrade, ...], view: ServerView
) -> WireAnswer:
    """Write public trades, oldest first."""
    market = view.markets.get(operation.symbol)
    places = places_of(market.price_tick)
    rows = [
        [
            values.padded(row.price, places),
            values.padded(row.quantity, values.LOT_PLACES),
            values.seconds(row.time_ms),
            "b" if row.taker_buys else "s",
            "m",
            "",
            row.trade_id,
        ]
        for row in result
    ]
    last = result[-1].time_ms if result else operation.since_ms or 0
    return values.success({market.id: rows, "last": str(last * 1_000_000)})


def decode_trades_answer(
    operation: GetTrades, answer: WireAnswer, markets: Markets
) -> tuple[PublicTrade, ...]:
    """Read public trades, oldest first."""
    rows = values.result_of(answer)[markets.get(operation.symbol).id]
    found = [
        PublicTrade(
            trade_id=int(values.amount(row[6])),
            symbol=operation.symbol,
            time_ms=values.milliseconds(row[2]),
            price=values.amount(row[0]),
            quantity=values.amount(row[1]),
            taker_buys=row[3] == "b",
        )
        for row in rows
    ]
    last = operation.until_ms
    inside = [trade for trade in found if last is None or trade.time_ms <= last]
    return _limited(inside, operation.limit, from_start=operation.since_ms is not None)


def _typical(candle: Candle) -> Decimal:
    return (candle.high + candle.low + candle.close) / 3


def _limited(rows: list[T], limit: int | None, *, from_start: bool) -> tuple[T, ...]:
    if limit is None:
        return tuple(rows)
    return tuple(rows[:limit] if from_start else rows[-limit:])
