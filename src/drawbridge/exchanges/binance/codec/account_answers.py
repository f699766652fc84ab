"""Writing what belongs to an account and its keys, as Binance answers it.

Fields that clients want and that our values do not know carry the value that means nothing: no
network is open for withdrawals or deposits.

Source: binance-spot-api-docs, rest-api; developers.binance.com, wallet, 2026-07-21.
"""

from decimal import Decimal
from typing import Final

from drawbridge.core.markets import Currency
from drawbridge.core.money import ZERO
from drawbridge.core.operations import (
    Balance,
    GetBalances,
    GetCurrencies,
    GetKeyRights,
    GetStreamToken,
    KeyRights,
    StreamToken,
)
from drawbridge.exchanges.binance.codec.commands import read_parameters
from drawbridge.exchanges.binance.codec.tables import NOTHING, SWITCHES, amount
from drawbridge.wire.codec import ServerView

_PER_TEN_THOUSAND: Final = 10_000


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
            "buyer": NOTHING,
            "seller": NOTHING,
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


def stream_token(operation: GetStreamToken, result: StreamToken, _: ServerView) -> object:
    """Write a listen key; that one lives on or has ended is told by an empty answer."""
    return {} if operation.token else {"listenKey": result.token}
