"""What a stored key is, and which of its states may follow which.

Values and pure rules; no secret is ever among them.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from drawbridge.core.errors import BadInput, Conflict
from drawbridge.core.ids import KeyId, OwnerId
from drawbridge.core.operations import Scope
from drawbridge.vault.lives import AS_USUAL, Dated, KeyLife

MAX_LABEL_LENGTH: Final = 64


class Venue(StrEnum):
    """Where a key is good: at the real exchange or at the paper exchange."""

    LIVE = "live"
    PAPER = "paper"


class KeyStatus(StrEnum):
    """Where a key stands.

    `REFUSED` keys may do what no key of ours may: their secret is erased. `INVALID` ones the
    exchange does not accept. `CLEANUP_PENDING`: an order of the check may still be open.
    """

    UNVERIFIED = "unverified"
    CHECKING = "checking"
    ENABLED = "enabled"
    READ_ONLY = "read_only"
    DISABLED = "disabled"
    REFUSED = "refused"
    INVALID = "invalid"
    CLEANUP_PENDING = "cleanup_pending"


IN_USE: Final = frozenset({KeyStatus.ENABLED, KeyStatus.READ_ONLY})
"""Keys in these states work: they are read and told of, and what they hold is counted."""


class Proof(StrEnum):
    """How a check proves the trading right.

    `ORDER` places an order that cannot trade and cancels it; `DRY_RUN` lets the exchange only
    look at such an order; `SKIP` proves nothing, and the key is told as not proven.
    """

    ORDER = "order"
    DRY_RUN = "dry_run"
    SKIP = "skip"


# What a check may conclude; the other states are set by the person or by the check's own start.
CHECKED_STATUSES: Final = frozenset(
    {
        KeyStatus.CHECKING,
        KeyStatus.UNVERIFIED,
        KeyStatus.ENABLED,
        KeyStatus.READ_ONLY,
        KeyStatus.INVALID,
        KeyStatus.CLEANUP_PENDING,
    }
)
# A key that never worked may be entered again; one that is in use is not silently replaced.
RESEALABLE_STATUSES: Final = frozenset({KeyStatus.UNVERIFIED, KeyStatus.REFUSED, KeyStatus.INVALID})


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A stored key without its secret; `public_key` is the key's name at the exchange.

    `reason` is a code of the wording files with its `facts`, empty while all is well.
    `version` rises with every new secret. `check_proof` is how the last check that was wished
    for is to prove the trading right. `replaces` is the key whose place this one is to take: as
    long as it stands there, nobody but its own check uses it (`replacing.py`).
    """

    id: KeyId
    owner: OwnerId
    exchange: str
    venue: Venue
    label: str
    public_key: str
    status: KeyStatus
    created_ms: int
    reason: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    scopes: frozenset[Scope] = frozenset()
    expires_ms: int | None = None
    checked_ms: int | None = None
    check_requested_ms: int | None = None
    check_proof: Proof = Proof.ORDER
    account_hint: str = ""
    version: int = 1
    life: KeyLife = AS_USUAL
    kin: str = ""
    replaces: str = ""

    @property
    def account(self) -> str:
        """Give the name of its account: the exchange's, else ours for keys proven to be of one."""
        return self.account_hint or self.kin

    @property
    def is_in_use(self) -> bool:
        """Tell whether it works, and not only to take another's place one day."""
        return self.status in IN_USE and not self.replaces

    @property
    def pauses_ms(self) -> int | None:
        """Give when robots pause because it ends soon; None where no end is known."""
        if self.expires_ms is None:
            return None
        return self.expires_ms - self.life.pause_before_ms


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a check has found that a key stands; `verification/` comes to it.

    `is_interim`: the check has not ended, so the wish for it and what the last one found stay.
    """

    status: KeyStatus
    reason: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    scopes: frozenset[Scope] = frozenset()
    expires_ms: int | None = None
    account_hint: str = ""
    is_interim: bool = False
    dated: Dated = Dated.NOBODY


@dataclass(frozen=True, slots=True)
class Added:
    """A key just stored.

    `notes` names the fields from which blanks, quotes or line breaks were taken off;
    `seen_before` tells that the same key stood there and got its secret anew.
    """

    key: KeyRecord
    notes: tuple[str, ...] = ()
    seen_before: bool = False


def read_venue(text: str) -> Venue:
    """Read a venue's name. Raises: `BadInput("bad_venue")`."""
    try:
        return Venue(text)
    except ValueError:
        raise BadInput("bad_venue", field="venue") from None


def read_proof(text: str, *, has_dry_run: bool) -> Proof:
    """Read how to prove the trading right.

    Raises: `BadInput("bad_proof")`, `BadInput("dry_run_not_offered")`.
    """
    try:
        proof = Proof(text.strip().lower())
    except ValueError:
        raise BadInput("bad_proof", field="proof", known=[proof.value for proof in Proof]) from None
    if proof is Proof.DRY_RUN and not has_dry_run:
        raise BadInput("dry_run_not_offered", field="proof")
    return proof


def clean_label(text: str) -> str:
    """Bring a label into one line without blanks around it; empty stays empty.

    Raises: `BadInput("label_too_long")`, `BadInput("label_unreadable")`.
    """
    label = " ".join(text[: MAX_LABEL_LENGTH * 16].split())
    if len(label) > MAX_LABEL_LENGTH:
        raise BadInput("label_too_long", field="label", most=MAX_LABEL_LENGTH)
    # Invisible letters, among them those that turn the reading direction, would make one name
    # look like another.
    if not label.isprintable():
        raise BadInput("label_unreadable", field="label")
    return label


def next_label(name: str, taken: Iterable[str]) -> str:
    """Give `<name> #n` with the lowest n that is free among the labels taken."""
    pattern = re.compile(rf"{re.escape(name)} #([1-9]\d{{0,8}})", re.IGNORECASE)
    numbers = {int(found[1]) for label in taken if (found := pattern.fullmatch(label))}
    number = 1
    while number in numbers:
        number += 1
    return f"{name} #{number}"


def fold_label(label: str) -> str:
    """Give the form in which two labels are held against each other."""
    return label.casefold()


def check_enabling(key: KeyRecord) -> None:
    """Make sure that a person may switch this key on.

    Raises: `Conflict("key_not_disabled")`, `Conflict("key_refused")`.
    """
    if key.status is KeyStatus.REFUSED:
        raise Conflict("key_refused", label=key.label)
    if key.status is not KeyStatus.DISABLED:
        raise Conflict("key_not_disabled", label=key.label)


def check_deleting(key: KeyRecord) -> None:
    """Make sure that nothing at the exchange still needs this key's secret.

    Raises: `Conflict("key_cleanup_pending")`, `Conflict("key_being_checked")`.
    """
    if key.status is KeyStatus.CLEANUP_PENDING:
        raise Conflict("key_cleanup_pending", label=key.label)
    if key.status is KeyStatus.CHECKING:
        raise Conflict("key_being_checked", label=key.label)
