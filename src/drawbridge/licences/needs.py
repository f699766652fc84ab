"""What is to be asked of the licence server next, for one licence. Pure.

A person's wish first; then what keeps trading going: to be known at all, keys that took another's
place, accounts that have no slot yet, and a new lease long before the old one ends.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from drawbridge.core.clock import HOUR_MS
from drawbridge.core.operations import Scope
from drawbridge.licences.kept import account_of
from drawbridge.licences.marks import mark_of
from drawbridge.licences.model import Act
from drawbridge.licences.standing import Known, is_active
from drawbridge.licences.store import Bound, Holding, Wish
from drawbridge.vault.model import KeyRecord, KeyStatus

_TRY_AGAIN_MS: Final = HOUR_MS
_TRADES: Final = frozenset({Scope.TRADE_SPOT, Scope.TRADE_MARGIN, Scope.TRADE_DERIVATIVES})


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask, about which key, and for which wish."""

    act: Act
    key_id: str = ""
    wish_n: int | None = None


Accounts = tuple[tuple[KeyRecord, ...], Mapping[str, Bound]]


def next_question(
    holding: Holding, known: Known, wish: Wish | None, accounts: Accounts, now_ms: int
) -> Question | None:
    """Give the next question, None when there is nothing to ask now."""
    if wish is not None:
        return Question(wish.act, wish.key_id, wish.n)
    if known.lease is None:
        return Question(Act.ACTIVATE) if is_due(holding, known, now_ms) else None
    about_accounts = _of_accounts(known, accounts, now_ms)
    if about_accounts is not None:
        return about_accounts
    return Question(Act.RENEW) if is_due(holding, known, now_ms) else None


def is_due(holding: Holding, known: Known, now_ms: int) -> bool:
    """Tell whether it is time to ask again.

    Why a time too far ahead counts as well: it was set by a clock that has been set right since.
    """
    return not now_ms < holding.next_ms <= now_ms + max(known.licence.lease_ms, HOUR_MS)


def _of_accounts(known: Known, accounts: Accounts, now_ms: int) -> Question | None:
    keys, bound = accounts
    for key_id in sorted(_left_behind(known, keys, bound, now_ms)):
        return Question(Act.ARCHIVE, key_id)
    for key in keys:
        act = _needed(known, key, bound.get(key.id), now_ms)
        if act is not None:
            return Question(act, key.id)
    return None


def _left_behind(
    known: Known, keys: tuple[KeyRecord, ...], bound: Mapping[str, Bound], now_ms: int
) -> set[str]:
    """Find deleted keys whose account still takes a slot that a new one may need."""
    present = {it.id for it in keys}
    in_use = {it.mark for it in bound.values() if it.key_id in present}
    active = frozenset() if known.lease is None else known.lease.active
    return {
        it.key_id
        for it in bound.values()
        if it.key_id not in present
        and it.mark in active - in_use
        and not (it.problem and now_ms < it.tried_ms + _TRY_AGAIN_MS)
    }


def _needed(known: Known, key: KeyRecord, bound: Bound | None, now_ms: int) -> Act | None:
    """Give what is to be asked about a key's account."""
    lease, licence = known.lease, known.licence
    # A key that cannot trade takes no slot.
    if lease is None or not can_trade(key):
        return None
    was_refused = bound is not None and bound.problem
    if bound is not None and was_refused and now_ms < bound.tried_ms + _TRY_AGAIN_MS:
        return None
    mark = mark_of(licence.mark_key, account_of(key))
    if bound is not None and bound.mark in lease.active and bound.mark != mark:
        is_same = bound.is_followed or is_active(known, account_of(key))
        # Nobody has proven that the two are one account: then it is another one.
        return Act.FOLLOW if is_same else _bound_if_room(known)
    if is_active(known, account_of(key)):
        # Also where it was bound by somebody else's asking: then only our book lacks it.
        return None if bound is not None and bound.mark == mark else Act.BIND
    return None if mark in lease.archived else _bound_if_room(known)


def can_trade(key: KeyRecord) -> bool:
    """Tell whether a key can trade, and so takes a slot."""
    return key.status is KeyStatus.ENABLED and bool(key.scopes & _TRADES)


def _bound_if_room(known: Known) -> Act | None:
    lease = known.lease
    return Act.BIND if lease is not None and lease.used_slots < known.licence.slots else None
