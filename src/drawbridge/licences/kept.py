"""Licences in memory, as orders are held against them.

Whatever was read is proven by the operator's signature before it is kept: a row that somebody
changed grants nothing. One number on disk tells whether anything has changed; it is looked at once
in a turn of the event loop.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from drawbridge.core.clock import Clock
from drawbridge.core.errors import BadInput, Forbidden
from drawbridge.core.refusals import Refused
from drawbridge.licences import store
from drawbridge.licences.documents import Kind, prove
from drawbridge.licences.model import (
    CLOCKS_APART_MS,
    Account,
    Feature,
    Lease,
    Operator,
    Revocations,
)
from drawbridge.licences.standing import RULE, Known, is_active, judge
from drawbridge.licences.store import Holding
from drawbridge.licences.written import read_lease, read_licence, read_revocations
from drawbridge.storage.database import Database
from drawbridge.vault.model import KeyRecord

_BOTS: Final = "virtual:"
_ROBOTS: Final = "robot:"
_MOST_KEPT: Final = 50_000


@dataclass(frozen=True, slots=True)
class Books:
    """All that is held here: by owner, and the reasons for which accounts could not be bound."""

    changes: int = -1
    known: Mapping[str, Known] = field(default_factory=dict)
    refused: Mapping[str, Refused] = field(default_factory=dict)
    seen_ms: int = 0


@dataclass(frozen=True, slots=True)
class _Good:
    """That a key passed: with which record, by which books, and until when that holds."""

    key: KeyRecord
    changes: int
    until_ms: int


class KeptLicences:
    """What the gateway asks before an order that may add to a position."""

    def __init__(self, database: Database, operator: Operator, clock: Clock) -> None:
        """Keep what this database holds of this operator's licences."""
        self._database = database
        self._operator = operator
        self._clock = clock
        self._books = Books()
        self._turn = database.turn()
        self._reading = asyncio.Lock()
        self._seen_ms = 0
        # Working out marks takes longer than all else that is asked of an order.
        self._good: dict[tuple[str, Feature | None], _Good] = {}

    @property
    def seen_ms(self) -> int:
        """Give the latest moment that was seen."""
        return max(self._seen_ms, self._books.seen_ms)

    def passes(self, key: KeyRecord, origin: str) -> bool:
        """Tell at once that a key may add to a position; False when that takes a closer look."""
        if key.venue not in self._operator.venues:
            return True
        books = self._glance()
        if books is None:
            return False
        at, now_ms = (key.id, feature_of(origin)), self._clock.now_ms()
        good = self._good.get(at)
        if good is not None and good.key is key and good.changes == books.changes:
            seen_ms = self.seen_ms
            if seen_ms - CLOCKS_APART_MS <= now_ms < good.until_ms:
                self._seen_ms = max(self._seen_ms, now_ms)
                return True
        if self._judged(books, key, origin) is not None:
            return False
        self._keep_good(at, key, books)
        return True

    async def refusal(self, key: KeyRecord, origin: str) -> Refused | None:
        """Tell what speaks against a key's adding to a position."""
        if key.venue not in self._operator.venues:
            return None
        return self._judged(await self.read(), key, origin)

    async def read(self) -> Books:
        """Give the books, read anew if anything has changed."""
        async with self._reading:
            while (books := self._glance()) is None:
                self._books = await read_books(self._database, self._operator)
            return books

    def note(self, now_ms: int) -> None:
        """Take notice of a moment."""
        self._seen_ms = max(self._seen_ms, now_ms)

    def heal(self, at_ms: int) -> None:
        """Take a moment that the operator has just signed for the latest there was.

        Why: a clock that ran ahead for a while would else be missed for as long.
        """
        self._seen_ms = at_ms
        self._books = replace(self._books, seen_ms=at_ms)

    def _keep_good(self, at: tuple[str, Feature | None], key: KeyRecord, books: Books) -> None:
        known = books.known[key.owner]
        if known.lease is None:
            return
        ends_ms = known.lease.grace_ends_ms
        if known.licence.expires_ms is not None:
            ends_ms = min(ends_ms, known.licence.expires_ms)
        if len(self._good) >= _MOST_KEPT:
            self._good.clear()
        self._good[at] = _Good(key, books.changes, ends_ms)

    def _glance(self) -> Books | None:
        if not self._turn.is_done:
            if store.glance_changes(self._database) != self._books.changes:
                return None
            self._turn.mark()
        return self._books

    def _judged(self, books: Books, key: KeyRecord, origin: str) -> Refused | None:
        now_ms = self._clock.now_ms()
        known = books.known.get(key.owner)
        if known is not None:
            known = replace(known, seen_ms=self.seen_ms)
        self._seen_ms = max(self._seen_ms, now_ms)
        account = account_of(key)
        refused = judge(known, account, feature_of(origin), now_ms)
        if refused is not None and refused.code == "licence_account_not_bound":
            # The licence server had a reason that says more.
            return books.refused.get(key.id, refused)
        return refused


def is_licensed(key: KeyRecord, operator: Operator) -> bool:
    """Tell whether a key needs a licence to trade; one that is to replace another does not."""
    return key.venue in operator.venues and not key.replaces


def account_of(key: KeyRecord) -> Account:
    """Give the exchange account that a key belongs to, as far as it is known."""
    return Account(key.exchange, key.venue, key.public_key, key.account_hint)


def feature_of(origin: str) -> Feature | None:
    """Give what an order's origin needs; None for the person's own."""
    if origin.startswith(_BOTS):
        return Feature.BOTS
    return Feature.ROBOTS if origin.startswith(_ROBOTS) else None


async def read_books(database: Database, operator: Operator) -> Books:
    """Read and prove all that is held here."""
    # The number first: what changes in between is then read once more, never missed.
    changes = store.glance_changes(database)
    seen_ms, told = await store.read_time(database)
    revoked = find_revocations(told, operator).revoked
    known: dict[str, Known] = {}
    for holding in await store.list_holdings(database):
        found = find_known(holding, operator, revoked, seen_ms)
        if found is not None:
            known[holding.owner] = found
    refused = {
        it.key_id: Refused(it.problem, {"rule": RULE, **it.problem_facts})
        for it in await store.list_refused(database)
    }
    return Books(changes, known, refused, seen_ms)


def find_known(
    holding: Holding, operator: Operator, revoked: frozenset[str], seen_ms: int
) -> Known | None:
    """Prove what a row holds; None where it is not this operator's licence."""
    try:
        licence = read_licence(prove(Kind.LICENCE, holding.document, operator.public_key))
    except (BadInput, Forbidden):
        return None
    lease = find_lease(holding.lease, operator)
    if lease is not None and (lease.licence_id, lease.serial) != (licence.id, holding.serial):
        # One that was put back here from before, or from elsewhere.
        lease = None
    return Known(licence, lease, is_revoked=licence.id in revoked, seen_ms=seen_ms)


def find_lease(text: str, operator: Operator) -> Lease | None:
    """Read a lease that is proven to be the operator's."""
    try:
        return read_lease(prove(Kind.LEASE, text, operator.public_key)) if text else None
    except (BadInput, Forbidden):
        return None


def find_revocations(text: str, operator: Operator) -> Revocations:
    """Read a list that is proven to be the operator's; an empty one where there is none."""
    try:
        told = prove(Kind.REVOCATIONS, text, operator.public_key) if text else None
    except (BadInput, Forbidden):
        return Revocations()
    return Revocations() if told is None else read_revocations(told)


def has_slot(known: Known | None, key: KeyRecord) -> bool:
    """Tell whether a key's account takes a slot."""
    return known is not None and is_active(known, account_of(key))
