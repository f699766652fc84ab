"""What a person's licence allows now. Pure; a refusal is a value here.

Only orders that add to a position are ever asked about: whoever calls this lets all else pass,
so that no licence ends in the middle of a position.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from drawbridge.core.refusals import Refused
from drawbridge.licences.marks import key_mark_of, mark_of
from drawbridge.licences.model import CLOCKS_APART_MS, Account, Feature, Lease, Licence

RULE: Final = "licence"


class State(StrEnum):
    """How a licence stands. It lets trade while it is `GOOD` or in `GRACE`."""

    ABSENT = "absent"
    WAITING = "waiting"
    GOOD = "good"
    GRACE = "grace"
    ENDED = "ended"
    EXPIRED = "expired"
    REVOKED = "revoked"
    CLOCK_BACK = "clock_back"


LETS_TRADE: Final = frozenset({State.GOOD, State.GRACE})
_CODES: Final[Mapping[State, str]] = {
    State.ABSENT: "licence_needed",
    State.WAITING: "licence_not_activated",
    State.ENDED: "licence_lease_ended",
    State.EXPIRED: "licence_expired",
    State.REVOKED: "licence_revoked",
    State.CLOCK_BACK: "licence_clock_set_back",
}


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known of one person's licence; every part of it was proven.

    `seen_ms` is the latest moment that this installation has seen.
    """

    licence: Licence
    lease: Lease | None = None
    is_revoked: bool = False
    seen_ms: int = 0


def state_of(known: Known | None, now_ms: int) -> State:
    """Tell how a licence stands, the worst first."""
    if known is None:
        return State.ABSENT
    if known.is_revoked:
        return State.REVOKED
    # Whoever sets the clock back would make a lease last for ever.
    if now_ms < latest_seen(known) - CLOCKS_APART_MS:
        return State.CLOCK_BACK
    expires_ms = known.licence.expires_ms
    if expires_ms is not None and now_ms >= expires_ms:
        return State.EXPIRED
    return State.WAITING if known.lease is None else _state_of_lease(known.lease, now_ms)


def latest_seen(known: Known) -> int:
    """Give the latest moment that is certain to have been: seen here, or signed elsewhere."""
    lease_ms = 0 if known.lease is None else known.lease.issued_ms
    return max(known.seen_ms, known.licence.issued_ms, lease_ms)


def _state_of_lease(lease: Lease, now_ms: int) -> State:
    if now_ms >= lease.grace_ends_ms:
        return State.ENDED
    return State.GOOD if now_ms < lease.ends_ms else State.GRACE


def judge(
    known: Known | None, account: Account, feature: Feature | None, now_ms: int
) -> Refused | None:
    """Tell what speaks against an account's adding to a position, None when nothing does.

    `feature` is what wants to trade, None for the person.
    """
    state = state_of(known, now_ms)
    if known is None or known.lease is None or state not in LETS_TRADE:
        return _refused(_CODES[state])
    licence, lease = known.licence, known.lease
    if feature is not None and feature not in licence.features:
        return _refused("licence_feature_missing", feature=feature.value)
    if is_active(known, account):
        return None
    if mark_of(licence.mark_key, account) in lease.archived:
        return _refused("licence_account_archived", exchange=account.exchange)
    if lease.used_slots >= licence.slots:
        return _refused("licence_slots_full", count=licence.slots)
    return _refused("licence_account_not_bound", exchange=account.exchange)


def is_active(known: Known, account: Account) -> bool:
    """Tell whether an account has a slot, by its own name or by its present key's."""
    if known.lease is None:
        return False
    mark_key = known.licence.mark_key
    marks = {mark_of(mark_key, account), key_mark_of(mark_key, account)}
    return bool(marks & known.lease.active)


def refusal_of(state: State) -> str:
    """Give the code of what a state refuses with, empty where it lets trade."""
    return _CODES.get(state, "")


def _refused(code: str, **facts: object) -> Refused:
    return Refused(code, {"rule": RULE, **facts})
