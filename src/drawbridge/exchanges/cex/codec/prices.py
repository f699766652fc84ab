"""Tickers, candles, books and trades.

Candles are made of best prices and not of trades; ours are those of the best bid. On paper, both
are the candles of trades.

Source: trade.cex.io/docs, public calls, 2025-07; the fields that ccxt 4.5.90 reads.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Candle, Level, Markets, OrderBook, PublicTrade, Ticker
from drawbridge.core.money import ZERO
from drawbridge.core.operations import (
    GetCandles,
    GetOrderBook,
    GetTicker,
    GetTickers,
    GetTrades,
)
from drawbridge.core.orders import Side
from drawbridge.exchanges.cex.codec.values import (
    INTERVAL_WORDS,
    INTERVALS,
    SIDE_WORDS,
    SIDES,
    amount,
    asked,
    body_of,
    data_of,
    market_of,
    time_of,
    told,
)
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, int_of, list_of, object_of, text_of
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.moments import parse_moment, write_moment

Row = Mapping[str, Any]

_BID: Final = "bestBid"
_QUOTES: Final = frozenset({_BID, "bestAsk"})
_MOST_CANDLES: Final = 1_000
_USUAL_TRADES: Final = 100
_MOST_TRADES: Final = 1_000
_HUNDRED: Final = Decimal(100)
_PERCENT_UNIT: Final = Decimal("0.01")
# A trade is called by its millisecond and its place therein.
_PLACES_A_MS: Final = 1_000


# ------------------------------------------------------------------------------------- tickers
def encode_ticker(operation: GetTicker, markets: Markets) -> WireRequest:
    """Ask for one ticker."""
    return asked(b"get_ticker", {"pairs": [markets.get(operation.symbol).id]})


def encode_tickers(operation: GetTickers, markets: Markets) -> WireRequest:
    """Ask for some tickers, or for all."""
    pairs = [markets.get(symbol).id for symbol in operation.symbols]
    return asked(b"get_ticker", {"pairs": pairs or None})


def decode_tickers(view: ServerView) -> GetTickers:
    """Read the question for tickers. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    pairs = body_of(view).value("pairs")
    if pairs is None:
        return GetTickers()
    found = (view.markets.get_by_id(text_of(it, "pairs")) for it in list_of(pairs, "pairs"))
    return GetTickers(tuple(market.symbol for market in found))


def encode_tickers_answer(
    _: GetTickers, result: tuple[Ticker, ...], view: ServerView
) -> WireAnswer:
    """Write tickers by pair."""
    return told({view.markets.get(it.symbol).id: _ticker(it, view.now_ms) for it in result})


def _ticker(ticker: Ticker, now_ms: int) -> dict[str, object]:
    change = ticker.last - ticker.open
    percent = change * _HUNDRED / ticker.open if ticker.open else ZERO
    return {
        "bestBid": amount(ticker.bid),
        "bestAsk": amount(ticker.ask),
        "bestBidChange": amount(change),
        "bestBidChangePercentage": amount(percent.quantize(_PERCENT_UNIT)),
        "bestAskChange": amount(change),
        "bestAskChangePercentage": amount(percent.quantize(_PERCENT_UNIT)),
        "low": amount(ticker.low),
        "high": amount(ticker.high),
        "volume30d": amount(ticker.volume * 30),
        "lastTradeDateISO": write_moment(ticker.time_ms or now_ms),
        "volume": amount(ticker.volume),
        "quoteVolume": amount(ticker.volume_quote),
        "lastTradeVolume": "0",
        "volumeUSD": amount(ticker.volume_quote),
        "last": amount(ticker.last),
        "lastTradePrice": amount(ticker.last),
        "priceChange": amount(change),
        "priceChangePercentage": amount(percent.quantize(_PERCENT_UNIT)),
    }


def decode_ticker_answer(operation: GetTicker, answer: WireAnswer, markets: Markets) -> Ticker:
    """Read the ticker that was asked for."""
    row = object_of(data_of(answer))[markets.get(operation.symbol).id]
    return _read_ticker(operation.symbol, row)


def decode_tickers_answer(
    operation: GetTickers, answer: WireAnswer, markets: Markets
) -> tuple[Ticker, ...]:
    """Read those tickers that were asked for; of pairs without trades, some words are missing."""
    rows = object_of(data_of(answer))
    wanted = operation.symbols or tuple(market.symbol for market in markets)
    pairs = ((symbol, markets.get(symbol).id) for symbol in wanted)
    return tuple(_read_ticker(symbol, rows[pair]) for symbol, pair in pairs if pair in rows)


def _read_ticker(symbol: str, row: Row) -> Ticker:
    last = decimal_of(row["last"])
    return Ticker(
        symbol=symbol,
        # When it was is not told; the last trade may be long past.
        time_ms=0,
        last=last,
        bid=decimal_of(row["bestBid"]),
        bid_quantity=ZERO,
        ask=decimal_of(row["bestAsk"]),
        ask_quantity=ZERO,
        open=last - decimal_of(row["priceChange"]),
        high=decimal_of(row["high"]),
        low=decimal_of(row["low"]),
        volume=decimal_of(row["volume"]),
        volume_quote=decimal_of(row["quoteVolume"]),
        trades=0,
    )


# ------------------------------------------------------------------------------------- candles
def encode_candles(operation: GetCandles, markets: Markets, now_ms: int) -> WireRequest:
    """Ask for candles; of a beginning, an end and a number, only two may be named.

    Raises: `BadInput("bad_interval")`.
    """
    interval = INTERVAL_WORDS.get(operation.interval_ms)
    if interval is None:
        raise BadInput("bad_interval", field="interval_ms", value=operation.interval_ms)
    since_ms, until_ms, limit = operation.since_ms, operation.until_ms, operation.limit
    if until_ms is None and since_ms is None:
        until_ms = now_ms
    if since_ms is not None and until_ms is not None:
        limit = None
    elif since_ms is not None:
        limit = limit or _MOST_CANDLES
    body = {
        "pair": markets.get(operation.symbol).id,
        "resolution": interval,
        "dataType": _BID,
        "fromISO": None if since_ms is None else write_moment(since_ms),
        "toISO": None if until_ms is None else write_moment(until_ms),
        "limit": limit,
    }
    return asked(b"get_candles", body)


def decode_candles(view: ServerView) -> GetCandles:
    """Read the question for candles. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = body_of(view)
    symbol = market_of(found, view.markets).symbol
    interval_ms = INTERVALS.get(found.need("resolution"))
    if interval_ms is None:
        raise BadInput("bad_interval", field="resolution")
    if found.need("dataType") not in _QUOTES:
        raise BadInput("malformed", field="dataType")
    since_ms, until_ms = time_of(found, "fromISO"), time_of(found, "toISO")
    limit = found.whole("limit")
    if limit == 0:
        raise BadInput("malformed", field="limit")
    return GetCandles(symbol, interval_ms, since_ms, until_ms, limit and min(limit, _MOST_CANDLES))


def encode_candles_answer(
    operation: GetCandles, result: tuple[Candle, ...], view: ServerView
) -> WireAnswer:
    """Write candles, oldest first."""
    resolution, span_ms = INTERVAL_WORDS[operation.interval_ms], operation.interval_ms
    return told(
        [
            {
                "timestamp": it.open_time_ms,
                "open": amount(it.open),
                "high": amount(it.high),
                "low": amount(it.low),
                "close": amount(it.close),
                "volume": amount(it.volume),
                "resolution": resolution,
                "isClosed": it.open_time_ms + span_ms <= view.now_ms,
                "timestampISO": write_moment(it.open_time_ms),
            }
            for it in result
        ]
    )


def decode_candles_answer(_: GetCandles, answer: WireAnswer, __: Markets) -> tuple[Candle, ...]:
    """Read candles; empty ones have no prices and are left out."""
    names = ("open", "high", "low", "close", "volume")
    return tuple(
        Candle(int_of(row["timestamp"]), *(decimal_of(row[name]) for name in names))
        for row in list_of(data_of(answer))
        if "open" in row
    )


# -------------------------------------------------------------------------------------- a book
def encode_book(operation: GetOrderBook, markets: Markets) -> WireRequest:
    """Ask for a book, which is told as deep as it is."""
    return asked(b"get_order_book", {"pair": markets.get(operation.symbol).id})


def decode_book(view: ServerView) -> GetOrderBook:
    """Read the question for a book."""
    return GetOrderBook(market_of(body_of(view), view.markets).symbol)


def encode_book_answer(_: GetOrderBook, result: OrderBook, view: ServerView) -> WireAnswer:
    """Write a book."""
    market = view.markets.get(result.symbol)
    return told(
        {
            "timestamp": str(result.time_ms),
            "currency1": market.base,
            "currency2": market.quote,
            "bids": [[amount(level.price), amount(level.quantity)] for level in result.bids],
            "asks": [[amount(level.price), amount(level.quantity)] for level in result.asks],
        }
    )


def decode_book_answer(operation: GetOrderBook, answer: WireAnswer, _: Markets) -> OrderBook:
    """Read a book. Its states have no numbers."""
    row = object_of(data_of(answer))
    depth = operation.depth
    return OrderBook(
        symbol=operation.symbol,
        time_ms=int_of(row["timestamp"]),
        sequence=0,
        bids=_levels(row["bids"])[:depth],
        asks=_levels(row["asks"])[:depth],
    )


def _levels(rows: object) -> tuple[Level, ...]:
    return tuple(Level(decimal_of(row[0]), decimal_of(row[1])) for row in list_of(rows))


# -------------------------------------------------------------------------------------- trades
def encode_trades(operation: GetTrades, markets: Markets) -> WireRequest:
    """Ask for trades."""
    since_ms, until_ms, limit = operation.since_ms, operation.until_ms, operation.limit
    body = {
        "pair": markets.get(operation.symbol).id,
        "fromDateISO": None if since_ms is None else write_moment(since_ms),
        "toDateISO": None if until_ms is None else write_moment(until_ms),
        "pageSize": limit and min(limit, _MOST_TRADES),
    }
    return asked(b"get_trade_history", body)


def decode_trades(view: ServerView) -> GetTrades:
    """Read the question for trades. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = body_of(view)
    limit = found.whole("pageSize")
    if limit == 0:
        raise BadInput("malformed", field="pageSize")
    return GetTrades(
        symbol=market_of(found, view.markets).symbol,
        since_ms=time_of(found, "fromDateISO"),
        limit=limit and min(limit, _MOST_TRADES),
        until_ms=time_of(found, "toDateISO"),
    )


def encode_trades_answer(
    operation: GetTrades, result: tuple[PublicTrade, ...], _: ServerView
) -> WireAnswer:
    """Write trades, oldest first."""
    rows = [
        {
            "tradeId": "{}-{}".format(*divmod(it.trade_id, _PLACES_A_MS)),
            "dateISO": write_moment(it.time_ms),
            "side": SIDE_WORDS[Side.BUY if it.taker_buys else Side.SELL],
            "price": amount(it.price),
            "amount": amount(it.quantity),
        }
        for it in result
    ]
    return told({"pageSize": operation.limit or _USUAL_TRADES, "trades": rows})


def decode_trades_answer(
    operation: GetTrades, answer: WireAnswer, _: Markets
) -> tuple[PublicTrade, ...]:
    """Read trades."""
    rows = list_of(object_of(data_of(answer))["trades"])
    return tuple(
        PublicTrade(
            trade_id=_read_number(text_of(row["tradeId"])),
            symbol=operation.symbol,
            time_ms=parse_moment(text_of(row["dateISO"])),
            price=decimal_of(row["price"]),
            quantity=decimal_of(row["amount"]),
            taker_buys=SIDES[row["side"]] is Side.BUY,
        )
        for row in rows
    )


def _read_number(trade_id: str) -> int:
    at_ms, _, place = trade_id.partition("-")
    return int_of(at_ms) * _PLACES_A_MS + int_of(place)
