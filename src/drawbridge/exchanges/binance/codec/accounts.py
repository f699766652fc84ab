"""Writing what belongs to an account, a key and the exchange as a whole.

Orders and market data stand in `answers`. Fields that clients want and that our values do not
know carry the value that means nothing: no withdrawal networks are open, no fees are hidden.

Source: binance-spot-api-docs, rest-api and filters; developers.binance.com, wallet, 2026-07-21.
"""

from decimal import Decimal
from typing import Final

from drawbridge.core.markets import Currency, Market
from drawbridge.core.money import ZERO
from drawbridge.core.operations import (
    Balance,
    GetBalances,
    GetCurrencies,
    GetKeyRights,
    GetMarkets,
    KeyRights,
)
from drawbridge.exchanges.binance.codec.commands import read_parameters
from drawbridge.exchanges.binance.codec.tables import (
    BAND_DOWN,
    BAND_UP,
    LIMIT,
    LIMIT_MAKER,
    MARKET,
    PLACES,
    SWITCHES,
    amount,
)
from drawbridge.wire.codec import ServerView

_NOTHING: Final = "0.00000000"
_FREE_OF_FEE: Final = "0.00000000"
_MOST_PRICE: Final = "1000000.00000000"
_MOST_QUANTITY: Final = "92141578.00000000"
_MOST_NOTIONAL: Final = "9000000.00000000"
_PER_TEN_THOUSAND: Final = 10_000
# The same limits as in endpoints.toml, which a test proves.
_RATE_LIMITS: Final = (
    {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6_000},
    {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 100},
    {"rateLimitType": "ORDERS", "interval": "DAY", "intervalNum": 1, "limit": 200_000},
    {"rateLimitType": "RAW_REQUESTS", "interval": "MINUTE", "intervalNum": 5, "limit": 300_000},
)


def exchange_info(_: GetMarkets, result: tuple[Market, ...], view: ServerView) -> object:
    """Write the pairs and their rules."""
    return {
        "timezone": "UTC",
        "serverTime": view.now_ms,
        "rateLimits": _RATE_LIMITS,
        "exchangeFilters": [],
        "symbols": [_symbol(market) for market in result],
    }


def _symbol(market: Market) -> dict[str, object]:
    """Write one pair. Only order types that the paper exchange carries out are offered."""
    return {
        "symbol": market.id,
        "status": "TRADING" if market.active else "BREAK",
        "baseAsset": market.base,
        "baseAssetPrecision": PLACES,
        "quoteAsset": market.quote,
        "quotePrecision": PLACES,
        "quoteAssetPrecision": PLACES,
        "baseCommissionPrecision": PLACES,
        "quoteCommissionPrecision": PLACES,
        "orderTypes": [LIMIT, LIMIT_MAKER, MARKET],
        "icebergAllowed": False,
        "ocoAllowed": False,
        "otoAllowed": False,
        "opoAllowed": False,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": False,
        "cancelReplaceAllowed": False,
        "amendAllowed": False,
        "pegInstructionsAllowed": False,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": _filters(market),
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": ["EXPIRE_MAKER"],
    }


def _filters(market: Market) -> list[dict[str, object]]:
    tick, step = amount(market.price_tick), amount(market.quantity_step)
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": tick,
            "maxPrice": _MOST_PRICE,
            "tickSize": tick,
        },
        {
            "filterType": "LOT_SIZE",
            "minQty": amount(market.min_quantity),
            "maxQty": _MOST_QUANTITY,
            "stepSize": step,
        },
        {
            "filterType": "MARKET_LOT_SIZE",
            "minQty": _NOTHING,
            "maxQty": _MOST_QUANTITY,
            "stepSize": _NOTHING,
        },
        {
            "filterType": "PERCENT_PRICE_BY_SIDE",
            "bidMultiplierUp": BAND_UP,
            "bidMultiplierDown": BAND_DOWN,
            "askMultiplierUp": BAND_UP,
            "askMultiplierDown": BAND_DOWN,
            "avgPriceMins": 5,
        },
        {
            "filterType": "NOTIONAL",
            "minNotional": amount(market.min_notional),
            "applyMinToMarket": True,
            "maxNotional": _MOST_NOTIONAL,
            "applyMaxToMarket": False,
            "avgPriceMins": 5,
        },
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 200},
    ]


def currencies(_: GetCurrencies, result: tuple[Currency, ...], __: ServerView) -> object:
    """Write the currencies; each moves over one network, which is closed both ways."""
    return [
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


def _network(currency: Currency) -> dict[str, object]:
    unit = Decimal(1).scaleb(-currency.places)
    return {
        "network": currency.code,
        "coin": currency.code,
        "name": currency.name,
        "isDefault": True,
        "depositEnable": False,
        "withdrawEnable": False,
        "withdrawFee": "0",
        "withdrawMin": f"{unit:f}",
        "withdrawMax": "0",
        "withdrawIntegerMultiple": f"{unit:f}",
        "minConfirm": 1,
        "unLockConfirm": 1,
        "addressRegex": "",
        "memoRegex": "",
        "busy": False,
    }


def balances(_: GetBalances, result: tuple[Balance, ...], view: ServerView) -> object:
    """Write the account; its flags speak of the account, never of the key that asks."""
    market = next(iter(view.markets), None)
    maker, taker = (market.fee_maker, market.fee_taker) if market else (ZERO, ZERO)
    without_empty = read_parameters(view.request).get("omitZeroBalances") == "true"
    return {
        "makerCommission": int(maker * _PER_TEN_THOUSAND),
        "takerCommission": int(taker * _PER_TEN_THOUSAND),
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": {
            "maker": amount(maker),
            "taker": amount(taker),
            "buyer": _FREE_OF_FEE,
            "seller": _FREE_OF_FEE,
        },
        "canTrade": True,
        "canWithdraw": False,
        "canDeposit": False,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": view.now_ms,
        "accountType": "SPOT",
        "balances": [
            {"asset": row.currency, "free": amount(row.free), "locked": amount(row.held)}
            for row in result
            if not without_empty or row.total
        ],
        "permissions": ["SPOT"],
    }


def key_rights(_: GetKeyRights, result: KeyRights, __: ServerView) -> object:
    """Write what the key may do: every switch, on or off."""
    document: dict[str, object] = {
        "ipRestrict": bool(result.ip_bound),
        "createTime": result.created_ms or 0,
    }
    document |= {name: name in result.switches for name in SWITCHES}
    if result.expires_ms is not None:
        document["tradingAuthorityExpirationTime"] = result.expires_ms
    return document
