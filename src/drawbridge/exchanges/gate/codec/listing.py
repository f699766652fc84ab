"""What Gate lists: its clock, its currencies, its pairs with their rules.

Each operation stands here four times: its request written and read, its answer written and read.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from drawbridge.core.errors import BadInput, NotFound
from drawbridge.core.markets import Currency, Market, Markets
from drawbridge.core.money import places_of, plain
from drawbridge.core.operations import GetCurrencies, GetMarkets, GetServerTime, ServerTime
from drawbridge.exchanges.gate.codec import values
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, int_of, list_of, object_of, text_of
from drawbridge.wire.http import WireAnswer, WireRequest

_PERCENT: Final = 100
_MOST_PLACES: Final = 20
# What balances are counted in; the exchange does not tell it.
_PLACES: Final = 8


# --------------------------------------------------------------------------------------- time
def encode_time(_operation: GetServerTime, _markets: Markets) -> WireRequest:
    """Write the request for the exchange's clock."""
    return values.ask("/spot/time")


def decode_time(_view: ServerView) -> GetServerTime:
    """Read it."""
    return GetServerTime()


def encode_time_answer(_op: GetServerTime, result: ServerTime, _view: ServerView) -> WireAnswer:
    """Write the clock."""
    return values.success({"server_time": result.time_ms})


def decode_time_answer(_op: GetServerTime, answer: WireAnswer, _markets: Markets) -> ServerTime:
    """Read the clock."""
    return ServerTime(int_of(object_of(values.document_of(answer))["server_time"]))


# --------------------------------------------------------------------------------- currencies
def encode_currencies(_operation: GetCurrencies, _markets: Markets) -> WireRequest:
    """Write the request for the currencies."""
    return values.ask("/spot/currencies")


def decode_currencies(_view: ServerView) -> GetCurrencies:
    """Read it, or the one for a single currency."""
    return GetCurrencies()


def encode_currencies_answer(
    _op: GetCurrencies, result: tuple[Currency, ...], _view: ServerView
) -> WireAnswer:
    """Write the currencies."""
    return values.success([_currency(row) for row in result])


def encode_currency_answer(
    _op: GetCurrencies, result: tuple[Currency, ...], view: ServerView
) -> WireAnswer:
    """Write the currency that was asked for. Raises: `NotFound("unknown_symbol")`."""
    wanted = view.path_parameters["currency"]
    found = next((row for row in result if row.code == wanted), None)
    if found is None:
        raise NotFound("unknown_symbol", symbol=wanted)
    return values.success(_currency(found))


def decode_currencies_answer(
    _op: GetCurrencies, answer: WireAnswer, _markets: Markets
) -> tuple[Currency, ...]:
    """Read the currencies; how fine they are counted is not told."""
    rows = list_of(values.document_of(answer))
    return tuple(
        Currency(text_of(row["currency"]), text_of(row.get("name", row["currency"])), _PLACES)
        for row in map(object_of, rows)
    )


def _currency(row: Currency) -> dict[str, object]:
    chain = {
        "name": row.code,
        "addr": "",
        "withdraw_disabled": False,
        "withdraw_delayed": False,
        "deposit_disabled": False,
    }
    return {
        "currency": row.code,
        "name": row.name,
        "delisted": False,
        "withdraw_disabled": False,
        "withdraw_delayed": False,
        "deposit_disabled": False,
        "trade_disabled": False,
        "chain": row.code,
        "chains": [chain],
    }


# -------------------------------------------------------------------------------------- pairs
def encode_pairs(_operation: GetMarkets, _markets: Markets) -> WireRequest:
    """Write the request for the pairs: all of them, because there is no list of some."""
    return values.ask("/spot/currency_pairs")


def decode_pairs(_view: ServerView) -> GetMarkets:
    """Read it."""
    return GetMarkets()


def decode_pair(view: ServerView) -> GetMarkets:
    """Read the request for one pair. Raises: `NotFound("unknown_symbol")`."""
    return GetMarkets((view.markets.get_by_id(view.path_parameters["currency_pair"]).symbol,))


def encode_pairs_answer(
    _op: GetMarkets, result: tuple[Market, ...], _view: ServerView
) -> WireAnswer:
    """Write the pairs with their rules; fees travel as percent."""
    return values.success([_pair(market) for market in result])


def encode_pair_answer(
    _op: GetMarkets, result: tuple[Market, ...], _view: ServerView
) -> WireAnswer:
    """Write one pair."""
    return values.success(_pair(result[0]))


def decode_pairs_answer(
    operation: GetMarkets, answer: WireAnswer, _markets: Markets
) -> tuple[Market, ...]:
    """Read the pairs that were asked for."""
    rows = (_market(object_of(row)) for row in list_of(values.document_of(answer)))
    wanted = operation.symbols
    return tuple(market for market in rows if not wanted or market.symbol in wanted)


def encode_fees_answer(
    _op: GetMarkets, result: tuple[Market, ...], _view: ServerView
) -> WireAnswer:
    """Write what the account pays; a paper account stands on the first step for ever."""
    first = result[0]
    maker, taker = plain(first.fee_maker), plain(first.fee_taker)
    return values.success(
        {
            "user_id": 1,
            "taker_fee": taker,
            "maker_fee": maker,
            "futures_taker_fee": taker,
            "futures_maker_fee": maker,
            "gt_discount": False,
            "gt_taker_fee": "0",
            "gt_maker_fee": "0",
            "loan_fee": "0.18",
            "point_type": "0",
        }
    )


def _pair(market: Market) -> dict[str, object]:
    return {
        "id": market.id,
        "base": market.base,
        "base_name": market.base,
        "quote": market.quote,
        "quote_name": market.quote,
        "fee": plain(market.fee_taker * _PERCENT),
        "min_base_amount": plain(market.min_quantity),
        "min_quote_amount": plain(market.min_notional),
        "max_quote_amount": "5000000",
        "amount_precision": places_of(market.quantity_step),
        "precision": places_of(market.price_tick),
        "trade_status": "tradable" if market.active else "untradable",
        "sell_start": 0,
        "buy_start": 0,
        "delisting_time": 0,
        "type": "normal",
        "st_tag": False,
    }


def _market(row: Mapping[str, Any]) -> Market:
    base, quote = text_of(row["base"]), text_of(row["quote"])
    fee = decimal_of(row["fee"]) / _PERCENT
    return Market(
        symbol=f"{base}/{quote}",
        id=text_of(row["id"]),
        base=base,
        quote=quote,
        price_tick=_step(row["precision"]),
        quantity_step=_step(row["amount_precision"]),
        min_quantity=decimal_of(row.get("min_base_amount", "0")),
        min_notional=decimal_of(row.get("min_quote_amount", "0")),
        fee_maker=fee,
        fee_taker=fee,
        active=row.get("trade_status", "tradable") == "tradable",
    )


def _step(places: object) -> Decimal:
    count = int_of(places, "precision")
    if not 0 <= count <= _MOST_PLACES:
        raise BadInput("malformed", field="precision")
    return Decimal(1).scaleb(-count)
