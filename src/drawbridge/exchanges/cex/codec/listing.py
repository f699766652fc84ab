"""The clock, the pairs and their rules, fees, currencies; and the one harmless question.

Source: trade.cex.io/docs, public calls and fees, 2025-07; the fields that ccxt 4.5.90 reads.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from drawbridge.core.markets import Currency, Market, Markets
from drawbridge.core.money import places_of, plain
from drawbridge.core.operations import (
    CheckAccess,
    GetCurrencies,
    GetMarkets,
    GetServerTime,
    ServerTime,
)
from drawbridge.exchanges.cex.codec.values import FEE, asked, asked_own, body_of, data_of, told
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, int_of, list_of, object_of, text_of
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.moments import write_moment

Row = Mapping[str, Any]

_FIAT: Final = frozenset({"USD", "EUR", "GBP"})
_MOST: Final = "1000000"
_HUNDRED: Final = Decimal(100)


def encode_time(_: GetServerTime, __: Markets) -> WireRequest:
    """Ask for the clock."""
    return asked(b"get_server_time")


def decode_time(_: ServerView) -> GetServerTime:
    """Read the question for the clock."""
    return GetServerTime()


def encode_time_answer(_: GetServerTime, result: ServerTime, __: ServerView) -> WireAnswer:
    """Write the clock."""
    at_ms = result.time_ms
    return told({"timestamp": str(at_ms), "ISODate": write_moment(at_ms)})


def decode_time_answer(_: GetServerTime, answer: WireAnswer, __: Markets) -> ServerTime:
    """Read the clock."""
    return ServerTime(int_of(object_of(data_of(answer))["timestamp"]))


def encode_markets(_: GetMarkets, __: Markets) -> WireRequest:
    """Ask for all pairs."""
    return asked(b"get_pairs_info")


def decode_markets(_: ServerView) -> GetMarkets:
    """Read the question for all pairs."""
    return GetMarkets()


def encode_markets_answer(_: GetMarkets, result: tuple[Market, ...], __: ServerView) -> WireAnswer:
    """Write the pairs and their rules."""
    return told([_pair(market) for market in result])


def _pair(market: Market) -> dict[str, object]:
    tick = plain(market.price_tick)
    return {
        "base": market.base,
        "quote": market.quote,
        "baseMin": plain(market.min_quantity),
        "baseMax": _MOST,
        "baseLotSize": plain(market.quantity_step),
        "quoteMin": plain(market.min_notional),
        "quoteMax": _MOST,
        "quoteLotSize": "0.00000001",
        "basePrecision": str(places_of(market.quantity_step)),
        "quotePrecision": "8",
        "pricePrecision": str(places_of(market.price_tick)),
        "minPrice": tick,
        "maxPrice": "10000000",
    }


def decode_markets_answer(_: GetMarkets, answer: WireAnswer, __: Markets) -> tuple[Market, ...]:
    """Read the pairs. None is told to be closed."""
    return tuple(_read_pair(row) for row in list_of(data_of(answer)))


def _read_pair(row: Row) -> Market:
    base, quote = text_of(row["base"]), text_of(row["quote"])
    return Market(
        symbol=f"{base}/{quote}",
        id=f"{base}-{quote}",
        base=base,
        quote=quote,
        price_tick=Decimal(1).scaleb(-_places(row["pricePrecision"])),
        quantity_step=decimal_of(row["baseLotSize"]),
        min_quantity=decimal_of(row["baseMin"]),
        min_notional=decimal_of(row["quoteMin"]),
        fee_maker=FEE,
        fee_taker=FEE,
    )


def _places(told: object) -> int:
    places = int_of(told)
    if places not in range(19):
        raise ValueError
    return places


def decode_fees(view: ServerView) -> GetMarkets:
    """Read the question for fees, of some pairs or all."""
    pairs = body_of(view).value("pairs")
    markets = view.markets
    if pairs is None:
        return GetMarkets()
    return GetMarkets(tuple(markets.get_by_id(text_of(it)).symbol for it in list_of(pairs)))


def encode_fees_answer(_: GetMarkets, result: tuple[Market, ...], __: ServerView) -> WireAnswer:
    """Write the fees, one for each pair, in per cent."""
    fees = {it.id: {"percent": plain(it.fee_taker * _HUNDRED)} for it in result}
    return told({"tradingFee": fees})


def encode_check(_: CheckAccess, __: Markets) -> WireRequest:
    """Ask for the fees, which any key that reads may."""
    return asked_own(b"get_my_current_fee")


def decode_check(_: CheckAccess, answer: WireAnswer, __: Markets) -> bool:
    """Tell that it was answered."""
    object_of(data_of(answer))
    return True


def encode_currencies(_: GetCurrencies, __: Markets) -> WireRequest:
    """Ask for the currencies."""
    return asked(b"get_currencies_info")


def decode_currencies(_: ServerView) -> GetCurrencies:
    """Read the question for the currencies."""
    return GetCurrencies()


def encode_currencies_answer(
    _: GetCurrencies, result: tuple[Currency, ...], __: ServerView
) -> WireAnswer:
    """Write the currencies; none moves in or out on paper."""
    return told(
        [
            {
                "currency": currency.code,
                "fiat": currency.code in _FIAT,
                "precision": str(currency.places),
                "walletPrecision": str(currency.places),
                "walletDeposit": False,
                "walletWithdrawal": False,
            }
            for currency in result
        ]
    )


def encode_processing_answer(
    _: GetCurrencies, result: tuple[Currency, ...], __: ServerView
) -> WireAnswer:
    """Write over which networks currencies move: over none, on paper."""
    return told({it.code: {"name": it.name, "blockchains": {}} for it in result})


def decode_currencies_answer(
    _: GetCurrencies, answer: WireAnswer, __: Markets
) -> tuple[Currency, ...]:
    """Read the currencies. Their names are told elsewhere."""
    return tuple(
        Currency(text_of(row["currency"]), text_of(row["currency"]), _places(row["precision"]))
        for row in list_of(data_of(answer))
    )
