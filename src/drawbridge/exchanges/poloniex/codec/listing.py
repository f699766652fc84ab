"""What the exchange offers: time, markets, currencies, and the fees of an account."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from drawbridge.core.markets import Currency, Market, Markets
from drawbridge.core.operations import GetCurrencies, GetMarkets, GetServerTime, ServerTime
from drawbridge.exchanges.poloniex.codec import values
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, int_of, list_of, object_of, text_of
from drawbridge.wire.http import WireAnswer, WireRequest

_TRADED: Final = "NORMAL"
# When the paper exchange says that everything was listed.
_LISTED_MS: Final = 1_659_018_819_512
_MOST_QUANTITY: Final = "100000000"
_MOST_AMOUNT: Final = "10000000"
# No list of markets tells fees. They stand on the card, and a test holds these against it.
FEE_MAKER: Final = Decimal("0.00145")
FEE_TAKER: Final = Decimal("0.00155")
# No list of currencies tells a number of decimals for all networks; amounts have up to eight.
PLACES: Final = 8


# --------------------------------------------------------------------------------------- time
def encode_time(_operation: GetServerTime, _markets: Markets) -> WireRequest:
    """Write the question for the clock."""
    return values.public("/timestamp")


def decode_time(_view: ServerView) -> GetServerTime:
    """Read it."""
    return GetServerTime()


def encode_time_answer(_op: GetServerTime, result: ServerTime, _view: ServerView) -> WireAnswer:
    """Write what time it is."""
    return values.success({"serverTime": result.time_ms})


def decode_time_answer(_op: GetServerTime, answer: WireAnswer, _markets: Markets) -> ServerTime:
    """Read what time it is."""
    return ServerTime(int_of(values.document_of(answer)["serverTime"]))


# ------------------------------------------------------------------------------------ markets
def encode_markets(_operation: GetMarkets, _markets: Markets) -> WireRequest:
    """Write the request for markets; all are told."""
    return values.public("/markets")


def decode_markets(_view: ServerView) -> GetMarkets:
    """Read it."""
    return GetMarkets()


def decode_market(view: ServerView) -> GetMarkets:
    """Read a request for one market. Raises: `NotFound("unknown_symbol")`."""
    return GetMarkets((values.market_of(view).symbol,))


def encode_markets_answer(
    _op: GetMarkets, result: tuple[Market, ...], _view: ServerView
) -> WireAnswer:
    """Write markets with their rules."""
    return values.success([_row(market) for market in result])


def decode_markets_answer(
    operation: GetMarkets, answer: WireAnswer, _markets: Markets
) -> tuple[Market, ...]:
    """Read markets, narrowed to those that were asked for."""
    found = [_read_row(object_of(row)) for row in list_of(values.document_of(answer))]
    wanted = operation.symbols
    return tuple(market for market in found if not wanted or market.symbol in wanted)


def _row(market: Market) -> dict[str, object]:
    return {
        "symbol": market.id,
        "baseCurrencyName": market.base,
        "quoteCurrencyName": market.quote,
        "displayName": f"{market.base}/{market.quote}",
        "state": _TRADED if market.active else "PAUSE",
        "visibleStartTime": _LISTED_MS,
        "tradableStartTime": _LISTED_MS,
        "symbolTradeLimit": {
            "symbol": market.id,
            "priceScale": values.scale(market.price_tick),
            "quantityScale": values.scale(market.quantity_step),
            "amountScale": values.scale(market.price_tick),
            "minQuantity": values.amount(market.min_quantity),
            "minAmount": values.amount(market.min_notional),
            "maxQuantity": _MOST_QUANTITY,
            "maxAmount": _MOST_AMOUNT,
            "highestBid": "0",
            "lowestAsk": "0",
        },
        "crossMargin": {"supportCrossMargin": False, "maxLeverage": 1},
    }


def _read_row(row: Mapping[str, Any]) -> Market:
    limits = object_of(row["symbolTradeLimit"])
    base, quote = text_of(row["baseCurrencyName"]), text_of(row["quoteCurrencyName"])
    return Market(
        symbol=f"{base}/{quote}",
        id=text_of(row["symbol"]),
        base=base,
        quote=quote,
        price_tick=Decimal(1).scaleb(-int_of(limits["priceScale"])),
        quantity_step=Decimal(1).scaleb(-int_of(limits["quantityScale"])),
        min_quantity=decimal_of(limits["minQuantity"]),
        min_notional=decimal_of(limits["minAmount"]),
        fee_maker=FEE_MAKER,
        fee_taker=FEE_TAKER,
        active=row["state"] == _TRADED,
    )


def encode_fees(_op: GetMarkets, result: tuple[Market, ...], _view: ServerView) -> WireAnswer:
    """Write the account's fees."""
    first = result[0]
    return values.success(
        {
            "trxDiscount": False,
            "makerRate": values.amount(first.fee_maker),
            "takerRate": values.amount(first.fee_taker),
            "volume30D": "0",
            "specialFeeRates": [],
        }
    )


# --------------------------------------------------------------------------------- currencies
def encode_currencies(_operation: GetCurrencies, _markets: Markets) -> WireRequest:
    """Write the request for currencies."""
    return values.public("/v2/currencies")


def decode_currencies(_view: ServerView) -> GetCurrencies:
    """Read it."""
    return GetCurrencies()


def encode_currencies_answer(
    _op: GetCurrencies, result: tuple[Currency, ...], _view: ServerView
) -> WireAnswer:
    """Write currencies; money cannot come to the paper exchange nor leave it."""
    return values.success([_currency(number, row) for number, row in enumerate(result, 1)])


def decode_currencies_answer(
    _op: GetCurrencies, answer: WireAnswer, _markets: Markets
) -> tuple[Currency, ...]:
    """Read currencies."""
    rows = [object_of(row) for row in list_of(values.document_of(answer))]
    return tuple(Currency(text_of(it["coin"]), text_of(it["name"]), PLACES) for it in rows)


def _currency(number: int, currency: Currency) -> dict[str, object]:
    network = {
        "id": number,
        "coin": currency.code,
        "name": currency.name,
        "currencyType": "address",
        "blockchain": currency.code,
        "withdrawalEnable": False,
        "depositEnable": False,
        "depositAddress": None,
        "withdrawMin": "0",
        "decimals": currency.places,
        "withdrawFee": "0",
        "minConfirm": 1,
    }
    return {
        "id": number,
        "coin": currency.code,
        "delisted": False,
        "tradeEnable": True,
        "name": currency.name,
        "supportBorrow": False,
        "networkList": [network],
    }
