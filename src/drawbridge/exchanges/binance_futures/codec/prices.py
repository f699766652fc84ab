"""Tickers, candles, books and trades. Amounts are cut, never rounded up.

A ticker of the last day tells no best prices here: they stand in another endpoint, and a client
would take an answer that has them for one of spot. Read as a value of ours they are 0.

Source: developers.binance.com, USD-M futures, market data, 2026-07-21; what ccxt 4.5.90 reads.
"""

from collections.abc import Mapping
from decimal import ROUND_DOWN, Decimal
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
from drawbridge.exchanges.binance_futures.codec.names import (
    INTERVAL_WORDS,
    INTERVALS,
    LEVELS,
    MOST_CANDLES,
    NOTHING,
    TRADES_SPAN_MS,
    USUAL_CANDLES,
    amount,
)
from drawbridge.exchanges.binance_futures.codec.parameters import (
    ask,
    joined,
    market_id,
    parameter,
    read_limit,
    read_symbol,
    read_time,
    read_view,
    read_word,
    told,
)
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import (
    decimal_of,
    flag_of,
    int_of,
    list_of,
    object_of,
    parse_document,
    text_of,
)
from drawbridge.wire.http import WireAnswer, WireRequest

Row = Mapping[str, Any]

_DAY_MS: Final = 86_400_000
_HUNDRED: Final = Decimal(100)
_PERCENT_UNIT: Final = Decimal("0.001")


# ------------------------------------------------------------------------------------- tickers
def encode_ticker(operation: GetTicker, markets: Markets) -> WireRequest:
    """Ask for the last day of one contract."""
    return ask(b"/fapi/v1/ticker/24hr", f"symbol={market_id(operation.symbol, markets)}")


def encode_tickers(_: GetTickers, __: Markets) -> WireRequest:
    """Ask for the last day of all contracts; the exchange lets nobody ask for some."""
    return ask(b"/fapi/v1/ticker/24hr")


def decode_tickers(view: ServerView) -> GetTicker | GetTickers:
    """Read the question for one contract or all."""
    found = read_view(view)
    if "symbol" in found:
        return GetTicker(read_symbol(found, view.markets))
    return GetTickers()


def encode_days_answer(
    _: GetTicker | GetTickers, result: Ticker | tuple[Ticker, ...], view: ServerView
) -> WireAnswer:
    """Write the last day of one contract or of several."""
    if isinstance(result, Ticker):
        return told(day_document(result, view.markets))
    return told([day_document(ticker, view.markets) for ticker in result])


def day_document(ticker: Ticker, markets: Markets) -> dict[str, object]:
    """Write the last day of a contract."""
    change = ticker.last - ticker.open
    percent = change * _HUNDRED / ticker.open if ticker.open else ZERO
    average = ticker.volume_quote / ticker.volume if ticker.volume else ticker.last
    return {
        "symbol": markets.get(ticker.symbol).id,
        "priceChange": amount(change),
        "priceChangePercent": f"{percent.quantize(_PERCENT_UNIT, ROUND_DOWN):f}",
        "weightedAvgPrice": amount(average),
        "lastPrice": amount(ticker.last),
        # The size of the last trade is not among what a ticker of ours knows.
        "lastQty": NOTHING,
        "openPrice": amount(ticker.open),
        "highPrice": amount(ticker.high),
        "lowPrice": amount(ticker.low),
        "volume": amount(ticker.volume),
        "quoteVolume": amount(ticker.volume_quote),
        "openTime": ticker.time_ms - _DAY_MS,
        "closeTime": ticker.time_ms,
        "firstId": -1,
        "lastId": -1,
        "count": ticker.trades,
    }


def encode_prices_answer(
    _: GetTicker | GetTickers, result: Ticker | tuple[Ticker, ...], view: ServerView
) -> WireAnswer:
    """Write the last prices."""
    if isinstance(result, Ticker):
        return told(_price(result, view.markets))
    return told([_price(ticker, view.markets) for ticker in result])


def _price(ticker: Ticker, markets: Markets) -> dict[str, object]:
    return {
        "symbol": markets.get(ticker.symbol).id,
        "price": amount(ticker.last),
        "time": ticker.time_ms,
    }


def encode_best_answer(
    _: GetTicker | GetTickers, result: Ticker | tuple[Ticker, ...], view: ServerView
) -> WireAnswer:
    """Write the best prices."""
    if isinstance(result, Ticker):
        return told(best_document(result, view.markets))
    return told([best_document(ticker, view.markets) for ticker in result])


def best_document(ticker: Ticker, markets: Markets) -> dict[str, object]:
    """Write the best prices of a contract."""
    return {
        "symbol": markets.get(ticker.symbol).id,
        "bidPrice": amount(ticker.bid),
        "bidQty": amount(ticker.bid_quantity),
        "askPrice": amount(ticker.ask),
        "askQty": amount(ticker.ask_quantity),
        "time": ticker.time_ms,
        "lastUpdateId": ticker.time_ms,
    }


def decode_ticker_answer(operation: GetTicker, answer: WireAnswer, markets: Markets) -> Ticker:
    """Read the ticker that was asked for."""
    ticker = _read_ticker(object_of(parse_document(answer.body)), markets)
    if ticker.symbol != operation.symbol:
        raise BadInput("malformed", field="symbol")
    return ticker


def decode_tickers_answer(
    operation: GetTickers, answer: WireAnswer, markets: Markets
) -> tuple[Ticker, ...]:
    """Read those tickers that were asked for."""
    # The exchange answers for contracts, too, that are delivered on a day.
    known = {market.id for market in markets}
    rows = list_of(parse_document(answer.body))
    tickers = (_read_ticker(row, markets) for row in rows if row["symbol"] in known)
    wanted = frozenset(operation.symbols)
    return tuple(it for it in tickers if not wanted or it.symbol in wanted)


def _read_ticker(row: Row, markets: Markets) -> Ticker:
    return Ticker(
        symbol=markets.get_by_id(text_of(row["symbol"])).symbol,
        time_ms=int_of(row["closeTime"]),
        last=decimal_of(row["lastPrice"]),
        bid=ZERO,
        bid_quantity=ZERO,
        ask=ZERO,
        ask_quantity=ZERO,
        open=decimal_of(row["openPrice"]),
        high=decimal_of(row["highPrice"]),
        low=decimal_of(row["lowPrice"]),
        volume=decimal_of(row["volume"]),
        volume_quote=decimal_of(row["quoteVolume"]),
        trades=int_of(row["count"]),
    )


# ------------------------------------------------------------------------------------- candles
def encode_candles(operation: GetCandles, markets: Markets) -> WireRequest:
    """Ask for candles. Raises: `BadInput("bad_interval")`."""
    interval = INTERVAL_WORDS.get(operation.interval_ms)
    if interval is None:
        raise BadInput("bad_interval", field="interval_ms", value=operation.interval_ms)
    limit = USUAL_CANDLES if operation.limit is None else min(operation.limit, MOST_CANDLES)
    query = joined(
        f"interval={interval}&limit={limit}&symbol={market_id(operation.symbol, markets)}",
        parameter("startTime", operation.since_ms),
        parameter("endTime", operation.until_ms),
    )
    return ask(b"/fapi/v1/klines", query)


def decode_candles(view: ServerView) -> GetCandles:
    """Read a question for candles of trades, or of mark or index prices, which are alike here."""
    found = read_view(view)
    name = "pair" if "pair" in found else "symbol"
    return GetCandles(
        symbol=read_symbol(found, view.markets, name),
        interval_ms=read_word(found, "interval", INTERVALS, "bad_interval"),
        since_ms=read_time(found, "startTime"),
        until_ms=read_time(found, "endTime"),
        limit=read_limit(found, MOST_CANDLES) or USUAL_CANDLES,
    )


def encode_candles_answer(
    operation: GetCandles, result: tuple[Candle, ...], _: ServerView
) -> WireAnswer:
    """Write candles; our values know base volumes only, so the quote's is taken at the close."""
    span_ms = operation.interval_ms
    return told(
        [
            [
                candle.open_time_ms,
                amount(candle.open),
                amount(candle.high),
                amount(candle.low),
                amount(candle.close),
                amount(candle.volume),
                candle.open_time_ms + span_ms - 1,
                amount(candle.volume * candle.close),
                0,
                NOTHING,
                NOTHING,
                "0",
            ]
            for candle in result
        ]
    )


def decode_candles_answer(_: GetCandles, answer: WireAnswer, __: Markets) -> tuple[Candle, ...]:
    """Read candles."""
    return tuple(
        Candle(int_of(row[0]), *(decimal_of(row[at]) for at in range(1, 6)))
        for row in list_of(parse_document(answer.body))
    )


# -------------------------------------------------------------------------------------- a book
def encode_book(operation: GetOrderBook, markets: Markets) -> WireRequest:
    """Ask for a book; the next number of levels that the exchange knows is asked for."""
    depth = operation.depth
    if depth is not None:
        depth = next((levels for levels in LEVELS if levels >= depth), LEVELS[-1])
    symbol = market_id(operation.symbol, markets)
    return ask(b"/fapi/v1/depth", joined(f"symbol={symbol}", parameter("limit", depth)))


def decode_book(view: ServerView) -> GetOrderBook:
    """Read a question for a book. Raises: `BadInput` for a number of levels there is not."""
    found = read_view(view)
    depth = read_limit(found, LEVELS[-1])
    if depth is not None and depth not in LEVELS:
        raise BadInput("malformed", field="limit")
    return GetOrderBook(read_symbol(found, view.markets), depth)


def encode_book_answer(_: GetOrderBook, result: OrderBook, __: ServerView) -> WireAnswer:
    """Write a book."""
    return told(
        {
            "lastUpdateId": result.sequence,
            "E": result.time_ms,
            "T": result.time_ms,
            "bids": [[amount(level.price), amount(level.quantity)] for level in result.bids],
            "asks": [[amount(level.price), amount(level.quantity)] for level in result.asks],
        }
    )


def decode_book_answer(operation: GetOrderBook, answer: WireAnswer, _: Markets) -> OrderBook:
    """Read a book."""
    document = object_of(parse_document(answer.body))
    depth = operation.depth
    return OrderBook(
        symbol=operation.symbol,
        time_ms=int_of(document["T"]),
        sequence=int_of(document["lastUpdateId"]),
        bids=read_levels(document["bids"])[:depth],
        asks=read_levels(document["asks"])[:depth],
    )


def read_levels(rows: object) -> tuple[Level, ...]:
    """Read one side of a book."""
    return tuple(Level(decimal_of(row[0]), decimal_of(row[1])) for row in list_of(rows))


# -------------------------------------------------------------------------------------- trades
def encode_trades(operation: GetTrades, markets: Markets) -> WireRequest:
    """Ask for trades; since a moment, those of the hour after it."""
    since_ms, until_ms = operation.since_ms, operation.until_ms
    if until_ms is None and since_ms is not None:
        until_ms = since_ms + TRADES_SPAN_MS
    query = joined(
        f"symbol={market_id(operation.symbol, markets)}",
        parameter("startTime", since_ms),
        parameter("endTime", until_ms),
        parameter("limit", operation.limit),
    )
    return ask(b"/fapi/v1/aggTrades", query)


def decode_trades(view: ServerView) -> GetTrades:
    """Read a question for trades. Raises: `BadInput`."""
    found = read_view(view)
    if "fromId" in found:
        raise BadInput("unwanted_parameter", field="fromId")
    return GetTrades(
        symbol=read_symbol(found, view.markets),
        since_ms=read_time(found, "startTime"),
        limit=read_limit(found),
        until_ms=read_time(found, "endTime"),
    )


def encode_aggregates_answer(
    _: GetTrades, result: tuple[PublicTrade, ...], __: ServerView
) -> WireAnswer:
    """Write trades as aggregates, each of one trade."""
    return told(
        [
            {
                "a": trade.trade_id,
                "p": amount(trade.price),
                "q": amount(trade.quantity),
                "f": trade.trade_id,
                "l": trade.trade_id,
                "T": trade.time_ms,
                "m": not trade.taker_buys,
            }
            for trade in result
        ]
    )


def encode_trades_answer(
    _: GetTrades, result: tuple[PublicTrade, ...], __: ServerView
) -> WireAnswer:
    """Write trades one by one."""
    return told(
        [
            {
                "id": trade.trade_id,
                "price": amount(trade.price),
                "qty": amount(trade.quantity),
                "quoteQty": amount(trade.price * trade.quantity),
                "time": trade.time_ms,
                "isBuyerMaker": not trade.taker_buys,
            }
            for trade in result
        ]
    )


def decode_trades_answer(
    operation: GetTrades, answer: WireAnswer, _: Markets
) -> tuple[PublicTrade, ...]:
    """Read aggregated trades."""
    return tuple(
        PublicTrade(
            trade_id=int_of(row["a"]),
            symbol=operation.symbol,
            time_ms=int_of(row["T"]),
            price=decimal_of(row["p"]),
            quantity=decimal_of(row["q"]),
            taker_buys=not flag_of(row["m"]),
        )
        for row in list_of(parse_document(answer.body))
    )
