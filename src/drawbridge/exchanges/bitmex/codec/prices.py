"""What anyone may ask of BitMEX's markets: prices, books, trades, candles and funding."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from drawbridge.core.clock import DAY_MS, HOUR_MS, MINUTE_MS
from drawbridge.core.derivatives import GetFundingHistory, PastFunding
from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Candle, Level, Market, Markets, OrderBook, PublicTrade, Ticker
from drawbridge.core.money import ZERO
from drawbridge.core.operations import GetCandles, GetOrderBook, GetTicker, GetTickers, GetTrades
from drawbridge.exchanges.bitmex.codec import values
from drawbridge.exchanges.bitmex.codec.ids import trade_id, trade_number
from drawbridge.exchanges.bitmex.codec.instruments import instrument, read_instrument
from drawbridge.exchanges.bitmex.codec.values import ask, body_of, market_of, query_of, success
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, list_of, text_of
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.moments import parse_moment, write_moment

_SPANS: Final[Mapping[str, int]] = {
    "1m": MINUTE_MS,
    "5m": 5 * MINUTE_MS,
    "1h": HOUR_MS,
    "1d": DAY_MS,
}
_BINS: Final = {span: name for name, span in _SPANS.items()}
_MOST: Final = 1_000
_USUAL_DEPTH: Final = 25


# --------------------------------------------------------------------------------- prices now
def encode_ticker(operation: GetTicker, markets: Markets) -> WireRequest:
    """Ask for one instrument."""
    return ask("instrument", values.symbol_query(operation.symbol, markets))


def decode_ticker(_operation: GetTicker, answer: WireAnswer, markets: Markets) -> Ticker:
    """Read the prices of one instrument."""
    return read_instrument(list_of(body_of(answer))[0], markets)


def read_ticker(view: ServerView) -> GetTicker:
    """Read the question for one instrument."""
    return GetTicker(market_of(view, query_of(view)).symbol)


def write_ticker(_operation: GetTicker, result: Ticker, view: ServerView) -> WireAnswer:
    """Tell one instrument with its prices."""
    return success([instrument(view.markets.get(result.symbol), result)])


def encode_tickers(_operation: GetTickers, _markets: Markets) -> WireRequest:
    """Ask for all instruments."""
    return ask("instrument/activeAndIndices")


def decode_tickers(
    operation: GetTickers, answer: WireAnswer, markets: Markets
) -> tuple[Ticker, ...]:
    """Read the prices that were asked for."""
    known = {market.id for market in markets}
    rows = (row for row in list_of(body_of(answer)) if row["symbol"] in known)
    read = (read_instrument(row, markets) for row in rows)
    return tuple(it for it in read if not operation.symbols or it.symbol in operation.symbols)


def read_tickers(_view: ServerView) -> GetTickers:
    """Read the question for all instruments."""
    return GetTickers()


def write_tickers(
    _operation: GetTickers, result: tuple[Ticker, ...], view: ServerView
) -> WireAnswer:
    """Tell all instruments with their prices."""
    return success([instrument(view.markets.get(row.symbol), row) for row in result])


def encode_book(operation: GetOrderBook, markets: Markets) -> WireRequest:
    """Ask for the book."""
    depth = "" if operation.depth is None else f"depth={operation.depth}"
    return ask("orderBook/L2", values.symbol_query(operation.symbol, markets), depth)


def decode_book(operation: GetOrderBook, answer: WireAnswer, markets: Markets) -> OrderBook:
    """Read the book: one list for both sides."""
    market = markets.get(operation.symbol)
    rows = list_of(body_of(answer))
    bids = sorted(_levels(rows, "Buy", market), key=lambda it: it.price, reverse=True)
    asks = sorted(_levels(rows, "Sell", market), key=lambda it: it.price)
    return OrderBook(operation.symbol, 0, 0, tuple(bids), tuple(asks))


def read_book(view: ServerView) -> GetOrderBook:
    """Read the question for the book."""
    found = query_of(view)
    depth = found.whole("depth")
    return GetOrderBook(market_of(view, found).symbol, depth or _USUAL_DEPTH)


def write_book(_operation: GetOrderBook, result: OrderBook, view: ServerView) -> WireAnswer:
    """Tell the book, from the highest price to the lowest."""
    market, now = view.markets.get(result.symbol), write_moment(result.time_ms)
    sides = (("Sell", reversed(result.asks)), ("Buy", iter(result.bids)))
    return success(
        [
            {
                "symbol": market.id,
                "id": int(level.price / market.price_tick),
                "side": side,
                "size": values.contracts(level.quantity, market),
                "price": level.price,
                "timestamp": now,
            }
            for side, levels in sides
            for level in levels
        ]
    )


def _levels(rows: Iterable[Mapping[str, Any]], side: str, market: Market) -> list[Level]:
    return [
        Level(decimal_of(row["price"]), values.quantity_of(row["size"], market))
        for row in rows
        if row["side"] == side
    ]


# ------------------------------------------------------------------------------- what happened
def encode_trades(operation: GetTrades, markets: Markets) -> WireRequest:
    """Ask for public trades."""
    since = values.moment_query("startTime", operation.since_ms) or "reverse=true"
    symbol = values.symbol_query(operation.symbol, markets)
    return ask("trade", symbol, since, values.count_query(operation.limit))


def decode_trades(
    operation: GetTrades, answer: WireAnswer, markets: Markets
) -> tuple[PublicTrade, ...]:
    """Read public trades, oldest first."""
    market = markets.get(operation.symbol)
    read = [
        PublicTrade(
            trade_id=trade_number(text_of(row["trdMatchID"])),
            symbol=market.symbol,
            time_ms=parse_moment(text_of(row["timestamp"])),
            price=decimal_of(row["price"]),
            quantity=values.quantity_of(row["size"], market),
            taker_buys=text_of(row["side"]) == "Buy",
        )
        for row in list_of(body_of(answer))
    ]
    return tuple(read if operation.since_ms is not None else reversed(read))


def read_trades(view: ServerView) -> GetTrades:
    """Read the question for public trades."""
    found = query_of(view)
    count, since = values.count_of(found, _MOST), values.since_of(found)
    return GetTrades(market_of(view, found).symbol, since, count)


def write_trades(
    operation: GetTrades, result: tuple[PublicTrade, ...], view: ServerView
) -> WireAnswer:
    """Tell public trades; the latest first, where nobody says since when."""
    rows = [_trade(row, view.markets.get(row.symbol)) for row in result]
    return success(rows if operation.since_ms is not None else rows[::-1])


def _trade(row: PublicTrade, market: Market) -> dict[str, object]:
    return {
        "timestamp": write_moment(row.time_ms),
        "symbol": market.id,
        "side": "Buy" if row.taker_buys else "Sell",
        "size": values.contracts(row.quantity, market),
        "price": row.price,
        "tickDirection": "PlusTick",
        "trdMatchID": trade_id(row.trade_id),
        "grossValue": values.units(row.quantity * row.price),
        "homeNotional": row.quantity,
        "foreignNotional": row.quantity * row.price,
        "trdType": "Regular",
    }


def encode_candles(operation: GetCandles, markets: Markets) -> WireRequest:
    """Ask for candles. Raises: `BadInput("bad_interval")` for a span without a name."""
    name = _BINS.get(operation.interval_ms)
    if name is None:
        raise BadInput("bad_interval", field="interval", interval_ms=operation.interval_ms)
    since = operation.since_ms
    # What is told is the end of a candle, so that is what must be asked for.
    ends = None if since is None else since + operation.interval_ms
    return ask(
        "trade/bucketed",
        values.symbol_query(operation.symbol, markets),
        f"binSize={name}&partial=true",
        values.count_query(operation.limit),
        values.moment_query("startTime", ends) or "reverse=true",
    )


def decode_candles(
    operation: GetCandles, answer: WireAnswer, markets: Markets
) -> tuple[Candle, ...]:
    """Read candles, oldest first; the exchange tells when each ends."""
    market = markets.get(operation.symbol)
    read = [
        Candle(
            open_time_ms=parse_moment(text_of(row["timestamp"])) - operation.interval_ms,
            open=decimal_of(row["open"]),
            high=decimal_of(row["high"]),
            low=decimal_of(row["low"]),
            close=decimal_of(row["close"]),
            volume=decimal_of(row["volume"]) * market.contract_size,
        )
        for row in list_of(body_of(answer))
    ]
    return tuple(sorted(read, key=lambda it: it.open_time_ms))


def read_candles(view: ServerView) -> GetCandles:
    """Read the question for candles. Raises: `BadInput("bad_interval")`."""
    found = query_of(view)
    span = _SPANS.get(found.need("binSize"))
    if span is None:
        raise BadInput("bad_interval", field="binSize")
    ends = values.since_of(found)
    since = None if ends is None else max(0, ends - span)
    return GetCandles(
        market_of(view, found).symbol, span, since, limit=values.count_of(found, _MOST)
    )


def write_candles(
    operation: GetCandles, result: tuple[Candle, ...], view: ServerView
) -> WireAnswer:
    """Tell candles by their end; the latest first, where nobody says since when."""
    market, span = view.markets.get(operation.symbol), operation.interval_ms
    rows = [_candle(row, market, span) for row in result]
    return success(rows if operation.since_ms is not None else rows[::-1])


def _candle(row: Candle, market: Market, span_ms: int) -> dict[str, object]:
    middle: Decimal = (row.high + row.low) / 2
    return {
        "timestamp": write_moment(row.open_time_ms + span_ms),
        "symbol": market.id,
        "open": row.open,
        "high": row.high,
        "low": row.low,
        "close": row.close,
        "trades": 1,
        "volume": row.volume / market.contract_size,
        "vwap": middle,
        "lastSize": 0,
        "turnover": values.units(row.volume * middle),
        "homeNotional": row.volume,
        "foreignNotional": row.volume * middle,
    }


def encode_funding(operation: GetFundingHistory, markets: Markets) -> WireRequest:
    """Ask for past fundings."""
    return ask(
        "funding",
        values.symbol_query(operation.symbol, markets),
        values.moment_query("startTime", operation.since_ms),
        values.count_query(operation.limit),
        "" if operation.since_ms is not None else "reverse=true",
    )


def decode_funding(
    operation: GetFundingHistory, answer: WireAnswer, _markets: Markets
) -> tuple[PastFunding, ...]:
    """Read past fundings, oldest first; the price of then is not told."""
    read = [
        PastFunding(
            operation.symbol,
            parse_moment(text_of(row["timestamp"])),
            decimal_of(row["fundingRate"]),
            ZERO,
        )
        for row in list_of(body_of(answer))
    ]
    return tuple(sorted(read, key=lambda it: it.time_ms))


def read_funding(view: ServerView) -> GetFundingHistory:
    """Read the question for past fundings."""
    found = query_of(view)
    since, count = values.since_of(found), values.count_of(found, _MOST)
    limit = count if "count" in found else None
    return GetFundingHistory(market_of(view, found).symbol, since, limit=limit)


def write_funding(
    operation: GetFundingHistory, result: tuple[PastFunding, ...], view: ServerView
) -> WireAnswer:
    """Tell past fundings."""
    market = view.markets.get(operation.symbol)
    rows = [
        {
            "timestamp": write_moment(row.time_ms),
            "symbol": market.id,
            "fundingInterval": "2000-01-01T08:00:00.000Z",
            "fundingRate": row.rate,
            "fundingRateDaily": row.rate * 3,
        }
        for row in result
    ]
    return success(rows if operation.since_ms is not None else rows[::-1])
