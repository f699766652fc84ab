"""What anyone may see of a market: tickers, candles, the book and public trades.

A candle is a list that begins with its low; a side of a book is one list of prices and
quantities in turn.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from drawbridge.core.clock import DAY_MS
from drawbridge.core.errors import BadInput
from drawbridge.core.markets import (
    Candle,
    Level,
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
from drawbridge.exchanges.poloniex.codec import values
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, int_of, list_of, object_of, text_of
from drawbridge.wire.http import WireAnswer, WireRequest

_MINUTE_MS: Final = 60_000
_HOUR_MS: Final = 60 * _MINUTE_MS
# A month has no fixed length and is left out.
INTERVALS: Final = {
    "MINUTE_1": _MINUTE_MS,
    "MINUTE_5": 5 * _MINUTE_MS,
    "MINUTE_10": 10 * _MINUTE_MS,
    "MINUTE_15": 15 * _MINUTE_MS,
    "MINUTE_30": 30 * _MINUTE_MS,
    "HOUR_1": _HOUR_MS,
    "HOUR_2": 2 * _HOUR_MS,
    "HOUR_4": 4 * _HOUR_MS,
    "HOUR_6": 6 * _HOUR_MS,
    "HOUR_12": 12 * _HOUR_MS,
    "DAY_1": DAY_MS,
    "DAY_3": 3 * DAY_MS,
    "WEEK_1": 7 * DAY_MS,
}
WORDS: Final = {length: word for word, length in INTERVALS.items()}
_USUAL_CANDLES: Final = 100
_MOST_CANDLES: Final = 500
_DEPTHS: Final = (5, 10, 20, 50, 100, 150)
_USUAL_DEPTH: Final = 10
_USUAL_TRADES: Final = 500
_MOST_TRADES: Final = 1_000
_CHANGE_PLACES: Final = 4


# ------------------------------------------------------------------------------------ tickers
def encode_ticker(operation: GetTicker, markets: Markets) -> WireRequest:
    """Write the request for one ticker."""
    return values.public(f"/markets/{markets.get(operation.symbol).id}/ticker24h")


def decode_ticker(view: ServerView) -> GetTicker:
    """Read it. Raises: `NotFound("unknown_symbol")`."""
    return GetTicker(values.market_of(view).symbol)


def encode_ticker_answer(_op: GetTicker, result: Ticker, view: ServerView) -> WireAnswer:
    """Write one ticker."""
    return values.success(_ticker(result, view.markets))


def decode_ticker_answer(_op: GetTicker, answer: WireAnswer, markets: Markets) -> Ticker:
    """Read one ticker."""
    return _read_ticker(object_of(values.document_of(answer)), markets)


def encode_tickers(_operation: GetTickers, _markets: Markets) -> WireRequest:
    """Write the request for tickers; all are told."""
    return values.public("/markets/ticker24h")


def decode_tickers(_view: ServerView) -> GetTickers:
    """Read it."""
    return GetTickers()


def encode_tickers_answer(
    _op: GetTickers, result: tuple[Ticker, ...], view: ServerView
) -> WireAnswer:
    """Write tickers."""
    return values.success([_ticker(ticker, view.markets) for ticker in result])


def decode_tickers_answer(
    operation: GetTickers, answer: WireAnswer, markets: Markets
) -> tuple[Ticker, ...]:
    """Read tickers of the markets that we know, narrowed to those that were asked for."""
    known = {market.id for market in markets}
    rows = [object_of(row) for row in list_of(values.document_of(answer))]
    found = [_read_ticker(row, markets) for row in rows if row["symbol"] in known]
    wanted = operation.symbols
    return tuple(ticker for ticker in found if not wanted or ticker.symbol in wanted)


def ticker_row(ticker: Ticker, markets: Markets) -> dict[str, object]:
    """Write what a ticker tells over REST and over streams."""
    change = ticker.last / ticker.open - 1 if ticker.open else ZERO
    return {
        "symbol": markets.get(ticker.symbol).id,
        "open": values.amount(ticker.open),
        "low": values.amount(ticker.low),
        "high": values.amount(ticker.high),
        "close": values.amount(ticker.last),
        "quantity": values.amount(ticker.volume),
        "amount": values.amount(ticker.volume_quote),
        "tradeCount": ticker.trades,
        "startTime": max(0, ticker.time_ms - DAY_MS),
        "closeTime": ticker.time_ms,
        "dailyChange": values.amount(round(change, _CHANGE_PLACES)),
        "markPrice": values.amount(ticker.last),
        "ts": ticker.time_ms,
    }


def read_ticker_row(row: Mapping[str, Any], markets: Markets, *, bid: Level, ask: Level) -> Ticker:
    """Read what a ticker tells over REST and over streams."""
    return Ticker(
        symbol=markets.get_by_id(text_of(row["symbol"])).symbol,
        time_ms=int_of(row["ts"]),
        last=decimal_of(row["close"]),
        bid=bid.price,
        bid_quantity=bid.quantity,
        ask=ask.price,
        ask_quantity=ask.quantity,
        open=decimal_of(row["open"]),
        high=decimal_of(row["high"]),
        low=decimal_of(row["low"]),
        volume=decimal_of(row["quantity"]),
        volume_quote=decimal_of(row["amount"]),
        trades=int_of(row["tradeCount"]),
    )


def _ticker(ticker: Ticker, markets: Markets) -> dict[str, object]:
    market = markets.get(ticker.symbol)
    return {
        **ticker_row(ticker, markets),
        "displayName": f"{market.base}/{market.quote}",
        "bid": values.amount(ticker.bid),
        "bidQuantity": values.amount(ticker.bid_quantity),
        "ask": values.amount(ticker.ask),
        "askQuantity": values.amount(ticker.ask_quantity),
    }


def _read_ticker(row: Mapping[str, Any], markets: Markets) -> Ticker:
    bid = Level(decimal_of(row["bid"]), decimal_of(row["bidQuantity"]))
    ask = Level(decimal_of(row["ask"]), decimal_of(row["askQuantity"]))
    return read_ticker_row(row, markets, bid=bid, ask=ask)


# ------------------------------------------------------------------------------------ candles
def encode_candles(operation: GetCandles, markets: Markets) -> WireRequest:
    """Write the request for candles. Raises: `BadInput("bad_interval")`."""
    word = WORDS.get(operation.interval_ms)
    if word is None:
        raise BadInput("bad_interval", field="interval")
    limit = None if operation.limit is None else min(operation.limit, _MOST_CANDLES)
    return values.public(
        f"/markets/{markets.get(operation.symbol).id}/candles",
        {
            "interval": word,
            "startTime": operation.since_ms,
            "limit": limit,
            "endTime": operation.until_ms,
        },
    )


def decode_candles(view: ServerView) -> GetCandles:
    """Read it. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = values.query_of(view)
    word = found.need("interval")
    if word not in INTERVALS:
        raise BadInput("bad_interval", field="interval")
    return GetCandles(
        symbol=values.market_of(view).symbol,
        interval_ms=INTERVALS[word],
        since_ms=found.whole("startTime"),
        until_ms=found.whole("endTime"),
        limit=values.limit_of(found, _USUAL_CANDLES, _MOST_CANDLES),
    )


def encode_candles_answer(
    operation: GetCandles, result: tuple[Candle, ...], _view: ServerView
) -> WireAnswer:
    """Write candles, oldest first."""
    return values.success([_candle(candle, operation.interval_ms) for candle in result])


def decode_candles_answer(
    operation: GetCandles, answer: WireAnswer, _markets: Markets
) -> tuple[Candle, ...]:
    """Read candles, oldest first."""
    found = [_read_candle(list_of(row)) for row in list_of(values.document_of(answer))]
    found.sort(key=lambda candle: candle.open_time_ms)
    return values.narrowed(found, operation.limit, from_start=operation.since_ms is not None)


def typical_price(candle: Candle) -> Decimal:
    """Give a price that stands for the average, which is not kept."""
    return round((candle.high + candle.low + candle.close) / 3, 8)


def _candle(candle: Candle, interval_ms: int) -> list[object]:
    typical, end_ms = typical_price(candle), candle.open_time_ms + interval_ms - 1
    prices = (candle.low, candle.high, candle.open, candle.close)
    amount = round(typical * candle.volume, 8)
    # What takers bought and how many trades there were is not kept: half, and one if any.
    bought = (round(amount / 2, 8), round(candle.volume / 2, 8))
    return [
        *(values.amount(price) for price in prices),
        values.amount(amount),
        values.amount(candle.volume),
        *(values.amount(part) for part in bought),
        1 if candle.volume else 0,
        end_ms,
        values.amount(typical),
        WORDS[interval_ms],
        candle.open_time_ms,
        end_ms,
    ]


def _read_candle(row: Sequence[Any]) -> Candle:
    low, high, start, end = (decimal_of(value) for value in row[:4])
    volume = decimal_of(row[5])
    return Candle(int_of(row[12]), open=start, high=high, low=low, close=end, volume=volume)


# --------------------------------------------------------------------------------------- book
def encode_book(operation: GetOrderBook, markets: Markets) -> WireRequest:
    """Write the request for the book, for the next number of levels that is offered."""
    market_id, depth = markets.get(operation.symbol).id, operation.depth
    if depth is not None:
        depth = next((many for many in _DEPTHS if many >= depth), _DEPTHS[-1])
    return values.public(f"/markets/{market_id}/orderBook", {"limit": depth})


def decode_book(view: ServerView) -> GetOrderBook:
    """Read it. Raises: `BadInput` for another number, `NotFound("unknown_symbol")`."""
    depth = values.limit_of(values.query_of(view), _USUAL_DEPTH, _DEPTHS[-1])
    if depth not in _DEPTHS:
        raise BadInput("malformed", field="limit")
    return GetOrderBook(values.market_of(view).symbol, depth)


def encode_book_answer(_op: GetOrderBook, result: OrderBook, view: ServerView) -> WireAnswer:
    """Write the book."""
    market = view.markets.get(result.symbol)

    def side(levels: Sequence[Level]) -> list[str]:
        return [values.amount(part) for level in levels for part in (level.price, level.quantity)]

    return values.success(
        {
            "time": result.time_ms,
            "scale": values.amount(market.price_tick),
            "asks": side(result.asks),
            "bids": side(result.bids),
            "ts": result.time_ms,
        }
    )


def decode_book_answer(operation: GetOrderBook, answer: WireAnswer, _markets: Markets) -> OrderBook:
    """Read the book."""
    document = values.document_of(answer)

    def side(name: str) -> tuple[Level, ...]:
        told = [decimal_of(part) for part in list_of(document[name])]
        return tuple(Level(*pair) for pair in zip(told[::2], told[1::2], strict=True))

    time_ms = int_of(document["time"])
    return OrderBook(operation.symbol, time_ms, 0, side("bids"), side("asks"))


# ------------------------------------------------------------------------------------- trades
def encode_trades(operation: GetTrades, markets: Markets) -> WireRequest:
    """Write the request for public trades; only how many can be asked for, not since when."""
    limit = None if operation.limit is None else min(operation.limit, _MOST_TRADES)
    return values.public(f"/markets/{markets.get(operation.symbol).id}/trades", {"limit": limit})


def decode_trades(view: ServerView) -> GetTrades:
    """Read it. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    limit = values.limit_of(values.query_of(view), _USUAL_TRADES, _MOST_TRADES)
    return GetTrades(values.market_of(view).symbol, limit=limit)


def encode_trades_answer(
    _op: GetTrades, result: tuple[PublicTrade, ...], _view: ServerView
) -> WireAnswer:
    """Write public trades, newest first."""
    return values.success([trade_row(trade) for trade in reversed(result)])


def trade_row(trade: PublicTrade) -> dict[str, object]:
    """Write a public trade."""
    return {
        "id": str(trade.trade_id),
        "price": values.amount(trade.price),
        "quantity": values.amount(trade.quantity),
        "amount": values.amount(trade.price * trade.quantity),
        "takerSide": "BUY" if trade.taker_buys else "SELL",
        "ts": trade.time_ms,
        "createTime": trade.time_ms,
    }


def decode_trades_answer(
    operation: GetTrades, answer: WireAnswer, _markets: Markets
) -> tuple[PublicTrade, ...]:
    """Read public trades, oldest first, narrowed to what was asked for."""
    rows = list_of(values.document_of(answer))
    found = [read_trade(operation.symbol, object_of(row)) for row in reversed(rows)]
    found.sort(key=lambda trade: (trade.time_ms, trade.trade_id))
    since_ms = operation.since_ms
    inside = values.within(found, lambda it: it.time_ms, since_ms, operation.until_ms)
    return values.narrowed(inside, operation.limit, from_start=since_ms is not None)


def read_trade(symbol: str, row: Mapping[str, Any]) -> PublicTrade:
    """Read a public trade."""
    return PublicTrade(
        trade_id=int_of(row["id"]),
        symbol=symbol,
        time_ms=int_of(row["createTime"]),
        price=decimal_of(row["price"]),
        quantity=decimal_of(row["quantity"]),
        taker_buys=text_of(row["takerSide"]).upper() == "BUY",
    )
