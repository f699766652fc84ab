"""What Bittrex lists: its time, currencies and markets, and their prices now."""

from collections.abc import Mapping
from typing import Any

from drawbridge.core.markets import Currency, Market, Markets, Ticker
from drawbridge.core.money import ONE, ZERO
from drawbridge.core.operations import (
    GetCurrencies,
    GetMarkets,
    GetServerTime,
    GetTicker,
    GetTickers,
    ServerTime,
)
from drawbridge.exchanges.bittrex.codec.values import (
    PLACES,
    body_of,
    get,
    market_of,
    success,
    written,
)
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, int_of, list_of, text_of
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.moments import parse_moment, write_moment


# ------------------------------------------------------------------------------------- client
def encode_time(_operation: GetServerTime, _markets: Markets) -> WireRequest:
    """Ask for the time."""
    return get("ping")


def decode_time(_operation: GetServerTime, answer: WireAnswer, _markets: Markets) -> ServerTime:
    """Read the time."""
    return ServerTime(int_of(body_of(answer)["serverTime"]))


def encode_currencies(_operation: GetCurrencies, _markets: Markets) -> WireRequest:
    """Ask for the currencies."""
    return get("currencies")


def decode_currencies(
    _operation: GetCurrencies, answer: WireAnswer, _markets: Markets
) -> tuple[Currency, ...]:
    """Read the currencies."""
    return tuple(
        Currency(text_of(row["symbol"]), text_of(row["name"]), PLACES)
        for row in list_of(body_of(answer))
    )


def encode_markets(_operation: GetMarkets, _markets: Markets) -> WireRequest:
    """Ask for the markets; there are no questions for some of them."""
    return get("markets")


def decode_markets(
    operation: GetMarkets, answer: WireAnswer, _markets: Markets
) -> tuple[Market, ...]:
    """Read the markets that were asked for."""
    read = (_read_market(row) for row in list_of(body_of(answer)))
    return tuple(it for it in read if not operation.symbols or it.symbol in operation.symbols)


def encode_ticker(operation: GetTicker, markets: Markets) -> WireRequest:
    """Ask for the prices of one market."""
    return get(f"markets/{markets.get(operation.symbol).id}/ticker")


def decode_ticker(_operation: GetTicker, answer: WireAnswer, markets: Markets) -> Ticker:
    """Read the prices of one market."""
    return _read_ticker(body_of(answer), markets)


def encode_tickers(_operation: GetTickers, _markets: Markets) -> WireRequest:
    """Ask for the prices of all markets."""
    return get("markets/tickers")


def decode_tickers(
    operation: GetTickers, answer: WireAnswer, markets: Markets
) -> tuple[Ticker, ...]:
    """Read the prices of the markets that were asked for."""
    read = (_read_ticker(row, markets) for row in list_of(body_of(answer)))
    return tuple(it for it in read if not operation.symbols or it.symbol in operation.symbols)


# ------------------------------------------------------------------------------------- server
def read_time(_view: ServerView) -> GetServerTime:
    """Read the question for the time."""
    return GetServerTime()


def write_time(_operation: GetServerTime, result: ServerTime, _view: ServerView) -> WireAnswer:
    """Tell the time."""
    return success({"serverTime": result.time_ms})


def read_currencies(_view: ServerView) -> GetCurrencies:
    """Read the question for the currencies."""
    return GetCurrencies()


def write_currencies(
    _operation: GetCurrencies, result: tuple[Currency, ...], _view: ServerView
) -> WireAnswer:
    """Tell the currencies."""
    return success([_currency(row) for row in result])


def read_markets(_view: ServerView) -> GetMarkets:
    """Read the question for the markets."""
    return GetMarkets()


def write_markets(
    _operation: GetMarkets, result: tuple[Market, ...], _view: ServerView
) -> WireAnswer:
    """Tell the markets."""
    return success([_market(row) for row in result])


def read_ticker(view: ServerView) -> GetTicker:
    """Read the question for the prices of one market."""
    return GetTicker(market_of(view).symbol)


def write_ticker(_operation: GetTicker, result: Ticker, view: ServerView) -> WireAnswer:
    """Tell prices."""
    return success(_ticker(result, view.markets))


def write_summary(_operation: GetTicker, result: Ticker, view: ServerView) -> WireAnswer:
    """Tell the last 24 hours."""
    return success(_summary(result, view.markets))


def read_tickers(_view: ServerView) -> GetTickers:
    """Read the question for the prices of all markets."""
    return GetTickers()


def write_tickers(
    _operation: GetTickers, result: tuple[Ticker, ...], view: ServerView
) -> WireAnswer:
    """Tell the prices of all markets."""
    return success([_ticker(row, view.markets) for row in result])


def write_summaries(
    _operation: GetTickers, result: tuple[Ticker, ...], view: ServerView
) -> WireAnswer:
    """Tell the last 24 hours of all markets."""
    return success([_summary(row, view.markets) for row in result])


# --------------------------------------------------------------------------------------- rows
def _currency(row: Currency) -> dict[str, object]:
    return {
        "symbol": row.code,
        "name": row.name,
        "coinType": row.name.upper(),
        "status": "ONLINE",
        "minConfirmations": 2,
        "notice": "",
        "txFee": "0.00000000",
        "logoUrl": "",
        "prohibitedIn": [],
        "baseAddress": "",
        "associatedTermsOfService": [],
        "tags": [],
    }


def _market(row: Market) -> dict[str, object]:
    return {
        "symbol": row.id,
        "baseCurrencySymbol": row.base,
        "quoteCurrencySymbol": row.quote,
        "minTradeSize": written(row.min_quantity),
        "precision": PLACES,
        "status": "ONLINE" if row.active else "OFFLINE",
        "createdAt": "2015-12-11T06:31:40.633Z",
        "notice": "",
        "prohibitedIn": [],
        "associatedTermsOfService": [],
        "tags": [],
    }


def _read_market(row: Mapping[str, Any]) -> Market:
    base, quote = text_of(row["baseCurrencySymbol"]), text_of(row["quoteCurrencySymbol"])
    return Market(
        symbol=f"{base}/{quote}",
        id=text_of(row["symbol"]),
        base=base,
        quote=quote,
        price_tick=ONE.scaleb(-int_of(row["precision"])),
        quantity_step=ONE.scaleb(-PLACES),
        min_quantity=decimal_of(row["minTradeSize"]),
        # Not told; the smallest value of an order differed by market.
        min_notional=ZERO,
        fee_maker=ZERO,
        fee_taker=ZERO,
        active=row["status"] == "ONLINE",
    )


def _ticker(row: Ticker, markets: Markets) -> dict[str, str]:
    return {
        "symbol": markets.get(row.symbol).id,
        "lastTradeRate": written(row.last),
        "bidRate": written(row.bid),
        "askRate": written(row.ask),
        "updatedAt": write_moment(row.time_ms),
    }


def _summary(row: Ticker, markets: Markets) -> dict[str, str]:
    change = (row.last - row.open) * 100 / row.open if row.open else ZERO
    return {
        "symbol": markets.get(row.symbol).id,
        "high": written(row.high),
        "low": written(row.low),
        "volume": written(row.volume),
        "quoteVolume": written(row.volume_quote),
        "percentChange": f"{change:.2f}",
        "updatedAt": write_moment(row.time_ms),
    }


def _read_ticker(row: Mapping[str, Any], markets: Markets) -> Ticker:
    last = decimal_of(row["lastTradeRate"])
    return Ticker(
        symbol=markets.get_by_id(text_of(row["symbol"])).symbol,
        time_ms=parse_moment(text_of(row.get("updatedAt", "1970-01-01T00:00:00Z"))),
        last=last,
        bid=decimal_of(row["bidRate"]),
        bid_quantity=ZERO,
        ask=decimal_of(row["askRate"]),
        ask_quantity=ZERO,
        open=ZERO,
        high=ZERO,
        low=ZERO,
        volume=ZERO,
        volume_quote=ZERO,
        trades=0,
    )
