"""The account's money, how it trades, its key's rights, and tokens for its stream.

Source: developers.binance.com, USD-M futures and wallet, 2026-07-21; what ccxt 4.5.90 reads.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from drawbridge.core.derivatives import GetMarginAccounts, MarginAccount
from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Markets
from drawbridge.core.money import ZERO
from drawbridge.core.operations import (
    Balance,
    GetBalances,
    GetKeyRights,
    GetStreamToken,
    KeyRights,
    StreamToken,
)
from drawbridge.exchanges.binance_futures.codec.names import (
    SWITCHES,
    TOKEN_LASTS_MS,
    amount,
)
from drawbridge.exchanges.binance_futures.codec.parameters import ask_own, read_view, told
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import (
    decimal_of,
    flag_of,
    int_of,
    list_of,
    object_of,
    parse_document,
    text_of,
)
from drawbridge.wire.http import FORM_TYPE, WireAnswer, WireRequest

Row = Mapping[str, Any]

_TOKEN_PATH: Final = b"/fapi/v1/listenKey"
_NOT_SWITCHES: Final = frozenset({"ipRestrict"})
_ACCOUNT: Final = b"/fapi/v3/account"


# --------------------------------------------------------------------------------------- money
def encode_balances(_: GetBalances | GetMarginAccounts, __: Markets) -> WireRequest:
    """Ask for the account."""
    return ask_own(_ACCOUNT)


def decode_accounts(_: ServerView) -> GetMarginAccounts:
    """Read the question for the account."""
    return GetMarginAccounts()


def encode_account_answer(
    _: GetMarginAccounts, result: tuple[MarginAccount, ...], view: ServerView
) -> WireAnswer:
    """Write the account as the newer version does: what is empty is left out.

    Positions have an endpoint of their own, which clients ask; here none is told.
    """
    return told({**_totals(result), "assets": _assets(result, view), "positions": []})


def encode_older_account_answer(
    _: GetMarginAccounts, result: tuple[MarginAccount, ...], view: ServerView
) -> WireAnswer:
    """Write the account as the older version does, with flags that speak of no key."""
    head = {
        "feeTier": 0,
        "canTrade": True,
        "canDeposit": False,
        "canWithdraw": False,
        "updateTime": 0,
        "multiAssetsMargin": False,
        "tradeGroupId": -1,
    }
    return told({**head, **_totals(result), "assets": _assets(result, view), "positions": []})


def encode_assets_answer(
    _: GetMarginAccounts, result: tuple[MarginAccount, ...], view: ServerView
) -> WireAnswer:
    """Write the balances alone."""
    return told(
        [
            {
                "accountAlias": "Paper",
                "asset": row.currency,
                "balance": amount(row.wallet),
                "crossWalletBalance": amount(row.wallet),
                "crossUnPnl": amount(row.unrealised),
                "availableBalance": amount(row.available),
                "maxWithdrawAmount": amount(min(row.available, row.wallet)),
                "marginAvailable": True,
                "updateTime": view.now_ms,
            }
            for row in result
        ]
    )


def _totals(rows: Iterable[MarginAccount]) -> dict[str, object]:
    # The totals are told in dollars; every contract here is settled in one dollar currency.
    accounts = tuple(rows)
    wallet = sum((row.wallet for row in accounts), ZERO)
    unrealised = sum((row.unrealised for row in accounts), ZERO)
    in_orders = sum((row.order_margin for row in accounts), ZERO)
    in_positions = sum((row.position_margin for row in accounts), ZERO)
    maintenance = sum((row.maintenance_margin for row in accounts), ZERO)
    available = sum((row.available for row in accounts), ZERO)
    return {
        "totalInitialMargin": amount(in_orders + in_positions),
        "totalMaintMargin": amount(maintenance),
        "totalWalletBalance": amount(wallet),
        "totalUnrealizedProfit": amount(unrealised),
        "totalMarginBalance": amount(wallet + unrealised),
        "totalPositionInitialMargin": amount(in_positions),
        "totalOpenOrderInitialMargin": amount(in_orders),
        "totalCrossWalletBalance": amount(wallet),
        "totalCrossUnPnl": amount(unrealised),
        "availableBalance": amount(available),
        "maxWithdrawAmount": amount(min(available, wallet)),
    }


def _assets(rows: Iterable[MarginAccount], view: ServerView) -> list[dict[str, object]]:
    return [
        {
            "asset": row.currency,
            "walletBalance": amount(row.wallet),
            "unrealizedProfit": amount(row.unrealised),
            "marginBalance": amount(row.wallet + row.unrealised),
            "maintMargin": amount(row.maintenance_margin),
            "initialMargin": amount(row.order_margin + row.position_margin),
            "positionInitialMargin": amount(row.position_margin),
            "openOrderInitialMargin": amount(row.order_margin),
            "crossWalletBalance": amount(row.wallet),
            "crossUnPnl": amount(row.unrealised),
            "availableBalance": amount(row.available),
            "maxWithdrawAmount": amount(min(row.available, row.wallet)),
            "marginAvailable": True,
            # A client leaves out what was never touched, which a time of zero stands for.
            "updateTime": view.now_ms,
        }
        for row in rows
    ]


def decode_balances_answer(_: GetBalances, answer: WireAnswer, __: Markets) -> tuple[Balance, ...]:
    """Read what is free, and what stands in for orders and positions."""
    return tuple(
        Balance(
            text_of(row["asset"]),
            decimal_of(row["availableBalance"]),
            decimal_of(row["initialMargin"]),
        )
        for row in _read_assets(answer)
    )


def decode_accounts_answer(
    _: GetMarginAccounts, answer: WireAnswer, __: Markets
) -> tuple[MarginAccount, ...]:
    """Read the account."""
    return tuple(
        MarginAccount(
            currency=text_of(row["asset"]),
            wallet=decimal_of(row["walletBalance"]),
            available=decimal_of(row["availableBalance"]),
            unrealised=decimal_of(row["unrealizedProfit"]),
            order_margin=decimal_of(row["openOrderInitialMargin"]),
            position_margin=decimal_of(row["positionInitialMargin"]),
            maintenance_margin=decimal_of(row["maintMargin"]),
        )
        for row in _read_assets(answer)
    )


def _read_assets(answer: WireAnswer) -> Iterable[Row]:
    return [object_of(row) for row in list_of(object_of(parse_document(answer.body))["assets"])]


# ------------------------------------------------------------------------------------- the key
def encode_rights(_: GetKeyRights, __: Markets) -> WireRequest:
    """Ask what the key may do, which the exchange's other host tells."""
    return ask_own(b"/sapi/v1/account/apiRestrictions")


def decode_rights(_: ServerView) -> GetKeyRights:
    """Read the question for the key's rights."""
    return GetKeyRights()


def encode_rights_answer(_: GetKeyRights, result: KeyRights, __: ServerView) -> WireAnswer:
    """Write what the key may do: every switch, on or off."""
    document: dict[str, object] = {
        "ipRestrict": bool(result.ip_bound),
        "createTime": result.created_ms or 0,
    }
    document |= {name: name in result.switches for name in SWITCHES}
    if result.expires_ms is not None:
        document["tradingAuthorityExpirationTime"] = result.expires_ms
    return told(document)


def decode_rights_answer(_: GetKeyRights, answer: WireAnswer, __: Markets) -> KeyRights:
    """Read the switches that are on, those that we have never heard of included.

    The exchange has added switches over the years: one that is on and that nobody here knows
    is a right all the same, and the verdict refuses it by name.
    """
    document = object_of(parse_document(answer.body))
    flags = {name: value for name, value in document.items() if isinstance(value, bool)}
    if not {"enableReading", "enableWithdrawals"} <= flags.keys():
        raise BadInput("malformed", field="enableReading")
    expires_ms = document.get("tradingAuthorityExpirationTime")
    return KeyRights(
        switches=frozenset(name for name, on in flags.items() if on) - _NOT_SWITCHES,
        ip_bound=flag_of(document["ipRestrict"]),
        created_ms=int_of(document["createTime"]),
        expires_ms=None if expires_ms is None else int_of(expires_ms),
    )


# ------------------------------------------------------------------------ tokens for its stream
def encode_token(operation: GetStreamToken, _: Markets) -> WireRequest:
    """Ask for a token, or that one lives on or ends. The key's name is enough for it."""
    token = operation.token
    if not token:
        return WireRequest("POST", _TOKEN_PATH, b"", (FORM_TYPE,))
    # A text that could begin another parameter must never get into a request.
    if not (token.isascii() and token.isalnum()):
        raise BadInput("malformed", field="token")
    method = "DELETE" if operation.ends else "PUT"
    return WireRequest(method, _TOKEN_PATH, b"", (FORM_TYPE,), f"listenKey={token}".encode())


def decode_token(_: ServerView) -> GetStreamToken:
    """Read the question for a token."""
    return GetStreamToken(lasts_ms=TOKEN_LASTS_MS, single=True)


def decode_token_renewal(view: ServerView) -> GetStreamToken:
    """Read that a token is to live on: the key's only one where none is named."""
    token = read_view(view).text("listenKey")
    return GetStreamToken(token=token, lasts_ms=TOKEN_LASTS_MS, single=True)


def decode_token_end(view: ServerView) -> GetStreamToken:
    """Read that a token is to end."""
    token = read_view(view).text("listenKey")
    return GetStreamToken(token, TOKEN_LASTS_MS, ends=True, single=True)


def encode_token_answer(_: GetStreamToken, result: StreamToken, __: ServerView) -> WireAnswer:
    """Write a token."""
    return told({"listenKey": result.token})


def encode_token_ended(_: GetStreamToken, __: StreamToken, ___: ServerView) -> WireAnswer:
    """Write that a token has ended."""
    return told({})


def decode_token_answer(_: GetStreamToken, answer: WireAnswer, __: Markets) -> StreamToken:
    """Read a token."""
    token = text_of(object_of(parse_document(answer.body))["listenKey"])
    return StreamToken(token, TOKEN_LASTS_MS)
