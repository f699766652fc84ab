"""Whose socket is this? Log-ins of bots over a stream, held against the virtual key that they name.

The checks are those of a request (`gateway/admission.py`): is the key known, is the stamp of now,
is the signature right, was it seen before. A token stands for the key that it was drawn for.
"""

from dataclasses import dataclass
from typing import Final

from drawbridge.catalogue.registry import Exchange
from drawbridge.core.errors import Forbidden, NotProven
from drawbridge.gateway.admission import Book, Proofs
from drawbridge.gateway.bot_streams.tokens import BotTokens
from drawbridge.gateway.held_here import EVERYTHING_HERE, HeldHere
from drawbridge.gateway.replay import Replays, Sent
from drawbridge.virtual_keys.model import VirtualKey
from drawbridge.wire.proving import check_stamp
from drawbridge.wire.stream import Proof

REVOKED: Final = "virtual_revoked"


@dataclass(frozen=True, slots=True)
class Proving:
    """The checks of one exchange at one venue."""

    exchange: Exchange
    venue: str
    book: Book
    proofs: Proofs
    replays: Replays
    tokens: BotTokens
    held: HeldHere = EVERYTHING_HERE

    async def prove(self, proof: Proof, now_ms: int) -> VirtualKey:
        """Give the virtual key that a proof proves; `now_ms` is the exchange's time.

        Every one counts as a change: whoever overheard a log-in could listen with it.
        Raises: `Forbidden("virtual_revoked")`, `Forbidden("vault_locked")`, `NotProven`,
        `BadInput`, `ExchangeDown("account_moved")`.
        """
        claim, rule = proof.claim, self.exchange.card.stamp
        virtual = self.find(claim.key)
        stamp = check_stamp(rule, claim, now_ms)
        checks = self.proofs.find(virtual) or await self.proofs.get(virtual)
        checks.check(claim, proof.payload)
        sent, since_ms = Sent(stamp, proof.payload), self.held.since_ms(virtual.key_id)
        self.replays.check(virtual.id, rule, sent, now_ms, since_ms)
        return virtual

    def by_token(self, token: str, now_ms: int) -> VirtualKey:
        """Give the virtual key that a token was drawn for, as it is now. Raises: as `prove`."""
        self.held.check_token(token)
        drawn = self.tokens.get(self.exchange.id, self.venue, token, now_ms)
        return self.again(drawn)

    def again(self, known: VirtualKey) -> VirtualKey:
        """Give a virtual key as it is now. Raises: `Forbidden`, `NotProven("bad_key")`."""
        virtual = self.find(known.public)
        if virtual.id != known.id:
            raise NotProven("bad_key")
        self.proofs.find(virtual)  # a locked vault lets nobody in, and keeps nobody in
        return virtual

    def find(self, public: str) -> VirtualKey:
        """Find a virtual key by what bots send.

        Raises: `Forbidden`, `NotProven("bad_key")`, `ExchangeDown("account_moved")`.
        """
        virtual = self.book.find(self.exchange.id, public)
        if virtual is None or virtual.venue != self.venue:
            raise NotProven("bad_key")
        if virtual.revoked_ms is not None:
            raise Forbidden(REVOKED, rule="revoked")
        self.held.check(virtual.key_id)
        return virtual
