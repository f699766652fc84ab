"""The clock, the contracts and their rules, brackets of leverage, fees, currencies.

One bracket stands for a contract's whole table of leverage and maintenance margin; see the card.

Source: developers.binance.com, USD-M futures, 2026-07-21; the fields that ccxt 4.5.90 reads.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from drawbridge.core.markets import Currency, Market, MarketKind, Markets
from drawbridge.core.money import ZERO, places_of, plain
from drawbridge.core.operations import GetCurrencies, GetMarkets, GetServerTime, ServerTime
from drawbridge.exchanges.binance_futures.codec.names import (
    BAND_DOWN,
    BAND_UP,
    CONDITIONAL_WORDS,
    FEE_MAKER,
    FEE_TAKER,
    LIMIT,
    LIQUIDATION_FEE,
    MAINTENANCE_RATE,
    MAKER_ONLY,
    MARKET,
    MOST_LEVERAGE,
    PLACES,
    TIME_IN_FORCE_WORDS,
)
from drawbridge.exchanges.binance_futures.codec.parameters import (
    ask,
    ask_own,
    find_symbol,
    read_symbol,
    read_view,
    told,
)
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import (
    decimal_of,
    int_of,
    list_of,
    object_of,
    parse_document,
    text_of,
)
from drawbridge.wire.http import WireAnswer, WireRequest

Row = Mapping[str, Any]

_PERPETUAL: Final = "PERPETUAL"
_TRADING: Final = "TRADING"
# A perpetual contract is delivered on Christmas of the year 2100, which means never.
_NEVER_MS: Final = 4_133_404_800_000
_SINCE_MS: Final = 1_569_398_400_000
_MOST_PRICE: Final = "10000000"
_MOST_QUANTITY: Final = "10000000"
_MOST_NOTIONAL: Final = 9_000_000_000
# The same limits as in endpoints.toml, which a test proves.
_RATE_LIMITS: Final = (
    {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 2_400},
    {"rateLimitType": "ORDERS", "interval": "MINUTE", "intervalNum": 1, "limit": 1_200},
    {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 300},
)


def encode_time(_: GetServerTime, __: Markets) -> WireRequest:
    """Ask for the clock."""
    return ask(b"/fapi/v1/time")


def decode_time(_: ServerView) -> GetServerTime:
    """Read the question for the clock."""
    return GetServerTime()


def encode_time_answer(_: GetServerTime, result: ServerTime, __: ServerView) -> WireAnswer:
    """Write the clock."""
    return told({"serverTime": result.time_ms})


def decode_time_answer(_: GetServerTime, answer: WireAnswer, __: Markets) -> ServerTime:
    """Read the clock."""
    return ServerTime(int_of(object_of(parse_document(answer.body))["serverTime"]))


def encode_markets(_: GetMarkets, __: Markets) -> WireRequest:
    """Ask for all contracts; the exchange lets nobody ask for some."""
    return ask(b"/fapi/v1/exchangeInfo")


def decode_markets(_: ServerView) -> GetMarkets:
    """Read the question for all contracts."""
    return GetMarkets()


def decode_some_markets(view: ServerView) -> GetMarkets:
    """Read a question about one contract or all."""
    symbol = find_symbol(read_view(view), view.markets)
    return GetMarkets((symbol,) if symbol else ())


def decode_one_market(view: ServerView) -> GetMarkets:
    """Read a question about one contract."""
    return GetMarkets((read_symbol(read_view(view), view.markets),))


def encode_markets_answer(
    _: GetMarkets, result: tuple[Market, ...], view: ServerView
) -> WireAnswer:
    """Write the contracts and their rules."""
    settled_in = sorted({market.settle for market in result})
    return told(
        {
            "timezone": "UTC",
            "serverTime": view.now_ms,
            "futuresType": "U_MARGINED",
            "rateLimits": _RATE_LIMITS,
            "exchangeFilters": [],
            "assets": [
                {"asset": code, "marginAvailable": True, "autoAssetExchange": "0"}
                for code in settled_in
            ],
            "symbols": [_contract(market) for market in result],
        }
    )


def _contract(market: Market) -> dict[str, object]:
    """Write one contract. Only order types that the paper exchange carries out are offered."""
    return {
        "symbol": market.id,
        "pair": market.id,
        "contractType": _PERPETUAL,
        "deliveryDate": _NEVER_MS,
        "onboardDate": _SINCE_MS,
        "status": _TRADING if market.active else "SETTLING",
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": market.base,
        "quoteAsset": market.quote,
        "marginAsset": market.settle,
        "pricePrecision": places_of(market.price_tick),
        "quantityPrecision": places_of(market.quantity_step),
        "baseAssetPrecision": PLACES,
        "quotePrecision": PLACES,
        "underlyingType": "COIN",
        "underlyingSubType": [],
        "triggerProtect": "0.0500",
        "liquidationFee": LIQUIDATION_FEE,
        "marketTakeBound": "0.05",
        "maxMoveOrderLimit": 10_000,
        "filters": _filters(market),
        "orderTypes": [LIMIT, MARKET, *CONDITIONAL_WORDS.values()],
        "timeInForce": [*TIME_IN_FORCE_WORDS.values(), MAKER_ONLY],
        "permissionSets": [],
    }


def _filters(market: Market) -> list[dict[str, object]]:
    tick, step = plain(market.price_tick), plain(market.quantity_step)
    lot = {"minQty": plain(market.min_quantity), "maxQty": _MOST_QUANTITY, "stepSize": step}
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": tick,
            "maxPrice": _MOST_PRICE,
            "tickSize": tick,
        },
        {"filterType": "LOT_SIZE", **lot},
        {"filterType": "MARKET_LOT_SIZE", **lot},
        {"filterType": "MAX_NUM_ORDERS", "limit": 200},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "limit": 10},
        {"filterType": "MIN_NOTIONAL", "notional": plain(market.min_notional)},
        {
            "filterType": "PERCENT_PRICE",
            "multiplierUp": BAND_UP,
            "multiplierDown": BAND_DOWN,
            "multiplierDecimal": "4",
        },
    ]


def decode_markets_answer(_: GetMarkets, answer: WireAnswer, __: Markets) -> tuple[Market, ...]:
    """Read the perpetual contracts; those that are delivered on a day are not carried here."""
    rows = list_of(object_of(parse_document(answer.body))["symbols"])
    return tuple(_read_contract(row) for row in rows if row["contractType"] == _PERPETUAL)


def _read_contract(row: Row) -> Market:
    filters = {rule["filterType"]: rule for rule in list_of(row["filters"])}
    lot, notional = filters["LOT_SIZE"], filters.get("MIN_NOTIONAL")
    base, quote = text_of(row["baseAsset"]), text_of(row["quoteAsset"])
    return Market(
        symbol=f"{base}/{quote}:{text_of(row['marginAsset'])}",
        id=text_of(row["symbol"]),
        base=base,
        quote=quote,
        price_tick=decimal_of(filters["PRICE_FILTER"]["tickSize"]),
        quantity_step=decimal_of(lot["stepSize"]),
        min_quantity=decimal_of(lot["minQty"]),
        min_notional=decimal_of(notional["notional"]) if notional else ZERO,
        fee_maker=FEE_MAKER,
        fee_taker=FEE_TAKER,
        active=row["status"] == _TRADING,
        kind=MarketKind.LINEAR_PERPETUAL,
    )


def encode_brackets_answer(_: GetMarkets, result: tuple[Market, ...], __: ServerView) -> WireAnswer:
    """Write the brackets of leverage."""
    bracket = {
        "bracket": 1,
        "initialLeverage": MOST_LEVERAGE,
        "notionalCap": _MOST_NOTIONAL,
        "notionalFloor": 0,
        "maintMarginRatio": MAINTENANCE_RATE,
        "cum": Decimal("0.0"),
    }
    return told(
        [
            {"symbol": market.id, "notionalCoef": Decimal("1.0"), "brackets": [bracket]}
            for market in result
        ]
    )


def encode_fees_answer(_: GetMarkets, result: tuple[Market, ...], __: ServerView) -> WireAnswer:
    """Write the fees of one contract."""
    (market,) = result
    return told(
        {
            "symbol": market.id,
            "makerCommissionRate": plain(market.fee_maker),
            "takerCommissionRate": plain(market.fee_taker),
            "rpiCommissionRate": "0",
        }
    )


def encode_currencies(_: GetCurrencies, __: Markets) -> WireRequest:
    """Ask for the currencies, which the exchange's other host tells."""
    return ask_own(b"/sapi/v1/capital/config/getall")


def decode_currencies(_: ServerView) -> GetCurrencies:
    """Read the question for the currencies."""
    return GetCurrencies()


def encode_currencies_answer(
    _: GetCurrencies, result: tuple[Currency, ...], __: ServerView
) -> WireAnswer:
    """Write the currencies; each moves over one network, which is closed both ways."""
    return told(
        [
            {
                "coin": currency.code,
                "name": currency.name,
                "depositAllEnable": False,
                "withdrawAllEnable": False,
                "isLegalMoney": False,
                "trading": True,
                "free": "0",
                "freeze": "0",
                "ipoable": "0",
                "ipoing": "0",
                "locked": "0",
                "storage": "0",
                "withdrawing": "0",
                "networkList": [_network(currency)],
            }
            for currency in result
        ]
    )


def _network(currency: Currency) -> dict[str, object]:
    unit = f"{Decimal(1).scaleb(-currency.places):f}"
    return {
        "network": currency.code,
        "coin": currency.code,
        "name": currency.name,
        "isDefault": True,
        "depositEnable": False,
        "withdrawEnable": False,
        "withdrawFee": "0",
        "withdrawMin": unit,
        "withdrawMax": "0",
        "withdrawIntegerMultiple": unit,
        "minConfirm": 1,
        "unLockConfirm": 1,
        "addressRegex": "",
        "memoRegex": "",
        "busy": False,
    }


def decode_currencies_answer(
    _: GetCurrencies, answer: WireAnswer, __: Markets
) -> tuple[Currency, ...]:
    """Read the currencies."""
    return tuple(
        Currency(text_of(row["coin"]), text_of(row["name"]), _places(row["networkList"]))
        for row in list_of(parse_document(answer.body))
    )


def _places(networks: object) -> int:
    """Give the most decimals that any network of a currency moves; 8 where none tells."""
    units = (decimal_of(row["withdrawIntegerMultiple"]) for row in list_of(networks))
    return max((places_of(unit) for unit in units if unit), default=PLACES)
