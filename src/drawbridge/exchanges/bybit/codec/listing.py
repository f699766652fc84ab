"""What does not change from minute to minute: the clock, markets, coins and fees."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from drawbridge.core.markets import Currency, Market, Markets
from drawbridge.core.money import plain
from drawbridge.core.operations import (
    GetCurrencies,
    GetFixed,
    GetMarkets,
    GetServerTime,
    Operation,
    ServerTime,
)
from drawbridge.exchanges.bybit.codec import values
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, int_of, list_of, object_of, text_of
from drawbridge.wire.http import WireAnswer, WireRequest

_NANOS: Final = 1_000_000
_MOST_SIZE: Final = "100000000"
# The fee of a new account, as on the card; markets tell none.
_FEE: Final = Decimal("0.001")
_CATEGORY: Final = ("category", values.SPOT)


# ------------------------------------------------------------------------------------- clock
def encode_time(_operation: GetServerTime, _markets: Markets) -> WireRequest:
    """Write the question for the clock."""
    return values.look("market/time")


def decode_time(_view: ServerView) -> GetServerTime:
    """Read it."""
    return GetServerTime()


def encode_time_answer(_op: GetServerTime, result: ServerTime, view: ServerView) -> WireAnswer:
    """Write the clock; the envelope has it too, and there ccxt reads it."""
    at = ServerView(view.endpoint, view.request, view.markets, result.time_ms)
    return values.ok(
        {
            "timeSecond": str(result.time_ms // 1_000),
            "timeNano": str(result.time_ms * _NANOS),
        },
        at,
    )


def decode_time_answer(_op: GetServerTime, answer: WireAnswer, _markets: Markets) -> ServerTime:
    """Read the clock."""
    return ServerTime(int_of(values.result_of(answer)["timeNano"]) // _NANOS)


# ----------------------------------------------------------------------------------- markets
def encode_markets(_operation: GetMarkets, _markets: Markets) -> WireRequest:
    """Write the question for all markets of spot; single ones are picked out of the answer."""
    return values.look("market/instruments-info", [_CATEGORY])


def decode_markets(view: ServerView) -> Operation[Any]:
    """Read it; of contracts there are none. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = values.parameters(view)
    if not values.is_spot(found):
        return GetFixed(values.NOTHING)
    symbol = values.symbol(found, view)
    return GetMarkets((symbol,) if symbol else ())


def encode_markets_answer(
    _op: Operation[Any], result: tuple[Market, ...] | bytes, view: ServerView
) -> WireAnswer:
    """Write markets with their rules."""
    rows = [] if isinstance(result, bytes) else [_market(row) for row in result]
    category = values.parameters(view).text("category")
    return values.ok({"category": category, "list": rows, "nextPageCursor": ""}, view)


def decode_markets_answer(
    operation: GetMarkets, answer: WireAnswer, _markets: Markets
) -> tuple[Market, ...]:
    """Read markets, those that were asked for."""
    rows = map(object_of, list_of(values.result_of(answer)["list"]))
    found = tuple(map(_read_market, rows))
    return tuple(row for row in found if not operation.symbols or row.symbol in operation.symbols)


def _market(row: Market) -> dict[str, object]:
    return {
        "symbol": row.id,
        "baseCoin": row.base,
        "quoteCoin": row.quote,
        "innovation": "0",
        "status": "Trading" if row.active else "Closed",
        "marginTrading": "none",
        "stTag": "0",
        "lotSizeFilter": {
            "basePrecision": plain(row.quantity_step),
            "quotePrecision": "0.00000001",
            "minOrderQty": plain(row.min_quantity),
            "maxOrderQty": _MOST_SIZE,
            "minOrderAmt": plain(row.min_notional),
            "maxOrderAmt": _MOST_SIZE,
        },
        "priceFilter": {"tickSize": plain(row.price_tick)},
        "riskParameters": {"priceLimitRatioX": "0.01", "priceLimitRatioY": "0.02"},
    }


def _read_market(row: Mapping[str, Any]) -> Market:
    base, quote = text_of(row["baseCoin"]), text_of(row["quoteCoin"])
    lots = object_of(row["lotSizeFilter"])
    return Market(
        symbol=f"{base}/{quote}",
        id=text_of(row["symbol"]),
        base=base,
        quote=quote,
        price_tick=decimal_of(object_of(row["priceFilter"])["tickSize"]),
        quantity_step=decimal_of(lots["basePrecision"]),
        min_quantity=decimal_of(lots["minOrderQty"]),
        min_notional=decimal_of(lots["minOrderAmt"]),
        fee_maker=_FEE,
        fee_taker=_FEE,
        active=row["status"] == "Trading",
    )


# -------------------------------------------------------------------------------------- coins
def encode_currencies(_operation: GetCurrencies, _markets: Markets) -> WireRequest:
    """Write the question for coins."""
    return values.get("asset/coin/query-info")


def decode_currencies(_view: ServerView) -> GetCurrencies:
    """Read it."""
    return GetCurrencies()


def encode_currencies_answer(
    _op: GetCurrencies, result: tuple[Currency, ...], view: ServerView
) -> WireAnswer:
    """Write coins; each has one chain, on which nothing moves."""
    return values.ok({"rows": [_currency(row) for row in result]}, view)


def decode_currencies_answer(
    _op: GetCurrencies, answer: WireAnswer, _markets: Markets
) -> tuple[Currency, ...]:
    """Read coins."""
    rows = map(object_of, list_of(values.result_of(answer)["rows"]))
    return tuple(
        Currency(
            text_of(row["coin"]),
            text_of(row["name"]),
            max((int_of(it["minAccuracy"]) for it in list_of(row["chains"])), default=0),
        )
        for row in rows
    )


def _currency(row: Currency) -> dict[str, object]:
    chain = {
        "chainType": row.code,
        "confirmation": "1",
        "withdrawFee": "",
        "depositMin": "0",
        "withdrawMin": "0",
        "chain": row.code,
        "chainDeposit": "0",
        "chainWithdraw": "0",
        "minAccuracy": str(row.places),
        "withdrawPercentageFee": "0",
    }
    return {"name": row.name, "coin": row.code, "remainAmount": "0", "chains": [chain]}


# --------------------------------------------------------------------------------------- fees
def decode_fees(view: ServerView) -> GetMarkets:
    """Read the question what the account pays. Raises: `BadInput`, `NotFound`."""
    found = values.parameters(view)
    values.need_spot(found)
    symbol = values.symbol(found, view)
    return GetMarkets((symbol,) if symbol else ())


def encode_fees(_op: GetMarkets, result: tuple[Market, ...], view: ServerView) -> WireAnswer:
    """Write what the account pays; a paper account stands on the first step for ever."""
    rows = [
        {
            "symbol": row.id,
            "takerFeeRate": plain(row.fee_taker),
            "makerFeeRate": plain(row.fee_maker),
        }
        for row in result
    ]
    return values.ok({"category": values.SPOT, "list": rows}, view)
