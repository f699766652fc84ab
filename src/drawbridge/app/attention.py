"""What needs a person's attention, worst first. Pure.

Nothing is said of what is going well, and nothing twice: of a key that is being checked, that
somebody switched off, or a robot that was stopped, there is nothing to mend. How each is mended
is shown by whoever tells of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from drawbridge.app.backup_records import Kept
from drawbridge.core.clock import DAY_MS
from drawbridge.notices.model import Channel
from drawbridge.robots.model import Robot, RobotStatus
from drawbridge.rotation.replacements import Told
from drawbridge.vault.living import STOPPED as RIGHTS_GREW
from drawbridge.vault.model import IN_USE, KeyRecord, KeyStatus, Venue
from drawbridge.vault.unlock import VaultState, VaultStatus

EXPIRES_SOON_MS: Final = 14 * DAY_MS
FEW_CODES: Final = 3


class Matter(StrEnum):
    """What may need somebody, in the order in which it is told."""

    GATEWAY_AWAY = "gateway_away"
    VAULT_LOCKED = "vault_locked"
    TRADING_STOPPED = "trading_stopped"
    LICENCE = "licence"
    KEY_CLEANUP = "key_cleanup"
    KEY_REFUSED = "key_refused"
    KEY_RIGHTS_GREW = "key_rights_grew"
    KEY_INVALID = "key_invalid"
    KEY_EXPIRED = "key_expired"
    ROBOT_PAUSED = "robot_paused"
    APPROVALS_WAIT = "approvals_wait"
    KEY_UNCHECKED = "key_unchecked"
    KEY_EXPIRING = "key_expiring"
    KEY_REPLACEMENT = "key_replacement"
    NOTICES_FAILING = "notices_failing"
    NO_AUTHENTICATOR = "no_authenticator"
    FEW_RECOVERY_CODES = "few_recovery_codes"
    NO_BACKUP = "no_backup"
    BACKUP_OLD = "backup_old"


class Urgency(StrEnum):
    """`NOW`: something does not work that should. `SOON`: it will not, or could be safer."""

    NOW = "now"
    SOON = "soon"


_SOON: Final = frozenset(
    {
        Matter.KEY_UNCHECKED,
        Matter.KEY_EXPIRING,
        Matter.KEY_REPLACEMENT,
        Matter.NOTICES_FAILING,
        Matter.NO_AUTHENTICATOR,
        Matter.FEW_RECOVERY_CODES,
        Matter.NO_BACKUP,
        Matter.BACKUP_OLD,
    }
)


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that needs somebody.

    `subject` is the id of a key or robot, or a channel's name, empty where there is none; `name`
    is what a person calls it. `reason` is a code of the errors' wording with its `facts`.
    """

    matter: Matter
    subject: str = ""
    name: str = ""
    reason: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def urgency(self) -> Urgency:
        """Tell how urgent it is."""
        return Urgency.SOON if self.matter in _SOON else Urgency.NOW


@dataclass(frozen=True, slots=True)
class Situation:
    """How everything of one person stands now.

    `kept` is how backups stand, None for who does not make them. `licence` is the code of why an
    operator's licence lets nobody enter, empty where one does or none is needed.
    """

    now_ms: int
    vault: VaultState
    is_stopped: bool = False
    keys: Sequence[KeyRecord] = ()
    robots: Sequence[Robot] = ()
    failing: Sequence[Channel] = ()
    has_authenticator: bool = True
    codes_left: int = FEW_CODES + 1
    waiting_approvals: int = 0
    kept: Kept | None = None
    replacements: Sequence[Told] = ()
    licence: str = ""


def needs_of(situation: Situation) -> tuple[Need, ...]:
    """Find what needs the person, worst first."""
    found = [
        *_of_house(situation),
        *(need for key in situation.keys for need in _of_key(key, situation.now_ms)),
        *(
            Need(Matter.KEY_REPLACEMENT, it.key.id, it.key.label)
            for it in situation.replacements
            if it.replacement.waits
        ),
        *(
            Need(Matter.ROBOT_PAUSED, it.id, it.name, it.reason, it.facts)
            for it in situation.robots
            if it.status is RobotStatus.PAUSED
        ),
        *(Need(Matter.NOTICES_FAILING, it.value) for it in situation.failing),
        *_of_person(situation),
        *_of_backups(situation),
    ]
    order = {matter: place for place, matter in enumerate(Matter)}
    return tuple(sorted(found, key=lambda need: (order[need.matter], need.name.casefold())))


def _of_house(situation: Situation) -> Iterator[Need]:
    vault = situation.vault
    if vault.status is not VaultStatus.ABSENT and not vault.has_holder:
        yield Need(Matter.GATEWAY_AWAY)
    elif vault.status is VaultStatus.LOCKED:
        yield Need(Matter.VAULT_LOCKED)
    if situation.is_stopped:
        yield Need(Matter.TRADING_STOPPED)
    if situation.licence:
        yield Need(Matter.LICENCE, reason=situation.licence)
    if situation.waiting_approvals:
        yield Need(Matter.APPROVALS_WAIT, facts={"count": situation.waiting_approvals})


def _of_person(situation: Situation) -> Iterator[Need]:
    if not situation.has_authenticator:
        # Before there is a key, setting it up is a step of everybody's way.
        if situation.keys:
            yield Need(Matter.NO_AUTHENTICATOR)
    elif situation.codes_left <= FEW_CODES:
        yield Need(Matter.FEW_RECOVERY_CODES, facts={"count": situation.codes_left})


def _of_backups(situation: Situation) -> Iterator[Need]:
    kept = situation.kept
    # Play money can be made again: it reminds nobody of anything.
    is_dear = any(it.venue is Venue.LIVE and it.status in IN_USE for it in situation.keys)
    if kept is None or not is_dear:
        return
    if kept.last is None:
        yield Need(Matter.NO_BACKUP)
    elif kept.is_old(situation.now_ms):
        yield Need(Matter.BACKUP_OLD, facts={"since_ms": kept.last.made_ms})


_OF_STATUS: Final[Mapping[KeyStatus, Matter]] = {
    KeyStatus.REFUSED: Matter.KEY_REFUSED,
    KeyStatus.INVALID: Matter.KEY_INVALID,
    KeyStatus.CLEANUP_PENDING: Matter.KEY_CLEANUP,
}


def _of_key(key: KeyRecord, now_ms: int) -> Iterator[Need]:
    if matter := _OF_STATUS.get(key.status):
        yield Need(matter, key.id, key.label, key.reason, key.facts)
    elif key.status is KeyStatus.DISABLED and key.reason == RIGHTS_GREW:
        yield Need(Matter.KEY_RIGHTS_GREW, key.id, key.label, key.reason, key.facts)
    elif key.status is KeyStatus.UNVERIFIED and key.check_requested_ms is None:
        yield Need(Matter.KEY_UNCHECKED, key.id, key.label, key.reason, key.facts)
    elif key.status in IN_USE and key.expires_ms is not None:
        left_ms = key.expires_ms - now_ms
        if left_ms <= 0:
            yield Need(Matter.KEY_EXPIRED, key.id, key.label)
        elif left_ms <= EXPIRES_SOON_MS:
            days = -(-left_ms // DAY_MS)
            yield Need(Matter.KEY_EXPIRING, key.id, key.label, facts={"count": days})
