"""Writing market data as Binance answers it. Amounts are cut, never rounded up.

Fields that clients want and that our values do not know carry the value that means nothing.

Source: binance-spot-api-docs, rest-api and filters, 2026-07-21; the fields ccxt 4.5.90 reads.
"""

from decimal import ROUND_DOWN, Decimal
from typing import Final

from drawbridge.core.markets import Candle, Level, Market, OrderBook, PublicTrade, Ticker
from drawbridge.core.money import ZERO
from drawbridge.core.operations import (
    GetCandles,
    GetMarkets,
    GetOrderBook,
    GetServerTime,
    GetTicker,
    GetTickers,
    GetTrades,
    ServerTime,
)
from drawbridge.exchanges.binance.codec.tables import (
    BAND_DOWN,
    BAND_UP,
    CONDITIONAL,
    LIMIT,
    LIMIT_MAKER,
    MARKET,
    NOTHING,
    PLACES,
    amount,
)
from drawbridge.wire.codec import ServerView
from drawbridge.wire.text import find_parameter

_DAY_MS: Final = 86_400_000
_HUNDRED: Final = Decimal(100)
_PERCENT_UNIT: Final = Decimal("0.001")
_MOST_PRICE: Final = "1000000.00000000"
_MOST_QUANTITY: Final = "92141578.00000000"
_MOST_NOTIONAL: Final = "9000000.00000000"
_MINI: Final = (
    "symbol",
    "openPrice",
    "highPrice",
    "lowPrice",
    "lastPrice",
    "volume",
    "quoteVolume",
    "openTime",
    "closeTime",
    "firstId",
    "lastId",
    "count",
)
# The same limits as in endpoints.toml, which a test proves.
_RATE_LIMITS: Final = (
    {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6_000},
    {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 100},
    {"rateLimitType": "ORDERS", "interval": "DAY", "intervalNum": 1, "limit": 200_000},
    {"rateLimitType": "RAW_REQUESTS", "interval": "MINUTE", "intervalNum": 5, "limit": 300_000},
)


def server_time(_: GetServerTime, result: ServerTime, __: ServerView) -> object:
    """Write the time."""
    return {"serverTime": result.time_ms}


def exchange_info(_: GetMarkets, result: tuple[Market, ...], view: ServerView) -> object:
    """Write the pairs and their rules."""
    return {
        "timezone": "UTC",
        "serverTime": view.now_ms,
        "rateLimits": _RATE_LIMITS,
        "exchangeFilters": [],
        "symbols": [_symbol(market) for market in result],
    }


def _symbol(market: Market) -> dict[str, object]:
    """Write one pair. Only order types that the paper exchange carries out are offered."""
    return {
        "symbol": market.id,
        "status": "TRADING" if market.active else "BREAK",
        "baseAsset": market.base,
        "baseAssetPrecision": PLACES,
        "quoteAsset": market.quote,
        "quotePrecision": PLACES,
        "quoteAssetPrecision": PLACES,
        "baseCommissionPrecision": PLACES,
        "quoteCommissionPrecision": PLACES,
        "orderTypes": [LIMIT, LIMIT_MAKER, MARKET, *CONDITIONAL],
        "icebergAllowed": False,
        "ocoAllowed": False,
        "otoAllowed": False,
        "opoAllowed": False,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": False,
        "cancelReplaceAllowed": False,
        "amendAllowed": False,
        "pegInstructionsAllowed": False,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": _filters(market),
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": ["EXPIRE_MAKER"],
    }


def _filters(market: Market) -> list[dict[str, object]]:
    tick, step = amount(market.price_tick), amount(market.quantity_step)
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": tick,
            "maxPrice": _MOST_PRICE,
            "tickSize": tick,
        },
        {
            "filterType": "LOT_SIZE",
            "minQty": amount(market.min_quantity),
            "maxQty": _MOST_QUANTITY,
            "stepSize": step,
        },
        {
            "filterType": "MARKET_LOT_SIZE",
            "minQty": NOTHING,
            "maxQty": _MOST_QUANTITY,
            "stepSize": NOTHING,
        },
        {
            "filterType": "PERCENT_PRICE_BY_SIDE",
            "bidMultiplierUp": BAND_UP,
            "bidMultiplierDown": BAND_DOWN,
            "askMultiplierUp": BAND_UP,
            "askMultiplierDown": BAND_DOWN,
            "avgPriceMins": 5,
        },
        {
            "filterType": "NOTIONAL",
            "minNotional": amount(market.min_notional),
            "applyMinToMarket": True,
            "maxNotional": _MOST_NOTIONAL,
            "applyMaxToMarket": False,
            "avgPriceMins": 5,
        },
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 200},
    ]


def one_ticker(_: GetTicker, result: Ticker, view: ServerView) -> object:
    """Write one ticker, in the form of the endpoint that was asked."""
    return _ticker_document(result, view)


def all_tickers(_: GetTickers, result: tuple[Ticker, ...], view: ServerView) -> object:
    """Write several tickers."""
    return [_ticker_document(ticker, view) for ticker in result]


def _ticker_document(ticker: Ticker, view: ServerView) -> dict[str, object]:
    symbol = view.markets.get(ticker.symbol).id
    match view.endpoint.name:
        case "average_price":
            return {"mins": 5, "price": amount(_average(ticker)), "closeTime": ticker.time_ms}
        case "ticker_price":
            return {"symbol": symbol, "price": amount(ticker.last)}
        case "ticker_book":
            return {"symbol": symbol, **_best(ticker)}
    document = day_document(ticker, symbol)
    if find_parameter(view.request.query, b"type") == b"MINI":
        return {name: document[name] for name in _MINI}
    return document


def day_document(ticker: Ticker, symbol: str) -> dict[str, object]:
    """Write the last 24 hours of a pair."""
    change = ticker.last - ticker.open
    percent = change * _HUNDRED / ticker.open if ticker.open else ZERO
    return {
        "symbol": symbol,
        "priceChange": amount(change),
        "priceChangePercent": f"{percent.quantize(_PERCENT_UNIT, ROUND_DOWN):f}",
        "weightedAvgPrice": amount(_average(ticker)),
        "prevClosePrice": amount(ticker.open),
        "lastPrice": amount(ticker.last),
        # The size of the last trade is not among what a ticker of ours knows.
        "lastQty": NOTHING,
        **_best(ticker),
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


def _best(ticker: Ticker) -> dict[str, object]:
    return {
        "bidPrice": amount(ticker.bid),
        "bidQty": amount(ticker.bid_quantity),
        "askPrice": amount(ticker.ask),
        "askQty": amount(ticker.ask_quantity),
    }


def _average(ticker: Ticker) -> Decimal:
    return ticker.volume_quote / ticker.volume if ticker.volume else ticker.last


def candles(operation: GetCandles, result: tuple[Candle, ...], _: ServerView) -> object:
    """Write candles; our values know base volumes only, so the quote's is taken at the close."""
    return [candle_row(candle, operation.interval_ms) for candle in result]


def candle_row(candle: Candle, span_ms: int) -> list[object]:
    """Write one candle."""
    return [
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


def order_book(_: GetOrderBook, result: OrderBook, __: ServerView) -> object:
    """Write a book."""
    return book_document(result)


def book_document(book: OrderBook) -> dict[str, object]:
    """Write a book with the number of its state."""
    return {
        "lastUpdateId": book.sequence,
        "bids": level_rows(book.bids),
        "asks": level_rows(book.asks),
    }


def level_rows(levels: tuple[Level, ...]) -> list[list[str]]:
    """Write the levels of one side."""
    return [[amount(level.price), amount(level.quantity)] for level in levels]


def trades(_: GetTrades, result: tuple[PublicTrade, ...], view: ServerView) -> object:
    """Write public trades, in the form of the endpoint that was asked."""
    if view.endpoint.name == "aggregate_trades":
        return [_aggregate_trade(trade) for trade in result]
    return [_trade(trade) for trade in result]


def _aggregate_trade(trade: PublicTrade) -> dict[str, object]:
    return {
        "a": trade.trade_id,
        "p": amount(trade.price),
        "q": amount(trade.quantity),
        "f": trade.trade_id,
        "l": trade.trade_id,
        "T": trade.time_ms,
        "m": not trade.taker_buys,
        "M": True,
    }


def _trade(trade: PublicTrade) -> dict[str, object]:
    return {
        "id": trade.trade_id,
        "price": amount(trade.price),
        "qty": amount(trade.quantity),
        "quoteQty": amount(trade.price * trade.quantity),
        "time": trade.time_ms,
        "isBuyerMaker": not trade.taker_buys,
        "isBestMatch": True,
    }
