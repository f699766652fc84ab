"""What belongs to an account: its number, its balances, what its key may do."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from drawbridge.core.clock import DAY_MS
from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Markets
from drawbridge.core.money import ZERO, plain
from drawbridge.core.operations import Balance, GetBalances, GetKeyRights, GetOwnName, KeyRights
from drawbridge.exchanges.huobi.codec import values
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, int_of, list_of, object_of, text_of
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.naming import ACCOUNT, KEY, USER, mark

_SPOT: Final = "spot"
_NORMAL: Final = "normal"
_FREE: Final = "trade"
_HELD: Final = "frozen"
_FOR_EVER: Final = -1
# In the order in which the exchange tells them.
_RIGHTS: Final = ("readOnly", "trade", "withdraw")


# --------------------------------------------------------------------------------------- names
def encode_own_name(operation: GetOwnName, _markets: Markets) -> WireRequest:
    """Write the question for the account's number, or its owner's. Raises: `BadInput`."""
    if operation.of == ACCOUNT:
        return values.ask_signed("/v1/account/accounts", {})
    if operation.of == USER:
        return values.ask_signed("/v2/user/uid", {})
    raise BadInput("unsupported_operation", field="of")


def decode_accounts(_view: ServerView) -> GetOwnName:
    """Read the question for the account's number."""
    return GetOwnName(ACCOUNT)


def decode_uid(_view: ServerView) -> GetOwnName:
    """Read the question for the owner's number."""
    return GetOwnName(USER)


def encode_accounts_answer(_op: GetOwnName, result: str, _view: ServerView) -> WireAnswer:
    """Write the accounts: the one for spot."""
    account = {"id": int(result), "type": _SPOT, "subtype": "", "state": "working"}
    return values.success([account])


def encode_uid_answer(_op: GetOwnName, result: str, _view: ServerView) -> WireAnswer:
    """Write the owner's number."""
    return values.success_v2(int(result))


def decode_own_name(operation: GetOwnName, answer: WireAnswer, _markets: Markets) -> str:
    """Read the number of the account for spot, or of its owner. Raises: `BadInput`."""
    if operation.of == USER:
        return str(int_of(values.data_of(answer), "uid"))
    for row in values.rows_of(answer):
        if row["type"] == _SPOT:
            return str(int_of(row["id"], "id"))
    raise BadInput("malformed", field="type")


# ----------------------------------------------------------------------------------- balances
def encode_balances(_operation: GetBalances, _markets: Markets) -> WireRequest:
    """Write the request for balances."""
    return values.ask_signed(f"/v1/account/accounts/{mark(ACCOUNT)}/balance", {})


def decode_balances(_view: ServerView) -> GetBalances:
    """Read it."""
    return GetBalances()


def encode_balances_answer(
    _op: GetBalances, result: tuple[Balance, ...], view: ServerView
) -> WireAnswer:
    """Write balances: for each currency a row of what is free and one of what orders hold."""
    told = view.path_parameters.get("account_id", "")
    rows = [
        {"currency": row.currency.lower(), "type": kind, "balance": plain(amount), **more}
        for row in result
        for kind, amount, more in (
            (_FREE, row.free, {"available": plain(row.free), "debt": "0", "seq-num": "1"}),
            (_HELD, row.held, {"debt": "0", "seq-num": "1"}),
        )
    ]
    account = int(told) if told.isdigit() else 0
    return values.success({"id": account, "type": _SPOT, "state": "working", "list": rows})


def decode_balances_answer(
    _op: GetBalances, answer: WireAnswer, _markets: Markets
) -> tuple[Balance, ...]:
    """Read balances; rows of other sorts (loans, interest) are no money of the account's."""
    found: dict[str, dict[str, Decimal]] = {}
    for row in map(object_of, list_of(object_of(values.data_of(answer))["list"])):
        amounts = found.setdefault(text_of(row["currency"]).upper(), {})
        amounts[text_of(row["type"])] = decimal_of(row["balance"])
    return tuple(
        Balance(currency, amounts.get(_FREE, ZERO), amounts.get(_HELD, ZERO))
        for currency, amounts in found.items()
    )


# ------------------------------------------------------------------------------------- rights
def encode_rights(_operation: GetKeyRights, _markets: Markets) -> WireRequest:
    """Write the question what the key may do: it names its owner and itself."""
    return values.ask_signed("/v2/user/api-key", {"accessKey": mark(KEY), "uid": mark(USER)})


def decode_rights(_view: ServerView) -> GetKeyRights:
    """Read it; a key is told of itself only."""
    return GetKeyRights()


def encode_rights_answer(_op: GetKeyRights, result: KeyRights, view: ServerView) -> WireAnswer:
    """Write what the key may do."""
    created, ends = result.created_ms or view.now_ms, result.expires_ms
    days = _FOR_EVER if ends is None else max(0, -(-(ends - view.now_ms) // DAY_MS))
    return values.success_v2(
        [
            {
                "accessKey": result.key,
                "note": result.label,
                "permission": ",".join(name for name in _RIGHTS if name in result.switches),
                "ipAddresses": ",".join(it.removesuffix("/32") for it in result.ip_list or ()),
                "validDays": days,
                "status": _NORMAL,
                "createTime": created,
                "updateTime": created,
            }
        ]
    )


def decode_rights_answer(_op: GetKeyRights, answer: WireAnswer, _markets: Markets) -> KeyRights:
    """Read what the key may do; one row, because the request named the key."""
    (row,) = values.rows_of(answer)
    addresses = _names(row, "ipAddresses")
    created_ms = int_of(row["createTime"], "createTime")
    return KeyRights(
        switches=frozenset(_names(row, "permission")),
        ip_list=addresses,
        ip_bound=bool(addresses),
        created_ms=created_ms,
        # One that has ended says so; when another will, follows from when it was made.
        expires_ms=None if row["status"] == _NORMAL else created_ms,
        label=text_of(row.get("note") or ""),
        key=text_of(row["accessKey"]),
    )


def _names(row: Mapping[str, Any], field: str) -> tuple[str, ...]:
    told = text_of(row.get(field) or "", field)
    return tuple(name.strip() for name in told.split(",") if name.strip())
