"""What the exchange lists: its clock, its pairs and their rules, its currencies."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from drawbridge.core.markets import Currency, Market, Markets
from drawbridge.core.money import ZERO, plain
from drawbridge.core.operations import GetCurrencies, GetMarkets, GetServerTime, ServerTime
from drawbridge.exchanges.okx.codec import values
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, int_of, text_of
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.parameters import read_query

_LIVE: Final = "live"
# Fees are told elsewhere and only to who has a key: those of a new account stand here.
_MAKER: Final = Decimal("0.0008")
_TAKER: Final = Decimal("0.001")


def encode_time(_op: GetServerTime, _markets: Markets) -> WireRequest:
    """Write the question for the clock."""
    return values.get(b"public/time")


def decode_time(_view: ServerView) -> GetServerTime:
    """Read it."""
    return GetServerTime()


def encode_time_answer(_op: GetServerTime, result: ServerTime, _view: ServerView) -> WireAnswer:
    """Write the clock."""
    return values.success([{"ts": str(result.time_ms)}])


def decode_time_answer(_op: GetServerTime, answer: WireAnswer, _markets: Markets) -> ServerTime:
    """Read the clock."""
    return ServerTime(int_of(values.row_of(answer)["ts"]))


# -------------------------------------------------------------------------------------- pairs
def encode_instruments(_op: GetMarkets, _markets: Markets) -> WireRequest:
    """Write the request for the pairs, which come all at once."""
    return values.get(b"public/instruments", f"instType={values.SPOT}")


def decode_instruments(view: ServerView) -> GetMarkets:
    """Read it; one pair may be named. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = read_query(view.request.query)
    found.need("instType")
    symbol = values.any_symbol_of(found, view)
    return GetMarkets((symbol,) if symbol else ())


def encode_instruments_answer(
    _op: GetMarkets, result: tuple[Market, ...], view: ServerView
) -> WireAnswer:
    """Write pairs; there is nothing but spot."""
    spot = values.is_of_spot(read_query(view.request.query))
    return values.success([_instrument_row(market) for market in result if spot])


def decode_instruments_answer(
    operation: GetMarkets, answer: WireAnswer, _markets: Markets
) -> tuple[Market, ...]:
    """Read pairs."""
    found = map(_read_instrument, values.rows_of(answer))
    wanted = frozenset(operation.symbols)
    return tuple(market for market in found if not wanted or market.symbol in wanted)


def _instrument_row(market: Market) -> dict[str, str]:
    empty = ("uly", "instFamily", "settleCcy", "ctVal", "ctMult", "ctValCcy", "optType", "stk")
    more = ("expTime", "lever", "ctType", "alias", "auctionEndTime", "contTdSwTime")
    return {
        "instType": values.SPOT,
        "instId": market.id,
        "baseCcy": market.base,
        "quoteCcy": market.quote,
        **dict.fromkeys((*empty, *more), ""),
        "category": "1",
        "listTime": "1548133413000",
        "tickSz": plain(market.price_tick),
        "lotSz": plain(market.quantity_step),
        "minSz": plain(market.min_quantity),
        "state": _LIVE if market.active else "suspend",
        "ruleType": "normal",
        "maxLmtSz": "9999999999",
        "maxMktSz": "",
        "maxLmtAmt": "20000000",
        "maxMktAmt": "1000000",
    }


def _read_instrument(row: Mapping[str, Any]) -> Market:
    base, quote = text_of(row["baseCcy"]), text_of(row["quoteCcy"])
    return Market(
        symbol=f"{base}/{quote}",
        id=text_of(row["instId"]),
        base=base,
        quote=quote,
        price_tick=decimal_of(row["tickSz"]),
        quantity_step=decimal_of(row["lotSz"]),
        min_quantity=decimal_of(row["minSz"]),
        min_notional=ZERO,
        fee_maker=_MAKER,
        fee_taker=_TAKER,
        active=row["state"] == _LIVE,
    )


# --------------------------------------------------------------------------------- currencies
def encode_currencies(_op: GetCurrencies, _markets: Markets) -> WireRequest:
    """Write the request for the currencies, which wants a key."""
    return values.get(b"asset/currencies")


def decode_currencies(_view: ServerView) -> GetCurrencies:
    """Read it."""
    return GetCurrencies()


def encode_currencies_answer(
    _op: GetCurrencies, result: tuple[Currency, ...], _view: ServerView
) -> WireAnswer:
    """Write currencies, each on one chain by which nothing here arrives or leaves."""
    return values.success(
        [
            {
                "ccy": row.code,
                "name": row.name,
                "chain": f"{row.code}-{row.name}",
                "mainNet": True,
                "canDep": False,
                "canWd": False,
                "canInternal": False,
                "wdTickSz": str(row.places),
                "minWd": "0",
                "maxWd": "0",
                "minDep": "0",
                "fee": "0",
                "logoLink": "",
            }
            for row in result
        ]
    )


def decode_currencies_answer(
    _op: GetCurrencies, answer: WireAnswer, _markets: Markets
) -> tuple[Currency, ...]:
    """Read currencies; one that travels by several chains is told as often, with its finest."""
    found: dict[str, Currency] = {}
    for row in values.rows_of(answer):
        code = text_of(row["ccy"])
        places = int_of(row["wdTickSz"])
        known = found.get(code)
        if known is None or known.places < places:
            found[code] = Currency(code, text_of(row["name"]), places)
    return tuple(found.values())
