"""Public prices: tickers, candles, books, trades, all as JSON numbers.

Each operation stands here four times: its request written and read, its answer written and read.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Candle, Level, Market, Markets, OrderBook, PublicTrade, Ticker
from drawbridge.core.operations import (
    GetCandles,
    GetOrderBook,
    GetTicker,
    GetTickers,
    GetTrades,
)
from drawbridge.exchanges.huobi.codec import values
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, int_of, list_of, object_of, parse_object, text_of
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.parameters import Parameters, read_query

_MINUTE_MS: Final = 60_000
# Months and years are no fixed lengths of time, and are not carried out.
PERIODS_MS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "1min": _MINUTE_MS,
        "5min": 5 * _MINUTE_MS,
        "15min": 15 * _MINUTE_MS,
        "30min": 30 * _MINUTE_MS,
        "60min": 60 * _MINUTE_MS,
        "4hour": 240 * _MINUTE_MS,
        "1day": 1_440 * _MINUTE_MS,
        "1week": 10_080 * _MINUTE_MS,
    }
)
PERIODS: Final = MappingProxyType({length: name for name, length in PERIODS_MS.items()})
_MOST_CANDLES: Final = 2_000
_USUAL_CANDLES: Final = 150
_DEPTHS: Final = frozenset({5, 10, 20})
_USUAL_DEPTH: Final = 150
_STEP: Final = "step0"
_MOST_TRADES: Final = 2_000
_USUAL_TRADES: Final = 1_000


def symbol_asked(view: ServerView, found: Parameters) -> str:
    """Read which pair is asked for. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    return view.markets.get_by_id(found.need("symbol")).symbol


# ------------------------------------------------------------------------------------ tickers
def encode_ticker(operation: GetTicker, markets: Markets) -> WireRequest:
    """Write the request for one ticker."""
    return values.ask("/market/detail/merged", {"symbol": markets.get(operation.symbol).id})


def decode_ticker(view: ServerView) -> GetTicker:
    """Read it. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    return GetTicker(symbol_asked(view, read_query(view.request.query)))


def encode_ticker_answer(_op: GetTicker, result: Ticker, view: ServerView) -> WireAnswer:
    """Write one ticker."""
    pair = view.markets.get(result.symbol).id
    body = {
        "id": result.time_ms,
        "version": result.time_ms,
        **summary(result),
        "bid": [result.bid, result.bid_quantity],
        "ask": [result.ask, result.ask_quantity],
    }
    return values.tick(f"market.{pair}.detail.merged", result.time_ms, body)


def decode_ticker_answer(operation: GetTicker, answer: WireAnswer, _markets: Markets) -> Ticker:
    """Read one ticker."""
    told = parse_object(answer.body)
    row = object_of(told["tick"])
    bid, ask = list_of(row["bid"]), list_of(row["ask"])
    best = {"bid": bid[0], "bidSize": bid[1], "ask": ask[0], "askSize": ask[1]}
    return read_ticker({**row, **best}, operation.symbol, int_of(told["ts"], "ts"))


def encode_tickers(_operation: GetTickers, _markets: Markets) -> WireRequest:
    """Write the request for all tickers: there is none for some."""
    return values.ask("/market/tickers", {})


def decode_tickers(_view: ServerView) -> GetTickers:
    """Read it."""
    return GetTickers()


def encode_tickers_answer(
    _op: GetTickers, result: tuple[Ticker, ...], view: ServerView
) -> WireAnswer:
    """Write all tickers; the time stands beside them, once."""
    rows = [ticker_row(row, view.markets.get(row.symbol)) for row in result]
    return values.ticks("market.tickers", view.now_ms, rows)


def decode_tickers_answer(
    operation: GetTickers, answer: WireAnswer, markets: Markets
) -> tuple[Ticker, ...]:
    """Read the tickers that were asked for; pairs that we do not know are left out."""
    known = {market.id: market.symbol for market in markets}
    found = (
        read_ticker(row, known[row["symbol"]], 0)
        for row in values.rows_of(answer)
        if row.get("symbol") in known
    )
    wanted = operation.symbols
    return tuple(ticker for ticker in found if not wanted or ticker.symbol in wanted)


def summary(row: Ticker) -> dict[str, object]:
    """Write the last 24 hours: `amount` is in base currency, `vol` in quote currency."""
    return {
        "open": row.open,
        "close": row.last,
        "low": row.low,
        "high": row.high,
        "amount": row.volume,
        "vol": row.volume_quote,
        "count": row.trades,
    }


def ticker_row(row: Ticker, market: Market) -> dict[str, object]:
    """Write one ticker as the list of all has it."""
    return {
        "symbol": market.id,
        **summary(row),
        "bid": row.bid,
        "bidSize": row.bid_quantity,
        "ask": row.ask,
        "askSize": row.ask_quantity,
    }


def read_ticker(row: Mapping[str, Any], symbol: str, time_ms: int) -> Ticker:
    """Read one ticker. Raises: `BadInput`, `KeyError`."""
    return Ticker(
        symbol=symbol,
        time_ms=time_ms,
        last=decimal_of(row["close"]),
        bid=decimal_of(row["bid"]),
        bid_quantity=decimal_of(row["bidSize"]),
        ask=decimal_of(row["ask"]),
        ask_quantity=decimal_of(row["askSize"]),
        open=decimal_of(row["open"]),
        high=decimal_of(row["high"]),
        low=decimal_of(row["low"]),
        volume=decimal_of(row["amount"]),
        volume_quote=decimal_of(row["vol"]),
        trades=int_of(row["count"], "count"),
    )


# ------------------------------------------------------------------------------------ candles
def encode_candles(operation: GetCandles, markets: Markets) -> WireRequest:
    """Write the request for candles. Raises: `BadInput("bad_interval")`."""
    period = PERIODS.get(operation.interval_ms)
    if period is None:
        raise BadInput("bad_interval", field="period")
    since_ms, until_ms = operation.since_ms, operation.until_ms
    return values.ask(
        "/market/history/candles",
        {
            "period": period,
            "symbol": markets.get(operation.symbol).id,
            "from": None if since_ms is None else since_ms // 1_000,
            "to": None if until_ms is None else until_ms // 1_000,
            "size": None if operation.limit is None else min(operation.limit, _MOST_CANDLES),
        },
    )


def decode_candles(view: ServerView) -> GetCandles:
    """Read it, or the older one without times. Raises: `BadInput`, `NotFound`."""
    found = read_query(view.request.query)
    interval_ms = PERIODS_MS.get(found.need("period"))
    if interval_ms is None:
        raise BadInput("bad_interval", field="period")
    since, until = found.whole("from"), found.whole("to")
    return GetCandles(
        symbol=symbol_asked(view, found),
        interval_ms=interval_ms,
        since_ms=None if since is None else since * 1_000,
        until_ms=None if until is None else until * 1_000,
        limit=values.count_of(found, _MOST_CANDLES),
    )


def encode_candles_answer(
    operation: GetCandles, result: tuple[Candle, ...], view: ServerView
) -> WireAnswer:
    """Write candles, the latest first."""
    pair = view.markets.get(operation.symbol).id
    channel = f"market.{pair}.kline.{PERIODS[operation.interval_ms]}"
    rows = result if operation.limit else result[-_USUAL_CANDLES:]
    return values.ticks(channel, view.now_ms, [candle_row(row) for row in reversed(rows)])


def candle_row(row: Candle) -> dict[str, object]:
    """Write one candle. What was paid is not kept: the closing price stands for all of it."""
    return {
        "id": row.open_time_ms // 1_000,
        "open": row.open,
        "close": row.close,
        "low": row.low,
        "high": row.high,
        "amount": row.volume,
        "vol": row.volume * row.close,
        "count": 1 if row.volume else 0,
    }


def read_candle(row: Mapping[str, Any]) -> Candle:
    """Read one candle. Raises: `BadInput`, `KeyError`."""
    return Candle(
        open_time_ms=int_of(row["id"], "id") * 1_000,
        open=decimal_of(row["open"]),
        high=decimal_of(row["high"]),
        low=decimal_of(row["low"]),
        close=decimal_of(row["close"]),
        volume=decimal_of(row["amount"]),
    )


def decode_candles_answer(
    operation: GetCandles, answer: WireAnswer, _markets: Markets
) -> tuple[Candle, ...]:
    """Read candles, oldest first."""
    rows = sorted(map(read_candle, values.rows_of(answer)), key=lambda row: row.open_time_ms)
    if operation.limit is None:
        return tuple(rows)
    is_forward = operation.since_ms is not None
    return tuple(rows[: operation.limit] if is_forward else rows[-operation.limit :])


# --------------------------------------------------------------------------------------- book
def encode_book(operation: GetOrderBook, markets: Markets) -> WireRequest:
    """Write the request for the book; of what depths there are, the next that is enough."""
    enough = [depth for depth in sorted(_DEPTHS) if depth >= (operation.depth or _USUAL_DEPTH)]
    told = {"type": _STEP, "depth": enough[0] if enough else None}
    return values.ask("/market/depth", {**told, "symbol": markets.get(operation.symbol).id})


def decode_book(view: ServerView) -> GetOrderBook:
    """Read it; prices of several ticks taken together are not carried out. Raises: `BadInput`."""
    found = read_query(view.request.query)
    if found.need("type") != _STEP:
        raise BadInput("malformed", field="type")
    depth = found.whole("depth")
    if depth is not None and depth not in _DEPTHS:
        raise BadInput("malformed", field="depth")
    return GetOrderBook(symbol_asked(view, found), depth)


def encode_book_answer(operation: GetOrderBook, result: OrderBook, view: ServerView) -> WireAnswer:
    """Write the book."""
    pair, depth = view.markets.get(operation.symbol).id, operation.depth or _USUAL_DEPTH
    body = {
        "bids": levels(result.bids[:depth]),
        "asks": levels(result.asks[:depth]),
        "version": result.sequence,
        "ts": result.time_ms,
    }
    return values.tick(f"market.{pair}.depth.{_STEP}", view.now_ms, body)


def levels(rows: tuple[Level, ...]) -> list[list[object]]:
    """Write levels of a book."""
    return [[row.price, row.quantity] for row in rows]


def read_levels(rows: object) -> tuple[Level, ...]:
    """Read levels of a book. Raises: `BadInput`, `IndexError`."""
    return tuple(Level(decimal_of(row[0]), decimal_of(row[1])) for row in list_of(rows))


def decode_book_answer(operation: GetOrderBook, answer: WireAnswer, _markets: Markets) -> OrderBook:
    """Read the book, as many levels as were asked for."""
    row, depth = object_of(parse_object(answer.body)["tick"]), operation.depth
    return OrderBook(
        symbol=operation.symbol,
        time_ms=int_of(row["ts"], "ts"),
        sequence=int_of(row["version"], "version"),
        bids=read_levels(row["bids"])[:depth],
        asks=read_levels(row["asks"])[:depth],
    )


# ------------------------------------------------------------------------------------- trades
def encode_trades(operation: GetTrades, markets: Markets) -> WireRequest:
    """Write the request for the latest public trades; times cannot be asked for."""
    count = min(operation.limit or _USUAL_TRADES, _MOST_TRADES)
    pair = markets.get(operation.symbol).id
    return values.ask("/market/history/trade", {"size": count, "symbol": pair})


def decode_trades(view: ServerView) -> GetTrades:
    """Read it. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = read_query(view.request.query)
    count = values.count_of(found, _MOST_TRADES) or 1
    return GetTrades(symbol_asked(view, found), limit=count)


def encode_trades_answer(
    operation: GetTrades, result: tuple[PublicTrade, ...], view: ServerView
) -> WireAnswer:
    """Write public trades, the latest first, each in a bundle of its own."""
    pair = view.markets.get(operation.symbol).id
    bundles = [
        {"id": row.trade_id, "ts": row.time_ms, "data": [trade_row(row)]}
        for row in reversed(result)
    ]
    return values.ticks(f"market.{pair}.trade.detail", view.now_ms, bundles)


def trade_row(row: PublicTrade) -> dict[str, object]:
    """Write one public trade."""
    return {
        "id": row.trade_id,
        "ts": row.time_ms,
        "trade-id": row.trade_id,
        "amount": row.quantity,
        "price": row.price,
        "direction": "buy" if row.taker_buys else "sell",
    }


def read_trade(row: Mapping[str, Any], symbol: str, name: str = "trade-id") -> PublicTrade:
    """Read one public trade. Raises: `BadInput`, `KeyError`."""
    return PublicTrade(
        trade_id=int_of(row[name], name),
        symbol=symbol,
        time_ms=int_of(row["ts"], "ts"),
        price=decimal_of(row["price"]),
        quantity=decimal_of(row["amount"]),
        taker_buys=text_of(row["direction"]) == "buy",
    )


def decode_trades_answer(
    operation: GetTrades, answer: WireAnswer, _markets: Markets
) -> tuple[PublicTrade, ...]:
    """Read public trades, oldest first, between the times that were asked for."""
    rows = [
        read_trade(object_of(row), operation.symbol)
        for bundle in values.rows_of(answer)
        for row in list_of(bundle["data"])
    ]
    first, last = operation.since_ms or 0, operation.until_ms
    return tuple(
        row
        for row in reversed(rows)
        if row.time_ms >= first and (last is None or row.time_ms <= last)
    )
