"""What BitMEX lists: its time, its currencies, and the instruments that can be traded."""

from collections.abc import Mapping
from typing import Any

from drawbridge.core.markets import Currency, Market, MarketKind, Markets
from drawbridge.core.money import ONE, ZERO
from drawbridge.core.operations import GetCurrencies, GetMarkets, GetServerTime, ServerTime
from drawbridge.exchanges.bitmex.codec import values
from drawbridge.exchanges.bitmex.codec.instruments import instrument
from drawbridge.exchanges.bitmex.codec.values import ask, body_of, success
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, int_of, list_of, text_of
from drawbridge.wire.http import WireAnswer, WireRequest


# ---------------------------------------------------------------------------------- the table
def encode_time(_operation: GetServerTime, _markets: Markets) -> WireRequest:
    """Ask for the interface itself, which tells the time."""
    return WireRequest("GET", b"/api/v1")


def decode_time(_operation: GetServerTime, answer: WireAnswer, _markets: Markets) -> ServerTime:
    """Read the time."""
    return ServerTime(int_of(body_of(answer)["timestamp"]))


def read_time(_view: ServerView) -> GetServerTime:
    """Read the question for the interface."""
    return GetServerTime()


def write_time(_operation: GetServerTime, result: ServerTime, _view: ServerView) -> WireAnswer:
    """Tell name, version and time."""
    told = {"name": "BitMEX API", "version": "2.0.0", "timestamp": result.time_ms}
    return success(told)


def encode_currencies(_operation: GetCurrencies, _markets: Markets) -> WireRequest:
    """Ask for the currencies."""
    return ask("wallet/assets")


def decode_currencies(
    _operation: GetCurrencies, answer: WireAnswer, _markets: Markets
) -> tuple[Currency, ...]:
    """Read the currencies."""
    return tuple(
        Currency(
            values.currency_of(text_of(row["currency"])),
            text_of(row["name"]),
            int_of(row["scale"]),
        )
        for row in list_of(body_of(answer))
    )


def read_currencies(_view: ServerView) -> GetCurrencies:
    """Read the question for the currencies."""
    return GetCurrencies()


def write_currencies(
    _operation: GetCurrencies, result: tuple[Currency, ...], _view: ServerView
) -> WireAnswer:
    """Tell the currencies."""
    return success(
        [
            {
                "asset": values.asset_name(row.code),
                "currency": values.currency_id(row.code),
                "majorCurrency": values.asset_name(row.code),
                "name": row.name,
                "currencyType": "Crypto",
                "scale": row.places,
                "enabled": True,
                "isMarginCurrency": row.code in {"BTC", "USDT"},
                "minDepositAmount": 10_000,
                "minWithdrawalAmount": 1_000,
                "maxWithdrawalAmount": 100_000_000_000_000,
                "networks": [],
            }
            for row in result
        ]
    )


def encode_markets(_operation: GetMarkets, _markets: Markets) -> WireRequest:
    """Ask for the instruments that can be traded."""
    return ask("instrument/active")


def decode_markets(
    operation: GetMarkets, answer: WireAnswer, _markets: Markets
) -> tuple[Market, ...]:
    """Read the markets that were asked for; instruments of other kinds are left out."""
    rows = (row for row in list_of(body_of(answer)) if _is_linear(row))
    read = (_read_market(row) for row in rows)
    return tuple(it for it in read if not operation.symbols or it.symbol in operation.symbols)


def read_markets(_view: ServerView) -> GetMarkets:
    """Read the question for the instruments."""
    return GetMarkets()


def write_markets(
    _operation: GetMarkets, result: tuple[Market, ...], _view: ServerView
) -> WireAnswer:
    """Tell the instruments."""
    return success([instrument(row) for row in result])


def _is_linear(row: Mapping[str, Any]) -> bool:
    return row["typ"] == "FFWCSX" and row.get("underlyingToPositionMultiplier") is not None


def _read_market(row: Mapping[str, Any]) -> Market:
    base = values.currency_of(text_of(row["underlying"]))
    base = "BTC" if base == values.asset_name("BTC") else base
    settle = values.currency_of(text_of(row["settlCurrency"]))
    size = ONE / decimal_of(row["underlyingToPositionMultiplier"])
    lot = decimal_of(row["lotSize"]) * size
    return Market(
        symbol=f"{base}/{text_of(row['quoteCurrency'])}:{settle}",
        id=text_of(row["symbol"]),
        base=base,
        quote=text_of(row["quoteCurrency"]),
        price_tick=decimal_of(row["tickSize"]),
        quantity_step=lot,
        min_quantity=lot,
        min_notional=ZERO,
        fee_maker=decimal_of(row["makerFee"]),
        fee_taker=decimal_of(row["takerFee"]),
        active=row["state"] == "Open",
        kind=MarketKind.LINEAR_PERPETUAL,
        contract_size=size,
    )
