"""The account itself: balances on both interfaces, and what the key may do."""

from collections.abc import Mapping
from typing import Any, Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Currency, Markets
from drawbridge.core.money import plain
from drawbridge.core.operations import Balance, GetBalances, GetKeyRights, KeyRights
from drawbridge.exchanges.coinbase.codec import ids, listing, values
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, flag_of, list_of, object_of, parse_object, text_of
from drawbridge.wire.http import WireAnswer, WireRequest

_MOST: Final = 250
_FIAT: Final = frozenset({"USD", "EUR", "GBP"})
_PLACES: Final = 8
_PORTFOLIO: Final = "00000000-0000-4000-8000-00000000000a"
_SWITCH: Final = "can_"
_SWITCHES: Final = ("can_view", "can_trade", "can_transfer")


# ----------------------------------------------------------------------------------- balances
def encode_balances(_operation: GetBalances, _markets: Markets) -> WireRequest:
    """Write the question for balances on the newer interface; the older tells no holds."""
    return values.get(values.V3 + b"accounts", [("limit", str(_MOST))])


def decode_balances(view: ServerView) -> GetBalances:
    """Read it, on either interface. Raises: `BadInput`."""
    values.single(view).whole("limit")
    return GetBalances()


def encode_accounts(_op: GetBalances, result: tuple[Balance, ...], _view: ServerView) -> WireAnswer:
    """Write balances as the newer interface does; they all fit on a page."""
    rows = [_account(row) for row in result]
    return values.ok({"accounts": rows, "has_next": False, "cursor": "", "size": len(rows)})


def encode_wallets(_op: GetBalances, result: tuple[Balance, ...], _view: ServerView) -> WireAnswer:
    """Write balances as the older interface does: totals, without what orders hold."""
    pagination = {
        "ending_before": None,
        "starting_after": None,
        "previous_ending_before": None,
        "next_starting_after": None,
        "limit": _MOST,
        "order": "desc",
        "previous_uri": None,
        "next_uri": None,
    }
    return values.ok({"pagination": pagination, "data": [_wallet(row) for row in result]})


def decode_accounts(_op: GetBalances, answer: WireAnswer, _markets: Markets) -> tuple[Balance, ...]:
    """Read balances; several wallets of a currency are one balance.

    Raises: `BadInput` where not all of them are on the page.
    """
    document = parse_object(answer.body)
    if flag_of(document.get("has_next", False)):
        raise BadInput("malformed", field="has_next")
    found: dict[str, Balance] = {}
    for row in list_of(document["accounts"]):
        balance = _read_account(object_of(row))
        known = found.get(balance.currency)
        if known is not None:
            balance = Balance(known.currency, known.free + balance.free, known.held + balance.held)
        found[balance.currency] = balance
    return tuple(found.values())


def _account(row: Balance) -> dict[str, object]:
    currency = row.currency
    return {
        "uuid": ids.account_id(currency),
        "name": f"{currency} Wallet",
        "currency": currency,
        "available_balance": {"value": plain(row.free), "currency": currency},
        "default": True,
        "active": True,
        "created_at": "2023-01-01T00:00:00Z",
        "updated_at": "2023-01-01T00:00:00Z",
        "deleted_at": None,
        "type": "ACCOUNT_TYPE_FIAT" if currency in _FIAT else "ACCOUNT_TYPE_CRYPTO",
        "ready": True,
        "hold": {"value": plain(row.held), "currency": currency},
        "retail_portfolio_id": _PORTFOLIO,
        "platform": "ACCOUNT_PLATFORM_CONSUMER",
    }


def _read_account(row: Mapping[str, Any]) -> Balance:
    free, held = object_of(row["available_balance"]), object_of(row["hold"])
    return Balance(text_of(row["currency"]), decimal_of(free["value"]), decimal_of(held["value"]))


def _wallet(row: Balance) -> dict[str, object]:
    currency, wallet = row.currency, ids.account_id(row.currency)
    is_fiat = currency in _FIAT
    return {
        "id": wallet,
        "name": f"{currency} Wallet",
        "primary": False,
        "type": "fiat" if is_fiat else "wallet",
        "currency": listing.crypto_row(Currency(currency, currency, _PLACES), 0)
        | {"type": "fiat" if is_fiat else "crypto"},
        "balance": {"amount": plain(row.total), "currency": currency},
        "created_at": "2023-01-01T00:00:00Z",
        "updated_at": "2023-01-01T00:00:00Z",
        "resource": "account",
        "resource_path": f"/v2/accounts/{wallet}",
        "allow_deposits": True,
        "allow_withdrawals": True,
    }


# ------------------------------------------------------------------------------------- rights
def encode_rights(_operation: GetKeyRights, _markets: Markets) -> WireRequest:
    """Write the question what the key may do."""
    return values.get(values.V3 + b"key_permissions")


def decode_rights(_view: ServerView) -> GetKeyRights:
    """Read it."""
    return GetKeyRights()


def encode_rights_answer(_op: GetKeyRights, result: KeyRights, _view: ServerView) -> WireAnswer:
    """Write which switches are on; nothing is told of addresses and age."""
    switches: dict[str, object] = {
        name: name in result.switches for name in (*_SWITCHES, "can_receive")
    }
    portfolio = ids.portfolio_id(result.account_id) if result.account_id else _PORTFOLIO
    return values.ok(switches | {"portfolio_uuid": portfolio, "portfolio_type": "DEFAULT"})


def decode_rights_answer(_op: GetKeyRights, answer: WireAnswer, _markets: Markets) -> KeyRights:
    """Read which switches are on, also of ones that nobody knows yet."""
    document = parse_object(answer.body)
    # A switch that is missing is not one that is off: refused, because nobody knows.
    switches = {name for name in _SWITCHES if flag_of(document[name], name)}
    switches |= {
        name for name, value in document.items() if name.startswith(_SWITCH) and value is True
    }
    return KeyRights(
        switches=frozenset(switches), account_id=text_of(document.get("portfolio_uuid") or "")
    )
