"""Whose request is this? What bots send, held against the virtual key that it names.

In the order of a real exchange: is there such an endpoint, is the key known, is the stamp of now,
is the signature right, was it seen before. Whether the key may do it is asked after this.
"""

from typing import Final, Protocol

from drawbridge.catalogue.registry import Exchange
from drawbridge.core.errors import DrawbridgeError, Forbidden, NotProven
from drawbridge.core.operations import Scope
from drawbridge.core.values import light_value
from drawbridge.gateway.held_here import EVERYTHING_HERE, HeldHere
from drawbridge.gateway.replay import Replays, Sent
from drawbridge.virtual_keys.model import VirtualKey
from drawbridge.wire.dialect import Claim
from drawbridge.wire.endpoints import Endpoint
from drawbridge.wire.http import WireRequest
from drawbridge.wire.proving import check_stamp

_READING: Final = frozenset({None, Scope.READ})
_TOKEN: Final = "get_stream_token"  # noqa: S105  the name of an operation


class Book(Protocol):
    """Where virtual keys are found by what bots send."""

    def find(self, exchange_id: str, public: str) -> VirtualKey | None:
        """Find one, also one that is revoked."""


class Proof(Protocol):
    """What one virtual key's requests are checked by."""

    def check(self, claim: Claim, payload: bytes) -> None:
        """Make sure that who sent this has the key's secret. Raises: `NotProven`."""


class Proofs(Protocol):
    """What opens what virtual keys are checked by."""

    def find(self, virtual: VirtualKey) -> Proof | None:
        """Give it at once, None where it is not open yet. Raises: `Forbidden("vault_locked")`."""

    async def get(self, virtual: VirtualKey) -> Proof:
        """Give it. Raises: `Forbidden("vault_locked")`, `NotProven("bad_key")`, `Corrupted`."""

    def forget(self, virtual_id: str) -> None:
        """Drop what memory holds of a key."""


@light_value
class Admitted:
    """A request that is what it says it is; without a virtual key where it needs none."""

    endpoint: Endpoint
    virtual: VirtualKey | None


class Admission:
    """The checks at our edge for one exchange at one venue."""

    def __init__(
        self,
        exchange: Exchange,
        venue: str,
        books: tuple[Book, Proofs, Replays],
        held: HeldHere = EVERYTHING_HERE,
    ) -> None:
        """Join the parts; `held` tells whose requests are judged here at all."""
        self._exchange = exchange
        self._venue = venue
        self._book, self._proofs, self._replays = books
        self._held = held

    async def admit(self, request: WireRequest, now_ms: int) -> Admitted:
        """Let a request in; `now_ms` is the exchange's time.

        Raises: `Forbidden` `unknown_endpoint`, `virtual_revoked`; `NotProven`, `BadInput`;
        `ExchangeDown("account_moved")` before anything was judged.
        """
        exchange = self._exchange
        endpoint = exchange.endpoints.classify(request)
        if not endpoint.is_signed:
            return Admitted(endpoint, None)
        claim = exchange.dialect.claim(request)
        virtual = self._book.find(exchange.id, claim.key)
        if virtual is None or virtual.venue != self._venue:
            raise NotProven("bad_key")
        if virtual.revoked_ms is not None:
            # What its signatures were held against is erased, so nothing else can be said.
            raise Forbidden("virtual_revoked", rule="revoked")
        self._held.check(virtual.key_id)
        if endpoint.unsigned:
            if not _is_only_way(exchange, endpoint):
                # The name alone proves nothing.
                raise Forbidden("virtual_not_carried", rule="carried")
            # As at the exchange, the name alone gives a token for streams. Ours opens nothing but
            # what this virtual key may hear of, and no stream of the exchange itself.
            return Admitted(endpoint, virtual)
        rule = exchange.card.stamp
        stamp = check_stamp(rule, claim, now_ms)
        payload = exchange.dialect.payload(request)
        proof = self._proofs.find(virtual) or await self._proofs.get(virtual)
        proof.check(claim, payload)
        # Only what is signed counts as seen: else a stranger could use up stamps to come.
        sent = Sent(stamp, payload, endpoint.scope not in _READING)
        since_ms = self._held.since_ms(virtual.key_id)
        self._replays.check(virtual.id, rule, sent, now_ms, since_ms)
        return Admitted(endpoint, virtual)

    def named(self, request: WireRequest) -> VirtualKey | None:
        """Give the virtual key that a request names, of which nothing is believed; for the log."""
        try:
            claim = self._exchange.dialect.claim(request)
        except DrawbridgeError:
            return None
        virtual = self._book.find(self._exchange.id, claim.key)
        return virtual if virtual is not None and virtual.venue == self._venue else None


def _is_only_way(exchange: Exchange, endpoint: Endpoint) -> bool:
    """Tell whether clients have no other way to an account's stream than by a key's name."""
    stream = exchange.stream
    return stream is not None and not stream.UPKEEP.logs_in and _TOKEN in endpoint.operations
