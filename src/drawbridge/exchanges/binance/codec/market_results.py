"""Reading Binance's market data as our values.

Source: binance-spot-api-docs, rest-api and filters, 2026-07-21.
"""

from collections.abc import Mapping
from decimal import Decimal
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
from drawbridge.exchanges.binance.codec.scalars import money, rows, text, truth, whole

Row = Mapping[str, Any]

# The fee of a new account, as on the card; the pairs' own answer tells none.
_FEE: Final = Decimal("0.001")


def server_time(_: GetServerTime, told: Row, __: Markets) -> ServerTime:
    """Read the time."""
    return ServerTime(whole(told["serverTime"]))


def markets(_: GetMarkets, told: Row, __: Markets) -> tuple[Market, ...]:
    """Read the pairs and their rules."""
    return tuple(_market(row) for row in rows(told["symbols"]))


def _market(row: Row) -> Market:
    filters = {rule["filterType"]: rule for rule in row["filters"]}
    lot = filters["LOT_SIZE"]
    notional = filters.get("NOTIONAL") or filters.get("MIN_NOTIONAL")
    base, quote = text(row["baseAsset"]), text(row["quoteAsset"])
    return Market(
        symbol=f"{base}/{quote}",
        id=text(row["symbol"]),
        base=base,
        quote=quote,
        price_tick=money(filters["PRICE_FILTER"]["tickSize"]),
        quantity_step=money(lot["stepSize"]),
        min_quantity=money(lot["minQty"]),
        min_notional=money(notional["minNotional"]) if notional else ZERO,
        fee_maker=_FEE,
        fee_taker=_FEE,
        active=row["status"] == "TRADING",
    )


def ticker(operation: GetTicker, told: Row, markets: Markets) -> Ticker:
    """Read the ticker that was asked for."""
    ticker = _read_ticker(told, markets)
    if ticker.symbol != operation.symbol:
        raise BadInput("malformed", field="symbol")
    return ticker


def tickers(_: GetTickers, told: object, markets: Markets) -> tuple[Ticker, ...]:
    """Read several tickers."""
    # The exchange answers for pairs, too, that it has stopped or that are not known here.
    known = {market.id for market in markets}
    return tuple(_read_ticker(row, markets) for row in rows(told) if row["symbol"] in known)


def _read_ticker(row: Row, markets: Markets) -> Ticker:
    return Ticker(
        symbol=markets.get_by_id(row["symbol"]).symbol,
        time_ms=whole(row["closeTime"]),
        last=money(row["lastPrice"]),
        bid=money(row["bidPrice"]),
        bid_quantity=money(row["bidQty"]),
        ask=money(row["askPrice"]),
        ask_quantity=money(row["askQty"]),
        open=money(row["openPrice"]),
        high=money(row["highPrice"]),
        low=money(row["lowPrice"]),
        volume=money(row["volume"]),
        volume_quote=money(row["quoteVolume"]),
        trades=whole(row["count"]),
    )


def candles(_: GetCandles, told: object, __: Markets) -> tuple[Candle, ...]:
    """Read candles."""
    return tuple(
        Candle(
            whole(row[0]),
            money(row[1]),
            money(row[2]),
            money(row[3]),
            money(row[4]),
            money(row[5]),
        )
        for row in rows(told)
    )


def order_book(operation: GetOrderBook, told: Row, _: Markets) -> OrderBook:
    """Read a book; the exchange numbers its states and does not tell the time."""
    return OrderBook(
        symbol=operation.symbol,
        time_ms=0,
        sequence=whole(told["lastUpdateId"]),
        bids=levels(told["bids"]),
        asks=levels(told["asks"]),
    )


def levels(told: object) -> tuple[Level, ...]:
    """Read the levels of one side."""
    return tuple(Level(money(row[0]), money(row[1])) for row in rows(told))


def trades(operation: GetTrades, told: object, _: Markets) -> tuple[PublicTrade, ...]:
    """Read public trades."""
    return tuple(
        PublicTrade(
            trade_id=whole(row["a"]),
            symbol=operation.symbol,
            time_ms=whole(row["T"]),
            price=money(row["p"]),
            quantity=money(row["q"]),
            taker_buys=not truth(row["m"]),
        )
        for row in rows(told)
    )
