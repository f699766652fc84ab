"""Public prices: tickers, candles, the book, trades."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Candle, Level, Markets, OrderBook, PublicTrade, Ticker
from drawbridge.core.money import ZERO, plain
from drawbridge.core.operations import (
    GetCandles,
    GetOrderBook,
    GetTicker,
    GetTickers,
    GetTrades,
)
from drawbridge.exchanges.coinbase_exchange.codec import values
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import (
    decimal_of,
    int_of,
    list_of,
    object_of,
    parse_document,
    text_of,
)
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.moments import parse_moment

_SECOND_MS: Final = 1_000
_INTERVALS_S: Final = frozenset({60, 300, 900, 3_600, 21_600, 86_400})
_MOST_CANDLES: Final = 300
_BEST: Final = "1"
_AGGREGATED: Final = "2"
_MOST_TRADES: Final = 1_000
# The side of a trade is that of the order that waited.
_MAKER_SIDES: Final = {True: "sell", False: "buy"}


def _of_product(symbol: str, markets: Markets, last: str) -> str:
    return f"/products/{markets.get(symbol).id}/{last}"


def _symbol(view: ServerView) -> str:
    return view.markets.get_by_id(view.path_parameters["product_id"]).symbol


# ------------------------------------------------------------------------------------ tickers
def encode_ticker(operation: GetTicker, markets: Markets) -> WireRequest:
    """Write the question for one ticker."""
    return values.look(_of_product(operation.symbol, markets, "ticker"))


def decode_ticker(view: ServerView) -> GetTicker:
    """Read it. Raises: `NotFound("unknown_symbol")`."""
    return GetTicker(_symbol(view))


def encode_ticker_answer(_op: GetTicker, result: Ticker, _view: ServerView) -> WireAnswer:
    """Write the last trade and the best prices. Of the trade no more is kept than its price."""
    return values.ok(
        {
            "ask": plain(result.ask),
            "bid": plain(result.bid),
            "volume": plain(result.volume),
            "trade_id": result.time_ms,
            "price": plain(result.last),
            "size": "0",
            "time": values.told(result.time_ms),
            "rfq_volume": "0",
        }
    )


def encode_stats(_op: GetTicker, result: Ticker, _view: ServerView) -> WireAnswer:
    """Write the last 24 hours."""
    return values.ok(
        {
            "open": plain(result.open),
            "high": plain(result.high),
            "low": plain(result.low),
            "last": plain(result.last),
            "volume": plain(result.volume),
            "volume_30day": plain(result.volume),
        }
    )


def decode_ticker_answer(operation: GetTicker, answer: WireAnswer, _markets: Markets) -> Ticker:
    """Read one ticker; the day's range is not told."""
    row = object_of(parse_document(answer.body))
    return _ticker(
        operation.symbol,
        decimal_of(row["price"]),
        time_ms=parse_moment(text_of(row["time"])),
        bid=decimal_of(row["bid"]),
        ask=decimal_of(row["ask"]),
        volume=decimal_of(row["volume"]),
    )


def encode_tickers(_operation: GetTickers, _markets: Markets) -> WireRequest:
    """Write the question for last prices: those of all products come at once."""
    return values.look("/products/spark-lines")


def decode_tickers(_view: ServerView) -> GetTickers:
    """Read it."""
    return GetTickers()


def encode_tickers_answer(
    _op: GetTickers, result: tuple[Ticker, ...], view: ServerView
) -> WireAnswer:
    """Write for each product a line of candles, of which the first one is the last day."""
    now_s = view.now_ms // _SECOND_MS
    return values.ok(
        {
            view.markets.get(row.symbol).id: [[now_s, row.low, row.high, row.open, row.last]]
            for row in result
        }
    )


def decode_tickers_answer(
    operation: GetTickers, answer: WireAnswer, markets: Markets
) -> tuple[Ticker, ...]:
    """Read last prices, those that were asked for; products that we do not know are left out."""
    document = object_of(parse_document(answer.body))
    found = []
    for name, line in document.items():
        market = next((row for row in markets if row.id == name), None)
        if market is None or not line:
            continue
        if not operation.symbols or market.symbol in operation.symbols:
            found.append(_ticker(market.symbol, decimal_of(list_of(line[0])[4])))
    return tuple(found)


def _ticker(
    symbol: str,
    last: Decimal,
    *,
    time_ms: int = 0,
    bid: Decimal = ZERO,
    ask: Decimal = ZERO,
    volume: Decimal = ZERO,
) -> Ticker:
    return Ticker(
        symbol=symbol,
        time_ms=time_ms,
        last=last,
        bid=bid,
        bid_quantity=ZERO,
        ask=ask,
        ask_quantity=ZERO,
        open=ZERO,
        high=ZERO,
        low=ZERO,
        volume=volume,
        volume_quote=ZERO,
        trades=0,
    )


# ------------------------------------------------------------------------------------ candles
def encode_candles(operation: GetCandles, markets: Markets) -> WireRequest:
    """Write the question for candles, beginning and end as ccxt does.

    Raises: `BadInput("bad_interval")`.
    """
    length_s, rest = divmod(operation.interval_ms, _SECOND_MS)
    if rest or length_s not in _INTERVALS_S:
        raise BadInput("bad_interval", field="interval")
    pairs = [("granularity", str(length_s))]
    if operation.since_ms is not None:
        pairs.append(("start", values.told(operation.since_ms)))
        pairs.append(("end", values.told(_end_ms(operation, operation.since_ms))))
    return values.look(_of_product(operation.symbol, markets, "candles"), pairs)


def _end_ms(operation: GetCandles, since_ms: int) -> int:
    if operation.until_ms is not None:
        return operation.until_ms
    limit = min(operation.limit or _MOST_CANDLES, _MOST_CANDLES)
    # A candle that begins at the very end still comes.
    return since_ms + (limit - 1) * operation.interval_ms


def decode_candles(view: ServerView) -> GetCandles:
    """Read it. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found, symbol = values.single(view), _symbol(view)
    length_s = found.whole("granularity")
    if length_s is None:
        length_s = 60
    if length_s not in _INTERVALS_S:
        raise BadInput("bad_interval", field="granularity")
    since_ms, until_ms = values.moment(found, "start"), values.moment(found, "end")
    limit = _MOST_CANDLES if since_ms is None else None
    return GetCandles(symbol, length_s * _SECOND_MS, since_ms, until_ms, limit)


def encode_candles_answer(
    _op: GetCandles, result: tuple[Candle, ...], _view: ServerView
) -> WireAnswer:
    """Write candles, newest first, as numbers."""
    return values.ok(
        [
            [row.open_time_ms // _SECOND_MS, row.low, row.high, row.open, row.close, row.volume]
            for row in reversed(result[-_MOST_CANDLES:])
        ]
    )


def decode_candles_answer(
    operation: GetCandles, answer: WireAnswer, _markets: Markets
) -> tuple[Candle, ...]:
    """Read candles, oldest first, no more than were asked for."""
    rows = list_of(parse_document(answer.body))
    found = sorted(map(_read_candle, rows), key=lambda candle: candle.open_time_ms)
    if operation.limit is None:
        return tuple(found)
    is_forward = operation.since_ms is not None
    return tuple(found[: operation.limit] if is_forward else found[-operation.limit :])


def _read_candle(row: Sequence[Any]) -> Candle:
    start, low, high, first, last, volume = list_of(row)
    return Candle(
        open_time_ms=int_of(start) * _SECOND_MS,
        open=decimal_of(first),
        high=decimal_of(high),
        low=decimal_of(low),
        close=decimal_of(last),
        volume=decimal_of(volume),
    )


# --------------------------------------------------------------------------------------- book
def encode_book(operation: GetOrderBook, markets: Markets) -> WireRequest:
    """Write the question for the whole book, of which only so much is read as was asked for."""
    return values.look(_of_product(operation.symbol, markets, "book"), [("level", _AGGREGATED)])


def decode_book(view: ServerView) -> GetOrderBook:
    """Read it; every single order of the book is not told here. Raises: `BadInput`, `NotFound`."""
    level = values.single(view).text("level") or _BEST
    if level not in {_BEST, _AGGREGATED}:
        raise BadInput("malformed", field="level")
    return GetOrderBook(_symbol(view), 1 if level == _BEST else None)


def encode_book_answer(_op: GetOrderBook, result: OrderBook, _view: ServerView) -> WireAnswer:
    """Write the book."""
    return values.ok(
        {
            "bids": _side(result.bids),
            "asks": _side(result.asks),
            "sequence": result.sequence,
            "auction_mode": False,
            "auction": None,
            "time": values.told(result.time_ms),
        }
    )


def decode_book_answer(operation: GetOrderBook, answer: WireAnswer, _markets: Markets) -> OrderBook:
    """Read the book."""
    document = object_of(parse_document(answer.body))
    bids, asks = (
        tuple(Level(decimal_of(row[0]), decimal_of(row[1])) for row in list_of(rows))
        for rows in (document["bids"], document["asks"])
    )
    return OrderBook(
        operation.symbol,
        parse_moment(text_of(document["time"])),
        int_of(document["sequence"]),
        bids[: operation.depth],
        asks[: operation.depth],
    )


def _side(levels: tuple[Level, ...]) -> list[list[object]]:
    # How many orders stand at a price is not kept: one, wherever something stands.
    return [[plain(row.price), plain(row.quantity), 1] for row in levels]


# ------------------------------------------------------------------------------------- trades
def encode_trades(operation: GetTrades, markets: Markets) -> WireRequest:
    """Write the question for the latest trades; a span of time cannot be asked for."""
    pairs = []
    if operation.limit is not None:
        pairs.append(("limit", str(min(operation.limit, _MOST_TRADES))))
    return values.look(_of_product(operation.symbol, markets, "trades"), pairs)


def decode_trades(view: ServerView) -> GetTrades:
    """Read it. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    limit = values.single(view).whole("limit")
    most = None if limit is None else min(max(limit, 1), _MOST_TRADES)
    return GetTrades(_symbol(view), limit=most)


def encode_trades_answer(
    _op: GetTrades, result: tuple[PublicTrade, ...], _view: ServerView
) -> WireAnswer:
    """Write public trades, newest first."""
    return values.ok(
        [
            {
                "trade_id": row.trade_id,
                "side": _MAKER_SIDES[row.taker_buys],
                "size": plain(row.quantity),
                "price": plain(row.price),
                "time": values.told(row.time_ms),
            }
            for row in reversed(result[-_MOST_TRADES:])
        ]
    )


def decode_trades_answer(
    operation: GetTrades, answer: WireAnswer, _markets: Markets
) -> tuple[PublicTrade, ...]:
    """Read public trades, oldest first, narrowed to what was asked for."""
    rows = map(object_of, reversed(list_of(parse_document(answer.body))))
    found = (_read_trade(row, operation.symbol) for row in rows)
    first, last = operation.since_ms or 0, operation.until_ms
    return tuple(
        row for row in found if row.time_ms >= first and (last is None or row.time_ms <= last)
    )


def _read_trade(row: Mapping[str, Any], symbol: str) -> PublicTrade:
    return PublicTrade(
        trade_id=int_of(row["trade_id"]),
        symbol=symbol,
        time_ms=parse_moment(text_of(row["time"])),
        price=decimal_of(row["price"]),
        quantity=decimal_of(row["size"]),
        taker_buys=row["side"] == _MAKER_SIDES[True],
    )
