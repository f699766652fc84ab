"""What a key may do: the listing of a main account's keys, and the account's own details.

A product stands there once, with `read_only`; both of its switches on the card come from that.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Markets
from drawbridge.core.operations import GetKeyRights, KeyRights
from drawbridge.exchanges.gate.codec import values
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import int_of, list_of, object_of, text_of
from drawbridge.wire.http import WireAnswer, WireRequest

_WRITE: Final = ".write"
# Groups of which the card knows one switch: whatever they allow is more than reading.
_UNDIVIDED: Final = frozenset(
    {"withdraw", "sub_accounts", "earn", "loan", "copy", "custody", "tradfi_spot"}
)
_SHOWN_OF_KEY: Final = 12
_NORMAL: Final = 1


def encode_rights(_operation: GetKeyRights, _markets: Markets) -> WireRequest:
    """Write the question what the key may do."""
    return values.ask_signed("/account/main_keys")


def decode_rights(_view: ServerView) -> GetKeyRights:
    """Read it, or the one for the account's details."""
    return GetKeyRights()


def encode_rights_answer(_op: GetKeyRights, result: KeyRights, view: ServerView) -> WireAnswer:
    """Write what the key may do; of its name only the beginning is shown."""
    created, user = str((result.created_ms or 0) // 1_000), int(result.account_id or 1)
    bases = sorted({name.removesuffix(_WRITE) for name in result.switches})
    return values.success(
        [
            {
                "state": _NORMAL,
                "mode": 1,
                "name": result.label,
                "currency_pairs": [],
                "user_id": user,
                "ip_whitelist": [address.partition("/")[0] for address in result.ip_list or ()],
                "perms": [
                    {"name": name, "read_only": _only_reads(name, result.switches)}
                    for name in bases
                ],
                "key": result.key[:_SHOWN_OF_KEY] + "*****",
                "created_at": created,
                "update_at": created,
                "last_access": str(view.now_ms // 1_000),
            }
        ]
    )


def encode_details_answer(_op: GetKeyRights, result: KeyRights, _view: ServerView) -> WireAnswer:
    """Write the account's details: no switches, but the addresses and the sort of account."""
    return values.success(
        {
            "user_id": int(result.account_id or 1),
            "ip_whitelist": [address.partition("/")[0] for address in result.ip_list or ()],
            "currency_pairs": [],
            "tier": 0,
            "tier_expire_time": "0001-01-01T00:00:00Z",
            "key": {"mode": 1},
            "copy_trading_role": 0,
        }
    )


def decode_rights_answer(_op: GetKeyRights, answer: WireAnswer, _markets: Markets) -> KeyRights:
    """Read what the key may do.

    Why: the answer may be one object or a list of all the account's keys, and does not say which
    of them has asked. What is on in only some of them, nothing was learnt about.
    """
    told = values.document_of(answer)
    rows = [object_of(row) for row in (list_of(told) if isinstance(told, list) else [told])]
    if not rows:
        raise BadInput("malformed", field="main_keys")
    found = [_switches(list_of(row["perms"])) for row in rows]
    everywhere = frozenset.intersection(*found)
    first = rows[0]
    addresses = [tuple(map(text_of, list_of(row.get("ip_whitelist") or []))) for row in rows]
    is_alone = len(rows) == 1
    return KeyRights(
        switches=everywhere,
        ip_list=addresses[0] if is_alone else None,
        ip_bound=_bound(addresses),
        created_ms=_when(first.get("created_at")) if is_alone else None,
        label=text_of(first.get("name") or "") if is_alone and _is_text(first) else "",
        untold=frozenset.union(*found) - everywhere,
        # All of them are keys of the one user who asked.
        account_id=str(first.get("user_id") or ""),
    )


def _is_text(row: Mapping[str, Any]) -> bool:
    # One client program models the name as a list; then it is no label.
    return isinstance(row.get("name"), str)


def _only_reads(name: str, switches: frozenset[str]) -> bool:
    return name not in _UNDIVIDED and name + _WRITE not in switches


def _switches(perms: Iterable[object]) -> frozenset[str]:
    found = set()
    for row in map(object_of, perms):
        name = text_of(row["name"])
        found.add(name)
        # Refuse by default: what does not say that it only reads, writes.
        if name not in _UNDIVIDED and row.get("read_only") is not True:
            found.add(name + _WRITE)
    return frozenset(found)


def _bound(addresses: list[tuple[str, ...]]) -> bool | None:
    told = {bool(row) for row in addresses}
    return told.pop() if len(told) == 1 else None


def _when(value: object) -> int | None:
    seconds = int_of(value, "created_at") if value else 0
    return seconds * 1_000 if seconds > 0 else None
