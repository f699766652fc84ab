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
from drawbridge.licences.marks import key_mark_of, mark_of
from drawbridge.licences.model import Act
from drawbridge.licences.standing import Known
from drawbridge.licences.store import Bound, Holding, Wish
from drawbridge.vault.model import KeyRecord, KeyStatus

_TRY_AGAIN_MS: Final = HOUR_MS
_TRADES: Final = frozenset({Scope.TRADE_SPOT, Scope.TRADE_MARGIN, Scope.TRADE_DERIVATIVES})


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask, about which key, and for which wish.

    To archive without a key: an account of which no key is here any more.
    """

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
    about_accounts = _of_accounts(holding, known, accounts, now_ms)
    if about_accounts is not None:
        return about_accounts
    return Question(Act.RENEW) if is_due(holding, known, now_ms) else None


def is_due(holding: Holding, known: Known, now_ms: int) -> bool:
    """Tell whether it is time to ask again.

    Why a time too far ahead counts as well: it was set by a clock that has been set right since.
    """
    return not now_ms < holding.next_ms <= now_ms + max(known.licence.lease_ms, HOUR_MS)


def left_behind(known: Known, accounts: Accounts) -> tuple[str, ...]:
    """Find accounts that take a place, and of which no key is here any more."""
    keys, bound = accounts
    mark_key = known.licence.mark_key
    here = {bound[key.id].mark for key in keys if key.id in bound}
    for key in keys:
        here |= {mark_of(mark_key, account_of(key)), key_mark_of(mark_key, account_of(key))}
    return () if known.lease is None else tuple(sorted(known.lease.active - here))


def _of_accounts(
    holding: Holding, known: Known, accounts: Accounts, now_ms: int
) -> Question | None:
    keys, bound = accounts
    # Their places may be needed; one that was refused is asked again with the next lease.
    if not holding.problem and left_behind(known, accounts):
        return Question(Act.ARCHIVE)
    for key in keys:
        act = _needed(known, key, bound.get(key.id), now_ms)
        if act is not None:
            return Question(act, key.id)
    return None


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
    if known_before(known, key, bound) in lease.active - {mark}:
        return Act.FOLLOW
    if mark in lease.active:
        # Also where it was bound by somebody else's asking: then only our book lacks it.
        return None if bound is not None and bound.mark == mark else Act.BIND
    # Where nobody has proven that this is the account that was there before, it is another one.
    if mark in lease.archived and bound is not None and bound.mark == mark:
        # The person has set it aside, and takes it up again.
        return None
    return _bound_if_room(known)


def known_before(known: Known, key: KeyRecord, bound: Bound | None) -> str:
    """Give the mark by which the account of a key may stand in the books still.

    That is the one of the key whose place this one took; else that of the key itself, by which an
    account is known until the exchange has told its own name.
    """
    if bound is not None and bound.is_followed:
        return bound.mark
    return key_mark_of(known.licence.mark_key, account_of(key))


def can_trade(key: KeyRecord) -> bool:
    """Tell whether a key can trade, and so takes a slot."""
    return key.status is KeyStatus.ENABLED and bool(key.scopes & _TRADES)


def _bound_if_room(known: Known) -> Act | None:
    lease = known.lease
    return Act.BIND if lease is not None and lease.used_slots < known.licence.slots else None
