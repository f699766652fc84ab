"""What an operator signs: licences, leases, lists of what is revoked. Values, no I/O.

How they are written and proven stands in `documents.py`, what they allow in `standing.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from drawbridge.core.clock import DAY_MS, MINUTE_MS

CLOCKS_APART_MS: Final = 5 * MINUTE_MS
"""How far two honest clocks may lie apart."""

USUAL_LEASE_MS: Final = DAY_MS
USUAL_GRACE_MS: Final = 7 * DAY_MS


class Feature(StrEnum):
    """What a licence lets trade: our own robots, and other programs through virtual keys."""

    ROBOTS = "robots"
    BOTS = "bots"


@dataclass(frozen=True, slots=True)
class Licence:
    """What an operator grants to a holder; signed once, good without asking anybody.

    `slots` is how many exchange accounts may trade at once. A lease lasts `lease_ms`; for
    `grace_ms` after its end it still works, should nobody answer. `mark_key` is what names of
    accounts are hashed with. No `expires_ms` is no end.
    """

    id: str
    holder: str
    slots: int
    features: frozenset[Feature]
    issued_ms: int
    mark_key: bytes
    expires_ms: int | None = None
    lease_ms: int = USUAL_LEASE_MS
    grace_ms: int = USUAL_GRACE_MS


@dataclass(frozen=True, slots=True)
class Lease:
    """What the licence server last said of a licence, to one installation.

    `active` are the marks of the accounts that may trade, `archived` those that are set aside.
    `serial` rises by one with each lease, and `nonce` repeats what was asked with, so that no
    lease can be given out twice. `revocations` is the number of the list it knew.
    """

    licence_id: str
    installation: str
    serial: int
    nonce: str
    issued_ms: int
    ends_ms: int
    grace_ends_ms: int
    active: frozenset[str]
    archived: frozenset[str]
    used_slots: int
    revocations: int


@dataclass(frozen=True, slots=True)
class Revocations:
    """Which licences are revoked; a later list has a higher number and holds all before it."""

    number: int = 0
    issued_ms: int = 0
    revoked: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Account:
    """An exchange account as it is known here; without an id, its key stands for it."""

    exchange: str
    venue: str
    public_key: str
    account_id: str = ""


class Act(StrEnum):
    """What an installation asks of the licence server.

    `FOLLOW`: another key of an account takes the place of the one it was known by. `CLAIM`: an
    account that stands under another licence, with a proof. `RECOVER`: go on here with a licence
    whose installation is lost, by the code that was given out with it.
    """

    ACTIVATE = "activate"
    RENEW = "renew"
    BIND = "bind"
    ARCHIVE = "archive"
    FOLLOW = "follow"
    CLAIM = "claim"
    RELEASE = "release"
    RECOVER = "recover"


@dataclass(frozen=True, slots=True)
class Ask:
    """A question to the licence server, signed by the installation that asks."""

    act: Act
    licence: str
    installation: str
    serial: int
    nonce: str
    at_ms: int
    mark: str = ""
    old_mark: str = ""
    code: str = ""
    proof: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Operator:
    """Who issues licences, as installations know them: a public key, and where to ask."""

    public_key: str
    server: str
    venues: frozenset[str]
