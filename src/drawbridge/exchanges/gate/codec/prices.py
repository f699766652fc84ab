"""Public prices: tickers, candles, books, trades.

Each operation stands here four times: its request written and read, its answer written and read.
"""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

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
from drawbridge.core.money import ZERO, plain
from drawbridge.core.operations import (
    GetCandles,
    GetOrderBook,
    GetTicker,
    GetTickers,
    GetTrades,
)
from drawbridge.exchanges.gate.codec import values
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, int_of, list_of, object_of, text_of
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.parameters import Parameters, read_query

_MINUTE_MS: Final = 60_000
INTERVALS_MS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "10s": 10_000,
        "1m": _MINUTE_MS,
        "5m": 5 * _MINUTE_MS,
        "15m": 15 * _MINUTE_MS,
        "30m": 30 * _MINUTE_MS,
        "1h": 60 * _MINUTE_MS,
        "2h": 120 * _MINUTE_MS,
        "4h": 240 * _MINUTE_MS,
        "8h": 480 * _MINUTE_MS,
        "1d": 1_440 * _MINUTE_MS,
        "7d": 10_080 * _MINUTE_MS,
    }
)
INTERVALS: Final = MappingProxyType({length: name for name, length in INTERVALS_MS.items()})
_MOST_CANDLES: Final = 1_000
_USUAL_CANDLES: Final = 100
_USUAL_DEPTH: Final = 10
_MOST_DEPTH: Final = 1_000
_PERCENT: Final = 100
# As many decimals of a change as it takes to find the opening price again.
_CHANGE_PLACES: Final = (2, 4, 8, 12, 20)


def symbol_asked(view: ServerView, found: Parameters) -> str:
    """Read which pair is asked for. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    return view.markets.get_by_id(found.need("currency_pair")).symbol


# ------------------------------------------------------------------------------------ tickers
def encode_ticker(operation: GetTicker, markets: Markets) -> WireRequest:
    """Write the request for one ticker."""
    return values.ask("/spot/tickers", {"currency_pair": markets.get(operation.symbol).id})


def encode_tickers(operation: GetTickers, markets: Markets) -> WireRequest:
    """Write the request for one ticker or for all: there is none for some."""
    if len(operation.symbols) == 1:
        return encode_ticker(GetTicker(operation.symbols[0]), markets)
    return values.ask("/spot/tickers", {"timezone": "utc0"})


def decode_tickers(view: ServerView) -> GetTickers:
    """Read either of them. Raises: `NotFound("unknown_symbol")`."""
    found = read_query(view.request.query)
    return GetTickers((symbol_asked(view, found),) if "currency_pair" in found else ())


def encode_tickers_answer(
    _op: GetTickers, result: tuple[Ticker, ...], view: ServerView
) -> WireAnswer:
    """Write tickers."""
    return values.success([ticker_row(row, view.markets.get(row.symbol)) for row in result])


def decode_ticker_answer(operation: GetTicker, answer: WireAnswer, markets: Markets) -> Ticker:
    """Read one ticker."""
    (found,) = decode_tickers_answer(GetTickers((operation.symbol,)), answer, markets)
    return found


def decode_tickers_answer(
    operation: GetTickers, answer: WireAnswer, markets: Markets
) -> tuple[Ticker, ...]:
    """Read the tickers that were asked for; pairs that we do not know are left out."""
    known = {market.id: market for market in markets}
    rows = (object_of(row) for row in list_of(values.document_of(answer)))
    found = (
        read_ticker(row, known[row["currency_pair"]])
        for row in rows
        if row.get("currency_pair") in known
    )
    wanted = operation.symbols
    return tuple(ticker for ticker in found if not wanted or ticker.symbol in wanted)


def ticker_row(row: Ticker, market: Market) -> dict[str, object]:
    """Write one ticker, as the list and the stream have it."""
    change = _change(row.last, row.open, market)
    return {
        "currency_pair": market.id,
        "last": plain(row.last),
        "lowest_ask": plain(row.ask),
        "lowest_size": plain(row.ask_quantity),
        "highest_bid": plain(row.bid),
        "highest_size": plain(row.bid_quantity),
        "change_percentage": change,
        "change_utc0": change,
        "change_utc8": change,
        "base_volume": plain(row.volume),
        "quote_volume": plain(row.volume_quote),
        "high_24h": plain(row.high),
        "low_24h": plain(row.low),
    }


def read_ticker(row: Mapping[str, Any], market: Market) -> Ticker:
    """Read one ticker. The opening price is told by how much the price changed since."""
    last = decimal_of(row["last"])
    return Ticker(
        symbol=market.symbol,
        time_ms=0,
        last=last,
        bid=decimal_of(row["highest_bid"]),
        bid_quantity=decimal_of(row.get("highest_size") or "0"),
        ask=decimal_of(row["lowest_ask"]),
        ask_quantity=decimal_of(row.get("lowest_size") or "0"),
        open=_opened(last, decimal_of(row["change_percentage"]), market),
        high=decimal_of(row["high_24h"]),
        low=decimal_of(row["low_24h"]),
        volume=decimal_of(row["base_volume"]),
        volume_quote=decimal_of(row["quote_volume"]),
        trades=0,
    )


def _change(last: Decimal, opened: Decimal, market: Market) -> str:
    if not opened:
        return "0"
    exact = (last / opened - 1) * _PERCENT
    changes = (round(exact, places) for places in _CHANGE_PLACES)
    told = next((it for it in changes if _opened(last, it, market) == opened), exact)
    return plain(told)


def _opened(last: Decimal, change: Decimal, market: Market) -> Decimal:
    factor = 1 + change / _PERCENT
    if factor <= 0:
        return ZERO
    return round(last / factor / market.price_tick) * market.price_tick


# ------------------------------------------------------------------------------------ candles
def encode_candles(operation: GetCandles, markets: Markets) -> WireRequest:
    """Write the request for candles: the latest, or those between two times.

    Raises: `BadInput("bad_interval")`.
    """
    name = INTERVALS.get(operation.interval_ms)
    if name is None:
        raise BadInput("bad_interval", field="interval")
    pair, count = markets.get(operation.symbol).id, operation.limit or _MOST_CANDLES
    until = values.seconds(operation.until_ms)
    if operation.since_ms is None:
        wanted = {"to": until, "limit": min(count, _MOST_CANDLES)}
    else:
        since = operation.since_ms // 1_000
        last = since + (min(count, _MOST_CANDLES) - 1) * operation.interval_ms // 1_000
        wanted = {"from": since, "to": last if until is None else min(last, until)}
    return values.ask("/spot/candlesticks", {"currency_pair": pair, "interval": name, **wanted})


def decode_candles(view: ServerView) -> GetCandles:
    """Read it. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = read_query(view.request.query)
    interval_ms = INTERVALS_MS.get(found.text("interval") or "30m")
    if interval_ms is None:
        raise BadInput("bad_interval", field="interval")
    since_ms, count = values.moment(found, "from"), values.count_of(found, _MOST_CANDLES)
    if since_ms is not None and count is not None:
        raise BadInput("malformed", field="limit")
    usual = _USUAL_CANDLES if since_ms is None else _MOST_CANDLES
    return GetCandles(
        symbol=symbol_asked(view, found),
        interval_ms=interval_ms,
        since_ms=since_ms,
        until_ms=values.moment(found, "to"),
        limit=count or usual,
    )


def encode_candles_answer(
    operation: GetCandles, result: tuple[Candle, ...], view: ServerView
) -> WireAnswer:
    """Write candles, oldest first, their values in the exchange's own order."""
    return values.success(
        [
            [
                str(row.open_time_ms // 1_000),
                # What was paid is not kept: the closing price stands for all prices of a candle.
                plain(row.volume * row.close),
                plain(row.close),
                plain(row.high),
                plain(row.low),
                plain(row.open),
                plain(row.volume),
                "true" if row.open_time_ms + operation.interval_ms <= view.now_ms else "false",
            ]
            for row in result
        ]
    )


def decode_candles_answer(
    operation: GetCandles, answer: WireAnswer, _markets: Markets
) -> tuple[Candle, ...]:
    """Read candles, oldest first."""
    rows = tuple(
        Candle(
            open_time_ms=int_of(row[0], "time") * 1_000,
            open=decimal_of(row[5]),
            high=decimal_of(row[3]),
            low=decimal_of(row[4]),
            close=decimal_of(row[2]),
            volume=decimal_of(row[6]),
        )
        for row in map(list_of, list_of(values.document_of(answer)))
    )
    return rows[: operation.limit] if operation.since_ms is not None else rows


# --------------------------------------------------------------------------------------- book
def encode_book(operation: GetOrderBook, markets: Markets) -> WireRequest:
    """Write the request for the book, with its number."""
    depth = None if operation.depth is None else min(operation.depth, _MOST_DEPTH)
    pair = markets.get(operation.symbol).id
    return values.ask(
        "/spot/order_book", {"currency_pair": pair, "limit": depth, "with_id": "true"}
    )


def decode_book(view: ServerView) -> GetOrderBook:
    """Read it. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = read_query(view.request.query)
    return GetOrderBook(symbol_asked(view, found), values.count_of(found, _MOST_DEPTH))


def encode_book_answer(operation: GetOrderBook, result: OrderBook, view: ServerView) -> WireAnswer:
    """Write the book; its number only where it was asked for."""
    depth = operation.depth or _USUAL_DEPTH
    number = {"id": result.sequence} if read_query(view.request.query).flag("with_id") else {}
    return values.success(
        {
            **number,
            "current": view.now_ms,
            "update": result.time_ms,
            "asks": levels(result.asks[:depth]),
            "bids": levels(result.bids[:depth]),
        }
    )


def levels(rows: tuple[Level, ...]) -> list[list[str]]:
    """Write levels of a book."""
    return [[plain(row.price), plain(row.quantity)] for row in rows]


def read_levels(rows: object) -> tuple[Level, ...]:
    """Read levels of a book. Raises: `BadInput`, `IndexError`."""
    return tuple(Level(decimal_of(row[0]), decimal_of(row[1])) for row in list_of(rows))


def decode_book_answer(operation: GetOrderBook, answer: WireAnswer, _markets: Markets) -> OrderBook:
    """Read the book."""
    told = object_of(values.document_of(answer))
    return OrderBook(
        symbol=operation.symbol,
        time_ms=int_of(told["update"], "update"),
        sequence=int_of(told.get("id", 0), "id"),
        bids=read_levels(told["bids"]),
        asks=read_levels(told["asks"]),
    )


# ------------------------------------------------------------------------------------- trades
def encode_trades(operation: GetTrades, markets: Markets) -> WireRequest:
    """Write the request for public trades."""
    pair, count = markets.get(operation.symbol).id, operation.limit
    until_ms = operation.until_ms
    # The end is named a second later, because times are finer than seconds.
    last = None if until_ms is None else until_ms // 1_000 + 1
    span = {"from": values.seconds(operation.since_ms), "to": last}
    count = None if count is None else min(count, values.MOST_ROWS)
    return values.ask("/spot/trades", {"currency_pair": pair, "limit": count, **span})


def decode_trades(view: ServerView) -> GetTrades:
    """Read it. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = read_query(view.request.query)
    return GetTrades(
        symbol=symbol_asked(view, found),
        since_ms=values.moment(found, "from"),
        limit=values.count_of(found, values.MOST_ROWS),
        until_ms=values.moment(found, "to"),
    )


def encode_trades_answer(
    operation: GetTrades, result: tuple[PublicTrade, ...], view: ServerView
) -> WireAnswer:
    """Write public trades, the latest first."""
    market = view.markets.get(operation.symbol)
    rows = result if operation.limit else result[-values.PAGE :]
    return values.success([trade_row(row, market) for row in reversed(rows)])


def trade_row(row: PublicTrade, market: Market) -> dict[str, object]:
    """Write one public trade."""
    return {
        "id": str(row.trade_id),
        "create_time": str(row.time_ms // 1_000),
        "create_time_ms": values.fine(row.time_ms),
        "currency_pair": market.id,
        "side": "buy" if row.taker_buys else "sell",
        "amount": plain(row.quantity),
        "price": plain(row.price),
        "sequence_id": str(row.trade_id),
    }


def read_trade(row: Mapping[str, Any], symbol: str) -> PublicTrade:
    """Read one public trade. Raises: `BadInput`, `KeyError`."""
    return PublicTrade(
        trade_id=int_of(row["id"], "id"),
        symbol=symbol,
        time_ms=values.milliseconds(row["create_time_ms"]),
        price=decimal_of(row["price"]),
        quantity=decimal_of(row["amount"]),
        taker_buys=text_of(row["side"]) == "buy",
    )


def decode_trades_answer(
    operation: GetTrades, answer: WireAnswer, _markets: Markets
) -> tuple[PublicTrade, ...]:
    """Read public trades, oldest first; asked for by seconds, they are narrowed to the times."""
    rows = list_of(values.document_of(answer))
    first, last = operation.since_ms or 0, operation.until_ms
    trades = (read_trade(object_of(row), operation.symbol) for row in reversed(rows))
    return tuple(
        trade
        for trade in trades
        if trade.time_ms >= first and (last is None or trade.time_ms <= last)
    )
