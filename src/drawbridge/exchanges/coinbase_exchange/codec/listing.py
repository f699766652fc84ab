"""What does not change from minute to minute: the clock, currencies, products and fees."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from drawbridge.core.markets import Currency, Market, Markets
from drawbridge.core.money import ONE, ZERO, places_of, plain
from drawbridge.core.operations import (
    CheckAccess,
    GetCurrencies,
    GetMarkets,
    GetServerTime,
    ServerTime,
)
from drawbridge.exchanges.coinbase_exchange.codec import values
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, list_of, object_of, parse_document, text_of
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.moments import write_moment

# The highest fees, as on the card; products tell none.
_FEE_MAKER: Final = Decimal("0.004")
_FEE_TAKER: Final = Decimal("0.006")
_FIAT: Final = frozenset({"USD", "EUR", "GBP"})
_SECOND_MS: Final = 1_000
_ONLINE: Final = "online"


# ------------------------------------------------------------------------------------- clock
def encode_time(_operation: GetServerTime, _markets: Markets) -> WireRequest:
    """Write the question for the clock."""
    return values.look("/time")


def decode_time(_view: ServerView) -> GetServerTime:
    """Read it."""
    return GetServerTime()


def encode_time_answer(_op: GetServerTime, result: ServerTime, _view: ServerView) -> WireAnswer:
    """Write the clock; its seconds have decimals."""
    epoch = Decimal(result.time_ms) / _SECOND_MS
    return values.ok({"iso": write_moment(result.time_ms), "epoch": epoch})


def decode_time_answer(_op: GetServerTime, answer: WireAnswer, _markets: Markets) -> ServerTime:
    """Read the clock."""
    epoch = decimal_of(object_of(parse_document(answer.body))["epoch"])
    return ServerTime(int(epoch * _SECOND_MS))


# -------------------------------------------------------------------------------- currencies
def encode_currencies(_operation: GetCurrencies, _markets: Markets) -> WireRequest:
    """Write the question for currencies."""
    return values.look("/currencies")


def decode_currencies(_view: ServerView) -> GetCurrencies:
    """Read it."""
    return GetCurrencies()


def encode_currencies_answer(
    _op: GetCurrencies, result: tuple[Currency, ...], _view: ServerView
) -> WireAnswer:
    """Write currencies."""
    return values.ok([_currency(row) for row in result])


def decode_currencies_answer(
    _op: GetCurrencies, answer: WireAnswer, _markets: Markets
) -> tuple[Currency, ...]:
    """Read currencies."""
    return tuple(
        Currency(
            text_of(row["id"]), text_of(row["name"]), places_of(decimal_of(row["max_precision"]))
        )
        for row in map(object_of, list_of(parse_document(answer.body)))
    )


def _currency(row: Currency) -> dict[str, object]:
    smallest = plain(ONE.scaleb(-row.places))
    is_fiat = row.code in _FIAT
    return {
        "id": row.code,
        "name": row.name,
        "min_size": smallest,
        "status": _ONLINE,
        "message": "",
        "max_precision": smallest,
        "convertible_to": [],
        "details": {
            "type": "fiat" if is_fiat else "crypto",
            "symbol": None,
            "network_confirmations": 0,
            "sort_order": 0,
            "push_payment_methods": [],
            "group_types": [],
            "display_name": None,
            "processing_time_seconds": None,
            "min_withdrawal_amount": 0,
            "max_withdrawal_amount": 0,
        },
        "default_network": "" if is_fiat else row.name.lower(),
        "supported_networks": [],
        "display_name": row.code,
    }


# ---------------------------------------------------------------------------------- products
def encode_markets(_operation: GetMarkets, _markets: Markets) -> WireRequest:
    """Write the question for all products; single ones are picked out of the answer."""
    return values.look("/products")


def decode_markets(_view: ServerView) -> GetMarkets:
    """Read it."""
    return GetMarkets()


def decode_product(view: ServerView) -> GetMarkets:
    """Read the question for one product. Raises: `NotFound("unknown_symbol")`."""
    return GetMarkets((view.markets.get_by_id(view.path_parameters["product_id"]).symbol,))


def encode_markets_answer(
    _op: GetMarkets, result: tuple[Market, ...], _view: ServerView
) -> WireAnswer:
    """Write products with their rules."""
    return values.ok([_product(row) for row in result])


def encode_product(_op: GetMarkets, result: tuple[Market, ...], _view: ServerView) -> WireAnswer:
    """Write one product."""
    (row,) = result
    return values.ok(_product(row))


def decode_markets_answer(
    operation: GetMarkets, answer: WireAnswer, _markets: Markets
) -> tuple[Market, ...]:
    """Read products, those that were asked for."""
    found = (_read_product(row) for row in map(object_of, list_of(parse_document(answer.body))))
    return tuple(row for row in found if not operation.symbols or row.symbol in operation.symbols)


def _product(row: Market) -> dict[str, object]:
    return {
        "id": row.id,
        "base_currency": row.base,
        "quote_currency": row.quote,
        "quote_increment": plain(row.price_tick),
        "base_increment": plain(row.quantity_step),
        "display_name": row.id,
        "min_market_funds": plain(row.min_notional),
        "margin_enabled": False,
        "post_only": False,
        "limit_only": False,
        "cancel_only": False,
        "status": _ONLINE if row.active else "delisted",
        "status_message": "",
        "trading_disabled": not row.active,
        "fx_stablecoin": False,
        "max_slippage_percentage": "0.02000000",
        "auction_mode": False,
        "high_bid_limit_percentage": "",
    }


def _read_product(row: Mapping[str, Any]) -> Market:
    base, quote = text_of(row["base_currency"]), text_of(row["quote_currency"])
    step = decimal_of(row["base_increment"])
    return Market(
        symbol=f"{base}/{quote}",
        id=text_of(row["id"]),
        base=base,
        quote=quote,
        price_tick=decimal_of(row["quote_increment"]),
        quantity_step=step,
        # The smallest size is told by what it costs only.
        min_quantity=step,
        min_notional=decimal_of(row["min_market_funds"]),
        fee_maker=_FEE_MAKER,
        fee_taker=_FEE_TAKER,
        active=row["status"] == _ONLINE and not row.get("trading_disabled"),
    )


# -------------------------------------------------------------------------------------- fees
def encode_check(_operation: CheckAccess, _markets: Markets) -> WireRequest:
    """Write the question what the account pays, which shows that the key may read."""
    return values.get("/fees")


def decode_fees(_view: ServerView) -> GetMarkets:
    """Read it."""
    return GetMarkets()


def encode_fees(_op: GetMarkets, result: tuple[Market, ...], _view: ServerView) -> WireAnswer:
    """Write what the account pays; a paper account stands on the first step for ever."""
    maker = max((market.fee_maker for market in result), default=ZERO)
    taker = max((market.fee_taker for market in result), default=ZERO)
    return values.ok(
        {"taker_fee_rate": plain(taker), "maker_fee_rate": plain(maker), "usd_volume": "0"}
    )


def decode_check(_op: CheckAccess, answer: WireAnswer, _markets: Markets) -> bool:
    """Read that it was answered."""
    return "maker_fee_rate" in object_of(parse_document(answer.body))
