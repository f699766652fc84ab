"""What HTX lists: its clock, its currencies, its pairs with their rules, what orders cost.

Each operation stands here four times: its request written and read, its answer written and read.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Currency, Market, Markets
from drawbridge.core.money import places_of, plain
from drawbridge.core.operations import GetCurrencies, GetMarkets, GetServerTime, ServerTime
from drawbridge.exchanges.huobi.codec import values
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, int_of, list_of, object_of, text_of
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.parameters import read_query

_MOST_PLACES: Final = 20
_USUAL_PLACES: Final = 8
_MOST_AMOUNT: Final = 1_000_000_000
# What everybody pays who trades little; the list of pairs does not tell it.
_USUAL_FEE: Final = Decimal("0.002")


# --------------------------------------------------------------------------------------- time
def encode_time(_operation: GetServerTime, _markets: Markets) -> WireRequest:
    """Write the request for the exchange's clock."""
    return values.ask("/v1/common/timestamp", {})


def decode_time(_view: ServerView) -> GetServerTime:
    """Read it."""
    return GetServerTime()


def encode_time_answer(_op: GetServerTime, result: ServerTime, _view: ServerView) -> WireAnswer:
    """Write the clock."""
    return values.success(result.time_ms)


def decode_time_answer(_op: GetServerTime, answer: WireAnswer, _markets: Markets) -> ServerTime:
    """Read the clock."""
    return ServerTime(int_of(values.data_of(answer)))


# --------------------------------------------------------------------------------- currencies
def encode_currencies(_operation: GetCurrencies, _markets: Markets) -> WireRequest:
    """Write the request for the currencies."""
    return values.ask("/v2/reference/currencies", {})


def decode_currencies(_view: ServerView) -> GetCurrencies:
    """Read it, or the older one."""
    return GetCurrencies()


def encode_currencies_answer(
    _op: GetCurrencies, result: tuple[Currency, ...], view: ServerView
) -> WireAnswer:
    """Write the currencies with their chains, all or the one that was asked for."""
    wanted = read_query(view.request.query).text("currency")
    return values.success_v2([_currency(row) for row in result if wanted in {"", row.code.lower()}])


def encode_names_answer(
    _op: GetCurrencies, result: tuple[Currency, ...], _view: ServerView
) -> WireAnswer:
    """Write the currencies as the older list does: their names alone."""
    return values.success([row.code.lower() for row in result])


def decode_currencies_answer(
    _op: GetCurrencies, answer: WireAnswer, _markets: Markets
) -> tuple[Currency, ...]:
    """Read the currencies; how fine they are is told of what leaves the exchange."""
    return tuple(
        Currency(text_of(row["currency"]).upper(), text_of(row["currency"]).upper(), _finest(row))
        for row in values.rows_of(answer)
    )


def _currency(row: Currency) -> dict[str, object]:
    code = row.code.lower()
    chain = {
        "chain": code,
        "displayName": row.code,
        "baseChain": "",
        "baseChainProtocol": "",
        "isDynamic": False,
        "depositStatus": "allowed",
        "maxTransactFeeWithdraw": "1",
        "maxWithdrawAmt": "200",
        "minDepositAmt": "0.0001",
        "minTransactFeeWithdraw": "0.0001",
        "minWithdrawAmt": "0.001",
        "numOfConfirmations": 3,
        "numOfFastConfirmations": 3,
        "withdrawFeeType": "fixed",
        "transactFeeWithdraw": "0.0002",
        "withdrawPrecision": row.places,
        "withdrawQuotaPerDay": "200",
        "withdrawStatus": "allowed",
        "addrWithTag": False,
        "addrDepositTag": False,
    }
    return {"currency": code, "assetType": 1, "chains": [chain], "instStatus": "normal"}


def _finest(row: Mapping[str, Any]) -> int:
    places = [_count(object_of(it)["withdrawPrecision"]) for it in list_of(row["chains"])]
    return max(places, default=_USUAL_PLACES)


# -------------------------------------------------------------------------------------- pairs
def encode_pairs(_operation: GetMarkets, _markets: Markets) -> WireRequest:
    """Write the request for the pairs: all of them, because there is no list of some."""
    return values.ask("/v1/common/symbols", {})


def decode_pairs(_view: ServerView) -> GetMarkets:
    """Read it."""
    return GetMarkets()


def encode_pairs_answer(
    _op: GetMarkets, result: tuple[Market, ...], _view: ServerView
) -> WireAnswer:
    """Write the pairs with their rules."""
    return values.success([_pair(market) for market in result])


def decode_pairs_answer(
    operation: GetMarkets, answer: WireAnswer, _markets: Markets
) -> tuple[Market, ...]:
    """Read the pairs that were asked for."""
    rows = (_market(row) for row in values.rows_of(answer))
    wanted = operation.symbols
    return tuple(market for market in rows if not wanted or market.symbol in wanted)


def _pair(market: Market) -> dict[str, object]:
    price_places = places_of(market.price_tick)
    amount_places = places_of(market.quantity_step)
    least, cost = market.min_quantity, market.min_notional
    return {
        "symbol": market.id,
        "base-currency": market.base.lower(),
        "quote-currency": market.quote.lower(),
        "price-precision": price_places,
        "amount-precision": amount_places,
        "value-precision": price_places + amount_places,
        "symbol-partition": "main",
        "state": "online" if market.active else "suspend",
        "min-order-amt": least,
        "max-order-amt": _MOST_AMOUNT,
        "min-order-value": cost,
        "limit-order-min-order-amt": least,
        "limit-order-max-order-amt": _MOST_AMOUNT,
        "limit-order-max-buy-amt": _MOST_AMOUNT,
        "limit-order-max-sell-amt": _MOST_AMOUNT,
        "buy-limit-must-less-than": Decimal("1.1"),
        "sell-limit-must-greater-than": Decimal("0.9"),
        "sell-market-min-order-amt": least,
        "sell-market-max-order-amt": _MOST_AMOUNT,
        "buy-market-max-order-value": _MOST_AMOUNT,
        "leverage-ratio": 1,
        "super-margin-leverage-ratio": 1,
        "api-trading": "enabled",
        "tags": "",
    }


def _market(row: Mapping[str, Any]) -> Market:
    base, quote = text_of(row["base-currency"]).upper(), text_of(row["quote-currency"]).upper()
    return Market(
        symbol=f"{base}/{quote}",
        id=text_of(row["symbol"]),
        base=base,
        quote=quote,
        price_tick=Decimal(1).scaleb(-_count(row["price-precision"])),
        quantity_step=Decimal(1).scaleb(-_count(row["amount-precision"])),
        min_quantity=decimal_of(row["min-order-amt"]),
        min_notional=decimal_of(row["min-order-value"]),
        fee_maker=_USUAL_FEE,
        fee_taker=_USUAL_FEE,
        active=row.get("state") == "online",
    )


def _count(places: object) -> int:
    count = int_of(places, "precision")
    if not 0 <= count <= _MOST_PLACES:
        raise BadInput("malformed", field="precision")
    return count


# --------------------------------------------------------------------------------------- fees
def decode_fees(view: ServerView) -> GetMarkets:
    """Read the question what the account pays in these pairs. Raises: `NotFound`, `BadInput`."""
    pairs = read_query(view.request.query).need("symbols").split(",")
    return GetMarkets(tuple(view.markets.get_by_id(pair).symbol for pair in pairs))


def encode_fees_answer(
    _op: GetMarkets, result: tuple[Market, ...], _view: ServerView
) -> WireAnswer:
    """Write what the account pays; a paper account stands on the first step for ever."""
    return values.success_v2(
        [
            {
                "symbol": market.id,
                "makerFeeRate": plain(market.fee_maker),
                "takerFeeRate": plain(market.fee_taker),
                "actualMakerRate": plain(market.fee_maker),
                "actualTakerRate": plain(market.fee_taker),
            }
            for market in result
        ]
    )
