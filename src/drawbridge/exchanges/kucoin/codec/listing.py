"""What the exchange lists: its clock, its pairs and their rules, its currencies."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from drawbridge.core.errors import NotFound
from drawbridge.core.markets import Currency, Market, Markets
from drawbridge.core.money import plain
from drawbridge.core.operations import GetCurrencies, GetMarkets, GetServerTime, ServerTime
from drawbridge.exchanges.kucoin.codec import values
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, flag_of, int_of, text_of
from drawbridge.wire.http import WireAnswer, WireRequest

# Pairs are in one of three classes of fees; a new account pays these.
_CLASS_FEES: Final = {1: Decimal("0.001"), 2: Decimal("0.002"), 3: Decimal("0.003")}
_CLASS: Final = 1
_STATES_MONEY: Final = frozenset({"USD"})


def encode_time(_op: GetServerTime, _markets: Markets) -> WireRequest:
    """Write the question for the clock."""
    return values.get(b"/api/v1/timestamp")


def decode_time(_view: ServerView) -> GetServerTime:
    """Read it."""
    return GetServerTime()


def encode_time_answer(_op: GetServerTime, result: ServerTime, _view: ServerView) -> WireAnswer:
    """Write the clock."""
    return values.success(result.time_ms)


def decode_time_answer(_op: GetServerTime, answer: WireAnswer, _markets: Markets) -> ServerTime:
    """Read the clock."""
    return ServerTime(int_of(values.data_of(answer)))


# -------------------------------------------------------------------------------------- pairs
def encode_symbols(_op: GetMarkets, _markets: Markets) -> WireRequest:
    """Write the request for the pairs, which come all at once."""
    return values.get(b"/api/v2/symbols")


def decode_symbols(view: ServerView) -> GetMarkets:
    """Read it; one pair may be named in the path. Raises: `NotFound("unknown_symbol")`."""
    name = view.path_parameters.get("symbol")
    return GetMarkets() if name is None else GetMarkets((view.markets.get_by_id(name).symbol,))


def encode_symbols_answer(
    _op: GetMarkets, result: tuple[Market, ...], _view: ServerView
) -> WireAnswer:
    """Write pairs."""
    return values.success([_symbol_row(market) for market in result])


def encode_symbol_answer(
    _op: GetMarkets, result: tuple[Market, ...], _view: ServerView
) -> WireAnswer:
    """Write one pair."""
    if not result:
        raise NotFound("unknown_symbol")
    return values.success(_symbol_row(result[0]))


def decode_symbols_answer(
    operation: GetMarkets, answer: WireAnswer, _markets: Markets
) -> tuple[Market, ...]:
    """Read pairs."""
    found = tuple(map(_read_symbol, values.rows_of(values.data_of(answer))))
    wanted = frozenset(operation.symbols)
    return tuple(market for market in found if not wanted or market.symbol in wanted)


def _symbol_row(market: Market) -> dict[str, object]:
    base_fee = _CLASS_FEES[_CLASS]
    return {
        "symbol": market.id,
        "name": market.id,
        "baseCurrency": market.base,
        "quoteCurrency": market.quote,
        "feeCurrency": market.quote,
        "market": "BTC" if market.quote == "BTC" else "USDS",
        "baseMinSize": plain(market.min_quantity),
        "quoteMinSize": plain(market.min_notional),
        "baseMaxSize": "10000000000",
        "quoteMaxSize": "99999999",
        "baseIncrement": plain(market.quantity_step),
        "quoteIncrement": "0.00000001",
        "priceIncrement": plain(market.price_tick),
        "priceLimitRate": "0.1",
        "minFunds": plain(market.min_notional),
        "isMarginEnabled": False,
        "enableTrading": market.active,
        "feeCategory": _CLASS,
        "makerFeeCoefficient": plain(market.fee_maker / base_fee),
        "takerFeeCoefficient": plain(market.fee_taker / base_fee),
        "st": False,
    }


def _read_symbol(row: Mapping[str, Any]) -> Market:
    base, quote = text_of(row["baseCurrency"]), text_of(row["quoteCurrency"])
    base_fee = _CLASS_FEES[int_of(row["feeCategory"])]
    return Market(
        symbol=f"{base}/{quote}",
        id=text_of(row["symbol"]),
        base=base,
        quote=quote,
        price_tick=decimal_of(row["priceIncrement"]),
        quantity_step=decimal_of(row["baseIncrement"]),
        min_quantity=decimal_of(row["baseMinSize"]),
        # Some pairs tell no least amount beside the least quantity.
        min_notional=decimal_of(row["minFunds"] or row["quoteMinSize"]),
        fee_maker=base_fee * decimal_of(row["makerFeeCoefficient"]),
        fee_taker=base_fee * decimal_of(row["takerFeeCoefficient"]),
        active=flag_of(row["enableTrading"]),
    )


# --------------------------------------------------------------------------------- currencies
def encode_currencies(_op: GetCurrencies, _markets: Markets) -> WireRequest:
    """Write the request for the currencies."""
    return values.get(b"/api/v3/currencies")


def decode_currencies(_view: ServerView) -> GetCurrencies:
    """Read it."""
    return GetCurrencies()


def encode_currencies_answer(
    _op: GetCurrencies, result: tuple[Currency, ...], view: ServerView
) -> WireAnswer:
    """Write currencies, or the one that the path names. Raises: `NotFound("unknown_symbol")`."""
    name = view.path_parameters.get("currency")
    if name is None:
        return values.success([_currency_row(currency) for currency in result])
    for currency in result:
        if currency.code == name:
            return values.success(_currency_row(currency))
    raise NotFound("unknown_symbol", symbol=name)


def decode_currencies_answer(
    _op: GetCurrencies, answer: WireAnswer, _markets: Markets
) -> tuple[Currency, ...]:
    """Read currencies."""
    return tuple(
        Currency(text_of(row["currency"]), text_of(row["fullName"]), int_of(row["precision"]))
        for row in values.rows_of(values.data_of(answer))
    )


def _currency_row(currency: Currency) -> dict[str, object]:
    chain = {
        "chainName": currency.code,
        "chainId": currency.code.lower(),
        "withdrawalMinSize": "0",
        "depositMinSize": "0",
        "withdrawFeeRate": "0",
        "withdrawalMinFee": "0",
        "isWithdrawEnabled": True,
        "isDepositEnabled": True,
        "confirms": 1,
        "preConfirms": 1,
        "contractAddress": "",
        "withdrawPrecision": currency.places,
        "maxWithdraw": None,
        "maxDeposit": None,
        "needTag": False,
    }
    return {
        "currency": currency.code,
        "name": currency.code,
        "fullName": currency.name,
        "precision": currency.places,
        "confirms": None,
        "contractAddress": None,
        "isMarginEnabled": False,
        "isDebitEnabled": False,
        # What states issue travels by no chain; clients tell it by that.
        "chains": [] if currency.code in _STATES_MONEY else [chain],
    }
