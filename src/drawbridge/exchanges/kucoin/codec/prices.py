"""What anyone may see of a pair: ticker, candles, book and trades.

Candles come the newest first, as texts; the times of trades are in nanoseconds. A best price to
buy is called `buy` here though it is what others pay: the bid.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Candle, Level, Markets, OrderBook, PublicTrade, Ticker
from drawbridge.core.money import ZERO, plain
from drawbridge.core.operations import GetCandles, GetOrderBook, GetTicker, GetTickers, GetTrades
from drawbridge.exchanges.kucoin.codec import values
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, int_of, list_of, text_of
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.parameters import read_query

_MINUTE_MS: Final = 60_000
# `1month` is missing on purpose: a month has no fixed length.
INTERVALS: Final[Mapping[str, int]] = {
    **{f"{count}min": count * _MINUTE_MS for count in (1, 3, 5, 15, 30)},
    **{f"{count}hour": count * 60 * _MINUTE_MS for count in (1, 2, 4, 6, 8, 12)},
    "1day": 1_440 * _MINUTE_MS,
    "1week": 7 * 1_440 * _MINUTE_MS,
}
INTERVAL_WORDS: Final = {length: word for word, length in INTERVALS.items()}
_MOST_CANDLES: Final = 1_500
_MOST_TRADES: Final = 100
NANOS: Final = 1_000_000
_DEPTHS: Final = {"level2_20": 20, "level2_100": 100, "level2_full": 10_000}
_FEW: Final = 20
_MANY: Final = 100


# ------------------------------------------------------------------------------------- ticker
def encode_ticker(operation: GetTicker, markets: Markets) -> WireRequest:
    """Write the request for one ticker."""
    return values.get(b"/api/v1/market/stats", f"symbol={markets.get(operation.symbol).id}")


def decode_ticker(view: ServerView) -> GetTicker:
    """Read it. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    return GetTicker(values.symbol_of(read_query(view.request.query), view))


def encode_ticker_answer(_op: GetTicker, result: Ticker, view: ServerView) -> WireAnswer:
    """Write one ticker, which tells no sizes of the best prices."""
    row = _ticker_row(result, view)
    told = {name: value for name, value in row.items() if name not in _NOT_ALONE}
    return values.success({"time": result.time_ms, **told})


def encode_level1(_op: GetTicker, result: Ticker, _view: ServerView) -> WireAnswer:
    """Write the best prices alone."""
    return values.success(
        {
            "time": result.time_ms,
            "sequence": str(result.time_ms),
            "price": plain(result.last),
            "size": "0",
            "bestBid": plain(result.bid),
            "bestBidSize": plain(result.bid_quantity),
            "bestAsk": plain(result.ask),
            "bestAskSize": plain(result.ask_quantity),
        }
    )


def decode_ticker_answer(_op: GetTicker, answer: WireAnswer, markets: Markets) -> Ticker:
    """Read one ticker."""
    row = values.data_of(answer)
    return _read_ticker(row, int_of(row["time"]), markets)


def encode_tickers(_op: GetTickers, _markets: Markets) -> WireRequest:
    """Write the request for all tickers."""
    return values.get(b"/api/v1/market/allTickers")


def decode_tickers(_view: ServerView) -> GetTickers:
    """Read it."""
    return GetTickers()


def encode_tickers_answer(
    _op: GetTickers, result: tuple[Ticker, ...], view: ServerView
) -> WireAnswer:
    """Write all tickers, which share one time."""
    time_ms = max((row.time_ms for row in result), default=view.now_ms)
    rows = [_ticker_row(row, view) for row in result]
    return values.success({"time": time_ms, "ticker": rows})


def decode_tickers_answer(
    operation: GetTickers, answer: WireAnswer, markets: Markets
) -> tuple[Ticker, ...]:
    """Read tickers of the pairs that we know."""
    told, wanted = values.data_of(answer), frozenset(operation.symbols)
    time_ms = int_of(told["time"])
    known = frozenset(market.id for market in markets)
    rows = [row for row in values.rows_of(told["ticker"]) if row["symbol"] in known]
    found = (_read_ticker(row, time_ms, markets) for row in rows)
    return tuple(row for row in found if not wanted or row.symbol in wanted)


_NOT_ALONE: Final = frozenset({"symbolName", "bestBidSize", "bestAskSize"})


def _ticker_row(ticker: Ticker, view: ServerView) -> dict[str, object]:
    market = view.markets.get(ticker.symbol)
    change = ticker.last - ticker.open
    rate = change / ticker.open if ticker.open else ZERO
    return {
        "symbol": market.id,
        "symbolName": market.id,
        "buy": plain(ticker.bid),
        "bestBidSize": plain(ticker.bid_quantity),
        "sell": plain(ticker.ask),
        "bestAskSize": plain(ticker.ask_quantity),
        "changeRate": plain(round(rate, 4)),
        "changePrice": plain(change),
        "high": plain(ticker.high),
        "low": plain(ticker.low),
        "vol": plain(ticker.volume),
        "volValue": plain(ticker.volume_quote),
        "last": plain(ticker.last),
        # The middle of the day: averages of trades are not kept.
        "averagePrice": plain((ticker.high + ticker.low) / 2),
        "takerFeeRate": plain(market.fee_taker),
        "makerFeeRate": plain(market.fee_maker),
        "takerCoefficient": "1",
        "makerCoefficient": "1",
    }


def _read_ticker(row: Mapping[str, Any], time_ms: int, markets: Markets) -> Ticker:
    # A pair in which nothing was traded yet has no prices.
    last = _price(row["last"])
    return Ticker(
        symbol=values.market_of(row, markets).symbol,
        time_ms=time_ms,
        last=last,
        bid=_price(row["buy"]),
        bid_quantity=_price(row.get("bestBidSize")),
        ask=_price(row["sell"]),
        ask_quantity=_price(row.get("bestAskSize")),
        open=last - _price(row["changePrice"]),
        high=_price(row["high"]),
        low=_price(row["low"]),
        volume=decimal_of(row["vol"]),
        volume_quote=decimal_of(row["volValue"]),
        trades=0,
    )


def _price(value: object) -> Decimal:
    return ZERO if value is None else decimal_of(value)


# ------------------------------------------------------------------------------------ candles
def encode_candles(operation: GetCandles, markets: Markets) -> WireRequest:
    """Write the request for candles: from a beginning on, the end belongs to it.

    Raises: `BadInput("bad_interval")`.
    """
    length = operation.interval_ms
    if length not in INTERVAL_WORDS:
        raise BadInput("bad_interval", field="interval")
    since_ms, until_ms = operation.since_ms, operation.until_ms
    if since_ms is not None and until_ms is None:
        until_ms = since_ms + (operation.limit or _MOST_CANDLES) * length
    start = None if since_ms is None else since_ms // 1_000
    end = None if until_ms is None else until_ms // 1_000
    return values.get(
        b"/api/v1/market/candles",
        f"symbol={markets.get(operation.symbol).id}&type={INTERVAL_WORDS[length]}"
        f"{values.number('startAt', start)}{values.number('endAt', end)}",
    )


def decode_candles(view: ServerView) -> GetCandles:
    """Read it; of more than 1500 the newest are told. Raises: `BadInput`, `NotFound`."""
    found = read_query(view.request.query)
    word = found.need("type")
    if word not in INTERVALS:
        raise BadInput("bad_interval", field="type")
    length, start, end = INTERVALS[word], found.whole("startAt"), found.whole("endAt")
    until_ms = None if not end else end * 1_000
    since_ms = None if not start else start * 1_000
    if since_ms is not None:
        latest = min(view.now_ms, view.now_ms if until_ms is None else until_ms)
        since_ms = max(since_ms, latest - _MOST_CANDLES * length)
    return GetCandles(
        symbol=values.symbol_of(found, view),
        interval_ms=length,
        since_ms=since_ms,
        until_ms=until_ms,
        limit=_MOST_CANDLES,
    )


def encode_candles_answer(
    _op: GetCandles, result: tuple[Candle, ...], _view: ServerView
) -> WireAnswer:
    """Write candles, the newest first: start, open, close, high, low, volume, turnover."""
    return values.success([candle_row(candle) for candle in reversed(result)])


def candle_row(candle: Candle) -> list[str]:
    """Write one candle. Turnovers are not kept: the typical price stands for the average."""
    typical = (candle.high + candle.low + candle.close) / 3
    return [
        str(candle.open_time_ms // 1_000),
        *(plain(price) for price in (candle.open, candle.close, candle.high, candle.low)),
        plain(candle.volume),
        plain(round(typical * candle.volume, 8)),
    ]


def decode_candles_answer(
    operation: GetCandles, answer: WireAnswer, _markets: Markets
) -> tuple[Candle, ...]:
    """Read candles, oldest first, no more than were asked for."""
    rows = list_of(values.data_of(answer))
    found = [read_candle(row) for row in reversed(rows)]
    if operation.limit is None:
        return tuple(found)
    from_start = operation.since_ms is not None
    return tuple(found[: operation.limit] if from_start else found[-operation.limit :])


def read_candle(row: Any) -> Candle:  # noqa: ANN401  JSON has no type until it is read
    """Read one candle. Raises: whatever strange rows make it raise."""
    start, first, last, high, low, volume = list_of(row)[:6]
    return Candle(
        open_time_ms=int_of(start) * 1_000,
        open=decimal_of(first),
        high=decimal_of(high),
        low=decimal_of(low),
        close=decimal_of(last),
        volume=decimal_of(volume),
    )


# --------------------------------------------------------------------------------------- book
def encode_book(operation: GetOrderBook, markets: Markets) -> WireRequest:
    """Write the request for the book: 20 levels, 100, or with a key all of them."""
    symbol, depth = f"symbol={markets.get(operation.symbol).id}", operation.depth
    if depth is not None and depth > _MANY:
        return values.get(b"/api/v3/market/orderbook/level2", symbol)
    name = b"level2_20" if depth is not None and depth <= _FEW else b"level2_100"
    return values.get(b"/api/v1/market/orderbook/" + name, symbol)


def decode_book(view: ServerView) -> GetOrderBook:
    """Read it. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    symbol = values.symbol_of(read_query(view.request.query), view)
    return GetOrderBook(symbol, _DEPTHS[view.endpoint.name])


def encode_book_answer(_op: GetOrderBook, result: OrderBook, _view: ServerView) -> WireAnswer:
    """Write the book."""
    return values.success(
        {
            "time": result.time_ms,
            "sequence": str(result.sequence),
            "bids": level_rows(result.bids),
            "asks": level_rows(result.asks),
        }
    )


def level_rows(levels: tuple[Level, ...]) -> list[list[str]]:
    """Write one side of a book."""
    return [[plain(level.price), plain(level.quantity)] for level in levels]


def decode_book_answer(operation: GetOrderBook, answer: WireAnswer, _markets: Markets) -> OrderBook:
    """Read the book, no deeper than asked for."""
    told = values.data_of(answer)
    bids, asks = (_read_levels(told[side])[: operation.depth] for side in ("bids", "asks"))
    return OrderBook(
        operation.symbol, int_of(told["time"]), int_of(told["sequence"]), tuple(bids), tuple(asks)
    )


def _read_levels(rows: object) -> list[Level]:
    return [Level(decimal_of(row[0]), decimal_of(row[1])) for row in list_of(rows)]


# ------------------------------------------------------------------------------------- trades
def encode_trades(operation: GetTrades, markets: Markets) -> WireRequest:
    """Write the request for public trades: the latest hundred, whatever was asked for."""
    return values.get(b"/api/v1/market/histories", f"symbol={markets.get(operation.symbol).id}")


def decode_trades(view: ServerView) -> GetTrades:
    """Read it. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    return GetTrades(values.symbol_of(read_query(view.request.query), view), limit=_MOST_TRADES)


def encode_trades_answer(
    _op: GetTrades, result: tuple[PublicTrade, ...], _view: ServerView
) -> WireAnswer:
    """Write public trades, oldest first."""
    return values.success(
        [
            {
                "sequence": str(row.trade_id),
                "price": plain(row.price),
                "size": plain(row.quantity),
                "side": "buy" if row.taker_buys else "sell",
                "time": row.time_ms * NANOS,
            }
            for row in result
        ]
    )


def decode_trades_answer(
    operation: GetTrades, answer: WireAnswer, _markets: Markets
) -> tuple[PublicTrade, ...]:
    """Read public trades, oldest first, narrowed to what was asked for."""
    first, last = operation.since_ms or 0, operation.until_ms
    found = [
        PublicTrade(
            trade_id=int_of(row["sequence"]),
            symbol=operation.symbol,
            time_ms=int_of(row["time"]) // NANOS,
            price=decimal_of(row["price"]),
            quantity=decimal_of(row["size"]),
            taker_buys=text_of(row["side"]) == "buy",
        )
        for row in values.rows_of(values.data_of(answer))
    ]
    inside = [it for it in found if it.time_ms >= first and (last is None or it.time_ms <= last)]
    if operation.limit is None:
        return tuple(inside)
    from_start = operation.since_ms is not None
    return tuple(inside[: operation.limit] if from_start else inside[-operation.limit :])
